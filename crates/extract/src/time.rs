mod reach; // how far a time holds: 上年结转, 比2019年的

use std::ops::Range;

use taosha_core::{FactKind, Period, PeriodBasis, PeriodMatch, Qualifier};

use crate::cue::Cue;
use crate::dates;
use crate::line::Line;
use crate::names::Statement;
use reach::{
    behind_figure, bracket_end, goes_on, is_carried, is_compared, is_modifier, opens, says_more,
};

/// A period and how it is known.
pub(crate) type Time = (Option<Period>, Option<PeriodBasis>);

/// What names a time in a line, at a place.
enum Named {
    Period(Period),
    /// 20xx年: a time is said, and hidden.
    Hidden,
    /// 今年以来, 2020年以来: the report's own time where it began with that year.
    Since(Option<u16>),
    /// Years from the report's own: 去年 is -1.
    Year(i32),
    /// A part of a year, and the years from the report's own when a word before says them.
    Within(Part, Option<i32>),
    /// 现有: back to the time of the report.
    Reset,
}

/// A part of a year, which is named without it.
#[derive(Clone, Copy)]
enum Part {
    Half(u8),
    Quarter(u8),
    Month(u8, Option<u8>),
    /// 1-11月
    Months(u8, u8),
}

impl Part {
    fn of(self, year: u16) -> Period {
        match self {
            Part::Half(half) => Period::Half(year, half),
            Part::Quarter(quarter) => Period::Quarter(year, quarter),
            Part::Month(month, None) => Period::Month(year, month),
            Part::Month(month, Some(day)) => Period::Day(year, month, day),
            Part::Months(from, to) => Period::Months(year, from, to),
        }
    }
}

impl Part {
    /// The year of `own` that it lies in. Of a school year the months up to August are in the second; of more
    /// years nobody says which.
    fn year_in(self, own: Period) -> Option<u16> {
        let month = match self {
            Part::Half(half) => half * 6,
            Part::Quarter(quarter) => quarter * 3,
            Part::Month(month, _) | Part::Months(month, _) => month,
        };
        match own {
            Period::Years(first, last) if last != first + 1 => None,
            Period::Years(_, last) if month <= LAST_OF_SCHOOL => Some(last),
            own => Some(own.year()),
        }
    }
}

/// A named time and where it holds.
struct Entry {
    end: usize,
    named: Named,
    /// It opens its clause, and so is said of all that follows.
    governs: bool,
    /// It dates only what begins before.
    reach: usize,
}

/// The times a line names, in order.
pub(crate) struct Times(Vec<Entry>);

/// Words that count years from the report's own.
const RELATIVE: &[(&str, i32)] = &[
    ("今年", 0),
    ("本年", 0),
    ("当年", 0),
    ("去年", -1),
    ("上年", -1),
    ("上一年", -1),
    ("前年", -2),
    ("明年", 1),
];

/// Words that speak of the report's own time again.
const NOW: &[&str] = &["现有", "目前", "全年", "现在"];
/// What the words of `RELATIVE`, of `NOW`, 上半年, 下半年 and a hidden 年 begin with, 季 and 期: one look
/// tells most places of a page to hold none.
pub(crate) const FIRST: &str = "今本当去上前明下年现目全季期";
/// A school year begins in September.
const LAST_OF_SCHOOL: u8 = 8;

impl Times {
    /// Of a line that names none.
    pub(crate) fn none() -> Self {
        Times(Vec::new())
    }

    pub(crate) fn of(line: &Line, statements: &[Statement]) -> Self {
        let mut times: Vec<(usize, Named)> = Vec::new();
        for period in &line.periods {
            let (end, period) = with_days(line, period, statements);
            times.push((end, Named::Period(period)));
        }
        for statement in statements {
            if let Some((None, month, day)) = statement.day {
                let year = year_before(line, statement.range.start);
                let part = match statement.qualifier {
                    Qualifier::Range => months_of_days(line, &statement.range, month),
                    _ => Part::Month(month, day),
                };
                times.push((statement.range.end, Named::Within(part, year)));
            }
        }
        let mut resets: Vec<(usize, Named)> = Vec::new();
        for at in places(line) {
            if let Some(word) = NOW.iter().find(|word| line.has(at, word)) {
                resets.push((at + word.chars().count(), Named::Reset));
            }
            if let Some((word, years)) = RELATIVE.iter().find(|(word, _)| line.has(at, word)) {
                times.push((at + word.chars().count(), Named::Year(*years)));
            }
            let stated = || {
                let before = line.periods.iter().rev().find(|p| p.range.start <= at);
                before.is_some_and(|p| p.range.end > at)
            };
            let half = match (line.char(at), line.has(at + 1, "半年")) {
                ('上', true) => Some(Part::Half(1)),
                ('下', true) => Some(Part::Half(2)),
                _ => None,
            };
            if let Some(half) = half.filter(|_| !stated()) {
                let named = Named::Within(half, year_before(line, at));
                times.push((at + "上半年".chars().count(), named));
            }
            if let Some((start, part)) = quarters(line, at).filter(|_| !stated()) {
                let named = Named::Within(part, year_before(line, start));
                times.push((at + "季度".chars().count(), named));
            }
            if line.char(at) == '年' && (line.is_mask(at.wrapping_sub(1)) || spans_years(line, at))
            {
                times.push((at + 1, Named::Hidden));
            }
            if let Some((end, years)) = five_years(line, at) {
                times.push((end, Named::Period(years)));
            }
        }
        for (range, from, to) in &line.months {
            let part = match from {
                Some(from) => Part::Months(*from, *to),
                None => Part::Month(*to, None),
            };
            let year = year_before(line, range.start);
            times.push((range.end, Named::Within(part, year)));
        }
        times.retain(|(end, _)| !is_modifier(line, *end));
        for (end, named) in &mut times {
            if line.has(*end, "以来") || line.char(*end) == '起' {
                *named = match *named {
                    Named::Year(0) => Named::Since(None),
                    Named::Period(Period::Year(year)) => Named::Since(Some(year)),
                    _ => Named::Hidden,
                };
            }
        }
        times.append(&mut resets);
        times.sort_by_key(|(at, _)| *at);
        let mut entries: Vec<Entry> = Vec::with_capacity(times.len());
        for (end, named) in times {
            let last = entries.last().map(|entry: &Entry| entry.end);
            let said = |from: usize| line.slice(from..end).iter().any(char::is_ascii_digit);
            // 2018年,我局现有…: the time has not been used yet, and holds.
            if matches!(named, Named::Reset) && !last.is_some_and(said) {
                continue;
            }
            let is_carried = is_carried(line, end);
            // 上年同期为3亿元: what is compared with, in one clause.
            let is_of_past = line.has(end, "同期");
            let says_more = is_day(&named) && says_more(line, end);
            let is_narrow = is_carried || is_of_past || says_more;
            let governs = matches!(named, Named::Reset) || opens(line, end) && !is_narrow;
            entries.push(Entry {
                end,
                named,
                governs,
                reach: match (is_carried, is_of_past) {
                    (true, _) => behind_figure(line, end),
                    (_, true) => line.clause(end).end,
                    _ => bracket_end(line, end),
                },
            });
        }
        Times(entries)
    }

    /// The time of the words that begin at `at`: named before them in the line, or the report's.
    /// A time behind 比 is that of a base only.
    pub(crate) fn at(&self, line: &Line, at: usize, is_base: bool, own: Time) -> Time {
        let n = self.0.partition_point(|entry| entry.end <= at);
        let clause = line.clause(at);
        let before = self.0.iter().take(n).rev();
        // 9月2日,…;11月14日召开会议,…: behind a day that holds no more, nor does what was before it in the year.
        let mut is_past_day = false;
        let mut usable = before.filter(|entry| {
            let near = entry.end > clause.start || entry.governs || goes_on(line, &clause);
            let is_over = is_past_day && is_within_year(&entry.named);
            is_past_day |= is_day(&entry.named) && !near;
            !is_over && at < entry.reach && near && (is_base || !is_compared(line, entry.end))
        });
        let Some(Entry { named, end, .. }) = usable.next() else {
            return own;
        };
        let resolved = match own.1 {
            Some(PeriodBasis::Doubtful) => PeriodBasis::Doubtful,
            _ => PeriodBasis::Resolved,
        };
        let year = own.0.map(Period::year);
        let period = match *named {
            Named::Reset => return own,
            Named::Hidden => return (None, None),
            Named::Since(since) => own.0.filter(|own| {
                !matches!(own, Period::Years(..)) && since.is_none_or(|since| since == own.year())
            }),
            Named::Period(period) => return (Some(period), Some(PeriodBasis::Stated)),
            Named::Year(0) => match own.0 {
                Some(Period::Years(..)) | None => None,
                Some(period) => Some(Period::Year(period.year())),
            },
            Named::Year(years) => year
                .and_then(|y| y.checked_add_signed(years as i16))
                .map(Period::Year),
            Named::Within(part, years) => {
                // 2022年一季度3亿元,二季度4亿元: both are of the year that is said.
                let stated = self.year_said(line, *end).filter(|_| years.is_none());
                if let Some(year) = stated {
                    return (Some(part.of(year)), Some(PeriodBasis::Stated));
                }
                let years = years.unwrap_or(0) as i16;
                let year = own.0.and_then(|own| part.year_in(own));
                let year = year.and_then(|year| year.checked_add_signed(years));
                year.map(|year| part.of(year))
            }
        };
        (period, period.map(|_| resolved))
    }
}

impl Times {
    /// The time of a base that rises or falls, behind the 由 at `from`: 由上年的3.2%, 从2015年的12所, or behind
    /// 与2015年相比. The time of what it became is not that of the base.
    pub(crate) fn of_risen(&self, line: &Line, from: usize, at: usize, own: Time) -> Time {
        let n = self.0.partition_point(|entry| entry.end <= at);
        let last = n.checked_sub(1).and_then(|n| self.0.get(n));
        match last.is_some_and(|entry| entry.end > from || is_compared(line, entry.end)) {
            true => self.at(line, at, true, own),
            false => (None, None),
        }
    }

    /// The year that a clause before `end` opens with: 2022年,6月; 2022年一季度3亿元,二季度4亿元. Behind 完成2019年遗留项目3个
    /// another time is of another year.
    fn year_said(&self, line: &Line, end: usize) -> Option<u16> {
        let before = self.0.iter().rev().filter(|entry| entry.end < end);
        let within = |entry: &&Entry| matches!(entry.named, Named::Within(..));
        let mut years = before.filter(|entry| !within(entry));
        let last = years.find(|entry| entry.governs && !is_compared(line, entry.end))?;
        match last.named {
            Named::Period(Period::Years(..)) => None,
            Named::Period(Period::Year(year)) => (line.char(last.end) == ',').then_some(year),
            Named::Period(period) => Some(period.year()),
            _ => None,
        }
    }
}

/// A period and where its words end, with the days behind it: 2022年5月1日至9月30日 are the months 5 to 9.
fn with_days(line: &Line, period: &PeriodMatch, statements: &[Statement]) -> (usize, Period) {
    let range = &period.range;
    let n = statements.partition_point(|statement| statement.range.start < range.start);
    let day = statements.get(n).filter(|statement| {
        statement.kind == FactKind::Date
            && statement.range.start == range.start
            && statement.range.end > range.end
    });
    match (period.period, day) {
        (Period::Day(year, month, _), Some(day)) => {
            let part = months_of_days(line, &day.range, month);
            (day.range.end, part.of(year))
        }
        _ => (range.end, period.period),
    }
}

/// 5月1日至9月30日, 6月7日至9日: the months that days under `range` lie in, of which `month` is the first.
fn months_of_days(line: &Line, range: &Range<usize>, month: u8) -> Part {
    let days = line.slice(range.clone());
    let last = days.iter().rposition(|&c| c == '月');
    let last = last.and_then(|at| dates::month_before(line, range.start + at + 1));
    match last {
        Some((_, last)) if last > month => Part::Months(month, last),
        _ => Part::Month(month, None),
    }
}

fn is_within_year(named: &Named) -> bool {
    match named {
        Named::Period(period) => !matches!(period, Period::Year(_) | Period::Years(..)),
        Named::Within(..) => true,
        _ => false,
    }
}

fn is_day(named: &Named) -> bool {
    matches!(
        named,
        Named::Period(Period::Day(..)) | Named::Within(Part::Month(_, Some(_)), _)
    )
}

/// The years from the report's own that a word right before `at` says: 去年 of 去年上半年.
fn year_before(line: &Line, at: usize) -> Option<i32> {
    let at = at - usize::from(matches!(line.before(at), '的' | ' '));
    let word = RELATIVE.iter().find(|(word, _)| line.has_before(at, word));
    word.map(|(_, years)| *years)
}

/// 一季度, 第2季度, 前三季度, 二至四季度 with their 季 at `at`: where the words begin, and the part of a
/// year they are.
fn quarters(line: &Line, at: usize) -> Option<(usize, Part)> {
    if !line.has(at, "季度") {
        return None;
    }
    let quarter = |at: usize| match line.before(at) {
        '一' | '1' | '首' => Some(1),
        '二' | '2' => Some(2),
        '三' | '3' => Some(3),
        '四' | '4' => Some(4),
        _ => None,
    };
    let last = quarter(at)?;
    let start = at - 1;
    let (first, start) = match line.before(start) {
        '前' => (1, start - 1),
        '第' => (last, start - 1),
        '至' | '到' | '-' => (quarter(start - 1)?, start - 2),
        // 12季度, 一、二季度: which one is meant is not plain.
        '、' | '和' | '0'..='9' => return None,
        _ => (last, start),
    };
    let part = match first == last {
        true => Part::Quarter(last),
        false => Part::Months(first * 3 - 2, last * 3),
    };
    (first <= last).then_some((start, part))
}

/// 近五年, 三年来 with their 年 at `at`: some years, of which nobody says which.
fn spans_years(line: &Line, at: usize) -> bool {
    let is_numeral = |c: char| c.is_ascii_digit() || "一二两三四五六七八九十几".contains(c);
    let n = line
        .until(at)
        .iter()
        .rev()
        .take_while(|c| is_numeral(**c))
        .count();
    let near = matches!(line.before(at - n), '近');
    n > 0 && n <= 2 && (near || line.has(at, "年来"))
}

/// “十二五”期间, 十三五时期 with their 期 at `at`: where the words end, and the years of the plan.
fn five_years(line: &Line, at: usize) -> Option<(usize, Period)> {
    let (end, name_end) = match (line.char(at), line.has(at, "期间"), line.before(at)) {
        ('期', true, _) => (at + 2, at),
        ('期', false, '时') => (at + 1, at - 1),
        _ => return None,
    };
    let quoted = usize::from(matches!(line.before(name_end), '”' | '"' | '’'));
    let name = name_end.checked_sub(quoted)?;
    if line.before(name) != '五' {
        return None;
    }
    let nth = match line.before(name - 1) {
        '十' => 0,
        c => {
            let ten = name.checked_sub(2).filter(|&at| line.before(at) == '十');
            u16::try_from(ten.and(taosha_core::han_digit(c))?).ok()?
        }
    };
    let first = 2001 + 5 * nth;
    Some((end, Period::Years(first, first + 4)))
}

/// The places of `line` at which a word of time may begin.
fn places(line: &Line) -> impl Iterator<Item = usize> {
    let next = |from: usize| line.next(from, Cue::TIME);
    std::iter::successors(next(0), move |&at| next(at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_first_character() {
        let words = RELATIVE
            .iter()
            .map(|(word, _)| *word)
            .chain(NOW.iter().copied());
        for word in words {
            assert!(word.starts_with(|c| FIRST.contains(c)), "{word}");
        }
    }
}
