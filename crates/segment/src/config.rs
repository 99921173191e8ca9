use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Error, Result};

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
    /// Put whole sentences together into rows of the table `chunks`. Default: no chunks.
    pub chunk: Option<ChunkConfig>,
}

/// Short enough for embedding models, long enough for a thought; a section of a report has 300 to
/// 900 characters.
const MAX_CHARS: usize = 800;

/// How sentences are put together.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChunkConfig {
    /// The most characters a chunk has. A longer sentence is a chunk of its own.
    pub max_chars: usize,
    /// Characters of whole sentences that a chunk repeats from the one before it.
    pub overlap: usize,
    /// What ends a chunk early.
    pub by: ChunkBy,
}

/// What ends a chunk before it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChunkBy {
    /// The end of a section, so that every sentence stands under its own headings.
    #[default]
    Section,
    /// The end of the report.
    Report,
}

impl Default for ChunkConfig {
    fn default() -> Self {
        ChunkConfig {
            max_chars: MAX_CHARS,
            overlap: 0,
            by: ChunkBy::default(),
        }
    }
}

impl ChunkConfig {
    /// # Errors
    /// When no sentence would fit, or a chunk would repeat all of the one before it.
    pub(crate) fn check(&self) -> Result<()> {
        if self.max_chars == 0 || self.overlap >= self.max_chars {
            let message = format!(
                "`overlap` ({}) must be less than `max_chars` ({})",
                self.overlap, self.max_chars
            );
            return Err(Error::config("segment.chunk", message).for_option("chunk"));
        }
        Ok(())
    }
}

impl Default for SegmentConfig {
    fn default() -> Self {
        SegmentConfig {
            split: true,
            outline: true,
            min_chars: MIN_CHARS,
            chunk: None,
        }
    }
}
