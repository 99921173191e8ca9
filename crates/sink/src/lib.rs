//! Tables out: one row per report, section, fact, duplicate and dead letter.
//!
//! Every sink writes the same tables, see `docs/tables.md`; only the container differs. Rows come in
//! sealed epochs. A sink makes each one visible entirely or not at all and keeps its number in the
//! target, so that after a kill the target itself tells where to go on.

mod jsonl; // DIR/documents.jsonl
mod sqlite; // one file with all tables

mod blocking; // waiting for targets whose work blocks
mod damage; // what cures a target that others have changed
mod disk; // the file system, and how it fails
mod selection; // which tables

#[cfg(test)]
mod sample; // epochs with rows in every table

pub use jsonl::{Jsonl, JsonlConfig};
pub use sqlite::{Sqlite, SqliteConfig};

use taosha_core::Registry;

/// Makes the sinks of this crate known.
pub fn register(registry: &mut Registry) {
    registry.sink::<Jsonl>();
    registry.sink::<Sqlite>();
}
