//! What the tables look like in Parquet.

use std::fmt::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};
use taosha_core::Table;

use crate::columns::{Column, Holds, columns};

/// What zstd itself takes for a fair exchange of time for size.
const ZSTD_LEVEL: i32 = 3;

/// The schema of `table`.
pub(super) fn schema(table: Table) -> Result<TypePtr> {
    let mut message = format!("message {} {{\n", table.name());
    for column in columns(table) {
        let _ = writeln!(message, "{}", field(column));
    }
    message.push('}');
    Ok(Arc::new(parse_message_type(&message)?))
}

fn field(column: &Column) -> String {
    let name = column.name;
    let begin = if column.may_be_null {
        "optional"
    } else {
        "required"
    };
    let list = |element: &str| {
        format!("{begin} group {name} (LIST) {{ repeated group list {{ {element} }} }}")
    };
    match column.holds {
        Holds::Text => format!("{begin} byte_array {name} (STRING);"),
        Holds::Integer => format!("{begin} int64 {name};"),
        Holds::Real => format!("{begin} double {name};"),
        Holds::Boolean => format!("{begin} boolean {name};"),
        Holds::Bytes => format!("{begin} byte_array {name};"),
        Holds::Strings => list("required byte_array element (STRING);"),
        Holds::Edits => list(
            "required group element { required int64 start; required int64 end; \
             required byte_array text (STRING); }",
        ),
        Holds::Repairs => list(
            "required group element { required byte_array kind (STRING); required int64 start; \
             required int64 end; required int64 raw_start; required int64 raw_end; \
             optional byte_array before (STRING); }",
        ),
    }
}

/// How a part of `table` is written.
pub(super) fn properties(table: Table) -> Result<WriterProperties> {
    let version = env!("CARGO_PKG_VERSION");
    let told = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
    let metadata = vec![
        told("taosha.version", version),
        told("taosha.table", table.name()),
    ];
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("taosha version {version}"))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_key_value_metadata(Some(metadata));
    // Words that do not come twice only fill the dictionary.
    for name in ["text", "own_text", "raw"] {
        let path = ColumnPath::from(name);
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    Ok(properties.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_schema_with_its_columns() {
        for table in Table::ALL {
            let schema = schema(table).unwrap();
            let names = schema.get_fields().iter().map(|field| field.name());
            assert!(names.eq(columns(table).iter().map(|column| column.name)));
        }
    }
}
