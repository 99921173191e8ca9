use async_trait::async_trait;

use crate::{Error, Origin, Record, Result};

/// Produces records, in an order that is the same on every run over the same input.
#[async_trait]
pub trait Source: Send {
    /// The next record. The engine asks only when there is room for it.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) is asked again after a pause, everything else
    /// stops the run. Trouble with one item is not an error but [`Next::Failed`].
    async fn next(&mut self) -> Result<Next>;

    /// How much there is in all, as far as that is known without reading it.
    fn size(&self) -> SourceSize {
        SourceSize::default()
    }
}

/// What a source has next.
#[derive(Debug)]
pub enum Next {
    /// A page.
    Record(Record),
    /// An item that is there but cannot be had; it becomes a dead letter.
    Failed {
        /// What is known about it; `raw` holds what could be read.
        origin: Origin,
        /// Why.
        error: Error,
    },
    /// Nothing more.
    End,
}

/// How much a source holds; for progress and the remaining time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceSize {
    /// Items.
    pub records: Option<u64>,
    /// Bytes.
    pub bytes: Option<u64>,
}
