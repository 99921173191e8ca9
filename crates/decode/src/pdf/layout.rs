//! Strings with places to lines of a page.

use taosha_core::RawRange;

use super::content::Shown;

/// A line of a page, or the part of a row that stands in one cell.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Pieces of text with the content stream each was shown by.
    pub(crate) pieces: Vec<(String, RawRange)>,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) y: f64,
    pub(crate) size: f64,
    pub(crate) is_artifact: bool,
}

impl Line {
    pub(crate) fn text(&self) -> String {
        self.pieces.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// All shares of the height of a character. Lines are a whole height apart; raised signs and
/// mixed fonts shift less than this.
const SAME_LINE: f64 = 0.6;

/// Strings that begin this far before the end of the one before stand in another column.
const STEP_BACK: f64 = 1.5;

/// Latin words are this far apart, a third of the height as a rule.
const SPACE: f64 = 0.18;

/// Han characters are set apart by a little to fill a line; a blank is a whole width.
const HAN_SPACE: f64 = 0.8;

/// Cells of a row are further apart than words ever are.
const CELL: f64 = 1.6;

/// Bold is faked by showing a string twice, with less than this between.
const TWICE: f64 = 0.25;

/// The lines of a page in the order in which they are shown.
pub(crate) fn lines(shown: Vec<Shown>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut before: Option<Shown> = None;
    for shown in shown {
        if before
            .as_ref()
            .is_some_and(|before| is_same(before, &shown))
        {
            continue;
        }
        match lines.last_mut().filter(|line| goes_on(line, &shown)) {
            Some(line) => append(line, &shown),
            None => lines.push(Line {
                pieces: vec![(shown.text.clone(), shown.raw.clone())],
                left: shown.left,
                right: shown.right,
                y: shown.y,
                size: shown.size,
                is_artifact: shown.is_artifact,
            }),
        }
        before = Some(shown);
    }
    lines.retain(|line| line.pieces.iter().any(|(text, _)| !text.trim().is_empty()));
    lines
}

fn is_same(a: &Shown, b: &Shown) -> bool {
    let near = |a: f64, b: f64, size: f64| (a - b).abs() < TWICE * size;
    a.text == b.text && near(a.left, b.left, a.size) && near(a.y, b.y, a.size)
}

fn goes_on(line: &Line, shown: &Shown) -> bool {
    let size = line.size.max(shown.size);
    line.is_artifact == shown.is_artifact
        && (line.y - shown.y).abs() < SAME_LINE * size
        && shown.left > line.right - STEP_BACK * size
}

fn append(line: &mut Line, shown: &Shown) {
    let size = line.size.max(shown.size).max(f64::MIN_POSITIVE);
    let gap = (shown.left - line.right) / size;
    let last = line
        .pieces
        .iter()
        .rev()
        .find_map(|(text, _)| text.chars().next_back());
    let first = shown.text.chars().next();
    let has_space = [last, first].into_iter().flatten().any(char::is_whitespace);
    let is_latin = [last, first].into_iter().flatten().all(is_latin);
    let is_label = || is_item_number(&line.text());
    let between = match gap {
        // 1.   全年: the text behind the number of an item is lined up, not a cell.
        gap if gap > HAN_SPACE && is_label() => "",
        gap if gap > CELL => "\t",
        gap if !has_space && (gap > HAN_SPACE || is_latin && gap > SPACE) => " ",
        _ => "",
    };
    let (mut text, raw) = (between.to_owned(), &shown.raw);
    text.push_str(&shown.text);
    match line.pieces.last_mut().filter(|(_, place)| place == raw) {
        Some((piece, _)) => piece.push_str(&text),
        None => line.pieces.push((text, raw.clone())),
    }
    // A raised sign leaves the line where it is.
    if shown.size > line.size {
        (line.size, line.y) = (shown.size, shown.y);
    }
    line.right = line.right.max(shown.right);
}

/// True when `text` is the number of an item and nothing else: 一、 （二） 3.
fn is_item_number(text: &str) -> bool {
    let rest = text.trim().trim_start_matches(['（', '(', '第']);
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || HAN_NUMERALS.contains(c));
    behind.len() < rest.len()
        && ITEM_ENDS
            .iter()
            .any(|end| behind.starts_with(*end) && behind.len() == end.len_utf8())
}

pub(crate) const HAN_NUMERALS: &str = "一二三四五六七八九十百";

/// What stands behind the number of an item.
pub(crate) const ITEM_ENDS: [char; 8] = ['、', '.', '．', '）', ')', '条', '章', '节'];

pub(crate) fn is_latin(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2E80}'
}
