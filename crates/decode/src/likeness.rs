//! How much a reading of some bytes looks like Chinese.

use std::sync::LazyLock;

use encoding_rs::Encoding;
use taosha_core::simplify;

use crate::walk;

/// What was counted in a trial reading.
#[derive(Clone, Copy, Default)]
pub(crate) struct Likeness {
    /// Characters that tell something: all but ASCII.
    n_chars: usize,
    /// The most frequent characters of any Chinese text.
    n_frequent: usize,
    /// Other characters of everyday use, and Chinese punctuation.
    n_common: usize,
    n_errors: usize,
}

/// Everyday characters stand for half a frequent one: a wrong reading hits the 3 755 characters of
/// GB 2312's first level by chance (every sixth pair of bytes), the 300 frequent ones hardly ever.
const COMMON_WEIGHT: f64 = 0.6;

/// One error undoes three good characters: a right reading has none but for damage.
const ERROR_WEIGHT: f64 = 3.0;

impl Likeness {
    /// 1 for a text of frequent characters only, below 0 for errors only.
    pub(crate) fn score(&self) -> f64 {
        let good = self.n_frequent as f64 + COMMON_WEIGHT * self.n_common as f64;
        (good - ERROR_WEIGHT * self.n_errors as f64) / self.n_chars.max(1) as f64
    }

    /// How many characters of Chinese were counted.
    pub(crate) fn n_chinese(&self) -> usize {
        self.n_frequent + self.n_common
    }

    /// The share of characters that are no errors.
    pub(crate) fn sound_share(&self) -> f64 {
        1.0 - self.n_errors as f64 / self.n_chars.max(1) as f64
    }
}

/// Reads `sample` as `encoding` and counts.
pub(crate) fn likeness(sample: &[u8], encoding: &'static Encoding) -> Likeness {
    of_text(walk::text(sample, encoding).text(), encoding)
}

/// Counts in `text`, which was read as `encoding`.
pub(crate) fn of_text(text: &str, encoding: &'static Encoding) -> Likeness {
    let units_of_two = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    let mut likeness = Likeness::default();
    for c in simplify(text).chars() {
        if c.is_ascii() && !units_of_two {
            continue;
        }
        likeness.n_chars += 1;
        match class(c) {
            Class::Frequent => likeness.n_frequent += 1,
            Class::Common => likeness.n_common += 1,
            Class::Error => likeness.n_errors += 1,
            Class::Other => {}
        }
    }
    likeness
}

/// How little a character is to be expected in Chinese, from 0 on.
pub(crate) fn rarity(c: char) -> u8 {
    let simple = simplify(c.encode_utf8(&mut [0; 4]))
        .chars()
        .next()
        .unwrap_or(c);
    match class(simple) {
        Class::Frequent => 0,
        Class::Common => 1,
        Class::Other => 6,
        Class::Error => 10,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Frequent,
    Common,
    Other,
    Error,
}

fn class(c: char) -> Class {
    match c {
        '\u{4E00}'..='\u{9FFF}' => HAN[(c as usize) - 0x4E00],
        '\u{3000}'..='\u{3011}' | '\u{FF01}'..='\u{FF5E}' => Class::Common,
        '“' | '”' | '‘' | '’' | '…' | '—' | '·' => Class::Common,
        '\t' | '\n' | '\r' | ' '..='~' => Class::Common,
        '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => {
            Class::Error
        }
        _ => Class::Other,
    }
}

/// Indexed by code point from U+4E00.
static HAN: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let mut classes = vec![Class::Other; 0x9FFF - 0x4E00 + 1];
    let mut set = |c: char, class: Class| {
        if let Some(slot) = classes.get_mut((c as usize).wrapping_sub(0x4E00)) {
            *slot = class;
        }
    };
    // The first level of GB 2312 is rows 16 to 55, lead bytes B0 to D7.
    for lead in 0xB0..=0xD7u8 {
        for trail in 0xA1..=0xFEu8 {
            let pair = [lead, trail];
            let (text, _) = encoding_rs::GBK.decode_without_bom_handling(&pair);
            text.chars().for_each(|c| set(c, Class::Common));
        }
    }
    FREQUENT.chars().for_each(|c| set(c, Class::Frequent));
    classes
});

/// The characters that make up half of any modern Chinese text, and those of official prose.
const FREQUENT: &str = "的一是不了人在有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里\
用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工\
使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常\
先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德\
资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格\
望觉术领共确传师观清今切院让识候带导争运县镇乡村育校局委党中组织施落进务责任深入推工";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_reading_of_chinese_scores_far_above_the_wrong_ones() {
        let text = "云岭县卫生健康局坚持预防为主,全年门诊量达到三十二万人次。";
        let (raw, ..) = encoding_rs::GBK.encode(text);
        let right = likeness(&raw, encoding_rs::GB18030).score();
        let wrong = likeness(&raw, encoding_rs::BIG5).score();
        assert!(right > 0.6 && wrong < 0.3, "{right} {wrong}");
    }
}
