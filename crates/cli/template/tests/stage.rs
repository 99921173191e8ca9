//! The stage as the engine sees it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use my_stage::{MyStage, MyStageConfig};
use taosha_core::{Output, Record, Result, Settings, Stage, StageType};

fn stage(least_chars: usize) -> Result<MyStage> {
    let settings = Settings {
        id: "my-stage".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    MyStage::build(MyStageConfig { least_chars }, &settings)
}

fn process(least_chars: usize, text: &str) -> Output {
    let mut out = Output::new();
    let record = Record::from_text("memory:a", text);
    stage(least_chars)
        .unwrap()
        .process(record, &mut out)
        .unwrap();
    out
}

#[test]
fn a_report_that_is_long_enough_goes_on() {
    let out = process(8, "青禾县教育工作总结");
    assert_eq!((out.emissions().len(), out.drops().len()), (1, 0));
}

#[test]
fn a_short_report_is_dropped_and_its_trail_says_why() {
    let out = process(10, "青禾县教育工作总结");
    assert_eq!(out.emissions().len(), 0);
    assert_eq!(out.drops()[0].reason, "too_short");
    let mut steps = out.drops()[0].record.trail.steps();
    assert!(steps.any(|step| step.decision == "length"));
}

#[test]
fn an_option_that_makes_no_sense_is_refused_with_its_name() {
    let error = stage(0).err().unwrap();
    assert_eq!(error.code(), "my-stage.least_chars");
}
