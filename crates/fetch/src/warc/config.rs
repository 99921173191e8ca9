use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

use crate::config::default_max_bytes;

/// Options of `type = "warc"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarcConfig {
    /// Files, folders and globs (`crawls/**/*.warc.gz`), relative to the pipeline file. A folder
    /// gives the `.warc` and `.wet` files in and below it, plain, `.gz` or `.zst`; a glob gives every
    /// match.
    pub paths: Vec<String>,

    /// Media types of pages; what is of another type is left out. A `*` at the end stands for
    /// anything. A page whose server told no type is read.
    #[serde(default = "default_types")]
    pub types: Vec<String>,

    /// HTTP status codes of pages; what has another one is left out.
    #[serde(default = "default_status")]
    pub status: Vec<u16>,

    /// Larger pages become dead letters, also when they only grow this large by unpacking.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Whether nothing to read is fine, for folders that fill up later.
    #[serde(default)]
    pub allow_empty: bool,
}

/// What `decode` reads.
fn default_types() -> Vec<String> {
    let types = [
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "text/rtf",
        "application/rtf",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.openxmlformats-officedocument.*",
    ];
    types.map(str::to_owned).to_vec()
}

fn default_status() -> Vec<u16> {
    vec![200]
}

impl Default for WarcConfig {
    fn default() -> Self {
        WarcConfig {
            paths: Vec::new(),
            types: default_types(),
            status: default_status(),
            max_bytes: default_max_bytes(),
            allow_empty: false,
        }
    }
}
