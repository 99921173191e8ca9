//! Pages into reports, sections and sentences on one core, in MB of text per second.
//!
//! `cargo bench -p taosha-segment --bench speed -- [ROUNDS] [KIND] [STEP]`
//!
//! Time is what the thread spent on a processor, so that other work on the machine counts little,
//! and the least of some rounds. The columns behind the first leave out one step each; what they
//! gain is what the step costs. The long lines are there to show that time grows with the text.
//! Linux only.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/made/mod.rs"]
mod made;

use std::hint::black_box;

use made::words::NEAR;
use made::{Decay, Dice, LINES, MarkerForm, PLANS};
use taosha_core::{Output, Record, Settings, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let n_rounds = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(5);
    let steps = [
        ("all", SegmentConfig::default()),
        (
            "-split",
            SegmentConfig {
                split: false,
                ..SegmentConfig::default()
            },
        ),
        (
            "-outline",
            SegmentConfig {
                outline: false,
                ..SegmentConfig::default()
            },
        ),
    ];
    let is_asked =
        |(step, _): &&(&str, SegmentConfig)| arguments.get(2).is_none_or(|only| only == step);
    let steps: Vec<_> = steps.iter().filter(is_asked).collect();
    print!("{:24} {:>10}", "MB/s", "bytes");
    for (step, _) in &steps {
        print!(" {step:>10}");
    }
    println!();
    for (kind, pages) in kinds() {
        let is_other = |only: &String| !kind.contains(only.as_str());
        if arguments.get(1).is_some_and(is_other) {
            continue;
        }
        let n_bytes: usize = pages.iter().map(String::len).sum();
        print!("{kind:24} {n_bytes:>10}");
        for (_, config) in &steps {
            let settings = Settings {
                id: "segment".into(),
                base: ".".into(),
                run: "bench".into(),
                scratch: None,
            };
            let segment = Segment::build(config.clone(), &settings).unwrap();
            let n_rounds = if n_bytes > LARGE { 1 } else { n_rounds };
            let seconds = (0..n_rounds)
                .map(|_| seconds(&segment, &pages))
                .fold(f64::MAX, f64::min);
            print!(" {:>10.1}", n_bytes as f64 / 1e6 / seconds);
        }
        println!();
    }
}

/// Bytes above which one round tells enough.
const LARGE: usize = 5_000_000;

fn seconds(segment: &Segment, pages: &[String]) -> f64 {
    let records: Vec<Record> = pages
        .iter()
        .map(|page| Record::from_text("memory:page", page))
        .collect();
    let start = processor_seconds();
    for record in records {
        let mut out = Output::new();
        segment.process(record, &mut out).unwrap();
        black_box(out);
    }
    processor_seconds() - start
}

/// What this thread spent on a processor so far.
fn processor_seconds() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = schedule.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn kinds() -> Vec<(&'static str, Vec<String>)> {
    let mut dice = Dice(1);
    let reports: Vec<String> = (0..600)
        .map(|i| made::report(&mut dice, &NEAR, LINES, PLANS[i % PLANS.len()]).text)
        .collect();
    let compilations: Vec<String> = (0..40)
        .map(|_| made::compilation(&mut dice, &NEAR, MarkerForm::Bracketed, Decay::None, 12).text)
        .collect();
    let long: Vec<String> = (0..6)
        .map(|i| reports.iter().skip(100 * i).take(100).cloned().collect())
        .collect();
    let line = reports.concat().replace('\n', "");
    let of_bytes = |n: usize| vec![line.repeat(1 + n / line.len())];
    vec![
        ("reports", reports),
        ("compilations of 12", compilations),
        ("pages of 100 reports", long),
        ("one line, 1.5 MB", of_bytes(1)),
        ("one line, 12 MB", of_bytes(12_000_000)),
        ("one line, 50 MB", of_bytes(50_000_000)),
    ]
}
