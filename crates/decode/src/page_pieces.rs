//! Numbers in front of the pieces of a text that a library of files shows page by page: 1、, 2、 where a
//! page of the file begins, mostly inside a word.

use std::ops::Range;

use crate::lines::is_stop;

/// A page of a file has more, in bytes: 150 Han characters. Items of a list are shorter.
const LEAST_PIECE: usize = 450;

/// Where they stand in `text`, each with the line breaks in front of it where it parts a sentence.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut n_torn, mut n_whole) = (0usize, 0usize);
    let mut number = "1、".to_owned();
    let mut last: Range<usize> = 0..0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.trim_end().len();
        start += line.len();
        let words = text.get(range.clone()).unwrap_or_default();
        if words.is_empty() {
            continue;
        }
        if words.starts_with(&number) {
            let behind = range.start + number.len();
            let above = text.get(last.clone()).unwrap_or_default();
            let goes_on = above.chars().next_back().is_some_and(|c| !is_stop(c));
            if found.is_empty() {
                found.push(range.start..behind);
            } else if last.len() >= LEAST_PIECE && goes_on {
                n_torn += 1;
                found.push(last.end..behind);
            } else if last.len() >= LEAST_PIECE {
                n_whole += 1;
                found.push(range.start..behind);
            }
            number = format!("{}、", found.len() + 1);
        }
        last = range;
    }
    // A page seldom ends with a sentence, and an item of a list mostly does.
    match n_torn > 0 && n_torn >= 2 * n_whole {
        true => found,
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let mut left = text.to_owned();
        for range in find(text).into_iter().rev() {
            left.replace_range(range, "");
        }
        left
    }

    #[test]
    fn pieces_of_pages_are_one_text() {
        let words = "全县新建校舍十二处，培训教师三百余人，办学条件明显改善。".repeat(8);
        let text = format!(
            "1、青禾县工作总结{words}教育现代化有序推\n\n2、进，{words}投入12\n\n3、万元。"
        );
        let whole = format!("青禾县工作总结{words}教育现代化有序推进，{words}投入12万元。");
        assert_eq!(cut(&text), whole);
    }

    #[test]
    fn lists_stay() {
        let words = "全县新建校舍十二处，培训教师三百余人，办学条件明显改善。".repeat(8);
        for text in [
            format!("1、{words}\n2、{words}\n3、{words}"),
            "1、学校建设\n2、教师培训\n3、校园安全".to_owned(),
            format!("1、{words}"),
        ] {
            assert_eq!(cut(&text), text);
        }
    }
}
