//! Which of the numbers in a report open headings: one consistent reading of all of them.
//!
//! A beam search walks over the candidates of [`number::scan`]. Taking one as a heading earns what
//! speaks for it at its place (start of a line, short words behind it) and costs what it breaks in
//! the sequence of its style; numbers start anew under every heading of an outer style, and may
//! repeat or skip at a price. So 四、五年级 at the start of a line, which would jump from 一 to 四,
//! is left in its sentence, while a third section that is numbered 三 twice is kept.

use std::ops::Range;

use crate::clue::{Clue, clues};
use crate::heading_title;
use crate::number::{Candidate, N_STYLES, Style};

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

/// States kept at each step. Sequences are decided by the last few numbers: 12 gives the same readings
/// on 2113 pages, 6 another one on one of them.
const BEAM: usize = 8;

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

/// The headings whose numbers are `taken`, with their levels and titles.
fn titled(text: &str, taken: &[&Candidate]) -> Vec<Heading> {
    // The styles of the headings that are open, outermost first, with their levels.
    let mut open: Vec<(Style, u8)> = Vec::new();
    let heading = |(candidate, title): (&&Candidate, Option<Range<usize>>)| {
        while open
            .last()
            .is_some_and(|&(style, _)| style >= candidate.style)
        {
            open.pop();
        }
        let outer = open.last().map_or(0, |&(_, level)| level);
        let level = candidate.style.level().unwrap_or(outer + 1);
        open.push((candidate.style, level));
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
    let titles = heading_title::titles(text, taken);
    taken.iter().zip(titles).map(heading).collect()
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

    #[test]
    fn titles_glued_to_their_sentences_are_told_by_what_begins_and_by_each_other() {
        let text = "民政局工作总结一、养老服务新建敬老院2所,改造床位60张。二、社会救助发放低保金86万元。三、双拥优抚慰问军属120户,走访31人次。四、四项制度全面落实修订办法6个。";
        let expected = [
            "1一 养老服务",
            "1二 社会救助",
            "1三 双拥优抚",
            "1四 四项制度全面落实",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn tasks_are_told_by_those_beside_them() {
        let text = "一、下步打算\n1.推进项目建设，抓好服务。\n2.改善设施，投入20万元。\n3.抓好培训，8月底前完成。\n二、有关建议\n1.加强领导，落实责任。\n";
        let expected = [
            "1一 下步打算",
            "31 -",
            "32 -",
            "33 -",
            "1二 有关建议",
            "31 加强领导，落实责任",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn the_last_line_of_a_text_is_a_task_as_those_above_it() {
        let text = "三、明年打算\n1.力争发案下降5%以上，破案率达到85%。\n2.计划新建用房3处，总投资1650万元。\n3.确保交通事故死亡人数不超过10人，不发生大案。";
        assert_eq!(shown(text), ["1三 明年打算", "31 -", "32 -", "33 -"]);
    }

    #[test]
    fn headings_follow_each_other_where_stops_were_lost_with_the_line_breaks() {
        let text = "民政局工作总结一、养老服务新建敬老院2所,培训四、五级护工3、5次,逢周一、周三上课二、社会救助发放低保金86万元,标准不断提高,城乡低保对象、特困供养人员和孤儿的基本生活得到了保障,群众满意度明显提高三、2021年打算继续统一、规范发放标准,新建福利院1.5万平方米,进一步完善县、乡、村三级服务网络";
        assert_eq!(
            shown(text),
            ["1一 养老服务", "1二 社会救助", "1三 2021年打算"]
        );
        let text = "工作汇报现将情况汇报如下: 第一章 成效1.存在的问题1.1 经费不足缺口达1.2 万元。1.2 力量薄弱现有12人。第二章 打算继续努力。";
        let numbers: Vec<String> = shown(text)
            .iter()
            .map(|h| h.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(numbers, ["1一", "31", "41.1", "41.2", "1二"]);
    }
}
