//! Every place on a page where the site may announce the next report: 第3篇, 【第3篇】, 篇三:, 范文三,
//! 第三部分, 3、 before a title, (三) behind one. Which of them do is decided in `compilation`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::number::{self, is_space};
use crate::rules;
use crate::{lines, title};

/// How a site numbers the reports of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkerStyle {
    /// 第1篇
    Piece,
    /// 【第1篇】
    BracketedPiece,
    /// 篇一
    PieceFirst,
    /// 范文一
    Sample,
    /// 第一部分
    Part,
    /// 1、 or (1) before a title
    Listed,
    /// (一), 篇1, 1 behind a repeated title
    Behind,
    /// Lines that differ in their counter alone
    Series,
}

impl MarkerStyle {
    /// The word in the trail.
    pub(crate) fn name(self) -> &'static str {
        match self {
            MarkerStyle::Piece => "piece",
            MarkerStyle::BracketedPiece => "bracketed_piece",
            MarkerStyle::PieceFirst => "piece_first",
            MarkerStyle::Sample => "sample",
            MarkerStyle::Part => "part",
            MarkerStyle::Listed => "listed",
            MarkerStyle::Behind => "behind_title",
            MarkerStyle::Series => "series",
        }
    }
}

/// A place where a report may be announced.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    /// The words of the marker; they are no part of the report's text.
    pub(crate) range: Range<usize>,
    /// Where the report begins: the marker, or the title in front of it.
    pub(crate) start: usize,
    /// What follows on the line, or the title in front of the marker.
    pub(crate) title: Range<usize>,
    pub(crate) style: MarkerStyle,
    /// The title that the reports of one list share, where the marker stands behind it.
    pub(crate) base: String,
    pub(crate) number: u32,
    pub(crate) line_start: bool,
    /// The length the site gives, and the words that say so.
    pub(crate) declared: Option<(u32, Range<usize>)>,
}

impl Marker {
    /// Where the head of the report begins: with the title in front of the marker, or behind it.
    pub(crate) fn head_from(&self) -> usize {
        match self.title.start < self.range.start {
            true => self.start,
            false => self.range.end,
        }
    }
}

const NUMBER: &str = r"([0-9０-９]{1,3}|[一二三四五六七八九十百]{1,4})";
const OPEN: &str = r"[【\[〔「『(（<《★☆●■◆]?";
const CLOSE: &str = r"[】\]〕」』)）>》★☆●■◆]?";
const SPACE: &str = r"[ \t\u{a0}\u{3000}]";

static IN_FRONT: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(&format!(
        r"{OPEN}{SPACE}?(?:第{SPACE}?{NUMBER}{SPACE}?篇|篇{SPACE}?[(（]?{NUMBER}[)）]?|(?:优秀)?(?:范文|范本|例文|模板|样本|样文|[Pp](?:art|ART)){SPACE}?[(（]?(?:第{SPACE}?)?{NUMBER}{SPACE}?篇?[)）]?|第{SPACE}?{NUMBER}{SPACE}?部分|{NUMBER}篇[:：]){SPACE}?{CLOSE}[:：、.．,， \t\u{{a0}}\u{{3000}}]{{0,4}}"
    ))
});

static LISTED: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(&format!(r"^(?:[(（]{NUMBER}[)）]|{NUMBER}[、.．]){SPACE}*")));

static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(&format!(
        r"^(.{{4,50}}?){SPACE}*(?:[(（【\[〔]{SPACE}?(?:第|篇|范文)?{SPACE}?{NUMBER}{SPACE}?篇?{SPACE}?[)）】\]〕]|(?:范文)?{SPACE}?第{SPACE}?{NUMBER}{SPACE}?篇|(?:范文|范本|篇|之|[-—－]){SPACE}?{NUMBER}|{NUMBER})$"
    ))
});

/// A marker behind a title that its text follows on the same line.
static SUFFIX: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(&format!(
        r"^{SPACE}*(?:[(（【\[〔]{SPACE}?(?:第|篇|范文)?{SPACE}?{NUMBER}{SPACE}?篇?{SPACE}?[)）】\]〕]|(?:范文|范本|篇){SPACE}?{NUMBER})"
    ))
});

/// A number that ends the line of its title: 工作总结2, 工作总结 三.
static NUMBER_ALONE: LazyLock<Regex> =
    LazyLock::new(|| rules::pattern(&format!(r"^{SPACE}*{NUMBER}{SPACE}*(?:[\r\n]|$)")));

/// The length of the marker that `words` begin with, behind a title.
pub(crate) fn suffix(words: &str) -> Option<usize> {
    let alone = || NUMBER_ALONE.captures(words)?.get(1);
    let end = SUFFIX.find(words).map(|suffix| suffix.end());
    end.or_else(|| Some(alone()?.end()))
}

/// All markers in `text` (simplified), in order of their starts. `lines` are the places in it where
/// a title may stand, from [`title::places`].
pub(crate) fn find(text: &str, lines: &[Range<usize>]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = IN_FRONT
        .captures_iter(text)
        .filter_map(|captures| in_front(text, &captures))
        .collect();
    for line in lines {
        let words = text.get(line.clone()).unwrap_or_default();
        let found = listed(words, line.start).or_else(|| behind(words, line.start));
        let before = text.get(..line.start).unwrap_or_default();
        let line_start = begins_line(before.trim_end_matches(is_space));
        markers.extend(found.map(|marker| Marker {
            line_start,
            ..marker
        }));
    }
    markers.sort_by_key(|marker| (marker.start, marker.range.start));
    markers
}

/// True where a line begins behind `before`, which has no spaces at its end.
fn begins_line(before: &str) -> bool {
    before.is_empty() || before.ends_with(['\n', '\r'])
}

fn in_front(text: &str, captures: &regex::Captures<'_>) -> Option<Marker> {
    let whole = captures.get(0)?;
    let (index, digits) = (1..=5).find_map(|i| Some((i, captures.get(i)?)))?;
    let bracketed = whole
        .as_str()
        .starts_with(['【', '[', '〔', '「', '『', '(', '（', '<', '《']);
    let style = match index {
        1 if bracketed => MarkerStyle::BracketedPiece,
        1 => MarkerStyle::Piece,
        2 => MarkerStyle::PieceFirst,
        3 => MarkerStyle::Sample,
        4 => MarkerStyle::Part,
        // 一篇: without its 第.
        _ => MarkerStyle::Piece,
    };
    let own = lines::trim(text, whole.range());
    let before = text.get(..own.start)?.trim_end_matches(is_space);
    let line_start = begins_line(before);
    // Inside a line only a bracketed marker, or one after the end of a sentence, is the site's.
    let is_piece = style == MarkerStyle::Piece && index == 1;
    let may_stand_here = line_start
        || style == MarkerStyle::BracketedPiece
        || before.ends_with(title::STOPS)
            && (is_piece || title::glued_title(text.get(whole.end()..)?).is_some());
    if !may_stand_here {
        return None;
    }
    let line = lines::line_start(text, whole.end());
    let (declared, title) = with_declared(text.get(line.clone())?, line);
    Some(Marker {
        range: own.start..whole.end(),
        start: own.start,
        title,
        style,
        base: String::new(),
        number: number::value(digits.as_str())?,
        line_start,
        declared,
    })
}

/// The declared length at the end of a title line, and the place of the line without it.
fn with_declared(words: &str, line: Range<usize>) -> (Option<(u32, Range<usize>)>, Range<usize>) {
    match title::declared(words).or_else(|| title::declared_between(words)) {
        Some((n_chars, at)) => {
            let place = line.start + at.start..line.start + at.end;
            (Some((n_chars, place.clone())), line.start..place.start)
        }
        None => (None, line),
    }
}

fn listed(line: &str, start: usize) -> Option<Marker> {
    let captures = LISTED.captures(line)?;
    let whole = captures.get(0)?;
    let digits = captures.get(1).or(captures.get(2))?;
    let rest = start + whole.end()..start + line.len();
    let (declared, title) = with_declared(line.get(whole.end()..)?, rest);
    let words = line.get(title.start - start..title.end - start)?;
    if words.contains([',', '，']) || !title::is_title(words) {
        return None;
    }
    let is_han = digits.as_str().starts_with(number::is_han_numeral);
    let is_bracketed = whole.as_str().starts_with(['(', '（']);
    Some(Marker {
        range: start..start + whole.end(),
        start,
        title,
        style: MarkerStyle::Listed,
        // 一、 and 1、 on one page do not number the same things.
        base: match (is_bracketed, is_han) {
            (true, true) => "(一)",
            (true, false) => "(1)",
            (false, true) => "一",
            (false, false) => "",
        }
        .to_owned(),
        number: number::value(digits.as_str())?,
        line_start: true,
        declared,
    })
}

fn behind(line: &str, start: usize) -> Option<Marker> {
    let (declared, own) = with_declared(line, start..start + line.len());
    let whole = line.get(..own.end - start)?.trim_end_matches(is_space);
    // 支教工作总结一：
    let words = whole.trim_end_matches([':', '：']);
    let may_end = |c: char| {
        c.is_ascii_digit()
            || ('０'..='９').contains(&c)
            || number::is_han_numeral(c)
            || ")）】]〕篇".contains(c)
    };
    // Most lines end otherwise, and the pattern reads a line to its end.
    if !words.ends_with(may_end) {
        return None;
    }
    let captures = BEHIND.captures(words)?;
    let words_title = captures.get(1)?;
    let (index, digits) = (2..=5).find_map(|i| Some((i, captures.get(i)?)))?;
    // A bare number may be anything; it counts only behind one title again and again.
    let base = match index {
        5 => title::key(words_title.as_str()),
        _ => String::new(),
    };
    if !title::is_title(words_title.as_str()) {
        return None;
    }
    Some(Marker {
        range: start + words_title.end()..start + whole.len(),
        start,
        title: start..start + words_title.end(),
        style: MarkerStyle::Behind,
        base,
        number: number::value(digits.as_str())?,
        line_start: true,
        declared,
    })
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(MarkerStyle, u32, &str)> {
        find(text, &title::places(text))
            .into_iter()
            .map(|marker| (marker.style, marker.number, &text[marker.title]))
            .collect()
    }

    #[test]
    fn every_style_is_found() {
        for (text, style, number) in [
            ("第1篇 青禾县工作总结 3250字", MarkerStyle::Piece, 1),
            ("【第5篇】青禾县工作总结", MarkerStyle::BracketedPiece, 5),
            ("一篇:青禾县工作总结", MarkerStyle::Piece, 1),
            ("Part 2 青禾县工作总结", MarkerStyle::Sample, 2),
            ("篇一:青禾县工作总结", MarkerStyle::PieceFirst, 1),
            ("范文二 青禾县工作总结", MarkerStyle::Sample, 2),
            ("第二部分:青禾县工作总结", MarkerStyle::Part, 2),
            ("3、青禾县工作总结", MarkerStyle::Listed, 3),
            ("青禾县工作总结(三)", MarkerStyle::Behind, 3),
            ("青禾县工作总结篇3", MarkerStyle::Behind, 3),
            ("青禾县工作总结三：", MarkerStyle::Behind, 3),
            ("青禾县工作总结 第3篇", MarkerStyle::Behind, 3),
            ("青禾县工作总结3", MarkerStyle::Behind, 3),
            ("青禾县工作总结 3\n今年以来", MarkerStyle::Behind, 3),
        ] {
            assert_eq!(shown(text), [(style, number, "青禾县工作总结")], "{text}");
        }
    }

    #[test]
    fn prose_holds_no_markers() {
        for text in [
            "我在第一篇文章中写到",
            "千篇一律",
            "共发表论文3篇",
            "3、加强学校管理",
            "抓好第一部分学生的教育",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }
}
