//! How far in the lines of a page stood, before white space was tidied.

use crate::html::Block;
use crate::wrap::Indent;

/// The indents of the lines that have one, by the place of their first character.
#[derive(Debug, Default)]
pub(crate) struct Indents(Vec<(usize, Indent)>);

impl Indents {
    /// `found` tells of each indent which anchor its line starts at.
    pub(crate) fn new(found: Vec<(usize, Indent)>, anchors: &[usize]) -> Self {
        let moved = found.into_iter();
        Indents(
            moved
                .filter_map(|(anchor, indent)| Some((*anchors.get(anchor)?, indent)))
                .collect(),
        )
    }

    /// The indent of the line whose first character stands at `at`.
    pub(crate) fn at(&self, at: usize) -> Indent {
        let found = self.0.binary_search_by_key(&at, |(start, _)| *start);
        let found = found.ok().and_then(|found| self.0.get(found));
        found.map_or_else(Indent::default, |(_, indent)| *indent)
    }
}

/// The indents of the lines of a plain text; an anchor is put at the first character of each.
pub(crate) fn of_lines(text: &str, anchors: &mut Vec<usize>) -> Vec<(usize, Indent)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let words = line.trim_start();
        let white = line.get(..line.len() - words.len()).unwrap_or_default();
        if !words.is_empty() && !white.is_empty() {
            found.push((anchors.len(), Indent::of(white)));
            anchors.push(start + white.len());
        }
        start += line.len();
    }
    found
}

/// The indents of `blocks`, each of which has two anchors; what stands in front of one on its line
/// counts too.
pub(crate) fn of_blocks(text: &str, blocks: &[Block]) -> Vec<(usize, Indent)> {
    let mut found = Vec::new();
    for (nth, block) in blocks.iter().enumerate() {
        let before = text.get(..block.range.start).unwrap_or_default();
        let is_space = |c: char| c.is_whitespace() && c != '\n' && c != '\t';
        let outside = before.trim_end_matches(is_space);
        if !outside.is_empty() && !outside.ends_with('\n') {
            continue;
        }
        let words = text.get(block.range.clone()).unwrap_or_default();
        let n_inside = words.len() - words.trim_start().len();
        let white = text.get(outside.len()..block.range.start + n_inside);
        let indent = Indent::of(white.unwrap_or_default());
        if !indent.is_none() {
            found.push((2 * nth, indent));
        }
    }
    found
}
