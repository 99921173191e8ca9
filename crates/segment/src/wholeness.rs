//! Whether all of a report is there.

use std::ops::Range;

use crate::number;
use crate::outline::Heading;
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
    if CLOSINGS.find(tail).is_some() {
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
        let report = Wholeness {
            text,
            n_chars: crate::page::n_chars_up_to(text, usize::MAX),
            headings: &headings,
            missing: false,
            declared,
        };
        complete(&report).map(|(complete, _)| complete)
    }

    #[test]
    fn a_date_or_a_fitting_length_tells_a_whole_report() {
        assert_eq!(
            told("做了工作。\n青禾县教育局\n2021年12月3日", None),
            Some(true)
        );
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
