//! Pages into reports, reports into an outline.

/// Makes the stage of this crate known.
pub fn register(_registry: &mut taosha_core::Registry) {}
