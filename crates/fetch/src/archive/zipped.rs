use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use taosha_core::{Bytes, Error, Result};
use zip::ZipArchive;
use zip::result::ZipError;

use super::name::decoded;
use crate::page::{read_at_most, unpacked};

/// A page of HTML that is all one word packs to a hundredth, a bomb of zeros to a thousandth. What is
/// small anyway needs no ratio.
const MAX_RATIO: u64 = 300;
const FREE: u64 = 1024 * 1024;

/// A zip file. Its directory is held in memory, a few hundred bytes for each member.
pub(super) struct Zipped {
    zip: ZipArchive<BufReader<File>>,
}

/// What the directory tells of a member.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) is_file: bool,
    pub(super) is_encrypted: bool,
}

impl Zipped {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| {
            Error::malformed("fetch.unreadable", "open the archive").because(error)
        })?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| {
            Error::malformed("fetch.archive", "read the directory of the zip file").because(error)
        })?;
        Ok(Zipped { zip })
    }

    /// Whether a name stands for several members, of which only the last one can be had.
    pub(super) fn has_equal_names(&self) -> bool {
        self.zip.has_duplicate_names()
    }

    /// What the directory tells of the member `index`; `None` behind the last one.
    pub(super) fn listed(&self, index: usize) -> Option<Listed> {
        let entry = self.zip.by_index_data(index).ok()?;
        Some(Listed {
            name: decoded(entry.name_raw()),
            is_file: !entry.is_dir() && !entry.is_symlink(),
            is_encrypted: entry.encrypted(),
        })
    }

    /// The page that the member `index` is.
    pub(super) fn page(&mut self, index: usize, max_bytes: u64) -> Result<Bytes> {
        let file = self.zip.by_index(index).map_err(|error| match error {
            ZipError::InvalidPassword => encrypted(),
            error => Error::malformed("fetch.archive", "read the member").because(error),
        })?;
        let allowed = FREE.saturating_add(file.compressed_size().saturating_mul(MAX_RATIO));
        let ceiling = allowed.min(max_bytes);
        let bytes = read_at_most(file, ceiling).map_err(|error| match error.code() {
            "fetch.too_large" if ceiling < max_bytes => {
                let message =
                    format!("unpack it: it grows to more than {MAX_RATIO} times its size");
                Error::malformed("fetch.bomb", message)
            }
            "fetch.too_large" => error,
            _ => Error::malformed("fetch.archive", error.to_string()),
        })?;
        unpacked(bytes, max_bytes)
    }
}

pub(super) fn encrypted() -> Error {
    Error::malformed("fetch.encrypted", "read the member: it is encrypted")
}
