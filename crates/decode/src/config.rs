use schemars::JsonSchema;
use serde::Deserialize;

/// The options of `decode`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecodeConfig {
    /// Reads every page in this charset (a WHATWG label such as `gbk`) instead of finding out.
    pub charset: Option<String>,
    /// Finds the article of an HTML page and leaves out the visible text around it.
    pub main_text: bool,
    /// Leaves out breadcrumbs, by-lines, page turners, adverts and watermarks.
    pub chrome: bool,
    /// Puts shifted GBK and text read in the wrong charset right, takes out pinyin annotations,
    /// resolves references that were encoded twice.
    pub repair: bool,
    /// Joins lines that were broken inside a sentence, and parts a report that was put on one line.
    pub lines: bool,
}

impl Default for DecodeConfig {
    fn default() -> Self {
        DecodeConfig {
            charset: None,
            main_text: true,
            chrome: true,
            repair: true,
            lines: true,
        }
    }
}
