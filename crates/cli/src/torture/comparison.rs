use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;
use taosha_core::{Guarantee, Table};

use super::target::{Compared, Picked, Rows, Target, Targets};

/// How the targets of a round compare with those of the undisturbed run.
#[derive(Default)]
pub(crate) struct Verdict {
    /// One text for every table or file that differs. None when all is as it should be.
    pub(crate) differences: Vec<String>,
    /// Rows that an at-least-once sink wrote more than once, which is allowed.
    pub(crate) n_repeats: usize,
}

/// Rows that are shown by name.
const MAX_NAMES: usize = 5;

/// Characters of a row that are shown.
const MAX_ROW_CHARS: usize = 400;

/// Compares what `scratch` holds with `right`, which is what `undisturbed` holds.
pub(crate) async fn compare(
    targets: &Targets<'_>,
    undisturbed: &Path,
    right: &[Target],
    scratch: &Path,
) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    for (right, tried) in right.iter().zip(targets.look(scratch).await?) {
        let id = &right.id;
        let (right_tables, tables) = match (&right.tables, &tried.tables) {
            (Ok(right_tables), Ok(tables)) => (right_tables, tables),
            (Ok(_), Err(error)) => {
                let difference = format!("sink `{id}` failed to {error}");
                verdict.differences.push(difference);
                continue;
            }
            (Err(_), _) => {
                if right.compared() == Compared::Files {
                    compare_files(right, &tried.files, |_| true, &mut verdict);
                }
                continue;
            }
        };
        for (table, right_rows) in right_tables {
            let Some(rows) = tables.get(table) else {
                continue;
            };
            let change = Change::between(right_rows, rows);
            if right.guarantee == Guarantee::AtLeastOnce {
                verdict.n_repeats += change.n_doubled();
            }
            if !change.is_fault(right.guarantee) {
                continue;
            }
            let about = About {
                targets,
                id,
                table: *table,
            };
            let rows_picked = (
                about.pick(undisturbed, &change).await?,
                about.pick(scratch, &change).await?,
            );
            let n_rows = (right_rows.len(), rows.len());
            let difference = describe(id, *table, n_rows, &change, &rows_picked);
            verdict.differences.push(difference);
        }
        let is_compared = |path: &Path| right.is_table_file(path);
        compare_files(right, &tried.files, is_compared, &mut verdict);
    }
    Ok(verdict)
}

fn compare_files(
    right: &Target,
    files: &BTreeMap<PathBuf, u64>,
    is_compared: impl Fn(&Path) -> bool,
    verdict: &mut Verdict,
) {
    let known = right.files.iter().filter(|(path, _)| is_compared(path));
    for (path, digest) in known {
        let how = match files.get(path) {
            None => "is missing",
            Some(other) if other != digest => "has other bytes",
            Some(_) => continue,
        };
        let (id, path) = (&right.id, path.display());
        let difference = format!("sink `{id}`: the file `{path}` {how}");
        verdict.differences.push(difference);
    }
    let new = files.keys().filter(|path| is_compared(path));
    for path in new.filter(|path| !right.files.contains_key(*path)) {
        let (id, path) = (&right.id, path.display());
        let difference = format!("sink `{id}`: the file `{path}` should not be there");
        verdict.differences.push(difference);
    }
}

/// What is different between two tables.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    /// How many fewer there are of a row.
    missing: HashMap<u64, usize>,
    /// How many more there are of a row that belongs there.
    doubled: HashMap<u64, usize>,
    /// Rows that do not belong there.
    strange: HashMap<u64, usize>,
    /// The first place with another row.
    first: Option<usize>,
}

impl Change {
    fn between(right: &Rows, tried: &Rows) -> Change {
        let mut change = Change::default();
        let right_counts = counts(right);
        let mut left = right_counts.clone();
        for digest in tried.in_order.iter().chain(&tried.loose) {
            match left.get_mut(digest) {
                Some(n_left) if *n_left > 0 => *n_left -= 1,
                Some(_) => *change.doubled.entry(*digest).or_default() += 1,
                None => *change.strange.entry(*digest).or_default() += 1,
            }
        }
        left.retain(|_, n_left| *n_left > 0);
        change.missing = left;
        let n_rows = right.in_order.len().max(tried.in_order.len());
        change.first = (0..n_rows).find(|&n| right.in_order.get(n) != tried.in_order.get(n));
        change
    }

    fn is_fault(&self, guarantee: Guarantee) -> bool {
        let is_other = !self.missing.is_empty() || !self.strange.is_empty();
        let is_disturbed = !self.doubled.is_empty() || self.first.is_some();
        is_other || (guarantee == Guarantee::ExactlyOnce && is_disturbed)
    }

    fn n_doubled(&self) -> usize {
        self.doubled.values().sum()
    }

    fn concerns(&self, digest: u64) -> bool {
        let sets = [&self.missing, &self.doubled, &self.strange];
        sets.iter().any(|set| set.contains_key(&digest))
    }
}

fn counts(rows: &Rows) -> HashMap<u64, usize> {
    let mut counts = HashMap::new();
    for digest in rows.in_order.iter().chain(&rows.loose) {
        *counts.entry(*digest).or_default() += 1;
    }
    counts
}

/// A table of a sink.
struct About<'a> {
    targets: &'a Targets<'a>,
    id: &'a str,
    table: Table,
}

impl About<'_> {
    /// The rows that `change` is about.
    async fn pick(&self, scratch: &Path, change: &Change) -> Result<Vec<Picked>> {
        let is_wanted = |place: Option<usize>, digest| {
            change.concerns(digest) || (place.is_some() && place == change.first)
        };
        let picked = self.targets.pick(scratch, self.id, self.table, is_wanted);
        picked.await
    }
}

/// `n_rows` and `picked`: of the undisturbed run, and of the round.
fn describe(
    id: &str,
    table: Table,
    n_rows: (usize, usize),
    change: &Change,
    picked: &(Vec<Picked>, Vec<Picked>),
) -> String {
    let mut out = format!("sink `{id}`, table `{}`:", table.name());
    let _ = match n_rows {
        (right, tried) if right == tried => {
            write!(out, " {right} rows, as many as there should be")
        }
        (right, tried) => write!(out, " {tried} rows instead of {right}"),
    };
    let sets = [
        ("missing", &change.missing, &picked.0),
        ("doubled", &change.doubled, &picked.1),
        ("should not be there", &change.strange, &picked.1),
    ];
    for (word, set, picked) in sets {
        let n: usize = set.values().sum();
        if n == 0 {
            continue;
        }
        let mut names: Vec<String> = Vec::new();
        for row in picked.iter().filter(|row| set.contains_key(&row.digest)) {
            let name = name_of(&row.row);
            if !names.contains(&name) && names.len() < MAX_NAMES {
                names.push(name);
            }
        }
        let _ = write!(out, "; {n} {word}: {}", names.join(", "));
        if n > names.len() {
            out.push_str(", …");
        }
    }
    if let Some(first) = change.first {
        let row = |picked: &[Picked]| {
            let row = picked.iter().find(|row| row.place == Some(first));
            row.map_or("none".to_owned(), |row| cut(&row.row))
        };
        let _ = write!(
            out,
            "\n  row {} is the first that differs\n    undisturbed: {}\n    killed:      {}",
            first + 1,
            row(&picked.0),
            row(&picked.1)
        );
    }
    out
}

/// Its id, or the row itself when it has none.
fn name_of(row: &str) -> String {
    let id = serde_json::from_str::<Value>(row).ok();
    let id = id.as_ref().and_then(|row| row.get("id")?.as_str());
    id.map_or_else(|| cut(row), str::to_owned)
}

fn cut(row: &str) -> String {
    let mut shown: String = row.chars().take(MAX_ROW_CHARS).collect();
    if shown.len() < row.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(in_order: &[u64]) -> Rows {
        Rows {
            in_order: in_order.to_vec(),
            loose: Vec::new(),
        }
    }

    #[test]
    fn a_row_in_another_place_is_a_fault_of_exactly_once_sinks() {
        let change = Change::between(&rows(&[1, 2, 3]), &rows(&[1, 3, 2]));
        assert_eq!(change.first, Some(1));
        assert!(change.is_fault(Guarantee::ExactlyOnce));
        assert!(!change.is_fault(Guarantee::AtLeastOnce));
    }

    #[test]
    fn a_repeat_is_a_fault_of_exactly_once_sinks() {
        let change = Change::between(&rows(&[1, 2]), &rows(&[1, 2, 1]));
        assert_eq!(change.doubled, HashMap::from([(1, 1)]));
        assert!(change.is_fault(Guarantee::ExactlyOnce));
        assert!(!change.is_fault(Guarantee::AtLeastOnce));
    }

    #[test]
    fn a_lost_row_and_a_strange_one_are_always_faults() {
        let lost = Change::between(&rows(&[1, 1, 2]), &rows(&[1, 2]));
        assert_eq!(lost.missing, HashMap::from([(1, 1)]));
        let strange = Change::between(&rows(&[1]), &rows(&[1, 9]));
        assert_eq!(strange.strange, HashMap::from([(9, 1)]));
        for change in [lost, strange] {
            assert!(change.is_fault(Guarantee::ExactlyOnce));
            assert!(change.is_fault(Guarantee::AtLeastOnce));
        }
    }

    #[test]
    fn the_same_rows_are_no_change() {
        let change = Change::between(&rows(&[1, 2]), &rows(&[1, 2]));
        assert_eq!(change, Change::default());
        assert!(!change.is_fault(Guarantee::ExactlyOnce));
    }
}
