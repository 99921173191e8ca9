//! Tables out: one row per report, section, fact, duplicate and dead letter.
//!
//! Every sink writes the same tables, see `docs/tables.md`; only the container differs.

mod jsonl; // DIR/documents.jsonl
mod selection; // which tables

pub use jsonl::{Jsonl, JsonlConfig};

use taosha_core::Registry;

/// Makes the sinks of this crate known.
pub fn register(registry: &mut Registry) {
    registry.sink::<Jsonl>();
}
