use std::ops::Range;

use crate::around::Around;
use crate::comparison::{Part, Tie, change_verb};
use crate::figure::Figure;
use crate::indicator::Indicator;
use crate::line::Line;
use crate::phrase::{n_han, tidy_before};
use crate::topic::without_added;

/// 收入同比增长8%,达到5.2亿元;计划投资5亿元,实际完成5.3亿元: a clause that says only that a level was reached, or
/// will be, is of what was counted in the clause before.
pub(crate) fn reached(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let last = index.checked_sub(1)?;
    let start = around.clause.start;
    let words = start..figures[index].whole.start;
    let said = start..figures[index].number.start;
    let follows = line.before(start) == ',' && around.whole?.0 == last;
    if !follows || around.left > start || !says_only_reached(line, words.clone(), said) {
        return None;
    }
    let mut name = names
        .get(last)
        .filter(|name| !name.words.is_empty())?
        .clone();
    if ties[last].part == Part::Change {
        if change_verb(line, &figures[last]).as_ref() == name.words.last() {
            name.words.pop();
        }
        let named = !name.words.is_empty();
        return named.then(|| name.because("what changed in the clause before"));
    }
    if figures[last].unit_base != figures[index].unit_base {
        return None;
    }
    name.words = of_result(line, name.words, words);
    let size = |figure: &Figure| figure.value.map(|value| value * figure.factor);
    if size(&figures[index]) > size(&figures[last]) {
        without_added(line, &mut name.words);
    }
    name.reaches_back_to = Some(line.clause(start - 1).start);
    Some(name.because("what was counted in the clause before, of which it is the level"))
}

/// 总投资2亿元,当年完成1.2亿元; 目标任务320人,实际完成356人: what was done of all there is to be, or of an aim.
fn of_result(line: &Line, name: Vec<Range<usize>>, own: Range<usize>) -> Vec<Range<usize>> {
    let mut name = name;
    let Some(last) = name.last().cloned() else {
        return name;
    };
    let aims = ["任务", "目标", "指标", "计划"];
    let is_aim = aims.iter().any(|word| line.has_before(last.end, word));
    let is_all = line.has_before(last.end, "总投资");
    if is_all {
        let cut = last.end - "总投资".chars().count();
        name.pop();
        name.extend((last.start < cut).then_some(last.start..cut));
        name.push(cut + 1..last.end);
    }
    let done = own.rev().find(|&at| line.has(at, "完成"));
    let done = done.map(|at| at..at + "完成".chars().count());
    name.extend(done.filter(|_| is_aim || is_all));
    name
}

/// 达到, 明年力争达到, 实际完成: no word of what it is.
fn says_only_reached(line: &Line, words: Range<usize>, said: Range<usize>) -> bool {
    let says = |word: &str| said.clone().any(|at| line.has(at, word));
    let reaches = [
        "达", "至", "到", "为", "完成", "实现", "突破", "超过", "同期",
    ];
    let apart = ["其中", "其他", "同比", "另"];
    let own = tidy_before(line, words);
    n_han(line, &own) == 0
        && reaches.iter().any(|word| says(word))
        && !apart.iter().any(|word| says(word))
}
