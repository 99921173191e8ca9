use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Period, Span};

/// A typed statement and the words that prove it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Index of the section it stands in, in the report's list.
    pub section: Option<usize>,
    /// What is counted or measured, in the report's own words: `高考本科上线人数`.
    pub indicator: Option<String>,
    /// The number as written, 2.8 of 2.8万册. `None` when the number is masked or damaged, and for
    /// facts that are no numbers.
    pub value: Option<f64>,
    /// The number's own characters: `2.8`, `两千三百`, `312718.7xxxx`.
    pub value_text: String,
    /// The unit as written: `万册`.
    pub unit: Option<String>,
    /// The unit that `value_base` is in: `册`.
    pub unit_base: Option<String>,
    /// The value in `unit_base`: 28000.
    pub value_base: Option<f64>,
    /// What kind of statement it is.
    pub kind: FactKind,
    /// The time it speaks of.
    pub period: Option<Period>,
    /// How that time is known.
    pub period_basis: Option<PeriodBasis>,
    /// Where, when the words say so.
    pub place: Option<String>,
    /// Who, when the words say so.
    pub organisation: Option<String>,
    /// How exact the number claims to be.
    pub qualifier: Qualifier,
    /// Index, in the report's list, of the fact this one is measured against.
    pub base_fact: Option<usize>,
    /// Some of the number is hidden by a mask.
    pub masked: bool,
    /// Some of the number is lost or stands across broken text.
    pub damaged: bool,
    /// The words that prove it.
    pub evidence: Span,
}

/// What kind of statement a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// 47所
    Count,
    /// 71.05万元, 3612平方米
    Amount,
    /// 63.61%
    Rate,
    /// 5.7:4.3
    Ratio,
    /// 6月26日
    Date,
    /// 全县第二名
    Rank,
    /// 增加62人, 提高4.06个百分点
    Change,
    /// 桂政办电〔2008〕16号
    DocumentNumber,
    /// 《教师法》
    Citation,
    /// 获省级一等奖
    Award,
}

impl FactKind {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            FactKind::Count => "count",
            FactKind::Amount => "amount",
            FactKind::Rate => "rate",
            FactKind::Ratio => "ratio",
            FactKind::Date => "date",
            FactKind::Rank => "rank",
            FactKind::Change => "change",
            FactKind::DocumentNumber => "document_number",
            FactKind::Citation => "citation",
            FactKind::Award => "award",
        }
    }
}

/// How exact a number claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// 47所
    Exact,
    /// 近300名, 1500多名
    Approx,
    /// 99%以上, 不少于3次
    AtLeast,
    /// 不超过5%
    AtMost,
    /// 4、5万元
    Range,
}

impl Qualifier {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Qualifier::Exact => "exact",
            Qualifier::Approx => "approx",
            Qualifier::AtLeast => "at_least",
            Qualifier::AtMost => "at_most",
            Qualifier::Range => "range",
        }
    }
}

/// How a period is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodBasis {
    /// The sentence says it.
    Stated,
    /// The report's title says it.
    Title,
    /// Worked out: 今年 by the report's period.
    Resolved,
    /// Title and text disagree, or the site is known to rewrite years.
    Doubtful,
}

impl PeriodBasis {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            PeriodBasis::Stated => "stated",
            PeriodBasis::Title => "title",
            PeriodBasis::Resolved => "resolved",
            PeriodBasis::Doubtful => "doubtful",
        }
    }
}
