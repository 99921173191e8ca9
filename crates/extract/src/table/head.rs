use taosha_core::{Period, simplify};

use super::is_year;
use crate::figure::{Figure, single};
use crate::line::Line;
use crate::numeral::{Numeral, is_han_numeral};
use crate::rules::Rules;

/// Columns that number, date or address things; data of `rules/phrases.toml` would gain nothing here.
const NO_FIGURES: &[&str] = &[
    "序号", "编号", "代码", "电话", "邮编", "日期", "时间", "年份", "备注", "学号", "账号",
];
/// Heads that say only that figures stand below.
const NO_NAMES: &[&str] = &["数值", "指标值", "数据"];
/// Heads of columns whose cells are units; 单位 is also the office a row is about, which its cells tell.
const UNIT_HEADS: &[&str] = &["单位", "计量单位", "数量单位"];

/// What a column is called, and what its figures are measured in.
#[derive(Default)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) unit: Option<Figure>,
    pub(super) period: Option<Period>,
    /// 序号, 电话: its digits count nothing.
    pub(super) skipped: bool,
    /// 计量单位: it tells what the figures of each row are measured in.
    pub(super) of_units: bool,
}

/// The columns under `heads`, the rows of words above the first figure.
pub(super) fn columns_of(rules: &Rules, heads: &[Vec<String>]) -> Vec<Column> {
    let n = heads.iter().map(Vec::len).max().unwrap_or_default();
    let mut columns: Vec<Column> = Vec::with_capacity(n);
    for column in 0..n {
        let mut name = String::new();
        for (index, row) in heads.iter().enumerate() {
            let own = row.get(column).map_or("", String::as_str);
            // A head that reaches over several columns stands in the first of them.
            let reaches = || {
                row.iter()
                    .take(column + 1)
                    .rev()
                    .find(|cell| !cell.is_empty())
            };
            let last = index + 1 == heads.len();
            let words = match own.is_empty() && !last && column > 0 {
                true => reaches().map_or("", String::as_str),
                false => own,
            };
            name.push_str(words);
        }
        columns.push(Column::named(rules, &name));
    }
    columns
}

impl Column {
    /// 投入(万元): the name and the unit.
    fn named(rules: &Rules, head: &str) -> Column {
        let plain: String = head.chars().filter(|c| !c.is_whitespace()).collect();
        let skipped = NO_FIGURES
            .iter()
            .any(|word| simplify(&plain).contains(word));
        let of_units = UNIT_HEADS.contains(&simplify(&plain).as_str());
        let (name, unit) = without_unit(rules, plain);
        let period = only_period(&name);
        let says_nothing = NO_NAMES.contains(&simplify(&name).as_str());
        Column {
            name: if period.is_some() || says_nothing {
                String::new()
            } else {
                name
            },
            unit,
            period,
            skipped,
            of_units,
        }
    }
}

/// 投入(万元), 增长%: the name of a row or column, and the unit behind it.
pub(super) fn without_unit(rules: &Rules, words: String) -> (String, Option<Figure>) {
    if words.ends_with(['%', '％', '‰']) {
        let name = words.trim_end_matches(['%', '％', '‰']).to_owned();
        let sign: String = words.chars().skip(name.chars().count()).collect();
        return (name, unit_of_words(rules, &sign));
    }
    let Some(open) = words.rfind(['(', '（', '/', '／']) else {
        return (words, None);
    };
    let (name, rest) = words.split_at(open);
    let inner = rest.trim_matches(['(', '（', '/', '／', ')', '）']);
    let inner = ["单位:", "单位：", "單位:", "單位："]
        .iter()
        .find_map(|label| inner.strip_prefix(label))
        .unwrap_or(inner);
    match unit_of_words(rules, inner) {
        Some(unit) => (name.to_owned(), Some(unit)),
        None => (words, None),
    }
}

/// The period that `words` are and nothing else.
pub(super) fn only_period(words: &str) -> Option<Period> {
    // A year has four digits in a row, and most names have none.
    let digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c) || is_han_numeral(c);
    if !words
        .split(|c| !digit(c))
        .any(|run| run.chars().count() >= 4)
    {
        return None;
    }
    let simple = simplify(words.trim());
    let bare = simple
        .parse::<f64>()
        .ok()
        .filter(|year| is_year(*year) && simple.len() == 4);
    if let Some(year) = bare {
        return Some(Period::Year(year as u16));
    }
    match Period::find_all(&simple).as_slice() {
        [only] if only.range.len() + 3 >= simple.len() => Some(only.period),
        _ => None,
    }
}

/// A figure of one in the unit that `words` name: 万元, 人.
pub(crate) fn unit_of_words(rules: &Rules, words: &str) -> Option<Figure> {
    // 其他(3个): a number is no part of a unit.
    if words.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let text = format!("1{words}");
    let line = Line::new(rules, &text, 0..text.len());
    let numeral = Numeral::read(&line, 0)?;
    single(&line, &numeral).filter(|figure| figure.unit.is_some() && figure.whole.end == line.len())
}

/// The unit that the line above a table tells: 单位:万元.
pub(super) fn unit_of_table(rules: &Rules, above: &str) -> Option<Figure> {
    let simple: String = simplify(above)
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let at = simple.rfind("单位:").map(|at| at + "单位:".len());
    let at = at.or_else(|| simple.rfind("单位：").map(|at| at + "单位：".len()))?;
    let words = simple
        .get(at..)?
        .trim_end_matches([')', '）', '。', ';', '；']);
    unit_of_words(rules, words)
}
