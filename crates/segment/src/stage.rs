use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Value, json};
use taosha_core::{
    Chunk, Kind, Mark, Output, Record, Report, Result, Script, Settings, SpanKind, Stage,
    StageType, simplify,
};

use crate::compilation::{self, Piece, Split};
use crate::outline::{self, Heading};
use crate::page::n_chars_up_to;
use crate::sections::structure;
use crate::wholeness::{self, Wholeness};
use crate::{ChunkConfig, SegmentConfig, chunks, lines, parts, period, tables, title, unit};

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
        let reading = page.reading();
        let cut =
            |range: &Range<usize>, kind, rule| Mark::cut(reading.span(range.clone(), kind), rule);
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
        let title_span = piece
            .title
            .clone()
            .or_else(|| page_title_in(page, piece).filter(|_| edges.is_first && edges.is_last))
            .map(|range| reading.span(range, SpanKind::Title));
        let report = child.report_mut()?;
        report.mark(markers.chain(copies).chain(bylines).collect::<Vec<_>>());
        report.mark(title_span.map(|span| Mark::note(span, "title")));
        let own = report.reading().text().to_owned();
        let text = match edges.is_simple {
            true => Cow::Borrowed(own.as_str()),
            false => Cow::Owned(simplify(&own)),
        };
        let text = text.as_ref();
        // The page's date is that of all its reports together, or of one of the others.
        let of_page = || {
            let page_says = page.document().page.published.clone();
            page.meta.published.clone().or(page_says)
        };
        report.meta.published = of_page()
            .filter(|_| edges.is_first && edges.is_last)
            .or_else(|| unit::signed_on(text).map(|day| day.to_string()));
        let title = title_span.map(|span| lines::trim(text, report.reading().range(span)));
        let headings = match self.config.outline {
            true => outline::headings(text, &shown_headings(report)),
            false => Vec::new(),
        };
        // A title such as 一、二〇二一年工作总结 is the report's title and not its first section.
        let body_from = title.as_ref().map_or(0, |title| title.end);
        let closing = match self.config.outline {
            true => parts::closing(text, body_from).filter(|c| c.start > body_from),
            false => None,
        };
        let body_end = closing.as_ref().map_or(text.len(), |closing| closing.start);
        let mut headings: Vec<Heading> = headings
            .into_iter()
            .filter(|h| (body_from..body_end).contains(&h.range.start))
            .collect();
        for heading in &mut headings {
            heading.end_before(body_end);
        }

        let n_chars = n_chars_up_to(&own, usize::MAX);
        let has_cut = report
            .marks()
            .iter()
            .any(|mark| mark.span.kind() == SpanKind::Cut);
        let links = &page.document().page.links;
        let elsewhere = match (edges.is_first, edges.is_last) {
            (true, true) => links.is_paginated(),
            (true, false) => links.previous.is_some(),
            (false, true) => links.next.is_some(),
            (false, false) => false,
        };
        let complete = wholeness::complete(&Wholeness {
            text,
            n_chars,
            headings: &headings,
            missing: has_cut || edges.is_cut || piece.headless || piece.tailless || elsewhere,
            declared: piece.declared,
            closing: closing.as_ref(),
        });
        report.meta.complete = complete.map(|(complete, _)| complete);

        let lead_end = headings
            .first()
            .map_or(text.len(), |heading| heading.range.start);
        let page_title = || {
            page.document()
                .page
                .title
                .as_deref()
                .map(|title| title::bare(title).to_owned())
                .filter(|_| edges.is_first && edges.is_last)
        };
        let titled: Option<String> = title
            .clone()
            .and_then(|range| own.get(range))
            .map(|words| title::written(title::bare(words)));
        let issued = |title: String| match title::inner(&simplify(&title)) {
            Some(inner) => {
                let at = simplify(&title).find(inner).unwrap_or_default();
                title
                    .get(at..at + inner.len())
                    .unwrap_or_default()
                    .to_owned()
            }
            None => title,
        };
        // 政府工作报告 in the text, 2023年青禾县人民政府工作报告 above it.
        let said = titled.as_deref().map(simplify);
        let titled = titled.map(|title| match (page_title(), &said) {
            (Some(above), Some(said)) if unit::says_more(&simplify(&above), said) => above,
            _ => title,
        });
        report.meta.title = titled
            .or_else(page_title)
            .map(issued)
            .filter(|title| !title.is_empty());
        let simple_title = simplify(report.meta.title.as_deref().unwrap_or_default());
        let publisher =
            unit::publisher(text, title.as_ref(), lead_end).and_then(|range| own.get(range));
        // The site shows the title above the text; there it names the unit all the same.
        let titled_unit = report
            .meta
            .title
            .clone()
            .filter(|_| title.is_none())
            .and_then(|title| Some(title.get(unit::titled(&simple_title)?)?.to_owned()));
        let publisher = match &titled_unit {
            Some(titled) if publisher.is_none_or(|p| !p.ends_with(titled.as_str())) => {
                Some(titled.as_str())
            }
            _ => publisher,
        };
        let placed = report
            .meta
            .title
            .clone()
            .filter(|_| title.is_none() && publisher.is_none())
            .and_then(|title| Some(title.get(unit::speaking_place(&simple_title)?)?.to_owned()));
        let publisher = publisher.or(placed.as_deref());
        let whole = publisher
            .filter(|name| simplify(name) == **name)
            .and_then(|name| unit::whole(name, &simple_title, text));
        let publisher = whole.as_deref().or(publisher);
        report.meta.place = publisher
            .or(report.meta.title.as_deref())
            .and_then(|name| unit::place(&simplify(name)).and_then(|range| name.get(range)))
            .map(str::to_owned);
        report.meta.publisher = publisher.map(str::to_owned);
        let published = report
            .meta
            .published
            .as_deref()
            .and_then(|date| date.get(..4)?.parse().ok());
        let body = text.get(body_from..).unwrap_or_default();
        let said = said.as_deref().unwrap_or(&simple_title);
        let time = period::period(said, site_title, body, published).or_else(|| {
            let is_traditional = page.document().script == Script::Traditional;
            is_traditional.then(|| period::republican(&simple_title))?
        });
        report.meta.period = time.as_ref().map(|time| time.period);
        report.meta.period_basis = time.as_ref().map(|time| time.basis);

        structure(report, &own, text, title, &headings, closing.as_ref());
        if let Some(config) = &self.config.chunk {
            report.chunks = chunked(report, text, config);
        }
        let n_levels = |level: u8| {
            headings
                .iter()
                .filter(|heading| heading.level == level)
                .count()
        };
        let outline = json!({
            "n_headings": (1..=5).map(n_levels).collect::<Vec<_>>(),
            "n_sections": report.sections.len(),
            "n_sentences": report.sentences.len(),
            "closing": closing.map(|closing| {
                closing.parts.iter().map(|(part, _)| part.name()).collect::<Vec<_>>()
            }),
            "n_chunks": self.config.chunk.is_some().then_some(report.chunks.len()),
        });
        let time = match time {
            Some(time) => json!({
                "period": time.period.to_string(),
                "basis": time.basis.name(),
                "why": time.why,
            }),
            None => json!({
                "period": null,
                "why": "neither the title nor the first sentence names a year that can be read",
            }),
        };
        let fields = json!({
            "title": report.meta.title,
            "number": piece.number,
            "declared_chars": piece.declared,
            "chars": n_chars,
            "complete": complete.map(|(complete, _)| complete),
            "complete_why": complete.map(|(_, why)| why),
        });
        child.note("report", fields);
        child.note("period", time);
        child.note("outline", outline);
        Ok(())
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
