//! How bytes that were written in one charset look when they are read in another, and the way back.

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};
use taosha_core::Edit;

use super::LOST;
use crate::walk;

/// How bytes written in one charset were read in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misreading {
    Utf8AsLatin1,
    GbkAsLatin1,
    Big5AsLatin1,
    Utf8AsGbk,
}

impl Misreading {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Misreading::Utf8AsLatin1 => "utf8_as_latin1",
            Misreading::GbkAsLatin1 => "gbk_as_latin1",
            Misreading::Big5AsLatin1 => "big5_as_latin1",
            Misreading::Utf8AsGbk => "utf8_as_gbk",
        }
    }

    fn written_in(self) -> &'static Encoding {
        match self {
            Misreading::Utf8AsLatin1 | Misreading::Utf8AsGbk => UTF_8,
            Misreading::GbkAsLatin1 => GB18030,
            Misreading::Big5AsLatin1 => BIG5,
        }
    }

    /// What `shown` says when its bytes are read in the charset they were written in; `None` when it
    /// cannot be shown for any bytes.
    pub(super) fn steps(self, shown: &str) -> Option<Vec<Step>> {
        let mut bytes = Vec::with_capacity(shown.len());
        for c in shown.chars() {
            bytes.extend(self.bytes(c)?);
        }
        Some(match self.written_in() {
            e if e == UTF_8 => utf8_steps(&bytes, self),
            encoding => pair_steps(&bytes, encoding),
        })
    }

    /// The bytes that were read as `c`, where it can have been read at all.
    fn bytes(self, c: char) -> Option<Vec<u8>> {
        match self {
            Misreading::Utf8AsGbk => gbk_bytes(c),
            _ => latin1_byte(c).map(|byte| vec![byte]),
        }
    }
}

/// What `shown` says when it is UTF-8 without a fault.
pub(super) fn sound_utf8(shown: &str, way: Misreading) -> Option<String> {
    let bytes: Option<Vec<Vec<u8>>> = shown.chars().map(|c| way.bytes(c)).collect();
    String::from_utf8(bytes?.concat()).ok()
}

/// A character that comes out, and how many bytes it was written in.
pub(super) type Step = (char, usize);

pub(super) fn text_of(steps: &[Step]) -> String {
    steps.iter().map(|(c, _)| c).collect()
}

/// Reads `bytes` as UTF-8. A sequence that lacks a byte is one lost character; a `?` behind it, or
/// the sign of the decoder, was put there for what is lost.
///
/// In windows-1252 the byte 9D shows nothing and is lost first: `â€` was the end of a quotation.
fn utf8_steps(bytes: &[u8], way: Misreading) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match (c, steps.last_mut()) {
                ('?', Some((LOST, n_bytes))) => *n_bytes += 1,
                ('?', Some((CLOSED, n_bytes))) if *n_bytes == CLOSED_LOST => *n_bytes += 1,
                _ => steps.push((c, c.len_utf8())),
            }
        }
        let n_broken = chunk.invalid().len();
        match steps.last_mut() {
            _ if n_broken == 0 => {}
            _ if way == Misreading::Utf8AsLatin1 && chunk.invalid() == [0xE2, 0x80] => {
                steps.push((CLOSED, CLOSED_LOST));
            }
            Some((CLOSED, n_bytes)) if *n_bytes == CLOSED_LOST && chunk.invalid() == [UNKNOWN] => {
                *n_bytes += 1;
            }
            // What follows a lost lead byte, one by one.
            Some((LOST, n_bytes)) if is_inside(chunk.invalid()) => *n_bytes += n_broken,
            _ => steps.push((LOST, n_broken)),
        }
    }
    steps
}

/// The end of a quotation, and its bytes where the last one is lost.
const CLOSED: char = '”';
const CLOSED_LOST: usize = 2;

fn is_inside(invalid: &[u8]) -> bool {
    matches!(invalid, [0x80..=0xBF | UNKNOWN, ..])
}

fn pair_steps(bytes: &[u8], encoding: &'static Encoding) -> Vec<Step> {
    let edited = walk::text(bytes, encoding);
    let step = |(at, c): (usize, char)| {
        let n_bytes = edited.raw_range(at..at + c.len_utf8()).len();
        (if c == '\u{FFFD}' { LOST } else { c }, n_bytes)
    };
    edited.text().char_indices().map(step).collect()
}

/// One edit for each stretch, as short as can be, in which both readings end together.
pub(super) fn edits(shown: &str, way: Misreading, steps: &[Step]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut steps = steps.iter();
    let (mut from, mut text) = (0, String::new());
    let (mut n_shown, mut n_read) = (0, 0);
    for (at, c) in shown.char_indices() {
        n_shown += way.bytes(c).map_or(0, |bytes| bytes.len());
        while n_read < n_shown
            && let Some((c, n_bytes)) = steps.next()
        {
            text.push(*c);
            n_read += n_bytes;
        }
        if n_read == n_shown {
            let range = from..at + c.len_utf8();
            from = range.end;
            let text = std::mem::take(&mut text);
            if shown.get(range.clone()) != Some(text.as_str()) {
                edits.push(Edit::replace(range, text));
            }
        }
    }
    edits
}

/// Stands for a byte that nobody knows: it is none of UTF-8.
const UNKNOWN: u8 = 0xFF;

/// The bytes that GBK shows as `c`. Where it showed the sign for an error, one unknown byte.
fn gbk_bytes(c: char) -> Option<Vec<u8>> {
    if c == '\u{FFFD}' {
        return Some(vec![UNKNOWN]);
    }
    let mut buffer = [0; 4];
    // In GBK, unlike in GB 18030, the euro sign is the byte 80.
    let (bytes, _, is_lacking) = GBK.encode(c.encode_utf8(&mut buffer));
    (!is_lacking).then(|| bytes.into_owned())
}

/// The byte that windows-1252 or Latin-1 shows as `c`.
pub(crate) fn latin1_byte(c: char) -> Option<u8> {
    match c {
        '\0'..='\u{FF}' => u8::try_from(u32::from(c)).ok(),
        '\u{FFFD}' => Some(UNKNOWN),
        _ => {
            let mut buffer = [0; 4];
            let (bytes, _, is_lacking) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
            (!is_lacking).then(|| bytes[0])
        }
    }
}
