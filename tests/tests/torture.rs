//! Runs that are killed end as if nobody had disturbed them, and `taosha torture` sees when not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::SystemTime;

use serde_json::Value;
use taosha_tests::command::{binary, root, shown, taosha};

/// A pipeline file in `folder` that reads the sample pages and ends in `sinks`.
fn pipeline(folder: &Path, sinks: &str) -> PathBuf {
    let pages = root().join("config/quickstart/pages");
    let text = format!(
        "[[source]]\ntype = 'files'\npaths = ['{}']\n[[stage]]\ntype = 'decode'\n\
         [[stage]]\ntype = 'segment'\n[[stage]]\ntype = 'dedupe'\n[[stage]]\ntype = 'extract'\n{sinks}",
        pages.display()
    );
    let file = folder.join("pipeline.toml");
    fs::write(&file, text).unwrap();
    file
}

const BOTH: &str = "[[sink]]\ntype = 'jsonl'\ndir = 'out'\n\
                    [[sink]]\ntype = 'sqlite'\npath = 'out/reports.db'\n";

/// What is in `folder`, and when it was written.
fn files(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            let modified = entry.metadata().unwrap().modified().unwrap();
            files.insert(entry.path(), (modified, fs::read(entry.path()).unwrap()));
        }
    }
    files
}

/// Tortures `file` with the careless sinks, and gives what was found.
fn careless(file: &Path, kills: usize, scratch: &Path) -> (Output, Value) {
    let output = binary("taosha-with-careless-sinks")
        .arg("torture")
        .arg(file)
        .args(["--kills", &kills.to_string(), "--seed", "1"])
        .args(["--format", "json"])
        .env("TMPDIR", scratch)
        .output()
        .unwrap();
    let found = serde_json::from_slice(&output.stdout);
    let found = found.unwrap_or_else(|error| panic!("{error}\n{}", shown(&output)));
    (output, found)
}

#[test]
fn twenty_kills_leave_no_trace_in_jsonl_and_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = pipeline(folder.path(), BOTH);
    // What a user has already is not touched.
    let run = taosha().arg("run").arg(&file).output().unwrap();
    assert!(run.status.success(), "{}", shown(&run));
    let before = files(folder.path());

    let output = taosha()
        .arg("torture")
        .arg(&file)
        .args(["--kills", "20"])
        .env("TMPDIR", scratch.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nPASS in "), "{text}");
    assert!(text.contains("20 kills in "), "{text}");
    for sink in [
        "jsonl  exactly-once, by its rows and the bytes of their files",
        "sqlite  exactly-once, by its rows",
    ] {
        assert!(text.contains(sink), "{text}");
    }
    assert!(before == files(folder.path()), "the real targets changed");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_sample_holds_the_same_pages_however_often_its_runs_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = pipeline(folder.path(), BOTH);
    let output = taosha()
        .arg("torture")
        .arg(&file)
        .args(["--kills", "10", "--within", "0.3", "--sample", "9"])
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["result"], "pass");
    assert_eq!(found["pages"], 9);
    let kills = found["kills"].as_object().unwrap().values();
    assert_eq!(kills.map(|n| n.as_u64().unwrap()).sum::<u64>(), 10);
}

#[test]
fn a_sink_that_doubles_an_epoch_fails_with_the_table_and_the_row() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sink = "[[sink]]\ntype = 'careless'\ndir = 'out'\nmark = 'behind'\nreads_back = true\n";
    let (output, found) = careless(&pipeline(folder.path(), sink), 60, scratch.path());
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(found["result"], "fail");
    let details = found["details"].to_string();
    // Which tables differ depends on the epoch that the kill fell in.
    for word in ["sink `careless`, table `", "doubled: ", "undisturbed: "] {
        assert!(details.contains(word), "{word} in {details}");
    }
    // What differs is kept to be looked at.
    let kept = Path::new(found["kept"].as_str().unwrap());
    assert!(kept.starts_with(scratch.path()), "{found}");
    assert!(kept.join("undisturbed/targets/careless/out").is_dir());
}

#[test]
fn a_sink_that_forgets_an_epoch_fails() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sink = "[[sink]]\ntype = 'careless'\ndir = 'out'\nmark = 'before'\nreads_back = true\n";
    let (output, found) = careless(&pipeline(folder.path(), sink), 60, scratch.path());
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let details = found["details"].to_string();
    assert!(details.contains(" missing: "), "{details}");
}

#[test]
fn a_sink_that_cannot_be_read_back_is_compared_by_its_files() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sink = "[[sink]]\ntype = 'careless'\ndir = 'out'\nmark = 'before'\n";
    let (output, found) = careless(&pipeline(folder.path(), sink), 60, scratch.path());
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(found["sinks"][0]["compared"], "files");
    let details = found["details"].to_string();
    assert!(
        details.contains("sink `careless`: the file `out/"),
        "{details}"
    );
    assert!(details.contains(".rows` has other bytes"), "{details}");
}

#[test]
fn a_sink_that_leaves_nothing_to_compare_does_not_pass() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sinks = format!("{BOTH}[[sink]]\ntype = 'mute'\n");
    let (output, found) = careless(&pipeline(folder.path(), &sinks), 2, scratch.path());
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(found["result"], "not_compared");
    assert_eq!(found["sinks"][2]["compared"], Value::Null);
}

#[test]
fn a_pipeline_that_cannot_run_says_what_its_run_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = pipeline(folder.path(), BOTH);
    let output = taosha()
        .arg("torture")
        .arg(&file)
        .args(["--set", "files.paths=[\"nowhere\"]", "--kills", "1"])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78), "{}", shown(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("the run that nobody killed ended with"),
        "{text}"
    );
    assert!(text.contains("nowhere"), "{text}");
}
