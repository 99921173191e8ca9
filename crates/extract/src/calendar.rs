use std::ops::Range;

use taosha_core::{Period, han_digit, parse_han};

use crate::number::skip_spaces;

/// A day that is named: by date, by the week, or from today.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Day {
    pub(crate) range: Range<usize>,
    /// The day, when the words alone tell it.
    pub(crate) day: Option<Period>,
}

/// The days that `chars` name, in order.
pub(crate) fn days(chars: &[char]) -> Vec<Day> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match Reader::new(chars, at).day() {
            Some(day) => {
                at = day.range.end;
                found.push(day);
            }
            None => at += 1,
        }
    }
    found
}

/// Days counted from the one on which the words are said.
const NEAR: &[&str] = &[
    "大前天",
    "大后天",
    "前天",
    "后天",
    "昨天",
    "今天",
    "明天",
    "昨日",
    "今日",
    "明日",
    "次日",
    "当日",
    "当天",
    "同日",
    "翌日",
    "隔天",
    "昨晚",
    "今晚",
    "明晚",
];
/// Years counted so.
const YEARS: &[&str] = &[
    "大前年",
    "前年",
    "去年",
    "今年",
    "本年",
    "明年",
    "后年",
    "上一年",
    "下一年",
    "上年",
    "当年",
    "同年",
];
/// Months counted so.
const MONTHS: &[&str] = &[
    "上上个月",
    "下下个月",
    "上个月",
    "下个月",
    "这个月",
    "上一个月",
    "下一个月",
    "上月",
    "下月",
    "本月",
    "当月",
    "这月",
];
/// What stands before a day of the week.
const WEEKS: &[&str] = &[
    "上上个",
    "下下个",
    "上一个",
    "下一个",
    "最后一个",
    "最后的",
    "第一个",
    "第二个",
    "第三个",
    "第四个",
    "第五个",
    "这一个",
    "上个",
    "下个",
    "这个",
    "那个",
    "上上",
    "下下",
    "上",
    "下",
    "这",
    "本",
    "每个",
    "每",
];
const WEEK: &[&str] = &["星期", "礼拜", "周"];
const CALENDARS: &[&str] = &[
    "农历", "阴历", "公历", "阳历", "新历", "旧历", "西历", "公元",
];
/// Reigns that dates on stones and in chronicles are counted by.
const REIGNS: &[&str] = &[
    "贞观", "开元", "天宝", "洪武", "永乐", "宣德", "成化", "嘉靖", "隆庆", "万历", "天启", "崇祯",
    "顺治", "康熙", "雍正", "乾隆", "嘉庆", "道光", "咸丰", "同治", "光绪", "宣统", "民国", "昭和",
    "平成", "令和",
];
const FESTIVALS: &[&str] = &[
    "大年初一",
    "大年初二",
    "大年初三",
    "大年初四",
    "大年初五",
    "大年初六",
    "大年初七",
    "大年三十",
    "除夕",
];

struct Reader<'a> {
    chars: &'a [char],
    start: usize,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(chars: &'a [char], at: usize) -> Self {
        Reader {
            chars,
            start: at,
            at,
        }
    }

    fn char(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn before(&self) -> char {
        let before = self.start.checked_sub(1);
        before
            .and_then(|at| self.chars.get(at))
            .copied()
            .unwrap_or('\0')
    }

    fn take(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .filter(|word| word.chars().enumerate().all(|(i, c)| self.char(i) == c))
            .map(|word| word.chars().count())
            .max();
        self.at += found.unwrap_or(0);
        found.is_some()
    }

    fn done(&self, day: Option<Period>) -> Option<Day> {
        Some(Day {
            range: self.start..self.at,
            day,
        })
    }

    /// Tries `read` and goes back when it finds nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let at = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = at;
        }
        found
    }

    fn day(&mut self) -> Option<Day> {
        let first = self.char(0);
        let before = self.before();
        if first.is_ascii_digit()
            && (before.is_ascii_alphanumeric() || matches!(before, '.' | '/' | '-'))
        {
            return None;
        }
        self.attempt(Self::by_signs)
            .or_else(|| self.attempt(Self::by_words))
            .or_else(|| self.attempt(Self::of_week))
            .or_else(|| self.attempt(Self::away))
            .or_else(|| {
                let near = self.take(NEAR) || self.take(FESTIVALS);
                near.then(|| self.done(None)).flatten()
            })
    }

    /// Digits one by one: the value and how many.
    fn digits(&mut self, most: usize) -> Option<(u32, usize)> {
        let run = (0..=most)
            .take_while(|&i| self.char(i).is_ascii_digit())
            .count();
        if run == 0 || run > most {
            return None;
        }
        let text: String = (0..run).map(|i| self.char(i)).collect();
        self.at += run;
        Some((text.parse().ok()?, run))
    }

    /// 2010.01.29, 2010-1-29, 2010 01 29, 29.1.2010, 1/2/2020, 12-11-10, 12/1
    fn by_signs(&mut self) -> Option<Day> {
        let (a, a_len) = self.digits(4)?;
        let sign = self.char(0);
        if !matches!(sign, '.' | '-' | '/' | ' ' | '·') {
            return None;
        }
        self.at += 1;
        let (b, b_len) = self.digits(2)?;
        let two = self.at;
        if self.char(0) == sign {
            self.at += 1;
            if let Some((c, c_len)) = self.digits(4).filter(|_| !self.runs_on(sign)) {
                return self.triple(sign, (a, a_len), (b, b_len), (c, c_len));
            }
        }
        self.at = two;
        // 12/1, 5.28: month and day; 1.5 is a number, so a point wants a sign of time behind it.
        let month = (1..=12).contains(&a) && (1..=31).contains(&b) && a_len <= 2;
        let plain = sign == '/' || sign == '-' && self.char(0) == '\0' && self.before() == '\0';
        (month && plain && !self.runs_on(sign))
            .then(|| self.done(None))
            .flatten()
    }

    /// More digits or signs follow, or a unit that says that these are no days.
    fn runs_on(&self, sign: char) -> bool {
        let c = self.char(0);
        let goes_on = c == sign && sign != ' ' && self.char(1).is_ascii_digit();
        c.is_ascii_alphanumeric() || goes_on || matches!(c, '%' | '的' | '个' | '人' | '以')
    }

    fn triple(&self, sign: char, a: (u32, usize), b: (u32, usize), c: (u32, usize)) -> Option<Day> {
        let month = |m: u32| (1..=12).contains(&m);
        let day = |d: u32| (1..=31).contains(&d);
        let period = |y: u32, m: u32, d: u32| Some(Period::Day(y as u16, m as u8, d as u8));
        if a.1 == 4 && (1000..3000).contains(&a.0) && month(b.0) && day(c.0) && c.1 <= 2 {
            return self.done(period(a.0, b.0, c.0));
        }
        if c.1 == 4 && (1000..3000).contains(&c.0) && a.1 <= 2 {
            return match sign {
                _ if sign == ' ' => None,
                '.' if day(a.0) && month(b.0) => self.done(period(c.0, b.0, a.0)),
                _ if month(a.0) && day(b.0) => self.done(period(c.0, a.0, b.0)),
                _ if day(a.0) && month(b.0) => self.done(period(c.0, b.0, a.0)),
                _ => None,
            };
        }
        let short = a.1 <= 2 && c.1 <= 2 && sign != ' ' && sign != '·';
        let fits = month(b.0) && day(c.0) || month(a.0) && day(b.0) || day(a.0) && month(b.0);
        (short && fits).then(|| self.done(None)).flatten()
    }

    /// A year: 2015年, 二〇一五年, 两千年, 去年, 雍正四年, 15年.
    fn year(&mut self) -> Option<Option<u16>> {
        if self.take(YEARS) {
            self.take(&["的"]);
            return Some(None);
        }
        if self.take(REIGNS) {
            self.number(4)?;
            return self.take(&["年"]).then_some(None);
        }
        let (value, len) = match self.char(0).is_ascii_digit() {
            true => self.digits(4)?,
            false => self.han(6)?,
        };
        self.at = skip_spaces(self.chars, self.at);
        if !self.take(&["年"]) {
            return None;
        }
        self.at = skip_spaces(self.chars, self.at);
        let whole = (1000..3000).contains(&value);
        (whole || len == 2).then(|| whole.then(|| u16::try_from(value).ok()).flatten())
    }

    /// Chinese digits, read out or counted: the value and how many.
    fn han(&mut self, most: usize) -> Option<(u32, usize)> {
        let part =
            |c: char| han_digit(c).is_some() || matches!(c, '十' | '廿' | '卅' | '百' | '千');
        let run = (0..=most).take_while(|&i| part(self.char(i))).count();
        if run == 0 || run > most {
            return None;
        }
        let text: String = (0..run).map(|i| self.char(i)).collect();
        self.at += run;
        Some((u32::try_from(parse_han(&text)?).ok()?, run))
    }

    fn number(&mut self, most: usize) -> Option<u32> {
        let found = match self.char(0).is_ascii_digit() {
            true => self.digits(2)?,
            false => self.han(most)?,
        };
        Some(found.0)
    }

    /// 2015年10月1日, 10月12号, 农历十月初一, 去年本月十日, 本月3日, 9号
    fn by_words(&mut self) -> Option<Day> {
        let calendar = self.take(CALENDARS);
        let year = self.attempt(Self::year);
        // 去年农历正月初五
        let calendar = calendar || self.take(CALENDARS);
        self.at = skip_spaces(self.chars, self.at);
        if year.is_some() && (self.take(FESTIVALS) || self.take(&["元旦", "春节"])) {
            return self.done(None);
        }
        let month = self.attempt(Self::month);
        if month.is_none() && (calendar || year.is_some()) {
            return None;
        }
        self.at = skip_spaces(self.chars, self.at);
        let day = self.attempt(|reader| reader.day_of_month(month.is_some()))?;
        self.weekday_behind();
        let period = match (year.flatten(), month.flatten(), day) {
            (Some(year), Some(month), day) if !calendar => Some(Period::Day(year, month, day)),
            _ => None,
        };
        self.done(period)
    }

    fn month(&mut self) -> Option<Option<u8>> {
        if self.take(MONTHS) {
            self.take(&["的"]);
            return Some(None);
        }
        if self.take(&["正月", "腊月", "冬月"]) {
            return Some(None);
        }
        self.take(&["闰"]);
        let month = self.number(2).filter(|m| (1..=12).contains(m))?;
        self.at = skip_spaces(self.chars, self.at);
        self.take(&["月"]).then(|| u8::try_from(month).ok())
    }

    fn day_of_month(&mut self, in_month: bool) -> Option<u8> {
        let first = self.take(&["初"]);
        let han = !self.char(0).is_ascii_digit();
        let day = self.number(3).filter(|d| (1..=31).contains(d))?;
        let at = self.at;
        self.at = skip_spaces(self.chars, self.at);
        let closed = self.take(&["日", "号"]);
        if !closed {
            self.at = at;
        }
        let period = closed && matches!(self.char(0), '-' | '至' | '到');
        let counted = matches!(self.char(0), '个' | '人' | '名' | '元' | '%' | '.');
        let other = "楼线院文馆门机台码令内元球店".contains(self.char(0)) && !period;
        // 八月十五 needs no 日; 十日 alone does.
        let complete = match in_month {
            true => closed || first || han && !counted,
            false => closed && !first,
        };
        let alone = in_month || !matches!(self.before(), '第' | '每' | '月' | '年' | '编' | '.');
        (complete && alone && !(closed && other))
            .then(|| u8::try_from(day).ok())
            .flatten()
    }

    /// The ,星期一 behind a date.
    fn weekday_behind(&mut self) {
        self.attempt(|reader| {
            reader.at = skip_spaces(reader.chars, reader.at);
            if matches!(reader.char(0), ',' | '(' | '、') {
                reader.at += 1;
            }
            reader.at = skip_spaces(reader.chars, reader.at);
            reader.weekday().then_some(())
        });
    }

    fn weekday(&mut self) -> bool {
        let day = self.take(WEEK)
            && matches!(
                self.char(0),
                '一' | '二' | '三' | '四' | '五' | '六' | '日' | '天' | '1'..='7' | '末'
            );
        // 周年, 一周六天: the week is counted, or is a name.
        let named = day && !matches!(self.char(1), '年' | '个' | '位' | '名');
        self.at += usize::from(named);
        named
    }

    /// 星期一, 上周三, 最后一个礼拜天
    fn of_week(&mut self) -> Option<Day> {
        let which = self.take(WEEKS);
        let counted = !which
            && (han_digit(self.before()).is_some() || matches!(self.before(), '每' | '个' | '一'));
        (!counted && self.weekday())
            .then(|| self.done(None))
            .flatten()
    }

    /// 三天后, 5天前, 两周以前
    fn away(&mut self) -> Option<Day> {
        let found = match self.char(0).is_ascii_digit() {
            true => self.digits(4)?,
            false => self.han(4)?,
        };
        let unit = self.take(&["天", "个星期", "星期", "周", "个礼拜", "礼拜"]);
        let away = unit && self.take(&["之后", "以后", "后", "之前", "以前", "前"]);
        (found.0 > 0 && away).then(|| self.done(None)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>)> {
        let chars: Vec<char> = text.chars().collect();
        days(&chars)
            .into_iter()
            .map(|day| {
                (
                    chars[day.range].iter().collect(),
                    day.day.map(|day| day.to_string()),
                )
            })
            .collect()
    }

    #[test]
    fn days_are_read_however_they_are_written() {
        for (text, own, day) in [
            ("于2016.03.08举行", "2016.03.08", Some("2016-03-08")),
            ("于2016-3-8举行", "2016-3-8", Some("2016-03-08")),
            (
                "二〇一六年三月八日",
                "二〇一六年三月八日",
                Some("2016-03-08"),
            ),
            ("3月8号,星期二开会", "3月8号,星期二", None),
            ("农历三月初八", "农历三月初八", None),
            ("上上个礼拜五", "上上个礼拜五", None),
            ("去年本月五日", "去年本月五日", None),
            ("大后天再来", "大后天", None),
            ("8.3.2016见", "8.3.2016", Some("2016-03-08")),
            ("五天后出发", "五天后", None),
        ] {
            let expected = vec![(own.to_owned(), day.map(str::to_owned))];
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn figures_are_no_days() {
        for text in [
            "增长3.5%",
            "第3号文件",
            "15号楼",
            "1.2.3.4",
            "一周六天",
            "建校十周年",
            "三个月",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
