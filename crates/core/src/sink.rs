use std::sync::Arc;

use async_trait::async_trait;

use crate::{Error, Id, Result, Row, Table};

/// Writes tables.
///
/// Rows arrive in sealed epochs: slices of the input that are safe on disk and never change. A sink
/// makes each one visible entirely or not at all, and keeps the number of the last one *in the
/// target*, in the same transaction as the rows. After a crash the engine asks the target what it
/// holds ([`open`](Self::open)) and delivers the epochs behind it once more.
///
/// The order of rows and of epochs is the same on every run over the same input; where one epoch
/// ends and the next begins is not, so what is written must not depend on it.
#[async_trait]
pub trait Sink: Send {
    /// Tells what makes the rows that are to come. Called before `open`, and by no test that needs
    /// no such thing.
    ///
    /// For sinks that write beside their tables how these were made; the others need not have it.
    fn made_by(&mut self, making: &Making) {
        let _ = making;
    }

    /// Makes sure that the target can be written, takes back what a killed delivery left half done,
    /// and says which epochs the target holds.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when the target cannot be written and never will be as
    /// the file stands; [`Unavailable`](crate::ErrorKind::Unavailable) is tried again.
    async fn open(&mut self) -> Result<Holding>;

    /// Takes everything out of the target's tables, whoever put it there, and the record of which
    /// epochs it holds. Called between `open` and the first delivery, when tables are built anew.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    async fn clear(&mut self) -> Result<()>;

    /// Takes one epoch. When it returns, the epoch is visible and durable, and the target holds it.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) is tried again with the same epoch, of which
    /// nothing may be left in the target then.
    async fn deliver(&mut self, epoch: &Epoch) -> Result<()>;

    /// Lets go of the target. Called once, after the last epoch, and not at all when the run fails.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    async fn close(&mut self) -> Result<()>;

    /// Calls `each` with every row the target holds in `table`, as [`Row::to_json`] writes it, in a
    /// fixed order: what `taosha torture` compares. The sink was opened before.
    ///
    /// # Errors
    /// When the target cannot be read back, which is the default.
    async fn read(
        &mut self,
        table: Table,
        each: &mut (dyn for<'row> FnMut(&'row str) + Send),
    ) -> Result<()> {
        let _ = (table, each);
        Err(Error::config(
            "sink.unreadable",
            "read the tables back: this sink cannot",
        ))
    }

    /// Takes away what was made for a trial, see [`Settings::scratch`](crate::Settings::scratch);
    /// what stands in the scratch folder is none of the sink's business. Does nothing outside of
    /// trials. May be called without `open`, and more than once.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    async fn discard(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What makes rows: the pipeline as its file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Making {
    /// The pipeline's name.
    pub pipeline: String,
    /// Names the pipeline and its configuration; the `run` column of tables.
    pub run: String,
    /// The version of taosha.
    pub version: String,
    /// Sources, then stages, in the order of the file.
    pub parts: Vec<MakingPart>,
}

/// A source or stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakingPart {
    /// Its id.
    pub id: String,
    /// Its `type`.
    pub kind: String,
    /// Options of a stage and their values, as they are written in the file: no defaults, and of
    /// secrets the name. A source has none here: they tell of the machine.
    pub options: Vec<(String, String)>,
}

/// Which epochs a target holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// None, and no table of ours.
    Nothing,
    /// All epochs up to this one, of this state.
    Epochs {
        /// [`Epoch::state`] of those epochs.
        state: String,
        /// The number of the last one.
        last: u64,
    },
    /// Tables that nobody can tell the origin of: written by another program, or by hand.
    Foreign,
    /// The target cannot tell; the engine relies on its own record of what was delivered, and an
    /// epoch may arrive twice.
    Unknown,
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
#[derive(Clone, Debug)]
pub struct Epoch {
    /// Names the state folder whose epochs these are, so that the epochs of two pipelines, or of a
    /// state that was thrown away, are never taken for each other.
    pub state: Arc<str>,
    /// Counts from 1 and never has gaps within one state.
    pub number: u64,
    /// Dead letters that were tried again: they leave the table `dead` before `rows` come in, among
    /// which they are once more if they died again.
    pub retried: Vec<Id>,
    /// In order of the input. Ids are new to their tables.
    pub rows: Vec<Row>,
}
