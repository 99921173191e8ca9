use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::reader::{Item, Reader};
use crate::input::Input;

/// A `resource` record whose block is `block`, telling a length of `told`.
fn telling(name: &str, block: &[u8], told: usize) -> Vec<u8> {
    let mut head = String::from("WARC/1.0\r\nWARC-Type: resource\r\n");
    let _ = write!(head, "WARC-Target-URI: http://baita.example/{name}\r\n");
    let _ = write!(head, "Content-Length: {told}\r\n\r\n");
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn record(name: &str) -> Vec<u8> {
    let block = block_of(name);
    telling(name, &block, block.len())
}

fn block_of(name: &str) -> Vec<u8> {
    format!("<p>page {name}</p>\n\nwith\r\n\r\nblank lines").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn as_is(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

/// What a file gives: names of records, reasons of losses in brackets.
fn read(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(Input::pipe(Cursor::new(bytes.to_vec())), false, 10_000);
    let mut told = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        told.push(match item {
            Item::Record(record) => {
                let target = record.header.target().unwrap_or_default();
                let name = target.rsplit('/').next().unwrap_or_default().to_owned();
                assert_eq!(record.block, block_of(&name), "{name}");
                name
            }
            Item::TooLong { header, .. } => format!("[too long: {:?}]", header.length()),
            Item::Lost(lost) => format!("[{}: {}]", lost.n_bytes, lost.why),
        });
    }
    told
}

#[test]
fn records_are_read_however_the_file_is_packed() {
    let names = ["a", "b", "c"];
    let whole = names.map(record).concat();
    for bytes in [
        whole.clone(),
        gzip(&whole),
        zstd(&whole),
        names.map(|name| gzip(&record(name))).concat(),
        names.map(|name| zstd(&record(name))).concat(),
        [gzip(&record("a")), zstd(&record("b")), gzip(&record("c"))].concat(),
    ] {
        assert_eq!(read(&bytes), names);
    }
    assert!(read(b"").is_empty());
}

#[test]
fn a_record_across_two_members_is_read() {
    let whole = ["a", "b"].map(record).concat();
    let (first, second) = whole.split_at(50);
    assert_eq!(read(&[gzip(first), gzip(second)].concat()), ["a", "b"]);
}

#[test]
fn a_record_with_a_wrong_length_is_lost_and_nothing_else() {
    for pack in [as_is as fn(&[u8]) -> Vec<u8>, gzip, zstd] {
        for told in [0, 5, 37, 43, 200, 5_000] {
            let wrong = telling("wrong", &block_of("wrong"), told);
            let parts = [record("a"), wrong, record("b"), record("c")];
            let read = read(&parts.map(|part| pack(&part)).concat());
            assert_eq!(read.len(), 4, "{told}: {read:?}");
            assert_eq!([&read[0], &read[2], &read[3]], ["a", "b", "c"], "{told}");
            assert!(read[1].contains(&format!("{told} bytes")), "{read:?}");
        }
    }
}

#[test]
fn a_record_that_is_cut_is_lost_and_nothing_else() {
    let long = record("cut");
    for at in [1, 7, 30, 90, long.len() - 5] {
        let bytes = [record("a"), long[..at].to_vec(), record("b")].concat();
        let read = read(&bytes);
        assert_eq!(read.len(), 3, "{at}: {read:?}");
        assert_eq!([&read[0], &read[2]], ["a", "b"], "{at}");
    }
    let end = [record("a"), long[..90].to_vec()].concat();
    assert_eq!(read(&end).len(), 2);
}

#[test]
fn a_member_that_is_cut_is_lost_and_nothing_else() {
    for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
        let long = pack(&record("cut"));
        for at in [3, 12, 40, long.len() - 3] {
            let bytes = [pack(&record("a")), long[..at].to_vec(), pack(&record("b"))].concat();
            let read = read(&bytes);
            assert_eq!(read.len(), 3, "{at}: {read:?}");
            assert_eq!([&read[0], &read[2]], ["a", "b"], "{at}");
        }
    }
}

#[test]
fn a_member_with_a_wrong_checksum_is_lost_and_nothing_else() {
    let mut wrong = gzip(&record("wrong"));
    let end = wrong.len();
    wrong[end - 6] ^= 1;
    let read = read(&[gzip(&record("a")), wrong, gzip(&record("b"))].concat());
    assert_eq!(read.len(), 3, "{read:?}");
    assert!(read[1].contains("checksum"), "{read:?}");
}

#[test]
fn what_stands_between_records_is_told() {
    let bytes = [
        b"\r\n\r\ngarbage\nWARC/1.0 is a format\n".to_vec(),
        record("a"),
        b"more\r\n".to_vec(),
        record("b"),
        b"\n\n\n".to_vec(),
    ]
    .concat();
    let read = read(&bytes);
    assert_eq!(read.len(), 4, "{read:?}");
    assert_eq!([&read[1], &read[3]], ["a", "b"]);
    assert!(
        read[0].starts_with("[29: ") && read[2].starts_with("[6: "),
        "{read:?}"
    );
}

#[test]
fn a_record_that_is_too_long_is_skipped() {
    let long = telling("long", &vec![b'x'; 300_000], 300_000);
    let lying = telling("lying", b"short", usize::MAX);
    for pack in [as_is as fn(&[u8]) -> Vec<u8>, gzip] {
        let parts = [
            record("a"),
            long.clone(),
            record("b"),
            lying.clone(),
            record("c"),
        ];
        let read = read(&parts.map(|part| pack(&part)).concat());
        assert_eq!(read.len(), 5, "{read:?}");
        assert_eq!([&read[0], &read[2], &read[4]], ["a", "b", "c"]);
        assert_eq!(read[1], "[too long: Some(300000)]");
    }
}

/// Every item of the file, as the reader shows it.
fn shown(reader: &mut Reader) -> Vec<String> {
    let mut shown = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        shown.push(format!("{item:?}"));
    }
    shown
}

#[test]
fn reading_goes_on_at_every_place_as_if_it_had_never_ended() {
    let mut damaged = gzip(&[record("x"), record("y"), record("z")].concat());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let mut bad_header = gzip(&record("h"));
    bad_header[3] = 0xff;
    let parts = [
        gzip(&record("a")),
        damaged,
        gzip(&[record("b"), b"garbage\n".to_vec(), record("c")].concat()),
        bad_header,
        gzip(&telling("long", &[b'x'; 30_000], 30_000)),
        gzip(&record("d"))[..20].to_vec(),
        zstd(&record("e")),
    ];
    let plain = [record("a"), telling("w", b"wrong", 9), record("b")].concat();
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a.warc.gz", parts.concat()), ("b.warc", plain)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let whole = shown(&mut Reader::open(&path, 10_000).unwrap());
        assert!(whole.len() >= 3, "{whole:?}");
        let mut reader = Reader::open(&path, 10_000).unwrap();
        for n in 0..whole.len() {
            let place = reader.next().unwrap().unwrap().place();
            let again = Reader::open_at(&path, 10_000, place).unwrap();
            assert_eq!(shown(&mut again.unwrap()), whole[n..], "{place:?}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        read(&bytes);
        read(&[b"WARC/1.0\r\n".as_slice(), &bytes].concat());
    }

    /// Whatever is done to a stretch of the file, the records that lie clear of it are read.
    #[test]
    fn damage_takes_no_record_along(
        at in 0..100_000_usize,
        n_cut in 0..300_usize,
        put in proptest::collection::vec(any::<u8>(), 0..60),
        packing in 0..3_usize,
    ) {
        let pack = [as_is as fn(&[u8]) -> Vec<u8>, gzip, zstd][packing];
        let names = ["a", "b", "c", "d", "e", "f"];
        let parts = names.map(|name| pack(&record(name)));
        let whole = parts.concat();
        let at = at % whole.len();
        let end = (at + n_cut).min(whole.len());
        let bytes = [&whole[..at], &put, &whole[end..]].concat();
        let mut sound = Vec::new();
        let mut start = 0;
        for (name, part) in names.iter().zip(&parts) {
            let after = start + part.len();
            if after <= at || start >= end {
                sound.push(*name);
            }
            start = after;
        }
        let read = read_leniently(&bytes, packing > 0);
        let found: Vec<_> = read.iter().filter(|name| sound.contains(&name.as_str())).collect();
        prop_assert_eq!(found, sound.iter().collect::<Vec<_>>());
    }
}

/// Names of the records that are as they were written.
fn read_leniently(bytes: &[u8], is_packed: bool) -> Vec<String> {
    let input = Input::pipe(Cursor::new(bytes.to_vec()));
    let mut reader = Reader::new(input, is_packed, 10_000);
    let mut names = Vec::new();
    while let Some(item) = reader.next().unwrap() {
        if let Item::Record(record) = item {
            let target = record.header.target().unwrap_or_default();
            let name = target.rsplit('/').next().unwrap_or_default().to_owned();
            if record.block == block_of(&name) {
                names.push(name);
            }
        }
    }
    names
}
