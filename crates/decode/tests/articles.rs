//! The article of pages of many kinds of sites is found, and little else.
//!
//! `cargo bench -p taosha-decode --bench main_text` prints the figure of each site.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

mod main_text;

use main_text::{Sample, f1, read, samples};

/// Below this a page is as good as lost.
const LEAST: f64 = 0.7;

/// A little under what was measured.
const MEAN: f64 = 0.96;

#[test]
fn the_article_of_every_site_is_found() {
    let samples = samples(2);
    let score = |sample: &Sample| f1(&read(sample.html.as_bytes()), &sample.expected);
    let scores: Vec<f64> = samples.iter().map(score).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    assert!(mean >= MEAN, "{mean}");
    for (sample, score) in samples.iter().zip(scores) {
        assert!(score >= LEAST, "{} {score}", sample.name);
    }
}

#[test]
fn a_page_in_gbk_gives_the_same_article() {
    for sample in samples(1)
        .iter()
        .filter(|sample| sample.html.contains("charset"))
    {
        let (raw, _, _) = encoding_rs::GBK.encode(&sample.html);
        let again = read(&raw);
        assert!(
            f1(&again, &read(sample.html.as_bytes())) > 0.99,
            "{}",
            sample.name
        );
    }
}
