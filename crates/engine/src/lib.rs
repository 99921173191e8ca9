//! Plans and runs a pipeline: from the text of a pipeline file to delivered tables.
//!
//! Five steps, each in its folder or file:
//!
//! 1. [`PipelineText`] reads the file and what `--set` changes in it.
//! 2. [`load`] understands it: every problem becomes a [`Diagnostic`] with its place in the text,
//!    and when there is none, a [`Plan`] with built sources, stages and sinks.
//! 3. [`Store`] opens the state folder: sealed epochs, source positions, what stages remember.
//! 4. [`run`] connects the plan by bounded channels and runs it to the end, sealing epoch after epoch.
//! 5. What was counted on the way is the [`Summary`], whose ledger must balance.
//!
//! Invariants: the engine names no stage, prints nothing, and never looks into a document. The
//! order in which records reach the sinks does not depend on the number of workers. No sink is handed
//! what is not sealed.

// The pipeline file.
mod diagnostic; // what is wrong, and where
mod file; // its tables, not yet built
mod options; // [run], [schedule], [secrets]
mod suggest; // did you mean
mod text; // the file and --set

// From file to plan.
mod fingerprint; // names a configuration
mod graph; // the plan as a picture
mod making; // what sinks are told of it
mod plan; // what reads what
mod schema; // JSON Schema of the file

// What is kept between runs.
pub mod disk; // the one door to the file system
mod lock; // one run per state folder
pub mod runs; // what stages remember
mod store; // epochs, and all that is true

// From plan to tables.
mod ledger; // what was counted
mod run; // channels and tasks

// For the operator.
mod doctor; // is all of it still true?

pub use diagnostic::{Diagnostic, Severity};
pub use doctor::{Examination, Finding, examine};
pub use graph::{GraphFormat, graph};
pub use ledger::{Counts, Ledger, NodeCounts, SEAL_SECS, Seals, Summary};
pub use lock::{LockError, StateLock};
pub use options::{
    EpochOptions, ErrorOptions, Missed, OnError, OutboxOptions, Overlap, RunOptions,
    ScheduleOptions, StopAbove,
};
pub use plan::{Loaded, Node, NodeKind, PathGuarantee, Plan, load, load_with_targets};
pub use run::{Ending, Job, Limits, Replayed, RunError, Stopped, in_stage, replay, run};
pub use schema::pipeline_schema;
pub use store::{DeadRecord, End, EpochRecord, Letter, RunRecord, Segment, Store, Story, Suspect};
pub use text::{Override, PipelineText, TextError};
