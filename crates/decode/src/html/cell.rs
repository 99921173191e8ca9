//! Cells of a table that editors wrap into paragraphs: `<td><p>12</p></td>`, as Word writes all of them.

use super::tags::{self, Effect};

/// Bytes of a cell that are looked at; Word writes a kilobyte of styles around a figure.
const AHEAD: usize = 4096;

/// The most characters of a paragraph that is the content of a cell; pages are laid out with tables, and
/// longer ones are paragraphs of a text.
const MAX_CHARS: usize = 80;

/// The most characters of a cell that is so narrow that its words are broken.
const MAX_NARROW: usize = 16;

/// The end of the cell that begins `rest`, when it reads as one line: a short paragraph, or a few Han
/// characters on several lines.
pub(super) fn one_line(rest: &str) -> Option<usize> {
    let mut end = AHEAD.min(rest.len());
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let rest = rest.get(..end).unwrap_or_default();
    let (mut n_chars, mut n_lines, mut at) = (0, 0, 0);
    let (mut is_open, mut is_han) = (false, true);
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find('<')) {
        let words = rest.get(at..at + found).unwrap_or_default();
        for c in words.replace("&nbsp;", " ").chars() {
            if c.is_whitespace() {
                continue;
            }
            n_lines += usize::from(!is_open);
            is_open = true;
            n_chars += 1;
            is_han &= ('\u{3400}'..='\u{9fff}').contains(&c);
            if n_chars > MAX_CHARS || c == '。' {
                return None;
            }
        }
        at += found + 1;
        let tag = rest.get(at..).unwrap_or_default();
        let own = tag.strip_prefix('/').unwrap_or(tag);
        let end = own.find(|c: char| !c.is_ascii_alphanumeric());
        let name = own.get(..end.unwrap_or(own.len())).unwrap_or_default();
        let name = name.to_ascii_lowercase();
        let is_end = matches!(&*name, "td" | "th" | "tr");
        match tags::effect(&name) {
            _ if is_end => {
                let is_narrow = is_han && n_chars <= MAX_NARROW;
                return (n_lines <= 1 || is_narrow).then_some(at - 1);
            }
            _ if name == "table" || name == "li" => return None,
            Effect::Hidden => return None,
            Effect::Block | Effect::Container | Effect::Break => is_open = false,
            Effect::Inline | Effect::Title | Effect::Cell => {}
        }
        at += tag.find('>')? + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_paragraph_is_the_content_of_its_cell() {
        for cell in [
            "12</td>",
            "<p class=x><span>12</span></p></td>",
            "<div><p>&nbsp;</p><p>行政规范性文件</p></div><td>",
            "<p>信息</p><p>内容</p></th>",
            "信息<br>内容</tr>",
        ] {
            assert!(one_line(cell).is_some(), "{cell}");
        }
    }

    #[test]
    fn paragraphs_of_a_text_stay_lines() {
        let long = format!("<p>{}</p></td>", "全年工作".repeat(30));
        for cell in [
            "<p>12</p><p>34</p></td>",
            "<p>各项工作完成。</p></td>",
            "<p>12</p>",
            "<ul><li>12</ul></td>",
            "<table><tr><td>12",
            &long,
        ] {
            assert_eq!(one_line(cell), None, "{cell}");
        }
    }
}
