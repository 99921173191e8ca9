//! Which files a part of a divided table consists of.
//!
//! It stands beside the tails, since a folder cannot tell that a file is missing from it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk::{self, Disk};

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// Its folder below that of the table, with `/`; "" when the table is not divided.
    pub(super) folder: String,
    /// Its rows; none when they are not known.
    pub(super) rows: Option<u64>,
}

/// The files whose list stands at `path`, in order.
pub(super) fn load(path: &Path) -> io::Result<Vec<Piece>> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// Puts the list of `pieces` in place of the one at `path`. It is safe when the folder is synced.
pub(super) fn replace(
    path: &Path,
    aside: &Path,
    pieces: &[Piece],
    disk: &dyn Disk,
) -> io::Result<()> {
    let json = serde_json::to_vec(pieces)?;
    disk::replace(path, aside, &json, disk)
}
