//! Connects a plan by bounded channels and runs it to the end.
//!
//! One task for the source list, one per stage, one per port at which sinks read, one that seals,
//! and one per sink. Tasks share the [`Ledger`] and the two budgets (memory and workers) and nothing
//! else; a task that is done drops its senders, and that is how the next one learns of it. The first
//! task that fails ends the run; what was sealed stays true, the rest is done again by the next one.
//!
//! An epoch is a stretch of the input. The source list cuts it off and sends a barrier through the
//! graph; whoever sees the barrier hands its part (positions, rows, what it remembers) to sealing,
//! which makes them true in one commit, and only then do sinks see them.

mod beside; // what stages of other pipelines remember
mod budget; // bytes in flight
mod channel; // what travels, and to whom
mod delivery; // records -> rows
mod guard; // panics of stages
mod in_flight; // epochs that some sink does not hold yet
mod metrics; // the ledger, for Prometheus
mod patience; // what is away is asked again
mod replay; // a sink built anew from sealed epochs
mod sealing; // parts -> epochs
mod sinks; // sealed epochs -> targets
mod sources; // one after the other, cut into epochs
mod stages; // many workers, order restored
mod stop; // ending early, in order

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use taosha_core::{Error, ErrorKind, Sink, StageForm};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tracing::{Instrument, error_span, info};

use self::beside::Beside;
use self::budget::Budget;
use self::channel::{Item, Outlet};
use self::in_flight::InFlight;
use self::metrics::Endpoint;
use self::patience::Patience;
pub(crate) use self::replay::ranges;
use self::sealing::CHANNEL_PARTS;
pub(crate) use self::sinks::blocking;
use self::stages::Remembering;
use self::stop::Stop;
use crate::options::{EpochOptions, ErrorOptions, OutboxOptions};
use crate::plan::{Input, PlannedSink, PlannedStage};
use crate::store::{DeadRecord, Store};
use crate::{Ledger, LockError, Plan, StopAbove, Summary};

pub use self::guard::in_stage;
pub use self::replay::{Replayed, replay};
pub use self::stop::Ending;

/// Records waiting between two tasks. More would only hide which stage is slow; the memory budget
/// bounds their bytes.
const CHANNEL_RECORDS: usize = 32;

/// What a run may do, besides what its file says.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// What goes in.
    pub job: Job,
    /// Ends after so many pages. Items asked for again because no source could read them are not
    /// among these.
    pub sample: Option<u64>,
    /// Turns true when the run should stop. What is in flight then is still sealed and delivered.
    pub interrupt: Option<watch::Receiver<bool>>,
    /// One page at a time for the length of an epoch, written down before it goes in: finds the page
    /// that kills the process.
    pub cautious: bool,
}

/// What goes into the graph.
#[derive(Clone, Debug, Default)]
pub enum Job {
    /// What the sources have.
    #[default]
    Sources,
    /// Dead letters, each where it died.
    Dead(Vec<DeadRecord>),
}

/// Why a run failed. What it had sealed before stays.
#[derive(Debug)]
pub enum RunError {
    /// A source, stage or sink failed.
    Failed {
        /// Which.
        id: Arc<str>,
        /// How.
        error: Error,
    },
    /// Another process has a state folder that a stage reads.
    Held(LockError),
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
    in_flight: InFlight,
    stop: Stop,
    /// Where records wait, by who takes them. Weak: a channel ends when its senders are gone.
    channels: Mutex<Vec<(String, mpsc::WeakSender<Item>)>>,
}

impl Shared {
    /// Records (and what travels in line with them) that wait, by who takes them.
    fn waiting(&self) -> Vec<(String, usize)> {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |(to, sender): &(String, mpsc::WeakSender<Item>)| {
            let n = sender.upgrade().map(|s| s.max_capacity() - s.capacity());
            (to.clone(), n.unwrap_or(0))
        };
        channels.iter().map(waiting).collect()
    }

    fn add_channel(&self, to: String, sender: &mpsc::Sender<Item>) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.push((to, sender.downgrade()));
    }
}

/// How a task ended well.
enum Ended {
    Done,
    /// All epochs are delivered; the sink is still open.
    Sink(Arc<str>, Box<dyn Sink>),
}

type Tasks = JoinSet<Result<Ended, RunError>>;

/// Runs `plan` on the state in `store`: first delivers what an earlier run sealed and some target
/// does not hold, then does what `limits` say. `ledger` is [`Ledger::new`] of the plan, shared with
/// whoever watches.
///
/// # Errors
/// The first failure of any part.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn run(
    plan: Plan,
    store: Arc<Store>,
    ledger: Arc<Ledger>,
    limits: Limits,
) -> Result<Summary, RunError> {
    let kind = match &limits.job {
        Job::Sources => "run",
        Job::Dead(_) => "retry",
    };
    let run_id = plan.run_id.clone();
    let of_engine = |error| RunError::of(&"engine".into(), error);
    // Before anything is noted or read: a port that is taken is a mistake in the file.
    let endpoint = match plan.options.metrics {
        Some(address) => Some(Endpoint::listen(address).await?),
        None => None,
    };
    let held = beside::hold(plan.reads(), &store).await?;
    let beside = beside::of(&plan, &held)?;
    let number = blocking(&store, move |store| store.begin_run(&run_id, kind));
    number.await.map_err(of_engine)?;
    let epochs = blocking(&store, Store::epochs).await.map_err(of_engine)?;
    ledger.begins(store.last_epoch(), &epochs);
    let ended = run_to_end(plan, beside, store.clone(), ledger, endpoint, limits).await;
    let (end, message, counts) = match &ended {
        Ok(summary) => {
            let message = match &summary.ending {
                Ending::Done => None,
                other => Some(other.to_string()),
            };
            (summary.ending.name(), message, Some(summary.counts.clone()))
        }
        Err(error) => ("failed", Some(error.to_string()), None),
    };
    let noted = blocking(&store, move |store| store.end_run(end, message, counts)).await;
    let summary = ended?;
    noted.map_err(of_engine)?;
    Ok(summary)
}

async fn run_to_end(
    plan: Plan,
    beside: Beside,
    store: Arc<Store>,
    ledger: Arc<Ledger>,
    endpoint: Option<Endpoint>,
    limits: Limits,
) -> Result<Summary, RunError> {
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
        in_flight: InFlight::new(),
        stop: Stop::new(),
        channels: Mutex::default(),
    });
    // Dropped, and so ended, when this function returns.
    let mut serving = JoinSet::new();
    if let Some(endpoint) = endpoint {
        serving.spawn(endpoint.serve(shared.clone()));
    }
    info!(run = %plan.run_id, workers = n_workers, memory = %plan.options.memory,
        epoch = store.last_epoch() + 1, "run started");

    let outbox = plan.options.outbox.clone();
    let mut tasks = Tasks::new();
    let interrupt = limits.interrupt.clone();
    let mut interrupted = std::pin::pin!(interrupted(interrupt));
    let sink_ids = tokio::select! {
        connected = connect(plan, beside, &store, &shared, limits, &mut tasks) => match connected {
            Ok(sink_ids) => sink_ids,
            Err(error) => {
                let ending = waits_for(&store, error)?;
                return Ok(Summary::of(&shared.run_id, &ledger, started, ending));
            }
        },
        () = &mut interrupted => {
            let ending = Ending::Interrupted;
            return Ok(Summary::of(&shared.run_id, &ledger, started, ending));
        }
    };
    let mut sinks = Vec::new();
    loop {
        let ended = tokio::select! {
            ended = tasks.join_next() => ended,
            () = &mut interrupted, if shared.stop.asked().is_none() => {
                shared.stop.ask(Ending::Interrupted);
                continue;
            }
        };
        let Some(ended) = ended else { break };
        match ended {
            Ok(Ok(Ended::Done)) => {}
            Ok(Ok(Ended::Sink(id, sink))) => sinks.push((id, sink)),
            // Dropping the set ends the other tasks.
            Ok(Err(error)) => return Err(error),
            Err(error) => {
                let error = Error::defect("engine.task", "run a task").because(error);
                return Err(RunError::of(&"engine".into(), error));
            }
        }
    }

    let counts = ledger.counts();
    if !counts.balance() {
        return Err(RunError::Unbalanced);
    }
    for (id, mut sink) in sinks {
        let mut patience = Patience::new(&id, Some(&ledger));
        while let Err(error) = sink.close().await {
            let waited = patience.wait(error).await;
            waited.map_err(|error| RunError::of(&id, error))?;
        }
    }
    prune(&store, sink_ids, &outbox).await?;
    let ending = shared.stop.asked().unwrap_or(Ending::Done);
    info!(
        run = %shared.run_id, end = ending.name(), read = counts.read, unchanged = counts.unchanged,
        split = counts.split, written = counts.written, collapsed = counts.n_collapsed(),
        dropped = counts.n_dropped(), dead = counts.n_dead(), "run finished"
    );
    let mut summary = Summary::of(&shared.run_id, &ledger, started, ending);
    summary.has_others = store.has_others_than(&summary.run_id);
    Ok(summary)
}

/// What it means that a sink cannot be opened: an earlier run may have sealed what it does not hold.
fn waits_for(store: &Store, error: RunError) -> Result<Ending, RunError> {
    let RunError::Failed { id, error } = error else {
        return Err(error);
    };
    let held = store
        .delivered()
        .ok()
        .and_then(|held| held.get(&*id).copied());
    if error.kind() == ErrorKind::Unavailable && held.unwrap_or(0) < store.last_epoch() {
        return Ok(Ending::Undelivered {
            sink: id,
            message: error.to_string(),
        });
    }
    Err(RunError::Failed { id, error })
}

/// Lets go of old epochs that every sink holds.
async fn prune(
    store: &Arc<Store>,
    sinks: Vec<Arc<str>>,
    outbox: &OutboxOptions,
) -> Result<(), RunError> {
    let (keep, max_bytes) = (outbox.keep.0, outbox.max_bytes.0);
    let pruned = blocking(store, move |store| {
        let delivered = store.delivered()?;
        let held = |id: &Arc<str>| delivered.get(&**id).copied().unwrap_or(0);
        let held = sinks.iter().map(held).min().unwrap_or(0);
        store.prune(held, keep, max_bytes)
    });
    let n_removed = pruned
        .await
        .map_err(|error| RunError::of(&"engine".into(), error))?;
    if n_removed > 0 {
        info!(epochs = n_removed, "old epochs removed from the outbox");
    }
    Ok(())
}

/// Opens the sinks and starts a task for every part of `plan`, the last one first. Gives the ids of
/// the sinks.
async fn connect(
    plan: Plan,
    mut beside: Beside,
    store: &Arc<Store>,
    shared: &Arc<Shared>,
    limits: Limits,
    tasks: &mut Tasks,
) -> Result<Vec<Arc<str>>, RunError> {
    let (parts, gathered) = mpsc::channel(CHANNEL_PARTS);
    let mut outlets: BTreeMap<(Option<usize>, Option<&'static str>), Outlet> = BTreeMap::new();
    let key = |input: Input| match input {
        Input::Sources => (None, None),
        Input::Stage(index, port) => (Some(index), port),
    };
    let port_name = |input: Input| match input {
        Input::Sources => String::new(),
        Input::Stage(index, None) => plan.stages[index].id.to_string(),
        Input::Stage(index, Some(port)) => format!("{}.{port}", plan.stages[index].id),
    };

    // Without sinks the last stage still counts what would have been written.
    let last_stage = match plan.stages.len().checked_sub(1) {
        Some(last) => Input::Stage(last, None),
        None => Input::Sources,
    };
    let mut ports: BTreeMap<String, Input> = BTreeMap::new();
    let (mut open, mut sink_ids) = (Vec::new(), Vec::new());
    for PlannedSink { id, sink, input } in plan.sinks {
        ports.insert(port_name(input), input);
        sink_ids.push(id.clone());
        open.push(sinks::open(id, sink, port_name(input), store, &shared.ledger).await?);
    }
    if open.is_empty() {
        ports.insert(port_name(last_stage), last_stage);
    }
    let mut live = Vec::new();
    for sink in open {
        // One epoch is delivered while the next one waits; more would only fill the memory.
        let (sender, receiver) = mpsc::channel(1);
        live.push(sender);
        let (store, shared) = (store.clone(), shared.clone());
        let span = error_span!("sink", stage = %sink.id);
        let last = store.last_epoch();
        tasks.spawn(sinks::run(sink, receiver, last, store, shared).instrument(span));
    }
    let is_stateful = |stage: &&PlannedStage| matches!(stage.form, StageForm::Stateful(_));
    let n_parts = 1 + ports.len() + plan.stages.iter().filter(is_stateful).count();
    let sealing = sealing::run(store.clone(), gathered, n_parts, live, shared.clone());
    tasks.spawn(sealing.in_current_span());

    for (port, input) in ports {
        let (sender, receiver) = mpsc::channel(CHANNEL_RECORDS);
        shared.add_channel(format!("rows of {port}"), &sender);
        outlets.entry(key(input)).or_default().add(sender);
        let delivery = delivery::run(port, receiver, parts.clone(), shared.clone());
        tasks.spawn(delivery.in_current_span());
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
        shared.add_channel(stage.id.to_string(), &sender);
        outlets.entry(key(stage.input)).or_default().add(sender);
        let remembering = Remembering {
            state: store
                .state_of(&stage.id)
                .beside(beside.remove(&stage.id).unwrap_or_default()),
            parts: parts.clone(),
        };
        let span = error_span!("stage", stage = %stage.id);
        let run = stages::run(stage, receiver, outlet, ports, remembering, shared.clone());
        tasks.spawn(run.instrument(span));
    }

    let outlet = outlets.remove(&(None, None)).unwrap_or_default();
    let ids = plan
        .nodes
        .iter()
        .filter(|node| node.kind == crate::NodeKind::Source);
    let sources = ids.map(|node| node.id.clone()).zip(plan.sources).collect();
    let reading = sources::run(
        sources,
        outlet,
        parts,
        limits,
        store.clone(),
        shared.clone(),
    );
    tasks.spawn(reading.in_current_span());
    Ok(sink_ids)
}

/// Waits until somebody asks the run to stop.
async fn interrupted(interrupt: Option<watch::Receiver<bool>>) {
    if let Some(mut interrupt) = interrupt
        && interrupt.wait_for(|stop| *stop).await.is_ok()
    {
        return;
    }
    std::future::pending().await
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
            RunError::Held(error) => write!(f, "the run failed to {error}"),
            RunError::Unbalanced => {
                f.write_str("the ledger does not balance: records were lost or doubled")
            }
        }
    }
}

impl std::error::Error for RunError {}
