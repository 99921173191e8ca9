//! How often characters follow each other in a text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by small numbers, which need no defence: the keys are characters.
pub(super) type Table<V> = HashMap<u64, V, BuildHasherDefault<Spread>>;

/// Spreads a number over 64 bits: one step of SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0.rotate_left(8) ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, n: u64) {
        let mixed = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.0 = mixed ^ (mixed >> 31);
    }
}

/// Up to three characters as one key; no two share one.
pub(super) fn key(characters: &[char]) -> u64 {
    let code = |key: u64, c: &char| key << 21 | u64::from(u32::from(*c));
    characters.iter().fold(0, code)
}

/// Single characters, pairs and triples of a text, counted.
#[derive(Default)]
pub(super) struct Counts {
    grams: Table<u32>,
    /// How many different characters follow one or two.
    followers: Table<u32>,
    total: u32,
}

impl Counts {
    /// Counts the characters of a stretch that belongs together.
    pub(super) fn add(&mut self, stretch: &[char]) {
        for at in 0..stretch.len() {
            let before = at.saturating_sub(2);
            for gram in (before..=at).filter_map(|from| stretch.get(from..=at)) {
                let n = self.grams.entry(key(gram)).or_default();
                *n += 1;
                if let (1, [context @ .., _]) = (*n, gram)
                    && !context.is_empty()
                {
                    *self.followers.entry(key(context)).or_default() += 1;
                }
            }
            self.total += 1;
        }
    }

    /// How often these characters stand in a row.
    pub(super) fn of(&self, gram: &[char]) -> f32 {
        self.grams.get(&key(gram)).map_or(0.0, |&n| n as f32)
    }

    /// How many different characters follow `context`, which is one or two characters.
    pub(super) fn n_followers(&self, context: &[char]) -> f32 {
        self.followers.get(&key(context)).map_or(0.0, |&n| n as f32)
    }

    /// How many characters were counted.
    pub(super) fn total(&self) -> f32 {
        self.total as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_up_to_three_characters_are_counted() {
        let mut counts = Counts::default();
        counts.add(&['学', '校', '学', '校']);
        assert_eq!(counts.of(&['学']), 2.0);
        assert_eq!(counts.of(&['学', '校']), 2.0);
        assert_eq!(counts.of(&['校', '学', '校']), 1.0);
        assert_eq!(counts.of(&['校', '校']), 0.0);
        assert_eq!(counts.total(), 4.0);
        assert_eq!(counts.n_followers(&['学']), 1.0);
        counts.add(&['学', '生']);
        assert_eq!(counts.n_followers(&['学']), 2.0);
    }
}
