//! The name and the address of the site inside its texts: 社会主义范文大全网思想.
//!
//! Sites of model texts put them into the middle of words. Which name it is, their `<title>` says;
//! which address, whatever stands beside that name.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use taosha_core::{Mark, Span, SpanKind, simplify};

/// The rule over such places.
const RULE: &str = "site_name";

/// More addresses than any site puts beside its name.
const MAX_ADDRESSES: usize = 4;

/// The places in `text`, `simple` in simplified characters, of the name that `title` ends or begins
/// with, and of the addresses beside that name.
pub(crate) fn find(text: &str, simple: &str, title: Option<&str>) -> Vec<Mark> {
    let title = simplify(title.unwrap_or_default());
    let Some(name) = name(&title).filter(|name| simple.contains(name)) else {
        return Vec::new();
    };
    let marks = places(simple, name).map(|range| {
        let span = Span::new(text, range, SpanKind::Watermark);
        Mark::cut(span, RULE)
    });
    marks.collect()
}

/// The name of a site of model texts among the parts of a `<title>`. A county's 教育网 is not one: its
/// reports speak of it.
fn name(title: &str) -> Option<&str> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^\p{Han}{0,6}(?:范文|公文|文秘|秘书|文库|论文|作文|总结|写作|课件|教案|文档|好文|材料|资料|文章|大全)\p{Han}{0,3}(?:网|之家)$|^\p{Han}{2,6}文库$",
        )
        .expect("a literal pattern compiles")
    });
    let parts = title.split(['_', '-', '|', '｜', '–', '—', '>', ' ']);
    let mut ends = parts
        .map(str::trim)
        .filter(|part| NAME.is_match(part) && *part != title.trim());
    ends.next_back()
}

/// Where `name` and the addresses beside it stand, with brackets around them and the site's verb
/// behind. Where somebody is sent to or quotes it stays.
fn places<'a>(text: &'a str, name: &str) -> impl Iterator<Item = Range<usize>> + 'a {
    static SPOKEN_OF: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:[“‘「『《]|登录|登陆|访问|关注|点击|加入)[（(]?$")
            .expect("a literal pattern compiles")
    });
    let addresses = addresses(text, name);
    let name = regex::escape(name);
    let either = match addresses.is_empty() {
        true => name,
        false => format!(
            r"(?:{name}|(?:https?://)?(?:www\.)?(?:{})/?)",
            addresses.join("|")
        ),
    };
    // Both of them may stand together.
    let pattern = format!(
        r"[【\[（(〔]?[ \t]?{either}(?:[ \t]?{either}){{0,2}}(?:收集整理|整理收集|收集|整理|提供|首发|原创|编辑)?[ \t]?[】\]）)〕]?"
    );
    let found = RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .build()
        .ok();
    let ranges: Vec<Range<usize>> = found
        .iter()
        .flat_map(|found| found.find_iter(text))
        .map(|found| with_line_break(text, balanced(text, found.range())))
        .filter(|range| {
            let before = text.get(..range.start).unwrap_or_default();
            let from = before.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
            !SPOKEN_OF.is_match(before.get(from..).unwrap_or_default())
        })
        .collect();
    ranges.into_iter()
}

/// `range` without a bracket of the text that only touches it.
fn balanced(text: &str, range: Range<usize>) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or_default();
    let first = words.chars().next().filter(|c| "【[（(〔".contains(*c));
    let last = words
        .chars()
        .next_back()
        .filter(|c| "】]）)〕".contains(*c));
    match (first, last) {
        (Some(first), None) => range.start + first.len_utf8()..range.end,
        (None, Some(last)) => range.start..range.end - last.len_utf8(),
        _ => range,
    }
}

/// `range` with the break behind it where it is all of its line.
fn with_line_break(text: &str, range: Range<usize>) -> Range<usize> {
    let is_line = text.get(..range.start).is_some_and(|b| b.ends_with('\n'))
        && text.get(range.end..).is_some_and(|b| b.starts_with('\n'));
    range.start..range.end + usize::from(is_line)
}

/// Patterns of the addresses that stand beside `name`.
fn addresses(text: &str, name: &str) -> Vec<String> {
    static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\s（(：:]{0,2}(?:https?://)?(?:[wW]{3}\.)?([A-Za-z0-9\-]{2,30}(?:\.[A-Za-z]{2,6}){1,2})")
            .expect("a literal pattern compiles")
    });
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?:^|[^A-Za-z0-9.\-])(?:[wW]{3}\.)?([A-Za-z0-9\-]{2,30}(?:\.[A-Za-z]{2,6}){1,2})\s?$",
        )
        .expect("a literal pattern compiles")
    });
    /// Longer addresses are looked at in part, so that any text takes linear time.
    const MAX_BYTES: usize = 64;
    let mut known: Vec<String> = Vec::new();
    for (at, name) in text.match_indices(name) {
        let behind = text.get(at + name.len()..).unwrap_or_default();
        let to = behind
            .char_indices()
            .map(|(at, _)| at)
            .find(|at| *at >= MAX_BYTES)
            .unwrap_or(behind.len());
        let from = (at.saturating_sub(MAX_BYTES)..=at).find(|from| text.is_char_boundary(*from));
        let before = from.and_then(|from| text.get(from..at)).unwrap_or_default();
        let found = BEHIND
            .captures(behind.get(..to).unwrap_or_default())
            .or_else(|| BEFORE.captures(before));
        let address = found.and_then(|found| Some(found.get(1)?.as_str().to_ascii_lowercase()));
        let address = address
            .filter(|address| !address.ends_with(".gov.cn") && !address.ends_with(".edu.cn"))
            .map(|address| regex::escape(&address));
        known.extend(address.filter(|address| !known.contains(address)));
        if known.len() == MAX_ADDRESSES {
            break;
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::Reading;

    fn read(text: &str, title: &str) -> String {
        let marks = find(text, &simplify(text), Some(title));
        let span = Span::new(text, 0..text.len(), SpanKind::Report);
        Reading::new(text, span, &marks).text().to_owned()
    }

    #[test]
    fn the_name_of_the_site_goes_from_the_middle_of_words() {
        let page = "坚持社会主义青禾范文网思想，公【青禾范文网】办园占比51%，落实零qhfw.com报告制度。\n计划投资qhfw.com1.26亿元。实施www.qhfw.com教育行动，\
                    参赛员青禾范文网收集整理2864人。新建QHFW.COM青禾范文网球场4片（青禾范文网）。\n青禾范文网\n（一）青禾范文网";
        let whole = "坚持社会主义思想，公办园占比51%，落实零报告制度。\n计划投资1.26亿元。实施教育行动，参赛员2864人。新建球场4片。\n（一）";
        for title in ["县教育局工作总结-青禾范文网", "青禾范文网_县教育局工作总结"]
        {
            assert_eq!(read(page, title), whole, "{title}");
        }
    }

    #[test]
    fn a_site_that_a_report_speaks_of_stays() {
        for (page, title) in [
            (
                "登录青禾范文网下载12份，查处“青禾范文网”1家。",
                "县文化局工作总结-青禾范文网",
            ),
            (
                "建成青禾教育网，点击12万次。",
                "县教育局工作总结-青禾教育网",
            ),
            ("青禾范文网建设完成。", "县教育局工作总结"),
            ("建设青禾范文网，投资3万元。", "青禾范文网"),
        ] {
            assert_eq!(read(page, title), page);
        }
    }
}
