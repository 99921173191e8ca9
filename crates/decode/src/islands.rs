//! Pages put together from two charsets: lines of GBK in a UTF-8 page, and the other way round.
//!
//! A piece between tags or line ends is read in the other charset only when it is clearly Chinese
//! there and clearly not in the charset of its page.

use encoding_rs::{Encoding, GB18030, UTF_8};
use taosha_core::Edited;

use crate::likeness::{self, Home};
use crate::walk::{self, Reading};

/// Fewer characters fit both charsets by chance.
const LEAST_CHINESE: u64 = 2;

/// Bits of a character, on average, of Chinese that is read rightly.
const CHINESE: f64 = 13.5;

/// How many bits cheaper than in the charset of the page an island has to be.
const AHEAD: u64 = 20;

/// Reads `raw` as `encoding` but for its islands; with the bytes of these that are not ASCII.
pub(crate) fn text(raw: &[u8], encoding: &'static Encoding) -> (Edited, usize) {
    let is_mixable = encoding == UTF_8 && std::str::from_utf8(raw).is_err() || encoding == GB18030;
    if !is_mixable {
        return (walk::text(raw, encoding), 0);
    }
    let other = if encoding == UTF_8 { GB18030 } else { UTF_8 };
    let start = match Encoding::for_bom(raw) {
        Some((marked, len)) if marked == encoding => len,
        _ => 0,
    };
    let mut reading = Reading::default();
    let (mut from, mut at, mut n_other) = (start, start, 0);
    for piece in pieces(raw.get(start..).unwrap_or_default()) {
        if is_island(piece, encoding, other) {
            let before = raw.get(from..at).unwrap_or_default();
            reading.append(before, from, encoding);
            reading.append(piece, at, other);
            n_other += piece.iter().filter(|byte| !byte.is_ascii()).count();
            from = at + piece.len();
        }
        at += piece.len() + 1;
    }
    reading.append(raw.get(from..).unwrap_or_default(), from, encoding);
    (reading.finish(), n_other)
}

/// True when some of `raw`, in GB18030, is an island.
pub(crate) fn has_any(raw: &[u8], encoding: &'static Encoding) -> bool {
    pieces(raw).any(|piece| is_island(piece, encoding, UTF_8))
}

/// What stands between bytes that are never half of a character, in neither charset.
fn pieces(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| matches!(byte, b'\n' | b'\r' | b'<' | b'>'))
}

fn is_island(piece: &[u8], encoding: &'static Encoding, other: &'static Encoding) -> bool {
    // Only sound UTF-8 is told from GBK for certain, and only what is no UTF-8 needs another look.
    if piece.is_ascii() || std::str::from_utf8(piece).is_ok() != (other == UTF_8) {
        return false;
    }
    let cost = |encoding| likeness::cost(walk::text(piece, encoding).text(), Home::of(encoding));
    let (here, there) = (cost(encoding), cost(other));
    there.n_chinese >= LEAST_CHINESE && there.per_char() < CHINESE && there.bits + AHEAD < here.bits
}
