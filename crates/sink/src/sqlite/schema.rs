//! What the tables look like in SQLite.

use std::fmt::Write;

use taosha_core::Table;

use crate::columns::{Holds, columns, indexes, key, quoted, references};

/// The type that is declared.
pub(super) fn type_name(holds: Holds) -> &'static str {
    match holds {
        Holds::Text | Holds::Repairs | Holds::Edits | Holds::Strings => "TEXT",
        Holds::Integer | Holds::Boolean => "INTEGER",
        Holds::Real => "REAL",
        Holds::Bytes => "BLOB",
    }
}

/// The statement that makes `table`, which refers to tables of `selected` only.
pub(super) fn create_table(table: Table, selected: &[Table]) -> String {
    let mut lines: Vec<String> = columns(table)
        .iter()
        .map(|column| {
            let null = if column.may_be_null { "" } else { " NOT NULL" };
            format!("\"{}\" {}{null}", column.name, type_name(column.holds))
        })
        .collect();
    lines.push(format!("PRIMARY KEY ({})", quoted(key(table))));
    for (column, other) in references(table) {
        if selected.contains(other) {
            // Deferred, since a section or fact may come before the one it refers to.
            lines.push(format!(
                "FOREIGN KEY (\"{column}\") REFERENCES \"{}\" (\"id\") DEFERRABLE INITIALLY DEFERRED",
                other.name()
            ));
        }
    }
    format!(
        "CREATE TABLE \"{}\" (\n  {}\n)",
        table.name(),
        lines.join(",\n  ")
    )
}

/// The statements that make the indexes of `table` that are not there.
pub(super) fn create_indexes(table: Table) -> String {
    let mut statements = String::new();
    for columns in indexes(table) {
        let name = format!("taosha_{}_{}", table.name(), columns.join("_"));
        let _ = writeln!(
            statements,
            "CREATE INDEX IF NOT EXISTS \"{name}\" ON \"{}\" ({});",
            table.name(),
            quoted(columns)
        );
    }
    statements
}

/// The statement that puts a row into `table`, in place of one with the same key.
pub(super) fn upsert(table: Table) -> String {
    let names: Vec<&str> = columns(table).iter().map(|column| column.name).collect();
    let others = names.iter().filter(|name| !key(table).contains(name));
    let set: Vec<String> = others
        .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
        .collect();
    format!(
        "INSERT INTO \"{}\" ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
        table.name(),
        quoted(&names),
        vec!["?"; names.len()].join(", "),
        quoted(key(table)),
        set.join(", ")
    )
}

/// The statement that reads the rows of `table` behind a rowid, in the order they came.
pub(super) fn select_behind(table: Table) -> String {
    let names: Vec<&str> = columns(table).iter().map(|column| column.name).collect();
    format!(
        "SELECT {}, rowid FROM \"{}\" WHERE rowid > ? ORDER BY rowid",
        quoted(&names),
        table.name()
    )
}
