//! Any text with cuts and watermarks in it, put together from pieces that markers and headings are
//! made of: reports, sections and sentences keep what they promise.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taosha_core::{Mark, Output, Record, Report, Settings, SpanKind, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

static SEGMENT: LazyLock<Segment> = LazyLock::new(|| {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "fuzz".into(),
        scratch: None,
    };
    let config = SegmentConfig {
        min_chars: 0,
        ..SegmentConfig::default()
    };
    Segment::build(config, &settings).unwrap()
});

/// A byte below 0x80 stands for a piece, so that the fuzzer needs no luck to write 【第3篇】.
const PIECES: [&str; 64] = [
    "\n", "\r\n", " ", "\u{3000}", "\t", "。", "，", ",", "；", "：", "！", "？", "、", "“", "”",
    "《", "》", "（", "）", "【", "】", "第", "篇", "章", "条", "部分", "范文", "一", "二", "三", "四",
    "十", "是", "要", "首先,", "其次,", "1", "2", "3", "2021", "年", ".", "①", "⑵", "㈢", "壹、",
    "工作总结", "计划", "青禾县", "教育局", "今年以来,", "我局", "字", "附件", "抄送:", "主题词:",
    "目录", "……", "□", "😀", "\u{feff}", "縣", "a", "全县共投入资金35万元,新建校舍3处",
];

fn text(input: &[u8]) -> String {
    let words: Vec<&str> = String::from_utf8_lossy(input)
        .chars()
        .map(|c| PIECES[c as usize % PIECES.len()])
        .collect();
    words.concat()
}

fuzz_target!(|input: &[u8]| {
    let Some((&mode, rest)) = input.split_first() else {
        return;
    };
    let text = match mode % 4 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => text(rest),
    };
    let mut record = Record::from_text("fuzz:page", &text);
    if mode & 4 != 0 {
        cut_some(&mut record, &text, mode);
    }
    let page = record.report().unwrap().clone();
    let mut out = Output::new();
    SEGMENT.process(record, &mut out).unwrap();
    let mut at = page.span().start();
    for emission in out.emissions() {
        let report = emission.record.report().unwrap();
        assert!(report.span().start() >= at);
        at = report.span().end();
        check(report);
    }
});

/// Takes out every so many characters, as watermarks and announced cuts do.
fn cut_some(record: &mut Record, text: &str, mode: u8) {
    let report = record.report_mut().unwrap();
    let document = report.document().clone();
    let step = 5 + usize::from(mode >> 3);
    let places = text.char_indices().step_by(step).enumerate();
    let marks: Vec<Mark> = places
        .map(|(i, (at, c))| {
            let kind = match i % 2 {
                0 => SpanKind::Cut,
                _ => SpanKind::Watermark,
            };
            Mark::cut(document.span(at..at + c.len_utf8(), kind), "fuzz")
        })
        .collect();
    report.mark(marks);
}

fn check(report: &Report) {
    let text = report.document().text();
    let span = report.span();
    assert!(text.get(span.range()).is_some());
    let mut border = span.start();
    for (index, section) in report.sections.iter().enumerate() {
        assert_eq!(section.span.start(), border, "sections tile the report");
        assert!(text.get(section.span.range()).is_some());
        assert!(section.parent.is_none_or(|parent| parent < index));
        border = section.span.end();
    }
    assert_eq!(border, span.end());
    let mut border = span.start();
    for sentence in &report.sentences {
        assert!(sentence.start() >= border && !sentence.is_empty());
        assert!(text.get(sentence.range()).is_some());
        border = sentence.end();
    }
    let reading = report.reading();
    let visible = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !"\u{feff}\u{200b}".contains(*c))
            .collect()
    };
    let sentences: String = report
        .sentences
        .iter()
        .map(|sentence| &reading.text()[reading.range(*sentence)])
        .collect();
    assert_eq!(visible(&sentences), visible(reading.text()));
}
