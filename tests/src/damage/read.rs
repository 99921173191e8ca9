use std::ops::Range;

use encoding_rs::GBK;
use serde::Deserialize;

use super::stream::Stream;

/// What becomes of a pair that GBK sets aside for its users' own characters.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum UserDefined {
    /// Nothing is shown, so a shifted stretch may lack two bytes.
    #[default]
    Dropped,
    /// Unicode's private use area, as decoders map it.
    Kept,
}

/// One step of the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What is shown; `None` where a pair was dropped.
    pub shown: Option<char>,
    /// The bytes of the stream it was read from.
    pub bytes: Range<usize>,
}

/// Step 5: reads each piece for itself, as a lenient reader does, and puts them together.
///
/// A lead byte in front of a byte that cannot be a trail swallows it, and one `?` is shown for both.
/// At the end of a piece or line there is nothing to swallow. A lone `80` is shown as `€`.
pub fn read(stream: &Stream, pieces: &[Range<usize>], user_defined: UserDefined) -> Vec<Read> {
    let bytes = stream.bytes();
    let mut reads = Vec::new();
    for piece in pieces {
        let mut at = piece.start;
        while at < piece.end {
            let (shown, length) = first(&bytes[at..piece.end], user_defined);
            reads.push(Read {
                shown,
                bytes: at..at + length,
            });
            at += length;
        }
    }
    reads
}

/// What the reader shows for the start of `bytes`, which are not empty, and how many it takes.
fn first(bytes: &[u8], user_defined: UserDefined) -> (Option<char>, usize) {
    let lead = bytes[0];
    match lead {
        0x00..=0x7F => return (Some(char::from(lead)), 1),
        0x80 => return (Some('€'), 1),
        0xFF => return (Some('?'), 1),
        0x81..=0xFE => {}
    }
    let Some(&trail) = bytes.get(1) else {
        return (Some('?'), 1);
    };
    if matches!(trail, b'\n' | b'\r') {
        return (Some('?'), 1);
    }
    if !matches!(trail, 0x40..=0x7E | 0x80..=0xFE) {
        return (Some('?'), 2);
    }
    if is_user_defined(lead, trail) && user_defined == UserDefined::Dropped {
        return (None, 2);
    }
    let pair = [lead, trail];
    let (text, _, _) = GBK.decode(&pair);
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) if c != '\u{FFFD}' => (Some(c), 2),
        _ => (Some('?'), 2),
    }
}

/// The three areas of the GBK standard that hold no characters of its own.
fn is_user_defined(lead: u8, trail: u8) -> bool {
    match lead {
        0xAA..=0xAF | 0xF8..=0xFE => trail >= 0xA1,
        0xA1..=0xA7 => trail <= 0xA0,
        _ => false,
    }
}

/// `text` with its full-width letters, digits and signs as ASCII and the wide space as a space.
///
/// The number of characters stays. 。、“”《》 have no ASCII form and stay too.
pub fn ascii_signs(text: &str) -> String {
    text.chars().map(ascii_sign).collect()
}

pub(super) fn ascii_sign(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}
