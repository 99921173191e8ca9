//! What sites write around a title: trails, by-lines, series tags, declared lengths.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::glued::glued_title;
use super::{LONGEST_LINE, is_title};
use crate::lines::prefix;
use crate::rules;

/// 3250字, (约3250字)
static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"[ \t\u{a0}\u{3000}]*[(（\[【]?(?:共|约|全文|字数)?[:：]?[ \t]*([0-9]{3,6})[ \t]*字[)）\]】]?[ \t\u{a0}\u{3000}]*$",
    )
});

/// The same between a title and the text that follows on its line.
static DECLARED_BETWEEN: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[ \t\u{a0}\u{3000}]*[(（\[【]?(?:共|约|全文|字数)?[:：]?([0-9]{3,6})字[)）\]】]?",
    )
});

/// [2018年工作总结], 【工作总结范文】 in front of a title.
static SERIES: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(r"^[\[【〔][^\[\]【】〔〕\n]{2,40}[\]】〕][ \t\u{a0}\u{3000}]*")
});

/// What sites write behind or in front of a title: 作者:佚名, 浏览:20次, 2021-07-09 09:15.
static BYLINE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[ \t\u{a0}\u{3000}|]*(?:(?:文章)?(?:作者|来源|编辑|责任编辑|发布时间|发布日期|发表时间|更新时间|时间|日期|浏览|浏览次数|浏览量|点击|点击数|点击量|阅读|阅读量|人气|字号|发布人|审核|录入)[ \u{3000}]?[:：][ \u{3000}]?(?:[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?(?:[ \u{3000}][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?|[^ \t\u{a0}\u{3000}\n\r:：,，。]{1,16})|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[ \u{3000}][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?)(?:[ \t\u{a0}\u{3000}]+|$)",
    )
});

/// 首页 > 总结, where the page stands on its site.
static CRUMBS: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:(?:您的|您现在的|你的|当前)?位置[:：]?[ \u{3000}]?)?(?:网站)?(?:首页|主页)(?:[ \u{3000}]?(?:>+|&gt;|»|›|→|/)[ \u{3000}]?[^ \t\u{3000}>»›→/。，,\n\r]{1,12})+[ \t\u{3000}]+",
    )
});

/// How much of `words` is what the site says about the report: trail and by-line.
pub(crate) fn byline(words: &str) -> usize {
    /// Author, source, date, hits, size of the letters, editor: sites have no more.
    const MOST_ITEMS: usize = 8;
    let mut len = CRUMBS.find(words).map_or(0, |crumbs| crumbs.end());
    for _ in 0..MOST_ITEMS {
        match BYLINE.find(words.get(len..).unwrap_or_default()) {
            Some(item) => len += item.end(),
            None => break,
        }
    }
    len
}

/// The number of characters a site gives for a report at the end of its title line, and where.
pub(crate) fn declared(line: &str) -> Option<(u32, Range<usize>)> {
    // The declaration is short and at the end: a long line need not be read from its start.
    let tail_at = line.char_indices().rev().nth(24).map_or(0, |(at, _)| at);
    let tail = line.get(tail_at..).filter(|tail| tail.contains('字'))?;
    let captures = DECLARED.captures(tail)?;
    let n_chars = captures.get(1)?.as_str().parse().ok()?;
    let place = captures.get(0)?.range();
    Some((n_chars, tail_at + place.start..tail_at + place.end))
}

/// The same where the text follows on the line of the title.
pub(crate) fn declared_between(line: &str) -> Option<(u32, Range<usize>)> {
    if !prefix(line, LONGEST_LINE).contains('字') {
        return None;
    }
    let title = glued_title(line)?;
    let (n_chars, len) = between(line.get(title..)?)?;
    Some((n_chars, title..title + len))
}

/// The length that `rest`, what stands behind a title, begins with, and how much of it that is.
pub(super) fn between(rest: &str) -> Option<(u32, usize)> {
    let captures = DECLARED_BETWEEN.captures(rest)?;
    let n_chars = captures.get(1)?.as_str().parse().ok()?;
    Some((n_chars, captures.get(0)?.end()))
}

/// The length of a series tag in front of a title that says more than the tag.
pub(crate) fn series_tag(line: &str) -> Option<usize> {
    let tag = SERIES.find(line)?;
    let rest = line.get(tag.end()..)?;
    (is_title(rest) || glued_title(rest).is_some()).then_some(tag.end())
}
