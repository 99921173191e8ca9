use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::disk::{RealDisk, make_safe_folder};

/// Holds a state folder for one run. The lock ends with the process, however it ends.
#[derive(Debug)]
pub struct StateLock {
    /// Locked as long as it is open.
    _file: File,
}

/// Why the folder cannot be held.
#[derive(Debug)]
pub enum LockError {
    /// Another run holds it.
    Held {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, if it said so.
        pid: Option<u32>,
    },
    /// The folder cannot be used.
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl StateLock {
    /// Takes hold of `folder`, making it if needed.
    ///
    /// # Errors
    /// When another run holds it, or it cannot be written.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join("lock");
        let failed = |error| LockError::Io {
            path: path.clone(),
            error,
        };
        make_safe_folder(&RealDisk, folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let pid = pid.trim().parse().ok();
                return Err(LockError::Held {
                    folder: folder.to_owned(),
                    pid,
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(StateLock { _file: file })
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Held { folder, pid } => {
                write!(
                    f,
                    "use state folder `{}`: another run holds it",
                    folder.display()
                )?;
                pid.map_or(Ok(()), |pid| write!(f, " (process {pid})"))
            }
            LockError::Io { path, error } => write!(f, "lock `{}`: {error}", path.display()),
        }
    }
}

impl std::error::Error for LockError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_who_holds_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let held = StateLock::take(folder.path()).unwrap();
        match StateLock::take(folder.path()) {
            Err(LockError::Held { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        drop(held);
        StateLock::take(folder.path()).unwrap();
    }
}
