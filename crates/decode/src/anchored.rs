//! A text with places that move along when it is edited.

use taosha_core::{Edit, Edited};

/// A text and offsets into it, kept in step.
pub(crate) struct Anchored {
    pub(crate) edited: Edited,
    /// In order.
    pub(crate) anchors: Vec<usize>,
}

impl Anchored {
    /// Applies `edits`; an anchor inside an edit moves to its end.
    #[must_use]
    pub(crate) fn apply(mut self, edits: &[Edit]) -> Self {
        let mut edits_left = edits.iter().peekable();
        // What the edits passed so far took out and put in.
        let (mut removed, mut added, mut passed) = (0, 0, 0);
        for anchor in &mut self.anchors {
            while let Some(edit) = edits_left.next_if(|edit| edit.range.start < *anchor) {
                passed = edit.range.end;
                removed += edit.range.len();
                added += edit.text.len();
            }
            // The whole edit was counted, also for the second anchor inside it.
            *anchor = (*anchor).max(passed) - removed + added;
        }
        self.edited = self.edited.apply(edits);
        self
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
