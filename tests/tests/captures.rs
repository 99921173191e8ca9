//! Real captures, where there are any: `TAOSHA_SEEDS` names a folder of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use taosha_tests::command::{shown, taosha};

/// The folder of captures, or a loud word that there is none.
fn captures() -> Option<PathBuf> {
    let folder = std::env::var_os("TAOSHA_SEEDS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED: TAOSHA_SEEDS is not set, no real capture was looked at");
    }
    // Cargo runs tests in the folder of their package.
    folder.map(|folder| std::path::absolute(taosha_tests::command::root().join(folder)).unwrap())
}

#[test]
fn reports_are_found_site_text_is_gone_and_no_lost_number_has_a_value() {
    let Some(captures) = captures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pipeline.toml");
    let stages =
        ["decode", "segment", "dedupe", "extract"].map(|s| format!("[[stage]]\ntype='{s}'\n"));
    let source = format!(
        "[[source]]\ntype='files'\npaths=['{}']\n",
        captures.display()
    );
    let sink = "[[sink]]\ntype='jsonl'\ndir='out'\n";
    fs::write(&file, source + &stages.concat() + sink).unwrap();
    let output = taosha().arg("run").arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    let table = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(folder.path().join(format!("out/{name}.jsonl"))).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };

    let (documents, duplicates) = (table("documents"), table("duplicates"));
    let count = |rows: &[Value], name: &str| {
        rows.iter()
            .filter(|row| row["uri"].as_str().is_some_and(|uri| uri.contains(name)))
            .count()
    };
    let pages = ["/000_", "/001_", "/002_", "/003_", "/004_"];
    assert_eq!(pages.map(|page| count(&documents, page)), [9, 1, 1, 2, 1]);
    assert_eq!(count(&duplicates, "/003_"), 1);
    assert_eq!(duplicates[0]["relation"], "near");
    assert!(
        documents
            .iter()
            .take(9)
            .all(|document| document["title"].is_string())
    );

    for document in &documents {
        let text = document["text"].as_str().unwrap();
        for words in [
            "您现在的位置",
            "人围观",
            "验证码",
            "上一页",
            "下页更精彩",
            "此处隐藏",
            "链接地址",
        ] {
            assert!(!text.contains(words), "`{words}` in {}", document["title"]);
        }
    }
    for fact in table("facts") {
        let lost = fact["masked"] == true || fact["damaged"] == true;
        assert!(!lost || fact["value"].is_null(), "{fact}");
    }
}
