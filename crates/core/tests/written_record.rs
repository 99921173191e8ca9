//! What a record is after it was written and read, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use taosha_core::{
    Body, Bytes, Chunk, Collapse, Document, Edit, Edited, Fact, FactKind, Id, Links, Map, Mark,
    Origin, Passage, PassageEdit, PassageUse, Period, PeriodBasis, Position, Qualifier, Record,
    Relation, Repair, Report, Role, Script, Section, Span, SpanKind, rows,
};

fn read(json: &str) -> Result<Record, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// The span of `words` in the text of `document`.
fn find(document: &Document, words: &str, kind: SpanKind) -> Span {
    let start = document.text().find(words).unwrap();
    document.span(start..start + words.len(), kind)
}

fn fact(evidence: Span, value: Option<f64>) -> Fact {
    Fact {
        section: None,
        indicator: Some("教师".to_owned()),
        value,
        value_text: "47".to_owned(),
        unit: Some("人".to_owned()),
        unit_base: None,
        value_base: value,
        kind: FactKind::Count,
        period: Some(Period::Months(2018, 1, 10)),
        period_basis: Some(PeriodBasis::Resolved),
        place: None,
        organisation: None,
        qualifier: Qualifier::AtLeast,
        base_fact: None,
        masked: false,
        damaged: true,
        evidence,
    }
}

fn section(span: Span, parent: Option<usize>) -> Section {
    Section {
        level: 1,
        number: Some("一".to_owned()),
        title: None,
        span,
        parent,
        role: Some(Role::WorkDone),
    }
}

fn origin(raw: &str) -> Origin {
    let mut origin = Origin::new(
        "pages",
        "https://example.org/淘?a=\"b\"",
        Bytes::copy_from_slice(raw.as_bytes()),
    );
    origin.fetched_at = Some("2024-01-02T03:04:05Z".to_owned());
    origin.version = Some("W/\"1\"".to_owned());
    origin
        .headers
        .push(("content-type".to_owned(), "text/html".to_owned()));
    origin
}

/// A record of a page `raw`, decoded to `text`.
fn record(raw: &str, text: Edited, repairs: Vec<Repair>) -> Record {
    let mut document = Document::new(text, "gb18030", Script::Mixed);
    document.repairs = repairs;
    document.page.title = Some("总结".to_owned());
    document.page.links = Links {
        previous: None,
        next: Some("b.html".to_owned()),
        pages: vec![(1, "a.html".to_owned()), (2, "b.html".to_owned())],
    };
    let mut record = Record::new(origin(raw), Position("a.zip!b.html".into()));
    record.body = Body::Report(Box::new(Report::whole(Arc::new(document))));
    record.trail.enter("decode".into());
    record.note("charset", json!({ "name": "gb18030", "score": 0.1 }));
    record
}

/// A page in which every stage found something.
fn found() -> Record {
    let raw = "首页|&lt;全县教[水印]师47人。</p>电话13812345678。";
    let edits = [
        Edit::replace(raw.find("&lt;").unwrap()..raw.find("全县").unwrap(), "<"),
        Edit::cut(raw.find("</p>").unwrap()..raw.find("电话").unwrap()),
    ];
    let text = Edited::new(raw.to_owned(), Map::identity(raw.len())).apply(&edits);
    let repair = Repair {
        span: Span::new(text.text(), 7..8, SpanKind::Repair),
        kind: "reference".into(),
        before: "&lt;".to_owned(),
        raw: text.raw_range(7..8),
        confidence: 1.0,
    };
    let mut record = record(raw, text, vec![repair]);
    let id = record.id;
    let report = record.report_mut().unwrap();
    let document = report.document().clone();
    let phone = find(&document, "13812345678", SpanKind::Mask);
    report.mark([
        Mark::cut(find(&document, "首页|", SpanKind::Chrome), "breadcrumb"),
        Mark::cut(find(&document, "[水印]", SpanKind::Watermark), "watermark"),
        Mark::replace(phone, "phone", "***"),
        Mark::note(find(&document, "47", SpanKind::Damage), "torn"),
    ]);
    report.meta.title = Some("总结".to_owned());
    report.meta.period = Some(Period::Half(2018, 1));
    report.meta.complete = Some(false);
    let sentence = find(&document, "<全县教[水印]师47人。", SpanKind::Sentence);
    report.sentences = vec![sentence];
    report.chunks = vec![Chunk {
        span: find(&document, "<全县教[水印]师47人。", SpanKind::Chunk),
        section: Some(1),
    }];
    report.sections = vec![section(sentence, None), section(phone, Some(0))];
    let passage_id = Id::of("passage", &[b"a"]);
    report.passages.push(Passage {
        id: passage_id,
        text: "全县教师".to_owned(),
        first_document_id: id,
    });
    report.passage_uses.push(PassageUse {
        passage_id,
        span: sentence,
        similarity: 0.1 + 0.2,
        edits: vec![edit()],
    });
    let evidence = find(&document, "教[水印]师47人", SpanKind::Evidence);
    let based = Fact {
        section: Some(1),
        base_fact: Some(0),
        ..fact(evidence, None)
    };
    report.facts = vec![fact(evidence, Some(47.0)), based];
    record
}

fn edit() -> PassageEdit {
    PassageEdit {
        start: 0,
        end: 1,
        text: "县".to_owned(),
    }
}

fn collapse() -> Collapse {
    Collapse {
        canonical_id: Id::of("page", &[b"a"]),
        relation: Relation::Contained,
        similarity: 0.97,
        edits: vec![edit()],
    }
}

/// Writes and reads `record`, and compares all there is to see of the two.
fn assert_survives(record: &Record) {
    let json = serde_json::to_string(record).unwrap();
    let again = read(&json).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
    assert_eq!(again.raw(), record.raw());
    assert_eq!(again.origin.raw_digest, record.origin.raw_digest);
    if let (Ok(report), Ok(report_again)) = (record.report(), again.report()) {
        assert_eq!(rows(&again, "run").unwrap(), rows(record, "run").unwrap());
        assert_eq!(report_again.reading().text(), report.reading().text());
        let document = report.document();
        for (at, character) in document.text().char_indices() {
            let span = document.span(at..at + character.len_utf8(), SpanKind::Other);
            assert_eq!(report_again.raw_range(span), report.raw_range(span));
        }
    }
    // The readings are made by now; what is shown for debugging has every field there is.
    assert_eq!(format!("{again:?}"), format!("{record:?}"));
}

#[test]
fn a_record_survives_being_written_and_read() {
    assert_survives(&found());
}

#[test]
fn a_page_that_is_not_decoded_survives() {
    assert_survives(&Record::new(origin("\u{0}淘"), Position("a".into())));
}

#[test]
fn a_collapsed_record_survives() {
    let mut record = found();
    record.collapse = Some(Arc::new(collapse()));
    assert_survives(&record);
}

#[test]
fn a_report_cut_from_a_page_survives_without_the_page() {
    let page = found();
    let document = page.report().unwrap().document().clone();
    let child = page
        .child(find(&document, "全县教[水印]师47人。", SpanKind::Report))
        .unwrap();
    assert_survives(&child);
}

#[test]
fn a_record_that_was_read_goes_on_as_if_nothing_had_been() {
    let (mut before, mut after) = (
        found(),
        read(&serde_json::to_string(&found()).unwrap()).unwrap(),
    );
    for record in [&mut before, &mut after] {
        let report = record.report_mut().unwrap();
        let chrome = find(report.document(), "电话", SpanKind::Chrome);
        report.mark([Mark::cut(chrome, "advert")]);
        record.note("chrome", json!({ "advert": 1 }));
    }
    assert!(!after.report().unwrap().reading().text().contains("电话"));
    assert_eq!(rows(&after, "run").unwrap(), rows(&before, "run").unwrap());
    let stage = |record: &Record| record.trail.steps().last().unwrap().stage.clone();
    assert_eq!((&*stage(&after), stage(&after)), ("decode", stage(&before)));
}

/// What reading says when `value` stands at `place` of a record in which all is well.
fn refusal(place: &str, value: Value) -> String {
    let mut json = serde_json::to_value(found()).unwrap();
    *json.pointer_mut(place).unwrap() = value;
    match read(&json.to_string()) {
        Ok(_) => panic!("read with another `{place}`"),
        Err(message) => message,
    }
}

#[test]
fn a_span_that_splits_a_character_is_refused() {
    for span in [
        "/body/report/span",
        "/body/report/marks/1/span",
        "/body/report/sections/1/span",
        "/body/report/sentences/0",
        "/body/report/chunks/0/span",
        "/body/report/passage_uses/0/span",
        "/body/report/facts/0/evidence",
        "/body/report/document/repairs/0/span",
    ] {
        // 首 is bytes 0..3; the page ends long before 1000.
        for (start, end) in [(0, 1), (2, 3), (0, 1000), (3, 0)] {
            let value = json!({ "start": start, "end": end, "kind": "chrome" });
            let message = refusal(span, value);
            assert!(
                message.contains("not on character borders"),
                "{span}: {message}"
            );
        }
    }
}

#[test]
fn a_map_of_another_text_is_refused() {
    let another = serde_json::to_value(Map::identity(5)).unwrap();
    let message = refusal("/body/report/document/map", another);
    assert!(
        message.contains("the map is for a text of 5 bytes"),
        "{message}"
    );
    let message = refusal("/body/report/document/text", json!("淘"));
    assert!(message.contains("the text has 3"), "{message}");
}

#[test]
fn a_map_whose_runs_do_not_tile_the_text_is_refused() {
    for map in [
        json!({ "runs": [], "text_len": 6 }),
        json!({ "runs": [], "text_len": 1u64 << 32 }),
        json!({ "runs": [[1, 0, 1, 1]], "text_len": 6 }),
        json!({ "runs": [[0, 0, 0, 1]], "text_len": 6 }),
        json!({ "runs": [[0, 0, 4, 2]], "text_len": 6 }),
        json!({ "runs": [[0, 0, 1, 1], [0, 0, 1, 1]], "text_len": 6 }),
        json!({ "runs": [[0, 0, 1, 1], [4, 4, 1, 1], [2, 2, 1, 1]], "text_len": 6 }),
        json!({ "runs": [[0, 0, 1, 1], [6, 6, 1, 1]], "text_len": 6 }),
        json!({ "runs": [[0, u32::MAX, 1, u32::MAX]], "text_len": 6 }),
    ] {
        assert!(serde_json::from_value::<Map>(map.clone()).is_err(), "{map}");
    }
}

#[test]
fn a_text_made_from_bytes_that_are_not_there_is_refused() {
    for (place, value) in [
        ("/origin/raw", json!("")),
        ("/body/report/document/map/runs/0/1", json!(1000)),
        ("/body/report/document/repairs/0/raw/end", json!(1000)),
    ] {
        let message = refusal(place, value);
        assert!(message.contains("of a page of"), "{place}: {message}");
    }
    let message = refusal("/body/report/document/repairs/0/raw/start", json!(1000));
    assert!(
        message.contains("a repair has the raw bytes 1000.."),
        "{message}"
    );
}

#[test]
fn what_names_something_that_is_not_there_is_refused() {
    for (place, value) in [
        ("/body/report/sections/0/parent", json!(0)),
        ("/body/report/sections/1/parent", json!(7)),
        ("/body/report/facts/0/section", json!(2)),
        ("/body/report/facts/1/base_fact", json!(2)),
    ] {
        let message = refusal(place, value);
        let said = ["stands before the one", "that is not there"];
        assert!(
            said.iter().any(|words| message.contains(words)),
            "{place}: {message}"
        );
    }
}

#[test]
fn what_is_no_base64_is_refused_with_the_name_of_the_page() {
    let message = refusal("/origin/raw", json!("淘"));
    assert!(
        message.contains("read the bytes of `https://example.org/"),
        "{message}"
    );
}

/// The numbers in `value`, in order.
fn numbers<'a>(value: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match value {
        Value::Number(_) => found.push(value),
        Value::Array(values) => values.iter_mut().for_each(|value| numbers(value, found)),
        Value::Object(fields) => fields.values_mut().for_each(|value| numbers(value, found)),
        _ => {}
    }
}

/// Pieces of a page: kept, taken out, put in its place.
type Pieces = Vec<(String, String, String)>;

/// Two places in the text, what the span is, and a figure.
type Finds = Vec<(prop::sample::Index, prop::sample::Index, u8, f64)>;

fn finds() -> impl Strategy<Value = Finds> {
    let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    prop::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            0u8..8,
            number,
        ),
        0..12,
    )
}

fn pieces() -> impl Strategy<Value = Pieces> {
    prop::collection::vec(
        ("[a-z淘沙𠮷\n \"]{0,6}", "[<x淘>]{0,3}", "[ □]{0,1}"),
        0..12,
    )
}

/// A record of any text with any finds.
fn any_record(pieces: &Pieces, finds: &Finds) -> Record {
    let (mut raw, mut edits) = (String::new(), Vec::new());
    for (kept, old, new) in pieces {
        raw.push_str(kept);
        edits.push(Edit::replace(raw.len()..raw.len() + old.len(), new.clone()));
        raw.push_str(old);
    }
    let text = Edited::new(raw.clone(), Map::identity(raw.len())).apply(&edits);
    let mut borders: Vec<usize> = text.text().char_indices().map(|(at, _)| at).collect();
    borders.push(text.text().len());
    let span = |(a, b): (&prop::sample::Index, &prop::sample::Index), kind| {
        let (a, b) = (*a.get(&borders), *b.get(&borders));
        Span::new(text.text(), a.min(b)..a.max(b), kind)
    };
    let repairs = finds.iter().filter(|find| find.2 == 0).map(|(a, b, ..)| {
        let span = span((a, b), SpanKind::Repair);
        Repair {
            span,
            kind: "test".into(),
            before: "□".to_owned(),
            raw: text.raw_range(span.range()),
            confidence: 0.5,
        }
    });
    let mut record = record(&raw, text.clone(), repairs.collect());
    let report = record.report_mut().unwrap();
    for (a, b, what, number) in finds {
        let span = |kind| span((a, b), kind);
        match what {
            1 => report.mark([Mark::note(span(SpanKind::Damage), "note")]),
            2 => report.mark([Mark::cut(span(SpanKind::Chrome), "cut")]),
            3 => report.mark([Mark::replace(span(SpanKind::Mask), "replace", "某")]),
            4 => {
                let parent = report.sections.len().checked_sub(1);
                report
                    .sections
                    .push(section(span(SpanKind::Section), parent));
            }
            5 => report.sentences.push(span(SpanKind::Sentence)),
            6 => report.passage_uses.push(PassageUse {
                passage_id: Id::of("passage", &[&number.to_le_bytes()]),
                span: span(SpanKind::Passage),
                similarity: *number,
                edits: vec![edit()],
            }),
            _ => report
                .facts
                .push(fact(span(SpanKind::Evidence), Some(*number))),
        }
    }
    record
}

proptest! {
    #[test]
    fn any_record_survives_being_written_and_read(pieces in pieces(), finds in finds()) {
        assert_survives(&any_record(&pieces, &finds));
    }

    #[test]
    fn a_record_with_a_wrong_number_is_refused_or_can_be_used(
        pieces in pieces(),
        finds in finds(),
        place in any::<prop::sample::Index>(),
        number in prop_oneof![0u64..64, Just(u64::from(u32::MAX)), Just(u64::MAX)],
    ) {
        let mut json = serde_json::to_value(any_record(&pieces, &finds)).unwrap();
        let mut found = Vec::new();
        numbers(&mut json, &mut found);
        let n = found.len();
        *found[place.index(n)] = json!(number);
        if let Ok(record) = read(&json.to_string()) {
            rows(&record, "run").unwrap();
            let report = record.report().unwrap();
            let document = report.document();
            for (at, character) in document.text().char_indices() {
                let span = document.span(at..at + character.len_utf8(), SpanKind::Other);
                prop_assert!(record.raw().get(report.raw_range(span)).is_some());
            }
        }
    }
}
