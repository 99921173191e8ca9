//! How often the charset of a snippet is found: by charset, length and damage.
//!
//! `cargo bench -p taosha-decode --bench charset -- [SNIPPETS PER TEXT] [missed]`; with `missed` it shows each
//! snippet that was read otherwise. With `speed` alone: megabytes in a second, bytes to text, of plain pages of 100 KB.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs, unreachable_pub, dead_code)]

#[path = "charset/snippets.rs"]
mod snippets;

use snippets::{DAMAGES, LENGTHS};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "speed") {
        return snippets::speed(|name, rate| println!("{name}: {rate:.0} MB/s"));
    }
    let per_text = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(20);
    let shows_missed = arguments.iter().any(|a| a == "missed");
    for is_held_back in [false, true] {
        let texts = if is_held_back { "held back" } else { "reports" };
        println!(
            "\n| {texts} | length | {} |",
            DAMAGES.map(|d| d.name()).join(" | ")
        );
        println!("|---|--:|{}", "--:|".repeat(DAMAGES.len()));
        for kind in snippets::kinds(is_held_back) {
            for length in LENGTHS {
                let cells = DAMAGES.map(|damage| {
                    let (right, n) =
                        snippets::right_with(&kind, length, damage, per_text, |what| {
                            if shows_missed {
                                println!("MISSED {} {length} {}: {what}", kind.name, damage.name());
                            }
                        });
                    match right == n {
                        true => "100".to_owned(),
                        false => format!("{:.1} ({right}/{n})", 100.0 * right as f64 / n as f64),
                    }
                });
                let length = match length {
                    usize::MAX => "all".to_owned(),
                    length => length.to_string(),
                };
                println!("| {} | {length} | {} |", kind.name, cells.join(" | "));
            }
        }
    }
}
