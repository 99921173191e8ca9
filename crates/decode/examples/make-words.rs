//! Makes `data/words.txt` of the dictionary of jieba.
//!
//! `cargo run -p taosha-decode --example make-words -- DICT.TXT data/words.txt`, where `DICT.TXT`
//! is `src/data/dict.txt` of the crate jieba-rs (MIT): a word, its frequency and its kind per line.

use std::collections::BTreeMap;
use std::fs;

/// Longer words are put together from shorter ones.
const MAX_CHARS: usize = 4;

/// Words that are rarer are names and slips; single characters stay, however rare.
const LEAST: f64 = 15.0;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(dictionary), Some(table)) = (paths.next(), paths.next()) else {
        return Err("name the dictionary and the table".into());
    };
    // Frequencies in steps of the square root of two: nearer ones make no difference.
    let mut by_step: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(dictionary)?.lines() {
        let mut fields = line.split(' ');
        let (Some(word), Some(frequency)) = (fields.next(), fields.next()) else {
            continue;
        };
        let frequency: f64 = frequency.parse()?;
        let n_chars = word.chars().count();
        let is_han = word.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        if is_han && n_chars <= MAX_CHARS && (n_chars == 1 || frequency >= LEAST) {
            let step = (2.0 * frequency.log2()).round() as i32;
            by_step.entry(step).or_default().push(word.to_owned());
        }
    }
    let mut lines = String::new();
    for (step, mut words) in by_step.into_iter().rev() {
        words.sort_unstable();
        let frequency = (f64::from(step) / 2.0).exp2().round();
        lines.push_str(&format!("{frequency} {}\n", words.join(" ")));
    }
    fs::write(table, lines)?;
    Ok(())
}
