//! Runs the stage over a planted corpus and counts.

use std::collections::{BTreeMap, HashMap};

use taosha_core::{
    Id, MemoryState, Output, PassageEdit, Record, Relation, Settings, State, StatefulStage,
    StatefulStageType,
};
use taosha_dedupe::{Dedupe, DedupeConfig};

use super::planted::{Damage, IN_COMPILATION, Planted};

/// What came out for one report.
pub struct Outcome {
    /// The cluster of the report it was collapsed into.
    pub into: Option<usize>,
    pub relation: Option<Relation>,
    /// The report that stands for it, as an index into the corpus; its own when it stays.
    pub stands_for: usize,
    /// The clusters of other reports that fit as well, as the trail says.
    pub fits_as_well: Vec<usize>,
    /// The last step of the trail.
    pub story: String,
}

/// Counts of one class, or of all.
#[derive(Default, Clone, Copy)]
pub struct Score {
    pub n: usize,
    pub right: usize,
    pub wrong: usize,
    /// Of the wrong ones, those whose trail names the right report as one that fits as well: what
    /// tells the two apart was masked.
    pub undecided: usize,
    pub missed: usize,
    /// Reports that should have stayed and were collapsed into another cluster.
    pub swallowed: usize,
    pub contained: usize,
    /// Pairs of one cluster, here, in truth, and in both.
    pub pairs: Pairs,
}

/// Pairs of reports that are in one cluster.
#[derive(Default, Clone, Copy)]
pub struct Pairs {
    pub found: u64,
    pub planted: u64,
    pub both: u64,
}

impl Pairs {
    fn of<'a>(reports: impl Iterator<Item = (&'a Planted, &'a Outcome)>) -> Pairs {
        let (mut found, mut planted, mut both) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (report, outcome) in reports {
            *found.entry(outcome.stands_for).or_insert(0u64) += 1;
            *planted.entry(report.cluster).or_insert(0u64) += 1;
            *both
                .entry((report.cluster, outcome.stands_for))
                .or_insert(0u64) += 1;
        }
        let pairs = |n: &u64| n * (n - 1) / 2;
        Pairs {
            found: found.values().map(pairs).sum(),
            planted: planted.values().map(pairs).sum(),
            both: both.values().map(pairs).sum(),
        }
    }

    pub fn precision(&self) -> f64 {
        self.both as f64 / self.found.max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.both as f64 / self.planted.max(1) as f64
    }

    pub fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        2.0 * p * r / (p + r).max(f64::MIN_POSITIVE)
    }
}

impl Score {
    pub fn recall(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong + self.missed).max(1) as f64
    }

    /// Recall when what cannot be decided is not held against us.
    pub fn fair_recall(&self) -> f64 {
        let decided = self.right + self.wrong + self.missed - self.undecided;
        self.right as f64 / decided.max(1) as f64
    }

    fn add(&mut self, planted: &Planted, outcome: &Outcome) {
        self.n += 1;
        self.contained += usize::from(outcome.relation == Some(Relation::Contained));
        match (planted.is_copy, outcome.into) {
            (true, Some(found)) if planted.cluster == found => self.right += 1,
            (true, Some(_)) => {
                self.wrong += 1;
                let is_named = outcome.fits_as_well.contains(&planted.cluster);
                self.undecided += usize::from(is_named);
            }
            (true, None) => self.missed += 1,
            (false, Some(found)) if planted.cluster != found => self.swallowed += 1,
            (false, _) => {}
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

/// The places of the records in the corpus.
pub fn indices(finished: &[Record]) -> HashMap<Id, usize> {
    let ids = finished.iter().enumerate();
    ids.map(|(index, record)| (record.id, index)).collect()
}

/// What came out, and a check that every copy can be rebuilt.
pub fn outcomes(corpus: &[Planted], finished: &[Record]) -> Vec<Outcome> {
    assert_eq!(corpus.len(), finished.len());
    let indices = indices(finished);
    // Where a report that was superseded leads to.
    let mut led: HashMap<usize, usize> = HashMap::new();
    for (index, record) in finished.iter().enumerate() {
        for old in &record.report().unwrap().supersedes {
            let base = record.report().unwrap().reading().text();
            let rebuilt = PassageEdit::apply_all(base, &old.edits);
            let place = indices[&old.document_id];
            assert_eq!(rebuilt.as_deref(), Some(corpus[place].text.trim()));
            assert_eq!(led.insert(place, index), None, "superseded once");
        }
    }
    let follow = |mut index: usize| {
        while let Some(&next) = led.get(&index) {
            index = next;
        }
        index
    };
    let outcome = |(index, record): (usize, &Record)| {
        let original = record
            .collapse
            .as_ref()
            .map(|collapse| indices[&collapse.canonical_id]);
        if let (Some(collapse), Some(original)) = (&record.collapse, original) {
            // A reading has no white space at its ends, a planted text may.
            let base = finished[original].report().unwrap().reading();
            let rebuilt = PassageEdit::apply_all(base.text(), &collapse.edits);
            assert_eq!(rebuilt.as_deref(), Some(corpus[index].text.trim()));
            assert!(
                finished[original].collapse.is_none(),
                "copies point at what stays"
            );
        }
        let step = record.trail.steps().last().unwrap();
        let fits_as_well = step.fields.get("fits_as_well").map(|ids| {
            let ids: Vec<Id> = serde_json::from_value(ids.clone()).unwrap();
            ids.iter().map(|id| corpus[indices[id]].cluster).collect()
        });
        let superseded = finished[index].collapse.is_none() && led.contains_key(&index);
        let relation = record.collapse.as_ref().map(|collapse| collapse.relation);
        let into = original.or(superseded.then(|| follow(index)));
        Outcome {
            into: into.map(|original| corpus[original].cluster),
            relation,
            stands_for: follow(original.unwrap_or(index)),
            fits_as_well: fits_as_well.unwrap_or_default(),
            story: serde_json::to_string(&step.fields).unwrap(),
        }
    };
    finished.iter().enumerate().map(outcome).collect()
}

/// True for the classes that a part of an original is planted under.
pub fn is_part(class: &str) -> bool {
    class == Damage::Truncated.name() || class == IN_COMPILATION
}

/// Scores by class, over `all` reports, and over the `core`: without parts and compilations.
pub fn scores(corpus: &[Planted], outcomes: &[Outcome]) -> BTreeMap<&'static str, Score> {
    let mut scores: BTreeMap<&'static str, Score> = BTreeMap::new();
    let is_core = |planted: &Planted| !is_part(planted.class) && planted.class != "compilation";
    for (planted, outcome) in corpus.iter().zip(outcomes) {
        let mut groups = vec![planted.class, "all"];
        if is_core(planted) {
            groups.push("core");
        }
        for group in groups {
            scores.entry(group).or_default().add(planted, outcome);
        }
    }
    let both = || corpus.iter().zip(outcomes);
    scores.entry("all").or_default().pairs = Pairs::of(both());
    scores.entry("core").or_default().pairs = Pairs::of(both().filter(|(p, _)| is_core(p)));
    scores
}
