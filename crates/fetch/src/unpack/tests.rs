use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// With a checksum: without one, a frame shows few of its damages.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Text that does not pack well, so that packed bytes are many.
fn text(n: usize) -> Vec<u8> {
    let mut seed = 12_345_u32;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (seed >> 16) as u8 % 26
    };
    (0..n).map(|_| next()).collect()
}

/// All that comes out, with a line for each member and each damage.
fn unpacked(bytes: &[u8], is_packed: bool) -> (Vec<u8>, Vec<String>) {
    let mut unpack = Unpack::new(Input::pipe(Cursor::new(bytes.to_vec())), is_packed);
    let (mut all, mut told) = (Vec::new(), Vec::new());
    let mut out = [0; 1000];
    loop {
        match unpack.step(&mut out).unwrap() {
            Step::Bytes(n) => all.extend_from_slice(&out[..n]),
            Step::Member(start) => told.push(format!("member {start}")),
            Step::Plain(start) => told.push(format!("plain {start}")),
            Step::Damage { start, why } => told.push(format!("{start}: {why}")),
            Step::End => return (all, told),
        }
    }
}

#[test]
fn members_of_both_kinds_come_one_behind_the_other() {
    let parts = [
        gzip(b"one "),
        zstd(b"two "),
        gzip(b""),
        zstd(&text(500_000)),
    ];
    let (all, told) = unpacked(&parts.concat(), false);
    assert!(all == [b"one two ".as_slice(), &text(500_000)].concat());
    let mut start = 0;
    for (part, told) in parts.iter().zip(&told) {
        assert_eq!(*told, format!("member {start}"));
        start += part.len();
    }
    assert_eq!(told.len(), 4);
}

#[test]
fn what_is_not_packed_comes_as_it_is() {
    assert_eq!(
        unpacked(b"plain", false),
        (b"plain".to_vec(), vec!["plain 0".into()])
    );
    assert_eq!(
        unpacked(b"plain", true),
        (b"plain".to_vec(), vec!["plain 0".into()])
    );
    assert_eq!(unpacked(b"", true), (Vec::new(), Vec::new()));
}

#[test]
fn zeros_behind_a_member_are_nothing() {
    let (all, told) = unpacked(
        &[gzip(b"one"), vec![0; 70_000], gzip(b" two")].concat(),
        true,
    );
    assert_eq!(all, b"one two");
    assert_eq!(told.len(), 2);
}

#[test]
fn behind_a_damaged_member_the_next_one_is_read() {
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        let mut damaged = pack(&text(300_000));
        let middle = damaged.len() / 2;
        damaged[middle..middle + 40].fill(0xff);
        let (all, told) = unpacked(&[pack(b"one"), damaged, pack(b"two")].concat(), true);
        assert!(all.starts_with(b"one") && all.ends_with(b"two"));
        assert_eq!(told.len(), 4, "{told:?}");
    }
}

#[test]
fn behind_a_cut_member_the_next_one_is_read() {
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        for cut in [3, 9, 15, 5_000] {
            let long = pack(&text(30_000));
            let (all, told) = unpacked(&[&long[..cut], &pack(b"two")].concat(), true);
            assert!(all.ends_with(b"two"), "{cut}: {told:?}");
            assert_eq!(told.iter().filter(|told| told.contains(": ")).count(), 1);
        }
    }
}

#[test]
fn bytes_before_the_first_member_of_a_packed_file_are_told() {
    let (all, told) = unpacked(
        &[b"tail of a cut member".to_vec(), gzip(b"one")].concat(),
        true,
    );
    assert_eq!(all, b"one");
    assert_eq!(told[0], "0: there is something that is not packed");
}

#[test]
fn a_wrong_checksum_is_told_and_loses_nothing() {
    let mut damaged = gzip(b"one ");
    let end = damaged.len();
    damaged[end - 8] ^= 1;
    let (all, told) = unpacked(&[damaged, gzip(b"two")].concat(), true);
    assert_eq!(all, b"one two");
    assert_eq!(told[1], "0: its gzip checksum does not fit");
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400), is_packed: bool) {
        unpacked(&bytes, is_packed);
    }

    #[test]
    fn a_sound_member_behind_any_bytes_is_read(
        mut before in proptest::collection::vec(any::<u8>(), 1..200),
        cut in 1..300_usize,
        zstandard: bool,
    ) {
        let pack = if zstandard { zstd } else { gzip };
        let member = pack(&text(400));
        before.extend_from_slice(&member[..cut.min(member.len())]);
        before.extend(pack(b"behind"));
        let (all, _) = unpacked(&before, true);
        prop_assert!(all.ends_with(b"behind"));
    }

    /// What comes out before a damage does not depend on how much is asked for at a time.
    #[test]
    fn what_comes_out_does_not_depend_on_the_buffer(
        at in 0..20_000_usize,
        sizes in proptest::collection::vec(1..5000_usize, 1..20),
        zstandard: bool,
    ) {
        let pack = if zstandard { zstd } else { gzip };
        let mut bytes = pack(&text(30_000));
        let at = at % bytes.len();
        bytes[at] ^= 0x55;
        let mut unpack = Unpack::new(Input::pipe(Cursor::new(bytes.clone())), true);
        let mut all = Vec::new();
        for size in sizes.iter().cycle() {
            let mut out = vec![0; *size];
            match unpack.step(&mut out).unwrap() {
                Step::Bytes(n) => all.extend_from_slice(&out[..n]),
                Step::End => break,
                _ => {}
            }
        }
        prop_assert!(all == unpacked(&bytes, true).0);
    }
}
