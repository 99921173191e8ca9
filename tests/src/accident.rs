//! A stage that has accidents on request: what a page does that kills its process, or is slow.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Kind, Output, Record, Registry, Result, Settings, Stage, StageType};

/// Passes pages on, unless it has an accident.
pub struct Accident(AccidentConfig);

/// Options of `type = "accident"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccidentConfig {
    /// Ends the process, by SIGABRT, at a page that holds these words.
    #[serde(default)]
    abort_on: Option<String>,
    /// Waits so long at every page.
    #[serde(default)]
    pause_ms: u64,
}

impl StageType for Accident {
    const NAME: &'static str = "accident";
    const ABOUT: &'static str = "dies of some pages";
    const TAKES: Kind = Kind::Raw;
    const GIVES: Kind = Kind::Raw;
    type Config = AccidentConfig;

    fn build(config: AccidentConfig, _: &Settings) -> Result<Self> {
        Ok(Accident(config))
    }
}

impl Stage for Accident {
    fn process(&self, record: Record, out: &mut Output) -> Result<()> {
        std::thread::sleep(Duration::from_millis(self.0.pause_ms));
        if let Some(words) = &self.0.abort_on
            && String::from_utf8_lossy(record.raw()).contains(words)
        {
            std::process::abort();
        }
        out.emit(record);
        Ok(())
    }
}

/// Makes the stage known.
pub fn register(registry: &mut Registry) {
    registry.stage::<Accident>();
}
