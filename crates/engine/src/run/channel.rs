use std::sync::Arc;

use taosha_core::{DeadRow, Record};
use tokio::sync::mpsc;

use super::Shared;
use super::budget::Share;

/// What travels between tasks. Dead letters and collapsed copies travel in line with the live
/// records, so that every table has the order of the input.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Record(Record, Share),
    Dead(Arc<DeadRow>, Share),
}

/// Where the records of one port go.
#[derive(Default)]
pub(super) struct Outlet {
    readers: Vec<mpsc::Sender<Item>>,
}

/// The reader is gone: it failed and the run is ending.
pub(super) struct Gone;

impl Outlet {
    pub(super) fn add(&mut self, reader: mpsc::Sender<Item>) {
        self.readers.push(reader);
    }

    pub(super) fn is_read(&self) -> bool {
        !self.readers.is_empty()
    }

    /// Sends `item` to every reader; a record that goes to several is counted as split.
    pub(super) async fn send(&self, item: Item, shared: &Shared) -> Result<(), Gone> {
        let Some((last, others)) = self.readers.split_last() else {
            return Ok(());
        };
        if matches!(item, Item::Record(..)) {
            shared.ledger.split(others.len());
        }
        for reader in others {
            reader.send(item.clone()).await.map_err(|_| Gone)?;
        }
        last.send(item).await.map_err(|_| Gone)
    }
}
