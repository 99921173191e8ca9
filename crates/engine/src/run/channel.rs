use std::sync::Arc;

use taosha_core::Record;
use tokio::sync::mpsc;

use super::Shared;
use super::budget::Share;
use crate::store::Finished;

/// What travels between tasks. Records that have ended, collapsed copies and barriers travel in line
/// with the live records, so that every table has the order of the input and a barrier stands behind
/// everything that belongs to its epoch.
#[derive(Clone)]
pub(super) enum Item {
    Record(Record, Share),
    /// A dead letter on its way back to the stage that refused it.
    Returning(Arc<str>, Record, Share),
    /// A record that was dropped or died.
    Ended(Arc<Finished>, Share),
    /// The end of an epoch.
    Barrier(u64),
}

/// Where the records of one port go.
#[derive(Default)]
pub(super) struct Outlet {
    readers: Vec<mpsc::Sender<Item>>,
}

impl Outlet {
    pub(super) fn add(&mut self, reader: mpsc::Sender<Item>) {
        self.readers.push(reader);
    }

    pub(super) fn is_read(&self) -> bool {
        !self.readers.is_empty()
    }

    /// Sends `item` to every reader; a record that goes to several is counted as split. A reader
    /// that is gone has failed, and its own error ends the run.
    pub(super) async fn send(&self, item: Item, shared: &Shared) {
        let Some((last, others)) = self.readers.split_last() else {
            return;
        };
        if matches!(item, Item::Record(..)) {
            shared.ledger.split(others.len());
        }
        for reader in others {
            let _ = reader.send(item.clone()).await;
        }
        let _ = last.send(item).await;
    }
}
