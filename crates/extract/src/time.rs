use taosha_core::{Period, PeriodBasis, ReportMeta};

use crate::line::Line;
use crate::names::Statement;

/// A period and how it is known.
pub(crate) type Time = (Option<Period>, Option<PeriodBasis>);

/// What names a time in a line, at a place.
enum Named {
    Period(Period),
    /// 20xx年: a time is said, and hidden.
    Hidden,
    /// Years from the report's own: 去年 is -1.
    Year(i32),
    Half(u8),
    Month(u8, Option<u8>),
}

/// The times a line names, in order.
pub(crate) struct Times(Vec<(usize, Named)>);

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

impl Times {
    pub(crate) fn of(line: &Line, statements: &[Statement]) -> Self {
        let mut times: Vec<(usize, Named)> = Vec::new();
        for period in &line.periods {
            times.push((period.range.end, Named::Period(period.period)));
        }
        for statement in statements {
            if let Some((None, month, day)) = statement.day {
                times.push((statement.range.end, Named::Month(month, day)));
            }
        }
        for at in 0..line.len() {
            if let Some((word, years)) = RELATIVE.iter().find(|(word, _)| line.has(at, word)) {
                times.push((at + word.chars().count(), Named::Year(*years)));
            }
            let stated = line
                .periods
                .iter()
                .rev()
                .find(|p| p.range.start <= at)
                .is_some_and(|p| p.range.end > at);
            if line.has(at, "上半年") && !stated {
                times.push((at + 3, Named::Half(1)));
            }
            if line.has(at, "下半年") && !stated {
                times.push((at + 3, Named::Half(2)));
            }
            if line.char(at) == '年' && line.is_mask(at.wrapping_sub(1)) {
                times.push((at + 1, Named::Hidden));
            }
        }
        times.sort_by_key(|(at, _)| *at);
        Times(times)
    }

    /// The time of the words that begin at `at`: named before them in the line, or the report's.
    /// A time behind 比 is that of a base only.
    pub(crate) fn at(&self, line: &Line, at: usize, is_base: bool, meta: &ReportMeta) -> Time {
        let before = self.0.iter().rev().filter(|(end, _)| *end <= at);
        let mut usable = before.filter(|(end, _)| is_base || !is_compared(line, *end));
        let Some((_, named)) = usable.next() else {
            return (meta.period, meta.period.and(meta.period_basis));
        };
        let resolved = match meta.period_basis {
            Some(PeriodBasis::Doubtful) => PeriodBasis::Doubtful,
            _ => PeriodBasis::Resolved,
        };
        let year = meta.period.map(Period::year);
        let period = match *named {
            Named::Hidden => return (None, None),
            Named::Period(period) => return (Some(period), Some(PeriodBasis::Stated)),
            Named::Year(0) => match meta.period {
                Some(Period::Years(..)) | None => None,
                Some(period) => Some(Period::Year(period.year())),
            },
            Named::Year(years) => year
                .and_then(|y| y.checked_add_signed(years as i16))
                .map(Period::Year),
            Named::Half(half) => year.map(|y| Period::Half(y, half)),
            Named::Month(month, None) => year.map(|y| Period::Month(y, month)),
            Named::Month(month, Some(day)) => year.map(|y| Period::Day(y, month, day)),
        };
        (period, period.map(|_| resolved))
    }
}

/// 比2019年的: the period that ends at `end` follows 比 or 较.
fn is_compared(line: &Line, end: usize) -> bool {
    let from = line
        .clause(end.saturating_sub(1))
        .start
        .max(end.saturating_sub(12));
    line.slice(from..end)
        .iter()
        .any(|&c| matches!(c, '比' | '较'))
}
