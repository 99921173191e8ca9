//! Who may know whom: `cli -> {stage crates, engine} -> core`, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};
use taosha_tests::command::root;

const STAGES: [&str; 6] = ["fetch", "decode", "dedupe", "segment", "extract", "sink"];

/// Dependencies between our crates, as `("cli", "core")`.
fn edges() -> BTreeSet<(String, String)> {
    let mut command = MetadataCommand::new();
    let metadata = command
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let short = |name: &str| name.strip_prefix("taosha-").map(str::to_owned);
    let mut edges = BTreeSet::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            let from = short(&package.name).unwrap_or_else(|| package.name.to_string());
            let normal = dependency.kind == DependencyKind::Normal;
            if let Some(to) = short(&dependency.name).filter(|_| normal) {
                edges.insert((from, to));
            }
        }
    }
    edges
}

fn allowed() -> BTreeSet<(String, String)> {
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let mut allowed = BTreeSet::from([pair("cli", "core"), pair("cli", "engine")]);
    allowed.insert(pair("engine", "core"));
    for stage in STAGES {
        allowed.insert(pair("cli", stage));
        allowed.insert(pair(stage, "core"));
    }
    allowed
}

#[test]
fn a_stage_crate_knows_core_only_and_the_engine_knows_no_stage() {
    let ours: BTreeSet<_> = edges()
        .into_iter()
        .filter(|(from, _)| !["mask-contacts", "my-stage", "tests"].contains(&&**from))
        .collect();
    assert_eq!(ours, allowed());
}

#[test]
fn the_example_stage_needs_what_a_stranger_would() {
    let example: Vec<_> = edges()
        .into_iter()
        .filter(|(from, _)| from == "mask-contacts")
        .collect();
    let needs: Vec<&str> = example.iter().map(|(_, to)| to.as_str()).collect();
    assert_eq!(needs, ["cli", "core"]);
}

#[test]
fn the_diagram_in_the_architecture_page_is_true() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let marker = "<!-- crate graph: checked by tests/tests/layering.rs -->";
    let (_, after) = page
        .split_once(marker)
        .expect("the page marks its crate graph");
    let diagram = after
        .split("```")
        .nth(1)
        .expect("a fenced diagram follows the mark");
    let drawn: BTreeSet<(String, String)> = diagram
        .lines()
        .filter_map(|line| line.split_once("-->"))
        .map(|(from, to)| (from.trim().to_owned(), to.trim().to_owned()))
        .collect();
    assert_eq!(drawn, allowed());
}
