//! Lines of a text, and words without the blanks around them.

use std::ops::Range;

use crate::number::is_space;

/// The line that begins at `at`, without its break.
pub(crate) fn line_at(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    at..at + rest.find(['\n', '\r']).unwrap_or(rest.len())
}

/// More of a line is never needed to tell whether it is or begins with a title; reading on would
/// take quadratic time on a page that is one line of a thousand markers.
const LINE_START: usize = 1024;

/// The line that begins at `at`, or its first kilobyte.
pub(crate) fn line_start(text: &str, at: usize) -> Range<usize> {
    let mut end = (at + LINE_START).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = text.get(at..end).unwrap_or_default();
    at..at + start.find(['\n', '\r']).unwrap_or(start.len())
}

/// `range` without spaces and line breaks around it.
pub(crate) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let blank = |c: char| c.is_whitespace() || is_space(c);
    let words = text.get(range.clone()).unwrap_or_default();
    let left = words.trim_start_matches(blank);
    let start = range.end - left.len();
    start..start + left.trim_end_matches(blank).len()
}

/// The first `n_chars` characters.
pub(crate) fn prefix(text: &str, n_chars: usize) -> &str {
    let end = text
        .char_indices()
        .nth(n_chars)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// The last `n_chars` characters.
pub(crate) fn suffix(text: &str, n_chars: usize) -> &str {
    let start = text.char_indices().rev().nth(n_chars.saturating_sub(1));
    text.get(start.map_or(0, |(at, _)| at)..)
        .unwrap_or_default()
}

pub(crate) fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}
