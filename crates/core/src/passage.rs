use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Id, Span};

/// A paragraph or sentence seen in more than one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Content address of its comparison form.
    pub id: Id,
    /// Its words where it was seen first.
    pub text: String,
    /// The report it was seen in first.
    pub first_document_id: Id,
}

/// A place in a report where a passage stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassageUse {
    /// Which passage.
    pub passage_id: Id,
    /// Where.
    pub span: Span,
    /// 1 when the words are the same in comparison form.
    pub similarity: f64,
    /// Turns the passage's text into the words that stand here.
    pub edits: Vec<Edit>,
}

/// How a collapsed report relates to the one that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same text in comparison form.
    Exact,
    /// The same report with small differences.
    Near,
    /// A part of the canonical report.
    Contained,
    /// More than the canonical report.
    Contains,
}

impl Relation {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Exact => "exact",
            Relation::Near => "near",
            Relation::Contained => "contained",
            Relation::Contains => "contains",
        }
    }
}

/// Why a report is not written, and how to get it back from the one that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collapse {
    /// The report that stays.
    pub canonical_id: Id,
    /// How the two relate.
    pub relation: Relation,
    /// Resemblance of the two comparison forms, 0 to 1.
    pub similarity: f64,
    /// Turns the canonical report's `text` into this one's.
    pub edits: Vec<Edit>,
}

/// An earlier report, written already, that a fuller copy stands for from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Superseded {
    /// The earlier report.
    pub document_id: Id,
    /// Where its page came from.
    pub uri: String,
    /// What it is to the report that stands for it.
    pub relation: Relation,
    /// Resemblance of the two comparison forms, 0 to 1.
    pub similarity: f64,
    /// Turns the fuller report's `text` into the earlier one's.
    pub edits: Vec<Edit>,
}

/// Puts `text` in place of the characters `start..end` of another text.
///
/// Offsets count Unicode scalar values of the text before any edit; a list of edits is in order
/// and does not overlap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// First character replaced.
    pub start: usize,
    /// The character after the last one replaced.
    pub end: usize,
    /// What stands there instead.
    pub text: String,
}

impl Edit {
    /// Applies `edits` to `base`. `None` when they do not fit it.
    pub fn apply_all(base: &str, edits: &[Edit]) -> Option<String> {
        let mut characters = base.chars();
        let (mut text, mut at) = (String::with_capacity(base.len()), 0);
        for edit in edits {
            if edit.start < at || edit.end < edit.start {
                return None;
            }
            for _ in at..edit.start {
                text.push(characters.next()?);
            }
            for _ in edit.start..edit.end {
                characters.next()?;
            }
            text.push_str(&edit.text);
            at = edit.end;
        }
        text.extend(characters);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_rebuild_a_copy_and_refuse_another_text() {
        let edits = [
            Edit {
                start: 0,
                end: 1,
                text: "XX".to_owned(),
            },
            Edit {
                start: 3,
                end: 3,
                text: "近".to_owned(),
            },
        ];
        assert_eq!(
            Edit::apply_all("某县有30所", &edits).as_deref(),
            Some("XX县有近30所")
        );
        assert_eq!(Edit::apply_all("县", &edits), None);
    }
}
