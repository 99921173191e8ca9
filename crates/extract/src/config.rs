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
}

impl Default for ExtractConfig {
    fn default() -> Self {
        ExtractConfig {
            kinds: None,
            citations: true,
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
