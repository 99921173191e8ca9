//! Headings into sections that tile the report, and the sentences in them.

use std::ops::Range;

use taosha_core::{Mark, Report, Role, Section, SpanKind};

use crate::number::Style;
use crate::outline::Heading;
use crate::parts::Closing;
use crate::role::Roles;
use crate::{lines, sentences, tables};

/// Fills in the sections and sentences of `report`. `own` is its text, `text` the same simplified.
/// What closes it is a section of its own behind the last one, without a heading.
pub(crate) fn structure(
    report: &mut Report,
    own: &str,
    text: &str,
    title: Option<Range<usize>>,
    headings: &[Heading],
    closing: Option<&Closing>,
) {
    let reading = report.reading().clone();
    let span = report.span();
    let roles = Roles::of(&report.meta);
    let words = |range: Range<usize>| own.get(range).map(str::to_owned);

    let lead_end = headings
        .first()
        .map_or(text.len(), |heading| heading.range.start);
    let lead_end = closing.map_or(lead_end, |closing| lead_end.min(closing.start));
    let has_lead = headings.is_empty() || !lines::trim(text, 0..lead_end).is_empty();
    let mut borders: Vec<usize> = headings
        .iter()
        .map(|heading| {
            reading
                .span(heading.range.clone(), SpanKind::Heading)
                .start()
        })
        .collect();
    if !has_lead {
        // Nothing but spaces and markers in front: they belong to the first section.
        if let Some(first) = borders.first_mut() {
            *first = span.start();
        }
    }
    let mut sections = Vec::with_capacity(borders.len() + 1);
    let document = report.document().clone();
    let section_span =
        |start: usize, end: usize| document.span(start..end.max(start), SpanKind::Section);
    // Where the sections of the body end.
    let body_end = closing.map_or(span.end(), |closing| {
        let line = closing.start..text.len();
        reading.span(line, SpanKind::Section).start()
    });
    if has_lead {
        let end = borders.first().copied().unwrap_or(body_end);
        sections.push(Section {
            level: 0,
            number: None,
            title: None,
            span: section_span(span.start(), end),
            parent: None,
            role: None,
        });
    }
    // The open sections, outermost first.
    let mut open: Vec<(Style, usize)> = Vec::new();
    for (i, heading) in headings.iter().enumerate() {
        while open
            .last()
            .is_some_and(|&(style, _)| style >= heading.style)
        {
            open.pop();
        }
        let parent = open.last().map(|&(_, index)| index);
        let simple_title = heading.title.clone().and_then(|range| text.get(range));
        let inherited = parent
            .and_then(|parent: usize| sections.get(parent))
            .and_then(|s: &Section| s.role);
        open.push((heading.style, sections.len()));
        sections.push(Section {
            level: heading.level,
            number: words(heading.number.clone()).filter(|number| !number.is_empty()),
            title: heading.title.clone().and_then(words),
            span: section_span(borders[i], borders.get(i + 1).copied().unwrap_or(body_end)),
            parent,
            // Deeper headings name single tasks; 自查活动开展情况 does not make a section a report.
            role: simple_title
                .filter(|_| parent.is_none() || heading.level <= 2)
                .and_then(|title| roles.of_heading(title))
                .or(inherited),
        });
    }

    if closing.is_some() {
        sections.push(Section {
            level: 0,
            number: None,
            title: None,
            span: section_span(body_end, span.end()),
            parent: None,
            role: Some(Role::Closing),
        });
    }

    let mut found: Vec<Range<usize>> = Vec::new();
    // The title is a sentence of its own, also where the first one is glued to it.
    let mut stops = vec![0];
    stops.extend(
        title
            .iter()
            .flat_map(|title| [title.start, title.end])
            .filter(|&at| at > 0 && at < lead_end),
    );
    for heading in headings {
        stops.push(heading.range.start);
        // A title that a line break or a space ends is a sentence; before a stop it goes on to it.
        let behind = text.get(heading.range.end..).unwrap_or_default();
        if heading.title.is_some() && behind.starts_with(char::is_whitespace) {
            stops.push(heading.range.end);
        }
    }
    if let Some(closing) = closing {
        stops.extend(closing.parts.iter().map(|(_, line)| line.start));
    }
    stops.push(text.len());
    for pair in stops.windows(2) {
        found.extend(sentences::sentences(text, pair[0]..pair[1]));
    }
    report.sentences = found
        .into_iter()
        .map(|range| reading.span(range, SpanKind::Sentence))
        .collect();
    report.sections = sections;
    let marks: Vec<Mark> = headings
        .iter()
        .map(|heading| {
            Mark::note(
                reading.span(heading.range.clone(), SpanKind::Heading),
                "heading",
            )
        })
        .collect();
    report.mark(marks);
    let blocks = tables::find(text).into_iter().map(|table| (table, "table"));
    let parts = closing.iter().flat_map(|closing| &closing.parts);
    let parts = parts.map(|(part, line)| (line.clone(), part.name()));
    let notes: Vec<Mark> = blocks
        .chain(parts)
        .map(|(range, rule)| Mark::note(reading.span(range, SpanKind::Part), rule))
        .collect();
    report.mark(notes);
}
