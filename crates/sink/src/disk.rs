//! The file system as the sinks with files need it: a trait, so that tests can let any step fail.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file system.
///
/// What is written is safe after [`sync`](Disk::sync); what is created, renamed or removed, after
/// [`sync_folder`](Disk::sync_folder).
pub(crate) trait Disk: Send + Sync {
    /// Makes `folder` and those above it; those that are new are safe.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Opens `path` for reading and writing, making an empty file if there is none.
    fn open(&self, path: &Path) -> io::Result<File>;

    /// Writes all of `bytes` to the place `at`; a part of them when it fails.
    fn write_at(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file.
    fn set_len(&self, file: &File, len: u64) -> io::Result<()>;

    /// Makes everything written to the file safe.
    fn sync(&self, file: &File) -> io::Result<()>;

    /// Gives `from` the name `to`, which it takes from the file that had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes `path`; fine when there is no such file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes what was created, renamed and removed in `folder` safe.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// Puts a file with `bytes` in place of the one at `path`, all at once; it is written to `aside` first. Safe
/// when the folder is synced.
pub(crate) fn replace(path: &Path, aside: &Path, bytes: &[u8], disk: &dyn Disk) -> io::Result<()> {
    let file = disk.open(aside)?;
    disk.set_len(&file, 0)?;
    disk.write_at(&file, 0, bytes)?;
    disk.sync(&file)?;
    disk.rename(aside, path)
}

/// The file system of the machine.
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let new: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
        fs::create_dir_all(folder)?;
        for parent in new.iter().filter_map(|folder| folder.parent()) {
            let is_here = parent.as_os_str().is_empty();
            self.sync_folder(if is_here { Path::new(".") } else { parent })?;
        }
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        options.open(path)
    }

    fn write_at(&self, mut file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }

    fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Only Unix can open folders for this; elsewhere renames are safe by themselves.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        if cfg!(unix) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod failing {
    use super::*;
    use std::sync::Mutex;

    /// Fails at a chosen step, and tells which steps were taken.
    #[derive(Default)]
    pub(crate) struct FailingDisk(Mutex<Plan>);

    #[derive(Default)]
    struct Plan {
        /// Steps until the failure; `None` for never.
        left: Option<usize>,
        /// Whether everything behind the failure fails too, as when the process is killed.
        for_good: bool,
        taken: Vec<String>,
    }

    impl FailingDisk {
        /// Takes `left` more steps. The next one fails, and `for_good` all behind it.
        pub(crate) fn fail_after(&self, left: usize, for_good: bool) {
            let mut plan = self.0.lock().unwrap();
            *plan = Plan {
                left: Some(left),
                for_good,
                ..Plan::default()
            };
        }

        /// The steps since this was asked before.
        pub(crate) fn taken(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap().taken)
        }

        fn step(&self, name: &str, path: Option<&Path>) -> io::Result<()> {
            let mut plan = self.0.lock().unwrap();
            match plan.left {
                Some(0) => {
                    if !plan.for_good {
                        plan.left = None;
                    }
                    return Err(io::ErrorKind::StorageFull.into());
                }
                Some(left) => plan.left = Some(left - 1),
                None => {}
            }
            let name = match path.and_then(Path::file_name) {
                Some(file) => format!("{name} {}", file.to_string_lossy()),
                None => name.to_owned(),
            };
            plan.taken.push(name);
            Ok(())
        }
    }

    impl Disk for FailingDisk {
        fn make_folder(&self, folder: &Path) -> io::Result<()> {
            self.step("make", Some(folder))?;
            RealDisk.make_folder(folder)
        }

        fn open(&self, path: &Path) -> io::Result<File> {
            self.step("open", Some(path))?;
            RealDisk.open(path)
        }

        fn write_at(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
            let failed = self.step("write", None);
            let n_bytes = match failed {
                Ok(()) => bytes.len(),
                Err(_) => bytes.len() / 2,
            };
            RealDisk.write_at(file, at, &bytes[..n_bytes])?;
            failed
        }

        fn set_len(&self, file: &File, len: u64) -> io::Result<()> {
            self.step("cut", None)?;
            RealDisk.set_len(file, len)
        }

        // What is safe from power cuts shows in no test, and syncing takes most of the time.

        fn sync(&self, _: &File) -> io::Result<()> {
            self.step("sync", None)
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step("rename to", Some(to))?;
            RealDisk.rename(from, to)
        }

        fn remove(&self, path: &Path) -> io::Result<()> {
            self.step("remove", Some(path))?;
            RealDisk.remove(path)
        }

        fn sync_folder(&self, folder: &Path) -> io::Result<()> {
            self.step("sync folder", Some(folder))
        }
    }
}
