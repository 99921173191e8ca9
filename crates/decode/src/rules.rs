//! Rules as data: the patterns in `rules/*.toml`.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use crate::gate::{self, Gate};

/// The rules of a file.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) all: Vec<Rule>,
    /// The bit of the first of them in a set of the [`GATE`].
    first: u32,
}

/// What tells which rules of all files can match: one look at a text for all of them.
pub(crate) static GATE: LazyLock<Gate> = LazyLock::new(|| {
    let all = CHROME.all.iter().chain(&MASKS.all);
    Gate::of(all.map(|rule| rule.find.written.as_str()))
});

impl Rules {
    /// The rules of this file in `set`, which is one of the [`GATE`], in order of the file.
    pub(crate) fn of(&self, set: gate::Rules) -> impl Iterator<Item = &Rule> {
        let mut left = set >> self.first;
        std::iter::from_fn(move || {
            let nth = left.trailing_zeros();
            left &= left.checked_sub(1)?;
            self.all.get(nth as usize)
        })
    }
}

/// A pattern with its surroundings, and the examples that keep it honest.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) kind: Kind,
    /// It takes no line that tells a figure or what was done: see `chrome::has_news`.
    pub(crate) spares_news: bool,
    find: Pattern,
    /// The match is what the group [`PART`] of `find` holds.
    is_part: bool,
    before: Option<Pattern>,
    after: Option<Pattern>,
    not_before: Option<Pattern>,
    not_after: Option<Pattern>,
    /// What must match, and what must not; read by the tests only.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) matches: Vec<String>,
    #[cfg_attr(not(test), allow(dead_code))]
    pub(crate) not: Vec<String>,
}

/// What a match takes.
#[derive(Clone, Copy, Debug, Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The whole line, which the pattern must match from end to end.
    Line,
    /// As `line`, near the top of the page only.
    HeadLine,
    /// As `line`, near the end of the page only.
    TailLine,
    /// The sentence the pattern is found in.
    Sentence,
    /// As `sentence`, near the top or the end of the page only.
    EdgeSentence,
    /// What the pattern matches.
    #[default]
    Inline,
    /// As `inline`, near the top of the page only.
    HeadInline,
}

/// What is found.
#[derive(Clone, Copy, Debug, Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    #[default]
    Chrome,
    Watermark,
    Cut,
    Mask,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    spares_news: bool,
    find: String,
    before: Option<String>,
    after: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    matches: Vec<String>,
    not: Vec<String>,
}

/// A regular expression, compiled when it is first asked: that takes milliseconds for some, and most
/// runs over a few pages need few of them.
#[derive(Debug)]
struct Pattern {
    written: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    fn new(written: String) -> Self {
        Pattern {
            written,
            compiled: OnceLock::new(),
        }
    }

    fn regex(&self) -> &Regex {
        let compile = || Regex::new(&self.written).expect("the rules are tested");
        self.compiled.get_or_init(compile)
    }
}

pub(crate) static CHROME: LazyLock<Rules> =
    LazyLock::new(|| load(include_str!("../rules/chrome.toml"), Kind::Chrome, 0));

pub(crate) static MASKS: LazyLock<Rules> = LazyLock::new(|| {
    let first = CHROME.all.len() as u32;
    load(include_str!("../rules/masks.toml"), Kind::Mask, first)
});

/// Lines of pages that a server shows in place of the one that was asked for. Not in the [`GATE`].
pub(crate) static ERRORS: LazyLock<Rules> =
    LazyLock::new(|| load(include_str!("../rules/errors.toml"), Kind::Chrome, 0));

fn load(toml: &str, kind: Kind, first: u32) -> Rules {
    let file: File = toml::from_str(toml).expect("the rules are part of the program and tested");
    let ends = |pattern: String| Pattern::new(format!("(?x)(?:{pattern})$"));
    let starts = |pattern: String| Pattern::new(format!("(?x)^(?:{pattern})"));
    let rule = |rule: Written| Rule {
        is_part: rule.find.contains("(?<part>"),
        find: match rule.scope {
            Scope::Line | Scope::HeadLine | Scope::TailLine => {
                Pattern::new(format!("(?x)^(?:{})$", rule.find))
            }
            _ => Pattern::new(format!("(?x){}", rule.find)),
        },
        before: rule.before.map(ends),
        not_before: rule.not_before.map(ends),
        after: rule.after.map(starts),
        not_after: rule.not_after.map(starts),
        name: rule.name,
        scope: rule.scope,
        spares_news: rule.spares_news,
        kind: if rule.kind == Kind::Chrome {
            kind
        } else {
            rule.kind
        },
        matches: rule.matches,
        not: rule.not,
    };
    Rules {
        all: file.rule.into_iter().map(rule).collect(),
        first,
    }
}

/// The name of the group around the words that a rule takes, where its pattern needs more of them.
const PART: &str = "part";

/// Surroundings are looked at this far; enough for a word on either side.
const CONTEXT_CHARS: usize = 12;

impl Rule {
    /// True when the whole of `line` is what the rule describes.
    pub(crate) fn is_line(&self, line: &str) -> bool {
        self.find.regex().is_match(line)
    }

    /// The places in `text` the rule describes, in order.
    pub(crate) fn find_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let regex = self.find.regex();
        let own = |found: regex::Match<'_>| match self.is_part {
            true => Some(regex.captures_at(text, found.start())?.name(PART)?.range()),
            false => Some(found.range()),
        };
        let found = regex.find_iter(text).filter_map(own);
        found.filter(|range| !range.is_empty() && self.fits(text, range))
    }

    fn fits(&self, text: &str, range: &Range<usize>) -> bool {
        let before = text.get(..range.start).unwrap_or_default();
        let from = before
            .char_indices()
            .rev()
            .nth(CONTEXT_CHARS - 1)
            .map_or(0, |(at, _)| at);
        let before = before.get(from..).unwrap_or_default();
        let after = text.get(range.end..).unwrap_or_default();
        let to = after
            .char_indices()
            .nth(CONTEXT_CHARS)
            .map_or(after.len(), |(at, _)| at);
        let after = after.get(..to).unwrap_or_default();
        let is = |pattern: &Option<Pattern>, text: &str, none: bool| {
            let pattern = pattern.as_ref();
            pattern.map_or(none, |pattern| pattern.regex().is_match(text))
        };
        is(&self.before, before, true)
            && is(&self.after, after, true)
            && !is(&self.not_before, before, false)
            && !is(&self.not_after, after, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::simplify;

    fn matches(rule: &Rule, example: &str) -> bool {
        let example = simplify(example);
        match rule.scope {
            Scope::Line | Scope::HeadLine | Scope::TailLine => {
                rule.is_line(&example) && !(rule.spares_news && crate::chrome::has_news(&example))
            }
            _ => rule.find_in(&example).next().is_some(),
        }
    }

    #[test]
    fn every_rule_matches_its_examples_and_no_counterexample() {
        let mut wrong = Vec::new();
        for rule in CHROME.all.iter().chain(&MASKS.all).chain(&ERRORS.all) {
            assert!(
                !rule.matches.is_empty() && !rule.not.is_empty(),
                "{} has no examples",
                rule.name
            );
            let missed = rule
                .matches
                .iter()
                .filter(|example| !matches(rule, example));
            wrong.extend(missed.map(|example| format!("{} misses {example:?}", rule.name)));
            let taken = rule.not.iter().filter(|example| matches(rule, example));
            wrong.extend(taken.map(|example| format!("{} takes {example:?}", rule.name)));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_gate_lets_every_example_through() {
        for rules in [&*CHROME, &*MASKS] {
            for rule in &rules.all {
                for example in &rule.matches {
                    let mut open = rules.of(GATE.rules(&simplify(example)));
                    assert!(open.any(|open| open.name == rule.name), "{}", rule.name);
                }
            }
        }
    }

    #[test]
    fn every_rule_needs_a_word() {
        for rules in [&*CHROME, &*MASKS] {
            let open = rules.of(GATE.always());
            assert_eq!(open.map(|rule| &*rule.name).collect::<Vec<_>>(), [""; 0]);
        }
    }

    #[test]
    fn rules_have_names_of_their_own() {
        let all = CHROME.all.iter().chain(&MASKS.all).chain(&ERRORS.all);
        let mut names: Vec<&str> = all.map(|rule| &*rule.name).collect();
        let n_rules = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n_rules);
    }
}
