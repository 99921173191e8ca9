//! Shifted GBK put right: `獲獎?wù)撐?47篇` becomes `獲獎論文□47篇`.
//!
//! A site that searches and replaces bytes tears characters, and what follows is read one byte
//! late. Text in; places of it out, with what stood there before the site tore it, and how sure
//! that is. What nobody knows any more is `□`.
//!
//! A place is found by what only this mechanism leaves ([`opening`]), its bytes are read in all
//! ways that they allow ([`search`]), the likeliest prose wins ([`language`]), and the mechanism
//! run forward over it has to show what the page shows ([`forward`]).

mod counts;
mod evidence;
mod forward;
mod language;
mod opening;
mod pairs;
mod search;

use std::ops::Range;

use taosha_core::traditional_share;

use self::evidence::Evidence;
use self::forward::Reader;
use self::language::{Judge, fold};
use self::search::{Path, Search};

/// Stands for a character that is gone.
pub(crate) const LOST: char = '□';

/// A torn place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mended {
    pub(crate) range: Range<usize>,
    pub(crate) becomes: String,
    /// From 0 to 1.
    pub(crate) confidence: f32,
}

/// So many characters before and behind a place decide along.
const LEFT_CHARS: usize = 10;
const RIGHT_CHARS: usize = 8;

/// Shown characters that are looked at from an opening on.
const SHOWN_CHARS: usize = 200;

/// A page of openings only is somebody's joke; real ones have one in a thousand characters.
const MAX_OPENINGS: usize = 2000;

/// What the judges' difference is divided by.
/// Chosen so that, on text of our own, repairs with confidence c are right c of the time.
const TEMPERATURE: f32 = 0.92;

/// The page as it stands is taken for honest, but for what tells against it.
const HONEST: f32 = 8.0;

/// Simplified on a page of traditional characters, or another form than the page has.
const FOREIGN: f32 = 8.0;

/// A single quotation mark, which the judges take for a double one: our prose has one of the former
/// for a hundred of the latter.
const SINGLE_QUOTE: f32 = 3.0;

/// A quotation mark without its partner; a quotation is looked for so far back.
const UNBALANCED: f32 = 3.0;
const QUOTED_CHARS: usize = 120;

/// A page that was converted is traditional.
const TRADITIONAL: f64 = 0.5;

/// The torn places of `text`, in order; `annotations` are the readings behind their characters.
pub(crate) fn find(text: &str, annotations: &[Range<usize>]) -> Vec<Mended> {
    let openings: Vec<usize> = opening::all(text).take(MAX_OPENINGS).collect();
    if openings.is_empty() || !is_converted(text, annotations) {
        return Vec::new();
    }
    let (evidence, sound) = Evidence::of(text, annotations);
    let page = Page {
        text,
        annotations,
        judge: Judge::new(sound.iter().map(Vec::as_slice)),
        evidence,
        is_traditional: traditional_share(text, 1).is_some_and(|share| share >= TRADITIONAL),
    };
    let mut found: Vec<Mended> = Vec::new();
    for at in openings {
        if found.last().is_some_and(|last| at < last.range.end) {
            continue;
        }
        found.extend(page.mend(at, found.last()));
    }
    found
}

fn is_converted(text: &str, annotations: &[Range<usize>]) -> bool {
    !annotations.is_empty() || traditional_share(text, 1).is_some_and(|share| share >= TRADITIONAL)
}

struct Page<'a> {
    text: &'a str,
    annotations: &'a [Range<usize>],
    judge: Judge,
    evidence: Evidence,
    is_traditional: bool,
}

impl Page<'_> {
    /// The likeliest reading of the stretch that opens at `at`.
    fn mend(&self, at: usize, last: Option<&Mended>) -> Option<Mended> {
        let rest = self.text.get(at..)?;
        let shown: Vec<char> = rest
            .chars()
            .take(SHOWN_CHARS)
            .take_while(|c| *c != '\n')
            .collect();
        let left = self.left(at, last);
        let reader = Reader {
            orphan: *shown.first()?,
            swallows: !self.evidence.keeps_ascii,
            drops: !self.evidence.has_private,
            narrow: !self.evidence.has_wide_signs,
        };
        let search = Search {
            judge: &self.judge,
            evidence: &self.evidence,
            reader,
            shown: &shown,
            left: &left,
        };
        let mut paths = search.paths();
        paths.retain(|path| self.is_proven(path, &shown, &left, reader, at));
        let reach = paths.iter().map(|path| path.end).max()?;
        let judged: Vec<f32> = paths
            .iter()
            .map(|path| {
                let bytes = path.torn.text.iter().map(|c| forward::width(*c)).sum();
                let n_uncut = path.torn.n_uncut(0..bytes) as f32;
                self.likelihood(&left, &path.torn.text, &shown, path.end, reach)
                    + n_uncut * self.evidence.leaves_uncut()
                    - UNBALANCED * self.n_unbalanced(at, &path.torn.text, &shown, path.end) as f32
            })
            .collect();
        let honest = self.likelihood(&left, &[], &shown, 0, reach) + HONEST;
        let (best, score) = (0..paths.len())
            .map(|index| (index, judged[index]))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let path = paths.get(best)?;
        let others = judged.iter().chain([&honest]);
        let share: f32 = others
            .map(|other| ((other - score) / TEMPERATURE).exp())
            .sum();
        let length: usize = shown.iter().take(path.end).map(|c| c.len_utf8()).sum();
        // The best of wrong readings may be far better than the others.
        let is_strange = path.torn.text.iter().any(|c| self.is_strange(*c));
        Some(Mended {
            range: at..at + length,
            becomes: path.torn.text.iter().collect(),
            confidence: if is_strange { 0.0 } else { 1.0 / share },
        })
    }

    /// True for a character that the page has nowhere else and hardly any other page has.
    fn is_strange(&self, c: char) -> bool {
        if c == LOST || c.is_ascii() || self.evidence.written(c) > 0.0 {
            return false;
        }
        let is_foreign =
            self.is_traditional && traditional_share(c.encode_utf8(&mut [0; 4]), 1) == Some(0.0);
        let simple = fold(c);
        is_foreign || !pairs::is_everyday(if simple.is_ascii() { c } else { simple })
    }

    /// The sound characters in front of `at`, without readings.
    fn left(&self, at: usize, last: Option<&Mended>) -> Vec<char> {
        let mut left = Vec::new();
        let mut end = at;
        while left.len() < LEFT_CHARS {
            if let Some(annotation) = self.annotation_ending(end) {
                end = annotation.start;
                continue;
            }
            if let Some(last) = last.filter(|last| last.range.end == end) {
                left.extend(last.becomes.chars().rev());
                end = last.range.start;
                continue;
            }
            let before = self
                .text
                .get(..end)
                .and_then(|before| before.chars().next_back());
            let Some(c) = before.filter(|c| *c != '\n') else {
                break;
            };
            left.push(c);
            end -= c.len_utf8();
        }
        left.truncate(LEFT_CHARS);
        left.reverse();
        left
    }

    fn annotation_ending(&self, at: usize) -> Option<&Range<usize>> {
        let index = self
            .annotations
            .partition_point(|annotation| annotation.end < at);
        self.annotations
            .get(index)
            .filter(|annotation| annotation.end == at)
    }

    /// How likely `text` is between what stands left of it and what is shown behind `end`.
    fn likelihood(
        &self,
        left: &[char],
        text: &[char],
        shown: &[char],
        end: usize,
        reach: usize,
    ) -> f32 {
        let mut stretch: Vec<char> = left.iter().chain(text).map(|c| fold(*c)).collect();
        let mut at = end;
        let limit = reach + RIGHT_CHARS;
        while let Some(&c) = shown.get(at).filter(|_| at < limit) {
            if at > end && opening::is_orphan(c) && at >= reach {
                break;
            }
            let rest = shown.get(at..).unwrap_or_default();
            match opening::torn_reading(rest).filter(|_| c == '(' && at > 0) {
                Some((_, length)) => at += length,
                None => {
                    stretch.push(fold(c));
                    at += 1;
                }
            }
        }
        if at == shown.len() && at < SHOWN_CHARS {
            stretch.push('\n');
        }
        let n_of = |is: &dyn Fn(char) -> bool| text.iter().filter(|c| is(**c)).count() as f32;
        self.judge.likelihood(&stretch)
            - FOREIGN * n_of(&|c| self.is_foreign(c))
            - SINGLE_QUOTE * n_of(&|c| matches!(c, '‘' | '’'))
    }

    /// How many quotation marks and title marks lack their partner when `text` stands at `at`.
    fn n_unbalanced(&self, at: usize, text: &[char], shown: &[char], end: usize) -> usize {
        const MARKS: [(char, char); 3] = [('“', '”'), ('‘', '’'), ('《', '》')];
        let line = self.text.get(..at).unwrap_or_default();
        let before = line
            .chars()
            .rev()
            .take(QUOTED_CHARS)
            .take_while(|c| *c != '\n');
        let before: Vec<char> = before.collect();
        let behind = shown
            .iter()
            .skip(end)
            .take_while(|c| !opening::is_orphan(**c));
        let all: Vec<char> = text.iter().chain(behind).copied().collect();
        let unbalanced = MARKS.map(|(open, close)| {
            let last = before.iter().find(|c| **c == open || **c == close);
            let (mut is_open, mut n) = (last == Some(&open), 0);
            for &c in &all {
                n += usize::from(c == open && is_open || c == close && !is_open);
                is_open = c == open || is_open && c != close;
            }
            n
        });
        unbalanced.iter().sum()
    }

    /// True for a character that a converter would have written otherwise.
    fn is_foreign(&self, c: char) -> bool {
        if self.evidence.written(c) > 0.0 || c.is_ascii() {
            return false;
        }
        if matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ') {
            return true;
        }
        traditional_share(c.encode_utf8(&mut [0; 4]), 1) == Some(0.0)
    }

    /// Runs the mechanism forward.
    fn is_proven(
        &self,
        path: &Path,
        shown: &[char],
        left: &[char],
        reader: Reader,
        at: usize,
    ) -> bool {
        let stretch: String = shown.iter().take(path.end).collect();
        if !path.torn.shows(&stretch, reader) {
            return false;
        }
        let mut torn = path.torn.clone();
        let before = left.last().filter(|c| pairs::pair(**c).is_some());
        let behind = shown.get(path.end).filter(|c| pairs::pair(**c).is_some());
        let offset = if before.is_some() { 2 } else { 0 };
        let bytes: usize = torn.text.iter().map(|c| forward::width(*c)).sum();
        for (place, _) in &mut torn.inserted {
            *place += offset;
        }
        if before.is_some() && self.annotation_ending(at).is_some() {
            torn.inserted.push((offset, String::new()));
        }
        torn.text.splice(0..0, before.copied());
        torn.text.extend(behind);
        let inside = offset..offset + bytes + usize::from(behind.is_some());
        torn.is_annotated_as(&self.evidence, inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pinyin;

    fn mended(text: &str) -> Vec<(String, String)> {
        let found = find(text, &pinyin::readings(text).with_tone);
        let shown = |range: Range<usize>| text.get(range).unwrap().to_owned();
        let pair = |mended: Mended| (shown(mended.range), mended.becomes);
        let sure = found.into_iter().filter(|mended| mended.confidence > 0.7);
        sure.map(pair).collect()
    }

    fn only(text: &str) -> (String, String) {
        let mut all = mended(text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        all.remove(0)
    }

    #[test]
    fn a_reading_across_a_border_is_undone() {
        let of = |shown: &str, becomes: &str| (shown.to_owned(), becomes.to_owned());
        assert_eq!(only("教師獲獎?wù)撐?47篇"), of("?wù)撐?", "論文□"));
        assert_eq!(only("全縣總?cè)丝?6.13萬人"), of("?cè)丝?", "人口□"));
        assert_eq!(only("資金已下?lián)艿娇h職校"), of("?lián)艿娇h", "撥到縣"));
        assert_eq!(
            only("繼續(xù)開展?fàn)巹?chuàng)特色活動"),
            of("?fàn)巹?chuàng)", "爭創")
        );
        assert_eq!(
            only("與當(dāng)?shù)嘏沙鏊?、交警中隊聯(lián)系"),
            of("?shù)嘏沙鏊?", "地派出所")
        );
        assert_eq!(only("全縣總?cè )丝?6.13萬人"), of("?cè )丝?", "人口□"));
    }

    #[test]
    fn a_cut_across_a_border_is_undone_in_both_widths() {
        let narrow = "示范學(xué)?!币堰M入初評程序,縣職業(yè)學(xué)校";
        assert_eq!(only(narrow), ("?!币堰M".to_owned(), "校”已進".to_owned()));
        assert_eq!(
            only("完成各項任務(wù)?，F(xiàn)將有關(guān)情況報告").1,
            "。現"
        );
    }

    #[test]
    fn a_dropped_pair_is_thought_of() {
        let text = "完成率為93.84。以優異成績(jī)通過?！捌站拧庇邮?fù)查，再獲綠證。";
        assert_eq!(only(text).1, "。“普九”迎接省復");
    }

    #[test]
    fn what_no_converter_did_stays() {
        for text in [
            "你真的去了嗎?，他說道。總結(jié)",
            "總結(jié)：為什麼要這樣做?因為群眾需要。",
            "領(lǐng)導(dǎo)問：“好不好?”，大家說好?!",
            "a?b,c?!d;e?f wù) ?wù)x",
            "真的?!我不信。難道不是?！他問。",
            "总结?!捌站拧庇邮",
        ] {
            assert_eq!(mended(text), [], "{text}");
        }
    }

    #[test]
    fn a_page_of_openings_ends() {
        let text = format!("領(lǐng)導(dǎo){}", "?！捌站拧庇".repeat(50));
        find(&text, &pinyin::readings(&text).with_tone);
    }
}
