use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::han_digit;

/// A stretch of time as reports name it.
///
/// Written as `2018`, `2002-H1`, `2018-Q3`, `2018-spring`, `2018-03`, `2018-03-15`,
/// `2018-01/2018-10` and `2021/2022`; the first four digits always are the (first) year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// 2018年
    Year(u16),
    /// 2002年上半年; 1 or 2
    Half(u16, u8),
    /// 2018年第三季度; 1 to 4
    Quarter(u16, u8),
    /// 2018年春季学期
    Spring(u16),
    /// 2018年秋季学期
    Autumn(u16),
    /// 2018年3月
    Month(u16, u8),
    /// 2018年3月15日
    Day(u16, u8, u8),
    /// 2018年1-10月: the year, the first and the last month
    Months(u16, u8, u8),
    /// 2021—2022学年, 2016至2020年: the first and the last year
    Years(u16, u16),
}

/// A period and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodMatch {
    /// Bytes of the searched text.
    pub range: Range<usize>,
    /// What they say.
    pub period: Period,
}

impl Period {
    /// The year, the first one of a range.
    pub fn year(self) -> u16 {
        match self {
            Period::Year(year)
            | Period::Half(year, _)
            | Period::Quarter(year, _)
            | Period::Spring(year)
            | Period::Autumn(year)
            | Period::Month(year, _)
            | Period::Day(year, ..)
            | Period::Months(year, ..)
            | Period::Years(year, _) => year,
        }
    }

    /// All periods with a year in `text`, in order. Masked years (`20xx年`) are none.
    ///
    /// Reads simplified characters; pass other text through [`simplify`](crate::simplify) first,
    /// the offsets are the same.
    pub fn find_all(text: &str) -> Vec<PeriodMatch> {
        let characters: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        let (mut at, mut offset) = (0, 0);
        while at < characters.len() {
            let named = Period::at(&characters, at);
            let end = named.map_or(at + 1, |(_, end)| end);
            let words = characters.get(at..end).unwrap_or_default();
            let len: usize = words.iter().map(|c| c.len_utf8()).sum();
            if let Some((period, _)) = named {
                let range = offset..offset + len;
                found.push(PeriodMatch { range, period });
            }
            (at, offset) = (end, offset + len);
        }
        found
    }

    /// The period whose year begins at `at`, not in the middle of a number, and where its words
    /// end. Reads simplified characters, as [`find_all`](Self::find_all).
    pub fn at(characters: &[char], at: usize) -> Option<(Period, usize)> {
        let first = *characters.get(at)?;
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        // Years from 1900 to 2099.
        let begins = matches!(digit(first), Some(1 | 2)) || matches!(han_digit(first), Some(1 | 2));
        if !begins || before.is_some_and(|&c| digit(c).is_some()) {
            return None;
        }
        let mut reader = Reader { characters, at };
        let period = reader.period()?;
        Some((period, reader.at))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Year(y) => write!(f, "{y:04}"),
            Period::Half(y, half) => write!(f, "{y:04}-H{half}"),
            Period::Quarter(y, quarter) => write!(f, "{y:04}-Q{quarter}"),
            Period::Spring(y) => write!(f, "{y:04}-spring"),
            Period::Autumn(y) => write!(f, "{y:04}-autumn"),
            Period::Month(y, m) => write!(f, "{y:04}-{m:02}"),
            Period::Day(y, m, d) => write!(f, "{y:04}-{m:02}-{d:02}"),
            Period::Months(y, from, to) => write!(f, "{y:04}-{from:02}/{y:04}-{to:02}"),
            Period::Years(from, to) => write!(f, "{from:04}/{to:04}"),
        }
    }
}

fn digit(c: char) -> Option<u16> {
    match c {
        '0'..='9' => Some(c as u16 - '0' as u16),
        '０'..='９' => Some((c as u32 - '０' as u32) as u16),
        _ => None,
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '－' | '–' | '—' | '~' | '～' | '至' | '到' | '/')
}

struct Reader<'a> {
    characters: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    /// Takes the first of `words` that stands here.
    fn take(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            let n = word.chars().count();
            let here = self.characters[self.at..].iter().take(n);
            let taken = here.copied().eq(word.chars());
            self.at += if taken { n } else { 0 };
            taken
        })
    }

    fn spaces(&mut self) {
        while self
            .peek()
            .is_some_and(|c| c == ' ' || c == '\u{a0}' || c == '\u{3000}')
        {
            self.at += 1;
        }
    }

    /// Runs `read`; on `None` nothing was taken.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let result = read(self);
        if result.is_none() {
            self.at = start;
        }
        result
    }

    /// Four digits between 1900 and 2099, or four Han digits such as 二〇二三, whose zeros may be letters.
    fn year(&mut self) -> Option<u16> {
        self.attempt(|reader| {
            let read = |value: fn(char) -> Option<u16>| {
                let digits = reader.characters.get(reader.at..reader.at + 4)?;
                digits
                    .iter()
                    .try_fold(0, |year, &c| Some(year * 10 + value(c)?))
            };
            // 二OO八, 二００八: what is typed for 〇.
            let han = |c| match c {
                '两' => None,
                'O' | 'o' | 'Ｏ' | 'ｏ' | 'О' | '0' | '０' => Some(0),
                c => han_digit(c).map(|d| d as u16),
            };
            let year = read(digit).or_else(|| read(han))?;
            reader.at += 4;
            let ends = reader.peek().is_none_or(|c| digit(c).is_none());
            (ends && (1900..2100).contains(&year)).then_some(year)
        })
    }

    /// One or two digits up to `most`, Arabic or Han (十二).
    fn small(&mut self, most: u8) -> Option<u8> {
        self.attempt(|reader| {
            let start = reader.at;
            let is_part = |c: char| digit(c).is_some();
            while reader.at - start < 2 && reader.peek().is_some_and(is_part) {
                reader.at += 1;
            }
            let value = if reader.at > start {
                if reader.peek().is_some_and(is_part) {
                    return None;
                }
                let digits = &reader.characters[start..reader.at];
                digits
                    .iter()
                    .try_fold(0, |value, &c| Some(value * 10 + digit(c)?))?
            } else {
                let is_han = |c: char| c == '十' || han_digit(c).is_some();
                while reader.at - start < 3 && reader.peek().is_some_and(is_han) {
                    reader.at += 1;
                }
                let han: String = reader.characters[start..reader.at].iter().collect();
                u16::try_from(crate::parse_han(&han)?).ok()?
            };
            u8::try_from(value)
                .ok()
                .filter(|value| (1..=most).contains(value))
        })
    }

    fn period(&mut self) -> Option<Period> {
        self.attempt(|reader| {
            let year = reader.year()?;
            reader.spaces();
            if let Some(period) = reader.attempt(|r| r.years_after(year)) {
                return Some(period);
            }
            if let Some(period) = reader.attempt(|r| r.dotted_after(year)) {
                return Some(period);
            }
            if reader.take(&["学年"]) {
                return Some(Period::Years(year, year + 1));
            }
            if !reader.take(&["年度", "年"]) {
                return None;
            }
            Some(
                reader
                    .attempt(|r| r.within(year))
                    .unwrap_or(Period::Year(year)),
            )
        })
    }

    /// —2022学年, 年至2020年, -22学年
    fn years_after(&mut self, first: u16) -> Option<Period> {
        self.take(&["年"]);
        self.spaces();
        if !self.peek().is_some_and(is_dash) {
            return None;
        }
        while self.peek().is_some_and(is_dash) {
            self.at += 1;
        }
        self.spaces();
        let last = match self.year() {
            Some(year) => year,
            None => first / 100 * 100 + u16::from(self.small(99)?),
        };
        self.spaces();
        (first < last && self.take(&["学年度", "学年", "年度", "年"]))
            .then_some(Period::Years(first, last))
    }

    /// -03-15, /3/15, .3.15
    fn dotted_after(&mut self, year: u16) -> Option<Period> {
        let sign = self.peek().filter(|c| matches!(c, '-' | '/' | '.'))?;
        self.at += 1;
        let month = self.small(12)?;
        if self.peek() != Some(sign) {
            return None;
        }
        self.at += 1;
        let day = self.small(31)?;
        Some(Period::Day(year, month, day))
    }

    /// What follows 2018年.
    fn within(&mut self, year: u16) -> Option<Period> {
        self.spaces();
        if self.take(&["上半年"]) {
            return Some(Period::Half(year, 1));
        }
        if self.take(&["下半年"]) {
            return Some(Period::Half(year, 2));
        }
        if self.take(&["前三季度", "前3季度"]) {
            return Some(Period::Months(year, 1, 9));
        }
        if self.take(&["春季学期", "春季", "春期"]) {
            return Some(Period::Spring(year));
        }
        if self.take(&["秋季学期", "秋季", "秋期"]) {
            return Some(Period::Autumn(year));
        }
        let quarter = self.attempt(|reader| {
            reader.take(&["第"]);
            let quarter = reader.small(4)?;
            reader
                .take(&["季度"])
                .then_some(Period::Quarter(year, quarter))
        });
        if quarter.is_some() {
            return quarter;
        }
        let month = self.small(12)?;
        let last = self.attempt(|reader| {
            reader.take(&["月"]);
            reader.spaces();
            if !reader.peek().is_some_and(is_dash) {
                return None;
            }
            reader.at += 1;
            reader.spaces();
            let last = reader.small(12)?;
            (last > month && reader.take(&["月份", "月"])).then_some(last)
        });
        if let Some(last) = last {
            return Some(Period::Months(year, month, last));
        }
        if !self.take(&["月份", "月"]) {
            return None;
        }
        let day = self.attempt(|reader| {
            reader.spaces();
            let day = reader.small(31)?;
            reader.take(&["日", "号"]).then_some(day)
        });
        Some(day.map_or(Period::Month(year, month), |day| {
            Period::Day(year, month, day)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let show = |m: PeriodMatch| (text.get(m.range).unwrap().to_owned(), m.period.to_string());
        Period::find_all(text).into_iter().map(show).collect()
    }

    #[test]
    fn periods_as_reports_write_them() {
        for (text, words, period) in [
            (
                "常州市教育局2002年上半年工作总结",
                "2002年上半年",
                "2002-H1",
            ),
            ("2018年1-10月工作", "2018年1-10月", "2018-01/2018-10"),
            ("2018年1月至10月", "2018年1月至10月", "2018-01/2018-10"),
            ("2021—2022学年度", "2021—2022学年度", "2021/2022"),
            ("2016年至2020年", "2016年至2020年", "2016/2020"),
            ("二〇二三年工作", "二〇二三年", "2023"),
            ("２０１９年", "２０１９年", "2019"),
            ("2018年7月15日前", "2018年7月15日", "2018-07-15"),
            ("2018年第三季度", "2018年第三季度", "2018-Q3"),
            ("2018年春季学期学生", "2018年春季学期", "2018-spring"),
            ("时间:2007/1/22栏目", "2007/1/22", "2007-01-22"),
            ("2018年十二月", "2018年十二月", "2018-12"),
        ] {
            assert_eq!(
                found(text),
                [(words.to_owned(), period.to_owned())],
                "{text}"
            );
        }
    }

    #[test]
    fn masked_years_and_plain_numbers_are_no_periods() {
        for text in [
            "20xx年",
            "共2018人",
            "12018年",
            "2018",
            "xx年上半年",
            "投入2300万元",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
