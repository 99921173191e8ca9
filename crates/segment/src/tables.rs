//! Tables in text: lines of cells that follow each other.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::number::is_space;
use crate::{lines, rules};

/// A single line of cells is no table.
const LEAST_ROWS: usize = 2;

/// A row has fewer characters; what is longer is prose with gaps in it.
const LONGEST_ROW: usize = 300;

/// 在职教师 1 204 86.5%: a label, then figures and nothing else.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"^[^ \t\u{3000}0-9,，。;；:：]{1,20}[ \u{3000}]+(?:[-—/]|[0-9][0-9,.]*[%‰]?[\p{Han}]{0,3})(?:[ \u{3000}]+(?:[-—/]|[0-9][0-9,.]*[%‰]?[\p{Han}]{0,3}))*$",
    )
});

/// The tables in `text`, in order, without the line break behind them. Linear.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let mut tables = Vec::new();
    let mut open: Option<(Range<usize>, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        let line = lines::line_at(text, at);
        at = line.end + 1;
        let line = lines::trim(text, line);
        if line.is_empty() {
            continue;
        }
        if is_row(text.get(line.clone()).unwrap_or_default()) {
            open = Some(match open {
                Some((table, n)) => (table.start..line.end, n + 1),
                None => (line, 1),
            });
            continue;
        }
        close(open.take(), &mut tables);
    }
    close(open, &mut tables);
    tables
}

fn close(open: Option<(Range<usize>, usize)>, tables: &mut Vec<Range<usize>>) {
    tables.extend(
        open.filter(|(_, n)| *n >= LEAST_ROWS)
            .map(|(table, _)| table),
    );
}

fn is_row(line: &str) -> bool {
    let is_long = line.len() > LONGEST_ROW && line.chars().nth(LONGEST_ROW).is_some();
    if line.contains('。') || is_long {
        return false;
    }
    line.trim_matches(is_space).contains('\t') || LABELLED.is_match(line)
}

#[cfg(test)]
#[allow(clippy::string_slice)] // A wrong offset shall fail the test.
mod tests {
    use super::*;

    #[test]
    fn rows_of_cells_are_one_table() {
        let text = "公开情况如下:\n信息内容\t件数\n规章\t3\n\n行政许可\t16\n以上为全部。";
        let tables = find(text);
        assert_eq!(
            tables.into_iter().map(|t| &text[t]).collect::<Vec<_>>(),
            ["信息内容\t件数\n规章\t3\n\n行政许可\t16"]
        );
        assert_eq!(
            find("在校学生 1204 98.5%\n教职工 86人 -\n合计 1290").len(),
            1
        );
    }

    #[test]
    fn prose_is_no_table() {
        assert!(find("青禾县\t教育局\n做了工作。").is_empty());
        assert!(find("今年 我们新建校舍3处,\n改造 厕所5座。").is_empty());
        assert!(find("一、 基本情况\n二、 打算").is_empty());
    }
}
