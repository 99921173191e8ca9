//! The width at which the lines of a text are broken, if they are.
//!
//! Mail programs and old editors fill lines up to a width, in columns or in characters. Where paragraphs
//! are indented, a line without indent goes on with the sentence above it.

use crate::lines::{is_stop, numeral};
use crate::tally::tally;

/// White space in front of a line, which its text has lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Indent {
    columns: u8,
    chars: u8,
}

/// A line and what stood in front of it.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) words: &'a str,
    pub(crate) indent: Indent,
}

/// How the lines of a text are broken.
#[derive(Debug)]
pub(crate) struct Wrap {
    measure: Measure,
    width: usize,
    /// Paragraphs are indented.
    is_indented: bool,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    /// A Chinese character takes two.
    Columns,
    Chars,
}

/// Fewer lines have the same width by chance.
const LEAST_LINES: usize = 8;

/// Where indents tell of paragraphs, so many broken sentences are no chance.
const LEAST_TORN: usize = 3;

/// The indent of a paragraph, in columns; further in stand titles and signatures.
const INDENTS: std::ops::RangeInclusive<u8> = 2..=8;

impl Indent {
    /// The indent that `white` is.
    pub(crate) fn of(white: &str) -> Self {
        let mut indent = Indent::default();
        for c in white.chars() {
            let columns = match c {
                '\u{3000}' | '\u{2003}' => 2,
                '\t' => 8,
                _ => 1,
            };
            indent.columns = indent.columns.saturating_add(columns);
            indent.chars = indent.chars.saturating_add(1);
        }
        indent
    }

    pub(crate) fn is_none(self) -> bool {
        self.columns == 0
    }

    fn is_paragraph(self) -> bool {
        INDENTS.contains(&self.columns)
    }
}

impl Measure {
    const ALL: [Self; 2] = [Self::Columns, Self::Chars];

    fn of(self, line: &Line<'_>) -> usize {
        match self {
            Measure::Columns => columns(line.words) + usize::from(line.indent.columns),
            Measure::Chars => line.words.chars().count() + usize::from(line.indent.chars),
        }
    }

    /// Lines of another width are not broken at it.
    fn widths(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Measure::Columns => 40..=200,
            Measure::Chars => 20..=100,
        }
    }

    /// A full line lacks at most this much: one character, and a sign that may not begin a line; where a
    /// comma may hang over the edge, as much again.
    fn slack(self, is_indented: bool) -> usize {
        match (self, is_indented) {
            (Measure::Columns, true) => 6,
            (Measure::Columns, false) => 4,
            (Measure::Chars, true) => 3,
            (Measure::Chars, false) => 2,
        }
    }
}

impl Wrap {
    /// How `lines` are broken, if they are.
    pub(crate) fn of(lines: &[Line<'_>]) -> Option<Self> {
        let indented = Measure::ALL.map(|measure| Self::of_indented(lines, measure));
        Self::most_torn(indented)
            .or_else(|| Self::most_torn(Measure::ALL.map(|measure| Self::of_flush(lines, measure))))
    }

    /// The one that breaks most sentences; of equals the first.
    fn most_torn(found: [Option<(usize, Self)>; 2]) -> Option<Self> {
        let found = found.into_iter().flatten();
        let best = found.min_by_key(|(n_torn, _)| std::cmp::Reverse(*n_torn));
        best.map(|(_, wrap)| wrap)
    }

    /// Most lines are full, hardly one is longer, and most of the full ones end inside a sentence, as
    /// a paragraph seldom does. With the number of such lines.
    fn of_flush(lines: &[Line<'_>], measure: Measure) -> Option<(usize, Self)> {
        if lines.len() < LEAST_LINES {
            return None;
        }
        let wraps = Self::widest(lines, measure, false).into_iter();
        let found = wraps.filter_map(|wrap| Some((wrap.torn_flush(lines)?, wrap)));
        found.min_by_key(|(n_torn, _)| std::cmp::Reverse(*n_torn))
    }

    /// The full lines of `lines` that end inside a sentence.
    fn torn_flush(&self, lines: &[Line<'_>]) -> Option<usize> {
        let full: Vec<&Line<'_>> = lines.iter().filter(|line| self.is_full(line)).collect();
        let n_torn = full.iter().filter(|line| !line.is_over()).count();
        let is_wrapped = full.len() * 5 >= lines.len() * 2 && n_torn * 3 >= full.len() * 2;
        is_wrapped.then_some(n_torn)
    }

    /// Lines without indent stand under full lines that end inside a sentence, and hardly ever under
    /// others. With the number of such lines.
    fn of_indented(lines: &[Line<'_>], measure: Measure) -> Option<(usize, Self)> {
        let n_indented = lines
            .iter()
            .filter(|line| line.indent.is_paragraph())
            .count();
        if n_indented < LEAST_TORN {
            return None;
        }
        let wrap = Self::widest(lines, measure, true).into_iter().next()?;
        let (mut n_torn, mut n_against) = (0, 0);
        // What stands above the first paragraph and below the last is titles and signatures.
        let first = lines.iter().position(|line| line.indent.is_paragraph())?;
        for pair in lines.get(first..)?.windows(2) {
            let [before, after] = pair else { continue };
            if !after.indent.is_none() {
                continue;
            }
            match wrap.is_full(before) {
                true if before.is_over() => {}
                true => n_torn += 1,
                false => n_against += 1,
            }
        }
        (n_torn >= LEAST_TORN && n_against * 2 <= n_torn).then_some((n_torn, wrap))
    }

    /// As wide as the lines of `lines`, but for one in fifty: an address, a table row. And as wide as those but for
    /// one in ten: figures and letters take as much room as their print does, so that lines full of them
    /// have more columns than others.
    fn widest(lines: &[Line<'_>], measure: Measure, is_indented: bool) -> Vec<Self> {
        let mut widths: Vec<usize> = lines.iter().map(|line| measure.of(line)).collect();
        widths.sort_unstable();
        let but_for = |n: usize| widths.get(widths.len().checked_sub(1 + n)?).copied();
        let found = [widths.len() / 50, widths.len() / 10].map(but_for);
        let found = found.into_iter().flatten();
        let found = found.filter(|width| measure.widths().contains(width));
        let wrap = |width| Wrap {
            measure,
            width,
            is_indented,
        };
        found.map(wrap).collect()
    }

    fn is_full(&self, line: &Line<'_>) -> bool {
        self.measure.of(line) + self.measure.slack(self.is_indented) >= self.width
    }

    /// True when `after` goes on with the sentence in `before`.
    pub(crate) fn joins(&self, before: &Line<'_>, after: &Line<'_>) -> bool {
        if !self.is_full(before) {
            return false;
        }
        if !self.is_indented {
            return goes_on(before.words, after.words);
        }
        let last = before.words.chars().next_back();
        let is_over = last.is_none_or(|c| matches!(c, '。' | '！' | '!' | '？' | '?'));
        !is_over && after.indent.is_none() && !begins_numbered(after.words)
    }
}

impl Line<'_> {
    fn is_over(&self) -> bool {
        self.words.chars().next_back().is_none_or(is_stop)
    }
}

/// Signs of three bytes and more are as wide as a Chinese character where Chinese is written.
fn columns(line: &str) -> usize {
    let n_wide = tally(line.as_bytes(), |byte| byte >= 0xE0);
    line.chars().count() + n_wide
}

/// True when `after` can be the rest of the sentence in `before`.
fn goes_on(before: &str, after: &str) -> bool {
    let is_over = before.chars().next_back().is_none_or(is_stop);
    !is_over && !begins_item(after)
}

/// A heading, an item of a list or an indented paragraph.
fn begins_item(line: &str) -> bool {
    let is_bullet = |c: char| c.is_whitespace() || "●○■□◆◇★☆▲△※·•—-*【第".contains(c);
    line.starts_with(is_bullet) || begins_numbered(line)
}

/// An item with a number.
fn begins_numbered(line: &str) -> bool {
    if numeral(line).is_some_and(|(_, rest)| rest.starts_with('、')) {
        return true;
    }
    let inner = line.strip_prefix(['（', '(']);
    let inner = inner
        .unwrap_or(line)
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let n_digits = line.len() - inner.len();
    let is_numbered = n_digits > 0 && inner.starts_with(['、', '.', '．', ')', '）']);
    let is_bracketed = line
        .strip_prefix(['（', '('])
        .and_then(numeral)
        .is_some_and(|(_, rest)| rest.starts_with(['）', ')']));
    // 3.5 is a number, not an item.
    let is_decimal = inner
        .strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_bracketed || is_numbered && !is_decimal
}
