//! Streams of a compound file, the container of Office before 2007 ([MS-CFB]).
//!
//! Own, because of the offsets: a stream is scattered over sectors of the file, and the text of a
//! DOC is to point at its own bytes. Chains that run in rings or leave the file end there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use taosha_core::Result;

use super::damaged;

pub(crate) const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Streams below this length lie in sectors of 64 bytes inside the root's stream.
const MINI_CUTOFF: u64 = 4096;
const MINI_SECTOR: usize = 64;
const DIRECTORY_ENTRY: usize = 128;

pub(crate) struct Compound {
    streams: BTreeMap<String, Stream>,
}

/// A stream put together, with the place of each stretch of it in the file.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    /// Stretches: where in the stream, where in the file. In order of the stream.
    places: Vec<(usize, usize)>,
}

impl Stream {
    /// Bytes of the file from the first to the last one of `range`. A stretch that is scattered
    /// gives all that lies between.
    pub(crate) fn raw_range(&self, range: Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let after = self.places.partition_point(|(start, _)| *start <= at);
            let (start, raw) = self.places.get(after.checked_sub(1)?)?;
            Some(raw + at - start)
        };
        let start = place(range.start).unwrap_or_default();
        let last = range.end.checked_sub(1).and_then(place).unwrap_or(start);
        start.min(last)..start.max(last) + 1
    }

    fn push(&mut self, bytes: &[u8], raw: usize) {
        let at = self.bytes.len();
        let goes_on = self
            .places
            .last()
            .is_some_and(|(start, place)| place + at - start == raw);
        if !goes_on {
            self.places.push((at, raw));
        }
        self.bytes.extend_from_slice(bytes);
    }
}

/// What the header says.
struct Sectors<'a> {
    raw: &'a [u8],
    size: usize,
    /// The sector that follows each sector.
    next: Vec<u32>,
}

impl Sectors<'_> {
    /// Sector 0 begins one sector into the file.
    fn range(&self, sector: u32) -> Option<Range<usize>> {
        let start = (sector as usize).checked_add(1)?.checked_mul(self.size)?;
        // The last sector may be cut off.
        (start < self.raw.len()).then(|| start..(start + self.size).min(self.raw.len()))
    }

    /// The stream that begins at `first`, cut to `len` bytes.
    fn stream(&self, first: u32, len: u64) -> Stream {
        let mut stream = Stream::default();
        let mut sector = first;
        // A chain that is longer than the file has sectors runs in a ring.
        for _ in 0..=self.raw.len() / self.size {
            let Some(range) = self.range(sector) else {
                break;
            };
            let left = len.saturating_sub(stream.bytes.len() as u64);
            if left == 0 {
                break;
            }
            let sector_bytes = self.raw.get(range.clone()).unwrap_or_default();
            let taken = sector_bytes.get(..left.min(sector_bytes.len() as u64) as usize);
            stream.push(taken.unwrap_or_default(), range.start);
            let Some(next) = self.next.get(sector as usize) else {
                break;
            };
            sector = *next;
        }
        stream
    }
}

impl Compound {
    pub(crate) fn open(raw: &[u8]) -> Result<Self> {
        let broken = || damaged("compound", "its header is broken");
        let size = match u16_at(raw, 30) {
            Some(shift @ (9 | 12)) => 1usize << shift,
            _ => return Err(broken()),
        };
        let mut sectors = Sectors {
            raw,
            size,
            next: Vec::new(),
        };
        let tables = tables(&sectors).ok_or_else(broken)?;
        for sector in tables {
            let bytes = sectors
                .range(sector)
                .and_then(|range| raw.get(range))
                .unwrap_or_default();
            sectors.next.extend(numbers(bytes));
        }
        let directory = sectors.stream(u32_at(raw, 48).ok_or_else(broken)?, u64::MAX);
        let mini_table = sectors.stream(u32_at(raw, 60).ok_or_else(broken)?, u64::MAX);
        let mini_next: Vec<u32> = numbers(&mini_table.bytes).collect();

        let entries = directory.bytes.chunks_exact(DIRECTORY_ENTRY);
        let entries: Vec<Entry> = entries.filter_map(entry).collect();
        let root = entries.first().filter(|entry| entry.kind == ROOT);
        let mini = root
            .map(|root| sectors.stream(root.first, root.len))
            .unwrap_or_default();
        let mut streams = BTreeMap::new();
        // Bytes handed out: entries that share one chain must not multiply the file.
        let mut left = raw.len() as u64 * 2;
        for entry in children(&entries) {
            if entry.kind != STREAM || !is_wanted(&entry.name) {
                continue;
            }
            let len = entry.len.min(left);
            let stream = match entry.len < MINI_CUTOFF {
                true => mini_stream(&mini, &mini_next, entry.first, len),
                false => sectors.stream(entry.first, len),
            };
            left -= (stream.bytes.len() as u64).min(left);
            streams.insert(entry.name.clone(), stream);
        }
        if root.is_none() {
            return Err(damaged("compound", "its directory is missing"));
        }
        Ok(Compound { streams })
    }

    pub(crate) fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.get(name)
    }
}

/// The streams that a reader asks for.
fn is_wanted(name: &str) -> bool {
    matches!(
        name,
        "WordDocument" | "0Table" | "1Table" | "Workbook" | "Book" | "EncryptedPackage"
    )
}

/// The sectors that hold the table of sectors: 109 of them in the header, the rest in a chain.
fn tables(sectors: &Sectors) -> Option<Vec<u32>> {
    const IN_HEADER: Range<usize> = 76..512;
    let n_sectors = sectors.raw.len() / sectors.size + 1;
    let mut tables: Vec<u32> = numbers(sectors.raw.get(IN_HEADER)?).collect();
    let mut more = u32_at(sectors.raw, 68)?;
    for _ in 0..n_sectors {
        let Some(bytes) = sectors.range(more).and_then(|range| sectors.raw.get(range)) else {
            break;
        };
        let mut listed: Vec<u32> = numbers(bytes).collect();
        more = listed.pop()?;
        tables.extend(listed);
    }
    tables.retain(|sector| (*sector as usize) < n_sectors);
    // No file needs more tables than it has sectors.
    tables.truncate(n_sectors);
    Some(tables)
}

fn mini_stream(mini: &Stream, next: &[u32], first: u32, len: u64) -> Stream {
    let mut stream = Stream::default();
    let mut sector = first as usize;
    for _ in 0..=mini.bytes.len() / MINI_SECTOR {
        let left = (len as usize).saturating_sub(stream.bytes.len());
        let start = sector.saturating_mul(MINI_SECTOR);
        let end = start
            .saturating_add(left.min(MINI_SECTOR))
            .min(mini.bytes.len());
        let Some(bytes) = mini.bytes.get(start..end).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        stream.push(bytes, mini.raw_range(start..end).start);
        let Some(following) = next.get(sector) else {
            break;
        };
        sector = *following as usize;
    }
    stream
}

const STREAM: u8 = 2;
const ROOT: u8 = 5;

struct Entry {
    name: String,
    kind: u8,
    /// The entries beside it and the first one inside it.
    left: u32,
    right: u32,
    child: u32,
    first: u32,
    len: u64,
}

/// What lies in the root. A document inside the document has streams of the same names further
/// down.
fn children(entries: &[Entry]) -> Vec<&Entry> {
    let (mut seen, mut children) = (BTreeSet::new(), Vec::new());
    let mut open: Vec<u32> = entries.first().map(|root| root.child).into_iter().collect();
    while let Some(index) = open.pop() {
        if let Some(entry) = entries.get(index as usize).filter(|_| seen.insert(index)) {
            open.extend([entry.left, entry.right]);
            children.push(entry);
        }
    }
    children
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let n_name = (u16_at(bytes, 64)? as usize).clamp(2, 64) - 2;
    let units = bytes
        .get(..n_name)?
        .chunks_exact(2)
        .filter_map(|unit| u16_at(unit, 0));
    Some(Entry {
        name: char::decode_utf16(units)
            .map(|c| c.unwrap_or('\u{FFFD}'))
            .collect(),
        kind: *bytes.get(66)?,
        left: u32_at(bytes, 68)?,
        right: u32_at(bytes, 72)?,
        child: u32_at(bytes, 76)?,
        first: u32_at(bytes, 116)?,
        // Files of 512-byte sectors leave rubbish in the upper half.
        len: u64::from(u32_at(bytes, 120)?),
    })
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).filter_map(|number| u32_at(number, 0))
}
