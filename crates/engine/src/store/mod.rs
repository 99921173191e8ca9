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
mod others; // what stages of other pipelines remember
mod outbox; // the files of epochs
mod poison; // pages that kill
mod seal; // what an epoch is made of, and how it becomes true
mod segment; // the outbox file of an epoch
mod story; // what became of a record
mod told; // which epoch tells of what

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use taosha_core::{Error, Id, Position, Result, State};

use self::checkpoint::{Checkpoint, Commit, Head};
use crate::disk::{Disk, make_safe_folder};
use crate::runs::{Runs, Snapshot};
use crate::{Counts, StateLock};

pub use self::checkpoint::{DeadRecord, EpochRecord, RunRecord, Suspect};
pub(crate) use self::epoch_state::{Entries, EpochState};
pub(crate) use self::others::{OtherError, OtherState, Others, is_same_folder};
pub(crate) use self::seal::{Finished, SealedEpoch, Sealing};
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
        let checkpoint = open_checkpoint(&*disk, folder)?;
        let index = folder.join("index");
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

    /// As [`open`](Self::open), but forgets all epochs, dead letters and what stages remember, also where
    /// that cannot be read. The state has a new name, so that every sink builds its tables anew. The
    /// history of runs stays.
    ///
    /// # Errors
    /// As [`open`](Self::open), for the disk and for a checkpoint that is torn itself.
    pub fn open_anew(disk: Arc<dyn Disk>, folder: &Path) -> Result<Store> {
        open_checkpoint(&*disk, folder)?.reset(new_state(folder))?;
        let mut store = Store::open(disk, folder)?;
        // They were let go, not left by a killed process.
        store.n_orphans = 0;
        Ok(store)
    }

    /// Keeps `lock` for as long as anybody uses the store.
    #[must_use]
    pub fn holding(mut self, lock: StateLock) -> Self {
        self.lock = Some(lock);
        self
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

    /// What the stage called `owner` remembers, to look at: what is put there is never sealed.
    pub fn remembered_by(&self, owner: &str) -> Box<dyn State> {
        Box::new(self.state_of(owner))
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

    /// Reads everything that stages remember through; gives the files that are torn.
    pub(crate) fn verify_index(&self) -> Vec<(String, Error)> {
        lock(&self.runs).verify()
    }

    /// How many files stages remember in, and their bytes.
    pub fn index_size(&self) -> (usize, u64) {
        let runs = lock(&self.runs);
        (runs.n_runs(), runs.n_bytes())
    }
}

/// The checkpoint of the state in `folder`, with the folders that are needed beside it.
fn open_checkpoint(disk: &dyn Disk, folder: &Path) -> Result<Checkpoint> {
    let made = make_safe_folder(disk, folder)
        .and_then(|()| disk.make_folder(&folder.join("outbox")))
        .and_then(|()| disk.make_folder(&folder.join("index")));
    made.map_err(|e| {
        let message = format!("make folder `{}`", folder.display());
        Error::config("engine.disk", message).because(e)
    })?;
    Checkpoint::open(disk, &folder.join("checkpoint.redb"))
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
