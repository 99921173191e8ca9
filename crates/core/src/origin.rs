use std::sync::Arc;

use bytes::Bytes;

use crate::Id;

/// Where a record came from. Shared by a page and all reports cut from it, and never lost.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The id of the source in the pipeline file.
    pub source: Arc<str>,
    /// What the page is called: a URL, or a path relative to the pipeline file with `/` between
    /// its parts, so that two clones of a project write the same tables.
    pub uri: String,
    /// When the page was taken from the network, RFC 3339; `None` when the source cannot know
    /// (a file's time stamp is not the time of the fetch).
    pub fetched_at: Option<String>,
    /// HTTP headers as received, names in lower case; empty for files.
    pub headers: Vec<(String, String)>,
    /// The fetched bytes. They stay with the record until it is written, so that a dead letter
    /// and the evidence of a fact can show them.
    pub raw: Bytes,
    /// Content address of `raw`.
    pub raw_digest: Id,
}

impl Origin {
    /// The origin of `raw` as found at `uri` by the source named `source`.
    pub fn new(source: impl Into<Arc<str>>, uri: impl Into<String>, raw: Bytes) -> Self {
        let raw_digest = Id::of_raw(&raw);
        let (source, uri) = (source.into(), uri.into());
        Origin {
            source,
            uri,
            fetched_at: None,
            headers: Vec::new(),
            raw,
            raw_digest,
        }
    }

    /// The first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}
