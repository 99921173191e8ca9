use std::ops::Range;

use taosha_core::{FactKind, Period, Qualifier, parse_han};

use crate::cue::Cue;
use crate::line::Line;
use crate::names::Statement;
use crate::numeral::Numeral;

/// Finds the dates of `line`, and takes the times in it that state nothing.
pub(crate) fn find(line: &mut Line, found: &mut Vec<Statement>) {
    for period in line.periods.clone() {
        let mut range = period.range;
        if let Period::Day(year, month, day) = period.period {
            let qualifier = match take_days_after(line, &mut range) {
                true => Qualifier::Range,
                false => Qualifier::Exact,
            };
            if !line.is_taken(range.start) {
                found.push(Statement {
                    day: Some((Some(year), month, Some(day))),
                    qualifier,
                    ..Statement::new(FactKind::Date, range.clone())
                });
            }
        }
        line.take(range, "a time");
    }
    let mut at = 0;
    while let Some(start) = line.next(at, Numeral::BEGINS) {
        at = start + 1;
        let cue = line.cue(start);
        let begins = cue.has(Cue::DIGIT | Cue::SIGN) || is_small_han(line.char(start));
        if cue.has(Cue::TAKEN) || !begins {
            continue;
        }
        if let Some(mask_end) = masked_year(line, start) {
            line.take(start..mask_end, "a masked time");
            at = mask_end;
            continue;
        }
        if line.goes_on(start) || is_small_han(line.before(start)) {
            continue;
        }
        if let Some(statement) = month_and_day(line, start).or_else(|| day_range(line, start)) {
            at = statement.range.end;
            line.take(statement.range.clone(), "a date");
            // 4月 alone tells when, but states nothing.
            match statement.day {
                Some((_, month, None)) => {
                    let first = first_month(line, start);
                    let start = first.map_or(start, |(start, _)| start);
                    let range = start..statement.range.end;
                    let first = first.map(|(_, month)| month);
                    line.months.push((range, first, month));
                }
                None if statement.qualifier == Qualifier::Exact => {
                    found.extend(listed_days(line, statement));
                }
                _ => found.push(statement),
            }
        } else if let Some(end) = clock(line, start) {
            line.take(start..end, "a time of day");
            at = end;
        }
    }
}

/// How far before 21日 the month of 6月19、20、21日 may stand.
const MAX_LISTED: usize = 24;

/// The days of 6月20、21日, of which only the last ends in 日; `last` is that one.
fn listed_days(line: &Line, last: Statement) -> Vec<Statement> {
    let mut days = vec![last.range.clone()];
    let mut at = last.range.start;
    while matches!(line.before(at), '、' | '和' | ',') && last.range.start - at < MAX_LISTED {
        let end = at - 1;
        let sign = usize::from(matches!(line.before(end), '日' | '号'));
        let digits = line.until(end - sign).iter().rev().take(3);
        let n = digits.take_while(|c| c.is_ascii_digit()).count();
        let start = end - sign - n;
        if !(1..=2).contains(&n) || small(line, start).is_none() {
            break;
        }
        // 20日、21日: the first has been found already.
        if sign == 0 {
            days.push(start..end);
        }
        at = start;
    }
    let Some((year, month)) = month_before(line, at) else {
        return vec![last];
    };
    days.reverse();
    let day = |range: Range<usize>| {
        let day = small(line, range.start).map(|(day, _)| day);
        Statement {
            day: Some((year, month, day)),
            ..Statement::new(FactKind::Date, range)
        }
    };
    days.into_iter().map(day).collect()
}

/// The 6月 that ends before `at`, with its year when one is named.
pub(crate) fn month_before(line: &Line, at: usize) -> Option<(Option<u16>, u8)> {
    let end = at.checked_sub(1).filter(|&end| line.char(end) == '月')?;
    let n = line
        .until(end)
        .iter()
        .rev()
        .take(3)
        .take_while(|c| c.is_ascii_digit())
        .count();
    let (month, _) = small(line, end - n).filter(|&(month, _)| month <= 12)?;
    let year = line.periods.iter().find(|period| period.range.end == at);
    Some((year.map(|period| period.period.year()), month))
}

fn is_small_han(c: char) -> bool {
    matches!(
        c,
        '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '廿'
    )
}

/// 20xx年, xx年, XX学年, x月
fn masked_year(line: &Line, at: usize) -> Option<usize> {
    let mut end = at;
    let mut masked = false;
    while end < at + 9
        && (line.char(end).is_ascii_digit() || line.is_mask(end) || line.char(end) == '-' && masked)
    {
        masked |= line.is_mask(end);
        end += 1;
    }
    if !masked {
        return None;
    }
    let unit = [
        "学年度",
        "学年",
        "年度",
        "年",
        "月份",
        "月",
        "日",
        "届",
        "级",
    ];
    let word = unit.iter().find(|word| line.has(end, word))?;
    Some(end + word.chars().count())
}

/// A number up to 31 in either script: value and end.
fn small(line: &Line, at: usize) -> Option<(u8, usize)> {
    let rest = line.from(at).iter().take(4);
    let (n, value) = match line.char(at).is_ascii_digit() {
        true => {
            let digits = rest.map_while(|c| c.to_digit(10));
            digits.fold((0, 0), |(n, value), digit| (n + 1, value * 10 + digit))
        }
        false => {
            let text: String = rest.take_while(|c| is_small_han(**c)).collect();
            let value = u32::try_from(parse_han(&text)?).ok()?;
            (text.chars().count(), value)
        }
    };
    let value = u8::try_from(value).ok()?;
    (1..=31).contains(&value).then_some((value, at + n))
}

/// 6月26日, 4月11-12日, 十月一日, 9月
fn month_and_day(line: &Line, at: usize) -> Option<Statement> {
    let (month, end) = small(line, at).filter(|&(month, _)| month <= 12)?;
    if line.char(end) != '月' {
        return None;
    }
    let mut statement = Statement::new(FactKind::Date, at..end + 1);
    statement.day = Some((None, month, None));
    if let Some((day, day_end)) = small(line, end + 1) {
        let mut range = at..day_end;
        if take_days_after(line, &mut range) {
            statement.qualifier = Qualifier::Range;
        } else if matches!(line.char(day_end), '日' | '号') {
            range.end += 1;
            if take_days_after(line, &mut range) {
                statement.qualifier = Qualifier::Range;
            }
        } else {
            return Some(statement);
        }
        statement.day = Some((None, month, Some(day)));
        statement.text = range.clone();
        statement.range = range;
    }
    Some(statement)
}

/// The 1 of 1-11月, and where it stands.
fn first_month(line: &Line, at: usize) -> Option<(usize, u8)> {
    let dash = at.checked_sub(1)?;
    let joins = matches!(line.char(dash), '-' | '至' | '到');
    let digits = line
        .until(dash)
        .iter()
        .rev()
        .take(3)
        .take_while(|c| c.is_ascii_digit());
    let start = dash - digits.count();
    let (month, end) = small(line, start).filter(|_| joins)?;
    (end == dash && month <= 12).then_some((start, month))
}

/// The -12日 behind 4月11 or 4月11日.
fn take_days_after(line: &Line, range: &mut Range<usize>) -> bool {
    let dashes = (range.end..range.end + 3)
        .take_while(|&at| matches!(line.char(at), '-' | '至' | '到'))
        .count();
    let tail = (dashes > 0).then(|| {
        let at = range.end + dashes;
        let (_, end) = small(line, at)?;
        match line.char(end) {
            '日' | '号' => Some(end + 1),
            '月' => small(line, end + 1)
                .filter(|&(_, end)| line.char(end) == '日')
                .map(|(_, end)| end + 1),
            _ => None,
        }
    });
    match tail.flatten() {
        Some(end) => {
            range.end = end;
            true
        }
        None => false,
    }
}

/// 19-23日, 15日
fn day_range(line: &Line, at: usize) -> Option<Statement> {
    let (_, end) = small(line, at)?;
    let mut range = at..end;
    if take_days_after(line, &mut range) {
        return Some(Statement {
            qualifier: Qualifier::Range,
            day: None,
            ..Statement::new(FactKind::Date, range)
        });
    }
    let day = line.char(end) == '日' || line.has(end, "号上午") || line.has(end, "号下午");
    let counts = line.before(at) == '每'
        || line.has(end, "日内")
        || ["日元", "日圆", "日币", "日本钱", "日本銭"]
            .iter()
            .any(|yen| line.has(end, yen));
    (day && !counts).then(|| Statement::new(FactKind::Date, at..end + 1))
}

/// 8:30, 14时30分
fn clock(line: &Line, at: usize) -> Option<usize> {
    let digits = |at: usize| {
        line.from(at)
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .take(3)
            .count()
    };
    let hour = digits(at);
    let sign = line.char(at + hour);
    if !(1..=2).contains(&hour) || !matches!(sign, ':' | '时' | '点') {
        return None;
    }
    let minute = digits(at + hour + 1);
    let end = at + hour + 1 + minute;
    let timed = match sign {
        ':' => {
            minute == 2
                && !line.slice(line.clause(at).start..at).contains(&'比')
                && line.char(end) != '.'
                && line.char(end) != '的'
        }
        '时' | '点' => minute == 2 && line.char(end) == '分',
        _ => false,
    };
    timed.then_some(end + usize::from(sign != ':'))
}
