use std::ops::Range;

use taosha_core::FactKind;

use crate::comparison::{Part, Tie, change_verb};
use crate::figure::Figure;
use crate::indicator::Indicator;
use crate::line::Line;
use crate::phrase::{MIN_WORDS, n_han, open_bracket, skip_leads, tidy_before};
use crate::unit::Measure;

/// The things of a list that share a noun are seldom named by more: 国家、省、市、县四级课题.
const SHORT_WORDS: usize = 3;
/// A figure stands this near to both ends of the bracket it is in.
const MAX_ASIDE: usize = 20;

/// 死亡、受伤分别下降12%、25%: each figure has the noun in its place.
pub(crate) fn distribute(line: &Line, figures: &[Figure], ties: &[Tie], names: &mut [Indicator]) {
    let mut first = 0;
    while let Some(figure) = figures.get(first) {
        let clause = line.clause(figure.number.start);
        let count = figures.iter().skip(first);
        let n = count
            .take_while(|f| f.number.start < clause.end)
            .count()
            .max(1);
        let words = line.slice(clause.start..figure.number.start);
        let cue = words.windows(2).rposition(|pair| pair == ['分', '别']);
        if let Some(cue) = cue.map(|at| clause.start + at) {
            let nouns = listed_nouns(line, clause.start..cue);
            let verb = change_verb(line, figure).filter(|_| ties[first].part == Part::Change);
            // 分别增长10.2%、下降2.7%: a verb right before a figure is that figure's.
            let verb_of = |at: usize| {
                let own = figures.get(at).and_then(|figure| change_verb(line, figure));
                own.filter(|_| ties.get(at).is_some_and(|tie| tie.part == Part::Change))
            };
            // 同比分别增长7.5%和5.3%: what grew was counted in the clauses before.
            let head = line.trim(clause.start..cue);
            let opens = matches!(line.char(head.start), '比' | '较' | '同' | '环' | '与');
            let from_before = (head.is_empty() || opens) && n > 1;
            if let Some(before) = from_before
                .then(|| values_before(line, figures, ties, first, n))
                .flatten()
            {
                let end = figure.whole.start - usize::from(line.before(figure.whole.start) == '的');
                let verb = verb.or_else(|| {
                    let words = tidy_before(line, cue + 2..end);
                    (n_han(line, &words) >= MIN_WORDS).then_some(words)
                });
                for (offset, at) in before.into_iter().enumerate() {
                    let mut name = names[at].clone();
                    name.words.extend(verb_of(first + offset).or(verb.clone()));
                    names[first + offset] =
                        name.because("its figure of the list before 分别, and the verb");
                }
            } else if nouns.len() == n && n > 1 {
                let whole = whole_nouns(line, &nouns);
                for ((at, name), noun) in names.iter_mut().enumerate().skip(first).zip(whole) {
                    let verb = verb_of(at).or(verb.clone());
                    *name = Indicator::of(noun.into_iter().chain(verb).collect())
                        .because("its noun of the list before 分别");
                }
            }
        }
        first += n;
    }
}

/// The last `n` figures before `first` that are levels, when no others stand between them. What stands in a
/// bracket is beside them: 受理3260件(含旧存126件),审结3186件.
fn values_before(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    first: usize,
    n: usize,
) -> Option<Vec<usize>> {
    let outside = (0..first).rev().filter(|&at| !is_aside(line, &figures[at]));
    let mut before: Vec<usize> = outside.take(n).collect();
    before.reverse();
    // 分别提高1.2和3.5个百分点: of two rates.
    let of_rates = figures[first].measure == Some(Measure::Points);
    let is_rate = |at: usize| figures[at].kind == FactKind::Rate;
    let is_level = |&at: &usize| ties[at].part == Part::Value && is_rate(at) == of_rates;
    (before.len() == n && before.iter().all(is_level)).then_some(before)
}

/// True for a figure in a bracket.
fn is_aside(line: &Line, figure: &Figure) -> bool {
    let from = figure.whole.start.saturating_sub(MAX_ASIDE);
    open_bracket(line.slice(from..figure.whole.start)).is_some()
        && line
            .slice(figure.whole.end..(figure.whole.end + MAX_ASIDE).min(line.len()))
            .contains(&')')
}

/// 适龄儿童入学率、巩固率 share their head, 小学、初中巩固率 their tail.
fn whole_nouns(line: &Line, nouns: &[Range<usize>]) -> Vec<Vec<Range<usize>>> {
    let (Some(first), Some(last)) = (nouns.first(), nouns.last()) else {
        return Vec::new();
    };
    let ending = |noun: &Range<usize>| line.char(noun.end.saturating_sub(1));
    // What the last noun begins with is as long as the shortest of the others.
    let heads = nouns.iter().take(nouns.len() - 1).map(Range::len);
    let head = level_end(line, last)
        .or_else(|| heads.min())
        .unwrap_or_default();
    let one = |noun: &Range<usize>| {
        if noun != first && first.len() > noun.len() + 1 && ending(noun) == ending(first) {
            return vec![first.start..first.end - noun.len(), noun.clone()];
        }
        // 一般程序、简易程序案件: longer ones end alike.
        let alike = ending(noun) == line.char((last.start + head).saturating_sub(1));
        // 加格达奇区、呼玛县财政收入
        let place = "省市县区州盟旗镇乡村".contains(ending(noun));
        let short = noun.len() <= SHORT_WORDS || noun.len() == head && alike || place;
        let open = noun != last && last.len() > head + 1 && short;
        if open && ending(noun) != ending(last) {
            return vec![noun.clone(), last.start + head..last.end];
        }
        vec![noun.clone()]
    };
    nouns.iter().map(one).collect()
}

/// Where 级 divides 国家级骨干教师, and 县四级课题 before its number.
fn level_end(line: &Line, noun: &Range<usize>) -> Option<usize> {
    let words = line.slice(noun.clone());
    let level = words
        .iter()
        .take(SHORT_WORDS + 1)
        .position(|&c| c == '级')
        .filter(|at| *at > 0)?;
    let counted = words
        .get(level - 1)
        .is_some_and(|&c| taosha_core::han_digit(c).is_some());
    Some(level - usize::from(counted && level > 1))
}

/// The nouns of 小学、初中和高中.
fn listed_nouns(line: &Line, range: Range<usize>) -> Vec<Range<usize>> {
    let end = match line.until(range.end) {
        [.., '同' | '环', '比'] => range.end - 2,
        _ => range.end,
    };
    let mut nouns = Vec::new();
    let words = line.trim(range.start..end);
    let mut head = skip_leads(line, words.clone());
    // 全县盗窃、抢劫案件: where, and not what.
    let scope = |head: usize| line.rules.scopes.at_start(line.slice(head..words.end));
    while let Some(len) = scope(head).filter(|len| *len > 1) {
        head = skip_leads(line, head + len..words.end);
    }
    let mut start = head;
    for at in head..=end {
        if at == end || matches!(line.char(at), '、' | '和') {
            nouns.push(start..at);
            start = at + 1;
        }
    }
    nouns.retain(|noun| !noun.is_empty());
    nouns
}

/// True for the second and later figures of 3、6、12.
pub(crate) fn is_listed(line: &Line, figures: &[Figure], index: usize) -> bool {
    let (Some(previous), Some(figure)) = (
        index.checked_sub(1).and_then(|i| figures.get(i)),
        figures.get(index),
    ) else {
        return false;
    };
    let between = line.slice(previous.whole.end..figure.whole.start);
    matches!(between, ['、'] | ['和'])
        && previous.unit == figure.unit
        && n_han(line, &previous.whole) <= 1
}
