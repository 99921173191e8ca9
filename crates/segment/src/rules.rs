//! Knowledge as data: the word lists under `rules/`, each entry with words it must and must not match.

mod words;

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

pub(crate) use self::words::{BEGINS, ENDS, Found};

/// One word list, compiled once.
pub(crate) struct Rules {
    entries: Vec<(String, Regex)>,
}

/// Which end of a text the entries of a list are held against.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    End,
    Anywhere,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), allow(dead_code))] // The examples are read by the test only.
struct Entry {
    name: String,
    pattern: String,
    /// Counts only where the context says that a name ends.
    #[serde(default)]
    weak: bool,
    /// What looks like a name and is none.
    #[serde(default)]
    never: bool,
    matches: Vec<String>,
    refuses: Vec<String>,
}

/// How a title ends.
pub(crate) static TITLES: LazyLock<Regex> =
    LazyLock::new(|| ending(entries(include_str!("../rules/titles.toml")).into_iter()));
/// How a first sentence begins.
pub(crate) static OPENINGS: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/openings.toml"), Anchor::Start));
/// How a whole report ends.
pub(crate) static CLOSINGS: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/closings.toml"), Anchor::Anywhere));
/// What a section is for.
pub(crate) static ROLES: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/roles.toml"), Anchor::Anywhere));

/// How the name of a kind of office begins.
pub(crate) static KINDS: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/kinds.toml"), Anchor::Start));

/// What ends like the name of a place and is none.
pub(crate) static NO_PLACES: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/no_places.toml"), Anchor::Anywhere));
/// What the titles of reports of people hold.
pub(crate) static PEOPLE: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/people.toml"), Anchor::Anywhere));
/// What those who speak for an office are called.
pub(crate) static HOLDERS: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/holders.toml"), Anchor::Start));

/// How a sentence begins that is glued to its heading.
pub(crate) static STARTS: LazyLock<Regex> =
    LazyLock::new(|| union(include_str!("../rules/starts.toml")));
/// What binds the word behind it to a heading.
pub(crate) static BOUND: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(include_str!("../rules/bound.toml"), Anchor::End));

/// Every place in a text where a title may end.
pub(crate) static TITLE_WORDS: LazyLock<Regex> =
    LazyLock::new(|| union(include_str!("../rules/titles.toml")));
/// Every place in a text where the name of a unit may end.
pub(crate) static UNITS: LazyLock<Regex> =
    LazyLock::new(|| union(include_str!("../rules/units.toml")));
/// How the name of a unit may end where the context says that it ends.
pub(crate) static OFFICES: LazyLock<Regex> = LazyLock::new(|| {
    let weak = entries(include_str!("../rules/units.toml"));
    let weak = weak.into_iter().filter(|entry| entry.weak);
    ending(weak)
});
/// Words that end like a unit and are none.
pub(crate) static NO_OFFICES: LazyLock<Regex> = LazyLock::new(|| {
    let never = entries(include_str!("../rules/units.toml"));
    let never = never.into_iter().filter(|entry| entry.never);
    ending(never)
});

fn entries(file: &str) -> Vec<Entry> {
    toml::from_str::<File>(file)
        .expect("the rules are part of the program and a test reads them all")
        .entry
}

/// A pattern that is part of the program.
pub(crate) fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is part of the program and a test compiles it")
}

fn union(file: &str) -> Regex {
    let alternatives: Vec<String> = entries(file)
        .into_iter()
        .filter(|entry| !entry.weak && !entry.never)
        .map(|entry| entry.pattern)
        .collect();
    pattern(&alternatives.join("|"))
}

fn ending(entries: impl Iterator<Item = Entry>) -> Regex {
    let alternatives: Vec<String> = entries.map(|entry| entry.pattern).collect();
    pattern(&format!("(?:{})$", alternatives.join("|")))
}

impl Rules {
    fn load(file: &str, anchor: Anchor) -> Self {
        let compile = |entry: Entry| {
            let anchored = match anchor {
                Anchor::Start => format!("^(?:{})", entry.pattern),
                Anchor::End => format!("(?:{})$", entry.pattern),
                Anchor::Anywhere => entry.pattern,
            };
            (entry.name, pattern(&anchored))
        };
        Rules {
            entries: entries(file).into_iter().map(compile).collect(),
        }
    }

    /// The name of the first entry that matches.
    pub(crate) fn find(&self, text: &str) -> Option<&str> {
        let entry = self.entries.iter().find(|(_, regex)| regex.is_match(text));
        entry.map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_matches_and_refuses_its_examples() {
        let files = [
            (include_str!("../rules/titles.toml"), Anchor::End),
            (include_str!("../rules/openings.toml"), Anchor::Start),
            (include_str!("../rules/closings.toml"), Anchor::Anywhere),
            (include_str!("../rules/roles.toml"), Anchor::Anywhere),
            (include_str!("../rules/units.toml"), Anchor::End),
            (include_str!("../rules/kinds.toml"), Anchor::Start),
            (include_str!("../rules/no_places.toml"), Anchor::Anywhere),
            (include_str!("../rules/people.toml"), Anchor::Anywhere),
            (include_str!("../rules/holders.toml"), Anchor::Start),
            (include_str!("../rules/starts.toml"), Anchor::Anywhere),
            (include_str!("../rules/bound.toml"), Anchor::End),
        ];
        for (file, anchor) in files {
            let rules = Rules::load(file, anchor);
            for (entry, (_, regex)) in entries(file).iter().zip(&rules.entries) {
                assert!(!entry.matches.is_empty() && !entry.refuses.is_empty());
                for text in &entry.matches {
                    assert!(regex.is_match(text), "{} misses {text}", entry.name);
                }
                for text in &entry.refuses {
                    assert!(!regex.is_match(text), "{} takes {text}", entry.name);
                }
            }
        }
    }
}
