use async_trait::async_trait;

use crate::{Result, Row};

/// Writes tables.
///
/// Rows arrive in epochs: slices of the input that become visible entirely or not at all. The
/// order of rows and of epochs is the same on every run over the same input; where one epoch ends
/// and the next begins is not, so what is written must not depend on it.
#[async_trait]
pub trait Sink: Send {
    /// Makes sure that the target can be written, before the first record is read.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when it cannot and never will as the file stands.
    async fn open(&mut self) -> Result<()>;

    /// Takes the rows of one epoch.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) is tried again with the same epoch.
    async fn deliver(&mut self, epoch: &Epoch) -> Result<()>;

    /// Makes everything delivered visible and durable. Called once, after the last epoch, and not
    /// at all when the run fails.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    async fn close(&mut self) -> Result<()>;
}

/// How often a record's rows are seen at the target when a run is killed and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// Never lost, but a repeat is possible.
    AtLeastOnce,
    /// The target ends as if the run had never been disturbed.
    ExactlyOnce,
}

impl Guarantee {
    /// The word used in the pipeline file.
    pub fn name(self) -> &'static str {
        match self {
            Guarantee::AtLeastOnce => "at-least-once",
            Guarantee::ExactlyOnce => "exactly-once",
        }
    }
}

/// A slice of the input as rows.
#[derive(Debug)]
pub struct Epoch {
    /// Counts from 1 within a run.
    pub number: u64,
    /// In order of the input.
    pub rows: Vec<Row>,
}
