use serde_json::{Value, json};
use taosha_core::{DuplicateRow, Row};
use taosha_engine::Store;

use crate::commands::told::last_told;

/// The report that stays, seen from a copy.
pub(super) struct Twin {
    pub(super) uri: Option<String>,
    pub(super) title: Option<String>,
    /// What stands in the twin and what in the copy, from character to character of the twin.
    pub(super) differences: Vec<Difference>,
}

pub(super) struct Difference {
    pub(super) start: usize,
    pub(super) end: usize,
    /// `None` when the twin's epoch is not kept any more.
    pub(super) there: Option<String>,
    pub(super) here: String,
}

impl Twin {
    /// The twin of the copy that `row` tells of, as far as the outbox keeps it.
    pub(super) fn of(store: &Store, row: &DuplicateRow) -> Twin {
        let told = last_told(store, row.canonical_id).ok().flatten();
        let document = told.and_then(|told| {
            told.rows.into_iter().find_map(|row| match row {
                Row::Document(row) => Some(row),
                _ => None,
            })
        });
        let text: Option<Vec<char>> = document.as_ref().map(|row| row.text.chars().collect());
        let differences = row.edits.iter().map(|edit| {
            let there = text
                .as_ref()
                .and_then(|text| text.get(edit.start..edit.end));
            Difference {
                start: edit.start,
                end: edit.end,
                there: there.map(|there| there.iter().collect()),
                here: edit.text.clone(),
            }
        });
        Twin {
            differences: differences.collect(),
            uri: document.as_ref().map(|row| row.uri.clone()),
            title: document.and_then(|row| row.title),
        }
    }

    pub(super) fn as_json(&self) -> Value {
        let differences = self.differences.iter().map(|difference| {
            json!({
                "start": difference.start, "end": difference.end,
                "there": difference.there, "here": difference.here,
            })
        });
        json!({
            "uri": self.uri, "title": self.title,
            "differences": differences.collect::<Vec<_>>(),
        })
    }
}
