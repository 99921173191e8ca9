//! The file, and how an epoch gets there.
//!
//! The rows of an epoch and its number go in with one transaction. Which epoch the file holds is
//! read again within each one, so a second writer is found out before it can do harm.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use taosha_core::{Error, Holding, Result, Table};

use super::record::{Held, Record, fits, kind_of};
use super::schema::{create_indexes, create_table, select_behind, upsert};
use super::values::to_json;
use crate::columns::columns;
use crate::damage::damaged;
use crate::disk::{Disk, RealDisk};

/// How long SQLite itself waits for a reader or another writer. Most let go within it; the engine
/// asks again after that, and can be stopped between two tries.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An epoch that outgrows the cache is spilled to the file before its end, which shuts readers out
/// for longer than the commit. SQLite's own 2 MB are too few: the thousand reports of 2,000
/// characters in `rows_per_second_of_cpu` take 9.4 MB. Long reports have room for seven times that.
const CACHE_KIB: i64 = 64 * 1024;

/// The file of one sink.
pub(super) struct Database {
    path: PathBuf,
    selected: Vec<Table>,
    /// The sink, for those who must repair its target.
    id: Arc<str>,
    /// From open to close.
    connection: Option<Connection>,
    /// None before open, and while the origin of the tables is unknown.
    held: Option<Held>,
    /// Whether a commit failed, so that nobody knows what the file holds.
    is_in_doubt: bool,
}

/// An epoch as it is written.
pub(super) struct Delivery {
    pub(super) state: Arc<str>,
    pub(super) number: u64,
    /// Keys of dead letters.
    pub(super) retried: Vec<Value>,
    pub(super) rows: Vec<(Table, Vec<Value>)>,
}

impl Database {
    pub(super) fn new(path: PathBuf, selected: Vec<Table>, id: Arc<str>) -> Self {
        Database {
            path,
            selected,
            id,
            connection: None,
            held: None,
            is_in_doubt: false,
        }
    }

    /// See [`Sink::open`](taosha_core::Sink::open).
    pub(super) fn open(&mut self) -> Result<Holding> {
        (self.held, self.is_in_doubt) = (None, false);
        let holding = self.transact(|file, transaction| {
            let Some(record) = Record::load(transaction)? else {
                for &table in &file.selected {
                    if kind_of(transaction, table.name())?.is_some() {
                        return Ok(Holding::Foreign);
                    }
                }
                file.begin(transaction)?;
                return Ok(Holding::Nothing);
            };
            file.check(&record, transaction)?;
            Ok(match record.held.state {
                None => Holding::Nothing,
                Some(state) => Holding::Epochs {
                    state,
                    last: record.held.last,
                },
            })
        })?;
        self.held = match &holding {
            Holding::Epochs { state, last } => Some(Held {
                state: Some(state.clone()),
                last: *last,
            }),
            Holding::Nothing => Some(Held::NOTHING),
            Holding::Foreign | Holding::Unknown => None,
        };
        Ok(holding)
    }

    /// See [`Sink::clear`](taosha_core::Sink::clear). Also cures a file that `open` found damaged,
    /// as long as it is a database.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.transact(|file, transaction| {
            // A record that cannot be read lists nothing.
            let record = Record::load(transaction).ok().flatten();
            for table in record.map_or(Vec::new(), |record| record.tables) {
                if !file.selected.contains(&table) {
                    transaction
                        .execute(&format!("DROP TABLE IF EXISTS \"{}\"", table.name()), [])?;
                }
            }
            file.begin(transaction)
        })?;
        (self.held, self.is_in_doubt) = (Some(Held::NOTHING), false);
        Ok(())
    }

    /// See [`Sink::deliver`](taosha_core::Sink::deliver).
    pub(super) fn deliver(&mut self, delivery: &Delivery) -> Result<()> {
        let Some(held) = self.held.clone() else {
            let message = "write tables that are not open, or not ours";
            return Err(Error::defect("sink.not_open", message));
        };
        let next = Held {
            state: Some(delivery.state.to_string()),
            last: delivery.number,
        };
        let is_in_doubt = self.is_in_doubt;
        self.transact(|file, transaction| {
            let record = Record::load(transaction)?.map(|record| record.held);
            if record.as_ref() == Some(&next) && (is_in_doubt || held == next) {
                return Ok(());
            }
            if record.as_ref() != Some(&held) {
                let message = format!(
                    "write `{}`: another sink or run writes there",
                    file.path.display()
                );
                let error = Error::config("sink.not_writable", message).for_option("path");
                return Err(Failure::Told(error));
            }
            if held.state.is_some() && held.state != next.state || held.last + 1 != next.last {
                let message = format!("write {next} behind {held}");
                return Err(Failure::Told(Error::defect("sink.gap", message)));
            }
            insert(transaction, &file.selected, delivery)?;
            let last = i64::try_from(next.last).unwrap_or(i64::MAX);
            let update = "UPDATE taosha_epochs SET state = ?, last_epoch = ?";
            transaction.execute(update, (&next.state, last))?;
            Ok(())
        })?;
        self.held = Some(next);
        Ok(())
    }

    /// Rows of `table` behind the place `at`, some at a time, and the place of the last one.
    pub(super) fn read(&mut self, table: Table, at: i64) -> Result<(Vec<String>, i64)> {
        /// Characters handed over at once: few enough to keep many tables in memory.
        const CHUNK_CHARS: usize = 1 << 20;
        if self.held.is_none() || !self.selected.contains(&table) {
            return Ok((Vec::new(), at));
        }
        self.transact(|_, transaction| {
            let mut statement = transaction.prepare(&select_behind(table))?;
            let mut rows = statement.query([at])?;
            let (mut lines, mut last, mut n_chars) = (Vec::new(), at, 0);
            while n_chars < CHUNK_CHARS
                && let Some(row) = rows.next()?
            {
                let mut object = serde_json::Map::new();
                for (index, column) in columns(table).iter().enumerate() {
                    let value = to_json(column, row.get_ref(index)?);
                    let value = value.map_err(rusqlite::Error::from)?;
                    object.insert(column.name.to_owned(), value);
                }
                last = row.get(columns(table).len())?;
                let line = serde_json::Value::Object(object).to_string();
                n_chars += line.len();
                lines.push(line);
            }
            Ok((lines, last))
        })
    }

    /// Lets go of the file.
    pub(super) fn close(&mut self) {
        self.held = None;
        self.connection = None;
    }

    fn check(&self, record: &Record, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let path = self.path.display();
        if let Some(why) = record.fault(transaction)? {
            let error = damaged(&self.id, format!("read `{path}`: {why}"));
            return Err(Failure::Told(error));
        }
        if record.tables != self.selected {
            let names: Vec<&str> = record.tables.iter().map(|table| table.name()).collect();
            let names = names.join("`, `");
            let why = format!("`tables` has changed, it was filled with `{names}`");
            let error = damaged(&self.id, format!("write `{path}`: {why}"));
            return Err(Failure::Told(error.for_option("tables")));
        }
        Ok(())
    }

    /// Does `work` entirely or not at all.
    fn transact<R>(
        &mut self,
        work: impl FnOnce(&Self, &Transaction<'_>) -> Result<R, Failure>,
    ) -> Result<R> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let done = self.transact_on(&mut connection, work);
        // Taking back can fail as well, and what is open then stays open: SQLite takes it back when
        // the connection goes.
        self.connection = connection.is_autocommit().then_some(connection);
        done.map_err(|failure| match failure {
            Failure::Told(error) => error,
            Failure::Sqlite(error) => self.told(error),
        })
    }

    fn transact_on<R>(
        &mut self,
        connection: &mut Connection,
        work: impl FnOnce(&Self, &Transaction<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(self, &transaction)?;
        self.is_in_doubt = true;
        transaction.commit()?;
        self.is_in_doubt = false;
        Ok(result)
    }

    fn connect(&self) -> Result<Connection> {
        if let Some(folder) = self.path.parent()
            && !folder.as_os_str().is_empty()
        {
            RealDisk.make_folder(folder).map_err(|error| {
                let message = format!("make folder `{}`", folder.display());
                Error::config("sink.not_writable", message).because(error)
            })?;
        }
        // Without `URI`, which would take a path that begins with `file:` apart.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connect = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            // Also syncs the folder when the journal goes: until then a power cut brings it back,
            // and it would undo the epoch.
            connection.pragma_update(None, "synchronous", "EXTRA")?;
            // The references of our rows hold by the way rows are made. Those of a user's own
            // tables to ours must not stop a delivery, nor cascade when tables are built anew.
            connection.pragma_update(None, "foreign_keys", false)?;
            Ok(connection)
        };
        connect().map_err(|error| self.told(error))
    }

    /// Empty tables, as they should look, and a record that says so.
    fn begin(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        for &table in &self.selected {
            let name = table.name();
            let kind = kind_of(transaction, name)?;
            if kind.as_deref().is_some_and(|kind| kind != "table") {
                let message = format!(
                    "write `{}`: `{name}` is a {} there",
                    self.path.display(),
                    kind.unwrap_or_default()
                );
                return Err(Failure::Told(Error::config("sink.not_writable", message)));
            }
            // Emptied where that is enough: a user's indexes and triggers go with a table.
            if kind.is_some() && fits(transaction, table)? {
                transaction.execute(&format!("DELETE FROM \"{name}\""), [])?;
            } else {
                transaction.execute(&format!("DROP TABLE IF EXISTS \"{name}\""), [])?;
                transaction.execute(&create_table(table, &self.selected), [])?;
            }
            transaction.execute_batch(&create_indexes(table))?;
        }
        Record::begin(transaction, &self.selected)?;
        Ok(())
    }

    /// What SQLite says, for the person who must act.
    fn told(&self, error: rusqlite::Error) -> Error {
        use ErrorCode::{
            CannotOpen, ConstraintViolation, DatabaseBusy, DatabaseCorrupt, DatabaseLocked,
            DiskFull, FileLockingProtocolFailed, NotADatabase, OperationInterrupted, OutOfMemory,
            PermissionDenied, ReadOnly, SystemIoFailure, TooBig,
        };
        let path = self.path.display();
        let code = error.sqlite_error_code();
        // Its own cause says the same with a number before it.
        let why = error.to_string();
        match code {
            Some(
                DatabaseBusy
                | DatabaseLocked
                | DiskFull
                | SystemIoFailure
                | OperationInterrupted
                | OutOfMemory
                | FileLockingProtocolFailed,
            ) => Error::unavailable("sink.write", format!("write `{path}`")).because(why),
            // A constraint can only be a user's own, or on a column of theirs.
            Some(CannotOpen | ConstraintViolation | PermissionDenied | ReadOnly | TooBig) => {
                Error::config("sink.not_writable", format!("write `{path}`")).because(why)
            }
            Some(NotADatabase) => {
                let message = format!("write `{path}`: it is not an SQLite file");
                Error::config("sink.not_writable", message).for_option("path")
            }
            Some(DatabaseCorrupt) => {
                let message = format!("read `{path}`: {error}; remove it first");
                damaged(&self.id, message)
            }
            // The statements are tested, so somebody else has changed what they speak of.
            _ => damaged(&self.id, format!("write `{path}`: {error}")),
        }
    }
}

/// Why a transaction was given up.
enum Failure {
    Sqlite(rusqlite::Error),
    Told(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Sqlite(error)
    }
}

fn insert(
    transaction: &Transaction<'_>,
    selected: &[Table],
    delivery: &Delivery,
) -> rusqlite::Result<()> {
    if selected.contains(&Table::Dead) && !delivery.retried.is_empty() {
        let mut delete = transaction.prepare("DELETE FROM dead WHERE id = ?")?;
        for id in &delivery.retried {
            delete.execute([id])?;
        }
    }
    let mut statements = BTreeMap::new();
    for (table, cells) in &delivery.rows {
        let statement = match statements.get_mut(table) {
            Some(statement) => statement,
            None => {
                let prepared = transaction.prepare(&upsert(*table))?;
                statements.entry(*table).or_insert(prepared)
            }
        };
        statement.execute(rusqlite::params_from_iter(cells))?;
    }
    Ok(())
}

/// For the tests, which disturb deliveries.
#[cfg(test)]
impl Database {
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }
}
