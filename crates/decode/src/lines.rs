//! Line breaks that stand in the middle of a sentence, and those that a page has lost.
//!
//! Template sites break lines in front of every 一、二、三、, also inside 初一、初二年级; mail programs and old
//! editors break them at a fixed width; other sites store a whole report on one line. What is found here
//! are marks: the document keeps its breaks, the reading has those of the author.

use std::ops::Range;

use crate::piped;
use crate::torn::Torn;
use crate::wrap::{self, Indent, Wrap};

/// A place that reads otherwise than it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mend {
    /// Bytes of the text; empty where something is put in.
    pub(crate) range: Range<usize>,
    pub(crate) reads_as: &'static str,
    pub(crate) rule: &'static str,
}

impl Mend {
    fn join(range: Range<usize>, rule: &'static str) -> Self {
        Mend {
            range,
            reads_as: "",
            rule,
        }
    }

    fn part(range: Range<usize>) -> Self {
        Mend {
            range,
            reads_as: "\n",
            rule: "lost_line_break",
        }
    }
}

/// The mends of `text`, in order, not overlapping.
///
/// `indent` tells how far the line that starts at a place was indented.
pub(crate) fn mend(text: &str, indent: impl Fn(usize) -> Indent) -> Vec<Mend> {
    let lines = lines(text);
    let mut mends = joins(text, &lines, indent);
    mends.extend(parts(text, &lines));
    mends.extend(piped::cells(text, &lines));
    mends.sort_by_key(|mend| (mend.range.start, mend.range.end));
    let mut end = 0;
    mends.retain(|mend| {
        let is_free = mend.range.start >= end;
        end = end.max(mend.range.end + usize::from(mend.range.is_empty()));
        is_free
    });
    mends
}

/// The lines that hold something, without their breaks.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if end > start {
            lines.push(start..end);
        }
        start += line.len();
    }
    lines
}

// Breaks that are false.

fn joins(text: &str, lines: &[Range<usize>], indent: impl Fn(usize) -> Indent) -> Vec<Mend> {
    let wrapped: Vec<wrap::Line<'_>> = lines
        .iter()
        .map(|line| wrap::Line {
            words: text.get(line.clone()).unwrap_or_default(),
            indent: indent(line.start),
        })
        .collect();
    let wrap = Wrap::of(&wrapped);
    let torn = Torn::of(&wrapped);
    let mut mends = Vec::new();
    for (pair, words) in lines.windows(2).zip(wrapped.windows(2)) {
        let ([before, after], [last, next]) = (pair, words) else {
            continue;
        };
        let gap = before.end..after.start;
        if let Some(number) = torn.page_number(last.words, next.words) {
            let range = before.end - number..after.start;
            mends.push(Mend::join(range, "page_number_in_sentence"));
        } else if torn.joins(last.words, next.words) {
            mends.push(Mend::join(gap, "false_line_break"));
        } else if gap.len() == 1 && wrap.as_ref().is_some_and(|wrap| wrap.joins(last, next)) {
            let is_latin = ends_latin(last.words) && starts_latin(next.words);
            mends.push(Mend {
                range: gap,
                reads_as: if is_latin { " " } else { "" },
                rule: "fixed_width_line_break",
            });
        }
    }
    mends
}

/// The number that `text` begins with, and what follows it.
pub(crate) fn numeral(text: &str) -> Option<(u32, &str)> {
    let digit = |c: char| "一二三四五六七八九".chars().position(|digit| digit == c);
    let mut chars = text.chars();
    let first = chars.next()?;
    if let Some(tens) = digit(first) {
        let behind = chars.as_str();
        let value = u32::try_from(tens).ok()? + 1;
        return match behind.strip_prefix('十') {
            None => Some((value, behind)),
            Some(behind) => Some(ones(value * 10, behind)),
        };
    }
    (first == '十').then(|| ones(10, chars.as_str()))
}

fn ones(tens: u32, text: &str) -> (u32, &str) {
    let mut chars = text.chars();
    let one = chars
        .next()
        .and_then(|c| "一二三四五六七八九".chars().position(|digit| digit == c));
    match one.and_then(|one| u32::try_from(one).ok()) {
        Some(one) => (tens + one + 1, chars.as_str()),
        None => (tens, text),
    }
}

fn ends_latin(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_alphabetic() || matches!(c, ',' | ';'))
}

fn starts_latin(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

pub(crate) fn is_stop(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '!' | '？' | '?' | '；' | ';' | '：' | ':' | '…'
    )
}

// Breaks that are lost.

/// A paragraph of a report is seldom longer; more on one line is several paragraphs.
const WALL_CHARS: usize = 600;

/// A wall is most of its text: a long paragraph among others is what its author wrote.
const WALL_SHARE: f64 = 0.5;

/// Items of a list inside a paragraph are shorter on the average than those that were paragraphs.
const LEAST_ITEM_BYTES: usize = 40 * 3;

fn parts(text: &str, lines: &[Range<usize>]) -> Vec<Mend> {
    let mut mends = Vec::new();
    for line in lines {
        let words = text.get(line.clone()).unwrap_or_default();
        // Most lines are short, and bytes are counted already.
        let is_long =
            words.len() >= WALL_CHARS && words.len() as f64 >= WALL_SHARE * text.len() as f64;
        if is_long && words.chars().count() >= WALL_CHARS {
            gaps(words, line.start, &mut mends);
            for style in [Style::Chinese, Style::Bracketed, Style::Arabic] {
                outline(words, line.start, style, &mut mends);
            }
        }
    }
    mends
}

/// White space behind a stop, where stops have none as a rule: the indent of a paragraph. Where there
/// is such, headings, the line that names whom it is written to and the date have theirs as well.
fn gaps(words: &str, base: usize, mends: &mut Vec<Mend>) {
    let (mut gaps, mut n_stops, mut n_behind) = (Vec::new(), 0usize, 0usize);
    let mut after_stop = false;
    for (at, c) in words.char_indices() {
        if c.is_whitespace() {
            gaps.push((at..at + c.len_utf8(), after_stop));
            n_behind += usize::from(after_stop);
        }
        let closes = after_stop && matches!(c, '”' | '’' | '）' | ')' | '》');
        let stops = matches!(c, '。' | '！' | '？');
        n_stops += usize::from(stops);
        after_stop = stops || closes;
    }
    if n_behind < 2 || n_behind * 2 > n_stops {
        return;
    }
    let mut start = 0;
    for (gap, after_stop) in gaps {
        let before = words.get(start..gap.start).unwrap_or_default();
        let behind = words.get(gap.end..).unwrap_or_default();
        let heads = || is_short_line(before) && !is_around_figure(before, behind);
        if after_stop || heads() || is_date(behind) {
            mends.push(Mend::part(base + gap.start..base + gap.end));
            start = gap.end;
        }
    }
}

/// True for a heading or an addressee: 一、办学条件改善, 市人民政府：
fn is_short_line(words: &str) -> bool {
    /// Longer words between two indents are a sentence.
    const MAX_CHARS: usize = 40;
    let number = words.strip_prefix(['（', '(']).unwrap_or(words);
    let is_numbered = numeral(number).is_some_and(|(_, rest)| rest.starts_with(['、', '）', ')']));
    (is_numbered || words.ends_with(['：', ':'])) && words.chars().nth(MAX_CHARS).is_none()
}

/// True for a space that editors put beside figures: 面积达到 2.1 万亩, 造林 xx 亩. Years begin sentences.
fn is_around_figure(before: &str, behind: &str) -> bool {
    let is_sign = |c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X' | '*' | '.');
    let rest = behind.trim_start_matches(is_sign);
    let is_year = rest.trim_start().starts_with('年');
    before.ends_with(is_sign) || rest.len() < behind.len() && !is_year
}

/// True for a date and nothing else: 2008年12月3日, 二〇〇八年十二月三日.
fn is_date(words: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || "〇○零一二三四五六七八九十年月日".contains(c);
    words.ends_with('日') && words.contains('年') && words.chars().all(is_part)
}

/// How the items of a list are numbered.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// 一、
    Chinese,
    /// （一）
    Bracketed,
    /// 1、 1.
    Arabic,
}

/// Breaks in front of the items of every list that counts up from 1 and is long enough to be one.
fn outline(words: &str, base: usize, style: Style, mends: &mut Vec<Mend>) {
    let least = if style == Style::Bracketed { 2 } else { 3 };
    let mut list: Vec<usize> = Vec::new();
    let mut flush = |list: &mut Vec<usize>| {
        let span =
            list.last().copied().unwrap_or_default() - list.first().copied().unwrap_or_default();
        if list.len() >= least && span >= LEAST_ITEM_BYTES * (list.len() - 1) {
            mends.extend(list.iter().filter_map(|&at| break_at(words, at, base)));
        }
        list.clear();
    };
    let mut after = Before::start();
    for (at, c) in words.char_indices() {
        let here = words.get(at..).unwrap_or_default();
        if let Some(number) = item(here, style)
            && after.allows(number, style)
        {
            if number == 1 {
                flush(&mut list);
                list.push(at);
            } else if list.len() + 1 == number as usize {
                list.push(at);
            }
        }
        after.pass(c);
    }
    flush(&mut list);
}

/// The number of the item that begins `text`.
fn item(text: &str, style: Style) -> Option<u32> {
    match style {
        Style::Chinese => numeral(text)
            .filter(|(_, rest)| rest.starts_with('、'))
            .map(|(number, _)| number),
        Style::Bracketed => numeral(text.strip_prefix(['（', '('])?)
            .filter(|(_, rest)| rest.starts_with(['）', ')']))
            .map(|(number, _)| number),
        Style::Arabic => {
            let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let rest = text.get(digits..)?;
            let behind = rest.strip_prefix(['、', '.', '．'])?;
            let is_decimal = behind.starts_with(|c: char| c.is_ascii_digit());
            // Longer numbers are no items.
            (1..=2).contains(&digits).then_some(())?;
            (!is_decimal)
                .then(|| text.get(..digits)?.parse().ok())
                .flatten()
        }
    }
}

/// The last characters before a place.
struct Before {
    last: char,
    /// The one before white space.
    word: char,
}

impl Before {
    fn start() -> Self {
        Before {
            last: '。',
            word: '。',
        }
    }

    fn pass(&mut self, c: char) {
        if !c.is_whitespace() {
            self.word = c;
        }
        self.last = c;
    }

    /// True when an item can begin here. The first one may stand right behind a title.
    fn allows(&self, number: u32, style: Style) -> bool {
        let ends = is_stop(self.word)
            || matches!(self.word, '”' | '）' | ')' | '.')
            || self.last.is_whitespace();
        let counted = numeral(self.last.encode_utf8(&mut [0; 4])).is_some()
            || self.last.is_ascii_digit()
            || matches!(
                self.last,
                '第' | '初' | '高' | '、' | '届' | '屆' | '和' | '至' | '到'
            );
        ends || number == 1 && style != Style::Arabic && !counted
    }
}

/// A break in place of the white space in front of `at`, or put in where there is none.
fn break_at(words: &str, at: usize, base: usize) -> Option<Mend> {
    let before = words.get(..at)?;
    let start = before.trim_end().len();
    (start > 0).then(|| Mend::part(base + start..base + at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `text` reads as; its indents are taken off, as they are before lines are looked at.
    fn read(text: &str) -> String {
        let mut plain = String::new();
        let mut indents = Vec::new();
        for line in text.split_inclusive('\n') {
            let words = line.trim_start_matches([' ', '\u{3000}']);
            let stripped = line.get(..line.len() - words.len()).unwrap();
            indents.push((plain.len(), Indent::of(stripped)));
            plain.push_str(words);
        }
        let indent = |at: usize| {
            let found = indents.binary_search_by_key(&at, |(start, _)| *start);
            found.map_or(Indent::default(), |found| indents[found].1)
        };
        let mut read = plain.clone();
        for mend in mend(&plain, indent).into_iter().rev() {
            read.replace_range(mend.range, mend.reads_as);
        }
        read
    }

    #[test]
    fn a_list_torn_by_a_break_is_joined() {
        for (torn, whole) in [
            ("今年我县初\n一、初二年级统测", "今年我县初一、初二年级统测"),
            ("学习十七届\n四、五中全会精神", "学习十七届四、五中全会精神"),
            ("學習xx屆\n四、五中全會精神", "學習xx屆四、五中全會精神"),
            ("发展第\n二、三产业", "发展第二、三产业"),
            ("组织小学\n五、六年级学生参加", "组织小学五、六年级学生参加"),
            ("共评出（\n一、二等奖）", "共评出（一、二等奖）"),
            ("高\n一、高二学生", "高一、高二学生"),
        ] {
            assert_eq!(read(torn), whole);
        }
    }

    #[test]
    fn breaks_around_figures_are_joined() {
        let torn = "依据《公开条例》\n（以下简称《条例》\n）编制。\n一、概述\n配备了\n132名工作人员，率达\n90.3%\n，其中主动公开\n2110\n条。\n二、公开情况\n1、公开\n5928\n条，受理\n12\n件。";
        let whole = "依据《公开条例》（以下简称《条例》）编制。\n一、概述\n配备了132名工作人员，率达90.3%，其中主动公开2110条。\n二、公开情况\n1、公开5928条，受理12件。";
        // A break in front of a bracket may part two names.
        let torn = torn.replace("》\n（", "》（");
        assert_eq!(read(&torn), whole);
        let form = "学校\n56\n教师\n2360\n学生\n23000";
        assert_eq!(read(form), form);
    }

    #[test]
    fn a_number_torn_by_a_break_is_joined() {
        for (torn, whole) in [
            (
                "春节期间，为全县农村特困供养对象发放一次性生活补贴3\n\n3.8万元。筹资60万元。",
                "春节期间，为全县农村特困供养对象发放一次性生活补贴33.8万元。筹资60万元。",
            ),
            (
                "今年以来，全镇共争取各类项目资金和帮扶单位投入资金214.\n5万元，",
                "今年以来，全镇共争取各类项目资金和帮扶单位投入资金214.5万元，",
            ),
        ] {
            assert_eq!(read(torn), whole);
        }
        for whole in [
            "按照县里的统一部署，全镇上下共同努力，圆满完成了任务2\n3、抓好落实",
            "在校学生，公办学校和民办学校分年级的人数，合计2360\n3.教师人数",
            "教师合计120\n学生3600名",
        ] {
            assert_eq!(read(whole), whole);
        }
    }

    #[test]
    fn the_number_of_a_page_inside_a_sentence_is_cut() {
        let page = |n: &str| {
            format!(
                "各校把安全工作列入重要议事日程，成立领导小组，签订责任书，进一步明{n}\n\n确了家长应做的工作，责任到人。\n"
            )
        };
        let whole = page("").replace("\n\n", "");
        assert_eq!(read(&page(" 1")), whole);
        let pages = [page("1"), page("2"), page("3")].concat();
        assert_eq!(read(&pages), whole.repeat(3));
        for other in [page("7"), page(" 36")] {
            assert_eq!(read(&other), other);
        }
    }

    #[test]
    fn a_comma_ends_no_paragraph() {
        let torn = "在投入方面，市级财政为全市城乡教育事业投入60亿元，\n\n其中用于新建和改造乡镇学校校舍的投入41.85亿元，惠及学生3万名。";
        assert_eq!(read(torn), torn.replace("\n\n", ""));
        for whole in [
            "春风化雨，\n桃李满园。",
            "今年以来，全县教育系统主要抓了以下几个方面的工作，\n一是抓好学校安全工作，组织全县各级各类学校开展隐患排查。",
        ] {
            assert_eq!(read(whole), whole);
        }
    }

    #[test]
    fn breaks_around_quotations_are_joined() {
        let torn = "全体教师参加了\"\n青禾名师工程\"\n培训，费用由县里承担。\n二是抓考核。";
        let whole = "全体教师参加了\"青禾名师工程\"培训，费用由县里承担。\n二是抓考核。";
        assert_eq!(read(torn), whole);
        for whole in [
            "校长说：\"\n办好学校。\"\n一、做法",
            "我们的口号是\"一切为了学生\"\n学生人数",
            "他说：“要抓质量。\n还要抓安全”\n一、质量",
        ] {
            assert_eq!(read(whole), whole);
        }
    }

    #[test]
    fn headings_keep_their_lines() {
        for text in [
            "工作总结\n一、基本情况",
            "办学水平不断提高\n二、深化改革",
            "各项工作如下:\n一、二年级实行包班",
            "教学质量稳步提高\n四、五项措施保安全",
            "第一部分\n一、概况",
            "现将情况汇报如下\n一、抓领导",
        ] {
            assert_eq!(read(text), text);
        }
    }

    #[test]
    fn lines_of_a_fixed_width_are_joined_up_to_the_end_of_their_paragraph() {
        let paragraph = "今年以来全局上下认真贯彻落实上级的决策部署，紧紧围绕中心工作，开展了形式多样的活动，取得了明显的成绩，得到群众的好评，为明年的工作打下了坚实的基础。";
        let heading = "一、抓好队伍建设";
        let mut wrapped = String::new();
        for _ in 0..4 {
            wrapped.push_str(heading);
            wrapped.push('\n');
            for piece in paragraph.chars().collect::<Vec<_>>().chunks(22) {
                wrapped.extend(piece);
                wrapped.push('\n');
            }
        }
        let whole = format!("{heading}\n{paragraph}\n").repeat(4);
        assert_eq!(read(&wrapped), whole);
    }

    /// `paragraphs` indented by `indent` and broken where `width` columns, or characters, are full.
    fn wrapped(paragraphs: &[&str], indent: &str, width: usize, by_chars: bool) -> String {
        let mut page = String::new();
        for paragraph in paragraphs {
            let mut filled = 0;
            for c in format!("{indent}{paragraph}").chars() {
                let wide = if by_chars || c.is_ascii() { 1 } else { 2 };
                // A comma may hang over.
                if filled + wide > width && c != '，' {
                    page.push('\n');
                    filled = 0;
                }
                page.push(c);
                filled += wide;
            }
            page.push('\n');
        }
        page
    }

    #[test]
    fn indented_paragraphs_broken_at_a_width_are_joined() {
        let paragraphs = [
            "2011年，县文化馆以贯彻落实上级会议精神为主线，以满足人民群众精神文化需求为出发点，积极开展群众文化活动。",
            "一、群众文化活动丰富多彩。全年组织大型文艺演出23场次，观众达8.6万人次，举办书画展7期，其中春节期间3期。",
            "二、文艺创作成果丰硕。其中小品《回家》获全省群众文艺汇演金奖，歌曲《泉水谣》获市第一名，得到好评。",
            "三、免费开放有序推进。设立舞蹈等9个免费培训班，培训学员一千二百六十人次，群众满意度达到98%，好于上年。",
        ];
        let whole = paragraphs
            .map(|paragraph| format!("{paragraph}\n"))
            .concat();
        for indent in ["    ", "　　", "  "] {
            for (width, by_chars) in [
                (64, false),
                (66, false),
                (76, false),
                (35, true),
                (38, true),
            ] {
                let page = wrapped(&paragraphs, indent, width, by_chars);
                assert_eq!(read(&page), whole, "{indent:?} {width} {by_chars}");
            }
        }
    }

    #[test]
    fn lines_of_so_many_characters_are_joined_whatever_figures_they_hold() {
        let words = "面对宏观经济下行压力加大和行业竞争日趋激烈的严峻形势，公司上下团结一心迎难而上，圆满完成了董事会下达的各项任务目标，企业氛围和谐向上。";
        let figures = "全年实现营业收入14.62亿元，同比增长7.3%；利润总额1.18亿元，同比增长15.6%；上缴税费9685万元，资产负债率58.8%。";
        let paragraphs = [words, words, figures, words, words, figures];
        let whole = paragraphs
            .map(|paragraph| format!("{paragraph}\n"))
            .concat();
        assert_eq!(read(&wrapped(&paragraphs, "", 30, true)), whole);
    }

    #[test]
    fn indented_paragraphs_that_are_whole_keep_their_lines() {
        let page = "    一、招生\n全县共招生三百人，比上年增加二十人\n    二、就业\n毕业生全部就业，签约率稳步提高\n    三、培训\n\
                    培训教师一百人，其中骨干教师二十人，合格率百分之百\n    四、打算\n加强管理\n";
        let plain = page.replace("    ", "");
        assert_eq!(read(page), plain);
        // Verses, and a list of names below indented words.
        let names = "    参加人员名单如下\n青禾县第一中学教师李某\n云岭县第二中学教师王某\n丹枫县第三中学教师张某\n    说明\n    完\n    止\n";
        assert_eq!(read(names), names.replace("    ", ""));
        let headings = "　　今年以来全局上下认真贯彻落实上级的决策部署，紧紧围绕中心工作开展活动\n一、基本情况\n".repeat(6);
        assert_eq!(read(&headings), headings.replace('　', ""));
    }

    #[test]
    fn short_lines_and_tables_are_no_broken_paragraphs() {
        let table = "学校\t人数\n一中\t300\n二中\t280\n三中\t260\n".repeat(4);
        assert_eq!(read(&table), table);
        let names = "青禾县第一中学\n云岭县第二中学\n".repeat(10);
        assert_eq!(read(&names), names);
        let paragraphs =
            "今年以来全局上下认真贯彻落实上级的决策部署，紧紧围绕中心工作开展活动。\n".repeat(12);
        assert_eq!(read(&paragraphs), paragraphs);
    }

    fn sentences(n: usize) -> String {
        "全县各学校认真开展了安全教育和隐患排查工作，确保了师生平安。".repeat(n)
    }

    #[test]
    fn a_report_on_one_line_gets_the_breaks_its_outline_asks_for() {
        let s = sentences(8);
        let wall = format!(
            "青禾县教育局工作总结一、办学条件改善{s}二、队伍建设加强(一)师德。{s}(二)培训。{s}三、打算{s}"
        );
        let parts = format!(
            "青禾县教育局工作总结\n一、办学条件改善{s}\n二、队伍建设加强\n(一)师德。{s}\n(二)培训。{s}\n三、打算{s}"
        );
        assert_eq!(read(&wall), parts);
    }

    #[test]
    fn indents_left_in_a_wall_are_its_paragraphs() {
        let s = sentences(8);
        let wall = format!(
            "{s} {s} {s}1、检查。{}2、整改。{}",
            "查隐患。".repeat(2),
            "改问题。".repeat(2)
        );
        assert_eq!(
            read(&wall),
            format!(
                "{s}\n{s}\n{s}1、检查。{}2、整改。{}",
                "查隐患。".repeat(2),
                "改问题。".repeat(2)
            )
        );
    }

    #[test]
    fn spaces_beside_figures_are_no_lost_breaks() {
        let wall = "一、生产稳步推进 今年完成造林 xx 亩，占计划 xx 亩的 101%。育苗 2700 亩。改造 5000 亩。防治 2.6 万亩。 二、渔业生产稳中有升养殖面积达到 2.1 万亩。与去年持平。投放鱼苗 8000 万尾。比去年增长 2.17%。 三、蔬菜生产形势喜人 xx 年，播种面积 11.5 万亩。总产 22 万吨。";
        let text = wall.repeat(6);
        let whole = read(&text);
        assert!(
            whole.contains("推进\n今年") && whole.contains("喜人\nxx 年，播"),
            "{whole}"
        );
        assert!(
            whole.contains("达到 2.1 万亩") && whole.contains("造林 xx 亩，占"),
            "{whole}"
        );
    }

    #[test]
    fn headings_addressee_and_date_have_their_lines_in_a_wall_with_indents() {
        let s = sentences(8);
        let wall = format!(
            "市人民政府： {s} 一、办学 条件改善 {s} （一）培训 教师 李敏 {s} 特此报告。 青禾县教育局 二〇〇八年十二月三日"
        );
        let parts = format!(
            "市人民政府：\n{s}\n一、办学\n条件改善 {s}\n（一）培训\n教师 李敏 {s}\n特此报告。\n青禾县教育局\n二〇〇八年十二月三日"
        );
        assert_eq!(read(&wall), parts);
    }

    #[test]
    fn a_long_paragraph_among_others_stays_whole() {
        let s = sentences(10);
        let text = format!("一、检查{s}二、整改{s}三、总结{s}\n").repeat(3);
        assert_eq!(read(&text), text);
        let spaced = "We did it。 ".repeat(200);
        assert_eq!(read(spaced.trim_end()), spaced.trim_end());
    }
}
