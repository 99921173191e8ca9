use std::fs::File;
use std::sync::Arc;

use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use taosha_core::{Bytes, Error};

use super::pages::{Said, Stretches};
use super::wanted::is_unsigned;

/// The cells of a column in one row group, from the first on.
pub(super) struct Cells {
    reader: ColumnReader,
    said: Said,
    /// The level of a cell that is there; below it the cell, or a record around it, is null.
    is_there: i16,
    /// Whole numbers have no sign.
    is_unsigned: bool,
    /// What the column is called.
    name: String,
}

/// What stands in a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Bytes(Bytes),
    Integer(i128),
}

/// Rows that cannot be read.
#[derive(Debug)]
pub(super) struct Lost {
    /// How many, from the one that was asked for on; all that are left of the group when `None`.
    pub(super) n_rows: Option<u64>,
    pub(super) why: Error,
}

impl Cells {
    /// Those of the column `index` of `group`, which lies in `file`.
    pub(super) fn new(
        file: Arc<File>,
        group: &RowGroupMetaData,
        index: usize,
        max_bytes: u64,
    ) -> Result<Self, Lost> {
        let column = group.column(index);
        let name = column.column_path().string();
        let n_rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let (stretches, said) = Stretches::new(file, column, n_rows, max_bytes)
            .map_err(|error| lost(None, &name, unpackable(error)))?;
        let description = column.column_descr_ptr();
        Ok(Cells {
            is_there: description.max_def_level(),
            is_unsigned: is_unsigned(&description),
            reader: get_column_reader(description, Box::new(stretches)),
            said,
            name,
        })
    }

    /// The next cell, with a copy of its bytes: the stretch they lie in is let go of.
    pub(super) fn next(&mut self) -> Result<Cell, Lost> {
        let mut levels = Vec::new();
        let (n_read, cell) = match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => {
                let mut cells = Vec::new();
                let read = reader.read_records(1, Some(&mut levels), None, &mut cells);
                let cell = cells.first().map(|cell| cell.data());
                (
                    read,
                    cell.map(|cell| Cell::Bytes(Bytes::copy_from_slice(cell))),
                )
            }
            ColumnReader::Int32ColumnReader(reader) => {
                let mut cells = Vec::new();
                let read = reader.read_records(1, Some(&mut levels), None, &mut cells);
                let number = |cell: &i32| match self.is_unsigned {
                    true => i128::from(cell.cast_unsigned()),
                    false => i128::from(*cell),
                };
                (read, cells.first().map(number).map(Cell::Integer))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                let mut cells = Vec::new();
                let read = reader.read_records(1, Some(&mut levels), None, &mut cells);
                let number = |cell: &i64| match self.is_unsigned {
                    true => i128::from(cell.cast_unsigned()),
                    false => i128::from(*cell),
                };
                (read, cells.first().map(number).map(Cell::Integer))
            }
            // `Wanted` lets no other through.
            _ => (Ok((0, 0, 0)), None),
        };
        match n_read {
            Err(error) => Err(self.lost(error)),
            Ok((0, ..)) => Err(self.lost(ParquetError::EOF("it ends too early".to_owned()))),
            Ok(_) if self.is_there > 0 && levels.first() != Some(&self.is_there) => Ok(Cell::Null),
            Ok(_) => Ok(cell.unwrap_or(Cell::Null)),
        }
    }

    /// Passes over `n_rows` cells.
    pub(super) fn skip(&mut self, n_rows: u64) -> Result<(), Lost> {
        let n_rows = usize::try_from(n_rows).unwrap_or(usize::MAX);
        let skipped = match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => reader.skip_records(n_rows),
            ColumnReader::Int32ColumnReader(reader) => reader.skip_records(n_rows),
            ColumnReader::Int64ColumnReader(reader) => reader.skip_records(n_rows),
            _ => Ok(0),
        };
        match skipped {
            Ok(n) if n == n_rows => Ok(()),
            Ok(_) => Err(self.lost(ParquetError::EOF("it ends too early".to_owned()))),
            // Other columns have no stretch that ends where this one does.
            Err(error) => Err(lost(None, &self.name, error)),
        }
    }

    fn lost(&self, error: ParquetError) -> Lost {
        lost(self.said.passed_over(), &self.name, error)
    }
}

fn lost(n_rows: Option<u64>, name: &str, error: ParquetError) -> Lost {
    // A stretch without rows must not be asked for again and again.
    let n_rows = n_rows.filter(|n_rows| *n_rows > 0);
    let code = match n_rows {
        Some(_) => "fetch.too_large",
        None => "fetch.parquet",
    };
    let why = Error::malformed(code, format!("read the column `{name}`")).because(error);
    Lost { n_rows, why }
}

/// Says what to do about a packing that is not built in.
fn unpackable(error: ParquetError) -> ParquetError {
    let message = error.to_string();
    let message = message.trim_start_matches("Parquet error: ");
    match message.contains("Disabled feature") || message.contains("not supported") {
        false => error,
        true => ParquetError::General(format!(
            "{message}; write the file with zstd, snappy, gzip or unpacked"
        )),
    }
}
