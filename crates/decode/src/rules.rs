//! Rules as data: the patterns in `rules/*.toml`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

/// A pattern with its surroundings, and the examples that keep it honest.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) kind: Kind,
    find: Regex,
    before: Option<Regex>,
    after: Option<Regex>,
    not_before: Option<Regex>,
    not_after: Option<Regex>,
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
    find: String,
    before: Option<String>,
    after: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    matches: Vec<String>,
    not: Vec<String>,
}

pub(crate) static CHROME: LazyLock<Vec<Rule>> =
    LazyLock::new(|| load(include_str!("../rules/chrome.toml"), Kind::Chrome));

pub(crate) static MASKS: LazyLock<Vec<Rule>> =
    LazyLock::new(|| load(include_str!("../rules/masks.toml"), Kind::Mask));

fn load(toml: &str, kind: Kind) -> Vec<Rule> {
    let file: File = toml::from_str(toml).expect("the rules are part of the program and tested");
    let regex = |pattern: &str| Regex::new(pattern).expect("the rules are tested");
    let compile = |rule: Written| Rule {
        find: match rule.scope {
            Scope::Line | Scope::HeadLine | Scope::TailLine => {
                regex(&format!("(?x)^(?:{})$", rule.find))
            }
            _ => regex(&format!("(?x){}", rule.find)),
        },
        before: rule.before.map(|p| regex(&format!("(?x)(?:{p})$"))),
        not_before: rule.not_before.map(|p| regex(&format!("(?x)(?:{p})$"))),
        after: rule.after.map(|p| regex(&format!("(?x)^(?:{p})"))),
        not_after: rule.not_after.map(|p| regex(&format!("(?x)^(?:{p})"))),
        name: rule.name,
        scope: rule.scope,
        kind: if rule.kind == Kind::Chrome {
            kind
        } else {
            rule.kind
        },
        matches: rule.matches,
        not: rule.not,
    };
    file.rule.into_iter().map(compile).collect()
}

/// Surroundings are looked at this far; enough for a word on either side.
const CONTEXT_CHARS: usize = 12;

impl Rule {
    /// True when the whole of `line` is what the rule describes.
    pub(crate) fn is_line(&self, line: &str) -> bool {
        self.find.is_match(line)
    }

    /// The places in `text` the rule describes, in order.
    pub(crate) fn find_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.find.find_iter(text).map(|found| found.range());
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
        let is = |regex: &Option<Regex>, text: &str, none: bool| {
            regex.as_ref().map_or(none, |regex| regex.is_match(text))
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
            Scope::Line | Scope::HeadLine | Scope::TailLine => rule.is_line(&example),
            _ => rule.find_in(&example).next().is_some(),
        }
    }

    #[test]
    fn every_rule_matches_its_examples_and_no_counterexample() {
        let mut wrong = Vec::new();
        for rule in CHROME.iter().chain(MASKS.iter()) {
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
    fn rules_have_names_of_their_own() {
        let mut names: Vec<&str> = CHROME
            .iter()
            .chain(MASKS.iter())
            .map(|r| &*r.name)
            .collect();
        let n_rules = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n_rules);
    }
}
