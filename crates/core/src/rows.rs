//! A finished record as rows.

use std::collections::BTreeSet;

use crate::{
    ChunkRow, DocumentRow, DuplicateRow, FactRow, Id, Mark, PassageRow, PassageUseRow, Period,
    PeriodBasis, RawRange, Reading, Record, RepairRow, Report, ReportMeta, Result, Row, SectionRow,
    Span, SpanKind,
};

/// The rows a finished record becomes: a kept report with its sections, chunks, passages and facts and a row of
/// `duplicates` for each report it supersedes, or its own row of `duplicates`.
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
            relation: collapse.relation.name().into(),
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
        // A line break that was put in between two sections takes no room on the page; it is the last
        // character of the first of them.
        let next = report.sections.get(ordinal + 1).map(|next| next.span);
        let next = next.filter(|next| next.start() == section.span.end());
        let end = next.map_or(end, |next| shown.offsets(next).0.max(end));
        rows.push(Row::Section(SectionRow {
            id: section_id(ordinal),
            document_id: record.id,
            ordinal,
            parent_id: section.parent.map(section_id),
            level: section.level,
            number: section.number.clone(),
            title: section.title.clone(),
            role: section.role.map(|role| role.name().into()),
            start,
            end,
        }));
    }
    rows.extend(chunk_rows(record, report, &shown, section_id));
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
    let superseded = report.supersedes.iter().map(|old| {
        Row::Duplicate(DuplicateRow {
            document_id: old.document_id,
            uri: old.uri.clone(),
            canonical_id: record.id,
            relation: old.relation.name().into(),
            similarity: old.similarity,
            edits: old.edits.clone(),
        })
    });
    rows.extend(superseded);
    Ok(rows)
}

fn chunk_rows<'a>(
    record: &'a Record,
    report: &'a Report,
    shown: &'a Shown<'_>,
    section_id: impl Fn(usize) -> Id + 'a,
) -> impl Iterator<Item = Row> + 'a {
    report
        .chunks
        .iter()
        .enumerate()
        .map(move |(ordinal, chunk)| {
            let (start, end) = shown.offsets(chunk.span);
            let words = shown.reading.text().get(shown.reading.range(chunk.span));
            Row::Chunk(ChunkRow {
                id: Id::of(
                    "chunk",
                    &[record.id.as_bytes(), &(ordinal as u64).to_le_bytes()],
                ),
                document_id: record.id,
                ordinal,
                section_id: chunk.section.map(&section_id),
                path: path(report, chunk.section),
                text: words.unwrap_or_default().to_owned(),
                chars: end - start,
                start,
                end,
            })
        })
}

/// The titles of `section` and of the sections around it, outermost first.
fn path(report: &Report, section: Option<usize>) -> Vec<String> {
    let enclosing = |index: &usize| report.sections.get(*index)?.parent;
    let mut titles: Vec<String> = std::iter::successors(section, enclosing)
        .filter_map(|index| report.sections.get(index)?.title.clone())
        .collect();
    titles.reverse();
    titles
}

fn document_row(record: &Record, report: &Report, shown: &Shown<'_>, run: &str) -> DocumentRow {
    let (document, meta) = (report.document(), &report.meta);
    let text = shown.reading.text();
    let own_text = own_text(record.id, report, shown.reading);
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
        script: document.script.name().into(),
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
fn own_text(id: Id, report: &Report, reading: &Reading) -> String {
    let passages = report.passages.iter();
    let first_here: BTreeSet<Id> = passages
        .filter(|passage| passage.first_document_id == id)
        .map(|passage| passage.id)
        .collect();
    let (mut own, mut at) = (String::new(), 0);
    let uses = report.passage_uses.iter();
    for passage_use in uses.filter(|one| !first_here.contains(&one.passage_id)) {
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
                &repair.kind,
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
        let is_new = mark.span.end() > at || mark.span.is_empty() && mark.span.start() == at;
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
            kind: fact.kind.name().into(),
            period: fact.period.map(|period| period.to_string()),
            period_basis: fact.period_basis.map(|basis| basis.name().into()),
            place: fact.place.clone(),
            organisation: fact.organisation.clone(),
            qualifier: fact.qualifier.name().into(),
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
    use crate::{Fact, FactKind, Passage, PassageUse, Qualifier, Relation, Section, Superseded};

    #[test]
    fn sections_tile_a_text_with_line_breaks_put_in() {
        let mut record = Record::from_text("memory:a", "总结一、招生三百人。二、就业。");
        let report = record.report_mut().unwrap();
        let document = report.document().clone();
        let borders = [0, 6, 30, 45];
        report.mark([6, 30].map(|at| {
            Mark::replace(
                document.span(at..at, SpanKind::Repair),
                "lost_line_break",
                "\n",
            )
        }));
        report.sections = borders
            .windows(2)
            .map(|pair| Section {
                level: 1,
                number: None,
                title: None,
                span: document.span(pair[0]..pair[1], SpanKind::Section),
                parent: None,
                role: None,
            })
            .collect();
        let text = report.reading().text().to_owned();
        let mut at = 0;
        for row in rows(&record, "test").unwrap() {
            if let Row::Section(section) = row {
                assert_eq!(section.start, at);
                at = section.end;
            }
        }
        assert_eq!(at, text.chars().count());
        assert_eq!(text.matches('\n').count(), 2);
    }

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
    fn own_text_is_without_passages_of_earlier_reports_and_supersedes_is_a_row() {
        let text = "自己的话。别人的话。先说的话。";
        let mut record = Record::from_text("memory:b", text);
        let (own, earlier) = (record.id, Record::from_text("memory:a", text).id);
        let report = record.report_mut().unwrap();
        let document = report.document().clone();
        for (words, first_document_id) in [("别人的话。", earlier), ("先说的话。", own)] {
            let start = text.find(words).unwrap();
            let id = Id::of("passage", &[words.as_bytes()]);
            report.passages.push(Passage {
                id,
                text: words.to_owned(),
                first_document_id,
            });
            report.passage_uses.push(PassageUse {
                passage_id: id,
                span: document.span(start..start + words.len(), SpanKind::Passage),
                similarity: 1.0,
                edits: Vec::new(),
            });
        }
        report.supersedes.push(Superseded {
            document_id: earlier,
            uri: "memory:a".to_owned(),
            relation: Relation::Contained,
            similarity: 0.5,
            edits: Vec::new(),
        });
        let rows = rows(&record, "test").unwrap();
        let Row::Document(row) = &rows[0] else {
            panic!("documents come first")
        };
        assert_eq!(
            (&*row.own_text, row.own_chars),
            ("自己的话。先说的话。", 10)
        );
        let Some(Row::Duplicate(row)) = rows.last() else {
            panic!("what is superseded comes last")
        };
        assert_eq!((row.document_id, row.canonical_id), (earlier, own));
        assert_eq!(&*row.relation, "contained");
        // A letter written before this was known has no such list, and one that is written keeps it.
        let mut json = serde_json::to_value(&record).unwrap();
        let read: Record = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(super::rows(&read, "test").unwrap(), rows);
        let report = json.pointer_mut("/body/report").unwrap();
        report
            .as_object_mut()
            .unwrap()
            .remove("supersedes")
            .unwrap();
        let read: Record = serde_json::from_value(json).unwrap();
        assert!(read.report().unwrap().supersedes.is_empty());
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
