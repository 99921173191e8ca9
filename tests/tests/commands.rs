//! What the command prints and how it ends, case by case: `tests/cases/commands/NAME/` holds a
//! pipeline file, the arguments in `args`, and what is expected in `expected.txt`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use taosha_tests::command::{cases, check_against, shown, taosha};

/// Copies `from` so that a case can write beside its file.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), &target).unwrap()),
        }
    }
}

#[test]
fn every_case_prints_what_it_should() {
    for case in cases("commands") {
        let folder = tempfile::tempdir().unwrap();
        copy(&case, folder.path());
        let args = fs::read_to_string(case.join("args")).unwrap();
        let output = taosha()
            .args(args.split_whitespace())
            .current_dir(folder.path())
            .env("TAOSHA_LOG", "off")
            .output()
            .unwrap();
        let shown = without_times(&shown(&output));
        check_against(&case.join("expected.txt"), &shown);
    }
}

/// Width of the label and the number in a line of the summary; what follows is speed.
const LABEL_AND_COUNT: usize = 32;

/// Takes out what differs from run to run: times, speeds, how far a stopped run had come.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = match line {
            line if line.contains(" finished in ") || line.contains(" was stopped in ") => {
                line.split(" in ").next().unwrap_or_default().to_owned()
            }
            line if line.contains("pages/s") => line.chars().take(LABEL_AND_COUNT).collect(),
            line if line.ends_with(" s") => line
                .rsplit_once("  ")
                .map_or(line, |(head, _)| head)
                .trim_end()
                .to_owned(),
            // How far the source had read ahead by then is chance.
            line if line.contains(" pages are dead") => line
                .chars()
                .map(|c| if c.is_ascii_digit() { '#' } else { c })
                .collect(),
            line => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn a_second_run_on_one_state_folder_is_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pipeline.toml");
    fs::write(
        &file,
        "source = [{ type = 'files', paths = ['p'] }]\nstage = [{ type = 'decode' }]\n\
         sink = [{ type = 'jsonl', dir = 'out' }]\n",
    )
    .unwrap();
    let held = taosha_engine::StateLock::take(&folder.path().join("state/pipeline")).unwrap();
    let output = taosha().arg("run").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", shown(&output));
    let pid = std::process::id().to_string();
    assert!(
        String::from_utf8_lossy(&output.stderr).contains(&pid),
        "{}",
        shown(&output)
    );
    drop(held);
}

#[test]
fn a_large_page_on_one_line_is_read_within_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("p")).unwrap();
    let sentence = "一、全县共有学校47所，在校学生8.3万人。";
    let page = sentence.repeat(20 * 1024 * 1024 / sentence.len());
    fs::write(folder.path().join("p/large.txt"), page).unwrap();
    let file = folder.path().join("pipeline.toml");
    fs::write(
        &file,
        "[run]\nmemory = '64MiB'\n[[source]]\ntype = 'files'\npaths = ['p']\n\
         [[stage]]\ntype = 'decode'\n[[sink]]\ntype = 'jsonl'\ndir = 'out'\n",
    )
    .unwrap();
    let output = taosha().arg("run").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let written = fs::metadata(folder.path().join("out/documents.jsonl"))
        .unwrap()
        .len();
    assert!(written > 20 * 1024 * 1024, "{written} bytes");
}

#[test]
fn log_lines_for_programs_are_json_objects() {
    let root = taosha_tests::command::root();
    let folder = tempfile::tempdir().unwrap();
    let set = |key: &str, name: &str| format!("{key}={}", folder.path().join(name).display());
    let output = taosha()
        .arg("run")
        .arg(root.join("config/quickstart.toml"))
        .args([
            "--set",
            &set("jsonl.dir", "out"),
            "--set",
            &set("run.state", "state"),
        ])
        .args([
            "--log-format",
            "json",
            "--log-level",
            "debug",
            "--format",
            "json",
        ])
        .output()
        .unwrap();
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let dead = lines
        .iter()
        .find(|line| line["code"] == "decode.empty")
        .unwrap();
    for field in ["time", "level", "run", "stage", "record", "uri", "message"] {
        assert!(dead[field].is_string(), "{field} of {dead}");
    }
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["rows"]["dead"], 2);
}
