//! The main job on the sample pages: what the recipes expect is what comes out, whatever the number
//! of workers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use taosha_tests::command::{root, shown, taosha};
use taosha_tests::pages::{Relation, recipes};

/// Runs the quickstart into `folder`.
fn run(folder: &Path, workers: usize) {
    let set = |key: &str, value: &Path| format!("{key}={}", value.display());
    let output = taosha()
        .arg("run")
        .arg(root().join("config/quickstart.toml"))
        .args(["--set", &set("jsonl.dir", &folder.join("out"))])
        .args(["--set", &set("run.state", &folder.join("state"))])
        .args(["--set", &format!("run.workers={workers}")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
}

fn table(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(format!("out/{name}.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Digests of the tables; the files beside them name the state folder, which is another every time.
fn tables(folder: &Path) -> BTreeMap<String, taosha_core::Id> {
    let entries = fs::read_dir(folder.join("out"))
        .unwrap()
        .map(Result::unwrap);
    let tables = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "jsonl"));
    let read = |entry: fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            taosha_core::Id::of_raw(&fs::read(entry.path()).unwrap()),
        )
    };
    tables.map(read).collect()
}

#[test]
fn the_output_is_the_same_at_any_number_of_workers_and_on_a_second_run() {
    let (one, four) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(one.path(), 1);
    run(four.path(), 4);
    assert_eq!(tables(one.path()), tables(four.path()));
    run(four.path(), 2);
    assert_eq!(tables(one.path()), tables(four.path()));
}

#[test]
fn every_page_becomes_what_its_recipe_expects() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    let uri = |file: &str| format!("quickstart/pages/{file}");
    let of = |rows: &[Value], file: &str| -> Vec<Value> {
        rows.iter()
            .filter(|row| row["uri"] == *uri(file))
            .cloned()
            .collect()
    };
    let documents = table(folder.path(), "documents");
    let duplicates = table(folder.path(), "duplicates");
    let dead = table(folder.path(), "dead");

    let mut kept: BTreeMap<(String, usize), Value> = BTreeMap::new();
    for page in recipes().unwrap() {
        let file = &page.file;
        let (documents, duplicates) = (of(&documents, file), of(&duplicates, file));
        let expected_kept = page
            .expect
            .reports
            .iter()
            .filter(|r| r.duplicate.is_none())
            .count();
        assert_eq!(documents.len(), expected_kept, "reports kept of {file}");
        let expected_copies = page.expect.reports.len() - expected_kept;
        assert_eq!(duplicates.len(), expected_copies, "copies on {file}");
        assert_eq!(
            of(&dead, file).len(),
            usize::from(page.expect.dead.is_some()),
            "dead: {file}"
        );

        let (mut documents, mut duplicates) = (documents.into_iter(), duplicates.into_iter());
        for (n, report) in page.expect.reports.iter().enumerate() {
            let place = format!("report {} of {file}", n + 1);
            let Some(twin) = &report.duplicate else {
                let document = documents.next().unwrap();
                // A traditional page keeps its script.
                let title = document["title"].as_str().map(taosha_core::simplify);
                assert_eq!(title, Some(taosha_core::simplify(&report.title)), "{place}");
                assert_eq!(
                    document["period"].as_str(),
                    report.period.as_deref(),
                    "{place}"
                );
                assert_eq!(
                    document["complete"] != Value::Bool(false),
                    report.complete,
                    "{place}"
                );
                kept.insert((file.clone(), n + 1), document);
                continue;
            };
            let duplicate = duplicates.next().unwrap();
            let canonical = &kept[&(twin.of.clone(), twin.n)];
            assert_eq!(duplicate["canonical_id"], canonical["id"], "{place}");
            let relation = match twin.relation {
                Relation::Exact => "exact",
                Relation::Near => "near",
            };
            assert_eq!(duplicate["relation"], relation, "{place}");
        }
    }
}

#[test]
fn nothing_of_the_sites_is_in_a_report() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    for document in table(folder.path(), "documents") {
        let text = document["text"].as_str().unwrap();
        let words = [
            "范文",
            "www.",
            "上一页",
            "下一页",
            "版权",
            "浏览",
            "位置：",
            "隐藏",
            "责任编辑",
            "第1篇",
        ];
        for word in words {
            assert!(
                !text.contains(word),
                "`{word}` in {}: {text}",
                document["uri"]
            );
        }
    }
}

#[test]
fn the_facts_of_the_recipes_are_found_and_no_lost_number_has_a_value() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    let documents = table(folder.path(), "documents");
    let facts = table(folder.path(), "facts");
    for fact in &facts {
        let lost = fact["masked"] == true || fact["damaged"] == true;
        assert!(!lost || fact["value"].is_null(), "{fact}");
    }

    let mut missing = Vec::new();
    for page in recipes().unwrap() {
        let uri = format!("quickstart/pages/{}", page.file);
        let ids: Vec<&Value> = documents
            .iter()
            .filter(|row| row["uri"] == *uri)
            .map(|row| &row["id"])
            .collect();
        let of_page: Vec<&Value> = facts
            .iter()
            .filter(|fact| ids.contains(&&fact["document_id"]))
            .collect();
        for expected in &page.expect.facts {
            let duplicate = page.expect.reports[expected.report - 1].duplicate.is_some();
            // A number that was lost must not come out; that is checked by its unit and evidence.
            let Some(value) = expected.value.filter(|_| !duplicate) else {
                continue;
            };
            let is_it = |fact: &&&Value| {
                let unit = taosha_core::simplify(fact["unit"].as_str().unwrap_or_default());
                fact["value"]
                    .as_f64()
                    .is_some_and(|found| (found - value).abs() < 1e-9)
                    && unit == expected.unit
            };
            if !of_page.iter().any(|fact| is_it(&fact)) {
                missing.push(format!(
                    "{}: {} ({value} {})",
                    page.file, expected.evidence, expected.unit
                ));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_duplicate_is_rebuilt_from_its_canonical_report() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    let documents = table(folder.path(), "documents");
    // The rows of a run without `dedupe` are what the copies said.
    let pipeline = fs::read_to_string(root().join("config/quickstart.toml")).unwrap();
    let without = pipeline.replace("[[stage]]\ntype = \"dedupe\"", "#");
    assert_ne!(without, pipeline);
    let pages = root().join("config/quickstart/pages");
    let without = without.replace("quickstart/pages", &pages.display().to_string());
    let file = folder.path().join("plain.toml");
    fs::write(&file, without).unwrap();
    let output = taosha()
        .arg("run")
        .arg(&file)
        .args(["--set", "jsonl.dir=plain"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let plain = fs::read_to_string(folder.path().join("plain/documents.jsonl")).unwrap();
    let plain: Vec<Value> = plain
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();

    let duplicates = table(folder.path(), "duplicates");
    assert!(!duplicates.is_empty());
    for duplicate in duplicates {
        let canonical = documents
            .iter()
            .find(|row| row["id"] == duplicate["canonical_id"])
            .unwrap();
        let edits: Vec<taosha_core::PassageEdit> =
            serde_json::from_value(duplicate["edits"].clone()).unwrap();
        let text = canonical["text"].as_str().unwrap();
        let rebuilt = taosha_core::PassageEdit::apply_all(text, &edits).unwrap();
        let uri = duplicate["uri"].as_str().unwrap();
        let name = uri.rsplit('/').next().unwrap();
        let copies = plain
            .iter()
            .filter(|row| row["uri"].as_str().unwrap().ends_with(name));
        assert!(
            copies.map(|row| &row["text"]).any(|text| *text == *rebuilt),
            "{uri}"
        );
    }
}

#[test]
fn evidence_is_where_the_row_says() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 2);
    let documents = table(folder.path(), "documents");
    let mut n_checked = 0;
    for fact in table(folder.path(), "facts") {
        let document = documents
            .iter()
            .find(|row| row["id"] == fact["document_id"])
            .unwrap();
        let offset = |key: &str| fact[key].as_u64().unwrap() as usize;
        let text = document["text"].as_str().unwrap();
        let words: String = text
            .chars()
            .skip(offset("start"))
            .take(offset("end") - offset("start"))
            .collect();
        assert_eq!(fact["evidence"], *words);
        // Where the page is plain UTF-8 and nothing was taken out between, the bytes say the same.
        let uri = document["uri"].as_str().unwrap();
        if uri.ends_with("17-capture.txt") {
            let raw = fs::read(root().join("config").join(uri)).unwrap();
            let bytes = &raw[offset("raw_start")..offset("raw_end")];
            assert_eq!(String::from_utf8_lossy(bytes), words);
            n_checked += 1;
        }
    }
    assert!(n_checked > 5);
}
