use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::ByteSize;

use crate::columns::{default_text, default_uri};
use crate::config::default_max_bytes;
use crate::jsonl::JsonlConfig;
use crate::warc::WarcConfig;

/// Options of `type = "stdin"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StdinConfig {
    /// What is piped in: `jsonl`, a page per line; `warc`, a crawl; or `page`, one page. The first two
    /// may be packed with gzip or zstd, the last one with gzip.
    #[serde(default)]
    pub format: StdinFormat,

    /// As for `jsonl`: the column that holds the page.
    #[serde(default = "default_text")]
    pub text: String,

    /// As for `jsonl`: the column that holds the page's bytes in Base64, read instead of `text`.
    pub raw: Option<String>,

    /// As for `jsonl`: the column that holds the page's address. A row without one is called
    /// `stdin#LINE`.
    #[serde(default = "default_uri")]
    pub uri: String,

    /// As for `jsonl`: the column that tells when the page was fetched.
    pub fetched_at: Option<String>,

    /// Larger pages become dead letters.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,
}

/// What is piped in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StdinFormat {
    /// A page per line.
    #[default]
    Jsonl,
    /// A crawl.
    Warc,
    /// One page.
    Page,
}

impl StdinConfig {
    pub(super) fn jsonl(&self) -> JsonlConfig {
        JsonlConfig {
            paths: Vec::new(),
            text: self.text.clone(),
            raw: self.raw.clone(),
            uri: self.uri.clone(),
            fetched_at: self.fetched_at.clone(),
            max_bytes: self.max_bytes,
            allow_empty: true,
        }
    }

    pub(super) fn warc(&self) -> WarcConfig {
        WarcConfig {
            max_bytes: self.max_bytes,
            ..WarcConfig::default()
        }
    }
}
