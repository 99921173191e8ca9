//! The tables every sink writes.
//!
//! Offsets count Unicode scalar values of `documents.text`, half-open; `raw_*` offsets count bytes
//! of the page as its source gave it (a `.gz` file unpacked). Unknown is null, never an empty string or 0.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Id, Origin, PassageEdit};

/// A table, by the name that sinks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// One row per kept report.
    Documents,
    /// One row per node of an outline.
    Sections,
    /// One row per chunk.
    Chunks,
    /// One row per passage.
    Passages,
    /// One row per place where a passage stands.
    PassageUses,
    /// One row per collapsed report.
    Duplicates,
    /// One row per fact.
    Facts,
    /// One row per dead letter.
    Dead,
}

impl Table {
    /// All tables, in the order in which a row may refer to earlier ones.
    pub const ALL: [Table; 8] = [
        Table::Documents,
        Table::Sections,
        Table::Chunks,
        Table::Passages,
        Table::PassageUses,
        Table::Duplicates,
        Table::Facts,
        Table::Dead,
    ];

    /// The table's name in files and databases.
    pub fn name(self) -> &'static str {
        match self {
            Table::Documents => "documents",
            Table::Sections => "sections",
            Table::Chunks => "chunks",
            Table::Passages => "passages",
            Table::PassageUses => "passage_uses",
            Table::Duplicates => "duplicates",
            Table::Facts => "facts",
            Table::Dead => "dead",
        }
    }

    /// The table called `name`.
    pub fn named(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }
}

/// A row of one of the tables.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A kept report.
    Document(Box<DocumentRow>),
    /// A node of its outline.
    Section(SectionRow),
    /// Sentences put together.
    Chunk(ChunkRow),
    /// A passage.
    Passage(PassageRow),
    /// A place where a passage stands.
    PassageUse(PassageUseRow),
    /// A collapsed report.
    Duplicate(DuplicateRow),
    /// A fact.
    Fact(Box<FactRow>),
    /// A dead letter.
    Dead(DeadRow),
}

impl Row {
    /// The table it belongs to.
    pub fn table(&self) -> Table {
        match self {
            Row::Document(_) => Table::Documents,
            Row::Section(_) => Table::Sections,
            Row::Chunk(_) => Table::Chunks,
            Row::Passage(_) => Table::Passages,
            Row::PassageUse(_) => Table::PassageUses,
            Row::Duplicate(_) => Table::Duplicates,
            Row::Fact(_) => Table::Facts,
            Row::Dead(_) => Table::Dead,
        }
    }

    /// The row as one JSON object without line breaks, keys in the order of the table's columns.
    ///
    /// # Errors
    /// Never for rows made by this crate.
    pub fn to_json(&self) -> serde_json::Result<String> {
        match self {
            Row::Document(row) => serde_json::to_string(row),
            Row::Section(row) => serde_json::to_string(row),
            Row::Chunk(row) => serde_json::to_string(row),
            Row::Passage(row) => serde_json::to_string(row),
            Row::PassageUse(row) => serde_json::to_string(row),
            Row::Duplicate(row) => serde_json::to_string(row),
            Row::Fact(row) => serde_json::to_string(row),
            Row::Dead(row) => serde_json::to_string(row),
        }
    }

    /// The row of `table` that [`to_json`](Self::to_json) wrote as `json`, equal in every bit.
    ///
    /// # Errors
    /// When `json` is no such row.
    pub fn from_json(table: Table, json: &str) -> serde_json::Result<Row> {
        Ok(match table {
            Table::Documents => Row::Document(serde_json::from_str(json)?),
            Table::Sections => Row::Section(serde_json::from_str(json)?),
            Table::Chunks => Row::Chunk(serde_json::from_str(json)?),
            Table::Passages => Row::Passage(serde_json::from_str(json)?),
            Table::PassageUses => Row::PassageUse(serde_json::from_str(json)?),
            Table::Duplicates => Row::Duplicate(serde_json::from_str(json)?),
            Table::Facts => Row::Fact(serde_json::from_str(json)?),
            Table::Dead => Row::Dead(serde_json::from_str(json)?),
        })
    }

    /// The id of the report it belongs to; of a passage or a dead letter, its own.
    pub fn record_id(&self) -> Id {
        match self {
            Row::Document(row) => row.id,
            Row::Section(row) => row.document_id,
            Row::Chunk(row) => row.document_id,
            Row::Passage(row) => row.id,
            Row::PassageUse(row) => row.document_id,
            Row::Duplicate(row) => row.document_id,
            Row::Fact(row) => row.document_id,
            Row::Dead(row) => row.id,
        }
    }
}

/// Table `documents`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentRow {
    /// Content address of the report.
    pub id: Id,
    /// Content address of the page it was cut from; null when it is a whole page.
    pub parent_id: Option<Id>,
    /// Where the page came from.
    pub uri: String,
    /// The report's title.
    pub title: Option<String>,
    /// The unit that speaks.
    pub publisher: Option<String>,
    /// The time it reports on, such as `2018`, `2018-H1` or `2018-03`; null when it is in doubt.
    pub period: Option<String>,
    /// When it was put up, ISO 8601.
    pub published: Option<String>,
    /// What the bytes were read as.
    pub charset: String,
    /// `simplified`, `traditional`, `mixed` or `other`.
    pub script: Cow<'static, str>,
    /// The report without chrome.
    pub text: String,
    /// `text` without collapsed passages.
    pub own_text: String,
    /// Characters of `text`.
    pub chars: usize,
    /// Characters of `own_text`.
    pub own_chars: usize,
    /// False when text is known to be missing.
    pub complete: Option<bool>,
    /// How many names and numbers are masked.
    pub masks: usize,
    /// How many places are known to be broken.
    pub damage: usize,
    /// Every place where `text` differs from what the bytes say.
    pub repairs: Vec<RepairRow>,
    /// Content address of the fetched bytes.
    pub raw_digest: Id,
    /// When the page was fetched, RFC 3339.
    pub fetched_at: Option<String>,
    /// The pipeline and configuration that made the row.
    pub run: String,
}

/// An element of `documents.repairs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepairRow {
    /// The rule: a repair of `decode`, or the rule that cut or replaced text.
    pub kind: String,
    /// First character of the repaired text.
    pub start: usize,
    /// The character after it.
    pub end: usize,
    /// First byte of the page it was made from.
    pub raw_start: usize,
    /// The byte after it.
    pub raw_end: usize,
    /// What stood there; null where a stage hid it on purpose.
    pub before: Option<String>,
}

/// Table `sections`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionRow {
    /// Content address.
    pub id: Id,
    /// The report.
    pub document_id: Id,
    /// Counts from 0 within the report.
    pub ordinal: usize,
    /// The enclosing section.
    pub parent_id: Option<Id>,
    /// 0 under no heading, then 1 for 一、 to 5 for ①.
    pub level: u8,
    /// The number as written.
    pub number: Option<String>,
    /// The heading's words.
    pub title: Option<String>,
    /// `overview`, `work_done`, `problems`, `plan` or `closing`.
    pub role: Option<Cow<'static, str>>,
    /// First character of the heading.
    pub start: usize,
    /// The character after the section's own text, where the next section starts.
    pub end: usize,
}

/// Table `chunks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChunkRow {
    /// Content address.
    pub id: Id,
    /// The report.
    pub document_id: Id,
    /// Counts from 0 within the report.
    pub ordinal: usize,
    /// The section it begins in.
    pub section_id: Option<Id>,
    /// The titles of the headings it stands under, outermost first.
    pub path: Vec<String>,
    /// The words.
    pub text: String,
    /// Characters of `text`.
    pub chars: usize,
    /// First character.
    pub start: usize,
    /// The character after it.
    pub end: usize,
}

/// Table `passages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassageRow {
    /// Content address of the comparison form.
    pub id: Id,
    /// The words where it was seen first.
    pub text: String,
    /// Characters of `text`.
    pub chars: usize,
    /// The report it was seen in first.
    pub first_document_id: Id,
}

/// Table `passage_uses`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassageUseRow {
    /// The passage.
    pub passage_id: Id,
    /// The report.
    pub document_id: Id,
    /// First character.
    pub start: usize,
    /// The character after it.
    pub end: usize,
    /// 1 when the words are the same in comparison form.
    pub similarity: f64,
    /// Turns the passage's text into the words that stand here.
    pub edits: Vec<PassageEdit>,
}

/// Table `duplicates`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuplicateRow {
    /// The collapsed report.
    pub document_id: Id,
    /// Where its page came from.
    pub uri: String,
    /// The report that stays.
    pub canonical_id: Id,
    /// `exact`, `near`, `contained` or `contains`.
    pub relation: Cow<'static, str>,
    /// Resemblance of the comparison forms, 0 to 1.
    pub similarity: f64,
    /// Turns the canonical report's `text` into this one's.
    pub edits: Vec<PassageEdit>,
}

/// Table `facts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactRow {
    /// Content address.
    pub id: Id,
    /// The report.
    pub document_id: Id,
    /// The section it stands in.
    pub section_id: Option<Id>,
    /// What is counted or measured.
    pub indicator: Option<String>,
    /// The number; null when masked or damaged.
    pub value: Option<f64>,
    /// The number as written.
    pub value_text: String,
    /// The unit as written.
    pub unit: Option<String>,
    /// The unit of `value_base`.
    pub unit_base: Option<String>,
    /// The number in `unit_base`.
    pub value_base: Option<f64>,
    /// `count`, `amount`, `rate`, `ratio`, `date`, `rank`, `change`, `document_number`, `citation` or
    /// `award`.
    pub kind: Cow<'static, str>,
    /// The time it speaks of.
    pub period: Option<String>,
    /// `stated`, `title`, `resolved` or `doubtful`.
    pub period_basis: Option<Cow<'static, str>>,
    /// Where.
    pub place: Option<String>,
    /// Who.
    pub organisation: Option<String>,
    /// `exact`, `approx`, `at_least`, `at_most` or `range`.
    pub qualifier: Cow<'static, str>,
    /// The fact this one is measured against.
    pub base_fact_id: Option<Id>,
    /// Some of the number is hidden by a mask.
    pub masked: bool,
    /// Some of the number is lost.
    pub damaged: bool,
    /// The words that prove it.
    pub evidence: String,
    /// First character of the evidence.
    pub start: usize,
    /// The character after it.
    pub end: usize,
    /// First byte of the page it was made from.
    pub raw_start: usize,
    /// The byte after it.
    pub raw_end: usize,
}

/// Table `dead`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadRow {
    /// The record that died.
    pub id: Id,
    /// Where its page came from.
    pub uri: String,
    /// The stage that refused it.
    pub stage: String,
    /// Why, as a stable name.
    pub code: String,
    /// Why, in words.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The fetched bytes, base64.
    pub raw: String,
}

impl DeadRow {
    /// The dead letter for the record `id` from `origin`, refused by `stage`.
    pub fn new(id: Id, origin: &Origin, stage: &str, error: &Error) -> Self {
        DeadRow {
            id,
            uri: origin.uri.clone(),
            stage: stage.to_owned(),
            code: error.code().to_owned(),
            message: error.to_string(),
            attempts: 1,
            raw: BASE64_STANDARD.encode(&origin.raw),
        }
    }
}
