use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taosha_core::{Error, Result, Table};

use super::partition::ParquetPartition;
use crate::damage::damaged;
use crate::disk::{Disk, replace};
use crate::tally::Tally;

/// The only layout there is; a sink that finds another one was written by a later taosha.
const FORMAT: u32 = 1;

/// `DIR/.taosha.json`: which epochs the folder holds, and how much of every table is theirs.
///
/// It is replaced as a whole, so that moment is when an epoch counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SideFile {
    format: u32,
    /// So that the record of another sink is not taken for ours.
    kind: String,
    /// See `Epoch::state`; null before the first epoch.
    pub(super) state: Option<String>,
    /// The last epoch, 0 before the first.
    pub(super) epoch: u64,
    pub(super) tables: BTreeMap<Table, Grown>,
    /// What tables are divided by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) partition: Vec<ParquetPartition>,
    /// What is counted of the rows; none in folders that were begun without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tally: Option<Tally>,
}

/// How far a table has grown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Grown {
    /// The number of the file with the rows that wait. All parts before it are full, save for dead
    /// letters, which have one part.
    pub(super) tail: u64,
    /// Bytes of it that count.
    pub(super) bytes: u64,
    /// Rows in these.
    pub(super) rows: u64,
    /// Rows of the last part, which was made of the beginning of the tail; 0 when there is none.
    pub(super) shown: u64,
}

impl SideFile {
    /// That of a folder without epochs.
    pub(super) fn empty(tables: &[Table], partition: &[ParquetPartition]) -> Self {
        let tables = tables.iter().map(|&table| (table, Grown::default()));
        SideFile {
            format: FORMAT,
            kind: "parquet".to_owned(),
            state: None,
            epoch: 0,
            tables: tables.collect(),
            partition: partition.to_vec(),
            tally: Some(Tally::default()),
        }
    }

    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join(".taosha.json")
    }

    fn aside(dir: &Path) -> PathBuf {
        dir.join(".taosha.json.next")
    }

    /// The one that the sink `id` left in `dir`, if there is one.
    pub(super) fn load(dir: &Path, id: &str) -> Result<Option<Self>> {
        let path = Self::path(dir);
        let json = match std::fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("read `{}`", path.display());
                return Err(Error::config("sink.not_writable", message).because(error));
            }
        };
        let reading = format!("read `{}`", path.display());
        match serde_json::from_slice::<SideFile>(&json) {
            Ok(side) if side.format == FORMAT && side.kind == "parquet" => Ok(Some(side)),
            Ok(side) => {
                let why = format!("its format is {} of `{}`", side.format, side.kind);
                Err(damaged(
                    id,
                    format!("{reading}: {why}, not {FORMAT} of `parquet`"),
                ))
            }
            Err(error) => Err(damaged(id, format!("{reading}: {error}"))),
        }
    }

    /// Puts it in place of the one in `dir`. It is safe when `dir` is synced.
    pub(super) fn replace(&self, dir: &Path, disk: &dyn Disk) -> io::Result<()> {
        let mut json = serde_json::to_vec(self)?;
        json.push(b'\n');
        replace(&Self::path(dir), &Self::aside(dir), &json, disk)
    }
}
