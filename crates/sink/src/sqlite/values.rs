//! Rows as SQLite holds them, and back.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rusqlite::types::{FromSqlError, FromSqlResult, Value, ValueRef};
use taosha_core::{Result, Row};

use crate::cells::{self, Cell};
use crate::columns::{Column, Holds};

/// The values of `row` in the order of its table's columns.
pub(super) fn values(row: &Row) -> Result<Vec<Value>> {
    cells::cells(row)?.into_iter().map(value).collect()
}

pub(super) fn value(cell: Cell<'_>) -> Result<Value> {
    Ok(match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::Text(text.into_owned()),
        Cell::Integer(number) => Value::Integer(number),
        Cell::Real(number) => Value::Real(number),
        Cell::Boolean(is_true) => Value::Integer(i64::from(is_true)),
        Cell::List(list) => Value::Text(list.to_json()?),
        Cell::Bytes(bytes) => Value::Blob(bytes),
    })
}

/// What stands in a cell of `column`, as [`Row::to_json`] writes it.
pub(super) fn to_json(column: &Column, cell: ValueRef<'_>) -> FromSqlResult<serde_json::Value> {
    if cell == ValueRef::Null {
        return Ok(serde_json::Value::Null);
    }
    let other = |error: serde_json::Error| FromSqlError::Other(Box::new(error));
    Ok(match column.holds {
        Holds::Text => cell.as_str()?.into(),
        Holds::Integer => cell.as_i64()?.into(),
        Holds::Real => cell.as_f64()?.into(),
        Holds::Boolean => (cell.as_i64()? != 0).into(),
        Holds::Repairs | Holds::Edits | Holds::Strings => {
            serde_json::from_str(cell.as_str()?).map_err(other)?
        }
        Holds::Bytes => BASE64_STANDARD.encode(cell.as_blob()?).into(),
    })
}
