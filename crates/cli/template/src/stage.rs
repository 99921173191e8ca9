use taosha_core::{Error, Kind, Output, Record, Result, Settings, Stage, StageType};

use crate::MyStageConfig;

/// Drops reports that are too short.
pub struct MyStage {
    config: MyStageConfig,
}

/// The report has fewer characters than `least_chars`.
const TOO_SHORT: &str = "too_short";

impl StageType for MyStage {
    const NAME: &'static str = "my-stage";
    const ABOUT: &'static str = "drops reports that are too short";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &[TOO_SHORT];
    type Config = MyStageConfig;

    fn build(config: MyStageConfig, _: &Settings) -> Result<Self> {
        if config.least_chars == 0 {
            let message =
                "drop short reports: none has fewer than 0 characters; take the stage out";
            return Err(Error::config("my-stage.least_chars", message).for_option("least_chars"));
        }
        Ok(MyStage { config })
    }
}

impl Stage for MyStage {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        // The reading: the text of the report without what earlier stages cut.
        let n_chars = record.report_mut()?.reading().text().chars().count();
        if n_chars < self.config.least_chars {
            record.note("length", serde_json::json!({ "chars": n_chars }));
            out.drop(record, TOO_SHORT);
        } else {
            out.emit(record);
        }
        Ok(())
    }
}
