//! Which differences between two texts are differences of names. The words are in
//! `rules/names.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::comparison::SLOT;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    suffix: Vec<Suffix>,
    /// Words beside the name of a person.
    pub(crate) post: Vec<Suffix>,
    no_name: NoName,
    draft: Draft,
    pub(crate) persons: Persons,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Persons {
    pub(crate) surnames: String,
    /// Characters that no given name has.
    pub(crate) not_given: String,
}

/// What a title says of a version that is not the last.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples are for the tests")
)]
struct Draft {
    words: String,
    matches: Vec<String>,
    refuses: Vec<String>,
}

/// What no name ends with, though it stands before a suffix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples are for the tests")
)]
struct NoName {
    words: String,
    same: Vec<[String; 2]>,
    differs: Vec<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples are for the tests")
)]
pub(crate) struct Suffix {
    pub(crate) word: String,
    /// Characters behind it that make another word of it: 乡村, 县级.
    #[serde(default)]
    not_before: String,
    pub(crate) differs: [String; 2],
    pub(crate) same: [String; 2],
}

/// Words before a suffix that name nothing: 全县, 我县, 各位同志.
const NOT_NAMES: &str = "全我本各该此外邻两几每某位体";

/// Characters of a name with its suffix that are looked for at the head of a stretch.
const LONGEST_NAME: usize = 8;

pub(crate) static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../rules/names.toml")).expect("a test reads the rules")
});

/// A suffix and what must not stand behind it, as forms.
struct SuffixForm {
    word: Vec<u16>,
    not_before: Vec<u16>,
}

static SUFFIXES: LazyLock<Vec<SuffixForm>> = LazyLock::new(|| {
    let suffix = |suffix: &Suffix| SuffixForm {
        word: form(&suffix.word),
        not_before: form(&suffix.not_before),
    };
    RULES.suffix.iter().map(suffix).collect()
});

static NO_NAMES: LazyLock<Vec<Vec<u16>>> = LazyLock::new(|| forms(&RULES.no_name.words));
static DRAFTS: LazyLock<Vec<Vec<u16>>> = LazyLock::new(|| forms(&RULES.draft.words));

fn forms(words: &str) -> Vec<Vec<u16>> {
    words.split_whitespace().map(form).collect()
}

fn form(words: &str) -> Vec<u16> {
    crate::comparison::Form::of(words).characters
}

impl SuffixForm {
    fn begins(&self, rest: &[u16]) -> bool {
        rest.starts_with(&self.word) && !self.begins_word(rest)
    }

    /// True for 乡村 and 县级, of which 乡 and 县 are no suffix.
    fn begins_word(&self, rest: &[u16]) -> bool {
        let behind = rest.strip_prefix(&self.word[..]);
        behind.is_some_and(|behind| behind.first().is_some_and(|c| self.not_before.contains(c)))
    }
}

/// True when `one` and `other`, both followed by `rest`, are two names.
pub(crate) fn contradict(one: &[u16], other: &[u16], rest: &[u16]) -> bool {
    if !names_something(one) || !names_something(other) {
        return false;
    }
    let named = |rest: &[u16]| SUFFIXES.iter().any(|suffix| suffix.begins(rest));
    // 青岭县 and 云岭县 have the end of the name in common, as have 青0县 and 云1县.
    let is_word = SUFFIXES.iter().any(|suffix| suffix.begins_word(rest));
    let common_end = rest
        .split_first()
        .is_some_and(|(&c, rest)| (is_name(c) || c == SLOT) && !is_word && named(rest));
    // 青山小学 and 绿水中学 have half of the suffix in common.
    let is_halved = rest.first().is_some_and(|&c| {
        let ends = |words: &[u16]| ends_a_name_before(&[words, &[c]].concat(), rest.get(1));
        ends(one) && ends(other)
    });
    named(rest) || common_end || is_halved || (ends_a_name(one) && ends_a_name(other))
}

/// As [`contradict`] of two stretches that are longer than a name: 城南中学教师 and 滨河小学的食堂.
pub(crate) fn heads_contradict(one: &[u16], other: &[u16]) -> bool {
    let head = |words: &[u16]| -> Option<Vec<u16>> {
        let is_one = |words: &&[u16]| ends_a_name(words) && names_something(words);
        let heads = (2..=LONGEST_NAME).filter_map(|end| words.get(..end));
        heads.into_iter().find(is_one).map(<[u16]>::to_vec)
    };
    match (head(one), head(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

/// As [`contradict`] where a number or mask stands in a name: 青0 is not 云岭, but may be 青禾.
pub(crate) fn contradict_around_slots(one: &[u16], other: &[u16], rest: &[u16]) -> bool {
    // Only what stands before the slot is compared: behind it any number of characters is lost.
    let head = |words: &[u16]| -> Vec<u16> {
        let known = words.iter().take_while(|&&c| c != SLOT);
        known.copied().collect()
    };
    let (one, other) = (head(one), head(other));
    let is_same = |(a, b): (&u16, &u16)| a == b;
    !one.iter().zip(&other).all(is_same) && contradict(&one, &other, rest)
}

/// True when a name with one of the suffixes stands in `words`.
pub(crate) fn is_named(words: &[u16]) -> bool {
    let ends = |end: usize| {
        let name = words.get(..end);
        name.is_some_and(|name| ends_a_name_before(name, words.get(end)))
    };
    (2..=words.len()).any(ends)
}

/// True when `title` is that of a version which is not the last.
pub(crate) fn is_draft(title: &[u16]) -> bool {
    let holds = |word: &Vec<u16>| title.windows(word.len()).any(|part| part == word);
    DRAFTS.iter().any(holds)
}

fn ends_a_name(words: &[u16]) -> bool {
    ends_a_name_before(words, None)
}

/// As [`ends_a_name`], with the character behind.
fn ends_a_name_before(words: &[u16], behind: Option<&u16>) -> bool {
    let ends = |suffix: &SuffixForm| {
        let name = words.strip_suffix(&suffix.word[..]);
        let is_suffix = !behind.is_some_and(|c| suffix.not_before.contains(c));
        is_suffix
            && name
                .is_some_and(|name| name.last().is_some_and(|&c| is_name(c)) && !is_no_name(name))
    };
    SUFFIXES.iter().any(ends)
}

fn is_name(c: u16) -> bool {
    char::from_u32(c.into()).is_some_and(|c| !c.is_control() && !NOT_NAMES.contains(c))
}

fn names_something(words: &[u16]) -> bool {
    !words.is_empty() && words.iter().all(|&c| is_name(c)) && !is_no_name(words)
}

fn is_no_name(words: &[u16]) -> bool {
    NO_NAMES.iter().any(|no_name| words.ends_with(no_name))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::comparison::Form;

    /// What stands in one and in the other between what they begin and end with alike.
    pub(crate) fn between([one, other]: &[String; 2]) -> (Vec<u16>, Vec<u16>, Vec<u16>, Vec<u16>) {
        let (one, other) = (Form::of(one).characters, Form::of(other).characters);
        let is_same = |(a, b): &(&u16, &u16)| a == b;
        let head = one.iter().zip(&other).take_while(is_same).count();
        let behind = one[head..].iter().rev().zip(other[head..].iter().rev());
        let tail = behind.take_while(is_same).count();
        let (one, rest) = one.split_at(one.len() - tail);
        let (other, _) = other.split_at(other.len() - tail);
        let (before, one) = one.split_at(head);
        (before.into(), one.into(), other[head..].into(), rest.into())
    }

    fn differ(words: &[String; 2]) -> bool {
        let (_, one, other, rest) = between(words);
        contradict(&one, &other, &rest)
    }

    #[test]
    fn every_rule_matches_its_examples() {
        for suffix in &RULES.suffix {
            assert!(differ(&suffix.differs), "{:?}", suffix.differs);
            assert!(!differ(&suffix.same), "{:?}", suffix.same);
        }
        for title in &RULES.draft.matches {
            assert!(is_draft(&form(title)), "{title}");
        }
        for title in &RULES.draft.refuses {
            assert!(!is_draft(&form(title)), "{title}");
        }
        for pair in &RULES.no_name.same {
            assert!(!differ(pair), "{pair:?}");
        }
        for pair in &RULES.no_name.differs {
            assert!(differ(pair), "{pair:?}");
        }
        assert!(differ(&["青山小学始终".into(), "绿水中学始终".into()]));
        for pair in [
            ["青岭市民政局", "龙塘市民政局"],
            ["青禾县城乡建设局", "云岭县城乡建设局"],
        ] {
            assert!(differ(&pair.map(String::from)), "{pair:?}");
        }
        for pair in [
            ["振兴乡村产业", "发展乡村产业"],
            ["荣获市级表彰", "受到市级表彰"],
        ] {
            assert!(!differ(&pair.map(String::from)), "{pair:?}");
        }
        assert!(!differ(&["我们小学始终".into(), "全县中学始终".into()]));
    }
}
