//! What the stage will keep on disk, told before a run.

use taosha_core::Keeps;

use crate::config::{DedupeConfig, Passages};

// All of these on disk, as docs/dedupe.md has them. How the index divides is the share of the keys.

/// Bytes of ids, digests and sketches without a signature: what exact copies need.
const EXACT: u64 = 100;
/// Bytes of a signature and 25 bands.
const BANDS: u64 = 450;
/// Bytes of 27 anchors.
const ANCHORS: u64 = 450;
/// Bytes of 70 paragraphs and sentences.
const UNITS: u64 = 1500;
/// Bytes of a text, compressed.
const TEXT: u64 = 4500;

/// What a stage with these options keeps for each report that stays.
pub(crate) fn keeps(config: &DedupeConfig) -> Keeps {
    let compares = config.near || config.contained;
    let bands = if compares { BANDS } else { 0 };
    let anchors = if config.contained { ANCHORS } else { 0 };
    let mut bytes = vec![("index", EXACT + bands + anchors)];
    if config.passages != Passages::Off {
        bytes.push(("passages", UNITS));
    }
    bytes.push(("text", TEXT));
    Keeps {
        each: "report that stays",
        bytes,
        measured: "100 000 reports of 2 900 characters, see docs/dedupe.md",
    }
}
