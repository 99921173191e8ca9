//! Bytes to text, with the map: for every character the bytes it was made from.
//!
//! The tables are those of `encoding_rs`, which does not say how many bytes a character took. So
//! the bytes are walked a second time in the steps their charset prescribes, beside the text; when
//! the two fall out of step the slow walk, which asks the decoder after every byte, has the word.

use encoding_rs::Encoding;
use taosha_core::{Edited, Map};

use crate::likeness::Home;
use crate::resync;

/// Reads `raw` as `encoding`. Bytes that make no character become U+FFFD, as in browsers; a byte
/// order mark gives no text.
pub(crate) fn text(raw: &[u8], encoding: &'static Encoding) -> Edited {
    let start = match Encoding::for_bom(raw) {
        Some((marked, len)) if marked == encoding => len,
        _ => 0,
    };
    let mut reading = Reading::default();
    reading.append(raw.get(start..).unwrap_or_default(), start, encoding);
    reading.finish()
}

/// Reads a page that is `text` in all its bytes.
pub(crate) fn valid(text: &str) -> Edited {
    let (sign, mut reading) = ("\u{FEFF}", Reading::default());
    let body = text.strip_prefix(sign).unwrap_or(text);
    reading.sound(body, text.len() - body.len());
    reading.finish()
}

/// A text as it grows, with its map.
#[derive(Default)]
pub(crate) struct Reading {
    text: String,
    map: Map,
}

impl Reading {
    pub(crate) fn finish(self) -> Edited {
        Edited::new(self.text, self.map)
    }

    /// Reads `body`, which starts at byte `start` of the page, as `encoding`.
    pub(crate) fn append(&mut self, body: &[u8], start: usize, encoding: &'static Encoding) {
        if encoding == encoding_rs::UTF_8 {
            return self.utf8(body, start);
        }
        let step: Step = if encoding == encoding_rs::GB18030 || encoding == encoding_rs::GBK {
            return self.pairs(body, start, encoding, gb18030_step);
        } else if encoding == encoding_rs::BIG5 {
            return self.pairs(body, start, encoding, big5_step);
        } else if encoding == encoding_rs::UTF_16LE {
            |bytes, _| utf16_step(bytes, u16::from_le_bytes)
        } else if encoding == encoding_rs::UTF_16BE {
            |bytes, _| utf16_step(bytes, u16::from_be_bytes)
        } else if encoding.is_single_byte() {
            |_, _| (1, 1)
        } else {
            return self.slow(body, start, encoding);
        };
        self.stepwise(body, start, encoding, step);
    }

    fn stepwise(&mut self, body: &[u8], start: usize, encoding: &'static Encoding, step: Step) {
        let (text, _) = encoding.decode_without_bom_handling(body);
        if !self.walked(body, start, &text, encoding, step) {
            self.slow(body, start, encoding);
        }
    }

    /// Appends `text`, made from `body`, when the steps lead through both; else nothing.
    fn walked(
        &mut self,
        body: &[u8],
        start: usize,
        text: &str,
        encoding: &'static Encoding,
        step: Step,
    ) -> bool {
        let Some(runs) = walk(body, text.as_bytes(), step, encoding) else {
            return false;
        };
        let mut at = start;
        for Run { n_bytes, n_text, n } in runs {
            self.map
                .push(n_text * n, n_text, at..at + n_bytes * n, n_bytes);
            at += n_bytes * n;
        }
        self.text.push_str(text);
        true
    }

    /// Reads a charset of pairs; stretches with an error are brought back into step.
    fn pairs(&mut self, body: &[u8], start: usize, encoding: &'static Encoding, step: Step) {
        let (text, had_errors) = encoding.decode_without_bom_handling(body);
        let is_cut = start == 0 && resync::starts_inside(body, encoding);
        if !had_errors
            && !is_cut
            && !has_private_use(&text)
            && self.walked(body, start, &text, encoding, step)
        {
            return;
        }
        drop(text);
        let mut sound = 0;
        let mut at = 0;
        while at < body.len() {
            let rest = body.get(at..).unwrap_or_default();
            let n = rest.iter().position(|&byte| resync::is_border(byte));
            let piece = rest.get(..n.unwrap_or(rest.len())).unwrap_or_default();
            if !piece.is_ascii() && (is_broken(piece, encoding) || is_cut && at == 0) {
                let before = body.get(sound..at).unwrap_or_default();
                self.stepwise(before, start + sound, encoding, step);
                self.resync(piece, start + at, encoding);
                sound = at + piece.len();
            }
            at += piece.len() + 1;
        }
        let last = body.get(sound..).unwrap_or_default();
        self.stepwise(last, start + sound, encoding, step);
    }

    fn resync(&mut self, piece: &[u8], start: usize, encoding: &'static Encoding) {
        let mut at = 0;
        for n_bytes in resync::steps(piece, encoding) {
            let n_bytes = usize::from(n_bytes);
            let bytes = piece.get(at..at + n_bytes).unwrap_or_default();
            let (made, _) = encoding.decode_without_bom_handling(bytes);
            let raw = start + at..start + at + n_bytes;
            self.map.push(made.len(), made.len(), raw, n_bytes);
            self.text.push_str(&made);
            at += n_bytes;
        }
    }

    /// Appends `text`, which stands at byte `at` of the page as it is.
    fn sound(&mut self, text: &str, at: usize) {
        self.text.push_str(text);
        self.map.push(text.len(), 1, at..at + text.len(), 1);
    }

    fn utf8(&mut self, body: &[u8], start: usize) {
        let mut at = start;
        for chunk in body.utf8_chunks() {
            let valid = chunk.valid();
            self.sound(valid, at);
            at += valid.len();
            let broken = chunk.invalid().len();
            if broken > 0 {
                let (sign, len) = ("\u{FFFD}", '\u{FFFD}'.len_utf8());
                self.text.push_str(sign);
                self.map.push(len, len, at..at + broken, broken);
                at += broken;
            }
        }
    }

    /// Gives the decoder one byte at a time and looks what comes out.
    fn slow(&mut self, body: &[u8], start: usize, encoding: &'static Encoding) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut since = 0;
        // Room for the longest thing one byte can set free: an error and what was held back.
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
            self.text.push_str(made);
            let raw = start + since..start + end;
            self.map.push(made.len(), made.len(), raw, end - since);
            since = end;
        }
    }
}

fn is_broken(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    had_errors || has_private_use(&text)
}

/// Characters of nobody's: pairs that were put together wrongly are shown as such.
pub(crate) fn has_private_use(text: &str) -> bool {
    // U+E000 to U+F8FF are EE 80 80 to EF A3 BF.
    let bytes = text.as_bytes();
    memchr::memchr2_iter(0xEE, 0xEF, bytes)
        .any(|at| matches!(bytes.get(at..at + 2), Some([0xEE, _] | [0xEF, ..=0xA3])))
}

/// How many bytes the next step takes, and how many characters it gives. Told whether the reader
/// found an error here.
type Step = fn(&[u8], bool) -> (usize, usize);

/// `n` steps of the same size.
struct Run {
    n_bytes: usize,
    n_text: usize,
    n: usize,
}

/// The steps that lead through both `body` and `text`, or `None` when they do not add up.
fn walk(body: &[u8], text: &[u8], step: Step, encoding: &'static Encoding) -> Option<Vec<Run>> {
    let has_ascii = encoding.is_ascii_compatible();
    let has_pairs = Home::of(encoding) == Home::Chinese;
    let mut runs: Vec<Run> = Vec::new();
    let (mut at, mut text_at) = (0, 0);
    while at < body.len() {
        let (rest, text_rest) = (body.get(at..)?, text.get(text_at..)?);
        let n_ascii = match has_ascii {
            true => same_ascii(rest, text_rest),
            false => 0,
        };
        let n_pairs = match has_pairs && n_ascii == 0 {
            true => same_pairs(rest, text_rest),
            false => 0,
        };
        let (n_bytes, n_text, n) = if n_ascii > 0 {
            (1, 1, n_ascii)
        } else if n_pairs > 0 {
            (2, 3, n_pairs)
        } else {
            let (n_bytes, n_chars) = step(rest, text_rest.starts_with(&REPLACEMENT));
            let mut n_text = 0;
            for _ in 0..n_chars {
                n_text += char_len(*text_rest.get(n_text)?);
            }
            (n_bytes, n_text, 1)
        };
        at += n_bytes * n;
        text_at += n_text * n;
        match runs.last_mut() {
            Some(run) if (run.n_bytes, run.n_text) == (n_bytes, n_text) => run.n += n,
            _ => runs.push(Run { n_bytes, n_text, n }),
        }
    }
    (at == body.len() && text_at == text.len()).then_some(runs)
}

/// U+FFFD in UTF-8.
const REPLACEMENT: [u8; 3] = [0xEF, 0xBF, 0xBD];

/// The length of a character that begins with this byte.
fn char_len(first: u8) -> usize {
    match first {
        0x00..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
    }
}

/// How many bytes at the start are ASCII and stand for themselves.
fn same_ascii(body: &[u8], text: &[u8]) -> usize {
    body.iter()
        .zip(text)
        .take_while(|(byte, shown)| byte == shown && byte.is_ascii())
        .count()
}

/// How many pairs at the start are characters of three bytes: all of Chinese but rare characters.
fn same_pairs(body: &[u8], text: &[u8]) -> usize {
    let is_pair = |pair: &[u8; 2]| (0x81..=0xFE).contains(&pair[0]) && pair[1] >= 0x40;
    let is_char = |c: &[u8; 3]| (0xE0..=0xEF).contains(&c[0]) && *c != REPLACEMENT;
    let (pairs, _) = body.as_chunks::<2>();
    let (chars, _) = text.as_chunks::<3>();
    pairs
        .iter()
        .zip(chars)
        .take_while(|(pair, c)| is_pair(pair) && is_char(c))
        .count()
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

    #[test]
    fn one_bad_byte_in_gbk_costs_a_character_and_no_more() {
        let sound = "青禾县教育局共查处违法办学案件并且全面完成上级下达的各项任务。2019";
        for encoding in [encoding_rs::GB18030, encoding_rs::BIG5] {
            let sound = match encoding == encoding_rs::BIG5 {
                true => {
                    "青禾縣教育局共查處違法辦學案件並且全面完成上級下達的各項任務。2019".to_owned()
                }
                false => sound.to_owned(),
            };
            // Letters are second bytes of Big5, so it comes back into step later.
            let slack = if encoding == encoding_rs::BIG5 { 8 } else { 3 };
            let raw = encoding.encode(&sound).0.into_owned();
            for at in 0..raw.len() - 8 {
                let mut lost = raw.clone();
                lost.remove(at);
                let mut changed = raw.clone();
                changed[at] = 0xFF;
                for broken in [lost, changed] {
                    let edited = text(&broken, encoding);
                    let end: String = sound.chars().skip(at / 2 + slack).collect();
                    assert!(edited.text().ends_with(&end), "{at}: {}", edited.text());
                    let start: String =
                        sound.chars().take((at / 2).saturating_sub(slack)).collect();
                    assert!(edited.text().starts_with(&start), "{at}: {}", edited.text());
                    // Half of the second bytes of Big5 are letters, and show as such.
                    let is_told =
                        edited.text().contains('\u{FFFD}') || encoding == encoding_rs::BIG5;
                    assert!(is_told, "{at}: {}", edited.text());
                }
            }
        }
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
                // Where a charset of pairs is broken, it is read otherwise than by the decoder.
                let is_broken = expected.contains(|c| matches!(c, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}'));
                let is_paired = encoding == encoding_rs::GB18030 || encoding == encoding_rs::BIG5;
                let is_cut = is_paired && resync::starts_inside(&raw, encoding);
                if Encoding::for_bom(&raw).is_none() && !(is_broken && is_paired) && !is_cut {
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
