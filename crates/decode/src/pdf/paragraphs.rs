//! Lines of pages to a text of paragraphs, with running heads and page numbers set apart.

use std::collections::BTreeMap;
use std::ops::Range;

use taosha_core::{Error, Result};

use super::NAME;
use super::layout::{HAN_NUMERALS, ITEM_ENDS, Line, is_latin};
use crate::office::{Builder, Extracted};

/// Shares of the height of a character. A line ends at the margin when no further character would
/// fit; a stop may hang over or be squeezed.
const FULL: f64 = 1.6;

/// Paragraphs begin two characters in; less than one is noise of the setting.
const INDENT: f64 = 0.8;

/// Lines of one paragraph have about the same height, and less than this between them.
const SAME_SIZE: f64 = 0.15;
const SPACING: f64 = 2.8;

/// Shorter lines do not tell where the margins are.
const TELLING: usize = 12;

/// Where the text of a page begins and ends.
#[derive(Clone, Copy)]
struct Margins {
    left: f64,
    right: f64,
    /// Paragraphs are told by their first line.
    has_indents: bool,
}

/// Writes the text of all pages.
///
/// # Errors
/// When the fonts do not tell their characters, and when the text is too long.
pub(crate) fn write(pages: &[Vec<Line>]) -> Result<Extracted> {
    let running = running(pages);
    let is_running = |page: usize, line: usize| {
        let lines = running.get(page);
        lines
            .and_then(|lines| lines.get(line))
            .copied()
            .unwrap_or_default()
    };
    let mut text = Builder::default();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    // The last line of the text with its page's margins, and the running lines since.
    let mut before: Option<(&Line, Margins, usize)> = None;
    let mut waiting: Vec<&Line> = Vec::new();
    for (page, lines) in pages.iter().enumerate() {
        let body = |(line, _): &(usize, &Line)| !is_running(page, *line);
        let margins = margins(lines.iter().enumerate().filter(body).map(|(_, line)| line));
        for (index, line) in lines.iter().enumerate() {
            if is_running(page, index) {
                waiting.push(line);
                continue;
            }
            let joint = before.and_then(|before| joint(before, (line, margins, page)));
            if before.is_some() && joint.is_none() {
                text.push("\n", place(line))?;
            }
            let start = text.len();
            let is_inside = joint.is_some();
            for head in waiting.drain(..) {
                // Inside a paragraph the cut takes the breaks on both sides along.
                if is_inside {
                    text.push("\n", place(head))?;
                }
                write_line(head, &mut text)?;
                if !is_inside {
                    text.push("\n", place(line))?;
                }
            }
            if is_inside && text.len() > start {
                text.push("\n", place(line))?;
            }
            if text.len() > start {
                cuts.push(start..text.len());
            }
            text.push(joint.unwrap_or_default(), place(line))?;
            write_line(line, &mut text)?;
            before = Some((line, margins, page));
        }
    }
    let start = text.len();
    for head in waiting {
        text.push("\n", place(head))?;
        write_line(head, &mut text)?;
    }
    if text.len() > start {
        cuts.push(start..text.len());
    }
    let extracted = text.finish(NAME);
    check(extracted.edited.text())?;
    Ok(Extracted {
        running: cuts,
        ..extracted
    })
}

/// Text that fonts do not tell is U+FFFD.
fn check(text: &str) -> Result<()> {
    const MAX_LOST: f64 = 0.5;
    let (mut n, mut n_lost) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        n += 1;
        n_lost += usize::from(c == '\u{FFFD}');
    }
    if n_lost as f64 > MAX_LOST * n as f64 {
        let message = "find words in a PDF: its fonts do not tell which characters they show";
        return Err(Error::malformed("decode.no_text", message));
    }
    Ok(())
}

fn write_line(line: &Line, text: &mut Builder) -> Result<()> {
    line.pieces
        .iter()
        .try_for_each(|(piece, raw)| text.push(piece, raw.clone()))
}

/// The place in the file where a break before `line` belongs.
fn place(line: &Line) -> Range<usize> {
    let start = line.pieces.first().map_or(0, |(_, raw)| raw.start);
    start..start
}

fn margins<'l>(lines: impl Iterator<Item = &'l Line> + Clone) -> Margins {
    let telling = lines
        .clone()
        .filter(|line| line.text().chars().count() >= TELLING);
    let left = telling
        .clone()
        .map(|line| line.left)
        .fold(f64::INFINITY, f64::min);
    let right = telling
        .clone()
        .map(|line| line.right)
        .fold(f64::NEG_INFINITY, f64::max);
    let indents = |line: &Line| (line.left - left) / line.size;
    Margins {
        left,
        right,
        has_indents: telling
            .into_iter()
            .any(|line| (1.5..3.0).contains(&indents(line))),
    }
}

/// What stands between two lines of one paragraph; `None` when the second begins a new one.
fn joint(before: (&Line, Margins, usize), after: (&Line, Margins, usize)) -> Option<&'static str> {
    let ((a, of_a, page_a), (b, of_b, page_b)) = (before, after);
    let size = a.size.max(b.size).max(f64::MIN_POSITIVE);
    let is_full = a.right >= of_a.right - FULL * size;
    let is_alike = (a.size - b.size).abs() <= SAME_SIZE * size;
    let follows = match page_b - page_a {
        0 => a.y > b.y && a.y - b.y <= SPACING * size,
        gap => gap == 1,
    };
    if !is_full || !is_alike || !follows {
        return None;
    }
    let (text_a, text_b) = (a.text(), b.text());
    if text_a.contains('\t') || text_b.contains('\t') {
        return None;
    }
    let is_indented = b.left > of_b.left + INDENT * size;
    let goes_on = match ends_sentence(&text_a) {
        // A full line that ends a sentence ends the paragraph, unless first lines are told apart.
        true => of_b.has_indents && !is_indented,
        false => !(is_indented && begins_item(&text_b)),
    };
    let (last, first) = (text_a.chars().next_back()?, text_b.chars().next()?);
    // 1 | 2045 is one number, cut in two by the margin.
    let are_words = is_latin(last) && is_latin(first) && !(is_digit(last) && is_digit(first));
    goes_on.then_some(if are_words { " " } else { "" })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn ends_sentence(text: &str) -> bool {
    let text = text
        .trim_end()
        .trim_end_matches(['”', '"', '）', ')', '」', '』']);
    text.ends_with(['。', '！', '？', '：', '；', '!', '?', ':', ';'])
}

/// 一、 （二） 3. 第四条
fn begins_item(text: &str) -> bool {
    let text = text.trim_start();
    let rest = text.trim_start_matches(['（', '(', '第']);
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || HAN_NUMERALS.contains(c));
    behind.len() < rest.len() && behind.starts_with(ITEM_ENDS)
}

/// Lines looked at on each edge of a page.
const EDGE: usize = 2;

/// For each line of each page, whether it repeats on others or counts the pages.
fn running(pages: &[Vec<Line>]) -> Vec<Vec<bool>> {
    let edges: Vec<Vec<usize>> = pages.iter().map(|lines| edges(lines)).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (lines, edges) in pages.iter().zip(&edges) {
        for line in edges.iter().filter_map(|edge| lines.get(*edge)) {
            *counts.entry(shape(&line.text())).or_default() += 1;
        }
    }
    // On fewer pages the same heading may begin two parts.
    let least = (pages.len() / 3).max(3);
    let heeds_artifacts = heeds_artifacts(pages);
    let of_page = |(lines, edges): (&Vec<Line>, &Vec<usize>)| {
        let is_running = |(index, line): (usize, &Line)| {
            let is_edge = edges.contains(&index);
            let is_outermost = edges.first() == Some(&index) || edges.last() == Some(&index);
            let repeats = || {
                counts
                    .get(&shape(&line.text()))
                    .is_some_and(|n| *n >= least)
            };
            heeds_artifacts && line.is_artifact
                || is_edge && repeats()
                || is_outermost && is_page_number(&line.text())
        };
        lines.iter().enumerate().map(is_running).collect()
    };
    pages.iter().zip(&edges).map(of_page).collect()
}

/// Some programs call everything an artifact.
fn heeds_artifacts(pages: &[Vec<Line>]) -> bool {
    let count = |keep: fn(&&Line) -> bool| pages.iter().flatten().filter(keep).count();
    count(|line| line.is_artifact) * 2 < count(|_| true)
}

/// The uppermost and lowest lines, from top to bottom.
fn edges(lines: &[Line]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    let y = |index: &usize| lines.get(*index).map_or(0.0, |line| line.y);
    order.sort_by(|a, b| y(b).total_cmp(&y(a)));
    let n = order.len();
    order
        .into_iter()
        .enumerate()
        .filter(|(place, _)| *place < EDGE || place + EDGE >= n)
        .map(|(_, index)| index)
        .collect()
}

/// A line without its digits, so that 第1页 and 第2页 look alike.
fn shape(text: &str) -> String {
    let signs = text.chars().filter(|c| !c.is_whitespace());
    let mut shape: String = signs
        .map(|c| if c.is_ascii_digit() { '#' } else { c })
        .collect();
    while shape.contains("##") {
        shape = shape.replace("##", "#");
    }
    shape
}

/// `- 3 -`, `3/12`, `第3页 共12页`
fn is_page_number(text: &str) -> bool {
    /// Longer numbers are figures of a table, or years.
    const MAX_DIGITS: usize = 3;
    let words = ["第", "页", "頁", "共", "Page", "of"];
    let bare = words
        .iter()
        .fold(text.to_owned(), |text, word| text.replace(word, " "));
    let is_frame = |c: char| c.is_whitespace() || "-—–－·/~|,，".contains(c);
    let mut numbers = bare
        .split(is_frame)
        .filter(|part| !part.is_empty())
        .peekable();
    numbers.peek().is_some()
        && numbers.all(|number| {
            number.len() <= MAX_DIGITS && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_are_told_from_figures() {
        for number in [
            "3",
            "- 12 -",
            "—3—",
            "第 3 页 共 12 页",
            "3/12",
            "Page 3 of 12",
        ] {
            assert!(is_page_number(number), "{number}");
        }
        for other in ["2019", "3所", "12045", "—", "", "第三页"] {
            assert!(!is_page_number(other), "{other}");
        }
    }

    #[test]
    fn items_begin_with_their_number() {
        for item in [
            "一、工作",
            "（二）工作",
            "3.工作",
            "第四条 工作",
            "（12）工作",
        ] {
            assert!(begins_item(item), "{item}");
        }
        for other in ["三年级", "2019年", "第四季度", "（含"] {
            assert!(!begins_item(other), "{other}");
        }
    }
}
