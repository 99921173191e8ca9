//! A page as the rules for reports see it: its text, its outlines, and where text was left out.

use std::ops::Range;

use crate::number::{self, Place, Style, is_space};
use crate::{shown, title};

pub(crate) struct Page<'a> {
    /// Simplified.
    pub(crate) text: &'a str,
    /// Where text was left out, in order.
    cuts: &'a [usize],
    /// For each style that the sections of a report are numbered in: every number that may open
    /// one, with its value.
    outlines: [Vec<(usize, u32)>; 3],
    /// Where titles may stand, in order.
    pub(crate) lines: Vec<Range<usize>>,
    /// Where titles begin that the page shows as headings, in order.
    shown: Vec<usize>,
}

/// The styles of the outermost headings, most usual first.
const OUTERMOST: [Style; 3] = [Style::HanStop, Style::HanBracket, Style::ArabicStop];

impl<'a> Page<'a> {
    /// `headings` are the lines that the page shows as such.
    pub(crate) fn new(text: &'a str, cuts: &'a [usize], headings: &[Range<usize>]) -> Self {
        let mut outlines = [const { Vec::new() }; 3];
        for candidate in number::scan(text) {
            let behind = text.get(candidate.end..).unwrap_or_default();
            let is_enumeration = behind.starts_with(number::is_han_numeral)
                || candidate.place == Place::AfterColon
                || candidate.place == Place::Glued && candidate.style == Style::ArabicStop;
            let slot = OUTERMOST.iter().position(|&style| style == candidate.style);
            if let Some(outline) = slot
                .filter(|_| !is_enumeration)
                .and_then(|i| outlines.get_mut(i))
            {
                outline.push((candidate.start, candidate.value));
            }
        }
        Page {
            text,
            cuts,
            outlines,
            lines: title::places(text),
            shown: shown::titles(text, headings),
        }
    }

    pub(crate) fn words(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The 一、 二、 … inside `range`.
    pub(crate) fn sections_in(&self, range: Range<usize>) -> &[(usize, u32)] {
        within(&self.outlines[0], range)
    }

    /// True when the first number of a section inside `range`, in the outermost style that it has,
    /// is 1.
    pub(crate) fn starts_anew(&self, range: Range<usize>) -> bool {
        let firsts = self
            .outlines
            .iter()
            .find_map(|outline| within(outline, range.clone()).first());
        firsts.is_some_and(|&(_, value)| value == 1)
    }

    /// The places inside `range` where a title may stand.
    pub(crate) fn lines_in(&self, range: Range<usize>) -> &[Range<usize>] {
        let from = self.lines.partition_point(|line| line.start < range.start);
        let to = self.lines.partition_point(|line| line.start < range.end);
        self.lines.get(from..to).unwrap_or_default()
    }

    /// True when the text before `border` has at least two numbered sections and the text behind
    /// it begins to number them anew, in the outermost style that the text before has.
    pub(crate) fn restarts(&self, before: Range<usize>, after: Range<usize>) -> bool {
        let used = self
            .outlines
            .iter()
            .find(|outline| !within(outline, before.clone()).is_empty());
        used.is_some_and(|outline| {
            let last = within(outline, before.clone()).last();
            let first = within(outline, after).first();
            last.is_some_and(|&(_, value)| value >= 2)
                && first.is_some_and(|&(_, value)| value == 1)
        })
    }

    /// True when a report begins at `at` with a title that the page shows as a heading.
    pub(crate) fn is_shown(&self, at: usize) -> bool {
        self.shown.binary_search(&at).is_ok()
    }

    /// The places inside `range` where text was left out.
    pub(crate) fn cuts_in(&self, range: Range<usize>) -> &[usize] {
        let from = self.cuts.partition_point(|&at| at <= range.start);
        let to = self.cuts.partition_point(|&at| at < range.end);
        self.cuts.get(from..to).unwrap_or_default()
    }
}

fn within(outline: &[(usize, u32)], range: Range<usize>) -> &[(usize, u32)] {
    let from = outline.partition_point(|&(at, _)| at < range.start);
    let to = outline.partition_point(|&(at, _)| at < range.end);
    outline.get(from..to).unwrap_or_default()
}

/// Non-blank characters of `text`, counted up to `most`.
pub(crate) fn n_chars_up_to(text: &str, most: usize) -> usize {
    let is_visible = |c: char| !c.is_whitespace() && !is_space(c);
    let mut n = 0;
    let mut chars = text.chars();
    // Of what begins with these bytes nothing is blank, and none of it need be read.
    const HAN: std::ops::RangeInclusive<u8> = 0xe4..=0xe9;
    while n < most {
        let rest = chars.as_str();
        if rest
            .as_bytes()
            .first()
            .is_some_and(|lead| HAN.contains(lead))
        {
            n += 1;
            chars = rest.get(3..).unwrap_or_default().chars();
            continue;
        }
        match chars.next() {
            Some(c) => n += usize::from(is_visible(c)),
            None => break,
        }
    }
    n
}
