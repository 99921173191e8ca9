//! Lines that a page shows as headings, by its tags or in bold letters, and first sentences in bold.
//! Whether they are headings of the report is for `segment` to say.

use std::ops::Range;

use crate::html::Page;

/// Longer lines are sentences, in bytes: 40 Han characters.
const LONGEST: usize = 120;

/// Of so many bytes of a bold line one may be of another weight: a number, a colon.
const PLAIN_ONE_IN: usize = 8;

/// Where they stand in `text`, in order, with the rule that tells.
pub(crate) fn find(text: &str, page: &Page) -> Vec<(Range<usize>, &'static str)> {
    let shown = |block: &crate::html::Block| {
        let n_bytes = block.range.len();
        let n_plain = n_bytes.saturating_sub(block.n_bold as usize);
        let rule = match block.is_heading {
            true => "heading_tag",
            false if n_plain * PLAIN_ONE_IN <= n_bytes => "bold_line",
            false => return bold_start(text, block),
        };
        let is_short = (1..=LONGEST).contains(&n_bytes) && block.n_link == 0;
        // Cells of one row are blocks of one line.
        let is_between = |c: Option<char>| c.is_none_or(|c| c == '\n');
        let (before, behind) = (text.get(..block.range.start)?, text.get(block.range.end..)?);
        let is_line = is_between(before.chars().next_back()) && is_between(behind.chars().next());
        (is_short && is_line).then(|| (block.range.clone(), rule))
    };
    page.blocks.iter().filter_map(shown).collect()
}

/// The first sentence of a paragraph, when it is in bold, alone, and without a figure.
fn bold_start(text: &str, block: &crate::html::Block) -> Option<(Range<usize>, &'static str)> {
    let last = (block.n_bold_start as usize).checked_sub(1)?;
    if last >= LONGEST || block.n_link > 0 {
        return None;
    }
    let words = text.get(block.range.clone())?;
    let mut visible = words.char_indices().filter(|(_, c)| !c.is_whitespace());
    let (indent, _) = visible.clone().next()?;
    let (at, c) = visible.nth(last)?;
    let range = block.range.start + indent..block.range.start + at + c.len_utf8();
    let sentence = text.get(range.clone())?.strip_suffix('。')?;
    let is_one = !sentence.contains('。') && !sentence.contains(|c: char| c.is_ascii_digit());
    let is_line = text
        .get(..block.range.start)?
        .chars()
        .next_back()
        .is_none_or(|c| c == '\n');
    (is_one && is_line && range.end < block.range.end).then_some((range, "bold_start"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use taosha_core::{Edited, Map};

    fn shown(page: &str) -> Vec<(String, &'static str)> {
        let (edited, page, _) = html::read(Edited::new(page.to_owned(), Map::identity(page.len())));
        let words = |range: Range<usize>| edited.text().get(range).unwrap().to_owned();
        let found = find(edited.text(), &page).into_iter();
        found.map(|(range, rule)| (words(range), rule)).collect()
    }

    #[test]
    fn tags_and_bold_letters_show_headings() {
        for (page, expected) in [
            (
                "<h2>主要成效</h2><p>全年办结120件。",
                ("主要成效", "heading_tag"),
            ),
            (
                "<p><strong>主要成效</strong></p>",
                ("主要成效", "bold_line"),
            ),
            (
                "<p><b>主要</b><b>成效</b><br>全年",
                ("主要成效", "bold_line"),
            ),
            (
                "<p style='font-weight: 700;'>主要成效</p>",
                ("主要成效", "bold_line"),
            ),
            (
                "<b><span style=\"FONT-WEIGHT:bold\">成效</span></b><p>全年",
                ("成效", "bold_line"),
            ),
        ] {
            let (words, rule) = expected;
            assert_eq!(shown(page), [(words.to_owned(), rule)], "{page}");
        }
    }

    #[test]
    fn first_sentences_in_bold_are_shown() {
        for page in [
            "<p><strong>提升服务能力。</strong>全年办结120件。",
            "<p>\u{3000}\u{3000}<b>提升</b><b>服务能力。</b>全年办结120件。",
            "<p>\u{3000}\u{3000}<b>提升<i>服务</i>能力。</b> 全年办结120件。",
        ] {
            let words = "提升服务能力。".to_owned();
            assert_eq!(shown(page), [(words, "bold_start")], "{page}");
        }
        for page in [
            "<p>全年<b>提升服务能力。</b>办结120件。",
            "<p><b>提升</b>服务<b>能力。</b>全年办结120件。",
            "<p><b>办结120件。</b>群众满意，效果良好。",
            "<p><b>提升服务。提升能力。</b>群众满意，效果良好。",
        ] {
            assert_eq!(shown(page), [], "{page}");
        }
    }

    #[test]
    fn bold_words_in_a_line_and_links_show_none() {
        for page in [
            "<p><b>一是</b>加强领导，落实责任。</p>",
            "<p><b><span style='font-weight:normal'>主要成效</span></b></p>",
            "<p><b><a href=a.html>主要成效</a></b></p>",
            "<table><tr><td><b>项目</b></td><td>金额</td></tr></table>",
        ] {
            assert_eq!(shown(page), [], "{page}");
        }
        assert_eq!(shown(&format!("<b>{}</b>", "很长的句子".repeat(10))), []);
    }
}
