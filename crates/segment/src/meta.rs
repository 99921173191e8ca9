//! What is known about a report as a whole: who speaks, where, about which time, and whether all
//! of it is there.

use std::ops::Range;

use taosha_core::{Period, PeriodBasis};

use crate::number::is_space;
use crate::outline::Heading;
use crate::rules::{CLOSINGS, UNITS};
use crate::title;

/// Bytes of the text in which a report names itself and its time; about 400 characters.
const HEAD: usize = 1200;

/// Bytes at the end in which a report is signed or closes.
const TAIL: usize = 900;

/// Longest name of a unit, in characters.
const LONGEST_NAME: usize = 22;

/// A last line longer than this is a sentence and should end in a stop.
const SIGNATURE: usize = 25;

/// The first part of `text`, up to a character border.
fn head(text: &str) -> &str {
    let mut end = HEAD.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn tail_start(text: &str) -> usize {
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    start
}

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
    let opening = head(body);
    let in_title = Period::find_all(title).first().map(|found| found.period);
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
        && !in_body.is_empty()
        && in_body.iter().all(|period| !near(*period, said))
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
    is_opening.then_some(first.period)
}

/// 2024年…比2024年的…增加: the site rewrote the years.
fn compares_with_itself(text: &str) -> bool {
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

/// Where in `text` (simplified) the unit that reports is named: in the title, in the signature,
/// or in the first words, which end at `lead_end`.
pub(crate) fn publisher(
    text: &str,
    title: Option<&Range<usize>>,
    lead_end: usize,
) -> Option<Range<usize>> {
    let in_title = title.and_then(|title| units_in(text, title.clone()).into_iter().next());
    if in_title
        .as_ref()
        .is_some_and(|unit| place(slice(text, unit)).is_some())
    {
        return in_title;
    }
    let from = title.map_or(0, |title| title.end);
    let lead = text.get(from..lead_end.max(from)).unwrap_or_default();
    let lead = from..from + head(lead).len();
    let in_lead = units_in(text, lead).into_iter().find(|unit| {
        speaks(text, unit) && UNITS.find(slice(text, unit)).is_some_and(|u| u.start() > 0)
    });
    let candidates = [signature(text), in_lead];
    let named = candidates.into_iter().flatten().find(|unit| {
        let titled = in_title.as_ref().map_or("", |titled| slice(text, titled));
        slice(text, unit).ends_with(titled)
    });
    named.or(in_title)
}

fn slice<'a>(text: &'a str, range: &Range<usize>) -> &'a str {
    text.get(range.clone()).unwrap_or_default()
}

/// False for units that are named as superiors, and for words that are no name.
fn speaks(text: &str, unit: &Range<usize>) -> bool {
    let behind = title::prefix(text.get(unit.end..).unwrap_or_default(), 20);
    let clause = behind.split(['。', '\n']).next().unwrap_or_default();
    let superior = [
        "领导", "指导", "支持", "关心", "部署", "下发", "印发", "批准", "通知", "下达", "《",
        "要求",
    ];
    !superior.iter().any(|word| clause.contains(word))
}

/// The names of units in `range`.
fn units_in(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let words = text.get(range.clone()).unwrap_or_default();
    let mut found: Vec<Range<usize>> = Vec::new();
    for unit in UNITS.find_iter(words).take(20) {
        let end = range.start + unit.end();
        // 县教育局教研室: one unit inside the other.
        if let Some(last) = found
            .last_mut()
            .filter(|last| last.end == range.start + unit.start())
        {
            last.end = end;
            continue;
        }
        if let Some(start) = name_start(words, unit.start()) {
            found.push(range.start + start..end);
        }
    }
    found
}

/// Where the name of the unit at `unit` begins: with the place in front of it, or, at the start of
/// a clause, with the unit itself. `None` when what stands in front is no part of a name.
fn name_start(words: &str, unit: usize) -> Option<usize> {
    let before = words.get(..unit).unwrap_or_default();
    let in_name = |c: &(usize, char)| {
        let is_han = ('\u{3400}'..='\u{9fff}').contains(&c.1);
        is_han && !BETWEEN_NAMES.contains(c.1) || matches!(c.1, '*' | '×' | 'x' | 'X')
    };
    let run: Vec<(usize, char)> = before
        .char_indices()
        .rev()
        .take(LONGEST_NAME)
        .take_while(in_name)
        .collect();
    let Some(&(nearest, last)) = run.first() else {
        return Some(unit);
    };
    if !PLACES.contains(last) {
        return None;
    }
    // Words that run up to the place are verbs, more often than not: 贯彻落实市教育局. A place
    // has four characters at most before its 市 or 县, and masks.
    let starts = run.last().map_or(unit, |&(at, _)| at);
    Some(if run.len() <= LONGEST_PLACE {
        starts
    } else {
        nearest
    })
}

/// The last characters of places that have bureaus.
const PLACES: &str = "省市县区州盟旗镇乡";

/// 常州市 has 3 characters, 红河哈尼族彝族自治州 is longer than what can be told from a sentence.
const LONGEST_PLACE: usize = 6;

/// Characters of sentences between names, and of dates.
const BETWEEN_NAMES: &str = "在由和与对向的以我各经及是为到于年月日度了从按被让给跟同会本关据中";

/// The unit that signs: a line of its own among the last ones.
fn signature(text: &str) -> Option<Range<usize>> {
    let from = tail_start(text);
    let tail = text.get(from..)?;
    let mut end = text.len();
    for line in tail.trim_end().rsplit('\n').take(3) {
        let line = line.trim();
        let is_short = (4..=LONGEST_NAME).contains(&line.chars().take(LONGEST_NAME + 1).count());
        let start = text.get(..end)?.rfind(line)?;
        end = start;
        if !is_short || line.contains(['。', ',', '，']) {
            continue;
        }
        let unit = UNITS.find_iter(line).last()?;
        if unit.end() == line.len() && unit.start() > 0 {
            return Some(start..start + line.len());
        }
    }
    None
}

/// The place in the name of a unit, or at the start of a title.
pub(crate) fn place(name: &str) -> Option<Range<usize>> {
    let unit = UNITS.find(name).map_or(name.len(), |unit| unit.start());
    let before = name.get(..unit)?;
    let before = title::prefix(before, 12);
    let (at, last) = before.char_indices().rfind(|(_, c)| PLACES.contains(*c))?;
    let end = at + last.len_utf8();
    let place = before.get(..end)?;
    let generic = [
        "乡镇", "全", "我", "各", "本", "区县", "县区", "市县", "城区", "学区", "园区", "社区",
    ];
    let is_named = place.chars().count() >= 2
        && !generic.iter().any(|word| place.starts_with(word))
        && place
            .chars()
            .all(|c| ('\u{3400}'..='\u{9fff}').contains(&c) || matches!(c, '*' | '×' | 'x' | 'X'));
    is_named.then_some(0..end)
}

/// What tells whether a report is whole.
pub(crate) struct Wholeness<'a> {
    /// The report's text, simplified.
    pub(crate) text: &'a str,
    pub(crate) headings: &'a [Heading],
    /// The site says that text is missing: a cut in it or at its edge, or other pages.
    pub(crate) missing: bool,
    pub(crate) declared: Option<u32>,
}

/// The true length over the declared one. Measured on nine reports of one site: 1.006–1.097.
const FITS: Range<f64> = 0.97..1.13;

/// Below this share of the declared length a report was cut after it was counted.
const MUCH_SHORTER: f64 = 0.8;

/// True or false with the reason, `None` when nothing tells.
pub(crate) fn complete(report: &Wholeness<'_>) -> Option<(bool, &'static str)> {
    if report.missing {
        return Some((false, "text is left out or stands on another page"));
    }
    let text = report.text.trim_end();
    let n_chars = text
        .chars()
        .filter(|c| !c.is_whitespace() && !is_space(*c))
        .count();
    let fit = report
        .declared
        .map(|declared| n_chars as f64 / f64::from(declared.max(1)));
    if fit.is_some_and(|fit| fit < MUCH_SHORTER) {
        return Some((false, "it is much shorter than declared"));
    }
    let tail = text.get(tail_start(text)..).unwrap_or_default();
    if CLOSINGS.find(tail).is_some() {
        return Some((true, "it ends with a closing or a date"));
    }
    let last_line = tail.rsplit('\n').next().unwrap_or_default();
    let stops = last_line.trim_end().ends_with([
        '。', '!', '！', '?', '？', '”', '…', ')', '）', '"', '.', ';', '；',
    ]);
    if !stops && last_line.chars().count() > SIGNATURE {
        return Some((false, "it ends in the middle of a sentence"));
    }
    let first = report
        .headings
        .iter()
        .find(|heading| heading.style.level() == 1);
    let number = first.and_then(|heading| crate::number::value(text.get(heading.number.clone())?));
    if number.is_some_and(|number| number > 1) {
        return Some((false, "its outline does not begin with 1"));
    }
    // Sites count what they have: a text that was cut before it was counted fits as well, so this
    // comes last.
    if fit.is_some_and(|fit| FITS.contains(&fit)) {
        return Some((true, "the declared length fits"));
    }
    None
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
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
        let time = found(
            "2024年工作总结",
            "2024年秋在校学生达1420人,比2024年的1222人增加198人。",
        );
        assert_eq!(time.map(|t| t.1), Some(PeriodBasis::Doubtful));
    }

    #[test]
    fn a_masked_year_is_no_period() {
        assert_eq!(found("县教育局xx年度工作总结", "根据2015年文件"), None);
    }

    #[test]
    fn the_unit_is_named_in_the_title_the_signature_or_the_text() {
        let named = |text: &str, title: &str| {
            let at = text.find(title).map(|at| at..at + title.len());
            publisher(text, at.as_ref(), text.len()).map(|range| text[range].to_owned())
        };
        let title = "临江市教育局2020年工作总结";
        assert_eq!(named(title, title).as_deref(), Some("临江市教育局"));
        let text = "2020年工作总结\n做了工作。\n云岭县民政局\n2020年12月1日";
        assert_eq!(
            named(text, "2020年工作总结").as_deref(),
            Some("云岭县民政局")
        );
        let text = "教育局工作总结\n今年以来,青禾县教育局紧紧围绕中心工作。";
        assert_eq!(
            named(text, "教育局工作总结").as_deref(),
            Some("青禾县教育局")
        );
    }

    #[test]
    fn the_place_is_in_the_name() {
        let shown = |name: &str| place(name).map(|range| name[range].to_owned());
        assert_eq!(shown("临江市教育局").as_deref(), Some("临江市"));
        assert_eq!(shown("**县教育局").as_deref(), Some("**县"));
        assert_eq!(shown("县教育局"), None);
        assert_eq!(shown("乡镇教育工会"), None);
    }
}
