//! Where the cells of a table stand, so that an empty cell, or one over several columns or rows,
//! moves no other out of its place.
//!
//! Only rows of which two cells hold words get leading gaps: pages are laid out with tables too, and
//! their empty cells are margins.

use super::tokens::Tag;

/// Further columns are taken for this one. Tables of reports have a dozen.
const MAX_COLUMNS: usize = 64;

/// Rows a cell may reach down, as in browsers.
const MAX_ROWS: u32 = 65_534;

/// One more than the steps from the first column to the last.
const TABS: &str = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\
                    \t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";

/// So far a second cell with words is looked for.
const AHEAD: usize = 512;

/// The tables that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Grids(Vec<Grid>);

#[derive(Debug, Default)]
struct Grid {
    /// Counted from 1.
    row: u32,
    /// Where the next cell starts.
    next: usize,
    /// Where the open cell starts.
    cell: usize,
    /// The cell of this row that held the last words.
    words: Option<usize>,
    /// A cell of this row has words that can be seen.
    has_words: bool,
    /// For each column the last row that a cell from above reaches down to.
    covered: Vec<u32>,
}

impl Grids {
    /// Takes in the start tag of an element that was opened.
    pub(super) fn open(&mut self, name: &str, tag: &Tag<'_>) {
        if name == "table" {
            self.0.push(Grid::default());
            return;
        }
        let Some(grid) = self.0.last_mut() else {
            return;
        };
        match name {
            "tr" => {
                grid.row = grid.row.saturating_add(1);
                (grid.next, grid.cell, grid.words) = (0, 0, None);
                grid.has_words = false;
            }
            "td" | "th" => {
                let number = |name| tag.get(name).and_then(|n| n.trim().parse::<u32>().ok());
                grid.cell(
                    number("colspan").unwrap_or(1),
                    number("rowspan").unwrap_or(1),
                );
            }
            _ => {}
        }
    }

    /// The innermost table ends.
    pub(super) fn close(&mut self) {
        self.0.pop();
    }

    /// What separates the words of the open cell from those before them in its row.
    pub(super) fn tabs(&self) -> &'static str {
        let steps = self.0.last().map_or(1, |grid| {
            let from = grid.words.unwrap_or(grid.cell);
            grid.cell.saturating_sub(from).max(1)
        });
        TABS.get(..steps).unwrap_or("\t")
    }

    /// What stands for the empty cells in front of the first words of a row. `rest` is the page
    /// behind these words, `in_cell` that they stand in a cell of one line.
    pub(super) fn tabs_in_front<'a>(
        &self,
        in_cell: bool,
        rest: impl FnOnce() -> &'a str,
    ) -> &'static str {
        let Some(grid) = self.0.last() else { return "" };
        let is_first = grid.words.is_none() && grid.cell > 0;
        match is_first && has_further_cell(rest(), in_cell) {
            true => TABS.get(..grid.cell).unwrap_or_default(),
            false => "",
        }
    }

    /// The open cell has `words`.
    pub(super) fn words(&mut self, words: &str) {
        if let Some(grid) = self.0.last_mut() {
            grid.words = Some(grid.cell);
            grid.has_words |= words.contains(|c: char| !c.is_whitespace());
        }
    }

    /// A cell of the open row has words that can be seen.
    pub(super) fn row_has_words(&self) -> bool {
        self.0.last().is_some_and(|grid| grid.has_words)
    }
}

impl Grid {
    fn cell(&mut self, n_columns: u32, n_rows: u32) {
        while self.next < MAX_COLUMNS
            && self
                .covered
                .get(self.next)
                .is_some_and(|&to| to >= self.row)
        {
            self.next += 1;
        }
        self.cell = self.next.min(MAX_COLUMNS - 1);
        let n_columns = usize::try_from(n_columns)
            .unwrap_or(1)
            .clamp(1, MAX_COLUMNS);
        let end = (self.next + n_columns).min(MAX_COLUMNS);
        if n_rows > 1 && end > self.cell {
            if self.covered.len() < end {
                self.covered.resize(end, 0);
            }
            let to = self.row.saturating_add(n_rows.min(MAX_ROWS) - 1);
            self.covered
                .iter_mut()
                .take(end)
                .skip(self.cell)
                .for_each(|covered| *covered = to);
        }
        self.next = end;
    }
}

/// True when the row goes on, in `rest`, with a cell that holds words and nothing but words, or, behind a
/// cell of one line (`in_cell`), a paragraph.
pub(super) fn has_further_cell(rest: &str, in_cell: bool) -> bool {
    let mut end = AHEAD.min(rest.len());
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let rest = rest.get(..end).unwrap_or_default();
    let (mut is_open, mut at) = (false, 0);
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find('<')) {
        let words = rest.get(at..at + found).unwrap_or_default();
        if is_open
            && words
                .replace("&nbsp;", "")
                .contains(|c: char| !c.is_whitespace())
        {
            return true;
        }
        at += found + 1;
        let tag = rest.get(at..).unwrap_or_default();
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or_default();
        match &*name.to_ascii_lowercase() {
            "td" | "th" => is_open = true,
            "/td" | "/th" => is_open = false,
            "p" | "div" if in_cell => {}
            "tr" | "/tr" | "table" | "/table" | "p" | "div" | "ul" | "br" => return false,
            _ => {}
        }
        // Words of a tag are no words of its cell.
        let Some(close) = tag.find('>') else {
            return false;
        };
        at += close + 1;
    }
    false
}
