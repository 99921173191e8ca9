//! Tables out: one row per report, section, fact, duplicate and dead letter.
//!
//! Every sink writes the same tables, see `docs/tables.md`; only the container differs. Rows come in
//! sealed epochs. A sink makes each one visible entirely or not at all and keeps its number in the
//! target, so that after a kill the target itself tells where to go on.

#[cfg(feature = "http")]
mod http; // rows posted to a server
mod jsonl; // DIR/documents.jsonl
#[cfg(feature = "nats")]
mod nats; // rows published to a stream
#[cfg(feature = "parquet")]
mod parquet; // DIR/documents/part-00000.parquet
mod postgres; // tables of a server
mod sqlite; // one file with all tables

mod card; // what the tables are, for people and for Hugging Face
mod tally; // what is counted for that

mod blocking; // waiting for targets whose work blocks
mod cells; // rows as databases hold them
mod columns; // what tables look like in databases
mod damage; // what cures a target that others have changed
mod disk; // the file system, and how it fails
mod lines; // epochs as lines of JSON
mod lock; // one writer in a folder
mod refused; // what a step means that the file system refused
mod selection; // which tables

#[cfg(test)]
mod sample; // epochs with rows in every table

pub use card::CardConfig;
#[cfg(feature = "http")]
pub use http::{Http, HttpConfig};
pub use jsonl::{Jsonl, JsonlCompress, JsonlConfig};
#[cfg(feature = "nats")]
pub use nats::{Nats, NatsConfig};
#[cfg(feature = "parquet")]
pub use parquet::{Parquet, ParquetConfig, ParquetPartition};
pub use postgres::{Postgres, PostgresConfig, PostgresTls};
pub use sqlite::{Sqlite, SqliteConfig};

use taosha_core::Registry;

/// Makes the sinks of this crate known.
pub fn register(registry: &mut Registry) {
    #[cfg(feature = "http")]
    registry.sink::<Http>();
    registry.sink::<Jsonl>();
    #[cfg(feature = "nats")]
    registry.sink::<Nats>();
    #[cfg(feature = "parquet")]
    registry.sink::<Parquet>();
    registry.sink::<Postgres>();
    registry.sink::<Sqlite>();
}
