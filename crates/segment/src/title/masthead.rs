//! The head of an official letter, as GB/T 9704 orders it: marks of secrecy and haste, the office's
//! 文件, the letter's number, who signs it, and below them the title, in one line or several.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{is_title, unspaced};
use crate::lines::{line_start, slice, trim};
use crate::rules;

/// A masthead has fewer lines.
const MOST_LINES: usize = 6;

/// The title of a letter takes no more lines.
const MOST_TITLE_LINES: usize = 4;

/// The longest line of a title in several lines, in characters.
const LONGEST_LINE: usize = 45;

/// 青禾县教育局文件; 青教发〔2021〕3号, with the name of who signs behind it.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:\p{Han}[\p{Han} \u{3000}（()）]{2,39}(?:文件|办公室文件)|\p{Han}[\p{Han} \u{3000}（()）]{1,14}[〔\[［【(（〈﹝][ ]?(?:19|20)[0-9xX×*]{2}[ ]?[〕\]］】)）〉﹞][ ]?第?[ ]?[0-9xX×*]{1,4}[ ]?号(?:[ \u{3000}]*签发人[:：][ \u{3000}\p{Han}]{0,12})?)$",
    )
});

/// What stands around these.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:[0-9]{5,7}|(?:绝密|机密|秘密)(?:★.{0,8})?|特急|加急|平急|急件|签发人[:：][ \u{3000}\p{Han}]{0,12}|[─—_*★\- ]{3,})$",
    )
});

/// Where the text below the masthead of `range` begins; None where there is none.
fn below(text: &str, range: &Range<usize>) -> Option<usize> {
    let (mut at, mut is_letter) = (range.start, false);
    for _ in 0..MOST_LINES {
        let rest = trim(text, at..range.end);
        let line = line_start(text, rest.start);
        let words = slice(text, &trim(text, line.start..line.end.min(range.end)));
        let is_mark = MARK.is_match(&unspaced(words));
        if !is_mark && !BESIDE.is_match(words) {
            break;
        }
        is_letter |= is_mark;
        at = line.end.min(range.end);
    }
    is_letter.then(|| trim(text, at..range.end).start)
}

/// The title of the letter that begins at `range`: the lines between its masthead and whom it is
/// written to, or its text.
pub(crate) fn letter_title(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let start = below(text, &range)?;
    let (mut at, mut title) = (start, None);
    for _ in 0..MOST_TITLE_LINES {
        let line = line_start(text, at);
        let line = trim(text, line.start..line.end.min(range.end));
        let words = slice(text, &line);
        if !is_line(words) {
            break;
        }
        if is_title(&joined(text, start..line.end)) {
            title = Some(start..line.end);
        }
        at = trim(text, line.end..range.end).start;
        // A blank line ends what is begun.
        if title.is_some() && slice(text, &(line.end..at)).matches('\n').count() > 1 {
            break;
        }
    }
    title
}

/// The title of a letter whose number, or whom it is written to, stands below its title, as sites show it: 青禾县民政局,
/// 关于2020年工作总结的报告, 青民〔2020〕45号.
pub(crate) fn title_above_number(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    /// Lines that a site leaves above it.
    const MOST_ABOVE: usize = 3;
    let next = |at: usize| {
        let rest = trim(text, at..range.end.max(at));
        let line = line_start(text, rest.start);
        trim(text, line.start..line.end.min(range.end))
    };
    let is_about = |line: &Range<usize>| slice(text, line).starts_with("关于");
    let mut first = next(range.start);
    for _ in 0..=MOST_ABOVE {
        let is_office = is_about(&next(first.end)) && is_line(slice(text, &first));
        if is_office || is_about(&first) {
            let mut last = first.clone();
            for _ in 0..MOST_TITLE_LINES {
                let below = next(last.end);
                let words = slice(text, &below);
                let ends = MARK.is_match(&unspaced(words)) || words.ends_with([':', '：']);
                if ends && is_title(&joined(text, first.start..last.end)) {
                    return Some(first.start..last.end);
                }
                if !is_line(words) {
                    return None;
                }
                last = below;
            }
            return None;
        }
        first = next(first.end);
    }
    None
}

/// True for what may be a line of a title.
fn is_line(words: &str) -> bool {
    !words.is_empty()
        && !words.ends_with([':', '：'])
        && !words.contains(['。', ';', '；'])
        && words.chars().nth(LONGEST_LINE).is_none()
}

fn joined(text: &str, lines: Range<usize>) -> String {
    slice(text, &lines).lines().map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_above_its_number_is_told() {
        let title = |text: &str| {
            let title = title_above_number(text, 0..text.len())?;
            text.get(title).map(super::super::written)
        };
        let whole = "青禾县民政局关于2020年工作总结和2021年工作计划的报告";
        for head in [
            "青禾县民政局\n关于2020年工作总结和\n2021年工作计划的报告\n\n青民〔2020〕45号\n\n县人民政府：\n一年来",
            "信息公开\n\n青禾县民政局\n关于2020年工作总结和2021年工作计划的报告\n县人民政府：\n一年来",
        ] {
            assert_eq!(title(head).as_deref(), Some(whole));
        }
        for other in [
            "青禾县民政局\n关于2020年工作总结的报告\n一年来，我局做了工作。",
            "青禾县民政局2020年工作总结\n一年来，我局做了工作。\n各乡镇：",
        ] {
            assert_eq!(title(other), None, "{other}");
        }
    }

    fn title(text: &str) -> Option<String> {
        let title = letter_title(text, 0..text.len())?;
        text.get(title).map(super::super::written)
    }

    #[test]
    fn below_a_masthead_all_lines_of_a_title_are_told() {
        let whole = "青禾县民政局关于2020年工作总结和2021年工作计划的报告";
        for lines in [
            "青禾县民政局\n关于2020年工作总结和2021年工作计划的报告",
            "青禾县民政局关于2020年工作总结和\n2021年工作计划的报告",
            "青禾县民政局关于2020年工作总结和2021年工作计划的报告",
        ] {
            for masthead in [
                "青禾县民政局文件\n青民字〔2020〕45号",
                "000123\n秘密★一年\n特急\n青禾县民政局文件\n\n青民字〔2020〕45号　签发人：李 敏",
                "青民〔20xx〕x号",
                "青 禾 县 民 政 局 文 件\n青民字〔2020〕45号",
                "青民(2020)第45号\n———————",
            ] {
                for body in [
                    "县人民政府：\n2020年，我局做了工作。",
                    "\n2020年，我局贯彻落实上级决策部署，做了许多工作，现将情况报告如下：\n一、总结",
                ] {
                    let text = format!("{masthead}\n{lines}\n{body}");
                    assert_eq!(title(&text).as_deref(), Some(whole), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_letter_has_no_masthead() {
        for text in [
            "青禾县民政局2020年工作总结\n2020年，我局做了工作。",
            "根据青民字〔2020〕45号文件\n工作总结\n2020年",
            "转发了上级文件\n工作总结\n2020年",
            "特急\n工作总结\n2020年",
            "",
        ] {
            let text = text.replace("转发了上级文件", "转发了3份上级文件");
            assert_eq!(title(&text), None, "{text}");
        }
    }
}
