use std::sync::Arc;

use futures::stream::{self, StreamExt};
use taosha_core::{Error, Record, rows};
use tokio::sync::mpsc;

use super::budget::Share;
use super::channel::Item;
use super::sealing::Part;
use super::stages::independent;
use super::{Ended, RunError, Shared};
use crate::store::{End, Finished, Story};

/// What reached the place where sinks read.
enum Arrived {
    Finished(Arc<Finished>, Share),
    Barrier(u64),
    /// A dead letter that went back to a stage on another branch.
    Astray,
}

/// Makes rows of the records that come out at `port`, and hands them on at each barrier.
pub(super) async fn run(
    port: String,
    input: mpsc::Receiver<Item>,
    parts: mpsc::Sender<Part>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let arrivals = stream::unfold(input, async |mut input| Some((input.recv().await?, input)));
    let mut arrived = arrivals
        .map(|item| independent(arrive(item, shared.clone())))
        .buffered(shared.n_workers)
        .boxed();
    let (mut finished, mut shares) = (Vec::new(), Vec::new());
    while let Some(arrived) = arrived.next().await {
        match arrived.map_err(|error| RunError::of(&"engine".into(), error))? {
            Arrived::Finished(one, share) => {
                finished.push(one);
                shares.push(share);
            }
            Arrived::Barrier(number) => {
                let part = Part::Port {
                    number,
                    port: port.clone(),
                    finished: std::mem::take(&mut finished),
                    shares: std::mem::take(&mut shares),
                };
                // When sealing is gone it has failed, and its own error ends the run.
                let _ = parts.send(part).await;
            }
            Arrived::Astray => {}
        }
    }
    Ok(Ended::Done)
}

async fn arrive(item: Item, shared: Arc<Shared>) -> Result<Arrived, Error> {
    let (record, share) = match item {
        Item::Record(record, share) => (record, share),
        Item::Ended(finished, share) => return Ok(Arrived::Finished(finished, share)),
        Item::Barrier(number) => return Ok(Arrived::Barrier(number)),
        Item::Returning(..) => return Ok(Arrived::Astray),
    };
    let permit = shared
        .workers
        .acquire()
        .await
        .expect("workers are never dismissed");
    let run_id = shared.run_id.clone();
    let collapse = record.collapse.clone();
    let made = tokio::task::spawn_blocking(move || finish(&record, &run_id)).await;
    drop(permit);
    let finished = made.map_err(|e| Error::defect("engine.worker", "make rows").because(e))??;
    match collapse {
        Some(collapse) => shared.ledger.collapsed(collapse.relation),
        None => shared.ledger.written(&finished.rows),
    }
    Ok(Arrived::Finished(Arc::new(finished), share))
}

fn finish(record: &Record, run_id: &str) -> Result<Finished, Error> {
    let end = match &record.collapse {
        None => End::Written,
        Some(collapse) => End::Collapsed {
            canonical: collapse.canonical_id,
            relation: collapse.relation.name().to_owned(),
        },
    };
    Ok(Finished {
        story: Story::of(record, end),
        rows: rows(record, run_id)?,
        letter: None,
    })
}
