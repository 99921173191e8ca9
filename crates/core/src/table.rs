//! The tables every sink writes.
//!
//! Offsets count Unicode scalar values of `documents.text`, half-open; `raw_*` offsets count bytes
//! of the page as its source gave it (a `.gz` file unpacked). Unknown is null, never an empty string or 0.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Serialize;

use crate::{
    Error, Id, Mark, Origin, PassageEdit, Period, PeriodBasis, RawRange, Reading, Record, Report,
    ReportMeta, Result, Span, SpanKind,
};

/// A table, by the name that sinks use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// One row per kept report.
    Documents,
    /// One row per node of an outline.
    Sections,
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
    pub const ALL: [Table; 7] = [
        Table::Documents,
        Table::Sections,
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
            Table::Passages => "passages",
            Table::PassageUses => "passage_uses",
            Table::Duplicates => "duplicates",
            Table::Facts => "facts",
            Table::Dead => "dead",
        }
    }
}

/// A row of one of the tables.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A kept report.
    Document(Box<DocumentRow>),
    /// A node of its outline.
    Section(SectionRow),
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
            Row::Passage(row) => serde_json::to_string(row),
            Row::PassageUse(row) => serde_json::to_string(row),
            Row::Duplicate(row) => serde_json::to_string(row),
            Row::Fact(row) => serde_json::to_string(row),
            Row::Dead(row) => serde_json::to_string(row),
        }
    }
}

/// Table `documents`.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// The time it reports on, see [`Period`](crate::Period); null when it is in doubt.
    pub period: Option<String>,
    /// When it was put up, ISO 8601.
    pub published: Option<String>,
    /// What the bytes were read as.
    pub charset: String,
    /// `simplified`, `traditional`, `mixed` or `other`.
    pub script: &'static str,
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionRow {
    /// Content address.
    pub id: Id,
    /// The report.
    pub document_id: Id,
    /// Counts from 0 within the report.
    pub ordinal: usize,
    /// The enclosing section.
    pub parent_id: Option<Id>,
    /// 0 before the first heading, then 1 for 一、 to 5 for ①.
    pub level: u8,
    /// The number as written.
    pub number: Option<String>,
    /// The heading's words.
    pub title: Option<String>,
    /// `overview`, `work_done`, `problems`, `plan` or `closing`.
    pub role: Option<&'static str>,
    /// First character of the heading.
    pub start: usize,
    /// The character after the section's own text, where the next section starts.
    pub end: usize,
}

/// Table `passages`.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DuplicateRow {
    /// The collapsed report.
    pub document_id: Id,
    /// Where its page came from.
    pub uri: String,
    /// The report that stays.
    pub canonical_id: Id,
    /// `exact`, `near`, `contained` or `contains`.
    pub relation: &'static str,
    /// Resemblance of the comparison forms, 0 to 1.
    pub similarity: f64,
    /// Turns the canonical report's `text` into this one's.
    pub edits: Vec<PassageEdit>,
}

/// Table `facts`.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// See [`FactKind`](crate::FactKind).
    pub kind: &'static str,
    /// The time it speaks of.
    pub period: Option<String>,
    /// `stated`, `title`, `resolved` or `doubtful`.
    pub period_basis: Option<&'static str>,
    /// Where.
    pub place: Option<String>,
    /// Who.
    pub organisation: Option<String>,
    /// `exact`, `approx`, `at_least`, `at_most` or `range`.
    pub qualifier: &'static str,
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// The rows a finished record becomes: a kept report with its sections, passages and facts, or a
/// row of `duplicates`.
///
/// # Errors
/// A [`Defect`](crate::ErrorKind::Defect) when the record was never decoded.
pub fn rows(record: &Record, run: &str) -> Result<Vec<Row>> {
    let report = record.report()?;
    if let Some(collapse) = &record.collapse {
        return Ok(vec![Row::Duplicate(DuplicateRow {
            document_id: record.id,
            uri: record.origin.uri.clone(),
            canonical_id: collapse.canonical_id,
            relation: collapse.relation.name(),
            similarity: collapse.similarity,
            edits: collapse.edits.clone(),
        })]);
    }

    let shown = Shown::new(report);
    let mut rows = vec![Row::Document(Box::new(document_row(
        record, report, &shown, run,
    )))];

    let section_id = |ordinal: usize| {
        Id::of(
            "section",
            &[record.id.as_bytes(), &(ordinal as u64).to_le_bytes()],
        )
    };
    for (ordinal, section) in report.sections.iter().enumerate() {
        let (start, end) = shown.offsets(section.span);
        rows.push(Row::Section(SectionRow {
            id: section_id(ordinal),
            document_id: record.id,
            ordinal,
            parent_id: section.parent.map(section_id),
            level: section.level,
            number: section.number.clone(),
            title: section.title.clone(),
            role: section.role.map(crate::Role::name),
            start,
            end,
        }));
    }
    for passage in &report.passages {
        rows.push(Row::Passage(PassageRow {
            id: passage.id,
            text: passage.text.clone(),
            chars: passage.text.chars().count(),
            first_document_id: passage.first_document_id,
        }));
    }
    for passage_use in &report.passage_uses {
        let (start, end) = shown.offsets(passage_use.span);
        rows.push(Row::PassageUse(PassageUseRow {
            passage_id: passage_use.passage_id,
            document_id: record.id,
            start,
            end,
            similarity: passage_use.similarity,
            edits: passage_use.edits.clone(),
        }));
    }
    rows.extend(fact_rows(record, report, &shown, section_id));
    Ok(rows)
}

fn document_row(record: &Record, report: &Report, shown: &Shown<'_>, run: &str) -> DocumentRow {
    let (document, meta) = (report.document(), &report.meta);
    let text = shown.reading.text();
    let own_text = own_text(report, shown.reading);
    let count = |kind| {
        report
            .marks()
            .iter()
            .filter(|mark| mark.span.kind() == kind)
            .count()
    };
    DocumentRow {
        id: record.id,
        parent_id: record.parent,
        uri: record.origin.uri.clone(),
        title: meta.title.clone(),
        publisher: meta.publisher.clone(),
        period: known_period(meta).map(|period| period.to_string()),
        published: meta.published.clone(),
        charset: document.charset.clone(),
        script: document.script.name(),
        chars: text.chars().count(),
        own_chars: own_text.chars().count(),
        text: text.to_owned(),
        own_text,
        complete: meta.complete,
        masks: count(SpanKind::Mask),
        damage: count(SpanKind::Damage),
        repairs: repair_rows(report, shown),
        raw_digest: record.origin.raw_digest,
        fetched_at: record.origin.fetched_at.clone(),
        run: run.to_owned(),
    }
}

/// A period that title and text disagree about is not known; facts still carry it, as doubtful.
fn known_period(meta: &ReportMeta) -> Option<Period> {
    meta.period
        .filter(|_| meta.period_basis != Some(PeriodBasis::Doubtful))
}

/// `text` without the passages that another report had first.
fn own_text(report: &Report, reading: &Reading) -> String {
    let first_here = |passage_use: &&crate::PassageUse| {
        !report
            .passages
            .iter()
            .any(|passage| passage.id == passage_use.passage_id)
    };
    let (mut own, mut at) = (String::new(), 0);
    for passage_use in report.passage_uses.iter().filter(first_here) {
        let range = reading.range(passage_use.span);
        if range.start >= at {
            own.push_str(reading.text().get(at..range.start).unwrap_or_default());
            at = range.end;
        }
    }
    own.push_str(reading.text().get(at..).unwrap_or_default());
    own
}

/// What `decode` repaired, and what marks cut or replaced inside the report.
fn repair_rows(report: &Report, shown: &Shown<'_>) -> Vec<RepairRow> {
    let document = report.document();
    let row = |span: Span, raw: RawRange, kind: &str, before: Option<&str>| {
        let (start, end) = shown.offsets(span);
        RepairRow {
            kind: kind.to_owned(),
            start,
            end,
            raw_start: raw.start,
            raw_end: raw.end,
            before: before.map(str::to_owned),
        }
    };
    let repaired = document
        .repairs
        .iter()
        .filter(|repair| report.span().contains(&repair.span))
        .map(|repair| {
            row(
                repair.span,
                repair.raw.clone(),
                repair.kind,
                Some(&repair.before),
            )
        });
    let replaced = replaced(report).into_iter().map(|mark| {
        // A mask that replaces text is there to hide it.
        let is_hidden = mark.span.kind() == SpanKind::Mask;
        let before = (!is_hidden).then(|| document.slice(mark.span));
        row(mark.span, document.raw_range(mark.span), &mark.rule, before)
    });
    let mut rows: Vec<RepairRow> = repaired.chain(replaced).collect();
    rows.sort_by_key(|row| (row.raw_start, row.raw_end, row.start));
    rows
}

/// The marks that change what is read inside the report, each place once: of marks that overlap,
/// the first one decides, as in the reading. What is cut at the very edge is not of the report.
fn replaced(report: &Report) -> Vec<&Mark> {
    let span = report.span();
    let is_inside = |mark: &&Mark| match mark.reads_as.as_deref() {
        None => false,
        Some("") => span.start() < mark.span.start() && mark.span.end() < span.end(),
        Some(_) => span.contains(&mark.span),
    };
    let mut marks: Vec<&Mark> = report.marks().iter().filter(is_inside).collect();
    marks.sort_by_key(|mark| (mark.span.start(), usize::MAX - mark.span.end()));
    let mut at = 0;
    marks.retain(|mark| {
        let is_new = mark.span.end() > at;
        at = at.max(mark.span.end());
        is_new
    });
    marks
}

fn fact_rows(
    record: &Record,
    report: &Report,
    shown: &Shown<'_>,
    section_id: impl Fn(usize) -> Id,
) -> Vec<Row> {
    let ids: Vec<Id> = report
        .facts
        .iter()
        .enumerate()
        .map(|(index, fact)| {
            // Two facts may rest on the same words, so the place in the list is part of the name.
            let place = [fact.evidence.start(), fact.evidence.end(), index]
                .map(|number| (number as u64).to_le_bytes())
                .concat();
            let name = fact.kind.name().as_bytes();
            Id::of(
                "fact",
                &[
                    record.id.as_bytes(),
                    &place,
                    name,
                    fact.value_text.as_bytes(),
                ],
            )
        })
        .collect();
    let row = |(index, fact): (usize, &crate::Fact)| {
        let (start, end) = shown.offsets(fact.evidence);
        let raw = report.raw_range(fact.evidence);
        let evidence = shown.reading.range(fact.evidence);
        Row::Fact(Box::new(FactRow {
            id: ids[index],
            document_id: record.id,
            section_id: fact.section.map(&section_id),
            indicator: fact.indicator.clone(),
            value: fact.value,
            value_text: fact.value_text.clone(),
            unit: fact.unit.clone(),
            unit_base: fact.unit_base.clone(),
            value_base: fact.value_base,
            kind: fact.kind.name(),
            period: fact.period.map(|period| period.to_string()),
            period_basis: fact.period_basis.map(crate::PeriodBasis::name),
            place: fact.place.clone(),
            organisation: fact.organisation.clone(),
            qualifier: fact.qualifier.name(),
            base_fact_id: fact.base_fact.and_then(|base| ids.get(base).copied()),
            masked: fact.masked,
            damaged: fact.damaged,
            evidence: shown
                .reading
                .text()
                .get(evidence)
                .unwrap_or_default()
                .to_owned(),
            start,
            end,
            raw_start: raw.start,
            raw_end: raw.end,
        }))
    };
    report.facts.iter().enumerate().map(row).collect()
}

/// A reading with its byte offsets counted as characters.
struct Shown<'a> {
    reading: &'a Reading,
    /// Characters before every [`Shown::STRIDE`]th byte.
    counts: Vec<usize>,
}

impl<'a> Shown<'a> {
    /// Counting at most this many bytes per lookup keeps 50 MB lines linear.
    const STRIDE: usize = 256;

    fn new(report: &'a Report) -> Self {
        let reading = report.reading();
        let is_start = |byte: &&u8| (**byte as i8) >= -0x40;
        let mut counts = vec![0];
        for chunk in reading.text().as_bytes().chunks(Self::STRIDE) {
            let before = counts.last().copied().unwrap_or(0);
            counts.push(before + chunk.iter().filter(is_start).count());
        }
        Shown { reading, counts }
    }

    /// Characters before byte `at`.
    fn count(&self, at: usize) -> usize {
        let chunk = at / Self::STRIDE;
        let rest = &self.reading.text().as_bytes()[chunk * Self::STRIDE..at];
        self.counts[chunk] + rest.iter().filter(|byte| (**byte as i8) >= -0x40).count()
    }

    /// Where `span` stands in the text that is shown, in characters.
    fn offsets(&self, span: Span) -> (usize, usize) {
        let range = self.reading.range(span);
        (self.count(range.start), self.count(range.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fact, FactKind, Qualifier};

    #[test]
    fn offsets_count_characters_of_the_text_without_chrome() {
        let page = "首页>总结\n全县教[水印]师47人。";
        let mut record = Record::from_text("memory:a", page);
        let report = record.report_mut().unwrap();
        let document = report.document().clone();
        let find = |words: &str, kind| {
            let start = page.find(words).unwrap();
            document.span(start..start + words.len(), kind)
        };
        report.mark([
            Mark::cut(find("首页>总结\n", SpanKind::Chrome), "breadcrumb"),
            Mark::cut(find("[水印]", SpanKind::Watermark), "watermark"),
        ]);
        report.facts.push(Fact {
            section: None,
            indicator: Some("教师".to_owned()),
            value: Some(47.0),
            value_text: "47".to_owned(),
            unit: Some("人".to_owned()),
            unit_base: Some("人".to_owned()),
            value_base: Some(47.0),
            kind: FactKind::Count,
            period: None,
            period_basis: None,
            place: None,
            organisation: None,
            qualifier: Qualifier::Exact,
            base_fact: None,
            masked: false,
            damaged: false,
            evidence: find("教[水印]师47人", SpanKind::Evidence),
        });
        let rows = rows(&record, "test").unwrap();
        let Row::Document(row) = &rows[0] else {
            panic!("documents come first")
        };
        assert_eq!(row.text, "全县教师47人。");
        assert_eq!(row.chars, 8);
        // The breadcrumb is outside the words of the report, the watermark inside.
        let kinds: Vec<_> = row
            .repairs
            .iter()
            .map(|r| (&*r.kind, r.start, r.before.as_deref()))
            .collect();
        assert_eq!(kinds, [("watermark", 3, Some("[水印]"))]);
        let Row::Fact(fact) = &rows[1] else {
            panic!("then facts")
        };
        assert_eq!((fact.start, fact.end, &*fact.evidence), (2, 7, "教师47人"));
        let raw = &page.as_bytes()[fact.raw_start..fact.raw_end];
        assert_eq!(std::str::from_utf8(raw).unwrap(), "教[水印]师47人");
    }

    #[test]
    fn a_place_that_several_rules_cut_is_listed_once() {
        let page = "正文一[广告[水印]]正文二138****。";
        let mut record = Record::from_text("memory:a", page);
        let report = record.report_mut().unwrap();
        let document = report.document().clone();
        let find = |words: &str, kind| {
            let start = page.find(words).unwrap();
            document.span(start..start + words.len(), kind)
        };
        report.mark([
            Mark::cut(find("[水印]", SpanKind::Watermark), "watermark"),
            Mark::cut(find("[广告[水印]]", SpanKind::Chrome), "advert"),
            Mark::replace(find("138****", SpanKind::Mask), "phone", "***"),
        ]);
        let rows = rows(&record, "test").unwrap();
        let Row::Document(row) = &rows[0] else {
            panic!("documents come first")
        };
        let repairs: Vec<_> = row
            .repairs
            .iter()
            .map(|r| (&*r.kind, r.before.as_deref()))
            .collect();
        assert_eq!(repairs, [("advert", Some("[广告[水印]]")), ("phone", None)]);
    }

    #[test]
    fn unknown_is_null() {
        let record = Record::from_text("memory:a", "正文");
        let rows = rows(&record, "test").unwrap();
        let json: serde_json::Value = serde_json::from_str(&rows[0].to_json().unwrap()).unwrap();
        for column in [
            "parent_id",
            "title",
            "publisher",
            "period",
            "published",
            "complete",
        ] {
            assert!(json[column].is_null(), "{column}");
        }
    }
}
