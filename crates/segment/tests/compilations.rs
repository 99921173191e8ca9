//! Compilations made here, in eight marker styles, with 2 to 30 reports each: starts and titles
//! must come out as they went in.

#![allow(clippy::string_slice)] // A wrong offset shall fail the test.

use taosha_core::{Mark, Output, Record, Settings, SpanKind, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

/// A small generator of numbers, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }
}

const PLACES: [&str; 6] = ["青禾县", "云岭县", "临江市", "**县", "白石镇", "松溪区"];
const UNITS: [&str; 6] = [
    "教育局",
    "公安局",
    "民政局",
    "卫生健康局",
    "教育工会",
    "第二中学",
];
const WORDS: [&str; 7] = [
    "工作总结",
    "年度工作报告",
    "工作汇报",
    "党建工作总结",
    "安全工作总结",
    "工作总结及下一年工作计划",
    "述职报告",
];
const OPENINGS: [&str; 6] = [
    "一年来,在市委、市政府的坚强领导下,我们紧紧围绕中心工作,取得了明显成效。现将有关情况汇报如下:",
    "2021年,我局认真贯彻上级精神,扎实推进各项工作。",
    "根据上级统一部署,我单位高度重视,精心组织,现将情况报告如下:",
    "今年以来,我们坚持以人为本,全面落实各项任务。",
    "xx年,在上级主管部门的关心支持下,全体干部职工团结协作,较好地完成了任务。",
    "安全稳定是各项工作的基础。本年度我单位把它放在首位,常抓不懈。",
];
const TASKS: [&str; 8] = [
    "加强组织领导",
    "狠抓队伍建设",
    "改善基础设施",
    "强化监督检查",
    "做好宣传教育",
    "推进信息公开",
    "完善管理制度",
    "关心群众生活",
];
const SENTENCES: [&str; 7] = [
    "全年共召开专题会议12次,印发文件35份。",
    "投入资金286.5万元,新建用房3处,维修道路4.2公里。",
    "组织干部职工1200余人次参加培训,参训率达98.6%。",
    "我们还在第一篇简报中介绍了经验,第二部分工作正在推进。",
    "坚持一周一检查、一月一通报,发现问题及时整改。",
    "参加竞赛的有四、五年级学生和初中一、二年级学生,共获奖17项。",
    "群众满意度由2020年的91.3%提高到95.4%。",
];

fn title(dice: &mut Dice) -> String {
    let year = if dice.roll(2) == 0 {
        format!("{}年", 2015 + dice.roll(8))
    } else {
        String::new()
    };
    format!(
        "{}{}{year}{}",
        dice.pick(&PLACES),
        dice.pick(&UNITS),
        dice.pick(&WORDS)
    )
}

fn body(dice: &mut Dice) -> String {
    let mut body = format!("{}\n", dice.pick(&OPENINGS));
    for (i, number) in ["一", "二", "三", "四"]
        .iter()
        .enumerate()
        .take(2 + dice.roll(3))
    {
        body += &format!("{number}、{}\n", dice.pick(&TASKS));
        for n in 1..=dice.roll(3) {
            body += &format!("{n}、{}。{}\n", dice.pick(&TASKS), dice.pick(&SENTENCES));
        }
        for _ in 0..=dice.roll(3) + usize::from(i == 0) {
            body += dice.pick(&SENTENCES);
        }
        body += "\n";
    }
    body
}

fn han(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (n / 10, n % 10) {
        (0, ones) => DIGITS[ones].to_owned(),
        (1, ones) => format!("十{}", DIGITS[ones]),
        (tens, ones) => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
    }
}

const N_STYLES: usize = 8;

/// A page, the byte where each report begins, and the titles.
fn compilation(
    style: usize,
    n_reports: usize,
    dice: &mut Dice,
) -> (String, Vec<usize>, Vec<String>) {
    let mut page = match dice.roll(3) {
        0 => "以下是小编整理的范文,供大家参考。\n".to_owned(),
        _ => String::new(),
    };
    let shared = title(dice);
    let (mut starts, mut titles) = (Vec::new(), Vec::new());
    for n in 1..=n_reports {
        let own = title(dice);
        let body = body(dice);
        starts.push(page.len());
        let (head, title) = match style {
            0 => (
                format!(
                    "第{n}篇 {own} {}字\n",
                    body.chars().filter(|c| !c.is_whitespace()).count() * 95 / 100
                ),
                own,
            ),
            1 => (format!("【第{n}篇】{own}"), own),
            2 => (format!("篇{}:{own}\n", han(n)), own),
            3 => (format!("范文{}\n{own}\n", han(n)), own),
            4 => (format!("第{}部分 {own}\n", han(n)), own),
            5 => (format!("{shared}({})\n", han(n)), shared.clone()),
            6 => (format!("{n}、{own}\n"), own),
            _ => (format!("{shared} 篇{n}\n"), shared.clone()),
        };
        page += &head;
        // A title is glued to years and openings only.
        page += &if style == 1 {
            format!("xx年,我们认真履职。\n{body}")
        } else {
            body
        };
        titles.push(title);
    }
    (page, starts, titles)
}

fn segmented(record: Record) -> Vec<Record> {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let segment = Segment::build(SegmentConfig::default(), &settings).expect("defaults build");
    let mut out = Output::new();
    segment
        .process(record, &mut out)
        .expect("a page is segmented");
    out.into_parts()
        .0
        .into_iter()
        .map(|emission| emission.record)
        .collect()
}

fn starts(children: &[Record]) -> Vec<usize> {
    children
        .iter()
        .map(|child| child.report().expect("a report").span().start())
        .collect()
}

#[test]
fn compilations_in_eight_styles_are_cut_where_their_reports_begin() {
    let mut dice = Dice(20_260_101);
    for style in 0..N_STYLES {
        let (mut n_true, mut n_found, mut n_right, mut n_titles) = (0, 0, 0, 0);
        for n_reports in 2..=30 {
            let (page, right, titles) = compilation(style, n_reports, &mut dice);
            let children = segmented(Record::from_text("memory:page", &page));
            let found = starts(&children);
            n_true += right.len();
            n_found += found.len();
            n_right += found.iter().filter(|start| right.contains(start)).count();
            let named = children
                .iter()
                .filter_map(|child| child.report().ok()?.meta.title.clone());
            n_titles += named
                .zip(&titles)
                .filter(|(found, right)| found == *right)
                .count();
            if found != right && found.len() < 6 {
                println!(
                    "style {style}: {found:?} for {right:?}\n{}",
                    page.chars().take(300).collect::<String>()
                );
            }
        }
        println!("style {style}: {n_right} of {n_true} starts, {n_found} found, {n_titles} titles");
        assert!(100 * n_right >= 99 * n_true, "recall of style {style}");
        assert!(100 * n_right >= 99 * n_found, "precision of style {style}");
        assert!(100 * n_titles >= 97 * n_true, "titles of style {style}");
    }
}

/// Heads as they stand on other sites, for report `n` with the title `own` and its copy by the site.
const HEADS: [fn(usize, &str, &str) -> String; 12] = [
    |n, own, _| format!("第{}篇:{own}\n", han(n)),
    |n, own, _| format!("第{n}篇\n{own}\n"),
    |n, own, _| format!("★第{n}篇★ {own}\n"),
    |n, own, _| format!("[第{n}篇]{own}\r\n"),
    |n, own, site| format!("第{n}篇 {site} 2950字\n{own}\n"),
    |n, own, _| format!("\u{3000}\u{3000}【篇{}】{own}\n", han(n)),
    |n, own, _| format!("篇{n}:{own}\n\n"),
    |n, own, _| format!("范文({}):{own}\n", han(n)),
    |n, own, _| format!("优秀范文第{n}篇 {own}\n"),
    |n, own, _| format!("({}){own}\n", han(n)),
    |n, own, _| format!("{n}. {own}\n"),
    |n, own, _| format!("【第{n}篇】{own}\n"),
];

#[test]
fn other_ways_to_write_the_markers_are_understood() {
    let mut dice = Dice(23);
    for (style, head) in HEADS.iter().enumerate() {
        let (mut n_true, mut n_found, mut n_right, mut n_titles) = (0, 0, 0, 0);
        for first in [1, 1, 1, 4] {
            let (mut page, mut right, mut titles) = (String::new(), Vec::new(), Vec::new());
            for n in first..first + 2 + dice.roll(9) {
                let own = title(&mut dice);
                right.push(page.len() + if style == 5 { 6 } else { 0 });
                page += &head(n, &own, &format!("{own}范文"));
                page += &body(&mut dice);
                titles.push(own);
            }
            let children = segmented(Record::from_text("memory:page", &page));
            let found = starts(&children);
            n_true += right.len();
            n_found += found.len();
            n_right += found.iter().filter(|start| right.contains(start)).count();
            let named = children
                .iter()
                .filter_map(|child| child.report().ok()?.meta.title.clone());
            let named: Vec<_> = named.collect();
            n_titles += named.iter().filter(|title| titles.contains(title)).count();
            if found != right {
                let shown: String = page.chars().take(200).collect();
                println!("head {style}: {found:?} for {right:?} {named:?}\n{shown}");
            }
        }
        println!(
            "style head {style}: {n_right} of {n_true} starts, {n_found} found, {n_titles} titles"
        );
        assert_eq!(
            (n_right, n_found, n_titles),
            (n_true, n_true, n_true),
            "head {style}"
        );
    }
}

#[test]
fn full_width_signs_make_no_difference() {
    let mut dice = Dice(43);
    let wide = |text: &str| {
        text.replace(',', "，")
            .replace(':', "：")
            .replace('(', "（")
            .replace(')', "）")
    };
    for style in 0..N_STYLES {
        let (page, right, titles) = compilation(style, 7, &mut dice);
        let right: Vec<usize> = right
            .iter()
            .map(|&start| wide(&page[..start]).len())
            .collect();
        let children = segmented(Record::from_text("memory:page", &wide(&page)));
        assert_eq!(starts(&children), right, "style {style}");
        let named = children
            .iter()
            .filter_map(|child| child.report().ok()?.meta.title.clone());
        assert_eq!(named.collect::<Vec<_>>(), titles, "style {style}");
    }
}

#[test]
fn reports_of_places_may_be_numbered_as_their_headings_are() {
    let places = ["清溪镇", "白马乡", "石桥街道", "云盘乡"];
    let report = |place: &str| {
        format!(
            "{place}2020年工作总结\n一、主要做法\n{place}坚持党建引领，全年完成投资300万元，新建道路20公里，群众满意度明显提高。\n二、存在问题\n经费不足，人员老化。\n三、今后打算\n加强领导，落实责任。\n"
        )
    };
    for numbers in [
        ["（一）", "（二）", "（三）", "（四）"],
        ["一、", "二、", "三、", "四、"],
        ["1.", "2.", "3.", "4."],
    ] {
        let reports = numbers.iter().zip(places);
        let page: String = reports
            .map(|(number, place)| format!("{number}{}", report(place)))
            .collect();
        let page = format!("乡镇工作总结四篇\n{page}");
        let children = segmented(Record::from_text("memory:page", &page));
        let titles: Vec<Option<String>> = children
            .iter()
            .map(|child| child.report().unwrap().meta.title.clone())
            .collect();
        let expected = places.map(|place| Some(format!("{place}2020年工作总结")));
        assert_eq!(titles, expected, "{page}");
    }
}

#[test]
fn a_compilation_on_one_line_is_cut() {
    let mut dice = Dice(29);
    let (mut page, mut right) = (String::new(), Vec::new());
    for n in 1..=6 {
        right.push(page.len());
        page += &format!(
            "【第{n}篇】{}{}",
            title(&mut dice),
            body(&mut dice).replace('\n', "")
        );
    }
    assert_eq!(
        starts(&segmented(Record::from_text("memory:page", &page))),
        right
    );
}

#[test]
fn the_second_page_of_a_compilation_begins_with_the_rest_of_a_report() {
    let mut dice = Dice(31);
    let rest = format!(
        "取得了成效。\n三、{}\n{}",
        TASKS[1],
        SENTENCES[..4].concat().repeat(2)
    );
    let mut page = format!("{rest}\n");
    let mut right = vec![0];
    for n in 4..=6 {
        right.push(page.len());
        page += &format!("第{n}篇 {}\n{}", title(&mut dice), body(&mut dice));
    }
    let children = segmented(Record::from_text("memory:page", &page));
    assert_eq!(starts(&children), right);
    assert_eq!(
        children[0].report().expect("a report").meta.complete,
        Some(false)
    );
}

#[test]
fn nothing_of_a_page_disappears_silently() {
    let mut dice = Dice(37);
    let (page, _, _) = compilation(0, 3, &mut dice);
    let page = format!("以下是整理的范文,供参考。\n{page}");
    let children = segmented(Record::from_text("memory:page", &page));
    let step = children[0]
        .trail
        .steps()
        .find(|step| step.decision == "split")
        .expect("a step");
    assert_eq!(step.fields["n_reports"], 3);
    assert_eq!(step.fields["outside"][0]["start"], 0);
    let markers = |child: &Record| {
        let report = child.report().expect("a report");
        report
            .marks()
            .iter()
            .filter(|mark| mark.span.kind() == SpanKind::Marker)
            .count()
    };
    assert_eq!(children.iter().map(markers).collect::<Vec<_>>(), [2, 2, 2]);
    assert!(
        !children[0]
            .report()
            .expect("a report")
            .reading()
            .text()
            .contains("第1篇 ")
    );
}

#[test]
fn a_single_report_is_never_cut() {
    let mut dice = Dice(7);
    for _ in 0..300 {
        let page = format!("{}\n{}", title(&mut dice), body(&mut dice));
        assert_eq!(
            starts(&segmented(Record::from_text("memory:page", &page))),
            [0],
            "{page}"
        );
    }
}

#[test]
fn reports_without_markers_are_told_by_titles_and_outlines() {
    let mut dice = Dice(11);
    let (mut page, mut right) = (String::new(), Vec::new());
    for _ in 0..5 {
        right.push(page.len());
        page += &format!("{}\n{}", title(&mut dice), body(&mut dice));
    }
    assert_eq!(
        starts(&segmented(Record::from_text("memory:page", &page))),
        right
    );
}

#[test]
fn two_parts_of_one_report_stay_together() {
    let mut dice = Dice(3);
    let page = format!(
        "青禾县教育局2020年工作总结和2021年工作计划\n第一部分 2020年工作总结\n{}第二部分 2021年工作计划\n一、总体要求\n认真谋划。\n二、主要任务\n抓好落实。\n",
        body(&mut dice)
    );
    assert_eq!(
        segmented(Record::from_text("memory:page", &page)).len(),
        1,
        "{page}"
    );
}

#[test]
fn a_letter_and_the_report_it_issues_stay_together() {
    let report = "2021年粮食工作总结\n2021年，我局收购粮食3万吨，做了许多工作。现将工作总结如下：\n一、收购\n收购粮食3万吨。\n二、储备\n储备粮食1万吨。";
    for inner in ["《2021年粮食工作总结》", "2021年粮食工作总结"] {
        let letter = format!(
            "青禾县粮食局文件\n青粮发〔2022〕3号\n青禾县粮食局关于印发{inner}的通知\n各粮站：\n现将{inner}印发给你们，请认真学习。\n青禾县粮食局\n2022年1月10日\n"
        );
        let children = segmented(Record::from_text(
            "memory:letter",
            &format!("{letter}{report}"),
        ));
        assert_eq!(children.len(), 1, "{inner}");
        let meta = &children[0].report().expect("a report").meta;
        assert_eq!(meta.title.as_deref(), Some("2021年粮食工作总结"));
        assert_eq!(meta.publisher.as_deref(), Some("青禾县粮食局"));
        // A letter about something else is a paper of its own.
        let letter = letter.replace("粮食工作总结", "防火工作方案");
        let children = segmented(Record::from_text(
            "memory:letter",
            &format!("{letter}{report}"),
        ));
        assert_eq!(children.len(), 2, "{inner}");
    }
}

#[test]
fn a_table_of_contents_is_no_list_of_reports() {
    let mut dice = Dice(5);
    let (page, right, titles) = compilation(2, 6, &mut dice);
    let contents: String = titles
        .iter()
        .enumerate()
        .map(|(i, title)| format!("篇{}:{title}\n", han(i + 1)))
        .collect();
    let right: Vec<usize> = right.iter().map(|start| start + contents.len()).collect();
    let found = segmented(Record::from_text(
        "memory:page",
        &format!("{contents}{page}"),
    ));
    assert_eq!(starts(&found), right);
}

#[test]
fn a_report_whose_head_was_left_out_is_found() {
    let mut dice = Dice(13);
    let first = format!("【第1篇】青禾县教育局工作总结\n{}", body(&mut dice));
    let notice = "……此处隐藏2107个字……";
    let rest = format!(
        "委、县政府的领导下,取得了成绩。\n一、{}\n全年召开会议。\n",
        TASKS[0]
    );
    let last = format!("【第6篇】云岭县教育局工作总结\n{}", body(&mut dice));
    let page = format!("{first}{notice}{rest}{last}");
    let mut record = Record::from_text("memory:page", &page);
    let report = record.report_mut().expect("a report");
    let span = report
        .document()
        .span(first.len()..first.len() + notice.len(), SpanKind::Cut);
    report.mark([Mark::cut(span, "hidden")]);
    let children = segmented(record);
    let at = first.len() + notice.len();
    assert_eq!(starts(&children), [0, at, at + rest.len()]);
    let complete: Vec<_> = children
        .iter()
        .map(|child| child.report().expect("a report").meta.complete)
        .collect();
    assert_eq!(complete[..2], [Some(false), Some(false)]);
    assert_ne!(complete[2], Some(false));
}

/// A step that looks back at all it has seen would take hours here, so this needs no clock.
const LONG: usize = 2_000_000;

#[test]
fn long_lines_of_anything_come_to_an_end() {
    let mut dice = Dice(17);
    let prose: String = (0..4).map(|_| body(&mut dice)).collect();
    for piece in [
        &*prose.replace('\n', ""),
        "。第1篇 ",
        "1、",
        "（一）",
        "“",
        "一、二",
        "2021年比",
        " ",
        "【第1篇】工作总结",
    ] {
        segmented(Record::from_text(
            "memory:page",
            &piece.repeat(LONG / piece.len()),
        ));
    }
}
