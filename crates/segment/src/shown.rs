//! Titles of reports that a page shows as headings (`<h2>`), one above each.

use std::ops::Range;

use crate::number;
use crate::page::n_chars_up_to;
use crate::rules::TITLE_WORDS;
use crate::{lines, title};

/// A report has more visible characters.
const MIN_BODY: usize = 60;

/// Shorter titles are names of sections: 工作总结.
const LEAST_CHARS: usize = 6;

/// Where the lines of `text` (simplified) begin that head a report each; `shown` are those that the
/// page shows as headings, in order. None unless there are two of one kind of paper, since a report may
/// have 2020年工作总结 and 2021年工作计划 for its halves.
pub(crate) fn titles(text: &str, shown: &[Range<usize>]) -> Vec<usize> {
    let found: Vec<Range<usize>> = shown
        .iter()
        .map(|line| lines::trim(text, line.clone()))
        .filter(|line| is_title(lines::slice(text, line)))
        .collect();
    let ends = found.iter().skip(1).map(|next| next.start);
    let ends = ends.chain([text.len()]);
    let has_body = |(line, end): &(&Range<usize>, usize)| {
        let body = text.get(line.end..*end).unwrap_or_default();
        n_chars_up_to(body, MIN_BODY) >= MIN_BODY
    };
    let headed = found.iter().zip(ends).filter(has_body);
    let heads: Vec<&Range<usize>> = headed.map(|(line, _)| line).collect();
    let words = |line: &Range<usize>| title::bare(lines::slice(text, line));
    let kind = |line: &Range<usize>| {
        TITLE_WORDS
            .find_iter(words(line))
            .last()
            .map(|kind| kind.as_str())
    };
    let are_alike = heads.windows(2).all(|pair| match pair {
        [one, other] => {
            let (a, b) = (words(one), words(other));
            kind(one) == kind(other) && !a.contains(b) && !b.contains(a)
        }
        _ => true,
    });
    match heads.len() >= 2 && are_alike {
        true => heads.into_iter().map(|line| line.start).collect(),
        false => Vec::new(),
    }
}

fn is_title(words: &str) -> bool {
    let has_number = number::scan(lines::prefix(words, 6))
        .first()
        .is_some_and(|number| number.start == 0);
    title::is_title(words)
        && !has_number
        && !words.contains([',', '，'])
        && words.chars().count() >= LEAST_CHARS
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn found(page: &[(&str, &str)]) -> usize {
        let (mut text, mut shown) = (String::new(), Vec::new());
        for (head, body) in page {
            shown.push(text.len()..text.len() + head.len());
            text.push_str(&format!("{head}\n{}\n", body.repeat(10)));
        }
        titles(&text, &shown).len()
    }

    const BODY: &str = "全年完成各项任务,";

    #[test]
    fn titles_of_one_kind_head_a_report_each() {
        let page = [
            ("青禾县图书馆年终工作总结", BODY),
            ("云岭县档案馆工作总结", BODY),
        ];
        assert_eq!(found(&page), 2);
        let below_a_head = [&[("单位工作总结", "")][..], &page].concat();
        assert_eq!(
            found(&below_a_head),
            2,
            "a line without a text is no report"
        );
    }

    #[test]
    fn headings_of_one_report_head_none() {
        for page in [
            [("2020年工作总结", BODY), ("2021年工作计划", BODY)],
            [("青禾县图书馆工作总结", BODY), ("图书馆工作总结", BODY)],
            [("一、图书馆工作总结", BODY), ("二、档案馆工作总结", BODY)],
            [("青禾县图书馆工作总结", BODY), ("存在的问题", BODY)],
            [("总结", BODY), ("计划", BODY)],
        ] {
            assert_eq!(found(&page), 0, "{page:?}");
        }
    }
}
