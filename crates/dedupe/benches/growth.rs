//! Speed, size and memory of the stage with an index on disk, as the number of reports grows.
//!
//! `cargo bench -p taosha-dedupe --bench growth -- [REPORTS]`
//!
//! JSON lines in; verdicts, passages and a sealed index out. Like the engine, the bench seals what the
//! stage puts every thousand reports; it writes no tables.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use corpus::{planted, score};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use taosha_core::{Output, Record, Result, State, StatefulStage};
use taosha_dedupe::DedupeConfig;
use taosha_engine::disk::RealDisk;
use taosha_engine::runs::{Runs, Snapshot};

/// Reports that are made at once, so that they take little of the memory that is measured.
const CHUNK: usize = 10_000;

/// Reports of an epoch.
const EPOCH: usize = 1000;

/// Not a seed the rules were chosen on.
const SEED: u64 = 5_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let n: usize = arguments
        .next()
        .and_then(|a| a.parse().ok())
        .unwrap_or(20_000);
    let folder = tempfile::tempdir().unwrap();
    let mut runs = Runs::open(Arc::new(RealDisk), folder.path(), b"").unwrap();
    let mut manifest = Vec::new();
    let stage = score::stage(DedupeConfig::default());
    let mut bytes = BTreeMap::new();
    let (mut n_read, mut n_kept) = (0, 0);
    println!(
        "| reports | kept | MB per CPU s | ns per byte | index, bytes per kept report | passages | texts | peak RSS |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for chunk in 0..n.div_ceil(CHUNK) {
        let corpus = planted::corpus(CHUNK.min(n), SEED + chunk as u64);
        let json = |planted: &planted::Planted| {
            serde_json::json!({ "uri": planted.class, "text": planted.text }).to_string()
        };
        let lines: Vec<String> = corpus.iter().map(json).collect();
        drop(corpus);
        let n_bytes: usize = lines.iter().map(String::len).sum();
        let before = user_seconds();
        for epoch in lines.chunks(EPOCH) {
            let mut state = Sealed {
                snapshot: runs.snapshot(),
                current: IndexMap::default(),
                bytes: &mut bytes,
            };
            for line in epoch {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = value["text"].as_str().unwrap();
                let record = Record::from_text(&format!("memory:{n_read}"), text);
                n_read += 1;
                let prepared = stage.prepare(&record).unwrap();
                let mut out = Output::new();
                stage
                    .settle(record, prepared, &mut state, &mut out)
                    .unwrap();
                let (emissions, _) = out.into_parts();
                n_kept += emissions
                    .iter()
                    .filter(|e| e.record.collapse.is_none())
                    .count();
                black_box(emissions);
            }
            let Sealed { current, .. } = state;
            let pairs = current.iter().map(|(key, value)| (&key[..], &value[..]));
            manifest = runs.seal(pairs).unwrap();
            runs.committed();
        }
        let seconds = user_seconds() - before;
        let megabytes = n_bytes as f64 / 1e6;
        let of = |letters: &str| -> f64 {
            let sum: usize = letters.bytes().filter_map(|l| bytes.get(&l)).sum();
            sum as f64 / n_kept as f64
        };
        // What the runs hold is little more than the keys and values: texts and passages as put.
        let index = runs.n_bytes() as f64 / n_kept as f64 - of("t") - of("p");
        println!(
            "| {n_read} | {n_kept} | {:.0} | {:.1} | {index:.0} | {:.0} | {:.0} | {} MB |",
            megabytes / seconds,
            seconds * 1e9 / n_bytes as f64,
            of("p"),
            of("t"),
            peak_rss_kb() / 1024,
        );
    }
    drop(runs);
    let opening = Instant::now();
    let runs = Runs::open(Arc::new(RealDisk), folder.path(), &manifest).unwrap();
    println!(
        "opens in {:.2} s; {} runs",
        opening.elapsed().as_secs_f64(),
        runs.n_runs()
    );
}

/// What is sealed, and what was put since: as the engine has it.
struct Sealed<'a> {
    snapshot: Snapshot,
    current: IndexMap<Vec<u8>, Vec<u8>, RandomState>,
    /// Bytes of texts and of units, by the first letter of their keys.
    bytes: &'a mut BTreeMap<u8, usize>,
}

impl State for Sealed<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.current.get(key) {
            Some(value) => Ok(Some(value.clone())),
            None => self.snapshot.get(key),
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let letter = key.first().copied().unwrap_or_default();
        let n_bytes = self.bytes.entry(letter).or_default();
        // A text is put once; a unit of a report again when another one has it.
        if letter == b't' || (letter == b'p' && value.last() == Some(&1)) {
            *n_bytes += key.len() + value.len();
        }
        self.current.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn scan(&self, _: &[u8], _: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        unreachable!("the stage looks keys up one by one")
    }
}

/// User CPU seconds of this process so far.
fn user_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().nth(11);
    ticks.and_then(|f| f.parse().ok()).unwrap_or(0.0) / 100.0
}

fn peak_rss_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
