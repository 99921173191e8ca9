//! The one file that changes in place, and the only commit point: a redb database with one row per
//! epoch, run and open dead letter, and the head: source positions and the manifest of the runs.
//!
//! redb is named in this file only. It reads and writes through [`Disk`](crate::disk::Disk), so a
//! test can cut the power under it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
    WriteTransaction,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use taosha_core::{Error, Id, Position, Result};

use crate::Counts;
use crate::disk::{Disk, DiskFile, read_all};

const HEAD: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("head");
const EPOCHS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("epochs");
const RUNS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("runs");
const DEAD: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("dead");
const DELIVERED: TableDefinition<'_, &str, u64> = TableDefinition::new("delivered");
const SUSPECTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("suspects");

/// Raised when what the tables hold changes in a way that an older program would misread.
const LAYOUT: u32 = 1;

/// redb keeps this much of the file in memory; heads and rows are small.
const CACHE_BYTES: usize = 4 << 20;

/// What holds for the state as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    layout: u32,
    /// Names this state, see [`taosha_core::Epoch::state`].
    pub(crate) state: String,
    /// The last sealed epoch; 0 before the first.
    pub(crate) epoch: u64,
    /// Where the sources stood at its end. Empty when the last run came to its end.
    pub(crate) positions: BTreeMap<String, Position>,
    /// Which run files hold what the stages remember.
    pub(crate) manifest: Vec<u8>,
    /// Every configuration that has sealed an epoch.
    pub(crate) made_by: BTreeSet<String>,
    /// True from `--anew` until a run has come to its end: sinks with other tables are cleared.
    pub(crate) replaces: bool,
}

/// A sealed epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EpochRecord {
    /// The run that sealed it.
    pub run: u64,
    /// When, RFC 3339.
    pub sealed_at: jiff::Timestamp,
    /// Length of its file in the outbox.
    pub bytes: u64,
    /// BLAKE3 of that file, in hex.
    pub digest: String,
    /// What its pages became.
    pub counts: Counts,
}

/// A run, as `taosha runs` lists it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// Name and fingerprint of the configuration.
    pub run: String,
    /// The version of the program.
    pub version: String,
    /// `run`, `retry`, `replay` or `repair`.
    pub kind: String,
    /// The process.
    pub pid: u32,
    /// When it began, RFC 3339.
    pub started: jiff::Timestamp,
    /// When it ended; null while it goes on, and for ever when it was killed.
    pub ended: Option<jiff::Timestamp>,
    /// How it ended: `done`, `interrupted`, `stopped`, `undelivered`, `failed`.
    pub end: Option<String>,
    /// Why, when it was not `done`.
    pub message: Option<String>,
    /// The first and last epoch it sealed.
    pub epochs: Option<(u64, u64)>,
    /// What the pages of those epochs became.
    pub counts: Counts,
}

impl RunRecord {
    /// False for runs that only build something anew from what is sealed.
    pub fn handles_pages(&self) -> bool {
        matches!(&*self.kind, "run" | "retry")
    }
}

/// A dead letter that is still dead.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeadRecord {
    /// The record.
    pub id: Id,
    /// Where its page came from.
    pub uri: String,
    /// The source of the page.
    pub source: String,
    /// Where in the source it stands.
    pub position: Position,
    /// Who refused it.
    pub stage: String,
    /// Why, as a stable name.
    pub code: String,
    /// Why, in words.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The epoch whose file holds it.
    pub epoch: u64,
    /// When it died last, RFC 3339.
    pub at: jiff::Timestamp,
}

/// A page that may be killing the process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Suspect {
    /// Where the page is.
    pub uri: String,
    /// Processes that died with this page alone in their hands.
    pub deaths: u32,
    /// How the last of them died, such as `signal_9`.
    pub how: String,
}

/// Everything that one commit changes.
pub(crate) struct Commit<'a> {
    pub(crate) head: &'a Head,
    pub(crate) epoch: Option<(u64, &'a EpochRecord)>,
    pub(crate) run: Option<(u64, &'a RunRecord)>,
    pub(crate) dead: &'a [DeadRecord],
    pub(crate) healed: &'a [Id],
}

/// The database.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    db: Database,
    path: PathBuf,
}

impl Checkpoint {
    /// Opens the database at `path`, making an empty one if there is none.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self> {
        let context = |error: Error| error.context(format!("open `{}`", path.display()));
        match disk.read(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Self::create(disk, path).map_err(context)?;
            }
            Err(error) => return Err(context(away(error))),
        }
        Self::at(disk, path).map_err(context)
    }

    /// The head in the database at `path`, of which not a byte is changed: what redb mends when it
    /// opens what a killed process left, it mends in a copy in memory.
    pub(crate) fn peek(disk: &dyn Disk, path: &Path) -> Result<Head> {
        let context = |error: Error| error.context(format!("read `{}`", path.display()));
        let bytes = read_all(disk, path).map_err(|error| context(away(error)))?;
        let copy = InMemoryBackend::new();
        let copied = copy
            .set_len(bytes.len() as u64)
            .and_then(|()| copy.write(0, &bytes));
        copied.map_err(|error| context(away(error)))?;
        let db = Database::builder().create_with_backend(copy);
        let db = db.map_err(|error| context(broken(error)))?;
        Self::head_in(&db)
            .and_then(|head| head.ok_or_else(|| unreadable("the head")))
            .map_err(context)
    }

    /// The head, if one was ever committed.
    fn head_in(db: &Database) -> Result<Option<Head>> {
        let read = db.begin_read().map_err(broken)?;
        let table = read.open_table(HEAD).map_err(broken)?;
        let Some(value) = table.get("head").map_err(broken)? else {
            return Ok(None);
        };
        let head: Head = from_json(value.value())?;
        if head.layout != LAYOUT {
            let message = format!(
                "read the state: its layout is {}, this program knows {LAYOUT}; run with `--anew`",
                head.layout
            );
            return Err(Error::config("engine.layout", message));
        }
        Ok(Some(head))
    }

    /// Makes an empty database aside and puts it in place whole: redb refuses a file that it had
    /// begun when the process died.
    fn create(disk: &dyn Disk, path: &Path) -> Result<()> {
        let aside = path.with_extension("tmp");
        let empty = disk.open(&aside).and_then(|file| file.set_len(0));
        empty.map_err(away)?;
        drop(Self::at(disk, &aside)?);
        let folder = path.parent().unwrap_or(Path::new("."));
        let placed = disk.rename(&aside, path);
        placed.and_then(|()| disk.sync_folder(folder)).map_err(away)
    }

    fn at(disk: &dyn Disk, path: &Path) -> Result<Self> {
        let file = disk.open(path).map_err(away)?;
        let db = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(Backend(file))
            .map_err(broken)?;
        let checkpoint = Checkpoint {
            db,
            path: path.to_owned(),
        };
        checkpoint.write(Durability::Immediate, |write| {
            write.open_table(HEAD).map_err(broken)?;
            write.open_table(EPOCHS).map_err(broken)?;
            write.open_table(RUNS).map_err(broken)?;
            write.open_table(DEAD).map_err(broken)?;
            write.open_table(DELIVERED).map_err(broken)?;
            write.open_table(SUSPECTS).map_err(broken)?;
            Ok(())
        })?;
        Ok(checkpoint)
    }

    /// The head; a state that is new gets the name `state`.
    pub(crate) fn head(&self, state: impl FnOnce() -> String) -> Result<Head> {
        if let Some(head) = Self::head_in(&self.db)? {
            return Ok(head);
        }
        let head = Head::new(state());
        self.commit(&Commit {
            head: &head,
            epoch: None,
            run: None,
            dead: &[],
            healed: &[],
        })?;
        Ok(head)
    }

    /// Makes `commit` true, all of it or nothing.
    pub(crate) fn commit(&self, commit: &Commit<'_>) -> Result<()> {
        self.write(Durability::Immediate, |write| {
            put(write, HEAD, "head", commit.head)?;
            if let Some((number, epoch)) = commit.epoch {
                put(write, EPOCHS, number, epoch)?;
            }
            if let Some((number, run)) = commit.run {
                put(write, RUNS, number, run)?;
            }
            for id in commit.healed {
                let mut table = write.open_table(DEAD).map_err(broken)?;
                table.remove(&id.as_bytes()[..]).map_err(broken)?;
            }
            for dead in commit.dead {
                put(write, DEAD, &dead.id.as_bytes()[..], dead)?;
            }
            Ok(())
        })
    }

    /// Begins anew under the name `state`: the history of runs stays, all else goes.
    pub(crate) fn reset(&self, state: String) -> Result<Head> {
        let mut head = Head::new(state);
        head.replaces = true;
        self.write(Durability::Immediate, |write| {
            write.delete_table(EPOCHS).map_err(broken)?;
            write.delete_table(DEAD).map_err(broken)?;
            write.delete_table(DELIVERED).map_err(broken)?;
            write.delete_table(SUSPECTS).map_err(broken)?;
            write.open_table(EPOCHS).map_err(broken)?;
            write.open_table(DEAD).map_err(broken)?;
            write.open_table(DELIVERED).map_err(broken)?;
            write.open_table(SUSPECTS).map_err(broken)?;
            put(write, HEAD, "head", &head)
        })?;
        Ok(head)
    }

    pub(crate) fn epochs(&self) -> Result<BTreeMap<u64, EpochRecord>> {
        self.all(EPOCHS, |number| number)
    }

    pub(crate) fn epoch(&self, number: u64) -> Result<Option<EpochRecord>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(EPOCHS).map_err(broken)?;
        let value = table.get(number).map_err(broken)?;
        value.map(|value| from_json(value.value())).transpose()
    }

    /// Forgets the file of an epoch. Durable before it returns: the file goes second.
    pub(crate) fn forget_epochs(&self, numbers: &[u64]) -> Result<()> {
        self.write(Durability::Immediate, |write| {
            let mut table = write.open_table(EPOCHS).map_err(broken)?;
            for number in numbers {
                table.remove(number).map_err(broken)?;
            }
            Ok(())
        })
    }

    pub(crate) fn runs(&self) -> Result<BTreeMap<u64, RunRecord>> {
        self.all(RUNS, |number| number)
    }

    pub(crate) fn put_run(&self, number: u64, run: &RunRecord) -> Result<()> {
        self.write(Durability::Immediate, |write| put(write, RUNS, number, run))
    }

    pub(crate) fn dead(&self) -> Result<Vec<DeadRecord>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(DEAD).map_err(broken)?;
        let mut all = Vec::new();
        for entry in table.iter().map_err(broken)? {
            all.push(from_json::<DeadRecord>(entry.map_err(broken)?.1.value())?);
        }
        Ok(all)
    }

    pub(crate) fn dead_one(&self, id: Id) -> Result<Option<DeadRecord>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(DEAD).map_err(broken)?;
        let value = table.get(&id.as_bytes()[..]).map_err(broken)?;
        value.map(|value| from_json(value.value())).transpose()
    }

    pub(crate) fn delivered(&self) -> Result<BTreeMap<String, u64>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(DELIVERED).map_err(broken)?;
        let mut all = BTreeMap::new();
        for entry in table.iter().map_err(broken)? {
            let (sink, number) = entry.map_err(broken)?;
            all.insert(sink.value().to_owned(), number.value());
        }
        Ok(all)
    }

    /// Notes what a sink holds. Not synced: the target knows better.
    pub(crate) fn set_delivered(&self, sink: &str, number: u64) -> Result<()> {
        self.write(Durability::None, |write| {
            let mut table = write.open_table(DELIVERED).map_err(broken)?;
            table.insert(sink, number).map_err(broken)?;
            Ok(())
        })
    }

    pub(crate) fn suspects(&self) -> Result<BTreeMap<Id, Suspect>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(SUSPECTS).map_err(broken)?;
        let mut all = BTreeMap::new();
        for entry in table.iter().map_err(broken)? {
            let (id, suspect) = entry.map_err(broken)?;
            let id = <[u8; 16]>::try_from(id.value()).map_err(|_| unreadable("suspects"))?;
            all.insert(Id::from_bytes(id), from_json(suspect.value())?);
        }
        Ok(all)
    }

    pub(crate) fn put_suspect(&self, id: Id, suspect: &Suspect) -> Result<()> {
        self.write(Durability::Immediate, |write| {
            put(write, SUSPECTS, &id.as_bytes()[..], suspect)
        })
    }

    fn all<V: DeserializeOwned>(
        &self,
        table: TableDefinition<'static, u64, &'static [u8]>,
        key: impl Fn(u64) -> u64,
    ) -> Result<BTreeMap<u64, V>> {
        let read = self.db.begin_read().map_err(broken)?;
        let table = read.open_table(table).map_err(broken)?;
        let mut all = BTreeMap::new();
        for entry in table.iter().map_err(broken)? {
            let (number, value) = entry.map_err(broken)?;
            all.insert(key(number.value()), from_json(value.value())?);
        }
        Ok(all)
    }

    fn write(
        &self,
        durability: Durability,
        change: impl FnOnce(&WriteTransaction) -> Result<()>,
    ) -> Result<()> {
        let written = self.db.begin_write().map_err(broken).and_then(|mut write| {
            write.set_durability(durability).map_err(broken)?;
            change(&write)?;
            write.commit().map_err(broken)
        });
        written.map_err(|error| error.context(format!("write `{}`", self.path.display())))
    }
}

impl Head {
    fn new(state: String) -> Self {
        Head {
            layout: LAYOUT,
            state,
            epoch: 0,
            positions: BTreeMap::new(),
            manifest: Vec::new(),
            made_by: BTreeSet::new(),
            replaces: false,
        }
    }
}

fn put<'k, K: redb::Key + 'static, V: Serialize>(
    write: &WriteTransaction,
    table: TableDefinition<'_, K, &'static [u8]>,
    key: K::SelfType<'k>,
    value: &V,
) -> Result<()> {
    let json = serde_json::to_vec(value)
        .map_err(|e| Error::defect("engine.json", "write the state").because(e))?;
    let mut table = write.open_table(table).map_err(broken)?;
    table.insert(key, json.as_slice()).map_err(broken)?;
    Ok(())
}

fn from_json<V: DeserializeOwned>(json: &[u8]) -> Result<V> {
    serde_json::from_slice(json).map_err(|e| unreadable("a row").because(e))
}

fn unreadable(what: &str) -> Error {
    let message = format!("read the state: {what} is torn; `taosha doctor` tells more");
    Error::defect("engine.state", message)
}

fn away(error: io::Error) -> Error {
    Error::unavailable("engine.disk", "use the disk").because(error)
}

/// An error of redb: of the disk under it, or a file that is no longer what redb wrote.
fn broken(error: impl Into<redb::Error>) -> Error {
    let is_torn = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
        )
    };
    match error.into() {
        redb::Error::Io(error) if !is_torn(&error) => away(error),
        // redb does nothing more after an error of the disk, and tells the cause only once.
        redb::Error::PreviousIo => away(io::Error::other("it could not be used before")),
        error => Error::defect("engine.state", "use the checkpoint").because(error),
    }
}

/// redb on a [`DiskFile`].
#[derive(Debug)]
struct Backend(Box<dyn DiskFile>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}
