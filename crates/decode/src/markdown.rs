//! The signs of Markdown in a plain text: `## ` in front of headings, `**` around bold words.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// So many headings or bold words make a text Markdown: one alone may be anything, and `**` hides names.
const LEAST: usize = 2;

/// A heading, with its sign.
static HEADING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^(#{1,6} +)([^#\n]{1,80}?)[ #]*$"));

/// Bold words at the start of a line or item, with what ends them.
static BOLD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)(?:^|[\s。；：:])(?:\d{1,2}[.、] ?|[-*] )?(\*\*)([^*\n]{2,60})(\*\*)(?:[：:，。、\s]|$)|(?m)(?:^|[\s。；])(?:\d{1,2}[.、] ?|[-*] )?(\*\*)([^*\n]{2,60}[：:。])(\*\*)",
    )
});

/// What is found in a text.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Markdown {
    /// The signs, in order.
    pub(crate) signs: Vec<Range<usize>>,
    /// The words of headings, in order.
    pub(crate) headings: Vec<Range<usize>>,
}

/// The signs and headings of `text`; none where it is no Markdown.
pub(crate) fn find(text: &str) -> Markdown {
    let mut found = Markdown::default();
    if !text.contains("# ") && !text.contains("**") {
        return found;
    }
    for captures in HEADING.captures_iter(text) {
        if let (Some(sign), Some(words)) = (captures.get(1), captures.get(2)) {
            found.signs.push(sign.range());
            found.headings.push(words.range());
        }
    }
    let n_headings = found.headings.len();
    let mut bold = Vec::new();
    for captures in BOLD.captures_iter(text) {
        let signs = [1, 3, 4, 6].into_iter().filter_map(|n| captures.get(n));
        bold.extend(signs.map(|sign| sign.range()));
    }
    if n_headings < LEAST && bold.len() < 2 * LEAST {
        return Markdown::default();
    }
    found.signs.append(&mut bold);
    found.signs.sort_unstable_by_key(|sign| sign.start);
    found
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a literal pattern compiles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_bold_words_lose_their_signs() {
        let text = "# 青禾县工作总结\n## 一、成效\n1. **设施建设**：完成15家。\n2. **服务：**建档5600份。\n## 二、打算\n继续。";
        let found = find(text);
        let mut left = text.to_owned();
        for sign in found.signs.iter().rev() {
            left.replace_range(sign.clone(), "");
        }
        assert_eq!(
            left,
            "青禾县工作总结\n一、成效\n1. 设施建设：完成15家。\n2. 服务：建档5600份。\n二、打算\n继续。"
        );
        let words: Vec<&str> = found
            .headings
            .iter()
            .filter_map(|range| text.get(range.clone()))
            .collect();
        assert_eq!(words, ["青禾县工作总结", "一、成效", "二、打算"]);
    }

    #[test]
    fn masks_and_numbers_of_houses_are_no_markdown() {
        for text in [
            "根据**省、**市的部署，**县完成**万元。\n**镇新建12处。",
            "建成3# 4# 教学楼。",
            "# 一个标题\n全年完成。",
        ] {
            assert_eq!(find(text), Markdown::default(), "{text}");
        }
    }
}
