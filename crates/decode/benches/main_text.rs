//! How much of an article is found, and how much else.
//!
//! `cargo bench -p taosha-decode --bench main_text -- [held | all] [show NAME]`
//!
//! prints the shingle F1 of our own sites, without those that are held back. When
//! `TAOSHA_MAIN_TEXT` names a folder with pages and an `expected.json`, `[{file, url, text}]`, these are
//! scored instead.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/main_text/mod.rs"]
mod main_text;

use std::collections::BTreeMap;
use std::path::Path;

use main_text::{HELD_BACK, f1, read, samples};

/// Reports put into each site.
const N_REPORTS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let shown = arguments
        .iter()
        .position(|argument| argument == "show")
        .and_then(|at| arguments.get(at + 1));
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut score = |name: &str, page: &[u8], expected: &str| {
        let found = read(page);
        scores
            .entry(name.to_owned())
            .or_default()
            .push(f1(&found, expected));
        if shown.is_some_and(|shown| name.contains(shown.as_str())) {
            println!("--- {name}\n{found}\n--- expected\n{expected}\n");
        }
    };
    match std::env::var_os("TAOSHA_MAIN_TEXT") {
        Some(folder) => {
            let folder = Path::new(&folder);
            let list = std::fs::read(folder.join("expected.json")).unwrap();
            let list: Vec<serde_json::Value> = serde_json::from_slice(&list).unwrap();
            for page in list {
                let file = page["file"].as_str().unwrap();
                let name =
                    file.get(..8).unwrap_or(file).to_owned() + " " + page["url"].as_str().unwrap();
                let raw = std::fs::read(folder.join(file)).unwrap();
                score(&name, &raw, page["text"].as_str().unwrap());
            }
        }
        None => {
            for sample in samples(N_REPORTS) {
                let is_held = HELD_BACK.contains(&sample.name.as_str());
                if has("all") || has("held") == is_held {
                    score(&sample.name, sample.html.as_bytes(), &sample.expected);
                }
            }
        }
    }
    for (name, scores) in &scores {
        let least = scores.iter().copied().fold(1.0, f64::min);
        println!("{:.3} least {least:.3}  {name}", mean(scores));
    }
    let all: Vec<f64> = scores.into_values().flatten().collect();
    println!("mean {:.4} of {} pages", mean(&all), all.len());
}

fn mean(scores: &[f64]) -> f64 {
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}
