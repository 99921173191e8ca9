//! Times that only titles write so short: 2019上半年, 19年度, 2018-2019学年度第二学期.

use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Period, PeriodMatch};

use crate::{number, rules};

/// 2018-2019学年度第二学期, 2020—2021学年（上学期）, 2023学年第一学期
static TERM: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(20[0-9]{2})(?:年?[-－–—~～至/]{1,2}(20)?([0-9]{2})[ \u{3000}]?(?:学年|年)?|学年)度?[ \u{3000}]?[(（]?(?:第?([一1]|二|2)学期|(上)学?期|(下)学?期|(秋)(?:季|学期)|(春)(?:季|学期))",
    )
});

/// 2019上半年, 2019度, 2019第一季度: the 年 is left out.
static WITHOUT_YEAR_SIGN: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:^|[^0-9])((?:19|20)[0-9]{2})[ \u{3000}]?(?:(上半年)|(下半年)|第?([一二三四1-4])季度|度(?:[^假]|$))",
    )
});

/// 19年度, 19年上半年
static TWO_DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(r"(?:^|[^0-9第.])([0-3][0-9])年(?:度|终(?:总结|工作|述职)|(上半年)|(下半年))")
});

/// “十四五”, 十三五期间: five years that are counted from 1953 on.
static PLAN: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r#"[“"](十[一二三四五六]?五|[八九]五)[”"](期间|时期|五年|以来)?|(十[一二三四五六]五)(?:规划|(期间|时期|五年|以来))"#,
    )
});

/// The part of the year that stands behind the name of a unit: 2023年卫生局上半年, and not that of another paper.
static PART_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^度?([\u{3400}-\u{9fff}]{2,20}?)(?:(上半年)|(下半年)|第?([一二三四])季度)(?:[^、]|$)",
    )
});

/// `year` as the part of it that `behind` names.
fn part_of(year: u16, behind: &str) -> Option<Period> {
    let captures = PART_BEHIND.captures(behind)?;
    let between = captures.get(1)?.as_str();
    let is_other = [
        "总结", "汇报", "报告", "回顾", "情况", "打算", "要点", "及", "暨",
    ]
    .iter()
    .any(|word| between.contains(word));
    let quarter = captures.get(4).and_then(|n| number::value(n.as_str()));
    let part = match (captures.get(2), captures.get(3), quarter) {
        (Some(_), ..) => Period::Half(year, 1),
        (_, Some(_), _) => Period::Half(year, 2),
        (_, _, quarter) => Period::Quarter(year, u8::try_from(quarter?).ok()?),
    };
    (!is_other).then_some(part)
}

/// The five-year plans that `text` names; of a sentence, where it says that it is about those years
/// and not about the paper.
pub(crate) fn plans(text: &str, in_title: bool) -> Vec<PeriodMatch> {
    /// The year before the first plan would have begun, were all five years long.
    const BEFORE_FIRST: u16 = 1951;
    let plan = |captures: regex::Captures<'_>| {
        let name = captures.get(1).or_else(|| captures.get(3))?.as_str();
        let number = name.strip_suffix('五')?;
        let n = u16::try_from(number::value(number)?).ok()?;
        let is_time = captures.get(2).or_else(|| captures.get(4)).is_some();
        let first = BEFORE_FIRST + 5 * n;
        (in_title || is_time).then_some(PeriodMatch {
            range: captures.get(0)?.range(),
            period: Period::Years(first, first + 4),
        })
    };
    PLAN.captures_iter(text).take(20).filter_map(plan).collect()
}

/// The times in `title` (simplified), in order, the short ones among them.
pub(crate) fn times(title: &str) -> Vec<PeriodMatch> {
    let mut found = terms(title);
    found.extend(without_year_sign(title));
    for mut long in Period::find_all(title) {
        if let Period::Year(year) = long.period {
            let behind = title.get(long.range.end..).unwrap_or_default();
            long.period = part_of(year, behind).unwrap_or(long.period);
        }
        let is_taken = |short: &PeriodMatch| {
            short.range.start < long.range.end && long.range.start < short.range.end
        };
        if !found.iter().any(is_taken) {
            found.push(long);
        }
    }
    if found.is_empty() {
        found.extend(two_digits(title));
    }
    // A year of the plan says more than the plan.
    let is_of_plan = |plan: &PeriodMatch, time: &PeriodMatch| matches!(plan.period, Period::Years(first, last) if (first..=last).contains(&time.period.year()));
    let mut plans = plans(title, true);
    plans.retain(|plan| !found.iter().any(|time| is_of_plan(plan, time)));
    found.append(&mut plans);
    found.sort_by_key(|time| time.range.start);
    found
}

/// The terms of school years: the first is in the autumn of the first year, the second in the
/// spring of the second.
pub(crate) fn terms(text: &str) -> Vec<PeriodMatch> {
    let term = |captures: regex::Captures<'_>| {
        let whole = captures.get(0)?;
        let first: u16 = captures.get(1)?.as_str().parse().ok()?;
        let second = captures.get(3).and_then(|year| year.as_str().parse().ok());
        let follows = second.is_none_or(|second: u16| second == (first + 1) % 100);
        let digits_before = text
            .get(..whole.start())?
            .ends_with(|c: char| c.is_numeric());
        let has = |group| captures.get(group).is_some();
        let number = captures.get(4).map(|number| number.as_str());
        let is_first = has(5) || has(7) || matches!(number, Some("一" | "1"));
        let period = match is_first {
            true => Period::Autumn(first),
            false => Period::Spring(first + 1),
        };
        (follows && !digits_before).then(|| PeriodMatch {
            range: whole.range(),
            period,
        })
    };
    TERM.captures_iter(text).take(20).filter_map(term).collect()
}

fn without_year_sign(title: &str) -> Vec<PeriodMatch> {
    let time = |captures: regex::Captures<'_>| {
        let year = captures.get(1)?;
        let start = year.start();
        let year: u16 = year.as_str().parse().ok()?;
        let quarter = captures.get(4).map(|quarter| match quarter.as_str() {
            "一" | "1" => 1,
            "二" | "2" => 2,
            "三" | "3" => 3,
            _ => 4,
        });
        let period = match (captures.get(2), captures.get(3), quarter) {
            (Some(_), ..) => Period::Half(year, 1),
            (_, Some(_), _) => Period::Half(year, 2),
            (_, _, Some(quarter)) => Period::Quarter(year, quarter),
            _ => Period::Year(year),
        };
        Some(PeriodMatch {
            range: start..captures.get(0)?.end(),
            period,
        })
    };
    let found = WITHOUT_YEAR_SIGN.captures_iter(title).take(20);
    found.filter_map(time).collect()
}

fn two_digits(title: &str) -> Option<PeriodMatch> {
    let captures = TWO_DIGITS.captures(title)?;
    let year = captures.get(1)?;
    let start = year.start();
    let year: u16 = 2000 + year.as_str().parse::<u16>().ok()?;
    let period = match (captures.get(2), captures.get(3)) {
        (Some(_), _) => Period::Half(year, 1),
        (_, Some(_)) => Period::Half(year, 2),
        _ => Period::Year(year),
    };
    Some(PeriodMatch {
        range: start..captures.get(0)?.end(),
        period,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(title: &str) -> Option<String> {
        times(title).first().map(|time| time.period.to_string())
    }

    #[test]
    fn titles_write_times_in_short() {
        for (title, period) in [
            ("桃源街道2019上半年工作总结及下半年工作计划", "2019-H1"),
            ("桃源街道2019下半年工作计划", "2019-H2"),
            ("桃源街道2019度工作总结", "2019"),
            ("桃源街道2019第三季度工作总结", "2019-Q3"),
            ("桃源街道19年度工作总结", "2019"),
            ("桃源街道19年上半年工作总结", "2019-H1"),
            ("桃源小学2018-2019学年度第二学期工作总结", "2019-spring"),
            ("桃源小学2020-2021学年上学期工作总结", "2020-autumn"),
            ("桃源小学2018—2019学年（下学期）工作总结", "2019-spring"),
            ("桃源小学2018-19学年第一学期工作总结", "2018-autumn"),
            ("桃源小学2023学年第一学期工作总结", "2023-autumn"),
            ("桃源小学2018-2019学年春季学期工作总结", "2019-spring"),
        ] {
            assert_eq!(first(title).as_deref(), Some(period), "{title}");
        }
    }

    #[test]
    fn what_is_written_in_full_is_read_as_before() {
        for (title, period) in [
            ("桃源街道2019年上半年工作总结", Some("2019-H1")),
            ("2021—2022学年度工作总结", Some("2021/2022")),
            ("2016-2020年工作总结", Some("2016/2020")),
            ("2019年春季学期工作总结", Some("2019-spring")),
            ("2018年12月工作总结", Some("2018-12")),
            ("2023年卫生局上半年工作总结", Some("2023-H1")),
            ("2022年度青禾县教育局第三季度工作总结", Some("2022-Q3")),
            ("2022年教育局工作总结及下半年打算", Some("2022")),
            ("2018-2020学年第二学期", Some("2018/2020")),
            ("平湖县“十四五”水利发展规划", Some("2021/2025")),
            ("平湖县十三五规划实施情况评估报告", Some("2016/2020")),
            ("“十五”工作总结和“十一五”工作思路", Some("2001/2005")),
            ("“十四五”规划2022年度实施情况报告", Some("2022")),
            ("“十三五”总结和2021年工作计划", Some("2016/2020")),
            ("二十五所学校工作总结", None),
            ("九五折销售工作总结", None),
            ("建校60年工作报告", None),
            ("从教19年工作总结", None),
            ("2019度假村工作总结", None),
            ("第10年度例会工作总结", None),
            ("2018人上半年培训", None),
            ("108年度工作报告", None),
            ("xx年度第二学期工作总结", None),
        ] {
            assert_eq!(first(title).as_deref(), period, "{title}");
        }
    }
}
