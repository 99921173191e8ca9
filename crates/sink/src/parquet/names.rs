use std::path::{Path, PathBuf};

use taosha_core::Table;

use super::partition::ParquetPartition;

/// Where the rows stand that wait for their part.
pub(super) fn tails(dir: &Path) -> PathBuf {
    dir.join(".taosha")
}

/// The file of rows that wait, by its number: that of the part they will be, save for dead letters.
pub(super) fn tail(dir: &Path, table: Table, number: u64) -> PathBuf {
    tails(dir).join(format!("{}-{number:05}.jsonl", table.name()))
}

/// The folder of `table`.
pub(super) fn parts(dir: &Path, table: Table) -> PathBuf {
    dir.join(table.name())
}

/// A part by its number; of a divided table, the file of it in `folder`.
pub(super) fn part(dir: &Path, table: Table, folder: &str, number: u64) -> PathBuf {
    let parts = parts(dir, table).join(folder);
    parts.join(format!("part-{number:05}.parquet"))
}

/// The list of the files that a part of a divided table consists of.
pub(super) fn pieces(dir: &Path, table: Table, number: u64) -> PathBuf {
    tails(dir).join(format!("{}-{number:05}.parts.json", table.name()))
}

/// What is to be put in the place of such a list.
pub(super) fn unfinished_pieces(dir: &Path) -> PathBuf {
    tails(dir).join(".parts.json.next")
}

/// Where a part is written before it gets its name. Readers of a whole folder leave out what begins
/// with a dot.
pub(super) fn unfinished(dir: &Path, table: Table) -> PathBuf {
    parts(dir, table).join(".part.parquet.next")
}

/// The number of the file called `name`, if it is one of those that begin and end so.
fn number(name: &str, begin: &str, end: &str) -> Option<u64> {
    let number = name.strip_prefix(begin)?.strip_suffix(end)?;
    let is_ours = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_ours.then(|| number.parse().ok()).flatten()
}

/// The parts that are in `top`, the folder of a table, and in the folders below it that divide
/// tables, with their numbers and in their order.
pub(super) fn parts_there(top: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let (mut folders, mut there) = (vec![top.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            if let Some(number) = number(name, "part-", ".parquet") {
                there.push((number, entry.path()));
            } else if ParquetPartition::is_folder(name) && entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    there.sort_unstable();
    Ok(there)
}

/// The numbers of the lists of pieces of `table` that are there.
pub(super) fn pieces_there(dir: &Path, table: Table) -> std::io::Result<Vec<u64>> {
    numbers(&tails(dir), &format!("{}-", table.name()), ".parts.json")
}

/// The numbers of the tails of `table` that are there.
pub(super) fn tails_there(dir: &Path, table: Table) -> std::io::Result<Vec<u64>> {
    numbers(&tails(dir), &format!("{}-", table.name()), ".jsonl")
}

/// In order; none when there is no such folder.
fn numbers(folder: &Path, begin: &str, end: &str) -> std::io::Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(|name| number(name, begin, end)));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
