//! Who signed a report, and on which day.
//!
//! Below the signature a report may name whom to call, who gets a copy and who printed it.

use std::ops::Range;

use taosha_core::Period;

use super::{LONGEST_NAME, subject, tail_start};
use crate::parts;
use crate::rules::UNITS;

/// The unit that signs: a line of its own among the last ones.
pub(super) fn signature(text: &str) -> Option<Range<usize>> {
    let from = tail_start(text);
    let tail = text.get(from..)?;
    let mut end = text.len();
    let mut is_dated = false;
    let lines = tail.trim_end().rsplit('\n').map(str::trim);
    let lines = lines.filter(|line| !parts::is_below_signature(line));
    for line in lines.take(3) {
        let is_short = (4..=LONGEST_NAME).contains(&line.chars().take(LONGEST_NAME + 1).count());
        let start = text.get(..end)?.rfind(line)?;
        end = start;
        if let [day] = Period::find_all(line).as_slice() {
            is_dated |= day.range == (0..line.len());
        }
        if !is_short || line.contains(['。', ',', '，']) {
            continue;
        }
        // A date below says that this is a signature, so any ending of an office will do.
        if is_dated && !line.contains(' ') && subject::is_office(line) && line.chars().all(is_han) {
            return Some(start..start + line.len());
        }
        let Some(unit) = UNITS.find_iter(line).last() else {
            continue;
        };
        if unit.end() == line.len() && unit.start() > 0 {
            return Some(start..start + line.len());
        }
    }
    None
}

fn is_han(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c) || matches!(c, '*' | '×' | 'x' | 'X')
}

/// The day on which the report was signed: a line of its own among the last ones.
pub(crate) fn signed_on(text: &str) -> Option<Period> {
    // Sites write counters and buttons below.
    text.get(tail_start(text)..)?
        .trim_end()
        .rsplit('\n')
        .take(8)
        .find_map(|line| {
            let line = line.trim();
            let found = Period::find_all(line).pop()?;
            let before = line.get(..found.range.start)?.trim_end();
            let is_date = matches!(found.period, Period::Day(..)) && found.range.end == line.len();
            let is_signed = before.is_empty()
                || UNITS
                    .find_iter(before)
                    .last()
                    .is_some_and(|unit| unit.end() == before.len());
            (is_date && is_signed).then_some(found.period)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_a_signature_does_not_hide_it() {
        for below in [
            "",
            "(联系人：周敏，电话：0000-1234567)\n抄送：县档案馆。",
            "抄送：县档案馆。\n青石镇党政办公室　2020年3月9日印发",
            "附件：1.统计表\n(此件公开发布)\n主题词：档案 总结\n共印20份",
        ] {
            let text = format!("特此报告。\n青石镇人民政府\n2020年3月8日\n{below}");
            let signed = signature(&text).and_then(|range| text.get(range));
            assert_eq!(signed, Some("青石镇人民政府"), "{below}");
        }
        let text = "特此报告。\n青石镇人民政府\n做了工作。\n再做工作。\n还做工作。";
        assert_eq!(signature(text), None);
    }
}
