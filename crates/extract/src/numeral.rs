use std::ops::Range;

use taosha_core::{han_digit, parse_han};

use crate::cue::Cue;
use crate::line::{Line, is_han};
use crate::number::{Number, superscript};

/// A number as it stands in a line, before anything is known of its unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Numeral {
    /// Its own characters; the 万 of 2.8万册 belongs to the unit and is not among them.
    pub(crate) range: Range<usize>,
    /// What they say; `None` when some are hidden.
    pub(crate) value: Option<f64>,
    /// The other end of 二三十 and 十七八.
    pub(crate) upper: Option<f64>,
    /// The 万 of 2.8万册.
    pub(crate) scale: Option<Scale>,
    /// 多, 余, 几 stand within or behind it.
    pub(crate) vague: bool,
    pub(crate) form: Form,
    /// Behind the scale and 多.
    pub(crate) end: usize,
}

/// A power of ten written as a word behind Arabic digits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) range: Range<usize>,
    pub(crate) factor: f64,
}

/// What a number is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// 2300, ２３００
    Arabic,
    /// 两千三百
    Han,
    /// X
    Mask,
}

/// A number of more digits is an account, an id or noise.
const MAX_DIGITS: usize = 15;
/// A number and its scale stand no farther apart: 3 万元.
const MAX_SPACES: usize = 2;
/// The longest number in Chinese numerals that means something has about as many characters.
const MAX_HAN: usize = 24;

impl Numeral {
    /// What numbers begin with.
    pub(crate) const BEGINS: Cue = Cue::DIGIT.or(Cue::HAN_NUMERAL).or(Cue::SIGN);

    /// The number that begins at `at`.
    pub(crate) fn read(line: &Line, at: usize) -> Option<Numeral> {
        let first = line.char(at);
        if first.is_ascii_digit() || line.is_mask(at) {
            arabic(line, at)
        } else {
            han(line, at)
        }
    }

    /// A number that stands under `range` and says `value`.
    pub(crate) fn of(range: Range<usize>, value: f64) -> Numeral {
        Numeral {
            end: range.end,
            range,
            value: Some(value),
            upper: None,
            scale: None,
            vague: false,
            form: Form::Han,
        }
    }

    /// The value with its scale: 28000 for 2.8万.
    #[cfg(test)]
    pub(crate) fn whole_value(&self) -> Option<f64> {
        let factor = self.scale.as_ref().map_or(1.0, |scale| scale.factor);
        Some(round(self.value? * factor))
    }

    pub(crate) fn is_masked(&self) -> bool {
        self.value.is_none()
    }
}

/// True for what numbers begin with.
pub(crate) fn begins(line: &Line, at: usize) -> bool {
    line.cue(at).has(Numeral::BEGINS)
}

/// The end of the run of number characters at `at`: whatever a reader did not want of it must not
/// be read from the middle.
pub(crate) fn skip(line: &Line, at: usize) -> usize {
    let mut end = at;
    if is_han_numeral(line.char(at)) {
        while is_han_numeral(line.char(end)) {
            end += 1;
        }
        return end.max(at + 1);
    }
    loop {
        let c = line.char(end);
        let joins = matches!(c, '.' | ',' | '·') && line.char(end + 1).is_ascii_digit();
        if !(c.is_ascii_digit() || line.is_mask(end) || line.is_cut(end) || joins) {
            return end.max(at + 1);
        }
        end += 1;
    }
}

/// As many decimals as figures have, seldom more.
const SHIFT: f64 = 1e6;
/// What is off by less, for its size, does not show in 13 figures.
const NOISE: f64 = 4e-14;

/// Products of decimals carry noise in the last bits: 1.1 * 10000 is 11000.000000000002.
pub(crate) fn round(value: f64) -> f64 {
    // Most numbers are whole, and have no digits to lose.
    if value.fract() == 0.0 && value.abs() < 1e12 {
        return value;
    }
    // Of few decimals the nearest double is found without writing them out.
    let shifted = (value * SHIFT).round();
    let near = shifted / SHIFT;
    if shifted.abs() < 1e13 && (value - near).abs() <= value.abs() * NOISE {
        return near;
    }
    let text = format!("{value:.12e}");
    text.parse().unwrap_or(value)
}

fn arabic(line: &Line, at: usize) -> Option<Numeral> {
    let (end, value) = digits(line, at)?;
    let form = match line.slice(at..end).iter().any(char::is_ascii_digit) {
        true => Form::Arabic,
        false => Form::Mask,
    };
    let mut numeral = Numeral {
        range: at..end,
        value,
        upper: None,
        scale: None,
        vague: false,
        form,
        end,
    };
    numeral.take_vague(line);
    numeral.take_scale(line);
    numeral.take_smaller_parts(line);
    numeral.take_vague(line);
    Some(numeral)
}

/// Digits with thousands separators, a decimal point and masks: the end and the value.
fn digits(line: &Line, at: usize) -> Option<(usize, Option<f64>)> {
    let mut text = String::new();
    let (mut end, mut masked, mut decimal) = (at, false, false);
    loop {
        let c = line.char(end);
        if c.is_ascii_digit() {
            text.push(c);
        } else if line.is_cut(end) {
            // The parts of a cut number are kept together; what it says is not known.
        } else if line.is_mask(end) {
            masked = true;
        } else if (c == '.' || c == '·' && line.char(end + 1).is_ascii_digit()) && !text.is_empty()
        {
            // 56·3: an old way to set the point.
            let goes_on = line.char(end + 1).is_ascii_digit() || line.is_mask(end + 1);
            if !goes_on {
                break;
            }
            if decimal {
                // 1.2.3 is a version or a heading number.
                return None;
            }
            decimal = true;
            text.push('.');
        } else if !(separates_thousands(line, end) && !decimal && text.len() <= 12) {
            break;
        }
        end += 1;
    }
    if text.len() > MAX_DIGITS {
        return None;
    }
    let value = if masked {
        None
    } else {
        Some(text.parse().ok()?)
    };
    Some((end, value))
}

/// 12,500 and 12 500 are one number; 98,99 and 3,2018 are two.
fn separates_thousands(line: &Line, at: usize) -> bool {
    let digit = |at: usize| line.char(at).is_ascii_digit();
    let before = line
        .until(at)
        .iter()
        .rev()
        .take_while(|c| c.is_ascii_digit())
        .take(4)
        .count();
    matches!(line.char(at), ',' | ' ')
        && (1..=3).contains(&before)
        && (at + 1..at + 4).all(digit)
        && !digit(at + 4)
        && line.before(at - before) != '.'
}

impl Numeral {
    /// 2600多名, 900余人
    fn take_vague(&mut self, line: &Line) {
        if matches!(line.char(self.end), '多' | '余' | '几' | '来') {
            let next = self.end + 1;
            let unit = |at: usize| line.rules.units.reads(line, at);
            // 3万多米尼加比索: the word itself is a unit.
            let counted = !unit(self.end) && (scale_at(line, next).is_some() || unit(next));
            if counted {
                self.vague = true;
                self.end = next;
            }
        }
    }

    fn take_scale(&mut self, line: &Line) {
        let from = behind_note(line, self.end);
        let found = scale_at(line, from).map(|found| (from, found));
        if let Some((from, (end, factor))) = found.or_else(|| self.scale_apart(line)) {
            self.scale = Some(Scale {
                range: counted_scale(line, from).unwrap_or(from)..end,
                factor,
            });
            self.end = end;
        }
    }

    /// The 万 of 3 万元, which a unit must follow: 附件3 万人计划.
    fn scale_apart(&self, line: &Line) -> Option<(usize, (usize, f64))> {
        let spaces = line.from(self.end).iter().take(MAX_SPACES + 1);
        let n = spaces.take_while(|c| **c == ' ').count();
        let from = self.end + n;
        let (end, factor) = scale_at(line, from)?;
        let measured = line.rules.units.reads(line, end);
        let apart = (1..=MAX_SPACES).contains(&n) && self.form == Form::Arabic;
        (apart && measured).then_some((from, (end, factor)))
    }

    /// The 2000万 of 1亿2000万: the number is in ones then, without a scale of its own.
    fn take_smaller_parts(&mut self, line: &Line) {
        let (Some(scale), Some(value), false) = (&self.scale, self.value, self.vague) else {
            return;
        };
        let (mut total, mut limit, mut at) = (value * scale.factor, scale.factor, self.end);
        while line.char(at).is_ascii_digit() && limit > 1.0 {
            let Some((end, Some(part))) = digits(line, at) else {
                break;
            };
            let (end, factor) = scale_at(line, end).unwrap_or((end, 1.0));
            if part * factor >= limit {
                break;
            }
            (total, limit, at) = (total + part * factor, factor, end);
        }
        if at > self.end {
            self.value = Some(round(total));
            self.scale = None;
            self.range.end = at;
            self.end = at;
        }
    }
}

/// Behind the number of a note at `at`, or behind signs for lost digits: 189¹所, 67.□万元.
pub(crate) fn behind_note(line: &Line, at: usize) -> usize {
    if is_torn(line, at) {
        let at = at + usize::from(line.char(at) == '.');
        let lost = line.from(at).iter();
        return at + lost.take_while(|&&c| is_lost(c)).count();
    }
    let number = line.from(at).iter();
    at + number.take_while(|&&c| superscript(c).is_some()).count()
}

/// True when digits are lost behind the number that ends at `at`.
pub(crate) fn is_torn(line: &Line, at: usize) -> bool {
    is_lost(line.char(at)) || line.char(at) == '.' && is_lost(line.char(at + 1))
}

/// True for the last digits of 3 8 4 2 6人, 1.4 3亿元 and 108 3%: a part of a number, whose point or whose other digits a
/// blank stands for. Behind a year stands a number of its own.
pub(crate) fn is_spaced_out(line: &Line, at: usize) -> bool {
    /// Digits behind a lost point are few.
    const MOST: usize = 2;
    let digits = line.from(at).iter().take(MOST + 1);
    let n = digits.take_while(|c| c.is_ascii_digit()).count();
    let goes_on = matches!(line.char(at + n), '.' | ',');
    let [before @ .., ' '] = line.until(at) else {
        return false;
    };
    let n_before = before
        .iter()
        .rev()
        .take(5)
        .take_while(|c| c.is_ascii_digit())
        .count();
    let is_year = n_before == 4 && matches!(before, [.., '1', '9', _, _] | [.., '2', '0', _, _]);
    (1..=MOST).contains(&n) && !goes_on && n_before > 0 && !is_year
}

fn is_lost(c: char) -> bool {
    matches!(c, '□' | '\u{fffd}')
}

/// 万, 百万, 万亿 behind Arabic digits, unless they begin a unit (百分点, 千克).
fn scale_at(line: &Line, at: usize) -> Option<(usize, f64)> {
    let at = counted_scale(line, at).unwrap_or(at);
    let mut end = at;
    let mut factor = 1.0;
    while end < at + 2 {
        let step = match line.char(end) {
            '十' => 1e1,
            '百' => 1e2,
            '千' => 1e3,
            '万' => 1e4,
            '亿' => 1e8,
            _ => break,
        };
        if line.rules.units.reads(line, end) || line.has(end, "百分") {
            break;
        }
        factor *= step;
        end += 1;
    }
    (end > at).then_some((end, factor))
}

/// Where 亿 stands in 2.5个亿, which says no more than 2.5亿. 3个亿元村 are three villages.
fn counted_scale(line: &Line, at: usize) -> Option<usize> {
    if !line.has(at, "个亿") {
        return None;
    }
    let behind = at + 2 + usize::from(line.char(at + 2) == '元');
    let goes_on = is_han(line.char(behind)) && !"左以的多，。".contains(line.char(behind));
    (!goes_on).then_some(at + 1)
}

pub(crate) fn is_han_numeral(c: char) -> bool {
    han_digit(c).is_some_and(|_| c != '幺')
        || matches!(
            c,
            '十' | '拾' | '廿' | '卅' | '百' | '佰' | '千' | '仟' | '万' | '亿'
        )
}

fn han(line: &Line, at: usize) -> Option<Numeral> {
    let run = line
        .from(at)
        .iter()
        .take_while(|&&c| is_han_numeral(c))
        .take(MAX_HAN + 1);
    let run: Vec<char> = run.copied().collect();
    if run.is_empty() || run.len() > MAX_HAN {
        return None;
    }
    let end = at + run.len();
    let (value, upper) = han_value(&run).or_else(|| Some((bare_scale(line, at, &run)?, None)))?;
    let (end, value) = spaced(line, at, end, value);
    let mut numeral = Numeral {
        range: at..end,
        value: Some(value),
        upper,
        scale: None,
        vague: false,
        form: Form::Han,
        end,
    };
    numeral.take_decimals(line);
    numeral.take_vague(line);
    if numeral.vague {
        // 三十多万: the scale behind 多 belongs to the unit, as behind Arabic digits.
        numeral.take_scale(line);
    }
    Some(numeral)
}

/// 三百 二十 五, 三万5千: a number that goes on behind its first run of Chinese numerals.
fn spaced(line: &Line, at: usize, end: usize, value: f64) -> (usize, f64) {
    let number = Number::read(line.from(0), at).filter(|number| number.range.end > end);
    let Some(number) = number.filter(|number| !number.vague) else {
        return (end, value);
    };
    let tail = line.slice(end..number.range.end);
    let counts = tail
        .iter()
        .all(|&c| c == ' ' || is_han_numeral(c) || c.is_ascii_digit());
    let hidden = (end..number.range.end + 1).any(|at| line.is_mask(at) || line.is_cut(at));
    match counts && !hidden {
        true => (number.range.end, number.value),
        false => (end, value),
    }
}

impl Numeral {
    /// The 点五 of 三点五.
    fn take_decimals(&mut self, line: &Line) {
        if line.char(self.end) != '点' {
            return;
        }
        let tail = line
            .from(self.end + 1)
            .iter()
            .map_while(|&c| han_digit(c))
            .take(MAX_HAN);
        let tail: String = tail.map(|digit| digit.to_string()).collect();
        let whole = self.value.unwrap_or_default();
        if let (false, Ok(value)) = (tail.is_empty(), format!("{whole}.{tail}").parse()) {
            self.value = Some(value);
            self.end += 1 + tail.len();
            self.range.end = self.end;
            self.take_scale(line);
        }
    }
}

/// 近百, 逾千, 近百万: a scale alone, when a word says that it measures.
fn bare_scale(line: &Line, at: usize, run: &[char]) -> Option<f64> {
    let measured = matches!(line.before(at), '近' | '约' | '逾');
    let digits = run.iter().map(|c| match c {
        '十' => Some(1e1),
        '百' => Some(1e2),
        '千' => Some(1e3),
        '万' => Some(1e4),
        '亿' => Some(1e8),
        _ => None,
    });
    let value = digits.product::<Option<f64>>()?;
    measured.then_some(value)
}

/// The value of Chinese numerals; two values for 二三十, 十七八, 三四.
fn han_value(run: &[char]) -> Option<(f64, Option<f64>)> {
    let digit = |at: usize| run.get(at).and_then(|&c| han_digit(c)).filter(|&d| d > 0);
    let scaled = run.iter().any(|&c| han_digit(c).is_none());
    if !scaled && run.len() > 2 {
        // 二〇二三 is a number read out digit by digit; 一二三 is a list.
        let zero = run.iter().any(|&c| han_digit(c) == Some(0));
        return zero
            .then(|| parse(run))
            .flatten()
            .map(|value| (value, None));
    }
    for at in 0..run.len() {
        if let (Some(low), Some(high)) = (digit(at), digit(at + 1)) {
            if high != low + 1 {
                return None;
            }
            let without = |skipped: usize| {
                let kept = run.iter().enumerate().filter(|&(i, _)| i != skipped);
                parse(&kept.map(|(_, &c)| c).collect::<Vec<_>>())
            };
            return Some((without(at + 1)?, Some(without(at)?)));
        }
    }
    Some((parse(run)?, None))
}

fn parse(run: &[char]) -> Option<f64> {
    let text: String = run.iter().collect();
    parse_han(&text).map(|value| value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    fn value(text: &str) -> Option<f64> {
        Numeral::read(&Line::new(&RULES, text, 0..text.len()), 0).and_then(|n| n.whole_value())
    }

    #[test]
    fn numbers_as_reports_write_them() {
        for (text, expected) in [
            ("1595名", 1595.0),
            ("１５９５名", 1595.0),
            ("12,500人", 12_500.0),
            ("2.8万册", 28_000.0),
            ("1亿2000万元", 120_000_000.0),
            ("3万5千元", 35_000.0),
            ("一百二十多人", 120.0),
            ("两千三百名", 2300.0),
            ("廿三人", 23.0),
            ("二〇二三", 2023.0),
            ("三点五万元", 35_000.0),
            ("三十多万元", 300_000.0),
            ("3.27个百分点", 3.27),
            ("3百分点", 3.0),
            ("5千克", 5.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn neighbouring_digits_are_a_range() {
        for (text, low, high) in [
            ("二三十人", 20.0, 30.0),
            ("十七八个", 17.0, 18.0),
            ("三四名", 3.0, 4.0),
        ] {
            let line = Line::new(&RULES, text, 0..text.len());
            let numeral = Numeral::read(&line, 0).unwrap();
            assert_eq!(
                (numeral.value, numeral.upper),
                (Some(low), Some(high)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["1.2.3版", "千方百计", "四五一", "1234567890123456789"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
