//! What the file says about itself: `taosha_epochs`, and the tables as they are declared.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{OptionalExtension, Transaction};
use taosha_core::Table;

use super::schema::type_name;
use crate::columns::{Column, columns, key};

/// The only layout of `taosha_epochs` and the tables there is.
const FORMAT: i64 = 1;

/// One row: the table says what the file holds, and of which tables.
const CREATE_EPOCHS: &str = "CREATE TABLE taosha_epochs (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  format INTEGER NOT NULL,
  state TEXT,
  last_epoch INTEGER NOT NULL,
  tables TEXT NOT NULL
)";

/// The row of `taosha_epochs`.
pub(super) struct Record {
    format: i64,
    pub(super) held: Held,
    pub(super) tables: Vec<Table>,
}

impl Record {
    /// Puts a new one in place, that of a file without epochs.
    pub(super) fn begin(transaction: &Transaction<'_>, tables: &[Table]) -> rusqlite::Result<()> {
        transaction.execute("DROP TABLE IF EXISTS taosha_epochs", [])?;
        transaction.execute(CREATE_EPOCHS, [])?;
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        transaction.execute(
            "INSERT INTO taosha_epochs (only, format, last_epoch, tables) VALUES (1, ?, 0, ?)",
            (FORMAT, names.join(" ")),
        )?;
        Ok(())
    }

    /// The one in the file, if there is one.
    pub(super) fn load(transaction: &Transaction<'_>) -> rusqlite::Result<Option<Self>> {
        if kind_of(transaction, "taosha_epochs")?.is_none() {
            return Ok(None);
        }
        let query = "SELECT format, state, last_epoch, tables FROM taosha_epochs";
        let row = transaction.query_row(query, [], |row| {
            let tables: String = row.get(3)?;
            let last: i64 = row.get(2)?;
            Ok(Record {
                format: row.get(0)?,
                held: Held {
                    state: row.get(1)?,
                    last: u64::try_from(last).unwrap_or(0),
                },
                tables: tables.split(' ').filter_map(Table::named).collect(),
            })
        });
        row.optional()
    }

    /// What keeps the sink from going on behind it, if anything.
    pub(super) fn fault(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Option<String>> {
        if self.format != FORMAT {
            return Ok(Some(format!("its format is {}, not {FORMAT}", self.format)));
        }
        for &table in &self.tables {
            if !fits(transaction, table)? {
                let name = table.name();
                return Ok(Some(format!(
                    "table `{name}` is gone or its columns have changed"
                )));
            }
        }
        Ok(None)
    }
}

/// The epochs in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub(super) state: Option<String>,
    pub(super) last: u64,
}

impl Held {
    pub(super) const NOTHING: Held = Held {
        state: None,
        last: 0,
    };
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.as_deref().unwrap_or("none");
        write!(f, "epoch {} of `{state}`", self.last)
    }
}

/// Whether `name` is a `table`, a `view` or an `index`; the three share their names.
pub(super) fn kind_of(
    transaction: &Transaction<'_>,
    name: &str,
) -> rusqlite::Result<Option<String>> {
    let query = "SELECT type FROM sqlite_schema
        WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view', 'index')";
    let kind = transaction.query_row(query, [name], |row| row.get(0));
    kind.optional()
}

/// Whether `table` has our columns and key. Further columns of the user's are fine.
pub(super) fn fits(transaction: &Transaction<'_>, table: Table) -> rusqlite::Result<bool> {
    let mut statement =
        transaction.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)")?;
    let rows = statement.query_map([table.name()], |row| {
        let name: String = row.get(0)?;
        let declared: (String, bool, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((name, declared))
    })?;
    let found: BTreeMap<String, (String, bool, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let is_found = |column: &Column| {
        // 1 for the first column of the key, 0 for what is not in it.
        let place = (1..)
            .zip(key(table))
            .find(|(_, name)| **name == column.name);
        let declared = (
            type_name(column.holds).to_owned(),
            !column.may_be_null,
            place.map_or(0, |(place, _)| place),
        );
        found.get(column.name) == Some(&declared)
    };
    Ok(columns(table).iter().all(is_found))
}
