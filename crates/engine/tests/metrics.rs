//! What Prometheus sees of a run.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "toys/mod.rs"]
#[expect(dead_code, reason = "the toys serve other tests as well")]
mod toys;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use taosha_engine::{Limits, RunError, Summary};
use tokio::task::JoinHandle;

/// A port that was free a moment ago.
fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Forty numbers in epochs of five and one for the end of the source, two of them dead, some dropped, to a sink that takes its time.
fn pipeline(name: &str, metrics: SocketAddr) -> String {
    format!(
        "[run]\nmetrics = '{metrics}'\nepoch = {{ records = 5, every = '1h' }}\n\
         [[source]]\ntype = 'numbers'\ncount = 40\n[[stage]]\ntype = 'read'\nrefuse = [1, 2]\n\
         [[stage]]\ntype = 'sort'\n[[sink]]\ntype = 'memory'\nname = '{name}'\npause_ms = 100\n\
         fails = 1\n"
    )
}

fn start(folder: &Path, file: String) -> JoinHandle<Result<Summary, RunError>> {
    let folder = folder.to_owned();
    tokio::spawn(async move { toys::run_in(&folder, &file, Limits::default()).await })
}

/// Sends `request` as it is; `None` when nobody listens.
fn ask(address: SocketAddr, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request.as_bytes()).ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    Some(String::from_utf8(response).unwrap())
}

const SCRAPE: &str = "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n";

const OPEN_METRICS: &str = "GET /metrics HTTP/1.1\r\nHost: here\r\n\
                            Accept: application/openmetrics-text;version=1.0.0\r\n\r\n";

/// The samples of a scrape, by name and labels.
fn samples(response: &str) -> BTreeMap<String, f64> {
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    let lines = body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

/// Asks again and again until `is_right`; panics when the run ends before.
async fn scrape_until(
    address: SocketAddr,
    running: &JoinHandle<Result<Summary, RunError>>,
    is_right: impl Fn(&BTreeMap<String, f64>) -> bool,
) -> BTreeMap<String, f64> {
    loop {
        let response = tokio::task::spawn_blocking(move || ask(address, SCRAPE));
        match response.await.unwrap().map(|response| samples(&response)) {
            Some(samples) if is_right(&samples) => return samples,
            last => assert!(!running.is_finished(), "{last:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_shows_what_the_summary_says_at_the_end() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_port());
    // Time enough to look while the sink is behind.
    let file = pipeline("scraped", address).replace("pause_ms = 100", "pause_ms = 250");
    let running = start(folder.path(), file);
    let name = "taosha_last_sealed_epoch";
    let seen = scrape_until(address, &running, |seen| {
        seen[name] == 9.0 && seen["taosha_sink_lag_epochs{stage=\"memory\"}"] >= 2.0
    })
    .await;
    let running = running.await.unwrap();
    let summary = running.unwrap();

    // All is sealed, so all is counted, and only the sink has not got it.
    let counts = &summary.counts;
    let mut expected = vec![
        ("pages_read_total".to_owned(), counts.read),
        ("pages_read_bytes_total".to_owned(), counts.read_bytes),
        ("records_split_total".to_owned(), counts.split),
        ("records_written_total".to_owned(), counts.written),
        ("epochs_sealed_total".to_owned(), 9),
        ("epoch_seal_seconds_count".to_owned(), 9),
        ("epoch_seal_seconds_bucket{le=\"+Inf\"}".to_owned(), 9),
        ("retries_total{stage=\"memory\"}".to_owned(), 1),
    ];
    for (code, n) in &counts.dead {
        expected.push((format!("records_dead_total{{code=\"{code}\"}}"), *n));
    }
    for (name, n) in &counts.dropped {
        let (stage, reason) = name.split_once('.').unwrap();
        let labels = format!("{{stage=\"{stage}\",reason=\"{reason}\"}}");
        expected.push((format!("records_dropped_total{labels}"), *n));
    }
    for node in &summary.nodes {
        let id = &node.node.id;
        if matches!(&**id, "read" | "sort") {
            expected.push((format!("records_in_total{{stage=\"{id}\"}}"), node.taken));
            expected.push((format!("records_out_total{{stage=\"{id}\"}}"), node.given));
        }
    }
    assert!(counts.n_dead() == 2 && counts.n_dropped() > 0 && counts.split == 1);
    for (name, n) in expected {
        let sample = seen.get(&format!("taosha_{name}")).copied();
        assert_eq!(sample, Some(n as f64), "{name} in {seen:#?}");
    }
    let in_flight = seen["taosha_memory_in_flight_bytes"];
    assert!(in_flight > 0.0 && in_flight < seen["taosha_memory_budget_bytes"]);
    let files = std::fs::read_dir(folder.path().join("outbox")).unwrap();
    let bytes: u64 = files.map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(seen["taosha_outbox_bytes"], bytes as f64);
    assert_eq!(ask(address, SCRAPE), None, "the endpoint ends with the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_with_what_earlier_ones_left() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_port());
    let file = pipeline("left", address);
    start(folder.path(), file.clone()).await.unwrap().unwrap();
    // The target is away for a moment, so there is time to look before anything is done.
    let running = start(folder.path(), file.replace("count = 40", "count = 41"));
    let seen = scrape_until(address, &running, |seen| {
        seen.contains_key("taosha_sink_delivered_epoch{stage=\"memory\"}")
    })
    .await;
    assert!(seen["taosha_last_sealed_epoch"] >= 8.0);
    assert!(seen["taosha_sink_delivered_epoch{stage=\"memory\"}"] >= 8.0);
    assert!(seen["taosha_last_sealed_timestamp_seconds"] > 0.0);
    assert!(seen["taosha_outbox_bytes"] > 0.0);
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_metrics_are_served_in_the_format_asked_for() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_port());
    let running = start(folder.path(), pipeline("asked", address));
    scrape_until(address, &running, |_| true).await;
    let answers = tokio::task::spawn_blocking(move || {
        let header = "x".repeat(20_000);
        [
            SCRAPE.to_owned(),
            OPEN_METRICS.to_owned(),
            SCRAPE.replace("/metrics", "/"),
            SCRAPE.replace("GET", "POST"),
            SCRAPE.replace("here", &header),
            "nonsense\r\n\r\n".to_owned(),
        ]
        .map(|request| ask(address, &request).unwrap_or_default())
    });
    let answers = answers.await.unwrap();
    assert!(!running.is_finished());
    let statuses = answers.each_ref().map(|answer| {
        let status = answer.split(' ').nth(1);
        status.unwrap_or_default().to_owned()
    });
    // A client that is cut off in the middle of its header may not see why.
    assert_eq!(statuses[..4], ["200", "200", "404", "404"]);
    assert!(["431", ""].contains(&&*statuses[4]), "{statuses:?}");
    assert_eq!(statuses[5], "400");
    assert!(answers[0].contains("content-type: text/plain; version=0.0.4"));
    assert!(answers[0].contains("# TYPE taosha_pages_read_total counter\n"));
    assert!(answers[1].contains("content-type: application/openmetrics-text; version=1.0.0"));
    assert!(answers[1].contains("# TYPE taosha_pages_read counter\n"));
    assert!(answers[1].ends_with("# EOF\n"));
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_does_not_keep_others_from_asking() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_port());
    let file = pipeline("silent", address).replace("pause_ms = 100", "pause_ms = 900");
    let running = start(folder.path(), file);
    scrape_until(address, &running, |_| true).await;
    // As many as are listened to at the same time.
    let silent: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let asked = tokio::task::spawn_blocking(move || ask(address, SCRAPE));
    let answer = asked.await.unwrap().unwrap_or_default();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(!running.is_finished(), "their time is shorter than the run");
    drop(silent);
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_a_mistake_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = pipeline("taken", taken.local_addr().unwrap());
    let error = start(folder.path(), file).await.unwrap().unwrap_err();
    assert!(error.is_config());
    let message = error.to_string();
    assert!(
        message.contains("`run.metrics` failed to listen at `127.0.0.1:"),
        "{message}"
    );
    let outbox = folder.path().join("outbox");
    assert_eq!(
        std::fs::read_dir(outbox).unwrap().count(),
        0,
        "nothing was read"
    );
}

/// The names in the column `metric` of the tables in `docs/operations.md`.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let first_cells = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `taosha_"));
    first_cells
        .map(|rest| {
            let name = rest.split(['`', '{']).next().unwrap();
            format!("taosha_{name}")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_has_one_help_and_stands_in_the_manual() {
    let (folder, address) = (tempfile::tempdir().unwrap(), free_port());
    let running = start(folder.path(), pipeline("helped", address));
    scrape_until(address, &running, |_| true).await;
    let asked = tokio::task::spawn_blocking(move || ask(address, SCRAPE));
    let response = asked.await.unwrap().unwrap();
    let described = |what: &str| -> Vec<String> {
        let lines = response.lines().filter_map(|line| line.strip_prefix(what));
        let names = lines.map(|line| line.split(' ').next().unwrap().to_owned());
        names.collect()
    };
    let (helps, types) = (described("# HELP "), described("# TYPE "));
    assert_eq!(helps, types);
    let names: BTreeSet<String> = helps.iter().cloned().collect();
    assert_eq!(names.len(), helps.len(), "no name is described twice");
    for sample in samples(&response).keys() {
        let name = sample.split('{').next().unwrap();
        let ends = ["", "_bucket", "_sum", "_count"];
        let family = ends
            .iter()
            .find_map(|end| name.strip_suffix(end).filter(|n| names.contains(*n)));
        assert!(family.is_some(), "`{sample}` has no help");
    }
    assert_eq!(documented(), names);
    running.await.unwrap().unwrap();
}
