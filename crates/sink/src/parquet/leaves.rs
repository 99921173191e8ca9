//! Rows as columns of values: what Parquet calls leaves, with the levels that tell which values are
//! missing and where lists begin.

use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedColumnWriter;
use taosha_core::Table;

use crate::cells::{Cell, List};
use crate::columns::{Holds, columns};

/// The values of some rows, leaf by leaf, in the order of [`schema`](super::shape::schema).
pub(super) struct Leaves {
    leaves: Vec<Leaf>,
}

/// One leaf.
struct Leaf {
    values: Values,
    /// The number of optional and repeated fields around the value that are there; one per value,
    /// and per one that is missing.
    defined: Vec<i16>,
    /// 0 where a row begins, 1 for what follows in the list.
    repeated: Vec<i16>,
    may_be_missing: bool,
    is_in_list: bool,
}

enum Values {
    Bytes(Vec<ByteArray>),
    Integers(Vec<i64>),
    Reals(Vec<f64>),
    Booleans(Vec<bool>),
}

impl Leaf {
    fn new(values: Values, may_be_missing: bool, is_in_list: bool) -> Self {
        Leaf {
            values,
            defined: Vec::new(),
            repeated: Vec::new(),
            may_be_missing,
            is_in_list,
        }
    }

    fn level(&mut self, defined: i16, repeated: i16) {
        if self.may_be_missing || self.is_in_list {
            self.defined.push(defined);
        }
        if self.is_in_list {
            self.repeated.push(repeated);
        }
    }

    fn write(&self, column: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let defined = (!self.defined.is_empty()).then_some(self.defined.as_slice());
        let repeated = (!self.repeated.is_empty()).then_some(self.repeated.as_slice());
        match (column.untyped(), &self.values) {
            (ColumnWriter::ByteArrayColumnWriter(writer), Values::Bytes(values)) => {
                writer.write_batch(values, defined, repeated)?
            }
            (ColumnWriter::Int64ColumnWriter(writer), Values::Integers(values)) => {
                writer.write_batch(values, defined, repeated)?
            }
            (ColumnWriter::DoubleColumnWriter(writer), Values::Reals(values)) => {
                writer.write_batch(values, defined, repeated)?
            }
            (ColumnWriter::BoolColumnWriter(writer), Values::Booleans(values)) => {
                writer.write_batch(values, defined, repeated)?
            }
            _ => {
                let message = "a leaf is not of the type that the schema says";
                return Err(ParquetError::General(message.to_owned()));
            }
        };
        Ok(())
    }
}

impl Leaves {
    pub(super) fn new(table: Table) -> Self {
        let bytes = || Values::Bytes(Vec::new());
        let integers = || Values::Integers(Vec::new());
        let mut leaves = Vec::new();
        for column in columns(table) {
            let alone = |values| Leaf::new(values, column.may_be_null, false);
            let listed = |values| Leaf::new(values, false, true);
            match column.holds {
                Holds::Text | Holds::Bytes => leaves.push(alone(bytes())),
                Holds::Integer => leaves.push(alone(integers())),
                Holds::Real => leaves.push(alone(Values::Reals(Vec::new()))),
                Holds::Boolean => leaves.push(alone(Values::Booleans(Vec::new()))),
                Holds::Strings => leaves.push(listed(bytes())),
                Holds::Edits => {
                    leaves.extend([integers(), integers(), bytes()].map(listed));
                }
                Holds::Repairs => {
                    let kind_and_places = [bytes(), integers(), integers(), integers(), integers()];
                    leaves.extend(kind_and_places.map(listed));
                    leaves.push(Leaf::new(bytes(), true, true));
                }
            }
        }
        Leaves { leaves }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: Vec<Cell<'_>>) {
        let mut leaves = self.leaves.iter_mut();
        for cell in cells {
            match cell {
                Cell::List(list) => add_list(&mut leaves, list),
                Cell::Null => {
                    if let Some(leaf) = leaves.next() {
                        leaf.level(0, 0);
                    }
                }
                cell => {
                    if let Some(leaf) = leaves.next() {
                        leaf.level(1, 0);
                        add(leaf, cell);
                    }
                }
            }
        }
    }

    /// Writes the leaf at `index`.
    pub(super) fn write(
        &self,
        index: usize,
        column: &mut SerializedColumnWriter<'_>,
    ) -> Result<()> {
        self.leaves[index].write(column)
    }

    pub(super) fn n(&self) -> usize {
        self.leaves.len()
    }
}

fn add(leaf: &mut Leaf, cell: Cell<'_>) {
    match (&mut leaf.values, cell) {
        (Values::Bytes(values), Cell::Text(text)) => values.push(text.as_bytes().to_vec().into()),
        (Values::Bytes(values), Cell::Bytes(bytes)) => values.push(bytes.into()),
        (Values::Integers(values), Cell::Integer(number)) => values.push(number),
        (Values::Reals(values), Cell::Real(number)) => values.push(number),
        (Values::Booleans(values), Cell::Boolean(is_true)) => values.push(is_true),
        // Leaves and cells are both made after `columns`; a row too few is refused when written.
        _ => {}
    }
}

fn add_list<'l>(leaves: &mut impl Iterator<Item = &'l mut Leaf>, list: List<'_>) {
    let integer = |number: usize| Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let string = |text: &'_ str| Cell::Text(text.to_owned().into());
    let rows: Vec<Vec<Cell<'static>>> = match list {
        List::Strings(strings) => strings.iter().map(|text| vec![string(text)]).collect(),
        List::Edits(edits) => edits
            .iter()
            .map(|edit| vec![integer(edit.start), integer(edit.end), string(&edit.text)])
            .collect(),
        List::Repairs(repairs) => repairs
            .iter()
            .map(|repair| {
                vec![
                    string(&repair.kind),
                    integer(repair.start),
                    integer(repair.end),
                    integer(repair.raw_start),
                    integer(repair.raw_end),
                    repair.before.as_deref().map_or(Cell::Null, string),
                ]
            })
            .collect(),
    };
    let n_leaves = match list {
        List::Strings(_) => 1,
        List::Edits(_) => 3,
        List::Repairs(_) => 6,
    };
    let mut leaves: Vec<&mut Leaf> = leaves.by_ref().take(n_leaves).collect();
    if rows.is_empty() {
        for leaf in &mut leaves {
            leaf.level(0, 0);
        }
    }
    for (at, row) in rows.into_iter().enumerate() {
        let repeated = i16::from(at > 0);
        for (leaf, cell) in leaves.iter_mut().zip(row) {
            match cell {
                Cell::Null => leaf.level(1, repeated),
                cell => {
                    leaf.level(if leaf.may_be_missing { 2 } else { 1 }, repeated);
                    add(leaf, cell);
                }
            }
        }
    }
}
