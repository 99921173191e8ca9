//! What can be put right: the text becomes what it was before the site spoiled it.
//!
//! Each repair is an edit with its kind and what stood there, so that it can be undone.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Edit, RawRange, Repair, Span, SpanKind};

use crate::anchored::Anchored;
use crate::{html, pinyin};

/// Readings behind characters.
pub(crate) const ANNOTATION: &str = "pinyin_annotation";

/// Character references that were encoded twice, or stored as they stood in the page.
pub(crate) const REFERENCE: &str = "character_reference";

/// The `;` that is left when `&gt;` was resolved without it: `<标准>;的通知`.
pub(crate) const SEMICOLON: &str = "left_over_semicolon";

struct Fix {
    range: Range<usize>,
    kind: &'static str,
    becomes: Cow<'static, str>,
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
        });
        removed += fix.range.len();
        added += fix.becomes.len();
    }
    (repaired, repairs)
}

/// All repairs, in order; of two that overlap the first.
fn fixes(text: &str) -> Vec<Fix> {
    let annotation = |range| Fix {
        range,
        kind: ANNOTATION,
        becomes: "".into(),
    };
    let mut fixes: Vec<Fix> = pinyin::annotations(text)
        .into_iter()
        .map(annotation)
        .collect();
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

/// `&nbsp;` in a text means that it was encoded once too often. Only with the semicolon: `AT&T`
/// and `a&lt` are words.
fn references(text: &str, fixes: &mut Vec<Fix>) {
    let mut at = 0;
    while let Some((range, becomes)) = html::next_reference(text, at) {
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
        let becomes = if is_space { " ".into() } else { becomes };
        fixes.push(Fix {
            range,
            kind: REFERENCE,
            becomes,
        });
    }
}

/// Behind a title in angle brackets and before a word; `<甲>;<乙>` is a list.
fn semicolons(text: &str, fixes: &mut Vec<Fix>) {
    static LEFT_OVER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"<\p{Han}[^<>;\n]{1,60}>(;)[\p{Han}》〉)）]")
            .expect("a literal pattern compiles")
    });
    for captures in LEFT_OVER.captures_iter(text) {
        if let Some(semicolon) = captures.get(1) {
            fixes.push(Fix {
                range: semicolon.range(),
                kind: SEMICOLON,
                becomes: "".into(),
            });
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
    fn a_semicolon_left_over_from_a_reference_is_taken_out() {
        let (text, _) = repaired("印发<学校设置标准>;的通知,<甲校>;<乙校>;完");
        assert_eq!(
            text.edited.text(),
            "印发<学校设置标准>的通知,<甲校>;<乙校>完"
        );
    }

    #[test]
    fn a_clean_text_stays_as_it_is() {
        let clean = "AT&T公司,a&lt,x<y且y>0;完。结果(二)如何?很好。";
        let (text, repairs) = repaired(clean);
        assert_eq!((text.edited.text(), repairs.len()), (clean, 0));
    }
}
