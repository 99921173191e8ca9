use std::fs::{File, TryLockError};
use std::path::Path;

use taosha_core::{Error, Result};

use crate::disk::Disk;
use crate::refused::Refused;

/// Locks `dir`, which is made when it is missing, for as long as the file is kept.
pub(crate) fn lock(dir: &Path, disk: &dyn Disk) -> Result<File> {
    let made = disk.make_folder(dir);
    let made = made.map_err(Refused::new("make folder", dir));
    made.map_err(Refused::when_opening)?;
    // Not a table, since some change their files, nor the folder, which Windows cannot lock. The
    // file stays: whoever removed it could take it from under another's feet.
    let path = dir.join(".taosha.lock");
    let file = disk.open(&path).map_err(Refused::new("write", &path));
    let file = file.map_err(Refused::when_opening)?;
    file.try_lock().map_err(|error| {
        let error = match error {
            TryLockError::WouldBlock => {
                let message = format!(
                    "write `{}`: another sink or run writes there",
                    dir.display()
                );
                Error::config("sink.not_writable", message)
            }
            TryLockError::Error(error) => {
                let message = format!("lock `{}`", path.display());
                Error::config("sink.not_writable", message).because(error)
            }
        };
        error.for_option("dir")
    })?;
    Ok(file)
}
