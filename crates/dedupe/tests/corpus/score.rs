//! Runs the stage over a planted corpus and counts.

use std::collections::BTreeMap;

use taosha_core::{
    Id, MemoryState, Output, PassageEdit, Record, Relation, Settings, State, StatefulStage,
    StatefulStageType,
};
use taosha_dedupe::{Dedupe, DedupeConfig};

use super::Planted;

/// What came out for one report.
pub struct Outcome {
    pub original: Option<usize>,
    pub relation: Option<Relation>,
    /// The last step of the trail.
    pub story: String,
}

/// Counts of one class, or of all.
#[derive(Default, Clone, Copy)]
pub struct Score {
    pub n: usize,
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
    /// Reports that should have stayed and did not.
    pub swallowed: usize,
}

impl Score {
    pub fn precision(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong + self.swallowed).max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong + self.missed).max(1) as f64
    }

    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        2.0 * p * r / (p + r).max(f64::MIN_POSITIVE)
    }

    fn add(&mut self, planted: &Planted, outcome: &Outcome) {
        self.n += 1;
        match (planted.original, outcome.original) {
            (Some(expected), Some(found)) if expected == found => self.right += 1,
            (Some(_), Some(_)) => self.wrong += 1,
            (Some(_), None) => self.missed += 1,
            (None, Some(_)) => self.swallowed += 1,
            (None, None) => {}
        }
    }
}

pub fn stage(config: DedupeConfig) -> Dedupe {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    Dedupe::build(config, &settings).unwrap()
}

/// One pass over `records`; the records as they come out.
pub fn run(stage: &Dedupe, records: Vec<Record>) -> Vec<Record> {
    run_in(&mut MemoryState::default(), stage, records)
}

/// As [`run`], with a state of the caller's.
pub fn run_in(state: &mut dyn State, stage: &Dedupe, records: Vec<Record>) -> Vec<Record> {
    let mut finished = Vec::new();
    for record in records {
        let mut out = Output::new();
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut *state, &mut out)
            .unwrap();
        let (emissions, drops) = out.into_parts();
        assert!(drops.is_empty());
        finished.extend(emissions.into_iter().map(|emission| emission.record));
    }
    finished
}

pub fn records(corpus: &[Planted]) -> Vec<Record> {
    let record = |(index, planted): (usize, &Planted)| {
        Record::from_text(&format!("memory:{index}"), &planted.text)
    };
    corpus.iter().enumerate().map(record).collect()
}

/// What came out, and a check that every copy can be rebuilt.
pub fn outcomes(corpus: &[Planted], finished: &[Record]) -> Vec<Outcome> {
    assert_eq!(corpus.len(), finished.len());
    let ids = finished
        .iter()
        .enumerate()
        .map(|(index, record)| (record.id, index));
    let ids: BTreeMap<Id, usize> = ids.collect();
    let outcome = |(record, planted): (&Record, &Planted)| {
        let original = record
            .collapse
            .as_ref()
            .map(|collapse| ids[&collapse.canonical_id]);
        if let (Some(collapse), Some(original)) = (&record.collapse, original) {
            // A reading has no white space at its ends, a planted text may.
            let base = finished[original].report().unwrap().reading();
            let rebuilt = PassageEdit::apply_all(base.text(), &collapse.edits);
            assert_eq!(rebuilt.as_deref(), Some(planted.text.trim()));
            assert!(
                finished[original].collapse.is_none(),
                "copies point at what stays"
            );
        }
        Outcome {
            original,
            relation: record.collapse.as_ref().map(|collapse| collapse.relation),
            story: serde_json::to_string(&record.trail.steps().last().unwrap().fields).unwrap(),
        }
    };
    finished.iter().zip(corpus).map(outcome).collect()
}

/// Scores by class, and over all reports but truncated ones under `core`.
pub fn scores(corpus: &[Planted], outcomes: &[Outcome]) -> BTreeMap<&'static str, Score> {
    let mut scores: BTreeMap<&'static str, Score> = BTreeMap::new();
    for (planted, outcome) in corpus.iter().zip(outcomes) {
        let mut groups = vec![planted.class, "all"];
        if planted.class != "truncated" {
            groups.push("core");
        }
        for group in groups {
            scores.entry(group).or_default().add(planted, outcome);
        }
    }
    scores
}
