//! Whole pages with the figures a reader takes from them, measured: how many are found, and how
//! many of their names can be recognised.
//!
//! `TAOSHA_SHOW=1 cargo test -p taosha-extract --test written -- --nocapture` prints what differs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement reports and stops"
)]

use std::path::Path;

use serde::Deserialize;
use taosha_core::{Fact, FactKind, Output, Record, Settings, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig};

/// What must hold of the pages of a folder, in a hundred of their figures.
struct Aim {
    folder: &'static str,
    /// So many must be found with value and unit.
    found: usize,
    /// So many names must hold half of the reader's characters.
    named: usize,
    /// At most so many facts may be figures that the reader does not know.
    invented: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    text: String,
    figures: Vec<Figure>,
}

/// Value, unit and name. A ratio has no value here, and `none` is no unit.
#[derive(Deserialize)]
struct Figure(toml::Value, String, String);

impl Figure {
    fn is(&self, fact: &Fact) -> bool {
        let value = match &self.0 {
            toml::Value::Integer(value) => fact.value == Some(*value as f64),
            toml::Value::Float(value) => fact.value == Some(*value),
            _ => fact.kind == FactKind::Ratio,
        };
        value && fact.unit.as_deref().unwrap_or("none") == self.1
    }

    /// True when half of the characters are in the fact's name, in any order.
    fn names(&self, fact: &Fact) -> bool {
        let name = fact.indicator.as_deref().unwrap_or_default();
        let shared = self.2.chars().filter(|c| name.contains(*c)).count();
        shared * 2 >= self.2.chars().count()
    }
}

fn facts(text: &str) -> (Record, Vec<Fact>) {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "0".into(),
        scratch: None,
    };
    let extract = Extract::build(ExtractConfig::default(), &settings).unwrap();
    let mut out = Output::new();
    extract
        .process(Record::from_text("memory:page", text), &mut out)
        .unwrap();
    let record = out.into_parts().0.remove(0).record;
    let mut facts = record.report().unwrap().facts.clone();
    facts.retain(|fact| {
        !matches!(
            fact.kind,
            FactKind::Date | FactKind::Citation | FactKind::DocumentNumber | FactKind::Award
        )
    });
    (record, facts)
}

/// The longest list of pairs (figure, fact) that agree, both in order.
fn pairs(figures: &[Figure], facts: &[Fact]) -> Vec<(usize, usize)> {
    let (n, m) = (figures.len(), facts.len());
    let mut longest = vec![vec![0usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i][j] = match figures[i].is(&facts[j]) {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < n && j < m {
        if figures[i].is(&facts[j]) {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

/// Pages that were looked at while the rules were written.
#[test]
fn the_figures_of_written_pages_are_found_and_named() {
    measure(&Aim {
        folder: "tests/written",
        found: 99,
        named: 97,
        invented: 1,
    });
}

/// Pages that were written before the rules and not looked at until they stood.
#[test]
fn the_figures_of_pages_that_were_held_out_are_found_and_named() {
    measure(&Aim {
        folder: "tests/held_out",
        found: 99,
        named: 92,
        invented: 1,
    });
}

fn measure(aim: &Aim) {
    let shows = std::env::var_os("TAOSHA_SHOW").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(aim.folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let (mut n, mut n_found, mut n_named, mut n_invented) = (0, 0, 0, 0);
    for path in paths {
        let page: Page = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let (record, facts) = facts(&page.text);
        let document = record.report().unwrap().document();
        let pairs = pairs(&page.figures, &facts);
        let name = path.file_stem().unwrap().to_string_lossy();
        n += page.figures.len();
        n_found += pairs.len();
        n_invented += facts.len() - pairs.len();
        for (index, figure) in page.figures.iter().enumerate() {
            let pair = pairs.iter().find(|pair| pair.0 == index);
            let Some(fact) = pair.and_then(|pair| facts.get(pair.1)) else {
                println!("{name} LOST {} {} {}", figure.0, figure.1, figure.2);
                continue;
            };
            let named = figure.names(fact);
            n_named += usize::from(named);
            let has = fact.indicator.as_deref().unwrap_or_default();
            if shows && has != figure.2 {
                let words = document.slice(fact.evidence);
                let verdict = if named { "other" } else { "NAME" };
                println!("{name} {verdict} {} | {has} | {words}", figure.2);
            }
        }
        for (index, fact) in facts.iter().enumerate() {
            if !pairs.iter().any(|pair| pair.1 == index) {
                let words = document.slice(fact.evidence);
                println!(
                    "{name} INVENTED {:?} {:?} {:?} | {words}",
                    fact.value, fact.unit, fact.indicator
                );
            }
        }
    }
    println!(
        "{}: {n} figures, {n_found} found, {n_named} named, {n_invented} invented",
        aim.folder
    );
    assert!(n_found * 100 >= n * aim.found, "{n_found} of {n} found");
    assert!(n_named * 100 >= n * aim.named, "{n_named} of {n} named");
    assert!(
        n_invented * 100 <= n * aim.invented,
        "{n_invented} invented"
    );
}
