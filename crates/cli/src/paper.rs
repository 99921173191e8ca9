//! Text for people at the width of their terminal, in which Chinese takes two columns.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Wider lines are hard to follow with the eye.
const WIDEST: usize = 110;
/// Narrower ones are for nobody; words are broken instead.
const NARROWEST: usize = 40;
/// Where there is no terminal.
const USUAL: usize = 100;

/// A text that grows by lines.
pub(crate) struct Paper {
    text: String,
    width: usize,
}

impl Paper {
    /// As wide as the terminal.
    pub(crate) fn new() -> Self {
        let width = terminal_size::terminal_size().map_or(USUAL, |(width, _)| width.0.into());
        Paper::of_width(width)
    }

    fn of_width(width: usize) -> Self {
        Paper {
            text: String::new(),
            width: width.clamp(NARROWEST, WIDEST),
        }
    }

    /// Adds a line, `indent` columns in; what does not fit stands below, as far in.
    pub(crate) fn line(&mut self, indent: usize, text: &str) {
        self.entry(indent, 0, "", text);
    }

    /// Adds a line with a label that takes `room` columns; what does not fit stands below the text.
    pub(crate) fn entry(&mut self, indent: usize, room: usize, label: &str, text: &str) {
        let label = pad(&plain(label), room);
        let left = indent + width(&label);
        let text = plain(text);
        // A label that takes the line has it for itself.
        let lines = wrap(&text, self.width.saturating_sub(left).max(NARROWEST / 2));
        for (n, line) in lines.iter().enumerate() {
            let line = match n {
                0 => format!("{:indent$}{label}{line}", ""),
                _ => format!("{:left$}{line}", ""),
            };
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }

    /// Adds an empty line, unless there is one.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Columns that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text`, filled up with spaces.
pub(crate) fn pad(text: &str, room: usize) -> String {
    format!("{text}{:1$}", "", room.saturating_sub(width(text)))
}

/// Rows in columns, numbers to the right; the last column takes what it needs.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let room = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let rooms: Vec<usize> = (0..n_columns).map(room).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, &room) in row.iter().zip(&rooms) {
            let space = room - width(cell);
            let is_number = cell.starts_with(|c: char| c.is_ascii_digit())
                && cell.bytes().all(|byte| byte.is_ascii_digit());
            let _ = match is_number {
                true => write!(line, "{:space$}{cell}  ", ""),
                false => write!(line, "{cell}{:space$}  ", ""),
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// `1 file`, `2 files`
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{s}")
}

/// What quotes a page must not break the line or drive the terminal.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        if c != ' ' || !out.ends_with("  ") {
            out.push(c);
        }
    }
    out
}

fn wrap(text: &str, room: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut lines, mut start) = (Vec::new(), 0);
    while start < chars.len() {
        let (mut at, mut used, mut last_chance) = (start, 0, None);
        while let Some(&c) = chars.get(at) {
            let takes = c.width().unwrap_or(0);
            if used + takes > room && at > start {
                break;
            }
            if at > start && may_break(chars[at - 1], c) {
                last_chance = Some(at);
            }
            used += takes;
            at += 1;
        }
        let end = match chars.get(at) {
            None => at,
            Some(&next) if may_break(chars[at - 1], next) => at,
            Some(_) => last_chance.unwrap_or(at),
        };
        let line: String = chars[start..end].iter().collect();
        lines.push(line.trim_end().to_owned());
        start = end;
        while chars.get(start) == Some(&' ') {
            start += 1;
        }
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Between words, and anywhere in Chinese but before marks that close and behind marks that open.
fn may_break(before: char, after: char) -> bool {
    const CLOSING: &str = "，。、；：？！）”’》」』…·,.;:?!)";
    const OPENING: &str = "（“‘《「『(";
    let is_wide = |c: char| c.width() == Some(2);
    before == ' '
        || after == ' '
        || ((is_wide(before) || is_wide(after))
            && !CLOSING.contains(after)
            && !OPENING.contains(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_two_columns_wide_and_no_line_begins_with_a_comma() {
        let lines = wrap("全县共有教师四十七人，其中高级教师三人。", 20);
        assert_eq!(lines, ["全县共有教师四十七", "人，其中高级教师三", "人。"]);
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn a_page_cannot_drive_the_terminal() {
        let mut paper = Paper::of_width(80);
        paper.line(2, "a\u{1b}[31m\r\nb");
        assert_eq!(paper.into_text(), "  a [31m  b\n");
    }

    #[test]
    fn columns_stand_below_each_other_also_when_cells_are_chinese() {
        let rows = [["甲", "7", "x"], ["abc", "12", "y"]].map(|row| row.map(str::to_owned).into());
        assert_eq!(columns(&rows), "甲    7  x\nabc  12  y\n");
    }
}
