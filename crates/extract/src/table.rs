mod head; // 投入(万元): what columns and rows are called

use std::ops::Range;

use taosha_core::{FactKind, Period, simplify_char};

use crate::figure::{Figure, single};
use crate::line::Line;
use crate::lines::Lines;
use crate::numeral::{self, Numeral, is_han_numeral};
use crate::rules::Rules;
use crate::unit::Measure;
pub(crate) use head::unit_of_words;
use head::{Column, columns_of, only_period, unit_of_table, without_unit};

/// A single line of cells is no table.
const LEAST_ROWS: usize = 2;
/// What is longer, in bytes, is prose with gaps in it.
const LONGEST_ROW: usize = 900;
/// A cell of more characters is prose.
const LONGEST_NAME: usize = 24;
/// More rows of words than this above the first figure are no heads.
const MAX_HEADS: usize = 3;

/// A row of cells with figures in it.
pub(crate) struct Row {
    /// Bytes of the reading.
    pub(crate) range: Range<usize>,
    pub(crate) cells: Vec<Cell>,
}

/// A figure in a cell.
pub(crate) struct Cell {
    /// Its first character in the row.
    pub(crate) at: usize,
    pub(crate) figure: Figure,
    /// The row's name and the column's.
    pub(crate) indicator: String,
    /// The time that the row or the column is named by.
    pub(crate) period: Option<Period>,
}

/// Hands `found` the rows with figures of all tables that `lines` are cut from, in order, each with
/// its line.
///
/// A table is what `decode` makes of one: a line for each row, cells divided by tabs, cells that
/// reach over several rows or columns empty but for the first.
pub(crate) fn rows(rules: &Rules, lines: &Lines, found: &mut dyn FnMut(&Line, Row)) {
    let text = lines.reading();
    if !text.contains('\t') {
        return;
    }
    let mut block: Vec<Range<usize>> = Vec::new();
    let mut before = 0..0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.trim_end_matches(['\n', '\r']).len();
        start += line.len();
        let words = text.get(range.clone()).unwrap_or_default();
        if words.trim().is_empty() {
            continue;
        }
        if words.contains('\t') && words.len() <= LONGEST_ROW && !words.contains('。') {
            block.push(range);
            continue;
        }
        read(rules, lines, before, &block, found);
        block.clear();
        before = range;
    }
    read(rules, lines, before, &block, found);
}

/// One table: `before` is the line above it, which may tell the unit.
fn read(
    rules: &Rules,
    lines: &Lines,
    before: Range<usize>,
    block: &[Range<usize>],
    found: &mut dyn FnMut(&Line, Row),
) {
    if block.len() < LEAST_ROWS {
        return;
    }
    let text = lines.reading();
    let words = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    let above = unit_of_table(rules, words(&before));
    let mut heads: Vec<Vec<String>> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for (index, range) in block.iter().enumerate() {
        let line = lines.line(range.clone());
        let cells = cells(&line);
        let is_head = index < MAX_HEADS && heads.len() == index && !has_figure(&line, &cells);
        if is_head {
            heads.push(
                cells
                    .iter()
                    .map(|cell| line.original(cell.clone()).to_owned())
                    .collect(),
            );
            continue;
        }
        if columns.is_empty() {
            columns = columns_of(rules, &heads);
        }
        let row = read_row(&line, &cells, &columns, &mut names, above.as_ref());
        if !row.is_empty() {
            let range = range.clone();
            found(&line, Row { range, cells: row });
        }
    }
}

/// The cells of a row, without the spaces around their words.
fn cells(line: &Line) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 0;
    for at in 0..=line.len() {
        if at == line.len() || line.char(at) == '\t' {
            cells.push(line.trim(start..at));
            start = at + 1;
        }
    }
    cells
}

fn has_figure(line: &Line, cells: &[Range<usize>]) -> bool {
    let figures = cells.iter().filter_map(|cell| figure(line, cell));
    // 2019, 2020: a head of years.
    let years = |figure: &Figure| figure.unit.is_none() && figure.value.is_some_and(is_year);
    figures.into_iter().any(|figure| !years(&figure))
}

fn is_year(value: f64) -> bool {
    (1900.0..2100.0).contains(&value) && value.fract() == 0.0
}

/// The figure that a cell is, when it is nothing else.
fn figure(line: &Line, cell: &Range<usize>) -> Option<Figure> {
    let signed = matches!(line.char(cell.start), '-' | '+' | '负') && cell.len() > 1;
    let start = cell.start + usize::from(signed);
    if cell.is_empty() || !numeral::begins(line, start) || line.is_taken(start) {
        return None;
    }
    let numeral = Numeral::read(line, start)
        .filter(|numeral| !line.slice(numeral.range.clone()).is_empty())?;
    // Names such as 三中 begin with a numeral, too.
    let figure = match numeral.end == cell.end {
        true => Figure::over(line, &numeral),
        false => single(line, &numeral)
            .filter(|figure| figure.whole.end == cell.end && figure.unit.is_some())?,
    };
    let digits = line
        .slice(figure.number.clone())
        .iter()
        .filter(|c| c.is_ascii_digit())
        .count();
    let code = digits > 10 || line.char(start) == '0' && digits > 1 && line.char(start + 1) != '.';
    let mut figure = figure;
    figure.hide();
    (!code).then_some(figure)
}

/// What the column of units says of a row, and which it is.
fn unit_of_row(line: &Line, cells: &[Range<usize>], columns: &[Column]) -> Option<(usize, Figure)> {
    let of_units = columns.iter().position(|column| column.of_units)?;
    let words = line.original(cells.get(of_units)?.clone());
    Some((of_units, unit_of_words(line.rules, words.trim())?))
}

fn read_row(
    line: &Line,
    cells: &[Range<usize>],
    columns: &[Column],
    names: &mut Vec<String>,
    above: Option<&Figure>,
) -> Vec<Cell> {
    let mut found = Vec::new();
    // The words to the left of a cell: in a table with heads those that open the row.
    let mut label = "";
    let mut label_at = 0;
    let mut in_front = true;
    let mut row_names: Vec<String> = Vec::new();
    let mut row_unit = unit_of_row(line, cells, columns);
    // What the figures behind these words are called.
    let mut named: Option<RowName> = None;
    for (index, cell) in cells.iter().enumerate() {
        let column = columns.get(index);
        if column.is_some_and(|column| column.skipped) {
            continue;
        }
        let Some(mut figure) = figure(line, cell) else {
            let words = line.original(cell.clone()).trim();
            if words.chars().count() > LONGEST_NAME {
                return Vec::new();
            }
            if columns.is_empty() {
                // 学校数, 所, 85 without heads: the unit of what was named before it.
                row_unit = unit_of_words(line.rules, words)
                    .filter(|_| label_at + 1 == index && !label.is_empty())
                    .map(|unit| (index, unit));
            }
            let words = match &row_unit {
                Some((at, _)) if *at == index => "",
                _ => words,
            };
            if in_front {
                // An empty cell in front goes on with the name above it.
                let inherited = names.get(row_names.len()).cloned().unwrap_or_default();
                let name = if words.is_empty() && index == 0 {
                    inherited
                } else {
                    without_number(words).to_owned()
                };
                row_names.push(name);
                named = None;
            }
            if !words.is_empty() {
                (label, label_at) = (words, index);
                named = named.filter(|_| !columns.is_empty());
            }
            continue;
        };
        in_front = false;
        let name = named.get_or_insert_with(|| match columns.is_empty() {
            true => RowName::new(line.rules, label.to_owned()),
            false => RowName::new(line.rules, row_names.concat()),
        });
        let head = column.map_or("", |column| column.name.as_str());
        let indicator = [name.words.as_str(), head].concat();
        if indicator.is_empty() || figure.unit.is_none() && column.is_none() && label.is_empty() {
            continue;
        }
        let unit = column
            .and_then(|column| column.unit.as_ref())
            .or(row_unit.as_ref().map(|(_, unit)| unit))
            .or(name.unit.as_ref())
            .or(above);
        figure.take_unit(unit, &indicator);
        found.push(Cell {
            at: figure.number.start,
            figure,
            indicator,
            period: name
                .period
                .or_else(|| column.and_then(|column| column.period)),
        });
    }
    *names = row_names;
    found
}

/// The name of a row without the number that its list gives it: 一、本年新收, （一）予以公开.
fn without_number(name: &str) -> &str {
    let is_numeral = |c: char| c.is_ascii_digit() || is_han_numeral(c);
    let open = name.strip_prefix(['(', '（']);
    let behind = open.unwrap_or(name).trim_start_matches(is_numeral);
    let signs: &[char] = match open {
        Some(_) => &[')', '）'],
        None => &['、', '.', '．'],
    };
    let has_number = behind.len() < open.unwrap_or(name).len();
    let bare = behind.strip_prefix(signs).filter(|_| has_number);
    bare.map(str::trim_start)
        .filter(|bare| !bare.is_empty())
        .unwrap_or(name)
}

/// What the words in front of a row's figures say: what is counted and in what, or when.
struct RowName {
    words: String,
    unit: Option<Figure>,
    period: Option<Period>,
}

impl RowName {
    fn new(rules: &Rules, words: String) -> Self {
        let (words, unit) = without_unit(rules, words);
        let period = only_period(&words);
        RowName {
            words: if period.is_some() {
                String::new()
            } else {
                words
            },
            unit,
            period,
        }
    }
}

/// True when what is called so is a share of something.
fn is_share(indicator: &str) -> bool {
    let ends = |word: &str| {
        let tail = indicator.chars().rev().map(simplify_char);
        tail.take(word.chars().count()).eq(word.chars().rev())
    };
    [
        "率", "占比", "比例", "比重", "增速", "增幅", "增长", "同比", "环比",
    ]
    .into_iter()
    .any(ends)
}

impl Figure {
    /// Measures it in the unit of `other`.
    pub(crate) fn take_unit_of(&mut self, other: &Figure) {
        self.unit.clone_from(&other.unit);
        self.unit_base.clone_from(&other.unit_base);
        self.factor = other.factor;
        self.kind = other.kind;
        self.measure = other.measure;
    }

    /// The unit of the column, where the cell has none. A share needs none of 万元.
    fn take_unit(&mut self, unit: Option<&Figure>, indicator: &str) {
        if self.unit.is_some() {
            return;
        }
        let share = is_share(indicator);
        match unit.filter(|unit| !share || unit.measure == Some(Measure::Rate)) {
            Some(unit) => self.take_unit_of(unit),
            None if share => self.kind = FactKind::Rate,
            None => {}
        }
    }
}
