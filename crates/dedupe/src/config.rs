//! What a user may choose.

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Error, Result};

/// Options of the `dedupe` stage.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DedupeConfig {
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
}

impl Default for DedupeConfig {
    fn default() -> Self {
        DedupeConfig {
            similarity: 0.6,
            exact: true,
            near: true,
            contained: true,
        }
    }
}

/// Below this the bands of the index miss most pairs, so a lower value would promise too much.
const LEAST_SIMILARITY: f64 = 0.4;

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
        Ok(())
    }
}
