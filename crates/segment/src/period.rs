//! The time a report is about: what its title says, held against the text and the site.

use std::ops::Range;

use taosha_core::{Period, PeriodBasis};

use crate::lines;
use crate::number::is_space;
use crate::unit::opening;

/// The time a report is about, and why it is thought to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReportedTime {
    pub(crate) period: Period,
    pub(crate) basis: PeriodBasis,
    pub(crate) why: &'static str,
}

/// The time `title` and `body` (simplified) are about. `site_title` is what the site wrote above
/// the title, `published` the year it was put up.
pub(crate) fn period(
    title: &str,
    site_title: Option<&str>,
    body: &str,
    published: Option<u16>,
) -> Option<ReportedTime> {
    let opening = opening(body);
    let in_title = Period::find_all(title)
        .first()
        .map(|found| found.period)
        .or_else(|| bracketed_year(title));
    let in_body: Vec<Period> = Period::find_all(opening)
        .iter()
        .map(|found| found.period)
        .collect();
    let is_masked = title.contains("xx年")
        || title.contains("XX年")
        || title.contains("×年")
        || title.contains("*年");
    let doubt = |why| Some((PeriodBasis::Doubtful, why));
    let said = in_title.or_else(|| {
        if is_masked {
            None
        } else {
            opening_period(opening)
        }
    })?;
    let site_year = site_title.and_then(|site| {
        Period::find_all(site)
            .first()
            .map(|found| found.period.year())
    });
    let doubtful = if compares_with_itself(body) {
        doubt("a year is compared with itself")
    } else if site_year.is_some_and(|year| year != said.year()) {
        doubt("the site's title names another year")
    } else if published.is_some_and(|year| year < said.year()) {
        doubt("it was put up before the time it is about")
    } else if in_title.is_some()
        && opening_period(opening).is_some_and(|begins| !near(begins, said))
        && !in_body.iter().any(|period| near(*period, said))
    {
        doubt("title and text name different years")
    } else {
        None
    };
    let (basis, why) = doubtful.unwrap_or(match in_title {
        Some(_) if in_body.iter().any(|period| period.year() == said.year()) => {
            (PeriodBasis::Title, "title and text agree")
        }
        Some(_) => (PeriodBasis::Title, "the title says it"),
        None => (PeriodBasis::Stated, "the first sentences say it"),
    });
    Some(ReportedTime {
        period: said,
        basis,
        why,
    })
}

/// 工作总结(2017)
fn bracketed_year(title: &str) -> Option<Period> {
    let inner = title.trim_end().strip_suffix([')', '）'])?;
    let (_, digits) = inner.rsplit_once(['(', '（'])?;
    let is_year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    is_year.then(|| digits.parse().ok().map(Period::Year))?
}

/// The year of a title that counts from 1912, as papers from Taiwan do: 108年度. Only for pages in
/// traditional characters; anywhere else 108年 is a number of years.
pub(crate) fn republican(title: &str) -> Option<ReportedTime> {
    /// 2001 to 2041.
    const YEARS: Range<u16> = 90..131;
    let at = title.find('年')?;
    let before = title.get(..at)?;
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let year: u16 = before.get(rest.len()..)?.parse().ok()?;
    YEARS.contains(&year).then_some(ReportedTime {
        period: Period::Year(year + 1911),
        basis: PeriodBasis::Resolved,
        why: "the title counts years from 1912",
    })
}

/// A report on a school year or on plans also names the year beside its own.
fn near(one: Period, other: Period) -> bool {
    match (one, other) {
        (Period::Years(from, to), other) | (other, Period::Years(from, to)) => {
            (from..=to).contains(&other.year())
        }
        _ => one.year() == other.year(),
    }
}

/// The period a text without one in its title begins with.
fn opening_period(opening: &str) -> Option<Period> {
    let first = Period::find_all(opening).into_iter().next()?;
    let before = opening.get(..first.range.start)?;
    // Further in, a year is that of a law, a meeting or a comparison.
    let is_opening = !before.contains(['。', '《', '〔', '[']) && before.chars().count() <= 60;
    let is_compared = ["比", "较", "自", "从"]
        .iter()
        .any(|word| before.ends_with(word));
    (is_opening && !is_compared).then_some(first.period)
}

/// 2022年…比2022年的…增加: the site rewrote the years.
fn compares_with_itself(text: &str) -> bool {
    /// Bytes in front of 比 in which the other year stands.
    const SENTENCE: usize = 300;
    text.match_indices(['比', '较']).any(|(at, word)| {
        let behind = text.get(at + word.len()..).unwrap_or_default();
        let year = behind.trim_start_matches(is_space);
        if !year.starts_with(|c: char| c.is_numeric() || matches!(c, '一' | '二')) {
            return false;
        }
        let mut from = at.saturating_sub(SENTENCE);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let to = at + word.len() + behind.len() - year.len();
        let end = to + lines::prefix(year, LONGEST_YEAR).len();
        compares_in(text.get(from..end).unwrap_or_default())
    })
}

/// 二〇二一 年度 has fewer characters.
const LONGEST_YEAR: usize = 8;

fn compares_in(text: &str) -> bool {
    let found = Period::find_all(text);
    found.windows(2).any(|pair| {
        let between = text
            .get(pair[0].range.end..pair[1].range.start)
            .unwrap_or_default();
        pair[0].period.year() == pair[1].period.year()
            && matches!(pair[1].period, Period::Year(_))
            && between.len() < 240
            && !between.contains(['。', '\n'])
            && ["比", "较", "同比"]
                .iter()
                .any(|word| between.trim_end_matches(is_space).ends_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(title: &str, body: &str) -> Option<(String, PeriodBasis)> {
        period(title, None, body, None).map(|time| (time.period.to_string(), time.basis))
    }

    #[test]
    fn title_and_text_that_agree_give_the_period() {
        let time = found("青禾县教育局2021年工作总结", "2021年,我局在县委领导下");
        assert_eq!(time, Some(("2021".into(), PeriodBasis::Title)));
        assert_eq!(
            found("工作总结", "2019年上半年,我局").map(|t| t.0),
            Some("2019-H1".into())
        );
    }

    #[test]
    fn years_that_disagree_are_doubtful() {
        let time = found("青禾县2023年工作总结", "2024年,在县委领导下");
        assert_eq!(time.map(|t| t.1), Some(PeriodBasis::Doubtful));
        // Another year further in is one to compare with, not the one the text begins with.
        let time = found(
            "2022年工作总结",
            "听课96次。本科上线1026人,比2021年增加118人。",
        );
        assert_eq!(time.map(|t| t.1), Some(PeriodBasis::Title));
        let time = found(
            "2022年工作总结",
            "2022年秋在校学生达2310人,比2022年的2250人增加60人。",
        );
        assert_eq!(time.map(|t| t.1), Some(PeriodBasis::Doubtful));
    }

    #[test]
    fn years_in_brackets_and_of_the_republic_are_read() {
        let time = found("青禾县工作总结(2017)", "我局做了工作。");
        assert_eq!(time.map(|t| t.0), Some("2017".into()));
        let time = republican("青禾区公所108年度工作报告");
        assert_eq!(time.map(|t| t.period), Some(Period::Year(2019)));
        assert_eq!(republican("建校60年工作报告"), None);
        assert_eq!(republican("2018年工作报告"), None);
    }

    #[test]
    fn a_masked_year_is_no_period() {
        assert_eq!(found("县水务局xx年度工作总结", "根据2015年文件"), None);
    }
}
