use std::sync::Arc;

use base64::display::Base64Display;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use serde::{Deserialize, Serialize, Serializer};

use crate::Id;

/// Where a record came from. Shared by a page and all reports cut from it, and never lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Origin {
    /// The id of the source in the pipeline file.
    pub source: Arc<str>,
    /// What the page is called: a URL, or a path relative to the pipeline file with `/` between
    /// its parts, so that two clones of a project write the same tables.
    pub uri: String,
    /// When the page was taken from the network, RFC 3339; `None` when the source cannot know
    /// (a file's time stamp is not the time of the fetch).
    pub fetched_at: Option<String>,
    /// What tells the source, without fetching, that the item is still the one it was: an ETag, or
    /// size and time stamps of a file. `None` when nothing does.
    pub version: Option<String>,
    /// HTTP headers as received, names in lower case; empty for files.
    pub headers: Vec<(String, String)>,
    /// The fetched bytes. They stay with the record until it is written, so that a dead letter
    /// and the evidence of a fact can show them.
    #[serde(serialize_with = "base64")]
    pub raw: Bytes,
    /// Content address of `raw`; made anew from it when an origin is read.
    #[serde(skip_serializing)]
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
            version: None,
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

/// An origin as it is written.
#[derive(Deserialize)]
struct Written {
    source: Arc<str>,
    uri: String,
    fetched_at: Option<String>,
    version: Option<String>,
    headers: Vec<(String, String)>,
    raw: String,
}

impl TryFrom<Written> for Origin {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let raw = BASE64_STANDARD
            .decode(written.raw)
            .map_err(|error| format!("read the bytes of `{}`: {error}", written.uri))?;
        Ok(Origin {
            fetched_at: written.fetched_at,
            version: written.version,
            headers: written.headers,
            ..Origin::new(written.source, written.uri, raw.into())
        })
    }
}

fn base64<S: Serializer>(raw: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(raw, &BASE64_STANDARD))
}
