//! Which folder of its table a row belongs to: `period=2023/place=青禾县`, as Hive names them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taosha_core::Table;

use crate::columns::columns;

/// What Hive calls the folder of rows without a value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// What file systems take for the name of one folder.
const MAX_NAME_BYTES: usize = 255;

/// A column by whose values tables are divided into folders.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ParquetPartition {
    /// `documents.period` and `facts.period`.
    Period,
    /// `facts.place`.
    Place,
}

impl ParquetPartition {
    /// Every one there is.
    const ALL: [ParquetPartition; 2] = [ParquetPartition::Period, ParquetPartition::Place];

    fn column(self) -> &'static str {
        match self {
            ParquetPartition::Period => "period",
            ParquetPartition::Place => "place",
        }
    }

    /// Whether a folder called `name` may hold parts of ours.
    pub(super) fn is_folder(name: &str) -> bool {
        let begins = |by: ParquetPartition| {
            (name.strip_prefix(by.column())).is_some_and(|rest| rest.starts_with('='))
        };
        ParquetPartition::ALL.into_iter().any(begins)
    }
}

/// Those of `partition` that divide `table`: the ones it has a column of.
pub(super) fn of(table: Table, partition: &[ParquetPartition]) -> Vec<ParquetPartition> {
    let has = |by: &&ParquetPartition| columns(table).iter().any(|c| c.name == by.column());
    partition.iter().filter(has).copied().collect()
}

/// The values that rows are divided by; what a table has no column of is null.
#[derive(Deserialize)]
struct Values<'l> {
    #[serde(borrow, default)]
    period: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    place: Option<Cow<'l, str>>,
}

/// The folder of the row that stands in `line`, below that of its table, with `/`.
fn folder(line: &str, by: &[ParquetPartition]) -> io::Result<String> {
    let values: Values<'_> = serde_json::from_str(line)?;
    let names = by.iter().map(|by| {
        let value = match by {
            ParquetPartition::Period => &values.period,
            ParquetPartition::Place => &values.place,
        };
        name(by.column(), value.as_deref())
    });
    Ok(names.collect::<Vec<_>>().join("/"))
}

/// A name longer than file systems take is that of null; the column has the value.
fn name(column: &str, value: Option<&str>) -> String {
    let mut name = format!("{column}=");
    let begin = name.len();
    for char in value.unwrap_or_default().chars() {
        // Those that Hive escapes; others, Chinese among them, stand as they are.
        if char.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(char) {
            let _ = write!(name, "%{:02X}", u32::from(char));
        } else {
            name.push(char);
        }
    }
    if name.len() == begin || name.len() > MAX_NAME_BYTES {
        name.truncate(begin);
        name.push_str(NULL);
    }
    name
}

/// The lines in the first `bytes` of `tail`, by the folder of their rows: where each stands.
///
/// Held in memory, at 16 bytes per row: a tail has some `part_bytes`.
pub(super) fn divide(
    tail: &Path,
    bytes: u64,
    by: &[ParquetPartition],
) -> io::Result<BTreeMap<String, Vec<Range<u64>>>> {
    let mut reader = BufReader::new(File::open(tail)?.take(bytes));
    let mut folders: BTreeMap<String, Vec<Range<u64>>> = BTreeMap::new();
    let (mut line, mut at) = (String::new(), 0);
    loop {
        line.clear();
        let n_bytes = reader.read_line(&mut line)? as u64;
        if n_bytes == 0 {
            return Ok(folders);
        }
        let place = at..at + n_bytes;
        at = place.end;
        folders.entry(folder(&line, by)?).or_default().push(place);
    }
}

/// Reads the lines of a tail that stand at some places, in order.
pub(super) struct Picked<'p> {
    tail: File,
    places: std::slice::Iter<'p, Range<u64>>,
    bytes: Vec<u8>,
}

impl<'p> Picked<'p> {
    pub(super) fn new(tail: &Path, places: &'p [Range<u64>]) -> io::Result<Self> {
        Ok(Picked {
            tail: File::open(tail)?,
            places: places.iter(),
            bytes: Vec::new(),
        })
    }

    /// Puts the next line behind what stands in `line`. Its bytes, 0 at the end.
    pub(super) fn read_line(&mut self, line: &mut String) -> io::Result<usize> {
        let Some(place) = self.places.next() else {
            return Ok(0);
        };
        self.tail.seek(SeekFrom::Start(place.start))?;
        self.bytes.clear();
        let n_bytes = (&self.tail)
            .take(place.end - place.start)
            .read_to_end(&mut self.bytes)?;
        line.push_str(std::str::from_utf8(&self.bytes).map_err(io::Error::other)?);
        Ok(n_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_hive_names_them() {
        let both = [ParquetPartition::Period, ParquetPartition::Place];
        let cases = [
            (
                r#"{"period":"2023","place":"青禾县"}"#,
                "period=2023/place=青禾县",
            ),
            (
                r#"{"period":"2018-01/2018-10","place":null}"#,
                "period=2018-01%2F2018-10/place=__HIVE_DEFAULT_PARTITION__",
            ),
            (
                r#"{"place":"a=b% c:\t\"\u0000é"}"#,
                "period=__HIVE_DEFAULT_PARTITION__/place=a%3Db%25 c%3A%09%22%00é",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(folder(line, &both).unwrap(), expected);
        }
        let long = format!(r#"{{"place":"{}"}}"#, "县".repeat(84));
        let place = [ParquetPartition::Place];
        assert_eq!(
            folder(&long, &place).unwrap(),
            "place=__HIVE_DEFAULT_PARTITION__"
        );
    }

    #[test]
    fn tables_are_divided_by_the_columns_they_have() {
        use ParquetPartition::{Period, Place};
        assert_eq!(of(Table::Facts, &[Place, Period]), [Place, Period]);
        assert_eq!(of(Table::Documents, &[Period, Place]), [Period]);
        assert_eq!(of(Table::Sections, &[Period, Place]), []);
    }
}
