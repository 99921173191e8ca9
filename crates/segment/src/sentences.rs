//! Sentences: between stops, but not inside quotes, brackets and titles; across line breaks that
//! cut a sentence in two.

use std::ops::Range;

use crate::number::is_space;

/// An opened quote or bracket that is not closed within this many characters is taken to be a
/// misprint, so that it does not swallow the rest of the report.
const LONGEST_QUOTE: usize = 200;

/// A line shorter than this may end without a stop: it is a title, an address or an item.
const SHORT_LINE: usize = 30;

/// The sentences in `text[range]`, in order, without the white space around them. `text` is
/// simplified; `range` lies within one section.
pub(crate) fn sentences(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let Some(words) = text.get(range.clone()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut start = 0;
    // Depth of quotes and brackets, and for how many characters it has been above 0.
    let (mut depth, mut n_inside) = (0usize, 0usize);
    let mut n_in_line = 0;
    // A stop was seen, perhaps closers follow.
    let mut ended = false;
    let mut before_break = ' ';
    let mut characters = words.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        // Most characters are letters that only count.
        if depth == 0 && !ended && ('\u{4e00}'..='\u{9fff}').contains(&c) {
            n_in_line += 1;
            before_break = c;
            continue;
        }
        let end = at + c.len_utf8();
        let next = characters.peek().map(|&(_, next)| next);
        if depth > 0 {
            n_inside += 1;
            if n_inside > LONGEST_QUOTE {
                depth = 0;
            }
        }
        match c {
            '“' | '《' | '「' | '『' | '(' | '（' | '【' | '[' => {
                depth += 1;
                n_inside = if depth == 1 { 0 } else { n_inside };
            }
            '”' | '》' | '」' | '』' | ')' | '）' | '】' | ']' => {
                depth = depth.saturating_sub(1)
            }
            '\n' | '\r' => {
                let broken = n_in_line >= SHORT_LINE && continues(words.get(end..), before_break);
                if !broken {
                    push(&mut found, words, start..at, range.start);
                    (start, depth, ended) = (end, 0, false);
                }
                n_in_line = 0;
                continue;
            }
            '。' | '!' | '?' | '！' | '？' | '…' => ended = true,
            _ => {}
        }
        // 《怎么办?》: the stop belongs to the title.
        ended &= c != '》';
        n_in_line += 1;
        if !is_space(c) {
            before_break = c;
        }
        if ended && !next.is_some_and(closes) {
            // “…好!”他说: the quote is over, but the sentence goes on after a comma.
            let goes_on = depth > 0
                || next.is_some_and(|c| matches!(c, ',' | '，' | '、' | ';' | '；' | ':' | '：'));
            if !goes_on {
                push(&mut found, words, start..end, range.start);
                start = end;
            }
            ended = false;
        }
    }
    push(&mut found, words, start..words.len(), range.start);
    found
}

/// Stops and quotes that end the same sentence once more.
fn closes(c: char) -> bool {
    matches!(
        c,
        '。' | '!'
            | '?'
            | '！'
            | '？'
            | '…'
            | '”'
            | '』'
            | '」'
            | ')'
            | '）'
            | '】'
            | ']'
            | '》'
            | '’'
            | '"'
    )
}

/// True when the line after a line break goes on with the sentence before it.
fn continues(after: Option<&str>, before: char) -> bool {
    if "。!?！？…:：;；”\"".contains(before) {
        return false;
    }
    let next = after.and_then(|after| after.chars().next());
    // A blank line, an indent, a dash or a list number begins something new.
    next.is_some_and(|c| {
        !is_space(c) && !matches!(c, '\n' | '\r' | '—' | '-' | '(' | '（' | '>' | '·' | '●')
    })
}

fn push(found: &mut Vec<Range<usize>>, words: &str, range: Range<usize>, base: usize) {
    let sentence = words.get(range.clone()).unwrap_or_default();
    let blank = |c: char| c.is_whitespace() || is_space(c);
    let trimmed = sentence.trim_start_matches(blank);
    let start = range.start + (sentence.len() - trimmed.len());
    let trimmed = trimmed.trim_end_matches(blank);
    if !trimmed.is_empty() {
        found.push(base + start..base + start + trimmed.len());
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<&str> {
        sentences(text, 0..text.len())
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn stops_inside_quotes_and_titles_do_not_end_a_sentence() {
        let text = "局长说:“要抓落实!要抓到底。”大家鼓掌。印发《怎么办?》一书。";
        assert_eq!(
            shown(text),
            [
                "局长说:“要抓落实!要抓到底。”",
                "大家鼓掌。",
                "印发《怎么办?》一书。"
            ]
        );
    }

    #[test]
    fn a_line_without_a_stop_is_a_sentence() {
        assert_eq!(
            shown("工作总结\n  今年共培训2.8万人\n\n完"),
            ["工作总结", "今年共培训2.8万人", "完"]
        );
    }

    #[test]
    fn a_sentence_goes_on_after_a_false_line_break() {
        let text =
            "全县各中小学组织学生参加了知识竞赛和演讲比赛活动,其中有全县的小学\n四、五年级学生。";
        assert_eq!(shown(text).len(), 1);
    }

    #[test]
    fn an_unclosed_quote_does_not_swallow_the_report() {
        let text = format!("他说:“好。{}", "我们做了工作。".repeat(100));
        assert!(shown(&text).len() > 60);
    }
}
