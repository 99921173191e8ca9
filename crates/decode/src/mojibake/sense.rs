//! Is what comes out a text, and was what stood there none?

use super::LOST;
use super::misreading::{Misreading, Step};
use crate::likeness::{self, Home};

/// Bits by which the reading that comes out is cheaper than the one that stood there. Three
/// characters of Chinese save a hundred, an accent eighteen: `Â°` could be meant.
const LEAST_SAVED: u64 = 14;
const LEAST_SAVED_CHINESE: u64 = 20;

/// `×”` is a letter of Hebrew, or the end of a quotation: another alphabet takes several letters.
const LEAST_SAVED_OTHER: u64 = 50;

/// Bits of a character of what comes out, on average; accidents cost more, unless they are short.
const CHINESE: f64 = 11.7;
const SHORT_CHINESE: f64 = 11.0;
const SHORT: u64 = 6;

/// What is known of the page a stretch stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    Any,
    /// Other lines of it were misread.
    Known,
}

/// Bits more for a character where the damage is known: 防汛抗旱 is short and rare.
const KNOWN: f64 = 3.0;

/// Of so many characters one may be lost.
const LOST_OF: u64 = 3;

/// True when what comes out is a text and what stood there is none.
pub(super) fn makes_sense(shown: &str, steps: &[Step], way: Misreading, doubt: Doubt) -> bool {
    let sound: String = steps
        .iter()
        .map(|(c, _)| *c)
        .filter(|c| *c != LOST)
        .collect();
    let n_lost = steps.iter().filter(|(c, _)| *c == LOST).count() as u64;
    let (was, is) = (
        likeness::cost(shown, Home::Any),
        likeness::cost(&sound, Home::Any),
    );
    if way == Misreading::Utf8AsLatin1 && n_lost == 0 && are_quotes(shown, &sound) {
        return true;
    }
    let lost_bits = n_lost * 20;
    if is.n_errors > 0 || is.n_telling == 0 && n_lost == 0 || was.bits < is.bits + lost_bits {
        return false;
    }
    let saved = was.bits - is.bits - lost_bits;
    if is.n_chinese == 0 {
        // Western text: every byte has to be there.
        let is_western = sound.chars().all(likeness::is_western);
        let least = match sound.chars().any(is_of_other_alphabet) {
            true => LEAST_SAVED_OTHER,
            false => LEAST_SAVED,
        };
        return way == Misreading::Utf8AsLatin1 && is_western && n_lost == 0 && saved >= least;
    }
    let most = if is.n_telling < SHORT {
        SHORT_CHINESE
    } else {
        CHINESE
    };
    let most = match doubt {
        Doubt::Any => most,
        Doubt::Known => most + KNOWN,
    };
    is.n_chinese >= 2
        && n_lost * LOST_OF <= is.n_chinese
        && saved >= LEAST_SAVED_CHINESE
        && is.per_char() < most
        && !is_alphabet(shown)
}

/// `â€œ` is no word of any language: nothing but quotes, dashes and dots comes out, and ASCII.
fn are_quotes(shown: &str, sound: &str) -> bool {
    let is_quote = |c: char| matches!(c, '–' | '—' | '‘' | '’' | '“' | '”' | '…' | '•');
    let mut others = sound.chars().filter(|c| !c.is_ascii());
    shown.contains("â€") && sound.contains(is_quote) && others.all(is_quote)
}

fn is_of_other_alphabet(c: char) -> bool {
    c.is_alphabetic() && !matches!(c, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// `ÀÁÂÃÄÅ`: letters in the order of their table are a table.
fn is_alphabet(shown: &str) -> bool {
    let codes: Vec<u32> = shown
        .chars()
        .filter(|c| !c.is_ascii())
        .map(u32::from)
        .collect();
    let n_next = codes
        .windows(2)
        .filter(|pair| pair[0] + 1 == pair[1])
        .count();
    n_next * 3 > codes.len()
}
