mod database; // the file, and how an epoch gets there
mod record; // what the file says about itself
mod schema; // what the tables look like
mod values; // rows as SQLite holds them

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    Epoch, Error, Guarantee, Holding, Result, Settings, Sink, SinkType, Table, async_trait,
};

use crate::blocking::Blocking;
use crate::cells;
use crate::selection::select;
use database::{Database, Delivery};

/// Options of `type = "sqlite"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqliteConfig {
    /// The file, relative to the pipeline file. Made when it is missing, with its folder.
    pub path: String,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,
}

/// One SQLite file with all tables.
///
/// An epoch is one transaction, in which `taosha_epochs` is brought up to date as well. The user's
/// own tables and views in the file are left alone.
///
/// The journal mode is the file's own. SQLite's default, a rollback journal, keeps everything in the
/// one file whenever no delivery is going on, so that copying it is enough; a write-ahead log would
/// keep the last epochs in a second file beside it, for as long as anyone has the file open. The
/// price is that a reader who does not let go for half a minute holds up the run. Who reads for that
/// long can say `PRAGMA journal_mode = WAL` once: the file remembers it, and the sink can do with it.
pub struct Sqlite {
    selected: Vec<Table>,
    database: Blocking<Database>,
}

impl SinkType for Sqlite {
    const NAME: &'static str = "sqlite";
    const ABOUT: &'static str = "one SQLite file with all tables";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = SqliteConfig;

    fn build(config: SqliteConfig, settings: &Settings) -> Result<Self> {
        if config.path.is_empty() {
            let error = Error::config("sink.path", "write tables: `path` is empty");
            return Err(error.for_option("path"));
        }
        let selected = select(config.tables.as_deref())?;
        let path = settings.resolve_target(config.path);
        let database = Database::new(path, selected.clone(), Arc::clone(&settings.id));
        Ok(Sqlite {
            selected,
            database: Blocking::new(database),
        })
    }
}

#[async_trait]
impl Sink for Sqlite {
    async fn open(&mut self) -> Result<Holding> {
        self.database.run(Database::open).await
    }

    async fn clear(&mut self) -> Result<()> {
        self.database.run(Database::clear).await
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        let delivery = delivery(epoch, &self.selected)?;
        let deliver = move |database: &mut Database| database.deliver(&delivery);
        self.database.run(deliver).await
    }

    async fn close(&mut self) -> Result<()> {
        let close = |database: &mut Database| {
            database.close();
            Ok(())
        };
        self.database.run(close).await
    }

    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        // Rows that came first may have a place of 0 or below when a user put them in by hand.
        let mut at = i64::MIN;
        loop {
            let read = self.database.run(move |database| database.read(table, at));
            let (lines, last) = read.await?;
            if lines.is_empty() {
                return Ok(());
            }
            lines.iter().for_each(|line| each(line));
            at = last;
        }
    }
}

/// `epoch` as it is written to the tables of `selected`.
fn delivery(epoch: &Epoch, selected: &[Table]) -> Result<Delivery> {
    let rows = epoch.rows.iter().map(|row| (row.table(), row));
    let rows = rows.filter(|(table, _)| selected.contains(table));
    let retried = epoch.retried.iter();
    let retried = retried.map(|&id| values::value(cells::address(id)));
    let rows = rows.map(|(table, row)| Ok((table, values::values(row)?)));
    Ok(Delivery {
        state: Arc::clone(&epoch.state),
        number: epoch.number,
        retried: retried.collect::<Result<_>>()?,
        rows: rows.collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests;
