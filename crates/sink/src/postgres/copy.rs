//! Rows as `COPY … (FORMAT binary)` takes them: what is written is what is read, bit for bit.

use bytes::{BufMut, Bytes, BytesMut};
use taosha_core::{Error, Result, Row};

use super::nuls;
use super::schema::row_key;
use crate::cells::{Cell, cells};
use crate::columns::columns;

/// Bytes gathered before they are sent.
const PIECE_BYTES: usize = 1 << 18;

/// The version of `jsonb` in its binary form; there is no other.
const JSONB_VERSION: u8 = 1;

/// Where a cell held U+0000, see [`nuls`].
pub(super) struct Nuls {
    pub(super) key: String,
    pub(super) column: &'static str,
    pub(super) places: Vec<i32>,
}

/// The stream of one table.
pub(super) struct Copy {
    buffer: BytesMut,
    pub(super) nuls: Vec<Nuls>,
}

impl Copy {
    pub(super) fn new() -> Self {
        let mut buffer = BytesMut::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        buffer.put_slice(b"PGCOPY\n\xff\r\n\0");
        buffer.put_i32(0); // flags
        buffer.put_i32(0); // no extension of the header
        Copy {
            buffer,
            nuls: Vec::new(),
        }
    }

    /// Adds `row`; some bytes to send, when enough have come together.
    pub(super) fn row(&mut self, row: &Row) -> Result<Option<Bytes>> {
        let table = row.table();
        let cells = cells(row)?;
        self.buffer.put_i16(cells.len() as i16);
        for (column, cell) in columns(table).iter().zip(&cells) {
            if let Some(places) = self.cell(cell)? {
                let key = row_key(table, &cells);
                let column = column.name;
                self.nuls.push(Nuls {
                    key,
                    column,
                    places,
                });
            }
        }
        Ok((self.buffer.len() >= PIECE_BYTES).then(|| self.buffer.split().freeze()))
    }

    /// The rest of the bytes.
    pub(super) fn end(&mut self) -> Bytes {
        self.buffer.put_i16(-1);
        self.buffer.split().freeze()
    }

    fn cell(&mut self, cell: &Cell<'_>) -> Result<Option<Vec<i32>>> {
        match cell {
            Cell::Null => self.buffer.put_i32(-1),
            Cell::Text(text) => {
                let hidden = nuls::hide(text);
                let (text, places) = match &hidden {
                    Some((hidden, places)) => (hidden.as_str(), Some(places.clone())),
                    None => (&**text, None),
                };
                self.sized(&[], text.as_bytes())?;
                return Ok(places);
            }
            Cell::Integer(number) => self.sized(&[], &number.to_be_bytes())?,
            Cell::Real(number) => self.sized(&[], &number.to_be_bytes())?,
            Cell::Boolean(is_true) => self.sized(&[], &[u8::from(*is_true)])?,
            Cell::Bytes(bytes) => self.sized(&[], bytes)?,
            Cell::List(list) => {
                let json = list.to_json()?;
                let hidden = nuls::hide_in_json(&json);
                let (json, places) = match hidden {
                    Some((hidden, places)) => (hidden, Some(places)),
                    None => (json, None),
                };
                self.sized(&[JSONB_VERSION], json.as_bytes())?;
                return Ok(places);
            }
        }
        Ok(None)
    }

    fn sized(&mut self, head: &[u8], bytes: &[u8]) -> Result<()> {
        let n_bytes = i32::try_from(head.len() + bytes.len()).map_err(|e| {
            let message = "write a cell of more than 2 GiB, which PostgreSQL cannot hold";
            Error::config("sink.not_writable", message).because(e)
        })?;
        self.buffer.put_i32(n_bytes);
        self.buffer.put_slice(head);
        self.buffer.put_slice(bytes);
        Ok(())
    }
}
