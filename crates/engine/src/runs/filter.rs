//! Tells for most keys that are not in a run that they are not, without reading it.
//!
//! A split block Bloom filter as in [Parquet]: each key sets one bit in each of the eight words of
//! one block of 32 bytes, so that a question costs one line of the processor's cache.
//!
//! [Parquet]: https://github.com/apache/parquet-format/blob/master/BloomFilter.md

use super::hash::KeyHash;

/// About one key in a hundred that is not there passes.
const BITS_PER_KEY: u64 = 10;

/// Blocks come in multiples of this, so that a filter can be halved four times.
const ROUND: u64 = 16;

const WORDS: usize = 8;
const BLOCK_BYTES: usize = WORDS * size_of::<u32>();

/// The multipliers of Parquet's specification: odd and otherwise arbitrary.
const SALTS: [u32; WORDS] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// Aligned, so that a block never lies across two lines of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(32))]
struct Block([u32; WORDS]);

/// A key that is looked for, made ready once for the filters of all runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    key: KeyHash,
    bits: [u32; WORDS],
}

impl Question {
    pub(super) fn of(key: &[u8]) -> Question {
        let key = KeyHash::of(key);
        Question {
            key,
            bits: bits(key),
        }
    }
}

/// A set of keys that may hold more than was put in, and never less.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter {
    blocks: Vec<Block>,
}

impl Filter {
    /// An empty filter with room for `n_keys`.
    pub(super) fn for_keys(n_keys: u64) -> Filter {
        let n_blocks = blocks_for(n_keys).next_multiple_of(ROUND);
        Filter {
            blocks: vec![Block::default(); n_blocks as usize],
        }
    }

    /// Adds keys in any order, and leaves them in that of their places: a filter larger than the caches of
    /// the processor is walked through once, not jumped about in.
    pub(super) fn insert_all(&mut self, keys: &mut [KeyHash]) {
        keys.sort_unstable_by_key(|key| key.0);
        keys.iter().for_each(|key| self.insert(*key));
    }

    fn insert(&mut self, key: KeyHash) {
        let place = self.place(key);
        let Some(block) = self.blocks.get_mut(place) else {
            return;
        };
        for (word, bit) in block.0.iter_mut().zip(bits(key)) {
            *word |= bit;
        }
    }

    pub(super) fn may_hold(&self, question: &Question) -> bool {
        let Some(block) = self.blocks.get(self.place(question.key)) else {
            return true;
        };
        let mut missing = 0;
        for (word, bit) in block.0.iter().zip(question.bits) {
            missing |= bit & !word;
        }
        missing == 0
    }

    /// Gives back the room of keys that did not come, as when a merge dropped what was replaced.
    ///
    /// The place of a key in a filter of half the size is half its place, so two neighbours become one.
    pub(super) fn shrink_to(&mut self, n_keys: u64) {
        let enough = blocks_for(n_keys);
        while self.blocks.len().is_multiple_of(2) && (self.blocks.len() as u64) / 2 >= enough {
            let halved = self.blocks.chunks_exact(2).map(|pair| {
                let words = |i: usize| pair.iter().fold(0, |all, block| all | block.0[i]);
                Block(std::array::from_fn(words))
            });
            self.blocks = halved.collect();
        }
    }

    /// Its bytes in a file.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.reserve(self.blocks.len() * BLOCK_BYTES);
        for word in self.blocks.iter().flat_map(|block| block.0) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// The filter of `n_blocks` that [`write`](Filter::write) wrote, taken off the front of `bytes`.
    pub(super) fn take(bytes: &mut &[u8], n_blocks: usize) -> Option<Filter> {
        let (own, rest) = bytes.split_at_checked(n_blocks.checked_mul(BLOCK_BYTES)?)?;
        *bytes = rest;
        let (blocks, _) = own.as_chunks::<BLOCK_BYTES>();
        let block = |block: &[u8; BLOCK_BYTES]| {
            let (words, _) = block.as_chunks::<4>();
            Block(std::array::from_fn(|i| u32::from_le_bytes(words[i])))
        };
        Some(Filter {
            blocks: blocks.iter().map(block).collect(),
        })
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The upper half of the hash, scaled to the number of blocks.
    fn place(&self, key: KeyHash) -> usize {
        (((key.0 >> 32) * self.blocks.len() as u64) >> 32) as usize
    }
}

fn blocks_for(n_keys: u64) -> u64 {
    (n_keys * BITS_PER_KEY).div_ceil(8 * BLOCK_BYTES as u64)
}

/// One bit per word, chosen by the lower half of the hash.
fn bits(key: KeyHash) -> [u32; WORDS] {
    let low = key.0 as u32;
    SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> KeyHash {
        KeyHash::of(&number.to_le_bytes())
    }

    fn may_hold(filter: &Filter, number: u32) -> bool {
        filter.may_hold(&Question::of(&number.to_le_bytes()))
    }

    fn filter_of(n_keys: u32, room: u64) -> Filter {
        let mut filter = Filter::for_keys(room);
        (0..n_keys).for_each(|number| filter.insert(key(number)));
        filter
    }

    #[test]
    fn few_strangers_pass_and_no_member_is_turned_away() {
        let filter = filter_of(100_000, 100_000);
        assert!((0..100_000).all(|number| may_hold(&filter, number)));
        let n_strangers = (100_000..200_000)
            .filter(|number| may_hold(&filter, *number))
            .count();
        assert!(n_strangers < 2_000, "{n_strangers} of 100000 passed");
    }

    #[test]
    fn a_filter_that_shrank_is_the_filter_that_was_small_from_the_start() {
        let mut filter = filter_of(1_000, 7_900);
        filter.shrink_to(1_000);
        let n_blocks = filter.n_blocks();
        let mut small = Filter {
            blocks: vec![Block::default(); n_blocks],
        };
        (0..1_000).for_each(|number| small.insert(key(number)));
        assert_eq!(filter, small);
        assert!(n_blocks < 2 * blocks_for(1_000) as usize);
    }

    #[test]
    fn a_filter_comes_back_from_its_bytes() {
        let filter = filter_of(500, 500);
        let mut bytes = Vec::new();
        filter.write(&mut bytes);
        let n_blocks = filter.n_blocks();
        assert_eq!(Filter::take(&mut &bytes[..], n_blocks), Some(filter));
        assert_eq!(Filter::take(&mut &bytes[1..], n_blocks), None);
    }
}
