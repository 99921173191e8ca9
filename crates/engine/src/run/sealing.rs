use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use taosha_core::{Error, Id, Position};
use tokio::sync::mpsc;
use tracing::debug;

use super::budget::Share;
use super::in_flight::Flight;
use super::{Ended, RunError, Shared};
use crate::store::{Entries, Finished, SealedEpoch, Sealing, Store};

/// Parts waiting to be put together; each holds what its sender would hold otherwise.
pub(super) const CHANNEL_PARTS: usize = 4;

/// What an epoch is put together from: one cut, one part per port, one per stage with state.
pub(super) enum Part {
    Cut(Box<Cut>),
    Port {
        number: u64,
        port: String,
        finished: Vec<Arc<Finished>>,
        shares: Vec<Share>,
    },
    State {
        number: u64,
        entries: Arc<Entries>,
    },
}

/// What the source list knows of an epoch when it cuts it off.
pub(super) struct Cut {
    pub(super) number: u64,
    pub(super) positions: BTreeMap<String, Position>,
    pub(super) entries: Arc<Entries>,
    pub(super) retried: Vec<Id>,
    pub(super) entered: u64,
    pub(super) read: u64,
    pub(super) read_bytes: u64,
    pub(super) unchanged: u64,
    pub(super) flight: Flight,
}

/// A sealed epoch, with what it holds in memory until every sink has it.
pub(super) struct Live {
    pub(super) epoch: SealedEpoch,
    _shares: Vec<Share>,
    _flight: Option<Flight>,
}

/// An epoch of which parts are missing.
#[derive(Default)]
struct Gathering {
    sealing: Sealing,
    shares: Vec<Share>,
    flight: Option<Flight>,
    n_parts: usize,
}

/// Puts epochs together, seals them one after the other, and hands them to the sinks.
pub(super) async fn run(
    store: Arc<Store>,
    mut parts: mpsc::Receiver<Part>,
    n_parts: usize,
    sinks: Vec<mpsc::Sender<Arc<Live>>>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let mut gatherings: BTreeMap<u64, Gathering> = BTreeMap::new();
    while let Some(part) = parts.recv().await {
        let number = part.number();
        let gathering = gatherings.entry(number).or_default();
        gathering.add(part);
        if gathering.n_parts < n_parts {
            continue;
        }
        // Every part comes in order of the epochs, so a full one is the oldest one.
        let Some(gathering) = gatherings.remove(&number) else {
            continue;
        };
        let Gathering {
            sealing,
            shares,
            flight,
            ..
        } = gathering;
        let (started, store) = (Instant::now(), store.clone());
        let sealed = tokio::task::spawn_blocking(move || store.seal(sealing)).await;
        let sealed = sealed.map_err(|e| Error::defect("engine.worker", "seal").because(e));
        let (epoch, record) = sealed.flatten().map_err(|error| {
            let error = error.context(format!("seal epoch {number}"));
            RunError::of(&"engine".into(), error)
        })?;
        shared.ledger.sealed(number, &record, started.elapsed());
        debug!(epoch = number, bytes = record.bytes, "sealed");
        let live = Arc::new(Live {
            epoch,
            _shares: shares,
            _flight: flight,
        });
        for sink in &sinks {
            // A sink that is gone has failed, and its own error ends the run.
            let _ = sink.send(live.clone()).await;
        }
    }
    Ok(Ended::Done)
}

impl Part {
    fn number(&self) -> u64 {
        match self {
            Part::Cut(cut) => cut.number,
            Part::Port { number, .. } | Part::State { number, .. } => *number,
        }
    }
}

impl Gathering {
    fn add(&mut self, part: Part) {
        self.n_parts += 1;
        let sealing = &mut self.sealing;
        sealing.number = part.number();
        match part {
            Part::Cut(cut) => {
                sealing.positions = cut.positions;
                sealing.entries.push(cut.entries);
                sealing.retried = cut.retried;
                sealing.entered = cut.entered;
                sealing.read = cut.read;
                sealing.read_bytes = cut.read_bytes;
                sealing.unchanged = cut.unchanged;
                self.flight = Some(cut.flight);
            }
            Part::Port {
                port,
                finished,
                shares,
                ..
            } => {
                sealing.finished.insert(port, finished);
                self.shares.extend(shares);
            }
            Part::State { entries, .. } => sealing.entries.push(entries),
        }
    }
}
