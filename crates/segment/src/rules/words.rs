//! Lists of plain words, found all at once.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

/// Words that the sentence behind a heading begins with.
pub(crate) static BEGINS: LazyLock<Words> =
    LazyLock::new(|| Words::load(include_str!("../../rules/begins.toml")));
/// Words that a heading ends with.
pub(crate) static ENDS: LazyLock<Words> =
    LazyLock::new(|| Words::load(include_str!("../../rules/ends.toml")));

/// A list of words, each with what its entry says of it.
pub(crate) struct Words {
    automaton: AhoCorasick,
    /// For each word.
    traits: Vec<Traits>,
}

#[derive(Clone, Copy)]
struct Traits {
    gain: f32,
    head: bool,
    behind: usize,
}

/// Where a word of a list stands, in bytes.
pub(crate) struct Found {
    pub(crate) start: usize,
    /// Behind the word and the characters that belong to it.
    pub(crate) end: usize,
    /// How much it speaks for its place.
    pub(crate) gain: f32,
    /// What stands in front of it belongs to it.
    pub(crate) head: bool,
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
    words: String,
    gain: f32,
    #[serde(default)]
    head: bool,
    #[serde(default)]
    behind: usize,
    matches: Vec<String>,
    refuses: Vec<String>,
}

fn entries(file: &str) -> Vec<Entry> {
    toml::from_str::<File>(file)
        .expect("the words are part of the program and a test reads them all")
        .entry
}

impl Words {
    fn load(file: &str) -> Self {
        Words::of(&entries(file))
    }

    fn of(entries: &[Entry]) -> Self {
        let mut words = Vec::new();
        let mut traits = Vec::new();
        for entry in entries {
            for word in entry.words.split_whitespace() {
                words.push(word);
                traits.push(Traits {
                    gain: entry.gain,
                    head: entry.head,
                    behind: entry.behind,
                });
            }
        }
        let automaton = AhoCorasick::new(words)
            .expect("the words are part of the program and a test reads them all");
        Words { automaton, traits }
    }

    /// Every word in `text`, also inside others.
    pub(crate) fn all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Found> + 'a {
        self.automaton
            .find_overlapping_iter(text)
            .filter_map(move |word| {
                let traits = self.traits.get(word.pattern().as_usize())?;
                let rest = text.get(word.end()..)?;
                let mut behind = rest.char_indices();
                let end = match traits.behind.checked_sub(1) {
                    Some(n) => behind.nth(n).map(|(at, c)| at + c.len_utf8())?,
                    None => 0,
                };
                Some(Found {
                    start: word.start(),
                    end: word.end() + end,
                    gain: traits.gain,
                    head: traits.head,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_matches_and_refuses_its_examples() {
        type Holds = fn(&Found, &str) -> bool;
        let files: [(&str, Holds); 2] = [
            (include_str!("../../rules/begins.toml"), |found, _| {
                found.start == 0
            }),
            (include_str!("../../rules/ends.toml"), |found, text| {
                found.end == text.len()
            }),
        ];
        for (file, holds) in files {
            for entry in entries(file) {
                let words = Words::of(std::slice::from_ref(&entry));
                let takes = |text: &str| words.all(text).any(|found| holds(&found, text));
                assert!(!entry.matches.is_empty() && !entry.refuses.is_empty());
                for text in &entry.matches {
                    assert!(takes(text), "{} misses {text}", entry.name);
                }
                for text in &entry.refuses {
                    assert!(!takes(text), "{} takes {text}", entry.name);
                }
            }
        }
    }
}
