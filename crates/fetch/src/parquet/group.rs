use std::fs::File;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use jiff::Timestamp;
use parquet::file::metadata::RowGroupMetaData;
use taosha_core::{Bytes, Error};

use super::cells::{Cell, Cells, Lost};
use super::wanted::{Time, Wanted};
use crate::time_stamp::is_time_stamp;

/// The rows of a row group, from one of them on.
pub(super) struct Group {
    page: Cells,
    uri: Option<Cells>,
    fetched_at: Option<Cells>,
    wanted: Arc<Wanted>,
}

/// What is wanted of a row.
#[derive(Debug)]
pub(super) struct Row {
    /// `None` when the cell is null.
    pub(super) page: Option<Bytes>,
    pub(super) uri: Option<String>,
    pub(super) fetched_at: Option<String>,
}

impl Group {
    /// The rows of `group`, which lies in `file`, behind the first `n_before`.
    pub(super) fn open(
        file: &Arc<File>,
        group: &RowGroupMetaData,
        wanted: Arc<Wanted>,
        n_before: u64,
        max_bytes: u64,
    ) -> Result<Self, Lost> {
        let cells = |index| -> Result<Cells, Lost> {
            let mut cells = Cells::new(file.clone(), group, index, max_bytes)?;
            cells.skip(n_before)?;
            Ok(cells)
        };
        Ok(Group {
            page: cells(wanted.page)?,
            uri: wanted.uri.map(cells).transpose()?,
            fetched_at: wanted
                .fetched_at
                .map(|(index, _)| cells(index))
                .transpose()?,
            wanted,
        })
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Row, Lost> {
        let mut columns = [
            Some(&mut self.page),
            self.uri.as_mut(),
            self.fetched_at.as_mut(),
        ];
        let mut row = [Cell::Null, Cell::Null, Cell::Null];
        for at in 0..columns.len() {
            let Some(cells) = &mut columns[at] else {
                continue;
            };
            match cells.next() {
                Ok(cell) => row[at] = cell,
                Err(lost) => {
                    // The other columns go where this one stands now: behind the rows that it lost.
                    if let Some(n_rows) = lost.n_rows {
                        for (other, cells) in columns.iter_mut().enumerate() {
                            match cells {
                                Some(cells) if other < at => cells.skip(n_rows - 1)?,
                                Some(cells) if other > at => cells.skip(n_rows)?,
                                _ => {}
                            }
                        }
                    }
                    return Err(lost);
                }
            }
        }
        let [page, uri, fetched_at] = row;
        Ok(Row {
            page: match page {
                Cell::Bytes(page) => Some(page),
                _ => None,
            },
            uri: named(uri),
            fetched_at: self
                .wanted
                .fetched_at
                .and_then(|(_, time)| told(fetched_at, time)),
        })
    }
}

impl Row {
    /// The bytes of the page, out of Base64 where `wanted` says so.
    pub(super) fn page(&self, wanted: &Wanted, name: &str) -> taosha_core::Result<Bytes> {
        let Some(page) = &self.page else {
            let message = format!("find the page: the column `{name}` holds null");
            return Err(Error::malformed("fetch.parquet", message));
        };
        if !wanted.is_base64 {
            return Ok(page.clone());
        }
        let decoded = BASE64_STANDARD.decode(page.trim_ascii()).map_err(|error| {
            let message = format!("read the column `{name}`, which is one of strings, as Base64");
            Error::malformed("fetch.parquet", message).because(error)
        })?;
        Ok(decoded.into())
    }
}

fn named(cell: Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Bytes(bytes) if bytes.is_empty() => None,
        Cell::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Cell::Integer(number) => Some(number.to_string()),
    }
}

fn told(cell: Cell, time: Time) -> Option<String> {
    let number = match cell {
        Cell::Null => return None,
        Cell::Bytes(bytes) => {
            let text = String::from_utf8(bytes.to_vec()).ok();
            return text.filter(|text| is_time_stamp(text));
        }
        Cell::Integer(number) => number,
    };
    let nanoseconds = match time {
        Time::Milliseconds => number * 1_000_000,
        Time::Microseconds => number * 1_000,
        Time::Nanoseconds => number,
        Time::Text | Time::WithoutZone => return None,
    };
    let time = Timestamp::from_nanosecond(nanoseconds);
    time.ok().map(|time| time.to_string())
}
