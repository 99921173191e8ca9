//! Where a closer look is worth its time.

use std::ops::Range;
use std::sync::LazyLock;

use encoding_rs::GBK;

use super::misreading::latin1_byte;

/// What makes a line worth a closer look.
pub(super) struct Suspects {
    /// Two neighbours of Latin-1, the first a letter.
    pub(super) latin1: bool,
    /// Several signs that GBK shows for the first two bytes of a character in UTF-8.
    pub(super) gbk: bool,
}

/// Of so many characters of a line one at least is such a sign: two in three that begin one.
const SIGN_OF: usize = 8;

impl Suspects {
    pub(super) fn of(line: &str) -> Self {
        let (mut latin1, mut n_signs, mut n_chars) = (false, 0, 0);
        let mut is_behind_letter = false;
        let starts: &[u64] = &UTF8_STARTS;
        for c in line.chars().filter(|c| !c.is_ascii()) {
            n_chars += 1;
            n_signs += usize::from(stands_in(starts, c));
            latin1 |= is_behind_letter && !is_han(c) && latin1_byte(c).is_some();
            is_behind_letter = matches!(c, '\u{A1}'..='\u{FF}');
        }
        Suspects {
            latin1,
            gbk: n_signs >= 2 && n_signs * SIGN_OF >= n_chars,
        }
    }
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9FFF}').contains(&c)
}

/// A bit for each code point: shown by GBK for two bytes that start a character of three in UTF-8.
/// Bits, as every character of every page is looked up, and 8 KB stay at hand.
static UTF8_STARTS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut starts = vec![0; 0x1_0000 / 64];
    let pairs = (0xE2..=0xEFu8).flat_map(|lead| (0x80..=0xBFu8).map(move |next| [lead, next]));
    for pair in pairs {
        let (shown, _) = GBK.decode_without_bom_handling(&pair);
        if let Some(c) = shown.chars().next().map(|c| c as usize)
            && let Some(bits) = starts.get_mut(c / 64)
        {
            *bits |= 1 << (c % 64);
        }
    }
    starts
});

fn stands_in(bits: &[u64], c: char) -> bool {
    let c = c as usize;
    bits.get(c / 64)
        .is_some_and(|bits| bits >> (c % 64) & 1 == 1)
}

/// Stretches of characters that Latin-1 and windows-1252 have, from the first to the last that is
/// not ASCII, with the letter behind it that may be half of a pair. Quotes and dashes before them
/// belong to the sound text.
pub(super) fn latin1_stretches(line: &str) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut open: Option<Range<usize>> = None;
    // How many characters that are not ASCII stand in a row.
    let mut n_high = 0usize;
    for (at, c) in line.char_indices() {
        if latin1_byte(c).is_none() {
            stretches.extend(open.take());
            continue;
        }
        let may_be_second = matches!(c, '@'..='~') && !n_high.is_multiple_of(2);
        n_high = if c.is_ascii() { 0 } else { n_high + 1 };
        match &mut open {
            Some(stretch) if !c.is_ascii() || may_be_second => stretch.end = at + c.len_utf8(),
            // A site showed `?` for the byte of a quote that is no character.
            Some(stretch)
                if c == '?' && line.get(..at).is_some_and(|line| line.ends_with("â€")) =>
            {
                stretch.end = at + 1;
            }
            None if matches!(c, '\u{80}'..='\u{FF}') => {
                (open, n_high) = (Some(at..at + c.len_utf8()), 1);
            }
            _ => {}
        }
    }
    stretches.extend(open);
    stretches
}
