use schemars::JsonSchema;
use serde::Deserialize;

/// A page with less text than a headline holds no report, only leftovers of the site.
const MIN_CHARS: usize = 4;

/// What a user may choose.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SegmentConfig {
    /// Cut pages that hold several reports into one record each.
    pub split: bool,
    /// Find headings, sections and their roles.
    pub outline: bool,
    /// Drop a report that has fewer characters than this, white space not counted.
    pub min_chars: usize,
}

impl Default for SegmentConfig {
    fn default() -> Self {
        SegmentConfig {
            split: true,
            outline: true,
            min_chars: MIN_CHARS,
        }
    }
}
