//! What a user may choose.

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Error, Result};

use crate::comparison::FormRule;
use crate::hosts;

/// Options of the `dedupe` stage.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DedupeConfig {
    /// What the comparison form makes neutral. Without a rule, copies that differ in it are further
    /// apart; reports indexed before keep the form they were indexed by.
    pub form: Vec<FormRule>,
    /// From which resemblance, 0 to 1, a report is a near copy: the shared part of the five-character
    /// shingles of both texts, repeated ones too. Figures and names must agree as well, whatever the resemblance.
    pub similarity: f64,
    /// Whether reports with the same words, figures and masks are collapsed, however they are
    /// punctuated, broken into lines or written (traditional or simplified).
    pub exact: bool,
    /// Whether reports that differ a little are collapsed: masks, slips of the pen, site text,
    /// dropped or moved paragraphs.
    pub near: bool,
    /// Whether a report that is a part of an earlier one is collapsed, such as page 1 of 3.
    pub contained: bool,
    /// Which copy stands for its group: `first` the one that came first; `best` a later one that says
    /// more, shows what the first one hides or has what it lost. The earlier one then becomes a row of
    /// `duplicates` as well; its rows in other tables stay as they are.
    pub keep: Keep,
    /// Hosts whose copies are preferred, best first: with `keep = "best"` a later copy from a better
    /// host supersedes one that shows and says no more. `gov.cn` takes its subdomains too; of an
    /// address that is a path, the name of a folder counts.
    pub prefer: Vec<String>,
    /// State folders of other pipelines, relative to the file, whose reports are originals here too: a
    /// copy of one of them is collapsed into it. They are read, and held for the run; their `dedupe` must
    /// have the same `id`, and should have the same `form`. Passages are looked for in the own state only.
    pub against: Vec<String>,
    /// Which paragraphs and sentences of earlier reports are collapsed in reports that stay:
    /// `off` none, `exact` those with the same words, figures and masks, `near` those with the same
    /// words whatever their figures and masks.
    pub passages: Passages,
    /// How many reports carry a paragraph or sentence before it counts as a passage: 2 takes every
    /// copied one, 5 and more only set phrases.
    pub min_reports: u8,
    /// Shorter paragraphs and sentences are everyday words and never passages, in characters without
    /// signs and spaces, a number counting as one.
    pub passage_chars: usize,
}

/// Which copy stands for its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The one that came first.
    First,
    /// A fuller one, when it comes.
    Best,
}

/// Which paragraphs and sentences become passages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Passages {
    /// None.
    Off,
    /// The same words, figures and masks.
    Exact,
    /// The same words.
    Near,
}

impl Default for DedupeConfig {
    fn default() -> Self {
        DedupeConfig {
            form: FormRule::ALL.to_vec(),
            similarity: 0.6,
            exact: true,
            near: true,
            contained: true,
            keep: Keep::Best,
            prefer: Vec::new(),
            against: Vec::new(),
            passages: Passages::Near,
            min_reports: 2,
            passage_chars: 20,
        }
    }
}

/// Below this one pair in three shares no anchor, so a lower value would promise too much.
const LEAST_SIMILARITY: f64 = 0.4;

/// Every unit costs a key of the index, and shorter ones are mostly titles.
const LEAST_PASSAGE: usize = 8;

impl DedupeConfig {
    pub(crate) fn check(&self) -> Result<()> {
        if !(LEAST_SIMILARITY..=1.0).contains(&self.similarity) {
            let message = format!(
                "set `similarity` to {}: it lies between {LEAST_SIMILARITY} and 1",
                self.similarity
            );
            return Err(Error::config("dedupe.similarity", message).for_option("similarity"));
        }
        if !(self.exact || self.near || self.contained) {
            let message = "switch off `exact`, `near` and `contained`: nothing is left to do";
            return Err(Error::config("dedupe.nothing", message));
        }
        if self.keep == Keep::First && !self.prefer.is_empty() {
            let message = "set `prefer`: with `keep = \"first\"` no later copy supersedes; take one of the \
                           two out";
            return Err(Error::config("dedupe.prefer", message).for_option("prefer"));
        }
        hosts::check(&self.prefer)?;
        for (place, folder) in self.against.iter().enumerate() {
            let is_again = self.against.iter().take(place).any(|one| one == folder);
            if folder.is_empty() || is_again {
                let what = if is_again {
                    "stands there twice"
                } else {
                    "names no folder"
                };
                let message = format!("set `against`: `{folder}` {what}; take it out");
                return Err(Error::config("dedupe.against", message).for_option("against"));
            }
        }
        if self.min_reports < 2 {
            let message = format!(
                "set `min_reports` to {}: a passage stands in 2 reports at least",
                self.min_reports
            );
            return Err(Error::config("dedupe.min_reports", message).for_option("min_reports"));
        }
        if self.passage_chars < LEAST_PASSAGE {
            let message = format!(
                "set `passage_chars` to {}: below {LEAST_PASSAGE} characters everything is said twice",
                self.passage_chars
            );
            return Err(Error::config("dedupe.passage_chars", message).for_option("passage_chars"));
        }
        Ok(())
    }
}
