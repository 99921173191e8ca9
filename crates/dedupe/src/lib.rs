//! Collapses copies of a report, and tells how to get each one back.
//!
//! Reports are compared in a form without script, width, punctuation, numbers and masks; figures
//! and names are then compared one by one, because two reports that differ in nothing else were
//! made from one template and are no copies. A copy is compared with reports that stayed only, so
//! a group is a star around its first member.
//!
//! ```
//! use taosha_core::{MemoryState, Output, PassageEdit, Record, StatefulStage, StatefulStageType};
//! # use taosha_core::Settings;
//! # let settings = Settings { id: "dedupe".into(), base: ".".into(), run: "docs".into(), scratch: None };
//! let dedupe = taosha_dedupe::Dedupe::build(Default::default(), &settings)?;
//! let (mut state, mut out) = (MemoryState::default(), Output::new());
//! for text in ["青禾县新建校舍12所。", "青禾縣新建校舍十二所"] {
//!     let record = Record::from_text(text, text);
//!     let prepared = dedupe.prepare(&record)?;
//!     dedupe.settle(record, prepared, &mut state, &mut out)?;
//! }
//! let copy = out.emissions()[1].record.collapse.as_ref().expect("the second is a copy");
//! let rebuilt = PassageEdit::apply_all("青禾县新建校舍12所。", &copy.edits);
//! assert_eq!(rebuilt.as_deref(), Some("青禾縣新建校舍十二所"));
//! # Ok::<(), taosha_core::Error>(())
//! ```
mod config; // what a user may choose
mod stage; // the order of the steps

// Two reports side by side.
mod comparison; // what is left of a text when copies should look the same
mod lists; // its enumerations
mod slot; // the numbers and masks taken out of it

// Which earlier reports could be the original, and is one of them?
mod search; // the most promising, compared one by one
mod signature; // shingles, and the small signature that ranks candidates
mod verify; // alignment and verdict

mod hosts; // which of two addresses is the better one
mod names; // which differences are differences of names
mod period; // which figures say the time a report is of
mod persons; // which of the names are persons

// What reports that stay have in common.
mod passages; // which are known
mod units; // paragraphs and sentences

// What is written and remembered.
mod edits; // from the original's text to the copy's
mod index; // the state, by its keys
mod keeps; // what it will take, before a run
mod keys; // what finds a report again
mod packed; // numbers in few bytes
mod remembered; // how much there is of each
mod trail; // what is said of each report

pub use comparison::FormRule;
pub use config::{DedupeConfig, Keep, Passages};
pub use remembered::{KindOfKey, Remembered};
pub use stage::{Dedupe, Prepared};

/// Adds the stage `dedupe`.
pub fn register(registry: &mut taosha_core::Registry) {
    registry.stateful_stage::<Dedupe>();
}
