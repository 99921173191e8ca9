use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::stream::{self, StreamExt};
use taosha_core::{
    DeadRow, ErasedStateful, Error, ErrorKind, Id, MemoryState, Origin, Output, Prepared, Record,
    Stage, StageForm, State,
};
use tokio::sync::mpsc;
use tracing::{Instrument, Span, debug, warn};

use super::budget::Share;
use super::channel::{Item, Outlet};
use super::guard::guarded;
use super::{Ended, RunError, Shared, Stopped};
use crate::options::OnError;
use crate::plan::PlannedStage;

/// Runs one stage: records are worked on side by side, and go on in the order in which they came.
pub(super) async fn run(
    stage: PlannedStage,
    input: mpsc::Receiver<Item>,
    outlet: Outlet,
    ports: BTreeMap<&'static str, Outlet>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let worker = match stage.form {
        StageForm::Stateless(stage) => Worker::Stateless(stage.into()),
        StageForm::Stateful(stage) => Worker::Stateful(stage.into()),
    };
    let mut ordered = match &worker {
        Worker::Stateless(_) => None,
        Worker::Stateful(stage) => Some((stage.clone(), Box::<MemoryState>::default() as Box<_>)),
    };
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
        exit.send(done).await?;
    }
    Ok(Ended::Done)
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
    id: Id,
    origin: Arc<Origin>,
    error: Error,
}

impl Worker {
    async fn work(self, item: Item, stage_id: Arc<str>, shared: Arc<Shared>) -> Worked {
        let (mut record, share) = match item {
            Item::Record(record, share) if record.collapse.is_none() => (record, share),
            item => return Worked::Done(Done::Passed(item)),
        };
        shared.ledger.taken(&stage_id, 1);
        record.trail.enter(stage_id.clone());
        let (id, origin) = (record.id, record.origin.clone());
        let refused = |error| Box::new(Refused { id, origin, error });

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
    mut state: Box<dyn State>,
    stage_id: Arc<str>,
    shared: Arc<Shared>,
) -> Result<(Done, Box<dyn State>), RunError> {
    let Settling {
        stage,
        record,
        prepared,
        share,
    } = settling;
    let (id, origin) = (record.id, record.origin.clone());
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
        (settled, state)
    };
    let (settled, state) = tokio::task::spawn_blocking(job).await.map_err(|error| {
        let error = Error::defect("engine.worker", "run a worker").because(error);
        RunError::of(&stage_id, error)
    })?;
    drop(permit);
    shared.ledger.busy(&stage_id, started.elapsed());
    let settled = settled.unwrap_or_else(|panic| Err(panicked(&stage_id, &panic)));
    let settled = settled.map_err(|error| Box::new(Refused { id, origin, error }));
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
            Done::Passed(item) => self.pass(item).await,
            Done::Handled(Ok(output), share) => self.send_output(output, share).await,
            Done::Handled(Err(refused), share) => {
                let Refused { id, origin, error } = *refused;
                let dead = bury(&self.id, id, &origin, error, &self.shared)?;
                self.pass(Item::Dead(dead, share)).await
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
            debug!(record = %drop.record.id, uri = %drop.record.origin.uri, code = drop.reason,
                "dropped");
            ledger.dropped(&self.id, drop.reason);
        }
        for emission in emissions {
            let outlet = match emission.port {
                None => Some(&self.outlet),
                Some(port) => self.ports.get(port),
            };
            match outlet.filter(|outlet| outlet.is_read()) {
                Some(outlet) => {
                    let item = Item::Record(emission.record, share.clone());
                    // A reader that is gone has failed, and its own error ends the run.
                    let _ = outlet.send(item, &self.shared).await;
                }
                None => ledger.dropped(
                    &self.id,
                    &format!("unread_{}", emission.port.unwrap_or("out")),
                ),
            }
        }
        Ok(())
    }

    /// Passes on what is not for this stage. By the main port only: a dead letter or a copy is
    /// written once per sink on its way.
    async fn pass(&self, item: Item) -> Result<(), RunError> {
        let _ = self.outlet.send(item, &self.shared).await;
        Ok(())
    }

    fn defect(&self, code: &'static str, message: String) -> RunError {
        RunError::of(&self.id, Error::defect(code, message))
    }
}

/// Makes a dead letter of a record that `stage` refused, or ends the run when it must.
pub(super) fn bury(
    stage: &Arc<str>,
    id: Id,
    origin: &Origin,
    error: Error,
    shared: &Shared,
) -> Result<Arc<DeadRow>, RunError> {
    if error.kind() != ErrorKind::Malformed || shared.errors.default == OnError::Stop {
        let error = error.context(format!("handle `{}`", origin.uri));
        return Err(RunError::of(stage, error));
    }
    warn!(record = %id, uri = %origin.uri, code = error.code(), "{error}");
    let (dead, read) = shared.ledger.dead(error.code());
    if let Some(limit) = shared.errors.stop_above
        && read >= limit.after
        && dead as f64 > limit.share * read as f64
    {
        return Err(RunError::Stopped(Stopped { dead, read, limit }));
    }
    Ok(Arc::new(DeadRow::new(id, origin, stage, &error)))
}
