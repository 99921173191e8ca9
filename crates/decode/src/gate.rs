//! Which rules can match at all: a rule needs one of a few words, and most lines hold none.
//!
//! The words are read off the patterns, so nobody has to keep them in step. All words of all rules
//! are looked for in one pass; a pattern is compiled and run only where one of its words stands.
//!
//! A character that begins no word, as nine of ten do, costs one look into a table. An automaton
//! over the bytes took three times as long.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The words of many rules.
#[derive(Debug)]
pub(crate) struct Gate {
    /// By code point: one more than the place in `groups` of the words it begins, 0 for none.
    firsts: Vec<u16>,
    /// The words that begin with the same character.
    groups: Vec<Group>,
    /// Rules that may match without any word.
    always: Rules,
}

/// Words with the same first character.
#[derive(Debug, Default)]
struct Group {
    /// The low six bits of their second characters, a bit for each value. Few characters pass that
    /// go on otherwise, and most first characters go on otherwise.
    seconds: u64,
    /// The rest of each word behind its first character, with the rules that need it.
    rests: Vec<(String, Rules)>,
}

/// Words begin with characters below this.
const N_FIRSTS: usize = 0x1_0000;

/// A set of rules, by their place in the file.
pub(crate) type Rules = u128;

/// A class of more characters is no word.
const MAX_CLASS: u64 = 12;

/// More words than this cost more than they save.
const MAX_WORDS: usize = 64;

impl Gate {
    /// The gate of `patterns`, in the order of the rules.
    pub(crate) fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let mut gate = Gate {
            firsts: vec![0; N_FIRSTS],
            groups: Vec::new(),
            always: 0,
        };
        for (nth, pattern) in patterns.enumerate() {
            let rule: Rules = 1 << nth;
            let hir = regex_syntax::parse(pattern).ok();
            let is_told = hir
                .and_then(|hir| needed(&hir))
                .is_some_and(|words| words.0.iter().all(|word| gate.add(word, rule).is_some()));
            if !is_told {
                gate.always |= rule;
            }
        }
        gate
    }

    /// Notes that `rule` needs `word`; `None` for a word that cannot be looked for.
    fn add(&mut self, word: &str, rule: Rules) -> Option<()> {
        let mut chars = word.chars();
        let first = self.firsts.get_mut(chars.next()? as usize)?;
        let rest = chars.as_str();
        if *first == 0 {
            self.groups.push(Group::default());
            *first = u16::try_from(self.groups.len()).ok()?;
        }
        let group = self.groups.get_mut(usize::from(*first) - 1)?;
        // A word that ends with its first character may have anything behind it.
        group.seconds |= rest.chars().next().map_or(u64::MAX, low_bits);
        match group.rests.iter_mut().find(|(known, _)| known == rest) {
            Some((_, rules)) => *rules |= rule,
            None => group.rests.push((rest.to_owned(), rule)),
        }
        Some(())
    }

    /// The rules that may match in all of `text`.
    pub(crate) fn rules(&self, text: &str) -> Rules {
        self.places(text)
            .fold(self.always, |rules, (_, more)| rules | more)
    }

    /// Where words start in `text`, in order, with the rules that need them.
    pub(crate) fn places(&self, text: &str) -> impl Iterator<Item = (usize, Rules)> {
        text.char_indices().filter_map(|(at, c)| {
            let first = *self.firsts.get(c as usize)?;
            let group = self.groups.get(usize::from(first).checked_sub(1)?)?;
            let behind = text.get(at + c.len_utf8()..)?;
            let second = behind.chars().next().map_or(u64::MAX, low_bits);
            if group.seconds & second == 0 {
                return None;
            }
            let stands = |(rest, _): &&(String, Rules)| behind.starts_with(rest.as_str());
            let needed_by = group.rests.iter().filter(stands);
            let rules = needed_by.fold(0, |all, (_, rules)| all | rules);
            (rules != 0).then_some((at, rules))
        })
    }

    /// Rules that may match anywhere.
    pub(crate) fn always(&self) -> Rules {
        self.always
    }
}

/// The bit of the low six bits of `c`.
fn low_bits(c: char) -> u64 {
    1 << (u32::from(c) % u64::BITS)
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
