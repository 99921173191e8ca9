//! The edits that turn one text into another: sentences first, then characters inside what changed.

use std::hash::Hash;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Interner, Token};
use taosha_core::PassageEdit;

/// Equal characters between two changes up to which they become one edit: a row of `edits` costs
/// about as many bytes around its text as a dozen Chinese characters.
const MERGE: usize = 8;

/// Characters of a change, both sides together, that are still compared one by one. Beyond it the
/// change is replaced as a whole: the heuristics of the diff bound its cost, but not tightly.
const MAX_CHARACTERS: usize = 100_000;

/// Edits that turn `canonical` into `copy`, in order, in characters of `canonical`.
pub(crate) fn edits(canonical: &str, copy: &str) -> Vec<PassageEdit> {
    if canonical == copy {
        return Vec::new();
    }
    let before: Vec<char> = canonical.chars().collect();
    let after: Vec<char> = copy.chars().collect();
    let mut changes: Vec<Change> = Vec::new();
    for (old, new) in changed_sentences(&before, &after) {
        let size = old.len() + new.len();
        if old.is_empty() || new.is_empty() || size > MAX_CHARACTERS {
            add(&mut changes, old, new);
            continue;
        }
        let (from, to) = (&before[old.clone()], &after[new.clone()]);
        for (old_part, new_part) in hunks(Algorithm::Myers, from, to) {
            let old = old.start + old_part.start..old.start + old_part.end;
            let new = new.start + new_part.start..new.start + new_part.end;
            add(&mut changes, old, new);
        }
    }
    changes
        .into_iter()
        .map(|(old, new)| PassageEdit {
            start: old.start,
            end: old.end,
            text: after[new].iter().collect(),
        })
        .collect()
}

/// A range of the text before and what stands there after.
type Change = (Range<usize>, Range<usize>);

/// Adds a change, as part of the one before it when they are close.
fn add(changes: &mut Vec<Change>, old: Range<usize>, new: Range<usize>) {
    match changes.last_mut() {
        Some(last) if old.start - last.0.end <= MERGE => {
            last.0.end = old.end;
            last.1.end = new.end;
        }
        _ => changes.push((old, new)),
    }
}

/// The changes between whole sentences, in characters.
fn changed_sentences(before: &[char], after: &[char]) -> Vec<Change> {
    let (old, new) = (sentences(before), sentences(after));
    let borders = |pieces: &[&[char]]| -> Vec<usize> {
        let mut at = 0;
        let ends = pieces.iter().map(|piece| {
            at += piece.len();
            at
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_borders, new_borders) = (borders(&old), borders(&new));
    hunks(Algorithm::Histogram, &old, &new)
        .into_iter()
        .map(|(old, new)| {
            (
                old_borders[old.start]..old_borders[old.end],
                new_borders[new.start]..new_borders[new.end],
            )
        })
        .collect()
}

fn sentences(text: &[char]) -> Vec<&[char]> {
    text.split_inclusive(|c| matches!(c, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '\n'))
        .collect()
}

/// What is equal at both ends is left out before anything is hashed: most of two copies is.
fn hunks<T: Hash + Eq + Clone>(algorithm: Algorithm, before: &[T], after: &[T]) -> Vec<Change> {
    let pairs = before.iter().zip(after);
    let n_head = pairs.take_while(|(old, new)| old == new).count();
    let (before, after) = (&before[n_head..], &after[n_head..]);
    let pairs = before.iter().rev().zip(after.iter().rev());
    let n_tail = pairs.take_while(|(old, new)| old == new).count();
    let before = &before[..before.len() - n_tail];
    let after = &after[..after.len() - n_tail];
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    let mut interner = Interner::new(before.len() + after.len());
    let mut tokens = |pieces: &[T]| -> Vec<Token> {
        pieces
            .iter()
            .map(|piece| interner.intern(piece.clone()))
            .collect()
    };
    let (before, after) = (tokens(before), tokens(after));
    let mut diff = Diff::default();
    diff.compute_with(algorithm, &before, &after, interner.num_tokens());
    let range = |range: Range<u32>| n_head + range.start as usize..n_head + range.end as usize;
    diff.hunks()
        .map(|hunk| (range(hunk.before), range(hunk.after)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str =
        "青禾县新建校舍12所。改造危房47间；惠及学生3150人。\n整改问题95处,全部完成。";

    #[test]
    fn a_small_change_is_a_small_edit() {
        let edit = |start, end, text: &str| PassageEdit {
            start,
            end,
            text: text.to_owned(),
        };
        assert_eq!(edits(TEXT, TEXT), []);
        assert_eq!(edits(TEXT, &TEXT.replace("青禾", "XX")), [edit(0, 2, "XX")]);
        let dropped = TEXT.replace("改造危房47间；", "");
        assert_eq!(edits(TEXT, &dropped), [edit(11, 19, "")]);
    }

    #[test]
    fn many_changes_close_together_are_few_edits() {
        let commas = TEXT
            .replace("。", ".")
            .replace("；", ";")
            .replace(",", "，");
        assert!(edits(TEXT, &commas).len() <= 4);
    }

    #[test]
    fn a_huge_line_is_replaced_without_comparing_its_characters() {
        let (one, other) = ("甲乙丙丁".repeat(100_000), "丁丙乙甲".repeat(100_000));
        let edits = edits(&one, &other);
        assert_eq!(PassageEdit::apply_all(&one, &edits), Some(other));
    }

    proptest! {
        #[test]
        fn edits_rebuild_any_copy(one in "[甲乙丙。\n,1x]{0,80}", other in "[甲乙丙。\n,1x]{0,80}") {
            let edits = edits(&one, &other);
            prop_assert_eq!(PassageEdit::apply_all(&one, &edits), Some(other));
        }

        #[test]
        fn edits_rebuild_texts_of_any_characters(one in ".{0,60}", other in ".{0,60}") {
            let edits = edits(&one, &other);
            prop_assert_eq!(PassageEdit::apply_all(&one, &edits), Some(other));
        }

        #[test]
        fn one_replaced_stretch_costs_no_more_than_itself(
            head in "[甲乙丙丁。]{0,60}", old in "[戊己]{0,9}", new in "[庚辛]{0,9}", tail in "[甲乙丙丁。]{0,60}"
        ) {
            let (one, other) = (format!("{head}{old}{tail}"), format!("{head}{new}{tail}"));
            let written: usize = edits(&one, &other).iter().map(|e| e.text.chars().count()).sum();
            prop_assert!(written <= new.chars().count() + 2 * MERGE);
        }
    }
}
