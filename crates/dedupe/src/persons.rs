//! Which differences between two texts are two persons: 局长陈远山, 局长刘兰. The words are in
//! `rules/names.toml`.

use std::sync::LazyLock;

use crate::comparison::{Form, SLOT};
use crate::names::RULES;

/// A surname and the characters given with it.
const LENGTHS: [usize; 2] = [3, 2];
/// Fewest characters that differ: a single one is a slip of the pen or a variant.
const MIN_DIFFERENT: usize = 2;

struct Words {
    posts: Vec<Vec<u16>>,
    surnames: Vec<u16>,
    not_given: Vec<u16>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let form = |words: &str| Form::of(words).characters;
    let posts = RULES.post.iter();
    Words {
        posts: posts.map(|post| form(&post.word)).collect(),
        surnames: form(&RULES.persons.surnames),
        not_given: form(&RULES.persons.not_given),
    }
});

/// True when `one` and `other`, between `before` and `rest` in both, are two persons and a post
/// stands beside them.
pub(crate) fn contradict(before: &[u16], one: &[u16], other: &[u16], rest: &[u16]) -> bool {
    if n_different(one, other) < MIN_DIFFERENT {
        return false;
    }
    let posts = &WORDS.posts;
    if posts.iter().any(|post| rest.starts_with(post)) {
        return ends_a_person(before, one) && ends_a_person(before, other);
    }
    // 陈远山 and 陈玉: the surname is the same.
    let shared = before
        .split_last()
        .filter(|(c, _)| WORDS.surnames.contains(c));
    [(before, false)]
        .into_iter()
        .chain(shared.map(|(_, before)| (before, true)))
        .any(|(before, has_surname)| {
            let is_whole = |words: &[u16]| match has_surname {
                true => words.len() == MIN_DIFFERENT && are_given(words),
                false => is_person(words),
            };
            posts.iter().any(|post| before.ends_with(post)) && is_whole(one) && is_whole(other)
        })
}

/// Characters of the shorter that stand between what both begin and end with.
fn n_different(one: &[u16], other: &[u16]) -> usize {
    let is_same = |(a, b): &(&u16, &u16)| a == b;
    let shorter = one.len().min(other.len());
    let head = one.iter().zip(other).take_while(is_same).count();
    let behind = one.iter().rev().zip(other.iter().rev());
    let tail = behind.take(shorter - head).take_while(is_same).count();
    shorter - head - tail
}

/// True when `one` and `other` end with two surnames; behind both the rest of the name is hidden:
/// 唐某, 龙某.
pub(crate) fn contradict_before_mask(one: &[u16], other: &[u16]) -> bool {
    let surname = |words: &[u16]| words.last().copied().filter(|c| WORDS.surnames.contains(c));
    match (surname(one), surname(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

/// True when a person's name ends with `words`; it may begin in `before`.
fn ends_a_person(before: &[u16], words: &[u16]) -> bool {
    let shared = before
        .get(before.len().saturating_sub(1)..)
        .unwrap_or_default();
    let words = [shared, words].concat();
    let ends = |n: usize| {
        let start = words.len().checked_sub(n);
        start.is_some_and(|start| words.get(start..).is_some_and(is_person))
    };
    LENGTHS.into_iter().any(ends)
}

fn is_person(words: &[u16]) -> bool {
    let Some((surname, given)) = words.split_first() else {
        return false;
    };
    LENGTHS.contains(&words.len()) && WORDS.surnames.contains(surname) && are_given(given)
}

fn are_given(words: &[u16]) -> bool {
    let is_given = |c: &u16| *c != SLOT && !WORDS.not_given.contains(c);
    words.iter().all(is_given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::tests::between;

    #[test]
    fn every_post_matches_its_examples() {
        for post in &RULES.post {
            for (words, expected) in [(&post.differs, true), (&post.same, false)] {
                let (before, one, other, rest) = between(words);
                assert_eq!(
                    contradict(&before, &one, &other, &rest),
                    expected,
                    "{words:?}"
                );
            }
        }
    }

    #[test]
    fn one_character_is_a_slip_and_a_surname_may_be_shared() {
        for (one, other, expected) in [
            ("局长陈远山讲话", "局长陈运山讲话", false),
            ("局长陈远山讲话", "局长陈玉林讲话", true),
            ("陈远山局长讲话", "陈玉林局长讲话", true),
        ] {
            let (before, one, other, rest) = between(&[one.into(), other.into()]);
            assert_eq!(
                contradict(&before, &one, &other, &rest),
                expected,
                "{one:?}"
            );
        }
    }
}
