//! Rows as they are read back.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use taosha_core::{PassageEdit, RepairRow, Table};
use tokio_postgres::Row;

use super::database::Failure;
use super::nuls;
use crate::columns::{Column, Holds, columns};

/// A row of [`select`](super::schema::select) as [`taosha_core::Row::to_json`] writes it.
pub(super) fn to_json(table: Table, row: &Row) -> Result<String, Failure> {
    let nuls: Option<&str> = row.try_get(columns(table).len())?;
    let nuls: BTreeMap<String, Vec<i32>> = match nuls {
        Some(json) => serde_json::from_str(json).map_err(unreadable)?,
        None => BTreeMap::new(),
    };
    let mut line = String::from("{");
    for (index, column) in columns(table).iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        line.push_str(&serde_json::Value::from(column.name).to_string());
        line.push(':');
        let places = nuls.get(column.name).map_or(&[][..], Vec::as_slice);
        line.push_str(&value(column, row, index, places)?);
    }
    line.push('}');
    Ok(line)
}

fn value(column: &Column, row: &Row, index: usize, nuls: &[i32]) -> Result<String, Failure> {
    const NULL: &str = "null";
    Ok(match column.holds {
        Holds::Text => match row.try_get::<_, Option<&str>>(index)? {
            Some(text) if nuls.is_empty() => serde_json::Value::from(text).to_string(),
            Some(text) => serde_json::Value::from(nuls::show(text, nuls, "\0")).to_string(),
            None => NULL.to_owned(),
        },
        Holds::Integer => {
            let number: Option<i64> = row.try_get(index)?;
            serde_json::Value::from(number).to_string()
        }
        Holds::Real => {
            let number: Option<f64> = row.try_get(index)?;
            serde_json::Value::from(number).to_string()
        }
        Holds::Boolean => {
            let is_true: Option<bool> = row.try_get(index)?;
            serde_json::Value::from(is_true).to_string()
        }
        Holds::Bytes => match row.try_get::<_, Option<&[u8]>>(index)? {
            Some(bytes) => serde_json::Value::from(BASE64_STANDARD.encode(bytes)).to_string(),
            None => NULL.to_owned(),
        },
        Holds::Repairs | Holds::Edits | Holds::Strings => {
            match row.try_get::<_, Option<&str>>(index)? {
                Some(json) => {
                    let json = in_order(column.holds, json).map_err(unreadable)?;
                    nuls::show(&json, nuls, "\\u0000")
                }
                None => NULL.to_owned(),
            }
        }
    })
}

/// `jsonb` keeps keys in an order of its own.
fn in_order(holds: Holds, json: &str) -> serde_json::Result<String> {
    match holds {
        Holds::Repairs => serde_json::to_string(&serde_json::from_str::<Vec<RepairRow>>(json)?),
        Holds::Edits => serde_json::to_string(&serde_json::from_str::<Vec<PassageEdit>>(json)?),
        _ => serde_json::to_string(&serde_json::from_str::<Vec<String>>(json)?),
    }
}

fn unreadable(error: serde_json::Error) -> Failure {
    let message = "read a row back: somebody has changed its JSON";
    Failure::Told(taosha_core::Error::config("sink.damaged", message).because(error))
}
