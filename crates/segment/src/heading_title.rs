//! Where the title behind each number ends.

mod glued;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::clue::title_limit;
use crate::number::{self, Candidate, Place, Style};
use crate::rules::{self, BOUND, OPENINGS, STARTS};
use crate::{lines, spoken};

/// A quantity, which sentences have and headings do not; years and dates are none.
static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"[0-9０-９]+(?:[.．,，][0-9０-９]+)? ?(?:多|余)?[万亿千百]{0,2}(?:[个所名人次元亩座家件处场份户吨辆台项条批例里米期篇册栋套间支对%％头株眼口宗起张幅届天班位只艘公平立]|余)",
    )
});

/// Fewer characters in front of a glued sentence are no heading.
const SHORTEST_GLUED: usize = 4;

/// Of headings whose sentences are glued to them, the words of one that holds more characters than
/// this are hardly a title alone.
const LONG: usize = 24;

/// No sentence fits behind the title in this many characters.
const SHORT: usize = 16;

/// How the words behind a number end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Line,
    Stop,
    /// At the next heading or the end of the text.
    Text,
    /// Not within the longest title there is.
    Beyond,
}

/// The words behind a number, up to the first stop or line break.
#[derive(Debug)]
struct Stretch<'a> {
    words: &'a str,
    ended: End,
    /// The spaces in the words, with the number of characters before them.
    gaps: Vec<(usize, usize)>,
    /// All that stands in front of the next number.
    behind: &'a str,
    /// The number begins a line.
    begins_line: bool,
}

/// The titles of the headings whose numbers are `taken`, in order; `None` where the words behind a
/// number are a sentence, or where the title cannot be told from it.
pub(crate) fn titles(text: &str, taken: &[&Candidate]) -> Vec<Option<Range<usize>>> {
    let starts = taken.iter().skip(1).map(|next| next.start);
    let stretches: Vec<Stretch<'_>> = taken
        .iter()
        .zip(starts.chain([text.len()]))
        .map(|(candidate, end)| Stretch::of(text, candidate, end))
        .collect();
    let set_off: Vec<Option<usize>> = stretches.iter().map(Stretch::set_off).collect();
    let mut ends: Vec<Option<usize>> = stretches.iter().map(Stretch::end).collect();
    let mut styles: BTreeMap<Style, Vec<usize>> = BTreeMap::new();
    for (i, candidate) in taken.iter().enumerate() {
        if set_off[i].is_none() && candidate.style != Style::Shown {
            styles.entry(candidate.style).or_default().push(i);
        }
    }
    if !glued::are_glued(&stretches) {
        styles.clear();
    }
    for siblings in styles.values() {
        let of_style: Vec<&Stretch<'_>> = siblings.iter().map(|&i| &stretches[i]).collect();
        for (&i, end) in siblings
            .iter()
            .zip(glued::ends(&of_style).into_iter().flatten())
        {
            let stretch = &stretches[i];
            // Where line breaks stand, none was lost between a title and one sentence on a line.
            let may_be_glued = stretch.is_open() && !stretch.is_on_its_line();
            if may_be_glued && (end.is_some() || stretch.is_long()) {
                ends[i] = end.or_else(|| glued_sentence(stretch.words, stretch.ended));
            }
        }
    }
    for i in tasks(taken, &stretches) {
        ends[i] = None;
    }
    let title = |(i, candidate): (usize, &&Candidate)| {
        if candidate.style == Style::Shown {
            return Some(spoken::inside(text, candidate));
        }
        let end = set_off[i].or(ends[i])?;
        let title = stretches[i].behind.get(..end)?;
        let is_sign = |c: char| {
            number::is_space(c)
                || matches!(c, '\n' | '\r' | ':' | '：' | '。' | '.' | ',' | '，' | ';')
        };
        let trimmed = title.trim_end_matches(is_sign);
        (trimmed.chars().count() >= 2).then(|| candidate.end..candidate.end + trimmed.len())
    };
    taken.iter().enumerate().map(title).collect()
}

/// The headings that are tasks as those beside them are: lines of one sentence, of which one at least
/// has a figure.
fn tasks(taken: &[&Candidate], stretches: &[Stretch<'_>]) -> Vec<usize> {
    let mut tasks = Vec::new();
    let mut begin = 0;
    while let Some(first) = taken.get(begin) {
        let rest = taken.get(begin..).unwrap_or_default();
        let n = rest.iter().take_while(|c| c.style == first.style).count();
        let lines = || (begin..begin + n).filter(|&i| stretches[i].is_sentence_on_its_line());
        if lines().any(|i| FIGURE.is_match(stretches[i].words)) {
            tasks.extend(lines());
        }
        begin += n;
    }
    tasks
}

impl<'a> Stretch<'a> {
    /// What stands behind the number of `candidate` and in front of `end`.
    fn of(text: &'a str, candidate: &Candidate, end: usize) -> Self {
        let words = text.get(candidate.end..end).unwrap_or_default();
        let limit = title_limit(candidate.style);
        let mut gaps = Vec::new();
        let mut depth = 0usize;
        let (mut stretch_end, mut ended) = (words.len(), End::Text);
        for (n, (at, c)) in words.char_indices().enumerate() {
            if n > limit {
                (stretch_end, ended) = (at, End::Beyond);
                break;
            }
            match c {
                '\n' | '\r' => (stretch_end, ended) = (at, End::Line),
                '“' | '《' | '(' | '（' | '〈' => depth += 1,
                '”' | '》' | ')' | '）' | '〉' => depth = depth.saturating_sub(1),
                '。' | '!' | '?' | '！' | '？' if depth == 0 => {
                    (stretch_end, ended) = (at, End::Stop);
                }
                ';' | '；' if depth == 0 => {
                    // A list of clauses is a sentence; an item that fills its line is not.
                    let behind = words.get(at + c.len_utf8()..).unwrap_or_default();
                    let fills_line = behind.starts_with(['\n', '\r']);
                    let end = if fills_line { End::Stop } else { End::Beyond };
                    (stretch_end, ended) = (at, end);
                }
                c if number::is_space(c) && n > 1 && !is_around_figure(words, at) => {
                    gaps.push((at, n));
                }
                _ => {}
            }
            if ended != End::Text {
                break;
            }
        }
        let stretch = words.get(..stretch_end).unwrap_or_default();
        Stretch {
            words: stretch.trim_end_matches(number::is_space),
            ended,
            gaps,
            behind: words,
            begins_line: candidate.place == Place::LineStart,
        }
    }

    /// True where nothing but a sentence's own end stops the words.
    fn is_open(&self) -> bool {
        self.ended != End::Line
    }

    /// True for few words that the next heading follows: 一、主要工作完成情况(一)….
    fn is_followed(&self) -> bool {
        let is_short = self.words.chars().nth(SHORT).is_none();
        self.ended == End::Text && is_short && !self.words.contains([',', '，'])
    }

    /// True where the words are more than a title.
    fn holds_sentence(&self) -> bool {
        self.is_open() && (self.ended == End::Beyond || FIGURE.is_match(self.words))
    }

    /// True for words that with their stop are all of their line.
    fn is_on_its_line(&self) -> bool {
        let behind = self.behind.get(self.words.len()..).unwrap_or_default();
        let mut behind = behind.trim_start_matches(number::is_space).chars();
        self.ended == End::Stop
            && behind.next().is_some()
            && behind
                .next()
                .map_or(self.begins_line, |c| matches!(c, '\n' | '\r'))
    }

    /// True for clauses with a stop that are all of their line.
    fn is_sentence_on_its_line(&self) -> bool {
        self.is_on_its_line() && self.words.contains([',', '，'])
    }

    /// True where the words are more than a title without a sentence is, most often.
    fn is_long(&self) -> bool {
        self.holds_sentence()
            || self.words.contains([',', '，']) && self.words.chars().nth(LONG).is_some()
    }

    fn first_gap(&self) -> Option<(usize, usize)> {
        let mut gaps = self.gaps.iter().copied();
        gaps.find(|&(at, _)| at < self.words.len())
    }

    /// Where the title ends that a space or a colon sets off.
    fn set_off(&self) -> Option<usize> {
        let words = self.words;
        if let Some((gap, n_before)) = self.first_gap() {
            // 一、做好信访接待 我们把…: a space is all that is left of the line break.
            let behind = self.behind.get(gap..)?.trim_start_matches(number::is_space);
            if n_before > 3 && OPENINGS.find(lines::prefix(behind, 60)).is_some() {
                return Some(gap);
            }
            // 一、造林绿化 完成造林1万亩,植树30万株。
            let rest = words.get(gap..)?;
            let n_runs = words
                .split(number::is_space)
                .filter(|s| !s.is_empty())
                .count();
            let heading = words.get(..gap)?;
            let is_sentence = FIGURE.is_match(rest)
                || self.ended == End::Stop && rest.contains([',', '，']) && n_runs == 2;
            if is_sentence && !FIGURE.is_match(heading) {
                return Some(gap);
            }
        }
        explained(words)
    }

    /// Where the title ends that neither a sign nor its siblings tell from a sentence.
    fn end(&self) -> Option<usize> {
        let (words, ended) = (self.words, self.ended);
        if let Some(start) = glued_sentence(words, ended) {
            return Some(start);
        }
        // …配备保安12 and 名 on the next line: the line break is a false one.
        let is_open = ended != End::Line || words.ends_with(|c: char| c.is_ascii_digit());
        match ended {
            End::Beyond => self.first_gap().filter(|&(_, n)| n > 3).map(|(at, _)| at),
            // A whole sentence with its figures is no title.
            _ if is_open && words.contains([',', '，']) && FIGURE.is_match(words) => None,
            _ => Some(words.len()),
        }
    }
}

/// True for a space that some editors put beside figures: 面积 92.6 万亩. Years begin sentences.
fn is_around_figure(words: &str, at: usize) -> bool {
    let before = words.get(..at).unwrap_or_default();
    let behind = words
        .get(at..)
        .unwrap_or_default()
        .trim_start_matches(number::is_space);
    let is_sign = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'x' | 'X' | '*');
    let rest = behind.trim_start_matches(is_sign);
    let is_year = rest.trim_start_matches(number::is_space).starts_with('年');
    before.ends_with(is_sign) || rest.len() < behind.len() && !is_year
}

/// Where the title ends that a colon and its explanation follow: 公共卫生:建档2.1万份.
fn explained(stretch: &str) -> Option<usize> {
    /// Longer words in front of a colon are a clause.
    const LONGEST: usize = 16;
    let (at, _) = stretch
        .char_indices()
        .take(LONGEST)
        .find(|&(_, c)| matches!(c, ':' | '：'))?;
    let (title, behind) = stretch.split_at_checked(at)?;
    let is_title = title.chars().nth(1).is_some()
        && !title.contains([',', '，', '“', '《', '(', '（'])
        && !title.ends_with(|c: char| c.is_ascii_digit());
    (is_title && behind.chars().nth(6).is_some()).then_some(at)
}

/// Where a sentence begins that nothing separates from the heading in front of it:
/// 规范办学行为全镇现有小学14所. Told by the word it begins with and a figure behind it, or, for the
/// one who speaks, a clause.
fn glued_sentence(stretch: &str, ended: End) -> Option<usize> {
    let start = STARTS.find_iter(stretch).find(|start| {
        let (before, rest) = (
            stretch.get(..start.start()).unwrap_or_default(),
            stretch.get(start.start()..).unwrap_or_default(),
        );
        let is_clause = ended != End::Line
            && rest.starts_with(['我', '本', '今'])
            && rest.contains([',', '，']);
        // 综合全国共有…: who all are begins a sentence, be the title as short as it may.
        let shortest = if rest.starts_with('全') {
            2
        } else {
            SHORTEST_GLUED
        };
        before.chars().nth(shortest - 1).is_some()
            && BOUND.find(before).is_none()
            && (is_clause || FIGURE.is_match(rest))
    })?;
    Some(start.start())
}
