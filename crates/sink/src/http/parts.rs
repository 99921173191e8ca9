use bytes::Bytes;
use taosha_core::{Epoch, Error, Result, Table};

/// What one request carries.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) table: Table,
    pub(super) change: Change,
    /// Rows of the table in this epoch that came before these.
    first: usize,
    n_rows: usize,
    /// A line of JSON for each row.
    pub(super) body: Bytes,
}

/// What becomes of the rows of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    /// Dead letters that were tried again: the body has their ids.
    Removed,
}

impl Change {
    pub(super) fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
        }
    }
}

impl Part {
    /// Names the part: the same rows of the same epoch have the same key, and other rows never have
    /// it, also when batches have another size by then.
    pub(super) fn key(&self, epoch: &Epoch) -> String {
        let (table, change) = (self.table.name(), self.change.name());
        let (state, number) = (&epoch.state, epoch.number);
        format!(
            "{state}-{number}-{table}-{change}-{}-{}",
            self.first, self.n_rows
        )
    }

    /// What was being done, for a message.
    pub(super) fn told(&self, epoch: u64) -> String {
        let (table, first) = (self.table.name(), self.first + 1);
        let last = self.first + self.n_rows;
        format!("send rows {first} to {last} of `{table}`, epoch {epoch}")
    }
}

/// The requests that `epoch` is sent in: rows that leave first, then those of one table after the
/// other, each in order.
pub(super) fn parts(
    epoch: &Epoch,
    selected: &[Table],
    most_rows: usize,
    most_bytes: usize,
) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    if selected.contains(&Table::Dead) {
        let lines = epoch
            .retried
            .iter()
            .map(|id| Ok(format!("{{\"id\":\"{id}\"}}")));
        batches(
            Table::Dead,
            Change::Removed,
            lines,
            (most_rows, most_bytes),
            &mut parts,
        )?;
    }
    for &table in selected {
        let rows = epoch.rows.iter().filter(|row| row.table() == table);
        let lines = rows.map(|row| {
            let json = row.to_json();
            json.map_err(|error| Error::defect("sink.json", "write a row").because(error))
        });
        batches(
            table,
            Change::Added,
            lines,
            (most_rows, most_bytes),
            &mut parts,
        )?;
    }
    Ok(parts)
}

fn batches(
    table: Table,
    change: Change,
    lines: impl Iterator<Item = Result<String>>,
    (most_rows, most_bytes): (usize, usize),
    parts: &mut Vec<Part>,
) -> Result<()> {
    let (mut first, mut n_rows, mut body) = (0, 0, Vec::new());
    for line in lines {
        let line = line?;
        let is_full = n_rows == most_rows || body.len() + line.len() + 1 > most_bytes;
        if is_full && n_rows > 0 {
            let body = std::mem::take(&mut body).into();
            parts.push(Part {
                table,
                change,
                first,
                n_rows,
                body,
            });
            (first, n_rows) = (first + n_rows, 0);
        }
        body.extend_from_slice(line.as_bytes());
        body.push(b'\n');
        n_rows += 1;
    }
    if n_rows > 0 {
        let body = body.into();
        parts.push(Part {
            table,
            change,
            first,
            n_rows,
            body,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::epochs;

    /// Keys, rows and bodies of all parts.
    fn cut(rows: usize, bytes: usize) -> Vec<Part> {
        let epochs = epochs(&[12]);
        parts(&epochs[0], &Table::ALL, rows, bytes).unwrap()
    }

    #[test]
    fn no_row_is_lost_between_parts_and_none_is_in_two() {
        let whole = cut(usize::MAX, usize::MAX);
        for (rows, bytes) in [(1, usize::MAX), (3, usize::MAX), (usize::MAX, 1), (4, 900)] {
            let small = cut(rows, bytes);
            for table in whole.iter().map(|part| part.table) {
                let of_table = |parts: &[Part]| -> Vec<u8> {
                    let parts = parts.iter().filter(|part| part.table == table);
                    parts.flat_map(|part| part.body.to_vec()).collect()
                };
                assert!(of_table(&small) == of_table(&whole), "{}", table.name());
            }
            for part in &small {
                let n_lines = part.body.iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(n_lines, part.n_rows);
                assert!(part.n_rows <= rows && (part.n_rows == 1 || part.body.len() <= bytes));
            }
        }
    }

    #[test]
    fn one_key_never_stands_for_other_rows() {
        let epoch = &epochs(&[12])[0];
        let mut seen = std::collections::BTreeMap::new();
        for rows in [1, 2, 3, 5, 100] {
            for part in parts(epoch, &Table::ALL, rows, usize::MAX).unwrap() {
                let body = seen.entry(part.key(epoch)).or_insert(part.body.clone());
                assert_eq!(*body, part.body, "{}", part.key(epoch));
            }
        }
        assert!(seen.len() > 20);
    }
}
