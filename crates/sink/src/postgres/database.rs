//! The schema, and how an epoch gets there.
//!
//! The rows of an epoch and its number go in with one transaction. Rows are first copied into
//! tables of the connection, and from there into the others, in place of rows with the same key.
//! Which epoch the schema holds is read again within each transaction, so a second writer is found
//! out before it can do harm.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use taosha_core::{Epoch, Error, Holding, Result, Row, Table};
use tokio_postgres::{Client, Transaction};

use super::address::Address;
use super::copy::{Copy, Nuls};
use super::record::{Held, Record, fits, found};
use super::schema::{
    add_column, copy, create_indexes, create_staging, create_table, forget_nuls, name, row_key,
    select, upsert,
};
use super::session::Session;
use super::told::Teller;
use super::values::to_json;
use crate::cells::cells;
use crate::damage::damaged;

/// The tables of one sink.
pub(super) struct Database {
    address: Address,
    /// As SQL takes it.
    schema: String,
    selected: Vec<Table>,
    /// Whether the schema was made for a trial and may be dropped.
    is_trial: bool,
    teller: Teller,
    /// Whenever nothing goes wrong; what did go wrong takes the connection with it.
    session: Option<Session>,
    /// None before open, and while the origin of the tables is unknown.
    held: Option<Held>,
    /// Whether a commit failed, so that nobody knows what the schema holds.
    is_in_doubt: bool,
}

impl Database {
    pub(super) fn new(
        address: Address,
        schema: String,
        selected: Vec<Table>,
        id: Arc<str>,
        is_trial: bool,
    ) -> Self {
        let user = address.config.get_user().unwrap_or("you").to_owned();
        Database {
            schema: name(&schema),
            selected,
            is_trial,
            teller: Teller {
                id,
                place: address.place.clone(),
                schema,
                user,
            },
            address,
            session: None,
            held: None,
            is_in_doubt: false,
        }
    }

    /// See [`Sink::open`](taosha_core::Sink::open).
    pub(super) async fn open(&mut self) -> Result<Holding> {
        (self.held, self.is_in_doubt) = (None, false);
        let mut session = self.session().await?;
        let done = self.open_on(&mut session.client).await;
        let holding = self.after(session, done).await?;
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

    async fn open_on(&self, client: &mut Client) -> Result<Holding, Failure> {
        let transaction = self.begin(client).await?;
        self.make_schema(&transaction).await?;
        if found(&transaction, &self.schema, "taosha_epochs")
            .await?
            .is_none()
        {
            for &table in &self.selected {
                let found = found(&transaction, &self.schema, table.name()).await?;
                if found.is_some() {
                    return Ok(Holding::Foreign);
                }
            }
            self.begin_tables(&transaction).await?;
            transaction.commit().await?;
            return Ok(Holding::Nothing);
        }
        let record = Record::load(&transaction, &self.schema).await?;
        let record = record.ok_or_else(|| self.damaged("table `taosha_epochs` is empty"))?;
        self.migrate(&record, &transaction).await?;
        self.check(&record, &transaction).await?;
        transaction.commit().await?;
        Ok(match record.held.state {
            None => Holding::Nothing,
            Some(state) => Holding::Epochs {
                state,
                last: record.held.last,
            },
        })
    }

    /// See [`Sink::clear`](taosha_core::Sink::clear). Also cures a schema that `open` found damaged.
    pub(super) async fn clear(&mut self) -> Result<()> {
        let mut session = self.session().await?;
        let done = self.clear_on(&mut session.client).await;
        self.after(session, done).await?;
        (self.held, self.is_in_doubt) = (Some(Held::NOTHING), false);
        Ok(())
    }

    async fn clear_on(&self, client: &mut Client) -> Result<(), Failure> {
        // A record that cannot be read lists nothing; the transaction that failed to ends here.
        let listed = {
            let transaction = self.begin(client).await?;
            let is_there = found(&transaction, &self.schema, "taosha_epochs")
                .await?
                .is_some();
            match is_there {
                true => Record::load(&transaction, &self.schema)
                    .await
                    .ok()
                    .flatten(),
                false => None,
            }
        };
        let transaction = self.begin(client).await?;
        self.make_schema(&transaction).await?;
        let listed = listed.map_or(Vec::new(), |record| record.tables);
        let unselected = listed.iter().filter(|table| !self.selected.contains(table));
        let unselected: Vec<String> = unselected.map(|&table| self.table(table)).collect();
        if !unselected.is_empty() {
            let drop = format!("DROP TABLE IF EXISTS {}", unselected.join(", "));
            transaction.batch_execute(&drop).await?;
        }
        self.begin_tables(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// See [`Sink::deliver`](taosha_core::Sink::deliver).
    pub(super) async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        let Some(held) = self.held.clone() else {
            let message = "write tables that are not open, or not ours";
            return Err(Error::defect("sink.not_open", message));
        };
        let next = Held {
            state: Some(epoch.state.to_string()),
            last: epoch.number,
        };
        let mut session = self.session().await?;
        let done = match self.write(&mut session.client, epoch, &held, &next).await {
            Ok(Some(transaction)) => {
                // Stays so when the answer does not come, or nobody waits for it.
                self.is_in_doubt = true;
                transaction.commit().await.map_err(Failure::from)
            }
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        self.after(session, done).await?;
        self.is_in_doubt = false;
        self.held = Some(next);
        Ok(())
    }

    /// Everything up to the commit; nothing when the schema holds the epoch already.
    async fn write<'c>(
        &self,
        client: &'c mut Client,
        epoch: &Epoch,
        held: &Held,
        next: &Held,
    ) -> Result<Option<Transaction<'c>>, Failure> {
        let transaction = self.begin(client).await?;
        let record = Record::load(&transaction, &self.schema).await?;
        let record = record.map(|record| record.held);
        if record.as_ref() == Some(next) && (self.is_in_doubt || held == next) {
            return Ok(None);
        }
        if record.as_ref() != Some(held) {
            let Teller { schema, place, .. } = &self.teller;
            let message =
                format!("write schema `{schema}` of `{place}`: another sink or run writes there");
            let error = Error::config("sink.not_writable", message).for_option("schema");
            return Err(Failure::Told(error));
        }
        if held.state.is_some() && held.state != next.state || held.last + 1 != next.last {
            let message = format!("write {next} behind {held}");
            return Err(Failure::Told(Error::defect("sink.gap", message)));
        }
        if self.selected.contains(&Table::Dead) && !epoch.retried.is_empty() {
            self.take_dead(&transaction, epoch).await?;
        }
        for (&table, rows) in &self.by_table(epoch)? {
            self.put(&transaction, table, rows).await?;
        }
        let update = format!(
            "UPDATE {}.taosha_epochs SET state = $1, last_epoch = $2",
            self.schema
        );
        let last = i64::try_from(next.last).unwrap_or(i64::MAX);
        transaction.execute(&update, &[&next.state, &last]).await?;
        Ok(Some(transaction))
    }

    /// The rows of each table. Of rows with one key the last is taken, as one statement cannot put
    /// both in.
    fn by_table<'e>(&self, epoch: &'e Epoch) -> Result<BTreeMap<Table, Vec<&'e Row>>> {
        let mut by_table: BTreeMap<Table, Vec<&Row>> = BTreeMap::new();
        let mut places: HashMap<(Table, String), usize> = HashMap::new();
        for row in &epoch.rows {
            let table = row.table();
            if !self.selected.contains(&table) {
                continue;
            }
            let rows = match by_table.entry(table) {
                Entry::Vacant(entry) => entry.insert(Vec::new()),
                Entry::Occupied(entry) => entry.into_mut(),
            };
            let key = (table, row_key(table, &cells(row)?));
            match places.get(&key) {
                Some(&place) => rows[place] = row,
                None => {
                    places.insert(key, rows.len());
                    rows.push(row);
                }
            }
        }
        Ok(by_table)
    }

    async fn take_dead(&self, transaction: &Transaction<'_>, epoch: &Epoch) -> Result<(), Failure> {
        let ids: Vec<String> = epoch.retried.iter().map(ToString::to_string).collect();
        let dead = self.table(Table::Dead);
        let delete = format!("DELETE FROM {dead} WHERE \"id\" = ANY ($1)");
        transaction.execute(&delete, &[&ids]).await?;
        let forget = format!(
            "DELETE FROM {}.taosha_nuls WHERE \"table\" = 'dead' AND key = ANY ($1)",
            self.schema
        );
        transaction.execute(&forget, &[&ids]).await?;
        Ok(())
    }

    /// Puts `rows` into `table`.
    async fn put(
        &self,
        transaction: &Transaction<'_>,
        table: Table,
        rows: &[&Row],
    ) -> Result<(), Failure> {
        transaction.batch_execute(&create_staging(table)).await?;
        let mut sink = pin!(transaction.copy_in::<_, Bytes>(&copy(table)).await?);
        let mut stream = Copy::new();
        for row in rows {
            if let Some(bytes) = stream.row(row)? {
                sink.send(bytes).await?;
            }
        }
        sink.send(stream.end()).await?;
        sink.finish().await?;
        let forget = forget_nuls(&self.schema, table);
        transaction.batch_execute(&forget).await?;
        let upsert = upsert(&self.schema, table);
        transaction.batch_execute(&upsert).await?;
        self.note_nuls(transaction, table, &stream.nuls).await
    }

    async fn note_nuls(
        &self,
        transaction: &Transaction<'_>,
        table: Table,
        nuls: &[Nuls],
    ) -> Result<(), Failure> {
        if nuls.is_empty() {
            return Ok(());
        }
        let insert = format!(
            "INSERT INTO {}.taosha_nuls (\"table\", key, \"column\", places) VALUES ($1, $2, $3, $4)",
            self.schema
        );
        let insert = transaction.prepare(&insert).await?;
        for Nuls {
            key,
            column,
            places,
        } in nuls
        {
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [&table.name(), key, column, places];
            transaction.execute(&insert, &values).await?;
        }
        Ok(())
    }

    /// See [`Sink::read`](taosha_core::Sink::read).
    pub(super) async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        if self.held.is_none() || !self.selected.contains(&table) {
            return Ok(());
        }
        let session = self.session().await?;
        let done = self.read_on(&session.client, table, each).await;
        self.after(session, done).await
    }

    async fn read_on(
        &self,
        client: &Client,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<(), Failure> {
        let query = select(&self.schema, table);
        let none: [&str; 0] = [];
        let mut rows = pin!(client.query_raw(&query, none).await?);
        while let Some(row) = rows.try_next().await? {
            let line = to_json(table, &row)?;
            each(&line);
        }
        Ok(())
    }

    /// Lets go of the server.
    pub(super) async fn close(&mut self) {
        self.held = None;
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// See [`Sink::discard`](taosha_core::Sink::discard).
    pub(super) async fn discard(&mut self) -> Result<()> {
        if !self.is_trial {
            return Ok(());
        }
        self.held = None;
        let session = self.session().await?;
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        let done = session.client.batch_execute(&drop).await;
        self.after(session, done.map_err(Failure::from)).await
    }

    /// Takes the connection out, made anew if there is none that works.
    async fn session(&mut self) -> Result<Session> {
        match self.session.take() {
            Some(session) if !session.client.is_closed() => Ok(session),
            _ => Session::connect(&self.address, &self.teller).await,
        }
    }

    /// Puts the connection back when all went well, or the server is not to blame.
    async fn after<R>(&mut self, session: Session, done: Result<R, Failure>) -> Result<R> {
        match done {
            Ok(done) => {
                self.session = Some(session);
                Ok(done)
            }
            Err(Failure::Told(error)) => {
                self.session = Some(session);
                Err(error)
            }
            Err(Failure::Server(error)) => {
                // "Connection closed" says less than what the server said when it closed it.
                let reason = match error.as_db_error() {
                    None => session.last_words().await,
                    Some(_) => None,
                };
                Err(self.teller.writing(&reason.unwrap_or(error)))
            }
        }
    }

    /// A transaction that no other sink or run has at the same time for this schema.
    async fn begin<'c>(&self, client: &'c mut Client) -> Result<Transaction<'c>, Failure> {
        let transaction = client.transaction().await?;
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('taosha ' || $1::text, 0))";
        transaction.execute(lock, &[&self.schema]).await?;
        Ok(transaction)
    }

    /// Only where it is missing, so that nobody needs the right to make one who has one.
    async fn make_schema(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let query = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
        let found = transaction.query_opt(query, &[&self.teller.schema]).await?;
        if found.is_some() {
            return Ok(());
        }
        let mut create = format!("CREATE SCHEMA {}", self.schema);
        if self.is_trial {
            create.push_str(&format!(
                "; COMMENT ON SCHEMA {} IS 'made by taosha torture, which drops it when it ends'",
                self.schema
            ));
        }
        let made = transaction.batch_execute(&create).await;
        made.map_err(|error| match error.code() {
            Some(code) if *code == tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE => {
                let Teller {
                    place,
                    schema,
                    user,
                    ..
                } = &self.teller;
                let database = place.rsplit('/').next().unwrap_or_default();
                let message = format!(
                    "make schema `{schema}` in `{place}`: the right to is missing; `GRANT CREATE ON \
                     DATABASE \"{database}\" TO \"{user}\"` gives it, or make the schema first: `CREATE \
                     SCHEMA \"{schema}\" AUTHORIZATION \"{user}\"`"
                );
                Failure::Told(Error::config("sink.rights", message))
            }
            _ => Failure::Server(error),
        })
    }

    /// Empty tables, as they should look, and a record that says so.
    async fn begin_tables(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        for &table in &self.selected {
            let name = self.table(table);
            let found = found(transaction, &self.schema, table.name()).await?;
            if let Some(found) = &found {
                if !found.is_table {
                    let Teller { place, schema, .. } = &self.teller;
                    let table = table.name();
                    let message = format!(
                        "write schema `{schema}` of `{place}`: `{table}` is no table there"
                    );
                    return Err(Failure::Told(Error::config("sink.not_writable", message)));
                }
                // Emptied where that is enough: a user's indexes and triggers go with a table.
                if fits(transaction, found.oid, table).await? {
                    transaction
                        .batch_execute(&format!("TRUNCATE {name}"))
                        .await?;
                    continue;
                }
                transaction
                    .batch_execute(&format!("DROP TABLE {name}"))
                    .await?;
            }
            let create = create_table(&self.schema, table);
            transaction.batch_execute(&create).await?;
        }
        for &table in &self.selected {
            let indexes = create_indexes(&self.schema, table);
            transaction.batch_execute(&indexes).await?;
        }
        Record::begin(transaction, &self.schema, &self.selected).await?;
        Ok(())
    }

    /// Gives tables that an earlier version made the columns they lack. Rows that are there have
    /// null in them.
    async fn migrate(&self, record: &Record, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let missing = record.missing();
        if missing.is_empty() {
            return Ok(());
        }
        for (table, column) in missing {
            let Some(add) = add_column(&self.schema, table, column) else {
                let (table, column) = (table.name(), column.name);
                return Err(self.damaged(&format!("table `{table}` was made without `{column}`")));
            };
            transaction.batch_execute(&add).await?;
        }
        record.note_columns(transaction, &self.schema).await?;
        Ok(())
    }

    async fn check(&self, record: &Record, transaction: &Transaction<'_>) -> Result<(), Failure> {
        if let Some(why) = record.fault(transaction, &self.schema).await? {
            return Err(self.damaged(&why));
        }
        if record.tables != self.selected {
            let names: Vec<&str> = record.tables.iter().map(|table| table.name()).collect();
            let names = names.join("`, `");
            let Teller {
                id, place, schema, ..
            } = &self.teller;
            let message = format!(
                "write schema `{schema}` of `{place}`: `tables` has changed, it was filled with \
                 `{names}`"
            );
            return Err(Failure::Told(damaged(id, message).for_option("tables")));
        }
        Ok(())
    }

    fn damaged(&self, why: &str) -> Failure {
        let Teller {
            id, place, schema, ..
        } = &self.teller;
        let message = format!("read schema `{schema}` of `{place}`: {why}");
        Failure::Told(damaged(id, message))
    }

    /// The name of `table` in SQL.
    fn table(&self, table: Table) -> String {
        format!("{}.\"{}\"", self.schema, table.name())
    }
}

/// Why a transaction was given up.
pub(super) enum Failure {
    Server(tokio_postgres::Error),
    Told(Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Failure::Server(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Told(error)
    }
}

/// For the tests, which disturb deliveries.
#[cfg(test)]
impl Database {
    pub(super) fn session_of_tests(&self) -> Option<&Client> {
        self.session.as_ref().map(|session| &session.client)
    }
}
