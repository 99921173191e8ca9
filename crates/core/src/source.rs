use std::sync::Arc;

use async_trait::async_trait;

use crate::{Error, Origin, Position, Record, Result};

/// Produces records, in an order that is the same on every run over the same input.
///
/// A run asks a source for everything it has. What the source has handed out before is skipped: by
/// the source itself where it can tell without fetching ([`Known`]), else by the engine, which
/// compares the bytes.
#[async_trait]
pub trait Source: Send {
    /// Makes ready; called once, before the first [`next`](Self::next).
    ///
    /// `resume` is the place of the last item whose epoch was sealed, when the run before this one
    /// did not come to its end: go on behind it. `known` tells what earlier runs handled.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    async fn open(&mut self, resume: Option<&Position>, known: Arc<dyn Known>) -> Result<()>;

    /// The next item. The engine asks only when there is room for it.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) is asked again after a pause, everything else
    /// stops the run. Trouble with one item is not an error but [`Next::Failed`].
    async fn next(&mut self) -> Result<Next>;

    /// How much there is in all, as far as that is known without reading it.
    fn size(&self) -> SourceSize {
        SourceSize::default()
    }

    /// The item at `position` once more: for a dead letter that is tried again, and for people who ask
    /// about a page. `None` when the source cannot go back there. May be called without `open`.
    ///
    /// # Errors
    /// When it could, but the item cannot be had.
    async fn again(&mut self, position: &Position) -> Result<Option<Record>> {
        let _ = position;
        Ok(None)
    }
}

/// What a source has next.
#[derive(Debug)]
pub enum Next {
    /// A page.
    Record(Record),
    /// An item that has the version it had when it was handled, see [`Known`]: nothing to do.
    Unchanged(Position),
    /// An item that is there but cannot be had; it becomes a dead letter. It is asked for again by
    /// the next run.
    Failed {
        /// What is known about it; `raw` holds what could be read.
        origin: Origin,
        /// Where in the source it stands.
        position: Position,
        /// Why.
        error: Error,
    },
    /// Nothing more.
    End,
}

/// What earlier runs handled, by source. Sources ask it to save themselves the fetching.
pub trait Known: Send + Sync {
    /// The [`version`](Origin::version) that the item `uri` had when it was handled, if it was and
    /// if its source had told one.
    ///
    /// # Errors
    /// When the engine's state cannot be read.
    fn version(&self, uri: &str) -> Result<Option<String>>;
}

/// Nothing was handled before: for first runs and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn version(&self, _: &str) -> Result<Option<String>> {
        Ok(None)
    }
}

/// How much a source holds; for progress and the remaining time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceSize {
    /// Items.
    pub records: Option<u64>,
    /// Bytes.
    pub bytes: Option<u64>,
}
