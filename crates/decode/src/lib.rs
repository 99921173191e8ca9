//! Bytes in, text out: charset, the words of the page, and a map back to every byte.

/// Makes the stage of this crate known.
pub fn register(_registry: &mut taosha_core::Registry) {}
