//! What a pipeline keeps between runs, in its state folder.
//!
//! | in the folder | what it is |
//! |---|---|
//! | `lock` | held by the process that uses the folder |
//! | `checkpoint.redb` | the only file that changes in place, and the only commit point |
//! | `outbox/N.zst` | epoch N: rows, stories, dead letters |
//! | `index/*` | what stages remember, as sorted immutable runs |
//! | `logs/*` | structured logs |
//!
//! [`Store::seal`] makes an epoch true: the outbox file and the run of the index are written and
//! synced first, then one transaction of the checkpoint names both, together with the places where
//! the sources stand. Files that the checkpoint does not name are leftovers of a crash and are
//! removed when the folder is opened. Deleting goes the other way round: out of the checkpoint first,
//! then the file, and a file that is gone already is no error.

mod checkpoint; // the database
mod epoch_state; // what a stage remembers
mod segment; // the outbox file of an epoch
mod story; // what became of a record
mod told; // which epoch tells of what

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use taosha_core::{Error, Id, Position, Result, Row, State};

use self::checkpoint::{Checkpoint, Commit, Head};
use self::segment::{SegmentWriter, path_of};
use crate::disk::{Disk, make_safe_folder, read_all};
use crate::runs::{Runs, Snapshot};
use crate::{Counts, StateLock};

pub use self::checkpoint::{DeadRecord, EpochRecord, RunRecord, Suspect};
pub(crate) use self::epoch_state::{Entries, EpochState};
pub use self::segment::{Letter, Segment};
pub use self::story::{End, Story};

/// A pipeline's state folder, opened. The caller holds its [`StateLock`](crate::StateLock).
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    checkpoint: Checkpoint,
    runs: Mutex<Runs>,
    sealed: Arc<Sealed>,
    head: Mutex<Head>,
    run: Mutex<Option<(u64, RunRecord)>>,
    /// Files that a killed process left, removed when the folder was opened.
    n_orphans: usize,
    /// The letters of the epoch that was asked last: many that are retried are of one.
    letters: Mutex<Option<(u64, Vec<Letter>)>>,
    /// Let go of last: a seal that outlives the run it belongs to still has it.
    lock: Option<StateLock>,
}

/// What stages remember as of the last sealed epoch. Switched by [`Store::seal`].
#[derive(Debug)]
pub(crate) struct Sealed(RwLock<(u64, Snapshot)>);

/// Everything one epoch is made of.
#[derive(Default)]
pub(crate) struct Sealing {
    pub(crate) number: u64,
    /// Where the sources stand; empty at the end of a run.
    pub(crate) positions: BTreeMap<String, Position>,
    /// What the source list and the stages put into their states.
    pub(crate) entries: Vec<Arc<Entries>>,
    /// What the records became, by the port at which they came out.
    pub(crate) finished: BTreeMap<String, Vec<Arc<Finished>>>,
    /// Dead letters that went in again, from the outbox or from their source.
    pub(crate) retried: Vec<Id>,
    /// How many of them came from the outbox, and are not among the pages read.
    pub(crate) entered: u64,
    pub(crate) read: u64,
    pub(crate) read_bytes: u64,
    pub(crate) unchanged: u64,
}

/// A record at its end.
#[derive(Clone)]
pub(crate) struct Finished {
    pub(crate) story: Story,
    pub(crate) rows: Vec<Row>,
    /// For dead letters.
    pub(crate) letter: Option<Letter>,
}

/// A sealed epoch on its way to the sinks.
#[derive(Debug)]
pub(crate) struct SealedEpoch {
    pub(crate) number: u64,
    pub(crate) retried: Vec<Id>,
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
}

/// The part of the index that the engine itself keeps: ids of stages are never empty.
const OWN: &[u8] = b"\0";

impl Sealed {
    /// The last sealed epoch, and the index as of it.
    pub(crate) fn read(&self) -> (u64, Snapshot) {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Store {
    /// Opens the state in `folder`, making an empty one if there is none, and removes what a killed
    /// process left half done.
    ///
    /// # Errors
    /// When the disk cannot be used, or the state is torn.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path) -> Result<Store> {
        let outbox = folder.join("outbox");
        let index = folder.join("index");
        let made = make_safe_folder(&*disk, folder)
            .and_then(|()| disk.make_folder(&outbox))
            .and_then(|()| disk.make_folder(&index));
        made.map_err(|e| {
            let message = format!("make folder `{}`", folder.display());
            Error::config("engine.disk", message).because(e)
        })?;
        let checkpoint = Checkpoint::open(&*disk, &folder.join("checkpoint.redb"))?;
        let head = checkpoint.head(|| new_state(folder))?;
        let n_index = disk.list(&index).map_or(0, |names| names.len());
        let runs = Runs::open(disk.clone(), &index, &head.manifest)?;
        let n_left = disk.list(&index).map_or(0, |names| names.len());
        let sealed = Arc::new(Sealed(RwLock::new((head.epoch, runs.snapshot()))));
        let mut store = Store {
            disk,
            folder: folder.to_owned(),
            checkpoint,
            runs: Mutex::new(runs),
            sealed,
            head: Mutex::new(head),
            run: Mutex::new(None),
            n_orphans: 0,
            letters: Mutex::new(None),
            lock: None,
        };
        store.n_orphans = n_index.saturating_sub(n_left) + store.remove_orphans()?;
        Ok(store)
    }

    /// Keeps `lock` for as long as anybody uses the store.
    #[must_use]
    pub fn holding(mut self, lock: StateLock) -> Self {
        self.lock = Some(lock);
        self
    }

    /// Forgets all epochs, dead letters and what stages remember, under a new name, so that every
    /// sink builds its tables anew. The history of runs stays.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reset(&self) -> Result<()> {
        let head = self.checkpoint.reset(new_state(&self.folder))?;
        let runs = Runs::open(self.disk.clone(), &self.folder.join("index"), &[])?;
        *write_lock(&self.sealed.0) = (0, runs.snapshot());
        *lock(&self.runs) = runs;
        *lock(&self.head) = head;
        *lock(&self.letters) = None;
        self.remove_orphans()?;
        Ok(())
    }

    /// Names this state; see [`taosha_core::Epoch::state`].
    pub fn name(&self) -> String {
        lock(&self.head).state.clone()
    }

    /// The last sealed epoch; 0 before the first.
    pub fn last_epoch(&self) -> u64 {
        lock(&self.head).epoch
    }

    /// Where the sources stood when the last run ended before its end.
    pub(crate) fn positions(&self) -> BTreeMap<String, Position> {
        lock(&self.head).positions.clone()
    }

    /// True when pages were handled by a configuration other than `run`.
    pub(crate) fn has_others_than(&self, run: &str) -> bool {
        lock(&self.head).made_by.iter().any(|other| other != run)
    }

    /// True while tables of another state are to be replaced.
    pub(crate) fn replaces(&self) -> bool {
        lock(&self.head).replaces
    }

    /// What the stage called `owner` remembers.
    pub(crate) fn state_of(&self, owner: &str) -> EpochState {
        EpochState::new(owner, self.sealed.clone())
    }

    /// Makes an epoch true, and hands it back for the sinks.
    ///
    /// # Errors
    /// When the disk cannot be used; nothing is true then that was not before.
    pub(crate) fn seal(&self, mut sealing: Sealing) -> Result<(SealedEpoch, EpochRecord)> {
        let number = sealing.number;
        let died = self.dead_records(&mut sealing)?;
        let healed: Vec<Id> = sealing
            .retried
            .iter()
            .filter(|id| !died.iter().any(|dead| dead.id == **id))
            .copied()
            .collect();
        let counts = counts_of(&sealing);

        let mut entries = self.where_entries(&sealing)?;
        for more in std::mem::take(&mut sealing.entries) {
            entries.extend(Arc::unwrap_or_clone(more));
        }
        let (bytes, digest) = self.write_segment(&sealing)?;
        let manifest = lock(&self.runs).seal(&entries)?;
        drop(entries);

        let mut run = lock(&self.run);
        let epoch = EpochRecord {
            run: run.as_ref().map_or(0, |(number, _)| *number),
            sealed_at: Timestamp::now(),
            bytes,
            digest,
            counts,
        };
        let mut head = lock(&self.head).clone();
        head.epoch = number;
        head.positions = std::mem::take(&mut sealing.positions);
        head.manifest = manifest;
        if let Some((_, run)) = run.as_mut() {
            head.made_by.insert(run.run.clone());
            run.counts.add(&epoch.counts);
            run.epochs = Some((run.epochs.map_or(number, |(first, _)| first), number));
        }
        self.checkpoint.commit(&Commit {
            head: &head,
            epoch: Some((number, &epoch)),
            run: run.as_ref().map(|(number, run)| (*number, run)),
            dead: &died,
            healed: &healed,
        })?;
        *lock(&self.head) = head;
        let mut runs = lock(&self.runs);
        runs.committed();
        *write_lock(&self.sealed.0) = (number, runs.snapshot());

        let rows = sealing.finished.into_iter().map(|(port, finished)| {
            let finished = finished.into_iter().map(Arc::unwrap_or_clone);
            let rows = finished.flat_map(|finished| finished.rows);
            (port, rows.collect())
        });
        let sealed = SealedEpoch {
            number,
            retried: sealing.retried,
            rows: rows.collect(),
        };
        Ok((sealed, epoch))
    }

    /// The dead letters of an epoch; sets how often each was tried, and notes those that were dead
    /// before as retried, so that sinks replace their rows.
    fn dead_records(&self, sealing: &mut Sealing) -> Result<Vec<DeadRecord>> {
        let mut died: Vec<DeadRecord> = Vec::new();
        for finished in sealing.finished.values_mut().flatten() {
            if finished.letter.is_none() {
                continue;
            }
            let finished = Arc::make_mut(finished);
            let story = &finished.story;
            for row in &mut finished.rows {
                let Row::Dead(row) = row else { continue };
                if let Some(before) = self.checkpoint.dead_one(row.id)? {
                    row.attempts = before.attempts + 1;
                    if !sealing.retried.contains(&row.id) {
                        sealing.retried.push(row.id);
                    }
                }
                died.push(DeadRecord {
                    id: row.id,
                    uri: row.uri.clone(),
                    source: story.source.clone(),
                    position: story.position.clone(),
                    stage: row.stage.clone(),
                    code: row.code.clone(),
                    message: row.message.clone(),
                    attempts: row.attempts,
                    epoch: sealing.number,
                    at: Timestamp::now(),
                });
            }
        }
        Ok(died)
    }

    fn write_segment(&self, sealing: &Sealing) -> Result<(u64, String)> {
        let mut writer = SegmentWriter::new()?;
        for &id in &sealing.retried {
            writer.retried(id)?;
        }
        // A record may come out at several ports; its story is told once.
        let mut told = HashSet::new();
        for (port, finished) in &sealing.finished {
            writer.port(port)?;
            for finished in finished {
                let Finished {
                    story,
                    rows,
                    letter,
                } = &**finished;
                if told.insert((story.id, story.end.clone())) {
                    writer.story(story)?;
                    if let Some(letter) = letter {
                        writer.letter(letter)?;
                    }
                }
                for row in rows {
                    writer.row(row)?;
                }
            }
        }
        writer.place(&*self.disk, &path_of(&self.outbox(), sealing.number))
    }

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

    /// Every epoch whose file is kept.
    ///
    /// # Errors
    /// When the checkpoint cannot be read; also for the other lists.
    pub fn epochs(&self) -> Result<BTreeMap<u64, EpochRecord>> {
        self.checkpoint.epochs()
    }

    /// All runs, oldest first.
    ///
    /// # Errors
    /// As [`epochs`](Self::epochs).
    pub fn runs(&self) -> Result<BTreeMap<u64, RunRecord>> {
        self.checkpoint.runs()
    }

    /// Dead letters that are still dead.
    ///
    /// # Errors
    /// As [`epochs`](Self::epochs).
    pub fn dead(&self) -> Result<Vec<DeadRecord>> {
        self.checkpoint.dead()
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

    /// What each sink holds, as far as is known without asking it.
    ///
    /// # Errors
    /// As [`epochs`](Self::epochs).
    pub fn delivered(&self) -> Result<BTreeMap<String, u64>> {
        self.checkpoint.delivered()
    }

    pub(crate) fn set_delivered(&self, sink: &str, number: u64) -> Result<()> {
        self.checkpoint.set_delivered(sink, number)
    }

    /// Pages that may be killing the process.
    ///
    /// # Errors
    /// As [`epochs`](Self::epochs).
    pub fn suspects(&self) -> Result<BTreeMap<Id, Suspect>> {
        self.checkpoint.suspects()
    }

    /// True when the page `id` was handled to its end, in an epoch that is sealed.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn is_handled(&self, id: Id) -> Result<bool> {
        let (_, snapshot) = self.sealed.read();
        let value = snapshot.get(&[OWN, b"p", id.as_bytes()].concat())?;
        Ok(value.is_some())
    }

    /// How many pages were handled to their end, in epochs that are sealed, counting items that no
    /// source could read.
    ///
    /// # Errors
    /// When the index or the checkpoint cannot be read.
    pub fn n_handled(&self) -> Result<u64> {
        let mut n_pages = 0;
        self.state_of("").scan(b"p", &mut |_, _| n_pages += 1)?;
        let dead = self.dead()?.into_iter();
        let n_unread = dead.filter(|dead| dead.stage == dead.source).count();
        Ok(n_pages + n_unread as u64)
    }

    /// Notes that a process died with the page `id` alone in its hands.
    ///
    /// # Errors
    /// When the checkpoint cannot be written.
    pub fn suspect(&self, id: Id, uri: &str, how: &str) -> Result<Suspect> {
        let before = self.suspects()?.remove(&id);
        let suspect = Suspect {
            uri: uri.to_owned(),
            deaths: before.map_or(0, |before| before.deaths) + 1,
            how: how.to_owned(),
        };
        self.checkpoint.put_suspect(id, &suspect)?;
        Ok(suspect)
    }

    /// Writes down what a cautious run has in its hands. Not synced: it is for a process that dies,
    /// not for a machine that loses power.
    pub(crate) fn write_journal(&self, note: &str) -> Result<()> {
        let path = self.folder.join("journal");
        let written = self.disk.open(&path).and_then(|file| {
            file.set_len(0)?;
            file.write_at(0, note.as_bytes())
        });
        written.map_err(|e| {
            let message = format!("write `{}`", path.display());
            Error::unavailable("engine.disk", message).because(e)
        })
    }

    /// The page that a cautious run had in its hands when it died.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn in_hands(&self) -> Result<Option<(Id, String)>> {
        #[derive(serde::Deserialize)]
        struct Note {
            id: Id,
            uri: String,
        }
        let path = self.folder.join("journal");
        match read_all(&*self.disk, &path) {
            // A note cut short was written by a process that died before the page went in.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)
                .ok()
                .map(|Note { id, uri }| (id, uri))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let message = format!("read `{}`", path.display());
                Err(Error::unavailable("engine.disk", message).because(error))
            }
        }
    }

    /// Notes that a run begins.
    ///
    /// # Errors
    /// When the checkpoint cannot be written; also for [`end_run`](Self::end_run).
    pub fn begin_run(&self, run: &str, kind: &str) -> Result<u64> {
        let number = self.runs()?.keys().next_back().map_or(1, |last| last + 1);
        let record = RunRecord {
            run: run.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: kind.to_owned(),
            pid: std::process::id(),
            started: Timestamp::now(),
            ended: None,
            end: None,
            message: None,
            epochs: None,
            counts: Counts::default(),
        };
        self.checkpoint.put_run(number, &record)?;
        *lock(&self.run) = Some((number, record));
        Ok(number)
    }

    /// Notes how the run ended that began last, and what it counted in all when it counted to its end.
    ///
    /// # Errors
    /// As [`begin_run`](Self::begin_run).
    pub fn end_run(
        &self,
        end: &str,
        message: Option<String>,
        counts: Option<Counts>,
    ) -> Result<()> {
        let Some((number, mut run)) = lock(&self.run).take() else {
            return Ok(());
        };
        run.ended = Some(Timestamp::now());
        run.end = Some(end.to_owned());
        run.message = message;
        run.counts = counts.unwrap_or(run.counts);
        let mut head = lock(&self.head);
        // Others do not open every sink: some may still hold the tables of another state.
        if end == "done" && run.handles_pages() {
            head.replaces = false;
        }
        self.checkpoint.commit(&Commit {
            head: &head,
            epoch: None,
            run: Some((number, &run)),
            dead: &[],
            healed: &[],
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

    fn outbox(&self) -> PathBuf {
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

    fn remove_orphans(&self) -> Result<usize> {
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

    /// Reads everything that stages remember through; gives the files that are torn.
    pub(crate) fn verify_index(&self) -> Vec<(String, Error)> {
        lock(&self.runs).verify()
    }

    /// How many files stages remember in, and their bytes.
    pub(crate) fn index_size(&self) -> (usize, u64) {
        let runs = lock(&self.runs);
        (runs.n_runs(), runs.n_bytes())
    }
}

fn counts_of(sealing: &Sealing) -> Counts {
    let mut counts = Counts {
        read: sealing.read,
        read_bytes: sealing.read_bytes,
        unchanged: sealing.unchanged,
        retried: sealing.entered,
        ..Counts::default()
    };
    let mut ended = 0;
    let mut told = HashSet::new();
    for finished in sealing.finished.values().flatten() {
        for row in &finished.rows {
            *counts.rows.entry(row.table()).or_default() += 1;
        }
        let Story { id, end, .. } = &finished.story;
        let ends_once = matches!(end, End::Dropped { .. } | End::Dead { .. });
        if ends_once && !told.insert((*id, end)) {
            continue;
        }
        ended += 1;
        match end {
            End::Written => counts.written += 1,
            End::Collapsed { relation, .. } => {
                *counts.collapsed.entry(relation.clone()).or_default() += 1;
            }
            End::Dropped { stage, reason } => {
                *counts
                    .dropped
                    .entry(format!("{stage}.{reason}"))
                    .or_default() += 1;
            }
            End::Dead { code, .. } => *counts.dead.entry(code.clone()).or_default() += 1,
        }
    }
    counts.split = u64::saturating_sub(ended, counts.read + counts.retried);
    counts
}

/// A name that no other state has.
fn new_state(folder: &Path) -> String {
    let now = Timestamp::now().as_nanosecond().to_le_bytes();
    let pid = std::process::id().to_le_bytes();
    let folder = folder.as_os_str().as_encoded_bytes();
    Id::of("state", &[&now, &pid, folder]).to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_lock<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
