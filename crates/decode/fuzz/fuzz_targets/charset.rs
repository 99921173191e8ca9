//! Any bytes under any label, without repairs: what is read comes from its bytes.
#![no_main]

mod held;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taosha_decode::{Decode, DecodeConfig};

static DECODE: LazyLock<Decode> = LazyLock::new(|| {
    let mut config = DecodeConfig::default();
    config.repair = false;
    Decode::new(&config).unwrap()
});

const LABELS: [Option<&str>; 8] = [
    None,
    Some("text/plain; charset=gb2312"),
    Some("text/html; charset=utf-8"),
    Some("text/plain; charset=big5"),
    Some("text/plain; charset=utf-16le"),
    Some("text/plain; charset=euc-kr"),
    Some("text/plain; charset=shift_jis"),
    Some("text/plain; charset=windows-1251"),
];

fuzz_target!(|input: &[u8]| {
    let Some((first, raw)) = input.split_first() else {
        return;
    };
    let label = LABELS[usize::from(*first) % LABELS.len()];
    if let Some(report) = held::report(&DECODE, raw, label) {
        held::spans_lie_on_borders(&report, raw);
        held::characters_come_from_their_bytes(&report, raw);
    }
});
