//! What decode and segment marked is respected.

use taosha_core::{
    Fact, FactKind, Mark, Output, Period, PeriodBasis, Record, Role, Section, Settings, Span,
    SpanKind, Stage, StageType,
};
use taosha_extract::{Extract, ExtractConfig};

fn record(text: &str, marks: &[(SpanKind, &str, Option<&'static str>)]) -> Record {
    let mut record = Record::from_text("memory:marks", text);
    let report = record.report_mut().expect("a report");
    let mark = |&(kind, words, reads_as): &(SpanKind, &str, Option<&'static str>)| {
        let start = text.find(words).expect("the words stand in the text");
        Mark {
            span: Span::new(text, start..start + words.len(), kind),
            rule: "test".into(),
            reads_as: reads_as.map(Into::into),
        }
    };
    let marks: Vec<Mark> = marks.iter().map(mark).collect();
    report.mark(marks);
    record
}

fn facts_with(config: ExtractConfig, record: Record) -> Vec<Fact> {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "0".into(),
        scratch: None,
    };
    let extract = Extract::build(config, &settings).expect("a legal config");
    let mut out = Output::new();
    extract
        .process(record, &mut out)
        .expect("a report is taken");
    out.emissions()[0]
        .record
        .report()
        .expect("a report is given")
        .facts
        .clone()
}

fn facts(record: Record) -> Vec<Fact> {
    facts_with(ExtractConfig::default(), record)
}

#[test]
fn a_number_under_a_mask_or_damage_has_no_value() {
    for kind in [SpanKind::Mask, SpanKind::Damage] {
        let found = facts(record("投入1234万元,新建3所。", &[(kind, "34", None)]));
        assert_eq!(
            (found[0].value, found[0].value_text.as_str()),
            (None, "1234")
        );
        assert_eq!(found[0].masked, kind == SpanKind::Mask);
        assert_eq!(found[0].damaged, kind == SpanKind::Damage);
        assert_eq!(found[1].value, Some(3.0));
    }
}

#[test]
fn a_number_beside_damage_has_no_value() {
    let found = facts(record(
        "收到论文坏47篇。",
        &[(SpanKind::Damage, "坏", None)],
    ));
    assert_eq!((found[0].value, found[0].damaged), (None, true));
}

#[test]
fn a_number_with_a_watermark_in_it_is_whole() {
    let text = "投入12网站34万元。";
    let found = facts(record(text, &[(SpanKind::Watermark, "网站", Some(""))]));
    assert_eq!(
        (found[0].value, found[0].value_text.as_str()),
        (Some(1234.0), "1234")
    );
    assert_eq!(
        text.get(found[0].evidence.range()),
        Some("投入12网站34万元")
    );
}

#[test]
fn numbers_of_headings_and_chrome_are_no_facts() {
    let text = "(3)个人事项\n共3250字\n新建小学3所。";
    let marks = [
        (SpanKind::Heading, "(3)个人事项", None),
        (SpanKind::Marker, "共3250字", None),
    ];
    let found = facts(record(text, &marks));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn the_period_of_the_report_is_used_with_its_basis() {
    let mut record = record(
        "新建小学3所。去年投入80万元。2017年维修2所。xx年关停1所。",
        &[],
    );
    let meta = &mut record.report_mut().expect("a report").meta;
    meta.period = Some(Period::Year(2019));
    meta.period_basis = Some(PeriodBasis::Title);
    let times: Vec<_> = facts(record)
        .iter()
        .map(|fact| (fact.period, fact.period_basis))
        .collect();
    let expected = [
        (Some(Period::Year(2019)), Some(PeriodBasis::Title)),
        (Some(Period::Year(2018)), Some(PeriodBasis::Resolved)),
        (Some(Period::Year(2017)), Some(PeriodBasis::Stated)),
        (None, None),
    ];
    assert_eq!(times, expected);
}

#[test]
fn what_began_with_the_reports_own_year_is_of_its_time() {
    for (text, own, period) in [
        (
            "今年以来，新建小学3所。",
            Period::Year(2019),
            Some(Period::Year(2019)),
        ),
        (
            "今年以来，新建小学3所。",
            Period::Half(2019, 1),
            Some(Period::Half(2019, 1)),
        ),
        (
            "2019年以来，新建小学3所。",
            Period::Year(2019),
            Some(Period::Year(2019)),
        ),
        ("2016年以来，新建小学3所。", Period::Year(2019), None),
        ("去年以来，新建小学3所。", Period::Year(2019), None),
        ("今年以来，新建小学3所。", Period::Years(2016, 2020), None),
    ] {
        let mut record = record(text, &[]);
        let meta = &mut record.report_mut().expect("a report").meta;
        meta.period = Some(own);
        meta.period_basis = Some(PeriodBasis::Title);
        assert_eq!(facts(record)[0].period, period, "{text} {own}");
    }
}

#[test]
fn a_doubtful_period_stays_doubtful() {
    let mut record = record("今年新建小学3所。", &[]);
    let meta = &mut record.report_mut().expect("a report").meta;
    meta.period = Some(Period::Year(2019));
    meta.period_basis = Some(PeriodBasis::Doubtful);
    assert_eq!(facts(record)[0].period_basis, Some(PeriodBasis::Doubtful));
}

#[test]
fn a_fact_names_the_innermost_section() {
    let text = "一、新建\n新建3所。\n二、维修\n维修2所。";
    let mut record = record(text, &[]);
    let second = text.find('二').expect("a second section");
    let section = |range: std::ops::Range<usize>, level, parent| Section {
        level,
        number: None,
        title: None,
        span: Span::new(text, range, SpanKind::Section),
        parent,
        role: None,
    };
    record.report_mut().expect("a report").sections = vec![
        section(0..text.len(), 1, None),
        section(0..second, 2, Some(0)),
        section(second..text.len(), 2, Some(0)),
    ];
    let sections: Vec<_> = facts(record).iter().map(|fact| fact.section).collect();
    assert_eq!(sections, [Some(1), Some(2)]);
}

#[test]
fn only_the_chosen_kinds_are_kept() {
    let text = "学习《教师法》,新建小学3所,投入80万元。";
    let kinds = |config| {
        facts_with(config, record(text, &[]))
            .iter()
            .map(|fact| fact.kind)
            .collect::<Vec<_>>()
    };
    let no_titles = ExtractConfig {
        citations: false,
        ..ExtractConfig::default()
    };
    assert_eq!(kinds(no_titles), [FactKind::Count, FactKind::Amount]);
    let amounts = ExtractConfig {
        kinds: Some(vec![FactKind::Amount]),
        ..ExtractConfig::default()
    };
    assert_eq!(kinds(amounts), [FactKind::Amount]);
}

#[test]
fn a_section_that_names_a_year_or_plans_has_its_own_time() {
    for (title, role, period) in [
        ("2022年工作思路", Some(Role::Plan), Some(Period::Year(2022))),
        ("工作思路", Some(Role::Plan), None),
        ("工作情况", None, Some(Period::Year(2021))),
    ] {
        let text = "新建小学3所。";
        let mut record = record(text, &[]);
        let report = record.report_mut().expect("a report");
        report.meta.period = Some(Period::Year(2021));
        report.meta.period_basis = Some(PeriodBasis::Title);
        report.sections = vec![Section {
            level: 1,
            number: None,
            title: Some(title.into()),
            span: Span::new(text, 0..text.len(), SpanKind::Section),
            parent: None,
            role,
        }];
        assert_eq!(facts(record)[0].period, period, "{title}");
    }
}

/// Found by the fuzz target: the fact had a hidden number of no characters.
#[test]
fn a_mask_over_a_separator_hides_no_number() {
    let record = record(",个百分点,", &[(SpanKind::Mask, ",", None)]);
    assert_eq!(facts(record), []);
}
