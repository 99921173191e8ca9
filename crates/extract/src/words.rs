use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by character, which is asked at every place of a page: a hash that nobody can plan against
/// costs more than all else here, and the keys are words of our own.
pub(crate) type ByChar<T> = HashMap<char, T, BuildHasherDefault<CharHasher>>;

/// Spreads a character over the bits of a word.
#[derive(Default)]
pub(crate) struct CharHasher(u64);

impl Hasher for CharHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, c: u32) {
        // The golden ratio: neighbours end far from each other, in the high bits as well.
        self.0 = (self.0 ^ u64::from(c)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A list of words that is looked up at a place in a line, longest word first.
#[derive(Debug, Default)]
pub(crate) struct Words {
    by_first: ByChar<Vec<Vec<char>>>,
    by_last: ByChar<Vec<Vec<char>>>,
    firsts: Sieve,
    lasts: Sieve,
}

/// Tells of most characters that they are not among some: a look at one bit is less than a look into
/// a map.
#[derive(Debug, Default)]
struct Sieve([u64; 16]);

impl Sieve {
    fn slot(c: char) -> (usize, u64) {
        let bit = c as usize % 1024;
        (bit / 64, 1 << (bit % 64))
    }

    fn add(&mut self, c: char) {
        let (word, bit) = Sieve::slot(c);
        self.0[word] |= bit;
    }

    fn may_hold(&self, c: char) -> bool {
        let (word, bit) = Sieve::slot(c);
        self.0[word] & bit != 0
    }
}

impl Words {
    pub(crate) fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        let mut list = Words::default();
        for word in words {
            let word: Vec<char> = word.as_ref().chars().collect();
            let (Some(&first), Some(&last)) = (word.first(), word.last()) else {
                continue;
            };
            list.firsts.add(first);
            list.lasts.add(last);
            list.by_first.entry(first).or_default().push(word.clone());
            list.by_last.entry(last).or_default().push(word);
        }
        let longest_first =
            |words: &mut Vec<Vec<char>>| words.sort_by_key(|w| usize::MAX - w.len());
        list.by_first.values_mut().for_each(longest_first);
        list.by_last.values_mut().for_each(longest_first);
        list
    }

    /// What its words begin with.
    pub(crate) fn first_characters(&self) -> impl Iterator<Item = char> + '_ {
        self.by_first.keys().copied()
    }

    /// The length of the longest word at the head of `text`.
    pub(crate) fn at_start(&self, text: &[char]) -> Option<usize> {
        let first = text.first().filter(|&&c| self.firsts.may_hold(c))?;
        let words = self.by_first.get(first)?;
        words
            .iter()
            .find(|word| begins_with(text, word))
            .map(Vec::len)
    }

    /// The length of the longest word at the tail of `text`.
    pub(crate) fn at_end(&self, text: &[char]) -> Option<usize> {
        let last = text.last().filter(|&&c| self.lasts.may_hold(c))?;
        let words = self.by_last.get(last)?;
        words.iter().find(|word| text.ends_with(word)).map(Vec::len)
    }

    /// True when some word stands anywhere in `text`.
    pub(crate) fn within(&self, text: &[char]) -> bool {
        (0..text.len()).any(|at| self.at_start(text.get(at..).unwrap_or_default()).is_some())
    }
}

/// True when `word` stands at the head of `text`: words are so short that comparing bytes in a call
/// costs more.
pub(crate) fn begins_with(text: &[char], word: &[char]) -> bool {
    text.len() >= word.len() && text.iter().zip(word).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_wins() {
        let words = Words::new(["人", "人次", "万人次"]);
        let text: Vec<char> = "人次数".chars().collect();
        assert_eq!(words.at_start(&text), Some(2));
        let text: Vec<char> = "三万人次".chars().collect();
        assert_eq!(words.at_end(&text), Some(3));
        assert!(words.within(&text));
    }
}
