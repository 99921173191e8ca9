//! Epochs for the tests of all sinks: rows in every table, dead letters that leave and come back.

use std::sync::Arc;

use taosha_core::{
    Bytes, Chunk, Collapse, DeadRow, Epoch, Error, Fact, FactKind, Id, Origin, Passage,
    PassageEdit, PassageUse, Qualifier, Record, Relation, Role, Row, Section, Sink, SpanKind,
    Table, rows,
};

/// Rows of the report called `number`. Some die at first, every fifth is a copy.
fn report(number: usize) -> Vec<Row> {
    let text =
        format!("一、总体情况\n全县有教师{number}人，\0“增长”1.5%。\n二、打算\n再招{number}人。");
    let mut record = Record::from_text(&format!("memory:{number}"), &text);
    if number % 5 == 4 {
        record.collapse = Some(Arc::new(Collapse {
            canonical_id: Id::of_raw(format!("{}", number - 1).as_bytes()),
            relation: Relation::Near,
            similarity: 1.0 / number as f64,
            edits: vec![PassageEdit {
                start: 0,
                end: 2,
                text: "\"换\n行\"".to_owned(),
            }],
        }));
        return rows(&record, "sample").unwrap();
    }
    let report = record.report_mut().unwrap();
    let document = report.document().clone();
    let second = text.find("二、").unwrap();
    let ranges = [(0..second, None), (second..text.len(), Some(0))];
    report.sections = Vec::from(ranges.map(|(range, parent)| Section {
        level: 1,
        number: Some("一".to_owned()),
        title: None,
        span: document.span(range, SpanKind::Section),
        parent,
        role: parent.map(|_| Role::Plan),
    }));
    report.chunks = vec![Chunk {
        span: document.span(second..text.len(), SpanKind::Chunk),
        section: Some(1),
    }];
    let passage_id = Id::of_raw(format!("passage {number}").as_bytes());
    report.passages = vec![Passage {
        id: passage_id,
        text: "打算".to_owned(),
        first_document_id: Id::of_raw(b"first"),
    }];
    report.passage_uses = vec![PassageUse {
        passage_id,
        span: document.span(0..second, SpanKind::Passage),
        similarity: 0.1 + 0.2,
        edits: Vec::new(),
    }];
    report.meta.complete = [None, Some(true), Some(false)][number % 3];
    let start = text.find("全县").unwrap();
    let fact = |value: Option<f64>, base_fact| Fact {
        section: Some(0),
        indicator: Some("教师".to_owned()),
        value,
        value_text: format!("{number}"),
        unit: Some("人".to_owned()),
        unit_base: None,
        value_base: value.map(|value| value * 1e8),
        kind: FactKind::Count,
        period: None,
        period_basis: None,
        place: None,
        organisation: None,
        qualifier: Qualifier::Exact,
        base_fact,
        masked: value.is_none(),
        damaged: false,
        evidence: document.span(start..start + "全县有教师".len(), SpanKind::Evidence),
    };
    // The first refers to the second, which is written after it.
    report.facts = vec![
        fact(Some(number as f64), Some(1)),
        fact(None, None),
        fact(Some(0.1 * number as f64), None),
    ];
    rows(&record, "sample").unwrap()
}

fn dies(number: usize) -> bool {
    number % 3 == 1
}

fn dead(number: usize, attempts: u32) -> DeadRow {
    let raw = vec![0, 255, number as u8];
    let origin = Origin::new("files", format!("memory:{number}"), Bytes::from(raw));
    let error = Error::malformed("decode.not_text", "read the page: no text");
    let id = Id::of_raw(format!("dead {number}").as_bytes());
    let mut row = DeadRow::new(id, &origin, "decode", &error);
    row.attempts = attempts;
    row
}

/// Epochs of so many reports each. Every epoch tries the dead letters of the last one again, of
/// which the even ones die once more and stay.
pub(crate) fn epochs(sizes: &[usize]) -> Vec<Epoch> {
    let (mut epochs, mut next, mut dead_before) = (Vec::new(), 0, Vec::new());
    for (&size, number) in sizes.iter().zip(1..) {
        let mut rows = Vec::new();
        let retried: Vec<usize> = std::mem::take(&mut dead_before);
        for &number in &retried {
            match number % 2 {
                0 => rows.push(Row::Dead(dead(number, 2))),
                _ => rows.extend(report(number)),
            }
        }
        for number in next..next + size {
            if dies(number) {
                dead_before.push(number);
                rows.push(Row::Dead(dead(number, 1)));
            } else {
                rows.extend(report(number));
            }
        }
        next += size;
        epochs.push(Epoch {
            state: "state-a".into(),
            number,
            retried: retried.iter().map(|&number| dead(number, 1).id).collect(),
            rows,
        });
    }
    epochs
}

/// What a target should hold after `epochs`: the rows of all tables in order.
pub(crate) fn expected(epochs: &[Epoch]) -> Vec<(Table, String)> {
    let mut rows: Vec<&Row> = Vec::new();
    for epoch in epochs {
        rows.retain(|row| !matches!(row, Row::Dead(row) if epoch.retried.contains(&row.id)));
        rows.extend(&epoch.rows);
    }
    rows.sort_by_key(|row| row.table());
    let to_json = |row: &&Row| (row.table(), row.to_json().unwrap());
    rows.iter().map(to_json).collect()
}

/// What `sink` holds, likewise.
pub(crate) async fn held(sink: &mut dyn Sink) -> Vec<(Table, String)> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        sink.read(table, &mut |row| rows.push((table, row.to_owned())))
            .await
            .unwrap();
    }
    rows
}
