use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// A content address: the first 16 bytes of a BLAKE3 hash, written as 32 hex digits.
///
/// Two runs over the same bytes give the same ids on any machine, whatever the order of the files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Id([u8; 16]);

impl Id {
    /// The address of a thing made of `parts`.
    ///
    /// `kind` keeps things apart that are made of the same parts. Each part is hashed with its
    /// length, so `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of(kind: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        Id(id)
    }

    /// The address of a fetched file: its bytes and nothing else.
    pub fn of_raw(raw: &[u8]) -> Self {
        Id::of("raw", &[raw])
    }

    /// The sixteen bytes, for keys in a store.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Id(bytes)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl From<Id> for String {
    fn from(id: Id) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an id: 32 hex digits");
        let value = u128::from_str_radix(&text, 16).map_err(|_| wrong())?;
        if text.len() != 32 || text.starts_with('+') {
            return Err(wrong());
        }
        Ok(Id(value.to_be_bytes()))
    }
}

/// The string it is written as.
impl JsonSchema for Id {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_being_written_and_read() {
        let id = Id::of("x", &[b"a"]);
        assert_eq!(Id::try_from(id.to_string()), Ok(id));
        assert!(Id::try_from("abc".to_owned()).is_err());
    }

    #[test]
    fn parts_are_told_apart_by_their_borders() {
        assert_ne!(Id::of("x", &[b"ab", b"c"]), Id::of("x", &[b"a", b"bc"]));
        assert_ne!(Id::of("x", &[b"a"]), Id::of("y", &[b"a"]));
    }
}
