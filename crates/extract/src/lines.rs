use std::ops::Range;

use taosha_core::{Report, SpanKind};

use crate::cue::Cue;
use crate::line::Line;
use crate::rules::Rules;
use crate::wrap;

/// A sentence of more characters is looked at in pieces: what belongs to a figure is nearer, and
/// everything that looks around stays linear on a page without a single stop.
const MAX_LINE_BYTES: usize = 6_000;

/// The lines of a report, in order.
pub(crate) struct Lines<'a> {
    rules: &'a Rules,
    reading: &'a str,
    sentences: Vec<Range<usize>>,
    pieces: std::vec::IntoIter<Range<usize>>,
    masks: Marked,
    damage: Marked,
    skipped: Marked,
    headings: Vec<Range<usize>>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(rules: &'a Rules, report: &'a Report) -> Self {
        let reading = report.reading();
        let text = reading.text();
        let under = |kinds: &[SpanKind]| {
            let marks = report
                .marks()
                .iter()
                .filter(|mark| kinds.contains(&mark.span.kind()));
            Marked::new(marks.map(|mark| reading.range(mark.span)).collect())
        };
        let sentences: Vec<Range<usize>> = match report.sentences.is_empty() {
            true => split(text),
            false => report
                .sentences
                .iter()
                .map(|span| reading.range(*span))
                .collect(),
        };
        Lines {
            rules,
            reading: text,
            sentences,
            pieces: Vec::new().into_iter(),
            masks: under(&[SpanKind::Mask]),
            damage: under(&[SpanKind::Damage]),
            skipped: under(&[
                SpanKind::Chrome,
                SpanKind::Watermark,
                SpanKind::Marker,
                SpanKind::Cut,
            ]),
            headings: under(&[SpanKind::Heading, SpanKind::Title]).0,
        }
    }

    /// The text they are cut from.
    pub(crate) fn reading(&self) -> &'a str {
        self.reading
    }

    /// Leaves out `rows`, which are in order: they are read as rows of a table.
    pub(crate) fn without(mut self, rows: &[Range<usize>]) -> Self {
        let sentences = outside(std::mem::take(&mut self.sentences), rows);
        let text = self.reading;
        let pieces: Vec<_> = join_cut(text, sentences)
            .into_iter()
            .flat_map(|range| pieces(text, range))
            .collect();
        self.pieces = pieces.into_iter();
        self
    }

    /// The line under `range`, with what is marked in it.
    pub(crate) fn line(&self, range: Range<usize>) -> Line<'a> {
        let mut line = Line::new(self.rules, self.reading, range.clone());
        self.masks
            .within(&range)
            .for_each(|mask| line.set_masked(mask));
        self.damage
            .within(&range)
            .for_each(|damage| line.set_damaged(damage));
        self.skipped
            .within(&range)
            .for_each(|skipped| line.take_bytes(skipped));
        let number =
            |heading: &Range<usize>| heading.start..heading_number_end(self.reading, heading);
        let from = self
            .headings
            .partition_point(|heading| heading.end <= range.start);
        let inside = self
            .headings
            .iter()
            .skip(from)
            .take_while(|heading| heading.start < range.end);
        inside.for_each(|heading| line.take_bytes(&number(heading)));
        line
    }
}

/// `sentences` without what lies in `rows`; both are in order.
fn outside(sentences: Vec<Range<usize>>, rows: &[Range<usize>]) -> Vec<Range<usize>> {
    if rows.is_empty() {
        return sentences;
    }
    let mut kept = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let mut start = sentence.start;
        let from = rows.partition_point(|row| row.end <= sentence.start);
        let inside = rows.iter().skip(from);
        for row in inside.take_while(|row| row.start < sentence.end) {
            if start < row.start {
                kept.push(start..row.start);
            }
            start = start.max(row.end);
        }
        if start < sentence.end {
            kept.push(start..sentence.end);
        }
    }
    kept
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        loop {
            let range = self.pieces.next()?;
            let text = self.reading.get(range.clone()).unwrap_or_default();
            let speaks = |c: char| self.rules.cues.of(c).has(Cue::SPEAKS);
            if !text.chars().any(speaks) && self.masks.within(&range).next().is_none() {
                continue;
            }
            return Some(self.line(range));
        }
    }
}

/// Marked ranges of the reading, in order of their start.
struct Marked(Vec<Range<usize>>);

impl Marked {
    fn new(mut ranges: Vec<Range<usize>>) -> Self {
        ranges.sort_by_key(|range| (range.start, range.end));
        // Each reaches at least as far as all before it, so that a lookup by end is sound.
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Marked(merged)
    }

    /// The ranges that overlap or touch `range`.
    fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let (start, end) = (range.start, range.end);
        let from = self.0.partition_point(|marked| marked.end < start);
        self.0
            .iter()
            .skip(from)
            .take_while(move |marked| marked.start <= end)
    }
}

/// The numbering at the head of a heading: 3. （二） 第四章
fn heading_number_end(text: &str, heading: &Range<usize>) -> usize {
    let words = text.get(heading.clone()).unwrap_or_default();
    let part = |c: char| {
        c.is_ascii_digit()
            || c.is_whitespace()
            || "()（）第零〇一二三四五六七八九十百.、．".contains(c)
    };
    let number = words.find(|c| !part(c)).unwrap_or(0);
    heading.start + number
}

/// Sentences of a report that has none yet: up to a stop or a line end.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let stop = match byte {
            b'\n' => Some('\n'),
            // What the stops begin with, and little else that is frequent.
            0xe3 | 0xef => {
                let sign = text.get(at..).and_then(|rest| rest.chars().next());
                sign.filter(|c| matches!(c, '。' | '！' | '？'))
            }
            _ => None,
        };
        if let Some(stop) = stop {
            let end = at + stop.len_utf8();
            ranges.push(start..end);
            start = end;
        }
    }
    ranges.push(start..text.len());
    ranges
}

/// `sentences` with those made one between which a line break cuts a number in two.
fn join_cut(text: &str, sentences: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(sentences.len());
    for range in sentences {
        match joined.last_mut() {
            Some(last) if wrap::cuts_between(text, last, &range) => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}

/// `range` in pieces that are short enough, cut behind a comma or semicolon where there is one.
fn pieces(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = range.start;
    while range.end - start > MAX_LINE_BYTES {
        let mut limit = start + MAX_LINE_BYTES;
        while !text.is_char_boundary(limit) {
            limit -= 1;
        }
        let window = text.get(start..limit).unwrap_or_default();
        let soft = window.rfind(['；', ';', '，', ',', '、', '\n', ' ']);
        let cut = soft
            .filter(|&at| at > MAX_LINE_BYTES / 2)
            .map_or(limit, |at| {
                start
                    + at
                    + text
                        .get(start + at..)
                        .and_then(|t| t.chars().next())
                        .map_or(1, char::len_utf8)
            });
        pieces.push(start..cut);
        start = cut;
    }
    pieces.push(start..range.end);
    pieces
}
