use std::ops::Range;

use taosha_core::han_digit;

use crate::line::is_han;
use crate::number::{Number, scale, skip_spaces};
use crate::rules::Rules;

/// The numbers of `chars` that count or measure, in order: not the 一 of 一直, nor the 四 of 四川.
pub(crate) fn numbers(rules: &Rules, chars: &[char]) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if let Some(end) = address(chars, at) {
            at = end;
            continue;
        }
        at = match number_at(rules, chars, at) {
            Some(number) => {
                let end = number.range.end;
                found.push(number);
                end
            }
            None => skip(chars, at),
        };
    }
    found
}

/// The number that begins at `at` and is no part of a word.
pub(crate) fn number_at(rules: &Rules, chars: &[char], at: usize) -> Option<Number> {
    let rest = chars.get(at..)?;
    let idiom = rules.idioms.at_start(rest).is_some() && rules.no_idioms.at_start(rest).is_none();
    if !begins(chars, at) || idiom {
        return None;
    }
    let mut number = Number::read(chars, at)?;
    // 这是五那是四: spaces may join digits, other words not.
    number.range.start = at;
    let own = chars.get(number.range.clone())?;
    let counts = match own {
        [c] if !c.is_ascii_digit() => alone_counts(rules, chars, at, *c),
        [a, b] if read_out(*a) && read_out(*b) => !inside_word(rules, chars, &number.range),
        _ => true,
    };
    counts.then_some(number)
}

/// True where a number may begin, by what stands before it.
fn begins(chars: &[char], at: usize) -> bool {
    let char_at = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let before = at.checked_sub(1).map_or('\0', char_at);
    let (c, next) = (char_at(at), char_at(at + 1));
    match c {
        '-' => {
            let joins = before.is_ascii_alphanumeric()
                || matches!(before, ')' | '-' | '%' | '年' | '月' | '日');
            !joins && (next.is_ascii_digit() || next == '.')
        }
        '.' => next.is_ascii_digit() && !before.is_ascii_alphanumeric() && before != '.',
        '负' => is_minus(before),
        '半' => matches!(next, '百' | '佰' | '打'),
        '0'..='9' => !before.is_ascii_alphanumeric() || before.is_ascii_digit() && at == 0,
        // The second 九 of a word that ends in 九九 begins nothing.
        _ => {
            matches!(c, '十' | '拾' | '廿' | '卅' | '卌')
                || han_digit(c).is_some() && han_digit(before).is_none()
        }
    }
}

/// True when 负 behind `before` is a sign: 减负2.36亿元 and 欠下负债 have none.
pub(crate) fn is_minus(before: char) -> bool {
    !"减欠肩担抱背自胜辜亏身".contains(before)
}

/// Behind what cannot begin a number, and behind the digits and letters it is glued to.
fn skip(chars: &[char], at: usize) -> usize {
    let glued = |c: &char| c.is_ascii_alphanumeric();
    let run = chars.get(at..).unwrap_or_default().iter();
    let n = run.take_while(|c| glued(c)).count();
    if n > 0 {
        return at + n;
    }
    let numeral = |c: &char| han_digit(*c).is_some() || scale(*c).is_some();
    // 二三十 is refused as a whole.
    let run = chars.get(at..).unwrap_or_default().iter();
    let n = run.take_while(|c| numeral(c)).count();
    let guess = n > 2 && chars.get(at).is_some_and(|c| han_digit(*c).is_some());
    at + if guess { n } else { 1 }
}

/// The end of an address such as https://a.cn/?q=1 at `at`.
pub(crate) fn address(chars: &[char], at: usize) -> Option<usize> {
    let head = chars.get(at..(at + 8).min(chars.len()))?;
    let starts = |word: &str| {
        word.chars()
            .enumerate()
            .all(|(i, c)| head.get(i) == Some(&c))
    };
    if !["http://", "https://", "www."]
        .iter()
        .any(|word| starts(word))
    {
        return None;
    }
    let rest = chars.get(at..)?.iter();
    Some(at + rest.take_while(|c| c.is_ascii() && **c != ' ').count())
}

fn read_out(c: char) -> bool {
    han_digit(c).is_some_and(|digit| digit > 0)
}

/// True when Han characters stand on both sides and no word that counts follows.
fn inside_word(rules: &Rules, chars: &[char], range: &Range<usize>) -> bool {
    let rest = chars.get(range.end..).unwrap_or_default();
    if rules.units.counts(rest) || matches!(rest, ['年' | '折', ..]) {
        return false;
    }
    let before = range.start.checked_sub(1).and_then(|at| chars.get(at));
    let behind = chars.get(range.end);
    let han = |c: Option<&char>| c.is_some_and(|c| is_han(*c));
    han(before) || han(behind)
}

/// True when a single Chinese digit is a number and not a part of a word.
fn alone_counts(rules: &Rules, chars: &[char], at: usize, c: char) -> bool {
    let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
    let behind = chars.get(at + 1).copied();
    let open = |c: Option<char>| c.is_none_or(|c| !is_han(c));
    if open(before) && open(behind) {
        return true;
    }
    let head = chars.get(..at).unwrap_or_default();
    let of_word = rules.idiom_tails.at_end(head).is_some();
    if of_word {
        return false;
    }
    let measured = || {
        let next = skip_spaces(chars, at + 1);
        rules.units.counts(chars.get(next..).unwrap_or_default())
            || matches!(
                chars.get(next),
                Some('点' | '年' | '月' | '日' | '号' | '又')
            )
    };
    // What a bill writes out, and 两, 零: words of their own unless they measure.
    let heavy = matches!(
        c,
        '壹' | '贰'
            | '叁'
            | '肆'
            | '伍'
            | '陆'
            | '柒'
            | '捌'
            | '玖'
            | '拾'
            | '参'
            | '两'
            | '俩'
            | '幺'
            | '零'
    );
    let said = matches!(before, Some('是' | '为' | '于' | '之' | '到'));
    if c == '一' || heavy {
        let contrasted = said && matches!(behind, Some('却' | '而' | '但' | '还' | '或' | '和'));
        return measured() || open(behind) && (!heavy || said) || contrasted;
    }
    true
}
