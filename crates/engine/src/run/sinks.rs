use std::sync::Arc;
use std::time::Instant;

use taosha_core::{Epoch, Error, ErrorKind, Holding, Sink};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use super::patience::Patience;
use super::sealing::Live;
use super::stop::Ending;
use super::{Ended, RunError, Shared};
use crate::Ledger;
use crate::store::{SealedEpoch, Store};

/// A sink that is open, and the place from which it needs epochs.
pub(super) struct OpenSink {
    pub(super) id: Arc<str>,
    pub(super) sink: Box<dyn Sink>,
    /// What the sinks read is called so in the outbox.
    pub(super) port: String,
    /// The last epoch the target holds.
    pub(super) held: u64,
}

/// A target that is not as the last delivery left it.
const DAMAGED: &str = "sink.damaged";

/// Opens a sink and asks the target what it holds. Clears it when its tables are to be replaced.
pub(super) async fn open(
    id: Arc<str>,
    mut sink: Box<dyn Sink>,
    port: String,
    store: &Store,
    ledger: &Ledger,
) -> Result<OpenSink, RunError> {
    let failed = |error| RunError::of(&id, error);
    let mut patience = Patience::new(&id, Some(ledger));
    let holding = loop {
        match sink.open().await {
            Ok(holding) => break holding,
            // Often they are only other tables than these, or have other columns. All are to be
            // replaced, and with nothing sealed yet, the pages to fill them with are still to come.
            Err(error)
                if error.code() == DAMAGED && store.replaces() && store.last_epoch() == 0 =>
            {
                break Holding::Foreign;
            }
            Err(error) => patience.wait(error).await.map_err(failed)?,
        }
    };
    let (state, last) = (store.name(), store.last_epoch());
    let is_other = match &holding {
        Holding::Nothing | Holding::Unknown => false,
        Holding::Epochs { state: other, .. } => *other != state,
        Holding::Foreign => true,
    };
    if is_other && !store.replaces() {
        let message = "write tables: the target holds tables that this state folder knows nothing of; \
                       `taosha run FILE --anew` reads all pages again and replaces them";
        return Err(failed(Error::config("sink.other_state", message)));
    }
    let held = match holding {
        _ if is_other => {
            let mut patience = Patience::new(&id, Some(ledger));
            while let Err(error) = sink.clear().await {
                patience.wait(error).await.map_err(failed)?;
            }
            info!(stage = %id, "tables of another state cleared");
            0
        }
        Holding::Epochs { last, .. } => last,
        Holding::Unknown => {
            let delivered = store.delivered().map_err(failed)?;
            delivered.get(&*id).copied().unwrap_or(0)
        }
        Holding::Nothing | Holding::Foreign => 0,
    };
    if held > last {
        let message = format!(
            "write tables: the target holds epoch {held}, but the state folder ends at {last}, as one \
             does that was put back from a copy; `taosha replay FILE --sink {id}` builds the tables \
             from what the state knows"
        );
        return Err(failed(Error::config("sink.ahead", message)));
    }
    ledger.delivered(&id, held);
    Ok(OpenSink {
        id,
        sink,
        port,
        held,
    })
}

/// Delivers what the target does not hold yet, then every epoch as it is sealed; returns the sink
/// open, with all epochs delivered.
pub(super) async fn run(
    mut open: OpenSink,
    mut input: mpsc::Receiver<Arc<Live>>,
    last: u64,
    store: Arc<Store>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    if open.held < last {
        info!(from = open.held + 1, to = last, "delivering sealed epochs");
    }
    for number in open.held + 1..=last {
        let sealed = blocking(&store, move |store| store.sealed_epoch(number)).await;
        let sealed = sealed.map_err(|error| {
            RunError::of(&open.id, error.context(format!("deliver epoch {number}")))
        })?;
        if let Err(error) = open.deliver(&sealed, &store, &shared).await {
            return give_up(&open.id, error, input, &shared).await;
        }
    }
    while let Some(live) = input.recv().await {
        if let Err(error) = open.deliver(&live.epoch, &store, &shared).await {
            drop(live);
            return give_up(&open.id, error, input, &shared).await;
        }
    }
    Ok(Ended::Sink(open.id, open.sink))
}

impl OpenSink {
    async fn deliver(
        &mut self,
        sealed: &SealedEpoch,
        store: &Arc<Store>,
        shared: &Shared,
    ) -> Result<(), Error> {
        let epoch = Epoch {
            state: store.name().into(),
            number: sealed.number,
            retried: sealed.retried.clone(),
            rows: sealed.rows.get(&self.port).cloned().unwrap_or_default(),
        };
        let started = Instant::now();
        let mut patience = Patience::new(&self.id, Some(&shared.ledger));
        while let Err(error) = self.sink.deliver(&epoch).await {
            patience.wait(error).await?;
        }
        shared.ledger.busy(&self.id, started.elapsed());
        shared.ledger.taken(&self.id, epoch.rows.len());
        shared.ledger.delivered(&self.id, sealed.number);
        self.held = sealed.number;
        debug!(epoch = self.held, rows = epoch.rows.len(), "delivered");
        let (id, held) = (self.id.clone(), self.held);
        let noted = blocking(store, move |store| store.set_delivered(&id, held)).await;
        if let Err(error) = noted {
            // The target knows better, and a disk that fails will fail the next seal.
            warn!(code = error.code(), "failed to {error}");
        }
        Ok(())
    }
}

/// A target that is away for long ends the run, but nothing is lost: epochs stay in the outbox.
async fn give_up(
    id: &Arc<str>,
    error: Error,
    mut input: mpsc::Receiver<Arc<Live>>,
    shared: &Shared,
) -> Result<Ended, RunError> {
    if error.kind() != ErrorKind::Unavailable {
        return Err(RunError::of(id, error));
    }
    warn!(code = error.code(), "gave up: failed to {error}");
    shared.stop.ask(Ending::Undelivered {
        sink: id.clone(),
        message: error.to_string(),
    });
    // What is still sealed must not wait for this sink.
    while input.recv().await.is_some() {}
    Ok(Ended::Done)
}

/// Runs work on the store where waiting for the disk holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let store = store.clone();
    let done = tokio::task::spawn_blocking(move || work(&store)).await;
    done.map_err(|e| Error::defect("engine.worker", "use the state").because(e))
        .flatten()
}
