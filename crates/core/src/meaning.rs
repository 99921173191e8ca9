//! What tables and their columns mean, for those who describe a dataset: the words that stand on the
//! row types.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};

use crate::Table;
use crate::table::{
    ChunkRow, DeadRow, DocumentRow, DuplicateRow, FactRow, PassageRow, PassageUseRow, SectionRow,
};

impl Table {
    /// What a row of it is: `a kept report`.
    pub fn row(self) -> &'static str {
        match self {
            Table::Documents => "a kept report",
            Table::Sections => "a node of an outline",
            Table::Chunks => "whole sentences put together",
            Table::Passages => "a paragraph or sentence that several reports have",
            Table::PassageUses => "a place where a passage stands",
            Table::Duplicates => "a report that is a copy of another one",
            Table::Facts => "a figure, date, rank, award, title or document number",
            Table::Dead => "a page or report that could not be handled",
        }
    }

    /// What each of its columns means, on one line, by the column's name.
    pub fn meanings(self) -> BTreeMap<String, String> {
        match self {
            Table::Documents => of::<DocumentRow>(),
            Table::Sections => of::<SectionRow>(),
            Table::Chunks => of::<ChunkRow>(),
            Table::Passages => of::<PassageRow>(),
            Table::PassageUses => of::<PassageUseRow>(),
            Table::Duplicates => of::<DuplicateRow>(),
            Table::Facts => of::<FactRow>(),
            Table::Dead => of::<DeadRow>(),
        }
    }
}

fn of<T: JsonSchema>() -> BTreeMap<String, String> {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    let columns = schema
        .get("properties")
        .and_then(|columns| columns.as_object());
    let meaning = |(name, column): (&String, &serde_json::Value)| {
        let words = column.get("description").and_then(|words| words.as_str());
        let words = words.unwrap_or_default().split_whitespace();
        (name.clone(), words.collect::<Vec<_>>().join(" "))
    };
    columns.into_iter().flatten().map(meaning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_meaning_in_plain_words() {
        for table in Table::ALL {
            let meanings = table.meanings();
            assert!(meanings.len() >= 4, "{table:?}");
            for (column, meaning) in meanings {
                assert!(meaning.len() > 3, "{table:?}.{column}");
                assert!(!meaning.contains("]("), "{table:?}.{column}: {meaning}");
            }
        }
    }
}
