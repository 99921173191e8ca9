//! The charset is found, with floors a little under what `benches/charset.rs` measures; and what is read
//! comes from its bytes, in whatever charset they are.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared with the bench and the fuzz targets"
)]

#[path = "../fuzz/fuzz_targets/held.rs"]
mod held;
#[path = "../benches/charset/snippets.rs"]
mod snippets;

use proptest::prelude::*;

use snippets::{DAMAGES, Damage, LENGTHS, Random};
use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

#[test]
fn chinese_of_sixty_bytes_is_always_found() {
    for kind in snippets::kinds(false).iter().filter(|kind| kind.is_chinese) {
        for length in &LENGTHS[1..] {
            for damage in DAMAGES.into_iter().filter(|d| *d != Damage::OddCut) {
                let (right, n) = snippets::right(kind, *length, damage, 2);
                assert_eq!(right, n, "{} {length} {}", kind.name, damage.name());
            }
        }
    }
}

#[test]
fn chinese_of_twenty_bytes_or_cut_anywhere_is_nearly_always_found() {
    for damage in DAMAGES {
        let (mut n_right, mut n) = (0, 0);
        for kind in snippets::kinds(false).iter().filter(|kind| kind.is_chinese) {
            let found = snippets::right(kind, 20, damage, 3);
            (n_right, n) = (n_right + found.0, n + found.1);
        }
        assert!(
            n_right * 100 >= n * 98,
            "{}: {n_right} of {n}",
            damage.name()
        );
    }
}

#[test]
fn other_languages_are_not_turned_into_chinese() {
    for kind in snippets::kinds(false)
        .iter()
        .filter(|kind| !kind.is_chinese)
    {
        for damage in [Damage::None, Damage::Broken] {
            for length in [200, usize::MAX] {
                let (right, n) = snippets::right(kind, length, damage, 10);
                assert!(
                    right * 10 >= n * 9,
                    "{} {length} {}: {right} of {n}",
                    kind.name,
                    damage.name()
                );
            }
        }
    }
}

#[test]
fn random_bytes_are_no_text() {
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    let mut random = Random(300);
    for n_bytes in [100, 300, 300, 300, 3000] {
        for _ in 0..200 {
            let raw: Vec<u8> = (0..n_bytes).map(|_| random.next() as u8).collect();
            let origin = Origin::new("test", "memory:noise.html", Bytes::from(raw.clone()));
            let record = Record::new(origin, Position("noise".into()));
            let error = decode.process(record, &mut Output::new()).map(|()| raw);
            assert_eq!(error.unwrap_err().code(), "decode.not_text");
        }
    }
}

#[test]
fn misread_lines_of_a_page_are_undone_and_point_at_their_bytes() {
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    let line = "2018骞达紝鏉捐タ鍘跨幆淇濆眬缃氭86涓囧厓锛岀珛妗12浠躲";
    let page = format!("一、执法情况\n{line}\n二、标题ÖÐ¹ú caf&eacute; 2019年");
    let origin = Origin::new("test", "memory:page", Bytes::from(page.clone()));
    let mut out = Output::new();
    let record = Record::new(origin, Position("page".into()));
    decode.process(record, &mut out).unwrap();
    let report = out.emissions()[0].record.report().unwrap();
    let document = report.document();
    assert!(
        document
            .text()
            .contains("2018年，松西县环保局罚□86万元，立□12件□")
    );
    assert!(document.text().contains("二、标题中国 caf"));
    let kinds: Vec<&str> = document
        .repairs
        .iter()
        .map(|repair| &*repair.kind)
        .collect();
    assert_eq!(
        kinds,
        ["utf8_as_gbk", "gbk_as_latin1", "character_reference"]
    );
    for repair in document.repairs.iter().take(2) {
        assert_eq!(page.get(repair.raw.clone()), Some(repair.before.as_str()));
        assert_eq!(document.raw_range(repair.span), repair.raw);
    }
    let lost: Vec<&str> = report
        .marks()
        .iter()
        .filter(|mark| mark.rule == "lost_character")
        .filter_map(|mark| document.text().get(mark.span.range()))
        .collect();
    assert_eq!(lost, ["□86", "□12", "□"]);
}

/// Pieces in any charset, tags, and bytes of none.
fn mixture() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "青禾县教育局",
        "共有小学37所，",
        "縣教育局工作總結。",
        "\n",
        "café",
        "<p>",
        "&nbsp;",
        "2019年",
        "𠮷㐂",
        "ÖÐ¹ú",
        "锛屾槸",
    ]);
    let charset = prop::sample::select(vec![
        encoding_rs::UTF_8,
        encoding_rs::GB18030,
        encoding_rs::BIG5,
        encoding_rs::WINDOWS_1252,
    ]);
    let piece = prop_oneof![
        6 => (words, charset).prop_map(|(text, charset)| charset.encode(text).0.into_owned()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_character_that_was_not_edited_comes_from_its_bytes(
        raw in mixture(), repair in any::<bool>(), main_text in any::<bool>()
    ) {
        let config = DecodeConfig { repair, main_text, ..DecodeConfig::default() };
        let decode = Decode::new(&config).unwrap();
        for label in [None, Some("text/html; charset=utf-8"), Some("text/plain; charset=gbk")] {
            if let Some(report) = held::report(&decode, &raw, label) {
                held::spans_lie_on_borders(&report, &raw);
                if !repair {
                    held::characters_come_from_their_bytes(&report, &raw);
                }
            }
        }
    }
}
