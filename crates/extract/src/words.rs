use std::collections::HashMap;

/// A list of words that is looked up at a place in a line, longest word first.
#[derive(Debug, Default)]
pub(crate) struct Words {
    by_first: HashMap<char, Vec<Vec<char>>>,
    by_last: HashMap<char, Vec<Vec<char>>>,
}

impl Words {
    pub(crate) fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        let mut list = Words::default();
        for word in words {
            let word: Vec<char> = word.as_ref().chars().collect();
            let (Some(&first), Some(&last)) = (word.first(), word.last()) else {
                continue;
            };
            list.by_first.entry(first).or_default().push(word.clone());
            list.by_last.entry(last).or_default().push(word);
        }
        let longest_first =
            |words: &mut Vec<Vec<char>>| words.sort_by_key(|w| usize::MAX - w.len());
        list.by_first.values_mut().for_each(longest_first);
        list.by_last.values_mut().for_each(longest_first);
        list
    }

    /// The length of the longest word at the head of `text`.
    pub(crate) fn at_start(&self, text: &[char]) -> Option<usize> {
        let words = self.by_first.get(text.first()?)?;
        words
            .iter()
            .find(|word| text.starts_with(word))
            .map(Vec::len)
    }

    /// The length of the longest word at the tail of `text`.
    pub(crate) fn at_end(&self, text: &[char]) -> Option<usize> {
        let words = self.by_last.get(text.last()?)?;
        words.iter().find(|word| text.ends_with(word)).map(Vec::len)
    }

    /// True when some word stands anywhere in `text`.
    pub(crate) fn within(&self, text: &[char]) -> bool {
        (0..text.len()).any(|at| self.at_start(text.get(at..).unwrap_or_default()).is_some())
    }
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
