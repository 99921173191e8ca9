//! Headings that the state's standard does not know: 一是, 第一, and 首先, as they are spoken, 【】
//! around a line, and lines and first sentences that the page shows as headings.
//!
//! Inside a paragraph these words order its sentences. They open headings only as a whole series:
//! every member begins a line, from the first on, and most of them are short.

use std::collections::HashSet;
use std::ops::Range;

use crate::number::{self, Candidate, Place, Style, is_space};
use crate::{lines, short_lines, title, unit};

/// Bytes between two members of a series; further apart they have nothing to do with each other.
const MOST_BETWEEN: usize = 6000;

/// How far into a sentence the next member is looked for, in characters.
const MOST_READ: usize = 400;

/// The longest words behind 一是 that are a heading, in characters.
const LONGEST: usize = 32;

/// The longest words in 【】 that are a heading, in characters.
const LONGEST_BOXED: usize = 20;

/// The same of a line that the page shows as a heading.
const LONGEST_SHOWN: usize = 24;

/// Every such heading of `text` (simplified), in order; `shown` are the lines that the page shows as
/// headings. Linear.
pub(crate) fn find(text: &str, shown: &[Range<usize>]) -> Vec<Candidate> {
    let mut found = Vec::new();
    let (mut boxed, mut in_front) = (Vec::new(), Vec::new());
    // The series that may go on in the next line, one per style.
    let mut open: [Vec<Candidate>; 3] = [const { Vec::new() }; 3];
    let mut at = 0;
    while at < text.len() {
        let line = lines::line_at(text, at);
        at = line.end + 1;
        let line = lines::trim(text, line);
        let words = text.get(line.clone()).unwrap_or_default();
        if let Some(candidate) = in_box(words, line.start) {
            boxed.push(candidate);
            continue;
        }
        if let Some(candidate) = box_in_front(words, line.start) {
            in_front.push(candidate);
            continue;
        }
        let Some(candidate) = opened(words, line.start) else {
            continue;
        };
        let Some(series) = open.get_mut(slot(candidate.style)) else {
            continue;
        };
        let goes_on = series.last().is_some_and(|last| {
            (last.value..last.value + 3).contains(&candidate.value)
                && candidate.start - last.start < MOST_BETWEEN
        });
        if !goes_on {
            close(text, series, &mut found);
        }
        if goes_on || candidate.value == 1 {
            series.push(candidate);
        }
    }
    for series in &mut open {
        close(text, series, &mut found);
    }
    if in_front.len() > 1 {
        boxed.append(&mut in_front);
    }
    if boxed.is_empty() {
        boxed = unnumbered(text, shown);
    }
    if boxed.len() < 2 {
        boxed = first_sentences(text, shown);
    }
    if boxed.len() > 1 {
        found.append(&mut boxed);
    }
    found.sort_by_key(|candidate| candidate.start);
    found
}

fn slot(style: Style) -> usize {
    match style {
        Style::Spoken => 0,
        Style::Ordinal => 1,
        _ => 2,
    }
}

/// Takes a series into `found` when it has two members or more, most of them headings by their words.
fn close(text: &str, series: &mut Vec<Candidate>, found: &mut Vec<Candidate>) {
    let n_titled = series
        .iter()
        .filter(|member| is_titled(text.get(member.end..).unwrap_or_default()))
        .count();
    match series.len() >= 2 && 3 * n_titled >= 2 * series.len() {
        true => found.append(series),
        false => series.clear(),
    }
}

/// True for words that end soon, in a full stop or with the line.
fn is_titled(words: &str) -> bool {
    let end = words
        .chars()
        .take(LONGEST)
        .find(|c| matches!(c, '。' | '\n' | '\r' | ';' | '；'));
    matches!(end, Some('。' | '\n' | '\r')) || words.chars().nth(LONGEST).is_none()
}

/// 一是, 第一, or 首先, at the start of a line.
fn opened(line: &str, start: usize) -> Option<Candidate> {
    let (style, number, value, rest) = first(line)
        .or_else(|| ordinal(line))
        .or_else(|| spoken(line))?;
    // The whole series in one sentence.
    let next: &[&str] = match (style, value) {
        (Style::First, _) => &["其次", "再次"],
        (_, 1) => &["二是", "二要", "第二"],
        (_, 2) => &["三是", "三要", "第三"],
        _ => &["四是", "四要", "五是", "五要"],
    };
    let head = lines::prefix(rest, MOST_READ);
    let head = head.split('。').next().unwrap_or_default();
    if next.iter().any(|word| head.contains(word)) && !next.contains(&number) {
        return None;
    }
    let words = rest.trim_start_matches(is_space);
    let number_start = line.find(number)?;
    Some(Candidate {
        start,
        end: start + line.len() - words.len(),
        number: start + number_start..start + number_start + number.len(),
        style,
        value,
        place: Place::LineStart,
    })
}

type Opened<'a> = (Style, &'a str, u32, &'a str);

fn first(line: &str) -> Option<Opened<'_>> {
    let words = [("首先", 1), ("其次", 2), ("再次", 3), ("最后", 4)];
    let (word, value) = words.into_iter().find(|(word, _)| line.starts_with(word))?;
    let (number, rest) = line.split_at_checked(word.len())?;
    let rest = rest.strip_prefix([',', '，', '、', ':', '：'])?;
    Some((Style::First, number, value, rest))
}

fn ordinal(line: &str) -> Option<Opened<'_>> {
    let rest = line.strip_prefix('第')?;
    let words = rest.trim_start_matches(number::is_han_numeral);
    let number = rest.get(..rest.len() - words.len())?;
    let rest = words.strip_prefix([',', '，', '、', ':', '：'])?;
    Some((Style::Ordinal, number, number::value(number)?, rest))
}

fn spoken(line: &str) -> Option<Opened<'_>> {
    let words = line.trim_start_matches(number::is_han_numeral);
    let number = line.get(..line.len() - words.len())?;
    let rest = words.strip_prefix(['是', '要'])?;
    Some((Style::Spoken, number, number::value(number)?, rest))
}

/// The lines among `shown` that head some text and have no number of their own.
fn unnumbered(text: &str, shown: &[Range<usize>]) -> Vec<Candidate> {
    let starts: HashSet<usize> = shown.iter().map(|line| line.start).collect();
    let candidate = |line: &Range<usize>| {
        let words = text.get(line.clone())?;
        let n_chars = words.chars().take(LONGEST_SHOWN + 1).count();
        let is_name = (2..=LONGEST_SHOWN).contains(&n_chars)
            && !words.contains(['。', '；', ';', '！', '!', '？', '?', '，', ',', '：', ':'])
            && !has_figure(words)
            && words.contains(|c| ('\u{3400}'..='\u{9FFF}').contains(&c))
            && !(title::is_title(words) && unit::titled(words).is_some());
        let has_number = number::scan(words)
            .first()
            .is_some_and(|number| number.start == 0);
        // Two such lines together are a title and its subtitle, or a signature, or a page in bold; a
        // name above a few words is a field of a form.
        let below = lines::trim(text, line.end..text.len()).start;
        let words_below = lines::slice(text, &lines::line_start(text, below));
        let heads_text = !starts.contains(&below)
            && (words_below.contains(['。', '，', ',', '；', ';'])
                || number::scan(words_below)
                    .first()
                    .is_some_and(|number| number.start == 0));
        let stands_alone = lines::trim(text, lines::line_at(text, line.start)) == *line;
        (is_name && !has_number && heads_text && stands_alone).then_some(Candidate {
            start: line.start,
            end: line.end,
            number: line.start..line.start,
            style: Style::Shown,
            value: 1,
            place: Place::LineStart,
        })
    };
    shown.iter().filter_map(candidate).collect()
}

/// True for words with digits other than those of a year: 2015年主要工作 has none.
pub(crate) fn has_figure(words: &str) -> bool {
    let mut rest = words;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest.get(at..).unwrap_or_default();
        let behind = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_year = digits.len() - behind.len() == 4
            && digits.starts_with(['1', '2'])
            && behind.starts_with(['年', '-', '—', '－', '至']);
        if !is_year {
            return true;
        }
        rest = behind;
    }
    false
}

/// The sentences among `shown` that paragraphs begin with, or that stand alone above one: 强化管理。
fn first_sentences(text: &str, shown: &[Range<usize>]) -> Vec<Candidate> {
    let starts: HashSet<usize> = shown.iter().map(|line| line.start).collect();
    let candidate = |range: &Range<usize>| {
        let words = text.get(range.clone())?.strip_suffix('。')?;
        let n_chars = words.chars().take(LONGEST_SHOWN + 1).count();
        let is_name = (4..=LONGEST_SHOWN).contains(&n_chars)
            && !words.contains(['。', '；', ';', '！', '!', '？', '?', '：', ':'])
            && !has_figure(words);
        let has_number = number::scan(words)
            .first()
            .is_some_and(|number| number.start == 0)
            || opened(words, 0).is_some();
        let before = text.get(..range.start)?.trim_end_matches(is_space);
        let begins_line = before.is_empty() || before.ends_with(['\n', '\r']);
        let below = lines::trim(text, range.end..text.len()).start;
        // Sentences in bold below each other are a quotation or a whole page.
        let heads_text = below < text.len() && !starts.contains(&below);
        (is_name && !has_number && begins_line && heads_text).then_some(Candidate {
            start: range.start,
            end: range.start + words.len(),
            number: range.start..range.start,
            style: Style::Shown,
            value: 1,
            place: Place::LineStart,
        })
    };
    shown.iter().filter_map(candidate).collect()
}

/// 【工作成效】 and nothing else on the line.
fn in_box(line: &str, start: usize) -> Option<Candidate> {
    boxed(line.strip_suffix('】')?.strip_prefix('【')?, start)
}

/// 【工作成效】2016年，…: in front of its paragraph, as yearbooks have it.
fn box_in_front(line: &str, start: usize) -> Option<Candidate> {
    /// What stands behind a label is shorter.
    const SHORTEST: usize = 20;
    let (words, behind) = line.strip_prefix('【')?.split_once('】')?;
    let is_prose = behind.contains(['。', '，', ',']) && behind.chars().nth(SHORTEST).is_some();
    let is_label = ["关键词", "摘要", "导语", "导读"].contains(&words);
    boxed(words, start).filter(|_| is_prose && !is_label)
}

/// The heading of `words` in the box that begins at `start`.
fn boxed(words: &str, start: usize) -> Option<Candidate> {
    let n_chars = words.chars().take(LONGEST_BOXED + 1).count();
    let is_title = (2..=LONGEST_BOXED).contains(&n_chars)
        && !words.contains(['【', '】', '。', ':', '：', '篇']);
    let begun = start + '【'.len_utf8();
    is_title.then_some(Candidate {
        start,
        end: begun + words.len() + '】'.len_utf8(),
        number: begun..begun,
        style: Style::Shown,
        value: 1,
        place: Place::LineStart,
    })
}

/// The words of a heading without its box or its sign.
pub(crate) fn inside(text: &str, boxed: &Candidate) -> Range<usize> {
    let words = text.get(boxed.start..boxed.end).unwrap_or_default();
    let opens = |c: char| c == '【' || short_lines::SIGNS.contains(&c) || is_space(c);
    let inner = words.trim_start_matches(opens);
    let start = boxed.end - inner.len();
    start..start + inner.trim_end_matches('】').len()
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(u32, &str)> {
        find(text, &[])
            .iter()
            .map(|c| (c.value, &text[c.number.clone()]))
            .collect()
    }

    #[test]
    fn a_series_that_begins_lines_is_found() {
        let text = "主要做法\n一是加强领导。成立专班。\n二是落实责任\n签订责任书。\n三是强化督查。定期通报。";
        assert_eq!(shown(text), [(1, "一"), (2, "二"), (3, "三")]);
        let text = "首先,思想重视。\n其次,措施有力。\n最后,成效明显。";
        assert_eq!(shown(text), [(1, "首先"), (2, "其次"), (4, "最后")]);
        assert_eq!(shown("第一,抓好学习。\n第二,抓好落实。").len(), 2);
    }

    #[test]
    fn sentences_in_order_are_no_headings() {
        for text in [
            "一是加强领导,成立专班;二是落实责任。\n三是强化督查。",
            "一是加强领导,成立专班,明确分工,把任务落实到每一个科室和每一名干部职工身上;\n二是落实责任,层层签订责任书,形成一级抓一级、层层抓落实的工作格局;",
            "二是落实责任。\n三是强化督查。",
            "一是加强领导。",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }

    #[test]
    fn lines_that_the_page_shows_as_headings_are_found() {
        let text =
            "青禾县民政局工作总结\n主要成效\n全年办结120件。\n存在问题\n人手不足。\n联系人\n李敏";
        let at = |words: &str| {
            let start = text.find(words).unwrap();
            start..start + words.len()
        };
        let lines = |words: &[&str]| words.iter().map(|words| at(words)).collect::<Vec<_>>();
        let found = |words: &[&str]| find(text, &lines(words)).len();
        assert_eq!(found(&["主要成效", "存在问题"]), 2);
        assert_eq!(found(&["主要成效"]), 0, "one alone");
        assert_eq!(found(&["主要成效", "全年办结120件。"]), 0, "a sentence");
        assert_eq!(found(&["主要成效", "存在"]), 0, "a part of a line");
        assert_eq!(found(&["主要成效", "联系人"]), 0, "a field of a form");
        let all: Vec<&str> = text.lines().collect();
        assert_eq!(found(&all), 0, "a page in bold");
    }

    #[test]
    fn years_are_no_figures_in_headings() {
        for words in ["2015年主要工作", "2016-2020年规划", "主要成效"] {
            assert!(!has_figure(words), "{words}");
        }
        for words in ["新建校舍3处", "2015年新建校舍3处", "投入2015元"] {
            assert!(has_figure(words), "{words}");
        }
    }

    #[test]
    fn a_series_of_first_sentences_is_found() {
        let text = "总结\n强化管理。全年检查20次。\n加强培训，提升能力。\n培训30人。\n改善条件。购置设备。\n完。";
        let lines = |words: &[&str]| -> Vec<Range<usize>> {
            let at = |words: &&str| {
                let start = text.find(words).unwrap();
                start..start + words.len()
            };
            words.iter().map(at).collect()
        };
        let found = |words: &[&str]| -> Vec<String> {
            let found = find(text, &lines(words));
            let words = found.iter().map(|c| text[inside(text, c)].to_owned());
            words.collect()
        };
        assert_eq!(
            found(&["强化管理。", "加强培训，提升能力。", "改善条件。"]),
            ["强化管理", "加强培训，提升能力", "改善条件"]
        );
        for words in [
            &["强化管理。"][..],
            &["强化管理。", "购置设备。"],
            &["强化管理。", "全年检查20次。"],
            &["强化管理", "改善条件"],
            &["加强培训，提升能力。", "培训30人。"],
        ] {
            assert!(found(words).is_empty(), "{words:?}");
        }
    }

    #[test]
    fn boxes_on_lines_of_their_own_are_found() {
        assert_eq!(
            find("【工作成效】\n提高。\n【存在问题】\n不足。", &[]).len(),
            2
        );
        assert_eq!(find("【工作成效】\n提高。", &[]).len(), 0);
        assert_eq!(find("【导语】今年以来\n【范文】工作总结\n", &[]).len(), 0);
        assert_eq!(find("【第1篇】\n总结\n【第2篇】\n总结", &[]).len(), 0);
        let yearbook = "【概况】2016年，全县财政运行平稳，为经济发展提供了有力支撑。\n【财政改革】完善分税制财政体制，修订两项管理办法，全部实行绩效管理。";
        let found = find(yearbook, &[]);
        let names = found.iter().map(|one| &yearbook[inside(yearbook, one)]);
        assert_eq!(names.collect::<Vec<_>>(), ["概况", "财政改革"]);
    }
}
