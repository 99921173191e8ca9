//! What must hold for every page: spans on borders, sections that tile, sentences in sections, and
//! a text that can be put together again.

#![allow(clippy::string_slice)] // A wrong offset shall fail the test.

use proptest::prelude::*;
use taosha_core::{Mark, Output, Record, Report, Settings, SpanKind, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

fn segmented(record: Record) -> Vec<Record> {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let config = SegmentConfig {
        min_chars: 0,
        ..SegmentConfig::default()
    };
    let segment = Segment::build(config, &settings).expect("the configuration builds");
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

/// Pieces that markers, headings, titles and false alarms are made of.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "第1篇 ",
        "第2篇",
        "【第3篇】",
        "篇一:",
        "范文二",
        "第二部分",
        "(三)",
        "3、",
        "一、",
        "二、",
        "四、五年级",
        "（一）",
        "(1)",
        "⑴",
        "①",
        "1.",
        "1.1 ",
        "第一章 ",
        "\n",
        "\r\n",
        "  ",
        "\u{3000}",
        "。",
        ",",
        ":",
        "“",
        "”",
        "《",
        "》",
        "(",
        ")",
        "工作总结",
        "2021年",
        "xx年",
        "青禾县教育局",
        " 3250字",
        "比2021年",
        "我局认真",
        "目录",
        "□",
        "😀",
        "縣總結",
        "a",
        "[标签]",
        "……",
        "\u{feff}",
        "全县共投入资金35万元,新建校舍3处,受到群众的一致好评,取得了良好的社会效益和经济效益,得到上级肯定",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn check(page: &Report, children: &[Record]) {
    let mut at = page.span().start();
    for child in children {
        let report = child.report().expect("a report");
        let text = report.document().text();
        let span = report.span();
        assert!(span.start() >= at, "reports do not overlap");
        at = span.end();
        assert!(text.get(span.range()).is_some());

        let mut border = span.start();
        for (index, section) in report.sections.iter().enumerate() {
            assert_eq!(section.span.start(), border, "sections tile the report");
            assert!(text.get(section.span.range()).is_some());
            assert!(section.parent.is_none_or(|parent| parent < index));
            border = section.span.end();
        }
        assert_eq!(border, span.end(), "sections tile the report to its end");
        let joined: String = report
            .sections
            .iter()
            .filter_map(|section| text.get(section.span.range()))
            .collect();
        assert_eq!(Some(&*joined), text.get(span.range()));

        let mut border = span.start();
        for sentence in &report.sentences {
            assert!(sentence.start() >= border && !sentence.is_empty());
            assert!(text.get(sentence.range()).is_some());
            border = sentence.end();
            let inside = report
                .sections
                .iter()
                .any(|section| section.span.contains(sentence));
            assert!(inside, "{sentence:?} lies in no section");
        }
        // Every character that is read lies in a sentence.
        let in_sentences: String = report
            .sentences
            .iter()
            .map(|s| &report.reading().text()[report.reading().range(*s)])
            .collect();
        let visible = |text: &str| -> String {
            text.chars()
                .filter(|c| !c.is_whitespace() && !"\u{feff}\u{200b}".contains(*c))
                .collect()
        };
        assert_eq!(visible(&in_sentences), visible(report.reading().text()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_soup_of_markers_and_numbers_keeps_the_promises(text in soup()) {
        let record = Record::from_text("memory:soup", &text);
        let page = record.report().expect("a report").clone();
        check(&page, &segmented(record));
    }

    #[test]
    fn cuts_and_watermarks_keep_the_promises(text in soup(), places in prop::collection::vec((0.0..1.0f64, 1..4usize), 0..5)) {
        let mut record = Record::from_text("memory:soup", &text);
        let report = record.report_mut().expect("a report");
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let document = report.document().clone();
        let marks: Vec<Mark> = places
            .iter()
            .enumerate()
            .map(|(i, &(place, len))| {
                let first = (place * (borders.len() - 1) as f64) as usize;
                let last = (first + len).min(borders.len() - 1);
                // What is put in between two reports would be in neither.
                let first = first.min(last.saturating_sub(1));
                let kind = if i % 2 == 0 { SpanKind::Cut } else { SpanKind::Watermark };
                let span = document.span(borders[first]..borders[last], kind);
                if i == 3 { Mark::replace(span, "test", "***") } else { Mark::cut(span, "test") }
            })
            .collect();
        report.mark(marks);
        let page = report.clone();
        check(&page, &segmented(record));
    }

    #[test]
    fn any_text_is_segmented(text in "\\PC{0,200}") {
        let record = Record::from_text("memory:any", &text);
        let page = record.report().expect("a report").clone();
        check(&page, &segmented(record));
    }
}
