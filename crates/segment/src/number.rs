//! Every place in a text where the number of a heading may stand. Whether it is one is decided in
//! `outline`, which reads them all together.

use std::ops::Range;
use std::sync::LazyLock;

use taosha_core::parse_han;

/// A way to number headings, from the outermost to the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Style {
    /// 【工作成效】 on a line of its own, or a line that the page shows as a heading; it has no number.
    Shown,
    /// 第一章, 第一部分, 壹、
    Chapter,
    /// 第一节
    Division,
    /// 第一条
    Article,
    /// 一、
    HanStop,
    /// （一）, ㈠
    HanBracket,
    /// 1. 1、 ⒈, and 1 before a few words on a line of their own
    ArabicStop,
    /// 1.1
    Decimal,
    /// 1.1.1
    LongDecimal,
    /// （1） 1） ⑴
    ArabicBracket,
    /// ①
    Circled,
    /// 一是
    Spoken,
    /// 第一,
    Ordinal,
    /// 首先, 其次
    First,
}

/// How many styles there are.
pub(crate) const N_STYLES: usize = 14;

impl Style {
    /// The level in tables, after GB/T 9704; chapters count as 一、 do, so that reports with and
    /// without them compare. `None` for what the standard does not know: it is one below the
    /// heading that holds it.
    pub(crate) fn level(self) -> Option<u8> {
        match self {
            Style::Chapter | Style::HanStop => Some(1),
            Style::Division | Style::HanBracket => Some(2),
            Style::Article | Style::ArabicStop => Some(3),
            Style::Decimal | Style::ArabicBracket => Some(4),
            Style::LongDecimal | Style::Circled => Some(5),
            Style::Shown | Style::Spoken | Style::Ordinal | Style::First => None,
        }
    }
}

/// What stands before a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing but spaces since the line began.
    LineStart,
    /// The end of a sentence.
    AfterStop,
    /// A colon, semicolon or comma: an enumeration inside a sentence, more often than not.
    AfterColon,
    /// A space inside a line.
    AfterSpace,
    /// A word.
    Glued,
}

/// A number that may open a heading.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Where the number begins, its bracket included.
    pub(crate) start: usize,
    /// Behind brackets, stops and spaces, where the words begin.
    pub(crate) end: usize,
    /// The number as written, without brackets and stops.
    pub(crate) number: Range<usize>,
    pub(crate) style: Style,
    pub(crate) value: u32,
    pub(crate) place: Place,
}

/// Every candidate in `text` (simplified), in order. Linear: at each place it looks a few
/// characters ahead and never further, and behind it over spaces and closing quotes.
pub(crate) fn scan(text: &str) -> Vec<Candidate> {
    let begins = &*BEGINS;
    let mut found = Vec::new();
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if !begins.contains(c) || at < skip_to {
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let previous = before.chars().next_back().unwrap_or('\n');
        let reader = Reader { text, at };
        if let Some(candidate) = reader.candidate(c, previous, place_behind(before)) {
            skip_to = candidate.end;
            found.push(candidate);
        }
    }
    drop_single_bare(text, &mut found);
    found
}

/// Lets bare numbers go (1 国土绿化) that no other one goes on from or leads to.
fn drop_single_bare(text: &str, found: &mut Vec<Candidate>) {
    let is_bare = |candidate: &Candidate| {
        let behind = text.get(candidate.number.end..).unwrap_or_default();
        candidate.style == Style::ArabicStop && behind.starts_with(is_space)
    };
    let bare: Vec<(usize, u32)> = found
        .iter()
        .filter(|candidate| is_bare(candidate))
        .map(|candidate| (candidate.start, candidate.value))
        .collect();
    if bare.is_empty() {
        return;
    }
    let follows = |one: Option<&(usize, u32)>, next: Option<&(usize, u32)>| {
        one.zip(next).is_some_and(|(one, next)| next.1 == one.1 + 1)
    };
    let mut at = 0;
    found.retain(|candidate| {
        let this = bare.get(at);
        if this.is_none_or(|&(start, _)| start != candidate.start) {
            return true;
        }
        let before = at.checked_sub(1).and_then(|before| bare.get(before));
        let next = bare.get(at + 1);
        at += 1;
        follows(before, this) || follows(this, next)
    });
}

/// What stands at the end of `before`.
fn place_behind(before: &str) -> Place {
    let is_stop = |c| matches!(c, '。' | '!' | '?' | '！' | '？' | '…');
    let closes = |c| matches!(c, '”' | '"' | ')' | '）' | '’');
    let words = before.trim_end_matches(is_space);
    let place = match words.chars().next_back() {
        None | Some('\n' | '\r') => Place::LineStart,
        Some(c) if is_stop(c) => Place::AfterStop,
        Some(c) if closes(c) => {
            let inside = words.trim_end_matches(|c| closes(c) || is_space(c));
            match inside.ends_with(is_stop) {
                true => Place::AfterStop,
                false => Place::Glued,
            }
        }
        Some(':' | '：' | ';' | '；' | ',' | '，') => Place::AfterColon,
        Some(_) => Place::Glued,
    };
    match place {
        Place::Glued | Place::AfterColon if words.len() < before.len() => Place::AfterSpace,
        kept => kept,
    }
}

/// True for what a number, or what stands around it, begins with: few characters of a text do.
fn may_begin(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(c, '第' | '(' | '（' | '\u{2460}'..='\u{249b}' | '㈠'..='㈩' | '０'..='９' | 'Ⅰ'..='Ⅻ')
        || is_han_numeral(c)
        || is_financial(c)
}

/// The characters of [`may_begin`].
static BEGINS: LazyLock<CharSet> = LazyLock::new(|| CharSet::of(may_begin));

/// A set of characters that is asked for every character of a text: one bit for each of the first
/// plane, so that it stays in the nearest cache.
struct CharSet(Vec<u64>);

impl CharSet {
    fn of(is_member: impl Fn(char) -> bool) -> Self {
        let word = |word: u32| {
            let bits =
                (0..64).filter(|bit| char::from_u32(64 * word + bit).is_some_and(&is_member));
            bits.fold(0, |set, bit| set | 1u64 << bit)
        };
        CharSet((0..0x1_0000 / 64).map(word).collect())
    }

    fn contains(&self, c: char) -> bool {
        let c = c as usize;
        self.0
            .get(c / 64)
            .is_some_and(|word| word >> (c % 64) & 1 == 1)
    }
}

/// Spaces that indent or separate within a line.
pub(crate) fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{a0}' | '\u{3000}' | '\u{feff}' | '\u{200b}'
    )
}

/// 一 to 百, the characters of numbers that headings carry.
pub(crate) fn is_han_numeral(c: char) -> bool {
    matches!(
        c,
        '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '廿'
    )
}

/// The numerals of accounts, with which papers from Taiwan number what holds their 一、; as
/// `simplify` leaves them.
fn is_financial(c: char) -> bool {
    plain(c) != c
}

/// What a figure with a decimal point counts.
const MEASURES: &str = "万亿千百个元倍吨米公平分点名人次亩度级";

/// 一 for 壹
fn plain(c: char) -> char {
    match c {
        '壹' => '一',
        '贰' | '貳' => '二',
        '叁' | '参' | '參' => '三',
        '肆' => '四',
        '伍' => '五',
        '陆' | '陸' => '六',
        '柒' => '七',
        '捌' => '八',
        '玖' => '九',
        '拾' => '十',
        other => other,
    }
}

fn arabic(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => None,
    }
}

/// The value of a number in Arabic or Chinese numerals, up to three digits.
pub(crate) fn value(number: &str) -> Option<u32> {
    if number.chars().all(|c| arabic(c).is_some()) {
        let digits = number.chars().filter_map(arabic);
        return Some(digits.take(4).fold(0, |value, digit| value * 10 + digit));
    }
    u32::try_from(parse_han(number)?).ok()
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes up to `most` characters for which `is_part` holds.
    fn run(&mut self, most: usize, is_part: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.at;
        for _ in 0..most {
            match self.peek() {
                Some(c) if is_part(c) => self.at += c.len_utf8(),
                _ => break,
            }
        }
        start..self.at
    }

    fn candidate(mut self, first: char, previous: char, place: Place) -> Option<Candidate> {
        let start = self.at;
        let (style, number, value) = match first {
            '第' => self.chapter(place)?,
            // 第(一)项 quotes a rule.
            '(' | '（' if previous != '第' => self.bracketed()?,
            c if is_financial(c) => self.financial(previous, place)?,
            c if is_han_numeral(c) => self.han(previous)?,
            c if arabic(c).is_some() => self.arabic(previous, place)?,
            '①'..='⑳' => self.sign(Style::Circled, '①'),
            '⑴'..='⒇' => self.sign(Style::ArabicBracket, '⑴'),
            '⒈'..='⒛' => self.sign(Style::ArabicStop, '⒈'),
            '㈠'..='㈩' => self.sign(Style::HanBracket, '㈠'),
            'Ⅰ'..='Ⅻ' => self.roman(place)?,
            _ => return None,
        };
        // 十一、 and more than a hundred 1. occur; a number beyond is a figure.
        if value == 0 || value > 199 {
            return None;
        }
        if matches!(
            style,
            Style::HanBracket | Style::ArabicBracket | Style::Circled
        ) {
            self.run(1, |c| {
                matches!(c, '、' | '.' | '．' | ',' | '，' | ':' | '：')
            });
        }
        self.run(8, is_space);
        Some(Candidate {
            start,
            end: self.at,
            number,
            style,
            value,
            place,
        })
    }

    fn sign(&mut self, style: Style, first: char) -> (Style, Range<usize>, u32) {
        let start = self.at;
        let sign = self.next().unwrap_or(first);
        (style, start..self.at, sign as u32 - first as u32 + 1)
    }

    /// Ⅰ. and Ⅱ、 at the start of a line
    fn roman(&mut self, place: Place) -> Option<(Style, Range<usize>, u32)> {
        let (_, number, value) = self.sign(Style::Chapter, 'Ⅰ');
        let is_separated = !self.run(1, |c| matches!(c, '.' | '．' | '、')).is_empty();
        (place == Place::LineStart && is_separated).then_some((Style::Chapter, number, value))
    }

    /// 第一章, 第2节
    fn chapter(&mut self, place: Place) -> Option<(Style, Range<usize>, u32)> {
        self.next();
        let number = self.run(4, |c| is_han_numeral(c) || arabic(c).is_some());
        let value = value(self.text.get(number.clone())?)?;
        let style = match self.next()? {
            '章' => Style::Chapter,
            '节' => Style::Division,
            '条' => Style::Article,
            '部' if self.next()? == '分' => Style::Chapter,
            _ => return None,
        };
        // 第一章程, 第一条件 and 第一节课 go on with a word; a heading has a stop or space here.
        let separated = self.peek().is_none_or(|c| {
            is_space(c) || matches!(c, ':' | '：' | '、' | '.' | '\n' | '\r' | '—')
        });
        let is_set_off = matches!(
            place,
            Place::LineStart | Place::AfterStop | Place::AfterColon
        );
        // Where line breaks were lost, 第二部分 alone is no word of a sentence.
        if !separated || !is_set_off && style != Style::Chapter {
            return None;
        }
        self.run(1, |c| matches!(c, ':' | '：' | '、' | '.'));
        Some((style, number, value))
    }

    /// 壹、
    fn financial(&mut self, previous: char, place: Place) -> Option<(Style, Range<usize>, u32)> {
        if place == Place::Glued || is_financial(previous) {
            return None;
        }
        let number = self.run(3, is_financial);
        let plain: String = self.text.get(number.clone())?.chars().map(plain).collect();
        let value = value(&plain)?;
        self.run(1, is_space);
        matches!(self.next()?, '、' | '．' | '.' | '﹑').then_some((Style::Chapter, number, value))
    }

    /// （一） and （1）
    fn bracketed(&mut self) -> Option<(Style, Range<usize>, u32)> {
        self.next();
        self.run(1, is_space);
        let han = self.run(4, is_han_numeral);
        let (style, number) = match han.is_empty() {
            false => (Style::HanBracket, han),
            true => (Style::ArabicBracket, self.run(3, |c| arabic(c).is_some())),
        };
        let value = value(self.text.get(number.clone()).filter(|n| !n.is_empty())?)?;
        self.run(1, is_space);
        matches!(self.next()?, ')' | '）').then_some((style, number, value))
    }

    /// 一、
    fn han(&mut self, previous: char) -> Option<(Style, Range<usize>, u32)> {
        if is_han_numeral(previous) || matches!(previous, '第' | '、' | '几' | '数') {
            return None;
        }
        let number = self.run(4, is_han_numeral);
        let value = value(self.text.get(number.clone())?)?;
        self.run(1, is_space);
        matches!(self.next()?, '、' | '．' | '.' | '﹑').then_some((Style::HanStop, number, value))
    }

    /// 1、 1. 1) 1.1, and 1 before a few words on a line of their own
    fn arabic(&mut self, previous: char, place: Place) -> Option<(Style, Range<usize>, u32)> {
        let continues = previous.is_ascii_alphanumeric() || arabic(previous).is_some();
        if continues
            || matches!(
                previous,
                '.' | '第' | '/' | '-' | '—' | '~' | '、' | '×' | '*' | '□'
            )
        {
            return None;
        }
        let number = self.run(3, |c| arabic(c).is_some());
        let value = value(self.text.get(number.clone())?)?;
        match self.next()? {
            // 规范收费行为1)公示标准: the first of a list may be glued to its heading.
            ')' | '）' if place != Place::Glued || value == 1 => {
                Some((Style::ArabicBracket, number, value))
            }
            '、' | '﹑' => Some((Style::ArabicStop, number, value)),
            '.' | '．' => {
                let digits = Reader { ..*self }.run(5, |c| arabic(c).is_some());
                match self.text.get(digits)?.chars().count() {
                    0 => Some((Style::ArabicStop, number, value)),
                    // 3.2018年…: the stop of the number, then a year.
                    4 if place != Place::Glued => Some((Style::ArabicStop, number, value)),
                    1 | 2 if place != Place::AfterColon => {
                        let decimal = self.decimal(number.start, place)?;
                        // 存在的问题1.1 人员不足: only the first is glued to the heading above it.
                        (place != Place::Glued || decimal.2 == 1).then_some(decimal)
                    }
                    _ => None,
                }
            }
            c if is_space(c) && place == Place::LineStart && self.is_short_line() => {
                Some((Style::ArabicStop, number, value))
            }
            _ => None,
        }
    }

    /// True for a few words without figures or commas, up to the end of the line: 国土绿化.
    fn is_short_line(&self) -> bool {
        /// Longer lines are sentences.
        const LONGEST: usize = 25;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let words = rest.trim_start_matches(is_space);
        // 4 2023年计划
        let year = words.get(..4).is_some_and(|year| {
            year.starts_with(['1', '2']) && year.bytes().all(|digit| digit.is_ascii_digit())
        });
        let behind_year = words.get(4..).and_then(|rest| rest.strip_prefix('年'));
        let words = behind_year.filter(|_| year).unwrap_or(words);
        let mut n = 0;
        for c in words.chars().take_while(|c| !matches!(c, '\n' | '\r')) {
            n += 1;
            let is_sign = c.is_ascii_digit() || "\t。,，;；:：!！?？".contains(c);
            // 3 万元, 12 月底
            let is_counted =
                n == 1 && (MEASURES.contains(c) || "年月日号岁户所家处件项".contains(c));
            let is_word = n > 1 || ('\u{3400}'..='\u{9fff}').contains(&c);
            if n > LONGEST || is_sign || is_counted || !is_word {
                return false;
            }
        }
        n > 1
    }

    /// The rest of 1.2 or 1.2.3.
    fn decimal(&mut self, start: usize, place: Place) -> Option<(Style, Range<usize>, u32)> {
        let mut last = 0;
        let mut end = self.at;
        let mut n_parts = 1;
        for _ in 0..3 {
            let digits = self.run(2, |c| arabic(c).is_some());
            if digits.is_empty() {
                break;
            }
            (last, end) = (value(self.text.get(digits.clone())?)?, digits.end);
            n_parts += 1;
            if !matches!(self.peek(), Some('.' | '．')) {
                break;
            }
            self.next();
        }
        // 2.8万册 at the start of a line is a figure; a number is set off from its heading.
        let separated = self.peek().is_some_and(|c| is_space(c) || c == '、');
        let mut behind = *self;
        behind.run(8, is_space);
        // 2.8 万册 inside a line is one for sure.
        let is_figure = place != Place::LineStart
            && behind
                .peek()
                .is_none_or(|c| !('\u{3400}'..='\u{9fff}').contains(&c) || MEASURES.contains(c));
        let style = match n_parts {
            2 => Style::Decimal,
            _ => Style::LongDecimal,
        };
        (separated && !is_figure).then_some((style, start..end, last))
    }
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(Style, u32, Place)> {
        scan(text)
            .iter()
            .map(|c| (c.style, c.value, c.place))
            .collect()
    }

    #[test]
    fn every_style_is_read() {
        assert_eq!(
            numbers("壹、民政\n贰、社会\n参、建设\n拾壹、其他"),
            [1, 2, 3, 11].map(|value| (Style::Chapter, value, Place::LineStart))
        );
        assert_eq!(
            numbers("参、加会议的有参加者"),
            [(Style::Chapter, 3, Place::LineStart)]
        );
        assert_eq!(
            numbers("Ⅰ.成效\n达到Ⅱ级水平\nⅡ、不足"),
            [1, 2].map(|value| (Style::Chapter, value, Place::LineStart))
        );
        let text = "第二章 总则\n十一、甲\n(三)乙\n4.丙\n5、丁\n（6）戊\n⑺己\n⑧庚\n1.2 辛\n㈢壬";
        let found = numbers(text);
        let expected = [
            (Style::Chapter, 2),
            (Style::HanStop, 11),
            (Style::HanBracket, 3),
            (Style::ArabicStop, 4),
            (Style::ArabicStop, 5),
            (Style::ArabicBracket, 6),
            (Style::ArabicBracket, 7),
            (Style::Circled, 8),
            (Style::Decimal, 2),
            (Style::HanBracket, 3),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((found.0, found.1), expected);
        }
    }

    #[test]
    fn figures_are_no_numbers_of_headings() {
        for text in [
            "共2.8万册",
            "2.8万册",
            "达98.5%",
            "第一条件",
            "20、21日",
            "同比1:4.3",
        ] {
            let found: Vec<_> = numbers(text);
            assert!(
                found.len() <= 1 && found.iter().all(|f| f.1 > 19),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn a_bare_number_before_a_few_words_on_a_line_counts_where_others_follow() {
        let text = "1 国土绿化\n完成造林3万亩。\n2 森林防火\n无火灾。\n3 林业产业\n正文。";
        assert_eq!(
            numbers(text),
            [1, 2, 3].map(|value| (Style::ArabicStop, value, Place::LineStart))
        );
        let with_year = "1 主要工作\n完成造林3万亩。\n2 2023年计划\n无火灾。";
        assert_eq!(numbers(with_year).len(), 2);
        for text in [
            "1 国土绿化\n完成造林3万亩。",
            "共投入\n1 万元\n2 万元",
            "1 青禾中学 120\n2 东屏中学 98",
            "1 月底完成检查\n2 月底完成整改",
        ] {
            assert_eq!(numbers(text), [], "{text}");
        }
    }

    #[test]
    fn the_place_before_a_number_is_told() {
        let places: Vec<Place> = numbers("一、甲。二、乙:三、丙 四、丁五、")
            .iter()
            .map(|n| n.2)
            .collect();
        let expected = [
            Place::LineStart,
            Place::AfterStop,
            Place::AfterColon,
            Place::AfterSpace,
            Place::Glued,
        ];
        assert_eq!(places, expected);
    }
}
