//! Rows as SQLite holds them, and back.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rusqlite::types::{FromSqlError, FromSqlResult, Value, ValueRef};
use serde::Serialize;
use taosha_core::{
    ChunkRow, DeadRow, DocumentRow, DuplicateRow, Error, FactRow, Id, PassageRow, PassageUseRow,
    Result, Row, SectionRow,
};

use super::schema::{Column, Holds};

/// The values of `row` in the order of its table's columns.
pub(super) fn cells(row: &Row) -> Result<Vec<Value>> {
    Ok(match row {
        Row::Document(row) => document(row)?,
        Row::Section(row) => section(row)?,
        Row::Chunk(row) => chunk(row)?,
        Row::Passage(row) => passage(row)?,
        Row::PassageUse(row) => passage_use(row)?,
        Row::Duplicate(row) => duplicate(row)?,
        Row::Fact(row) => fact(row)?,
        Row::Dead(row) => dead(row)?,
    })
}

// Each row is taken apart in the order of its columns, so that the compiler asks for a new one.

fn document(row: &DocumentRow) -> Result<Vec<Value>> {
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
        complete.map_or(Value::Null, boolean),
        integer(*masks)?,
        integer(*damage)?,
        json(repairs)?,
        address(*raw_digest),
        optional_string(fetched_at.as_deref()),
        string(run),
    ])
}

fn section(row: &SectionRow) -> Result<Vec<Value>> {
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
        Value::Integer(i64::from(*level)),
        optional_string(number.as_deref()),
        optional_string(title.as_deref()),
        optional_string(role.as_deref()),
        integer(*start)?,
        integer(*end)?,
    ])
}

fn chunk(row: &ChunkRow) -> Result<Vec<Value>> {
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
        json(path)?,
        string(text),
        integer(*chars)?,
        integer(*start)?,
        integer(*end)?,
    ])
}

fn passage(row: &PassageRow) -> Result<Vec<Value>> {
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

fn passage_use(row: &PassageUseRow) -> Result<Vec<Value>> {
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
        Value::Real(*similarity),
        json(edits)?,
    ])
}

fn duplicate(row: &DuplicateRow) -> Result<Vec<Value>> {
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
        Value::Real(*similarity),
        json(edits)?,
    ])
}

fn fact(row: &FactRow) -> Result<Vec<Value>> {
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
        value.map_or(Value::Null, Value::Real),
        string(value_text),
        optional_string(unit.as_deref()),
        optional_string(unit_base.as_deref()),
        value_base.map_or(Value::Null, Value::Real),
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

fn dead(row: &DeadRow) -> Result<Vec<Value>> {
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
        Value::Integer(i64::from(*attempts)),
        Value::Blob(raw),
    ])
}

pub(super) fn address(id: Id) -> Value {
    Value::Text(id.to_string())
}

fn optional_address(id: Option<Id>) -> Value {
    id.map_or(Value::Null, address)
}

fn string(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn optional_string(text: Option<&str>) -> Value {
    text.map_or(Value::Null, string)
}

fn boolean(is_true: bool) -> Value {
    Value::Integer(i64::from(is_true))
}

fn integer(number: usize) -> Result<Value> {
    let number = i64::try_from(number);
    let number = number.map_err(|e| Error::defect("sink.integer", "write a number").because(e))?;
    Ok(Value::Integer(number))
}

fn json<T: Serialize>(list: &[T]) -> Result<Value> {
    let json = serde_json::to_string(list);
    let json = json.map_err(|e| Error::defect("sink.json", "write a list").because(e))?;
    Ok(Value::Text(json))
}

/// What stands in a cell of `column`, as [`Row::to_json`] writes it.
pub(super) fn to_json(column: &Column, cell: ValueRef<'_>) -> FromSqlResult<serde_json::Value> {
    if cell == ValueRef::Null {
        return Ok(serde_json::Value::Null);
    }
    let other = |error: serde_json::Error| FromSqlError::Other(Box::new(error));
    Ok(match column.holds {
        Holds::Text => cell.as_str()?.into(),
        Holds::Integer => cell.as_i64()?.into(),
        Holds::Real => cell.as_f64()?.into(),
        Holds::Boolean => (cell.as_i64()? != 0).into(),
        Holds::Json => serde_json::from_str(cell.as_str()?).map_err(other)?,
        Holds::Bytes => BASE64_STANDARD.encode(cell.as_blob()?).into(),
    })
}
