//! What an operator asks a pipeline that has run: why, dead, runs, restore, replay, doctor. What is
//! printed is in `tests/cases/operator`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

use regex::Regex;
use serde_json::Value;
use taosha_tests::command::{check_against, root, shown, taosha};

/// A copy of the quickstart, with a state and tables of its own.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("quickstart/pages");
        fs::create_dir_all(&pages).unwrap();
        let config = root().join("config");
        let mut pipeline = fs::read_to_string(config.join("quickstart.toml")).unwrap();
        // One epoch, however busy the machine is.
        pipeline.push_str("\n[run]\nepoch = { every = \"1h\" }\n");
        fs::write(folder.path().join("quickstart.toml"), pipeline).unwrap();
        for page in fs::read_dir(config.join("quickstart/pages"))
            .unwrap()
            .map(Result::unwrap)
        {
            fs::copy(page.path(), pages.join(page.file_name())).unwrap();
        }
        Project(folder)
    }

    fn that_ran() -> Self {
        let project = Project::new();
        assert!(project.ask("run").status.success());
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the command with `words`, of which FILE is the pipeline file.
    fn ask(&self, words: &str) -> Output {
        let words = match words.contains("FILE") {
            true => words.replace("FILE", "quickstart.toml"),
            false => format!("{words} quickstart.toml"),
        };
        taosha()
            .args(words.split_whitespace())
            .current_dir(self.0.path())
            .env("TAOSHA_LOG", "off")
            .output()
            .unwrap()
    }

    fn table(&self, name: &str) -> Vec<Value> {
        lines(&fs::read(self.path(&format!("out/quickstart/{name}.jsonl"))).unwrap())
    }

    fn tables(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.path("out/quickstart"))
            .unwrap()
            .map(Result::unwrap);
        let read = |file: fs::DirEntry| {
            let name = file.file_name().into_string().unwrap();
            (name, fs::read(file.path()).unwrap())
        };
        files
            .map(read)
            .filter(|(name, _)| name.ends_with(".jsonl"))
            .collect()
    }
}

fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", shown(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Takes out what differs from run to run.
fn masked(text: &str) -> String {
    let masks = [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "DATE TIME"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIMESTAMP"),
        (r"\d+\.\d+ s\b", "N s"),
        (r"\d+\.\d KB", "N KB"),
        (r#""busy_secs":[\d.e-]+"#, r#""busy_secs":0"#),
        (r#""elapsed_secs":[\d.]+"#, r#""elapsed_secs":0"#),
        (r"@[0-9a-f]{12}", "@FINGERPRINT"),
        (r#""pid":\d+"#, r#""pid":0"#),
        // A slow machine reads pages, which were copied two seconds before, once more.
        (r#""epochs":\d+,"files":\d+"#, r#""epochs":0,"files":0"#),
        (r#""bytes":\d+,"elapsed"#, r#""bytes":0,"elapsed"#),
    ];
    masks.iter().fold(text.to_owned(), |text, (mask, with)| {
        Regex::new(mask)
            .unwrap()
            .replace_all(&text, *with)
            .into_owned()
    })
}

fn check(name: &str, project: &Project, words: &str) {
    let output = masked(&shown(&project.ask(words)));
    let folder = project.0.path().display().to_string();
    let output = output.replace(&folder, "FOLDER");
    let expected = root().join(format!("tests/cases/operator/{name}.txt"));
    check_against(&expected, &format!("$ taosha {words}\n{output}"));
}

#[test]
fn the_story_of_a_page_is_told() {
    let project = Project::that_ran();
    check(
        "why-watermarks",
        &project,
        "why FILE quickstart/pages/15-watermarks.html",
    );
    check(
        "why-redacted-copy",
        &project,
        "why FILE quickstart/pages/13-redacted-copy.html",
    );
    check(
        "why-broken",
        &project,
        "why FILE quickstart/pages/20-broken.html",
    );
    check(
        "why-json",
        &project,
        "why FILE quickstart/pages/21-empty.html --format json",
    );
    check("why-unknown", &project, "why FILE pages/22-not-there.html");
}

#[test]
fn a_page_is_found_by_path_by_its_id_and_by_that_of_a_report() {
    let project = Project::that_ran();
    let by_uri = text(&project.ask("why FILE quickstart/pages/01-gbk-declared-gb2312.html"));
    assert_eq!(
        text(&project.ask("why FILE ./quickstart/pages/01-gbk-declared-gb2312.html")),
        by_uri
    );
    let document = &project.table("documents")[0];
    for column in ["id", "parent_id"] {
        let id = document[column].as_str().unwrap();
        let start: String = id.chars().take(9).collect();
        assert_eq!(
            text(&project.ask(&format!("why FILE {start}"))),
            by_uri,
            "{column}"
        );
        assert_eq!(
            text(&project.ask(&format!("why FILE {id}"))),
            by_uri,
            "{column}"
        );
    }
}

#[test]
fn every_fact_is_shown_in_the_bytes_of_the_page() {
    let project = Project::that_ran();
    let told = project.ask("why FILE quickstart/pages/17-capture.txt --format json");
    let mut n_facts = 0;
    for record in lines(&told.stdout) {
        for fact in record["rows"]["facts"].as_array().into_iter().flatten() {
            // A plain UTF-8 page: the bytes say the same as the evidence.
            let evidence = fact["evidence"].as_str().unwrap();
            let words: Vec<&str> = evidence.split_whitespace().collect();
            assert_eq!(fact["raw_words"], words.join(" "));
            n_facts += 1;
        }
    }
    assert!(n_facts > 5);
}

#[test]
fn a_page_that_has_changed_has_two_stories_and_only_the_new_one_shows_bytes() {
    let project = Project::that_ran();
    let page = project.path("quickstart/pages/17-capture.txt");
    let changed = fs::read_to_string(&page).unwrap() + "\n另有教师47人。\n";
    fs::write(&page, changed).unwrap();
    assert!(project.ask("run").status.success());
    let told = lines(
        &project
            .ask("why FILE quickstart/pages/17-capture.txt --format json")
            .stdout,
    );
    let now: Vec<(u64, &str)> = told
        .iter()
        .map(|told| {
            (
                told["epoch"].as_u64().unwrap(),
                told["page_now"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(now.first(), Some(&(2, "same")));
    assert_eq!(now.last(), Some(&(1, "changed")));
    fs::remove_file(&page).unwrap();
    let told = text(&project.ask("why FILE quickstart/pages/17-capture.txt"));
    assert!(
        told.contains("gone: failed to read `quickstart/pages/17-capture.txt`"),
        "{told}"
    );
}

#[test]
fn dead_letters_are_listed_shown_and_exported() {
    let project = Project::that_ran();
    check("dead-list", &project, "dead list FILE");
    check(
        "dead-list-by-code",
        &project,
        "dead list FILE --code decode.empty --format json",
    );
    check("dead-show", &project, "dead show FILE fc4822");
    check("dead-show-unknown", &project, "dead show FILE 00000000");
    check("dead-export", &project, "dead export FILE --to dead");
    check("dead-export-again", &project, "dead export FILE --to dead");
    let index = lines(&fs::read(project.path("dead/index.jsonl")).unwrap());
    assert_eq!(index.len(), 2);
    for letter in index {
        let original = fs::read(project.path(letter["uri"].as_str().unwrap())).unwrap();
        match letter["file"].as_str() {
            Some(file) => {
                let exported = fs::read(project.path("dead").join(file)).unwrap();
                assert_eq!(exported, original);
            }
            None => assert!(original.is_empty()),
        }
    }
}

#[test]
fn letters_that_the_new_configuration_heals_leave_the_list_and_are_in_the_tables_once() {
    let project = Project::new();
    let whole = Project::that_ran();
    // Most sample pages are larger.
    assert!(
        project
            .ask("run FILE --set files.max_bytes=4KiB")
            .status
            .success()
    );
    let dead = lines(&project.ask("dead list FILE --format json").stdout);
    let too_large: Vec<&Value> = dead
        .iter()
        .filter(|dead| dead["stage"] == "files")
        .collect();
    assert!(!too_large.is_empty());
    check(
        "dead-retry",
        &project,
        "dead retry FILE --stage files --format json",
    );
    let left = lines(&project.ask("dead list FILE --format json").stdout);
    assert_eq!(left.len(), dead.len() - too_large.len());
    // The order in which copies arrive decides which one stays, so pages are compared.
    let uris = |project: &Project| {
        let tables = ["documents", "duplicates", "dead"].map(|table| project.table(table));
        let rows = tables.iter().flatten();
        let mut uris: Vec<String> = rows
            .map(|row| row["uri"].as_str().unwrap().to_owned())
            .collect();
        uris.sort();
        uris
    };
    assert_eq!(uris(&project), uris(&whole));
    check(
        "dead-retry-nothing",
        &project,
        "dead retry FILE --stage files",
    );
    assert_eq!(uris(&project), uris(&whole));
}

#[test]
fn a_letter_whose_stage_is_gone_is_refused_before_anything_runs() {
    let project = Project::that_ran();
    let file = project.path("quickstart.toml");
    let renamed = fs::read_to_string(&file).unwrap();
    let renamed = renamed.replace("type = \"decode\"", "type = \"decode\"\nid = \"read\"");
    fs::write(&file, renamed).unwrap();
    check("dead-retry-stage-gone", &project, "dead retry FILE");
    assert_eq!(
        lines(&project.ask("runs FILE --format json").stdout).len(),
        1
    );
}

#[test]
fn runs_are_listed() {
    let project = Project::that_ran();
    assert!(project.ask("dead retry FILE").status.success());
    check("runs-json", &project, "runs FILE --format json");
    let listed = masked(&text(&project.ask("runs")));
    let listed = Regex::new(" +")
        .unwrap()
        .replace_all(&listed, " ")
        .into_owned();
    check_against(&root().join("tests/cases/operator/runs.txt"), &listed);
    let never = Project::new();
    check("runs-never", &never, "runs FILE");
}

#[test]
fn reports_and_copies_are_restored_to_the_letter() {
    let project = Project::that_ran();
    let restored =
        |id: &Value| text(&project.ask(&format!("restore FILE {}", id.as_str().unwrap())));
    let document = &project.table("documents")[3];
    assert_eq!(document["text"], restored(&document["id"]));

    // Without `dedupe` the copies are written in full.
    let plain = Project::new();
    let file = plain.path("quickstart.toml");
    let pipeline = fs::read_to_string(&file).unwrap();
    fs::write(&file, pipeline.replace("[[stage]]\ntype = \"dedupe\"", "#")).unwrap();
    assert!(plain.ask("run").status.success());
    let texts = plain.table("documents");
    let copies = project.table("duplicates");
    assert!(copies.len() > 5);
    for copy in copies {
        let text = restored(&copy["document_id"]);
        let is_it = |row: &&Value| row["id"] == copy["document_id"] && row["text"] == *text;
        assert!(texts.iter().any(|row| is_it(&row)), "{}", copy["uri"]);
    }
    check("restore-dead", &project, "restore FILE fc4822b2");
}

#[test]
fn a_broken_sink_is_built_anew_as_it_was() {
    let project = Project::that_ran();
    let before = project.tables();
    let documents = project.path("out/quickstart/documents.jsonl");
    let half = fs::metadata(&documents).unwrap().len() / 2;
    fs::File::options()
        .write(true)
        .open(&documents)
        .unwrap()
        .set_len(half)
        .unwrap();
    check("doctor-torn-table", &project, "doctor FILE");
    check("replay", &project, "replay FILE --sink jsonl");
    assert_eq!(project.tables(), before);
    check("doctor-well", &project, "doctor FILE");
    check("replay-unknown", &project, "replay FILE --sink sqlite");
    assert!(project.ask("run").status.success());
    assert_eq!(project.tables(), before);
}

#[test]
fn a_target_of_other_tables_is_replaced_by_a_run_anew_and_by_no_other() {
    let project = Project::that_ran();
    let before = project.tables();
    let file = project.path("quickstart.toml");
    let dir = "dir  = \"out/quickstart\"";
    let pipeline = fs::read_to_string(&file).unwrap();
    assert!(pipeline.contains(dir));
    let fewer = format!("{dir}\ntables = [\"documents\"]");
    fs::write(&file, pipeline.replace(dir, &fewer)).unwrap();
    let refused = project.ask("run");
    assert_eq!(refused.status.code(), Some(78), "{}", shown(&refused));
    assert_eq!(project.tables(), before);
    let replaced = project.ask("run FILE --anew");
    assert!(replaced.status.success(), "{}", shown(&replaced));
    let after = project.tables();
    assert_eq!(after["documents.jsonl"], before["documents.jsonl"]);
    assert!(!after.contains_key("facts.jsonl"));
}

#[test]
fn a_torn_epoch_is_found_and_nothing_is_cleared_that_cannot_be_built_anew() {
    let project = Project::that_ran();
    let before = project.tables();
    let epoch = project.path("state/quickstart/outbox/000000000001.zst");
    let mut bytes = fs::read(&epoch).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&epoch, bytes).unwrap();
    let output = project.ask("doctor FILE");
    let said = shown(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("BROKEN  epoch 1: failed to read") && said.contains("1 thing is broken"));
    let replayed = project.ask("replay FILE --sink jsonl");
    assert!(!replayed.status.success(), "{}", shown(&replayed));
    assert_eq!(project.tables(), before);
}

#[test]
fn a_run_anew_needs_nothing_of_the_state_before() {
    let project = Project::that_ran();
    let before = project.tables();
    let index = project.path("state/quickstart/index");
    for run in fs::read_dir(&index).unwrap() {
        fs::remove_file(run.unwrap().path()).unwrap();
    }
    let refused = project.ask("run");
    assert!(!refused.status.success(), "{}", shown(&refused));
    let anew = project.ask("run FILE --anew");
    assert!(anew.status.success(), "{}", shown(&anew));
    assert_eq!(project.tables(), before);
    let again = project.ask("run");
    assert!(again.status.success(), "{}", shown(&again));
    assert_eq!(project.tables(), before);
}

#[test]
fn what_was_noted_wrongly_is_mended() {
    let project = Project::that_ran();
    fs::remove_dir_all(project.path("out")).unwrap();
    check("doctor-sink-emptied", &project, "doctor FILE");
    check("doctor-mended", &project, "doctor FILE --repair");
    assert!(project.ask("run").status.success());
    check("doctor-json", &project, "doctor FILE --format json");
    let kinds: Vec<Value> = lines(&project.ask("runs FILE --format json").stdout);
    let kinds: Vec<&str> = kinds
        .iter()
        .map(|run| run["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["run", "repair", "run"]);
}

#[test]
fn a_state_that_cannot_be_opened_is_a_finding() {
    let project = Project::that_ran();
    fs::write(
        project.path("state/quickstart/checkpoint.redb"),
        b"no database",
    )
    .unwrap();
    let output = project.ask("doctor FILE");
    let said = shown(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("BROKEN  state folder: failed to open"),
        "{said}"
    );
}
