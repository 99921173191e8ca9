//! Traditional and simplified characters, one for one.

use std::sync::LazyLock;

/// Two lines of equal length, traditional characters and the simplified one for each, then a line
/// of those simplified characters that Big5-HKSCS does not have, so that no traditional text holds
/// them (后, 里 and 干 are simplified forms but also traditional characters of their own).
///
/// The single-character conversions of OpenCC's `t2s` tables (Apache-2.0), read out through
/// opencc-fmmseg 0.13 for U+3400–9FFF, U+F900–FAFF and U+20000–2FA1F. Pairs whose UTF-8 lengths
/// differ (rare characters) are left out, so that offsets hold in the converted text.
static PAIRS: &str = include_str!("../data/simplified.txt");

const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;

/// Indexed by code point from [`FIRST`]; the character itself where nothing changes.
static TABLE: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut table: Vec<char> = (FIRST..=LAST)
        .map(|c| char::from_u32(c).unwrap_or(' '))
        .collect();
    let mut lines = PAIRS.lines();
    let traditional = lines.next().unwrap_or_default().chars();
    let simplified = lines.next().unwrap_or_default().chars();
    for (from, to) in traditional.zip(simplified) {
        if let Some(slot) = table.get_mut((from as u32).wrapping_sub(FIRST) as usize) {
            *slot = to;
        }
    }
    table
});

/// `text` in simplified characters, for looking words up: every character keeps its place and
/// its length, so offsets into the result are offsets into `text`.
///
/// It does not choose words (著手 stays 著手) and is not meant to be read.
///
/// To compare texts there is [`Form`](crate::Form), which does.
pub fn simplify(text: &str) -> String {
    simplify_and_share(text, 1).0
}

/// The simplified character for `c`, of the same length; `c` itself where there is none.
#[inline]
pub fn simplify_char(c: char) -> char {
    let index = (c as u32).wrapping_sub(FIRST) as usize;
    TABLE.get(index).copied().unwrap_or(c)
}

/// On which side a character stands, indexed as [`TABLE`].
static SIDES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let written = TABLE.iter().zip(FIRST..);
    let mut sides: Vec<u8> = written
        .map(|(&to, from)| if to as u32 == from { 0 } else { TRADITIONAL })
        .collect();
    for to in PAIRS.lines().nth(2).unwrap_or_default().chars() {
        let slot = sides.get_mut((to as u32).wrapping_sub(FIRST) as usize);
        if let Some(slot) = slot.filter(|slot| **slot == 0) {
            *slot = SIMPLIFIED;
        }
    }
    sides
});

const TRADITIONAL: u8 = 1;
const SIMPLIFIED: u8 = 2;

/// How many characters of a text the two scripts write differently.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    traditional: usize,
    simplified: usize,
}

impl Written {
    fn share(self, least: usize) -> Option<f64> {
        let n = self.traditional + self.simplified;
        (n >= least.max(1)).then(|| self.traditional as f64 / n as f64)
    }
}

/// Of the characters in `text` that the two scripts write differently, the share that is
/// traditional; `None` when there are fewer than `least` of them.
pub fn traditional_share(text: &str, least: usize) -> Option<f64> {
    let sides = &*SIDES;
    let mut written = Written::default();
    for c in text.chars() {
        match sides.get((c as u32).wrapping_sub(FIRST) as usize) {
            Some(&TRADITIONAL) => written.traditional += 1,
            Some(&SIMPLIFIED) => written.simplified += 1,
            _ => {}
        }
    }
    written.share(least)
}

/// What [`simplify`] and [`traditional_share`] tell, for one look at the text.
pub fn simplify_and_share(text: &str, least: usize) -> (String, Option<f64>) {
    let (table, sides) = (&*TABLE, &*SIDES);
    let mut simple = String::with_capacity(text.len());
    let mut written = Written::default();
    // Most characters stay: what stands between two that do not is copied in one piece.
    let mut done = 0;
    for (at, c) in text.char_indices() {
        let index = (c as u32).wrapping_sub(FIRST) as usize;
        match sides.get(index) {
            Some(&SIMPLIFIED) => written.simplified += 1,
            Some(&TRADITIONAL) => {
                written.traditional += 1;
                simple.push_str(text.get(done..at).unwrap_or_default());
                simple.push(table.get(index).copied().unwrap_or(c));
                done = at + c.len_utf8();
            }
            _ => {}
        }
    }
    simple.push_str(text.get(done..).unwrap_or_default());
    (simple, written.share(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_survive_simplification() {
        let text = "縣2024年度教育工作總結 ok";
        let simple = simplify(text);
        assert_eq!(simple, "县2024年度教育工作总结 ok");
        assert_eq!(simple.len(), text.len());
    }

    #[test]
    fn the_pairs_are_of_equal_length() {
        let lines: Vec<_> = PAIRS.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0]
                .chars()
                .zip(lines[1].chars())
                .all(|(a, b)| a.len_utf8() == b.len_utf8())
        );
        assert_eq!(lines[0].chars().count(), lines[1].chars().count());
    }

    #[test]
    fn the_script_is_told_by_the_characters_that_differ() {
        assert_eq!(traditional_share("abc 一二三", 1), None);
        assert!(traditional_share("縣教育局總結報告", 3).unwrap() > 0.9);
        assert!(traditional_share("县教育局总结报告", 3).unwrap() < 0.1);
    }
}
