//! Rows that wait for their part: JSON Lines, numbered like the part they will be.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use taosha_core::{Id, Table};

use super::names;
use super::side::Grown;
use crate::disk::Disk;

/// Bytes gathered before they are written, and handed over at once when they are read.
const PIECE_BYTES: usize = 1 << 20;

/// Puts `lines` behind what `grown` says, into further tails when one has `part_bytes`. Written when
/// it returns, but not safe: the files are returned for that.
pub(super) fn append(
    dir: &Path,
    table: Table,
    grown: &mut Grown,
    lines: &[u8],
    part_bytes: u64,
    disk: &dyn Disk,
) -> io::Result<Vec<(PathBuf, File)>> {
    let (mut files, mut rest) = (Vec::new(), lines);
    while !rest.is_empty() {
        // Dead letters may leave, so none of their rows is ever settled.
        let room = match table {
            Table::Dead => u64::MAX,
            _ => part_bytes.saturating_sub(grown.bytes),
        };
        let (mut end, mut n_rows) = (0, 0);
        while end < rest.len() && (end as u64) < room {
            let line = rest[end..].iter().position(|&byte| byte == b'\n');
            end += line.map_or(rest.len() - end, |at| at + 1);
            n_rows += 1;
        }
        let (written, behind) = rest.split_at(end);
        let path = names::tail(dir, table, grown.tail);
        if !written.is_empty() {
            let file = disk.open(&path)?;
            disk.set_len(&file, grown.bytes)?;
            disk.write_at(&file, grown.bytes, written)?;
            files.push((path, file));
        }
        grown.bytes += written.len() as u64;
        grown.rows += n_rows;
        rest = behind;
        if table != Table::Dead && grown.bytes >= part_bytes {
            *grown = Grown {
                tail: grown.tail + 1,
                ..Grown::default()
            };
        }
    }
    Ok(files)
}

#[derive(Deserialize)]
struct DeadId {
    id: Id,
    code: String,
}

/// Writes the next tail of dead letters: this one without the rows called `retried`. Written, but
/// not safe; with the rows that stay, by code.
pub(super) fn without(
    dir: &Path,
    grown: &mut Grown,
    retried: &[Id],
    disk: &dyn Disk,
) -> io::Result<(PathBuf, File, BTreeMap<String, u64>)> {
    let retried: HashSet<&Id> = retried.iter().collect();
    let table = Table::Dead;
    let next = names::tail(dir, table, grown.tail + 1);
    let file = disk.open(&next)?;
    disk.set_len(&file, 0)?;
    let tail = File::open(names::tail(dir, table, grown.tail))?;
    let mut lines = BufReader::new(tail.take(grown.bytes));
    let (mut bytes, mut rows, mut kept) = (0, 0, Vec::new());
    let mut codes = BTreeMap::new();
    loop {
        let start = kept.len();
        let is_end = lines.read_until(b'\n', &mut kept)? == 0;
        if !is_end {
            let row: DeadId = serde_json::from_slice(&kept[start..])?;
            match retried.contains(&row.id) {
                true => kept.truncate(start),
                false => {
                    rows += 1;
                    *codes.entry(row.code).or_default() += 1;
                }
            }
        }
        if is_end || kept.len() >= PIECE_BYTES {
            disk.write_at(&file, bytes, &kept)?;
            bytes += kept.len() as u64;
            kept.clear();
        }
        if is_end {
            break;
        }
    }
    *grown = Grown {
        tail: grown.tail + 1,
        bytes,
        rows,
        // A part with letters that have left is worse than none until the end of the run.
        shown: 0,
    };
    Ok((next, file, codes))
}

/// The lines of a tail from the byte `at` to the byte `end`, some at a time, and the place behind
/// them.
pub(super) fn read(path: &Path, at: u64, end: u64) -> io::Result<(Vec<String>, u64)> {
    let (mut lines, mut next) = (Vec::new(), at);
    if at >= end {
        return Ok((lines, next));
    }
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut reader = BufReader::new(file.take(end - at));
    let mut line = String::new();
    while next - at < PIECE_BYTES as u64 && reader.read_line(&mut line)? > 0 {
        next += line.len() as u64;
        line.truncate(line.trim_end_matches('\n').len());
        lines.push(std::mem::take(&mut line));
    }
    Ok((lines, next))
}
