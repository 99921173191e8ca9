use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};

/// A content address: the first 16 bytes of a BLAKE3 hash, written as 32 hex digits.
///
/// Two runs over the same bytes give the same ids on any machine, whatever the order of the files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
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

    /// Its digits. Every row has some ids, so formatting byte by byte would be seen in a profile.
    fn digits(&self) -> Digits {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        Digits(digits)
    }
}

/// The 32 hex digits of an id.
struct Digits([u8; 32]);

impl Digits {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits().as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.digits().as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
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
        assert_eq!(serde_json::to_value(id).unwrap(), id.to_string());
        let id = Id::from_bytes(std::array::from_fn(|i| (i * 17) as u8));
        assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
        assert!(Id::try_from("abc".to_owned()).is_err());
    }

    #[test]
    fn parts_are_told_apart_by_their_borders() {
        assert_ne!(Id::of("x", &[b"ab", b"c"]), Id::of("x", &[b"a", b"bc"]));
        assert_ne!(Id::of("x", &[b"a"]), Id::of("y", &[b"a"]));
    }
}
