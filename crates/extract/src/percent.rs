use std::ops::Range;

use taosha_core::han_digit;

use crate::number::{Number, scale, skip_spaces, spaced_word, tidy};
use crate::rules::Rules;
use crate::scan::{self, address};

/// A share of a hundred, and how it is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Percent {
    pub(crate) range: Range<usize>,
    /// 95 for 百分之九十五, 30 for 三成, 85 for 八五折.
    pub(crate) value: f64,
    /// 个百分点: a difference of shares.
    pub(crate) points: bool,
}

/// 百万万分之七 is about the least share that anybody names.
const MAX_WHOLE: f64 = 1e16;

/// The shares that `chars` name, in order.
pub(crate) fn percents(rules: &Rules, chars: &[char]) -> Vec<Percent> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if let Some(end) = address(chars, at) {
            at = end;
            continue;
        }
        let share = in_words(chars, at)
            .or_else(|| discount(chars, at))
            .or_else(|| signed(rules, chars, at));
        match share {
            Some(share) => {
                at = share.range.end;
                found.push(share);
            }
            None => {
                let number = scan::number_at(rules, chars, at);
                at = number.map_or(at + 1, |number| number.range.end);
            }
        }
    }
    found
}

/// 百分之九十五, 千分之3, 万分之四, with 负 before or behind.
pub(crate) fn in_words(chars: &[char], at: usize) -> Option<Percent> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let minus = char_at(at) == '负';
    if let Some(end) = full(chars, at) {
        return Some(Percent {
            range: at..end,
            value: 100.0,
            points: false,
        });
    }
    let (from, whole) = head(chars, at, at + usize::from(minus))?;
    let number = Number::read(chars, from)?;
    let value = tidy(number.value * 100.0 / whole);
    Some(Percent {
        range: at..number.range.end,
        value: if minus { -value } else { value },
        points: false,
    })
}

/// The end of 百分之百 or 百分百 at `at`.
pub(crate) fn full(chars: &[char], at: usize) -> Option<usize> {
    let end = spaced_word(chars, at, "百分之百").or_else(|| spaced_word(chars, at, "百分百"))?;
    let goes_on = chars
        .get(end)
        .is_some_and(|c| han_digit(*c).is_some() || scale(*c).is_some() || *c == '分');
    (!goes_on).then_some(end)
}

/// The 百分之 of what begins at `start`: where its number begins, and the whole.
pub(crate) fn head(chars: &[char], start: usize, at: usize) -> Option<(usize, f64)> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    // 一千万分之六 is a fraction, its head is a number.
    let before = start.checked_sub(1).map_or('\0', char_at);
    if han_digit(before).is_some() || before.is_ascii_digit() || scale(before).is_some() {
        return None;
    }
    let (mut from, mut whole) = (at, 1.0);
    while let Some(scale) = scale(char_at(from)).filter(|_| whole < MAX_WHOLE) {
        whole *= scale;
        from = skip_spaces(chars, from + 1);
    }
    if whole < 100.0 {
        return None;
    }
    Some((skip_spaces(chars, spaced_word(chars, from, "分之")?), whole))
}

/// 八折, 八五折, 7.5折, 打对折: what is left to pay.
pub(crate) fn discount(chars: &[char], at: usize) -> Option<Percent> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let before = at.checked_sub(1).map_or('\0', char_at);
    let closes = |end: usize| {
        let word = "扣腾磨叠射断返合旧回服损子纸线桥冲页算";
        char_at(end) == '折' && !word.contains(char_at(end + 1))
    };
    let share = |end: usize, value: f64| {
        Some(Percent {
            range: at..end,
            value: tidy(value),
            points: false,
        })
    };
    match char_at(at) {
        '对' | '半' => {
            let end = skip_spaces(chars, at + 1);
            let head = chars.get(..at).unwrap_or_default().iter().rev();
            let before = head.copied().find(|c| *c != ' ').unwrap_or('\0');
            let half = char_at(at) == '半' && !crate::line::is_han(before) || before == '打';
            return (half && closes(end))
                .then(|| share(end + 1, 50.0))
                .flatten();
        }
        _ => {}
    }
    if before.is_ascii_digit() || before == '.' || han_digit(before).is_some() {
        return None;
    }
    // 八五, 九 九: read out, tens and ones.
    let (a, b) = (char_at(at), char_at(skip_spaces(chars, at + 1)));
    if let (Some(tens), Some(ones)) = (han_digit(a), han_digit(b)) {
        let end = skip_spaces(chars, skip_spaces(chars, at + 1) + 1);
        return closes(end)
            .then(|| share(end + 1, (tens * 10 + ones) as f64))
            .flatten();
    }
    let number = Number::read(chars, at).filter(|number| number.value > 0.0)?;
    let end = skip_spaces(chars, number.range.end);
    let value = match number.value {
        value if value > 10.0 => value,
        value => value * 10.0,
    };
    (closes(end) && value <= 100.0)
        .then(|| share(end + 1, value))
        .flatten()
}

/// 95%, 3个百分点, 六成, 三成半
fn signed(rules: &Rules, chars: &[char], at: usize) -> Option<Percent> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let number = scan::number_at(rules, chars, at).or_else(|| tenths(chars, at))?;
    let end = skip_spaces(chars, number.range.end);
    let share = |end: usize, value: f64, points: bool| {
        Some(Percent {
            range: at..end,
            value: tidy(value),
            points,
        })
    };
    match char_at(end) {
        '%' => return share(end + 1, number.value, false),
        '‰' => return share(end + 1, number.value / 10.0, false),
        '成' => {
            // 四成五
            let (tail, behind) = (char_at(end + 1), char_at(end + 2));
            let tenth = han_digit(tail)
                .filter(|d| *d > 0 && han_digit(behind).is_none() && scale(behind).is_none());
            if let Some(tenth) =
                tenth.filter(|_| !rules.units.names(chars.get(end + 2..).unwrap_or_default()))
            {
                return share(end + 2, number.value * 10.0 + tenth as f64, false);
            }
            let rest = chars.get(end..).unwrap_or_default();
            let half = char_at(end + 1) == '半';
            let word = rules.units.stops_tenths(rest) && !half;
            let value = number.value * 10.0 + if half { 5.0 } else { 0.0 };
            return (!word && (0.0..=100.0).contains(&value))
                .then(|| share(end + 1 + usize::from(half), value, false))
                .flatten();
        }
        _ => {}
    }
    let points =
        spaced_word(chars, end, "个百分点").or_else(|| spaced_word(chars, end, "百分点"))?;
    share(points, number.value, true)
}

/// The 三 of 三成 and the 半 of 半成, which alone would be taken for a part of a word.
fn tenths(chars: &[char], at: usize) -> Option<Number> {
    let first = chars.get(at)?;
    if *first == '半' {
        let half = chars.get(at + 1) == Some(&'成');
        return half.then_some(Number {
            range: at..at + 1,
            value: 0.5,
            vague: false,
            arabic: false,
        });
    }
    let han = han_digit(*first).is_some();
    let number = Number::read(chars, at).filter(|_| han)?;
    let end = skip_spaces(chars, number.range.end);
    (chars.get(end) == Some(&'成')).then_some(number)
}
