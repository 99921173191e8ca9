use std::sync::Arc;
use std::time::Instant;

use taosha_core::{Id, Next, Source, SourceSize};
use tokio::sync::watch;
use tracing::{Instrument, debug, error_span};

use super::channel::{Item, Outlet};
use super::patience::Patience;
use super::stages::bury;
use super::{Ended, Limits, RunError, Shared};

/// Reads all sources, one after the other, so that the order of the pages is the same every time.
pub(super) async fn run(
    sources: Vec<(Arc<str>, Box<dyn Source>)>,
    outlet: Outlet,
    limits: Limits,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let mut left = limits.sample.unwrap_or(u64::MAX);
    let n_sources = sources.len();
    for (id, mut source) in sources {
        let reader = Reader {
            id: &id,
            outlet: &outlet,
            shared: &shared,
        };
        let read = reader.read(source.as_mut(), &mut left, n_sources == 1);
        tokio::select! {
            read = read.instrument(error_span!("source", stage = %id)) => read?,
            () = interrupted(limits.interrupt.clone()) => return Err(RunError::Interrupted),
        }
    }
    Ok(Ended::Done)
}

struct Reader<'a> {
    id: &'a Arc<str>,
    outlet: &'a Outlet,
    shared: &'a Shared,
}

impl Reader<'_> {
    /// Sends at most `left` pages on.
    async fn read(
        &self,
        source: &mut dyn Source,
        left: &mut u64,
        is_only: bool,
    ) -> Result<(), RunError> {
        while *left > 0 {
            let started = Instant::now();
            let mut patience = Patience::new(self.id);
            let next = loop {
                match source.next().await {
                    Ok(next) => break next,
                    Err(error) => patience.wait(error).await?,
                }
            };
            self.shared.ledger.busy(self.id, started.elapsed());
            if is_only {
                self.shared.ledger.set_total(at_most(source.size(), *left));
            }
            match next {
                Next::End => return Ok(()),
                next => self.send(next).await?,
            }
            *left -= 1;
        }
        Ok(())
    }

    async fn send(&self, next: Next) -> Result<(), RunError> {
        let ledger = &self.shared.ledger;
        let item = match next {
            Next::Record(record) => {
                ledger.read(record.raw().len());
                debug!(record = %record.id, uri = %record.origin.uri, "read");
                let share = self.shared.budget.take(record.raw().len()).await;
                Item::Record(record, share)
            }
            Next::Failed { origin, error } => {
                ledger.read(origin.raw.len());
                let share = self.shared.budget.take(origin.raw.len()).await;
                let id = Id::of(
                    "page",
                    &[origin.uri.as_bytes(), origin.raw_digest.as_bytes()],
                );
                Item::Dead(bury(self.id, id, &origin, error, self.shared)?, share)
            }
            Next::End => return Ok(()),
        };
        ledger.given(self.id, 1);
        // A reader that is gone has failed, and its own error ends the run.
        let _ = self.outlet.send(item, self.shared).await;
        Ok(())
    }
}

/// A sample reads only so much; its bytes are not known beforehand.
fn at_most(size: SourceSize, left: u64) -> SourceSize {
    match size.records {
        Some(records) if records > left && left < u64::MAX => SourceSize {
            records: Some(left),
            bytes: None,
        },
        _ => size,
    }
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
