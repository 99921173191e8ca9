//! What looking for repairs costs on pages that need none, and what repairs cost on pages that do.
//!
//! `cargo bench -p taosha-decode --bench repair -- [PAGE...]`; without pages a clean one is made up.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

use std::time::{Duration, Instant};

use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

/// The quickest of so many rounds counts: the others were disturbed.
const ROUNDS: usize = 15;

/// Pages are put together up to this size.
const PAGE_BYTES: usize = 100_000;

fn main() {
    let paths: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let mut pages: Vec<(String, Bytes)> = paths
        .iter()
        .map(|path| (path.clone(), std::fs::read(path).unwrap().into()))
        .collect();
    if pages.is_empty() {
        pages = made_up();
    }
    println!("page | KB | without | with repair | more");
    for (name, page) in pages {
        let without = quickest(&page, false);
        let with = quickest(&page, true);
        println!(
            "{name} | {} | {:.2} ms | {:.2} ms | {:+.1} %",
            page.len() / 1000,
            without.as_secs_f64() * 1e3,
            with.as_secs_f64() * 1e3,
            (with.as_secs_f64() / without.as_secs_f64() - 1.0) * 100.0
        );
    }
}

fn quickest(page: &Bytes, repair: bool) -> Duration {
    let config = DecodeConfig {
        repair,
        ..DecodeConfig::default()
    };
    let decode = Decode::new(&config).unwrap();
    let round = || {
        let record = Record::new(
            Origin::new("bench", "memory:page", page.clone()),
            Position("page".into()),
        );
        let mut out = Output::new();
        let start = Instant::now();
        decode.process(record, &mut out).unwrap();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| round()).min().unwrap_or_default()
}

/// Clean pages in both scripts and charsets, and one with questions.
fn made_up() -> Vec<(String, Bytes)> {
    let simplified = "青禾县教育局2019年工作总结。全县共有小学37所（含教学点），在校学生12045人，“普九”成果得到巩固。\n";
    let traditional = "青禾縣教育局2019年工作總結。全縣共有小學37所（含教學點），在校學生12045人，“普九”成果得到鞏固。\n";
    let questions = "为什么要这样做?因为群众需要。你说好不好?!我看很好;a?b:c,真的?，他问。\n";
    let page = |line: &str| line.repeat(PAGE_BYTES / line.len());
    let gbk = |line: &str| encoding_rs::GBK.encode(&page(line)).0.into_owned();
    vec![
        ("simplified, UTF-8".into(), page(simplified).into()),
        ("simplified, GBK".into(), gbk(simplified).into()),
        ("traditional, UTF-8".into(), page(traditional).into()),
        ("questions, UTF-8".into(), page(questions).into()),
    ]
}
