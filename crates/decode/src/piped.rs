//! Tables of a plain text whose cells stand between `|`, as programs write them that turn pages into text.

use std::ops::Range;

use crate::lines::Mend;

/// A row alone may be a menu: 首页 | 新闻 | 公告.
const LEAST_ROWS: usize = 2;

/// Longer lines are prose with a sign in it, in bytes.
const MAX_ROW: usize = 900;

/// What stands between the cells of the tables in `text`, whose `lines` hold something: a tab in the reading.
pub(crate) fn cells(text: &str, lines: &[Range<usize>]) -> Vec<Mend> {
    let mut mends = Vec::new();
    if memchr::memchr(b'|', text.as_bytes()).is_none() {
        return mends;
    }
    let words = |line: &Range<usize>| text.get(line.clone()).unwrap_or_default();
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        let rows = rest.iter().take_while(|line| is_row(words(line)));
        let rows = rest.get(..rows.count()).unwrap_or_default();
        let has_figures = rows.iter().any(|row| has_figure(words(row)));
        if rows.len() >= LEAST_ROWS && has_figures {
            for row in rows {
                borders(words(row), row.start, &mut mends);
            }
        }
        at += rows.len().max(1);
    }
    mends
}

/// True for a line with cells, or with one that ends in its border.
fn is_row(line: &str) -> bool {
    let n_borders = memchr::memchr_iter(b'|', line.as_bytes()).count();
    (n_borders >= 2 || n_borders == 1 && line.trim_end().ends_with('|'))
        && line.len() <= MAX_ROW
        && !line.contains('。')
}

/// True where one of the cells holds nothing but a figure.
fn has_figure(line: &str) -> bool {
    let is_figure = |cell: &str| {
        let cell = cell.trim();
        cell.starts_with(|c: char| c.is_ascii_digit())
            && cell
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '%'))
    };
    line.split('|').any(is_figure)
}

/// The borders in `line`, which starts at `base`: those around it go, those between cells become tabs.
fn borders(line: &str, base: usize, mends: &mut Vec<Mend>) {
    let words = line.trim_matches(' ');
    let words = words.strip_prefix('|').unwrap_or(words);
    let words = words.strip_suffix('|').unwrap_or(words).trim_matches(' ');
    let start = words.as_ptr() as usize - line.as_ptr() as usize;
    let mut put = |range: Range<usize>, reads_as: &'static str| {
        if !range.is_empty() {
            mends.push(Mend {
                range: base + range.start..base + range.end,
                reads_as,
                rule: "table_border",
            });
        }
    };
    put(0..start, "");
    // |---|---| under the names of the columns
    let is_rule = words.chars().all(|c| matches!(c, '-' | ':' | '|' | ' '));
    if is_rule {
        put(start..line.len(), "");
        return;
    }
    for (at, _) in words.match_indices('|') {
        let before = words.get(..at).unwrap_or_default();
        let behind = words.get(at + 1..).unwrap_or_default();
        let from = before.trim_end_matches(' ').len();
        let to = words.len() - behind.trim_start_matches(' ').len();
        // The space between two borders is an empty cell.
        let from = if before.trim_end_matches(' ').ends_with('|') {
            at
        } else {
            from
        };
        put(start + from..start + to, "\t");
    }
    put(start + words.len()..line.len(), "");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split('\n') {
            if !line.trim().is_empty() {
                lines.push(start..start + line.trim_end().len());
            }
            start += line.len() + 1;
        }
        let mut read = text.to_owned();
        for mend in cells(text, &lines).into_iter().rev() {
            read.replace_range(mend.range, mend.reads_as);
        }
        read
    }

    #[test]
    fn rows_between_borders_are_rows() {
        let text = "信息内容 | 本年新制作数量 | 公开总数 |\n规章 | 0 | 3 |\n规范性文件 | 12 |  |\n二、申请情况";
        assert_eq!(
            read(text),
            "信息内容\t本年新制作数量\t公开总数\n规章\t0\t3\n规范性文件\t12\t\n二、申请情况"
        );
        let markdown = "| 学校 | 人数 |\n|---|---|\n| 一中 | 1200 |";
        assert_eq!(read(markdown), "学校\t人数\n\n一中\t1200");
    }

    #[test]
    fn menus_and_prose_keep_their_signs() {
        for text in [
            "首页 | 新闻 | 公告\n一、概况",
            "首页 | 新闻 | 公告\n关于我们 | 地图 | 帮助",
            "a | b。\nc | d。",
        ] {
            assert_eq!(read(text), text);
        }
    }
}
