//! The binary knows the stage: it shows up in `check`, `graph` and `schema`, and it runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::Command;

const PIPELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pipeline.toml");

fn printed(args: &[&str]) -> String {
    let binary = env!("CARGO_BIN_EXE_taosha-with-masks");
    let output = Command::new(binary)
        .args(args)
        .env("TAOSHA_LOG", "off")
        .output()
        .unwrap();
    let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{err}");
    String::from_utf8(out).unwrap()
}

#[test]
fn check_graph_and_schema_show_the_stage() {
    assert!(printed(&["check", PIPELINE]).contains("telephone and identity numbers read as ***"));
    assert!(printed(&["graph", PIPELINE]).contains(r#"-- "directories" -->"#));
    let schema = printed(&["schema"]);
    assert!(schema.contains(r#""const": "mask-contacts""#));
    assert!(schema.contains("What stands in place of a number."));
}

#[test]
fn the_sample_pages_come_out_without_a_number() {
    let folder = std::env::temp_dir().join(format!("mask-contacts-{}", std::process::id()));
    let set = |key: &str, name: &str| format!("{key}={}", folder.join(name).display());
    printed(&[
        "run",
        PIPELINE,
        "--set",
        &set("jsonl.dir", "reports"),
        "--set",
        &set("directories.dir", "directories"),
        "--set",
        &set("run.state", "state"),
    ]);
    let table = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (reports, lists) = (
        table("reports/documents.jsonl"),
        table("directories/documents.jsonl"),
    );
    assert_eq!((reports.lines().count(), lists.lines().count()), (1, 1));
    for number in ["13800001234", "0799-1234567", "0799-1234501"] {
        assert!(
            !reports.contains(number) && !lists.contains(number),
            "{number}"
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}
