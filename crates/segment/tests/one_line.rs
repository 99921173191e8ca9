//! Whole reports of several offices, written here with their outlines, as sites leave them: line
//! breaks gone, or blanks in their place. Rules are written while looking at `near.txt` and scored
//! on `far.txt`.
//!
//! A report begins with `==` and its title; `{1一、馆藏建设}` is a heading of level 1. What stands behind
//! the brace is the sentence below it; a heading whose words are that sentence has none in the braces.

#![allow(clippy::string_slice)] // A wrong offset shall fail the test.
#![allow(clippy::print_stdout, reason = "scores are read by people")]

use taosha_core::{Output, Record, Section, Settings, Stage, StageType};
use taosha_segment::{Segment, SegmentConfig};

const NEAR: &str = include_str!("one_line/near.txt");
const FAR: &str = include_str!("one_line/far.txt");

/// What is left of a line break.
const STATES: [(&str, &str); 5] = [
    ("lines", "\n"),
    ("nothing", ""),
    ("blank", " "),
    ("wide blank", "\u{3000}"),
    ("no stop", NO_STOP),
];

/// Stands for a line break that went together with the stop in front of it.
const NO_STOP: &str = "-";

/// A heading as the truth has it.
#[derive(Debug, PartialEq)]
struct Heading {
    start: usize,
    level: u8,
    number: String,
    /// `None` where the words behind the number are a sentence.
    title: Option<String>,
}

struct Page {
    text: String,
    headings: Vec<Heading>,
}

/// The report `marked` with `line_break` between its lines.
fn page(marked: &str, line_break: &str) -> Page {
    let mut page = Page {
        text: String::new(),
        headings: Vec::new(),
    };
    let marked = match line_break {
        NO_STOP => marked.replace("。\n", "\n"),
        _ => marked.to_owned(),
    };
    let line_break = line_break.trim_matches('-');
    for line in marked.lines().filter(|line| !line.is_empty()) {
        let Some((heading, behind)) = line.strip_prefix('{').and_then(|l| l.split_once('}')) else {
            page.text += &format!("{line}{line_break}");
            continue;
        };
        let words = heading[1..].trim_start();
        let is_number = |c: char| "第(（一二三四五六七八九十部分".contains(c) || c.is_ascii_digit();
        let is_sign = |c: char| "、.)） ".contains(c);
        let digits = words.trim_start_matches(is_number);
        let title = digits.trim_start_matches(is_sign);
        let number =
            words[..words.len() - digits.len()].trim_matches(['第', '(', '（', '部', '分']);
        page.headings.push(Heading {
            start: page.text.len(),
            level: heading[..1].parse().expect("a level"),
            number: number.to_owned(),
            title: (!title.is_empty()).then(|| title.to_owned()),
        });
        page.text += words;
        if !behind.is_empty() {
            page.text += &format!("{behind}{line_break}");
        } else {
            page.text += line_break;
        }
    }
    page
}

fn sections(text: &str) -> Vec<Section> {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let segment = Segment::build(SegmentConfig::default(), &settings).expect("defaults build");
    let mut out = Output::new();
    segment
        .process(Record::from_text("memory:page", text), &mut out)
        .expect("a page is segmented");
    let emissions = out.emissions().iter();
    emissions
        .flat_map(|emission| emission.record.report().expect("a report").sections.clone())
        .filter(|section| section.level > 0)
        .collect()
}

/// F1 of headings, and the share of titles that are right to the letter.
fn score(bank: &str, line_break: &str, n_shown: usize) -> (f64, f64) {
    let (mut n_right, mut n_found, mut n_true) = (0, 0, 0);
    let (mut n_titles, mut n_titled) = (0, 0);
    let mut left = n_shown;
    let mut show = |what: &str, words: String| {
        if left > 0 {
            left -= 1;
            println!("  {what} {}", words.replace('\n', "⏎"));
        }
    };
    for marked in bank.split("== ").skip(1) {
        let page = page(marked, line_break);
        let found = sections(&page.text);
        let from = |at: usize| page.text[at..].chars().take(24).collect::<String>();
        n_found += found.len();
        n_true += page.headings.len();
        for heading in &page.headings {
            let same = |section: &&Section| {
                section.span.start() == heading.start
                    && section.level == heading.level
                    && section.number.as_deref() == Some(heading.number.as_str())
            };
            let Some(section) = found.iter().find(same) else {
                show("missed", from(heading.start));
                continue;
            };
            n_right += 1;
            if heading.title.is_some() {
                n_titled += 1;
                n_titles += usize::from(section.title == heading.title);
            }
            if section.title != heading.title {
                show(
                    "title",
                    format!("{:?} of {}", section.title, from(heading.start)),
                );
            }
        }
        let is_wrong = |section: &&Section| {
            page.headings
                .iter()
                .all(|h| h.start != section.span.start())
        };
        for section in found.iter().filter(is_wrong) {
            show("wrong", from(section.span.start()));
        }
    }
    let f1 = 2.0 * n_right as f64 / (n_found + n_true) as f64;
    println!(
        "{n_right} right of {n_true}, {n_found} found, F1 {f1:.4}; {n_titles} of {n_titled} titles"
    );
    (f1, n_titles as f64 / n_titled as f64)
}

#[test]
fn headings_are_found_where_line_breaks_were_lost() {
    let n_shown = std::env::var("TAOSHA_SHOW")
        .ok()
        .and_then(|n| n.parse().ok());
    for (name, line_break) in STATES {
        for (bank, reports) in [("near", NEAR), ("far", FAR)] {
            print!("{bank} {name}: ");
            let n_shown = n_shown.filter(|_| bank == "near" || std::env::var("TAOSHA_FAR").is_ok());
            let (f1, titles) = score(reports, line_break, n_shown.unwrap_or(0));
            assert!(
                f1 >= 0.98 && titles >= 0.75,
                "{bank} {name}: {f1}, {titles}"
            );
        }
    }
}
