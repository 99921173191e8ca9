//! The engine alone: pages of one size through a stage that makes a report of the bytes and one that
//! does nothing, into a sink that forgets them. What it costs to seal, against a state folder in
//! memory whose syncs do nothing.
//!
//! `cargo bench -p taosha-engine --bench engine -- [MEGABYTES]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod workload;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use taosha_core::{
    Bytes, Epoch, Guarantee, Holding, Kind, Known, Next, Origin, Output, Position, Record,
    Registry, Result, Settings, Sink, SinkType, Source, SourceType, Stage, StageType, async_trait,
};
use taosha_engine::disk::{Disk, DiskFile, RealDisk};
use taosha_engine::{Ledger, Limits, PipelineText, Store};
use workload::Random;

const PAGE_BYTES: [u64; 2] = [1_000, 100_000];

const EPOCH_RECORDS: [u64; 3] = [100, 1_000, 10_000];

/// More, and small pages only measure for longer what is measured already.
const MAX_PAGES: u64 = 30_000;

/// The machine is noisy, so everything is run this often and the least is taken.
const RUNS: usize = 3;

/// Memory that looks like a folder.
const MEMORY: &str = "/dev/shm";

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let megabytes: u64 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(100);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    println!(
        "| page | records of an epoch | epochs | pages per s | pages per user CPU s | fsyncs | wall, by memory | user CPU, by memory |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for bytes in PAGE_BYTES {
        let count = (megabytes * 1_000_000 / bytes).min(MAX_PAGES);
        for records in EPOCH_RECORDS {
            let (mut real, mut memory) = (Vec::new(), Vec::new());
            for _ in 0..RUNS {
                real.push(measure(target, true, count, bytes, records).await);
                memory.push(measure(Path::new(MEMORY), false, count, bytes, records).await);
            }
            let n_epochs = real[0].epochs;
            let n_syncs = real[0].syncs;
            let (real, memory) = (Measured::least(&real), Measured::least(&memory));
            println!(
                "| {} KB | {records} | {n_epochs} | {:.0} | {:.0} | {n_syncs} | {:.2} | {:.2} |",
                bytes / 1000,
                count as f64 / real.wall,
                count as f64 / real.user,
                real.wall / memory.wall,
                real.user / memory.user,
            );
        }
    }
}

struct Measured {
    wall: f64,
    /// CPU seconds in user mode.
    user: f64,
    syncs: u64,
    epochs: usize,
}

impl Measured {
    fn least(all: &[Measured]) -> Measured {
        let least = |of: fn(&Measured) -> f64| all.iter().map(of).fold(f64::INFINITY, f64::min);
        Measured {
            wall: least(|one| one.wall),
            user: least(|one| one.user),
            syncs: all[0].syncs,
            epochs: all[0].epochs,
        }
    }
}

/// Runs `count` pages on a new state in a folder made under `above`.
async fn measure(above: &Path, syncs: bool, count: u64, bytes: u64, records: u64) -> Measured {
    let folder = tempfile::tempdir_in(above).unwrap();
    // Epochs end by their records only.
    let file = format!(
        "[run]\nmemory = '1024GiB'\nepoch = {{ records = {records}, every = '1h' }}\n\
         [[source]]\ntype = 'pages'\ncount = {count}\nbytes = {bytes}\n\
         [[stage]]\ntype = 'read'\n[[stage]]\ntype = 'pass'\n[[sink]]\ntype = 'null'\n"
    );
    let mut registry = Registry::new();
    registry.source::<Pages>();
    registry.stage::<Read>();
    registry.stage::<Pass>();
    registry.sink::<Null>();
    let text = PipelineText::new("bench.toml".as_ref(), file, &[]).unwrap();
    let plan = taosha_engine::load(&text, &registry).plan.unwrap();
    let disk = Counting {
        syncs,
        n_syncs: Arc::default(),
    };
    let store = Arc::new(Store::open(Arc::new(disk.clone()), folder.path()).unwrap());
    let ledger = Arc::new(Ledger::new(&plan));

    let (user, wall) = (user_seconds(), Instant::now());
    let running = taosha_engine::run(plan, store.clone(), ledger, Limits::default());
    let summary = running.await.unwrap();
    let (user, wall) = (user_seconds() - user, wall.elapsed().as_secs_f64());
    assert_eq!(summary.counts.written, count);
    Measured {
        wall,
        user,
        syncs: disk.n_syncs.load(Ordering::Relaxed),
        epochs: store.epochs().unwrap().len(),
    }
}

/// Gives pages of random hexadecimal digits: zstd halves them.
struct Pages {
    options: PagesConfig,
    given: u64,
    /// All pages, so that making them is not measured.
    digits: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct PagesConfig {
    count: u64,
    bytes: u64,
}

impl SourceType for Pages {
    const NAME: &'static str = "pages";
    const ABOUT: &'static str = "pages of digits";
    type Config = PagesConfig;

    fn build(options: PagesConfig, _: &Settings) -> Result<Self> {
        let mut random = Random(options.bytes);
        let n_words = options.count * options.bytes / 16 + 1;
        let digits = (0..n_words).map(|_| format!("{:016x}", random.next()));
        Ok(Pages {
            digits: digits.collect(),
            options,
            given: 0,
        })
    }
}

#[async_trait]
impl Source for Pages {
    async fn open(&mut self, _: Option<&Position>, _: Arc<dyn Known>) -> Result<()> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next> {
        if self.given == self.options.count {
            return Ok(Next::End);
        }
        let from = (self.given * self.options.bytes) as usize;
        let page = &self.digits.as_bytes()[from..from + self.options.bytes as usize];
        let uri = format!("page:{}", self.given);
        self.given += 1;
        let origin = Origin::new("pages", uri.clone(), Bytes::copy_from_slice(page));
        Ok(Next::Record(Record::new(origin, Position(uri.into()))))
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct NoOptions {}

/// Sinks take reports, so somebody must make them.
struct Read;

impl StageType for Read {
    const NAME: &'static str = "read";
    const ABOUT: &'static str = "bytes as a report";
    const TAKES: Kind = Kind::Raw;
    const GIVES: Kind = Kind::Report;
    type Config = NoOptions;

    fn build(_: NoOptions, _: &Settings) -> Result<Self> {
        Ok(Read)
    }
}

impl Stage for Read {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        let text = String::from_utf8_lossy(record.raw());
        record.body = Record::from_text(&record.origin.uri, &text).body;
        out.emit(record);
        Ok(())
    }
}

/// Does nothing.
struct Pass;

impl StageType for Pass {
    const NAME: &'static str = "pass";
    const ABOUT: &'static str = "nothing";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    type Config = NoOptions;

    fn build(_: NoOptions, _: &Settings) -> Result<Self> {
        Ok(Pass)
    }
}

impl Stage for Pass {
    fn process(&self, record: Record, out: &mut Output) -> Result<()> {
        out.emit(record);
        Ok(())
    }
}

/// Forgets what it is given.
struct Null;

impl SinkType for Null {
    const NAME: &'static str = "null";
    const ABOUT: &'static str = "nothing";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = NoOptions;

    fn build(_: NoOptions, _: &Settings) -> Result<Self> {
        Ok(Null)
    }
}

#[async_trait]
impl Sink for Null {
    async fn open(&mut self) -> Result<Holding> {
        Ok(Holding::Nothing)
    }

    async fn clear(&mut self) -> Result<()> {
        Ok(())
    }

    async fn deliver(&mut self, _: &Epoch) -> Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The disk of the machine, counting syncs, and leaving them out when told to.
#[derive(Clone, Debug)]
struct Counting {
    syncs: bool,
    n_syncs: Arc<AtomicU64>,
}

impl Counting {
    fn sync(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.n_syncs.fetch_add(1, Ordering::Relaxed);
        match self.syncs {
            true => sync(),
            false => Ok(()),
        }
    }

    fn counted(&self, file: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        Box::new(CountingFile(file, self.clone()))
    }
}

impl Disk for Counting {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.make_folder(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(folder)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.counted(RealDisk.open(path)?))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(self.counted(RealDisk.read(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.sync(|| RealDisk.sync_folder(folder))
    }
}

#[derive(Debug)]
struct CountingFile(Box<dyn DiskFile>, Counting);

impl DiskFile for CountingFile {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.0.read_at(at, bytes)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(at, bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.1.sync(|| self.0.sync())
    }
}

/// CPU seconds that this process spent in user mode; zero where the system does not tell.
fn user_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().nth(11).unwrap_or_default();
    // Clock ticks are hundredths of a second on every Linux we know.
    ticks.parse::<f64>().unwrap_or_default() / 100.0
}
