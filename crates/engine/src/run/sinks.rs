use std::sync::Arc;
use std::time::Instant;

use taosha_core::{Epoch, Sink};
use tokio::sync::mpsc;
use tokio::time::{Instant as Clock, timeout_at};
use tracing::debug;

use super::budget::Share;
use super::delivery::Delivered;
use super::patience::Patience;
use super::{Ended, RunError, Shared};

/// Gathers rows into epochs and hands them to `sink`; returns it open, with all rows delivered.
pub(super) async fn run(
    id: Arc<str>,
    mut sink: Box<dyn Sink>,
    mut input: mpsc::Receiver<Delivered>,
    n_sinks: usize,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let mut gathering = Gathering {
        number: 1,
        ..Gathering::default()
    };
    let full = Full {
        records: shared.epoch.records.max(1),
        weight: shared.budget.epoch_weight(n_sinks),
    };
    loop {
        let deadline = gathering.since.map(|since| since + shared.epoch.every.0);
        let next = match deadline {
            Some(deadline) => timeout_at(deadline, input.recv()).await,
            None => Ok(input.recv().await),
        };
        let ended = match next {
            Ok(Some(delivered)) => {
                gathering.add(delivered);
                if !gathering.is(&full) {
                    continue;
                }
                false
            }
            Ok(None) => true,
            Err(_time_is_up) => false,
        };
        if !gathering.rows.is_empty() {
            deliver(&id, sink.as_mut(), &mut gathering, &shared).await?;
        }
        if ended {
            return Ok(Ended::Sink(id, sink));
        }
    }
}

/// When an epoch ends.
struct Full {
    records: u64,
    weight: u64,
}

/// An epoch that is not full yet.
#[derive(Default)]
struct Gathering {
    number: u64,
    rows: Vec<Arc<Vec<taosha_core::Row>>>,
    /// Memory is given back when the rows are delivered.
    shares: Vec<Share>,
    weight: u64,
    since: Option<Clock>,
}

impl Gathering {
    fn add(&mut self, Delivered { rows, share }: Delivered) {
        self.since.get_or_insert_with(Clock::now);
        self.rows.push(rows);
        self.weight += u64::from(share.weight);
        self.shares.push(share);
    }

    fn is(&self, full: &Full) -> bool {
        self.rows.len() as u64 >= full.records || self.weight >= full.weight
    }
}

async fn deliver(
    id: &Arc<str>,
    sink: &mut dyn Sink,
    gathering: &mut Gathering,
    shared: &Shared,
) -> Result<(), RunError> {
    let number = gathering.number;
    let gathered = std::mem::take(gathering);
    gathering.number = number + 1;
    let rows = gathered
        .rows
        .into_iter()
        .flat_map(Arc::unwrap_or_clone)
        .collect();
    let epoch = Epoch { number, rows };
    let started = Instant::now();
    let mut patience = Patience::new(id);
    while let Err(error) = sink.deliver(&epoch).await {
        patience.wait(error).await?;
    }
    shared.ledger.busy(id, started.elapsed());
    shared.ledger.taken(id, epoch.rows.len());
    debug!(epoch = number, rows = epoch.rows.len(), "delivered");
    Ok(())
}
