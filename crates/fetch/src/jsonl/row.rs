use std::borrow::Cow;
use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use taosha_core::{Error, Result};

use super::JsonlConfig;

/// Columns that a message lists when the wanted one is not among them.
const LISTED: usize = 12;

/// What is wanted of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) page: Vec<u8>,
    pub(crate) uri: Option<String>,
    pub(crate) fetched_at: Option<String>,
}

impl Row {
    /// Reads `line`, a JSON object. What is not wanted is read over, and takes no memory.
    ///
    /// # Errors
    /// When it is none, or has no page.
    pub(crate) fn parse(line: &[u8], config: &JsonlConfig) -> Result<Row> {
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        let cells = Columns(config).deserialize(&mut deserializer);
        let cells = cells.and_then(|cells| deserializer.end().map(|()| cells));
        let cells = cells.map_err(|error| {
            Error::malformed("fetch.json", "understand the line as JSON").because(error)
        })?;
        let name = config.raw.as_ref().unwrap_or(&config.text);
        let page = match cells.page {
            Some(Cell::Text(page)) => page,
            Some(Cell::Other(what)) => {
                let message = format!("find the page: the column `{name}` holds {what}");
                return Err(Error::malformed("fetch.json", message));
            }
            None => {
                let known = cells.others.join("`, `");
                let message = format!(
                    "find the page: there is no column `{name}`; set `text` to one of `{known}`"
                );
                return Err(Error::malformed("fetch.json", message));
            }
        };
        let page = match config.raw {
            None => page.into_bytes(),
            Some(_) => BASE64_STANDARD.decode(page.trim()).map_err(|error| {
                let message = format!("read the column `{name}` as Base64");
                Error::malformed("fetch.json", message).because(error)
            })?,
        };
        let text = |cell| match cell {
            Some(Cell::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        Ok(Row {
            page,
            uri: text(cells.uri),
            fetched_at: text(cells.fetched_at),
        })
    }
}

/// The values of the columns that are wanted.
#[derive(Default)]
struct Cells {
    page: Option<Cell>,
    uri: Option<Cell>,
    fetched_at: Option<Cell>,
    /// Names of other columns.
    others: Vec<String>,
}

enum Cell {
    Text(String),
    /// Anything else, as it is called in a message.
    Other(&'static str),
}

struct Columns<'config>(&'config JsonlConfig);

impl<'de> DeserializeSeed<'de> for Columns<'_> {
    type Value = Cells;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cells, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Columns<'_> {
    type Value = Cells;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
        let config = self.0;
        let page = config.raw.as_ref().unwrap_or(&config.text);
        let mut cells = Cells::default();
        while let Some(Key(name)) = map.next_key()? {
            let name = name.as_ref();
            if name == page {
                cells.page = Some(map.next_value()?);
            } else if name == config.uri {
                cells.uri = Some(map.next_value()?);
            } else if config.fetched_at.as_deref() == Some(name) {
                cells.fetched_at = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
                if cells.others.len() < LISTED {
                    cells.others.push(name.to_owned());
                }
            }
        }
        Ok(cells)
    }
}

/// The name of a column, borrowed from the line where nothing in it is escaped.
#[derive(Deserialize)]
struct Key<'line>(#[serde(borrow)] Cow<'line, str>);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(Cell::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Cell, E> {
        Ok(Cell::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
        Ok(Cell::Other("a boolean"))
    }

    /// Corpora number their rows.
    fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
        Ok(Cell::Text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Text(number.to_string()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Cell, E> {
        Ok(Cell::Other("a number"))
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &str, line: &str) -> Result<Row> {
        let config = toml::from_str(&format!("paths = []\n{options}")).unwrap();
        Row::parse(line.as_bytes(), &config)
    }

    #[test]
    fn wanted_columns_are_read_wherever_they_stand() {
        let line =
            r#"{"id": 7, "more": [{"text": "no"}], "text": "白塔\u53bf", "url": "http://a/"}"#;
        let row = parse("", line).unwrap();
        assert_eq!(row.page, "白塔县".as_bytes());
        assert_eq!(row.uri.as_deref(), Some("http://a/"));
        let row = parse("uri = 'id'", line).unwrap();
        assert_eq!(row.uri.as_deref(), Some("7"));
    }

    #[test]
    fn a_raw_column_is_base64() {
        let row = parse("raw = 'bytes'", r#"{"bytes": "sNfL/s/Y", "text": "no"}"#).unwrap();
        assert_eq!(row.page, b"\xb0\xd7\xcb\xfe\xcf\xd8");
        let error = parse("raw = 'bytes'", r#"{"bytes": "白塔县"}"#).unwrap_err();
        assert!(error.to_string().contains("`bytes` as Base64"));
    }

    #[test]
    fn what_is_no_row_is_told() {
        for (line, told) in [
            ("{", "EOF"),
            ("[1]", "an object"),
            ("{} {}", "trailing"),
            (r#"{"text": null}"#, "holds null"),
            (r#"{"text": ["a"]}"#, "holds a list"),
            (r#"{"content": "a", "b": 1}"#, "one of `content`, `b`"),
        ] {
            let error = parse("", line).unwrap_err();
            assert_eq!(error.code(), "fetch.json");
            assert!(error.to_string().contains(told), "{line}: {error}");
        }
    }
}
