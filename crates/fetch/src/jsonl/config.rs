use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

use crate::columns::{default_text, default_uri};
use crate::config::default_max_bytes;

/// Options of `type = "jsonl"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonlConfig {
    /// Files, folders and globs (`corpus/**/*.jsonl.zst`), relative to the pipeline file. A folder
    /// gives the `.jsonl` and `.ndjson` files in and below it, plain, `.gz` or `.zst`; a glob gives
    /// every match.
    pub paths: Vec<String>,

    /// The column that holds the page: text or HTML.
    #[serde(default = "default_text")]
    pub text: String,

    /// The column that holds the bytes of the page in Base64, read instead of `text`.
    pub raw: Option<String>,

    /// The column that holds the page's address. A row without one is called `FILE#LINE`.
    #[serde(default = "default_uri")]
    pub uri: String,

    /// The column that tells when the page was fetched, as RFC 3339; what is of another form is null.
    pub fetched_at: Option<String>,

    /// Larger pages become dead letters.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Whether nothing to read is fine, for folders that fill up later.
    #[serde(default)]
    pub allow_empty: bool,
}
