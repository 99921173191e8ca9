//! The head of a report: its title, of one line or two, and what the site put in front.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::glued::glued_title;
use super::site_words::{byline, series_tag};
use super::{alike, bare, is_title};
use crate::lines::{line_start, prefix, slice, trim};
use crate::number::{self, is_space};
use crate::rules::{self, TITLE_WORDS};
use crate::unit;

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
        if head.title.is_none() && stands_above(words) {
            at = line.end;
            continue;
        }
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
            Some(above) if names_unit_alone(slice(text, &above), slice(text, &title)) => {
                head.title = Some(above);
                break;
            }
            Some(above)
                if alike(slice(text, &above), slice(text, &title))
                    || announces(slice(text, &above), slice(text, &title)) =>
            {
                head.site.push(above)
            }
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

/// True when `above` names a unit and `below` none: 石门县公路局2016年工作总结和2017年工作计划, and below it
/// 2016年工作总结, the first part.
fn names_unit_alone(above: &str, below: &str) -> bool {
    below.len() < above.len() && unit::titled(above).is_some() && unit::titled(below).is_none()
}

/// True for a line that no title can be, while one may stand below it: 1 / 3, the site's menu.
fn stands_above(line: &str) -> bool {
    /// Menus have short entries, and titles few spaces.
    const SHORTEST_MENU: usize = 5;
    let has_letter = line.chars().any(char::is_alphabetic);
    if line.is_empty() || !has_letter {
        return !line.is_empty();
    }
    let is_entry = |word: &str| word.chars().nth(6).is_none();
    let n_words = line.split(is_space).filter(|word| !word.is_empty()).count();
    let names_site = ["首页", "主页"].iter().any(|word| line.contains(word));
    names_site && n_words >= SHORTEST_MENU && line.split(is_space).all(is_entry)
}

/// The title of several reports, which the first of them stands below.
static BUNDLE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:各|有关|相关|部分|所属)(?:单位|部门|县|乡|镇|地|校|站所)|[0-9一二两三四五六七八九十]{1,3}[ ]?篇|汇编|汇总|合集|集锦",
    )
});

/// True when `above` is the title of a bundle and `title` that of a unit in it.
fn announces(above: &str, title: &str) -> bool {
    BUNDLE.is_match(above) && unit::titled(above).is_none() && unit::titled(title).is_some()
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

/// The title that stands right above the first words of the text, with lines of the site above it that
/// nobody told to be such: its menu, its slogan, names.
pub(crate) fn below_site_lines(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    /// Lines with words in front of the title.
    const MOST: usize = 12;
    let rest = trim(text, range);
    let mut at = rest.start;
    let next = |at: usize| {
        let line = trim(text, at..rest.end);
        let line = line_start(text, line.start);
        trim(text, line.start..line.end.min(rest.end))
    };
    for _ in 0..MOST {
        let line = next(at);
        let words = slice(text, &line);
        let numbered = number::scan(prefix(words, 6));
        let is_prose = words.contains('。') || words.chars().nth(PLAIN * 2).is_some();
        if words.is_empty() || is_prose || numbered.first().is_some_and(|number| number.start == 0)
        {
            return None;
        }
        let below = next(line.end);
        let says = slice(text, &below);
        let numbered = number::scan(prefix(says, 6));
        let begins = says.contains(['。', ',', '，']) && says.chars().nth(20).is_some()
            || numbered.first().is_some_and(|number| number.start == 0);
        if begins && is_title(words) && (unit::titled(words).is_some() || YEAR.is_match(words)) {
            return Some(line);
        }
        at = line.end;
    }
    None
}

/// 2021年, 20xx年度.
static YEAR: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(r"(?:19|20)[0-9xX×*]{2}[ ]?(?:学)?年|[xX×*]{2,4}年"));

/// A first line that no title word ends but that looks like a title all the same: short, without
/// punctuation, with prose below it.
pub(crate) fn plain(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let rest = trim(text, range.clone());
    let line = line_start(text, rest.start);
    let line = trim(text, line.start..line.end.min(rest.end));
    let words = bare(slice(text, &line));
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
    let mut below = trim(text, line_start(text, below.start));
    if slice(text, &below) == slice(text, &line) {
        let behind = trim(text, below.end..rest.end.max(below.end));
        below = line_start(text, behind.start);
    }
    let below = slice(text, &below);
    let is_prose = below.contains(['。', ',', '，']) && below.chars().nth(20).is_some();
    is_prose.then_some(line)
}

/// The longest line that is taken for a title without a title word, in characters.
const PLAIN: usize = 38;
