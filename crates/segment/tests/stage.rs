//! What becomes of a page as a whole: copies, empty pages, other pages of the same article.

use std::sync::Arc;

use taosha_core::{
    Body, Collapse, Document, Drop, Edited, Links, Map, Mark, Output, PeriodBasis, Record,
    Registry, Relation, Report, Role, Script, Settings, SpanKind, Stage, StageType,
};
use taosha_segment::{Segment, SegmentConfig};

const PAGE: &str = "青禾县教育局2021年工作总结\n2021年,我局抓了三项工作。\n一、工作完成情况\n新建校舍3处。\n二、存在的问题\n1、经费不足。\n三、下一步打算\n加强管理。\n";

fn run(record: Record, config: SegmentConfig) -> (Vec<Record>, Vec<Drop>) {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let segment = Segment::build(config, &settings).expect("the configuration builds");
    let mut out = Output::new();
    segment
        .process(record, &mut out)
        .expect("a page is segmented");
    let (emissions, drops) = out.into_parts();
    (
        emissions
            .into_iter()
            .map(|emission| emission.record)
            .collect(),
        drops,
    )
}

fn report(record: Record) -> Report {
    let (records, drops) = run(record, SegmentConfig::default());
    assert_eq!((records.len(), drops.len()), (1, 0));
    records[0].report().expect("a report").clone()
}

/// A record of `text` whose page says more about itself.
fn page(text: &str, change: impl FnOnce(&mut Document)) -> Record {
    let mut record = Record::from_text("memory:page", text);
    let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
    let mut document = Document::new(edited, "utf-8", Script::Simplified);
    change(&mut document);
    record.body = Body::Report(Box::new(Report::whole(Arc::new(document))));
    record
}

#[test]
fn the_stage_is_registered_under_its_name() {
    let mut registry = Registry::default();
    taosha_segment::register(&mut registry);
    assert_eq!(Segment::NAME, "segment");
}

#[test]
fn a_notice_behind_the_last_words_tells_that_text_is_missing() {
    let complete = |notice: &str| {
        let mut record = Record::from_text("memory:page", &format!("{PAGE}{notice}"));
        let page = record.report_mut().expect("a report");
        let span = page
            .document()
            .span(PAGE.len()..PAGE.len() + notice.len(), SpanKind::Cut);
        page.mark((!span.is_empty()).then(|| Mark::cut(span, "more_unread")));
        report(record).meta.complete
    };
    assert_eq!(complete("（未完待续）"), Some(false));
    assert_eq!(complete(""), None);
}

#[test]
fn a_page_with_one_report_gives_one_child() {
    let record = Record::from_text("memory:page", PAGE);
    let id = record.id;
    let (records, _) = run(record, SegmentConfig::default());
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].parent, Some(id));
    let meta = &records[0].report().expect("a report").meta;
    assert_eq!(meta.title.as_deref(), Some("青禾县教育局2021年工作总结"));
    assert_eq!(meta.publisher.as_deref(), Some("青禾县教育局"));
    assert_eq!(meta.place.as_deref(), Some("青禾县"));
    assert_eq!(
        meta.period.map(|period| period.to_string()).as_deref(),
        Some("2021")
    );
    assert_eq!(meta.period_basis, Some(PeriodBasis::Title));
}

#[test]
fn sections_know_what_they_are_for() {
    let report = report(Record::from_text("memory:page", PAGE));
    let roles: Vec<_> = report
        .sections
        .iter()
        .map(|section| (section.level, section.role))
        .collect();
    let expected = [
        (0, None),
        (1, Some(Role::WorkDone)),
        (1, Some(Role::Problems)),
        (3, Some(Role::Problems)),
        (1, Some(Role::Plan)),
    ];
    assert_eq!(roles, expected);
    let headings = report
        .marks()
        .iter()
        .filter(|mark| mark.span.kind() == SpanKind::Heading);
    assert_eq!(headings.count(), 4);
}

#[test]
fn a_page_without_text_is_dropped() {
    for text in ["", " \n\u{3000}\n"] {
        let (records, drops) = run(
            Record::from_text("memory:page", text),
            SegmentConfig::default(),
        );
        assert!(records.is_empty());
        assert_eq!(
            drops.iter().map(|drop| drop.reason).collect::<Vec<_>>(),
            ["empty"]
        );
    }
    let mut record = Record::from_text("memory:page", "您现在的位置");
    let report = record.report_mut().expect("a report");
    let span = report.span();
    report.mark([Mark::cut(span, "breadcrumb")]);
    let (_, drops) = run(record, SegmentConfig::default());
    assert_eq!(drops[0].reason, "empty");
}

#[test]
fn a_report_shorter_than_the_user_wants_is_dropped() {
    let config = SegmentConfig {
        min_chars: 1000,
        ..SegmentConfig::default()
    };
    let (records, drops) = run(Record::from_text("memory:page", PAGE), config);
    assert!(records.is_empty());
    assert_eq!(drops[0].reason, "too_short");
}

#[test]
fn splitting_and_outlines_can_be_switched_off() {
    let text = format!("【第1篇】{PAGE}【第2篇】{PAGE}");
    let config = SegmentConfig {
        split: false,
        outline: false,
        ..SegmentConfig::default()
    };
    let (records, _) = run(Record::from_text("memory:page", &text), config);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].report().expect("a report").sections.len(), 1);
}

#[test]
fn one_page_of_several_is_not_complete() {
    let record = page(PAGE, |document| {
        document.page.links = Links {
            next: Some("2.html".into()),
            ..Links::default()
        };
        document.page.published = Some("2022-01-03".into());
    });
    let meta = report(record).meta;
    assert_eq!(meta.complete, Some(false));
    assert_eq!(meta.published.as_deref(), Some("2022-01-03"));
}

#[test]
fn the_title_of_the_page_helps_where_no_title_word_does() {
    let text = "青禾县:教育振兴走新路\n青禾县坚持教育优先发展,投入资金286.5万元,新建校舍3处。";
    let record = page(text, |document| {
        document.page.title = Some("青禾县:教育振兴走新路".into())
    });
    let report = report(record);
    assert_eq!(report.meta.title.as_deref(), Some("青禾县:教育振兴走新路"));
    assert!(
        report
            .marks()
            .iter()
            .any(|mark| mark.span.kind() == SpanKind::Title)
    );
}

#[test]
fn a_title_of_two_lines_is_one_title() {
    let text = format!("以人为本 促进和谐\n——{PAGE}");
    let report = report(Record::from_text("memory:page", &text));
    let title = "以人为本 促进和谐——青禾县教育局2021年工作总结";
    assert_eq!(report.meta.title.as_deref(), Some(title));
}

#[test]
fn a_copy_passes_untouched() {
    let mut record = Record::from_text("memory:page", PAGE);
    let id = record.id;
    record.collapse = Some(Arc::new(Collapse {
        canonical_id: id,
        relation: Relation::Exact,
        similarity: 1.0,
        edits: Vec::new(),
    }));
    let (records, _) = run(record, SegmentConfig::default());
    assert_eq!(records[0].id, id);
    assert!(records[0].report().expect("a report").sections.is_empty());
}

#[test]
fn a_signature_and_a_new_title_end_a_report() {
    let text = "青禾县教育局工作总结\n今年以来,我局做了很多工作。\n青禾县教育局\n2021年12月1日\n云岭县民政局工作总结\n一年来,我局做了很多工作。";
    let (records, _) = run(
        Record::from_text("memory:page", text),
        SegmentConfig::default(),
    );
    assert_eq!(records.len(), 2);
}

#[test]
fn a_report_put_up_before_its_time_is_doubted() {
    let record = page(PAGE, |document| {
        document.page.published = Some("2012-01-03".into())
    });
    assert_eq!(
        report(record).meta.period_basis,
        Some(PeriodBasis::Doubtful)
    );
}

#[test]
fn chapters_hold_the_sections_behind_them() {
    let text = "青禾县教育局工作总结\n第一部分 工作回顾\n一、抓建设\n新建校舍。\n二、抓培训\n举办讲座。\n第二部分 工作打算\n一、抓管理\n建章立制。";
    let report = report(Record::from_text("memory:page", text));
    let tree: Vec<_> = report
        .sections
        .iter()
        .map(|section| (section.level, section.parent))
        .collect();
    assert_eq!(
        tree,
        [
            (0, None),
            (1, None),
            (1, Some(1)),
            (1, Some(1)),
            (1, None),
            (1, Some(4))
        ]
    );
}

#[test]
fn what_a_report_is_called_and_when_it_was_is_not_taken_from_its_parts() {
    let told = |text: &str| {
        let (records, _) = run(
            Record::from_text("memory:page", text),
            SegmentConfig::default(),
        );
        let meta = report(records.into_iter().next().unwrap()).meta;
        let period = meta.period.map(|period| period.to_string());
        (meta.title, meta.publisher, period)
    };
    let told_by = |title: &str, publisher: Option<&str>, period: &str| {
        let publisher = publisher.map(str::to_owned);
        (Some(title.to_owned()), publisher, Some(period.to_owned()))
    };
    let two = "青禾县公路局2016年工作总结和2017年工作计划";
    assert_eq!(
        told(&format!(
            "{two}\n2016年工作总结\n一、养护管理\n养护公路120公里。\n2017年工作计划\n一、重点工作\n新建公路20公里。"
        )),
        told_by(two, Some("青禾县公路局"), "2016")
    );
    let plan = "青禾县农业服务中心2019年工作计划";
    assert_eq!(
        told(&format!(
            "{plan}\n我中心计划做好以下工作：\n一、抓好春耕\n春耕2万亩。"
        )),
        told_by(plan, Some("青禾县农业服务中心"), "2019")
    );
    let plan = "青禾县民政局2019年工作计划";
    assert_eq!(
        told(&format!(
            "{plan}\n一、救助\n救助300人。\n青禾县民政局\n2018年12月6日"
        )),
        told_by(plan, Some("青禾县民政局"), "2019")
    );
    let person = "2020年个人述职报告";
    assert_eq!(
        told(&format!(
            "{person}\n本人2017年5月任副镇长。一年来，认真履职。\n一、工作\n走访120户。"
        )),
        told_by(person, None, "2020")
    );
    let (_, publisher, _) =
        told("述职报告\n本人任青禾县民政局副局长。2020年，认真履职。\n一、工作\n走访120户。");
    assert_eq!(publisher.as_deref(), Some("青禾县民政局"));
}
