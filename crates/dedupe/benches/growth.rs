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

/// The most reports whose keys are told apart by kind in the end, which takes memory.
const MOST_TOLD_APART: usize = 100_000;

/// Letters of keys as in `index.rs`, without texts.
const KINDS: [(u8, &str); 6] = [
    (b'a', "anchors"),
    (b'i', "ids"),
    (b'p', "passages"),
    (b's', "sketches"),
    (b'u', "superseded"),
    (b'x', "digests"),
];

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
    let mut n_text_bytes = 0;
    let (mut n_read, mut n_kept) = (0, 0);
    println!(
        "| reports | kept | MB per CPU s | ns per byte | bytes per kept report | of these, texts | peak RSS |"
    );
    println!("|---|---|---|---|---|---|---|");
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
                n_text_bytes: &mut n_text_bytes,
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
        println!(
            "| {n_read} | {n_kept} | {:.0} | {:.1} | {:.0} | {:.0} | {} MB |",
            megabytes / seconds,
            seconds * 1e9 / n_bytes as f64,
            runs.n_bytes() as f64 / n_kept as f64,
            n_text_bytes as f64 / n_kept as f64,
            peak_rss_kb() / 1024,
        );
    }
    if n <= MOST_TOLD_APART {
        for (letter, name) in KINDS {
            let n_bytes = bytes_of(letter, &runs.snapshot());
            println!(
                "{name}: {:.1} bytes per kept report",
                n_bytes as f64 / n_kept as f64
            );
        }
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

/// Bytes on disk of the keys with this letter, when a run holds no others: filter and index are in it.
fn bytes_of(letter: u8, snapshot: &Snapshot) -> u64 {
    let mut entries = Vec::new();
    let mut take = |key: &[u8], value: &[u8]| entries.push((key.to_vec(), value.to_vec()));
    snapshot.scan(&[letter], &mut take).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut runs = Runs::open(Arc::new(RealDisk), folder.path(), b"").unwrap();
    let pairs = entries.iter().map(|(key, value)| (&key[..], &value[..]));
    runs.seal(pairs).unwrap();
    runs.committed();
    runs.n_bytes()
}

/// What is sealed, and what was put since: as the engine has it.
struct Sealed<'a> {
    snapshot: Snapshot,
    current: IndexMap<Vec<u8>, Vec<u8>, RandomState>,
    /// Of keys and values.
    n_text_bytes: &'a mut usize,
}

impl State for Sealed<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.current.get(key) {
            Some(value) => Ok(Some(value.clone())),
            None => self.snapshot.get(key),
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if key.first() == Some(&b't') {
            *self.n_text_bytes += key.len() + value.len();
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
