//! Look-ups and changes as the stage `dedupe` makes them, the same at every run.

/// Keys of one report: its digests, and its shingles in the lists of candidates.
pub const KEYS_PER_REPORT: u64 = 60;

/// One key in so many was seen before.
const SEEN_BEFORE: u64 = 10;

/// What is kept of a canonical report: its signature, and its text compressed.
const LARGE_VALUE: usize = 1500;

/// A key that is looked up, and the value it gets then.
pub struct Change {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

/// The changes that report number `report` makes.
pub fn report(report: u64) -> Vec<Change> {
    let mut random = Random(report);
    let mut changes: Vec<Change> = (0..KEYS_PER_REPORT)
        .map(|n| {
            let own = report * KEYS_PER_REPORT + n;
            let number = match random.below(SEEN_BEFORE) == 0 {
                true => random.below(own + 1),
                false => own,
            };
            let n_value = 4 + random.below(37) as usize;
            Change {
                key: key(number),
                value: random.bytes(n_value),
            }
        })
        .collect();
    let mut large = vec![b's'];
    large.extend(report.to_be_bytes());
    changes.push(Change {
        key: large,
        value: random.bytes(LARGE_VALUE),
    });
    changes
}

/// Key number `number`: one of four letters and 8 to 16 random bytes.
pub fn key(number: u64) -> Vec<u8> {
    let mut random = Random(!number);
    let mut key = vec![b"abcd"[random.below(4) as usize]];
    let n_bytes = 8 + random.below(9) as usize;
    key.extend(random.bytes(n_bytes));
    key
}

/// SplitMix64 (Steele, Lea and Flood 2014): good enough to look like digests, and quick.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes());
        words.flatten().take(n).collect()
    }
}
