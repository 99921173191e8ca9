//! What runs write into `STATE/logs`, and what `taosha logs` shows of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use taosha_tests::command::{root, shown, taosha};

/// A command on the quickstart, whose folders are in `folder`.
fn quickstart(folder: &Path, command: &str) -> Command {
    let set = |key: &str, name: &str| format!("{key}={}", folder.join(name).display());
    let mut taosha = taosha();
    taosha
        .arg(command)
        .arg(root().join("config/quickstart.toml"))
        .args(["--set", &set("jsonl.dir", "out")])
        .args(["--set", &set("run.state", "state")]);
    taosha
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", shown(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn logs(folder: &Path, args: &[&str]) -> String {
    out(&quickstart(folder, "logs").args(args).output().unwrap())
}

/// The log files below `folder`, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("state/logs")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_a_run_logged_is_shown_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    // What the terminal is spared is in the log all the same.
    let run = quickstart(folder.path(), "run")
        .env("TAOSHA_LOG", "off")
        .output()
        .unwrap();
    assert!(
        run.status.success() && run.stderr.is_empty(),
        "{}",
        shown(&run)
    );

    let all = logs(folder.path(), &[]);
    let heading = all.lines().next().unwrap();
    assert!(heading.contains(" quickstart@"), "{all}");
    for said in ["INFO  run started", "INFO  run finished", "WARN  decode: "] {
        assert!(all.contains(said), "{all}");
    }

    let n_lines = |args: &[&str]| {
        logs(folder.path(), &[args, &["--raw"]].concat())
            .lines()
            .count()
    };
    assert_eq!(n_lines(&["--level", "warn"]), 2);
    assert_eq!(n_lines(&["--stage", "decode"]), 2);
    assert_eq!(n_lines(&["--where", "code=decode.empty"]), 1);
    assert_eq!(
        n_lines(&["--where", "code=decode.empty", "--stage", "dedupe"]),
        0
    );
    assert_eq!(n_lines(&["--level", "error"]), 0);
    assert_eq!(n_lines(&["-n", "1"]), 1);

    let json = logs(folder.path(), &["--format", "json"]);
    let lines: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.first().unwrap()["message"], "run started");
    assert_eq!(lines.last().unwrap()["message"], "run finished");
    assert_eq!(json, fs::read_to_string(&files(folder.path())[0]).unwrap());
}

#[test]
fn a_finer_level_is_kept_and_a_coarser_one_is_not() {
    for (level, kept) in [
        ("error", [false, true, true]),
        ("debug", [true, true, true]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut run = quickstart(folder.path(), "run");
        run.args(["--log-level", level, "--log-file"])
            .arg(folder.path().join("asked.log"));
        out(&run.output().unwrap());
        let lines = logs(folder.path(), &["--raw"]);
        let is_there = |level: &str| lines.contains(&format!("\"level\":\"{level}\""));
        assert_eq!(["debug", "info", "warn"].map(is_there), kept, "{level}");

        // The file that was asked for holds what was asked for; no error was to be told.
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let mut asked =
            entries.filter(|it| it.file_name().to_string_lossy().starts_with("asked.log."));
        let asked = fs::read_to_string(asked.next().unwrap().path()).unwrap();
        assert_eq!(asked.contains("run started"), level == "debug", "{asked}");
    }
}

/// A pipeline over `n` files that are no text.
fn bad_pages(folder: &Path, n: usize, run: &str) -> PathBuf {
    fs::create_dir(folder.join("p")).unwrap();
    for i in 0..n {
        fs::write(
            folder.join(format!("p/{i:03}.html")),
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        )
        .unwrap();
    }
    let file = folder.join("pages.toml");
    let rest = "[[source]]\ntype = 'files'\npaths = ['p']\n[[stage]]\ntype = 'decode'\n\
                [[sink]]\ntype = 'jsonl'\ndir = 'out'\n";
    fs::write(
        &file,
        format!("[run]\nstate = 'state'\nworkers = 1\n{run}\n{rest}"),
    )
    .unwrap();
    file
}

#[test]
fn the_same_warning_is_counted_and_not_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let file = bad_pages(folder.path(), 30, "");
    out(&taosha().arg("run").arg(&file).output().unwrap());
    let of = |args: &[&str]| out(&taosha().arg("logs").arg(&file).args(args).output().unwrap());
    let warnings = of(&["--level", "warn"]);
    assert_eq!(warnings.matches("WARN").count(), 1, "{warnings}");
    assert!(
        warnings.contains("… and 29 more like it (last: "),
        "{warnings}"
    );
    assert!(warnings.contains("uri=p/029.html)"), "{warnings}");
    assert_eq!(of(&["--level", "warn", "--raw"]).lines().count(), 30);
}

#[test]
fn why_a_run_failed_is_logged_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = bad_pages(folder.path(), 3, "errors = { stop_above = '1% of 1' }");
    let run = taosha().arg("run").arg(&file).output().unwrap();
    assert_eq!(run.status.code(), Some(4), "{}", shown(&run));
    let told = String::from_utf8(run.stderr).unwrap();
    assert_eq!(told.matches("pages are dead").count(), 1, "{told}");
    let logged = out(&taosha().arg("logs").arg(&file).output().unwrap());
    assert!(logged.contains("ERROR"), "{logged}");
    assert!(logged.contains("code=engine.stop_above"), "{logged}");
}

#[test]
fn a_pipeline_that_never_ran_has_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let output = quickstart(folder.path(), "logs").output().unwrap();
    assert_eq!(out(&output), "");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("no log in")
    );
}

/// Following ends by a signal, which only Unix can send to another process.
#[cfg(unix)]
mod follow {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, Stdio};
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Duration;

    /// Longer than any machine that runs tests needs, so that waiting in vain is a failure.
    const PATIENCE: Duration = Duration::from_secs(30);

    struct Follower {
        child: Child,
        lines: Receiver<String>,
    }

    impl Follower {
        fn start(folder: &Path) -> Self {
            let mut command = quickstart(folder, "logs");
            let mut child = command
                .args(["-f", "--raw"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let stdout = BufReader::new(child.stdout.take().unwrap());
            let (sender, lines) = sync_channel(100);
            std::thread::spawn(move || {
                let mut lines = stdout.lines().map_while(Result::ok);
                lines.all(|line| sender.send(line).is_ok())
            });
            Follower { child, lines }
        }

        fn next(&self) -> String {
            self.lines.recv_timeout(PATIENCE).unwrap()
        }
    }

    impl Drop for Follower {
        fn drop(&mut self) {
            let _ = self.child.kill();
        }
    }

    #[test]
    fn the_next_file_is_followed_until_a_signal() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("state/logs")).unwrap();
        let append = |day: &str, text: &str| {
            let path = folder.path().join(format!("state/logs/taosha.{day}.jsonl"));
            let mut options = fs::OpenOptions::new();
            let file = options.create(true).append(true).open(path);
            file.unwrap().write_all(text.as_bytes()).unwrap();
        };
        append("2026-11-22", "first\nhalf a");
        let mut follower = Follower::start(folder.path());
        assert_eq!(follower.next(), "first");
        append("2026-11-22", " line\nlast words");
        assert_eq!(follower.next(), "half a line");
        append("2026-11-23", "second\n");
        assert_eq!(follower.next(), "last words");
        assert_eq!(follower.next(), "second");

        let pid = follower.child.id().to_string();
        let killed = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(killed.success());
        assert_eq!(follower.child.wait().unwrap().code(), Some(0));
    }
}
