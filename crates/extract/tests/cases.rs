//! Every file in `tests/cases` says what texts must give. A new case needs no Rust.

use std::path::Path;

use serde::Deserialize;
use taosha_core::{Fact, Output, Period, PeriodBasis, Record, Settings, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    /// The report's own period, such as 2023年.
    #[serde(default)]
    report_period: Option<String>,
    facts: Vec<Expected>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    kind: Option<String>,
    value: Option<toml::Value>,
    text: Option<String>,
    unit: Option<String>,
    base: Option<f64>,
    indicator: Option<String>,
    qualifier: Option<String>,
    period: Option<String>,
    period_basis: Option<String>,
    place: Option<String>,
    organisation: Option<String>,
    base_fact: Option<toml::Value>,
    evidence: Option<String>,
    masked: bool,
    damaged: bool,
}

impl Expected {
    /// The first key that differs.
    fn differs(&self, text: &str, fact: &Fact) -> Option<&'static str> {
        let same = |expected: &Option<String>, actual: Option<&str>| {
            expected.as_deref().is_none_or(|e| {
                if e == "none" {
                    actual.is_none()
                } else {
                    actual == Some(e)
                }
            })
        };
        let value = match &self.value {
            None => true,
            Some(toml::Value::Integer(value)) => fact.value == Some(*value as f64),
            Some(toml::Value::Float(value)) => fact.value == Some(*value),
            Some(_) => fact.value.is_none(),
        };
        let period = fact.period.map(|period| period.to_string());
        let checks = [
            ("kind", same(&self.kind, Some(fact.kind.name()))),
            ("value", value),
            ("text", same(&self.text, Some(&fact.value_text))),
            ("unit", same(&self.unit, fact.unit.as_deref())),
            (
                "base",
                self.base.is_none_or(|base| fact.value_base == Some(base)),
            ),
            (
                "indicator",
                same(&self.indicator, fact.indicator.as_deref()),
            ),
            (
                "qualifier",
                same(&self.qualifier, Some(fact.qualifier.name())),
            ),
            ("period", same(&self.period, period.as_deref())),
            (
                "period_basis",
                same(
                    &self.period_basis,
                    fact.period_basis.map(|basis| basis.name()),
                ),
            ),
            ("place", same(&self.place, fact.place.as_deref())),
            (
                "organisation",
                same(&self.organisation, fact.organisation.as_deref()),
            ),
            (
                "base_fact",
                match &self.base_fact {
                    None => true,
                    Some(toml::Value::Integer(base)) => fact.base_fact == Some(*base as usize),
                    Some(_) => fact.base_fact.is_none(),
                },
            ),
            (
                "evidence",
                same(&self.evidence, text.get(fact.evidence.range())),
            ),
            ("masked", self.masked == fact.masked),
            ("damaged", self.damaged == fact.damaged),
        ];
        checks
            .into_iter()
            .find(|(_, holds)| !holds)
            .map(|(key, _)| key)
    }
}

fn facts(text: &str, report_period: Option<&str>) -> Vec<Fact> {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "0".into(),
        scratch: None,
    };
    let config = ExtractConfig::default();
    let extract = Extract::build(config, &settings).expect("the default config is legal");
    let mut out = Output::new();
    let mut record = Record::from_text("memory:case", text);
    if let Some(named) = report_period.map(Period::find_all) {
        let meta = &mut record.report_mut().expect("it is made of text").meta;
        meta.period = named.first().map(|named| named.period);
        meta.period_basis = Some(PeriodBasis::Title);
    }
    extract
        .process(record, &mut out)
        .expect("a report is taken");
    let report = out.emissions()[0]
        .record
        .report()
        .expect("a report is given");
    report.facts.clone()
}

#[test]
fn every_case_gives_the_facts_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut wrong = 0;
    for path in paths {
        let file: File = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in file.case {
            let found = facts(&case.text, case.report_period.as_deref());
            let differing = case
                .facts
                .iter()
                .zip(&found)
                .find_map(|(expected, fact)| expected.differs(&case.text, fact));
            if differing.is_some() || found.len() != case.facts.len() {
                wrong += 1;
                println!(
                    "{} {:?}: differs in {}",
                    path.display(),
                    case.text,
                    differing.unwrap_or("number of facts")
                );
                found.iter().for_each(|fact| println!("    {fact:?}"));
            }
        }
    }
    assert_eq!(wrong, 0, "cases differ");
}
