use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};
use taosha_core::{Error, Result};
use tracing::info;

use super::ParquetConfig;
use crate::columns::default_uri;

/// Columns that a message lists when the wanted one is not among them.
const LISTED: usize = 12;

/// The columns that are read of a file, by their numbers.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) page: usize,
    /// The column of the page holds Base64.
    pub(super) is_base64: bool,
    pub(super) uri: Option<usize>,
    pub(super) fetched_at: Option<(usize, Time)>,
}

/// How a column tells a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Text,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    /// It says what clocks showed, and not where.
    WithoutZone,
}

impl Wanted {
    /// Finds the columns that `config` names in `schema`, that of the file called `uri`.
    ///
    /// # Errors
    /// When one is not there, or is of a type that cannot be what it should.
    pub(super) fn of(schema: &SchemaDescriptor, config: &ParquetConfig, uri: &str) -> Result<Self> {
        let page_option = match config.raw {
            Some(_) => "raw",
            None => "text",
        };
        let page = find(schema, config.page(), page_option, is_bytes)?;
        let of_uri = match index(schema, &config.uri) {
            // Nobody has asked for it by name.
            None if config.uri == default_uri() => {
                info!(
                    file = uri,
                    column = config.uri,
                    "rows are named after the file: no such column"
                );
                None
            }
            _ => Some(find(schema, &config.uri, "uri", is_name)?),
        };
        let fetched_at = match &config.fetched_at {
            None => None,
            Some(name) => {
                let index = find(schema, name, "fetched_at", |column| time(column).is_some())?;
                let time = time(&schema.column(index));
                if time == Some(Time::WithoutZone) {
                    info!(
                        file = uri,
                        column = name,
                        "times are left out: they have no zone"
                    );
                }
                time.map(|time| (index, time))
            }
        };
        Ok(Wanted {
            page,
            is_base64: config.raw.is_some() && is_text(&schema.column(page)),
            uri: of_uri,
            fetched_at,
        })
    }
}

fn index(schema: &SchemaDescriptor, name: &str) -> Option<usize> {
    let mut columns = schema.columns().iter();
    columns.position(|column| column.path().string() == name)
}

/// The column `name`, which the option `option` names, if it is one of those that `fit`.
fn find(
    schema: &SchemaDescriptor,
    name: &str,
    option: &str,
    fit: impl Fn(&ColumnDescriptor) -> bool,
) -> Result<usize> {
    let fits = |column: &ColumnDescriptor| column.max_rep_level() == 0 && fit(column);
    let why = match index(schema, name) {
        Some(index) if fits(&schema.column(index)) => return Ok(index),
        Some(index) => {
            let column = schema.column(index);
            let list = if column.max_rep_level() > 0 {
                "lists of "
            } else {
                ""
            };
            let kind = kind(&column);
            format!("the column `{name}` holds {list}{kind}")
        }
        // A list or a record has no column of its own, only those inside.
        None => format!("there is no column `{name}`"),
    };
    let known: Vec<String> = (schema.columns().iter())
        .filter(|column| fits(column))
        .map(|column| format!("`{}`", column.path().string()))
        .take(LISTED)
        .collect();
    let cure = match known.is_empty() {
        true => format!("no column can be `{option}`"),
        false => format!("set `{option}` to one of {}", known.join(", ")),
    };
    let message = format!("find the columns: {why}; {cure}");
    Err(Error::malformed("fetch.parquet", message))
}

/// What `column` holds, as it is called in a message.
fn kind(column: &ColumnDescriptor) -> String {
    match column.logical_type_ref() {
        _ if is_text(column) => "text".to_owned(),
        Some(kind) => format!("{kind:?}"),
        None if is_bytes(column) => "bytes".to_owned(),
        None => column.physical_type().to_string(),
    }
}

fn is_bytes(column: &ColumnDescriptor) -> bool {
    column.physical_type() == Type::BYTE_ARRAY
        && !matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }))
}

fn is_text(column: &ColumnDescriptor) -> bool {
    let by_old_name = matches!(
        column.converted_type(),
        ConvertedType::UTF8 | ConvertedType::ENUM
    );
    is_bytes(column)
        && (by_old_name
            || matches!(
                column.logical_type_ref(),
                Some(LogicalType::String | LogicalType::Enum)
            ))
}

/// Whether a column can name pages. Corpora number their rows.
fn is_name(column: &ColumnDescriptor) -> bool {
    let is_whole = matches!(column.physical_type(), Type::INT32 | Type::INT64)
        && matches!(
            column.logical_type_ref(),
            None | Some(LogicalType::Integer { .. })
        )
        && !matches!(
            column.converted_type(),
            ConvertedType::DECIMAL
                | ConvertedType::DATE
                | ConvertedType::TIME_MILLIS
                | ConvertedType::TIME_MICROS
                | ConvertedType::TIMESTAMP_MILLIS
                | ConvertedType::TIMESTAMP_MICROS
        );
    is_bytes(column) || is_whole
}

/// Whether whole numbers in `column` have no sign.
pub(super) fn is_unsigned(column: &ColumnDescriptor) -> bool {
    matches!(
        column.converted_type(),
        ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64
    )
}

/// How `column` tells times, if it can.
fn time(column: &ColumnDescriptor) -> Option<Time> {
    if is_bytes(column) {
        return Some(Time::Text);
    }
    if column.physical_type() != Type::INT64 {
        return None;
    }
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(time)), _) if !time.is_adjusted_to_u_t_c => {
            Some(Time::WithoutZone)
        }
        (Some(LogicalType::Timestamp(time)), _) => Some(match time.unit {
            TimeUnit::MILLIS => Time::Milliseconds,
            TimeUnit::MICROS => Time::Microseconds,
            TimeUnit::NANOS => Time::Nanoseconds,
        }),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Some(Time::Milliseconds),
        (None, ConvertedType::TIMESTAMP_MICROS) => Some(Time::Microseconds),
        _ => None,
    }
}
