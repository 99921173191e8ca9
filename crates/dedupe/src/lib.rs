//! Collapses copies of a report, and tells how to get each one back.
//!
//! Reports are compared in a form without script, width, punctuation, numbers and masks; figures
//! and names are then compared one by one, because two reports that differ in nothing else were
//! made from one template and are no copies. A copy is compared with reports that stayed only, so
//! a group is a star around its first member.
mod config; // what a user may choose
mod stage; // the order of the steps

mod comparison; // what is left of a text when copies should look the same
mod names; // which differences are differences of names
mod signature; // which earlier reports could be the original?
mod slot; // the numbers and masks taken out of it
mod verify; // is it a copy?

mod edits; // from the original's text to the copy's
mod index; // what is remembered

pub use config::Config;
pub use stage::{Dedupe, Prepared};

/// Adds the stage `dedupe`.
pub fn register(registry: &mut taosha_core::Registry) {
    registry.stateful_stage::<Dedupe>();
}
