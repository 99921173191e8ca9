use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A value that must not be printed: a password, a database URL.
///
/// In the pipeline file it is written `{ secret = "name" }` and looked up in `[secrets]`.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself; keep it out of messages.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
