//! Pages that kill their process, and signals: nothing is lost, and the run finishes.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use taosha_tests::command::{binary, shown};

/// Long enough for a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes `n` pages and a pipeline with the stage `accident` under `options` into `folder`.
fn prepare(folder: &Path, n: usize, options: &str) {
    fs::create_dir(folder.join("pages")).unwrap();
    for page in 0..n {
        let words = if page == 12 { "要命" } else { "平常" };
        let text = format!("第{page}号{words}报告：全县有教师{}人。\n", 100 + page);
        fs::write(folder.join(format!("pages/{page:03}.txt")), text).unwrap();
    }
    write_pipeline(folder, options);
}

fn write_pipeline(folder: &Path, options: &str) {
    let file = format!(
        "[run]\nepoch = {{ records = 5 }}\nworkers = 2\n[schedule]\ncron = '0 2 * * *'\n\
         [[source]]\ntype = 'files'\npaths = ['pages']\n\
         [[stage]]\ntype = 'accident'\n{options}\n[[stage]]\ntype = 'decode'\n\
         [[sink]]\ntype = 'jsonl'\ndir = 'out'\n"
    );
    fs::write(folder.join("pipeline.toml"), file).unwrap();
}

fn taosha(folder: &Path, args: &[&str]) -> Output {
    let mut command = binary("taosha-with-accidents");
    let file = folder.join("pipeline.toml");
    command.args(args).arg(file).output().unwrap()
}

fn rows(folder: &Path, table: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(format!("out/{table}.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn uris(rows: &[Value]) -> Vec<&str> {
    rows.iter()
        .map(|row| row["uri"].as_str().unwrap())
        .collect()
}

fn wait(mut child: Child) -> Output {
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(since.elapsed() < PATIENCE, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_true() {
        assert!(since.elapsed() < PATIENCE, "{what} never happens");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the sink holds something of a run that goes on.
fn until_an_epoch(folder: &Path) {
    let table = folder.join("out/documents.jsonl");
    until("an epoch", || {
        fs::metadata(&table).is_ok_and(|file| file.len() > 0)
    });
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn a_page_that_kills_the_process_is_found_and_the_run_finishes() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 40, "abort_on = '要命'");
    // Of the first two runs one may seal what comes before the page; two that follow seal nothing.
    let mut n_died = 0;
    let last = loop {
        let output = taosha(folder.path(), &["run"]);
        if output.status.signal().is_none() {
            break output;
        }
        n_died += 1;
        assert!(n_died <= 4, "{}", shown(&output));
    };
    assert!(last.status.success(), "{}", shown(&last));
    assert!((2..=4).contains(&n_died), "{n_died} runs died");
    let told = String::from_utf8_lossy(&last.stderr).into_owned();
    assert!(
        told.contains("`pages/012.txt` in its hands (death 3)"),
        "{told}"
    );

    let dead = rows(folder.path(), "dead");
    assert_eq!(uris(&dead), ["pages/012.txt"]);
    assert_eq!(dead[0]["code"], "poison.signal_6");
    let documents = rows(folder.path(), "documents");
    let expected: Vec<String> = (0..40)
        .filter(|page| *page != 12)
        .map(|page| format!("pages/{page:03}.txt"))
        .collect();
    assert_eq!(uris(&documents), expected);

    let again = taosha(folder.path(), &["run"]);
    assert!(again.status.success(), "{}", shown(&again));
    assert_eq!(rows(folder.path(), "documents").len(), 39);
}

#[test]
fn a_page_that_kills_the_process_is_found_by_a_run_anew_as_well() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 20, "abort_on = '要命'");
    for page in 0..12 {
        fs::remove_file(folder.path().join(format!("pages/{page:03}.txt"))).unwrap();
    }
    for _ in 0..2 {
        let output = taosha(folder.path(), &["run"]);
        assert_eq!(output.status.signal(), Some(6), "{}", shown(&output));
    }
    let output = taosha(folder.path(), &["run", "--anew"]);
    assert!(output.status.success(), "{}", shown(&output));
    assert_eq!(uris(&rows(folder.path(), "dead")), ["pages/012.txt"]);
    assert_eq!(rows(folder.path(), "documents").len(), 7);
}

#[test]
fn a_scheduled_run_ends_cleanly_on_sigterm_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 60, "pause_ms = 20");
    let mut command = binary("taosha-with-accidents");
    command
        .args(["schedule", "--once"])
        .arg(folder.path().join("pipeline.toml"));
    let child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    until_an_epoch(folder.path());
    signal(&child, Signal::TERM);
    let output = wait(child);
    assert!(output.status.success(), "{}", shown(&output));
    let n_before = rows(folder.path(), "documents").len();
    assert!(
        (5..60).contains(&n_before),
        "{n_before} of 60 pages were read"
    );

    let output = taosha(folder.path(), &["schedule", "--once"]);
    assert!(output.status.success(), "{}", shown(&output));
    assert_eq!(rows(folder.path(), "documents").len(), 60);
}

#[test]
fn a_changed_file_is_taken_at_the_border_of_an_epoch_and_a_wrong_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 60, "pause_ms = 20");
    let mut command = binary("taosha-with-accidents");
    command
        .args(["schedule", "--once"])
        .arg(folder.path().join("pipeline.toml"));
    let log = folder.path().join("stderr");
    let stderr = fs::File::create(&log).unwrap();
    let child = command
        .stderr(stderr)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let told = |words: &str| fs::read_to_string(&log).is_ok_and(|text| text.contains(words));
    until_an_epoch(folder.path());

    write_pipeline(folder.path(), "pause_ms = 'no number'");
    signal(&child, Signal::HUP);
    until("a complaint", || told("going on with the old one"));

    // With the new file, page 12 or the last ones die quickly: it is really used.
    write_pipeline(folder.path(), "abort_on = '没有的字'");
    signal(&child, Signal::HUP);
    until("a reload", || told("the file was read anew"));
    let output = wait(child);
    assert!(
        output.status.success(),
        "{}",
        fs::read_to_string(&log).unwrap()
    );
    let documents = rows(folder.path(), "documents");
    assert_eq!(documents.len(), 60);
    let mut configurations: Vec<&str> = documents
        .iter()
        .map(|row| row["run"].as_str().unwrap())
        .collect();
    configurations.dedup();
    assert_eq!(configurations.len(), 2, "one configuration, then the other");
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was_sealed() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 60, "pause_ms = 10");
    let mut n_killed: u64 = 0;
    loop {
        let mut command = binary("taosha-with-accidents");
        command.arg("run").arg(folder.path().join("pipeline.toml"));
        let mut child = command
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Later and later, so that it comes to its end on any machine.
        std::thread::sleep(Duration::from_millis(200 + 50 * n_killed));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        n_killed += 1;
    }
    assert!(n_killed > 0);
    let expected: Vec<String> = (0..60).map(|page| format!("pages/{page:03}.txt")).collect();
    assert_eq!(uris(&rows(folder.path(), "documents")), expected);
}
