//! Traditional to simplified by words: 程式 becomes 程序, 著手 becomes 着手, 乾坤 stays 乾坤.
//!
//! Two rounds of longest matches, as OpenCC's `tw2sp` has them: what Taiwan writes and says
//! differently, then words and characters of the simplified script. A test compares the result
//! with that of opencc-fmmseg.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::script::{simplify_char, traditional_share};

/// A line for each entry, what is found and what is put there with a tab between; an empty line
/// between the rounds. Single characters that `simplified.txt` has are left out of the second.
///
/// The dictionaries TWPhrasesRev, TWVariantsRevPhrases, TWVariantsRev, TSPhrases and TSCharacters
/// of OpenCC (Apache-2.0), as opencc-fmmseg 0.13 carries them.
static ENTRIES: &str = include_str!("../data/phrases.txt");

/// A character and the bytes of the source it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) c: char,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Entries by their first character, longest first.
type Round = HashMap<char, Vec<(Vec<char>, Vec<char>)>>;

static ROUNDS: LazyLock<[Round; 2]> = LazyLock::new(|| {
    let (first, second) = ENTRIES.split_once("\n\n").unwrap_or((ENTRIES, ""));
    [first, second].map(round)
});

fn round(entries: &str) -> Round {
    let mut round = Round::new();
    for (from, to) in entries.lines().filter_map(|line| line.split_once('\t')) {
        let from: Vec<char> = from.chars().collect();
        if let Some(first) = from.first() {
            round
                .entry(*first)
                .or_default()
                .push((from, to.chars().collect()));
        }
    }
    for entries in round.values_mut() {
        entries.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    }
    round
}

/// A text with a smaller share of traditional characters, of those that tell the scripts apart, has
/// only names and quotations in them. The words of Taiwan are then no such: 程序 is 进程 there, and
/// is meant as it stands in a simplified text.
const TRADITIONAL: f64 = 0.5;

/// `text` in simplified characters, with the words of the mainland when it was traditional.
pub(crate) fn to_simplified(text: Vec<Placed>) -> Vec<Placed> {
    let words: String = text.iter().map(|placed| placed.c).collect();
    match traditional_share(&words, 1) {
        Some(share) if share >= TRADITIONAL => from_traditional(text),
        Some(share) if share > 0.0 => convert(text, &ROUNDS[1], simplify_char),
        _ => text,
    }
}

/// `text`, known to be traditional, in simplified characters and the words of the mainland. A word
/// of as many characters as before is told character by character, any other as a whole.
pub(crate) fn from_traditional(text: Vec<Placed>) -> Vec<Placed> {
    let [first, second] = &*ROUNDS;
    let text = convert(text, first, |c| c);
    convert(text, second, simplify_char)
}

fn convert(text: Vec<Placed>, round: &Round, single: fn(char) -> char) -> Vec<Placed> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_slice();
    while let Some((&first, behind)) = rest.split_first() {
        let entries = round.get(&first.c).map(Vec::as_slice).unwrap_or_default();
        let fits = |(from, _): &&(Vec<char>, Vec<char>)| {
            from.len() <= rest.len() && from.iter().zip(rest).all(|(c, placed)| *c == placed.c)
        };
        let Some((from, to)) = entries.iter().find(fits) else {
            let c = single(first.c);
            out.push(Placed { c, ..first });
            rest = behind;
            continue;
        };
        let (taken, behind) = rest.split_at(from.len());
        let start = taken
            .iter()
            .map(|placed| placed.start)
            .min()
            .unwrap_or(first.start);
        let end = taken
            .iter()
            .map(|placed| placed.end)
            .max()
            .unwrap_or(first.end);
        match from.len() == to.len() {
            true => out.extend(
                taken
                    .iter()
                    .zip(to)
                    .map(|(placed, &c)| Placed { c, ..*placed }),
            ),
            false => out.extend(to.iter().map(|&c| Placed { c, start, end })),
        }
        rest = behind;
    }
    out
}
