//! What the stage says it will keep against what it keeps.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

mod corpus;

use corpus::{planted, score};
use taosha_core::{MemoryState, StatefulStage};
use taosha_dedupe::{DedupeConfig, Passages, Remembered};

/// Keys and values in memory are about what they take on disk: a filter and heads of entries come to as
/// much as keys share. A corpus of three hundred reports is small, and one of short reports keeps less.
const TOLERANCE: f64 = 0.2;

#[test]
fn what_is_told_before_a_run_is_near_what_is_kept_with_any_options() {
    let default = DedupeConfig::default;
    let corpus = planted::corpus(300, 5);
    for config in [
        default(),
        DedupeConfig {
            contained: false,
            ..default()
        },
        DedupeConfig {
            passages: Passages::Off,
            ..default()
        },
        DedupeConfig {
            near: false,
            contained: false,
            ..default()
        },
    ] {
        let what = format!("{config:?}");
        let stage = score::stage(config);
        let told = StatefulStage::keeps(&stage).unwrap();
        let mut state = MemoryState::default();
        score::run_in(&mut state, &stage, score::records(&corpus));
        let kept = Remembered::of(&mut state).unwrap();
        let bytes = |name: &str| -> f64 {
            let is_of = |kind: &&taosha_dedupe::KindOfKey| match name {
                "text" => kind.name == "texts",
                "passages" => kind.name == "passages",
                _ => !matches!(kind.name, "texts" | "passages"),
            };
            let kinds = kept.kinds.iter().filter(is_of);
            kinds.map(|kind| kind.n_bytes).sum::<u64>() as f64 / kept.n_kept as f64
        };
        for name in ["index", "passages", "text"] {
            let told = told.bytes.iter().find(|(what, _)| *what == name);
            let told = told.map_or(0, |(_, bytes)| *bytes) as f64;
            let kept = bytes(name);
            assert!(
                (told - kept).abs() <= told * TOLERANCE,
                "{name}: {told} told, {kept:.0} kept; {what}"
            );
        }
    }
}
