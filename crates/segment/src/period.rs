//! The time a report is about: what its title says, held against the text and the site.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Period, PeriodBasis};

use crate::lines;
use crate::number::is_space;
use crate::unit::{self, opening};
use crate::{rules, term};

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
    let in_title = term::times(title)
        .iter()
        .map(|found| found.period)
        .find(|&time| !is_day(time) || is_of_a_day(title))
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
    let of_years = SEVERAL_YEARS.is_match(title);
    let in_opening = || {
        let time = opening_period(opening, true)?;
        // 五年工作总结 and 2016年以来: where they end, nobody says.
        let fits = !of_years || matches!(time, Period::Years(..));
        (fits && (!is_day(time) || is_of_a_day(title))).then_some(time)
    };
    let resolved = || dated_year(title, opening, body).filter(|_| !of_years);
    let said = match in_title {
        Some(time) => time,
        None if is_masked => return None,
        None => match in_opening().or_else(|| counted_year(body)) {
            Some(time) => time,
            None => {
                return resolved().map(|period| ReportedTime {
                    period,
                    basis: PeriodBasis::Resolved,
                    why: "the days it begins with and that of its signature are of one year",
                });
            }
        },
    };
    // The day of a session that the site adds to its copy of a title is no other year.
    let site_year = site_title.and_then(|site| {
        let times = term::times(site);
        let time = times.iter().find(|time| !is_day(time.period))?;
        Some(time.period.year())
    });
    let doubtful = if compares_with_itself(body) {
        doubt("a year is compared with itself")
    } else if site_year.is_some_and(|year| year != said.year()) {
        doubt("the site's title names another year")
    } else if published.is_some_and(|year| year < said.year() && !is_of_plan(title, year, said)) {
        doubt("it was put up before the time it is about")
    } else if in_title.is_some()
        && opening_period(opening, false).is_some_and(|begins| !near(begins, said))
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

/// 本报告所列数据的统计期限自2024年1月1日起至12月31日止, as reports on the disclosure of information say.
fn counted_year(body: &str) -> Option<Period> {
    /// Bytes in which it is said: the first section.
    const HEAD: usize = 6000;
    static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
        rules::pattern(
            r"统计(?:的)?(?:期限|时限|时间|时段|范围)(?:为|是|自|从|均自|均为){0,2}[ ]?([0-9]{4})[ ]?年[ ]?1[ ]?月[ ]?1[ ]?日[ ]?起?[ ]?(?:至|到|[-—－~～]{1,2})[ ]?(?:([0-9]{4})[ ]?年)?[ ]?12[ ]?月[ ]?31[ ]?日",
        )
    });
    let mut end = HEAD.min(body.len());
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    let said = COUNTED.captures(body.get(..end)?)?;
    let from: u16 = said.get(1)?.as_str().parse().ok()?;
    let to = said
        .get(2)
        .map_or(Some(from), |to| to.as_str().parse().ok())?;
    (from == to).then_some(Period::Year(from))
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
        // The first term ends in January.
        (Period::Autumn(year), other) | (other, Period::Autumn(year)) => {
            (year..=year + 1).contains(&other.year())
        }
        _ => one.year() == other.year(),
    }
}

fn is_day(time: Period) -> bool {
    matches!(time, Period::Day(..))
}

/// True for what reports on one day; any other day is that of a speech or a session.
fn is_of_a_day(title: &str) -> bool {
    [
        "日报", "纪要", "快报", "活动", "演练", "检查", "会议", "培训", "竞赛", "比赛", "事故",
    ]
    .iter()
    .any(|word| title.contains(word))
        && !title.contains("会议上")
        && !title.contains("大会上")
}

/// 五年工作总结, 近三年…情况汇报, but not 三年行动工作总结 or 第三年工作总结.
static SEVERAL_YEARS: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"(?:近|过去|这|前)[二两三四五六七八九十几]年|(?:^|[^第])[二两三四五六七八九十几]年(?:来|间)?的?(?:工作|总结|回顾)",
    )
});

/// The year of a report that names days only: those of its first line and that of its signature.
fn dated_year(title: &str, opening: &str, body: &str) -> Option<Period> {
    if ["讲话", "发言", "致辞", "演讲"]
        .iter()
        .any(|word| title.contains(word))
    {
        return None;
    }
    let first_line = opening.get(head_len(opening)..)?.trim_start();
    let days = Period::find_all(first_line.lines().next()?);
    let year = days.first()?.period.year();
    let are_days = days.iter().all(|time| {
        let is_short = matches!(
            time.period,
            Period::Day(..) | Period::Month(..) | Period::Months(..)
        );
        is_short && time.period.year() == year
    });
    let is_signed = unit::signed_on(body)?.year() == year;
    (are_days && is_signed).then_some(Period::Year(year))
}

/// The period a text without one in its title begins with; with the years of plans, if wanted.
fn opening_period(opening: &str, with_plans: bool) -> Option<Period> {
    let head = head_len(opening);
    let first_sentences = opening.get(head..)?;
    let found = term::terms(first_sentences)
        .into_iter()
        .chain(
            with_plans
                .then(|| term::plans(first_sentences, false))
                .into_iter()
                .flatten(),
        )
        .chain(Period::find_all(first_sentences))
        .filter(|time| !is_of_past(first_sentences.get(time.range.end..).unwrap_or_default()))
        .min_by_key(|time| time.range.start);
    if let Some(first) = found {
        let before = first_sentences.get(..first.range.start)?;
        // Further in, a year is that of a law, a meeting or a comparison.
        let is_opening = !before.contains(['。', '《', '〔', '[']) && before.chars().count() <= 60;
        let is_compared = ["比", "较", "自", "从"]
            .iter()
            .any(|word| before.ends_with(word));
        if is_opening && !is_compared {
            return Some(first.period);
        }
    }
    // 我代表法院报告工作,请予审议。 and below it 2022年主要工作: what was said to those present is passed over.
    let is_saluted = SALUTED
        .iter()
        .any(|word| opening.get(..head).is_some_and(|head| head.contains(word)));
    is_saluted.then(|| {
        first_sentences.split(['\n', '。']).find_map(|line| {
            let time = Period::find_all(line).into_iter().next()?;
            let number = line.get(..time.range.start)?.trim();
            let begins = number.is_empty() || number.ends_with(['、', ')', '）']);
            (begins && number.len() <= 9 && !is_day(time.period)).then_some(time.period)
        })
    })?
}

/// True in front of `behind` for a time when something began that goes on: 2017年5月任副镇长, 1986年成立.
fn is_of_past(behind: &str) -> bool {
    const BEGAN: [&str; 16] = [
        "任",
        "担任",
        "出任",
        "被",
        "调入",
        "调任",
        "成立",
        "始建",
        "建校",
        "建成",
        "毕业",
        "参加工作",
        "入党",
        "加入",
        "组建",
        "创办",
    ];
    let behind = behind.trim_start_matches(is_space);
    BEGAN.iter().any(|word| behind.starts_with(word))
}

/// A plan is signed in the year before.
fn is_of_plan(title: &str, year: u16, said: Period) -> bool {
    const PLANS: [&str; 8] = [
        "计划", "要点", "打算", "安排", "思路", "方案", "规划", "预算",
    ];
    year + 1 == said.year() && PLANS.iter().any(|word| title.contains(word))
}

/// Those present, of whom the last line of a head speaks: 各位代表：, 同志们：.
const SALUTED: [&str; 3] = ["代表", "同志", "委员"];

/// The length of what stands between a title and the first sentence: the day of the session, who
/// speaks and to whom, the by-line.
fn head_len(opening: &str) -> usize {
    let mut len = 0;
    let mut at = 0;
    for line in opening.split_inclusive('\n').take(HEAD_LINES) {
        at += line.len();
        let words = line.trim().trim_matches(is_space);
        let bare = words.trim_matches(|c: char| "()（）[]【】〖〗—-－ ".contains(c));
        let day = Period::find_all(bare)
            .into_iter()
            .find(|time| is_day(time.period));
        let is_session = ["会议上", "大会上", "全会上", "次会议", "会上"]
            .iter()
            .any(|end| bare.ends_with(end));
        let is_byline = day.is_some_and(|day| {
            is_session
                || day.range.end == bare.len()
                || !bare.contains(['。', ',', '，']) && day.range.start == 0
        });
        let n_chars = words.chars().take(SALUTATION + 1).count();
        let is_salutation = words.ends_with([':', '：'])
            && n_chars <= SALUTATION
            && !words.contains("如下")
            && Period::find_all(words).is_empty();
        if words.contains('。') {
            break;
        }
        if is_byline || is_salutation {
            len = at;
        }
    }
    len
}

/// Session, speaker, day and salutation are fewer.
const HEAD_LINES: usize = 8;

/// 尊敬的各位领导、各位来宾、同志们：
const SALUTATION: usize = 20;

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
    fn the_year_that_was_counted_is_the_period() {
        for said in [
            "统计期限自2024年1月1日起至2024年12月31日止",
            "统计时限为2024年1月1日-12月31日",
        ] {
            let body = format!("本报告由县水利局编制。本报告所列数据的{said}。\n一、总体情况");
            let found = period("政府信息公开工作年度报告", None, &body, None);
            assert_eq!(
                found.map(|time| time.period),
                Some(Period::Year(2024)),
                "{said}"
            );
        }
        let years = "数据的统计期限自2023年1月1日至2024年12月31日。";
        assert_eq!(counted_year(years), None);
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
    fn a_day_in_front_of_the_text_is_no_period() {
        let time = |title: &str, body: &str| found(title, body).map(|t| t.0);
        let court = "——2023年1月6日在平湖县第十八届人民代表大会第二次会议上\n平湖县人民法院院长 陈广平\n各位代表:\n我代表平湖县人民法院,向大会报告工作,请予审议。\n2022年主要工作\n2022年,县法院受理各类案件9846件。";
        assert_eq!(time("平湖县人民法院工作报告", court), Some("2022".into()));
        let speech = "枫林县教育局局长 何志远\n（2019年2月21日）\n同志们:\n现在,我总结2018年教育工作,安排2019年工作任务。";
        assert_eq!(
            time("在全县教育工作会议上的报告", speech),
            Some("2018".into())
        );
        let copy = Some("平湖县人民法院工作报告(2023年1月6日)");
        let time_of = |site| period("平湖县人民法院工作报告", site, court, None);
        assert_eq!(time_of(copy), time_of(None));
        for byline in [
            "2019-01-22",
            "【2019-01-22】",
            "2019/1/22 10:22:31",
            "发布时间:2019-01-22",
            "2019年1月22日 阅读 20",
        ] {
            let body = format!("{byline}\n本学年,我校认真贯彻条例。");
            assert_eq!(time("学校体育工作总结", &body), None, "{byline}");
            let body = format!("{byline}\n2018年,我校认真贯彻条例。");
            assert_eq!(time("学校体育工作总结", &body), Some("2018".into()));
        }
        // A report on one day says so in its title, and a month is no day.
        let body = "2019年5月12日,我校开展了防震演练。";
        assert_eq!(time("防震演练活动总结", body), Some("2019-05-12".into()));
        assert_eq!(
            time("教育局每月工作总结", "2019年5月,我局召开会议。"),
            Some("2019-05".into())
        );
        assert_eq!(
            time("县教育局日报(2019年5月12日)", "今日到校120人。"),
            Some("2019-05-12".into())
        );
        // Without those present, a line further in is no opening.
        let body = "我出生在农村。\n2008年毕业于师范学校。";
        assert_eq!(time("教师工作总结", body), None);
    }

    #[test]
    fn terms_are_told_in_titles_and_first_sentences() {
        let time = |title: &str, body: &str| found(title, body);
        let second = time("桃源小学2018-2019学年度第二学期工作总结", "2019年春,我校");
        assert_eq!(second, Some(("2019-spring".into(), PeriodBasis::Title)));
        let first = time("桃源小学2020-2021学年上学期工作总结", "2021年1月放假。");
        assert_eq!(first, Some(("2020-autumn".into(), PeriodBasis::Title)));
        let stated = time("工作总结", "2018-2019学年第一学期,我校稳步推进。");
        assert_eq!(stated, Some(("2018-autumn".into(), PeriodBasis::Stated)));
        let year = time("工作总结", "2018-2019学年,我校稳步推进。");
        assert_eq!(year.map(|t| t.0), Some("2018/2019".into()));
    }

    #[test]
    fn plans_and_several_years_are_told() {
        let time = |title: &str, body: &str| found(title, body).map(|t| t.0);
        let plan = "平湖县“十四五”水利发展规划";
        assert_eq!(
            found(plan, "“十三五”期间，全县新建水库2座。"),
            Some(("2021/2025".into(), PeriodBasis::Title))
        );
        let body = "“十三五”期间，我局新建水库2座。";
        assert_eq!(time("平湖县水利工作总结", body), Some("2016/2020".into()));
        let body = "今年是“十四五”开局之年，我局新建水库2座。";
        assert_eq!(time("平湖县水利工作总结", body), None);
        let body = "2021年是“十四五”时期的第一年，我局新建水库2座。";
        assert_eq!(time("平湖县水利工作总结", body), Some("2021".into()));
        let body = "2016年以来，我局新建水库2座。";
        assert_eq!(time("平湖县水利局五年工作总结", body), None);
        assert_eq!(
            time("平湖县水利局三年行动工作总结", body),
            Some("2016".into())
        );
        let body = "2016年至2020年，我局新建水库2座。";
        assert_eq!(
            time("平湖县水利局五年工作总结", body),
            Some("2016/2020".into())
        );
    }

    #[test]
    fn days_of_one_year_and_a_signature_of_it_tell_the_year() {
        let time = |title: &str, day: &str| {
            let first = "2020年3月5日至4月9日，县委巡察组进行了巡察，6月8日反馈了意见。";
            found(
                title,
                &format!("{first}\n核查2016年以来的账目。\n平湖县水利局\n{day}"),
            )
        };
        let year = Some(("2020".into(), PeriodBasis::Resolved));
        assert_eq!(time("关于巡察反馈意见整改情况的报告", "2020年9月9日"), year);
        assert_eq!(time("关于巡察反馈意见整改情况的报告", "2021年1月9日"), None);
        assert_eq!(time("在巡察整改会议上的讲话", "2020年9月9日"), None);
    }

    #[test]
    fn a_masked_year_is_no_period() {
        assert_eq!(found("县水务局xx年度工作总结", "根据2015年文件"), None);
    }
}
