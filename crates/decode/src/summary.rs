//! The first words of a text, which a site shows above it once more and breaks off.

use std::ops::Range;

use taosha_core::{Mark, Span, SpanKind};

/// A shorter line may be a title or a refrain.
const LEAST_CHARS: usize = 30;

/// The text stands right below, under a heading or a by-line at most.
const NEAR: usize = 3;

/// Marks those of the `lines` that the words of a line below them begin with; `gone` tells of each
/// line whether it is cut.
pub(crate) fn cut(text: &str, lines: &[Range<usize>], gone: &mut [bool], marks: &mut Vec<Mark>) {
    let words = |nth: usize| {
        let line = lines.get(nth).and_then(|line| text.get(line.clone()));
        line.unwrap_or_default().trim_start()
    };
    for nth in 0..lines.len() {
        if gone.get(nth) != Some(&false)
            || !is_summary(words(nth), (nth + 1..=nth + NEAR).map(words))
        {
            continue;
        }
        let (Some(line), Some(gone)) = (lines.get(nth), gone.get_mut(nth)) else {
            continue;
        };
        *gone = true;
        let end = lines.get(nth + 1).map_or(text.len(), |next| next.start);
        // What was cut inside the line goes with it.
        marks.retain(|mark| mark.span.start() < line.start || mark.span.start() >= end);
        marks.push(Mark::cut(
            Span::new(text, line.start..end, SpanKind::Chrome),
            "summary",
        ));
    }
}

/// True when `line` breaks off and one of the lines `below` goes on behind the same words.
fn is_summary<'a>(line: &str, mut below: impl Iterator<Item = &'a str>) -> bool {
    let said = line.trim_end_matches(|c: char| c == '…' || c == '.' || c.is_whitespace());
    let ends = |c: char| matches!(c, '。' | '！' | '？' | '；' | '：' | ':' | ';' | '!' | '?');
    let breaks_off = !said.ends_with(ends) || said.len() < line.trim_end().len();
    breaks_off
        && said.len() >= LEAST_CHARS * 3
        && below.any(|line| line.len() > said.len() && line.starts_with(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_that_break_off_are_told_from_a_text() {
        let first = "过去的一年，全县民政系统在县委、县政府的领导下，坚持以民为本，扎实推进各项工作，取得了";
        let whole = format!("{first}较好的成绩。");
        let below = |lines: &[&'static str]| lines.to_vec();
        let is = |line: &str, below: Vec<&str>| is_summary(line, below.into_iter());
        assert!(is(first, vec!["民政局总结", &whole]));
        assert!(is(&format!("{first}……"), vec![&whole]));
        assert!(!is(first, vec![first]));
        assert!(!is(&whole, vec![&format!("{whole}现汇报如下：")]));
        assert!(!is("全县民政系统", below(&["全县民政系统共有职工120人。"])));
    }
}
