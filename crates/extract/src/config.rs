use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::FactKind;

/// What a user may choose about `extract`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtractConfig {
    /// The kinds of facts to keep, by the names of the `facts` table: `count`, `amount`, `rate`,
    /// `ratio`, `date`, `rank`, `change`, `document_number`, `citation`, `award`. All when absent.
    pub kinds: Option<Vec<Kind>>,
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

/// A kind of fact, by its name in tables.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 47所
    Count,
    /// 64.2万元
    Amount,
    /// 58.24%
    Rate,
    /// 3.2:6.8
    Ratio,
    /// 6月26日
    Date,
    /// 第二名
    Rank,
    /// 增加71人
    Change,
    /// 青政办〔2018〕16号
    DocumentNumber,
    /// 《教师法》
    Citation,
    /// 获一等奖
    Award,
}

impl ExtractConfig {
    pub(crate) fn keeps(&self, kind: FactKind) -> bool {
        let chosen = |kinds: &Vec<Kind>| kinds.iter().any(|&k| FactKind::from(k) == kind);
        self.kinds.as_ref().is_none_or(chosen) && (self.citations || kind != FactKind::Citation)
    }
}

impl From<Kind> for FactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Count => FactKind::Count,
            Kind::Amount => FactKind::Amount,
            Kind::Rate => FactKind::Rate,
            Kind::Ratio => FactKind::Ratio,
            Kind::Date => FactKind::Date,
            Kind::Rank => FactKind::Rank,
            Kind::Change => FactKind::Change,
            Kind::DocumentNumber => FactKind::DocumentNumber,
            Kind::Citation => FactKind::Citation,
            Kind::Award => FactKind::Award,
        }
    }
}
