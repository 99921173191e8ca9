use std::ops::BitOr;

use taosha_core::han_digit;

use crate::numeral::is_han_numeral;
use crate::words::Words;

/// What is known of a character: what it is, what may begin there, and what hides or breaks it.
///
/// Most characters of a page begin nothing, so that whoever looks for something in a line asks for
/// the next character with its cue and passes over all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cue(u32);

impl Cue {
    pub(crate) const NONE: Cue = Cue(0);

    // What holds of a place in a line.
    /// Hidden by a mask.
    pub(crate) const MASKED: Cue = Cue(1);
    /// Broken, or next to a place where something is lost.
    pub(crate) const DAMAGED: Cue = Cue(1 << 1);
    /// A sign that hides something.
    pub(crate) const SIGN: Cue = Cue(1 << 2);
    /// Part of a name, date or heading number: no figure begins here.
    pub(crate) const TAKEN: Cue = Cue(1 << 3);
    /// A line end inside a number.
    pub(crate) const CUT: Cue = Cue(1 << 4);

    // What holds of a character wherever it stands.
    /// 0-9
    pub(crate) const DIGIT: Cue = Cue(1 << 5);
    /// What numbers in Chinese numerals begin with.
    pub(crate) const HAN_NUMERAL: Cue = Cue(1 << 6);
    /// What years are written in.
    pub(crate) const YEAR: Cue = Cue(1 << 7);
    /// x, *, ×: what masks are made of, and products.
    pub(crate) const CROSS: Cue = Cue(1 << 8);
    /// What may end a clause.
    pub(crate) const BORDER: Cue = Cue(1 << 9);
    /// 《
    pub(crate) const TITLE: Cue = Cue(1 << 10);
    /// Quotation marks on either side.
    pub(crate) const QUOTE: Cue = Cue(1 << 11);
    /// 〔 and what stands for it.
    pub(crate) const BRACKET: Cue = Cue(1 << 12);
    /// 第 and 前.
    pub(crate) const ORDINAL: Cue = Cue(1 << 13);
    /// Letters, digits and the signs of addresses.
    pub(crate) const LATIN: Cue = Cue(1 << 14);

    /// What no line with a numeral, title, award or mask is without; of signs as the page has them.
    pub(crate) const SPEAKS: Cue = Cue(1 << 23);

    // What words begin with.
    /// 人围观
    pub(crate) const SITE: Cue = Cue(1 << 15);
    /// 三个代表
    pub(crate) const NAME: Cue = Cue(1 << 16);
    /// 荣获
    pub(crate) const AWARD: Cue = Cue(1 << 17);
    /// 力争
    pub(crate) const PLAN: Cue = Cue(1 << 18);
    /// 去年, 目前
    pub(crate) const TIME: Cue = Cue(1 << 19);
    /// 县
    pub(crate) const PLACE: Cue = Cue(1 << 20);
    /// 教育局
    pub(crate) const ORGANISATION: Cue = Cue(1 << 21);
    /// 的: never inside a name.
    pub(crate) const NO_NAME: Cue = Cue(1 << 22);

    pub(crate) const fn or(self, other: Cue) -> Cue {
        Cue(self.0 | other.0)
    }

    /// True when it has one of `others`.
    pub(crate) fn has(self, others: Cue) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Cue {
    type Output = Cue;

    fn bitor(self, other: Cue) -> Cue {
        self.or(other)
    }
}

/// The cues of every character of the first plane.
pub(crate) struct Cues(Vec<Cue>);

const FIRST_PLANE: u32 = 0x1_0000;
/// What a character beyond it has, such as 𫫇: a word of a user may begin there, and the lists tell.
const BEYOND: Cue = Cue::SITE
    .or(Cue::NAME)
    .or(Cue::AWARD)
    .or(Cue::PLAN)
    .or(Cue::PLACE)
    .or(Cue::ORGANISATION);

impl Cues {
    /// `words` are lists with the cue of what they begin with, `characters` stand for themselves.
    pub(crate) fn new(words: &[(Cue, &Words)], characters: &[(Cue, &str)]) -> Self {
        let of_signs = (0..FIRST_PLANE).map(|c| char::from_u32(c).map_or(Cue::NONE, of_sign));
        let mut cues = Cues(of_signs.collect());
        for (cue, words) in words {
            words.first_characters().for_each(|c| cues.add(c, *cue));
        }
        for (cue, characters) in characters {
            characters.chars().for_each(|c| cues.add(c, *cue));
        }
        cues
    }

    fn add(&mut self, c: char, cue: Cue) {
        if let Some(slot) = self.0.get_mut(c as usize) {
            *slot = *slot | cue;
        }
    }

    pub(crate) fn of(&self, c: char) -> Cue {
        self.0.get(c as usize).copied().unwrap_or(BEYOND)
    }
}

/// The cues of `c` that do not depend on word lists.
fn of_sign(c: char) -> Cue {
    let cues = [
        (Cue::DAMAGED, matches!(c, '□' | '\u{fffd}')),
        (Cue::DIGIT, c.is_ascii_digit()),
        (Cue::HAN_NUMERAL, is_han_numeral(c)),
        (Cue::YEAR, c.is_ascii_digit() || han_digit(c).is_some()),
        (
            Cue::CROSS,
            matches!(c, 'x' | 'X' | '*' | '_' | '×' | '✕' | '╳'),
        ),
        (
            Cue::BORDER,
            matches!(c, ';' | '。' | '!' | '\n' | '\r' | ',' | ':' | '?'),
        ),
        (Cue::TITLE, c == '《'),
        (
            Cue::QUOTE,
            matches!(c, '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』' | '"'),
        ),
        (
            Cue::BRACKET,
            matches!(c, '〔' | '[' | '(' | '【' | '?' | '□' | '﹝' | '〈'),
        ),
        (Cue::ORDINAL, matches!(c, '第' | '前')),
        (
            Cue::LATIN,
            c.is_ascii_alphanumeric()
                || matches!(c, '/' | ':' | '.' | '@' | '_' | '=' | '&' | '-' | '?' | '#'),
        ),
        (Cue::SPEAKS, speaks(c)),
    ];
    let held = cues.into_iter().filter(|(_, holds)| *holds);
    held.fold(Cue::NONE, |all, (cue, _)| all | cue)
}

/// False for most characters of prose: a line of them alone costs one look.
fn speaks(c: char) -> bool {
    c.is_ascii_digit()
        || ('０'..='９').contains(&c)
        || "《获獲评評授夺奪膺斩斬命确確".contains(c)
        || "xX×*＊_＿ｘＸ".contains(c)
        || "十百千万萬亿億廿卅拾佰仟".contains(c)
        || han_digit(c).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_word_begins_with_has_its_cue() {
        let names = Words::new(["三个代表", "𫫇英"]);
        let cues = Cues::new(&[(Cue::NAME, &names)], &[(Cue::TIME, "今去")]);
        assert!(cues.of('三').has(Cue::NAME));
        assert!(cues.of('三').has(Cue::HAN_NUMERAL));
        assert!(cues.of('𫫇').has(Cue::NAME));
        assert!(cues.of('去').has(Cue::TIME));
        assert!(!cues.of('英').has(Cue::NAME));
    }
}
