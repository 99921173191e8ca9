use std::path::{Path, PathBuf};

use taosha_core::Table;

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

/// A part by its number.
pub(super) fn part(dir: &Path, table: Table, number: u64) -> PathBuf {
    parts(dir, table).join(format!("part-{number:05}.parquet"))
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

/// The numbers of the parts of `table` that are there.
pub(super) fn parts_there(dir: &Path, table: Table) -> std::io::Result<Vec<u64>> {
    numbers(&parts(dir, table), "part-", ".parquet")
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
