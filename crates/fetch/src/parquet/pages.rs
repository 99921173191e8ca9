//! Parquet packs a column in stretches of its own, which it calls pages; here they are stretches,
//! since a page is what a website has.
//!
//! The crate `parquet` unpacks a stretch as a whole and believes what its head says of its size. So
//! the head is read along, and what would take too much memory is refused before it is unpacked.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};
use taosha_core::Bytes;

/// Writers end a stretch after a megabyte, but some look only after every 1024 rows: this is 1024
/// pages of 256 KiB. A stretch may have so many bytes, and `max_bytes` more.
const FREE: u64 = 256 * 1024 * 1024;

/// No byte of gzip makes more than 1032.
const GZIP_RATIO: u64 = 1032;

/// Bytes of a head that are kept: more than its first two fields can have.
const HEAD: usize = 16;

/// The stretches of one column in one row group.
pub(super) struct Stretches {
    inner: SerializedPageReader<Chunks>,
    said: Said,
}

/// What those who read cells must know about a stretch that was refused.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    /// The first bytes of the head that was read last.
    head: Vec<u8>,
    /// The last stretch was refused for its size; nothing of it was read.
    is_too_large: bool,
    /// Rows of the stretch that was refused for its size, and passed over.
    passed_over: Option<u64>,
}

impl Said {
    /// How many rows were passed over since this was asked last.
    pub(super) fn passed_over(&self) -> Option<u64> {
        self.lock().passed_over.take()
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stretches {
    /// Those of `column` in `file`, for cells of at most `max_bytes`.
    pub(super) fn new(
        file: Arc<File>,
        column: &ColumnChunkMetaData,
        n_rows: usize,
        max_bytes: u64,
    ) -> Result<(Self, Said)> {
        let said = Said::default();
        let chunks = Arc::new(Chunks {
            file,
            said: said.clone(),
            ceiling: max_bytes.saturating_add(FREE),
            is_gzip: matches!(column.compression(), Compression::GZIP(_)),
        });
        let inner = SerializedPageReader::new(chunks, column, n_rows, None)?;
        let stretches = Stretches {
            inner,
            said: said.clone(),
        };
        Ok((stretches, said))
    }
}

impl PageReader for Stretches {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let ahead = self.inner.peek_next_page()?;
        self.said.lock().is_too_large = false;
        let page = self.inner.get_next_page();
        let mut notes = self.said.lock();
        // Its rows are known by number, so that those behind it can still be read. What is damaged
        // otherwise may lie about the number as well.
        if let (true, Some(ahead)) = (notes.is_too_large, ahead)
            && !ahead.is_dict
        {
            let n_rows = ahead.num_rows.or(ahead.num_levels);
            notes.passed_over = n_rows.map(|n| n as u64);
        }
        page
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }
}

impl Iterator for Stretches {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Result<Page>> {
        self.get_next_page().transpose()
    }
}

/// The bytes of the file, as the reader of one column asks for them.
struct Chunks {
    file: Arc<File>,
    said: Said,
    ceiling: u64,
    is_gzip: bool,
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for Chunks {
    type T = Head;

    /// Heads are read this way, and nothing else.
    fn get_read(&self, start: u64) -> Result<Head> {
        Ok(Head {
            bytes: self.file.get_read(start)?,
            said: self.said.clone(),
            is_begun: false,
        })
    }

    /// What stands behind the head that was read last.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let head = self.said.lock().head.clone();
        let Some(n_unpacked) = unpacked_size(&head) else {
            let message = "the head of a stretch is damaged".to_owned();
            return Err(ParquetError::General(message));
        };
        self.allow(n_unpacked.max(length as u64))?;
        let bytes = self.file.get_bytes(start, length)?;
        // Of all packings only gzip is unpacked however large it becomes.
        if self.is_gzip && (length as u64).saturating_mul(GZIP_RATIO) > self.ceiling {
            let most = self.ceiling.saturating_add(1);
            let mut unpacked = MultiGzDecoder::new(bytes.as_ref()).take(most);
            self.allow(io::copy(&mut unpacked, &mut io::sink())?)?;
        }
        Ok(bytes)
    }
}

impl Chunks {
    fn allow(&self, n_bytes: u64) -> Result<()> {
        if n_bytes <= self.ceiling {
            return Ok(());
        }
        self.said.lock().is_too_large = true;
        let message = format!(
            "a stretch of the column has more than {} bytes: raise `max_bytes`, or write the file \
             with smaller data pages",
            self.ceiling
        );
        Err(ParquetError::General(message))
    }
}

/// The head of a stretch, being read; its first bytes are noted.
struct Head {
    bytes: BufReader<File>,
    said: Said,
    is_begun: bool,
}

impl Read for Head {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(out)?;
        let mut notes = self.said.lock();
        if !self.is_begun {
            notes.head.clear();
            self.is_begun = true;
        }
        let room = HEAD.saturating_sub(notes.head.len());
        notes.head.extend_from_slice(&out[..n.min(room)]);
        Ok(n)
    }
}

/// The second field of `head`, the bytes of the stretch when it is unpacked. The head is a struct in
/// Thrift's compact protocol: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>
fn unpacked_size(head: &[u8]) -> Option<u64> {
    /// The next field is an i32.
    const NEXT_IS_I32: u8 = 0x15;
    let (kind, rest) = head.split_first()?;
    let (_, rest) = varint(rest).filter(|_| *kind == NEXT_IS_I32)?;
    let (field, rest) = rest.split_first()?;
    let (size, _) = varint(rest).filter(|_| *field == NEXT_IS_I32)?;
    // Zigzag: what is odd is negative.
    (size % 2 == 0).then_some(size / 2)
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (n, byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[n + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_off_a_head() {
        // Kind 0, 300 bytes, 200 when packed.
        let head = [0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x90, 0x03];
        assert_eq!(unpacked_size(&head), Some(300));
        assert_eq!(unpacked_size(&head[..4]), None);
        assert_eq!(unpacked_size(&[0x15, 0x00, 0x15, 0x01]), None, "negative");
        assert_eq!(unpacked_size(&[0x15, 0x00, 0x25, 0x02]), None);
        assert_eq!(unpacked_size(&[]), None);
    }
}
