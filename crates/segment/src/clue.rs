//! How much a number looks like that of a heading, by the words around it.

use std::collections::HashSet;
use std::ops::Range;

use crate::contents::{has_leader, table_of_contents};
use crate::number::{self, Candidate, Place, Style};
use crate::{short_lines, spoken};

/// A title longer than this is a sentence: the longest of 一、 in real reports has 56 characters,
/// run-in titles of 1. have 30, and numbered sentences start at 50.
pub(crate) fn title_limit(style: Style) -> usize {
    match style {
        Style::Chapter | Style::Division | Style::HanStop => 80,
        Style::HanBracket => 60,
        _ => 45,
    }
}

/// A line this long that ends without a stop was broken in the middle of a sentence.
const BROKEN_LINE: usize = 45;

/// Characters per line above which the line breaks of a report are taken to be lost, so that the
/// end of a sentence is all a heading can follow.
const LOST_BREAKS: usize = 400;

/// Of a text of this many lines, one may be the title, and a quarter of that tells.
const FEW_LINES: usize = 3;

/// How the words in front of and behind a candidate look.
#[derive(Clone, Debug)]
pub(crate) struct Clue {
    pub(crate) candidate: Candidate,
    /// What speaks for a heading here, in the unit of `outline::sequence_cost`.
    pub(crate) gain: f32,
}

/// The candidates of `text` (simplified) that may be headings at all, in order; `shown` are the lines
/// that the page shows as headings.
pub(crate) fn clues(text: &str, shown: &[Range<usize>]) -> Vec<Clue> {
    let n_lines = text.bytes().filter(|&b| b == b'\n').count() + 1;
    let most = if n_lines <= FEW_LINES {
        LOST_BREAKS / 4
    } else {
        LOST_BREAKS
    };
    let lost_breaks = text.len() / 3 / n_lines > most;
    let candidates = candidates(text, shown);
    let mut before: Option<&Candidate> = None;
    let mut clues = Vec::new();
    let contents = table_of_contents(text);
    // The last number of the notes under a table.
    let mut note: Option<(Style, u32)> = None;
    let links = links_below(text);
    for candidate in &candidates {
        if links.is_some_and(|links| candidate.start > links) {
            break;
        }
        let this = (candidate.style, candidate.value);
        let (above, behind) = line_around(text, candidate);
        if follows_note(above) || note.is_some_and(|(s, n)| this == (s, n + 1)) {
            note = Some(this);
            continue;
        }
        let in_contents = contents
            .as_ref()
            .is_some_and(|c| c.contains(&candidate.start));
        if in_contents || is_in_row(above, behind, candidate) || is_cut_word(text, candidate) {
            continue;
        }
        let gain = gain(text, candidate, before, lost_breaks);
        // What is this unlikely never enters a reading, whatever the sequence.
        if gain > -3.5 {
            clues.push(Clue {
                candidate: candidate.clone(),
                gain,
            });
            before = Some(candidate);
        }
    }
    clues
}

/// Numbers and what stands for them, in order.
fn candidates(text: &str, shown: &[Range<usize>]) -> Vec<Candidate> {
    let mut numbers = number::scan(text);
    let mut others = spoken::find(text, shown);
    if !others.iter().any(|other| other.style == Style::Shown) {
        others.append(&mut short_lines::find(text, &numbers));
        others.sort_by_key(|other| other.start);
    }
    if others.is_empty() {
        return numbers;
    }
    // 一、 above the first 【】 would hold it, and boxes hold what is below them.
    let first = numbers
        .iter()
        .find(|number| number.place == Place::LineStart)
        .map_or(usize::MAX, |number| number.start);
    let boxed = others.iter().position(|other| other.style == Style::Shown);
    if boxed.is_some_and(|i| others.get(i).is_some_and(|other| other.start > first)) {
        others.retain(|other| other.style != Style::Shown);
    }
    let taken: HashSet<usize> = others.iter().map(|other| other.start).collect();
    numbers.retain(|number| !taken.contains(&number.start));
    numbers.append(&mut others);
    numbers.sort_by_key(|candidate| candidate.start);
    numbers
}

fn gain(text: &str, candidate: &Candidate, before: Option<&Candidate>, lost_breaks: bool) -> f32 {
    if candidate.style == Style::Shown {
        return 3.0;
    }
    let words = text.get(candidate.end..).unwrap_or_default();
    let Some(next) = words.chars().next() else {
        return -9.0;
    };
    if "、,，。.;；:：)）%".contains(next) {
        return -9.0;
    }
    let mut gain = match candidate.place {
        Place::LineStart if follows_broken_line(text, candidate.start) => 0.8,
        Place::LineStart if candidate.value > 1 && follows_item(text, candidate.start) => 1.3,
        Place::LineStart => 3.0,
        Place::AfterStop if lost_breaks => 2.0,
        Place::AfterStop | Place::AfterSpace => 1.0,
        Place::AfterColon => after_colon(text, candidate),
        Place::Glued if candidate.style == Style::HanBracket => -1.0,
        Place::Glued => -2.0,
    };
    let is_glued = candidate.place == Place::Glued;
    if is_glued && lost_breaks && !is_counted(text, candidate, words) {
        gain = gain.max(glued(candidate));
    }
    // A heading may be glued to the heading above it: 一、养老条件改善(一)项目进展顺利。
    let follows_heading = is_glued
        && candidate.value == 1
        && before.is_some_and(|before| {
            let between = text.get(before.end..candidate.start).unwrap_or_default();
            before.style < candidate.style
                && between.len() < 3 * title_limit(before.style)
                && !between.contains(['。', '\n', ';', '；'])
        });
    if follows_heading {
        gain += 2.5;
    }
    gain + words_gain(words, next, candidate)
}

/// What speaks for a number that nothing but its sequence tells from the sentence in front of it, in a
/// text that lost its line breaks and the stops with them: …培训610人二、读者服务….
fn glued(candidate: &Candidate) -> f32 {
    let goes_on = candidate.value > 1;
    match candidate.style {
        Style::HanStop => {
            if goes_on {
                0.8
            } else {
                0.3
            }
        }
        Style::HanBracket | Style::Chapter => 0.3,
        Style::ArabicStop | Style::ArabicBracket | Style::Circled if goes_on => 0.3,
        Style::ArabicStop | Style::ArabicBracket | Style::Circled => -0.2,
        _ => -2.0,
    }
}

/// True for a glued number that counts or dates something, or ends a word: 周一、周三, 3、5个, 统一、规范,
/// 第十条（一）.
fn is_counted(text: &str, candidate: &Candidate, words: &str) -> bool {
    let above = text.get(..candidate.start).unwrap_or_default();
    let mut last = above.chars().rev();
    let (last, before) = (last.next().unwrap_or(' '), last.next().unwrap_or(' '));
    let is_article = "条款项".contains(last) && above.chars().rev().take(6).any(|c| c == '第');
    let bound = match candidate.style {
        Style::HanBracket | Style::ArabicBracket | Style::Circled => "第其之",
        // 高一、高二, but not …不断提高二、2021年工作要点.
        _ if "初高大小".contains(last) => match words.starts_with(['初', '高', '大', '小'])
        {
            true => "初高大小",
            false => "",
        },
        _ => "第周期其之统唯单同合逐专万划归不再至到近约达每年月",
    };
    // 培训5期二、…: a measure is no word that the number ends.
    let is_word = bound.contains(last) && !before.is_ascii_digit();
    let is_year =
        words.starts_with(['1', '2']) && words.get(4..).is_some_and(|w| w.starts_with('年'));
    let is_heading =
        words.starts_with(|c| ('\u{3400}'..='\u{9fff}').contains(&c) || "“《".contains(c));
    let is_numeral = words.starts_with(number::is_han_numeral);
    is_article || is_word || is_numeral || !is_heading && !is_year
}

fn words_gain(words: &str, next: char, candidate: &Candidate) -> f32 {
    let mut gain = 0.0;
    if candidate.style == Style::HanStop && number::is_han_numeral(next) {
        gain -= numeral_cost(words, candidate.value);
    }
    if candidate.style == Style::ArabicStop && next.is_ascii_digit() {
        let n_digits = words.chars().take_while(char::is_ascii_digit).count();
        let behind = words.get(n_digits..).unwrap_or_default();
        // 2、2018年中考… and 2、5月20日, but not 2、3月份 and 3、5个.
        let is_day = || {
            let day = behind.strip_prefix('月').unwrap_or_default();
            let rest = day.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < day.len() && rest.starts_with('日')
        };
        gain -= match n_digits {
            4 if behind.starts_with('年') => 0.5,
            1 | 2 if candidate.place == Place::LineStart && is_day() => 0.5,
            _ => 4.0,
        };
    }
    let mut n_chars = 0;
    for c in words.chars().take(title_limit(candidate.style)) {
        match c {
            '\n' | '\r' => return gain + if n_chars >= 2 { 1.5 } else { -4.0 },
            '。' | '!' | '！' => return gain + 0.75,
            // 主要有:1.开展检查;2.组织培训: items of a sentence.
            ';' | '；' => return gain - 0.5,
            _ => n_chars += 1,
        }
    }
    if n_chars < 2 { gain - 4.0 } else { gain }
}

/// 相关文章: and below it titles of other pages, which are no outline.
fn links_below(text: &str) -> Option<usize> {
    /// Bytes at the end of a page in which such lists stand.
    const FOOT: usize = 2400;
    let mut from = text.len().saturating_sub(FOOT);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let names = [
        "相关文章",
        "相关阅读",
        "相关推荐",
        "拓展阅读",
        "推荐阅读",
        "延伸阅读",
        "热门文章",
        "猜你喜欢",
        "更多文章",
    ];
    let mut at = from;
    for line in text.get(from..)?.split_inclusive('\n') {
        let words = line.trim().trim_end_matches([':', '：', '】', '>']);
        if at > 0 && names.iter().any(|name| words.ends_with(name)) && words.chars().count() < 50 {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// A line is looked at this far around a number, in bytes: what is further off is prose.
const LINE: usize = 400;

/// The line around `candidate`: what stands before the number and what behind it.
fn line_around<'a>(text: &'a str, candidate: &Candidate) -> (&'a str, &'a str) {
    let mut from = candidate.start.saturating_sub(LINE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text.get(from..candidate.start).unwrap_or_default();
    let before = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let mut to = (candidate.end + LINE).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let behind = text.get(candidate.end..to).unwrap_or_default();
    let behind = behind.split(['\n', '\r']).next().unwrap_or_default();
    (before, behind)
}

/// Cells of a table stand between tabs; a line of contents ends in a page number.
fn is_in_row(before: &str, behind: &str, candidate: &Candidate) -> bool {
    before.trim_start().contains('\t')
        || before.contains('\t') && !before.trim().is_empty()
        || behind.trim_end().contains('\t')
        || candidate.place == Place::LineStart && has_leader(behind)
}

/// 注:1.数据截至年底
fn follows_note(before: &str) -> bool {
    let before = before.trim_matches(|c: char| number::is_space(c) || matches!(c, ':' | '：'));
    matches!(before, "注" | "备注" | "说明" | "附注" | "注释")
}

/// 初 and below it 一、初二年级: a line break cut the word that the numeral ends.
fn is_cut_word(text: &str, candidate: &Candidate) -> bool {
    if candidate.style != Style::HanStop || candidate.place != Place::LineStart {
        return false;
    }
    let blank = |c: char| c.is_whitespace() || number::is_space(c);
    let above = text.get(..candidate.start).unwrap_or_default();
    let above = above.trim_end_matches(blank);
    let words = text.get(candidate.end..).unwrap_or_default();
    let mut words = words.chars();
    let Some(last) = above.chars().next_back() else {
        return false;
    };
    let counted =
        words.next().is_some_and(|c| c == last) && words.next().is_some_and(number::is_han_numeral);
    matches!(last, '初' | '高' | '大' | '小' | '第' | '周' | '期') && counted || last == '第'
}

/// 现将情况汇报如下:一、… opens an outline; 1. behind a colon and whatever stands behind a semicolon
/// or comma is an item of a sentence.
fn after_colon(text: &str, candidate: &Candidate) -> f32 {
    let before = text.get(..candidate.start).unwrap_or_default();
    let before = before.trim_end_matches(number::is_space);
    match candidate.style {
        Style::Chapter | Style::HanStop | Style::HanBracket if before.ends_with([':', '：']) => {
            0.5
        }
        _ => -1.5,
    }
}

/// What a second numeral behind 一、 costs: 四、五年级 and 一、二等奖 are enumerations for sure,
/// 二、四项制度全面落实 may be a heading, 三、一是加强领导 most likely is one.
fn numeral_cost(words: &str, value: u32) -> f32 {
    let behind = words.trim_start_matches(number::is_han_numeral);
    let numeral = words.get(..words.len() - behind.len()).unwrap_or_default();
    // Who enumerates counts on: 三、四项 may be one, 五、三项 is none.
    let counts_on = number::value(numeral) == Some(value + 1);
    if counts_on && value == 1 && behind.starts_with('级') {
        return 5.0;
    }
    let enumerated = [
        "、",
        "年级",
        "届",
        "中全会",
        "等",
        "月",
        "日",
        "号",
        "类",
        "档",
        "期",
        "产业",
        "年",
        "线",
        "楼",
        "班",
        "中",
        "小",
        "人",
        "名",
        "岁",
        "倍",
        "成",
        "天",
        "千",
        "万",
        "亿",
    ];
    if behind.starts_with('是') {
        0.5
    } else if behind.starts_with("季度") {
        // 三、四季度工作重点 is what is left to do, more often than two quarters.
        4.0
    } else if enumerated.iter().any(|word| behind.starts_with(word)) {
        5.0
    } else if counts_on {
        2.5
    } else {
        1.5
    }
}

/// True when the line above ends in a semicolon or comma: where the items of the sentence in front
/// begin lines as well, the sequence still makes headings of them.
fn follows_item(text: &str, at: usize) -> bool {
    let above = text.get(..at).unwrap_or_default();
    let above = above.trim_end_matches(|c: char| c.is_whitespace() || number::is_space(c));
    above.ends_with([';', '；', ',', '，'])
}

/// True when the line above stops in the middle of a sentence.
fn follows_broken_line(text: &str, at: usize) -> bool {
    let above = text.get(..at).unwrap_or_default();
    let above = above.trim_end_matches(number::is_space);
    // No line above, or a blank one between.
    let Some(line) = above
        .strip_suffix('\n')
        .map(|l| l.strip_suffix('\r').unwrap_or(l))
    else {
        return false;
    };
    let Some(last) = line.chars().next_back() else {
        return false;
    };
    // 为 and below it 一、二级残疾人: no line ends so that was not broken.
    if "的为在和与对将把被由从向及或以于、".contains(last) {
        return true;
    }
    let ends = "。!?！？…:：;；”\"\n".contains(last) || number::is_space(last);
    !ends
        && line
            .chars()
            .rev()
            .take(BROKEN_LINE)
            .take_while(|&c| c != '\n')
            .count()
            == BROKEN_LINE
}
