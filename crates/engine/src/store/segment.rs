//! One sealed epoch as a file of the outbox.
//!
//! A zstd frame over lines. The first character tells what a line is:
//!
//! | line | meaning |
//! |---|---|
//! | `T id` | a dead letter that was tried again in this epoch |
//! | `P extract` | what follows was read by the sinks behind stage `extract` (`extract.port` for a port, empty for sources) |
//! | `S {…}` | a [`Story`] |
//! | `R facts {…}` | a row of a table |
//! | `D {…}` | a dead letter as it entered the stage that refused it, a [`Letter`] |
//!
//! Length and BLAKE3 of the file are in the checkpoint; a file that does not fit them is torn.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taosha_core::{Error, Id, Record, Result, Row, Table};

use super::Story;
use super::checkpoint::EpochRecord;
use crate::disk::{Disk, place, read_all};

/// Level 3 writes some 200 MB/s per core, an order of magnitude faster than stages make rows.
const LEVEL: i32 = 3;

/// A dead letter, with all that is needed to try it again where it died.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// The record's id, as in the table `dead`.
    pub id: Id,
    /// The stage that refused it, or the source that could not read it.
    pub stage: String,
    /// The record as that stage was given it; null when a source had nothing to give.
    pub record: Option<Record>,
}

/// A sealed epoch, read back.
#[derive(Debug, Default)]
pub struct Segment {
    /// Dead letters that were tried again.
    pub retried: Vec<Id>,
    /// Rows by the port that the sinks read, in order.
    pub rows: BTreeMap<String, Vec<Row>>,
    /// What became of every record.
    pub stories: Vec<Story>,
    /// The dead letters.
    pub letters: Vec<Letter>,
}

/// Writes the lines of a segment.
pub(super) struct SegmentWriter {
    lines: zstd::Encoder<'static, Vec<u8>>,
}

impl SegmentWriter {
    pub(super) fn new() -> Result<Self> {
        let lines = zstd::Encoder::new(Vec::new(), LEVEL).map_err(|e| failed().because(e))?;
        Ok(SegmentWriter { lines })
    }

    pub(super) fn retried(&mut self, id: Id) -> Result<()> {
        self.line(&["T", &id.to_string()])
    }

    /// Begins the rows of a port.
    pub(super) fn port(&mut self, name: &str) -> Result<()> {
        self.line(&["P", name])
    }

    pub(super) fn story(&mut self, story: &Story) -> Result<()> {
        self.line(&["S", &json(story)?])
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<()> {
        let json = row.to_json().map_err(|e| failed().because(e))?;
        self.line(&["R", row.table().name(), &json])
    }

    pub(super) fn letter(&mut self, letter: &Letter) -> Result<()> {
        self.line(&["D", &json(letter)?])
    }

    fn line(&mut self, words: &[&str]) -> Result<()> {
        let line = words.join(" ");
        let written = self
            .lines
            .write_all(line.as_bytes())
            .and_then(|()| self.lines.write_all(b"\n"));
        written.map_err(|e| failed().because(e))
    }

    /// Puts the file in place, synced; gives its length and digest.
    pub(super) fn place(self, disk: &dyn Disk, path: &Path) -> Result<(u64, String)> {
        let bytes = self.lines.finish().map_err(|e| failed().because(e))?;
        place(disk, path, &bytes).map_err(|e| {
            let message = format!("write `{}`", path.display());
            Error::unavailable("engine.disk", message).because(e)
        })?;
        Ok((bytes.len() as u64, digest(&bytes)))
    }
}

/// The file of epoch `number`.
pub(crate) fn path_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:012}.zst"))
}

/// The epoch that a file is called after.
pub(super) fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".zst")?.parse().ok()
}

/// Reads the bytes of an epoch and checks them.
pub(super) fn read_checked(disk: &dyn Disk, path: &Path, epoch: &EpochRecord) -> Result<Vec<u8>> {
    let bytes = read_all(disk, path).map_err(|e| {
        let message = format!("read `{}`", path.display());
        // What is sealed does not come back by waiting.
        match e.kind() {
            ErrorKind::NotFound => Error::defect("engine.outbox", message),
            _ => Error::unavailable("engine.disk", message),
        }
        .because(e)
    })?;
    if bytes.len() as u64 != epoch.bytes || digest(&bytes) != epoch.digest {
        let message = format!(
            "read `{}`: it is torn: {} bytes with another checksum than the {} that were sealed",
            path.display(),
            bytes.len(),
            epoch.bytes
        );
        return Err(Error::defect("engine.outbox", message));
    }
    Ok(bytes)
}

/// Reads an epoch back.
pub(super) fn read(disk: &dyn Disk, path: &Path, epoch: &EpochRecord) -> Result<Segment> {
    let bytes = read_checked(disk, path, epoch)?;
    let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
        let message = format!("read `{}`", path.display());
        Error::defect("engine.outbox", message).because(error)
    };
    let lines = zstd::Decoder::with_buffer(&bytes[..]).map_err(|e| wrong(e.into()))?;
    parse(lines).map_err(wrong)
}

fn parse(lines: impl Read) -> Result<Segment, Box<dyn std::error::Error + Send + Sync>> {
    let mut segment = Segment::default();
    let mut port = String::new();
    for line in BufReader::new(lines).lines() {
        let line = line?;
        let (kind, rest) = line.split_at_checked(2).unwrap_or((&line, ""));
        match kind.trim_end() {
            "P" => {
                rest.clone_into(&mut port);
                segment.rows.entry(port.clone()).or_default();
            }
            "T" => segment.retried.push(Id::try_from(rest.to_owned())?),
            "S" => segment.stories.push(serde_json::from_str(rest)?),
            "D" => segment.letters.push(serde_json::from_str(rest)?),
            "R" => {
                let (table, json) = rest.split_once(' ').ok_or("a row without a table")?;
                let table = Table::named(table).ok_or("a row of an unknown table")?;
                let rows = segment.rows.entry(port.clone()).or_default();
                rows.push(Row::from_json(table, json)?);
            }
            other => return Err(format!("a line of an unknown kind `{other}`").into()),
        }
    }
    Ok(segment)
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| failed().because(e))
}

fn failed() -> Error {
    Error::defect("engine.outbox", "write an epoch")
}
