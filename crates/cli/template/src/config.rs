use schemars::JsonSchema;
use serde::Deserialize;

/// Options of `type = "my-stage"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MyStageConfig {
    /// Reports with fewer characters are dropped.
    pub least_chars: usize,
}

impl Default for MyStageConfig {
    fn default() -> Self {
        MyStageConfig { least_chars: 100 }
    }
}
