//! The closing lines of a report: who signed, when, what is attached, who gets a copy.
//!
//! They follow the body, belong to none of its sections, and the numbers in them (附件:1.…) open no
//! headings. Read from the end upwards, as far as every line is one of them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use taosha_core::Period;

use crate::number::is_space;
use crate::rules::{self, UNITS};
use crate::{lines, unit};

/// The closing lines of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Closing {
    /// Where the first of them begins.
    pub(crate) start: usize,
    /// What each line is, in order.
    pub(crate) parts: Vec<(Part, Range<usize>)>,
}

/// What a closing line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// 青禾县教育局
    Signature,
    /// 2021年12月3日
    Date,
    /// 附件:1.统计表, and the lines of the list below
    Attachment,
    /// 抄送:县委办公室, 分送:…
    Copy,
    /// 主题词:教育 总结
    Keywords,
    /// 联系人:李明, (此件公开发布)
    Note,
    /// 名词解释 and all below it
    Glossary,
}

impl Part {
    /// The rule of its mark.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Signature => "signature",
            Part::Date => "signed_on",
            Part::Attachment => "attachment",
            Part::Copy => "copied_to",
            Part::Keywords => "keywords",
            Part::Note => "closing_note",
            Part::Glossary => "glossary",
        }
    }
}

/// Bytes at the end in which closing lines are looked for.
const TAIL: usize = 3000;

/// A report has fewer closing lines.
const MOST_LINES: usize = 30;

/// The longest line that is one, in characters.
const LONGEST: usize = 80;

static ATTACHMENT: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[(（]?(?:附件|附表|附)[ \u{3000}]*(?:[0-9一二三四五六七八九]{0,2})[ \u{3000}]*[:：]",
    )
});
static COPY: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:抄送|抄报|主送|分送|报送|发)[ \u{3000}]*[:：]|印发$|^(?:校对|打字|校核|拟稿|签发|核稿)[ \u{3000}]*[:：]|^[(（]?共印[ \u{3000}]*[0-9]+[ \u{3000}]*份",
    )
});
static KEYWORDS: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(r"^主[ \u{3000}]*题[ \u{3000}]*词[ \u{3000}]*[:：]?"));
static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[(（]?(?:联系人|联系电话|电话|此件(?:主动公开|公开发布|依申请公开|不予公开)|信息公开选项|公开方式|填报人|报告人|述职人|撰稿)[^。\n]{0,60}$",
    )
});
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(r"^(?:[(（]?[0-9]{1,2}[.．、)）]|《)"));
static MASKED_DATE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^(?:(?:19|20)[0-9xX×*]{2}|[xX×*]{2,4}|[二〇○Ｏ零一三四五六七八九]{4})[ \u{3000}]?年[ \u{3000}]?[0-9xX×*一二三四五六七八九十]{1,3}[ \u{3000}]?月(?:[ \u{3000}]?[0-9xX×*一二三四五六七八九十]{1,3}[ \u{3000}]?日)?$",
    )
});

static GLOSSARY: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[【\[(（]?(?:附[件录]?[ \u{3000}]*[:：]?)?(?:《[^》\n]{2,20}》|报告)?中?的?(?:有关|相关|部分|主要)?(?:专业|专用)?(?:名词|术语)(?:术语)?(?:解释|注释|说明|释义)(?:[和及、](?:解释|注释|说明))?[】\])）]?[:：]?$",
    )
});

/// The closing lines of `text` (simplified), none of them before `from`, where the body begins.
pub(crate) fn closing(text: &str, from: usize) -> Option<Closing> {
    let Some(glossary) = glossary(text, from) else {
        return lines_at_end(text, from);
    };
    let mut closing = text
        .get(..glossary.start)
        .and_then(|body| lines_at_end(body, from))
        .unwrap_or_else(|| Closing {
            start: glossary.start,
            parts: Vec::new(),
        });
    closing.parts.push((Part::Glossary, glossary));
    Some(closing)
}

/// The words that explain terms, below the body.
fn glossary(text: &str, from: usize) -> Option<Range<usize>> {
    let mut found = ["名词", "术语"].into_iter().flat_map(|word| {
        let places = text.rmatch_indices(word).take(MOST_LINES);
        places.filter_map(|(at, _)| {
            let before = text.get(from..at)?;
            let start = from + before.rfind('\n')? + 1;
            let line = lines::trim(text, lines::line_start(text, start));
            let is_head = GLOSSARY.is_match(lines::slice(text, &line)) && start > text.len() / 3;
            is_head.then(|| lines::trim(text, start..text.len()))
        })
    });
    found.next()
}

/// What closes `text` at its end.
fn lines_at_end(text: &str, from: usize) -> Option<Closing> {
    let mut floor = text.len().saturating_sub(TAIL).max(from);
    while !text.is_char_boundary(floor) {
        floor += 1;
    }
    let mut parts: Vec<(Part, Range<usize>)> = Vec::new();
    // Lines of a list that may turn out to be attachments, from the last one upwards.
    let mut items: Vec<Range<usize>> = Vec::new();
    let mut end = text.len();
    while end > floor && parts.len() + items.len() < MOST_LINES {
        let before = text.get(floor..end)?;
        let start = floor + before.rfind('\n').map_or(0, |at| at + 1);
        let line = lines::trim(text, start..end);
        end = start.saturating_sub(1).max(floor);
        // What begins before the floor is no line of its own.
        if start == floor && floor > 0 && !text.get(..floor)?.ends_with('\n') {
            break;
        }
        let words = text.get(line.clone())?;
        if words.is_empty() {
            if start == floor {
                break;
            }
            continue;
        }
        if words.chars().nth(LONGEST).is_some() {
            break;
        }
        match part(words) {
            Some(Part::Attachment) => {
                parts.extend(items.drain(..).map(|item| (Part::Attachment, item)));
                parts.push((Part::Attachment, line));
            }
            Some(part) if items.is_empty() => parts.push((part, line)),
            None if ITEM.is_match(words) && !words.ends_with(['。', ';', '；']) => {
                items.push(line)
            }
            _ => break,
        }
        if start == floor {
            break;
        }
    }
    parts.sort_by_key(|(_, line)| line.start);
    let start = parts.first()?.1.start;
    // A unit alone at the end may be anything.
    let is_told = parts.len() > 1 || parts.iter().any(|(part, _)| *part != Part::Signature);
    is_told.then_some(Closing { start, parts })
}

/// True for what is written below signature and date: attachments, copies, keywords, notes.
pub(crate) fn is_below_signature(line: &str) -> bool {
    line.chars().nth(LONGEST).is_none()
        && [&ATTACHMENT, &KEYWORDS, &COPY, &NOTE]
            .iter()
            .any(|rule| rule.is_match(line))
}

/// True for a line that may close a report.
pub(crate) fn is_closing_line(line: &str) -> bool {
    part(line).is_some()
}

fn part(line: &str) -> Option<Part> {
    if ATTACHMENT.is_match(line) {
        return Some(Part::Attachment);
    }
    if KEYWORDS.is_match(line) {
        return Some(Part::Keywords);
    }
    if COPY.is_match(line) {
        return Some(Part::Copy);
    }
    if NOTE.is_match(line) {
        return Some(Part::Note);
    }
    let is_date = MASKED_DATE.is_match(line)
        || Period::find_all(line).pop().is_some_and(|found| {
            let before = line.get(..found.range.start).unwrap_or_default();
            matches!(found.period, Period::Day(..))
                && found.range.end == line.len()
                && (before.trim_end().is_empty() || names_unit(before))
        });
    if is_date {
        return Some(Part::Date);
    }
    names_unit(line).then_some(Part::Signature)
}

/// True for the name of a unit and nothing else, with the seal it bears.
fn names_unit(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || is_space(c));
    let name = ["(盖章)", "（盖章）", "(公章)", "（公章）", "(章)", "（章）"]
        .iter()
        .find_map(|seal| line.strip_suffix(seal))
        .unwrap_or(line);
    let name = name
        .trim_start_matches("单位:")
        .trim_start_matches("报告单位:");
    let n_chars = name.chars().take(31).count();
    let is_name = (4..=30).contains(&n_chars) && !name.contains(['。', ',', '，', '、', ':', '：']);
    let ends = UNITS
        .find_iter(name)
        .last()
        .is_some_and(|unit| unit.end() == name.len())
        || unit::whole_name(name).is_some_and(|whole| whole == (0..name.len()));
    is_name && ends
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(Part, &str)> {
        let closing = closing(text, 0).unwrap_or_default();
        closing
            .parts
            .into_iter()
            .map(|(part, line)| (part, &text[line]))
            .collect()
    }

    #[test]
    fn the_lines_below_the_body_are_told() {
        let text = "做了工作。\n\n附件:1.望川县卫生统计表\n2.培训名单\n\n望川县卫生健康局(盖章)\n2021年12月3日\n\n主题词:卫生 总结\n抄送:县委办公室、县政府办公室\n(此件公开发布)\n望川县卫生健康局办公室 2021年12月3日印发\n";
        let expected = [
            (Part::Attachment, "附件:1.望川县卫生统计表"),
            (Part::Attachment, "2.培训名单"),
            (Part::Signature, "望川县卫生健康局(盖章)"),
            (Part::Date, "2021年12月3日"),
            (Part::Keywords, "主题词:卫生 总结"),
            (Part::Copy, "抄送:县委办公室、县政府办公室"),
            (Part::Note, "(此件公开发布)"),
            (Part::Copy, "望川县卫生健康局办公室 2021年12月3日印发"),
        ];
        assert_eq!(shown(text), expected);
        assert_eq!(shown("做了工作。\n二〇二一年十二月三日").len(), 1);
        assert_eq!(shown("做了工作。\n东屏区总工会\nxx年x月x日").len(), 2);
    }

    #[test]
    fn explained_terms_are_no_sections() {
        let text = "做了全年的各项工作，成效明显。\n青禾县人民政府\n2021年1月5日\n名词解释\n1.一窗通办：在一个窗口办完。\n2.双随机：随机抽取。";
        let parts: Vec<Part> = shown(text).into_iter().map(|(part, _)| part).collect();
        assert_eq!(parts, [Part::Signature, Part::Date, Part::Glossary]);
        for text in [
            "做了工作。\n开展名词解释比赛，全县参加。",
            "名词解释\n1.一窗通办：在一个窗口办完全部手续，不跑第二次。",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }

    #[test]
    fn the_last_section_is_no_closing() {
        for text in [
            "三、打算\n1.抓培训\n2.抓安全",
            "会议于2021年12月3日召开。",
            "做了工作。\n望川县卫生健康局",
            "2021年12月3日的会议",
            "",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }
}
