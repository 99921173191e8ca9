//! Which of the numbers in a report open headings: one consistent reading of all of them.
//!
//! A beam search walks over the candidates of [`number::scan`]. Taking one as a heading earns what
//! speaks for it at its place (start of a line, short words behind it) and costs what it breaks in
//! the sequence of its style; numbers start anew under every heading of an outer style, and may
//! repeat or skip at a price. So 四、五年级 at the start of a line, which would jump from 一 to 四,
//! is left in its sentence, while a third section that is numbered 三 twice is kept.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::clue::{Clue, clues, title_limit};
use crate::number::{self, Candidate, N_STYLES, Style};
use crate::rules::{self, BOUND, OPENINGS, STARTS};
use crate::{lines, spoken};

/// A heading of a report. Offsets are into the text that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heading {
    /// From the number to the end of the title; the number alone where there is no title.
    pub(crate) range: Range<usize>,
    pub(crate) number: Range<usize>,
    pub(crate) title: Option<Range<usize>>,
    pub(crate) style: Style,
    /// Counts from 1, as in tables.
    pub(crate) level: u8,
}

impl Heading {
    /// Lets it end where the body ends.
    pub(crate) fn end_before(&mut self, end: usize) {
        if self.title.as_ref().is_some_and(|title| title.end > end) {
            self.title = None;
            self.range.end = self.number.end.min(end);
        }
        self.range.end = self.range.end.min(end);
    }
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

/// The headings of `text` (simplified), in order; `shown` are the lines that the page shows as
/// headings.
pub(crate) fn headings(text: &str, shown: &[Range<usize>]) -> Vec<Heading> {
    let clues = clues(text, shown);
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
    // 1.1, 1.2, 2.1: who numbers so counts on without the headings around.
    if matches!(style, Style::Decimal | Style::LongDecimal) && value != last + 1 {
        return 2.0;
    }
    if style == Style::Shown {
        return 0.0;
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
    // The styles of the headings that are open, outermost first, with their levels.
    let mut open: Vec<(Style, u8)> = Vec::new();
    let heading = |(candidate, end): (&&Candidate, usize)| {
        while open
            .last()
            .is_some_and(|&(style, _)| style >= candidate.style)
        {
            open.pop();
        }
        let outer = open.last().map_or(0, |&(_, level)| level);
        let level = candidate.style.level().unwrap_or(outer + 1);
        open.push((candidate.style, level));
        let title = match candidate.style {
            Style::Shown => Some(spoken::inside(text, candidate)),
            _ => title(text, candidate, end),
        };
        let number_end = text
            .get(candidate.start..candidate.end)
            .map_or(candidate.end, |n| candidate.start + n.trim_end().len());
        let title_end = title.as_ref().map_or(number_end, |title| title.end);
        Heading {
            range: candidate.start..title_end.max(number_end),
            number: candidate.number.clone(),
            title,
            style: candidate.style,
            level,
        }
    };
    taken.iter().zip(ends).map(heading).collect()
}

/// A quantity, which sentences have and headings do not; years and dates are none.
static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"[0-9０-９]+(?:[.．,，][0-9０-９]+)? ?(?:多|余)?[万亿千百]{0,2}(?:[个所名人次元亩座家件处场份户吨辆台项条批例里米期篇册栋套间支对%％头株眼口宗起张幅届天班位只艘公平立]|余)",
    )
});

/// Fewer characters in front of a glued sentence are no heading.
const SHORTEST_GLUED: usize = 4;

/// How the words behind a number end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Line,
    Stop,
    /// At the next heading or the end of the text.
    Text,
    /// Not within the longest title there is.
    Beyond,
}

fn title(text: &str, candidate: &Candidate, end: usize) -> Option<Range<usize>> {
    let words = text.get(candidate.end..end)?;
    let limit = title_limit(candidate.style);
    let mut gaps = Vec::new();
    let mut depth = 0usize;
    let (mut stretch_end, mut ended) = (words.len(), End::Text);
    for (n, (at, c)) in words.char_indices().enumerate() {
        if n > limit {
            (stretch_end, ended) = (at, End::Beyond);
            break;
        }
        match c {
            '\n' | '\r' => (stretch_end, ended) = (at, End::Line),
            '“' | '《' | '(' | '（' | '〈' => depth += 1,
            '”' | '》' | ')' | '）' | '〉' => depth = depth.saturating_sub(1),
            '。' | '!' | '?' | '！' | '？' if depth == 0 => {
                (stretch_end, ended) = (at, End::Stop);
            }
            ';' | '；' if depth == 0 => {
                // A list of clauses is a sentence; an item that fills its line is not.
                let behind = words.get(at + c.len_utf8()..).unwrap_or_default();
                let fills_line = behind.starts_with(['\n', '\r']);
                let end = if fills_line { End::Stop } else { End::Beyond };
                (stretch_end, ended) = (at, end);
            }
            c if number::is_space(c) && n > 1 => gaps.push((at, n)),
            _ => {}
        }
        if ended != End::Text {
            break;
        }
    }
    let stretch = words.get(..stretch_end)?.trim_end_matches(number::is_space);
    let title_end = title_end(stretch, &gaps, ended, words)?;
    let title = words.get(..title_end)?;
    let trimmed = title.trim_end_matches(|c: char| {
        number::is_space(c) || matches!(c, '\n' | '\r' | ':' | '：' | '。' | '.' | ',' | '，' | ';')
    });
    (trimmed.chars().count() >= 2).then(|| candidate.end..candidate.end + trimmed.len())
}

/// Where in `stretch`, the words up to the first stop or line break, the title ends. `gaps` are
/// the spaces in it, with the number of characters before them.
fn title_end(stretch: &str, gaps: &[(usize, usize)], ended: End, words: &str) -> Option<usize> {
    let first = gaps.iter().find(|&&(at, _)| at < stretch.len());
    if let Some(&(gap, n_before)) = first {
        // 一、做好信访接待 我们把…: a space is all that is left of the line break.
        let behind = words.get(gap..)?.trim_start_matches(number::is_space);
        if n_before > 3 && OPENINGS.find(lines::prefix(behind, 60)).is_some() {
            return Some(gap);
        }
        // 一、造林绿化 完成造林1万亩,植树30万株。
        let rest = stretch.get(gap..)?;
        let n_runs = stretch
            .split(number::is_space)
            .filter(|s| !s.is_empty())
            .count();
        let heading = stretch.get(..gap)?;
        let is_sentence = FIGURE.is_match(rest)
            || ended == End::Stop && rest.contains([',', '，']) && n_runs == 2;
        if is_sentence && !FIGURE.is_match(heading) {
            return Some(gap);
        }
    }
    if let Some(colon) = explained(stretch) {
        return Some(colon);
    }
    if let Some(start) = glued_sentence(stretch, ended) {
        return Some(start);
    }
    // …配备保安12 and 名 on the next line: the line break is a false one.
    let is_open = ended != End::Line || stretch.ends_with(|c: char| c.is_ascii_digit());
    match ended {
        End::Beyond => first.filter(|&&(_, n)| n > 3).map(|&(at, _)| at),
        // A whole sentence with its figures is no title.
        _ if is_open && stretch.contains([',', '，']) && FIGURE.is_match(stretch) => None,
        _ => Some(stretch.len()),
    }
}

/// Where the title ends that a colon and its explanation follow: 公共卫生:建档2.1万份.
fn explained(stretch: &str) -> Option<usize> {
    /// Longer words in front of a colon are a clause.
    const LONGEST: usize = 16;
    let (at, _) = stretch
        .char_indices()
        .take(LONGEST)
        .find(|&(_, c)| matches!(c, ':' | '：'))?;
    let (title, behind) = stretch.split_at_checked(at)?;
    let is_title = title.chars().nth(1).is_some()
        && !title.contains([',', '，', '“', '《', '(', '（'])
        && !title.ends_with(|c: char| c.is_ascii_digit());
    (is_title && behind.chars().nth(6).is_some()).then_some(at)
}

/// Where a sentence begins that nothing separates from the heading in front of it:
/// 规范办学行为全镇现有小学14所. Told by the word it begins with and a figure behind it, or, for the
/// one who speaks, a clause.
fn glued_sentence(stretch: &str, ended: End) -> Option<usize> {
    let start = STARTS.find_iter(stretch).find(|start| {
        let (before, rest) = (
            stretch.get(..start.start()).unwrap_or_default(),
            stretch.get(start.start()..).unwrap_or_default(),
        );
        let is_clause = ended != End::Line
            && rest.starts_with(['我', '本', '今'])
            && rest.contains([',', '，']);
        before.chars().nth(SHORTEST_GLUED - 1).is_some()
            && BOUND.find(before).is_none()
            && (is_clause || FIGURE.is_match(rest))
    })?;
    Some(start.start())
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |heading: &Heading| {
            let number = &text[heading.number.clone()];
            let title = heading.title.clone().map_or("-", |title| &text[title]);
            format!("{}{number} {title}", heading.level)
        };
        headings(text, &[]).iter().map(show).collect()
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

    #[test]
    fn a_heading_ends_where_a_sentence_is_glued_to_it() {
        for (text, title) in [
            (
                "一、强化管理,规范办学行为全镇现有小学12所,教学点\n3个。",
                "强化管理,规范办学行为",
            ),
            (
                "一、加强组织领导我局成立了领导小组,明确了责任分工。",
                "加强组织领导",
            ),
            ("一、植树造林 完成造林1.5万亩,义务植树20万株。", "植树造林"),
            ("一、仓储 新建粮库4座,仓容9万吨。", "仓储"),
            ("一、不足 经费短缺,人员老化。", "不足"),
            ("一、公共卫生:建档2.1万份,随访1800人次。", "公共卫生"),
            (
                "一、大力推动全县新建公路12公里\n正文。",
                "大力推动全县新建公路12公里",
            ),
            ("一、强化管理,规范办学行为。正文。", "强化管理,规范办学行为"),
            ("一、新建学校4所,改造厕所5座,投入资金300万元。", "-"),
        ] {
            assert_eq!(shown(text), [format!("1一 {title}")], "{text}");
        }
    }

    #[test]
    fn a_school_year_that_a_line_break_cuts_is_no_heading() {
        let text = "一、教学质量\n统考成绩居全镇前列的有小学五、六年级和初\n一、初二年级,受到好评。\n二、安全\n无事故。";
        assert_eq!(shown(text), ["1一 教学质量", "1二 安全"]);
        let text = "一、教学质量\n听课的有高\n一、高二年级的教师。\n二、安全\n无事故。";
        assert_eq!(shown(text), ["1一 教学质量", "1二 安全"]);
    }

    #[test]
    fn rows_of_a_table_are_no_headings() {
        let text = "一、公开情况\n第二十条第(一)项\n信息内容\t件数\n一、本年新收\t5\t6\n二、上年结转\t0\t0\n三、办理结果\t(一)公开\t5\n二、存在问题\n不够及时。";
        assert_eq!(shown(text), ["1一 公开情况", "1二 存在问题"]);
    }

    #[test]
    fn links_below_the_text_are_no_headings() {
        let text = "总结\n一、抓安全\n无事故。\n二、打算\n继续努力。\n【总结范文】相关文章:\n1.社区工作计划\n2.街道工作总结\n";
        assert_eq!(shown(text), ["1一 抓安全", "1二 打算"]);
    }

    #[test]
    fn notes_are_no_headings() {
        let text = "一、公开情况\n公开了信息。\n注:1.本表数字截至年底。\n2.单位为件。\n二、存在问题\n不够及时。";
        assert_eq!(shown(text), ["1一 公开情况", "1二 存在问题"]);
    }

    #[test]
    fn a_table_of_contents_does_not_double_the_outline() {
        let text = "工作总结\n目录\n一、教学质量……1\n二、队伍建设……3\n一、教学质量\n提高。\n二、队伍建设\n加强。";
        assert_eq!(shown(text), ["1一 教学质量", "1二 队伍建设"]);
        let text = "工作总结\n目 录\n一、教学质量\n二、队伍建设\n一、教学质量\n提高。\n二、队伍建设\n加强。";
        assert_eq!(shown(text), ["1一 教学质量", "1二 队伍建设"]);
    }
}
