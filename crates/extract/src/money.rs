use std::ops::Range;

use crate::number::{Number, skip_spaces, tidy};
use crate::rules::Rules;
use crate::scan::{self, address};

/// An amount of money.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Money {
    pub(crate) range: Range<usize>,
    /// In whole units of the currency: 5.3 for 五元三角.
    pub(crate) value: f64,
    /// Its ISO 4217 code.
    pub(crate) currency: String,
}

impl Money {
    /// 3美元50美分
    fn goes_on_with(&self, next: &Money, chars: &[char]) -> bool {
        // 两美元又三美分, 五镑零三便士
        let between = chars.get(self.range.end..next.range.start);
        let joined = matches!(between, Some([] | ['又' | '零']));
        let whole = self.value >= 1.0 && self.value.fract() == 0.0 && next.value < 1.0;
        whole && joined && self.currency == next.currency
    }
}

/// How far a sign may stand before its amount: 人民币 8000元.
const MAX_GAP: usize = 2;

/// The amounts that `chars` name, in order.
pub(crate) fn amounts(rules: &Rules, chars: &[char]) -> Vec<Money> {
    let mut found: Vec<Money> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if let Some(end) = address(chars, at) {
            at = end;
            continue;
        }
        let Some(number) = scan::number_at(rules, chars, at) else {
            at += 1;
            continue;
        };
        let from = found.last().map_or(0, |money| money.range.end);
        match amount(rules, chars, &number, from) {
            Some(money) => {
                at = money.range.end;
                match found
                    .last_mut()
                    .filter(|last| last.goes_on_with(&money, chars))
                {
                    Some(last) => {
                        last.range.end = at;
                        last.value = tidy(last.value + money.value);
                    }
                    None => found.push(money),
                }
            }
            None => at = number.range.end,
        }
    }
    found
}

/// The amount that `number` is the figure of; words before `from` belong to another.
fn amount(rules: &Rules, chars: &[char], number: &Number, from: usize) -> Option<Money> {
    let sign = sign_before(rules, chars, number.range.start, from);
    let word = behind(rules, chars, number.range.end);
    let start = sign
        .as_ref()
        .map_or(number.range.start, |(start, _)| *start);
    match (word, sign) {
        (Some((end, currency, factor)), sign) => {
            // 港币8元: the word before says whose 元 they are.
            let named = sign
                .filter(|_| currency == "CNY")
                .map(|(_, currency)| currency);
            let start = if named.is_some() {
                start
            } else {
                number.range.start
            };
            let (end, small) = coins(rules, chars, end)
                .filter(|_| factor == 1.0)
                .unwrap_or((end, 0.0));
            Some(Money {
                range: start..end,
                value: tidy(number.value * factor + small),
                currency: named.unwrap_or(currency),
            })
        }
        (None, Some((start, currency))) => Some(Money {
            range: start..number.range.end,
            value: number.value,
            currency,
        }),
        (None, None) => None,
    }
}

/// The word of a currency behind a number: its end, its code, how many whole units one is.
fn behind(rules: &Rules, chars: &[char], at: usize) -> Option<(usize, String, f64)> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let vague = usize::from(matches!(char_at(at), '多' | '余' | '来'));
    let from = skip_spaces(chars, at + vague);
    let money = |from: usize| {
        let (n, mut currency, factor) = rules.units.money(chars.get(from..)?)?;
        let mut end = from + n;
        // 500元港币: the name of the currency may follow its 元; 一元钱
        if char_at(end - 1) == '元' && currency == "CNY" {
            let name = rules
                .units
                .money(chars.get(end..)?)
                .filter(|(.., factor)| *factor == 1.0);
            if let Some((n, named, _)) = name {
                (end, currency) = (end + n, named);
            }
        }
        Some((end + usize::from(char_at(end) == '钱'), currency, factor))
    };
    money(from).or_else(|| {
        // 5$, 300¥
        if let Some((len, currency)) = rules.units.sign_behind(chars.get(from..)?) {
            return Some((from + len, currency, 1.0));
        }
        // 五毛, 三分钱
        if let Some(coin) = coin(rules, chars, from) {
            return Some(coin);
        }
        // 五块三, 十块钱: alone 块 is a piece of something.
        let end = from + 1;
        let next = char_at(end);
        let digit = taosha_core::han_digit(next).is_some() || next.is_ascii_digit();
        let spoken = char_at(from) == '块' && (digit || !crate::line::is_han(next) || next == '钱');
        spoken.then(|| (end + usize::from(next == '钱'), "CNY".to_owned(), 1.0))
    })
}

/// 毛, 分钱: a coin alone.
fn coin(rules: &Rules, chars: &[char], at: usize) -> Option<(usize, String, f64)> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let money = char_at(at + 1) == '钱';
    let factor = match char_at(at) {
        '毛' if money || !crate::line::is_han(char_at(at + 1)) => 0.1,
        '分' if money => 0.01,
        _ => return None,
    };
    let end = at + 1 + usize::from(money);
    let unit = rules.units.names(chars.get(end..).unwrap_or_default());
    (!unit).then(|| (end, "CNY".to_owned(), factor))
}

/// The 三角五分 behind 元, as a part of one; 五块三 and 五块三毛五 leave out the last word.
fn coins(rules: &Rules, chars: &[char], at: usize) -> Option<(usize, f64)> {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let (mut end, mut value) = (at, 0.0);
    for (words, factor) in [(['角', '毛'], 0.1), (['分', '分'], 0.01)] {
        let Some(number) = Number::read(chars, end).filter(|n| (1.0..10.0).contains(&n.value))
        else {
            continue;
        };
        let word = number.range.end;
        let rest = chars.get(word + 1..).unwrap_or_default();
        let part = !rules.units.names(rest) && char_at(word + 1) != '之';
        if words.contains(&char_at(word)) && part {
            let money = usize::from(char_at(word + 1) == '钱');
            (end, value) = (word + 1 + money, value + number.value * factor);
            continue;
        }
        // The digit before a 毛 is not the last one.
        let spoken = !number.arabic && (end > at || matches!(char_at(at - 1), '块' | '元'));
        if spoken && !crate::line::is_han(char_at(word)) && char_at(word) != '%' {
            return Some((word, value + number.value * factor));
        }
    }
    (end > at).then_some((end, value))
}

/// ¥, US$, 人民币 before a number: where it begins, and its code.
pub(crate) fn sign_before(
    rules: &Rules,
    chars: &[char],
    at: usize,
    from: usize,
) -> Option<(usize, String)> {
    let spaces = chars.get(from..at)?.iter().rev();
    let gap = spaces
        .take(MAX_GAP)
        .take_while(|c| matches!(c, ' ' | ':'))
        .count();
    let head = chars.get(from..at - gap)?;
    let (len, currency) = rules.units.sign(head)?;
    Some((at - gap - len, currency))
}
