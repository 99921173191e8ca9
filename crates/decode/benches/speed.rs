//! Bytes to text on one core, in MB of raw bytes per second.
//!
//! `cargo bench -p taosha-decode --bench speed -- [ROUNDS] [KIND]`
//!
//! Time is what the thread spent on a processor, so that other work on the machine counts little, and
//! the least of some rounds. The columns behind the first leave out one step each; what they gain is
//! what the step costs. Linux only.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/main_text/mod.rs"]
mod main_text;

use std::hint::black_box;
use std::path::Path;

use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

const LARGE: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let n_rounds = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(5);
    let steps: [(&str, DecodeConfig); 4] = [
        ("all", DecodeConfig::default()),
        (
            "-chrome",
            DecodeConfig {
                chrome: false,
                ..DecodeConfig::default()
            },
        ),
        (
            "-main text",
            DecodeConfig {
                main_text: false,
                ..DecodeConfig::default()
            },
        ),
        (
            "-repair",
            DecodeConfig {
                repair: false,
                ..DecodeConfig::default()
            },
        ),
    ];
    print!("{:28} {:>9}", "MB/s", "bytes");
    for (step, _) in &steps {
        print!(" {step:>10}");
    }
    println!();
    for (kind, pages) in kinds() {
        if arguments
            .get(1)
            .is_some_and(|only| !kind.contains(only.as_str()))
        {
            continue;
        }
        let n_bytes: usize = pages.iter().map(Vec::len).sum();
        print!("{kind:28} {n_bytes:>9}");
        for (_, config) in &steps {
            let decode = Decode::new(config).unwrap();
            let seconds = (0..n_rounds)
                .map(|_| seconds(&decode, &pages))
                .fold(f64::MAX, f64::min);
            print!(" {:>10.1}", n_bytes as f64 / 1e6 / seconds);
        }
        println!();
    }
}

/// How often the pages are read in one round: the clock of the scheduler ticks in milliseconds.
const TIMES: usize = 20;

fn seconds(decode: &Decode, pages: &[Vec<u8>]) -> f64 {
    let record = |page: &Vec<u8>| {
        let origin = Origin::new("test", "memory:page", Bytes::copy_from_slice(page));
        Record::new(origin, Position("page".into()))
    };
    let records: Vec<Record> = pages.iter().map(record).collect();
    let start = main_text::processor_seconds();
    for record in records.iter().cycle().take(TIMES * records.len()) {
        let mut out = Output::new();
        decode.process(record.clone(), &mut out).unwrap();
        black_box(out);
    }
    (main_text::processor_seconds() - start) / TIMES as f64
}

fn kinds() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let text: String = main_text::reports_in_one().repeat(1 + LARGE / 30_000);
    let cut = |n: usize| text.chars().take(n).collect::<String>();
    let page = |n_chars: usize| {
        let paragraphs = cut(n_chars);
        let paragraphs = paragraphs
            .lines()
            .map(|line| format!("<p style=\"text-indent:2em\">{line}</p>\n"));
        main_text::site("gov-trs").replace("{{title}}", "青禾县2020年工作总结").replace(
            "{{each <p style=\"text-indent: 2em; line-height: 1.75em;\"><span style=\"font-size: 16px;\">¶</span></p>}}",
            &paragraphs.collect::<String>(),
        )
    };
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let large = page(LARGE / 3);
    let small: Vec<String> = main_text::samples(1)
        .into_iter()
        .filter(|sample| !sample.name.contains("only") && !sample.name.contains("script"))
        .map(|sample| sample.html)
        .collect();
    let plain = cut(LARGE / 3);
    let mut kinds = vec![
        ("HTML, UTF-8, 100 KB", vec![large.clone().into_bytes()]),
        ("HTML, GBK, 100 KB", vec![gbk(&page(LARGE / 2))]),
        (
            "HTML, UTF-8, small",
            small.iter().map(|page| page.clone().into_bytes()).collect(),
        ),
        (
            "HTML, GBK, small",
            small.iter().map(|page| gbk(page)).collect(),
        ),
        ("plain, UTF-8, 100 KB", vec![plain.clone().into_bytes()]),
        ("plain, GBK, 100 KB", vec![gbk(&plain)]),
        (
            "plain, one line, 100 KB",
            vec![plain.replace('\n', "").into_bytes()],
        ),
    ];
    // Whatever pages are at hand: scripts and menus around a short article.
    if let Some(folder) = std::env::var_os("TAOSHA_MAIN_TEXT") {
        let files = std::fs::read_dir(Path::new(&folder)).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let pages = files.filter(|path| path.extension().is_some_and(|e| e == "html"));
        kinds.push((
            "pages of TAOSHA_MAIN_TEXT",
            pages.map(|path| std::fs::read(path).unwrap()).collect(),
        ));
    }
    kinds
}
