//! Text that was read in the wrong charset before it was stored: `锛屾槸`, `ÖÐ¹ú`, `ä¸­`.
//!
//! Writing it in the charset it was read in gives the bytes back, and these are read again. A
//! stretch is undone only when that is sound, when what comes out is clearly a text and what stood
//! there clearly none; so the damage, done again, gives what stood there. A character that had lost
//! a byte on the way becomes `□`.

use std::ops::Range;
use std::sync::LazyLock;

use encoding_rs::{BIG5, Encoding, GB18030, GBK, UTF_8, WINDOWS_1252};
use taosha_core::{Edit, Edited, RawRange, Repair, Span, SpanKind};

use crate::anchored::Anchored;
use crate::likeness::{self, Home};
use crate::walk;

/// Stands for a character whose bytes are not all there.
pub(crate) const LOST: char = '□';

/// A stretch that was undone; its place in the final text is found by its bytes.
pub(crate) struct Undone {
    kind: &'static str,
    before: String,
    raw: RawRange,
}

/// Undoes what can be undone in `text`, which has its white space yet: a no-break space or a soft
/// hyphen may be half of a character.
pub(crate) fn undo(text: Anchored) -> (Anchored, Vec<Undone>) {
    let found = find(text.edited.text());
    let undone = found.iter().map(|found| Undone {
        kind: found.kind,
        before: text
            .edited
            .text()
            .get(found.range.clone())
            .unwrap_or_default()
            .to_owned(),
        raw: text.edited.raw_range(found.range.clone()),
    });
    let undone = undone.collect();
    let edits: Vec<Edit> = found.into_iter().flat_map(|found| found.edits).collect();
    (text.apply(&edits), undone)
}

impl Undone {
    /// The repair over `edited`, which was tidied since.
    pub(crate) fn repair(self, edited: &Edited) -> Repair {
        let first = |is_behind: &dyn Fn(RawRange) -> bool| {
            let (mut low, mut high) = (0, edited.text().len());
            while low < high {
                let middle = low + (high - low) / 2;
                match is_behind(edited.raw_range(middle..middle)) {
                    true => high = middle,
                    false => low = middle + 1,
                }
            }
            while !edited.text().is_char_boundary(low) {
                low -= 1;
            }
            low
        };
        let start = first(&|raw| raw.start >= self.raw.start);
        let end = first(&|raw| raw.start >= self.raw.end).max(start);
        Repair {
            span: Span::new(edited.text(), start..end, SpanKind::Repair),
            kind: self.kind.into(),
            before: self.before,
            raw: self.raw,
            confidence: 1.0,
        }
    }
}

/// The places in `text` of characters that a repair of this module could not bring back.
pub(crate) fn lost<'a>(
    text: &'a str,
    repairs: &'a [Repair],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let ours = repairs
        .iter()
        .filter(|repair| KINDS.contains(&&*repair.kind));
    ours.flat_map(move |repair| {
        let range = repair.span.range();
        let repaired = text.get(range.clone()).unwrap_or_default();
        let signs = repaired.match_indices(LOST);
        signs.map(move |(at, sign)| range.start + at..range.start + at + sign.len())
    })
}

/// A wrong reading, and the edits that undo it.
struct Found {
    range: Range<usize>,
    kind: &'static str,
    edits: Vec<Edit>,
}

/// How bytes written in one charset were read in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misreading {
    Utf8AsLatin1,
    GbkAsLatin1,
    Big5AsLatin1,
    Utf8AsGbk,
}

impl Misreading {
    fn kind(self) -> &'static str {
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

    /// The bytes that were read as `c`, where it can have been read at all.
    fn bytes(self, c: char) -> Option<Vec<u8>> {
        match self {
            Misreading::Utf8AsGbk => gbk_bytes(c),
            _ => latin1_byte(c).map(|byte| vec![byte]),
        }
    }
}

/// The kind of a stretch that was misread more than once.
const TWICE: &str = "misread_twice";

const KINDS: [&str; 5] = [
    "utf8_as_latin1",
    "gbk_as_latin1",
    "big5_as_latin1",
    "utf8_as_gbk",
    TWICE,
];

/// A longer stretch is undone in pieces, so that a line of any length needs little memory.
const MAX_STRETCH: usize = 256 * 1024;

/// Nobody spoils a text more often than that.
const MAX_TIMES: usize = 3;

fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.is_ascii() {
            stretches(line, start, &mut found);
        }
        start += line.len();
    }
    found
}

/// Looks through a line: for stretches of Latin-1, and for pieces of what UTF-8 shows as GBK.
fn stretches(line: &str, start: usize, found: &mut Vec<Found>) {
    let suspects = Suspects::of(line);
    let mut search = |range, ways, borders| {
        Search {
            line,
            start,
            ways,
            found: &mut *found,
        }
        .undo_or_split(range, borders);
    };
    if suspects.latin1 {
        for range in latin1_stretches(line) {
            search(range, &LATIN1, &[char::is_whitespace, is_quote]);
        }
    } else if suspects.gbk {
        let range = trimmed(line, 0..line.len());
        search(range, &[Misreading::Utf8AsGbk], &[is_sound_sign]);
    }
}

const LATIN1: [Misreading; 3] = [
    Misreading::Utf8AsLatin1,
    Misreading::GbkAsLatin1,
    Misreading::Big5AsLatin1,
];

struct Search<'a> {
    line: &'a str,
    /// Where the line stands.
    start: usize,
    ways: &'static [Misreading],
    found: &'a mut Vec<Found>,
}

impl Search<'_> {
    /// Undoes all of `range`, or those of its pieces between the first of `borders` that can be, or
    /// pieces of these between the next.
    fn undo_or_split(&mut self, range: Range<usize>, borders: &[fn(char) -> bool]) {
        let line = self.line;
        let shown = line.get(range.clone()).unwrap_or_default();
        if shown.is_ascii() || self.undo(shown, range.clone()) {
            return;
        }
        let Some((&is_border, borders)) = borders.split_first() else {
            return;
        };
        let mut at = range.start;
        for piece in shown.split_inclusive(is_border) {
            let inside = piece.trim_end_matches(is_border);
            if inside.len() < shown.len() || !borders.is_empty() {
                self.undo_or_split(at..at + inside.len(), borders);
            }
            at += piece.len();
        }
    }

    fn undo(&mut self, shown: &str, range: Range<usize>) -> bool {
        if shown.len() > MAX_STRETCH {
            return false;
        }
        let Some((kind, edits)) = undone(shown, self.ways) else {
            return false;
        };
        let start = self.start + range.start;
        let edits = edits.into_iter().map(|edit| Edit {
            range: start + edit.range.start..start + edit.range.end,
            text: edit.text,
        });
        self.found.push(Found {
            range: start..start + shown.len(),
            kind,
            edits: edits.collect(),
        });
        true
    }
}

/// The edits that undo `shown`, and the kind of its damage.
fn undone(shown: &str, ways: &[Misreading]) -> Option<(&'static str, Vec<Edit>)> {
    let all = |text: String| (TWICE, vec![Edit::replace(0..shown.len(), text)]);
    let Some((way, steps)) = once(shown, ways) else {
        // What comes out may be such a text again.
        let between = sound_utf8(shown, *ways.first()?)?;
        let (_, steps) = again(&between)?;
        return Some(all(to_the_end(text_of(&steps))));
    };
    let text = text_of(&steps);
    let last = to_the_end(text.clone());
    Some(match last == text {
        true => (way.kind(), edits(shown, way, &steps)),
        false => all(last),
    })
}

fn to_the_end(mut text: String) -> String {
    for _ in 1..MAX_TIMES {
        let Some((_, steps)) = again(&text) else {
            break;
        };
        text = text_of(&steps);
    }
    text
}

fn again(text: &str) -> Option<(Misreading, Vec<Step>)> {
    once(text, &LATIN1).or_else(|| once(text, &[Misreading::Utf8AsGbk]))
}

/// What `shown` says when it is UTF-8 without a fault.
fn sound_utf8(shown: &str, way: Misreading) -> Option<String> {
    let bytes: Option<Vec<Vec<u8>>> = shown.chars().map(|c| way.bytes(c)).collect();
    String::from_utf8(bytes?.concat()).ok()
}

/// A character that comes out, and how many bytes it was written in.
type Step = (char, usize);

fn text_of(steps: &[Step]) -> String {
    steps.iter().map(|(c, _)| c).collect()
}

/// The first of `ways` that makes sense of `shown`.
fn once(shown: &str, ways: &[Misreading]) -> Option<(Misreading, Vec<Step>)> {
    let sense = |way: Misreading| {
        let mut bytes = Vec::with_capacity(shown.len());
        for c in shown.chars() {
            bytes.extend(way.bytes(c)?);
        }
        let steps = match way.written_in() {
            e if e == UTF_8 => utf8_steps(&bytes),
            encoding => pair_steps(&bytes, encoding),
        };
        makes_sense(shown, &steps, way).then_some((way, steps))
    };
    ways.iter().copied().find_map(sense)
}

/// Reads `bytes` as UTF-8. A sequence that lacks a byte is one lost character; a `?` behind it, or
/// the sign of the decoder, was put there for what is lost.
fn utf8_steps(bytes: &[u8]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match (c, steps.last_mut()) {
                ('?', Some((LOST, n_bytes))) => *n_bytes += 1,
                _ => steps.push((c, c.len_utf8())),
            }
        }
        let n_broken = chunk.invalid().len();
        match steps.last_mut() {
            _ if n_broken == 0 => {}
            // What follows a lost lead byte, one by one.
            Some((LOST, n_bytes)) if is_inside(chunk.invalid()) => *n_bytes += n_broken,
            _ => steps.push((LOST, n_broken)),
        }
    }
    steps
}

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

/// Bits by which the reading that comes out is cheaper than the one that stood there. Three
/// characters of Chinese save a hundred, an accent eighteen: `Â°` could be meant.
const LEAST_SAVED: u64 = 14;
const LEAST_SAVED_CHINESE: u64 = 20;

/// `×”` is a letter of Hebrew, or the end of a quotation: another alphabet takes several letters.
const LEAST_SAVED_OTHER: u64 = 50;

/// Bits of a character of what comes out, on average; accidents cost more, unless they are short.
const CHINESE: f64 = 11.7;
const SHORT_CHINESE: f64 = 11.0;
const SHORT: u64 = 6;

/// Of so many characters one may be lost.
const LOST_OF: u64 = 3;

/// True when what comes out is a text and what stood there is none.
fn makes_sense(shown: &str, steps: &[Step], way: Misreading) -> bool {
    let sound: String = steps
        .iter()
        .map(|(c, _)| *c)
        .filter(|c| *c != LOST)
        .collect();
    let n_lost = steps.iter().filter(|(c, _)| *c == LOST).count() as u64;
    let (was, is) = (
        likeness::cost(shown, Home::Any),
        likeness::cost(&sound, Home::Any),
    );
    let lost_bits = n_lost * 20;
    if is.n_errors > 0 || is.n_telling == 0 && n_lost == 0 || was.bits < is.bits + lost_bits {
        return false;
    }
    let saved = was.bits - is.bits - lost_bits;
    if is.n_chinese == 0 {
        // Western text: every byte has to be there.
        let is_western = sound.chars().all(likeness::is_western);
        let least = match sound.chars().any(is_of_other_alphabet) {
            true => LEAST_SAVED_OTHER,
            false => LEAST_SAVED,
        };
        return way == Misreading::Utf8AsLatin1 && is_western && n_lost == 0 && saved >= least;
    }
    let most = if is.n_telling < SHORT {
        SHORT_CHINESE
    } else {
        CHINESE
    };
    is.n_chinese >= 2
        && n_lost * LOST_OF <= is.n_chinese
        && saved >= LEAST_SAVED_CHINESE
        && is.per_char() < most
        && !is_alphabet(shown)
}

fn is_of_other_alphabet(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// `ÀÁÂÃÄÅ`: letters in the order of their table are a table.
fn is_alphabet(shown: &str) -> bool {
    let codes: Vec<u32> = shown
        .chars()
        .filter(|c| !c.is_ascii())
        .map(u32::from)
        .collect();
    let n_next = codes
        .windows(2)
        .filter(|pair| pair[0] + 1 == pair[1])
        .count();
    n_next * 3 > codes.len()
}

/// One edit for each stretch, as short as can be, in which both readings end together.
fn edits(shown: &str, way: Misreading, steps: &[Step]) -> Vec<Edit> {
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
fn latin1_byte(c: char) -> Option<u8> {
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

/// What makes a line worth a closer look.
struct Suspects {
    /// Two neighbours of Latin-1, the first a letter.
    latin1: bool,
    /// Several signs that GBK shows for the first two bytes of a character in UTF-8.
    gbk: bool,
}

/// Of so many characters of a line one at least is such a sign: two in three that begin one.
const SIGN_OF: usize = 8;

impl Suspects {
    fn of(line: &str) -> Self {
        let (mut latin1, mut n_signs, mut n_chars) = (false, 0, 0);
        let mut last = ' ';
        for c in line.chars().filter(|c| !c.is_ascii()) {
            n_chars += 1;
            n_signs += usize::from(UTF8_STARTS.get(c as usize) == Some(&true));
            latin1 |= matches!(last, '\u{A1}'..='\u{FF}') && !is_han(c) && latin1_byte(c).is_some();
            last = c;
        }
        Suspects {
            latin1,
            gbk: n_signs >= 2 && n_signs * SIGN_OF >= n_chars,
        }
    }
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9FFF}').contains(&c)
}

/// By code point: shown by GBK for two bytes that start a character of three in UTF-8.
static UTF8_STARTS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut starts = vec![false; 0x1_0000];
    let pairs = (0xE2..=0xEFu8).flat_map(|lead| (0x80..=0xBFu8).map(move |next| [lead, next]));
    for pair in pairs {
        let (shown, _) = GBK.decode_without_bom_handling(&pair);
        if let Some(slot) = shown
            .chars()
            .next()
            .and_then(|c| starts.get_mut(c as usize))
        {
            *slot = true;
        }
    }
    starts
});

/// Signs that end a stretch of GBK: UTF-8 is hardly ever shown as one of them.
fn is_sound_sign(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || matches!(c, '\u{3000}'..='\u{3011}' | '\u{FF01}'..='\u{FF1F}' | '“' | '”')
}

fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let inside = line.get(range.clone()).unwrap_or_default();
    let is_blank = |c: char| c.is_ascii_whitespace();
    let start = range.start + inside.len() - inside.trim_start_matches(is_blank).len();
    start..start + inside.trim_matches(is_blank).len()
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '…' | '—' | '–' | '·')
}

/// Stretches of characters that Latin-1 and windows-1252 have, from the first to the last that is
/// not ASCII, with the letter behind it that may be half of a pair. Quotes and dashes before them
/// belong to the sound text.
fn latin1_stretches(line: &str) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut open: Option<Range<usize>> = None;
    // How many characters that are not ASCII stand in a row.
    let mut n_high = 0usize;
    for (at, c) in line.char_indices() {
        if latin1_byte(c).is_none() {
            stretches.extend(open.take());
            continue;
        }
        let may_be_second = matches!(c, '@'..='~') && !n_high.is_multiple_of(2);
        n_high = if c.is_ascii() { 0 } else { n_high + 1 };
        match &mut open {
            Some(stretch) if !c.is_ascii() || may_be_second => stretch.end = at + c.len_utf8(),
            None if matches!(c, '\u{80}'..='\u{FF}') => {
                (open, n_high) = (Some(at..at + c.len_utf8()), 1);
            }
            _ => {}
        }
    }
    stretches.extend(open);
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::Map;

    const TEXT: &str = "2018年，松西县环保局罚款86万元，立案12件。";

    fn read_as(bytes: &[u8], encoding: &'static Encoding) -> String {
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    fn written(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    fn undone(text: &str) -> (String, Vec<Repair>) {
        let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
        let anchors = Vec::new();
        let (text, undone) = undo(Anchored { edited, anchors });
        let repairs = undone.into_iter().map(|undone| undone.repair(&text.edited));
        (text.edited.text().to_owned(), repairs.collect())
    }

    #[test]
    fn what_lost_no_byte_comes_back_whole() {
        let traditional = "縣教育局2019年工作總結，全縣共有小學37所。";
        for (text, written_in, read_in, kind) in [
            (TEXT, GBK, WINDOWS_1252, "gbk_as_latin1"),
            (TEXT, UTF_8, WINDOWS_1252, "utf8_as_latin1"),
            (traditional, BIG5, WINDOWS_1252, "big5_as_latin1"),
            ("共有小学三十七所，完成了", UTF_8, GBK, "utf8_as_gbk"),
            ("Le café était fermé", UTF_8, WINDOWS_1252, "utf8_as_latin1"),
        ] {
            let damaged = read_as(&written(text, written_in), read_in);
            let line = format!("前面一行。\n{damaged}\n后面一行。");
            let (found, repairs) = undone(&line);
            assert_eq!(
                found,
                format!("前面一行。\n{text}\n后面一行。"),
                "{damaged}"
            );
            assert_eq!(repairs.len(), 1, "{damaged}");
            assert_eq!(repairs[0].kind, kind);
            assert!(damaged.contains(&repairs[0].before));
            let sound = found.get(repairs[0].span.range()).unwrap();
            let again = read_as(&written(sound, written_in), read_in);
            assert_eq!(again, repairs[0].before, "the damage, done again");
        }
    }

    #[test]
    fn a_word_between_sound_characters_is_undone() {
        assert_eq!(undone("标题ÖÐ¹úÈË标题").0, "标题中国人标题");
        assert_eq!(undone("校名“cafÃ©”不变").0, "校名“café”不变");
    }

    #[test]
    fn a_character_that_lost_a_byte_is_a_box() {
        let damaged = "2018骞达紝鏉捐タ鍘跨幆淇濆眬缃氭86涓囧厓锛岀珛妗12浠躲";
        let (found, repairs) = undone(damaged);
        assert_eq!(found, "2018年，松西县环保局罚□86万元，立□12件□");
        let places: Vec<_> = lost(&found, &repairs)
            .map(|range| found.get(range))
            .collect();
        assert_eq!(places, [Some("□"); 3]);
        let (found, _) = undone("鏉捐タ鍘跨幆淇濆眬缃氭?86涓囧厓锛岀珛妗\u{FFFD}12浠");
        assert_eq!(found, "松西县环保局罚□86万元，立□12□");
    }

    #[test]
    fn what_was_misread_twice_is_undone_twice() {
        for (first, second) in [(WINDOWS_1252, WINDOWS_1252), (GBK, WINDOWS_1252)] {
            let text = "共有小学三十七所，完成了";
            let once = read_as(text.as_bytes(), first);
            let twice = read_as(once.as_bytes(), second);
            let (found, repairs) = undone(&twice);
            assert_eq!(
                (found.as_str(), &*repairs[0].kind),
                (text, TWICE),
                "{twice}"
            );
        }
    }

    #[test]
    fn a_sound_text_stays_as_it_is() {
        for text in [
            TEXT,
            "縣教育局2019年工作總結，全縣共有小學37所。",
            "café déjà vu, œuvre, naïve — ÀÉÈ, Ünïcödé",
            "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ",
            "Größe ÄÖÜ äöüß, ÅÄÖ, NÃO, IRMÃ, ÇA, DÉJÀ",
            "± 5 °C, 3 × 4 = 12 ½, © 2019 Â·",
            "«À» et «É», “É”, ‘Ü’",
            "骞鏈鍏鍘鎴，闈鐨銆",
            "濮涓瀹：罕见的姓名：闫骞，濮阳鐨，锛",
            "共锟斤拷锟斤拷30所",
            "Đặng Thị Ngọc Hạnh, Trần Đình Đức",
        ] {
            let (found, repairs) = undone(text);
            assert_eq!((found.as_str(), repairs.len()), (text, 0));
        }
    }
}
