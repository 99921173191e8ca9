//! White space and Unicode forms, made plain without touching words.

use std::borrow::Cow;
use std::ops::Range;

use taosha_core::Edit;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::anchored::{Anchored, AnchoredRewriting};
use crate::radicals;

/// Makes the text NFC and radicals the characters they look like, takes out what has no width, and leaves one space, one tab or at most one
/// blank line where white space stood; none at the ends of lines. With `keeps_cells` every tab is
/// one step to the next cell of a row and stays, but for those behind the last one.
///
/// Full-width signs stay: the text is kept as written.
pub(crate) fn tidy(text: Anchored, keeps_cells: bool) -> Anchored {
    // First what has no width: it may stand between a letter and its accent.
    let mut is_nfc = true;
    let text = text.rewrite(|text, rewriting| is_nfc = white_space(text, keeps_cells, rewriting));
    if is_nfc {
        return text;
    }
    let normal = nfc(text.edited.text());
    text.apply(&normal)
}

/// Makes white space plain, and tells whether all that stands between is NFC.
fn white_space(text: &str, keeps_cells: bool, out: &mut AnchoredRewriting<'_>) -> bool {
    let mut is_normal = true;
    let mut run = Run::at(0, keeps_cells);
    let mut rest = 0;
    while let Some(c) = text.get(rest..).and_then(|rest| rest.chars().next()) {
        let at = rest;
        rest += c.len_utf8();
        match c {
            '\n' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => run.line(),
            '\r' if text.as_bytes().get(at + 1) == Some(&b'\n') => {}
            '\r' => run.line(),
            '\t' => run.n_tabs += 1,
            c if c.is_whitespace() => run.has_space = true,
            c if is_control(c) => run.has_control = true,
            c if has_no_width(c) => {}
            _ => {
                run.close(text, at, false, out);
                is_normal = is_normal && is_nfc(c);
                rest += n_plain(&text.as_bytes()[rest..]);
                run = Run::at(rest, keeps_cells);
            }
        }
    }
    run.close(text, text.len(), true, out);
    is_normal
}

/// True for a character that is NFC whatever stands beside it.
fn is_nfc(c: char) -> bool {
    // Below U+0300 nothing combines and nothing decomposes for good; Han stays as it is.
    let is_plain = c < '\u{300}' || ('\u{4E00}'..='\u{9FFF}').contains(&c);
    is_plain || is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes && !radicals::may_be_one(c)
}

/// How many bytes at the start of `bytes`, which start with a character, are visible ASCII, Han and
/// the signs of Chinese: nearly all of any page, and nothing to tidy.
fn n_plain(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        at += match rest {
            [0x21..=0x7E, ..] => 1,
            // U+4000 to U+9FFF.
            [0xE4..=0xE9, ..] => 3,
            // 、 to 〩, ！ to ～, “ and ”.
            [0xE3, 0x80, 0x81..=0xA9, ..] => 3,
            [0xEF, 0xBC, 0x81..=0xBF, ..] | [0xEF, 0xBD, 0x80..=0x9E, ..] => 3,
            [0xE2, 0x80, 0x9C | 0x9D, ..] => 3,
            _ => break,
        };
    }
    at
}

/// A stretch of white space and signs without width.
struct Run {
    start: usize,
    n_lines: usize,
    /// Behind the last line break.
    n_tabs: usize,
    /// Tabs are steps to other cells.
    keeps_cells: bool,
    has_space: bool,
    has_control: bool,
}

impl Run {
    fn at(start: usize, keeps_cells: bool) -> Self {
        Run {
            start,
            n_lines: 0,
            n_tabs: 0,
            keeps_cells,
            has_space: false,
            has_control: false,
        }
    }

    fn line(&mut self) {
        self.n_lines += 1;
        self.n_tabs = 0;
    }

    fn close(&self, text: &str, end: usize, is_last: bool, out: &mut AnchoredRewriting<'_>) {
        if self.start == end {
            return;
        }
        let plain = match (self.n_lines, self.n_tabs, self.has_space) {
            _ if self.start == 0 || is_last => "",
            (2.., ..) => "\n\n",
            (1, ..) => "\n",
            (0, 1.., _) => "\t",
            (0, 0, true) => " ",
            // A control inside a word stands where something was lost: 1?20 is not 120.
            (0, 0, false) if self.has_control => "\u{FFFD}",
            (0, 0, false) => "",
        };
        let more = match plain {
            "\n" | "\n\n" if self.keeps_cells => self.n_tabs,
            "\t" if self.keeps_cells => self.n_tabs - 1,
            _ => 0,
        };
        let becomes: Cow<'_, str> = match more {
            0 => plain.into(),
            _ => format!("{plain}{}", "\t".repeat(more)).into(),
        };
        let becomes = &*becomes;
        if text.get(self.start..end) != Some(becomes) {
            out.replace(self.start..end, becomes);
        }
    }
}

/// Signs that show nothing and break words: soft hyphens, zero-width spaces and joiners, marks of
/// direction, and byte order marks inside the text.
fn has_no_width(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}')
}

/// Composes what was stored in pieces: one edit for each character with its marks.
fn nfc(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut piece: Range<usize> = 0..0;
    let mut needs = false;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        // Below U+0300 nothing combines and nothing decomposes for good; Han stays as it is.
        let is_plain = c < '\u{300}' || ('\u{4E00}'..='\u{9FFF}').contains(&c);
        let starts = is_plain || canonical_combining_class(c) == 0 && !composes(c);
        if starts {
            compose(text, &piece, needs, &mut edits);
            (piece, needs) = (at..at, false);
        }
        at += c.len_utf8();
        piece.end = at;
        needs |= !is_nfc(c);
        // The last of a plain stretch may carry the marks behind it.
        let n_plain = n_plain(&text.as_bytes()[at..]);
        if let Some((last, _)) = text
            .get(at..at + n_plain)
            .and_then(|plain| plain.char_indices().next_back())
        {
            compose(text, &piece, needs, &mut edits);
            (piece, needs) = (at + last..at + n_plain, false);
            at += n_plain;
        }
    }
    compose(text, &piece, needs, &mut edits);
    edits
}

/// True for starters that may join the character before them (Hangul vowels, for instance).
fn composes(c: char) -> bool {
    is_nfc_quick(std::iter::once(c)) == IsNormalized::Maybe
}

fn compose(text: &str, piece: &Range<usize>, needs: bool, edits: &mut Vec<Edit>) {
    let Some(old) = text.get(piece.clone()).filter(|_| needs) else {
        return;
    };
    let new: String = old.chars().map(radicals::character).nfc().collect();
    if new != old {
        edits.push(Edit::replace(piece.clone(), new));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use taosha_core::{Edited, Map};

    fn tidied(text: &str) -> Edited {
        tidied_with(text, false)
    }

    fn tidied_with(text: &str, keeps_cells: bool) -> Edited {
        let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
        let anchors = Vec::new();
        tidy(Anchored { edited, anchors }, keeps_cells).edited
    }

    #[test]
    fn steps_to_other_cells_stay_but_for_the_last() {
        for (text, kept) in [
            ("甲\t\t\t乙\t丙", "甲\t\t\t乙\t丙"),
            ("甲\t \t乙", "甲\t\t乙"),
            ("甲\t\t\n\t乙", "甲\n\t乙"),
            ("\t\t甲\t", "甲"),
            ("甲\n\n\n\t乙", "甲\n\n\t乙"),
        ] {
            assert_eq!(tidied_with(text, true).text(), kept, "{text:?}");
        }
    }

    #[test]
    fn white_space_becomes_plain() {
        let text = "\u{FEFF}  \u{3000}一、工作\u{A0}\u{A0}情况 \r\n\r\n\r\n\u{3000}\u{3000}2019年\u{200B}度\t\t30 \n";
        assert_eq!(tidied(text).text(), "一、工作 情况\n\n2019年度\t30");
    }

    #[test]
    fn full_width_signs_stay() {
        assert_eq!(
            tidied("２０１９年，ＡＢＣ（一）").text(),
            "２０１９年，ＡＢＣ（一）"
        );
    }

    #[test]
    fn letters_stored_in_pieces_are_composed() {
        let edited = tidied("總結(jie\u{301})報告");
        assert_eq!(edited.text(), "總結(jié)報告");
        assert_eq!(edited.raw_range(9..11), 9..12);
    }

    #[test]
    fn radicals_in_place_of_characters_are_characters() {
        let text = "⼀、党建⼯作：处分党员32⼈，⺠主⽣活会，⻓效机制";
        let edited = tidied(text);
        assert_eq!(
            edited.text(),
            "一、党建工作：处分党员32人，民主生活会，长效机制"
        );
        assert_eq!(edited.raw_range(0..3), 0..3);
        assert_eq!(tidied("部首⺮、⻌不变").text(), "部首⺮、⻌不变");
    }

    #[test]
    fn a_control_inside_a_word_stays_visible() {
        assert_eq!(
            tidied("罚款1\0\u{1}20万元\u{8} 完\u{7}").text(),
            "罚款1\u{FFFD}20万元 完"
        );
    }

    proptest! {
        #[test]
        fn tidying_twice_changes_nothing(text in "[ \t\r\n\u{A0}\u{200B}a-c县é\u{301}\u{F9DC}가\u{1161}]{0,40}") {
            let once = tidied(&text);
            let twice = tidied(once.text());
            prop_assert_eq!(twice.text(), once.text());
            let normal: String = text.nfc().collect();
            let from_normal = tidied(&normal);
            prop_assert_eq!(once.text(), from_normal.text());
        }
    }
}
