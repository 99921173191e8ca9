//! Which of the numbers in a report open headings: one consistent reading of all of them.
//!
//! A beam search walks over the candidates of [`number::scan`]. Taking one as a heading earns what
//! speaks for it at its place (start of a line, short words behind it) and costs what it breaks in
//! the sequence of its style; numbers start anew under every heading of an outer style, and may
//! repeat or skip at a price. So 四、五年级 at the start of a line, which would jump from 一 to 四,
//! is left in its sentence, while a third section that is numbered 三 twice is kept.

use std::ops::Range;

use crate::clue::{Clue, clues, title_limit};
use crate::number::{self, Candidate, N_STYLES, Style};
use crate::rules::OPENINGS;
use crate::title;

/// A heading of a report. Offsets are into the text that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heading {
    /// From the number to the end of the title; the number alone where there is no title.
    pub(crate) range: Range<usize>,
    pub(crate) number: Range<usize>,
    pub(crate) title: Option<Range<usize>>,
    pub(crate) style: Style,
}

/// States kept at each step. Sequences are decided by the last few numbers; 4 already gives the
/// same readings on all tests.
const BEAM: usize = 12;

/// Candidates after which the best reading so far is settled, so that memory does not grow with a
/// page made of nothing but numbers.
const SETTLE_AFTER: usize = 512;

#[derive(Clone, Debug)]
struct State {
    /// The last number of each style since a heading of an outer style; 0 for none.
    last: [u16; N_STYLES],
    /// Whether any heading was taken yet.
    started: bool,
    cost: f32,
    /// The way here.
    node: Option<usize>,
}

/// The headings of `text` (simplified), in order.
pub(crate) fn headings(text: &str) -> Vec<Heading> {
    let clues = clues(text);
    let taken = search(&clues);
    titled(
        text,
        &taken
            .iter()
            .map(|&i| &clues[i].candidate)
            .collect::<Vec<_>>(),
    )
}

/// What taking `value` costs after `last` of its style.
fn sequence_cost(style: Style, last: u16, value: u16, started: bool) -> f32 {
    if style == Style::Decimal {
        return 0.5;
    }
    let (last, value) = (f32::from(last), f32::from(value));
    if value == last + 1.0 {
        return 0.0;
    }
    if last == 0.0 {
        // A page may begin in the middle of a report; later, the first of a list was lost.
        let start = if started { 2.4 } else { 1.5 };
        return start + (0.1 * (value - 1.0)).min(1.5);
    }
    if value == last {
        return 2.5;
    }
    if value > last {
        return (1.0 + 0.7 * (value - last - 1.0)).min(4.5);
    }
    if value == 1.0 {
        // A list of its own inside a section; of 一、 only where two texts were joined.
        return if style <= Style::HanBracket { 3.5 } else { 2.0 };
    }
    4.0
}

/// Indices of the clues that the cheapest reading takes.
fn search(clues: &[Clue]) -> Vec<usize> {
    let start = State {
        last: [0; N_STYLES],
        started: false,
        cost: 0.0,
        node: None,
    };
    let mut taken = Vec::new();
    let mut beam = vec![start];
    // (clue, node before)
    let mut nodes: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, clue) in clues.iter().enumerate() {
        if index % SETTLE_AFTER == SETTLE_AFTER - 1 {
            settle(&mut beam, &mut nodes, &mut taken);
        }
        let mut next: Vec<State> = Vec::with_capacity(2 * beam.len());
        for state in &beam {
            next.push(state.clone());
            next.push(state.with(index, clue, &mut nodes));
        }
        next.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        beam.clear();
        for state in next {
            if beam.len() == BEAM {
                break;
            }
            if !beam.iter().any(|kept| kept.last == state.last) {
                beam.push(state);
            }
        }
    }
    settle(&mut beam, &mut nodes, &mut taken);
    taken
}

impl State {
    fn with(&self, index: usize, clue: &Clue, nodes: &mut Vec<(usize, Option<usize>)>) -> State {
        let style = clue.candidate.style;
        let value = u16::try_from(clue.candidate.value).unwrap_or(u16::MAX);
        let mut next = self.clone();
        let slot = style as usize;
        next.cost += sequence_cost(style, self.last[slot], value, self.started) - clue.gain;
        next.started = true;
        next.last[slot] = value;
        next.last[slot + 1..].fill(0);
        nodes.push((index, self.node));
        next.node = Some(nodes.len() - 1);
        next
    }
}

/// Keeps the best state alone and writes down how it came about.
fn settle(beam: &mut Vec<State>, nodes: &mut Vec<(usize, Option<usize>)>, taken: &mut Vec<usize>) {
    beam.truncate(1);
    let Some(best) = beam.first_mut() else { return };
    let first = taken.len();
    let mut at = best.node.take();
    while let Some((index, before)) = at.and_then(|node| nodes.get(node).copied()) {
        taken.push(index);
        at = before;
    }
    taken[first..].reverse();
    nodes.clear();
}

/// Finds where the title behind each number ends.
fn titled(text: &str, taken: &[&Candidate]) -> Vec<Heading> {
    let ends = taken
        .iter()
        .skip(1)
        .map(|next| next.start)
        .chain([text.len()]);
    let heading = |(candidate, end): (&&Candidate, usize)| {
        let title = title(text, candidate, end);
        let number_end = text
            .get(candidate.start..candidate.end)
            .map_or(candidate.end, |n| candidate.start + n.trim_end().len());
        Heading {
            range: candidate.start..title.as_ref().map_or(number_end, |title| title.end),
            number: candidate.number.clone(),
            title,
            style: candidate.style,
        }
    };
    taken.iter().zip(ends).map(heading).collect()
}

fn title(text: &str, candidate: &Candidate, end: usize) -> Option<Range<usize>> {
    let words = text.get(candidate.end..end)?;
    let limit = title_limit(candidate.style);
    let mut gap = None;
    let mut title_end = None;
    let mut depth = 0usize;
    for (n, (at, c)) in words.char_indices().enumerate() {
        if n > limit {
            break;
        }
        match c {
            '\n' | '\r' => title_end = Some(at),
            '“' | '《' | '(' | '（' | '〈' => depth += 1,
            '”' | '》' | ')' | '）' | '〉' => depth = depth.saturating_sub(1),
            '。' | '!' | '?' | '！' | '？' if depth == 0 => title_end = Some(at),
            // A list of clauses is a sentence.
            ';' | '；' if depth == 0 => return None,
            c if number::is_space(c) && n > 3 && gap.is_none() => gap = Some(at),
            _ => {}
        }
        if title_end.is_some() {
            break;
        }
    }
    if title_end.is_none() && words.chars().nth(limit).is_none() {
        title_end = Some(words.len());
    }
    // 一、做好信访接待 我们把…: a space is all that is left of the line break.
    if let Some(gap) = gap {
        let behind = words.get(gap..)?.trim_start_matches(number::is_space);
        if OPENINGS.find(title::prefix(behind, 60)).is_some() {
            title_end = Some(gap);
        }
    }
    let title = words.get(..title_end.or(gap)?)?;
    let trimmed = title.trim_end_matches(|c: char| {
        number::is_space(c) || matches!(c, '\n' | '\r' | ':' | '：' | '。' | '.' | ',' | '，' | ';')
    });
    (trimmed.chars().count() >= 2).then(|| candidate.end..candidate.end + trimmed.len())
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |heading: &Heading| {
            let number = &text[heading.number.clone()];
            let title = heading.title.clone().map_or("-", |title| &text[title]);
            format!("{}{number} {title}", heading.style.level())
        };
        headings(text).iter().map(show).collect()
    }

    #[test]
    fn an_outline_with_lines_and_run_in_headings() {
        let text = "青禾县教育局工作总结\n今年以来,我局抓了以下工作:\n一、主要工作\n(一)抓学校建设\n1.改善条件。新建校舍3处。\n2、培训教师。全年培训120人。\n(二)抓安全。开展检查。\n二、存在问题\n1.经费不足。\n";
        let expected = [
            "1一 主要工作",
            "2一 抓学校建设",
            "31 改善条件",
            "32 培训教师",
            "2二 抓安全",
            "1二 存在问题",
            "31 经费不足",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn a_report_on_one_line_has_its_outline() {
        let filler = "我们组织了检查、培训和评比活动,群众反映良好。".repeat(40);
        let text = format!(
            "民政局工作总结和明年打算一、养老条件改善,水平提升(一)项目进展顺利。{filler}(二)创建扎实有序。{filler}二、救助更加及时(一)临时救助规范。{filler}"
        );
        let expected = [
            "1一 养老条件改善,水平提升",
            "2一 项目进展顺利",
            "2二 创建扎实有序",
            "1二 救助更加及时",
            "2一 临时救助规范",
        ];
        assert_eq!(shown(&text), expected);
    }

    #[test]
    fn enumerations_after_a_false_line_break_stay_in_their_sentence() {
        let long = "全县各中小学认真贯彻上级部署,组织师生开展了形式多样、内容丰富、成效明显的主题学习教育活动,参加活动的有小学";
        let text = format!(
            "一、德育工作\n{long}\n四、五年级学生和初中\n一、二年级学生,受到好评。\n二、经费投入\n共投入3、5万元。"
        );
        assert_eq!(shown(&text), ["1一 德育工作", "1二 经费投入"]);
    }

    #[test]
    fn numbers_may_repeat_and_skip() {
        let text = "一、甲项工作\n正文。\n三、乙项工作\n正文。\n三、丙项工作\n正文。\n四、丁项工作\n正文。";
        assert_eq!(shown(text).len(), 4);
    }

    #[test]
    fn a_numbered_paragraph_has_no_title() {
        let text = "五、管好钱物\n1、三月份请来了县里的审计人员给全镇各站所的出纳上了两天的课,讲解了票据管理、预算编制和资产登记的办法,并当场答疑。反响很好。\n2、慰问教师。";
        assert_eq!(shown(text), ["1五 管好钱物", "31 -", "32 慰问教师"]);
    }
}
