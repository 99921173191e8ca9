//! The one door to the file system: everything the engine keeps goes through [`Disk`].
//!
//! Tests put a disk behind it that loses what was not synced, as a power cut does, or that is full.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// A file system, as far as the engine needs one.
///
/// What is written is safe only after [`DiskFile::sync`]; what is created, renamed or removed only
/// after [`Disk::sync_folder`]. Until then a power cut may keep any part of it and lose the rest.
pub trait Disk: Debug + Send + Sync {
    /// Makes `folder` and those above it, if they are not there.
    ///
    /// # Errors
    /// As of the system; also for the other methods.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// The names of the files in `folder`, in order.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) when there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Opens the file at `path` for reading and writing, making an empty one if there is none.
    ///
    /// # Errors
    /// As of the system.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) when there is none.
    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Gives the file `from` the name `to`, which it takes from the file that had it.
    ///
    /// # Errors
    /// As of the system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes the file at `path`.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) when there is none.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what was created, renamed and removed in `folder` safe.
    ///
    /// # Errors
    /// As of the system.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Debug + Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// As of the system; also for the other methods.
    fn len(&self) -> io::Result<u64>;

    /// True when it holds nothing.
    ///
    /// # Errors
    /// As of the system.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `bytes` from the place `at`.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the file ends before.
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Writes all of `bytes` to the place `at`.
    ///
    /// # Errors
    /// As of the system; a part of them may be written then.
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file, or fills it up with zeros.
    ///
    /// # Errors
    /// As of the system.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written to it safe.
    ///
    /// # Errors
    /// As of the system.
    fn sync(&self) -> io::Result<()>;
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Box::new(options.open(path)?))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Only Unix can open folders for this; elsewhere renames are safe by themselves.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl DiskFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    #[cfg(unix)]
    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, bytes, at)
    }

    #[cfg(windows)]
    fn read_at(&self, mut at: u64, mut bytes: &mut [u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(self, bytes, at)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => {
                    at += n as u64;
                    bytes = &mut bytes[n..];
                }
            }
        }
        Ok(())
    }

    #[cfg(unix)]
    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, at)
    }

    #[cfg(windows)]
    fn write_at(&self, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let n = std::os::windows::fs::FileExt::seek_write(self, bytes, at)?;
            at += n as u64;
            bytes = &bytes[n..];
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

/// Makes `folder` and those above it, if they are not there, and makes their names safe.
///
/// # Errors
/// As of the system.
pub(crate) fn make_safe_folder(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let above = match folder.parent() {
        None => return Ok(()),
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
    };
    if above != Path::new(".") {
        make_safe_folder(disk, above)?;
    }
    let was_there = disk.list(folder).is_ok();
    disk.make_folder(folder)?;
    match disk.sync_folder(above) {
        // Whoever made it may have died before this, so it is tried. Mostly it is older than taosha,
        // and we may not even be allowed to open the one above.
        Err(_) if was_there => Ok(()),
        synced => synced,
    }
}

/// Puts a file in place whole: written aside, synced, renamed.
///
/// # Errors
/// As of the system. Nothing stands under `path` then that was not there before.
pub(crate) fn place(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("tmp");
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = disk.open(&aside).and_then(|file| {
        file.set_len(0)?;
        file.write_at(0, bytes)?;
        file.sync()
    });
    if let Err(error) = written.and_then(|()| disk.rename(&aside, path)) {
        let _ = disk.remove(&aside);
        return Err(error);
    }
    disk.sync_folder(folder)
}

/// Everything in the file at `path`.
///
/// # Errors
/// As of the system.
pub(crate) fn read_all(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.read(path)?;
    let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    file.read_at(0, &mut bytes)?;
    Ok(bytes)
}
