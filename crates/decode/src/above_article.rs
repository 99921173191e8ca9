//! What of the lines above the container of an article belongs to it: its title, and who gave the
//! report, when and where.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::html::Page;
use crate::title;

/// A report has its title, also where a site puts that above the container of the article.
pub(crate) fn keep_title(text: &str, page: &Page, left_out: &mut [Option<&'static str>]) {
    /// Between title and article stand by-lines, sizes of letters, buttons.
    const MAX_BETWEEN: usize = 24;
    /// Shorter words at the start of the page's title are the name of a column.
    const LEAST_CHARS: usize = 6;
    /// What reads like a title without being told by the page's title stands nearer.
    const NEAR: usize = 8;
    let bare = |words: &str| words.split_whitespace().collect::<String>();
    let whole = page.title.as_deref().map(bare).unwrap_or_default();
    let words_of = |index: usize| {
        let block = page.blocks.get(index)?;
        let is_link = block.n_link as usize * 2 > block.range.len();
        let words = text.get(block.range.clone()).filter(|_| !is_link)?;
        let is_long = words.chars().count() >= LEAST_CHARS;
        (is_long && !title::is_site_name(words)).then_some(words)
    };
    let is_told = |index: usize| {
        words_of(index).is_some_and(|words| {
            let words = bare(words);
            whole.starts_with(&words) || whole.contains(&words) && title::is_title(&words)
        })
    };
    let reads_like_one = |index: usize| words_of(index).is_some_and(title::is_title);
    // 一、主要工作情况 and 工作开展情况 head a section.
    let says_whose = |index: usize| {
        words_of(index).is_some_and(|words| title::is_title(words) && !title::is_heading(words))
    };
    let Some(first) = left_out.iter().position(Option::is_none) else {
        return;
    };
    // An article that has its title gets no second one.
    let begins_with = |is_title: &dyn Fn(usize) -> bool| (first..first + 3).any(is_title);
    if begins_with(&is_told) {
        return;
    }
    let above = |n: usize| (first.saturating_sub(n)..first).rev();
    let mut found = above(MAX_BETWEEN).find(|index| is_told(*index));
    if found.is_none() && !begins_with(&says_whose) {
        let has_heading = begins_with(&reads_like_one);
        found = above(NEAR).find(|index| match has_heading {
            true => says_whose(*index),
            false => reads_like_one(*index),
        });
    }
    let Some(found) = found else { return };
    // A year or number in brackets below the title is a part of it.
    let is_bracketed = |index: usize| {
        let words = words_of(index).unwrap_or_default().trim();
        words.starts_with(['（', '(', '〔']) && words.ends_with(['）', ')', '〕'])
    };
    let is_below = |index: &usize| {
        let words = || {
            page.blocks
                .get(*index)
                .and_then(|block| text.get(block.range.clone()))
        };
        is_bracketed(*index) || words().is_some_and(|words| is_subtitle(words) || is_speaker(words))
    };
    let below = (found + 1..first).filter(is_below);
    let above = parts_above(text, page, found);
    for index in above.chain(std::iter::once(found)).chain(below) {
        if let Some(slot) = left_out.get_mut(index) {
            *slot = None;
        }
    }
}

/// Longer lines are sentences; in bytes.
const LONGEST_LINE: usize = 180;

/// ——2022年1月9日在青禾县第十八届人民代表大会第四次会议上
fn is_subtitle(words: &str) -> bool {
    words.len() <= LONGEST_LINE
        && words.trim().starts_with(['—', '―', '─'])
        && words
            .chars()
            .any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
        && !words.contains('。')
}

/// 青禾县人民法院院长　刘某某
fn is_speaker(words: &str) -> bool {
    static SPEAKER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\s*\p{Han}{0,20}(?:长|長|主任|书记|書記|主席|总经理|董事长|代表|行长)[\s\u{3000}]+\p{Han}[\s\u{3000}]?\p{Han}{1,3}\s*$")
            .expect("a literal pattern compiles")
    });
    words.len() <= LONGEST_LINE && SPEAKER.is_match(words)
}

/// The lines right above a title that begins with a dash, which is then only the second part of it.
fn parts_above(text: &str, page: &Page, found: usize) -> Range<usize> {
    /// A title in more lines has not been seen.
    const MOST: usize = 2;
    let words = |index: usize| {
        let block = page.blocks.get(index).filter(|block| block.n_link == 0)?;
        text.get(block.range.clone()).map(str::trim)
    };
    if !words(found).is_some_and(is_subtitle) {
        return found..found;
    }
    let is_part = |index: &usize| {
        words(*index).is_some_and(|words| {
            (LEAST_PART..=LONGEST_LINE).contains(&words.len())
                && !words.contains(['。', '>', '|', ':', '：', '»', '\t'])
                && !title::is_site_name(words)
        })
    };
    let n = (found.saturating_sub(MOST)..found)
        .rev()
        .take_while(is_part)
        .count();
    found - n..found
}

/// Shorter words are a name of the site; in bytes.
const LEAST_PART: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_spoke_and_where_is_told_from_bylines() {
        for line in [
            "——2022年1月9日在青禾县第十八届人民代表大会第四次会议上",
            "——青禾县纪委监委2022年工作报告",
        ] {
            assert!(is_subtitle(line), "{line}");
        }
        for line in ["青禾县人民法院院长　刘某某", "局长 王某", "县委书记 赵 某"]
        {
            assert!(is_speaker(line), "{line}");
        }
        for line in [
            "——————",
            "来源：县法院 作者：刘某",
            "新闻中心",
            "责任编辑 李某",
            "校长信箱",
        ] {
            assert!(!is_subtitle(line) && !is_speaker(line), "{line}");
        }
    }
}
