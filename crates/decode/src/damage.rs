//! What is known to be broken and could not be put right.
//!
//! Marks only: a span covers the broken characters and every digit that touches them, because a
//! sign that lost its partner may have eaten a digit as well (`?47篇` was 347 篇), so that no number is
//! read there. What `repair` could put right is no longer here.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::simplify;

/// A broken place and the rule that knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
}

/// The broken places of `text`, in order, not overlapping; `lost` are characters that a repair
/// could not bring back.
pub(crate) fn find_with(text: &str, lost: impl Iterator<Item = Range<usize>>) -> Vec<Damage> {
    let rule = "lost_character";
    let mut found: Vec<Damage> = lost.map(|range| Damage { range, rule }).collect();
    let signs = Signs::of(text);
    let may_match = |(_, sign, _): &&(_, Sign, _)| signs.n(*sign) >= sign.least();
    for (rule, _, regex) in PATTERNS.iter().filter(may_match) {
        let places = regex.find_iter(text).map(|place| place.range());
        found.extend(places.map(|range| Damage { range, rule }));
    }
    let n_misread = signs.n(Sign::Misread) + signs.n(Sign::MisreadStart);
    if n_misread >= LEAST_MISREAD || signs.n(Sign::Latin) >= LEAST_LATIN {
        misread_lines(text, &mut found);
    }
    shifted(text, &mut found);
    euros(text, &mut found);
    for damage in &mut found {
        damage.range = with_digits(text, damage.range.clone());
    }
    found.sort_by_key(|damage| (damage.range.start, usize::MAX - damage.range.end));
    let mut merged: Vec<Damage> = Vec::new();
    for damage in found {
        match merged.last_mut() {
            Some(last) if damage.range.start < last.range.end => {
                last.range.end = last.range.end.max(damage.range.end);
            }
            _ => merged.push(damage),
        }
    }
    merged
}

/// The broken places of `text`.
pub(crate) fn find(text: &str) -> Vec<Damage> {
    find_with(text, std::iter::empty())
}

/// Characters without which a pattern cannot match. One pass over a clean page finds none of them.
#[derive(Clone, Copy)]
enum Sign {
    Replacement,
    Memory,
    Control,
    PrivateUse,
    Misread,
    MisreadStart,
    Latin,
    Box,
}

impl Sign {
    /// With fewer in all of a text its pattern cannot match.
    fn least(self) -> usize {
        match self {
            // ‰ and ° stand in many a report.
            Sign::Latin => LEAST_LATIN,
            _ => 1,
        }
    }
}

/// So many letters in a row are no word of any language.
const LEAST_LATIN: usize = 4;

/// How many of each sign stand in a text.
struct Signs([usize; 8]);

impl Signs {
    fn of(text: &str) -> Self {
        let (mut signs, mut n_latin_controls) = (Signs([0; 8]), 0);
        for c in text.chars() {
            let sign = match c {
                '\0'..='\u{7F}' => continue,
                '锟' | '烫' | '屯' => Sign::Memory,
                '锛' | '銆' | '鈥' => Sign::MisreadStart,
                '\u{4E00}'..='\u{9FFF}' if !is_misread(c) => continue,
                '\u{4E00}'..='\u{9FFF}' => Sign::Misread,
                '\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}' => {
                    n_latin_controls += 1;
                    Sign::Control
                }
                // Signs of Chinese text as well.
                '·' | '×' | '÷' => continue,
                '\u{A0}'..='\u{FF}' => Sign::Latin,
                'Œ' | 'œ' | 'Š' | 'š' | 'Ÿ' | 'Ž' | 'ž' | 'ƒ' | '€' | '‚' | '„' | '†' | '‡'
                | 'ˆ' | '‰' | '‹' | '›' | '™' => Sign::Latin,
                '\u{2500}'..='\u{257F}' => Sign::Box,
                '\u{E000}'..='\u{F8FF}' => Sign::PrivateUse,
                '\u{FFFD}' => Sign::Replacement,
                _ => continue,
            };
            if let Some(n) = signs.0.get_mut(sign as usize) {
                *n += 1;
            }
        }
        // They are letters of the page's damage too.
        if let Some(n) = signs.0.get_mut(Sign::Latin as usize) {
            *n += n_latin_controls;
        }
        signs
    }

    fn n(&self, sign: Sign) -> usize {
        self.0.get(sign as usize).copied().unwrap_or_default()
    }
}

/// The most frequent first pairs of UTF-8 read as GBK; Chinese holds none of them but in lists of
/// rare characters.
const MISREAD: &str = "锛銆鈥鐨涓勬骞鏈鍏鍘鎴绗浠宸璐鏃瀹鎶鍚澶濂绔姘缁鍙";

fn is_misread(c: char) -> bool {
    static MISREAD_SET: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let mut set = vec![false; 0x9FFF - 0x4E00 + 1];
        for c in MISREAD.chars() {
            if let Some(slot) = set.get_mut((c as usize).wrapping_sub(0x4E00)) {
                *slot = true;
            }
        }
        set
    });
    MISREAD_SET.get((c as usize).wrapping_sub(0x4E00)) == Some(&true)
}

/// Signs that stand for themselves.
static PATTERNS: LazyLock<Vec<(&'static str, Sign, Regex)>> = LazyLock::new(|| {
    let patterns = [
        ("replacement_character", Sign::Replacement, r"\x{FFFD}+"),
        // U+FFFD written as UTF-8 and read as GBK; uninitialised memory of one compiler.
        (
            "replacement_read_as_gbk",
            Sign::Memory,
            r"(?:锟斤拷)+锟?|(?:烫烫|屯屯){2,}",
        ),
        (
            "control_character",
            Sign::Control,
            r"[\x{80}-\x{84}\x{86}-\x{9F}]+",
        ),
        ("private_use", Sign::PrivateUse, r"[\x{E000}-\x{F8FF}]+"),
        // 锛 銆 鈥 are the first two bytes of UTF-8 punctuation read as GBK; a sentence holds several.
        (
            "utf8_read_as_gbk",
            Sign::MisreadStart,
            r"[^\x00-\x7F]{0,40}?[锛銆鈥][^\x00-\x7F]{0,60}?[锛銆鈥鐨涓勬][^\x00-\x7F]{0,200}",
        ),
        // No language puts four such letters in a row.
        (
            "read_as_latin1",
            Sign::Latin,
            r"[\x{80}-\x{B6}\x{B8}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{FF}ŒœŠšŸŽžƒ€‚„†‡ˆ‰‹›™]{4,}",
        ),
        // Box drawing between characters: a pair that was put together across a border.
        (
            "box_drawing",
            Sign::Box,
            r"\p{Han}[\x{2500}-\x{257F}]\p{Latin}?",
        ),
    ];
    patterns
        .map(|(rule, sign, p)| {
            (
                rule,
                sign,
                Regex::new(p).expect("a literal pattern compiles"),
            )
        })
        .into()
});

/// A line with fewer characters of [`MISREAD`] may be an honest one.
const LEAST_MISREAD: usize = 4;

/// Lines whose figures stand between words in the wrong charset: all of the line is broken.
fn misread_lines(text: &str, found: &mut Vec<Damage>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end();
        let range = start..start + words.len();
        start += line.len();
        if words.is_ascii() {
            continue;
        }
        let (mut n_chars, mut n_gbk, mut n_latin) = (0usize, 0usize, 0usize);
        for c in words.chars().filter(|c| !c.is_ascii()) {
            n_chars += 1;
            n_gbk += usize::from(is_misread(c));
            n_latin += usize::from(matches!(c, '\u{80}'..='\u{FF}'));
        }
        let is_latin =
            n_latin * 10 >= n_chars * 7 && n_chars >= 8 && n_chars * 2 > words.chars().count();
        if n_gbk >= LEAST_MISREAD && n_gbk * 5 >= n_chars {
            let rule = "utf8_read_as_gbk";
            found.push(Damage { range, rule });
        } else if is_latin {
            let rule = "read_as_latin1";
            found.push(Damage { range, rule });
        }
    }
}

/// Shifted text is looked for this far behind a lone `?`. The longest shifted run seen holds
/// eleven characters.
const SHIFT_CHARS: usize = 12;

/// A question is asked in this many characters before its mark.
const QUESTION_CHARS: usize = 30;

/// `?` glued between characters, where no question is asked: half a character is missing there.
fn shifted(text: &str, found: &mut Vec<Damage>) {
    let mut done = 0;
    for at in memchr::memchr_iter(b'?', text.as_bytes()) {
        if at < done {
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        if !is_orphan(before, after) {
            continue;
        }
        let end = at + 1 + shift_end(after);
        done = end;
        found.push(Damage {
            range: at..end,
            rule: "orphan_question_mark",
        });
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}')
}

/// Signs a sentence of Chinese is made of, besides characters and digits.
fn is_inner_sign(c: char) -> bool {
    matches!(
        c,
        '、' | '《' | '〈' | '【' | '〔' | '“' | '‘' | '(' | '（' | '·' | '—' | '*'
    )
}

fn is_orphan(before: &str, after: &str) -> bool {
    // Two lost characters in a row show two signs; more are a row of signs.
    let beyond = after.strip_prefix('?').unwrap_or(after);
    let (Some(last), Some(next)) = (before.chars().next_back(), beyond.chars().next()) else {
        return false;
    };
    // Closing signs before the mark are the end of a quotation, and a `?` behind them is glued.
    let glued = is_han(last)
        || last.is_numeric()
        || matches!(last, '”' | '’' | '》' | '。' | ')' | '）' | '、' | '〉')
        // A masked year in brackets that were lost: ?20xx?16
        || matches!(last, 'x' | 'X' | '*' | '×') && next.is_ascii_digit();
    if !glued {
        return false;
    }
    let pinyin_rest = || PINYIN_REST.is_match(after);
    let follows = is_han(next)
        || next.is_ascii_digit()
        || next.is_ascii_alphabetic() && beyond.chars().nth(1).is_some_and(is_han)
        || is_inner_sign(next)
        || matches!(
            next,
            '!' | ',' | ';' | ':' | '！' | '，' | '；' | '：' | '。' | '┬' | '€'
        )
        || pinyin_rest();
    if !follows {
        return false;
    }
    if pinyin_rest() {
        return true;
    }
    // "?47" behind digits: 第5?47 has no other reading; a question before a number has its words.
    !asks(before)
}

static PINYIN_REST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹ]{1,6}[)）]").expect("a literal pattern compiles")
});

/// True when the clause that ends here asks something.
fn asks(before: &str) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            "吗|呢|么|嘛|吧|何|谁|哪|怎|几|多少|多久|多大|是否|能否|可否|有否|与否|难道|岂|没有$|啥|\
             是不是|能不能|会不会|要不要|好不好|对不对|行不行|该不该|有没有|愿不愿|敢不敢|还是",
        )
        .expect("a literal pattern compiles")
    });
    let from = before
        .char_indices()
        .rev()
        .nth(QUESTION_CHARS - 1)
        .map_or(0, |(at, _)| at);
    let clause = before.get(from..).unwrap_or_default();
    let clause = clause
        .rsplit(['。', '！', '!', '；', ';', '\n', '？', '?'])
        .next()
        .unwrap_or_default();
    WORDS.is_match(&simplify(clause))
}

/// How far behind a lone `?` the text is out of step: up to the sign that brought it back, where
/// one is near; else the signs that are broken themselves.
fn shift_end(after: &str) -> usize {
    let mut end = PINYIN_REST.find(after).map_or(0, |rest| rest.end());
    if end == 0
        && let Some(sign) = after
            .chars()
            .next()
            .filter(|c| !is_han(*c) && !c.is_alphanumeric())
    {
        end = sign.len_utf8();
    }
    let tail = after.get(end..).unwrap_or_default();
    let chars: Vec<(usize, char)> = tail.char_indices().take(SHIFT_CHARS + 1).collect();
    for (index, &(at, c)) in chars.iter().enumerate() {
        let is_back = match c {
            '?' | '€' | '\u{2500}'..='\u{257F}' | '\u{E000}'..='\u{F8FF}' => true,
            // A lone letter in Han text is the second byte of a pair.
            c if c.is_ascii_alphabetic() => {
                let next = chars.get(index + 1).map(|(_, next)| *next);
                return end
                    + at
                    + if next.is_none_or(|next| !next.is_ascii_alphanumeric()) {
                        1
                    } else {
                        0
                    };
            }
            c if !is_han(c) => break,
            _ => false,
        };
        if is_back {
            return end + at + c.len_utf8();
        }
    }
    end
}

/// `€` is the single byte 80, a lone second byte, unless it stands by an amount.
fn euros(text: &str, found: &mut Vec<Damage>) {
    let sign = "€";
    for at in memchr::memmem::find_iter(text.as_bytes(), sign) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + sign.len()..)
            .and_then(|after| after.chars().next());
        let han = |c: Option<char>| c.is_some_and(is_han);
        let amount = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c.is_whitespace());
        if han(before) && !amount(after) || han(after) && !amount(before) {
            found.push(Damage {
                range: at..at + sign.len(),
                rule: "lone_second_byte",
            });
        }
    }
}

/// `range` and the digits that touch it.
pub(crate) fn with_digits(text: &str, range: Range<usize>) -> Range<usize> {
    let in_number =
        |c: char| c.is_numeric() && !is_han(c) || matches!(c, '.' | '．' | '%' | '％' | ',');
    let before = text.get(..range.start).unwrap_or_default();
    let n_before: usize = before
        .chars()
        .rev()
        .take_while(|c| c.is_numeric() && !is_han(*c) || *c == '.')
        .map(char::len_utf8)
        .sum();
    let after = text.get(range.end..).unwrap_or_default();
    let starts_with_digit = after.starts_with(|c: char| c.is_numeric() && !is_han(c));
    let n_after: usize = match starts_with_digit {
        true => after
            .chars()
            .take_while(|c| in_number(*c))
            .map(char::len_utf8)
            .sum(),
        false => 0,
    };
    range.start - n_before..range.end + n_after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<&str> {
        find(text)
            .into_iter()
            .map(|damage| text.get(damage.range).unwrap())
            .collect()
    }

    #[test]
    fn a_lone_question_mark_is_marked_with_its_digits_and_shifted_text() {
        assert_eq!(marked("評出獲獎?wù)撐?28篇。"), ["?wù)撐?28"]);
        assert_eq!(marked("全縣總?cè)丝?6.13萬人"), ["?cè)丝?6.13"]);
        assert_eq!(marked("已下?lián)艿娇h局"), ["?lián)艿娇h"]);
        assert_eq!(marked("率達到98.21。?!捌站拧庇邮檢查"), ["?!"]);
    }

    #[test]
    fn honest_question_marks_are_none() {
        for text in [
            "为什么要这样做?因为群众需要。",
            "“你到了吗?”他问。",
            "怎么办?\n第一,要学。",
            "Is it done? Yes?no",
            "好不好?2019年再看",
            "真的?",
            "如何提高？我们认为",
        ] {
            assert_eq!(marked(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn mojibake_is_marked() {
        assert_eq!(marked("标题ÖÐ¹úÈË标题"), ["ÖÐ¹úÈË"]);
        assert_eq!(marked("共锟斤拷锟斤拷30所"), ["锟斤拷锟斤拷30"]);
        assert_eq!(marked("全县\u{FFFD}47所"), ["\u{FFFD}47"]);
        assert_eq!(marked("café déjà vu, €500, 500€"), Vec::<&str>::new());
        let line = "2018骞达紝鏉捐タ鍘跨幆淇濆眬缃氭86涓囧厓锛岀珛妗12浠躲";
        assert_eq!(marked(&format!("一、执法\n{line}\n二")), [line]);
        let line = "2018Äê£¬ËÉÎ÷ÏØ·£¿î 86 ÍòÔª£¬Á¢°¸12¼þ¡£";
        assert_eq!(marked(line), [line]);
        assert_eq!(marked("学€校").len(), 1);
        assert_eq!(marked("鏁欒偛锛屾槸鐨勩€").len(), 1);
    }
}
