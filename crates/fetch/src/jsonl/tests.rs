use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::JsonlFile;
use crate::reading::{Given, Reading};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn row(n: usize) -> String {
    format!("{{\"url\":\"http://baita.example/{n}\",\"text\":\"白塔县第{n}号报告\"}}\n")
}

fn named(given: &[Given]) -> Vec<&str> {
    given.iter().map(|given| given.shown.as_str()).collect()
}

const PATHS: &str = "paths = ['rows']";

#[tokio::test]
async fn a_row_is_a_page_under_its_own_address() {
    let reading = Reading::of(&[("rows/a.jsonl", row(1).as_bytes())]);
    let given = reading.all::<JsonlFile>(PATHS).await;
    assert_eq!(named(&given), ["http://baita.example/1"]);
    assert_eq!(given[0].raw, "白塔县第1号报告");
    assert_eq!(given[0].fetched_at, None);
}

#[tokio::test]
async fn packed_and_plain_files_come_in_the_order_of_their_paths() {
    let packed = ::zstd::encode_all(row(2).as_bytes(), 1).unwrap();
    let reading = Reading::of(&[
        ("rows/b.ndjson.zst", &packed),
        ("rows/a.jsonl.gz", &gzip(row(1).as_bytes())),
        ("rows/c.jsonl", row(3).as_bytes()),
        ("rows/d.csv", b"no"),
    ]);
    let given = reading.all::<JsonlFile>(PATHS).await;
    let uris = [1, 2, 3].map(|n| format!("http://baita.example/{n}"));
    assert_eq!(named(&given), uris);
}

#[tokio::test]
async fn columns_are_the_ones_that_are_named() {
    let row = r#"{"html":"<p>a</p>","id":7,"when":"2021-03-04T05:06:07Z"}
                 {"html":"<p>b</p>","when":"last year"}"#;
    let reading = Reading::of(&[("rows/a.jsonl", row.as_bytes())]);
    let options = format!("{PATHS}\ntext = 'html'\nuri = 'id'\nfetched_at = 'when'");
    let given = reading.all::<JsonlFile>(&options).await;
    assert_eq!(named(&given), ["7", "rows/a.jsonl#2"]);
    assert_eq!(given[0].fetched_at.as_deref(), Some("2021-03-04T05:06:07Z"));
    assert_eq!(given[1].fetched_at, None);
}

#[tokio::test]
async fn one_column_cannot_be_two_things() {
    let reading = Reading::of(&[("rows/a.jsonl", b"")]);
    let options = format!("{PATHS}\ntext = 'url'");
    assert_eq!(reading.refused::<JsonlFile>(&options), "fetch.columns");
}

#[tokio::test]
async fn a_bad_line_is_told_and_the_others_are_read() {
    let lines = format!(
        "\u{feff}{}\r\n\r\nno json\n{}{{\"text\":",
        row(1).trim(),
        row(2)
    );
    let reading = Reading::of(&[("rows/a.jsonl", lines.as_bytes())]);
    let given = reading.all::<JsonlFile>(PATHS).await;
    let expected = [
        "http://baita.example/1",
        "[rows/a.jsonl#3 fetch.json]",
        "http://baita.example/2",
        "[rows/a.jsonl#5 fetch.json]",
    ];
    assert_eq!(named(&given), expected);
    assert_eq!(given[1].raw, "no json");
}

#[tokio::test]
async fn a_line_that_is_too_long_is_not_held() {
    let long = format!("{{\"text\":\"{}\"}}\n", "长".repeat(1_000_000));
    let lines = [row(1), long.clone(), row(2)].concat();
    let reading = Reading::of(&[("rows/a.jsonl", lines.as_bytes())]);
    let options = format!("{PATHS}\nmax_bytes = '10KiB'");
    let given = reading.all::<JsonlFile>(&options).await;
    let expected = [
        "http://baita.example/1",
        "[rows/a.jsonl#2 fetch.too_large]",
        "http://baita.example/2",
    ];
    assert_eq!(named(&given), expected);
    assert!(long.as_bytes().starts_with(&given[1].raw) && given[1].raw.len() < 100_000);
}

#[tokio::test]
async fn a_damaged_member_costs_its_own_lines() {
    let rows = |from: usize| (from..from + 200).map(row).collect::<String>();
    let mut damaged = gzip(rows(200).as_bytes());
    let middle = damaged.len() / 2;
    damaged[middle..middle + 9].fill(0xff);
    let parts = [
        gzip(rows(0).as_bytes()),
        damaged,
        gzip(rows(400).as_bytes()),
    ];
    let reading = Reading::of(&[("rows/a.jsonl.gz", &parts.concat())]);
    let given = reading.all::<JsonlFile>(PATHS).await;
    let uris = named(&given);
    for n in (0..200).chain(400..600) {
        let uri = format!("http://baita.example/{n}");
        assert!(uris.contains(&uri.as_str()), "{uri}");
    }
    let told = uris.iter().filter(|uri| uri.contains("fetch.packed"));
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn a_file_is_gone_on_with_behind_any_line() {
    let lines = [
        row(1),
        "no json\n".to_owned(),
        row(2),
        "\n".to_owned(),
        row(3),
    ]
    .concat();
    let mut damaged = gzip(row(5).repeat(50).as_bytes());
    damaged.truncate(60);
    let parts = [gzip(lines.as_bytes()), damaged, gzip(row(4).as_bytes())];
    let reading = Reading::of(&[
        ("rows/a.jsonl", lines.as_bytes()),
        ("rows/b.jsonl.gz", &parts.concat()),
        ("rows/c.jsonl.gz", b"no gzip at all"),
    ]);
    reading.resumes_everywhere::<JsonlFile>(PATHS).await;
    reading.goes_back_everywhere::<JsonlFile>(PATHS).await;
}

#[tokio::test]
async fn a_file_that_was_replaced_is_read_from_its_start() {
    let reading = Reading::of(&[("rows/a.jsonl", (row(1) + &row(2)).as_bytes())]);
    let given = reading.all::<JsonlFile>(PATHS).await;
    let behind = &given[0].position;
    reading.write("rows/a.jsonl", (row(100) + &row(101)).as_bytes());
    let given = reading.behind::<JsonlFile>(PATHS, &given[1].position).await;
    assert_eq!(given.len(), 2);
    reading.write("rows/a.jsonl", b"");
    assert!(reading.behind::<JsonlFile>(PATHS, behind).await.is_empty());
}
