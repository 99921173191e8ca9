use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taosha_core::{Error, Result, Table};

use super::packing::JsonlCompress;
use crate::damage::damaged;
use crate::disk::{Disk, replace};
use crate::tally::Tally;

/// The only layout there is; a sink that finds another one was written by a later taosha.
const FORMAT: u32 = 1;

/// `DIR/.taosha.json`: which epochs the folder holds, and how much of every table is theirs.
///
/// It is replaced as a whole, so that moment is when an epoch becomes visible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SideFile {
    pub(super) format: u32,
    /// See `Epoch::state`; null before the first epoch.
    pub(super) state: Option<String>,
    /// The last epoch, 0 before the first.
    pub(super) epoch: u64,
    /// Bytes of each table, as it is packed, that the epochs filled. What lies behind them is of a delivery that was
    /// not completed.
    pub(super) tables: BTreeMap<Table, u64>,
    /// Dead letters left with the last epoch: `dead.jsonl` is what stands in `.dead.jsonl.next`,
    /// if that is still there.
    pub(super) dead_is_next: bool,
    /// How the tables are packed.
    #[serde(default, skip_serializing_if = "JsonlCompress::is_none")]
    pub(super) compress: JsonlCompress,
    /// What is counted of the rows; none in folders that were begun without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tally: Option<Tally>,
}

impl SideFile {
    /// That of a folder without epochs.
    pub(super) fn empty(tables: &[Table], compress: JsonlCompress) -> Self {
        SideFile {
            format: FORMAT,
            state: None,
            epoch: 0,
            tables: tables.iter().map(|&table| (table, 0)).collect(),
            dead_is_next: false,
            compress,
            tally: Some(Tally::default()),
        }
    }

    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join(".taosha.json")
    }

    /// What is to be put in its place.
    pub(super) fn aside(dir: &Path) -> PathBuf {
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
            Ok(side) if side.format == FORMAT => Ok(Some(side)),
            Ok(side) => {
                let why = format!("its format is {}, not {FORMAT}", side.format);
                Err(damaged(id, format!("{reading}: {why}")))
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
