use std::sync::Arc;

use futures::stream::{self, StreamExt};
use taosha_core::{Error, Row, rows};
use tokio::sync::mpsc;

use super::budget::Share;
use super::channel::Item;
use super::stages::independent;
use super::{Ended, RunError, Shared};

/// The rows of one record, for one sink.
#[derive(Clone)]
pub(super) struct Delivered {
    pub(super) rows: Arc<Vec<Row>>,
    pub(super) share: Share,
}

/// Makes rows of the records that end at one place, once for all `sinks` that read there.
pub(super) async fn run(
    input: mpsc::Receiver<Item>,
    sinks: Vec<mpsc::Sender<Delivered>>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let arrivals = stream::unfold(input, async |mut input| Some((input.recv().await?, input)));
    let mut delivered = arrivals
        .map(|item| independent(to_rows(item, shared.clone())))
        .buffered(shared.n_workers)
        .boxed();
    while let Some(delivered) = delivered.next().await {
        let delivered = delivered.map_err(|error| RunError::of(&"engine".into(), error))?;
        let Some((last, others)) = sinks.split_last() else {
            continue;
        };
        for sink in others {
            // A sink that is gone has failed, and its own error ends the run.
            let _ = sink.send(delivered.clone()).await;
        }
        let _ = last.send(delivered).await;
    }
    Ok(Ended::Done)
}

async fn to_rows(item: Item, shared: Arc<Shared>) -> Result<Delivered, Error> {
    let (record, share) = match item {
        Item::Record(record, share) => (record, share),
        Item::Dead(dead, share) => {
            let rows = Arc::new(vec![Row::Dead((*dead).clone())]);
            return Ok(Delivered { rows, share });
        }
    };
    let permit = shared
        .workers
        .acquire()
        .await
        .expect("workers are never dismissed");
    let run_id = shared.run_id.clone();
    let collapse = record.collapse.clone();
    let made = tokio::task::spawn_blocking(move || rows(&record, &run_id)).await;
    drop(permit);
    let rows = made.map_err(|e| Error::defect("engine.worker", "make rows").because(e))??;
    match collapse {
        Some(collapse) => shared.ledger.collapsed(collapse.relation),
        None => shared.ledger.written(&rows),
    }
    Ok(Delivered {
        rows: Arc::new(rows),
        share,
    })
}
