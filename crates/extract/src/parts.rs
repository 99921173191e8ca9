use crate::comparison::{Part, Tie};
use crate::figure::Figure;
use crate::line::{Line, is_han};

/// How many characters a part may need between the figure before it and itself.
const MAX_GAP: usize = 24;
/// Sums of figures that are written with decimals may be off by so much.
const ROUNDED: f64 = 1.001;

/// For every figure of a line the whole that it is a part of: the 12所 of 学校12所,其中初中3所、小学9所.
///
/// Behind 其中 the first figure is a part, and so are those after it that have its unit, as long as
/// together they are no more than the whole.
pub(crate) fn find(line: &Line, figures: &[Figure], ties: &[Tie]) -> Vec<Option<usize>> {
    let mut wholes: Vec<Option<usize>> = Vec::with_capacity(figures.len());
    for index in 0..figures.len() {
        let whole = match ties[index].part {
            Part::Value if is_announced(line, figures, index) => {
                whole_of(figures, ties, &wholes, index)
            }
            Part::Value => next_part(line, figures, ties, &wholes, index),
            Part::Base | Part::Change => None,
        };
        wholes.push(whole);
    }
    wholes
}

/// A sum that a line tells, and the figures before it that make it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) at: usize,
    pub(crate) parts: Vec<usize>,
    /// Its parts stand in one list, so that none is left out.
    pub(crate) whole_list: bool,
}

/// 小学47所、初中18所,共65所: the sums that a line tells behind their parts.
pub(crate) fn totals(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    wholes: &[Option<usize>],
) -> Vec<Total> {
    let total = |at: usize| {
        let figure = figures.get(at)?;
        let gap = line.slice(figures.get(at.checked_sub(1)?)?.whole.end..figure.whole.start);
        let words: String = gap.iter().collect();
        let says = [
            ",共",
            ",共计",
            ",合计",
            ",总计",
            ",总共",
            ",一共",
            ",合计为",
            ",共有",
            "、共计",
            "、合计",
        ];
        if !says.contains(&words.as_str()) || ties[at].part != Part::Value {
            return None;
        }
        let alike = |&part: &usize| {
            let free = ties[part].part == Part::Value && wholes[part].is_none();
            free && same_unit(&figures[part], figure)
        };
        let mut parts: Vec<usize> = (0..at).rev().take_while(alike).collect();
        parts.reverse();
        let joined = |pair: &[usize]| {
            let between = line.slice(figures[pair[0]].whole.end..figures[pair[1]].whole.start);
            !between
                .iter()
                .any(|c| matches!(c, ',' | ';' | '。' | ':' | '\n'))
        };
        let whole_list = parts.windows(2).all(joined);
        (parts.len() > 1).then_some(Total {
            at,
            parts,
            whole_list,
        })
    };
    (0..figures.len()).filter_map(total).collect()
}

/// True when 其中 stands between the figure before and this one.
fn is_announced(line: &Line, figures: &[Figure], index: usize) -> bool {
    let figure = &figures[index];
    let Some(previous) = index.checked_sub(1).and_then(|i| figures.get(i)) else {
        return false;
    };
    let from = previous.whole.end.min(figure.whole.start);
    let words = line.slice(from..figure.whole.start);
    words.windows(2).any(|pair| pair == ['其', '中'])
}

/// The nearest figure before that counts the same and is no part itself.
fn whole_of(
    figures: &[Figure],
    ties: &[Tie],
    wholes: &[Option<usize>],
    index: usize,
) -> Option<usize> {
    let figure = &figures[index];
    let fits = |&at: &usize| {
        let other = &figures[at];
        let value = ties[at].part == Part::Value && wholes[at].is_none();
        value && same_unit(other, figure) && size(figure) <= size(other)
    };
    (0..index).rev().find(fits)
}

/// 、小学9所: goes on with the parts of the whole before.
fn next_part(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    wholes: &[Option<usize>],
    index: usize,
) -> Option<usize> {
    // 31.5亿元,增长4.2%;…: changes belong to the part before them.
    let last = (0..index).rev().find(|&at| ties[at].part == Part::Value)?;
    let whole = wholes[last]?;
    let figure = &figures[index];
    let between = line.slice(figures[index - 1].whole.end..figure.whole.start);
    let stops = between.iter().any(|c| matches!(c, '。' | '\n' | ')'));
    // A sum of its own behind the parts: 其中企业310户,新增市场主体总数820户.
    let total = ["总数", "总量", "总额"];
    let total = total
        .iter()
        .any(|word| line.has_before(figure.whole.start, word));
    let stops = stops || total;
    let named = between.iter().any(|&c| is_han(c));
    if stops || !named || between.len() > MAX_GAP || !same_unit(figure, &figures[whole]) {
        return None;
    }
    let so_far = (whole + 1..index).filter(|&at| wholes[at] == Some(whole));
    let sum: f64 = so_far.map(|at| size(&figures[at])).sum();
    let in_list = between.first() == Some(&'、');
    (in_list || sum + size(figure) <= size(&figures[whole]) * ROUNDED).then_some(whole)
}

fn same_unit(a: &Figure, b: &Figure) -> bool {
    let people = |figure: &Figure| matches!(figure.unit_base.as_deref(), Some("人" | "名" | "位"));
    a.kind == b.kind
        && a.unit_base.is_some()
        && (a.unit_base == b.unit_base || people(a) && people(b))
}

/// The figure in its base unit; what is hidden fits into any whole.
fn size(figure: &Figure) -> f64 {
    figure.value.map_or(0.0, |value| value * figure.factor)
}
