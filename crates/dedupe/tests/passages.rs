//! Which paragraphs and sentences of a report are passages.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

mod corpus;

use corpus::score;
use taosha_core::{PassageEdit, Record, Row, rows};
use taosha_dedupe::{DedupeConfig, Passages};

const SHARED: &str =
    "坚持每周一次安全例会，排查校车和食堂隐患，共整改问题95处，消防演练覆盖32所学校。";
const OTHER: &str = "加强师德建设，开展向身边榜样学习活动，评选最美乡村教师10名。";

fn run_with(config: DedupeConfig, texts: &[&str]) -> Vec<Record> {
    let record = |(n, text): (usize, &&str)| Record::from_text(&format!("memory:{n}"), text);
    let records = texts.iter().enumerate().map(record).collect();
    score::run(&score::stage(config), records)
}

fn run(texts: &[&str]) -> Vec<Record> {
    run_with(DedupeConfig::default(), texts)
}

fn own_text(record: &Record) -> String {
    let rows = rows(record, "test").unwrap();
    let own = rows.into_iter().find_map(|row| match row {
        Row::Document(row) => Some(row.own_text),
        _ => None,
    });
    own.unwrap()
}

/// How many passages and uses the reports have.
fn counts(records: &[Record]) -> Vec<(usize, usize)> {
    let count = |record: &Record| {
        let report = record.report().unwrap();
        (report.passages.len(), report.passage_uses.len())
    };
    records.iter().map(count).collect()
}

#[test]
fn the_second_report_tells_of_a_passage_and_later_ones_use_it() {
    let texts = ["青禾县甲文", "云岭县乙文", "石桥县丙文"];
    let texts = texts.map(|title| format!("{title}\n{SHARED}\n{title}自己的话。"));
    let finished = run(&[&texts[0], &texts[1], &texts[2]]);
    assert_eq!(counts(&finished), [(0, 0), (1, 1), (0, 1)]);
    let passage = &finished[1].report().unwrap().passages[0];
    assert_eq!(
        (&*passage.text, passage.first_document_id),
        (SHARED, finished[0].id)
    );
    assert_eq!(own_text(&finished[0]), texts[0]);
    assert_eq!(own_text(&finished[2]), "石桥县丙文\n\n石桥县丙文自己的话。");
}

#[test]
fn other_figures_are_edits_and_the_other_script_is_the_same() {
    let figures = SHARED.replace("95", "120").replace("32", "xx");
    let traditional = "堅持每週一次安全例會,排查校車和食堂隱患,共整改問題95處,消防演練覆蓋32所學校";
    let texts = [
        SHARED,
        &format!("{figures}\n{OTHER}"),
        &format!("{OTHER}\n{traditional}"),
    ];
    let config = DedupeConfig {
        near: false,
        contained: false,
        ..DedupeConfig::default()
    };
    let finished = run_with(config, &texts);
    let one = &finished[1].report().unwrap().passage_uses[0];
    assert!(
        one.similarity > 0.9 && one.similarity < 1.0,
        "{}",
        one.similarity
    );
    let rebuilt = PassageEdit::apply_all(SHARED, &one.edits);
    assert_eq!(rebuilt, Some(figures));
    let uses = &finished[2].report().unwrap().passage_uses;
    let similarities: Vec<f64> = uses.iter().map(|one| one.similarity).collect();
    assert_eq!(similarities, [1.0, 1.0]);

    let exact = DedupeConfig {
        passages: Passages::Exact,
        near: false,
        contained: false,
        ..DedupeConfig::default()
    };
    assert_eq!(counts(&run_with(exact, &texts)), [(0, 0), (0, 0), (2, 2)]);
}

#[test]
fn a_paragraph_that_is_new_is_looked_at_by_its_sentences() {
    let mixed = format!("本县情况不同，先说我们自己的做法和体会，再说其他。{SHARED}");
    let finished = run(&[
        &format!("甲\n{OTHER}{SHARED}"),
        &format!("乙\n{mixed}\n短句。"),
    ]);
    assert_eq!(counts(&finished), [(0, 0), (1, 1)]);
    assert!(own_text(&finished[1]).contains("先说我们自己的做法"));
}

#[test]
fn what_one_report_says_twice_is_no_passage_and_short_words_are_none() {
    let twice = format!("甲\n{SHARED}\n{OTHER}\n{SHARED}");
    let finished = run(&[&twice, "乙\n安全工作常抓不懈。", "丙\n安全工作常抓不懈。"]);
    assert_eq!(counts(&finished), [(0, 0), (0, 0), (0, 0)]);
}

#[test]
fn copies_take_no_part() {
    let report = format!("青禾县总结\n{SHARED}\n{OTHER}");
    let config = DedupeConfig {
        min_reports: 3,
        ..DedupeConfig::default()
    };
    let other = format!("云岭县通报\n这是另外一件事情，与上面所说的毫无关系。\n{SHARED}");
    let finished = run_with(config, &[&report, &report, &other]);
    assert!(finished[1].collapse.is_some());
    // The copy does not count, so two reports carry it, not three.
    assert_eq!(counts(&finished), [(0, 0), (0, 0), (0, 0)]);
}

#[test]
fn what_was_cut_out_of_a_sentence_stays_with_its_use() {
    let page = SHARED.replace("隐患", "隐[水印]患");
    let mut record = Record::from_text("memory:1", &format!("乙\n{page}\n完"));
    let report = record.report_mut().unwrap();
    let document = report.document().clone();
    let start = document.text().find("[水印]").unwrap();
    let span = document.span(
        start..start + "[水印]".len(),
        taosha_core::SpanKind::Watermark,
    );
    report.mark([taosha_core::Mark::cut(span, "watermark")]);
    let first = Record::from_text("memory:0", &format!("甲\n{SHARED}"));
    let finished = score::run(&score::stage(DedupeConfig::default()), vec![first, record]);
    let report = finished[1].report().unwrap();
    let words = document.slice(report.passage_uses[0].span);
    assert_eq!(words, page);
    assert_eq!(own_text(&finished[1]), "乙\n\n完");
}
