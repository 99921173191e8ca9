//! What stages remember, in runs: immutable files of sorted entries, one per seal, merged by and by.
//!
//! # Format
//! A run is a sequence of blocks of about 4 KiB, each with its own checksum, and a tail: a filter of
//! ten bits per key, and an index of one line per block. Filter and index are in memory while the
//! run is open, about one and a half bytes per key, so a lookup reads only runs that hold the key
//! (and one other run in a hundred), one block of each. A value larger than a block has one of its own.
//!
//! Which runs there are says the manifest, a few dozen bytes per run. It has the checksum of each
//! tail, and the tail those of the blocks, so nothing that was changed or exchanged is ever taken for
//! what was written: it is an [`Error`] of the kind `Defect` with the name of the file and the place.
//!
//! # Recovery
//! There is none to do. A run is complete and synced before [`Runs::seal`] returns the manifest that names
//! it, and the caller commits that manifest together with everything else of the epoch. A crash before
//! the commit leaves files that the old manifest does not name, which [`Runs::open`] removes; a crash
//! after it leaves the merged ones, which the new manifest does not name. Numbers of runs come from
//! a counter in the manifest, so a run of the same number is written anew after a crash.
//!
//! # Merging
//! By size (`tiers.rs`): three runs at most of about one size, each entry written about once for each fourfold growth. Merging happens inside
//! [`Runs::seal`], so a seal that is due to merge a high tier takes as long as reading and writing it.
//! Nothing is ever deleted; a value goes when a merge meets its replacement.

// One file.
mod block; // a few KiB of entries
mod cursor; // in order
mod filter; // is it surely not here?
mod index; // where the blocks are
mod run; // the file
mod writer; // how it is made

// Many files.
mod manifest; // which there are
mod merge; // read as one
mod snapshot; // what can be read
mod tiers; // when to merge

// For all of these.
mod damage; // what is said of broken files
mod hash; // checksums, places in filters
mod varint; // small numbers

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::Error;

use crate::disk::Disk;

use cursor::Cursor;
use damage::undone;
use manifest::{Manifest, file_name, number_of};
use merge::{Merge, first_bytes};
use run::Run;
pub use snapshot::Snapshot;
use writer::RunWriter;

/// The runs of one state folder; only one may be open for a folder.
#[derive(Debug)]
pub struct Runs {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// What the last committed manifest names, the oldest first.
    runs: Arc<[Arc<Run>]>,
    /// What the manifest names that was returned last, until it is committed.
    sealed: Option<Arc<[Arc<Run>]>>,
    /// Never goes back while we live: the caller may have committed a manifest and not know it, and
    /// then the files that it names must stay as they are.
    next: u64,
    /// Runs of manifests that were returned and seem not to have been committed. They are removed
    /// when a later one is.
    abandoned: Vec<u64>,
}

impl Runs {
    /// Opens the runs that `manifest` names (none when it is empty) in `folder`, which is made if it
    /// is not there, and removes the runs that it does not name. Other files are left alone.
    ///
    /// # Errors
    /// When a run is missing, is not the one that was written, or has a damaged index; when the
    /// manifest is damaged; or when the folder cannot be used.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, manifest: &[u8]) -> Result<Runs, Error> {
        let manifest = Manifest::read(manifest)?;
        make_folder(&*disk, folder)?;
        let mut runs = Vec::with_capacity(manifest.runs.len());
        for info in &manifest.runs {
            runs.push(Arc::new(Run::open(&*disk, folder, *info)?));
        }
        let found = disk
            .list(folder)
            .map_err(|cause| undone(format_args!("list `{}`", folder.display()), cause))?;
        for number in found.iter().filter_map(|name| number_of(name)) {
            if runs.iter().all(|run| run.info.number != number) {
                remove(&*disk, folder, number);
            }
        }
        Ok(Runs {
            disk,
            folder: folder.to_owned(),
            runs: runs.into(),
            sealed: None,
            next: manifest.next,
            abandoned: Vec::new(),
        })
    }

    /// What can be read now: everything up to the last seal that was committed.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            runs: Arc::clone(&self.runs),
        }
    }

    /// Writes `entries`, in any order, which are newer than everything before and replace what has the
    /// same key, the last of them too, and returns the manifest to commit. Without entries no file is
    /// written.
    ///
    /// Nothing changes for [`snapshot`](Runs::snapshot), nor for [`open`](Runs::open) with an older
    /// manifest, until [`committed`](Runs::committed). A seal that was not committed is forgotten by
    /// the next.
    ///
    /// # Errors
    /// When the disk is full or a run that is to be merged is damaged. Then everything is as before.
    pub fn seal<'e>(
        &mut self,
        entries: impl IntoIterator<Item = (&'e [u8], &'e [u8])>,
    ) -> Result<Vec<u8>, Error> {
        let entries = sorted(entries);
        if let Some(sealed) = self.sealed.take() {
            let abandoned = sealed.iter().filter(|run| !names(&self.runs, run));
            self.abandoned.extend(abandoned.map(|run| run.info.number));
        }
        let mut runs = self.runs.to_vec();
        if !entries.is_empty() {
            let number = self.next;
            self.next += 1;
            let merged = self
                .write_run(number, &mut runs, &entries)
                .inspect_err(|_| remove(&*self.disk, &self.folder, number))?;
            runs.push(Arc::new(merged));
        }
        let manifest = Manifest {
            next: self.next,
            runs: runs.iter().map(|run| run.info).collect(),
        };
        self.sealed = Some(runs.into());
        Ok(manifest.write())
    }

    /// To be called when the manifest of the last [`seal`](Runs::seal) is safe: it is what
    /// [`snapshot`](Runs::snapshot) shows from now on, and runs that were merged go.
    ///
    /// A file that cannot be removed costs space until the next [`open`](Runs::open).
    pub fn committed(&mut self) {
        let Some(sealed) = self.sealed.take() else {
            return;
        };
        let merged = self.runs.iter().filter(|run| !names(&sealed, run));
        let merged = merged.map(|run| run.info.number);
        for number in merged.chain(self.abandoned.drain(..)) {
            remove(&*self.disk, &self.folder, number);
        }
        self.runs = sealed;
    }

    /// Reads every committed run through and checks all of it; returns the file and what is wrong,
    /// first and in how many more places, for each that is damaged.
    pub fn verify(&self) -> Vec<(String, Error)> {
        let wrong = |run: &Arc<Run>| Some((run.name.clone(), run.verify()?));
        self.runs.iter().filter_map(wrong).collect()
    }

    /// How many files the state is in.
    pub fn n_runs(&self) -> usize {
        self.runs.len()
    }

    /// Their bytes.
    pub fn n_bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.info.n_bytes).sum()
    }

    /// Writes `entries` and those of `runs` that it takes off the end, because they are due.
    fn write_run(
        &self,
        number: u64,
        runs: &mut Vec<Arc<Run>>,
        entries: &[(&[u8], &[u8])],
    ) -> Result<Run, Error> {
        let sizes: Vec<u64> = runs.iter().map(|run| run.info.n_bytes).collect();
        let n_bytes: usize = entries
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        let due = runs.split_off(tiers::merge_from(&sizes, n_bytes as u64));

        let n_due: u64 = due.iter().map(|run| run.info.n_entries).sum();
        let n_entries = n_due + entries.len() as u64;
        let mut writer = RunWriter::create(&*self.disk, &self.folder, number, n_entries)?;
        let mut cursors = Vec::with_capacity(due.len());
        for run in due {
            let mut cursor = Cursor::at_start(run);
            if cursor.advance()? {
                cursors.push(cursor);
            }
        }
        Merge::of(cursors).write_under(entries, &mut writer)?;
        let run = writer.finish()?;
        sync_folder(&*self.disk, &self.folder)?;
        Ok(run)
    }
}

/// By key, the last of those with the same key.
fn sorted<'e>(
    entries: impl IntoIterator<Item = (&'e [u8], &'e [u8])>,
) -> Vec<(&'e [u8], &'e [u8])> {
    let mut sorted: Vec<_> = entries
        .into_iter()
        .map(|(key, value)| (first_bytes(key), key, value))
        .collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.cmp(other.1)));
    let mut sorted: Vec<_> = (sorted.into_iter())
        .map(|(_, key, value)| (key, value))
        .collect();
    sorted.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 = later.1;
        }
        is_same
    });
    sorted
}

/// True when `run` is one of `runs`.
fn names(runs: &[Arc<Run>], run: &Run) -> bool {
    runs.iter()
        .any(|other| other.info.number == run.info.number)
}

/// The folder, and its name in the folder above, which a power cut must not take away again.
fn make_folder(disk: &dyn Disk, folder: &Path) -> Result<(), Error> {
    let undone = |cause| undone(format_args!("make `{}`", folder.display()), cause);
    disk.make_folder(folder).map_err(undone)?;
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => disk.sync_folder(above).map_err(undone),
        _ => Ok(()),
    }
}

fn sync_folder(disk: &dyn Disk, folder: &Path) -> Result<(), Error> {
    disk.sync_folder(folder)
        .map_err(|cause| undone(format_args!("sync `{}`", folder.display()), cause))
}

/// Removes a run that nothing names. A file that stays is only space, and `open` tries again.
fn remove(disk: &dyn Disk, folder: &Path, number: u64) {
    let name = file_name(number);
    match disk.remove(&folder.join(&name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(file = name, %error, "a merged run was not removed");
        }
        _ => {}
    }
}
