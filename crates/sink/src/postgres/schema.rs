//! What the tables look like in PostgreSQL, and the statements that speak of them.

use taosha_core::Table;

use crate::cells::Cell;
use crate::columns::{Column, Holds, columns, indexes, key, quoted};

/// `name` as SQL takes it.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The type of a column as the server itself writes it.
pub(super) fn type_name(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "text",
        Holds::Integer => "bigint",
        Holds::Real => "double precision",
        Holds::Boolean => "boolean",
        Holds::Repairs | Holds::Edits | Holds::Strings => "jsonb",
        Holds::Bytes => "bytea",
    }
}

/// A column as it is declared, save that it may not be null. Ids are compared by their bytes: that
/// is quicker, and makes their order the same on every server.
fn declared(table: Table, column: &Column) -> String {
    let is_id = key(table).contains(&column.name) || column.name.ends_with("_id");
    let collation = match is_id && column.holds == Holds::Text {
        true => " COLLATE \"C\"",
        false => "",
    };
    format!("\"{}\" {}{collation}", column.name, type_name(column.holds))
}

/// The statement that makes `table`.
///
/// References between tables are not declared. They hold by the way rows are made, and the server
/// would look each of them up for every row that comes, and through a whole table for every row that
/// goes, where no index helps.
pub(super) fn create_table(schema: &str, table: Table) -> String {
    let mut lines: Vec<String> = columns(table)
        .iter()
        .map(|column| {
            let null = if column.may_be_null { "" } else { " NOT NULL" };
            format!("{}{null}", declared(table, column))
        })
        .collect();
    lines.push(format!("PRIMARY KEY ({})", quoted(key(table))));
    format!(
        "CREATE TABLE {schema}.\"{}\" (\n  {}\n)",
        table.name(),
        lines.join(",\n  ")
    )
}

/// The statement that adds a column of a later version, if it may be null.
pub(super) fn add_column(schema: &str, table: Table, column: &Column) -> Option<String> {
    let declared = declared(table, column);
    let table = table.name();
    (column.may_be_null)
        .then(|| format!("ALTER TABLE {schema}.\"{table}\" ADD COLUMN IF NOT EXISTS {declared}"))
}

/// The statements that make the indexes of `table` that are not there.
pub(super) fn create_indexes(schema: &str, table: Table) -> String {
    let statement = |columns: &&[&str]| {
        // An address can be longer than what fits into a sorted index.
        let method = if **columns == ["uri"] {
            "hash"
        } else {
            "btree"
        };
        let index = format!("taosha_{}_{}", table.name(), columns.join("_"));
        format!(
            "CREATE INDEX IF NOT EXISTS \"{index}\" ON {schema}.\"{}\" USING {method} ({});\n",
            table.name(),
            quoted(columns)
        )
    };
    indexes(table).iter().map(statement).collect()
}

/// The statement that makes the table in which rows wait for the others of their epoch. It belongs
/// to one connection, and is empty when a transaction ends.
pub(super) fn create_staging(table: Table) -> String {
    let columns: Vec<String> = columns(table)
        .iter()
        .map(|column| declared(table, column))
        .collect();
    format!(
        "CREATE TEMP TABLE IF NOT EXISTS \"taosha_{}\" ({}) ON COMMIT DELETE ROWS",
        table.name(),
        columns.join(", ")
    )
}

/// The statement that takes rows.
pub(super) fn copy(table: Table) -> String {
    let name = table.name();
    format!("COPY pg_temp.\"taosha_{name}\" FROM STDIN (FORMAT binary)")
}

/// The statement that puts the rows that wait into `table`, in place of those with the same key.
pub(super) fn upsert(schema: &str, table: Table) -> String {
    let names: Vec<&str> = columns(table).iter().map(|column| column.name).collect();
    let others = names.iter().filter(|name| !key(table).contains(name));
    let set: Vec<String> = others
        .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
        .collect();
    format!(
        "INSERT INTO {schema}.\"{table}\" ({columns}) SELECT {columns} FROM pg_temp.\"taosha_{table}\"
         ON CONFLICT ({key}) DO UPDATE SET {set}",
        table = table.name(),
        columns = quoted(&names),
        key = quoted(key(table)),
        set = set.join(", ")
    )
}

/// The statement that forgets what [`nuls`](super::nuls) knows of rows that are put in.
pub(super) fn forget_nuls(schema: &str, table: Table) -> String {
    let (name, key) = (table.name(), sql_key(table, "waiting"));
    format!(
        "DELETE FROM {schema}.taosha_nuls AS nuls USING pg_temp.\"taosha_{name}\" AS waiting
         WHERE nuls.\"table\" = '{name}' AND nuls.key = {key}"
    )
}

/// The statement that reads the rows of `table` in the order of their keys; last what
/// [`nuls`](super::nuls) knows of each.
pub(super) fn select(schema: &str, table: Table) -> String {
    let selected = |column: &Column| match column.holds {
        Holds::Repairs | Holds::Edits | Holds::Strings => format!("\"{}\"::text", column.name),
        _ => format!("\"{}\"", column.name),
    };
    let columns: Vec<String> = columns(table).iter().map(selected).collect();
    format!(
        "SELECT {}, (SELECT jsonb_object_agg(nuls.\"column\", nuls.places)::text
            FROM {schema}.taosha_nuls AS nuls
            WHERE nuls.\"table\" = '{name}' AND nuls.key = {})
         FROM {schema}.\"{name}\" AS held ORDER BY {}",
        columns.join(", "),
        sql_key(table, "held"),
        quoted(key(table)),
        name = table.name(),
    )
}

/// The key of a row of `table` as one text, in SQL. As [`row_key`].
fn sql_key(table: Table, row: &str) -> String {
    let parts = key(table).iter();
    let parts: Vec<String> = parts.map(|name| format!("{row}.\"{name}\"")).collect();
    match parts.as_slice() {
        [only] => only.clone(),
        // `concat_ws` would do, but its result has the collation of the database.
        parts => format!("(concat_ws(' ', {})) COLLATE \"C\"", parts.join(", ")),
    }
}

/// The key of the row of `table` with these `cells` as one text.
pub(super) fn row_key(table: Table, cells: &[Cell<'_>]) -> String {
    let value = |name: &&str| {
        let at = columns(table)
            .iter()
            .position(|column| column.name == *name);
        match at.and_then(|at| cells.get(at)) {
            Some(Cell::Text(text)) => text.to_string(),
            Some(Cell::Integer(number)) => number.to_string(),
            _ => String::new(),
        }
    };
    let parts: Vec<String> = key(table).iter().map(value).collect();
    parts.join(" ")
}
