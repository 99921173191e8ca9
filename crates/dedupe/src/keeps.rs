//! What the stage will keep on disk, told before a run.

use taosha_core::Keeps;

use crate::config::{DedupeConfig, Passages};

// All of these on disk with filters, as docs/dedupe.md has them.

/// Bytes of ids, digests and sketches without a signature: what exact copies need.
const EXACT: u64 = 36;
/// Bytes of a signature.
const SIGNATURE: u64 = 65;
/// Bytes of 16 anchors.
const ANCHORS: u64 = 125;
/// Bytes of 8 bands.
const BANDS: u64 = 68;
/// Bytes of 70 paragraphs and sentences.
const UNITS: u64 = 800;
/// Bytes of a text, compressed.
const TEXT: u64 = 4500;

/// What a stage with these options keeps for each report that stays.
pub(crate) fn keeps(config: &DedupeConfig) -> Keeps {
    let compares = config.near || config.contained;
    let found = if compares {
        SIGNATURE + ANCHORS + BANDS
    } else {
        0
    };
    let mut bytes = vec![("index", EXACT + found)];
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
