//! Any bytes through the whole stage.
#![no_main]

mod held;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taosha_decode::{Decode, DecodeConfig};

static DECODE: LazyLock<Decode> = LazyLock::new(|| Decode::new(&DecodeConfig::default()).unwrap());

fuzz_target!(|raw: &[u8]| {
    if let Some(report) = held::report(&DECODE, raw, None) {
        held::spans_lie_on_borders(&report, raw);
    }
});
