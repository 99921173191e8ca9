//! The sample pages are what the recipes say, and the recipes are true.
use std::collections::BTreeSet;
use std::fs;

use taosha_tests::damage::Damage;
use taosha_tests::pages::{
    Content, Made, Page, gunzip, make_all, quickstart, recipes, with_tables,
};

/// Samples are read by people, too.
const MAX_BYTES: usize = 60_000;

fn made() -> Vec<(Page, Made)> {
    let pages = recipes().expect("the recipes parse");
    let made = make_all().expect("every recipe can be made");
    pages.into_iter().zip(made).collect()
}

fn page(number: &str) -> (Page, Made) {
    let is_it = |(page, _): &(Page, Made)| page.file.starts_with(number);
    made()
        .into_iter()
        .find(is_it)
        .expect("a page has this number")
}

#[test]
fn the_committed_pages_are_what_the_generator_makes() {
    for (page, made) in made() {
        let committed = fs::read(quickstart().join("pages").join(&page.file)).unwrap();
        // Another version of the compressor may find other bytes for the same content.
        let is_same = match page.gzip {
            true => gunzip(&committed).unwrap() == gunzip(&made.bytes).unwrap(),
            false => committed == made.bytes,
        };
        assert!(
            is_same,
            "{}: run `cargo run -p taosha-tests --bin make-pages`",
            page.file
        );
        assert!(committed.len() < MAX_BYTES, "{} is big", page.file);
    }
}

#[test]
fn no_other_page_is_committed() {
    let made: BTreeSet<String> = made().into_iter().map(|(page, _)| page.file).collect();
    let committed = fs::read_dir(quickstart().join("pages")).unwrap();
    let committed: BTreeSet<String> = committed
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(committed, made);
}

#[test]
fn the_readme_says_what_the_recipes_say() {
    let readme = fs::read_to_string(quickstart().join("README.md")).unwrap();
    let pages = recipes().unwrap();
    assert_eq!(with_tables(&readme, &pages), readme);

    let reports: Vec<_> = pages.iter().flat_map(|page| &page.expect.reports).collect();
    let n_kept = reports
        .iter()
        .filter(|report| report.duplicate.is_none())
        .count();
    let n_dead = pages
        .iter()
        .filter(|page| page.expect.dead.is_some())
        .count();
    let sentence = format!(
        "Of {} reports on {} pages {n_kept} are kept and {} collapsed; {n_dead} pages are dead letters.",
        reports.len(),
        pages.len(),
        reports.len() - n_kept,
    );
    assert!(
        readme.contains(&sentence),
        "the readme does not say: {sentence}"
    );
}

#[test]
fn pages_are_in_the_order_of_the_input() {
    let files: Vec<String> = recipes()
        .unwrap()
        .into_iter()
        .map(|page| page.file)
        .collect();
    assert!(files.is_sorted(), "{files:?}");
}

#[test]
fn every_expected_report_is_on_its_page() {
    for (page, made) in made() {
        if matches!(page.content, Content::CopyOf(_)) {
            continue;
        }
        assert_eq!(page.expect.reports.len(), made.texts.len(), "{}", page.file);
        for (report, text) in page.expect.reports.iter().zip(&made.texts) {
            let title = taosha_core::simplify(&report.title);
            assert!(
                text.whole().contains(&title) || page.title == Some(title),
                "{text:?}"
            );
        }
    }
}

#[test]
fn every_duplicate_has_a_kept_twin_before_it() {
    let pages = recipes().unwrap();
    for (at, page) in pages.iter().enumerate() {
        for (n, report) in page.expect.reports.iter().enumerate() {
            let Some(duplicate) = &report.duplicate else {
                continue;
            };
            let twin_at = pages
                .iter()
                .position(|page| page.file == duplicate.of)
                .unwrap();
            let twin = &pages[twin_at].expect.reports[duplicate.n - 1];
            assert!(
                twin.duplicate.is_none(),
                "{} is kept by nobody",
                report.title
            );
            assert!((twin_at, duplicate.n - 1) < (at, n), "{}", report.title);
        }
    }
}

#[test]
fn every_expected_fact_is_in_its_report() {
    for (page, made) in made() {
        for fact in &page.expect.facts {
            let text = made.texts[fact.report - 1].whole();
            assert!(
                text.contains(&fact.evidence),
                "{}: {}",
                page.file,
                fact.evidence
            );
            if let Some(value) = fact.value {
                let written = value.to_string();
                assert!(
                    fact.evidence.contains(&written),
                    "{}: {written}",
                    fact.evidence
                );
            }
        }
    }
}

#[test]
fn declared_lengths_are_true() {
    let (_, made) = page("06");
    assert_eq!(made.texts.len(), 9);
    for text in &made.texts {
        let declared: usize = text
            .title
            .rsplit(' ')
            .next()
            .unwrap()
            .trim_end_matches('字')
            .parse()
            .unwrap();
        let n_chars = text.body.chars().filter(|c| !c.is_whitespace()).count();
        assert_eq!(declared, n_chars, "{}", text.title);
    }
}

#[test]
fn a_charset_without_a_mark_has_four_byte_characters_where_told() {
    let (_, made) = page("02");
    let bytes = [0x82, 0x30, 0xAB, 0x33];
    assert!(made.bytes.windows(4).any(|window| window == bytes));
    assert!(!String::from_utf8_lossy(&made.bytes).contains("charset"));
}

#[test]
fn a_site_that_lies_about_its_charset_is_utf8() {
    let (_, made) = page("03");
    let html = String::from_utf8(made.bytes).unwrap();
    assert!(html.contains("charset=gb2312"));
}

#[test]
fn the_damaged_figures_are_gone_from_the_shifted_page() {
    let (page, made) = page("16");
    let html = String::from_utf8(made.bytes).unwrap();
    assert!(page.damage.is_some());
    assert!(html.contains("獲獎?wù)撐?47篇") && !html.contains("347"));
    assert!(html.contains("總?cè)丝?35.6萬") && !html.contains("135.6"));
    assert!(html.contains("向?qū)W生") && html.contains("我們?nèi)鎸W(xué)"));
}

#[test]
fn the_answer_of_the_shifted_page_is_its_report() {
    let (_, made) = page("16");
    let clean = made.texts[0].whole();
    let damaged = Damage::default().apply(&clean);
    let answer: Vec<char> = taosha_core::simplify(&damaged.answer).chars().collect();
    let differing: String = clean
        .chars()
        .zip(&answer)
        .filter(|(was, is)| was != *is && **is != '□')
        .map(|(was, _)| was)
        .collect();
    assert_eq!(differing, "");
    assert!(answer.contains(&'□'));
}
