//! Dead letters that leave: the one case in which rows are taken out of a table.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use taosha_core::Id;

use super::packing::JsonlCompress;
use crate::disk::Disk;

/// Bytes gathered before they are written; where tables are packed, those of a member.
const CHUNK_BYTES: usize = 1 << 20;

/// Where the dead letters stand until the record says that they count.
pub(super) fn next(dir: &Path) -> PathBuf {
    dir.join(".dead.jsonl.next")
}

#[derive(Deserialize)]
struct DeadId {
    id: Id,
    code: String,
}

/// Writes beside the table what it will be: its first `end` bytes without the rows called
/// `retried`, then `lines`. Safe when it returns, save for its name. Returns its length,
/// and how many of the first rows stay, by code.
pub(super) fn rewrite(
    dir: &Path,
    compress: JsonlCompress,
    end: u64,
    retried: &[Id],
    lines: &[u8],
    disk: &dyn Disk,
) -> io::Result<(u64, BTreeMap<String, u64>)> {
    let retried: HashSet<&Id> = retried.iter().collect();
    let file = disk.open(&next(dir))?;
    disk.set_len(&file, 0)?;
    let table = File::open(dir.join(format!("dead.{}", compress.ending())))?;
    let mut reader = compress.unpack(BufReader::new(table.take(end)))?;
    let (mut len, mut kept, mut codes) = (0, Vec::new(), BTreeMap::new());
    loop {
        let start = kept.len();
        let is_end = reader.read_until(b'\n', &mut kept)? == 0;
        if !is_end {
            let row: DeadId = serde_json::from_slice(&kept[start..])?;
            match retried.contains(&row.id) {
                true => kept.truncate(start),
                false => *codes.entry(row.code).or_default() += 1,
            }
        }
        if is_end {
            kept.extend_from_slice(lines);
        }
        if is_end || kept.len() >= CHUNK_BYTES {
            let packed = compress.pack(&kept)?;
            disk.write_at(&file, len, &packed)?;
            len += packed.len() as u64;
            kept.clear();
        }
        if is_end {
            disk.sync(&file)?;
            return Ok((len, codes));
        }
    }
}
