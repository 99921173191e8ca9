use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

/// Options of `type = "files"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// Files, folders and globs (`pages/**/*.html`), relative to the pipeline file. A folder gives
    /// the files in and below it that end in one of `extensions`; a glob gives every match.
    pub paths: Vec<String>,

    /// Endings of page files in folders; each is also taken with `.gz` behind it.
    #[serde(default = "default_extensions")]
    pub extensions: Vec<String>,

    /// Larger pages become dead letters, also when they only grow this large by unpacking.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Whether nothing to read is fine, for folders that fill up later.
    #[serde(default)]
    pub allow_empty: bool,

    /// Whether to go on looking for new and changed files until the run is told to end. Sources below
    /// this one are never read then. Needs Unix.
    #[serde(default)]
    pub watch: bool,

    /// How long to wait, with `watch`, before looking again.
    #[serde(default = "default_poll_secs")]
    pub poll_secs: u64,
}

/// A tree of a hundred thousand files takes a second to list.
fn default_poll_secs() -> u64 {
    5
}

pub(crate) fn default_extensions() -> Vec<String> {
    ["html", "htm", "txt"].map(str::to_owned).to_vec()
}

/// Pages are tens of kilobytes; a compilation pasted as one page was seen with 3 MB. 64 MiB leaves
/// room for a whole site in one file and still fits the default memory budget.
pub(crate) fn default_max_bytes() -> ByteSize {
    ByteSize::mib(64)
}
