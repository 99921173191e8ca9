//! Shifted GBK: what a site does to its text that searches and replaces bytes.
//!
//! The text goes through five steps, and every one of them is a function here:
//!
//! 1. [`to_traditional`]: the site converts its text to traditional characters.
//! 2. [`Stream::of`]: the text becomes GBK, two bytes a character. A character GBK lacks becomes `?`.
//! 3. [`annotate`]: behind the two bytes of each of about sixty characters goes `(reading)`. The search
//!    is blind to character borders, so it also finds the last byte of one character with the first
//!    of the next, and tears both apart.
//! 4. [`cut`]: the string is cut in front of the bytes of 。，；！？, again across borders.
//! 5. [`read`]: each piece is read leniently and they are put together again.
//!
//! Each byte remembers the character it was written for. So the answer comes for free: which
//! stretches of the damaged text stand for which words, and which characters are truly gone.
mod annotate; // step 3
mod answer; // what the damage stands for
mod cut; // step 4
mod read; // step 5
mod stream; // step 2

pub use annotate::{Annotation, annotate, annotations};
pub use answer::{Cause, Damaged, LOST, Run};
pub use cut::{CUT_SIGNS, Cuts, cut};
pub use read::{Read, UserDefined, ascii_signs, read};
pub use stream::Stream;

use std::sync::LazyLock;

use opencc_fmmseg::OpenCC;
use serde::Deserialize;

/// How a site of this kind treats its text. The default does everything, and cuts everywhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Damage {
    /// Convert to traditional characters first. Text that already is traditional stays as it is.
    pub traditional: bool,
    /// Insert readings.
    pub annotate: bool,
    /// At which finds of a cut sign the string is really cut.
    pub cuts: Cuts,
    /// The signs whose bytes are searched for.
    pub cut_signs: Vec<char>,
    /// What becomes of pairs that name no character but are set aside for users.
    pub user_defined: UserDefined,
    /// Write full-width signs as ASCII in the end, as capture tools that normalise do.
    pub ascii_signs: bool,
}

impl Default for Damage {
    fn default() -> Self {
        Damage {
            traditional: true,
            annotate: true,
            cuts: Cuts::Every,
            cut_signs: CUT_SIGNS.to_vec(),
            user_defined: UserDefined::Dropped,
            ascii_signs: false,
        }
    }
}

impl Damage {
    /// Sends `text` through the five steps. The same text and options give the same result.
    pub fn apply(&self, text: &str) -> Damaged {
        let text = if self.traditional {
            to_traditional(text)
        } else {
            text.to_owned()
        };
        let mut stream = Stream::of(&text);
        if self.annotate {
            stream = annotate(&stream, annotations());
        }
        let pieces = cut(&stream, &self.cut_signs, self.cuts);
        let reads = read(&stream, &pieces, self.user_defined);
        let mut damaged = Damaged::new(&text, &stream, &reads);
        if self.ascii_signs {
            damaged = damaged.with_ascii_signs();
        }
        damaged
    }
}

/// Step 1: traditional characters, one for one.
///
/// Sites look up single characters, not words: pages have 批準 where the word is 批准. So each
/// character goes through OpenCC's `s2t` alone, and the text keeps its length.
pub fn to_traditional(text: &str) -> String {
    static CONVERTER: LazyLock<OpenCC> = LazyLock::new(OpenCC::new);
    let mut buffer = [0; 4];
    let mut convert = |c: char| {
        let converted = CONVERTER.s2t(c.encode_utf8(&mut buffer), false);
        converted.chars().next().unwrap_or(c)
    };
    text.chars()
        .map(|c| if c.is_ascii() { c } else { convert(c) })
        .collect()
}

#[cfg(test)]
mod tests;
