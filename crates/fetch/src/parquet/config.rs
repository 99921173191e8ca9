use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

use crate::columns::{default_text, default_uri};
use crate::config::default_max_bytes;

/// Options of `type = "parquet"`.
///
/// A column inside a record is written with a dot: `meta.url`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetConfig {
    /// Files, folders and globs (`corpus/**/*.parquet`), relative to the pipeline file. A folder gives
    /// the `.parquet` files in and below it; a glob gives every match.
    pub paths: Vec<String>,

    /// The column that holds the page: text or HTML.
    #[serde(default = "default_text")]
    pub text: String,

    /// The column that holds the bytes of the page, read instead of `text`. Where it is a column of
    /// strings, they are Base64.
    pub raw: Option<String>,

    /// The column that holds the page's address, a string or a whole number. A row without one is
    /// called `FILE#ROW`, and so are all where there is no column `url` and none is named.
    #[serde(default = "default_uri")]
    pub uri: String,

    /// The column that tells when the page was fetched: strings as RFC 3339, or points in time. What
    /// is of another form, or has no zone, is null.
    pub fetched_at: Option<String>,

    /// Larger pages become dead letters.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Whether nothing to read is fine, for folders that fill up later.
    #[serde(default)]
    pub allow_empty: bool,
}

impl ParquetConfig {
    /// The column of the page.
    pub(super) fn page(&self) -> &str {
        self.raw.as_ref().unwrap_or(&self.text)
    }
}
