use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::json;
use taosha_core::{Fact, Kind, Output, Record, Report, Result, Settings, Stage, StageType};

use crate::arithmetic::{self, Sum};
use crate::config::ExtractConfig;
use crate::finder::{Found, Read, row_facts};
use crate::lines::Lines;
use crate::parts::Total;
use crate::rule_file;
use crate::rules::{RULES, Rules};
use crate::subject::Subjects;
use crate::table;

/// Fills a report's facts.
///
/// The report's text, marks and outline stay as they are.
pub struct Extract {
    config: ExtractConfig,
    /// The built-in rules with the user's; none when there are only the built-in ones.
    rules: Option<Box<Rules>>,
}

impl std::fmt::Debug for Extract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extract")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl StageType for Extract {
    const NAME: &'static str = "extract";
    const ABOUT: &'static str =
        "figures, dates, ranks, awards and titles, with the words that prove them";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    type Config = ExtractConfig;

    fn build(config: ExtractConfig, settings: &Settings) -> Result<Self> {
        let rules = match config.rules.as_slice() {
            [] => None,
            paths => Some(Box::new(rule_file::load(paths, settings)?)),
        };
        Ok(Extract { config, rules })
    }
}

impl Stage for Extract {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        let Gathered {
            facts,
            sums,
            planned,
        } = gather(self.rules(), &self.config, record.report()?);
        note(&mut record, &facts, planned);
        let checks = arithmetic::check(self.rules(), &facts, &sums);
        if !checks.is_empty() {
            record.note("checked", arithmetic::told(&checks));
        }
        record.report_mut()?.facts = facts;
        out.emit(record);
        Ok(())
    }
}

impl Extract {
    pub(crate) fn rules(&self) -> &Rules {
        self.rules.as_deref().unwrap_or(&RULES)
    }
}

/// The facts of a report, and what is known of them besides.
#[derive(Default)]
struct Gathered {
    facts: Vec<Fact>,
    sums: Vec<Sum>,
    /// How many facts tell a plan.
    planned: usize,
}

/// The facts of `report`, in order of the text.
fn gather(rules: &Rules, config: &ExtractConfig, report: &Report) -> Gathered {
    let mut facts = Gathered::default();
    let lines = Lines::of(rules, report);
    let mut rows = Vec::new();
    table::rows(rules, &lines, &mut |line, row| {
        rows.push((row.range.clone(), row_facts(report, line, row)));
    });
    let ranges: Vec<Range<usize>> = rows.iter().map(|(range, _)| range.clone()).collect();
    let mut rows = rows.into_iter().peekable();
    let lines = lines.without(&ranges);
    let mut subjects = Subjects::default();
    for mut line in lines {
        let start = line.bytes(0..0).start;
        while let Some((_, found)) = rows.next_if(|(range, _)| range.start < start) {
            facts.keep(config, found, &[]);
        }
        let read = Read::of(report, &mut line, &mut subjects);
        facts.keep(config, merge(read.figured, read.stated), &read.totals);
    }
    for (_, found) in rows {
        facts.keep(config, found, &[]);
    }
    facts
}

/// The facts of figures and statements, both in order, in order.
fn merge(figures: Vec<Found>, statements: Vec<Found>) -> impl Iterator<Item = Found> {
    let (mut figures, mut statements) = (figures.into_iter(), statements.into_iter().peekable());
    let mut figure = figures.next();
    std::iter::from_fn(move || {
        let first = figure.as_ref().map_or(usize::MAX, |figure| figure.at);
        let statement = statements.next_if(|statement| statement.at < first);
        statement.or_else(|| std::mem::replace(&mut figure, figures.next()))
    })
}

impl Gathered {
    /// Appends the facts the user wants; ties are brought from places in the line to places in the
    /// list.
    fn keep(
        &mut self,
        config: &ExtractConfig,
        found: impl IntoIterator<Item = Found>,
        totals: &[Total],
    ) {
        // Where the figures of the line stand in the list.
        let mut places: Vec<Option<usize>> = Vec::new();
        let mut measured = Vec::new();
        let kept = |found: &Found| config.keeps(found.fact.kind);
        for found in found.into_iter().filter(kept) {
            let at = self.facts.len();
            if let Some(index) = found.figure {
                // Figures come in order.
                places.resize(index, None);
                places.push(Some(at));
            }
            measured.extend(found.base.map(|base| (at, base, found.part)));
            self.planned += usize::from(found.planned);
            self.facts.push(found.fact);
        }
        let place = |index: &usize| places.get(*index).copied().flatten();
        let mut parts = BTreeMap::<usize, Vec<usize>>::new();
        for (at, base, is_part) in measured {
            let base = place(&base);
            if let Some(whole) = base.filter(|_| is_part) {
                parts.entry(whole).or_default().push(at);
            }
            if let Some(fact) = self.facts.get_mut(at) {
                fact.base_fact = base;
            }
        }
        let parts = parts.into_iter().map(|(whole, parts)| Sum {
            whole,
            parts,
            complete: false,
        });
        self.sums.extend(parts);
        for total in totals {
            let parts: Option<Vec<usize>> = total.parts.iter().map(place).collect();
            if let (Some(whole), Some(parts)) = (place(&total.at), parts) {
                self.sums.push(Sum {
                    whole,
                    parts,
                    complete: total.whole_list,
                });
            }
        }
    }
}

fn note(record: &mut Record, facts: &[Fact], planned: usize) {
    let mut kinds = BTreeMap::<&str, usize>::new();
    for fact in facts {
        *kinds.entry(fact.kind.name()).or_default() += 1;
    }
    let masked = facts.iter().filter(|fact| fact.masked).count();
    let damaged = facts.iter().filter(|fact| fact.damaged).count();
    let fields = json!({
        "facts": facts.len(), "kinds": kinds, "masked": masked, "damaged": damaged,
        "planned": planned,
    });
    record.note("extracted", fields);
}

/// The facts of `text` under `rules`, for their examples.
pub(crate) fn facts_by(rules: &Rules, text: &str) -> Vec<Fact> {
    let record = Record::from_text("memory:example", text);
    let report = record.report();
    report.map_or_else(
        |_| Vec::new(),
        |report| gather(rules, &ExtractConfig::default(), report).facts,
    )
}

#[cfg(test)]
pub(crate) fn built_in() -> Extract {
    Extract {
        config: ExtractConfig::default(),
        rules: None,
    }
}

#[cfg(test)]
pub(crate) fn run(record: Record) -> Record {
    let mut out = Output::new();
    built_in().process(record, &mut out).unwrap();
    out.into_parts().0.remove(0).record
}

#[cfg(test)]
pub(crate) fn checks_of_text(text: &str) -> Vec<arithmetic::Check> {
    let record = Record::from_text("memory:a", text);
    let found = gather(&RULES, &ExtractConfig::default(), record.report().unwrap());
    arithmetic::check(&RULES, &found.facts, &found.sums)
}

#[cfg(test)]
pub(crate) fn facts_of_text(text: &str) -> Vec<Fact> {
    run(Record::from_text("memory:a", text))
        .report()
        .unwrap()
        .facts
        .clone()
}
