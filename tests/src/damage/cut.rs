use std::ops::Range;

use serde::Deserialize;

use super::stream::{Stream, encode};

/// The signs the site cuts at. `A1A3` and `A3xx` are also what is left when a pair is read one byte
/// late, so these find 校“ (`D0 A3 A1 B0`) as well as ！ (`A3 A1`).
///
/// One place was seen that only a cut at 、 (`A1 A2`) explains.
pub const CUT_SIGNS: [char; 5] = ['。', '，', '；', '！', '？'];

/// At which finds the string is cut.
///
/// Sites do not cut everywhere: about every third find across a border was one. Why those is
/// not known; a cut at a real sign leaves no trace, except that it ends a shift.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cuts {
    /// Nowhere.
    None,
    /// At every find.
    Every,
    /// At about `percent` of the finds, chosen by `seed`.
    Share {
        /// 0 to 100.
        percent: u8,
        /// Another seed, another choice.
        seed: u64,
    },
}

/// Step 4: the pieces of the stream when it is cut in front of the bytes of `signs`.
///
/// Each sign is searched for on its own, so finds may overlap: 。“ is `A1 A3 A1 B0`, which holds 。at
/// its start and ！ one byte later, and is cut at both.
pub fn cut(stream: &Stream, signs: &[char], cuts: Cuts) -> Vec<Range<usize>> {
    let bytes = stream.bytes();
    let signs: Vec<Vec<u8>> = signs.iter().map(|&sign| encode(sign)).collect();
    let mut choice = Choice::new(cuts);
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in 0..bytes.len() {
        let is_find = signs.iter().any(|sign| bytes[at..].starts_with(sign));
        if is_find && choice.next() {
            pieces.push(start..at);
            start = at;
        }
    }
    pieces.push(start..bytes.len());
    pieces
}

/// A repeatable sequence of yes and no.
struct Choice {
    cuts: Cuts,
    state: u64,
}

impl Choice {
    fn new(cuts: Cuts) -> Self {
        let state = match cuts {
            Cuts::Share { seed, .. } => seed,
            Cuts::None | Cuts::Every => 0,
        };
        Choice { cuts, state }
    }

    fn next(&mut self) -> bool {
        match self.cuts {
            Cuts::None => false,
            Cuts::Every => true,
            Cuts::Share { percent, .. } => self.random() % 100 < u64::from(percent),
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): a few lines, and the same numbers in every version.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
