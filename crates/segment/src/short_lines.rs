//! Headings that nothing but their shape tells: short lines without a number, each above the words
//! it heads, and lines behind a sign (●, ■) that do the same.
//!
//! Many pages lose the bold letters of their headings on the way, and nothing is left of them but the
//! line. Captions and rows of lists are short as well; so one line never counts, every line must
//! stand between whole sentences, and without a sign some must say what sections are for.

use std::ops::Range;

use crate::number::{self, Candidate, Place, Style, is_space};
use crate::rules::ROLES;
use crate::{lines, parts, spoken, title, unit};

/// Signs in front of headings.
pub(crate) const SIGNS: [char; 9] = ['●', '■', '◆', '★', '▲', '◎', '▶', '►', '◇'];

/// The longest heading, in characters.
const LONGEST: usize = 20;

/// What a section begins with is longer, in bytes.
const LEAST_BELOW: usize = 60;

/// So many lines are headings, and so many that tell what they are for.
const FEW: usize = 2;

/// So many lines that tell nothing are headings, where nearly every paragraph has one above it.
const SEVERAL: usize = 3;
const HEADED_SHARE: f64 = 0.75;

/// The lines of `text` (simplified) that are headings by their shape, in order; `numbers` are those
/// that may open headings. Linear.
pub(crate) fn find(text: &str, numbers: &[Candidate]) -> Vec<Candidate> {
    let mut found: Vec<Line> = Vec::new();
    // The line above, and the one above that.
    let (mut above, mut higher) = ("", "");
    let mut waiting: Option<Line> = None;
    // Paragraphs from the first of the lines on.
    let mut n_paragraphs = 0;
    let mut at = 0;
    while at < text.len() {
        let range = lines::line_at(text, at);
        at = range.end + 1;
        let range = lines::trim(text, range);
        let words = lines::slice(text, &range);
        if words.is_empty() {
            continue;
        }
        if let Some(line) = waiting.take().filter(|_| is_headed(words)) {
            found.push(line);
        }
        n_paragraphs += usize::from(!found.is_empty() && is_paragraph(words));
        let follows = ends_sentence(above) || higher.is_empty() && title::is_title(above);
        waiting = follows.then(|| Line::read(words, range)).flatten();
        (higher, above) = (above, words);
    }
    let is_alone = numbers
        .iter()
        .all(|number| number.place != Place::LineStart);
    let are_regular = is_alone
        && found.len() >= SEVERAL
        && found.len() as f64 >= HEADED_SHARE * n_paragraphs as f64;
    let mut found = begin_anew(found, numbers);
    let sign = found.iter().find_map(|line| line.sign);
    found.retain(|line| line.sign == sign);
    let n_told = found.iter().filter(|line| line.is_told).count();
    let is_outline = match sign {
        Some(_) => found.len() >= FEW,
        None => n_told >= FEW || n_told == 1 && found.len() > FEW || are_regular,
    };
    if !is_outline {
        return Vec::new();
    }
    found.into_iter().map(Line::candidate).collect()
}

/// A line that may be a heading.
struct Line {
    range: Range<usize>,
    sign: Option<char>,
    /// It says what the section is for.
    is_told: bool,
}

impl Line {
    fn read(words: &str, range: Range<usize>) -> Option<Self> {
        let sign = words.chars().next().filter(|c| SIGNS.contains(c));
        let name = words.strip_prefix(SIGNS).unwrap_or(words);
        let name = name.trim_start_matches(is_space);
        if name.len() > 4 * LONGEST {
            return None;
        }
        let n_chars = name.chars().count();
        let is_name = (2..=LONGEST).contains(&n_chars)
            && name.starts_with(|c| {
                ('\u{3400}'..='\u{9FFF}').contains(&c) || ('1'..='2').contains(&c)
            })
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "、“”《》()（）-—".contains(c))
            && !name.starts_with('图')
            && !spoken::has_figure(name)
            && !begins_with_number(name)
            && !parts::is_closing_line(name)
            && !(title::is_title(name) && unit::titled(name).is_some());
        is_name.then(|| Line {
            is_told: ROLES.find(name).is_some(),
            range,
            sign,
        })
    }

    fn candidate(self) -> Candidate {
        Candidate {
            start: self.range.start,
            end: self.range.end,
            number: self.range.start..self.range.start,
            style: Style::Shown,
            value: 1,
            place: Place::LineStart,
        }
    }
}

/// True for what a heading stands above: a paragraph, the words in front of a list, or its first item.
fn is_headed(below: &str) -> bool {
    is_paragraph(below) || begins_with_number(below)
}

fn is_paragraph(words: &str) -> bool {
    let ends = ['。', '；', ';', '：', ':'];
    // The last one may be cut.
    let is_cut = || words.len() >= 2 * LEAST_BELOW && words.contains(['，', ',']);
    words.len() >= LEAST_BELOW && words.contains(ends) || is_cut()
}

fn begins_with_number(words: &str) -> bool {
    let head = lines::prefix(words, 8);
    let first = number::scan(head);
    first.first().is_some_and(|number| number.start == 0)
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(['”', '"', ')', '）', '’'])
        .ends_with(['。', '！', '!', '；', ';', '：', ':'])
}

/// The lines behind which the numbers begin with one: where they go on, a line stands inside a section.
fn begin_anew(found: Vec<Line>, numbers: &[Candidate]) -> Vec<Line> {
    let ends: Vec<usize> = found.iter().skip(1).map(|line| line.range.start).collect();
    let ends = ends.into_iter().chain([usize::MAX]);
    let begins = |(line, end): &(Line, usize)| {
        let first = numbers.partition_point(|number| number.start < line.range.end);
        let below = numbers.get(first..).unwrap_or_default();
        let mut below = below.iter().take_while(|number| number.start < *end);
        below
            .find(|number| number.place == Place::LineStart)
            .is_none_or(|number| number.value == 1)
    };
    let lines = found.into_iter().zip(ends).filter(begins);
    lines.map(|(line, _)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<&str> {
        let found = find(text, &number::scan(text));
        let words = found.iter().map(|line| spoken::inside(text, line));
        words.map(|range| lines::slice(text, &range)).collect()
    }

    const BODY: &str = "全年培训干部一百二十人，走访群众三百余户，解决各类困难四十多件。";

    fn page(lines: &[&str]) -> String {
        let lines = lines.iter().map(|line| line.replace('…', BODY));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_short_line_above_every_paragraph_heads_it() {
        let lines = [
            "…",
            "严打盗窃犯罪",
            "…",
            "夜间巡逻",
            "…",
            "户籍窗口延时服务",
            "…",
        ];
        assert_eq!(
            shown(&page(&lines)),
            ["严打盗窃犯罪", "夜间巡逻", "户籍窗口延时服务"]
        );
        let lines = [
            "…",
            "严打盗窃犯罪",
            "…",
            "…",
            "夜间巡逻",
            "…",
            "…",
            "户籍窗口",
            "…",
            "…",
        ];
        assert_eq!(shown(&page(&lines)), [""; 0]);
    }

    #[test]
    fn short_lines_between_paragraphs_head_them() {
        for (lines, expected) in [
            (
                &[
                    "青禾县林业局工作总结",
                    "基本情况",
                    "…",
                    "国土绿化",
                    "…",
                    "…",
                    "存在的问题",
                    "…",
                ][..],
                &["基本情况", "国土绿化", "存在的问题"][..],
            ),
            (
                &[
                    "…",
                    "2016年工作总结",
                    "一、造林",
                    "…",
                    "二、护林",
                    "…",
                    "2017年工作计划",
                    "2017年，全县林业系统将继续坚持生态优先，重点抓好以下几项工作：",
                    "一、造林",
                    "…",
                ],
                &["2016年工作总结", "2017年工作计划"],
            ),
            (
                &["现将情况报告如下：", "●党建工作", "…", "● 民生工作", "…"],
                &["党建工作", "民生工作"],
            ),
        ] {
            assert_eq!(shown(&page(lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn other_short_lines_head_nothing() {
        for lines in [
            // One alone.
            &["…", "存在的问题", "…"][..],
            // Nothing says what it is for: captions.
            &["…", "走访现场", "…", "培训现场", "…"],
            // Inside the sections of an outline.
            &[
                "一、成效",
                "…",
                "主要做法",
                "…",
                "二、打算",
                "…",
                "工作计划",
                "…",
                "三、保障",
                "…",
            ],
            // A line that was broken.
            &["全年完成", "存在的问题", "…", "努力方向", "…"],
            // A form.
            &["…", "工作总结", "张某", "工作计划", "李某"],
            // Masks.
            &["…", "■■县", "…", "●●镇", "…"],
        ] {
            assert!(shown(&page(lines)).is_empty(), "{lines:?}");
        }
    }
}
