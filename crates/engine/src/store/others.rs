//! What stages remember in the state folders of other pipelines: read, and never written.
//!
//! A folder is locked for the run, since the pipeline it belongs to might merge runs of its index
//! meanwhile. Besides the file `lock` nothing in it is changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::{Error, Result, State};

use super::Store;
use super::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::runs::Snapshot;
use crate::{LockError, StateLock};

/// The folders of other pipelines that a run reads, each opened and held once.
#[derive(Debug, Default)]
pub(crate) struct Others(BTreeMap<PathBuf, Arc<Other>>);

/// One of them.
#[derive(Debug)]
struct Other {
    folder: PathBuf,
    snapshot: Snapshot,
    /// Kept as long as anybody reads.
    _lock: StateLock,
}

/// Why they cannot be read.
#[derive(Debug)]
pub(crate) enum OtherError {
    /// Another process has one of them.
    Held(LockError),
    /// One of them is not what it should be.
    Failed(Error),
}

impl From<Error> for OtherError {
    fn from(error: Error) -> Self {
        OtherError::Failed(error)
    }
}

impl Store {
    /// Opens and holds `folders`, which may repeat.
    pub(crate) fn hold_others(
        &self,
        folders: impl IntoIterator<Item = PathBuf>,
    ) -> std::result::Result<Others, OtherError> {
        let mut others = Others::default();
        for folder in folders {
            if is_same_folder(&folder, &self.folder) {
                let what = "it is the state of this pipeline; name that of another one";
                return Err(unusable(&folder, what).into());
            }
            if let Entry::Vacant(entry) = others.0.entry(same(&folder)) {
                entry.insert(Arc::new(Other::hold(&*self.disk, &folder)?));
            }
        }
        Ok(others)
    }
}

impl Others {
    /// What the stage called `owner` remembers in `folders`, in their order.
    ///
    /// # Errors
    /// When no stage has this id there.
    pub(crate) fn of(&self, owner: &str, folders: &[PathBuf]) -> Result<Vec<OtherState>> {
        let held = |folder: &PathBuf| {
            let other = self.0.get(&same(folder));
            other.ok_or_else(|| Error::defect("engine.against", "read a state that is not held"))
        };
        let of = |folder: &PathBuf| held(folder)?.of(owner);
        folders.iter().map(of).collect()
    }
}

impl Other {
    fn hold(disk: &dyn Disk, folder: &Path) -> std::result::Result<Self, OtherError> {
        let checkpoint = folder.join("checkpoint.redb");
        if let Err(error) = disk.read(&checkpoint) {
            let what = match error.kind() {
                ErrorKind::NotFound => {
                    "there is none; name the state folder of a pipeline that has run, its `run.state`"
                        .to_owned()
                }
                _ => format!("{error}"),
            };
            return Err(unusable(folder, what).into());
        }
        let lock = StateLock::take(folder).map_err(|error| match error {
            held @ LockError::Held { .. } => OtherError::Held(held),
            LockError::Io { error, .. } => {
                let what = "its file `lock` cannot be written, which keeps others away";
                OtherError::Failed(unusable(folder, what).because(error))
            }
        })?;
        let broken = |error: Error| match error.kind() {
            taosha_core::ErrorKind::Unavailable => error,
            _ => {
                unusable(folder, "it is no state of this version of taosha, or torn").because(error)
            }
        };
        let head = Checkpoint::peek(disk, &checkpoint).map_err(broken)?;
        let snapshot =
            Snapshot::open(disk, &folder.join("index"), &head.manifest).map_err(broken)?;
        Ok(Other {
            folder: folder.to_owned(),
            snapshot,
            _lock: lock,
        })
    }

    fn of(self: &Arc<Self>, owner: &str) -> Result<OtherState> {
        let prefix = prefix(owner);
        let first = self.snapshot.first_from(&prefix)?;
        if first.is_none_or(|key| !key.starts_with(&prefix)) {
            let known: Vec<String> = (self.owners()?.iter())
                .map(|id| format!("`{id}`"))
                .collect();
            let what = match known.is_empty() {
                true => "no stage remembers anything there; run that pipeline first".to_owned(),
                false => format!(
                    "no stage with the id `{owner}` remembers anything there, only {}; give this stage \
                     the `id` it has there",
                    known.join(", ")
                ),
            };
            return Err(unusable(&self.folder, what));
        }
        Ok(OtherState {
            prefix,
            other: self.clone(),
        })
    }

    /// The stages that remember something here.
    fn owners(&self) -> Result<Vec<String>> {
        let mut owners = Vec::new();
        // The keys of the engine begin with a zero byte.
        let mut from = vec![1];
        while let Some(key) = self.snapshot.first_from(&from)? {
            let id = key.split(|byte| *byte == 0).next().unwrap_or_default();
            owners.push(String::from_utf8_lossy(id).into_owned());
            from = [id, &[1]].concat();
        }
        Ok(owners)
    }
}

/// What one stage remembers in one of these folders.
#[derive(Debug)]
pub(crate) struct OtherState {
    prefix: Vec<u8>,
    other: Arc<Other>,
}

impl OtherState {
    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.other.folder
    }
}

impl State for OtherState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = [&self.prefix, key].concat();
        let value = self.other.snapshot.get(&key);
        value.map_err(|error| error.context(format!("read `{}`", self.folder().display())))
    }

    fn put(&mut self, _: &[u8], _: &[u8]) -> Result<()> {
        let message = "write what another pipeline remembers";
        Err(Error::defect("engine.against", message))
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let own = self.prefix.len();
        let prefix = [&self.prefix, prefix].concat();
        let mut each = |key: &[u8], value: &[u8]| each(key.get(own..).unwrap_or_default(), value);
        self.other.snapshot.scan(&prefix, &mut each)
    }
}

/// Ids hold no zero byte, so no prefix starts another.
fn prefix(owner: &str) -> Vec<u8> {
    [owner.as_bytes(), b"\0"].concat()
}

/// True when both name one folder.
pub(crate) fn is_same_folder(one: &Path, other: &Path) -> bool {
    same(one) == same(other)
}

/// The one name of a folder that may be written in several ways.
fn same(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

/// That the state in `folder` cannot be read beside the own one.
fn unusable(folder: &Path, what: impl Into<String>) -> Error {
    let what: String = what.into();
    let message = format!("read the state `{}`: {what}", folder.display());
    Error::config("engine.against", message)
}
