//! Bytes to text, with the map: for every character the bytes it was made from.
//!
//! The tables are those of `encoding_rs`, which does not say how many bytes a character took. So
//! the bytes are walked a second time in the steps their charset prescribes, beside the text; when
//! the two fall out of step the slow walk, which asks the decoder after every byte, has the word.

use encoding_rs::Encoding;
use taosha_core::{Edited, Map};

/// Reads `raw` as `encoding`. Bytes that make no character become U+FFFD, as in browsers; a byte
/// order mark gives no text.
pub(crate) fn text(raw: &[u8], encoding: &'static Encoding) -> Edited {
    let start = match Encoding::for_bom(raw) {
        Some((marked, len)) if marked == encoding => len,
        _ => 0,
    };
    let body = raw.get(start..).unwrap_or_default();
    if encoding == encoding_rs::UTF_8 {
        return utf8(body, start);
    }
    let (text, _) = encoding.decode_without_bom_handling(body);
    let step: Step = if encoding == encoding_rs::GB18030 || encoding == encoding_rs::GBK {
        gb18030_step
    } else if encoding == encoding_rs::BIG5 {
        big5_step
    } else if encoding == encoding_rs::UTF_16LE {
        |bytes, _| utf16_step(bytes, u16::from_le_bytes)
    } else if encoding == encoding_rs::UTF_16BE {
        |bytes, _| utf16_step(bytes, u16::from_be_bytes)
    } else if encoding.is_single_byte() {
        |_, _| (1, 1)
    } else {
        return slow(body, start, encoding);
    };
    match walk(body, start, &text, step) {
        Some(map) => Edited::new(text.into_owned(), map),
        None => slow(body, start, encoding),
    }
}

fn utf8(body: &[u8], start: usize) -> Edited {
    let mut text = String::with_capacity(body.len());
    let mut map = Map::default();
    let mut at = start;
    for chunk in body.utf8_chunks() {
        let valid = chunk.valid();
        text.push_str(valid);
        map.push(valid.len(), 1, at..at + valid.len(), 1);
        at += valid.len();
        let broken = chunk.invalid().len();
        if broken > 0 {
            push_char(&mut text, &mut map, '\u{FFFD}', at, broken);
            at += broken;
        }
    }
    Edited::new(text, map)
}

fn push_char(text: &mut String, map: &mut Map, c: char, at: usize, n_bytes: usize) {
    text.push(c);
    map.push(c.len_utf8(), c.len_utf8(), at..at + n_bytes, n_bytes);
}

/// How many bytes the next step takes, and how many characters it gives. Told whether the reader
/// found an error here.
type Step = fn(&[u8], bool) -> (usize, usize);

/// The map of `text`, or `None` when the steps do not add up to it.
fn walk(body: &[u8], start: usize, text: &str, step: Step) -> Option<Map> {
    let mut map = Map::default();
    let (mut at, mut chars) = (0, text.chars());
    while at < body.len() {
        let rest = chars.as_str();
        let c = chars.next()?;
        let (n_bytes, n_chars) = step(body.get(at..)?, c == '\u{FFFD}');
        for _ in 1..n_chars {
            chars.next()?;
        }
        let n_text = rest.len() - chars.as_str().len();
        let end = at + n_bytes;
        if end > body.len() {
            return None;
        }
        map.push(n_text, n_text, start + at..start + end, n_bytes);
        at = end;
    }
    chars.next().is_none().then_some(map)
}

/// <https://encoding.spec.whatwg.org/#gb18030-decoder>: an error gives back every byte but the
/// first that may start something of its own.
fn gb18030_step(bytes: &[u8], is_error: bool) -> (usize, usize) {
    let byte = |index: usize| bytes.get(index).copied();
    let (Some(lead), second) = (byte(0), byte(1)) else {
        return (1, 1);
    };
    if !(0x81..=0xFE).contains(&lead) {
        return (1, 1);
    }
    let n_bytes = match second {
        None => 1,
        Some(b'0'..=b'9') => match (byte(2), byte(3)) {
            (None, _) => 2,
            (Some(0x81..=0xFE), None) => 3,
            (Some(0x81..=0xFE), Some(b'0'..=b'9')) => 4,
            _ => 1,
        },
        Some(0x00..=0x7F) if is_error => 1,
        Some(_) => 2,
    };
    (n_bytes, 1)
}

/// <https://encoding.spec.whatwg.org/#big5-decoder>
fn big5_step(bytes: &[u8], is_error: bool) -> (usize, usize) {
    match bytes {
        [0x88, 0x62 | 0x64 | 0xA3 | 0xA5, ..] => (2, 2),
        [0x81..=0xFE, 0x00..=0x7F, ..] if is_error => (1, 1),
        [0x81..=0xFE, _, ..] => (2, 1),
        _ => (1, 1),
    }
}

fn utf16_step(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (usize, usize) {
    let unit = |at: usize| Some(unit([*bytes.get(at)?, *bytes.get(at + 1)?]));
    match (unit(0), unit(2)) {
        (None, _) => (1, 1),
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (4, 1),
        // A lone surrogate and half a unit at the end of the file are one error.
        (Some(0xD800..=0xDBFF), None) => (bytes.len().min(3), 1),
        _ => (2, 1),
    }
}

/// Gives the decoder one byte at a time and looks what comes out.
fn slow(body: &[u8], start: usize, encoding: &'static Encoding) -> Edited {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut text, mut map) = (String::with_capacity(body.len() * 2), Map::default());
    let mut since = 0;
    // Room for the longest thing one byte can set free: an error and what was held back behind it.
    let mut buffer = [0u8; 64];
    for at in 0..=body.len() {
        let byte = body.get(at..at + 1).unwrap_or_default();
        let (_, _, written, _) = decoder.decode_to_utf8(byte, &mut buffer, byte.is_empty());
        let Some(made) = buffer
            .get(..written)
            .and_then(|made| std::str::from_utf8(made).ok())
        else {
            continue;
        };
        if made.is_empty() {
            continue;
        }
        let end = (at + 1).min(body.len());
        text.push_str(made);
        map.push(
            made.len(),
            made.len(),
            start + since..start + end,
            end - since,
        );
        since = end;
    }
    Edited::new(text, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [&Encoding; 5] = [
        encoding_rs::GB18030,
        encoding_rs::BIG5,
        encoding_rs::UTF_16LE,
        encoding_rs::UTF_16BE,
        encoding_rs::WINDOWS_1252,
    ];

    #[test]
    fn a_character_points_at_its_bytes() {
        let (raw, ..) = encoding_rs::GBK.encode("a县9");
        let edited = text(&raw, encoding_rs::GB18030);
        assert_eq!(edited.raw_range(1..4), 1..3);
        assert_eq!(edited.raw_range(4..5), 3..4);
    }

    #[test]
    fn a_byte_order_mark_gives_no_text() {
        let edited = text(b"\xEF\xBB\xBFab", encoding_rs::UTF_8);
        assert_eq!((edited.text(), edited.raw_range(0..1)), ("ab", 3..4));
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            any::<u8>(),
            0x81..=0xFEu8,
            b'0'..=b'9',
            Just(0x88),
            Just(0x62),
            0xD8..=0xDFu8,
        ];
        prop::collection::vec(byte, 0..60)
    }

    proptest! {
        #[test]
        fn the_fast_walk_agrees_with_the_decoder(raw in bytes()) {
            for encoding in ALL {
                let edited = text(&raw, encoding);
                let (expected, _) = encoding.decode_without_bom_handling(&raw);
                if Encoding::for_bom(&raw).is_none() {
                    prop_assert_eq!(edited.text(), expected.as_ref());
                }
            }
        }

        #[test]
        fn every_sound_character_is_read_again_from_its_own_bytes(raw in bytes()) {
            for encoding in ALL.into_iter().chain([encoding_rs::UTF_8]) {
                let edited = text(&raw, encoding);
                for (at, c) in edited.text().char_indices().filter(|(_, c)| *c != '\u{FFFD}') {
                    let range = at..at + c.len_utf8();
                    if !edited.map().is_linear(range.clone()) {
                        continue;
                    }
                    let bytes = raw.get(edited.raw_range(range)).unwrap();
                    let (again, _) = encoding.decode_without_bom_handling(bytes);
                    prop_assert_eq!(again.as_ref(), c.to_string());
                }
            }
        }
    }
}
