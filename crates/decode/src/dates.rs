//! Days as they are written elsewhere: 民國108年2月1日, 109-01-15, 28/11/2019, [2022-01-11] 校长室.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The year before the first of the republic.
const BEFORE_FIRST: u32 = 1911;

/// A by-line of a Taiwanese page: 發布日期：109-01-15. `line` is in simplified characters.
pub(crate) fn of_the_republic(line: &str) -> Option<[u32; 3]> {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:发布|发表|公布|刊登|上版|张贴|更新)(?:时间|日期)\s*[:：]\s*(?:民国)?\s*(\d{3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?:\D|$)")
            .expect("a literal pattern compiles")
    });
    let [year, month, day] = parts(&DAY.captures(line)?)?;
    (90..=160)
        .contains(&year)
        .then_some([year + BEFORE_FIRST, month, day])
}

/// A day that fills its line, but for the office behind it.
pub(crate) fn alone(line: &str) -> Option<[u32; 3]> {
    static REPUBLIC: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*(?:(?:日期|时间)\s*[:：]\s*)?(?:中华)?民国\s*(\d{2,3})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*$")
            .expect("a literal pattern compiles")
    });
    static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*(?:(?:日期|时间|发布日期)\s*[:：]\s*)?(\d{1,2})/(\d{1,2})/((?:19|20)\d{2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*$")
            .expect("a literal pattern compiles")
    });
    static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*[\[【〔(（]\s*((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*[\]】〕)）]\s*\p{Han}{0,10}\s*$")
            .expect("a literal pattern compiles")
    });
    if let Some(found) = REPUBLIC.captures(line) {
        let [year, month, day] = parts(&found)?;
        return Some([year + BEFORE_FIRST, month, day]);
    }
    if let Some(found) = DAY_FIRST.captures(line) {
        // 3/4/2019 may be in March or in April.
        let [day, month, year] = parts(&found)?;
        return (day > 12 || day == month).then_some([year, month, day]);
    }
    parts(&BRACKETED.captures(line)?)
}

fn parts(found: &Captures<'_>) -> Option<[u32; 3]> {
    let part = |nth: usize| found.get(nth)?.as_str().parse().ok();
    Some([part(1)?, part(2)?, part(3)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_other_kinds_are_read() {
        assert_eq!(of_the_republic("发布日期：109-01-15"), Some([2020, 1, 15]));
        assert_eq!(alone("民国108年2月1日"), Some([2019, 2, 1]));
        assert_eq!(alone("28/11/2019"), Some([2019, 11, 28]));
        assert_eq!(alone("[2022-01-11] 校长室"), Some([2022, 1, 11]));
    }

    #[test]
    fn what_is_no_day_of_a_byline_is_none() {
        for line in [
            "发布日期：1090-01-15",
            "发布日期：309-01-15",
            "完成109-01-15",
        ] {
            assert_eq!(of_the_republic(line), None, "{line}");
        }
        for line in [
            "3/4/2019",
            "民国108年2月1日，本校成立",
            "[2022-01-11] 全县召开会议，部署",
            "1/2",
        ] {
            assert_eq!(alone(line), None, "{line}");
        }
    }
}
