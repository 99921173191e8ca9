use std::ops::Range;

use taosha_core::FactKind;

use crate::around::{Around, done_for, is_by_the_way, is_pair, own_words};
use crate::comparison::{Part, Tie, change_verb};
use crate::figure::Figure;
use crate::level::reached;
use crate::line::Line;
use crate::listing::{distribute, is_listed};
use crate::names::Statement;
use crate::phrase::{MIN_WORDS, is_noun_start, n_han, tidy_before};
use crate::topic::{FEW_WORDS, MAX_ANNOUNCED, complete, previous_clause};
use crate::unit::Measure;

/// What a figure counts, in words of the line: one range, or a verb and its object (取缔 … 看护点).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Indicator {
    pub(crate) words: Vec<Range<usize>>,
    /// Where the words begin, when that is before the figure's clause.
    pub(crate) reaches_back_to: Option<usize>,
    /// Where the words were taken from, for who asks.
    pub(crate) why: &'static str,
    /// The word that makes a plan of it: 力争.
    pub(crate) plan: Option<Range<usize>>,
    /// Only that something changed is said, and not what.
    pub(crate) lacks_subject: bool,
}

/// A part of so many characters names by itself, a shorter one with its whole.
const MIN_PART: usize = 4;

/// Words before a verb of change that say how, and leave open what.
const MANNER: &[&str] = &[
    "年均", "月均", "平均", "实际", "名义", "逐年", "大幅", "明显", "稳步",
];

/// More ranks than these are in no list.
const MAX_RANKS: usize = 8;

/// Names every figure of a line.
pub(crate) fn name_all(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    wholes: &[Option<usize>],
    statements: &[Statement],
) -> Vec<Indicator> {
    let mut names: Vec<Indicator> = Vec::with_capacity(figures.len());
    for index in 0..figures.len() {
        let around = Around::new(line, figures, statements, index);
        // 分别为3、6、12: one name for all.
        if let Some(last) = names
            .last()
            .filter(|_| is_listed(line, figures, index))
            .cloned()
        {
            names.push(last.because("one name for all of a list"));
            continue;
        }
        let name = match ties[index].part {
            Part::Change => change(line, figures, ties, index, &around, &names)
                .because("what changes, and the verb"),
            Part::Base => risen_from(line, &figures[index], &around)
                .or_else(|| {
                    Some(
                        inherited(&names, figures, index)?
                            .because("the figure before it, to which it is the base"),
                    )
                })
                .unwrap_or_else(|| plain(line, figures, index, &around, &names)),
            Part::Value if ties[index].base.is_some_and(|base| base < index) => {
                let last = names.last().cloned().unwrap_or_default();
                last.because("the figure before it, from which it rose or fell")
            }
            Part::Value => of_ranks(line, &figures[index], statements, &around)
                .or_else(|| share(line, figures, index, &names))
                .or_else(|| share_of_clause(line, figures, ties, index, &around, &names))
                .or_else(|| continued(line, figures, index, &around, &names))
                .or_else(|| also_counted(line, figures, ties, index, &around, &names))
                .or_else(|| with_verb_of_list(line, figures, index, &around, &names))
                .or_else(|| part_name(line, figures, index, &around, &names, wholes[index]?))
                .or_else(|| reached(line, figures, ties, index, &around, &names))
                .unwrap_or_else(|| plain(line, figures, index, &around, &names)),
        };
        names.push(name);
    }
    distribute(line, figures, ties, &mut names);
    names
}

/// 合格率由上年的92%提高到96%, 收入比上年的28亿元增长12%: what rises stands before 由 or 比.
fn risen_from(line: &Line, figure: &Figure, around: &Around) -> Option<Indicator> {
    let from = around.left.max(around.clause.start);
    let words = line.slice(from..figure.whole.start);
    let at = words
        .iter()
        .rposition(|&c| matches!(c, '由' | '从' | '比' | '较'))?;
    let name = tidy_before(line, from..from + at);
    (n_han(line, &name) >= MIN_WORDS)
        .then(|| Indicator::of(vec![name]).because("what stands before 由 or 比"))
}

/// 外地学生26人占5%: the share is of what was counted just before.
fn share(line: &Line, figures: &[Figure], index: usize, names: &[Indicator]) -> Option<Indicator> {
    let (previous, figure) = (figures.get(index.checked_sub(1)?)?, &figures[index]);
    let between = line.trim(previous.whole.end..figure.whole.start.max(previous.whole.end));
    if figure.kind != FactKind::Rate || line.slice(between.clone()) != ['占'] {
        return None;
    }
    let mut name = names.last()?.clone();
    name.words.push(between);
    Some(name)
}

/// The name of a figure that stands for itself.
fn plain(
    line: &Line,
    figures: &[Figure],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Indicator {
    if let Some(name) = done_for(line, &figures[index], around) {
        return name;
    }
    let own = own_words(line, &figures[index], around);
    complete(line, figures, index, own, around, names)
}

/// 1236户2015人, 3次共210人: a figure without words of its own behind another is of the same thing.
fn continued(
    line: &Line,
    figures: &[Figure],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let previous = figures.get(index.checked_sub(1)?)?;
    let figure = &figures[index];
    let glued = previous.number.start >= around.clause.start;
    let silent = n_han(line, &around.before) == 0;
    let follows = is_noun_start(line, around.after.start) && n_han(line, &around.after) > 0;
    let same = previous.unit_base == figure.unit_base;
    // 为低保户67户112人发放43万元: what follows is done for both.
    let is_pair = is_pair(figures, index - 1);
    if !glued || !silent || follows && !is_pair || same {
        return None;
    }
    let name = names.last().filter(|name| !name.words.is_empty())?;
    Some(
        name.clone()
            .because("the figure before it, to which it is glued"),
    )
}

/// 编印简报210篇,约68万字: a clause that is nothing but a count, in another unit, is of what was counted before it.
fn also_counted(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let last = index.checked_sub(1)?;
    let (previous, figure) = (figures.get(last)?, &figures[index]);
    let start = around.clause.start;
    let follows = line.slice(previous.whole.end..start) == [','];
    let counts = [previous, figure].map(|figure| figure.measure) == [Some(Measure::Count); 2];
    let is_alone = n_han(line, &around.before) == 0 && n_han(line, &around.after) == 0;
    let other = previous.unit_base != figure.unit_base && ties[last].part == Part::Value;
    let words = line.slice(start..figure.whole.start);
    let is_part = words.windows(2).any(|pair| pair == ['其', '中']);
    // 车辆85台次、警力260人次,360人: of neither.
    let before = line.clause(start.checked_sub(1)?).start;
    let is_one = last.checked_sub(1).and_then(|at| figures.get(at));
    let is_one = is_one.is_none_or(|figure| figure.number.start < before);
    if !is_one || !follows || !counts || !is_alone || !other || is_part {
        return None;
    }
    let mut name = names.last().filter(|name| !name.words.is_empty())?.clone();
    name.reaches_back_to = Some(name.reaches_back_to.unwrap_or(before));
    Some(name.because("what was counted in the clause before, in another unit"))
}

/// 占全年任务的56.8%, 为年初预算的103.2%: a share of what was counted in the clause before.
fn share_of_clause(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let figure = &figures[index];
    let clause = line.trim(around.clause.start..figure.whole.start);
    let opens = ["占", "为", "完成", "达", "相当于", "是"];
    let opens = opens.iter().any(|word| line.has(clause.start, word));
    let of = line.before(figure.whole.start) == '的' || line.char(clause.start) == '占';
    // 占年计划8.5亿元的102.7%: the target stands in the clause of its share.
    let has_target = clause.start < around.left && line.slice(around.left..clause.end) == ['的'];
    if figure.kind != FactKind::Rate || !opens || !of || clause.start < around.left && !has_target {
        return None;
    }
    let mut before = (0..index).rev();
    let whole = before.find(|&at| {
        ties[at].part == Part::Value && figures[at].number.start < around.clause.start
    })?;
    let near = figures[whole].number.start + MAX_ANNOUNCED > clause.start;
    let mut name = names
        .get(whole)
        .filter(|name| near && !name.words.is_empty())?
        .clone();
    name.words
        .push(clause.start..clause.end - usize::from(line.before(clause.end) == '的'));
    Some(name.because("what was counted before, and the words of the share"))
}

/// 其中工业投资1.1亿元: a part that says little takes the name of its whole before it.
fn part_name(
    line: &Line,
    figures: &[Figure],
    index: usize,
    around: &Around,
    names: &[Indicator],
    whole: usize,
) -> Option<Indicator> {
    let own = own_words(line, &figures[index], around);
    let n: usize = own.words.iter().map(|range| n_han(line, range)).sum();
    let verb = own.words.first().is_some_and(|words| {
        line.rules
            .verbs
            .at_start(line.slice(words.clone()))
            .is_some()
    });
    if own.words.is_empty() || own.reaches_back_to.is_some() {
        return None;
    }
    if n >= MIN_PART || verb && n > FEW_WORDS {
        return Some(own.because("its own words, as a part of the figure before 其中"));
    }
    let mut name = names.get(whole)?.clone();
    name.words.extend(own.words);
    Some(name.because("the whole before 其中, and its own words"))
}

/// A change is named by what changes and the verb: 普通高中招生 增加.
fn change(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Indicator {
    let figure = &figures[index];
    let verb = change_verb(line, figure);
    let end = verb.as_ref().map_or(figure.whole.start, |verb| verb.start);
    let start = around.from.min(end);
    let is_comparing = |at: &usize| {
        // 学生比上年增加, but not 生师比.
        let time = matches!(line.char(at + 1), '上' | '去' | '前' | '年')
            || line.char(at + 1).is_ascii_digit();
        let fixed = matches!(line.before(*at), '可' | '占' | '对' | '评' | '师' | '生') && !time;
        matches!(line.char(*at), '比' | '较') && !fixed
    };
    let compared = (start..end).find(is_comparing);
    // 同比, 环比 and 相比 begin one character earlier.
    let compared = compared.map(|at| match line.before(at) {
        '同' | '环' | '相' => at - 1,
        _ => at,
    });
    // 与上年同期相比下降7%: what stands before 与 changes.
    let with = compared.filter(|&at| line.char(at) == '相').and_then(|at| {
        let is_with = |at: &usize| {
            let same = line.has(*at, "同期") || line.has(*at, "同比");
            matches!(line.char(*at), '与' | '同' | '和' | '跟') && !same
        };
        (start..at).rev().find(is_with)
    });
    let compared = with.or(compared);
    let own = tidy_before(line, start..compared.unwrap_or(end).max(start));
    let own = match n_han(line, &own) {
        0 => before_year(line, around, end).unwrap_or(own),
        _ => own,
    };
    // 年均增长10.6%: how it grows, and not what.
    let is_manner = MANNER
        .iter()
        .any(|word| line.slice(own.clone()).iter().copied().eq(word.chars()));
    let manner = is_manner.then(|| own.clone());
    let mut name = match what_changes(line, figures, ties, index, names) {
        _ if n_han(line, &own) >= MIN_WORDS && !is_manner => Indicator::of(vec![own]),
        Some(last) => last,
        None => previous_clause(line, around),
    };
    name.lacks_subject = name.words.is_empty() && verb.is_some();
    name.words.extend(manner);
    name.words.extend(verb);
    name
}

/// 招生人数比2019年增加71人: what changes stands before the 比 of a year.
fn before_year(line: &Line, around: &Around, end: usize) -> Option<Range<usize>> {
    let from = around.left.max(around.clause.start);
    let n = line
        .periods
        .partition_point(|period| period.range.end <= end);
    let year = line.periods.get(n.checked_sub(1)?)?.range.start;
    let compares = matches!(line.before(year), '比' | '较' | '与' | '同');
    let words = tidy_before(line, from..year.saturating_sub(1).max(from));
    (compares && year > from && n_han(line, &words) >= MIN_WORDS).then_some(words)
}

/// The name that a change without words of its own goes on with: of the last figure that is no
/// change and no share of another.
fn what_changes(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    index: usize,
    names: &[Indicator],
) -> Option<Indicator> {
    let is_share = |name: &Indicator| {
        let mut words = name.words.iter().skip(1);
        let of_target = name
            .words
            .first()
            .is_some_and(|first| line.char(first.start) == '占' && !line.has(first.start, "占地"));
        of_target
            || words.any(|range| matches!(line.char(range.start), '占' | '为' | '完' | '达' | '相'))
    };
    let here = figures[index].whole.start;
    let level = |&at: &usize| {
        ties[at].part != Part::Change
            && !is_share(&names[at])
            && !is_by_the_way(line, &figures[at], here)
    };
    let levels = || (0..index).rev().filter(level);
    // 优良天数310天,优良率84.9%,增加9天: of days; points are of a rate.
    let alike = |&at: &usize| match figures[index].measure {
        Some(Measure::Points) => figures[at].kind == FactKind::Rate,
        Some(Measure::Rate) => true,
        _ => figures[at].unit_base == figures[index].unit_base,
    };
    let at = levels().find(alike).or_else(|| levels().next());
    if let Some(name) = at.and_then(|at| names.get(at)) {
        return Some(name.clone());
    }
    // A line of changes alone: the last without its verb.
    let mut last = names.last()?.clone();
    let figure = figures.get(index.checked_sub(1)?)?;
    let is_more = last.words.len() > 1 || last.lacks_subject;
    if is_more && change_verb(line, figure).as_ref() == last.words.last() {
        last.words.pop();
    }
    Some(last)
}

/// What stands before the rank at `at` in its clause: 教学质量居全县第二名. Ranks of a list have the words
/// before the first of them; a verb of winning says nothing.
pub(crate) fn of_rank(line: &Line, statements: &[Statement], at: usize) -> Option<Range<usize>> {
    let first = first_rank(line, statements, at);
    let mut words = tidy_before(line, line.clause(first).start..first);
    if let Some(len) = line.rules.award_verbs.at_end(line.slice(words.clone())) {
        words = tidy_before(line, words.start..words.end - len);
    }
    (n_han(line, &words) >= MIN_WORDS).then_some(words)
}

/// Where the list of ranks begins that the rank at `at` belongs to: 第1名、第2名和第3名.
fn first_rank(line: &Line, statements: &[Statement], at: usize) -> usize {
    let n_before = statements.partition_point(|statement| statement.range.start < at);
    let before = statements.iter().take(n_before).rev().take(MAX_RANKS);
    let mut first = at;
    for rank in before.filter(|statement| statement.kind == FactKind::Rank) {
        if !matches!(
            line.slice(rank.range.end..first),
            ['和' | '、' | '及' | '与']
        ) {
            break;
        }
        first = rank.range.start;
    }
    first
}

/// 第1名和第3名各1个: how many have won what was named just before.
fn of_ranks(
    line: &Line,
    figure: &Figure,
    statements: &[Statement],
    around: &Around,
) -> Option<Indicator> {
    let start = figure.whole.start;
    let n_before = statements.partition_point(|statement| statement.range.start < start);
    let last = statements.get(n_before.checked_sub(1)?)?;
    let last = Some(last).filter(|last| last.kind == FactKind::Rank && last.range.end <= start)?;
    let between = line.slice(last.range.end..figure.whole.start);
    let near = last.range.start >= around.left.max(around.clause.start);
    if !near || !matches!(between, [] | ['各' | '共'] | ['分', '别']) {
        return None;
    }
    let ranks = first_rank(line, statements, last.range.start)..last.range.end;
    Some(Indicator::of(vec![ranks]).because("the ranks before it"))
}

/// 新增床位12张、医生350人: what goes on with a list has the verb that opens it.
fn with_verb_of_list(
    line: &Line,
    figures: &[Figure],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let (previous, figure) = (figures.get(index.checked_sub(1)?)?, &figures[index]);
    let own = &around.before;
    let listed = line.char(previous.whole.end) == '、' && own.start == previous.whole.end + 1;
    let counted = [previous, figure].map(|figure| figure.measure) == [Some(Measure::Count); 2];
    let named = own.end == figure.whole.start && n_han(line, own) >= MIN_WORDS;
    if !listed || !counted || !named || line.rules.verbs.at_start(line.slice(own.clone())).is_some()
    {
        return None;
    }
    let words = &names.last()?.words;
    let first = words.first()?;
    let len = line.rules.verbs.at_start(line.slice(first.clone()))?;
    let verb = first.start..first.start + len;
    // 获省级奖2项、县级奖8项: the prize says it.
    if line.rules.award_verbs.at_start(line.slice(verb.clone())) == Some(len) {
        return None;
    }
    // The whole of a part stands in front of its name, and has a verb of its own.
    let of_list = match words.as_slice() {
        [only] => only.end > verb.end,
        [first, _] => *first == verb,
        _ => false,
    };
    of_list.then(|| {
        Indicator::of(vec![verb, own.clone()]).because("the verb of the list, and its own words")
    })
}

/// A base is of the same thing as the last figure before it that counts the same.
fn inherited(names: &[Indicator], figures: &[Figure], index: usize) -> Option<Indicator> {
    /// 火灾63起,直接财产损失118万元,与去年的71起相比
    const MAX_BACK: usize = 3;
    let mut before = (0..index).rev().take(MAX_BACK);
    let value = before.find(|&at| figures[at].unit_base == figures[index].unit_base)?;
    names.get(value).cloned()
}

impl Indicator {
    /// The words as they are told: a plan begins with the word that makes it one.
    pub(crate) fn said(&self) -> Vec<Range<usize>> {
        let Some(plan) = &self.plan else {
            return self.words.clone();
        };
        let mut words = vec![plan.clone()];
        words.extend(self.words.iter().cloned());
        words
    }

    pub(crate) fn of(words: Vec<Range<usize>>) -> Self {
        Indicator {
            words,
            reaches_back_to: None,
            why: "the words before it",
            plan: None,
            lacks_subject: false,
        }
    }

    pub(crate) fn because(self, why: &'static str) -> Self {
        Indicator { why, ..self }
    }
}
