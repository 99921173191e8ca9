//! Whether all of a report is there.

use std::ops::Range;

use crate::number;
use crate::outline::Heading;
use crate::parts::{Closing, Part};
use crate::rules::CLOSINGS;
use crate::unit::tail_start;

/// A last line longer than this is a sentence and should end in a stop.
const SIGNATURE: usize = 25;

/// What tells whether a report is whole.
pub(crate) struct Wholeness<'a> {
    /// The report's text, simplified.
    pub(crate) text: &'a str,
    /// Its characters that are no white space.
    pub(crate) n_chars: usize,
    pub(crate) headings: &'a [Heading],
    /// The site says that text is missing: a cut in it or at its edge, or other pages.
    pub(crate) missing: bool,
    pub(crate) declared: Option<u32>,
    pub(crate) closing: Option<&'a Closing>,
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
    let fit = report
        .declared
        .map(|declared| report.n_chars as f64 / f64::from(declared.max(1)));
    if fit.is_some_and(|fit| fit < MUCH_SHORTER) {
        return Some((false, "it is much shorter than declared"));
    }
    let tail = text.get(tail_start(text)..).unwrap_or_default();
    let is_dated = |closing: &Closing| closing.parts.iter().any(|(part, _)| *part == Part::Date);
    // 特此报告。 with attachments and who gets a copy below.
    let body_end = report.closing.map_or(text.len(), |closing| closing.start);
    let body = text.get(..body_end).unwrap_or(text).trim_end();
    let body_tail = body.get(tail_start(body)..).unwrap_or_default();
    if CLOSINGS.find(tail).is_some()
        || CLOSINGS.find(body_tail).is_some()
        || report.closing.is_some_and(is_dated)
    {
        return Some((true, "it ends with a closing or a date"));
    }
    let last_line = tail.rsplit('\n').next().unwrap_or_default();
    if text.ends_with('\u{fffd}') {
        return Some((false, "it ends in a damaged character"));
    }
    let stops = last_line.trim_end().ends_with([
        '。', '!', '！', '?', '？', '”', '…', ')', '）', '"', '.', ';', '；',
    ]);
    if !stops && last_line.chars().count() > SIGNATURE {
        return Some((false, "it ends in the middle of a sentence"));
    }
    let first = report.headings.iter().find(|heading| heading.level == 1);
    let number = first.and_then(|heading| number::value(text.get(heading.number.clone())?));
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
mod tests {
    use super::*;

    fn told(text: &str, declared: Option<u32>) -> Option<bool> {
        let headings = crate::outline::headings(text, &[]);
        let closing = crate::parts::closing(text, 0);
        let report = Wholeness {
            text,
            n_chars: crate::page::n_chars_up_to(text, usize::MAX),
            headings: &headings,
            missing: false,
            declared,
            closing: closing.as_ref(),
        };
        complete(&report).map(|(complete, _)| complete)
    }

    #[test]
    fn a_date_or_a_fitting_length_tells_a_whole_report() {
        assert_eq!(
            told("做了工作。\n青禾县教育局\n2021年12月3日", None),
            Some(true)
        );
        for below in [
            "青禾县教育局\n2021年12月3日\n(联系人：周敏，电话：0000-1234567)\n抄送：县档案馆。",
            "特此报告。\n附件：1.统计表\n2.名单",
        ] {
            assert_eq!(
                told(&format!("做了工作。\n{below}"), None),
                Some(true),
                "{below}"
            );
        }
        assert_eq!(told("做了工作。\n附件：1.统计表", None), None);
        assert_eq!(told("今年我们做了十项工作。", Some(11)), Some(true));
        assert_eq!(told("今年我们做了十项工作。", None), None);
    }

    #[test]
    fn a_text_that_stops_or_begins_in_the_middle_is_not_whole() {
        let sentence = "全县各级各类学校认真贯彻落实上级文件精神并取得了阶段性的明显";
        assert_eq!(told(sentence, None), Some(false));
        assert_eq!(
            told(
                "工作。\n三、抓安全\n开展检查。\n四、抓培训\n举办讲座。",
                None
            ),
            Some(false)
        );
        assert_eq!(told("今年我们做了十项工作。", Some(3000)), Some(false));
    }
}
