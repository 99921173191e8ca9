//! The card beside the tables says how they were made, and nothing that is a secret.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use taosha_tests::command::{root, shown, taosha};

/// Runs a pipeline over the sample pages in `folder`; the cards of its sinks.
fn cards(folder: &Path, epoch_records: usize) -> [String; 2] {
    let pages = root().join("config/quickstart/pages");
    fs::create_dir_all(folder.join("pages")).unwrap();
    for entry in fs::read_dir(pages).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.join("pages").join(path.file_name().unwrap())).unwrap();
    }
    let text = format!(
        "name = 'card'\n[run.epoch]\nrecords = {epoch_records}\n\
         [secrets]\npassages = {{ env = 'CARD_PASSAGES' }}\n\
         [[source]]\ntype = 'files'\npaths = ['pages/*']\n\
         [[stage]]\ntype = 'decode'\n\
         [[stage]]\ntype = 'segment'\n\
         [[stage]]\ntype = 'dedupe'\npassages = {{ secret = 'passages' }}\nkeep = 'first'\n\
         [[stage]]\ntype = 'extract'\nkinds = [\n  'count',\n  'rate',\n]\n\
         [[sink]]\ntype = 'jsonl'\ndir = 'lines'\ncompress = 'zstd'\n\
         [[sink]]\ntype = 'parquet'\ndir = 'parts'\npartition = ['period']\n\
         card.licence = 'cc-by-4.0'\n"
    );
    fs::write(folder.join("card.toml"), text).unwrap();
    let mut command = taosha();
    command.env("CARD_PASSAGES", "exact");
    let output = command
        .arg("run")
        .arg(folder.join("card.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    ["lines", "parts"].map(|dir| fs::read_to_string(folder.join(dir).join("README.md")).unwrap())
}

#[test]
fn a_card_says_how_the_tables_were_made_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let [lines, parts] = cards(folder.path(), 1000);
    for card in [&lines, &parts] {
        for row in [
            "| `files` | `files` |  |",
            "| `decode` | `decode` |  |",
            "| `dedupe` | `dedupe` | `keep = 'first'`, `passages = { secret = 'passages' }` |",
            "| `extract` | `extract` | `kinds = [ 'count', 'rate', ]` |",
        ] {
            assert!(card.lines().any(|line| line == row), "{row}\n{card}");
        }
        assert!(card.contains("pipeline `card`, which is `card@"), "{card}");
        assert!(
            !card.contains("'exact'") && !card.contains("\"exact\""),
            "{card}"
        );
    }
    assert!(lines.contains("data_files: \"facts.jsonl.zst\""), "{lines}");
    assert!(
        parts.contains("data_files: \"facts/**/*.parquet\""),
        "{parts}"
    );
    assert!(
        parts.contains("data_files: \"sections/*.parquet\""),
        "{parts}"
    );
    assert!(parts.contains("license: \"cc-by-4.0\""), "{parts}");
    assert!(lines.contains("license: \"unknown\""), "{lines}");
}

#[test]
fn two_runs_over_the_same_pages_write_the_same_cards() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(cards(one.path(), 1000), cards(other.path(), 2));
}
