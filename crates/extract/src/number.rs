use std::ops::Range;

use taosha_core::han_digit;

/// A number as anybody may write it: 三百零五, 7万5千4百, 1.2e6, 三又五分之二, 2/3, 五十打.
///
/// It reads characters that are half-width and simplified already, as a
/// [`Line`](crate::line::Line) has them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// Its characters, with its sign.
    pub(crate) range: Range<usize>,
    pub(crate) value: f64,
    /// 多, 余 or 几 stand in it.
    pub(crate) vague: bool,
    /// It begins with a digit 0-9.
    pub(crate) arabic: bool,
}

/// No number that means something is longer; a page of digits costs no more than this each time.
const MAX_CHARS: usize = 48;
/// More digits than this are an id. What is between 15 and this keeps its size only.
const MAX_DIGITS: usize = 30;

impl Number {
    /// The longest number that begins at `at`, sign and fraction included.
    pub(crate) fn read(chars: &[char], at: usize) -> Option<Number> {
        let (negative, start) = sign(chars, at);
        let first = Plain::read(chars, start)?;
        let whole = fraction(chars, &first)
            .or_else(|| power(chars, &first))
            .unwrap_or((first.end, first.value));
        let (end, value) = magnitude(chars, &first, whole);
        let number = Number {
            range: at..end,
            value: tidy(if negative { -value } else { value }),
            vague: first.vague,
            arabic: first.arabic,
        };
        number.value.is_finite().then_some(number)
    }
}

/// 15 significant figures, which is what a double keeps of a decimal number.
pub(crate) fn tidy(value: f64) -> f64 {
    // Most numbers are whole, and have no digits to lose.
    if value.fract() == 0.0 && value.abs() < 1e12 {
        return value;
    }
    let text = format!("{value:.14e}");
    text.parse().unwrap_or(value)
}

fn char_at(chars: &[char], at: usize) -> char {
    chars.get(at).copied().unwrap_or('\0')
}

/// Behind the spaces at `at`.
pub(crate) fn skip_spaces(chars: &[char], at: usize) -> usize {
    let spaces = chars.get(at..).unwrap_or_default().iter();
    at + spaces.take(MAX_CHARS).take_while(|c| **c == ' ').count()
}

/// The end of `word` at `at`, whose characters may stand apart: 百 分 之.
pub(crate) fn spaced_word(chars: &[char], at: usize, word: &str) -> Option<usize> {
    let mut end = at;
    for (i, c) in word.chars().enumerate() {
        let from = if i == 0 { end } else { skip_spaces(chars, end) };
        if char_at(chars, from) != c {
            return None;
        }
        end = from + 1;
    }
    Some(end)
}

/// 负, or a - that no number stands before; the number begins behind it.
fn sign(chars: &[char], at: usize) -> (bool, usize) {
    match char_at(chars, at) {
        '负' => (true, skip_spaces(chars, at + 1)),
        '-' => {
            let next = char_at(chars, at + 1);
            (true, at + usize::from(next.is_ascii_digit() || next == '.'))
        }
        _ => (false, at),
    }
}

/// A number without sign, fraction or power.
struct Plain {
    end: usize,
    value: f64,
    vague: bool,
    arabic: bool,
    /// Only digits, with a point or not.
    bare: bool,
}

impl Plain {
    fn read(chars: &[char], at: usize) -> Option<Plain> {
        let first = char_at(chars, at);
        if first.is_ascii_digit() || first == '.' {
            let (end, value) = digits(chars, at)?;
            let mut sum = Sum::default();
            sum.arabic(value);
            let whole = sum.go_on(chars, end, at);
            return whole.filter(|plain| plain.end > end).or(Some(Plain {
                end,
                value,
                vague: false,
                arabic: true,
                bare: true,
            }));
        }
        let half_of = match (first, char_at(chars, at + 1)) {
            ('半', '百' | '佰') => Some(50.0),
            ('半', '打') => Some(6.0),
            _ => None,
        };
        if let Some(value) = half_of {
            return Some(Plain {
                end: at + 2,
                value,
                vague: false,
                arabic: false,
                bare: false,
            });
        }
        read_out(chars, at).or_else(|| Sum::default().go_on(chars, at, at))
    }
}

/// 一九九八: digits one by one, two or more and nothing that counts them.
fn read_out(chars: &[char], at: usize) -> Option<Plain> {
    let run = chars.get(at..).unwrap_or_default().iter().take(MAX_DIGITS);
    let digits: Vec<u64> = run.map_while(|&c| han_digit(c)).collect();
    let mut end = at + digits.len();
    let next = char_at(chars, skip_spaces(chars, end));
    // 零五: a lone zero is of a number that lost its head.
    if digits.len() < 2 || scale(next).is_some() || is_vague(next) {
        return None;
    }
    let mut value = digits
        .iter()
        .fold(0.0, |sum, &digit| sum * 10.0 + digit as f64);
    if let Some((tail_end, tail)) = decimals(chars, end) {
        (end, value) = (tail_end, value + tail);
    }
    Some(Plain {
        end,
        value,
        vague: false,
        arabic: false,
        bare: true,
    })
}

/// Digits, thousands separators and a point: the end and the value. 1.2.3 gives the 1 only.
fn digits(chars: &[char], at: usize) -> Option<(usize, f64)> {
    let run = |from: usize| {
        let rest = chars.get(from..).unwrap_or_default().iter();
        rest.take(MAX_CHARS)
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let whole = run(at);
    if whole > MAX_DIGITS {
        return None;
    }
    let mut end = at + whole;
    let mut text: String = chars.get(at..end)?.iter().collect();
    if (1..=3).contains(&whole) && char_at(chars, at) != '0' {
        let joint = char_at(chars, end);
        while matches!(joint, ',' | ' ')
            && char_at(chars, end) == joint
            && run(end + 1) == 3
            && text.len() < MAX_DIGITS
        {
            text.extend(chars.get(end + 1..end + 4)?);
            end += 4;
        }
    }
    let tail = run(end + 1);
    // 1.2.3: none of them has decimals.
    let listed = at > 1 && char_at(chars, at - 1) == '.' && char_at(chars, at - 2).is_ascii_digit();
    let version = listed || char_at(chars, end + 1 + tail) == '.' && run(end + tail + 2) > 0;
    if char_at(chars, end) == '.' && (1..=MAX_DIGITS).contains(&tail) && !version {
        text.extend(chars.get(end..=end + tail)?);
        end += 1 + tail;
    }
    Some((end, text.parse().ok()?))
}

/// What 十, 万 and the like multiply with.
pub(crate) fn scale(c: char) -> Option<f64> {
    Some(match c {
        '十' | '拾' => 1e1,
        '百' | '佰' => 1e2,
        '千' | '仟' => 1e3,
        '万' => 1e4,
        '亿' => 1e8,
        '兆' => 1e12,
        _ => return None,
    })
}

fn is_vague(c: char) -> bool {
    matches!(c, '多' | '余' | '几')
}

/// The parts of a number that words count: 五十五兆一十二亿四万五千二.
#[derive(Default)]
struct Sum {
    /// Sections of 万 and above that are closed.
    total: f64,
    /// What stands before the next 万.
    section: f64,
    /// The last digits, not counted yet.
    digit: Option<f64>,
    /// The last digits were 0-9 and count ones, whatever came before.
    ones: bool,
    /// What a single digit in last place counts: 一万二 is 12 000, 三百五 is 350.
    tail: f64,
    /// The smallest scale below 万 of this section.
    smallest: f64,
    vague: bool,
    scaled: bool,
    arabic: bool,
    /// The last word was a 万 or above.
    after_big: bool,
}

impl Sum {
    fn arabic(&mut self, value: f64) {
        self.ones = value >= 10.0 || value.fract() != 0.0;
        self.digit = Some(value);
        self.arabic = true;
    }

    /// Reads on at `at`; the number began at `start`.
    fn go_on(mut self, chars: &[char], at: usize, start: usize) -> Option<Plain> {
        // Where the number could end, and its value there.
        let mut end = at;
        let mut at = at;
        loop {
            let here = skip_spaces(chars, at);
            let apart = here > at;
            let c = char_at(chars, here);
            if here - start > MAX_CHARS {
                return None;
            }
            if let Some(digit) = han_digit(c) {
                let fits = self.digit.is_none_or(|d| d == 0.0 && !self.arabic);
                // 二三十: a guess between two numbers.
                if !fits && !apart && digit > 0 && !self.arabic {
                    return None;
                }
                // 三 五: only numbers with scales are spelt apart.
                if !fits || apart && !self.scaled {
                    break;
                }
                self.tail = if digit == 0 { 1.0 } else { self.tail };
                self.digit = Some(digit as f64);
                (self.ones, self.after_big) = (false, false);
                at = here + 1;
            } else if c.is_ascii_digit() && self.scaled && self.digit.is_none_or(|d| d == 0.0) {
                let Some((digits_end, value)) = digits(chars, here) else {
                    break;
                };
                // 3万 2018: what is larger than the part before is a number of its own.
                let limit = if self.after_big {
                    self.tail * 10.0
                } else {
                    self.smallest
                };
                if value >= limit.max(10.0) || apart && value >= 10.0 {
                    break;
                }
                self.arabic(value);
                self.after_big = false;
                at = digits_end;
            } else if is_vague(c) {
                // 四百多: only inside of a number.
                let next = char_at(chars, skip_spaces(chars, here + 1));
                if scale(next).is_none() || here == start {
                    break;
                }
                self.vague = true;
                at = here + 1;
                continue;
            } else if matches!(c, '廿' | '卅' | '卌') {
                if self.digit.is_some_and(|d| d != 0.0) || self.smallest == 10.0 {
                    break;
                }
                let tens = match c {
                    '廿' => 20.0,
                    '卅' => 30.0,
                    _ => 40.0,
                };
                self.section += tens;
                self.close(10.0);
                at = here + 1;
            } else if let Some(scale) = scale(c) {
                if !self.scale(scale, chars, here) {
                    break;
                }
                at = here + 1;
            } else {
                break;
            }
            end = at;
        }
        self.finish(chars, start, end)
    }

    /// Takes a scale; false when it cannot stand here.
    fn scale(&mut self, scale: f64, chars: &[char], at: usize) -> bool {
        // 百分之, 千克, 万里: behind digits a scale may begin a word.
        let word = |word: &str| spaced_word(chars, at, word).is_some();
        if word("百分")
            || word("千分")
            || self.arabic && (word("千克") || word("千米") || word("千瓦"))
        {
            let counted = self.digit.is_some() && !word("千克") && !word("千米") && !word("千瓦");
            let denominator = counted && spaced_word(chars, at + 1, "分之").is_some();
            if !denominator {
                return false;
            }
        }
        if scale < 1e4 {
            let count = match self.digit {
                Some(0.0) | None if scale == 10.0 => 1.0,
                Some(0.0) | None => return false,
                Some(digit) => digit,
            };
            if self.smallest > 0.0 && scale >= self.smallest {
                return false;
            }
            self.section += count * scale;
            self.close(scale);
            return true;
        }
        let value = self.section + self.digit.unwrap_or(0.0);
        if value == 0.0 && !(self.after_big && self.total > 0.0) {
            return false;
        }
        self.total = match self.total {
            // 万亿, 四万万
            total if value == 0.0 => total * scale,
            total if total > 0.0 && total < scale => (total + value) * scale,
            total => total + value * scale,
        };
        self.section = 0.0;
        self.close(scale);
        (self.smallest, self.after_big) = (0.0, true);
        true
    }

    fn close(&mut self, scale: f64) {
        self.digit = None;
        (self.tail, self.smallest) = (scale / 10.0, scale);
        (self.scaled, self.ones, self.after_big) = (true, false, false);
    }

    fn finish(self, chars: &[char], start: usize, end: usize) -> Option<Plain> {
        if end == start {
            return None;
        }
        let last = self.digit.unwrap_or(0.0);
        let tail = if self.ones || !self.scaled {
            1.0
        } else {
            self.tail.max(1.0)
        };
        let value = self.total + self.section + last * tail;
        let bare = !self.scaled;
        let mut plain = Plain {
            end,
            value,
            vague: self.vague,
            arabic: self.arabic && char_at(chars, start).is_ascii_digit(),
            bare,
        };
        if let Some((end, tail)) = decimals(chars, end).filter(|_| !self.arabic) {
            (plain.end, plain.value) = (end, value + tail);
            // 三点五万亿
            while let Some(scale) = scale(char_at(chars, plain.end)).filter(|s| *s >= 1e4) {
                plain.value *= scale;
                plain.end += 1;
                plain.bare = false;
            }
        }
        Some(plain)
    }
}

/// The 点五 of 三点五, but not of 三点五十分 or 一点两小时.
fn decimals(chars: &[char], at: usize) -> Option<(usize, f64)> {
    let point = skip_spaces(chars, at);
    if char_at(chars, point) != '点' {
        return None;
    }
    let from = skip_spaces(chars, point + 1);
    let rest = chars
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take(MAX_DIGITS);
    let tail: String = rest
        .map_while(|&c| han_digit(c).filter(|_| !matches!(c, '两' | '俩')))
        .map(|digit| digit.to_string())
        .collect();
    let end = from + tail.chars().count();
    let next = char_at(chars, end);
    let clock = scale(next).is_some_and(|s| s < 1e4) || matches!(next, '刻' | '分' | '半');
    // 三点五十五: a time of day, though a fraction in 分之 may follow.
    if tail.is_empty() || clock {
        return None;
    }
    Some((end, format!("0.{tail}").parse().ok()?))
}

/// 五分之二, 三又五分之二, 2/3, 1 4/3: the end and the value.
fn fraction(chars: &[char], first: &Plain) -> Option<(usize, f64)> {
    let behind = skip_spaces(chars, first.end);
    if char_at(chars, behind) == '又' {
        let below = Plain::read(chars, skip_spaces(chars, behind + 1))?;
        let (end, share) = parts(chars, &below)?;
        return Some((end, first.value + share));
    }
    if let Some(found) = parts(chars, first) {
        return Some(found);
    }
    if !first.arabic || !first.bare {
        return None;
    }
    if char_at(chars, first.end) == '/' {
        return slash(chars, first);
    }
    let second =
        Plain::read(chars, behind).filter(|n| n.arabic && n.bare && behind == first.end + 1)?;
    let (end, share) = slash(chars, &second)?;
    (first.value.fract() == 0.0).then_some((end, first.value + share))
}

/// The 分之二 of 五分之二, when `below` is the 五.
fn parts(chars: &[char], below: &Plain) -> Option<(usize, f64)> {
    let from = spaced_word(chars, skip_spaces(chars, below.end), "分之")?;
    let (negative, from) = sign(chars, skip_spaces(chars, from));
    let above = Plain::read(chars, from)?;
    let value = above.value / below.value;
    Some((above.end, if negative { -value } else { value }))
}

/// 2/3; 2018/3/15 is a date.
fn slash(chars: &[char], above: &Plain) -> Option<(usize, f64)> {
    if char_at(chars, above.end) != '/' {
        return None;
    }
    let (end, below) = digits(chars, above.end + 1)?;
    let date = char_at(chars, end) == '/' || char_at(chars, end).is_ascii_alphabetic();
    (below != 0.0 && !date && end > above.end + 1).then_some((end, above.value / below))
}

/// 2^5, 1.2e6, 1.3×10^5
fn power(chars: &[char], first: &Plain) -> Option<(usize, f64)> {
    if !first.arabic || !first.bare {
        return None;
    }
    let exponent = |at: usize| {
        let signed = matches!(char_at(chars, at), '+' | '-');
        let from = at + usize::from(signed);
        let (end, value) = digits(chars, from).filter(|(end, _)| *end > from)?;
        Some((
            end,
            if char_at(chars, at) == '-' {
                -value
            } else {
                value
            },
        ))
    };
    let times = |at: usize| matches!(char_at(chars, at), '×' | '*' | 'x' | 'X');
    let ten = |at: usize| char_at(chars, at) == '1' && char_at(chars, at + 1) == '0';
    match char_at(chars, first.end) {
        '^' => {
            let (end, power) = exponent(first.end + 1)?;
            Some((end, first.value.powf(power)))
        }
        'e' | 'E' => {
            let (end, power) = exponent(first.end + 1)?;
            let ends = !char_at(chars, end).is_ascii_alphanumeric();
            ends.then_some((end, first.value * 10f64.powf(power)))
        }
        _ if times(first.end) && ten(first.end + 1) => {
            let at = first.end + 3;
            let (end, power) = match char_at(chars, at) {
                '^' | '的' => exponent(at + 1)?,
                _ => raised(chars, at)?,
            };
            let end = end + usize::from(spaced_word(chars, end, "次方").is_some()) * 2;
            Some((end, first.value * 10f64.powf(power)))
        }
        _ => None,
    }
}

/// The ⁻⁴ of 10⁻⁴ at `at`.
fn raised(chars: &[char], at: usize) -> Option<(usize, f64)> {
    let sign = match char_at(chars, at) {
        '⁻' => -1.0,
        _ => 1.0,
    };
    let from = at + usize::from(matches!(char_at(chars, at), '⁻' | '⁺'));
    let digits = chars.get(from..).unwrap_or_default().iter();
    let digits: Vec<u32> = digits.map_while(|&c| superscript(c)).take(3).collect();
    let value = digits
        .iter()
        .fold(0.0, |value, &digit| value * 10.0 + f64::from(digit));
    (!digits.is_empty()).then_some((from + digits.len(), sign * value))
}

/// The digit that `c` is above the line.
pub(crate) fn superscript(c: char) -> Option<u32> {
    match c {
        '¹' => Some(1),
        '²' => Some(2),
        '³' => Some(3),
        '⁰' | '⁴'..='⁹' => Some(c as u32 - '⁰' as u32),
        _ => None,
    }
}

/// 15k, 2.5 M, 五十打
fn magnitude(chars: &[char], first: &Plain, (end, value): (usize, f64)) -> (usize, f64) {
    if first.arabic && first.bare {
        let at = skip_spaces(chars, end);
        let factor = match char_at(chars, at) {
            'k' | 'K' => 1e3,
            'm' | 'M' => 1e6,
            'g' | 'G' | 'b' | 'B' => 1e9,
            't' | 'T' => 1e12,
            _ => 0.0,
        };
        if factor > 0.0 && !char_at(chars, at + 1).is_ascii_alphanumeric() {
            return (at + 1, value * factor);
        }
    }
    let apart = skip_spaces(chars, end);
    let dozen = char_at(chars, apart) == '打';
    let verb = matches!(
        char_at(chars, apart + 1),
        '开' | '电' | '算' | '造' | '折' | '破' | '击'
    );
    if dozen && !verb {
        return (apart + 1, value * 12.0);
    }
    (end, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, f64)> {
        let chars: Vec<char> = text.chars().collect();
        let number = Number::read(&chars, 0)?;
        Some((chars[number.range].iter().collect(), number.value))
    }

    #[test]
    fn numbers_are_read_to_their_end() {
        for (text, own, value) in [
            ("三百零五人", "三百零五", 305.0),
            ("6万3千2百", "6万3千2百", 63_200.0),
            ("6 万3 千 2 百", "6 万3 千 2 百", 63_200.0),
            ("两亿零三十", "两亿零三十", 200_000_030.0),
            ("七万八", "七万八", 78_000.0),
            ("二十几万", "二十几万", 200_000.0),
            ("六百多人", "六百", 600.0),
            ("3.5万亿", "3.5万亿", 3.5e12),
            ("9万万", "9万万", 9e8),
            ("2万3000", "2万3000", 23_000.0),
            ("2千零40", "2千零40", 2_040.0),
            ("卅六", "卅六", 36.0),
            ("半百", "半百", 50.0),
            ("四点二五", "四点二五", 4.25),
            ("七点五万", "七点五万", 75_000.0),
            ("二〇一七", "二〇一七", 2017.0),
            ("1,234,567.8", "1,234,567.8", 1_234_567.8),
            ("3^4", "3^4", 81.0),
            ("1.3e5", "1.3e5", 130_000.0),
            ("1.3×10^5", "1.3×10^5", 130_000.0),
            ("1.3×10⁵", "1.3×10⁵", 130_000.0),
            ("2×10⁻¹²", "2×10⁻¹²", 2e-12),
            ("7/8", "7/8", 0.875),
            ("2 1/4", "2 1/4", 2.25),
            ("四分之三", "四分之三", 0.75),
            ("二又四分之一", "二又四分之一", 2.25),
            ("-0.5", "-0.5", -0.5),
            ("负三十二", "负三十二", -32.0),
            ("12k", "12k", 12_000.0),
            ("三打", "三打", 36.0),
            ("五十千克", "五十", 50.0),
        ] {
            assert_eq!(read(text), Some((own.to_owned(), value)), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_no_decimal() {
        for (text, own) in [
            ("三点五十分", "三"),
            ("一点两小时", "一"),
            ("八点四刻", "八"),
        ] {
            assert_eq!(
                read(text).map(|(own, _)| own).as_deref(),
                Some(own),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["万万", "百", "分之", "点五", "多", "-"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
