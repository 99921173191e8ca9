//! What the schema says about itself: `taosha_epochs`, and the tables as they are declared.

use std::collections::BTreeMap;
use std::fmt;

use taosha_core::Table;
use tokio_postgres::{Error, Transaction};

use super::schema::type_name;
use crate::columns::{Column, columns, key};

/// The only layout of `taosha_epochs` and `taosha_nuls` there is.
const FORMAT: i32 = 1;

/// The row of `taosha_epochs`, which says what the schema holds, and of which tables.
pub(super) struct Record {
    format: i32,
    pub(super) held: Held,
    pub(super) tables: Vec<Table>,
    /// `table.column` of all that were there when the tables were made or grew.
    columns: Vec<String>,
}

impl Record {
    /// Puts a new one in place, that of a schema without epochs.
    pub(super) async fn begin(
        transaction: &Transaction<'_>,
        schema: &str,
        tables: &[Table],
    ) -> Result<(), Error> {
        let create = format!(
            "DROP TABLE IF EXISTS {schema}.taosha_epochs, {schema}.taosha_nuls;
            CREATE TABLE {schema}.taosha_epochs (
                \"only\" boolean PRIMARY KEY CHECK (\"only\"),
                format integer NOT NULL,
                state text,
                last_epoch bigint NOT NULL,
                tables text[] NOT NULL,
                columns text[] NOT NULL
            );
            CREATE TABLE {schema}.taosha_nuls (
                \"table\" text COLLATE \"C\",
                key text COLLATE \"C\",
                \"column\" text COLLATE \"C\",
                places integer[] NOT NULL,
                PRIMARY KEY (\"table\", key, \"column\")
            )"
        );
        transaction.batch_execute(&create).await?;
        let insert = format!(
            "INSERT INTO {schema}.taosha_epochs (\"only\", format, last_epoch, tables, columns)
             VALUES (true, $1, 0, $2, $3)"
        );
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        let columns = names_of_columns(tables);
        transaction
            .execute(&insert, &[&FORMAT, &names, &columns])
            .await?;
        Ok(())
    }

    /// The one in `schema`, if there is one.
    pub(super) async fn load(
        transaction: &Transaction<'_>,
        schema: &str,
    ) -> Result<Option<Self>, Error> {
        let query = format!(
            "SELECT format, state, last_epoch, tables, columns FROM {schema}.taosha_epochs"
        );
        let Some(row) = transaction.query_opt(&query, &[]).await? else {
            return Ok(None);
        };
        let (tables, last): (Vec<String>, i64) = (row.try_get(3)?, row.try_get(2)?);
        Ok(Some(Record {
            format: row.try_get(0)?,
            held: Held {
                state: row.try_get(1)?,
                last: u64::try_from(last).unwrap_or(0),
            },
            tables: tables
                .iter()
                .filter_map(|name| Table::named(name))
                .collect(),
            columns: row.try_get(4)?,
        }))
    }

    /// Columns of this version that the tables were made without.
    pub(super) fn missing(&self) -> Vec<(Table, &'static Column)> {
        let all = self.tables.iter();
        let all = all.flat_map(|&table| columns(table).iter().map(move |column| (table, column)));
        all.filter(|(table, column)| !self.columns.contains(&name_of_column(*table, column)))
            .collect()
    }

    /// Notes that the tables have all columns of this version.
    pub(super) async fn note_columns(
        &self,
        transaction: &Transaction<'_>,
        schema: &str,
    ) -> Result<(), Error> {
        let update = format!("UPDATE {schema}.taosha_epochs SET columns = $1");
        let columns = names_of_columns(&self.tables);
        transaction.execute(&update, &[&columns]).await?;
        Ok(())
    }

    /// What keeps the sink from going on behind it, if anything.
    pub(super) async fn fault(
        &self,
        transaction: &Transaction<'_>,
        schema: &str,
    ) -> Result<Option<String>, Error> {
        if self.format != FORMAT {
            return Ok(Some(format!("its format is {}, not {FORMAT}", self.format)));
        }
        for &table in &self.tables {
            let name = table.name();
            let is_ours = match found(transaction, schema, name).await? {
                Some(found) => found.is_table && fits(transaction, found.oid, table).await?,
                None => false,
            };
            if !is_ours {
                let why = format!("table `{name}` is gone or its columns have changed");
                return Ok(Some(why));
            }
        }
        let nuls = found(transaction, schema, "taosha_nuls").await?;
        Ok(nuls
            .is_none()
            .then(|| "table `taosha_nuls` is gone".to_owned()))
    }
}

fn name_of_column(table: Table, column: &Column) -> String {
    format!("{}.{}", table.name(), column.name)
}

fn names_of_columns(tables: &[Table]) -> Vec<String> {
    let of_table = |&table: &Table| {
        let columns = columns(table).iter();
        columns.map(move |column| name_of_column(table, column))
    };
    tables.iter().flat_map(of_table).collect()
}

/// The epochs in the schema.
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

/// What has a name in the schema.
pub(super) struct Found {
    pub(super) oid: u32,
    pub(super) is_table: bool,
}

/// What is called `name` in `schema`, which is quoted: tables, views, indexes and sequences share
/// their names.
pub(super) async fn found(
    transaction: &Transaction<'_>,
    schema: &str,
    name: &str,
) -> Result<Option<Found>, Error> {
    let query = "SELECT oid, relkind::text FROM pg_catalog.pg_class
        WHERE relname = $1 AND relnamespace = $2::text::regnamespace";
    let row = transaction.query_opt(query, &[&name, &schema]).await?;
    row.map(|row| {
        let kind: String = row.try_get(1)?;
        Ok(Found {
            oid: row.try_get(0)?,
            // A table, or one that its owner has divided.
            is_table: matches!(kind.as_str(), "r" | "p"),
        })
    })
    .transpose()
}

/// Whether the table `oid` has the columns and the key of `table`. Further columns of the user's are
/// fine.
pub(super) async fn fits(
    transaction: &Transaction<'_>,
    oid: u32,
    table: Table,
) -> Result<bool, Error> {
    let query = "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull,
            (SELECT place FROM unnest(indkey::smallint[]) WITH ORDINALITY AS key (number, place)
             WHERE number = attnum)
        FROM pg_catalog.pg_attribute
        LEFT JOIN pg_catalog.pg_index ON indrelid = attrelid AND indisprimary
        WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped";
    let mut found = BTreeMap::new();
    for row in transaction.query(query, &[&oid]).await? {
        let name: String = row.try_get(0)?;
        let declared: (String, bool, Option<i64>) =
            (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        found.insert(name, declared);
    }
    let is_found = |column: &Column| {
        let place = (1..)
            .zip(key(table))
            .find(|(_, name)| **name == column.name)
            .map(|(place, _)| place);
        let declared = (
            type_name(column.holds).to_owned(),
            !column.may_be_null,
            place,
        );
        found.get(column.name) == Some(&declared)
    };
    Ok(columns(table).iter().all(is_found))
}
