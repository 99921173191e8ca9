//! Precision, recall and speed on the planted corpus.
//!
//! `cargo bench -p taosha-dedupe -- [REPORTS_PER_CLASS] [SIMILARITY] [show CLASS]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::collections::HashMap;

use corpus::score;
use taosha_core::{Result, State, StatefulStage};
use taosha_dedupe::DedupeConfig;

/// Not the seed the rules were chosen on, which was 7.
const SEED: u64 = 20_261_121;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .filter(|a| a != "--bench")
        .skip(1)
        .collect();
    let argument = |index: usize| arguments.get(index);
    let n = argument(0).and_then(|a| a.parse().ok()).unwrap_or(200);
    let mut config = DedupeConfig::default();
    if let Some(similarity) = argument(1).and_then(|a| a.parse().ok()) {
        config.similarity = similarity;
    }
    let corpus = corpus::corpus(n, SEED);
    let n_bytes: usize = corpus.iter().map(|planted| planted.text.len()).sum();
    let megabytes = n_bytes as f64 / 1e6;
    println!(
        "{} reports, {megabytes:.1} MB, similarity {}",
        corpus.len(),
        config.similarity
    );

    let stage = score::stage(config);
    let records = score::records(&corpus);
    let before = user_seconds();
    for record in &records {
        std::hint::black_box(stage.prepare(record).unwrap());
    }
    let prepare = user_seconds() - before;
    let before = user_seconds();
    let mut state = HashState::default();
    let finished = score::run_in(&mut state, &stage, records);
    let all = user_seconds() - before;
    println!(
        "prepare {prepare:.2} user s ({:.0} MB/s); prepare + settle {all:.2} user s ({:.0} MB/s)",
        megabytes / prepare,
        megabytes / all
    );

    let n_state: usize = state
        .0
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    println!(
        "state: {} keys, {:.1} MB",
        state.0.len(),
        n_state as f64 / 1e6
    );

    let outcomes = score::outcomes(&corpus, &finished);
    println!(
        "{:40} {:>6} {:>6} {:>6} {:>6} {:>9}",
        "class", "n", "P", "R", "F1", "swallowed"
    );
    for (class, score) in score::scores(&corpus, &outcomes) {
        let (p, r, f1) = (score.precision(), score.recall(), score.f1());
        println!(
            "{class:40} {:6} {p:6.3} {r:6.3} {f1:6.3} {:9}",
            score.n, score.swallowed
        );
    }
    if let Some(class) = argument(3) {
        let wrong = corpus.iter().zip(&outcomes).filter(|(planted, outcome)| {
            planted.class == class && planted.original != outcome.original
        });
        for (planted, outcome) in wrong.take(6) {
            println!(
                "--- {:?} {:?} {}",
                planted.original, outcome.relation, outcome.story
            );
            println!("{}", planted.text.chars().take(300).collect::<String>());
        }
    }
}

/// User CPU seconds of this process so far; wall time where the system does not tell.
fn user_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    // Clock ticks are hundredths of a second on every Linux we know.
    let ticks: f64 = fields
        .split_whitespace()
        .nth(11)
        .and_then(|f| f.parse().ok())
        .unwrap_or(0.0);
    ticks / 100.0
}

/// A state whose own cost is small, so that the stage's is seen.
#[derive(Default)]
struct HashState(HashMap<Vec<u8>, Vec<u8>>);

impl State for HashState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(key).cloned())
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.0.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn scan(&self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        unreachable!("the stage looks keys up one by one")
    }
}
