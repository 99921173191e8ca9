use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::WarcFile;
use crate::reading::{Given, Reading};

const PATHS: &str = "paths = ['crawl']";

fn record(kind: &str, uri: &str, media: &str, block: &[u8]) -> Vec<u8> {
    let mut head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\n");
    if !uri.is_empty() {
        let _ = write!(head, "WARC-Target-URI: {uri}\r\n");
    }
    let _ = write!(head, "WARC-Date: 2021-03-04T05:06:07Z\r\n");
    let _ = write!(head, "Content-Type: {media}\r\n");
    let _ = write!(head, "Content-Length: {}\r\n\r\n", block.len());
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn response(uri: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let block = [b"HTTP/1.1 ", head.as_bytes(), b"\r\n\r\n", body].concat();
    record(
        "response",
        uri,
        "application/http; msgtype=response",
        &block,
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn named(given: &[Given]) -> Vec<&str> {
    given.iter().map(|given| given.shown.as_str()).collect()
}

const HTML: &str = "200 OK\r\nContent-Type: text/html; charset=gbk";

/// A crawl as crawlers write it: a member per record.
fn crawl() -> Vec<u8> {
    let parts = [
        record(
            "warcinfo",
            "",
            "application/warc-fields",
            b"software: test\r\n",
        ),
        record(
            "request",
            "http://a.example/1",
            "application/http",
            b"GET / HTTP/1.1\r\n\r\n",
        ),
        response("http://a.example/1", HTML, b"\xb0\xd7\xcb\xfe"),
        response(
            "http://a.example/2",
            "404 Not Found\r\nContent-Type: text/html",
            b"gone",
        ),
        response(
            "http://a.example/3",
            "200 OK\r\nContent-Type: image/png",
            b"PNG",
        ),
        response("http://a.example/4", "200 OK", b"no type"),
        record(
            "revisit",
            "http://a.example/1",
            "application/http",
            b"HTTP/1.1 200 OK\r\n\r\n",
        ),
        record("resource", "file:///a.txt", "text/plain", b"a resource"),
        record(
            "resource",
            "dns:a.example",
            "text/dns",
            b"a.example. A 192.0.2.1",
        ),
        record(
            "response",
            "http://a.example/5",
            "application/http",
            b"no status",
        ),
        response(
            "http://a.example/6",
            &format!("{HTML}\r\nContent-Encoding: gzip"),
            &gzip(b"six"),
        ),
    ];
    parts.map(|part| gzip(&part)).concat()
}

#[tokio::test]
async fn pages_of_a_crawl_are_read_and_what_is_none_is_left_out() {
    let reading = Reading::of(&[("crawl/a.warc.gz", &crawl())]);
    let given = reading.all::<WarcFile>(PATHS).await;
    let uris = named(&given);
    let expected = [
        "http://a.example/1",
        "http://a.example/4",
        "file:///a.txt",
        uris[3],
        "http://a.example/6",
    ];
    assert_eq!(uris, expected);
    assert!(uris[3].starts_with("[crawl/a.warc.gz@") && uris[3].ends_with(" fetch.warc]"));
    assert!(
        given[3].message.contains("http://a.example/5"),
        "{}",
        given[3].message
    );
    assert_eq!(given[0].raw, b"\xb0\xd7\xcb\xfe".as_slice());
    assert_eq!(given[0].fetched_at.as_deref(), Some("2021-03-04T05:06:07Z"));
    let header = (
        "content-type".to_owned(),
        "text/html; charset=gbk".to_owned(),
    );
    assert!(given[0].headers.contains(&header));
    assert_eq!(given[4].raw, "six");
}

#[tokio::test]
async fn types_and_status_are_the_ones_that_are_named() {
    let reading = Reading::of(&[("crawl/a.warc.gz", &crawl())]);
    let options = format!("{PATHS}\nstatus = [404]");
    let given = reading.all::<WarcFile>(&options).await;
    assert!(named(&given).contains(&"http://a.example/2"));
    let options = format!("{PATHS}\ntypes = ['image/*']");
    let given = reading.all::<WarcFile>(&options).await;
    assert!(named(&given).contains(&"http://a.example/3"));
    assert!(!named(&given).contains(&"http://a.example/1"));
}

#[tokio::test]
async fn extracted_text_is_a_page() {
    let text = "白塔县教育局2020年工作总结".as_bytes();
    let wet = record("conversion", "http://a.example/1", "text/plain", text);
    let reading = Reading::of(&[("crawl/a.warc.wet.gz", &gzip(&wet))]);
    let given = reading.all::<WarcFile>(PATHS).await;
    assert_eq!(named(&given), ["http://a.example/1"]);
    assert_eq!(given[0].raw, text);
}

#[tokio::test]
async fn a_page_beyond_the_ceiling_is_told_wherever_it_grows() {
    let large = vec![b'x'; 500_000];
    let parts = [
        response("http://a.example/1", HTML, &large),
        response(
            "http://a.example/2",
            &format!("{HTML}\r\nContent-Encoding: gzip"),
            &gzip(&large),
        ),
        response(
            "http://a.example/3",
            "200 OK\r\nContent-Type: image/png",
            &large,
        ),
        response("http://a.example/4", HTML, b"small"),
    ];
    let reading = Reading::of(&[("crawl/a.warc", &parts.concat())]);
    let given = reading
        .all::<WarcFile>(&format!("{PATHS}\nmax_bytes = '10KiB'"))
        .await;
    let told = |given: &&Given| given.shown.ends_with(" fetch.too_large]");
    assert_eq!(
        given.last().map(|given| given.shown.as_str()),
        Some("http://a.example/4")
    );
    assert!(
        given
            .iter()
            .any(|given| given.message.contains("http://a.example/1"))
    );
    assert!(
        given
            .iter()
            .any(|given| given.message.contains("http://a.example/2"))
    );
    assert_eq!(given.iter().filter(told).count(), given.len() - 1);
}

#[tokio::test]
async fn a_crawl_is_gone_on_with_behind_any_page() {
    let mut cut = crawl();
    cut.truncate(cut.len() - 30);
    let plain = [
        response("http://a.example/7", HTML, b"seven"),
        b"garbage\n".to_vec(),
        response("http://a.example/8", HTML, b"eight"),
    ];
    let reading = Reading::of(&[
        ("crawl/a.warc.gz", &[crawl(), cut, crawl()].concat()),
        ("crawl/b.warc", &plain.concat()),
        ("crawl/c.warc.gz", b""),
        ("crawl/d.warc.gz", b"this is no crawl"),
    ]);
    reading.resumes_everywhere::<WarcFile>(PATHS).await;
    reading.goes_back_everywhere::<WarcFile>(PATHS).await;
}
