//! Shingles of a comparison form and the small signature that finds and ranks its likely copies.

/// Characters in a shingle. Five span two Chinese words; four make unrelated reports of one office
/// look alike, six lose more of a text that is masked every few words.
pub(crate) const SHINGLE: usize = 5;

/// Bins of the one-permutation MinHash: a standard error of 0.05 at a resemblance of one half.
pub(crate) const BINS: usize = 128;

/// Bytes of a signature: half a byte for each bin. A whole one would lower the standard error by 6 %.
pub(crate) const SIGNATURE_BYTES: usize = BINS / 2;

/// Characters in an anchor's window. Where every seventeenth character is changed, which leaves a
/// resemblance of 0.6, a quarter of such windows is whole, and of 32 characters a sixth; half as long, they
/// are filled by set phrases.
const ANCHOR: usize = 24;
/// A report is indexed under at most so many anchors, about, and at least half as many: a copy that is
/// changed everywhere shares a quarter, a part of a third has five.
const INDEXED_ANCHORS: u64 = 22;
/// The widest spacing of indexed anchors; a report must be found in a compilation of many.
const WIDEST_SPACING: u64 = 128;
/// Of the anchors that are looked up one in so many is indexed: the parts of a report that came before it
/// are indexed under more anchors than the report has there.
const LOOKED_UP: u64 = 4;
/// Anchors of one report that are kept, those with the smallest hash: bounds what one huge page
/// costs the index.
const MAX_ANCHORS: usize = 1024;

/// Bytes of a band: eight bins. Copies that are alike at nine tenths of their shingles share one of eight
/// bands with a probability of 0.99, at eight tenths 0.8. Anchors find the others, but not in a family whose anchors
/// hundreds of reports have: there the lists are full before the original comes.
const BAND_BYTES: usize = SIGNATURE_BYTES / 16;
/// Bands of a report; with more, more of the distant copies in large families would be found.
const BANDS: usize = 8;

/// Multiplier of the rolling hash, the one of splitmix64; any odd number with well spread bits does.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// A b-bit one-permutation MinHash with b = 4 (Li & König 2010, Li, Owen & Zhang 2012).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature(pub(crate) [u8; SIGNATURE_BYTES]);

impl Signature {
    /// The signature of the set of `hashes`. `None` when there are none.
    pub(crate) fn of(hashes: impl Iterator<Item = u64>) -> Option<Self> {
        let mut least = [u64::MAX; BINS];
        for hash in hashes {
            let bin = &mut least[(hash >> 57) as usize];
            *bin = (*bin).min(hash << 7 >> 7);
        }
        if least.iter().all(|&value| value == u64::MAX) {
            return None;
        }
        // Optimal densification (Shrivastava 2017): an empty bin takes the value of a filled one,
        // chosen by its own number only, so that equal sets still agree.
        let mut bytes = [0; SIGNATURE_BYTES];
        for index in 0..BINS {
            let mut from = index;
            let mut probe = index as u64;
            while least[from] == u64::MAX {
                probe = mix(probe.wrapping_mul(BASE).wrapping_add(index as u64 + 1));
                from = (probe >> 57) as usize;
            }
            bytes[index / 2] |= (least[from] as u8 & 15) << (index % 2 * 4);
        }
        Some(Signature(bytes))
    }

    /// A hash for each band, which another signature has where the same bins are equal.
    pub(crate) fn bands(&self) -> impl Iterator<Item = u64> {
        let bands = self.0.chunks_exact(BAND_BYTES).take(BANDS).zip(1u64..);
        bands.map(|(bins, number)| {
            let add =
                |hash: u64, &byte: &u8| hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
            mix(bins.iter().fold(number, add))
        })
    }

    /// The estimated resemblance of the two sets.
    pub(crate) fn resemblance(&self, other: &Signature) -> f64 {
        let pairs = self.0.iter().zip(&other.0).map(|(one, other)| one ^ other);
        let equal: usize = pairs
            .map(|differ| usize::from(differ & 0x0f == 0) + usize::from(differ & 0xf0 == 0))
            .sum();
        let (share, by_chance) = (equal as f64 / BINS as f64, 1.0 / 16.0);
        ((share - by_chance) / (1.0 - by_chance)).max(0.0)
    }
}

/// Spreads the bits of a rolling hash; the finaliser of MurmurHash3.
fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}

/// The hash of all of `characters`.
pub(crate) fn hash_of(characters: &[u16]) -> u64 {
    let add = |hash: u64, &c: &u16| hash.wrapping_mul(BASE).wrapping_add(u64::from(c) + 1);
    mix(characters.iter().fold(0, add))
}

/// The hash of every window of `width` characters, in order.
pub(crate) fn windows(characters: &[u16], width: usize) -> impl Iterator<Item = u64> + '_ {
    let leaving = (0..width).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0u64;
    characters
        .iter()
        .enumerate()
        .filter_map(move |(index, &c)| {
            hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(c) + 1);
            if let Some(gone) = index.checked_sub(width) {
                let gone = u64::from(characters[gone]) + 1;
                hash = hash.wrapping_sub(gone.wrapping_mul(leaving));
            }
            (index + 1 >= width).then(|| mix(hash))
        })
}

/// Windows chosen by what they say, not by where they stand, so that a part of a report has the
/// anchors that the whole has there. Those by which reports are looked up.
pub(crate) fn anchors(characters: &[u16]) -> Vec<u64> {
    let every = (spacing(characters.len()) / LOOKED_UP).max(1);
    let mut anchors: Vec<u64> = windows(characters, ANCHOR)
        .filter(|hash| hash % every == 0)
        .collect();
    anchors.sort_unstable();
    anchors.dedup();
    anchors.truncate(MAX_ANCHORS);
    anchors
}

/// A report of `n_characters` is indexed under the anchors that this divides: every one of a very short
/// report, every second, fourth… of longer ones. The choice rests on the hash, so a part finds them.
pub(crate) fn spacing(n_characters: usize) -> u64 {
    let mut spacing = 1;
    while spacing < WIDEST_SPACING && n_characters as u64 / spacing > INDEXED_ANCHORS {
        spacing *= 2;
    }
    spacing
}

/// The shingles of one form and their places.
pub(crate) struct Shingles {
    /// Open addressing: hash and first place, [`Shingles::FREE`] where nothing is.
    table: Vec<(u32, u32)>,
    /// By place, where the same shingle stands next, or [`Shingles::FREE`].
    next: Vec<u32>,
    n_distinct: usize,
}

/// What two forms have in common.
pub(crate) struct Meeting {
    /// Shingles of both, each as often as it stands in the one that has it less often.
    pub(crate) n_common: usize,
    /// Where each shingle of the other form stands first in the form of the set.
    pub(crate) places: Vec<Option<u32>>,
    /// The shingles of the form of the set that the other has too, by place.
    pub(crate) shared: Vec<bool>,
}

impl Shingles {
    const FREE: u32 = u32::MAX;

    /// The shingles with these hashes, those of [`windows`] of [`SHINGLE`].
    pub(crate) fn of(hashes: &[u64]) -> Self {
        let n = hashes.len().max(SHINGLE) * 2;
        let mut shingles = Shingles {
            table: vec![(0, Self::FREE); n.next_power_of_two()],
            next: vec![Self::FREE; hashes.len()],
            n_distinct: 0,
        };
        // From the last to the first, so that the entry is the first place in the end.
        for (place, &hash) in hashes.iter().enumerate().rev() {
            let hash = short(hash);
            let slot = shingles.slot(hash);
            let later = shingles.table[slot].1;
            shingles.n_distinct += usize::from(later == Self::FREE);
            shingles.next[place] = later;
            shingles.table[slot] = (hash, place as u32);
        }
        shingles
    }

    /// Number of shingles, all the same ones too.
    pub(crate) fn len(&self) -> usize {
        self.next.len()
    }

    /// Number of different shingles.
    pub(crate) fn n_distinct(&self) -> usize {
        self.n_distinct
    }

    /// The entry that holds `hash` or that it would go to.
    fn slot(&self, hash: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = hash as usize & mask;
        while self.table[slot].1 != Self::FREE && self.table[slot].0 != hash {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Finds the shingles of `characters` here, the second of a kind in the second place and so on.
    pub(crate) fn meet(&self, characters: &[u16]) -> Meeting {
        let mut unmet: Vec<u32> = self.table.iter().map(|&(_, place)| place).collect();
        let mut meeting = Meeting {
            n_common: 0,
            places: Vec::with_capacity(characters.len()),
            shared: vec![false; self.next.len()],
        };
        for hash in windows(characters, SHINGLE) {
            let slot = self.slot(short(hash));
            let first = self.table[slot].1;
            meeting.places.push((first != Self::FREE).then_some(first));
            let place = unmet[slot];
            if place != Self::FREE {
                unmet[slot] = self.next[place as usize];
                meeting.shared[place as usize] = true;
                meeting.n_common += 1;
            }
        }
        meeting
    }
}

/// 32 bits tell the shingles of two reports apart: at 10 000 each, one pair in 86 meets by chance.
fn short(hash: u64) -> u32 {
    (hash >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(range: std::ops::Range<u64>) -> Signature {
        Signature::of(range.map(|n| mix(n.wrapping_mul(BASE)))).unwrap()
    }

    #[test]
    fn the_estimate_is_near_the_resemblance() {
        for (shared, expected) in [(2000, 1.0), (1000, 1.0 / 3.0), (1600, 2.0 / 3.0), (0, 0.0)] {
            let one = numbers(0..2000);
            let other = numbers(2000 - shared..4000 - shared);
            let estimate = one.resemblance(&other);
            // Three standard errors.
            assert!(
                (estimate - expected).abs() < 0.13,
                "{estimate} for {expected}"
            );
        }
    }

    #[test]
    fn a_short_set_fills_all_bins_the_same_way() {
        assert_eq!(numbers(0..3), numbers(0..3));
        assert!(numbers(0..30).resemblance(&numbers(0..28)) > 0.8);
        assert_eq!(Signature::of(std::iter::empty()), None);
    }

    #[test]
    fn a_window_has_the_same_hash_wherever_it_stands() {
        let text: Vec<u16> = (0..200).map(|n| n * 7 % 31).collect();
        let shifted: Vec<u16> = [9, 9, 9].into_iter().chain(text.clone()).collect();
        let (one, other) = (windows(&text, 5), windows(&shifted, 5));
        assert_eq!(one.collect::<Vec<_>>(), other.skip(3).collect::<Vec<_>>());
    }

    #[test]
    fn a_shingle_is_common_as_often_as_both_have_it() {
        let hashes = |characters: &[u16]| windows(characters, SHINGLE).collect::<Vec<_>>();
        let one = Shingles::of(&hashes(&[1, 2, 3, 4, 5, 6]));
        let meeting = one.meet(&[1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
        assert_eq!((one.len(), meeting.n_common), (2, 1));
        let places = meeting.places;
        assert_eq!((places[0], places[1], places[5]), (Some(0), None, Some(0)));
        assert_eq!(meeting.shared, [true, false]);

        let twice = Shingles::of(&hashes(&[1, 2, 3, 4, 5, 1, 2, 3, 4, 5]));
        assert_eq!((twice.len(), twice.n_distinct()), (6, 5));
        assert_eq!(twice.meet(&[1, 2, 3, 4, 5, 1, 2, 3, 4, 5]).n_common, 6);
        assert_eq!(twice.meet(&[1, 2, 3, 4, 5]).n_common, 1);
    }
}
