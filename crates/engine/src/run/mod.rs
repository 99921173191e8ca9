//! Connects a plan by bounded channels and runs it to the end.
//!
//! One task per source list, stage and sink, and one per place where sinks read. Tasks share the
//! [`Ledger`] and the two budgets (memory and workers) and nothing else; a task that is done drops
//! its senders, and that is how the next one learns of it. The first task that fails ends the run.

mod budget; // bytes in flight
mod channel; // what travels, and to whom
mod delivery; // records -> rows -> every sink that reads here
mod guard; // panics of stages
mod patience; // what is away is asked again
mod sinks; // epochs
mod sources; // one after the other
mod stages; // many workers, order restored

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use taosha_core::{Error, ErrorKind, Sink};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tracing::{Instrument, error_span, info};

use self::budget::Budget;
use self::channel::{Item, Outlet};
use self::delivery::Delivered;
use self::patience::Patience;
use crate::options::{EpochOptions, ErrorOptions};
use crate::plan::{Input, PlannedSink};
use crate::{Ledger, Plan, StopAbove, Summary};

pub use self::guard::in_stage;

/// Records waiting between two tasks. More would only hide which stage is slow; the memory budget
/// bounds their bytes.
const CHANNEL_RECORDS: usize = 32;

/// What a run may do, besides what its file says.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Ends after so many pages.
    pub sample: Option<u64>,
    /// Turns true when the run should stop; nothing is written then.
    pub interrupt: Option<watch::Receiver<bool>>,
}

/// Why a run did not end well.
#[derive(Debug)]
pub enum RunError {
    /// A source, stage or sink failed.
    Failed {
        /// Which.
        id: Arc<str>,
        /// How.
        error: Error,
    },
    /// Too many pages were dead.
    Stopped(Stopped),
    /// Somebody asked for it.
    Interrupted,
    /// The ledger does not balance: records were lost or doubled inside the engine.
    Unbalanced,
}

/// Too many pages were dead.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// Dead letters.
    pub dead: u64,
    /// Pages read.
    pub read: u64,
    /// The limit in the file.
    pub limit: StopAbove,
}

/// What all tasks of a run share.
struct Shared {
    ledger: Arc<Ledger>,
    run_id: Arc<str>,
    budget: Budget,
    /// One permit per worker.
    workers: Semaphore,
    n_workers: usize,
    errors: ErrorOptions,
    epoch: EpochOptions,
}

/// How a task ended well.
enum Ended {
    Done,
    /// All rows are delivered; the sink is still open.
    Sink(Arc<str>, Box<dyn Sink>),
}

type Tasks = JoinSet<Result<Ended, RunError>>;

/// Runs `plan` to its end. `ledger` is [`Ledger::new`] of the plan, shared with whoever watches.
///
/// # Errors
/// The first failure of any part. Sinks that publish when they are closed have published nothing.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn run(plan: Plan, ledger: Arc<Ledger>, limits: Limits) -> Result<Summary, RunError> {
    let started = Instant::now();
    let n_workers = plan.options.workers.count();
    let shared = Arc::new(Shared {
        ledger: ledger.clone(),
        run_id: plan.run_id.clone(),
        budget: Budget::new(plan.options.memory),
        workers: Semaphore::new(n_workers),
        n_workers,
        errors: plan.options.errors.clone(),
        epoch: plan.options.epoch.clone(),
    });
    info!(run = %plan.run_id, workers = n_workers, memory = %plan.options.memory, "run started");

    let mut tasks = Tasks::new();
    connect(plan, &shared, limits, &mut tasks).await?;
    let mut sinks = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(Ended::Done)) => {}
            Ok(Ok(Ended::Sink(id, sink))) => sinks.push((id, sink)),
            // Dropping the set ends the other tasks.
            Ok(Err(error)) => return Err(error),
            Err(error) => {
                let error = Error::defect("engine.task", "run a task").because(error);
                return Err(RunError::Failed {
                    id: "engine".into(),
                    error,
                });
            }
        }
    }

    let counts = ledger.counts();
    if !counts.balance() {
        return Err(RunError::Unbalanced);
    }
    for (id, mut sink) in sinks {
        let mut patience = Patience::new(&id);
        while let Err(error) = sink.close().await {
            patience.wait(error).await?;
        }
    }
    let (run_id, elapsed) = (shared.run_id.clone(), started.elapsed());
    info!(
        run = %run_id, read = counts.read, split = counts.split, written = counts.written,
        collapsed = counts.n_collapsed(), dropped = counts.n_dropped(), dead = counts.n_dead(),
        "run finished"
    );
    Ok(Summary {
        run_id,
        counts,
        nodes: ledger.nodes(),
        elapsed,
    })
}

/// Opens the sinks and starts a task for every part of `plan`, the last one first.
async fn connect(
    plan: Plan,
    shared: &Arc<Shared>,
    limits: Limits,
    tasks: &mut Tasks,
) -> Result<(), RunError> {
    let mut outlets: BTreeMap<(Option<usize>, Option<&'static str>), Outlet> = BTreeMap::new();
    let key = |input: Input| match input {
        Input::Sources => (None, None),
        Input::Stage(index, port) => (Some(index), port),
    };

    let mut readers: BTreeMap<_, Vec<mpsc::Sender<Delivered>>> = BTreeMap::new();
    let n_sinks = plan.sinks.len();
    for PlannedSink {
        id,
        mut sink,
        input,
    } in plan.sinks
    {
        let mut patience = Patience::new(&id);
        while let Err(error) = sink.open().await {
            patience.wait(error).await?;
        }
        let (sender, receiver) = mpsc::channel(CHANNEL_RECORDS);
        readers.entry(key(input)).or_default().push(sender);
        let span = error_span!("sink", stage = %id);
        let shared = shared.clone();
        tasks.spawn(sinks::run(id, sink, receiver, n_sinks, shared).instrument(span));
    }
    if n_sinks == 0 {
        // Without sinks the last stage still counts what would have been written.
        readers.insert((plan.stages.len().checked_sub(1), None), Vec::new());
    }
    for (key, sinks) in readers {
        let (sender, receiver) = mpsc::channel(CHANNEL_RECORDS);
        outlets.entry(key).or_default().add(sender);
        tasks.spawn(delivery::run(receiver, sinks, shared.clone()).in_current_span());
    }

    for (index, stage) in plan.stages.into_iter().enumerate().rev() {
        let outlet = outlets.remove(&(Some(index), None)).unwrap_or_default();
        let is_port = |((from, port), _): &(&(Option<usize>, _), _)| {
            *from == Some(index) && Option::<&'static str>::is_some(port)
        };
        let keys: Vec<_> = outlets
            .iter()
            .filter(is_port)
            .map(|(key, _)| *key)
            .collect();
        let ports = keys
            .into_iter()
            .filter_map(|key| Some((key.1?, outlets.remove(&key)?)));
        let ports: BTreeMap<&'static str, Outlet> = ports.collect();
        let (sender, receiver) = mpsc::channel::<Item>(CHANNEL_RECORDS);
        outlets.entry(key(stage.input)).or_default().add(sender);
        let span = error_span!("stage", stage = %stage.id);
        let shared = shared.clone();
        tasks.spawn(stages::run(stage, receiver, outlet, ports, shared).instrument(span));
    }

    let outlet = outlets.remove(&(None, None)).unwrap_or_default();
    let ids = plan
        .nodes
        .iter()
        .filter(|node| node.kind == crate::NodeKind::Source);
    let sources = ids.map(|node| node.id.clone()).zip(plan.sources).collect();
    tasks.spawn(sources::run(sources, outlet, limits, shared.clone()).in_current_span());
    Ok(())
}

impl RunError {
    fn of(id: &Arc<str>, error: Error) -> Self {
        RunError::Failed {
            id: id.clone(),
            error,
        }
    }

    /// True when the cure is to change the pipeline file or what it points at.
    pub fn is_config(&self) -> bool {
        matches!(self, RunError::Failed { error, .. } if error.kind() == ErrorKind::Config)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Failed { id, error } => write!(f, "`{id}` failed to {error}"),
            RunError::Stopped(Stopped { dead, read, limit }) => {
                write!(
                    f,
                    "stopped: {dead} of {read} pages are dead, the limit is {limit}"
                )
            }
            RunError::Interrupted => f.write_str("interrupted; nothing was written"),
            RunError::Unbalanced => {
                f.write_str("the ledger does not balance: records were lost or doubled")
            }
        }
    }
}

impl std::error::Error for RunError {}
