//! Which rules can match at all: a rule needs one of a few words, and most lines hold none.
//!
//! The words are read off the patterns, so nobody has to keep them in step. All words of all rules
//! are looked for in one pass; a pattern is compiled and run only where one of its words stands.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex_syntax::hir::{Class, Hir, HirKind};

/// The words of many rules.
#[derive(Debug)]
pub(crate) struct Gate {
    words: AhoCorasick,
    /// For each word the rules that need it, as bits.
    needed_by: Vec<Rules>,
    /// Rules that may match without any word.
    always: Rules,
}

/// A set of rules, by their place in the file.
pub(crate) type Rules = u128;

/// A class of more characters is no word.
const MAX_CLASS: u64 = 12;

/// More words than this cost more than they save.
const MAX_WORDS: usize = 64;

impl Gate {
    /// The gate of `patterns`, in the order of the rules.
    pub(crate) fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let (mut words, mut needed_by, mut always) = (Vec::<String>::new(), Vec::new(), 0);
        for (nth, pattern) in patterns.enumerate() {
            let rule: Rules = 1 << nth;
            let Some(needed) = regex_syntax::parse(pattern)
                .ok()
                .and_then(|hir| needed(&hir))
            else {
                always |= rule;
                continue;
            };
            for word in needed.0 {
                match words.iter().position(|known| *known == word) {
                    Some(at) => needed_by[at] |= rule,
                    None => {
                        words.push(word);
                        needed_by.push(rule);
                    }
                }
            }
        }
        let words = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("a few hundred words make a small automaton");
        Gate {
            words,
            needed_by,
            always,
        }
    }

    /// The rules that may match in all of `text`.
    pub(crate) fn rules(&self, text: &str) -> Rules {
        self.places(text)
            .fold(self.always, |rules, (_, more)| rules | more)
    }

    /// Where words end in `text`, in order, with the rules that need them.
    pub(crate) fn places(&self, text: &str) -> impl Iterator<Item = (usize, Rules)> {
        let found = self.words.find_overlapping_iter(text);
        found.filter_map(|found| {
            let rules = self.needed_by.get(found.pattern().as_usize())?;
            Some((found.end(), *rules))
        })
    }

    /// Rules that may match anywhere.
    pub(crate) fn always(&self) -> Rules {
        self.always
    }
}

/// Words of which every match holds at least one.
struct Words(Vec<String>);

impl Words {
    /// How much the least telling word tells: digits are everywhere in reports, Latin letters and
    /// signs less so, and of the Han characters each is rare.
    fn worth(&self) -> u32 {
        let of_char = |c: char| match c {
            '0'..='9' => 1,
            c if c.is_ascii() || !c.is_alphabetic() => 3,
            _ => 6,
        };
        let of_word = |word: &String| word.chars().map(of_char).sum();
        self.0.iter().map(of_word).min().unwrap_or(0)
    }
}

fn needed(hir: &Hir) -> Option<Words> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let word = std::str::from_utf8(&literal.0).ok()?;
            Some(Words(vec![word.to_owned()]))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let n_chars = |range: &regex_syntax::hir::ClassUnicodeRange| range.len() as u64;
            if class.ranges().iter().map(n_chars).sum::<u64>() > MAX_CLASS {
                return None;
            }
            let chars = class
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end());
            Some(Words(chars.map(String::from).collect()))
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => needed(&repetition.sub),
        HirKind::Capture(capture) => needed(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(needed).max_by_key(Words::worth),
        HirKind::Alternation(branches) => {
            let mut words = Vec::new();
            for branch in branches {
                words.extend(needed(branch)?.0);
            }
            words.sort();
            words.dedup();
            (words.len() <= MAX_WORDS).then_some(Words(words))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pattern: &str) -> Option<Vec<String>> {
        needed(&regex_syntax::parse(pattern).unwrap()).map(|words| words.0)
    }

    #[test]
    fn the_words_of_a_pattern_are_read_off() {
        assert_eq!(words("(?:上|下)一(?:篇|条)?[^。]{0,9}").unwrap(), ["一"]);
        assert_eq!(
            words("共?有?\\d+条(?:评论|留言)").unwrap(),
            ["留言", "评论"]
        );
        assert_eq!(words("(?:20|19)[xX]").unwrap(), ["X", "x"]);
        assert_eq!(words("\\p{Han}?(?:网站)*"), None);
        assert_eq!(words("上一页|\\d+"), None);
    }

    #[test]
    fn a_rule_is_let_through_where_one_of_its_words_stands() {
        let gate = Gate::of(["评论|留言", "\\d+", "首页"].into_iter());
        assert_eq!(gate.rules("网友留言"), 0b011);
        assert_eq!(gate.rules("返回首页"), 0b110);
        assert_eq!(gate.rules("完"), 0b010);
    }
}
