use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::FactKind;

/// What a user may choose about `extract`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtractConfig {
    /// The kinds of facts to keep, by the names of the `facts` table: `count`, `amount`, `rate`,
    /// `ratio`, `date`, `rank`, `change`, `document_number`, `citation`, `award`. All when absent.
    pub kinds: Option<Vec<FactKind>>,
    /// Whether titles in 《》 become facts. They are many, and some users want figures only.
    pub citations: bool,
    /// Files with units, names and indicators of your own, relative to the pipeline file. They add to the
    /// built-in rules; a word that is there already is read as the file says.
    pub rules: Vec<PathBuf>,
}

impl Default for ExtractConfig {
    fn default() -> Self {
        ExtractConfig {
            kinds: None,
            citations: true,
            rules: Vec::new(),
        }
    }
}

impl ExtractConfig {
    pub(crate) fn keeps(&self, kind: FactKind) -> bool {
        self.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&kind))
            && (self.citations || kind != FactKind::Citation)
    }
}
