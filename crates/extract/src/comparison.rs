use taosha_core::FactKind;

use crate::figure::Figure;
use crate::line::Line;

/// What a figure is to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// 招生583人
    Value,
    /// 比上年的512人
    Base,
    /// 增加71人
    Change,
}

/// A figure's part, and the index of the figure it is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    pub(crate) part: Part,
    pub(crate) base: Option<usize>,
}

/// How far behind a base the change that uses it may begin: 比上年同期的512人净增加…
const CHANGE_GAP: usize = 6;

/// Ties the figures of one line.
pub(crate) fn tie(line: &Line, figures: &[Figure]) -> Vec<Tie> {
    let mut ties: Vec<Tie> = (0..figures.len())
        .map(|index| Tie {
            part: part(line, figures, index),
            base: None,
        })
        .collect();
    for index in 1..ties.len() {
        let (last, figure) = (&figures[index - 1], &figures[index]);
        let between = line.slice(last.whole.end..figure.whole.start);
        // 分别下降12%、25%: all of the list are changes.
        if ties[index - 1].part == Part::Change
            && matches!(between, ['、'] | ['和'])
            && last.unit == figure.unit
        {
            ties[index].part = Part::Change;
        }
    }
    for base in 0..ties.len() {
        if ties[base].part != Part::Base {
            continue;
        }
        let alike = |other: usize| figures[other].unit_base == figures[base].unit_base;
        let rises_to = base + 1 < ties.len() && ties[base + 1].part == Part::Value;
        if rises_to && from_to(line, figures, base) {
            ties[base + 1].base = Some(base);
            continue;
        }
        let is_value = |value: &usize| alike(*value) && ties[*value].part == Part::Value;
        if let Some(value) = base.checked_sub(1).filter(is_value) {
            ties[value].base = Some(base);
        }
        for change in ties.iter_mut().skip(base + 1) {
            if change.part != Part::Change {
                break;
            }
            change.base = Some(base);
        }
    }
    ties
}

fn part(line: &Line, figures: &[Figure], index: usize) -> Part {
    let figure = &figures[index];
    // 由76.3%上升为82.6%
    let last = index.checked_sub(1);
    if last.is_some_and(|last| from_to(line, figures, last)) {
        return Part::Value;
    }
    if change_verb(line, figure).is_some() {
        return Part::Change;
    }
    if figure.kind == FactKind::Change {
        return Part::Change;
    }
    let compared = (compares(line, figures, index) || compares_with(line, figures, index))
        && changes_soon(line, figure);
    if compared || from_to(line, figures, index) {
        return Part::Base;
    }
    Part::Value
}

/// The verb of change before a figure, as a range: 增加(了)62人, but not 增加到62人.
pub(crate) fn change_verb(line: &Line, figure: &Figure) -> Option<std::ops::Range<usize>> {
    let mut end = figure.whole.start;
    while matches!(line.before(end), '了' | ' ' | '达' | '为') {
        end -= 1;
    }
    let len = line.rules.changes.at_end(line.until(end))?;
    let verb = end - len..end;
    let clause = line.clause(figure.number.start);
    let compared = line
        .slice(clause.start..verb.start)
        .iter()
        .any(|&c| matches!(c, '比' | '较'));
    let clear = len > 1 || matches!(line.char(verb.start), '增' | '减') && compared;
    // 增长率达36 speaks of a rate called growth; 多3人 needs 比.
    (clear || compared).then_some(verb)
}

/// 比XX年的 between the figure before and this one.
fn compares(line: &Line, figures: &[Figure], index: usize) -> bool {
    let clause = line.clause(figures[index].number.start);
    let previous = index.checked_sub(1).map_or(0, |i| figures[i].whole.end);
    let from = previous.max(clause.start);
    let words = line.slice(from..figures[index].whole.start);
    let at = words.iter().rposition(|&c| matches!(c, '比' | '较'));
    at.is_some_and(|at| {
        let (before, behind) = (from + at, from + at + 1);
        let word = matches!(
            line.char(behind),
            '例' | '率' | '赛' | '重' | '较' | '值' | '上'
        ) && !line.has(behind, "上年")
            && !line.has(behind, "上学");
        let time = line.char(behind).is_ascii_digit()
            || line.is_mask(behind)
            || matches!(line.char(behind), '上' | '去' | '前');
        let fixed = matches!(line.before(before), '占' | '对' | '评' | '师' | '生');
        let compound = fixed || matches!(line.before(before), '同' | '环') && !time;
        !word && !compound
    })
}

/// 与去年的71起相比减少8起
fn compares_with(line: &Line, figures: &[Figure], index: usize) -> bool {
    let figure = &figures[index];
    let is_behind = ["相比", "相较"]
        .iter()
        .any(|word| line.has(figure.whole.end, word));
    let clause = line.clause(figure.number.start);
    let previous = index.checked_sub(1).map_or(0, |i| figures[i].whole.end);
    let words = line.slice(previous.max(clause.start)..figure.whole.start);
    is_behind && words.iter().any(|c| matches!(c, '与' | '同' | '和' | '跟'))
}

fn changes_soon(line: &Line, figure: &Figure) -> bool {
    let end = figure.whole.end;
    (end..end + CHANGE_GAP).any(|at| {
        line.rules
            .changes
            .at_start(line.from(at))
            .is_some_and(|len| len > 1 || matches!(line.char(at), '增' | '减' | '多' | '少'))
    })
}

/// 由45%提高到60%: this figure and the next.
fn from_to(line: &Line, figures: &[Figure], index: usize) -> bool {
    rises_from(line, figures, index).is_some()
}

/// Where the 由 or 从 of 由45%提高到60% stands, when the figure is the first of two such.
pub(crate) fn rises_from(line: &Line, figures: &[Figure], index: usize) -> Option<usize> {
    let (figure, next) = (figures.get(index)?, figures.get(index + 1)?);
    let clause = line.clause(figure.number.start);
    let previous = index.checked_sub(1).map_or(0, |i| figures[i].whole.end);
    let start = previous.max(clause.start);
    let words = line.slice(start..figure.whole.start);
    let from = words.iter().rposition(|&c| matches!(c, '由' | '从'))?;
    if next.whole.start < figure.whole.end {
        return None;
    }
    let between =
        line.slice(figure.whole.end..without_time(line, figure.whole.end..next.whole.start));
    let to = line.rules.change_to.at_end(between)?;
    let verb = between.get(..between.len() - to).unwrap_or_default();
    let leads = line.rules.leading_on.at_end(verb).is_some();
    let rises = (leads || line.rules.changes.within(verb)) && between.len() < 16;
    rises.then_some(start + from)
}

/// Where `range` ends without the time of the figure behind it: 增加到 of 增加到2021年的.
fn without_time(line: &Line, range: std::ops::Range<usize>) -> usize {
    let Some(mut end) = range.end.checked_sub(1).filter(|&at| line.char(at) == '的') else {
        return range.end;
    };
    let is_time = |c: char| c.is_ascii_digit() || "年月末底今本上半度".contains(c);
    while end > range.start && is_time(line.before(end)) {
        end -= 1;
    }
    match end + 1 < range.end {
        true => end,
        false => range.end,
    }
}
