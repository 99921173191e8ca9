use serde::{Deserialize, Serialize};
use taosha_core::{Id, Position, Record, Step};

/// What became of a record, and every decision that led there: what `taosha why` tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Story {
    /// The record.
    pub id: Id,
    /// The page it was cut from.
    pub parent: Option<Id>,
    /// Where its page came from.
    pub uri: String,
    /// The source in the pipeline file.
    pub source: String,
    /// Where in the source it stands.
    pub position: Position,
    /// When the page was fetched, RFC 3339.
    pub fetched_at: Option<String>,
    /// Content address of the page's bytes.
    pub raw_digest: Id,
    /// How many they are.
    pub raw_bytes: u64,
    /// How it ended.
    pub end: End,
    /// The decisions, oldest first.
    pub steps: Vec<Step>,
}

/// How a record ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// As a row of `documents`.
    Written,
    /// As a row of `duplicates`.
    Collapsed {
        /// The report that stays.
        canonical: Id,
        /// How the two relate.
        relation: String,
    },
    /// A stage dropped it.
    Dropped {
        /// Which.
        stage: String,
        /// Why.
        reason: String,
    },
    /// A stage or source refused it.
    Dead {
        /// Which.
        stage: String,
        /// Why.
        code: String,
    },
}

impl Story {
    /// The story of `record`, which ended as `end` says.
    pub(crate) fn of(record: &Record, end: End) -> Self {
        let origin = &record.origin;
        Story {
            id: record.id,
            parent: record.parent,
            uri: origin.uri.clone(),
            source: origin.source.to_string(),
            position: record.position.clone(),
            fetched_at: origin.fetched_at.clone(),
            raw_digest: origin.raw_digest,
            raw_bytes: origin.raw.len() as u64,
            end,
            steps: record.trail.steps().cloned().collect(),
        }
    }
}
