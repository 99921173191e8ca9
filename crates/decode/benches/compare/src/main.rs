//! F1 and MB/s of taosha and of other extraction crates on the same pages, in one run.
//!
//! `cargo run --release -- [ROUNDS]` in this folder; with `TAOSHA_MAIN_TEXT` its pages are added to ours.
//! The others are given decoded text, taosha the bytes.

#[path = "../../../tests/main_text/mod.rs"]
mod main_text;

use std::hint::black_box;
use std::path::Path;

use main_text::f1;

struct Page {
    html: String,
    expected: Option<String>,
}

fn main() {
    let n_rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5);
    let ours = main_text::samples(3);
    let ours = ours.into_iter().map(|sample| Page {
        html: sample.html,
        expected: Some(sample.expected),
    });
    let whole = main_text::reports_in_one().repeat(3);
    let paragraphs: String = whole.lines().map(|line| format!("<p>{line}</p>\n")).collect();
    let cut = paragraphs.char_indices().map(|(at, _)| at).take_while(|at| *at < 100_000);
    let large = paragraphs.get(..cut.last().unwrap_or(0)).unwrap_or_default();
    let large = format!(
        "<html><head><meta charset=utf-8><title>总结</title></head><body><div class=nav><a href=/>首页</a></div>\
         <div class=content>{large}</div><div class=footer>版权所有</div></body></html>"
    );
    let mut sets = vec![
        ("our sites", ours.collect::<Vec<_>>()),
        ("one report of 100 KB", vec![Page { html: large, expected: None }]),
    ];
    if let Some(folder) = std::env::var_os("TAOSHA_MAIN_TEXT") {
        let folder = Path::new(&folder);
        let list = std::fs::read(folder.join("expected.json")).expect("the folder has a list");
        let list: Vec<serde_json::Value> = serde_json::from_slice(&list).expect("it is JSON");
        let page = |page: &serde_json::Value| Page {
            html: std::fs::read_to_string(folder.join(page["file"].as_str().expect("a name")))
                .expect("a page of UTF-8"),
            expected: page["text"].as_str().map(str::to_owned),
        };
        sets.push(("TAOSHA_MAIN_TEXT", list.iter().map(page).collect()));
    }
    let tools: [(&str, fn(&str) -> String); 3] = [
        ("taosha", |html| main_text::read(html.as_bytes())),
        ("trafilatura", trafilatura),
        ("dom_smoothie", dom_smoothie),
    ];
    for (set, pages) in &sets {
        let n_bytes: usize = pages.iter().map(|page| page.html.len()).sum();
        println!("{set}: {} pages, {n_bytes} bytes", pages.len());
        for (tool, read) in tools {
            let scores: Vec<f64> = pages
                .iter()
                .filter_map(|page| Some(f1(&read(&page.html), page.expected.as_ref()?)))
                .collect();
            let seconds = (0..n_rounds).map(|_| seconds(pages, read)).fold(f64::MAX, f64::min);
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            let least = scores.iter().copied().fold(1.0, f64::min);
            let speed = n_bytes as f64 / 1e6 / seconds;
            match scores.is_empty() {
                true => println!("  {tool:14} {speed:.1} MB/s"),
                false => println!("  {tool:14} {speed:.1} MB/s, F1 {mean:.4}, least {least:.3}"),
            }
        }
    }
}

fn seconds(pages: &[Page], read: fn(&str) -> String) -> f64 {
    let start = main_text::processor_seconds();
    for page in pages {
        black_box(read(&page.html));
    }
    main_text::processor_seconds() - start
}

fn trafilatura(html: &str) -> String {
    let found = trafilatura::extract(html, &trafilatura::Options::default());
    found.map(|found| found.content_text).unwrap_or_default()
}

fn dom_smoothie(html: &str) -> String {
    let read = || {
        let mut reader = dom_smoothie::Readability::new(html, None, None).ok()?;
        Some(reader.parse().ok()?.text_content.to_string())
    };
    read().unwrap_or_default()
}
