//! A part as rows again.

use std::fs::File;
use std::io;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value};
use taosha_core::Table;

use super::shape::schema;

/// The rows in the group at `index` of the part at `path`, as `Row::to_json` writes them; none when
/// it has no such group.
pub(super) fn group(path: &Path, index: usize) -> io::Result<Option<Vec<String>>> {
    let reader = SerializedFileReader::new(File::open(path)?).map_err(io::Error::other)?;
    if index >= reader.num_row_groups() {
        return Ok(None);
    }
    let group = reader.get_row_group(index).map_err(io::Error::other)?;
    let rows = RowIter::from_row_group(None, &*group).map_err(io::Error::other)?;
    let mut lines = Vec::new();
    for row in rows {
        let row = row.map_err(io::Error::other)?;
        lines.push(object(&row).to_string());
    }
    Ok(Some(lines))
}

/// Whether the part at `path` has the schema of `table` and so many rows.
pub(super) fn is_whole(table: Table, path: &Path, rows: Option<u64>) -> bool {
    let Ok(reader) = File::open(path).map(SerializedFileReader::new) else {
        return false;
    };
    let (Ok(reader), Ok(schema)) = (reader, schema(table)) else {
        return false;
    };
    let file = reader.metadata().file_metadata();
    let n_rows = u64::try_from(file.num_rows()).ok();
    *file.schema() == *schema && rows.is_none_or(|rows| n_rows == Some(rows))
}

fn object(row: &Row) -> Value {
    let fields = row.get_column_iter();
    let fields = fields.map(|(name, field)| (name.clone(), value(field)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn value(field: &Field) -> Value {
    match field {
        Field::Bool(is_true) => (*is_true).into(),
        Field::Long(number) => (*number).into(),
        Field::Double(number) => (*number).into(),
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => BASE64_STANDARD.encode(bytes.data()).into(),
        Field::Group(row) => object(row),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        // The schema has no other.
        _ => Value::Null,
    }
}
