//! Precision, recall, passages and speed on the planted corpus.
//!
//! `cargo bench -p taosha-dedupe --bench dedupe -- [REPORTS] [SEED] [show CLASS | without RULE]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::collections::HashMap;

use corpus::{planted, score, shared};
use taosha_core::{Result, State, StatefulStage};
use taosha_dedupe::{DedupeConfig, FormRule};

/// Not one of the seeds the rules were chosen on, which were 7 and 11.
const SEED: u64 = 20_261_121;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .filter(|a| a != "--bench")
        .skip(1)
        .collect();
    let argument = |index: usize| arguments.get(index);
    let n = argument(0).and_then(|a| a.parse().ok()).unwrap_or(2000);
    let seed = argument(1).and_then(|a| a.parse().ok()).unwrap_or(SEED);
    let corpus = planted::corpus(n, seed);
    let n_bytes: usize = corpus.iter().map(|planted| planted.text.len()).sum();
    let n_characters: usize = corpus.iter().map(|p| p.text.chars().count()).sum();
    let n_copies = corpus.iter().filter(|planted| planted.is_copy).count();
    let megabytes = n_bytes as f64 / 1e6;
    println!(
        "{} reports, {megabytes:.1} MB, {} characters on average, {n_copies} copies, seed {seed}",
        corpus.len(),
        n_characters / corpus.len(),
    );

    let mut config = DedupeConfig::default();
    if argument(2).is_some_and(|a| a == "without") {
        let rule = argument(3).unwrap();
        config
            .form
            .retain(|one| format!("{one:?}").to_lowercase() != *rule);
        assert!(
            config.form.len() < FormRule::ALL.len(),
            "no rule is called {rule}"
        );
    }
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
    state.print();

    let outcomes = score::outcomes(&corpus, &finished);
    let scores = score::scores(&corpus, &outcomes);
    println!(
        "{:40} {:>6} {:>6} {:>6} {:>9} {:>6} {:>9} {:>9}",
        "class", "n", "recall", "wrong", "undecided", "missed", "swallowed", "contained"
    );
    for (class, score) in &scores {
        println!(
            "{class:40} {:6} {:6.3} {:6} {:9} {:6} {:9} {:9}",
            score.n,
            score.recall(),
            score.wrong,
            score.undecided,
            score.missed,
            score.swallowed,
            score.contained
        );
    }
    for group in ["all", "core"] {
        let pairs = scores[group].pairs;
        println!(
            "pairs, {group}: precision {:.4}, recall {:.4}, F1 {:.4}",
            pairs.precision(),
            pairs.recall(),
            pairs.f1()
        );
    }
    let shared = shared::shared(&corpus, &finished);
    println!(
        "passages: recall {:.4} verbatim, {:.4} other figures, {:.4} other names; precision {:.4}",
        shared.verbatim.recall(),
        shared.other_figures.recall(),
        shared.other_names.recall(),
        shared.precision()
    );
    if let Some(class) = argument(3).filter(|_| argument(2).is_some_and(|a| a == "show")) {
        let wrong = corpus.iter().zip(&outcomes).filter(|(planted, outcome)| {
            planted.class == class
                && match planted.is_copy {
                    true => outcome.into != Some(planted.cluster),
                    false => outcome.into.is_some_and(|into| into != planted.cluster),
                }
        });
        for (planted, outcome) in wrong.take(6) {
            println!(
                "--- {} {:?} {:?} {}",
                planted.cluster, outcome.into, outcome.relation, outcome.story
            );
            println!("{}", planted.text.chars().take(300).collect::<String>());
        }
    }
}

/// User CPU seconds of this process so far.
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

impl HashState {
    /// Bytes of keys and values by the first letter of the key.
    fn print(&self) {
        let mut by_letter: std::collections::BTreeMap<char, (usize, usize)> = Default::default();
        for (key, value) in &self.0 {
            let letter = key.first().map_or(' ', |&letter| letter.into());
            let sums = by_letter.entry(letter).or_default();
            sums.0 += 1;
            sums.1 += key.len() + value.len();
        }
        for (letter, (n, n_bytes)) in by_letter {
            println!("state {letter}: {n} keys, {:.2} MB", n_bytes as f64 / 1e6);
        }
    }
}

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
