use std::borrow::Cow;
use std::ops::Range;

use crate::{Map, RawRange};

/// A text on its way from bytes to a [`Document`](crate::Document), with its map.
///
/// Everything `decode` does after the charset (taking tags out, resolving references, repairing) is
/// a list of [`Edit`]s, so no step has to think about the map: [`Edited::apply`] keeps it.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    text: String,
    map: Map,
}

/// Puts `text` in place of `range`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Byte range of the text before the edit, on character borders.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: Cow<'static, str>,
}

impl Edit {
    /// Takes `range` out.
    pub fn cut(range: Range<usize>) -> Self {
        Edit {
            range,
            text: "".into(),
        }
    }

    /// Puts `text` in place of `range`.
    pub fn replace(range: Range<usize>, text: impl Into<Cow<'static, str>>) -> Self {
        Edit {
            range,
            text: text.into(),
        }
    }
}

impl Edited {
    /// A text with the map its decoder made.
    ///
    /// # Panics
    /// When the map is for a text of another length.
    pub fn new(text: String, map: Map) -> Self {
        assert_eq!(
            text.len(),
            map.text_len(),
            "the map belongs to another text"
        );
        Edited { text, map }
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The map as it is now.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The raw bytes that `range` came from.
    pub fn raw_range(&self, range: Range<usize>) -> RawRange {
        self.map.raw_range(range)
    }

    /// Applies `edits`, which are in order and do not overlap. Linear in the text.
    ///
    /// # Panics
    /// When an edit overlaps the one before it or does not lie on character borders.
    #[must_use]
    pub fn apply(self, edits: &[Edit]) -> Self {
        if edits.is_empty() {
            return self;
        }
        let mut rewriting = Rewriting::new(&self);
        for edit in edits {
            rewriting.replace(edit.range.clone(), &edit.text);
        }
        rewriting.finish()
    }

    /// The text and its map.
    pub fn into_parts(self) -> (String, Map) {
        (self.text, self.map)
    }
}

/// A text that is written anew from the start to the end, with its map: what [`Edited::apply`] does
/// with a list of edits, for whoever finds them one by one and has no use for the list.
#[derive(Debug)]
pub struct Rewriting<'a> {
    old: &'a Edited,
    /// Up to here the old text is kept or replaced.
    at: usize,
    /// The run of the old map that holds this place, or one before it.
    run: usize,
    text: String,
    map: Map,
}

impl<'a> Rewriting<'a> {
    /// Starts over `old`.
    pub fn new(old: &'a Edited) -> Self {
        Rewriting {
            old,
            at: 0,
            run: 0,
            text: String::with_capacity(old.text.len()),
            map: Map::default(),
        }
    }

    /// Keeps the old text up to `range` and puts `text` in its place.
    ///
    /// # Panics
    /// When `range` starts before the end of the last one or does not lie on character borders.
    pub fn replace(&mut self, range: Range<usize>, text: &str) {
        self.keep(range.start);
        self.run = self.old.map.run_from(range.start, self.run);
        if !text.is_empty() {
            let raw = self.old.map.raw_range_from(range.clone(), self.run);
            let n_raw = raw.len();
            self.map.push(text.len(), text.len(), raw, n_raw);
            self.text.push_str(text);
        }
        self.at = range.end;
    }

    /// The length of the new text so far, with what is kept up to the last replaced range.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// True as long as nothing was written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn keep(&mut self, end: usize) {
        if self.at == end {
            return;
        }
        let kept = self.old.text.get(self.at..end);
        self.text
            .push_str(kept.expect("edits are in order, on borders"));
        self.run = self.map.push_through(&self.old.map, self.at..end, self.run);
        self.at = end;
    }

    /// The new text; what follows the last replaced range is kept.
    ///
    /// # Panics
    /// When the last range did not end on a character border.
    pub fn finish(mut self) -> Edited {
        self.keep(self.old.text.len());
        Edited {
            text: self.text,
            map: self.map,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reference_points_at_all_its_bytes() {
        let raw = "a&nbsp;<b>淘</b>";
        let edited = Edited::new(raw.to_owned(), Map::identity(raw.len())).apply(&[
            Edit::replace(1..7, " "),
            Edit::cut(7..10),
            Edit::cut(13..17),
        ]);
        assert_eq!(edited.text(), "a 淘");
        assert_eq!(edited.raw_range(1..2), 1..7);
        assert_eq!(edited.raw_range(2..5), 10..13);
    }

    proptest! {
        #[test]
        fn untouched_characters_keep_their_bytes(
            pieces in prop::collection::vec(("[a-z淘沙]{0,6}", "[<x>]{0,3}", "[ □]{0,1}"), 0..12)
        ) {
            let (mut raw, mut edits, mut expected) = (String::new(), Vec::new(), String::new());
            for (kept, old, new) in &pieces {
                raw.push_str(kept);
                edits.push(Edit::replace(raw.len()..raw.len() + old.len(), new.clone()));
                raw.push_str(old);
                expected.push_str(kept);
                expected.push_str(new);
            }
            let edited = Edited::new(raw.clone(), Map::identity(raw.len())).apply(&edits);
            prop_assert_eq!(edited.text(), expected.as_str());
            for (at, character) in edited.text().char_indices().filter(|(_, c)| c.is_alphabetic()) {
                let range = edited.raw_range(at..at + character.len_utf8());
                prop_assert_eq!(raw.get(range), Some(&*character.to_string()));
            }
        }
    }
}
