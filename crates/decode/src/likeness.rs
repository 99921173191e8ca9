//! How little a reading of some bytes looks like text: the bits it takes to write it down.
//!
//! A right reading is cheap, because people write few characters often. A wrong one is full of
//! characters nobody writes. Bits add up and can be compared: between two readings of the same
//! bytes, and with what a label is worth.

use std::sync::LazyLock;

use encoding_rs::Encoding;
use taosha_core::simplify;

/// What a reading costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cost {
    pub(crate) bits: u64,
    /// Characters that tell something: all but ASCII.
    pub(crate) n_telling: u64,
    /// Bits of these.
    pub(crate) telling_bits: u64,
    /// Characters of everyday Chinese.
    pub(crate) n_chinese: u64,
    pub(crate) n_errors: u64,
}

impl Cost {
    /// Bits of a telling character: 10 in Chinese that is read rightly, 17 and more in any wrong
    /// reading.
    pub(crate) fn per_char(&self) -> f64 {
        self.telling_bits as f64 / self.n_telling.max(1) as f64
    }
}

/// The languages that are written in a charset. What others write is no surprise in Unicode, but
/// nobody writes Japanese in GBK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Chinese,
    Japanese,
    Korean,
    Alphabet,
    Any,
}

impl Home {
    pub(crate) fn of(encoding: &'static Encoding) -> Self {
        use encoding_rs::{BIG5, EUC_JP, EUC_KR, GB18030, GBK, ISO_2022_JP, SHIFT_JIS};
        match encoding {
            e if e == GB18030 || e == GBK || e == BIG5 => Home::Chinese,
            e if e == EUC_JP || e == SHIFT_JIS || e == ISO_2022_JP => Home::Japanese,
            e if e == EUC_KR => Home::Korean,
            e if e.is_single_byte() => Home::Alphabet,
            _ => Home::Any,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Ascii,
    /// The most frequent characters of any Chinese text.
    Frequent,
    /// The other characters of everyday use: the first level of GB 2312.
    Common,
    /// A character for names and dictionaries.
    Rare,
    /// Signs of Chinese and its width.
    Sign,
    Kana,
    HalfKana,
    FrequentHangul,
    Hangul,
    RareHangul,
    LowerLetter,
    UpperLetter,
    /// Quotes, dashes, dots, spaces of Western print.
    Print,
    /// Everything else that can be shown.
    Other,
    Error,
}

impl Class {
    /// From counts over a few pages, rounded: what half of a text is made of by some 380
    /// characters costs 9 bits each, a third by 3 400 others 13. An error costs as much as what is
    /// never written; it takes the place of something.
    fn bits(self, home: Home) -> u64 {
        match self {
            Class::Ascii => 5,
            Class::Frequent => 9,
            Class::Common => 13,
            Class::Rare => 19,
            Class::Sign => 7,
            Class::Kana if matches!(home, Home::Japanese | Home::Any) => 7,
            Class::Kana => 14,
            Class::HalfKana => 14,
            Class::FrequentHangul if matches!(home, Home::Korean | Home::Any) => 7,
            Class::Hangul if matches!(home, Home::Korean | Home::Any) => 12,
            Class::FrequentHangul | Class::Hangul => 19,
            Class::LowerLetter if matches!(home, Home::Alphabet | Home::Any) => 5,
            Class::UpperLetter if matches!(home, Home::Alphabet | Home::Any) => 7,
            Class::LowerLetter | Class::UpperLetter => 13,
            Class::Print => 9,
            Class::Other => 16,
            Class::RareHangul => 19,
            Class::Error => 20,
        }
    }
}

/// A letter with an accent beside another, a capital behind a small letter, a letter beside one of
/// another alphabet: words are not written so.
const ODD_NEIGHBOURS: u64 = 8;

/// Half a character at an end of the sample tells nothing: the sample was cut there.
const CUT: u64 = 12;

/// What `text`, read from a charset of `home`, costs.
pub(crate) fn cost(text: &str, home: Home) -> Cost {
    let mut cost = Cost::default();
    let mut last = ' ';
    for c in text.chars() {
        let class = class(c);
        let mut bits = class.bits(home);
        if class == Class::Ascii {
            cost.bits += bits;
            last = c;
            continue;
        }
        if matches!(class, Class::LowerLetter | Class::UpperLetter) && is_odd(last, c, class) {
            bits += ODD_NEIGHBOURS;
        }
        last = c;
        cost.bits += bits;
        cost.telling_bits += bits;
        cost.n_telling += 1;
        cost.n_chinese += u64::from(matches!(class, Class::Frequent | Class::Common));
        cost.n_errors += u64::from(class == Class::Error);
    }
    for is_cut in [text.starts_with('\u{FFFD}'), text.ends_with('\u{FFFD}')] {
        if is_cut {
            cost.bits = cost.bits.saturating_sub(CUT);
            cost.telling_bits = cost.telling_bits.saturating_sub(CUT);
        }
    }
    cost
}

fn is_odd(last: char, c: char, class: Class) -> bool {
    if last == ' ' || !last.is_alphabetic() {
        return false;
    }
    let is_latin = |c: char| c < '\u{250}' || ('\u{1E00}'..='\u{1EFF}').contains(&c);
    let is_capital_inside = class == Class::UpperLetter && last.is_lowercase();
    let is_accent_twice = is_latin(c) && !last.is_ascii();
    is_latin(c) != is_latin(last) || is_capital_inside || is_accent_twice
}

/// How little a character is to be expected in Chinese, from 0 on.
pub(crate) fn rarity(c: char) -> u8 {
    match class(c) {
        Class::Frequent => 0,
        Class::Common | Class::Sign | Class::Ascii => 1,
        Class::Print if matches!(c, '“' | '”' | '‘' | '’' | '…' | '—' | '·') => 1,
        Class::Error => 10,
        _ => 6,
    }
}

/// True for what Western words and their print are made of.
pub(crate) fn is_western(c: char) -> bool {
    use Class::{Ascii, LowerLetter, Print, UpperLetter};
    matches!(class(c), Ascii | LowerLetter | UpperLetter | Print)
}

fn class(c: char) -> Class {
    *CLASSES.get(c as usize).unwrap_or(&Class::Rare)
}

/// Indexed by code point, for the first plane.
static CLASSES: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let mut classes: Vec<Class> = (0..=0xFFFFu32).map(class_by_block).collect();
    let mut set = |text: &str, class: Class| {
        for c in text.chars() {
            if let Some(slot) = classes.get_mut(c as usize) {
                *slot = class;
            }
        }
    };
    // The first level of GB 2312 is rows 16 to 55, lead bytes B0 to D7; the syllables of KS X 1001
    // are rows 16 to 40, lead bytes B0 to C8.
    set(
        &rows(0xB0..=0xD7, encoding_rs::GBK).replace('\u{FFFD}', ""),
        Class::Common,
    );
    set(FREQUENT, Class::Frequent);
    set(&rows(0xB0..=0xC8, encoding_rs::EUC_KR), Class::Hangul);
    set(FREQUENT_HANGUL, Class::FrequentHangul);
    // A traditional character is as frequent as the simplified one.
    let han: String = ('\u{3400}'..='\u{9FFF}').collect();
    for (traditional, simple) in han.chars().zip(simplify(&han).chars()) {
        if traditional != simple {
            classes[traditional as usize] = classes[simple as usize];
        }
    }
    classes
});

fn class_by_block(code: u32) -> Class {
    let Some(c) = char::from_u32(code) else {
        return Class::Error;
    };
    match c {
        '\t' | '\n' | '\r' | ' '..='~' => Class::Ascii,
        '\0'..='\u{9F}' | '\u{E000}'..='\u{F8FF}' | '\u{FFFD}'..='\u{FFFF}' => Class::Error,
        '\u{3000}'..='\u{3011}' | '\u{3014}' | '\u{3015}' | '\u{FF01}'..='\u{FF5E}' => Class::Sign,
        '\u{3041}'..='\u{30FE}' => Class::Kana,
        '\u{FF61}'..='\u{FF9F}' => Class::HalfKana,
        '\u{AC00}'..='\u{D7A3}' => Class::RareHangul,
        '\u{A0}' | '·' | '«' | '»' | '£' | '§' | '°' | '\u{2010}'..='\u{2027}' | '€' | '№' => {
            Class::Print
        }
        '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => Class::Rare,
        'ª' | 'º' | '\u{250}'..='\u{36F}' => Class::Other,
        'ƒ' | '\u{180}'..='\u{1BF}' | '\u{1C4}'..='\u{217}' | '\u{21C}'..='\u{24F}' => {
            Class::Other
        }
        c if is_of_alphabet(c) && c.is_uppercase() => Class::UpperLetter,
        c if is_of_alphabet(c) && c.is_alphabetic() => Class::LowerLetter,
        _ => Class::Other,
    }
}

/// Latin, Greek, Cyrillic, Hebrew, Arabic, Thai: what single-byte charsets are for.
fn is_of_alphabet(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{24F}' | '\u{370}'..='\u{45F}' | '\u{490}' | '\u{491}'
        | '\u{5D0}'..='\u{5EA}' | '\u{620}'..='\u{64A}' | '\u{E01}'..='\u{E5B}' | '\u{1E00}'..='\u{1EFF}')
}

/// The characters of some rows of a table of byte pairs.
fn rows(leads: std::ops::RangeInclusive<u8>, encoding: &'static Encoding) -> String {
    let pairs: Vec<u8> = leads
        .flat_map(|lead| (0xA1..=0xFEu8).flat_map(move |trail| [lead, trail]))
        .collect();
    let (text, _) = encoding.decode_without_bom_handling(&pairs);
    text.chars()
        .filter(|c| !matches!(c, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}'))
        .collect()
}

/// The characters that make up half of any modern Chinese text, and those of official prose.
const FREQUENT: &str = "的一是不了人在有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里\
用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工\
使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常\
先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德\
资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格\
望觉术领共确传师观清今切院让识候带导争运县镇乡村育校局委党中组织施落进务责任深入推工";

/// The syllables of particles, endings and the commonest words of Korean.
const FREQUENT_HANGUL: &str = "이다는의에가을를은고하한지로도인사기대서어자아리시나정과보일그수해부전제원으스있것장여상주적동들라학구국\
교육년도서연경생중면만무할했되된및위과회공소신마성안우용조비니습요세계선발행관문실내업민개방까오와터던모";

#[cfg(test)]
mod tests {
    use super::*;

    fn per_char(raw: &[u8], encoding: &'static Encoding) -> f64 {
        let (text, _) = encoding.decode_without_bom_handling(raw);
        cost(&text, Home::of(encoding)).per_char()
    }

    #[test]
    fn the_right_reading_of_chinese_is_far_cheaper_than_the_wrong_ones() {
        let text = "云岭县卫生健康局坚持预防为主,全年门诊量达到三十二万人次。";
        let (raw, ..) = encoding_rs::GBK.encode(text);
        let right = per_char(&raw, encoding_rs::GB18030);
        assert!(right < 11.5, "{right}");
        for wrong in [
            encoding_rs::BIG5,
            encoding_rs::EUC_KR,
            encoding_rs::EUC_JP,
            encoding_rs::SHIFT_JIS,
        ] {
            let wrong = per_char(&raw, wrong);
            assert!(wrong > right + 2.0, "{right} {wrong}");
        }
    }

    #[test]
    fn a_traditional_character_is_as_frequent_as_its_simplified_one() {
        assert_eq!(class('國'), Class::Frequent);
        assert_eq!(rarity('國'), rarity('国'));
    }

    #[test]
    fn accents_are_cheap_inside_words_and_dear_in_a_row() {
        let of = |text| cost(text, Home::Alphabet).per_char();
        assert!(of("déjà vu à Orléans") < 8.0);
        assert!(of("ÖÐ¹ú") > 10.0);
    }
}
