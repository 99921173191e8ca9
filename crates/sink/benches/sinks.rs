//! Rows into each kind of sink, per second of this process's CPU and by the clock.
//!
//! `TAOSHA_PG_URL=… cargo bench -p taosha-sink --bench sinks -- [EPOCHS] [SINK]`
//!
//! Epochs of 1000 reports with rows in every table and texts of 2000 characters. The epochs are made
//! before; turning rows into what the target holds counts, waiting for disks shows by the clock
//! only. What a server spends is not ours to count. Every table is counted when it is done.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

#[path = "../src/sample.rs"]
mod sample;

use std::path::Path;
use std::time::Instant;

use taosha_core::{Epoch, Result, Row, Settings, Sink, SinkType};
use taosha_sink::{Jsonl, Parquet, Postgres, Sqlite};

/// Reports of an epoch, as the engine's default has it.
const EPOCH_REPORTS: usize = 1000;

type Build = fn(&str, &Settings) -> Result<Box<dyn Sink>>;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let n_epochs = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(20);
    let only = arguments.get(1);
    let epochs = epochs(n_epochs);
    let n_rows: usize = epochs.iter().map(|epoch| epoch.rows.len()).sum();
    println!("{n_rows} rows of {n_epochs} epochs");
    println!("| sink | rows per CPU s | rows per s | bytes per row |");
    println!("|---|---|---|---|");
    let mut kinds: Vec<(&str, Build, String)> = vec![
        ("jsonl", build::<Jsonl>, "dir = 'out'".into()),
        (
            "jsonl, gzip",
            build::<Jsonl>,
            "dir = 'out'\ncompress = 'gzip'".into(),
        ),
        (
            "jsonl, zstd",
            build::<Jsonl>,
            "dir = 'out'\ncompress = 'zstd'".into(),
        ),
        ("parquet", build::<Parquet>, "dir = 'out'".into()),
        ("sqlite", build::<Sqlite>, "path = 'out/reports.db'".into()),
    ];
    match std::env::var("TAOSHA_PG_URL") {
        Ok(url) => kinds.push((
            "postgres",
            build::<Postgres>,
            format!("url = '{url}'\nschema = 'taosha_bench'"),
        )),
        Err(_) => println!("SKIPPED postgres: TAOSHA_PG_URL names no PostgreSQL server"),
    }
    for (name, build, options) in kinds {
        if only.is_none_or(|only| name == only) {
            measure(name, build, &options, &epochs);
        }
    }
}

fn measure(name: &str, build: Build, options: &str, epochs: &[Epoch]) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        id: "bench".into(),
        base: folder.path().into(),
        run: "bench".into(),
        scratch: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut sink = build(options, &settings).unwrap();
    let n_rows: usize = epochs.iter().map(|epoch| epoch.rows.len()).sum();
    runtime.block_on(async {
        sink.open().await.unwrap();
        // A server keeps the tables of the last run.
        sink.clear().await.unwrap();
        let (cpu, clock) = (cpu_seconds(), Instant::now());
        for epoch in epochs {
            sink.deliver(epoch).await.unwrap();
        }
        sink.close().await.unwrap();
        let (cpu, clock) = (cpu_seconds() - cpu, clock.elapsed().as_secs_f64());
        let n_rows = n_rows as f64;
        let bytes = match bytes_below(folder.path()) {
            0 => "in the server".into(),
            bytes => format!("{:.0}", bytes as f64 / n_rows),
        };
        println!(
            "| {name} | {:.0} | {:.0} | {bytes} |",
            n_rows / cpu,
            n_rows / clock
        );
        sink.open().await.unwrap();
        let held = sample::held(sink.as_mut()).await;
        assert_eq!(held.len(), sample::expected(epochs).len());
    });
}

fn epochs(n: usize) -> Vec<Epoch> {
    let mut epochs = sample::epochs(&vec![EPOCH_REPORTS; n]);
    for row in epochs.iter_mut().flat_map(|epoch| &mut epoch.rows) {
        if let Row::Document(document) = row {
            document.text = "全县教师".repeat(500);
            document.own_text = document.text.clone();
        }
    }
    epochs
}

fn build<S: SinkType>(options: &str, settings: &Settings) -> Result<Box<dyn Sink>> {
    let config: S::Config = toml::from_str(options).unwrap();
    Ok(Box::new(S::build(config, settings)?))
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap());
    let bytes = |entry: std::fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => bytes_below(&entry.path()),
        false => entry.metadata().unwrap().len(),
    };
    entries.map(bytes).sum()
}

/// CPU seconds, user and system, of all threads of this process so far; zero where the system does
/// not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|field| field.parse::<f64>().ok()).sum();
    // Clock ticks are hundredths of a second on every Linux we know.
    ticks / 100.0
}
