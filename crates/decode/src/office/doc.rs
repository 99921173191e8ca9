//! Text of DOC, the format of Word 97 to 2003 ([MS-DOC]), and of Word 6 and 95 as far as it lies
//! in one piece.
//!
//! The text of a file is a list of pieces, in UTF-16 or, where no character needs more, in
//! windows-1252. Every character points at its own bytes. Hidden text, text struck out under
//! revision, field codes, headers and comments are left out. Numbers of lists are made up by Word
//! from tables that are not read here, so they are missing.

mod properties; // which text is hidden, where rows end

use std::ops::Range;

use encoding_rs::{BIG5, Encoding, GB18030, WINDOWS_1252};
use taosha_core::Result;

use super::compound::{Compound, Stream, u16_at, u32_at};
use super::{Builder, Extracted, damaged, encrypted};
use properties::Properties;

const NAME: &str = "doc";

/// `wIdent` of the header, by the age of the format.
const WORD_97: u16 = 0xA5EC;
const WORD_6: u16 = 0xA5DC;

/// Bits of the header.
const IS_COMPLEX: u16 = 0x0004;
const IS_ENCRYPTED: u16 = 0x0100;
const USES_TABLE_1: u16 = 0x0200;

/// Where the header says how many characters each part has, one behind the other.
const N_TEXT: usize = 0x4C;
const N_FOOTNOTES: usize = 0x50;
const N_HEADERS: usize = 0x54;
const N_MACROS: usize = 0x58;
const N_COMMENTS: usize = 0x5C;
const N_ENDNOTES: usize = 0x60;
const N_BOXES: usize = 0x64;

/// Where it says at which byte of the table stream the list of pieces begins, and how long it is.
const PIECES: usize = 0x01A2;

pub(crate) fn read(file: &Compound, main: &Stream) -> Result<Extracted> {
    let bytes = &main.bytes;
    let broken = || damaged(NAME, "its header is broken off");
    let flags = u16_at(bytes, 10).ok_or_else(broken)?;
    if flags & IS_ENCRYPTED != 0 {
        return Err(encrypted("DOC"));
    }
    match u16_at(bytes, 0) {
        Some(WORD_97) => {}
        Some(WORD_6) => return read_old(main, flags),
        _ => return Err(damaged(NAME, "it is of no known version of Word")),
    }
    let table = if flags & USES_TABLE_1 != 0 {
        "1Table"
    } else {
        "0Table"
    };
    let table = file
        .stream(table)
        .ok_or_else(|| damaged(NAME, "its table is missing"))?;
    let (start, len) = (u32_at(bytes, PIECES), u32_at(bytes, PIECES + 4));
    let (start, len) = start.zip(len).ok_or_else(broken)?;
    let list = slice(&table.bytes, start, len).and_then(piece_list);
    let pieces = list.map(pieces).unwrap_or_default();
    if pieces.is_empty() {
        return Err(damaged(NAME, "the list of its pieces is missing"));
    }
    let properties = Properties::read(bytes, &table.bytes);
    let mut walk = Walk {
        main,
        properties: &properties,
        text: Builder::default(),
        fields: Vec::new(),
        n_codes: 0,
        n_in_line: 0,
        after_cell: false,
    };
    for part in parts(bytes) {
        walk.part(&pieces, part)?;
    }
    Ok(walk.text.finish(NAME))
}

fn slice(bytes: &[u8], start: u32, len: u32) -> Option<&[u8]> {
    let start = start as usize;
    bytes.get(start..start.checked_add(len as usize)?)
}

/// Places of the parts that are read, counted in characters of the whole.
fn parts(header: &[u8]) -> [Range<u32>; 4] {
    let mut at = 0u32;
    let mut next = |field: usize| {
        let start = at;
        at = at.saturating_add(u32_at(header, field).unwrap_or_default());
        start..at
    };
    let (text, footnotes) = (next(N_TEXT), next(N_FOOTNOTES));
    for left_out in [N_HEADERS, N_MACROS, N_COMMENTS] {
        next(left_out);
    }
    [text, footnotes, next(N_ENDNOTES), next(N_BOXES)]
}

/// The `PlcPcd` of a `Clx`: it stands behind lists of properties.
fn piece_list(clx: &[u8]) -> Option<&[u8]> {
    const PROPERTIES: u8 = 1;
    const PIECES: u8 = 2;
    let mut rest = clx;
    loop {
        match *rest.first()? {
            PROPERTIES => {
                let len = u16_at(rest, 1)? as usize;
                rest = rest.get(3 + len..)?;
            }
            PIECES => {
                let len = u32_at(rest, 1)? as usize;
                return rest.get(5..5usize.checked_add(len)?);
            }
            _ => return None,
        }
    }
}

struct Piece {
    /// Characters of the whole.
    characters: Range<u32>,
    /// Byte of the main stream.
    start: usize,
    is_utf16: bool,
}

fn pieces(list: &[u8]) -> Vec<Piece> {
    const IS_COMPRESSED: u32 = 1 << 30;
    let n = list.len().saturating_sub(4) / 12;
    let piece = |index: usize| {
        let start = u32_at(list, 4 * index)?;
        let end = u32_at(list, 4 * index + 4)?;
        let place = u32_at(list, 4 * (n + 1) + 8 * index + 2)?;
        let is_utf16 = place & IS_COMPRESSED == 0;
        let place = (place & (IS_COMPRESSED - 1)) as usize;
        Some(Piece {
            characters: start..end,
            start: if is_utf16 { place } else { place / 2 },
            is_utf16,
        })
    };
    let mut pieces: Vec<Piece> = (0..n).map_while(piece).collect();
    // In order; so no part of the file can be read again and again.
    let mut at = 0;
    pieces.retain(|piece| {
        let is_next = piece.characters.start >= at && piece.characters.end > piece.characters.start;
        at = at.max(piece.characters.end);
        is_next
    });
    pieces
}

struct Walk<'a> {
    main: &'a Stream,
    properties: &'a Properties,
    text: Builder,
    /// For every open field, whether its code is being read.
    fields: Vec<bool>,
    n_codes: usize,
    /// Characters since the last break.
    n_in_line: usize,
    after_cell: bool,
}

/// Paragraphs of a cell are put on one line, unless they are this long and so text of their own.
const LONG_PARAGRAPH: usize = 40;

impl Walk<'_> {
    fn part(&mut self, pieces: &[Piece], part: Range<u32>) -> Result<()> {
        self.fields.clear();
        self.n_codes = 0;
        for piece in pieces {
            let first = part.start.max(piece.characters.start);
            let last = part.end.min(piece.characters.end);
            if first >= last {
                continue;
            }
            let width = if piece.is_utf16 { 2 } else { 1 };
            let skipped = (first - piece.characters.start) as usize;
            let start = piece.start.saturating_add(skipped * width);
            let end = start.saturating_add((last - first) as usize * width);
            let range = start.min(self.main.bytes.len())..end.min(self.main.bytes.len());
            match piece.is_utf16 {
                true => self.utf16(range)?,
                false => self.windows_1252(range)?,
            }
        }
        self.text.push("\n", self.raw_end())
    }

    fn raw_end(&self) -> Range<usize> {
        let end = self.main.raw_range(0..self.main.bytes.len()).end;
        end..end
    }

    fn utf16(&mut self, range: Range<usize>) -> Result<()> {
        let mut at = range.start;
        while at + 2 <= range.end {
            let unit = |at| u16_at(&self.main.bytes, at);
            let units = [
                unit(at).unwrap_or_default(),
                unit(at + 2).unwrap_or_default(),
            ];
            let decoded = char::decode_utf16(units).next();
            let character = decoded
                .and_then(std::result::Result::ok)
                .unwrap_or('\u{FFFD}');
            let width = 2 * character.len_utf16();
            self.character(character, at..(at + width).min(range.end))?;
            at += width;
        }
        Ok(())
    }

    fn windows_1252(&mut self, range: Range<usize>) -> Result<()> {
        for at in range {
            let byte = self.main.bytes.get(at..at + 1).unwrap_or_default();
            let decoded = WINDOWS_1252.decode_without_bom_handling(byte).0;
            if let Some(character) = decoded.chars().next() {
                self.character(character, at..at + 1)?;
            }
        }
        Ok(())
    }

    /// Takes one character; some below U+0020 have a meaning ([MS-DOC] 2.8.25 and 2.4.1).
    fn character(&mut self, character: char, at: Range<usize>) -> Result<()> {
        match character {
            '\u{13}' => {
                self.fields.push(true);
                self.n_codes += 1;
            }
            '\u{14}' | '\u{15}' => {
                let is_code = self.fields.last().copied().unwrap_or_default();
                self.n_codes -= usize::from(is_code);
                match (character, self.fields.last_mut()) {
                    ('\u{14}', Some(field)) => *field = false,
                    _ => _ = self.fields.pop(),
                }
            }
            _ if self.n_codes > 0 || self.properties.is_hidden(at.start) => {}
            '\u{7}' => self.cell(at)?,
            '\r' => {
                let is_narrow = self.n_in_line < LONG_PARAGRAPH;
                let in_cell = self.properties.is_in_table(at.start) && is_narrow;
                self.push(if in_cell { " " } else { "\n" }, at)?;
                self.n_in_line = 0;
            }
            '\u{B}' | '\u{C}' | '\u{E}' => self.push("\n", at)?,
            '\t' => self.push(" ", at)?,
            '\u{1E}' => self.push("-", at)?,
            c if c < ' ' => {}
            c => {
                self.n_in_line += 1;
                self.push(c.encode_utf8(&mut [0; 4]), at)?;
            }
        }
        Ok(())
    }

    /// The end of a cell or of a row. Where the file does not tell which, two in a row end one.
    fn cell(&mut self, at: Range<usize>) -> Result<()> {
        let is_row = self
            .properties
            .ends_row(at.start)
            .unwrap_or(self.after_cell);
        self.push(if is_row { "\n" } else { "\t" }, at)?;
        (self.after_cell, self.n_in_line) = (!is_row, 0);
        Ok(())
    }

    fn push(&mut self, piece: &str, at: Range<usize>) -> Result<()> {
        self.after_cell = false;
        self.text.push(piece, self.main.raw_range(at))
    }
}

/// Word 6 and 95: bytes in the charset of the language, in one piece unless it was saved fast.
fn read_old(main: &Stream, flags: u16) -> Result<Extracted> {
    const LANGUAGE: usize = 6;
    const START: usize = 0x18;
    const N_TEXT: usize = 0x34;
    let broken = || damaged(NAME, "its header is broken off");
    if flags & IS_COMPLEX != 0 {
        return Err(damaged(
            NAME,
            "Word 6 saved it in pieces, which is not read",
        ));
    }
    let encoding: &'static Encoding = match u16_at(&main.bytes, LANGUAGE).ok_or_else(broken)? {
        0x0804 | 0x1004 => GB18030,
        0x0404 | 0x0C04 => BIG5,
        _ => WINDOWS_1252,
    };
    let start = u32_at(&main.bytes, START).ok_or_else(broken)?;
    let len = u32_at(&main.bytes, N_TEXT).ok_or_else(broken)?;
    let bytes = slice(&main.bytes, start, len).ok_or_else(broken)?;
    let mut text = Builder::default();
    let mut at = start as usize;
    for line in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n' | 0x0B | 0x0C | 0x07)) {
        let words = encoding.decode_without_bom_handling(line).0;
        let words = words
            .replace('\u{7}', "\t")
            .replace(['\r', '\u{B}', '\u{C}'], "\n");
        let words: String = words
            .chars()
            .filter(|c| *c >= ' ' || matches!(c, '\n' | '\t'))
            .collect();
        text.push(&words, main.raw_range(at..at + line.len()))?;
        at += line.len();
    }
    Ok(text.finish(NAME))
}
