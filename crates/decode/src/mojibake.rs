//! Text that was read in the wrong charset before it was stored: `锛屾槸`, `ÖÐ¹ú`, `ä¸­`.
//!
//! Writing it in the charset it was read in gives the bytes back, and these are read again. A
//! stretch is undone only when that is sound, when what comes out is clearly a text and what stood
//! there clearly none; so the damage, done again, gives what stood there. A character that had lost
//! a byte on the way becomes `□`.

mod blanks; // 聽聽聽聽一、
mod misreading; // bytes of one charset, shown in another
mod sense; // is it a text now, and was it none?
mod suspects; // where to look

use std::ops::Range;

use taosha_core::{Edit, Edited, RawRange, Repair, Span, SpanKind};

pub(crate) use self::misreading::latin1_byte;
use self::misreading::{Misreading, Step, edits, sound_utf8, text_of};
use self::sense::{Doubt, makes_sense};
use self::suspects::{Suspects, latin1_stretches};
use crate::anchored::Anchored;

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
    let mut found = find(text.edited.text());
    blanks::find(text.edited.text(), &mut found);
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
    let lines = |doubt: Doubt, found: &mut Vec<Found>| {
        let (mut start, mut nth) = (0, 0);
        let n_before = found.len();
        for line in text.split_inclusive('\n') {
            // What was found before is in order.
            while nth < n_before && found.get(nth).is_some_and(|one| one.range.end <= start) {
                nth += 1;
            }
            let end = start + line.len();
            let is_known =
                nth < n_before && found.get(nth).is_some_and(|one| one.range.start < end);
            if !line.is_ascii() && !is_known {
                stretches(line, start, doubt, found);
            }
            start = end;
        }
    };
    lines(Doubt::Any, &mut found);
    // Where many lines were misread, short ones with rare words were as well.
    let n_gbk = found
        .iter()
        .filter(|one| one.kind == Misreading::Utf8AsGbk.kind());
    if n_gbk.count() >= LEAST_KNOWN {
        lines(Doubt::Known, &mut found);
        found.sort_by_key(|found| found.range.start);
    }
    found
}

/// So many lines tell what happened to a page.
const LEAST_KNOWN: usize = 3;

/// Looks through a line: for stretches of Latin-1, and for pieces of what UTF-8 shows as GBK.
fn stretches(line: &str, start: usize, doubt: Doubt, found: &mut Vec<Found>) {
    let suspects = Suspects::of(line);
    let n_found = found.len();
    let mut search = Search {
        line,
        start,
        ways: &LATIN1,
        doubt,
        found,
    };
    if suspects.latin1 {
        for range in latin1_stretches(line) {
            search.undo_or_split(range, &[char::is_whitespace, is_quote]);
        }
    }
    // GBK shows some bytes as signs that Latin-1 has too.
    if suspects.gbk && search.found.len() == n_found {
        search.ways = &[Misreading::Utf8AsGbk];
        let range = trimmed(line, 0..line.len());
        search.undo_or_split(range, &[is_sound_sign]);
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
    doubt: Doubt,
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
        let Some((kind, edits)) = undone(shown, self.ways, self.doubt) else {
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
fn undone(shown: &str, ways: &[Misreading], doubt: Doubt) -> Option<(&'static str, Vec<Edit>)> {
    let all = |text: String| (TWICE, vec![Edit::replace(0..shown.len(), text)]);
    let Some((way, steps)) = once(shown, ways, doubt) else {
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
    once(text, &LATIN1, Doubt::Any).or_else(|| once(text, &[Misreading::Utf8AsGbk], Doubt::Any))
}

/// The first of `ways` that makes sense of `shown`.
fn once(shown: &str, ways: &[Misreading], doubt: Doubt) -> Option<(Misreading, Vec<Step>)> {
    let sense = |way: Misreading| {
        let steps = way.steps(shown)?;
        makes_sense(shown, &steps, way, doubt).then_some((way, steps))
    };
    ways.iter().copied().find_map(sense)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, Encoding, GBK, UTF_8, WINDOWS_1252};
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
    fn quotes_alone_come_back_with_or_without_their_last_byte() {
        for damaged in [
            "推进â€œ三不腐â€\u{9d}。",
            "推进â€œ三不腐â€。",
            "推进â€œ三不腐â€?。",
            "推进â€œ三不腐â€\u{FFFD}。",
        ] {
            assert_eq!(undone(damaged).0, "推进“三不腐”。", "{damaged}");
        }
        assert_eq!(undone("第一â€”â€”监督").0, "第一——监督");
        assert_eq!(undone("完成â€œ123â€\u{9d}工程").0, "完成“123”工程");
        for sound in ["âge, pâté", "10€ â 20€", "欧元€“三”"] {
            assert_eq!(undone(sound).0, sound);
        }
    }

    #[test]
    fn a_line_that_lost_its_last_bytes_comes_back() {
        for (damaged, whole) in [
            (
                "鎴戝眬瀹屾垚浜嗗勾搴︾洰鏍囦换鍔°\u{FFFD}\u{FFFD}",
                "我局完成了年度目标任务□",
            ),
            ("鎴戝眬瀹屾垚骞村害浠诲姟锛屾彁楂�", "我局完成年度任务，提□"),
        ] {
            assert_eq!(undone(damaged).0, whole);
        }
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
