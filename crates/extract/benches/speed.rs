//! Facts out of reports on one core, in MB of text per second.
//!
//! `cargo bench -p taosha-extract --bench speed -- [ROUNDS] [KIND]`
//!
//! Time is what the thread spent on a processor, so that other work on the machine counts little,
//! and the least of some rounds. The long lines are there to show that time grows with the text.
//! Linux only.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

use std::hint::black_box;

use taosha_core::{Output, Record, Settings, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig};

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let n_rounds = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(5);
    println!("{:24} {:>10} {:>8} {:>8}", "", "bytes", "MB/s", "facts");
    for (kind, pages) in kinds() {
        let is_other = |only: &String| !kind.contains(only.as_str());
        if arguments.get(1).is_some_and(is_other) {
            continue;
        }
        let n_bytes: usize = pages.iter().map(String::len).sum();
        let settings = Settings {
            id: "extract".into(),
            base: ".".into(),
            run: "bench".into(),
            scratch: None,
        };
        let extract = Extract::build(ExtractConfig::default(), &settings).unwrap();
        let n_rounds = if n_bytes > LARGE { 1 } else { n_rounds };
        let rounds: Vec<(f64, usize)> = (0..n_rounds).map(|_| round(&extract, &pages)).collect();
        let seconds = rounds.iter().map(|r| r.0).fold(f64::MAX, f64::min);
        println!(
            "{kind:24} {n_bytes:>10} {:>8.1} {:>8}",
            n_bytes as f64 / 1e6 / seconds,
            rounds[0].1
        );
    }
}

/// Bytes above which one round tells enough.
const LARGE: usize = 5_000_000;

/// Seconds on a processor, and the facts found.
fn round(extract: &Extract, pages: &[String]) -> (f64, usize) {
    let records: Vec<Record> = pages
        .iter()
        .map(|page| Record::from_text("memory:page", page))
        .collect();
    let mut n_facts = 0;
    let start = processor_seconds();
    for record in records {
        let mut out = Output::new();
        extract.process(record, &mut out).unwrap();
        n_facts += out.emissions()[0].record.report().unwrap().facts.len();
        black_box(out);
    }
    (processor_seconds() - start, n_facts)
}

/// What this thread spent on a processor so far.
fn processor_seconds() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = schedule.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

/// A small generator of numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

/// Sentences without figures; reports have about two of them for one with figures.
const PROSE: &[&str] = &[
    "全县教育系统深入贯彻落实上级决策部署,坚持以立德树人为根本任务,扎实推进各项工作。",
    "进一步完善管理制度,压实工作责任,形成了齐抓共管的良好局面。",
    "广泛开展师德师风教育活动,教师队伍的整体素质有了新的提升。",
    "积极回应群众关切,认真办理来信来访,社会满意程度不断提高。",
    "下一步,我们将继续加强领导,创新方法,推动各项工作再上新的台阶。",
    "学校加强校园周边环境的综合治理,保障了师生的安全,家长普遍表示欢迎。",
    "各单位结合实际,制定方案,明确分工,确保各项任务落到实处,取得明显成效。",
];

/// Sentences with figures; `#` stands for a number.
const FIGURES: &[&str] = &[
    "2019年,青禾县新建小学#所,投入近#万元,新增校舍面积#.6平方米。",
    "全年共招生#人,比上年的#人增加#人,增长13.#%。",
    "小学、初中入学率分别为99.#%、98.#%,巩固率达到97.#%以上。",
    "6月26日,县教育局印发《关于加强校园安全的通知》(青教发〔2019〕#号),开展排查#次。",
    "资助家庭经济困难学生#人次,发放资金#.5万元,其中寄宿生#人。",
];

fn report(dice: &mut Dice, lines: usize) -> String {
    let mut text = String::from("青禾县教育局2019年工作总结\n");
    for _ in 0..lines {
        for _ in 0..2 {
            text.push_str(PROSE[dice.below(PROSE.len())]);
        }
        for part in FIGURES[dice.below(FIGURES.len())].split_inclusive('#') {
            text.push_str(part.trim_end_matches('#'));
            if part.ends_with('#') {
                text.push_str(&(1 + dice.below(900)).to_string());
            }
        }
        text.push('\n');
    }
    text
}

fn kinds() -> Vec<(&'static str, Vec<String>)> {
    let mut dice = Dice(1);
    let reports: Vec<String> = (0..400).map(|_| report(&mut dice, 20)).collect();
    let prose: Vec<String> = (0..400)
        .map(|_| (0..60).map(|_| PROSE[dice.below(PROSE.len())]).collect())
        .collect();
    let rows = |dice: &mut Dice| -> String {
        let row = |dice: &mut Dice| {
            format!(
                "第{}小学\t{}\t{}.5\n",
                dice.below(90),
                dice.below(900),
                dice.below(90)
            )
        };
        let rows: String = (0..60).map(|_| row(dice)).collect();
        format!("学校\t学生(人)\t投入(万元)\n{rows}")
    };
    let tables = (0..400).map(|_| rows(&mut dice)).collect();
    let line = reports.concat().replace('\n', "");
    let of_bytes = |n: usize| vec![line.repeat(1 + n / line.len())];
    vec![
        ("reports", reports),
        ("prose without figures", prose),
        ("tables", tables),
        ("one line, 2 MB", of_bytes(1)),
        ("one line, 20 MB", of_bytes(20_000_000)),
        ("one comma, 20 MB", vec!["新建3所,".repeat(1_700_000)]),
        ("digits, 5 MB", vec!["1".repeat(5_000_000)]),
    ]
}
