//! What is right about a folder of real captures, named by `TAOSHA_SEEDS`. They are not part of the
//! project; without the variable these tests say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reports and stops"
)]

mod corpus;

use corpus::score;
use taosha_core::{PassageEdit, Record, Relation, SpanKind};
use taosha_dedupe::DedupeConfig;

/// The text of the capture whose name begins with `name`.
fn seed(name: &str) -> Option<String> {
    let Ok(folder) = std::env::var("TAOSHA_SEEDS") else {
        println!("SKIPPED: TAOSHA_SEEDS is not set");
        return None;
    };
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let is_named = |file: &std::path::PathBuf| {
        file.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with(name))
    };
    Some(std::fs::read_to_string(files.into_iter().find(is_named).unwrap()).unwrap())
}

fn parts(page: &Record, ranges: &[std::ops::Range<usize>]) -> Vec<Record> {
    let document = page.report().unwrap().document().clone();
    let part = |range: &std::ops::Range<usize>| {
        page.child(document.span(range.clone(), SpanKind::Report))
            .unwrap()
    };
    ranges.iter().map(part).collect()
}

fn text(record: &Record) -> &str {
    record.report().unwrap().reading().text()
}

#[test]
fn two_copies_on_one_page_become_one_report() {
    let Some(page) = seed("003") else { return };
    let offsets: Vec<usize> = page.char_indices().map(|(at, _)| at).collect();
    let ranges =
        [39..2808, 2822..4179, 4179..5555].map(|range| offsets[range.start]..offsets[range.end]);
    let records = parts(&Record::from_text("seed:003", &page), &ranges);
    let finished = score::run(&score::stage(DedupeConfig::default()), records);

    assert!(finished[0].collapse.is_none() && finished[1].collapse.is_none());
    let collapse = finished[2]
        .collapse
        .as_ref()
        .expect("report 6 is a copy of report 5");
    assert_eq!(
        (collapse.canonical_id, collapse.relation),
        (finished[1].id, Relation::Near)
    );
    let rebuilt = PassageEdit::apply_all(text(&finished[1]), &collapse.edits);
    assert_eq!(rebuilt.as_deref(), Some(text(&finished[2])));
    assert!(collapse.edits.len() <= 3, "{:?}", collapse.edits);
}

/// The reports of the compilation.
fn compilation() -> Option<Vec<Record>> {
    let page = seed("000")?;
    let mut borders: Vec<usize> = (1..=9)
        .filter_map(|n| page.find(&format!("第{n}篇")))
        .collect();
    assert_eq!(borders.len(), 9);
    borders.push(page.len());
    let ranges: Vec<_> = borders.windows(2).map(|pair| pair[0]..pair[1]).collect();
    Some(parts(&Record::from_text("seed:000", &page), &ranges))
}

/// In simplified characters, without readings, every fourth figure masked, broken into other lines.
fn redressed(text: &str) -> String {
    let simple = taosha_core::simplify(text);
    let (mut dressed, mut rest, mut n_digits) = (String::new(), simple.as_str(), 0);
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap();
        let reading = rest.find(')').filter(|&end| c == '(' && end < 12);
        match reading.and_then(|end| rest.get(..end)) {
            Some(reading)
                if reading
                    .chars()
                    .all(|c| (c as u32) < 0x300 && c.is_alphabetic()) =>
            {
                rest = rest.get(reading.len() + 1..).unwrap();
            }
            _ if c == '\n' => dressed.push(' '),
            _ if c.is_ascii_digit() => {
                n_digits += 1;
                dressed.push(if n_digits % 4 == 0 { 'x' } else { c });
            }
            _ => dressed.push(c),
        }
    }
    dressed
}

#[test]
fn a_simplified_masked_copy_of_each_report_collapses_into_it() {
    let Some(mut records) = compilation() else {
        return;
    };
    let texts: Vec<String> = records
        .iter()
        .map(|record| redressed(text(record)))
        .collect();
    let copies = texts.iter().enumerate();
    records.extend(copies.map(|(n, text)| Record::from_text(&format!("copy:{n}"), text)));
    let finished = score::run(&score::stage(DedupeConfig::default()), records);
    for (n, (original, copy)) in finished.iter().zip(finished.iter().skip(9)).enumerate() {
        let steps = copy.trail.steps().last().unwrap();
        let collapse = copy.collapse.as_ref();
        let collapse = collapse.unwrap_or_else(|| panic!("report {}: {steps:?}", n + 1));
        assert_eq!(collapse.canonical_id, original.id);
        let rebuilt = PassageEdit::apply_all(text(original), &collapse.edits);
        assert_eq!(rebuilt.as_deref(), Some(text(copy)));
    }
}

#[test]
fn nine_reports_of_a_compilation_stay_nine() {
    let Some(records) = compilation() else { return };
    let finished = score::run(&score::stage(DedupeConfig::default()), records);
    assert!(finished.iter().all(|record| record.collapse.is_none()));
}

#[test]
fn the_captures_are_no_copies_of_each_other_and_each_is_one_of_itself() {
    let names = ["000", "001", "002", "003", "004"];
    let pages: Option<Vec<String>> = names.iter().map(|name| seed(name)).collect();
    let Some(pages) = pages else { return };
    let again = pages.iter().map(|page| page.replace(['\n', ','], " "));
    let records = pages.iter().cloned().chain(again).enumerate();
    let records = records
        .map(|(n, page)| Record::from_text(&format!("seed:{n}"), &page))
        .collect();
    let finished = score::run(&score::stage(DedupeConfig::default()), records);
    for (n, record) in finished.iter().enumerate() {
        let expected = n.checked_sub(5).map(|original| finished[original].id);
        let found = record
            .collapse
            .as_ref()
            .map(|collapse| collapse.canonical_id);
        assert_eq!(found, expected, "{n}");
    }
}
