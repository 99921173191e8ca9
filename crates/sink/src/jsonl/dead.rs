//! Dead letters that leave: the one case in which rows are taken out of a table.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use taosha_core::Id;

use crate::disk::Disk;

/// Bytes gathered before they are written.
const CHUNK_BYTES: usize = 1 << 20;

/// Where the dead letters stand until the record says that they count.
pub(super) fn next(dir: &Path) -> PathBuf {
    dir.join(".dead.jsonl.next")
}

#[derive(Deserialize)]
struct DeadId {
    id: Id,
}

/// Writes beside the table what it will be: its first `end` bytes without the rows called
/// `retried`, then `lines`. Safe when it returns, save for its name. Returns its length.
pub(super) fn rewrite(
    dir: &Path,
    end: u64,
    retried: &[Id],
    lines: &[u8],
    disk: &dyn Disk,
) -> io::Result<u64> {
    let retried: HashSet<&Id> = retried.iter().collect();
    let file = disk.open(&next(dir))?;
    disk.set_len(&file, 0)?;
    let mut reader = BufReader::new(File::open(dir.join("dead.jsonl"))?.take(end));
    let (mut len, mut kept) = (0, Vec::new());
    loop {
        let start = kept.len();
        let is_end = reader.read_until(b'\n', &mut kept)? == 0;
        if !is_end {
            let row: DeadId = serde_json::from_slice(&kept[start..])?;
            if retried.contains(&row.id) {
                kept.truncate(start);
            }
        }
        if is_end {
            kept.extend_from_slice(lines);
        }
        if is_end || kept.len() >= CHUNK_BYTES {
            disk.write_at(&file, len, &kept)?;
            len += kept.len() as u64;
            kept.clear();
        }
        if is_end {
            disk.sync(&file)?;
            return Ok(len);
        }
    }
}
