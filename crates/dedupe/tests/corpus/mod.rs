//! The planted corpus of `taosha-tests`, taken in by its path: a stage crate imports `core` alone.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "shared by tests and benches, each uses a part"
)]

#[path = "../../../../tests/src/planted/mod.rs"]
pub mod planted;
pub mod score;
pub mod shared;
