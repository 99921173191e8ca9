//! Which words are a report's title: on a line of their own, or glued to the first sentence.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::marker;
use crate::number::{self, is_space};
use crate::rules::{self, OPENINGS, TITLE_WORDS, TITLES};

/// The longest title of a report on a line of its own, in characters; the titles of government
/// papers run to about 45.
const LONGEST: usize = 55;

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

/// What sites add to the end of a title.
static SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:[ \u{3000}]*[-_—|–]+[ \u{3000}]*(?:百度文库|豆丁|豆丁网|道客巴巴|原创力文档|[^-_—|– ]{0,8}(?:网|文库|博客|论坛|门户))|\.(?:docx?|pdf|wps|txt|rtf)|[ \u{3000}]*[(（](?:[0-9]{1,2}|共[ ]?[0-9]+[ ]?页)[)）])$",
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

/// The title of what is issued: 关于印发《…工作总结》的通知.
pub(crate) fn inner(title: &str) -> Option<&str> {
    let (before, rest) = title.split_once('《')?;
    let (inner, behind) = rest.split_once('》')?;
    let is_issued = ["印发", "转发", "下发", "公布", "发布", "报送"]
        .iter()
        .any(|word| before.ends_with(word));
    let is_letter = ["通知", "函", "报告"]
        .iter()
        .any(|word| behind.trim_end().ends_with(word));
    (is_issued && is_letter && inner.chars().count() >= 4).then_some(inner)
}

/// The line that begins at `at`, without its break.
pub(crate) fn line_at(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    at..at + rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// More of a line is never needed to tell whether it is or begins with a title; reading on would
/// take quadratic time on a page that is one line of a thousand markers.
const LINE_START: usize = 1024;

/// The line that begins at `at`, or its first kilobyte.
pub(crate) fn line_start(text: &str, at: usize) -> Range<usize> {
    let mut end = (at + LINE_START).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = text.get(at..end).unwrap_or_default();
    at..at + start.find(['\n', '\r']).unwrap_or(start.len())
}

/// What ends a sentence, so that a title may follow on the same line.
pub(crate) const STOPS: [char; 7] = ['。', '!', '！', '?', '？', '”', '…'];

/// A line with more characters is no title, not even with a marker on it.
const LONGEST_LINE: usize = 70;

/// Every place in `text` (simplified) where a title may stand: short lines, and, in lines that are
/// whole texts, what begins a sentence and reads as a title glued to its text. A marker behind the
/// title belongs to its place. Linear.
pub(crate) fn places(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        at = line.end + 1;
        let line = trim(text, line);
        let words = slice(text, &line);
        if words.is_empty() {
            continue;
        }
        if words.chars().nth(LONGEST_LINE).is_none() {
            let glued = glued_place(text, line.start).filter(|_| !is_title(words));
            places.push(glued.unwrap_or(line));
            continue;
        }
        places.extend(glued_place(text, line.start));
        for (stop, c) in words.char_indices().filter(|(_, c)| STOPS.contains(c)) {
            places.extend(glued_place(text, line.start + stop + c.len_utf8()));
        }
    }
    places
}

/// The title that begins at `at`, with the marker behind it.
fn glued_place(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let words = rest.trim_start_matches(is_space);
    let start = at + rest.len() - words.len();
    let end = glued_title(words)?;
    let behind = words.get(end..)?;
    let marked = marker::suffix(behind).unwrap_or_default();
    (!behind.is_empty()).then_some(start..start + end + marked)
}

/// `range` without spaces and line breaks around it.
pub(crate) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let blank = |c: char| c.is_whitespace() || is_space(c);
    let words = text.get(range.clone()).unwrap_or_default();
    let left = words.trim_start_matches(blank);
    let start = range.end - left.len();
    start..start + left.trim_end_matches(blank).len()
}

/// The number of characters a site gives for a report at the end of its title line, and where.
pub(crate) fn declared(line: &str) -> Option<(u32, Range<usize>)> {
    // The declaration is short and at the end: a long line need not be read from its start.
    let tail_at = line.char_indices().rev().nth(24).map_or(0, |(at, _)| at);
    let captures = DECLARED.captures(line.get(tail_at..)?)?;
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
    let captures = DECLARED_BETWEEN.captures(line.get(title..)?)?;
    let n_chars = captures.get(1)?.as_str().parse().ok()?;
    Some((n_chars, title..title + captures.get(0)?.end()))
}

/// The length of a series tag in front of a title that says more than the tag.
pub(crate) fn series_tag(line: &str) -> Option<usize> {
    let tag = SERIES.find(line)?;
    let rest = line.get(tag.end()..)?;
    (is_title(rest) || glued_title(rest).is_some()).then_some(tag.end())
}

/// True for a line that is a title and nothing else.
pub(crate) fn is_title(line: &str) -> bool {
    let line = bare(line);
    let n_chars = line.chars().take(LONGEST + 1).count();
    (4..=LONGEST).contains(&n_chars)
        && !line.contains(['。', ';', '；', '!', '?'])
        && TITLES.find(line).is_some()
}

/// The title's own words, without quotes and brackets around them.
pub(crate) fn bare(line: &str) -> &str {
    let line = line.trim_matches(|c: char| c.is_whitespace() || is_space(c));
    let line = line
        .strip_prefix("转载")
        .map_or(line, |rest| rest.strip_prefix([':', '：']).unwrap_or(line));
    let mut line = line;
    // 总结.doc_百度文库: one behind the other.
    for _ in 0..3 {
        match SUFFIX.find(line) {
            Some(suffix) => line = line.get(..suffix.start()).unwrap_or_default(),
            None => break,
        }
    }
    line.trim_matches([
        '《', '》', '【', '】', '“', '”', '"', ':', '：', '★', '◆', '●',
    ])
}

/// Where a title glued to the first sentence ends: behind a title word that a sentence start or
/// the number of a heading follows.
pub(crate) fn glued_title(line: &str) -> Option<usize> {
    let ends = |&(n, (_, c)): &(usize, (usize, char))| {
        n >= LONGEST + 10 || matches!(c, ',' | '，' | '。' | ';' | '；' | '\n' | '\r')
    };
    let end = line.char_indices().enumerate().find(ends);
    let head = line.get(..end.map_or(line.len(), |(_, (at, _))| at))?;
    for word in TITLE_WORDS.find_iter(head) {
        let (title, rest) = (line.get(..word.end())?, line.get(word.end()..)?);
        if is_sentence(title) {
            return None;
        }
        if title.chars().count() >= 4 && (rest.is_empty() || starts_body(title, rest)) {
            return Some(word.end());
        }
    }
    None
}

/// Words that stand in sentences and not in titles.
fn is_sentence(words: &str) -> bool {
    [
        "我局",
        "我们",
        "我校",
        "认真总结",
        "进行了",
        "召开",
        "作了",
        "做了",
        "现将",
        "出台了",
        "制定了",
        "印发了",
        "撰写",
        "完成了",
        "上报",
        "一是",
        "二是",
        "三是",
        "四是",
        "五是",
    ]
    .iter()
    .any(|word| words.contains(word))
}

fn starts_body(title: &str, rest: &str) -> bool {
    if byline(rest) > 0 {
        return true;
    }
    // A sentence goes on or ends: 一是出台了工作方案;二是….
    if rest.starts_with([
        ';', '；', ':', '：', ',', '，', '。', '、', '”', '》', '!', '！',
    ]) {
        return false;
    }
    if let Some(marked) = marker::suffix(rest) {
        let behind = rest.get(marked..).unwrap_or_default();
        return OPENINGS.find(behind.trim_start_matches(is_space)).is_some();
    }
    let declared = DECLARED_BETWEEN.find(rest).map_or(0, |found| found.end());
    let rest = rest.get(declared..).unwrap_or_default();
    let rest = rest.trim_start_matches(is_space);
    if ["一、", "(一)", "（一）", "1、", "1.", "\n", "\r"]
        .iter()
        .any(|number| rest.starts_with(number))
    {
        return true;
    }
    // The site's title, then the report's own, which are alike at the start.
    let start: String = title.chars().take(4).collect();
    if rest.starts_with(&start) {
        return true;
    }
    let goes_on = [
        "和", "及", "与", "暨", "、", "以及", "的", "并", "或", "(", "（",
    ];
    if goes_on.iter().any(|word| rest.starts_with(word)) {
        return false;
    }
    // 2018年工作总结2019年工作计划 is one title; 根据上级统一部署 ends like one and is none.
    let clause = rest.split([',', '，', '。']).next().unwrap_or_default();
    let is_phrase = ["根据", "按照", "遵照", "依据", "围绕", "为", "在", "结合"]
        .iter()
        .any(|word| clause.starts_with(word));
    let second =
        !is_phrase && clause.chars().count() <= 25 && TITLES.find(clause.trim_end()).is_some();
    !second && OPENINGS.find(rest).is_some()
}

/// The title of a report and the site's copies of it in front.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    /// The report's own title; the last one where several stand above each other.
    pub(crate) title: Option<Range<usize>>,
    /// What the site put in front: the same title once more, series tags.
    pub(crate) site: Vec<Range<usize>>,
    /// The site's trail and by-line on the line of the title.
    pub(crate) bylines: Vec<Range<usize>>,
}

/// A site repeats a title in a heading, a summary and the text: three times, not more.
const MOST_COPIES: usize = 4;

/// The title of the report whose text begins at `at` and ends at `end`.
pub(crate) fn head(text: &str, at: usize, end: usize) -> Head {
    let mut head = Head::default();
    let mut at = at;
    for _ in 0..MOST_COPIES {
        let rest = trim(text, at..end);
        let line = line_start(text, rest.start);
        let mut line = trim(text, line.start..line.end.min(end));
        let mut words = text.get(line.clone()).unwrap_or_default();
        if let Some(tag) = series_tag(words) {
            head.site.push(line.start..line.start + tag);
            line.start += tag;
            words = text.get(line.clone()).unwrap_or_default();
        }
        let site = byline(words);
        if site > 0 && site < words.len() {
            head.bylines.push(trim(text, line.start..line.start + site));
            line.start += site;
            words = text.get(line.clone()).unwrap_or_default();
        }
        let numbered = number::scan(prefix(words, 6));
        if words.is_empty() || numbered.first().is_some_and(|number| number.start == 0) {
            break;
        }
        let len = match first_copy(words) {
            Some(len) => Some(len),
            None if is_title(words) => Some(words.len()),
            None => glued_title(words),
        };
        let Some(len) = len else { break };
        let title = line.start..line.start + len;
        match head.title.take() {
            Some(above) if alike(slice(text, &above), slice(text, &title)) => head.site.push(above),
            Some(above) => {
                head.title = Some(above);
                break;
            }
            None => {}
        }
        at = title.end;
        let rest = slice(text, &line_start(text, at));
        let behind = byline(rest);
        if behind > 0 {
            head.bylines.push(trim(text, at..at + behind));
            at += behind;
        }
        head.title = Some(title);
    }
    // Without a title, what looks like a by-line may be the report's.
    if head.title.is_none() {
        head.bylines.clear();
    }
    head.bylines.retain(|range| range.end <= end);
    head
}

/// Where the site's copy of a title ends, and the title itself is the rest of the line.
fn first_copy(line: &str) -> Option<usize> {
    if !is_title(line) {
        return None;
    }
    let is_copy = |copy: &str, title: &str| {
        let years = [copy, title].map(|words| words.replace(|c: char| !c.is_ascii_digit(), ""));
        // 2021年工作总结2022年工作计划 is one title.
        let is_same_year = years[0] == years[1] || years.iter().any(String::is_empty);
        is_title(copy)
            && is_title(title)
            && prefix(copy, 4) == prefix(title, 4)
            && is_same_year
            && alike(copy, title)
    };
    let mut ends = TITLE_WORDS.find_iter(line).map(|word| word.end());
    ends.find(|&end| {
        let (copy, title) = line.split_at(end);
        is_copy(copy, title)
    })
}

/// The first `n_chars` characters.
pub(crate) fn prefix(text: &str, n_chars: usize) -> &str {
    let end = text
        .char_indices()
        .nth(n_chars)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

/// 以人为本 促进和谐, and below it ——青禾县教育局2021年工作总结: a title of two lines.
pub(crate) fn subtitled(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let rest = trim(text, range);
    let first = line_start(text, rest.start);
    let below = trim(text, first.end..rest.end);
    let second = line_start(text, below.start);
    let second = trim(text, second.start..second.end.min(rest.end));
    let words = slice(text, &second);
    let is_short = slice(text, &first).chars().nth(PLAIN).is_none();
    let is_title = is_title(words.trim_start_matches(['—', '-', '－', '─']));
    (is_short && words.starts_with(['—', '-', '－', '─']) && is_title)
        .then_some(rest.start..second.end)
}

/// 青禾县教育局, and below it 2021年工作总结: a title of two lines, the first of which is the unit.
pub(crate) fn unit_above(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let rest = trim(text, range);
    let first = line_start(text, rest.start);
    let below = trim(text, first.end.min(rest.end)..rest.end);
    let second = line_start(text, below.start);
    let second = trim(text, second.start..second.end.min(rest.end));
    let above = slice(text, &first).trim_end_matches(is_space);
    let is_unit = above.chars().nth(PLAIN).is_none()
        && rules::UNITS
            .find_iter(above)
            .last()
            .is_some_and(|unit| unit.end() == above.len());
    (is_unit && first.end < second.start && is_title(slice(text, &second)))
        .then_some(rest.start..second.end)
}

/// A first line that no title word ends but that looks like a title all the same: short, without
/// punctuation, with prose below it.
pub(crate) fn plain(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let rest = trim(text, range.clone());
    let line = line_start(text, rest.start);
    let line = trim(text, line.start..line.end.min(rest.end));
    let words = slice(text, &line);
    let n_chars = words.chars().take(PLAIN + 1).count();
    let is_short = (6..=PLAIN).contains(&n_chars);
    let is_name = !words.contains([
        '。', ',', '，', ';', '；', ':', '：', '!', '！', '?', '？', '/', '>', '|',
    ]);
    let n_han = words
        .chars()
        .filter(|c| ('\u{3400}'..='\u{9fff}').contains(c))
        .count();
    let numbered = number::scan(prefix(words, 6))
        .first()
        .is_some_and(|number| number.start == 0);
    if !is_short || !is_name || 10 * n_han < 6 * n_chars || numbered {
        return None;
    }
    let below = trim(text, line.end..rest.end);
    let below = slice(text, &line_start(text, below.start));
    let is_prose = below.contains(['。', ',', '，']) && below.chars().nth(20).is_some();
    is_prose.then_some(line)
}

/// The longest line that is taken for a title without a title word, in characters.
const PLAIN: usize = 38;

/// True when two titles name the same thing in other words.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (key(one), key(other));
    let (short, long) = match one.len() <= other.len() {
        true => (one, other),
        false => (other, one),
    };
    let shared = short.chars().filter(|&c| long.contains(c)).count();
    shared > 0 && 10 * shared >= 7 * short.chars().count()
}

/// A title for comparing: without digits, masks, brackets, spaces and the words sites add.
pub(crate) fn key(title: &str) -> String {
    let letters: String = title
        .chars()
        .filter(|c| c.is_alphabetic() && !matches!(c, 'x' | 'X'))
        .collect();
    letters.replace("范文", "").replace("精选", "")
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    #[test]
    fn a_title_glued_to_its_sentence_is_told() {
        for (line, title) in [
            (
                "白石镇妇联2021年度工作总结2021年度,我镇妇联在…",
                "白石镇妇联2021年度工作总结",
            ),
            (
                "敬老院年度工作总结xx年在上级部门的关怀下",
                "敬老院年度工作总结",
            ),
            (
                "民政局工作总结和明年打算一、条件改善",
                "民政局工作总结和明年打算",
            ),
            ("工会工作总结报告一年来,我们", "工会工作总结报告"),
        ] {
            assert_eq!(glued_title(line).map(|end| &line[..end]), Some(title));
        }
        for line in [
            "今年以来,我局认真总结2020年经验",
            "我局认真总结2020年以来的经验",
            "各校认真做好工作计划的落实",
        ] {
            assert_eq!(glued_title(line), None, "{line}");
        }
    }

    #[test]
    fn of_two_copies_on_one_line_the_second_is_the_title() {
        let title = |line: &str| {
            head(line, 0, line.len())
                .title
                .map(|title| line[title].to_owned())
        };
        let twice = "农业局上半年工作总结范文和下半年工作思路农业局上半年工作总结和下半年工作思路";
        assert_eq!(
            title(twice).as_deref(),
            Some("农业局上半年工作总结和下半年工作思路")
        );
        let two_years = "青禾县民政局2021年工作总结青禾县民政局2022年工作计划";
        assert_eq!(title(two_years).as_deref(), Some(two_years));
    }

    #[test]
    fn what_the_site_wrote_around_a_title_is_none_of_it() {
        for (line, n_site) in [
            (
                "青禾县粮食局2021年工作总结 作者:佚名 2021年,青禾县粮食局收购粮食3万吨。",
                1,
            ),
            (
                "青禾县粮食局2021年工作总结 浏览:20次 2021年,我局收购粮食3万吨。",
                1,
            ),
            (
                "青禾县粮食局2021年工作总结 发布时间:2021-07-09 今年以来,我局真抓实干。",
                1,
            ),
            (
                "来源:本站 点击:20次 青禾县粮食局2021年工作总结 今年以来,我局真抓实干。",
                1,
            ),
            (
                "首页 > 总结 青禾县粮食局2021年工作总结 作者:网友 今年以来,我局真抓实干。",
                2,
            ),
        ] {
            let head = head(line, 0, line.len());
            assert_eq!(
                head.title.map(|t| &line[t]),
                Some("青禾县粮食局2021年工作总结")
            );
            assert_eq!(head.bylines.len(), n_site, "{line}");
        }
    }

    #[test]
    fn suffixes_and_wrappers_are_none_of_the_title() {
        for title in [
            "青禾县民政局工作总结_百度文库",
            "青禾县民政局工作总结.doc",
            "青禾县民政局工作总结 - 豆丁网",
            "转载:青禾县民政局工作总结",
            "青禾县民政局工作总结(1)",
            "青禾县民政局工作总结.docx(共5页)",
        ] {
            assert_eq!(bare(title), "青禾县民政局工作总结");
        }
        assert_eq!(bare("青禾县工作总结(2017)"), "青禾县工作总结(2017)");
        assert_eq!(
            inner("青禾县教育局关于印发《青禾县教育局2021年工作总结》的通知"),
            Some("青禾县教育局2021年工作总结")
        );
        let text = "青禾县教育局\n2021年工作总结\n今年以来,我局做了工作。";
        let range = unit_above(text, 0..text.len()).expect("two lines");
        assert_eq!(&text[range], "青禾县教育局\n2021年工作总结");
    }

    #[test]
    fn a_declared_length_is_read_from_the_end_of_the_line() {
        let line = "云岭县教育局工作总结 3250字";
        assert_eq!(
            declared(line).map(|(n, at)| (n, &line[at])),
            Some((3250, " 3250字"))
        );
        assert_eq!(declared("识字3250字以上"), None);
    }

    #[test]
    fn a_series_tag_is_told_from_the_title() {
        let line = "[2018年工作总结及计划]2018年青禾县教育局工作总结";
        assert_eq!(
            series_tag(line).map(|end| &line[end..]),
            Some("2018年青禾县教育局工作总结")
        );
        assert_eq!(series_tag("[通知]各校注意"), None);
    }
}
