//! A text with places that move along when it is edited.

use std::ops::Range;

use taosha_core::{Edit, Edited, Rewriting};

/// A text and offsets into it, kept in step.
pub(crate) struct Anchored {
    pub(crate) edited: Edited,
    /// In order.
    pub(crate) anchors: Vec<usize>,
}

impl Anchored {
    /// Applies `edits`; an anchor inside an edit moves to its end.
    #[must_use]
    pub(crate) fn apply(self, edits: &[Edit]) -> Self {
        if edits.is_empty() {
            return self;
        }
        self.rewrite(|_, rewriting| {
            for edit in edits {
                rewriting.replace(edit.range.clone(), &edit.text);
            }
        })
    }

    /// As [`apply`](Self::apply), for edits that `rewrite` finds while it goes through the text.
    #[must_use]
    pub(crate) fn rewrite(
        mut self,
        rewrite: impl FnOnce(&str, &mut AnchoredRewriting<'_>),
    ) -> Self {
        let mut rewriting = AnchoredRewriting {
            rewriting: Rewriting::new(&self.edited),
            anchors: self.anchors.iter_mut(),
            next: None,
            removed: 0,
            added: 0,
            passed: 0,
        };
        rewriting.next = rewriting.anchors.next();
        rewrite(self.edited.text(), &mut rewriting);
        rewriting.move_up_to(usize::MAX);
        let edited = rewriting.rewriting.finish();
        self.edited = edited;
        self
    }
}

/// A text that is written anew, with the anchors that move along.
pub(crate) struct AnchoredRewriting<'a> {
    rewriting: Rewriting<'a>,
    anchors: std::slice::IterMut<'a, usize>,
    /// The first anchor that has not moved yet.
    next: Option<&'a mut usize>,
    /// What the edits passed so far took out and put in.
    removed: usize,
    added: usize,
    /// Where the last of them ended.
    passed: usize,
}

impl AnchoredRewriting<'_> {
    /// Puts `text` in place of `range`, which lies behind the last one.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: &str) {
        self.move_up_to(range.start);
        self.passed = range.end;
        self.removed += range.len();
        self.added += text.len();
        self.rewriting.replace(range, text);
    }

    fn move_up_to(&mut self, end: usize) {
        while let Some(anchor) = self.next.take_if(|anchor| **anchor <= end) {
            // The whole edit was counted, also for the second anchor inside it.
            *anchor = (*anchor).max(self.passed) - self.removed + self.added;
            self.next = self.anchors.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::Map;

    #[test]
    fn anchors_move_with_their_text() {
        let text = "  甲\n\n乙  丙";
        let anchors = vec![2, 5, 7, text.len()];
        let anchored = Anchored {
            edited: Edited::new(text.into(), Map::identity(text.len())),
            anchors,
        };
        let anchored = anchored.apply(&[
            Edit::cut(0..2),
            Edit::replace(5..7, "\n"),
            Edit::replace(10..12, " "),
        ]);
        assert_eq!(anchored.edited.text(), "甲\n乙 丙");
        assert_eq!(anchored.anchors, [0, 3, 4, anchored.edited.text().len()]);
    }

    #[test]
    fn all_anchors_inside_an_edit_stand_behind_it() {
        let anchored = Anchored {
            edited: Edited::new("abcdefgh".into(), Map::identity(8)),
            anchors: vec![2, 3, 4, 7, 8],
        };
        let anchored = anchored.apply(&[Edit::replace(1..6, "x"), Edit::cut(6..7)]);
        assert_eq!(anchored.edited.text(), "axh");
        assert_eq!(anchored.anchors, [2, 2, 2, 2, 3]);
    }
}
