//! Real captures and what is right about them: `TAOSHA_SEEDS` names the folder with the texts,
//! `TAOSHA_TRUTH` the file with starts, titles and outlines. Both stay outside the project.

#![allow(clippy::print_stdout)] // Measurements are read with --nocapture.
#![allow(clippy::string_slice)] // A wrong offset shall fail the test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use taosha_core::{
    Body, Bytes, Document, Edit, Edited, Map, Mark, Origin, Output, Position, Record, Report,
    Script, Settings, SpanKind, Stage, StageType,
};
use taosha_segment::{Segment, SegmentConfig};

fn variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).map(PathBuf::from);
    if value.is_none() {
        println!("SKIPPED: {name} is not set");
    }
    value
}

/// Stands in for decode: takes pinyin annotations out, and marks what the truth calls chrome.
fn page(raw: &str, chrome: &[Value]) -> Record {
    let mut edits = Vec::new();
    let mut before = ' ';
    for (at, c) in raw.char_indices() {
        if c == '(' && ('\u{3400}'..='\u{9fff}').contains(&before) {
            let inside = &raw[at + 1..];
            let end =
                inside.find(|c: char| !c.is_alphabetic() || ('\u{3400}'..='\u{9fff}').contains(&c));
            if let Some(end) =
                end.filter(|&end| end > 0 && end < 16 && inside[end..].starts_with(')'))
            {
                edits.push(Edit::cut(at..at + end + 2));
            }
        }
        before = c;
    }
    let edited = Edited::new(raw.to_owned(), Map::identity(raw.len())).apply(&edits);
    let document = Arc::new(Document::new(edited, "utf-8", Script::Simplified));
    let mut report = Report::whole(document.clone());
    for piece in chrome {
        let class = piece["cls"].as_str().unwrap_or_default();
        if class == "compilation_marker" || class == "series_tag" {
            continue;
        }
        let kind = match class {
            "hidden_text_marker" => SpanKind::Cut,
            "watermark_midtext" => SpanKind::Watermark,
            _ => SpanKind::Chrome,
        };
        let offset = |key: &str| byte(raw, piece[key].as_u64().expect("an offset") as usize);
        let (start, end) = (offset("start"), offset("end"));
        // No annotations in the pages whose chrome is known, so raw bytes are bytes of the text.
        report.mark([Mark::cut(document.span(start..end, kind), "truth")]);
    }
    // Where the truth knows no chrome: lines that any reader would call the site's.
    let mut at = 0;
    for line in document
        .text()
        .split_inclusive('\n')
        .filter(|_| chrome.is_empty())
    {
        let is_chrome = ["您好,", "当前位置", "本文标题", "链接地址"]
            .iter()
            .any(|words| line.starts_with(words));
        if is_chrome {
            let span = document.span(at..at + line.len(), SpanKind::Chrome);
            report.mark([Mark::cut(span, "reader")]);
        }
        at += line.len();
    }
    let origin = Origin::new("test", "seed", Bytes::copy_from_slice(raw.as_bytes()));
    let mut record = Record::new(origin, Position("seed".into()));
    record.body = Body::Report(Box::new(report));
    record
}

fn byte(raw: &str, n_chars: usize) -> usize {
    raw.char_indices()
        .nth(n_chars)
        .map_or(raw.len(), |(at, _)| at)
}

fn scalar(raw: &str, byte: usize) -> usize {
    raw[..byte].chars().count()
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
    let (emissions, drops) = out.into_parts();
    assert!(drops.is_empty(), "{drops:?}");
    emissions
        .into_iter()
        .map(|emission| emission.record)
        .collect()
}

fn seed(folder: &Path, name: &str) -> String {
    let file = std::fs::read_dir(folder)
        .expect("the folder of seeds can be listed")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with(name))
        });
    std::fs::read_to_string(file.expect("the seed is there")).expect("the seed is UTF-8")
}

#[test]
fn reports_and_headings_of_the_seeds_are_found() {
    let (Some(folder), Some(truth)) = (variable("TAOSHA_SEEDS"), variable("TAOSHA_TRUTH")) else {
        return;
    };
    let truth = std::fs::read_to_string(truth).expect("the truth can be read");
    let truth: Value = serde_json::from_str(&truth).expect("the truth is JSON");
    let (mut n_right, mut n_found, mut n_true) = (0, 0, 0);
    for (name, seed_truth) in truth["seeds"].as_object().expect("seeds") {
        let raw = seed(&folder, name);
        let children = segmented(page(&raw, seed_truth["chrome"].as_array().expect("chrome")));
        let reports = seed_truth["reports"].as_array().expect("reports");
        let starts = |child: &Record| {
            let report = child.report().expect("a report");
            scalar(&raw, report.raw_range(report.span()).start)
        };
        let found: Vec<_> = children.iter().map(starts).collect();
        let right: Vec<_> = reports
            .iter()
            .map(|r| r["start"].as_u64().unwrap_or(0) as usize)
            .collect();
        assert_eq!(found, right, "starts of the reports of {name}");
        for (child, report_truth) in children.iter().zip(reports) {
            let report = child.report().expect("a report");
            let end = scalar(&raw, report.raw_range(report.span()).end);
            println!(
                "{name}: end {end}, truth {}; {:?}",
                report_truth["end"], report.meta
            );
            assert_eq!(
                report.meta.title.as_deref(),
                report_truth["title"].as_str(),
                "{name}"
            );
            let mut shown: BTreeSet<(u64, String, usize)> = BTreeSet::new();
            for section in report.sections.iter().filter(|section| section.level > 0) {
                let start = scalar(&raw, report.raw_range(section.span).start);
                shown.insert((
                    section.level.into(),
                    section.number.clone().unwrap_or_default(),
                    start,
                ));
            }
            let outline = report_truth["outline"].as_array().expect("an outline");
            let expected: BTreeSet<(u64, String, usize)> = outline
                .iter()
                .map(|heading| {
                    let number = heading["number"].as_str().unwrap_or_default().to_owned();
                    let level = heading["level"].as_u64().unwrap_or_default();
                    (
                        level,
                        number,
                        heading["start"].as_u64().unwrap_or_default() as usize,
                    )
                })
                .collect();
            let titles = outline.iter().filter(|heading| {
                let title = heading["title"].as_str().filter(|title| !title.is_empty());
                let number = heading["number"].as_str();
                let start = heading["start"].as_u64().unwrap_or_default() as usize;
                report.sections.iter().any(|section| {
                    section.number.as_deref() == number
                        && section.title.as_deref() == title
                        && scalar(&raw, report.raw_range(section.span).start) == start
                })
            });
            println!(
                "{name}: {} of {} headings, {} found, {} titles; {} sentences",
                shown.intersection(&expected).count(),
                expected.len(),
                shown.len(),
                titles.count(),
                report.sentences.len(),
            );
            for (what, list) in [
                ("missed", expected.difference(&shown)),
                ("wrong", shown.difference(&expected)),
            ] {
                for heading in list {
                    println!("  {what} {heading:?}");
                }
            }
            n_right += shown.intersection(&expected).count();
            n_found += shown.len();
            n_true += expected.len();
        }
    }
    let f1 = 2.0 * n_right as f64 / (n_found + n_true) as f64;
    println!("headings: {n_right} right of {n_true}, {n_found} found, F1 {f1:.3}");
    assert!(f1 >= 0.97, "F1 {f1}");
}

#[test]
fn the_seeds_without_truth_are_cut_as_a_reader_would() {
    let Some(folder) = variable("TAOSHA_SEEDS") else {
        return;
    };
    for (name, n_reports) in [("000", 9), ("004", 1)] {
        let children = segmented(page(&seed(&folder, name), &[]));
        for child in &children {
            let report = child.report().expect("a report");
            println!("{name} {:?}", report.meta);
            for step in child.trail.steps() {
                println!(
                    "    {} {}",
                    step.decision,
                    Value::Object(step.fields.clone())
                );
            }
            let longest = report
                .sentences
                .iter()
                .max_by_key(|sentence| sentence.len());
            if let Some(longest) = longest {
                println!("    longest: {}", report.document().slice(*longest));
            }
            for section in &report.sections {
                let indent = "  ".repeat(section.level.into());
                let (number, title) = (
                    section.number.as_deref().unwrap_or("-"),
                    section.title.as_deref().unwrap_or("-"),
                );
                println!(
                    "    {indent}{} {number} {title} {:?}",
                    section.level, section.role
                );
            }
        }
        assert_eq!(children.len(), n_reports, "{name}");
    }
}
