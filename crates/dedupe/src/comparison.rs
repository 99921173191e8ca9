//! The comparison form: what is left of a report when two copies of it should look the same.

use std::str::Chars;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{han_digit, simplify};

use crate::lists::Lists;
use crate::slot::{Slots, is_han_number};

/// The form's character for a number or a mask. A control character, so no text holds it after
/// folding.
pub(crate) const SLOT: u16 = 1;

/// What may be made neutral, each by its name in the pipeline file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormRule {
    /// Traditional characters, variants: simplified ones.
    Script,
    /// White space and line breaks: nothing.
    Spaces,
    /// Signs: nothing.
    Punctuation,
    /// Pinyin behind a character, 總結(jié): nothing.
    Annotations,
    /// Numbers of headings and items, 三、 (12) 2.: nothing.
    Headings,
    /// Numbers: one slot, whose value is compared by itself.
    Figures,
    /// Masks, XX ** □ 某: one slot, which fits any value.
    Masks,
}

impl FormRule {
    /// All of them.
    pub const ALL: [FormRule; 7] = [
        FormRule::Script,
        FormRule::Spaces,
        FormRule::Punctuation,
        FormRule::Annotations,
        FormRule::Headings,
        FormRule::Figures,
        FormRule::Masks,
    ];
}

/// The rules that are on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    bits: u8,
}

impl Rules {
    /// These and no others.
    pub(crate) fn of(rules: &[FormRule]) -> Self {
        let bits = rules.iter().fold(0, |bits, &rule| bits | 1 << rule as u8);
        Rules { bits }
    }

    fn has(self, rule: FormRule) -> bool {
        self.bits & 1 << rule as u8 != 0
    }
}

/// A report folded for comparison, with the values that were taken out of it.
///
/// Both scripts, both widths and both cases look alike; white space, punctuation, pinyin
/// annotations and the numbers of headings are left out. Every number and every mask is one
/// [`SLOT`], so that a copy with masked figures has the same shingles as the original.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// Folded characters of the basic plane; others are folded into it.
    pub(crate) characters: Vec<u16>,
    /// The values behind the slots, in order.
    pub(crate) slots: Slots,
    /// Where a character was lost on the way: `?` inside a word. In order.
    lost: Vec<u32>,
    /// Where sentences and paragraphs end. In order.
    pub(crate) breaks: Vec<Break>,
    /// Its enumerations.
    pub(crate) lists: Lists,
}

/// The end of a sentence or paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    /// Characters of the form before it.
    pub(crate) place: u32,
    /// Bytes of the text before it, the stop and the quotes behind it among them.
    pub(crate) at: u32,
    /// True for a line break.
    pub(crate) ends_paragraph: bool,
}

/// A sign of the other planes, where signs are not left out.
const SIGN: u16 = 2;
/// Left out of the form.
const SKIP: u16 = 0;
/// Classes that need a look around; the private code points cannot be folded characters.
const DIGIT: u16 = 0xE000;
const HAN_NUMBER: u16 = 0xE001;
const MASK: u16 = 0xE002;
const LATIN_X: u16 = 0xE003;
const OPEN: u16 = 0xE004;
const TITLE_OPEN: u16 = 0xE005;
const STOP: u16 = 0xE006;
const SPACE: u16 = 0xE007;

/// The classes of characters that are folded and no more; the slow way takes those above.
const PLAIN: std::ops::Range<u16> = SIGN + 1..DIGIT;

/// Marks that stand for a hidden or lost name or number. `x` is one as well, outside Latin words.
const MASKS: &str = "*×_□某○●◯■\u{FFFD}";

/// More x in a row than this are no word, whatever follows; bounds the look ahead.
const LONGEST_X: usize = 16;

/// Behind these a line or clause may begin with its number.
const STOPS: &str = "。！？；：!?;:\n\r";

/// Of these, the ones that end a sentence.
const SENTENCE_ENDS: &str = "。！？；!?;";

/// Signs that follow the end of a sentence and belong to it.
const CLOSING: &str = "”’」』）)\"";

/// Folds the tables of script, width and case do not hold: pairs of a variant and the character
/// it is taken for. Regions write 著 or 着, 衞 or 衛; converters leave 覆, 藉, 像 or change them. Only
/// equality counts here, so it does no harm that 著名 is folded with them.
const OTHER_FOLDS: &str = "著着 衞卫 衹只 祇只 粧妆 敍叙 枱台 藉借 覆复 瞭了 彷仿 甦苏 幷并 馀余 锺钟 谘咨 \
    迳径 钜巨 讬托 像象 妳你 甯宁";

/// What each character of the basic plane becomes.
static FOLD: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let all: String = (0..=0xFFFFu32).filter_map(char::from_u32).collect();
    let mut table = vec![SKIP; 0x1_0000];
    for (c, simple) in all.chars().zip(simplify(&all).chars()) {
        let pair = OTHER_FOLDS.split(' ').find(|pair| pair.starts_with(simple));
        let simple = pair.and_then(|pair| pair.chars().nth(1)).unwrap_or(simple);
        table[c as usize] = fold(simple);
    }
    table
});

/// As [`FOLD`], with every character in its own script.
static PLAIN_FOLD: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let all = (0..=0xFFFFu32).map(char::from_u32);
    all.map(|c| c.map_or(SKIP, fold)).collect()
});

fn fold(simple: char) -> u16 {
    let half = half_width(simple);
    let lower = half.to_lowercase().next().unwrap_or(half);
    match lower {
        '0'..='9' => DIGIT,
        'x' => LATIN_X,
        '(' | '[' | '〔' | '【' | '〈' => OPEN,
        '《' => TITLE_OPEN,
        _ if STOPS.contains(lower) => STOP,
        _ if MASKS.contains(lower) => MASK,
        _ if lower.is_whitespace() => SPACE,
        _ if is_han_number(lower) => HAN_NUMBER,
        // ① ⑴ ⒈ and their like number a list; private characters are icons.
        '\u{2460}'..='\u{24FF}' | '\u{3220}'..='\u{32FF}' | '\u{E000}'..='\u{F8FF}' => SKIP,
        _ if lower.is_alphanumeric() => u16::try_from(lower as u32).unwrap_or(SKIP),
        _ => SKIP,
    }
}

/// Full-width signs as ASCII.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn class(c: char) -> u16 {
    class_by(&FOLD, c)
}

fn class_by(table: &[u16], c: char) -> u16 {
    match table.get(c as usize) {
        Some(&folded) => folded,
        // Rare characters of the other planes keep 15 bits, which is enough to tell them apart.
        None if c.is_alphanumeric() => (c as u32 & 0x1FFF) as u16 | 0x2000,
        None => SKIP,
    }
}

impl Form {
    /// Folds `text` by all rules.
    pub(crate) fn of(text: &str) -> Self {
        Form::by(text, Rules::of(&FormRule::ALL))
    }

    /// Folds `text` by `rules` in one pass. Width and case are always folded.
    pub(crate) fn by(text: &str, rules: Rules) -> Self {
        let mut folder = Folder {
            form: Form {
                characters: Vec::with_capacity(text.len() / 3),
                ..Form::default()
            },
            rest: text.chars(),
            n_bytes: text.len(),
            rules,
            table: match rules.has(FormRule::Script) {
                true => &FOLD,
                false => &PLAIN_FOLD,
            },
            at_start: true,
            before: ' ',
            raw: String::new(),
        };
        while folder.step() {
            folder.plain();
        }
        folder.sign(false);
        folder.form
    }

    /// Number of characters.
    pub(crate) fn len(&self) -> usize {
        self.characters.len()
    }

    /// True when a character was lost before the one at `place`.
    pub(crate) fn is_lost(&self, place: usize) -> bool {
        self.lost.binary_search(&(place as u32)).is_ok()
    }

    /// True when a sentence or paragraph ends before the character at `place`.
    pub(crate) fn is_broken(&self, place: usize) -> bool {
        let place = place as u32;
        let next = self.breaks.partition_point(|end| end.place < place);
        self.breaks.get(next).is_some_and(|end| end.place == place)
    }

    /// The first line, where it is short enough to be a title.
    pub(crate) fn title(&self) -> Option<&[u16]> {
        /// The titles of government papers run to about 45 characters.
        const LONGEST: usize = 50;
        let is_line = |end: &&Break| end.ends_paragraph && end.place > 0;
        let end = self.breaks.iter().find(is_line)?.place as usize;
        self.characters.get(..end).filter(|_| end <= LONGEST)
    }

    /// The bytes that two exact copies share: characters, then the slots with their masks.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self
            .characters
            .iter()
            .flat_map(|c| c.to_le_bytes())
            .collect();
        for index in 0..self.slots.len() {
            bytes.push(0);
            bytes.extend_from_slice(self.slots.value(index).as_bytes());
        }
        bytes
    }
}

/// Where the pass stands.
struct Folder<'a> {
    form: Form,
    rest: Chars<'a>,
    /// Of the whole text.
    n_bytes: usize,
    rules: Rules,
    /// What each character becomes.
    table: &'static [u16],
    /// Nothing but space since the last stop: a number here may be that of a heading.
    at_start: bool,
    before: char,
    /// The number that is read, in room that is used again.
    raw: String,
}

impl Folder<'_> {
    /// Takes the characters ahead that stand for themselves, as most do.
    fn plain(&mut self) {
        let mut ahead = self.rest.clone();
        while let Some(c) = ahead.next() {
            let folded = class_by(self.table, c);
            if !PLAIN.contains(&folded) {
                break;
            }
            self.push(folded);
            self.before = c;
            self.rest = ahead.clone();
        }
    }

    /// Takes one character, or one number, mask or annotation. False at the end.
    fn step(&mut self) -> bool {
        let Some(c) = self.peek() else {
            return false;
        };
        let class = class_by(self.table, c);
        let is_numeral = matches!(class, DIGIT | HAN_NUMBER);
        let is_mask = class == MASK || (class == LATIN_X && self.is_mask_x());
        if is_numeral || (is_mask && self.rules.has(FormRule::Masks)) {
            self.number();
            self.at_start = false;
            return true;
        }
        self.rest.next();
        let rule = match (class, c) {
            (SPACE, _) | (_, '\n' | '\r') => Some(FormRule::Spaces),
            (SKIP | STOP | OPEN | TITLE_OPEN, _) => Some(FormRule::Punctuation),
            (MASK, _) => Some(FormRule::Masks),
            _ => None,
        };
        if rule.is_some_and(|rule| !self.rules.has(rule)) {
            let half = u16::try_from(half_width(c) as u32);
            self.form.characters.push(half.unwrap_or(SIGN));
        }
        match class {
            // A point stands inside of foreign names.
            SKIP if c != '·' => {
                self.sign(c == '、');
                self.at_start = false;
            }
            SKIP | MASK => self.at_start = false,
            SPACE => {}
            STOP => {
                if c == '?' && self.is_in_word() {
                    self.form.lost.push(self.form.characters.len() as u32);
                }
                self.at_start = true;
                self.sign(false);
                self.stop(c);
            }
            OPEN => self.skip_bracket(),
            TITLE_OPEN => {
                self.sign(false);
                self.blank_in_title();
            }
            LATIN_X => self.push('x' as u16),
            folded => self.push(folded),
        }
        self.before = c;
        true
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn next_if(&mut self, is_wanted: impl Fn(char) -> bool) -> bool {
        let is_next = self.peek().is_some_and(is_wanted);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    /// Notes that a member of a list may end here.
    fn sign(&mut self, joins: bool) {
        let Form {
            characters, lists, ..
        } = &mut self.form;
        lists.sign(characters, joins);
    }

    /// Notes where a sentence or paragraph ends.
    fn stop(&mut self, c: char) {
        let ends_paragraph = matches!(c, '\n' | '\r');
        if !ends_paragraph && !SENTENCE_ENDS.contains(c) {
            return;
        }
        while !ends_paragraph && self.next_if(|c| CLOSING.contains(c)) {
            self.at_start = false;
        }
        self.form.breaks.push(Break {
            place: self.form.characters.len() as u32,
            at: (self.n_bytes - self.rest.as_str().len()) as u32,
            ends_paragraph,
        });
    }

    fn push(&mut self, folded: u16) {
        self.form.characters.push(folded);
        self.at_start = false;
    }

    /// True between two Chinese characters. Converters write `?` for what they cannot write; where
    /// it ends a question, the place it is noted for has nothing to be compared with.
    fn is_in_word(&self) -> bool {
        let is_han = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
        is_han(self.before) && self.rest.clone().next().is_some_and(is_han)
    }

    fn slot(&mut self, raw: &str) {
        let place = self.form.characters.len();
        match raw.is_ascii() {
            true => self.form.slots.push(place, raw),
            false => self.form.slots.push(place, &simplify(raw)),
        }
        self.form.characters.push(SLOT);
    }

    /// `x` counts as a mask unless it is part of a Latin word: 2x所, XX县, but not `box` or `xls`.
    fn is_mask_x(&self) -> bool {
        let letter = |c: char| half_width(c).is_ascii_alphabetic() && class(c) != LATIN_X;
        if letter(self.before) {
            return false;
        }
        let mut ahead = self.rest.clone().take(LONGEST_X);
        !ahead.find(|&c| class(c) != LATIN_X).is_some_and(letter)
    }

    /// A run of numerals with its points, commas and masks: 2,345.6, 二〇一八, 20xx, x.8万.
    fn number(&mut self) {
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        let (mut is_han, mut is_plain, mut is_spaced) = (true, true, false);
        while let Some(c) = self.peek() {
            let class = class(c);
            // 二○一八 is written with a circle for zero; a circle elsewhere is a mask.
            let zero = c == '○' && is_han && is_plain && !raw.is_empty();
            let numeral = zero || matches!(class, DIGIT | HAN_NUMBER);
            let is_mask = class == MASK || (class == LATIN_X && self.is_mask_x());
            let masked = !numeral && is_mask && self.rules.has(FormRule::Masks);
            let sign = half_width(c);
            if masked {
                // 30所某校 is a number and, further on, a mask: 某 never hides digits.
                if c == '某' && !raw.is_empty() && raw != "*" {
                    break;
                }
                if !raw.ends_with('*') {
                    raw.push('*');
                }
            } else if numeral {
                // XX一中 is a hidden name before a number, not part of it.
                if raw == "*" && class == HAN_NUMBER && han_digit(c).is_some() {
                    break;
                }
                raw.push(sign);
            } else if matches!(sign, '.' | ',') && !is_han && self.number_goes_on() {
                raw.push(sign);
            } else if c == ' ' && self.digit_is_alone(&raw, is_spaced) {
                is_spaced = true;
            } else {
                break;
            }
            is_han &= numeral && class != DIGIT;
            is_plain &= numeral || class == SPACE;
            self.before = c;
            self.rest.next();
        }
        let n = raw.chars().count();
        let is_left_out =
            is_plain && self.rules.has(FormRule::Headings) && self.is_heading_number(n, is_han);
        match raw.contains('*') || self.rules.has(FormRule::Figures) {
            _ if is_left_out => {}
            true => self.slot(&raw),
            false => raw
                .chars()
                .for_each(|c| self.form.characters.push(c as u16)),
        }
        self.raw = raw;
    }

    /// True when a digit behind the space ahead stands alone and goes on with a number whose digits do:
    /// 3 8 4 2 6人, 1.4 3亿元.
    fn digit_is_alone(&self, raw: &str, is_spaced: bool) -> bool {
        let is_digit = |c: char| class(c) == DIGIT;
        let mut ahead = self.rest.clone().skip(1);
        let is_alone = ahead.next().is_some_and(is_digit) && !ahead.next().is_some_and(is_digit);
        let last = raw.rsplit('.').next().unwrap_or_default();
        let goes_on = is_spaced || (last.len() == 1 && last.chars().all(is_digit));
        self.rules.has(FormRule::Spaces) && is_alone && goes_on
    }

    /// True when the point or comma ahead is inside a number: 1.5, 3,000, 57.x.
    fn number_goes_on(&mut self) -> bool {
        let mut ahead = self.rest.clone();
        ahead.next();
        ahead
            .next()
            .is_some_and(|c| matches!(class(c), DIGIT | LATIN_X) || (class(c) == MASK && c != '某'))
    }

    /// True when the number just read, of `n` numerals, only counts headings or items.
    fn is_heading_number(&mut self, n: usize, is_han: bool) -> bool {
        // 二十三 and 99 number headings; longer numbers are figures and years.
        if n > if is_han { 3 } else { 2 } {
            return false;
        }
        let mut ahead = self.rest.clone();
        let Some(sign) = ahead.next().map(half_width) else {
            return false;
        };
        let goes_on = ahead
            .find(|c| class(*c) != SPACE)
            .is_some_and(|c| matches!(class(c), DIGIT | HAN_NUMBER | MASK | LATIN_X));
        match sign {
            // 二、加强管理 may follow the sentence before it without a break (a page on one line),
            // so the sign decides alone; 四、五万元 and 2、2、10 go on with a number.
            '、' => !goes_on,
            '.' | ',' | ':' | ')' | '）' | '．' => self.at_start && !goes_on,
            _ => self.at_start && is_han && sign.is_whitespace(),
        }
    }

    /// Leaves out (一), (12), [3] and the reading in 總結(jié); other brackets open normal text.
    fn skip_bracket(&mut self) {
        let (mut n, mut numerals, mut letters, mut toned) = (0, true, true, false);
        let mut ahead = self.rest.clone();
        loop {
            let Some(c) = ahead.next() else { return };
            if matches!(c, ')' | '）' | ']' | '］' | '〕' | '】' | '〉') {
                break;
            }
            // zhuāng has six letters, 二十三 three numerals.
            n += 1;
            numerals &= n <= 3 && matches!(class(c), DIGIT | HAN_NUMBER);
            letters &= n <= 6 && c.is_alphabetic() && (c as u32) < 0x300;
            toned |= "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü".contains(c);
            if !numerals && !letters {
                return;
            }
        }
        let numerals = numerals && self.rules.has(FormRule::Headings);
        let toned = toned && self.rules.has(FormRule::Annotations);
        if n > 0 && (numerals || toned) {
            self.rest = ahead;
        } else {
            self.sign(false);
        }
    }

    /// 《 职业教育…》: the name that stood behind the bracket was blanked.
    fn blank_in_title(&mut self) {
        let mut blank = false;
        while self.next_if(|c| matches!(c, ' ' | '\u{3000}' | '\u{A0}')) {
            blank = true;
        }
        if blank && self.peek().is_some_and(|c| han_digit(c).is_none()) {
            self.slot("*");
        }
        self.at_start = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let form = Form::of(text);
        let mut slots = 0..;
        form.characters
            .iter()
            .map(|&c| match c {
                SLOT => format!("<{}>", form.slots.value(slots.next().unwrap())),
                c => char::from_u32(c.into()).unwrap().to_string(),
            })
            .collect()
    }

    #[test]
    fn copies_in_another_dress_have_the_same_form() {
        let plain = "青禾县加强领导,投入2.8万元,改善30所学校。";
        for dressed in [
            "青禾縣加強領導，投入２．８萬元，改善30所學校",
            "青禾縣加強領(lǐng)導(dǎo),投入2.8万元、改善三十所学校!",
            "青禾县加强领导\n\n投入28000元;改善30所学校",
            "(三)青禾县加强领导,投入2.8万元,改善30所学校。",
        ] {
            assert_eq!(shown(dressed), shown(plain), "{dressed}");
        }
    }

    #[test]
    fn a_mask_and_a_number_fill_one_slot() {
        assert_eq!(shown("XX县20xx年有**所"), "<*>县<20*>年有<*>所");
        assert_eq!(shown("□47篇、2xxxx次、某校"), "<*47>篇<2*>次<*>校");
        assert_eq!(shown("二○一八年○○镇"), "<2018>年<*>镇");
        assert_eq!(shown("附件box.xls见x光"), "附件boxxls见<*>光");
        assert_eq!(shown("《 职业教育办法》"), "<*>职业教育办法");
    }

    #[test]
    fn the_numbers_of_headings_are_left_out() {
        for text in [
            "一、抓管理",
            "三、抓管理",
            "1.抓管理",
            "(十二)抓管理",
            "2、抓管理",
            "抓管理",
        ] {
            assert_eq!(shown(text), "抓管理", "{text}");
        }
        assert_eq!(
            shown("增长1.5倍。用去4、5万元"),
            "增长<1.5>倍用去<4><50000>元"
        );
        assert_eq!(shown("初\n一、初二年级"), "初初<2>年级");
    }

    #[test]
    fn each_rule_can_be_switched_off() {
        let plain = "青禾县(三)投入2.8万元，改善三所学校。XX镇总结";
        let cases = [
            (FormRule::Script, "县", "縣"),
            (FormRule::Spaces, "改善", "\n改善"),
            (FormRule::Punctuation, "，", "；"),
            (FormRule::Annotations, "结", "结(jié)"),
            (FormRule::Headings, "(三)", "(四)"),
            (FormRule::Figures, "2.8", "3.8"),
            (FormRule::Masks, "XX", "**"),
        ];
        for (rule, words, others) in cases {
            let dressed = plain.replace(words, others);
            let by = |text: &str, rules: &[FormRule]| Form::by(text, Rules::of(rules));
            let [one, other] = [plain, &dressed].map(|text| by(text, &FormRule::ALL));
            assert_eq!(one.characters, other.characters, "{rule:?}");
            let rest: Vec<_> = FormRule::ALL.into_iter().filter(|r| *r != rule).collect();
            let [one, other] = [plain, &dressed].map(|text| by(text, &rest));
            // The number of a heading is a figure then, and told apart by its value.
            assert_ne!(one.bytes(), other.bytes(), "{rule:?}");
        }
    }

    #[test]
    fn a_bracket_that_never_closes_costs_nothing() {
        let text = "(".repeat(200_000);
        assert_eq!(Form::of(&text).len(), 0);
        let text = "x".repeat(200_000);
        assert_eq!(Form::of(&text).len(), 1);
    }
}
