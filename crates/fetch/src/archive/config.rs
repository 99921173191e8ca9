use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

use crate::config::{default_extensions, default_max_bytes};

/// Options of `type = "archive"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveConfig {
    /// Files, folders and globs (`archives/*.zip`), relative to the pipeline file. A folder gives the
    /// `.zip`, `.tar`, `.tar.gz`, `.tgz` and `.tar.zst` files in and below it; a glob gives every
    /// match.
    pub paths: Vec<String>,

    /// Endings of pages in archives; each is also taken with `.gz` behind it.
    #[serde(default = "default_extensions")]
    pub extensions: Vec<String>,

    /// Larger pages become dead letters, also when they only grow this large by unpacking.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Whether nothing to read is fine, for folders that fill up later.
    #[serde(default)]
    pub allow_empty: bool,
}
