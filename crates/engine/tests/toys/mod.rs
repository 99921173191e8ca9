//! Small parts for pipelines in tests: a source of numbers, stages that misbehave on request, and a
//! sink that remembers what it was given.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use taosha_core::{
    Bytes, Epoch, Error, Guarantee, Holding, Kind, Known, Next, Origin, Output, Port, Position,
    Record, Registry, Result, Row, Settings, Sink, SinkType, Source, SourceType, Stage, StageType,
    State, StatefulStage, StatefulStageType, async_trait,
};

use taosha_engine::disk::RealDisk;
use taosha_engine::{Ledger, Limits, RunError, Store, Summary};

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.source::<Numbers>();
    registry.stage::<Read>();
    registry.stage::<Sort>();
    registry.stateful_stage::<Count>();
    registry.stateful_stage::<Tally>();
    registry.sink::<Memory>();
    registry
}

/// Gives pages that hold `0`, `1`, … and counts how many it gave.
pub(crate) struct Numbers {
    options: NumbersConfig,
    given: usize,
}

/// How many pages the source `name` has given.
pub(crate) static GIVEN: LazyLock<Mutex<std::collections::BTreeMap<String, usize>>> =
    LazyLock::new(Mutex::default);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumbersConfig {
    count: usize,
    #[serde(default)]
    bytes: usize,
    #[serde(default)]
    name: String,
}

impl SourceType for Numbers {
    const NAME: &'static str = "numbers";
    const ABOUT: &'static str = "pages that hold a number";
    type Config = NumbersConfig;

    fn build(options: NumbersConfig, _: &Settings) -> Result<Self> {
        Ok(Numbers { options, given: 0 })
    }
}

#[async_trait]
impl Source for Numbers {
    async fn open(&mut self, resume: Option<&Position>, _: Arc<dyn Known>) -> Result<()> {
        if let Some(Position(uri)) = resume {
            let last: usize = uri.trim_start_matches("number:").parse().unwrap();
            self.given = last + 1;
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Next> {
        if self.given == self.options.count {
            return Ok(Next::End);
        }
        let text = format!("{:width$}", self.given, width = self.options.bytes);
        let uri = format!("number:{}", self.given);
        self.given += 1;
        GIVEN
            .lock()
            .unwrap()
            .insert(self.options.name.clone(), self.given);
        let origin = Origin::new("numbers", uri.clone(), Bytes::from(text));
        Ok(Next::Record(Record::new(origin, Position(uri.into()))))
    }
}

/// Makes text of pages; the more, the later a number comes. Refuses, panics on or swallows the
/// numbers it is told to.
pub(crate) struct Read(ReadConfig);

#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReadConfig {
    refuse: Vec<u64>,
    panic: Vec<u64>,
    swallow: Vec<u64>,
    uneven: bool,
}

impl StageType for Read {
    const NAME: &'static str = "read";
    const ABOUT: &'static str = "numbers as text";
    const TAKES: Kind = Kind::Raw;
    const GIVES: Kind = Kind::Report;
    type Config = ReadConfig;

    fn build(options: ReadConfig, _: &Settings) -> Result<Self> {
        Ok(Read(options))
    }
}

impl Stage for Read {
    fn process(&self, record: Record, out: &mut Output) -> Result<()> {
        let text = String::from_utf8_lossy(record.raw()).into_owned();
        let number: u64 = text.trim().parse().unwrap();
        if self.0.uneven {
            std::thread::sleep(Duration::from_millis(number * 7 % 5));
        }
        if self.0.refuse.contains(&number) {
            return Err(Error::malformed("read.refused", "like the number"));
        }
        assert!(
            !self.0.panic.contains(&number),
            "the number {number} is unlucky"
        );
        if self.0.swallow.contains(&number) {
            return Ok(());
        }
        let mut read = Record::from_text(&record.origin.uri, text.trim());
        read.origin = record.origin.clone();
        read.trail = record.trail.clone();
        out.emit(read);
        Ok(())
    }
}

/// Sends multiples of three by the port `threes`, drops multiples of five, doubles seven.
pub(crate) struct Sort;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoOptions {}

impl StageType for Sort {
    const NAME: &'static str = "sort";
    const ABOUT: &'static str = "numbers by their divisors";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const PORTS: &'static [Port] = &[Port {
        name: "threes",
        gives: Kind::Report,
    }];
    const DROPS: &'static [&'static str] = &["five"];
    type Config = NoOptions;

    fn build(_: NoOptions, _: &Settings) -> Result<Self> {
        Ok(Sort)
    }
}

impl Stage for Sort {
    fn process(&self, record: Record, out: &mut Output) -> Result<()> {
        let number: u64 = record.report()?.reading().text().parse().unwrap();
        match number {
            7 => {
                out.emit(record.clone());
                out.emit(record);
            }
            n if n % 5 == 0 => out.drop(record, "five"),
            n if n % 3 == 0 => out.emit_to("threes", record),
            _ => out.emit(record),
        }
        Ok(())
    }
}

/// Drops the records after the tenth; what is the tenth depends on the order.
pub(crate) struct Count(CountConfig);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountConfig {
    /// Refuses this number, after it has changed the state.
    refuse: Option<String>,
}

impl StatefulStageType for Count {
    const NAME: &'static str = "count";
    const ABOUT: &'static str = "the first ten";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &["late"];
    type Config = CountConfig;

    fn build(options: CountConfig, _: &Settings) -> Result<Self> {
        Ok(Count(options))
    }
}

impl StatefulStage for Count {
    type Prepared = ();

    fn prepare(&self, _: &Record) -> Result<()> {
        Ok(())
    }

    fn settle(
        &self,
        record: Record,
        (): (),
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let number = record.report()?.reading().text().to_owned();
        let refusal = self.0.refuse.as_ref().filter(|refuse| **refuse == number);
        if refusal.is_some() {
            state.put(b"seen", &[10])?;
            return Err(Error::malformed("count.refused", "count the number"));
        }
        let seen = state.get(b"seen")?.map_or(0, |value| value[0]);
        match seen {
            10 => out.drop(record, "late"),
            seen => {
                state.put(b"seen", &[seen + 1])?;
                out.emit(record);
            }
        }
        Ok(())
    }
}

/// Drops every third record of each residue of four: what becomes of a record depends on all before.
pub(crate) struct Tally;

impl StatefulStageType for Tally {
    const NAME: &'static str = "tally";
    const ABOUT: &'static str = "two of three";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &["third"];
    type Config = NoOptions;

    fn build(_: NoOptions, _: &Settings) -> Result<Self> {
        Ok(Tally)
    }
}

impl StatefulStage for Tally {
    /// The residue.
    type Prepared = u8;

    fn prepare(&self, record: &Record) -> Result<u8> {
        let number: u64 = record.report()?.reading().text().parse().unwrap();
        Ok((number % 4) as u8)
    }

    fn settle(
        &self,
        record: Record,
        residue: u8,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let seen = state.get(&[residue])?.map_or(0, |value| value[0]);
        state.put(&[residue], &[seen + 1])?;
        match seen % 3 {
            2 => out.drop(record, "third"),
            _ => out.emit(record),
        }
        Ok(())
    }
}

/// Keeps what it is given under its name, where [`Memory::of`] finds it.
pub(crate) struct Memory {
    name: String,
    options: MemoryConfig,
    failures_left: AtomicUsize,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryConfig {
    name: String,
    #[serde(default)]
    pause_ms: u64,
    #[serde(default)]
    fails: usize,
    #[serde(default)]
    never_opens: bool,
    #[serde(default)]
    is_away: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) rows: Vec<Row>,
    pub(crate) epochs: Vec<usize>,
    pub(crate) is_closed: bool,
    held: Option<(String, u64)>,
}

static KEPT: LazyLock<Mutex<std::collections::BTreeMap<String, Kept>>> =
    LazyLock::new(Mutex::default);

impl Memory {
    pub(crate) fn of(name: &str) -> Kept {
        KEPT.lock().unwrap().get(name).cloned().unwrap_or_default()
    }
}

impl Kept {
    /// The texts of `documents` and the codes of `dead`, in order.
    pub(crate) fn shown(&self) -> Vec<String> {
        let show = |row: &Row| match row {
            Row::Document(row) => row.text.clone(),
            Row::Dead(row) => format!("{} {}", row.uri, row.code),
            _ => String::new(),
        };
        self.rows.iter().map(show).collect()
    }
}

impl SinkType for Memory {
    const NAME: &'static str = "memory";
    const ABOUT: &'static str = "rows for a test to look at";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = MemoryConfig;

    fn build(options: MemoryConfig, _: &Settings) -> Result<Self> {
        let (name, failures_left) = (options.name.clone(), AtomicUsize::new(options.fails));
        Ok(Memory {
            name,
            options,
            failures_left,
        })
    }
}

#[async_trait]
impl Sink for Memory {
    async fn open(&mut self) -> Result<Holding> {
        if self.options.never_opens {
            return Err(Error::config("memory.closed", "open the memory"));
        }
        if self.options.is_away {
            return Err(Error::unavailable("memory.away", "reach the memory"));
        }
        let mut kept = KEPT.lock().unwrap();
        let kept = kept.entry(self.name.clone()).or_default();
        kept.is_closed = false;
        Ok(match kept.held.clone() {
            None => Holding::Nothing,
            Some((state, last)) => Holding::Epochs { state, last },
        })
    }

    async fn clear(&mut self) -> Result<()> {
        let mut kept = KEPT.lock().unwrap();
        kept.insert(self.name.clone(), Kept::default());
        Ok(())
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        if self.failures_left.load(Ordering::Relaxed) > 0 {
            self.failures_left.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::unavailable("memory.away", "reach the memory"));
        }
        tokio::time::sleep(Duration::from_millis(self.options.pause_ms)).await;
        let mut kept = KEPT.lock().unwrap();
        let kept = kept.get_mut(&self.name).unwrap();
        kept.rows
            .retain(|row| !matches!(row, Row::Dead(dead) if epoch.retried.contains(&dead.id)));
        kept.rows.extend(epoch.rows.iter().cloned());
        kept.held = Some((epoch.state.to_string(), epoch.number));
        kept.epochs.push(epoch.rows.len());
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        KEPT.lock().unwrap().get_mut(&self.name).unwrap().is_closed = true;
        Ok(())
    }
}

/// Plans the pipeline `file`, which must be fine.
pub(crate) fn plan(file: &str) -> taosha_engine::Plan {
    let text =
        taosha_engine::PipelineText::new("test.toml".as_ref(), file.to_owned(), &[]).unwrap();
    let loaded = taosha_engine::load(&text, &registry());
    loaded
        .plan
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

/// Runs the pipeline `file` on a state of its own.
pub(crate) async fn run(file: &str) -> Result<Summary, RunError> {
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), file, Limits::default()).await
}

/// Runs the pipeline `file` on the state in `folder`.
pub(crate) async fn run_in(folder: &Path, file: &str, limits: Limits) -> Result<Summary, RunError> {
    let plan = plan(file);
    let ledger = Arc::new(Ledger::new(&plan));
    let store = Arc::new(Store::open(Arc::new(RealDisk), folder).unwrap());
    taosha_engine::run(plan, store, ledger, limits).await
}
