//! What can be put right: the text becomes what it was before the site spoiled it.
//!
//! Each repair is an edit with its kind and what stood there, so that it can be undone.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Edit, RawRange, Repair, Span, SpanKind};

use crate::anchored::Anchored;
use crate::{html, pinyin, shift};

/// Readings behind characters.
pub(crate) const ANNOTATION: &str = "pinyin_annotation";

/// Characters torn by a site that replaces bytes, and the text behind them read one byte late.
pub(crate) const SHIFTED: &str = "shifted_gbk";

/// Below this a repair of shifted text is not made, and the place stays marked as damage.
const LEAST_CONFIDENCE: f32 = 0.7;

/// Character references that were encoded twice, or stored as they stood in the page.
pub(crate) const REFERENCE: &str = "character_reference";

/// The `;` that is left when `&gt;` was resolved without it: `<标准>;的通知`.
pub(crate) const SEMICOLON: &str = "left_over_semicolon";

struct Fix {
    range: Range<usize>,
    kind: &'static str,
    becomes: Cow<'static, str>,
    confidence: f32,
}

impl Fix {
    fn new(range: Range<usize>, kind: &'static str, becomes: impl Into<Cow<'static, str>>) -> Self {
        let (becomes, confidence) = (becomes.into(), 1.0);
        Fix {
            range,
            kind,
            becomes,
            confidence,
        }
    }
}

/// Repairs `text`, which is tidy; the repairs are spans over the text returned.
pub(crate) fn repair(text: Anchored) -> (Anchored, Vec<Repair>) {
    let fixes = fixes(text.edited.text());
    let stood: Vec<(String, RawRange)> = fixes
        .iter()
        .map(|fix| {
            let before = text
                .edited
                .text()
                .get(fix.range.clone())
                .unwrap_or_default();
            (before.to_owned(), text.edited.raw_range(fix.range.clone()))
        })
        .collect();
    let edits: Vec<Edit> = fixes
        .iter()
        .map(|fix| Edit {
            range: fix.range.clone(),
            text: fix.becomes.clone(),
        })
        .collect();
    let repaired = text.apply(&edits);

    let (mut removed, mut added) = (0, 0);
    let mut repairs = Vec::with_capacity(fixes.len());
    for (fix, (before, raw)) in fixes.into_iter().zip(stood) {
        let start = fix.range.start - removed + added;
        let range = start..start + fix.becomes.len();
        let span = Span::new(repaired.edited.text(), range, SpanKind::Repair);
        repairs.push(Repair {
            span,
            kind: fix.kind.into(),
            before,
            raw,
            confidence: fix.confidence,
        });
        removed += fix.range.len();
        added += fix.becomes.len();
    }
    (repaired, repairs)
}

/// Where `repairs` left a sign for a character that is gone.
pub(crate) fn lost<'a>(
    text: &'a str,
    repairs: &'a [Repair],
) -> impl Iterator<Item = Range<usize>> + 'a {
    let shifted = repairs.iter().filter(|repair| repair.kind == SHIFTED);
    shifted.flat_map(|repair| {
        let start = repair.span.start();
        let words = text.get(repair.span.range()).unwrap_or_default();
        let signs = words.match_indices(shift::LOST);
        signs.map(move |(at, sign)| start + at..start + at + sign.len())
    })
}

/// All repairs, in order; of two that overlap the first.
fn fixes(text: &str) -> Vec<Fix> {
    let readings = pinyin::readings(text);
    let mut fixes = shifted(text, &readings.with_tone);
    let readings = readings.converted(text, !fixes.is_empty());
    fixes.extend(
        readings
            .into_iter()
            .map(|range| Fix::new(range, ANNOTATION, "")),
    );
    references(text, &mut fixes);
    semicolons(text, &mut fixes);
    fixes.sort_by_key(|fix| (fix.range.start, fix.range.end));
    let mut end = 0;
    fixes.retain(|fix| {
        let is_free = fix.range.start >= end;
        if is_free {
            end = fix.range.end;
        }
        is_free
    });
    fixes
}

fn shifted(text: &str, readings: &[Range<usize>]) -> Vec<Fix> {
    if !has_orphan(text) {
        return Vec::new();
    }
    let mut found = shift::find(text, readings);
    found.retain(|mended| mended.confidence >= LEAST_CONFIDENCE);
    let fix = |mended: shift::Mended| Fix {
        confidence: mended.confidence,
        ..Fix::new(mended.range, SHIFTED, mended.becomes)
    };
    found.into_iter().map(fix).collect()
}

/// True when `text` has a sign that may stand for half a character; most pages have none, and the
/// search for openings looks at every character.
fn has_orphan(text: &str) -> bool {
    let stands = |sign: &str| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some();
    ["?", "\u{FFFD}", shift::LOST.encode_utf8(&mut [0; 4])]
        .into_iter()
        .any(stands)
}

/// `&nbsp;` in a text means that it was encoded once too often. Only with the semicolon: `AT&T`
/// and `a&lt` are words.
///
/// Programs and what is written about them are full of references that are meant, and hardly hold
/// Chinese.
fn references(text: &str, fixes: &mut Vec<Fix>) {
    /// So many references tell whether the text they stand in is Chinese once they are resolved.
    const TELLING: usize = 256;
    let mut found: Vec<Fix> = Vec::new();
    let mut at = 0;
    let mut of_chinese = None;
    while let Some((range, becomes)) = html::next_reference(text, at) {
        if found.len() == TELLING {
            let of = of_chinese.get_or_insert_with(|| is_of_chinese(text, &found, at));
            if !*of {
                return;
            }
        }
        let (range, becomes) = twice(text, &range).unwrap_or((range, becomes.into_owned()));
        at = range.end;
        if !text
            .get(range.clone())
            .is_some_and(|reference| reference.ends_with(';'))
        {
            continue;
        }
        let is_space = becomes
            .chars()
            .all(|c| c.is_whitespace() || c == '\u{200B}' || c == '\u{AD}');
        let becomes = if is_space { " ".to_owned() } else { becomes };
        found.push(Fix::new(range, REFERENCE, becomes));
    }
    let ends = found.last().map_or(0, |last| last.range.end);
    if !found.is_empty() && of_chinese.unwrap_or_else(|| is_of_chinese(text, &found, ends)) {
        fixes.append(&mut found);
    }
}

/// True when `text` is Chinese, or the words of it up to `end` once the references `found` in them are resolved.
fn is_of_chinese(text: &str, found: &[Fix], end: usize) -> bool {
    let head = text.get(..end).unwrap_or_default();
    is_chinese(text) || is_chinese(&fixed(head, found))
}

/// What `&amp;#19968;` stands for, whose `&amp;` is at `range`.
fn twice(text: &str, range: &Range<usize>) -> Option<(Range<usize>, String)> {
    /// The longest number with its signs.
    const LONGEST: usize = 12;
    let behind = text.get(range.end..)?;
    if text.get(range.clone())? != "&amp;" || !behind.starts_with('#') {
        return None;
    }
    let mut end = LONGEST.min(behind.len());
    while !behind.is_char_boundary(end) {
        end -= 1;
    }
    let inner = format!("&{}", behind.get(..end)?);
    let (reference, becomes) = html::next_reference(&inner, 0)?;
    let is_whole = reference.start == 0 && inner.get(reference.clone())?.ends_with(';');
    let range = range.start..range.end + reference.end - 1;
    is_whole.then(|| (range, becomes.into_owned()))
}

/// `text` with `fixes`, which are in order.
fn fixed(text: &str, fixes: &[Fix]) -> String {
    let (mut fixed, mut at) = (String::new(), 0);
    for fix in fixes {
        fixed.push_str(text.get(at..fix.range.start).unwrap_or_default());
        fixed.push_str(&fix.becomes);
        at = fix.range.end;
    }
    fixed.push_str(text.get(at..).unwrap_or_default());
    fixed
}

fn is_chinese(text: &str) -> bool {
    /// Reports with tables and addresses have more than half.
    const LEAST_SHARE: usize = 4;
    let (mut n_han, mut n_words) = (0usize, 0usize);
    for c in text.chars() {
        let is_han = matches!(c, '\u{3400}'..='\u{9FFF}');
        // The table of all letters is slow to ask.
        let is_sign = matches!(
            c,
            '，' | '。' | '、' | '；' | '：' | '（' | '）' | '“' | '”'
        );
        n_words += usize::from(is_han || !is_sign && c.is_alphanumeric());
        n_han += usize::from(is_han);
    }
    n_han * LEAST_SHARE >= n_words
}

/// Behind a title in angle brackets and before a word; `<甲>;<乙>` is a list.
fn semicolons(text: &str, fixes: &mut Vec<Fix>) {
    static LEFT_OVER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"<\p{Han}[^<>;\n]{1,60}>(;)[\p{Han}》〉)）]")
            .expect("a literal pattern compiles")
    });
    for captures in LEFT_OVER.captures_iter(text) {
        if let Some(semicolon) = captures.get(1) {
            fixes.push(Fix::new(semicolon.range(), SEMICOLON, ""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::{Edited, Map};

    fn repaired(text: &str) -> (Anchored, Vec<Repair>) {
        let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
        repair(Anchored {
            edited,
            anchors: Vec::new(),
        })
    }

    #[test]
    fn a_repair_tells_what_stood_there_and_where() {
        let (text, repairs) = repaired("縣總結(jié)&lt;甲乙&gt;;的規(guī)定,領(lǐng)導");
        assert_eq!(text.edited.text(), "縣總結<甲乙>;的規定,領導");
        let told: Vec<_> = repairs
            .iter()
            .map(|r| (&*r.kind, r.before.as_str(), r.span.range()))
            .collect();
        assert_eq!(told[0], (ANNOTATION, "(jié)", 9..9));
        assert_eq!(told[1], (REFERENCE, "&lt;", 9..10));
    }

    #[test]
    fn torn_characters_are_put_together_and_what_is_gone_is_told() {
        let (text, repairs) = repaired("總結(jié)領(lǐng)導(dǎo)評出獲獎?wù)撐?47篇");
        let text = text.edited.text();
        assert_eq!(text, "總結領導評出獲獎論文□47篇");
        let shifted: Vec<&Repair> = repairs.iter().filter(|r| r.kind == SHIFTED).collect();
        assert_eq!((shifted.len(), shifted[0].before.as_str()), (1, "?wù)撐?"));
        assert!(shifted[0].confidence < 1.0);
        let lost: Vec<_> = lost(text, &repairs).collect();
        assert_eq!((lost.len(), text.get(lost[0].clone())), (1, Some("□")));
    }

    #[test]
    fn a_semicolon_left_over_from_a_reference_is_taken_out() {
        let (text, _) = repaired("印发<学校设置标准>;的通知,<甲校>;<乙校>;完");
        assert_eq!(
            text.edited.text(),
            "印发<学校设置标准>的通知,<甲校>;<乙校>完"
        );
    }

    #[test]
    fn a_text_of_nothing_but_references_is_read() {
        let once: String = "青禾县工作总结"
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect();
        let twice = once.replace('&', "&amp;");
        for stored in [once, twice] {
            let (text, _) = repaired(&format!("{stored}\n2019"));
            assert_eq!(text.edited.text(), "青禾县工作总结\n2019");
        }
    }

    #[test]
    fn a_clean_text_stays_as_it_is() {
        for clean in [
            "AT&T公司,a&lt,x<y且y>0;完。结果(二)如何?很好。",
            "Write `&lt;` for a `<` and `&amp;` for a `&` in the template of 淘沙.",
        ] {
            let (text, repairs) = repaired(clean);
            assert_eq!((text.edited.text(), repairs.len()), (clean, 0));
        }
    }
}
