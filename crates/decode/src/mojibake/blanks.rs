//! Blanks in front of a line that were read in the wrong charset, or that a charset without them
//! made `?` of: `聽聽聽聽一、招生`, `Â Â Â Â 一、招生`, `????一、招生`.

use std::ops::Range;

use taosha_core::Edit;

use super::Found;

/// The byte A0 twice, as GBK shows it.
const AS_GBK: char = '聽';

/// The no-break space in UTF-8, as Latin-1 shows its first byte.
const AS_LATIN1: char = 'Â';

/// 聽聽孩子的聲音 is a sentence.
const LEAST_AS_GBK: usize = 3;

/// Two or four signs stand for a lost word, unless several lines begin with them.
const LEAST_LINES: usize = 3;

/// Adds the blanks of `text` to `found`, which is in order.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    let mut blanks = Vec::new();
    let mut asked = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((n_bytes, kind)) = in_front(line) {
            match kind {
                Kind::Misread(kind) => blanks.push((start..start + n_bytes, kind)),
                Kind::Asked => asked.push((start..start + n_bytes, QUESTIONED)),
            }
        }
        start += line.len();
    }
    if asked.len() >= LEAST_LINES {
        blanks.extend(asked);
    }
    if blanks.is_empty() {
        return;
    }
    let is_free = |range: &Range<usize>| {
        let next = found.partition_point(|other| other.range.end <= range.start);
        found
            .get(next)
            .is_none_or(|other| other.range.start >= range.end)
    };
    blanks.retain(|(range, _)| is_free(range));
    found.extend(blanks.into_iter().map(|(range, kind)| Found {
        edits: vec![Edit::replace(range.clone(), "\u{3000}\u{3000}")],
        range,
        kind,
    }));
    found.sort_by_key(|found| found.range.start);
}

enum Kind {
    Misread(&'static str),
    Asked,
}

/// What a charset without a wide blank made of it.
const QUESTIONED: &str = "blank_as_question_mark";

/// How many bytes in front of `line` were blanks.
fn in_front(line: &str) -> Option<(usize, Kind)> {
    let first = line.chars().next()?;
    let is_white = |c: char| matches!(c, ' ' | '\u{A0}' | '\u{3000}' | '\t');
    let of = |is: &dyn Fn(char) -> bool| {
        let end = line.find(|c| !is(c)).unwrap_or(line.len());
        let blanks = line.get(..end).unwrap_or_default();
        (end, blanks.chars().filter(|c| !is_white(*c)).count())
    };
    let behind = |end: usize| {
        let next = line.get(end..).and_then(|rest| rest.chars().next());
        next.is_some_and(|c| {
            ('\u{4E00}'..='\u{9FFF}').contains(&c) || c.is_ascii_digit() || "（(“《".contains(c)
        })
    };
    if first != AS_GBK && first != AS_LATIN1 && first != '?' && !is_white(first) {
        return None;
    }
    let (end, n) = of(&|c| c == AS_GBK || is_white(c));
    if n >= LEAST_AS_GBK && behind(end) {
        return Some((end, Kind::Misread("gbk_blank")));
    }
    // Every sign has its blank behind it, or the blank was lost.
    let (end, n) = of(&|c| c == AS_LATIN1 || is_white(c));
    if n >= 1 && behind(end) {
        return Some((end, Kind::Misread("latin1_blank")));
    }
    let (end, n) = of(&|c| c == '?' || is_white(c));
    (matches!(n, 2 | 4) && behind(end)).then_some((end, Kind::Asked))
}

#[cfg(test)]
mod tests {
    use super::super::undo;
    use crate::anchored::Anchored;
    use taosha_core::{Edited, Map};

    fn undone(text: &str) -> String {
        let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
        let anchors = Vec::new();
        undo(Anchored { edited, anchors })
            .0
            .edited
            .text()
            .to_owned()
    }

    #[test]
    fn blanks_in_another_charset_are_blanks() {
        for blank in ["聽聽聽聽", "聽 聽 聽 ", "Â\u{A0}Â\u{A0}", "Â Â Â Â ", " Â "] {
            let text = undone(&format!("总结\n{blank}一、招生工作\n完"));
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            assert_eq!(lines, ["总结", "一、招生工作", "完"], "{blank}");
        }
        let text = "????一、招生\n??共招生30人。\n????二、教学\n完";
        assert_eq!(undone(text).matches('?').count(), 0);
    }

    #[test]
    fn what_may_be_a_word_stays() {
        for text in [
            "聽聽孩子的聲音",
            "Âge moyen",
            "Â· 一",
            "??县教育局\n一、招生\n二、教学",
            "???",
        ] {
            assert_eq!(undone(text), text);
        }
    }
}
