use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use taosha_core::{
    DeadRow, ErasedStateful, Error, ErrorKind, Output, Prepared, Record, Row, Stage, StageForm,
};
use tokio::sync::mpsc;
use tracing::{Instrument, Span, debug, warn};

use super::budget::Share;
use super::channel::{Item, Outlet};
use super::guard::guarded;
use super::sealing::Part;
use super::stop::Ending;
use super::{Ended, RunError, Shared, Stopped};
use crate::options::OnError;
use crate::plan::PlannedStage;
use crate::store::{End, EpochState, Finished, Letter, Story};

/// Runs one stage: records are worked on side by side, and go on in the order in which they came.
pub(super) async fn run(
    stage: PlannedStage,
    input: mpsc::Receiver<Item>,
    outlet: Outlet,
    ports: BTreeMap<&'static str, Outlet>,
    remembering: Remembering,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let worker = match stage.form {
        StageForm::Stateless(stage) => Worker::Stateless(stage.into()),
        StageForm::Stateful(stage) => Worker::Stateful(stage.into()),
    };
    let mut ordered = match &worker {
        Worker::Stateless(_) => None,
        Worker::Stateful(stage) => Some((stage.clone(), Box::new(remembering.state))),
    };
    let parts = remembering.parts;
    let exit = Exit {
        id: stage.id.clone(),
        drops: stage.drops,
        outlet,
        ports,
        shared,
    };

    let arrivals = stream::unfold(input, async |mut input| Some((input.recv().await?, input)));
    let (id, shared) = (&stage.id, &exit.shared);
    let mut worked = arrivals
        .map(|item| independent(worker.clone().work(item, id.clone(), shared.clone())))
        .buffered(exit.shared.n_workers)
        .boxed();
    while let Some(worked) = worked.next().await {
        let done = match worked {
            Worked::Done(done) => done,
            Worked::Prepared {
                record,
                prepared,
                share,
            } => {
                let (stage, state) = ordered.take().expect("only stateful stages prepare");
                let (settled, state) = settle(
                    Settling {
                        stage: stage.clone(),
                        record,
                        prepared,
                        share,
                    },
                    state,
                    id.clone(),
                    shared.clone(),
                )
                .await?;
                ordered = Some((stage, state));
                settled
            }
        };
        if let (Done::Passed(Item::Barrier(number)), Some((_, state))) = (&done, &mut ordered) {
            let (number, entries) = (*number, state.cut(*number));
            // When sealing is gone it has failed, and its own error ends the run.
            let _ = parts.send(Part::State { number, entries }).await;
        }
        exit.send(done).await?;
    }
    Ok(Ended::Done)
}

/// What a stage with state needs to remember.
pub(super) struct Remembering {
    pub(super) state: EpochState,
    pub(super) parts: mpsc::Sender<Part>,
}

/// Runs `work` as a task of its own. As a mere future it would stand still while this stage waits
/// to send, and could keep a worker's permit that the next stage needs.
pub(super) fn independent<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = tokio::spawn(work.in_current_span());
    async { task.await.expect("workers catch the panics of stages") }
}

#[derive(Clone)]
enum Worker {
    Stateless(Arc<dyn Stage>),
    Stateful(Arc<dyn ErasedStateful>),
}

/// What the side-by-side part of a stage made of an item.
enum Worked {
    Done(Done),
    /// The verdict of a stage with state is still to come.
    Prepared {
        record: Record,
        prepared: Prepared,
        share: Share,
    },
}

/// What a stage made of an item.
enum Done {
    /// Dead letters and copies: not for this stage.
    Passed(Item),
    /// What came of a record; `Err` holds what a dead letter needs.
    Handled(Result<Output, Box<Refused>>, Share),
}

struct Refused {
    /// The record as it came in.
    record: Record,
    error: Error,
}

impl Worker {
    async fn work(self, item: Item, stage_id: Arc<str>, shared: Arc<Shared>) -> Worked {
        let (mut record, share) = match item {
            Item::Record(record, share) if record.collapse.is_none() => (record, share),
            Item::Returning(to, record, share) if to == stage_id => (record, share),
            item => return Worked::Done(Done::Passed(item)),
        };
        shared.ledger.taken(&stage_id, 1);
        record.trail.enter(stage_id.clone());
        let came_in = record.clone();
        let refused = |error| {
            let record = came_in;
            Box::new(Refused { record, error })
        };

        let permit = shared
            .workers
            .acquire()
            .await
            .expect("workers are never dismissed");
        let ledger = shared.ledger.clone();
        let task_id = stage_id.clone();
        let span = Span::current();
        let job = move || {
            let _inside = span.enter();
            let started = Instant::now();
            let worked = match self {
                Worker::Stateless(stage) => guarded(|| {
                    let mut output = Output::new();
                    stage
                        .process(record, &mut output)
                        .map(|()| Half::Output(output))
                }),
                Worker::Stateful(stage) => guarded(|| {
                    let prepared = stage.prepare(&record)?;
                    Ok(Half::Prepared(record, prepared))
                }),
            };
            ledger.busy(&task_id, started.elapsed());
            worked
        };
        let worked = tokio::task::spawn_blocking(job).await;
        drop(permit);
        match worked {
            Ok(Ok(Ok(Half::Output(output)))) => Worked::Done(Done::Handled(Ok(output), share)),
            Ok(Ok(Ok(Half::Prepared(record, prepared)))) => Worked::Prepared {
                record,
                prepared,
                share,
            },
            Ok(Ok(Err(error))) => Worked::Done(Done::Handled(Err(refused(error)), share)),
            Ok(Err(panic)) => {
                let error = panicked(&stage_id, &panic);
                Worked::Done(Done::Handled(Err(refused(error)), share))
            }
            Err(error) => {
                let error = Error::defect("engine.worker", "run a worker").because(error);
                Worked::Done(Done::Handled(Err(refused(error)), share))
            }
        }
    }
}

/// A [`Worked`] without its share of memory, which stays outside the worker.
enum Half {
    Output(Output),
    Prepared(Record, Prepared),
}

struct Settling {
    stage: Arc<dyn ErasedStateful>,
    record: Record,
    prepared: Prepared,
    share: Share,
}

/// The verdict of a stage with state, one record at a time.
async fn settle(
    settling: Settling,
    mut state: Box<EpochState>,
    stage_id: Arc<str>,
    shared: Arc<Shared>,
) -> Result<(Done, Box<EpochState>), RunError> {
    let Settling {
        stage,
        record,
        prepared,
        share,
    } = settling;
    let came_in = record.clone();
    let permit = shared
        .workers
        .acquire()
        .await
        .expect("workers are never dismissed");
    let started = Instant::now();
    let span = Span::current();
    let job = move || {
        let _inside = span.enter();
        let settled = guarded(|| {
            let mut output = Output::new();
            stage
                .settle(record, prepared, state.as_mut(), &mut output)
                .map(|()| output)
        });
        match settled {
            Ok(Ok(_)) => state.keep(),
            Ok(Err(_)) | Err(_) => state.take_back(),
        }
        (settled, state)
    };
    let (settled, state) = tokio::task::spawn_blocking(job).await.map_err(|error| {
        let error = Error::defect("engine.worker", "run a worker").because(error);
        RunError::of(&stage_id, error)
    })?;
    drop(permit);
    shared.ledger.busy(&stage_id, started.elapsed());
    let settled = settled.unwrap_or_else(|panic| Err(panicked(&stage_id, &panic)));
    let settled = settled.map_err(|error| {
        let record = came_in;
        Box::new(Refused { record, error })
    });
    Ok((Done::Handled(settled, share), state))
}

fn panicked(stage: &str, message: &str) -> Error {
    Error::malformed(
        format!("{stage}.panic"),
        format!("handle the page: panicked: {message}"),
    )
}

/// Where the records of a stage leave it.
struct Exit {
    id: Arc<str>,
    drops: &'static [&'static str],
    outlet: Outlet,
    ports: BTreeMap<&'static str, Outlet>,
    shared: Arc<Shared>,
}

impl Exit {
    async fn send(&self, done: Done) -> Result<(), RunError> {
        match done {
            Done::Passed(item) => {
                self.pass(item).await;
                Ok(())
            }
            Done::Handled(Ok(output), share) => self.send_output(output, share).await,
            Done::Handled(Err(refused), share) => {
                let Refused { record, error } = *refused;
                let dead = bury(&self.id, &record, Some(&record), error, &self.shared);
                let dead = dead.map_err(|error| RunError::of(&self.id, error))?;
                self.pass(Item::Ended(dead, share)).await;
                Ok(())
            }
        }
    }

    async fn send_output(&self, output: Output, share: Share) -> Result<(), RunError> {
        let (emissions, drops) = output.into_parts();
        let n_out = emissions.len() + drops.len();
        if n_out == 0 {
            let message = "account for a record: it was neither emitted nor dropped";
            return Err(self.defect("engine.swallowed", message.to_owned()));
        }
        let ledger = &self.shared.ledger;
        ledger.split(n_out - 1);
        ledger.given(&self.id, emissions.len());
        for drop in drops {
            if !self.drops.contains(&drop.reason) {
                let message = format!("drop a record: `{}` is not among its DROPS", drop.reason);
                return Err(self.defect("engine.reason", message));
            }
            self.drop(&drop.record, drop.reason, share.clone()).await;
        }
        for emission in emissions {
            let outlet = match emission.port {
                None => Some(&self.outlet),
                Some(port) => self.ports.get(port),
            };
            match outlet.filter(|outlet| outlet.is_read()) {
                Some(outlet) => {
                    let item = Item::Record(emission.record, share.clone());
                    outlet.send(item, &self.shared).await;
                }
                None => {
                    let reason = format!("unread_{}", emission.port.unwrap_or("out"));
                    self.drop(&emission.record, &reason, share.clone()).await;
                }
            }
        }
        Ok(())
    }

    async fn drop(&self, record: &Record, reason: &str, share: Share) {
        debug!(record = %record.id, uri = %record.origin.uri, code = reason, "dropped");
        self.shared.ledger.dropped(&self.id, reason);
        let end = End::Dropped {
            stage: self.id.to_string(),
            reason: reason.to_owned(),
        };
        let ended = Finished {
            story: Story::of(record, end),
            rows: Vec::new(),
            letter: None,
        };
        self.pass(Item::Ended(Arc::new(ended), share)).await;
    }

    /// Passes on what is not for this stage. What has ended goes by the main port only: it is written
    /// once per sink on its way. Barriers and what goes back to a stage must reach every branch.
    async fn pass(&self, item: Item) {
        if matches!(item, Item::Barrier(_) | Item::Returning(..)) {
            for outlet in self.ports.values() {
                outlet.send(item.clone(), &self.shared).await;
            }
        }
        self.outlet.send(item, &self.shared).await;
    }

    fn defect(&self, code: &'static str, message: String) -> RunError {
        RunError::of(&self.id, Error::defect(code, message))
    }
}

/// Makes a dead letter of a record that `stage` refused, or gives the error back when the run must
/// end. `letter` is the record as the stage was given it, if there was one.
pub(super) fn bury(
    stage: &Arc<str>,
    record: &Record,
    letter: Option<&Record>,
    error: Error,
    shared: &Shared,
) -> Result<Arc<Finished>, Error> {
    let (id, uri) = (record.id, &record.origin.uri);
    if error.kind() != ErrorKind::Malformed || shared.errors.default == OnError::Stop {
        return Err(error.context(format!("handle `{uri}`")));
    }
    warn!(record = %id, uri = %uri, code = error.code(), "{error}");
    let (dead, read) = shared.ledger.dead(error.code());
    if let Some(limit) = shared.errors.stop_above
        && read >= limit.after
        && dead as f64 > limit.share * read as f64
    {
        shared
            .stop
            .ask(Ending::Stopped(Stopped { dead, read, limit }));
    }
    let end = End::Dead {
        stage: stage.to_string(),
        code: error.code().to_owned(),
    };
    Ok(Arc::new(Finished {
        story: Story::of(record, end),
        rows: vec![Row::Dead(DeadRow::new(id, &record.origin, stage, &error))],
        letter: Some(Letter {
            id,
            stage: stage.to_string(),
            record: letter.cloned(),
        }),
    }))
}
