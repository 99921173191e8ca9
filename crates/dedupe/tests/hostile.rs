//! What strangers send: huge lines, endless signs, nothing at all.
#![allow(clippy::unwrap_used, reason = "a test stops")]

use taosha_core::{MemoryState, Output, PassageEdit, Record, Registry, StageForm, StatefulStage};
use taosha_core::{Settings, StatefulStageType};
use taosha_dedupe::{Dedupe, DedupeConfig};

fn run(texts: &[&str]) -> Vec<Record> {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let stage = Dedupe::build(DedupeConfig::default(), &settings).unwrap();
    let (mut state, mut out) = (MemoryState::default(), Output::new());
    for (n, text) in texts.iter().enumerate() {
        let record = Record::from_text(&format!("memory:{n}"), text);
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, _) = out.into_parts();
    emissions
        .into_iter()
        .map(|emission| emission.record)
        .collect()
}

#[test]
fn texts_of_nothing_are_kept() {
    let finished = run(&["", "", "。\n，", "。\n，"]);
    assert!(finished.iter().all(|record| record.collapse.is_none()));
}

#[test]
fn a_short_text_has_exact_copies_only() {
    let finished = run(&["青禾县今日开学。", "青禾縣今日開學", "青禾县今日开门。"]);
    let collapsed: Vec<bool> = finished
        .iter()
        .map(|record| record.collapse.is_some())
        .collect();
    assert_eq!(collapsed, [false, true, false]);
}

#[test]
fn endless_lines_cost_linear_time() {
    const N: usize = 1_000_000;
    // Quadratic work on any of these would take hours.
    for piece in [
        "甲乙丙丁",
        "x",
        "1",
        "1、",
        "(",
        "《 ",
        "二",
        "1.",
        " ",
        "X县20xx年",
        "甲1乙x",
    ] {
        let text = piece.repeat(N / piece.chars().count());
        let other = format!("戊{text}己");
        let finished = run(&[&text, &other]);
        if let Some(collapse) = &finished[1].collapse {
            assert_eq!(PassageEdit::apply_all(&text, &collapse.edits), Some(other));
        }
    }
}

#[test]
fn two_huge_reports_of_different_order_are_compared_in_linear_time() {
    let words = |step: u32| -> String {
        let character = |n: u32| char::from_u32(0x4E00 + n.wrapping_mul(step) % 5000);
        (0..500_000).filter_map(character).collect()
    };
    let (one, other) = (words(7), words(4999));
    let mixed = format!("{}{}", other, one);
    assert_eq!(run(&[&one, &other, &mixed]).len(), 3);
}

#[test]
fn the_stage_is_registered_with_documented_options() {
    let mut registry = Registry::new();
    taosha_dedupe::register(&mut registry);
    let entry = &registry.stages()["dedupe"];
    let schema = (entry.schema)(&mut schemars::SchemaGenerator::default());
    let properties = schema.get("properties").unwrap().as_object().unwrap();
    let readme = include_str!("../README.md");
    for (name, property) in properties {
        assert!(
            property.get("description").is_some(),
            "{name} is not documented"
        );
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "{name} is not in the README"
        );
    }
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let parsed = toml::de::DeTable::parse("similarity = 0.7").unwrap();
    let options = toml::Spanned::new(parsed.span(), toml::de::DeValue::Table(parsed.into_inner()));
    let built = (entry.build)(taosha_core::Options(options), &settings);
    assert!(matches!(built, Ok(StageForm::Stateful(_))));
}
