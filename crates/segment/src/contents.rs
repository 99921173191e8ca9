//! Tables of contents: the headings of a report once more, in front of it.

use std::ops::Range;

use crate::lines;
use crate::number::is_space;

/// A table of contents has fewer lines than this; what repeats further down does so by chance.
const MOST_LINES: usize = 200;

/// The lines under 目录, up to where the first of them is said again.
pub(crate) fn table_of_contents(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    let start = loop {
        let line = lines::line_at(text, at);
        if line.end >= text.len() {
            return None;
        }
        at = line.end + 1;
        let words = text.get(line).unwrap_or_default();
        if words.len() < 60 && matches!(key(words).as_str(), "目录" | "目次") {
            break at;
        }
    };
    let mut first: Option<String> = None;
    for _ in 0..MOST_LINES {
        if at >= text.len() {
            break;
        }
        let line = lines::line_start(text, at);
        let key = key(without_leader(text.get(line.clone()).unwrap_or_default()));
        match &first {
            _ if key.is_empty() => {}
            None => first = Some(key),
            Some(first) if *first == key => return Some(start..line.start),
            Some(_) => {}
        }
        at = lines::line_at(text, line.end).end + 1;
    }
    None
}

/// True for 一、教学质量……1, a line with a page number behind a leader.
pub(crate) fn has_leader(line: &str) -> bool {
    let line = line.trim_end();
    without_leader(line).len() < line.len()
}

/// `line` without the dots and the page number at its end.
fn without_leader(line: &str) -> &str {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || is_space(c));
    let head = line
        .trim_end_matches([')', '）'])
        .trim_end_matches(|c: char| c.is_ascii_digit() || is_space(c))
        .trim_end_matches(['(', '（']);
    let bare = head.trim_end_matches(|c: char| {
        matches!(c, '…' | '.' | '·' | '．' | '-' | '—' | '_') || is_space(c)
    });
    let leader = head.get(bare.len()..).unwrap_or_default();
    let n_marks = leader.chars().filter(|c| !is_space(*c)).count();
    let is_leader = n_marks >= 3 || leader.contains('…') && head.len() < line.len();
    if is_leader { bare } else { line }
}

fn key(line: &str) -> String {
    line.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    #[test]
    fn the_contents_end_where_the_report_begins() {
        let text = "总结\n目  录\n一、甲项\n二、乙项\n一、甲项\n正文。";
        let range = table_of_contents(text).expect("it is there");
        assert_eq!(&text[range], "一、甲项\n二、乙项\n");
        assert_eq!(
            table_of_contents("总结\n目录\n一、甲项\n二、乙项\n正文。"),
            None
        );
        assert_eq!(table_of_contents("目录"), None);
    }

    #[test]
    fn a_leader_tells_a_line_of_contents() {
        for line in [
            "一、甲项……1",
            "(二)乙项......12",
            "三、丙项 ———— (3)",
            "四、丁项…………",
        ] {
            assert!(has_leader(line), "{line}");
        }
        for line in ["一、甲项1", "他说……", "共计12", "2-3"] {
            assert!(!has_leader(line), "{line}");
        }
    }
}
