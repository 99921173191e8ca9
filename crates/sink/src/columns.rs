//! What the tables look like in databases: columns, keys, references, indexes.

use taosha_core::Table;

/// A column as it is declared.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) may_be_null: bool,
}

/// What stands in a column, by the name it has in JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A string or an id.
    Text,
    /// A number of things, or a place in a text.
    Integer,
    /// Any number.
    Real,
    /// True or false.
    Boolean,
    /// A list of places where the text differs from the bytes.
    Repairs,
    /// A list of edits that turn one text into another.
    Edits,
    /// A list of strings.
    Strings,
    /// Bytes; base64 in JSON.
    Bytes,
}

const fn always(name: &'static str, holds: Holds) -> Column {
    Column {
        name,
        holds,
        may_be_null: false,
    }
}

const fn maybe(name: &'static str, holds: Holds) -> Column {
    Column {
        name,
        holds,
        may_be_null: true,
    }
}

use Holds::{Boolean, Bytes, Edits, Integer, Real, Repairs, Strings, Text};

const DOCUMENTS: &[Column] = &[
    always("id", Text),
    maybe("parent_id", Text),
    always("uri", Text),
    maybe("title", Text),
    maybe("publisher", Text),
    maybe("period", Text),
    maybe("published", Text),
    always("charset", Text),
    always("script", Text),
    always("text", Text),
    always("own_text", Text),
    always("chars", Integer),
    always("own_chars", Integer),
    maybe("complete", Boolean),
    always("masks", Integer),
    always("damage", Integer),
    always("repairs", Repairs),
    always("raw_digest", Text),
    maybe("fetched_at", Text),
    always("run", Text),
];

const SECTIONS: &[Column] = &[
    always("id", Text),
    always("document_id", Text),
    always("ordinal", Integer),
    maybe("parent_id", Text),
    always("level", Integer),
    maybe("number", Text),
    maybe("title", Text),
    maybe("role", Text),
    always("start", Integer),
    always("end", Integer),
];

const CHUNKS: &[Column] = &[
    always("id", Text),
    always("document_id", Text),
    always("ordinal", Integer),
    maybe("section_id", Text),
    always("path", Strings),
    always("text", Text),
    always("chars", Integer),
    always("start", Integer),
    always("end", Integer),
];

const PASSAGES: &[Column] = &[
    always("id", Text),
    always("text", Text),
    always("chars", Integer),
    always("first_document_id", Text),
];

const PASSAGE_USES: &[Column] = &[
    always("passage_id", Text),
    always("document_id", Text),
    always("start", Integer),
    always("end", Integer),
    always("similarity", Real),
    always("edits", Edits),
];

const DUPLICATES: &[Column] = &[
    always("document_id", Text),
    always("uri", Text),
    always("canonical_id", Text),
    always("relation", Text),
    always("similarity", Real),
    always("edits", Edits),
];

const FACTS: &[Column] = &[
    always("id", Text),
    always("document_id", Text),
    maybe("section_id", Text),
    maybe("indicator", Text),
    maybe("value", Real),
    always("value_text", Text),
    maybe("unit", Text),
    maybe("unit_base", Text),
    maybe("value_base", Real),
    always("kind", Text),
    maybe("period", Text),
    maybe("period_basis", Text),
    maybe("place", Text),
    maybe("organisation", Text),
    always("qualifier", Text),
    maybe("base_fact_id", Text),
    always("masked", Boolean),
    always("damaged", Boolean),
    always("evidence", Text),
    always("start", Integer),
    always("end", Integer),
    always("raw_start", Integer),
    always("raw_end", Integer),
];

const DEAD: &[Column] = &[
    always("id", Text),
    always("uri", Text),
    always("stage", Text),
    always("code", Text),
    always("message", Text),
    always("attempts", Integer),
    always("raw", Bytes),
];

/// The columns of `table`, in order.
pub(crate) fn columns(table: Table) -> &'static [Column] {
    match table {
        Table::Documents => DOCUMENTS,
        Table::Sections => SECTIONS,
        Table::Chunks => CHUNKS,
        Table::Passages => PASSAGES,
        Table::PassageUses => PASSAGE_USES,
        Table::Duplicates => DUPLICATES,
        Table::Facts => FACTS,
        Table::Dead => DEAD,
    }
}

/// The columns that name a row.
pub(crate) fn key(table: Table) -> &'static [&'static str] {
    match table {
        Table::Duplicates => &["document_id"],
        Table::PassageUses => &["document_id", "start", "end", "passage_id"],
        _ => &["id"],
    }
}

/// Columns with the id of a row of the other table, which always has that row.
///
/// The rows of one record refer to each other. What another record brings may have died on its way:
/// a later stage can refuse the report that stays of two copies, or the one a passage was seen in
/// first, and neither `duplicates.canonical_id` nor `passage_uses.passage_id` may hinder that.
pub(crate) fn references(table: Table) -> &'static [(&'static str, Table)] {
    match table {
        Table::Sections => &[
            ("document_id", Table::Documents),
            ("parent_id", Table::Sections),
        ],
        Table::Chunks => &[
            ("document_id", Table::Documents),
            ("section_id", Table::Sections),
        ],
        Table::PassageUses => &[("document_id", Table::Documents)],
        Table::Facts => &[
            ("document_id", Table::Documents),
            ("section_id", Table::Sections),
            ("base_fact_id", Table::Facts),
        ],
        Table::Documents | Table::Passages | Table::Duplicates | Table::Dead => &[],
    }
}

/// What people look rows up by, besides the key.
pub(crate) fn indexes(table: Table) -> &'static [&'static [&'static str]] {
    match table {
        Table::Documents => &[&["uri"], &["period"]],
        Table::Sections | Table::Chunks => &[&["document_id"]],
        Table::PassageUses => &[&["passage_id"]],
        Table::Duplicates => &[&["canonical_id"], &["uri"]],
        Table::Facts => &[&["indicator", "period"], &["document_id"]],
        Table::Passages | Table::Dead => &[],
    }
}

/// `names` as SQL takes them; `end` is a word of it.
pub(crate) fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}
