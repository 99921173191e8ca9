//! The most memory that hostile pages take, each in a process of its own.
//!
//! `cargo bench -p taosha-decode --bench memory -- [MEGABYTES]` prints peak resident set and time, and
//! the bound: ten times the page and 32 MB. Linux only.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench reports, measures time and stops"
)]
#![allow(missing_docs)]

#[path = "../tests/main_text/mod.rs"]
mod main_text;

use std::process::Command;
use std::time::Instant;

const SENTENCE: &str = "青禾县教育局坚持以人民为中心,全面贯彻党的教育方针,各项工作取得了新的进展。";

/// What a page is filled with, by name.
const FILLINGS: [(&str, &str); 18] = [
    ("prose, one line", SENTENCE),
    ("prose, lines", "各项工作取得了新的进展,全年招生30人。\n"),
    ("prose, <p>", "<p>各项工作取得了新的进展,全年招生30人。</p>"),
    ("short lines", "甲\n"),
    ("<br>", "甲<br>"),
    ("nested <div>", "<div>"),
    ("nested <div class><b>", "<div class=a><b>甲"),
    ("table cells", "<td>甲"),
    ("list items", "<ol><li>甲"),
    ("links", "<a href=a_2.html>下一页</a>"),
    ("<", "<"),
    ("unclosed comments", "<!-- "),
    ("unclosed <title>", "<title>"),
    ("&amp;", "&amp;"),
    ("&#x4e00;", "&#x4e00;"),
    ("attributes", " a=b"),
    ("masks", "**县"),
    ("annotations", "總結(jié)"),
];

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    if let [name, n_megabytes] = arguments.as_slice() {
        let (_, filling) = FILLINGS.iter().find(|(known, _)| known == name).unwrap();
        return one(filling, n_megabytes.parse().unwrap());
    }
    let n_megabytes = arguments.first().map_or("50", String::as_str);
    println!("{n_megabytes} MB of");
    for (name, _) in FILLINGS {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([name, n_megabytes])
            .output()
            .unwrap();
        let told = String::from_utf8(child.stdout).unwrap();
        println!("{name:24} {}", told.trim_end());
    }
}

fn one(filling: &str, n_megabytes: usize) {
    let n_bytes = n_megabytes * 1_000_000;
    let mut page = String::with_capacity(n_bytes + 200);
    page.push_str("<html><body>");
    page.push_str(&format!("<p>{SENTENCE}</p>"));
    if filling == " a=b" {
        page.push_str("<div");
    }
    while page.len() < n_bytes {
        page.push_str(filling);
    }
    let start = Instant::now();
    let text = main_text::read_owned(page.into_bytes());
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let peak: f64 = peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1000.0;
    let bound = 10 * n_megabytes + 32;
    println!(
        "{peak:6.0} MB of {bound}, {seconds:6.1} s, {} bytes of text",
        text.len()
    );
}
