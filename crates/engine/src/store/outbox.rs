//! The files of sealed epochs: read back, checked, and let go.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use taosha_core::{Error, Result};

use super::segment::{self, Segment, path_of};
use super::{DeadRecord, EpochRecord, Letter, SealedEpoch, Store, lock};

impl Store {
    /// Reads a sealed epoch back from the outbox.
    ///
    /// # Errors
    /// When its file is gone (by retention) or torn.
    pub fn segment(&self, number: u64) -> Result<Segment> {
        let epoch = self.kept(number)?;
        segment::read(&*self.disk, &path_of(&self.outbox(), number), &epoch)
    }

    fn kept(&self, number: u64) -> Result<EpochRecord> {
        self.checkpoint.epoch(number)?.ok_or_else(|| {
            let message = format!(
                "read epoch {number}: the outbox does not keep it any more, see `run.outbox`; \
                 `taosha run FILE --anew` reads all pages again"
            );
            Error::config("engine.forgotten", message)
        })
    }

    /// A sealed epoch for the sinks.
    pub(crate) fn sealed_epoch(&self, number: u64) -> Result<SealedEpoch> {
        let Segment { retried, rows, .. } = self.segment(number)?;
        Ok(SealedEpoch {
            number,
            retried,
            rows,
        })
    }

    /// The dead letter `id` as it entered the stage that refused it.
    ///
    /// # Errors
    /// When there is none, or its epoch cannot be read.
    pub fn letter(&self, dead: &DeadRecord) -> Result<Letter> {
        let mut last = lock(&self.letters);
        if last.as_ref().is_none_or(|(epoch, _)| *epoch != dead.epoch) {
            *last = Some((dead.epoch, self.segment(dead.epoch)?.letters));
        }
        let letters = last.iter().flat_map(|(_, letters)| letters);
        let letter = letters
            .into_iter()
            .find(|letter| letter.id == dead.id)
            .cloned();
        letter.ok_or_else(|| {
            let message = format!("find dead letter `{}` in epoch {}", dead.id, dead.epoch);
            Error::defect("engine.outbox", message)
        })
    }

    /// Removes the files of epochs that every sink holds (up to `held`) and that are older than
    /// `keep`, and the oldest ones while all are larger than `max_bytes`. Epochs with dead letters
    /// that may be retried stay. Returns how many were removed.
    ///
    /// # Errors
    /// When the checkpoint cannot be written.
    pub(crate) fn prune(&self, held: u64, keep: Duration, max_bytes: u64) -> Result<usize> {
        let epochs = self.epochs()?;
        let pinned: HashSet<u64> = self.dead()?.iter().map(|dead| dead.epoch).collect();
        let now = Timestamp::now();
        let mut total: u64 = epochs.values().map(|epoch| epoch.bytes).sum();
        let mut leaving = Vec::new();
        for (&number, epoch) in epochs.range(..=held) {
            // A clock that was set back makes epochs young, never old.
            let age = Duration::try_from(now.duration_since(epoch.sealed_at)).unwrap_or_default();
            if pinned.contains(&number) || (age <= keep && total <= max_bytes) {
                continue;
            }
            total -= epoch.bytes;
            leaving.push(number);
        }
        if !leaving.is_empty() {
            self.checkpoint.forget_epochs(&leaving)?;
            for &number in &leaving {
                let _ = self.disk.remove(&path_of(&self.outbox(), number));
            }
        }
        Ok(leaving.len())
    }

    pub(super) fn outbox(&self) -> PathBuf {
        self.folder.join("outbox")
    }

    /// Files of epochs that were never sealed, or are kept no more.
    fn orphans(&self) -> Result<Vec<String>> {
        let epochs = self.epochs()?;
        let mut names = self.disk.list(&self.outbox()).map_err(|e| {
            let message = format!("list `{}`", self.outbox().display());
            Error::unavailable("engine.disk", message).because(e)
        })?;
        names.retain(|name| {
            segment::number_of(name).is_none_or(|number| !epochs.contains_key(&number))
        });
        Ok(names)
    }

    pub(super) fn remove_orphans(&self) -> Result<usize> {
        let names = self.orphans()?;
        for name in &names {
            let _ = self.disk.remove(&self.outbox().join(name));
        }
        Ok(names.len())
    }

    /// Files that a killed process had left and that were removed when the folder was opened.
    pub fn n_orphans(&self) -> usize {
        self.n_orphans
    }

    /// Checks that the file of epoch `number` is the one that was sealed, without reading what is in it.
    pub(crate) fn check_file(&self, number: u64) -> Result<()> {
        let epoch = self.kept(number)?;
        segment::read_checked(&*self.disk, &path_of(&self.outbox(), number), &epoch).map(drop)
    }
}
