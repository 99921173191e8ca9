//! Rows of XLS, the format of Excel 97 to 2003 ([MS-XLS]).
//!
//! The stream is a list of records. Strings and formats come first, then sheet after sheet its
//! cells, row by row. A row points at its own records.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use encoding_rs::GB18030;
use taosha_core::Result;

use super::cells::{self, Format};
use super::compound::{Stream, u16_at, u32_at};
use super::xlsx::{append, heading};
use super::{Builder, Extracted, damaged, encrypted};

const NAME: &str = "xls";

/// Types of the records that are read.
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const ENCRYPTED: u16 = 0x002F;
const DATE_MODE: u16 = 0x0022;
const SHEET: u16 = 0x0085;
const STRINGS: u16 = 0x00FC;
const CONTINUE: u16 = 0x003C;
const FORMAT: u16 = 0x041E;
const STYLE: u16 = 0x00E0;
const SHARED_STRING: u16 = 0x00FD;
const OWN_STRING: u16 = 0x0204;
const NUMBER: u16 = 0x0203;
const PACKED: u16 = 0x027E;
const PACKED_ROW: u16 = 0x00BD;
const FORMULA: u16 = 0x0006;
const FORMULA_STRING: u16 = 0x0207;

struct Record<'a> {
    kind: u16,
    body: &'a [u8],
    /// In the stream, its head included.
    place: Range<usize>,
}

struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (kind, len) = (
            u16_at(self.bytes, self.at)?,
            u16_at(self.bytes, self.at + 2)?,
        );
        let start = self.at + 4;
        let end = (start + usize::from(len)).min(self.bytes.len());
        let place = self.at..end;
        self.at = end;
        let body = self.bytes.get(start..end)?;
        Some(Record { kind, body, place })
    }
}

pub(crate) fn read(stream: &Stream) -> Result<Extracted> {
    let records = |at, end| Records {
        bytes: stream.bytes.get(..end).unwrap_or(&stream.bytes),
        at,
    };
    let book = Book::read(records(0, stream.bytes.len()))?;
    let mut text = Builder::default();
    for sheet in book.sheets.iter().filter(|sheet| !sheet.is_hidden) {
        // No record is read for two sheets, whatever the list of sheets says.
        let later = book.starts.range(sheet.start + 1..).next();
        let end = later.copied().unwrap_or(stream.bytes.len());
        book.rows(
            records(sheet.start, end),
            stream,
            heading(&sheet.name),
            &mut text,
        )?;
    }
    Ok(text.finish(NAME))
}

struct Sheet {
    name: String,
    start: usize,
    is_hidden: bool,
}

#[derive(Default)]
struct Book {
    sheets: Vec<Sheet>,
    starts: BTreeSet<usize>,
    strings: Vec<String>,
    formats: Vec<Format>,
    from_1904: bool,
    /// Excel 5 and 95 write strings as bytes.
    has_bytes: bool,
}

impl Book {
    /// Reads the records before the first sheet.
    fn read(records: Records) -> Result<Self> {
        /// The number that Excel 97 and later put at the head.
        const EXCEL_97: u16 = 0x0600;
        /// Sheets of cells; others hold diagrams or programs.
        const CELLS: u8 = 0;
        let mut book = Book::default();
        let mut codes: BTreeMap<u16, Format> = BTreeMap::new();
        let mut packed_strings: Option<Vec<&[u8]>> = None;
        let mut is_first = true;
        for record in records {
            let body = record.body;
            if record.kind == CONTINUE {
                packed_strings
                    .iter_mut()
                    .for_each(|pieces| pieces.push(body));
                continue;
            }
            if let Some(pieces) = packed_strings.take() {
                book.strings = Shared::new(pieces).read();
            }
            match record.kind {
                BEGIN if is_first => book.has_bytes = u16_at(body, 0) != Some(EXCEL_97),
                ENCRYPTED => return Err(encrypted("XLS")),
                DATE_MODE => book.from_1904 = u16_at(body, 0) == Some(1),
                SHEET => {
                    let (kind, name) = (body.get(5), body.get(6..).unwrap_or_default());
                    let is_hidden = body.get(4).is_some_and(|state| state & 3 != 0);
                    if kind == Some(&CELLS) {
                        book.sheets.push(Sheet {
                            name: book.short_string(name),
                            start: u32_at(body, 0).unwrap_or_default() as usize,
                            is_hidden,
                        });
                    }
                }
                STRINGS => packed_strings = Some(vec![body]),
                FORMAT => {
                    let code = book.string(body.get(2..).unwrap_or_default());
                    codes.insert(u16_at(body, 0).unwrap_or_default(), cells::of_code(&code));
                }
                STYLE => {
                    let id = u16_at(body, 2).unwrap_or_default();
                    let own = codes.get(&id).copied();
                    book.formats
                        .push(own.unwrap_or_else(|| cells::built_in(id.into())));
                }
                END => break,
                _ => {}
            }
            is_first = false;
        }
        if is_first {
            return Err(damaged(NAME, "it has no workbook"));
        }
        let starts = &mut book.starts;
        book.sheets.retain(|sheet| starts.insert(sheet.start));
        Ok(book)
    }

    /// A string with its length in one byte.
    fn short_string(&self, bytes: &[u8]) -> String {
        let len = bytes.first().copied().unwrap_or_default().into();
        self.characters(bytes.get(1..).unwrap_or_default(), len)
    }

    /// A string with its length in two bytes.
    fn string(&self, bytes: &[u8]) -> String {
        let len = u16_at(bytes, 0).unwrap_or_default().into();
        self.characters(bytes.get(2..).unwrap_or_default(), len)
    }

    fn characters(&self, bytes: &[u8], len: usize) -> String {
        if self.has_bytes {
            let bytes = bytes.get(..len.min(bytes.len())).unwrap_or_default();
            return GB18030.decode_without_bom_handling(bytes).0.into_owned();
        }
        let is_wide = bytes.first().is_some_and(|flags| flags & 1 != 0);
        let units: Vec<u16> = units(bytes.get(1..).unwrap_or_default(), is_wide)
            .take(len)
            .collect();
        String::from_utf16_lossy(&units)
    }

    /// Writes the rows of the sheet whose records these are.
    fn rows(
        &self,
        records: Records,
        stream: &Stream,
        heading: Option<&str>,
        text: &mut Builder,
    ) -> Result<()> {
        let mut heading = heading;
        let mut row: Option<(u16, Range<usize>, String)> = None;
        let mut n_open = 0;
        for record in records {
            let body = record.body;
            match record.kind {
                BEGIN => n_open += 1,
                // Diagrams inside the sheet have an end of their own.
                END if n_open <= 1 => break,
                END => n_open -= 1,
                _ => {}
            }
            let shown = match record.kind {
                SHARED_STRING => {
                    let index = u32_at(body, 6).unwrap_or_default() as usize;
                    vec![self.strings.get(index).cloned().unwrap_or_default()]
                }
                OWN_STRING => vec![self.string(body.get(6..).unwrap_or_default())],
                FORMULA_STRING => vec![self.string(body)],
                NUMBER => vec![self.number(body, 4, f64_at(body, 6))],
                FORMULA => vec![self.formula(body)],
                PACKED => vec![self.number(body, 4, u32_at(body, 6).map(unpacked))],
                PACKED_ROW => {
                    // Row, first column, then style and number of each cell, last column.
                    let n = body.len().saturating_sub(6) / 6;
                    let cell = |index: usize| {
                        let at = 4 + 6 * index;
                        self.number(body, at, u32_at(body, at + 2).map(unpacked))
                    };
                    (0..n).map(cell).collect()
                }
                _ => continue,
            };
            let number = match record.kind {
                FORMULA_STRING => row.as_ref().map_or(0, |(number, ..)| *number),
                _ => u16_at(body, 0).unwrap_or_default(),
            };
            if row.as_ref().is_some_and(|(open, ..)| *open != number) {
                write(row.take(), stream, &mut heading, text)?;
            }
            let (_, place, line) =
                row.get_or_insert_with(|| (number, record.place.clone(), String::new()));
            place.end = record.place.end;
            for shown in shown {
                append(line, &shown)?;
            }
        }
        write(row, stream, &mut heading, text)
    }

    fn number(&self, body: &[u8], style_at: usize, value: Option<f64>) -> String {
        let style = u16_at(body, style_at).unwrap_or_default();
        let format = self
            .formats
            .get(usize::from(style))
            .copied()
            .unwrap_or_default();
        value
            .map(|value| cells::shown(value, format, self.from_1904))
            .unwrap_or_default()
    }

    /// A number is stored with the formula; a string follows in a record of its own.
    fn formula(&self, body: &[u8]) -> String {
        match u16_at(body, 12) {
            Some(0xFFFF) => String::new(),
            _ => self.number(body, 4, f64_at(body, 6)),
        }
    }
}

fn write(
    row: Option<(u16, Range<usize>, String)>,
    stream: &Stream,
    heading: &mut Option<&str>,
    text: &mut Builder,
) -> Result<()> {
    let Some((_, place, line)) = row.filter(|(_, _, line)| !line.is_empty()) else {
        return Ok(());
    };
    let raw = stream.raw_range(place);
    if let Some(heading) = heading.take() {
        text.push(&format!("{heading}\n"), raw.start..raw.start)?;
    }
    text.push(&format!("{line}\n"), raw)
}

fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A number in 30 bits: an integer or the upper half of a float, perhaps in hundredths.
fn unpacked(packed: u32) -> f64 {
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from(packed as i32 >> 2),
    };
    if packed & 1 == 0 {
        value
    } else {
        value / 100.0
    }
}

fn units(bytes: &[u8], is_wide: bool) -> impl Iterator<Item = u16> + '_ {
    let step = if is_wide { 2 } else { 1 };
    bytes.chunks_exact(step).map(|unit| {
        u16_at(unit, 0).unwrap_or_else(|| unit.first().copied().unwrap_or_default().into())
    })
}

/// The table of strings, which runs over several records. Where a record ends inside a string, the
/// next one begins with a byte that tells the width of the rest.
struct Shared<'a> {
    pieces: std::vec::IntoIter<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Shared<'a> {
    fn new(pieces: Vec<&'a [u8]>) -> Self {
        let mut pieces = pieces.into_iter();
        let rest = pieces.next().unwrap_or_default();
        Shared { pieces, rest }
    }

    fn read(mut self) -> Vec<String> {
        /// Two counts stand first.
        const HEAD: usize = 8;
        let mut strings = Vec::new();
        self.skip(HEAD);
        while let Some(string) = self.string() {
            strings.push(string);
        }
        strings
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            self.rest = self.pieces.next()?;
        }
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn skip(&mut self, n: usize) {
        let mut left = n;
        while left > 0 {
            let step = left.min(self.rest.len());
            self.rest = self.rest.get(step..).unwrap_or_default();
            left -= step;
            if left > 0 {
                let Some(next) = self.pieces.next() else {
                    return;
                };
                self.rest = next;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        const IS_WIDE: u8 = 1;
        const HAS_READINGS: u8 = 4;
        const HAS_RUNS: u8 = 8;
        let mut left = usize::from(u16_at(self.take(2)?, 0)?);
        let flags = *self.take(1)?.first()?;
        let n_runs = if flags & HAS_RUNS != 0 {
            u16_at(self.take(2)?, 0)?
        } else {
            0
        };
        let n_readings = if flags & HAS_READINGS != 0 {
            u32_at(self.take(4)?, 0)?
        } else {
            0
        };
        let mut characters: Vec<u16> = Vec::new();
        let mut is_wide = flags & IS_WIDE != 0;
        while left > 0 {
            let width = if is_wide { 2 } else { 1 };
            let n = left.min(self.rest.len() / width);
            let (taken, rest) = self.rest.split_at_checked(n * width)?;
            characters.extend(units(taken, is_wide));
            (self.rest, left) = (rest, left - n);
            if left > 0 {
                let next = self.pieces.next()?;
                let (flags, rest) = next.split_first()?;
                (self.rest, is_wide) = (rest, flags & IS_WIDE != 0);
            }
        }
        self.skip(4 * usize::from(n_runs) + n_readings as usize);
        Some(String::from_utf16_lossy(&characters))
    }
}
