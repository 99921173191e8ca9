//! Rows as databases hold them.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use taosha_core::{
    ChunkRow, DeadRow, DocumentRow, DuplicateRow, Error, FactRow, Id, PassageEdit, PassageRow,
    PassageUseRow, RepairRow, Result, Row, SectionRow,
};

/// What stands in one column of a row; which kind it is, [`columns`](crate::columns) tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'row> {
    Null,
    Text(Cow<'row, str>),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    List(List<'row>),
    Bytes(Vec<u8>),
}

/// The lists there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum List<'row> {
    Repairs(&'row [RepairRow]),
    Edits(&'row [PassageEdit]),
    Strings(&'row [String]),
}

impl List<'_> {
    /// The list as [`Row::to_json`] writes it.
    pub(crate) fn to_json(self) -> Result<String> {
        let json = match self {
            List::Repairs(list) => serde_json::to_string(list),
            List::Edits(list) => serde_json::to_string(list),
            List::Strings(list) => serde_json::to_string(list),
        };
        json.map_err(|e| Error::defect("sink.json", "write a list").because(e))
    }
}

/// The values of `row` in the order of its table's columns.
pub(crate) fn cells(row: &Row) -> Result<Vec<Cell<'_>>> {
    match row {
        Row::Document(row) => document(row),
        Row::Section(row) => section(row),
        Row::Chunk(row) => chunk(row),
        Row::Passage(row) => passage(row),
        Row::PassageUse(row) => passage_use(row),
        Row::Duplicate(row) => duplicate(row),
        Row::Fact(row) => fact(row),
        Row::Dead(row) => dead(row),
    }
}

// Each row is taken apart in the order of its columns, so that the compiler asks for a new one.

fn document(row: &DocumentRow) -> Result<Vec<Cell<'_>>> {
    let DocumentRow {
        id,
        parent_id,
        uri,
        title,
        publisher,
        period,
        published,
        charset,
        script,
        text,
        own_text,
        chars,
        own_chars,
        complete,
        masks,
        damage,
        repairs,
        raw_digest,
        fetched_at,
        run,
    } = row;
    Ok(vec![
        address(*id),
        optional_address(*parent_id),
        string(uri),
        optional_string(title.as_deref()),
        optional_string(publisher.as_deref()),
        optional_string(period.as_deref()),
        optional_string(published.as_deref()),
        string(charset),
        string(script),
        string(text),
        string(own_text),
        integer(*chars)?,
        integer(*own_chars)?,
        complete.map_or(Cell::Null, boolean),
        integer(*masks)?,
        integer(*damage)?,
        Cell::List(List::Repairs(repairs)),
        address(*raw_digest),
        optional_string(fetched_at.as_deref()),
        string(run),
    ])
}

fn section(row: &SectionRow) -> Result<Vec<Cell<'_>>> {
    let SectionRow {
        id,
        document_id,
        ordinal,
        parent_id,
        level,
        number,
        title,
        role,
        start,
        end,
    } = row;
    Ok(vec![
        address(*id),
        address(*document_id),
        integer(*ordinal)?,
        optional_address(*parent_id),
        Cell::Integer(i64::from(*level)),
        optional_string(number.as_deref()),
        optional_string(title.as_deref()),
        optional_string(role.as_deref()),
        integer(*start)?,
        integer(*end)?,
    ])
}

fn chunk(row: &ChunkRow) -> Result<Vec<Cell<'_>>> {
    let ChunkRow {
        id,
        document_id,
        ordinal,
        section_id,
        path,
        text,
        chars,
        start,
        end,
    } = row;
    Ok(vec![
        address(*id),
        address(*document_id),
        integer(*ordinal)?,
        optional_address(*section_id),
        Cell::List(List::Strings(path)),
        string(text),
        integer(*chars)?,
        integer(*start)?,
        integer(*end)?,
    ])
}

fn passage(row: &PassageRow) -> Result<Vec<Cell<'_>>> {
    let PassageRow {
        id,
        text,
        chars,
        first_document_id,
    } = row;
    Ok(vec![
        address(*id),
        string(text),
        integer(*chars)?,
        address(*first_document_id),
    ])
}

fn passage_use(row: &PassageUseRow) -> Result<Vec<Cell<'_>>> {
    let PassageUseRow {
        passage_id,
        document_id,
        start,
        end,
        similarity,
        edits,
    } = row;
    Ok(vec![
        address(*passage_id),
        address(*document_id),
        integer(*start)?,
        integer(*end)?,
        Cell::Real(*similarity),
        Cell::List(List::Edits(edits)),
    ])
}

fn duplicate(row: &DuplicateRow) -> Result<Vec<Cell<'_>>> {
    let DuplicateRow {
        document_id,
        uri,
        canonical_id,
        relation,
        similarity,
        edits,
    } = row;
    Ok(vec![
        address(*document_id),
        string(uri),
        address(*canonical_id),
        string(relation),
        Cell::Real(*similarity),
        Cell::List(List::Edits(edits)),
    ])
}

fn fact(row: &FactRow) -> Result<Vec<Cell<'_>>> {
    let FactRow {
        id,
        document_id,
        section_id,
        indicator,
        value,
        value_text,
        unit,
        unit_base,
        value_base,
        kind,
        period,
        period_basis,
        place,
        organisation,
        qualifier,
        base_fact_id,
        masked,
        damaged,
        evidence,
        start,
        end,
        raw_start,
        raw_end,
    } = row;
    Ok(vec![
        address(*id),
        address(*document_id),
        optional_address(*section_id),
        optional_string(indicator.as_deref()),
        value.map_or(Cell::Null, Cell::Real),
        string(value_text),
        optional_string(unit.as_deref()),
        optional_string(unit_base.as_deref()),
        value_base.map_or(Cell::Null, Cell::Real),
        string(kind),
        optional_string(period.as_deref()),
        optional_string(period_basis.as_deref()),
        optional_string(place.as_deref()),
        optional_string(organisation.as_deref()),
        string(qualifier),
        optional_address(*base_fact_id),
        boolean(*masked),
        boolean(*damaged),
        string(evidence),
        integer(*start)?,
        integer(*end)?,
        integer(*raw_start)?,
        integer(*raw_end)?,
    ])
}

fn dead(row: &DeadRow) -> Result<Vec<Cell<'_>>> {
    let DeadRow {
        id,
        uri,
        stage,
        code,
        message,
        attempts,
        raw,
    } = row;
    let raw = BASE64_STANDARD.decode(raw);
    let raw = raw.map_err(|e| Error::defect("sink.base64", "read `raw`").because(e))?;
    Ok(vec![
        address(*id),
        string(uri),
        string(stage),
        string(code),
        string(message),
        Cell::Integer(i64::from(*attempts)),
        Cell::Bytes(raw),
    ])
}

pub(crate) fn address(id: Id) -> Cell<'static> {
    Cell::Text(id.to_string().into())
}

fn optional_address(id: Option<Id>) -> Cell<'static> {
    id.map_or(Cell::Null, address)
}

fn string(text: &str) -> Cell<'_> {
    Cell::Text(text.into())
}

fn optional_string(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Null, string)
}

fn boolean(is_true: bool) -> Cell<'static> {
    Cell::Boolean(is_true)
}

fn integer(number: usize) -> Result<Cell<'static>> {
    let number = i64::try_from(number);
    let number = number.map_err(|e| Error::defect("sink.integer", "write a number").because(e))?;
    Ok(Cell::Integer(number))
}
