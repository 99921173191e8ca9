//! What can be read at one time.

use std::path::Path;
use std::sync::Arc;

use taosha_core::Error;

use crate::disk::Disk;

use super::cursor::Cursor;
use super::filter::Question;
use super::manifest::Manifest;
use super::merge::Merge;
use super::run::Run;

/// The state as it was committed once. Later seals and merges do not change it: it holds the files
/// of its runs open, also those that were removed since.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The oldest first.
    pub(super) runs: Arc<[Arc<Run>]>,
}

impl Snapshot {
    /// What the runs in `folder` hold that `manifest` names. Nothing is made or removed; whoever might
    /// must be kept away by a lock.
    ///
    /// # Errors
    /// As [`Runs::open`](super::Runs::open).
    pub fn open(disk: &dyn Disk, folder: &Path, manifest: &[u8]) -> Result<Snapshot, Error> {
        let manifest = Manifest::read(manifest)?;
        let runs = manifest.runs.iter();
        let runs = runs.map(|info| Run::open(disk, folder, *info).map(Arc::new));
        Ok(Snapshot {
            runs: runs.collect::<Result<_, _>>()?,
        })
    }

    /// The first key that is not less than `key`.
    ///
    /// # Errors
    /// As [`get`](Snapshot::get).
    pub fn first_from(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let mut cursors = Vec::new();
        for run in &*self.runs {
            cursors.extend(Cursor::at_key(Arc::clone(run), key)?);
        }
        let first = Merge::of(cursors).next()?.map(|(key, _)| key.to_vec());
        Ok(first)
    }

    /// The newest value under `key`.
    ///
    /// # Errors
    /// When a run cannot be read or is damaged there; the message names file and place.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let question = Question::of(key);
        for run in self.runs.iter().rev() {
            if run.filter.may_hold(&question)
                && let Some(value) = run.find(key)?
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Calls `each` with every key that starts with `prefix` and its newest value, in order.
    ///
    /// # Errors
    /// As [`get`](Snapshot::get); `each` may have seen a part by then.
    pub fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Error> {
        let mut cursors = Vec::new();
        for run in &*self.runs {
            cursors.extend(Cursor::at_key(Arc::clone(run), prefix)?);
        }
        let mut entries = Merge::of(cursors);
        while let Some((key, value)) = entries.next()? {
            if !key.starts_with(prefix) {
                break;
            }
            each(key, value);
        }
        Ok(())
    }
}
