//! The title of a paper that stands on top of each of its pages, also where these were put together
//! into one text: it parts sentences that go on from page to page.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lines::is_stop;

/// Longer lines are sentences, shorter ones columns of a table; in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 15..=120;

/// A line that stands there less often is a quotation of the title.
const LEAST_TIMES: usize = 3;

/// So many of them stand inside of a sentence.
const LEAST_TORN: usize = 2;

/// A line under the title of the paper is full to about here; in bytes. Shorter ones are headings.
const LEAST_FULL: usize = 45;

/// Where such lines stand in `text`, each with the line break behind it; the first is the title.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<Range<usize>> = lines(text).collect();
    let words = |line: &Range<usize>| text.get(line.clone()).unwrap_or_default().trim();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (nth, line) in lines.iter().enumerate() {
        let words = words(line);
        if LENGTHS.contains(&words.len()) && may_be_one(words) {
            places.entry(words).or_default().push(nth);
        }
    }
    let mut found = Vec::new();
    for places in places
        .into_values()
        .filter(|places| places.len() >= LEAST_TIMES)
    {
        let is_torn = |nth: &&usize| {
            let before = lines.get(..**nth).unwrap_or_default().iter().rev();
            let last = before.map(words).find(|words| !is_page_number(words));
            last.is_some_and(|last| {
                last.len() >= LEAST_FULL && last.chars().next_back().is_some_and(goes_on)
            })
        };
        if places.iter().filter(is_torn).count() < LEAST_TORN {
            continue;
        }
        // What stands on top of the first page is the title of the text.
        for nth in places.into_iter().skip(1) {
            let Some(line) = lines.get(nth) else { continue };
            let end = lines.get(nth + 1).map_or(text.len(), |next| next.start);
            found.push(line.start..end);
        }
    }
    found.sort_unstable_by_key(|range| range.start);
    found
}

/// The lines of `text` that hold something.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.trim_end_matches('\n').len();
        start += line.len();
        range
    });
    lines.filter(|line| !line.is_empty())
}

/// True for words that may be the title of a paper: no sentence, no row of a table, no figures alone.
fn may_be_one(words: &str) -> bool {
    let n_han = words
        .chars()
        .filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c))
        .count();
    n_han >= 5 && !words.contains(['。', '；', '，', '、', '\t', '：', ':'])
}

/// A sentence that ends with `last` goes on.
fn goes_on(last: char) -> bool {
    !is_stop(last) && !matches!(last, '）' | ')' | '”' | '》' | '】' | ']')
}

fn is_page_number(words: &str) -> bool {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\s—–－\-·.]*(?:第\s*)?\d{1,4}\s*(?:页)?(?:\s*[/,，]?\s*共?\s*\d{1,4}\s*页)?[\s—–－\-·.]*$")
            .expect("a literal pattern compiles")
    });
    words.is_empty() || words.len() <= 60 && NUMBER.is_match(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let mut left = text.to_owned();
        for range in find(text).into_iter().rev() {
            left.replace_range(range, "");
        }
        left
    }

    const HEAD: &str = "青禾化工公司2016年度工作报告\n";
    const LINES: [&str; 4] = [
        "全年实现营业收入11亿元，同比增长7.3%；利润总额1.1\n",
        "亿元，同比增长17%；上缴税费9313万元；完成固定资产投\n",
        "资2亿元，新建厂房3座，改造生产线12条，安排就业1200\n",
        "人。职工收入增长8%。\n",
    ];

    #[test]
    fn a_title_on_top_of_each_page_is_one_title() {
        let pages: String = LINES.iter().map(|line| format!("{HEAD}{line}")).collect();
        assert_eq!(cut(&pages), format!("{HEAD}{}", LINES.concat()));
        let numbered: String = LINES
            .iter()
            .map(|line| format!("{HEAD}{line}- 3 -\n"))
            .collect();
        assert_eq!(cut(&numbered).matches(HEAD).count(), 1);
    }

    #[test]
    fn lines_that_stand_between_sentences_stay() {
        let whole = "全年实现营业收入11亿元，同比增长7.3%，利润总额1.1亿元。\n";
        let text = format!("{HEAD}{whole}").repeat(4);
        assert_eq!(cut(&text), text);
        let forms = "青禾县第一中学工作完成情况\n35\n".repeat(5);
        assert_eq!(cut(&forms), forms);
        let twice = format!("{HEAD}{}{HEAD}{}", LINES[0], LINES[3]);
        assert_eq!(cut(&twice), twice);
    }
}
