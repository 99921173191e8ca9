//! Figures out of prose, each with the words that prove it.

/// Makes the stage of this crate known.
pub fn register(_registry: &mut taosha_core::Registry) {}
