//! `config/reference.toml` is the manual, so it must say what the code does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use schemars::{JsonSchema, SchemaGenerator};
use taosha_engine::{EpochOptions, ErrorOptions, OutboxOptions, RunOptions, ScheduleOptions};
use taosha_tests::command::root;

/// The keys below each table header, those in comments included; tables of one name are told apart
/// by their `type`.
fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("config/reference.toml")).unwrap();
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut table = "file".to_owned();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = header
                .split(']')
                .next()
                .unwrap()
                .trim_matches('[')
                .to_owned();
            continue;
        }
        let code = line.strip_prefix("# ").unwrap_or(line);
        let Some((key, value)) = code.split_once('=') else {
            continue;
        };
        let key = key.trim();
        if key.contains(' ') || !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        assert!(value.contains('#'), "`{key}` has no comment");
        if key == "type" {
            let name = value.split('"').nth(1).unwrap();
            table = format!("{table} {name}");
        }
        tables
            .entry(table.clone())
            .or_default()
            .insert(key.to_owned());
    }
    tables
}

fn properties(schema: &serde_json::Value) -> BTreeSet<String> {
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}

fn keys_of<T: JsonSchema>() -> BTreeSet<String> {
    properties(T::json_schema(&mut SchemaGenerator::default()).as_value())
}

#[test]
fn every_key_is_listed_and_none_that_is_not_there() {
    let mut known = BTreeMap::new();
    let mut run = keys_of::<RunOptions>();
    for table in ["epoch", "errors", "outbox"] {
        assert!(run.remove(table), "written as a table of its own");
    }
    known.insert("run".to_owned(), run);
    known.insert("run.epoch".to_owned(), keys_of::<EpochOptions>());
    known.insert("run.errors".to_owned(), keys_of::<ErrorOptions>());
    known.insert("run.outbox".to_owned(), keys_of::<OutboxOptions>());
    known.insert("schedule".to_owned(), keys_of::<ScheduleOptions>());
    let app = taosha_cli::App::builtin();
    let registry = app.registry();
    let schemas = (registry
        .sources()
        .iter()
        .map(|(name, e)| ("source", *name, e.schema)))
    .chain(
        registry
            .stages()
            .iter()
            .map(|(name, e)| ("stage", *name, e.schema)),
    )
    .chain(
        registry
            .sinks()
            .iter()
            .map(|(name, e)| ("sink", *name, e.schema)),
    );
    for (kind, name, schema) in schemas {
        let mut keys = properties(schema(&mut SchemaGenerator::default()).as_value());
        keys.insert("type".to_owned());
        known.insert(format!("{kind} {name}"), keys);
    }

    let mut listed = listed();
    assert_eq!(
        listed.remove("file"),
        Some(BTreeSet::from(["name".to_owned()]))
    );
    assert_eq!(
        listed.remove("secrets"),
        Some(BTreeSet::from(["example".to_owned()]))
    );
    for (table, keys) in &mut listed {
        // Every part may have an `id` and a `from`; each is explained once.
        if table.contains(' ') {
            keys.remove("id");
            keys.remove("from");
        }
    }
    assert_eq!(listed, known);
}

/// The table of `reference.toml` under `header`, of the given type.
fn values(header: &str, kind: Option<&str>) -> toml::Table {
    let text = std::fs::read_to_string(root().join("config/reference.toml")).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let mut table = match (&file[header], kind) {
        (toml::Value::Array(tables), Some(kind)) => {
            let is_it = |table: &&toml::Value| table["type"].as_str() == Some(kind);
            tables
                .iter()
                .find(is_it)
                .unwrap()
                .as_table()
                .unwrap()
                .clone()
        }
        (table, _) => table.as_table().unwrap().clone(),
    };
    for key in ["type", "id", "from"] {
        table.remove(key);
    }
    table
}

/// What is listed reads the same as what remains when everything but `required` is left out.
fn check_defaults<T: serde::de::DeserializeOwned + Debug>(listed: toml::Table, required: &[&str]) {
    let bare: toml::Table = listed
        .iter()
        .filter(|(key, _)| required.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let (listed, bare): (T, T) = (listed.try_into().unwrap(), bare.try_into().unwrap());
    assert_eq!(format!("{listed:?}"), format!("{bare:?}"));
}

#[test]
fn every_value_is_the_default() {
    check_defaults::<RunOptions>(values("run", None), &[]);
    check_defaults::<ScheduleOptions>(values("schedule", None), &["cron"]);
    let files = values("source", Some("files"));
    check_defaults::<taosha_fetch::FilesConfig>(files, &["paths"]);
    let given = ["paths", "allow_empty"];
    let archive = values("source", Some("archive"));
    check_defaults::<taosha_fetch::ArchiveConfig>(archive, &given);
    check_defaults::<taosha_fetch::StdinConfig>(values("source", Some("stdin")), &[]);
    let jsonl = values("source", Some("jsonl"));
    check_defaults::<taosha_fetch::JsonlConfig>(jsonl, &given);
    let warc = values("source", Some("warc"));
    check_defaults::<taosha_fetch::WarcConfig>(warc, &given);
    let http = values("source", Some("http"));
    check_defaults::<taosha_fetch::HttpConfig>(http, &["urls", "contact", "warc"]);
    check_defaults::<taosha_decode::DecodeConfig>(values("stage", Some("decode")), &[]);
    check_defaults::<taosha_decode::SiteLinesConfig>(values("stage", Some("site_lines")), &[]);
    check_defaults::<taosha_segment::SegmentConfig>(values("stage", Some("segment")), &[]);
    check_defaults::<taosha_dedupe::DedupeConfig>(values("stage", Some("dedupe")), &[]);
    check_defaults::<taosha_extract::ExtractConfig>(values("stage", Some("extract")), &[]);
    check_defaults::<taosha_sink::JsonlConfig>(values("sink", Some("jsonl")), &["dir"]);
    check_defaults::<taosha_sink::ParquetConfig>(values("sink", Some("parquet")), &["dir"]);
    check_defaults::<taosha_sink::PostgresConfig>(values("sink", Some("postgres")), &["url"]);
    check_defaults::<taosha_sink::SqliteConfig>(values("sink", Some("sqlite")), &["path"]);
}
