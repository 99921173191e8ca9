//! The stage as the engine sees it.

#![expect(clippy::unwrap_used, reason = "this is test code")]

use mask_contacts::{MaskContacts, MaskContactsConfig};
use taosha_core::{Output, Record, Registry, Row, Settings, Stage, StageType, rows};

fn process(text: &str, config: MaskContactsConfig) -> Output {
    let settings = Settings {
        id: "mask".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let stage = MaskContacts::build(config, &settings).unwrap();
    let mut out = Output::new();
    stage
        .process(Record::from_text("memory:a", text), &mut out)
        .unwrap();
    out
}

#[test]
fn a_number_is_hidden_in_the_text_and_in_the_list_of_repairs() {
    let text = "青禾县教育局\n联系电话：13800001234，全年办结147件。";
    let out = process(text, MaskContactsConfig::default());
    let rows = rows(&out.emissions()[0].record, "test").unwrap();
    let Row::Document(row) = &rows[0] else {
        panic!("documents come first")
    };
    assert_eq!(row.text, "青禾县教育局\n联系电话：***，全年办结147件。");
    assert_eq!(row.masks, 1);
    assert_eq!(row.repairs[0].kind, "mobile_number");
    assert_eq!(row.repairs[0].before, None);
    assert!(!rows[0].to_json().unwrap().contains("13800001234"));
}

#[test]
fn the_page_still_knows_what_is_hidden() {
    let text = "电话0799-1234567。";
    let out = process(text, MaskContactsConfig::default());
    let report = out.emissions()[0].record.report().unwrap();
    let span = report.marks()[0].span;
    assert_eq!(report.document().slice(span), "0799-1234567");
    assert_eq!(report.raw_range(span), 6..18);
}

#[test]
fn a_list_of_people_leaves_by_its_own_port() {
    let text = "办公室 13800001234\n教育股 13800001235\n";
    let config = MaskContactsConfig {
        directory_above: 1,
        ..MaskContactsConfig::default()
    };
    assert_eq!(
        process(text, config).emissions()[0].port,
        Some("directories")
    );
}

#[test]
fn the_registry_knows_the_stage_and_its_port() {
    let mut registry = Registry::new();
    mask_contacts::register(&mut registry);
    let entry = &registry.stages()["mask-contacts"];
    assert_eq!(entry.ports[0].name, "directories");
}
