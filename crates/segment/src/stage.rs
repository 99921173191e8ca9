use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Value, json};
use taosha_core::{
    Chunk, Kind, Mark, Output, Record, Report, Result, Settings, Span, SpanKind, Stage, StageType,
    simplify,
};

use crate::compilation::{self, Piece, Split};
use crate::identity::{Identity, Told};
use crate::outline::{self, Heading};
use crate::page::n_chars_up_to;
use crate::parts::Closing;
use crate::period::ReportedTime;
use crate::sections::structure;
use crate::wholeness::{self, Wholeness};
use crate::{ChunkConfig, SegmentConfig, chunks, lines, parts, tables};

/// Cuts a page into its reports and each report into sections and sentences.
///
/// Every report of a page becomes a record of its own, also where there is only one.
#[derive(Debug)]
pub struct Segment {
    config: SegmentConfig,
}

impl StageType for Segment {
    const NAME: &'static str = "segment";
    const ABOUT: &'static str = "cuts pages into reports, sections and sentences";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &["empty", "too_short"];
    type Config = SegmentConfig;

    fn build(config: SegmentConfig, _settings: &Settings) -> Result<Self> {
        if let Some(chunk) = &config.chunk {
            chunk.check()?;
        }
        Ok(Segment { config })
    }
}

impl Stage for Segment {
    fn process(&self, mut record: Record, out: &mut Output) -> Result<()> {
        if record.collapse.is_some() {
            out.emit(record);
            return Ok(());
        }
        let page = record.report()?.clone();
        let text = simplify(page.reading().text());
        // Most pages are simplified as they are, and then so are their reports.
        let is_simple = text == page.reading().text();
        let split = self.split(&page, &text);
        if split.pieces.is_empty() {
            out.drop(record, "empty");
            return Ok(());
        }
        record.note("split", split_fields(&page, &text, &split));
        let n_pieces = split.pieces.len();
        let starts: Vec<usize> = split.pieces.iter().map(|piece| piece.range.start).collect();
        for (index, piece) in split.pieces.into_iter().enumerate() {
            let site_title = piece.copies.first().and_then(|copy| text.get(copy.clone()));
            let span = page.reading().span(piece.range.clone(), SpanKind::Report);
            let mut child = record.child(span)?;
            let edges = Edges {
                is_first: index == 0,
                is_last: index + 1 == n_pieces,
                is_cut: is_cut_behind(&page, piece.range.end, starts.get(index + 1).copied()),
                is_simple,
            };
            self.describe(&mut child, &page, &piece, site_title, edges)?;
            let least = self.config.min_chars;
            let n_chars = n_chars_up_to(child.report()?.reading().text(), least);
            match n_chars < least {
                true => out.drop(child, "too_short"),
                false => out.emit(child),
            }
        }
        Ok(())
    }
}

/// Where on its page a report stands.
#[derive(Clone, Copy)]
struct Edges {
    is_first: bool,
    is_last: bool,
    /// The site says behind its last words that text is missing.
    is_cut: bool,
    /// Nothing on the page is written in traditional characters.
    is_simple: bool,
}

/// True for a notice that text is missing, between `end` and the `next` report. What is cut out
/// right behind the last words lies in no report.
fn is_cut_behind(page: &Report, end: usize, next: Option<usize>) -> bool {
    let is_cut = |mark: &Mark| mark.span.kind() == SpanKind::Cut;
    let cuts = page.marks().iter().filter(|mark| is_cut(mark));
    let mut places = cuts.map(|mark| page.reading().range(mark.span).start);
    places.any(|at| at >= end && next.is_none_or(|next| at < next))
}

impl Segment {
    fn split(&self, page: &Report, text: &str) -> Split {
        if n_chars_up_to(text, 1) == 0 {
            return Split::default();
        }
        if !self.config.split {
            return Split {
                pieces: vec![compilation::whole(text)],
                style: "off",
                evidence: json!({}),
            };
        }
        let is_cut = |mark: &&Mark| mark.span.kind() == SpanKind::Cut;
        let mut cuts: Vec<usize> = page
            .marks()
            .iter()
            .filter(is_cut)
            .map(|mark| page.reading().range(mark.span).start)
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        compilation::split(text, &cuts, &tagged(page))
    }

    /// Adds to `child` what is known about it and what it is made of.
    fn describe(
        &self,
        child: &mut Record,
        page: &Report,
        piece: &Piece,
        site_title: Option<&str>,
        edges: Edges,
    ) -> Result<()> {
        let title = mark_head(child.report_mut()?, page, piece, edges);
        let report = child.report_mut()?;
        let own = report.reading().text().to_owned();
        let text = match edges.is_simple {
            true => Cow::Borrowed(own.as_str()),
            false => Cow::Owned(simplify(&own)),
        };
        let text = text.as_ref();
        let title = title.map(|span| lines::trim(text, report.reading().range(span)));
        let outline = self.outline(report, text, title.as_ref());
        let n_chars = n_chars_up_to(&own, usize::MAX);
        let complete = wholeness::complete(&Wholeness {
            text,
            n_chars,
            headings: &outline.headings,
            missing: is_cut(report)
                || edges.is_cut
                || piece.headless
                || piece.tailless
                || edges.goes_on(page),
            declared: piece.declared,
            closing: outline.closing.as_ref(),
        });
        report.meta.complete = complete.map(|(complete, _)| complete);
        let identity = Identity::of(&Told {
            page,
            own: &own,
            text,
            title: title.as_ref(),
            lead_end: outline.lead_end(text),
            site_title,
            is_alone: edges.is_first && edges.is_last,
        });
        let time = identity.time.clone();
        identity.write(&mut report.meta);
        let Outline { headings, closing } = outline;
        structure(report, &own, text, title, &headings, closing.as_ref());
        if let Some(config) = &self.config.chunk {
            report.chunks = chunked(report, text, config);
        }

        let n_chunks = self.config.chunk.is_some().then_some(report.chunks.len());
        let outline = outline_fields(report, &headings, closing.as_ref(), n_chunks);
        let fields = json!({
            "title": report.meta.title,
            "number": piece.number,
            "declared_chars": piece.declared,
            "chars": n_chars,
            "complete": complete.map(|(complete, _)| complete),
            "complete_why": complete.map(|(_, why)| why),
        });
        child.note("report", fields);
        child.note("period", period_fields(time.as_ref()));
        child.note("outline", outline);
        Ok(())
    }

    /// The headings of `report` behind its title, and what closes it.
    fn outline(&self, report: &Report, text: &str, title: Option<&Range<usize>>) -> Outline {
        if !self.config.outline {
            return Outline::default();
        }
        // A title such as 一、二〇二一年工作总结 is the report's title and not its first section.
        let body_from = title.map_or(0, |title| title.end);
        let closing = parts::closing(text, body_from).filter(|c| c.start > body_from);
        let body_end = closing.as_ref().map_or(text.len(), |closing| closing.start);
        let mut headings = outline::headings(text, &shown_headings(report));
        headings.retain(|heading| (body_from..body_end).contains(&heading.range.start));
        for heading in &mut headings {
            heading.end_before(body_end);
        }
        Outline { headings, closing }
    }
}

impl Edges {
    /// True when the site says that the report goes on, or began, on another page than `page`.
    fn goes_on(self, page: &Report) -> bool {
        let links = &page.document().page.links;
        match (self.is_first, self.is_last) {
            (true, true) => links.is_paginated(),
            (true, false) => links.previous.is_some(),
            (false, true) => links.next.is_some(),
            (false, false) => false,
        }
    }
}

/// What a report is made of.
#[derive(Default)]
struct Outline {
    headings: Vec<Heading>,
    closing: Option<Closing>,
}

impl Outline {
    /// Where the words in front of the first heading end.
    fn lead_end(&self, text: &str) -> usize {
        self.headings
            .first()
            .map_or(text.len(), |heading| heading.range.start)
    }
}

/// Marks the site's words around the head of `report`, and its title, which is returned.
fn mark_head(report: &mut Report, page: &Report, piece: &Piece, edges: Edges) -> Option<Span> {
    let reading = page.reading();
    let cut = |range: &Range<usize>, kind, rule| Mark::cut(reading.span(range.clone(), kind), rule);
    let markers = piece
        .markers
        .iter()
        .map(|range| cut(range, SpanKind::Marker, "marker"));
    let copies = piece
        .copies
        .iter()
        .map(|range| cut(range, SpanKind::Chrome, "site_title"));
    let bylines = piece
        .bylines
        .iter()
        .map(|range| cut(range, SpanKind::Chrome, "byline"));
    let title = piece
        .title
        .clone()
        .or_else(|| page_title_in(page, piece).filter(|_| edges.is_first && edges.is_last))
        .map(|range| reading.span(range, SpanKind::Title));
    report.mark(markers.chain(copies).chain(bylines).collect::<Vec<_>>());
    report.mark(title.map(|span| Mark::note(span, "title")));
    title
}

/// True where the site says that text of `report` is left out.
fn is_cut(report: &Report) -> bool {
    let mut marks = report.marks().iter();
    marks.any(|mark| mark.span.kind() == SpanKind::Cut)
}

fn outline_fields(
    report: &Report,
    headings: &[Heading],
    closing: Option<&Closing>,
    n_chunks: Option<usize>,
) -> Value {
    let n_levels = |level: u8| {
        headings
            .iter()
            .filter(|heading| heading.level == level)
            .count()
    };
    let parts = |closing: &Closing| -> Vec<_> {
        closing.parts.iter().map(|(part, _)| part.name()).collect()
    };
    json!({
        "n_headings": (1..=5).map(n_levels).collect::<Vec<_>>(),
        "n_sections": report.sections.len(),
        "n_sentences": report.sentences.len(),
        "closing": closing.map(parts),
        "n_chunks": n_chunks,
    })
}

fn period_fields(time: Option<&ReportedTime>) -> Value {
    match time {
        Some(time) => json!({
            "period": time.period.to_string(),
            "basis": time.basis.name(),
            "why": time.why,
        }),
        None => json!({
            "period": null,
            "why": "neither the title nor the first sentence names a year that can be read",
        }),
    }
}

/// The chunks of `report`, whose text simplified is `text`.
fn chunked(report: &Report, text: &str, config: &ChunkConfig) -> Vec<Chunk> {
    let reading = report.reading();
    let sentences: Vec<Range<usize>> = report
        .sentences
        .iter()
        .map(|sentence| reading.range(*sentence))
        .collect();
    let sections: Vec<usize> = report
        .sections
        .iter()
        .map(|section| reading.range(section.span).start)
        .collect();
    let tables = tables::find(text);
    chunks::chunks(text, &sentences, &sections, &tables, config)
        .into_iter()
        .map(|piece| Chunk {
            span: reading.span(piece.range, SpanKind::Chunk),
            section: piece.section,
        })
        .collect()
}

/// The lines of `report` that its page shows as headings.
fn shown_headings(report: &Report) -> Vec<Range<usize>> {
    let reading = report.reading();
    let marks = report.marks().iter();
    let shown = marks.filter(|mark| mark.span.kind() == SpanKind::Heading);
    let lines = shown.map(|mark| reading.range(mark.span));
    lines.filter(|line| !line.is_empty()).collect()
}

/// The lines of `page` that its tags make headings.
fn tagged(page: &Report) -> Vec<Range<usize>> {
    let reading = page.reading();
    let is_tagged =
        |mark: &&Mark| mark.span.kind() == SpanKind::Heading && &*mark.rule == "heading_tag";
    let lines = page.marks().iter().filter(is_tagged);
    lines.map(|mark| reading.range(mark.span)).collect()
}

/// The page's own title where the report begins with it.
fn page_title_in(page: &Report, piece: &Piece) -> Option<Range<usize>> {
    let title = page.document().page.title.as_deref()?.trim();
    let text = page.reading().text();
    let begins = lines::trim(text, piece.range.clone()).start;
    let found = text.get(begins..begins + title.len())?;
    let is_title = title.chars().count() >= 4 && simplify(found) == simplify(title);
    is_title.then_some(begins..begins + title.len())
}

fn split_fields(page: &Report, text: &str, split: &Split) -> Value {
    let mut outside = Vec::new();
    let mut at = 0;
    let ends = split.pieces.iter().map(|piece| piece.range.clone());
    for range in ends.chain(std::iter::once(text.len()..text.len())) {
        let between = lines::trim(text, at..range.start.max(at));
        if !between.is_empty() {
            let span = page.reading().span(between.clone(), SpanKind::Chrome);
            let words = text.get(between).unwrap_or_default();
            outside.push(json!({
                "start": span.start(),
                "end": span.end(),
                "begins": lines::prefix(words, 30),
            }));
        }
        at = range.end;
    }
    json!({
        "n_reports": split.pieces.len(),
        "style": split.style,
        "evidence": split.evidence,
        "outside": outside,
    })
}
