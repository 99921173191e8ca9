//! Rows posted by runs that are killed: a server that keeps the keys it has handled has each once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use taosha_tests::command::{root, shown, taosha};

#[allow(dead_code, reason = "the tests of the crate use all of it")]
#[path = "../../crates/sink/src/http/tests/server.rs"]
mod server;

use server::{Reply, Server};

const KEY: &str = "Bearer 7f3a";

fn pipeline(folder: &Path, name: &str, sink: &str) {
    let pages = root().join("config/quickstart/pages");
    let text = format!(
        "name = 'posted'\n[run]\nstate = 'state-{name}'\n[run.epoch]\nrecords = 3\n\
         [secrets]\nkey = {{ env = 'TAOSHA_TEST_KEY' }}\n\
         [[source]]\ntype = 'files'\npaths = ['{}']\n[[stage]]\ntype = 'decode'\n[[stage]]\ntype = 'segment'\n\
         [[stage]]\ntype = 'dedupe'\n[[stage]]\ntype = 'extract'\n{sink}",
        pages.display()
    );
    fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}

fn posted_to(server: &Server) -> String {
    format!(
        "[[sink]]\ntype = 'http'\nurl = '{}'\nheaders = {{ Authorization = {{ secret = 'key' }} }}\n\
         batch_rows = 20\nretry_secs = 0.01\n",
        server.url
    )
}

fn done(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = taosha();
    command.current_dir(folder).env("TAOSHA_TEST_KEY", KEY);
    command.args(arguments).output().unwrap()
}

/// The lines of every table, by its name.
fn by_table(rows: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, row) in rows {
        tables.entry(table).or_default().push(row);
    }
    tables
}

/// What the same pipeline writes to files.
fn expected(folder: &Path) -> BTreeMap<String, Vec<String>> {
    pipeline(folder, "files", "[[sink]]\ntype = 'jsonl'\ndir = 'out'\n");
    let output = done(folder, &["run", "files.toml"]);
    assert!(output.status.success(), "{}", shown(&output));
    let mut rows = Vec::new();
    for entry in fs::read_dir(folder.join("out")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(table) = name.strip_suffix(".jsonl") {
            let text = fs::read_to_string(&path).unwrap();
            rows.extend(text.lines().map(|line| (table.to_owned(), line.to_owned())));
        }
    }
    assert!(rows.len() > 1000);
    by_table(rows)
}

#[test]
fn killed_runs_post_every_row_once_for_a_server_that_keeps_keys() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    let server = Server::start();
    pipeline(folder.path(), "posted", &posted_to(&server));
    let mut n_killed = 0;
    for round in 0..60 {
        // Answers that are lost, and time for a kill to fall between them.
        server.then([
            Reply::TakenThenHangup,
            Reply::Status(503, None),
            Reply::Hangup,
        ]);
        let mut command = taosha();
        command.current_dir(&folder).env("TAOSHA_TEST_KEY", KEY);
        command
            .args(["run", "posted.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(120 + 37 * (round % 23)));
        if child
            .try_wait()
            .unwrap()
            .is_some_and(|status| status.success())
        {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        n_killed += 1;
    }
    let output = done(folder.path(), &["run", "posted.toml"]);
    assert!(output.status.success(), "{}", shown(&output));
    assert!(n_killed > 2, "{n_killed}");
    assert!(
        by_table(server.rows()) == expected,
        "behind {n_killed} kills"
    );
    let (n_asked, n_taken) = (server.asked().len(), server.taken().len());
    assert!(n_asked > n_taken, "some came again: {n_asked} of {n_taken}");
    for asked in server.asked() {
        assert_eq!(asked.headers["authorization"], KEY);
    }
}

#[test]
fn the_promise_is_told_and_keys_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    pipeline(folder.path(), "posted", &posted_to(&server));
    let output = done(folder.path(), &["check", "posted.toml"]);
    let told = shown(&output);
    assert!(told.contains("→ http: at-least-once"), "{told}");
    assert!(server.asked().is_empty());

    server.then([Reply::Status(403, None)]);
    let output = done(folder.path(), &["run", "posted.toml"]);
    let told = shown(&output);
    assert!(told.contains("refuses them with 403"), "{told}");
    assert!(told.contains("`headers`") && !told.contains(KEY), "{told}");
    // The rows were kept.
    let output = done(folder.path(), &["run", "posted.toml"]);
    assert!(output.status.success(), "{}", shown(&output));
    assert!(by_table(server.rows()) == expected(folder.path()));
}

#[test]
fn a_secret_that_is_not_there_is_told_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let sink = "[[sink]]\ntype = 'http'\nurl = 'http://127.0.0.1:9/'\nheaders = { Authorization = { secret = 'kee' } }\n";
    pipeline(folder.path(), "posted", sink);
    let output = done(folder.path(), &["check", "posted.toml"]);
    let told = shown(&output);
    assert!(
        told.contains("`[secrets]` has no `kee`") && told.contains("did you mean `key`"),
        "{told}"
    );
}
