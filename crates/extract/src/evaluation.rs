//! Measured on the captures (`TAOSHA_SEEDS`, `TAOSHA_TRUTH`), which are no part of the project.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use taosha_core::{
    Body, Document, Edit, Edited, Fact, FactKind, Map, Mark, Output, Record, Report, Script,
    Settings, Span, SpanKind, Stage, StageType, simplify,
};

use crate::line::is_han;
use crate::{Extract, ExtractConfig};

/// The share of the sample facts that must be found; measured higher, see the README.
const LEAST_RECALL: f64 = 0.9;

pub(crate) fn folder(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        println!("SKIPPED: {variable} is not set");
    }
    path
}

fn extract() -> Extract {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "0".into(),
        scratch: None,
    };
    Extract::build(ExtractConfig::default(), &settings).unwrap()
}

/// (zǒng) behind a Han character.
fn annotations(text: &str) -> Vec<Edit> {
    let letter = |c: char| c.is_ascii_lowercase() || "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ".contains(c);
    let mut edits = Vec::new();
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    for (index, &(at, c)) in characters.iter().enumerate() {
        if c != '(' || index == 0 || !is_han(characters[index - 1].1) {
            continue;
        }
        let inside: Vec<_> = characters[index + 1..]
            .iter()
            .take_while(|(_, c)| letter(*c))
            .collect();
        let close = characters.get(index + 1 + inside.len());
        if let Some(&(end, ')')) = close
            && (1..=6).contains(&inside.len())
        {
            edits.push(Edit::cut(at..end + 1));
        }
    }
    edits
}

/// A capture roughly as `decode` hands it on: no annotations, marks over broken places.
fn capture(path: &std::path::Path) -> (String, Report) {
    let raw = std::fs::read_to_string(path).unwrap();
    let edited = Edited::new(raw.clone(), Map::identity(raw.len())).apply(&annotations(&raw));
    let document = Arc::new(Document::new(edited, "utf-8", Script::Mixed));
    let mut report = Report::whole(document.clone());
    let characters: Vec<(usize, char)> = document.text().char_indices().collect();
    let word = |c: char| is_han(c) || c.is_ascii_digit();
    let beside = |i: usize| {
        i > 0 && word(characters[i - 1].1) || characters.get(i + 1).is_some_and(|c| word(c.1))
    };
    let broken = characters
        .iter()
        .enumerate()
        .filter(|&(i, c)| c.1 == '?' && beside(i));
    report.mark(
        broken
            .map(|(_, &(at, _))| Mark {
                span: Span::new(document.text(), at..at + 1, SpanKind::Damage),
                rule: "question_mark".into(),
                reads_as: None,
            })
            .collect::<Vec<_>>(),
    );
    (raw, report)
}

fn facts_of(report: Report) -> Report {
    let mut record = Record::from_text("test:", "");
    record.body = Body::Report(Box::new(report));
    let mut out = Output::new();
    extract().process(record, &mut out).unwrap();
    out.emissions()[0].record.report().unwrap().clone()
}

fn seeds() -> Option<Vec<(String, String, Report)>> {
    let folder = folder("TAOSHA_SEEDS")?;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    let one = |path: PathBuf| {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .chars()
            .take(3)
            .collect();
        let (raw, report) = capture(&path);
        (name, raw, facts_of(report))
    };
    Some(paths.into_iter().map(one).collect())
}

/// Scalar offsets of a fact's evidence in the raw capture.
fn raw_chars(raw: &str, report: &Report, fact: &Fact) -> (usize, usize) {
    let range = report.raw_range(fact.evidence);
    let start = raw.get(..range.start).unwrap().chars().count();
    (start, start + raw.get(range).unwrap().chars().count())
}

fn show(report: &Report, fact: &Fact) -> String {
    format!(
        "{:<8} {:?} [{}] {:?} unit={:?} base={:?} q={} period={} place={:?} org={:?} tie={:?} {}{}| {}",
        fact.kind.name(),
        fact.value,
        fact.value_text,
        fact.indicator.as_deref().unwrap_or("-"),
        fact.unit.as_deref().unwrap_or("-"),
        fact.value_base,
        fact.qualifier.name(),
        fact.period.map_or("-".to_owned(), |p| p.to_string()),
        fact.place.as_deref().unwrap_or("-"),
        fact.organisation.as_deref().unwrap_or("-"),
        fact.base_fact,
        if fact.masked { "MASKED " } else { "" },
        if fact.damaged { "DAMAGED " } else { "" },
        report.document().slice(fact.evidence).replace('\n', "⏎"),
    )
}

#[test]
fn the_sample_facts_of_the_captures_are_found() {
    let (Some(seeds), Some(truth)) = (seeds(), folder("TAOSHA_TRUTH")) else {
        return;
    };
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(truth).unwrap()).unwrap();
    let (mut n, mut found, mut named, mut right_names) = (0, 0, 0, 0);
    for expected in truth["facts"].as_array().unwrap() {
        let (_, raw, report) = seeds
            .iter()
            .find(|(name, ..)| expected["seed"] == name.as_str())
            .unwrap();
        let spans: Vec<(usize, usize)> = serde_json::from_value(expected["spans"].clone()).unwrap();
        let unit = expected["unit"].as_str();
        let values: Vec<Option<f64>> = match &expected["value"] {
            Value::Array(values) => values.iter().map(Value::as_f64).collect(),
            value => vec![value.as_f64()],
        };
        let near = |fact: &&Fact| {
            let (start, end) = raw_chars(raw, report, fact);
            spans.iter().any(|&(from, to)| start < to && from < end)
        };
        let nearby: Vec<&Fact> = report.facts.iter().filter(near).collect();
        for value in values {
            n += 1;
            let hit = nearby.iter().find(|fact| {
                let prefix = expected["visible_prefix"]
                    .as_str()
                    .unwrap_or_default()
                    .trim_start_matches('?');
                let masked = value.is_some()
                    || (fact.masked || fact.damaged) && fact.value_text.starts_with(prefix);
                let same_unit = fact.unit.as_deref().map(simplify).as_deref() == unit
                    || fact.kind == FactKind::Rank && unit == Some("名次")
                    || value.is_none() && unit.is_none();
                fact.value == value && same_unit && masked
            });
            match hit {
                Some(fact) => {
                    found += 1;
                    let wanted = expected["indicator"].as_str().unwrap();
                    let has = simplify(fact.indicator.as_deref().unwrap_or_default());
                    let shared = wanted.chars().filter(|c| has.contains(*c)).count();
                    named += usize::from(fact.indicator.is_some());
                    let enough = shared * 2 >= wanted.chars().count();
                    right_names += usize::from(enough);
                    if !enough {
                        println!(
                            "NAME {} wanted {wanted} has {has} | {}",
                            expected["id"], expected["evidence_clean"]
                        );
                    }
                }
                None => {
                    println!(
                        "MISSED {} {value:?} {unit:?} {}",
                        expected["id"], expected["evidence_clean"]
                    );
                    nearby
                        .iter()
                        .for_each(|fact| println!("    {}", show(report, fact)));
                }
            }
        }
    }
    println!(
        "facts {found} of {n}, with an indicator {named}, half of its characters {right_names}"
    );
    for trap in truth["number_traps"].as_array().unwrap() {
        let (_, _, report) = seeds
            .iter()
            .find(|(name, ..)| trap["seed"] == name.as_str())
            .unwrap();
        let text = trap["text"].as_str().unwrap();
        let caught = report.facts.iter().filter(|f| {
            f.kind != FactKind::Citation
                && simplify(report.document().slice(f.evidence)).contains(text)
        });
        // The captures' traps are figures that must be read another way; they are shown to be read.
        caught.for_each(|fact| println!("TRAP {text}: {}", show(report, fact)));
    }
    assert!(
        f64::from(found) >= LEAST_RECALL * f64::from(n),
        "{found} of {n}"
    );
}

#[test]
fn no_hidden_or_broken_number_of_the_captures_has_a_value() {
    let Some(seeds) = seeds() else { return };
    for (name, _, report) in seeds {
        let lies = |fact: &&Fact| (fact.masked || fact.damaged) && fact.value.is_some();
        let lie = report.facts.iter().find(lies);
        assert!(
            lie.is_none(),
            "{name}: {}",
            lie.map_or(String::new(), |fact| show(&report, fact))
        );
    }
}

/// For reading with one's own eyes: `TAOSHA_SHOW=100 cargo test -p taosha-extract shows -- --nocapture`
#[test]
fn a_sample_of_the_captures_facts_shows_on_demand() {
    let (Some(seeds), Ok(n)) = (seeds(), std::env::var("TAOSHA_SHOW")) else {
        return;
    };
    let n: usize = n.parse().unwrap();
    let all: Vec<_> = seeds
        .iter()
        .flat_map(|(_, _, r)| r.facts.iter().map(move |f| (r, f)))
        .collect();
    println!("{} facts", all.len());
    let figures: Vec<_> = all
        .iter()
        .filter(|(_, f)| !matches!(f.kind, FactKind::Citation))
        .collect();
    let step = (figures.len() / n).max(1);
    let offset: usize = std::env::var("TAOSHA_OFFSET").map_or(0, |s| s.parse().unwrap());
    for (report, fact) in figures.iter().skip(offset).step_by(step) {
        println!("{}", show(report, fact));
    }
}
