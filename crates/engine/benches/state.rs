//! Speed and size of the state store under what `dedupe` asks of it.
//!
//! `cargo bench -p taosha-engine --bench state -- [REPORTS]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs, unreachable_pub)]

mod workload;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use taosha_engine::disk::RealDisk;
use taosha_engine::runs::Runs;
use workload::Random;

/// Reports of an epoch.
const REPORTS_PER_SEAL: u64 = 1000;

const N_LOOKUPS: u32 = 200_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let n_reports: u64 = arguments
        .next()
        .and_then(|a| a.parse().ok())
        .unwrap_or(40_000);
    let before = cpu_seconds();
    for number in 0..n_reports {
        black_box(workload::report(number));
    }
    let workload_alone = cpu_seconds() - before;

    let folder = tempfile::tempdir().unwrap();
    let mut runs = Runs::open(Arc::new(RealDisk), folder.path(), b"").unwrap();
    let mut manifest = Vec::new();
    let (mut n_rows, mut sealing, mut longest) = (0_u64, 0.0, 0.0_f64);
    let before = cpu_seconds();
    for first in (0..n_reports).step_by(REPORTS_PER_SEAL as usize) {
        let snapshot = runs.snapshot();
        let mut fresh = BTreeMap::new();
        for number in first..(first + REPORTS_PER_SEAL).min(n_reports) {
            for change in workload::report(number) {
                if !fresh.contains_key(&change.key) {
                    black_box(snapshot.get(&change.key).unwrap());
                }
                fresh.insert(change.key, change.value);
                n_rows += 1;
            }
        }
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        manifest = runs
            .seal(
                fresh
                    .iter()
                    .map(|(key, value): (&Vec<u8>, &Vec<u8>)| (&key[..], &value[..])),
            )
            .unwrap();
        runs.committed();
        sealing += cpu_seconds() - cpu;
        longest = longest.max(wall.elapsed().as_secs_f64());
    }
    let all = cpu_seconds() - before - workload_alone;
    println!(
        "{n_rows} get+put: {all:.2} CPU s ({:.0} per CPU s), of it {sealing:.2} in seals; longest seal {longest:.2} s",
        n_rows as f64 / all
    );
    println!(
        "{} runs, {:.1} bytes on disk per row",
        runs.n_runs(),
        size_of(folder.path()) as f64 / n_rows as f64
    );

    drop(runs);
    let before = cpu_seconds();
    let runs = Runs::open(Arc::new(RealDisk), folder.path(), &manifest).unwrap();
    println!("open: {:.2} CPU s", cpu_seconds() - before);
    let snapshot = runs.snapshot();
    let n_keys = n_reports * workload::KEYS_PER_REPORT;
    let mut random = Random(1);
    for (what, from) in [("keys that may be there", 0), ("keys that are not", n_keys)] {
        let keys: Vec<_> = (0..N_LOOKUPS)
            .map(|_| workload::key(from + random.below(n_keys)))
            .collect();
        let before = cpu_seconds();
        let n_found = keys
            .iter()
            .filter(|key| snapshot.get(key).unwrap().is_some())
            .count();
        let micros = (cpu_seconds() - before) * 1e6 / f64::from(N_LOOKUPS);
        println!("{N_LOOKUPS} look-ups of {what}: {n_found} found, {micros:.2} CPU µs each");
    }
    let before = cpu_seconds();
    let mut n_seen = 0_u64;
    snapshot.scan(b"", &mut |_, _| n_seen += 1).unwrap();
    println!(
        "scan of all {n_seen} keys: {:.2} CPU s",
        cpu_seconds() - before
    );
}

fn size_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

/// User and system CPU seconds of this process so far; zero where the system does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    // Clock ticks are hundredths of a second on every Linux we know.
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
