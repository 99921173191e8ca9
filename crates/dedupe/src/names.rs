//! Which differences between two texts are differences of names. The words are in
//! `rules/names.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    suffix: Vec<Suffix>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples are for the tests")
)]
struct Suffix {
    word: String,
    differs: [String; 2],
    same: [String; 2],
}

/// Words before a suffix that name nothing: 全县, 我县, 各位同志.
const NOT_NAMES: &str = "全我本各该此外邻两几每某位体";

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../rules/names.toml")).expect("a test reads the rules")
});

static SUFFIXES: LazyLock<Vec<Vec<u16>>> = LazyLock::new(|| {
    let form = |suffix: &Suffix| crate::comparison::Form::of(&suffix.word).characters;
    RULES.suffix.iter().map(form).collect()
});

/// True when `one` and `other`, both followed by `rest`, are two names.
pub(crate) fn contradict(one: &[u16], other: &[u16], rest: &[u16]) -> bool {
    if !names_something(one) || !names_something(other) {
        return false;
    }
    let suffixed = |words: &[u16]| {
        let ends = |suffix: &Vec<u16>| words.len() > suffix.len() && words.ends_with(suffix);
        SUFFIXES.iter().any(ends)
    };
    let named = |rest: &[u16]| SUFFIXES.iter().any(|suffix| rest.starts_with(suffix));
    // 青岭县 and 云岭县 have the end of the name in common.
    let common_end = rest
        .split_first()
        .is_some_and(|(&c, rest)| is_name(c) && named(rest));
    named(rest) || common_end || (suffixed(one) && suffixed(other))
}

fn is_name(c: u16) -> bool {
    char::from_u32(c.into()).is_some_and(|c| !c.is_control() && !NOT_NAMES.contains(c))
}

fn names_something(words: &[u16]) -> bool {
    !words.is_empty() && words.iter().all(|&c| is_name(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Form;

    fn differ([one, other]: &[String; 2]) -> bool {
        let (one, other) = (Form::of(one).characters, Form::of(other).characters);
        let is_same = |(a, b): &(&u16, &u16)| a == b;
        let head = one.iter().zip(&other).take_while(is_same).count();
        let tail = one
            .iter()
            .rev()
            .zip(other.iter().rev())
            .take_while(is_same)
            .count();
        let (one, rest) = one.split_at(one.len() - tail);
        let (other, _) = other.split_at(other.len() - tail);
        contradict(&one[head..], &other[head..], rest)
    }

    #[test]
    fn every_rule_matches_its_examples() {
        for suffix in &RULES.suffix {
            assert!(differ(&suffix.differs), "{:?}", suffix.differs);
            assert!(!differ(&suffix.same), "{:?}", suffix.same);
        }
    }
}
