//! What a DOC says about its text beside it: which characters are hidden or struck out, which
//! paragraphs stand in tables, which ones end a row ([MS-DOC] 2.9.107 and following).
//!
//! Properties lie in pages of 512 bytes. A page lists places of the main stream, and for each
//! stretch between two of them a list of changes to the normal look.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::office::compound::{u16_at, u32_at};

const PAGE: usize = 512;

/// Where the header says which pages hold properties of characters and of paragraphs.
const CHARACTERS: usize = 0x00FA;
const PARAGRAPHS: usize = 0x0102;

/// Changes, each with one byte behind it that is 0 for no.
const STRUCK_OUT: u16 = 0x0800;
const HIDDEN: u16 = 0x083C;
const IN_TABLE: u16 = 0x2416;
const ENDS_ROW: u16 = 0x2417;

#[derive(Default)]
pub(crate) struct Properties {
    hidden: Stretches,
    in_table: Stretches,
    ends_row: Stretches,
}

/// Ranges of bytes of the main stream, in order.
#[derive(Default)]
struct Stretches(Vec<Range<usize>>);

impl Stretches {
    fn hold(&self, at: usize) -> bool {
        let after = self.0.partition_point(|range| range.start <= at);
        let before = after.checked_sub(1).and_then(|index| self.0.get(index));
        before.is_some_and(|range| at < range.end)
    }
}

impl Properties {
    pub(crate) fn read(main: &[u8], table: &[u8]) -> Self {
        let mut found = Properties::default();
        for page in pages(main, table, CHARACTERS) {
            for index in 0..n_stretches(page) {
                let changes = character_changes(page, index).unwrap_or_default();
                if is_on(changes, HIDDEN) || is_on(changes, STRUCK_OUT) {
                    found.hidden.0.extend(stretch(page, index));
                }
            }
        }
        for page in pages(main, table, PARAGRAPHS) {
            for index in 0..n_stretches(page) {
                let changes = paragraph_changes(page, index).unwrap_or_default();
                if is_on(changes, ENDS_ROW) {
                    found.ends_row.0.extend(stretch(page, index));
                } else if is_on(changes, IN_TABLE) {
                    found.in_table.0.extend(stretch(page, index));
                }
            }
        }
        for stretches in [&mut found.hidden, &mut found.in_table, &mut found.ends_row] {
            stretches.0.sort_by_key(|range| range.start);
        }
        found
    }

    pub(crate) fn is_hidden(&self, at: usize) -> bool {
        self.hidden.hold(at)
    }

    pub(crate) fn is_in_table(&self, at: usize) -> bool {
        self.in_table.hold(at)
    }

    /// `None` when the file marks no row at all.
    pub(crate) fn ends_row(&self, at: usize) -> Option<bool> {
        (!self.ends_row.0.is_empty()).then(|| self.ends_row.hold(at))
    }
}

/// The pages that the list named at `field` of the header gives, each once.
fn pages<'a>(main: &'a [u8], table: &[u8], field: usize) -> Vec<&'a [u8]> {
    let place = u32_at(main, field).zip(u32_at(main, field + 4));
    let list = place.and_then(|(start, len)| {
        let start = start as usize;
        table.get(start..start.checked_add(len as usize)?)
    });
    let Some(list) = list else { return Vec::new() };
    let n = list.len().saturating_sub(4) / 8;
    let number = |index: usize| u32_at(list, 4 * (n + 1) + 4 * index);
    let numbers: BTreeSet<u32> = (0..n).filter_map(number).collect();
    let page = |number: u32| {
        let start = (number as usize & 0x3F_FFFF) * PAGE;
        main.get(start..start + PAGE)
    };
    numbers.into_iter().filter_map(page).collect()
}

fn n_stretches(page: &[u8]) -> usize {
    /// More do not fit on a page.
    const MOST: u8 = 101;
    page.last().copied().unwrap_or_default().min(MOST).into()
}

fn stretch(page: &[u8], index: usize) -> Option<Range<usize>> {
    let range = u32_at(page, 4 * index)? as usize..u32_at(page, 4 * index + 4)? as usize;
    (range.start < range.end).then_some(range)
}

fn character_changes(page: &[u8], index: usize) -> Option<&[u8]> {
    let places = 4 * (n_stretches(page) + 1);
    let start = 2 * usize::from(*page.get(places + index)?);
    let len = usize::from(*page.get(start).filter(|_| start > 0)?);
    page.get(start + 1..start + 1 + len)
}

fn paragraph_changes(page: &[u8], index: usize) -> Option<&[u8]> {
    /// An offset and a height that nobody uses.
    const ENTRY: usize = 13;
    const STYLE: usize = 2;
    let places = 4 * (n_stretches(page) + 1);
    let start = 2 * usize::from(*page.get(places + ENTRY * index)?);
    let half = usize::from(*page.get(start).filter(|_| start > 0)?);
    let range = match half {
        0 => start + 2..start + 2 + 2 * usize::from(*page.get(start + 1)?),
        half => start + 1..start + 2 * half,
    };
    page.get(range)?.get(STYLE..)
}

/// True when `wanted` is among `changes` and switched on. Changes that other readers care for are
/// stepped over by the length that their number tells.
fn is_on(changes: &[u8], wanted: u16) -> bool {
    let mut rest = changes;
    while let Some(change) = u16_at(rest, 0) {
        rest = rest.get(2..).unwrap_or_default();
        if change == wanted {
            return rest.first().is_some_and(|value| *value != 0);
        }
        let len = match change >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => 1 + usize::from(rest.first().copied().unwrap_or_default()),
        };
        rest = rest.get(len..).unwrap_or_default();
    }
    false
}
