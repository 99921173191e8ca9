use std::ops::Range;

use taosha_core::FactKind;

use crate::figure::Figure;
use crate::indicator::Indicator;
use crate::line::{Line, is_han};
use crate::names::Statement;
use crate::phrase::{
    MIN_WORDS, is_noun_start, n_han, open_bracket, tidy_after, tidy_before, tidy_clause,
};
use crate::topic::previous_clause;
use crate::unit::Measure;

/// Longest bracket between a figure and what it counts.
const MAX_BRACKET: usize = 60;

/// The words of the clause on both sides of a figure, up to the next figure, date or bracket.
pub(crate) struct Around {
    pub(crate) clause: Range<usize>,
    /// Where the figure before ends, or the clause begins.
    pub(crate) left: usize,
    /// The last figure of the clauses before: its index and place.
    pub(crate) whole: Option<(usize, usize)>,
    /// Where the words behind end, as they stand.
    pub(crate) to: usize,
    /// Where the next figure of the clause ends.
    pub(crate) next: Option<usize>,
    /// Where the words before begin, as they stand.
    pub(crate) from: usize,
    /// The words before, without those that only link.
    pub(crate) before: Range<usize>,
    /// The words before the bracket that closes right before the figure.
    pub(crate) before_bracket: Range<usize>,
    pub(crate) after: Range<usize>,
    /// The 为, 向, 给 or 对 right before the figure: for whom, or to whom.
    pub(crate) for_whom: Option<char>,
}

impl Around {
    pub(crate) fn new(
        line: &Line,
        figures: &[Figure],
        statements: &[Statement],
        index: usize,
    ) -> Self {
        let figure = &figures[index];
        let clause = line.clause(figure.number.start);
        let mut from = clause.start;
        let mut to = clause.end;
        if let Some(previous) = index.checked_sub(1).and_then(|i| figures.get(i)) {
            from = from.max(previous.whole.end.min(figure.whole.start));
        }
        if let Some(next) = figures.get(index + 1) {
            to = to.min(next.whole.start.max(figure.whole.end));
        }
        let left = from;
        for period in &line.periods {
            if period.range.end <= figure.whole.start {
                let end = period.range.end;
                // 2024年末新建
                from = from.max(end + usize::from(matches!(line.char(end), '末' | '底' | '初')));
            }
        }
        from = from.min(figure.whole.start);
        for statement in statements
            .iter()
            .filter(|s| matches!(s.kind, FactKind::Date | FactKind::Rank))
        {
            if statement.range.end <= figure.whole.start {
                from = from.max(statement.range.end);
            }
            if statement.range.start >= figure.whole.end {
                to = to.min(statement.range.start);
            }
        }
        let stop = |c: char| matches!(c, '(' | ')' | '[' | ']' | '【' | '】' | '\n');
        if let Some(at) = open_bracket(line.slice(from..figure.whole.start)) {
            from += at + 1;
        }
        let after = line
            .slice(figure.whole.end..to)
            .iter()
            .position(|&c| stop(c));
        if let Some(at) = after {
            to = figure.whole.end + at;
        }
        let next = figures
            .get(index + 1)
            .filter(|next| next.whole.end <= clause.end);
        let before = tidy_before(line, from..figure.whole.start);
        if next.is_some() && is_item(line, figure, &before) {
            to = figure.whole.end;
        }
        let for_whom = for_whom(line, left.max(clause.start)..figure.whole.start);
        let unnamed =
            for_whom.is_some() || n_han(line, &before) < MIN_WORDS || is_scope(line, &before);
        let after = match figure.kind {
            // 86户174人享受低保: what stands behind both is said of both.
            _ if unnamed && is_pair(figures, index) => {
                Around::new(line, figures, statements, index + 1).after
            }
            // 98%的教师已持证上岗: of a share, what is done is the point.
            FactKind::Rate => tidy_clause(line, figure.whole.end..to),
            _ => tidy_after(line, figure.whole.end..to),
        };
        Around {
            to,
            next: next.map(|next| next.whole.end),
            from,
            before,
            before_bracket: before_bracket(line, figures, index),
            after,
            for_whom,
            whole: figures
                .partition_point(|figure| figure.number.start < clause.start)
                .checked_sub(1)
                .and_then(|i| Some((i, figures.get(i)?.number.start))),
            clause,
            left,
        }
    }
}

/// What is counted beside the people in it: 67户112人, 17件143人.
const HOLDERS: &[&str] = &["户", "件", "起", "例", "案", "宗", "家", "批"];

/// True where the figure after `index` counts the people in what this one counts: 67户112人.
pub(crate) fn is_pair(figures: &[Figure], index: usize) -> bool {
    let (Some(figure), Some(next)) = (figures.get(index), figures.get(index + 1)) else {
        return false;
    };
    let unit = figure.unit_base.as_deref();
    let holds = unit.is_some_and(|unit| HOLDERS.contains(&unit));
    let people = matches!(next.unit_base.as_deref(), Some("人" | "人次"));
    holds && people && next.whole.start == figure.whole.end
}

/// The 为, 向, 给 or 对 that `words` end in, maybe in front of whose they are: 为全县86户.
fn for_whom(line: &Line, words: Range<usize>) -> Option<char> {
    let mut end = words.end;
    while let Some(len) = line.rules.scopes.at_end(line.slice(words.start..end)) {
        end -= len;
    }
    let leads = |c: &char| matches!(c, '为' | '向' | '给' | '对');
    let words = line.slice(words.start..end);
    match words {
        // 对符合条件的86户174人
        [before @ .., '的'] => before.iter().copied().rfind(leads),
        _ => words.last().copied().filter(leads),
    }
}

/// 为86户174人发放救助金: what is done for those who are counted. 人数为86人 is no such: a noun stands before 为.
pub(crate) fn done_for(line: &Line, figure: &Figure, around: &Around) -> Option<Indicator> {
    let after = &around.after;
    // 对5所学校进行检查: behind another measure word stands what is counted.
    let unit = figure.unit_base.as_deref();
    let counts = unit.is_some_and(|unit| matches!(unit, "户" | "人" | "人次"));
    let is_said = n_han(line, after) >= MIN_WORDS && is_noun_start(line, after.start);
    let is_done = line
        .rules
        .verbs
        .at_start(line.slice(after.clone()))
        .is_some();
    let opens = n_han(line, &around.before) < MIN_WORDS;
    let says_whom = around
        .for_whom
        .is_some_and(|word| word != '为' || is_done || opens);
    (says_whom && counts && is_said).then(|| {
        Indicator::of(vec![after.clone()]).because("what is done for those who are counted")
    })
}

/// 受理案件879件(含旧存343件),结案700件: what is told in a bracket that is closed before `at` is told by the way, and
/// says nothing of what stands at `at`.
pub(crate) fn is_by_the_way(line: &Line, figure: &Figure, at: usize) -> bool {
    let from = figure.whole.start.saturating_sub(MAX_BRACKET);
    let open = open_bracket(line.slice(from..figure.whole.start)).map(|open| from + open);
    let is_inside = open.is_some_and(|open| matches!(line.char(open), '(' | '[' | '【'));
    let closes = |c: &char| matches!(c, ')' | ']' | '】');
    is_inside
        && line
            .slice(figure.whole.end..at.max(figure.whole.end))
            .iter()
            .any(closes)
}

/// 高一新生(含特长生36人)620人: the words before the bracket that closes right before the figure; or none.
fn before_bracket(line: &Line, figures: &[Figure], index: usize) -> Range<usize> {
    let end = figures[index].whole.start;
    let close = end.saturating_sub(1);
    if line.char(close) != ')' {
        return end..end;
    }
    let from = close.saturating_sub(MAX_BRACKET);
    let Some(open) = open_bracket(line.slice(from..close)).map(|at| from + at) else {
        return end..end;
    };
    let inside = figures.iter().take(index).rev();
    let last = inside
        .map(|figure| figure.whole.end)
        .find(|&end| end <= open);
    let start = line.clause(open).start.max(last.unwrap_or(0));
    tidy_before(line, start..open)
}

/// 场馆7个 教练员46人: a blank ends the item, and what stands behind it names the next figure.
fn is_item(line: &Line, figure: &Figure, before: &Range<usize>) -> bool {
    let is_verb = line.rules.verbs.at_end(line.slice(before.clone())) == Some(before.len());
    line.char(figure.whole.end).is_whitespace() && n_han(line, before) >= MIN_WORDS && !is_verb
}

/// The words around a figure, in its own clause if they say anything.
pub(crate) fn own_words(line: &Line, figure: &Figure, around: &Around) -> Indicator {
    let (before, after) = (around.before.clone(), around.after.clone());
    // 男56人、女30人: in a list one character may name.
    let listed = before.len() == 1 && "男女城乡省市县死伤".contains(line.char(before.start));
    if listed && !is_han(line.char(figure.whole.end)) {
        return Indicator::of(vec![before]);
    }
    let named_before = n_han(line, &before) >= MIN_WORDS && !is_scope(line, &before);
    // 12个村: behind a measure word one character names.
    let least = if figure.measure == Some(Measure::Count) {
        1
    } else {
        MIN_WORDS
    };
    let named_after = n_han(line, &after) >= least && is_noun_start(line, after.start);
    let verb = line.rules.verbs.at_end(line.slice(before.clone()));
    let bare_verb = named_before && verb == Some(before.len());
    if let Some(name) = spent(line, figure, around) {
        return name;
    }
    let noun_follows = line.char(figure.whole.end) != '、'
        && match figure.measure {
            Some(Measure::Count) => !matches!(
                figure.unit_base.as_deref(),
                Some("人次" | "人" | "次" | "节次")
            ),
            Some(Measure::Time) => false,
            // 覆盖12850居民
            None if figure.kind == FactKind::Count && is_han(line.char(figure.whole.end)) => true,
            _ => line.char(figure.whole.end) == '的' || figure.masked,
        };
    if named_after && noun_follows {
        let verb = verb.map(|len| before.end - len..before.end);
        let rest = behind_title(line, &after, around);
        return Indicator::of(verb.into_iter().chain([after]).chain(rest).collect())
            .because("the words behind it, with the verb before");
    }
    if named_before && !(bare_verb && named_after) {
        return Indicator::of(vec![before]);
    }
    if named_after {
        let verb = Some(before).filter(|_| bare_verb);
        return Indicator::of(verb.into_iter().chain([after]).collect())
            .because("the words behind it, with the verb before");
    }
    let aside = line
        .slice(around.clause.start..figure.whole.start)
        .iter()
        .rposition(|&c| c == '(');
    if let Some(at) = aside.filter(|at| around.clause.start + at > around.left) {
        // 获“集体成就奖”(全市共15名): what stands before the bracket is counted in it.
        let words = tidy_before(line, around.left..around.clause.start + at);
        if n_han(line, &words) >= MIN_WORDS {
            return Indicator::of(vec![words]);
        }
    }
    if n_han(line, &around.before_bracket) >= MIN_WORDS {
        return Indicator::of(vec![around.before_bracket.clone()])
            .because("the words before the bracket");
    }
    words_before_time(line, figure, around).unwrap_or_else(|| previous_clause(line, around))
}

/// 县城人口到2025年达到8万人: what is counted stands before the time.
fn words_before_time(line: &Line, figure: &Figure, around: &Around) -> Option<Indicator> {
    let n = line
        .periods
        .partition_point(|period| period.range.end <= figure.whole.start);
    let time = &line.periods.get(n.checked_sub(1)?)?.range;
    let from = around.left.max(around.clause.start);
    if time.start < from || n_han(line, &around.before) > 0 {
        return None;
    }
    let words = tidy_before(line, from..time.start);
    let says_who = "局委厅院办县市区镇乡省会部度".contains(line.before(words.end));
    let says_what = n_han(line, &words) >= MIN_WORDS && !says_who && !is_scope(line, &words);
    says_what.then(|| Indicator::of(vec![words]).because("the words before its time"))
}

/// 1200名教师参加了《指南》网上学习: the words go on behind a title.
fn behind_title(line: &Line, after: &Range<usize>, around: &Around) -> Option<Range<usize>> {
    let opens = |at: usize| line.char(at) == '《';
    let open = (after.end..after.end + 2).find(|&at| opens(at))?;
    let close = line.slice(open..around.clause.end).iter();
    let close = open + close.clone().position(|&c| c == '》')?;
    let rest = tidy_after(line, close + 1..around.clause.end);
    (n_han(line, &rest) >= MIN_WORDS).then_some(rest)
}

/// 花64万元新建宿舍: a sum is named by the verb that spends it and what it bought.
fn spent(line: &Line, figure: &Figure, around: &Around) -> Option<Indicator> {
    if figure.measure != Some(Measure::Amount) || line.char(figure.whole.end) == '、' {
        return None;
    }
    let verb = line
        .rules
        .spending
        .at_end(line.slice(around.before.clone()))?;
    let bought = tidy_after(line, figure.whole.end..around.to);
    // 花80万元新建一所宿舍: the number in between is not said.
    let only_verb = line.rules.verbs.at_start(line.slice(bought.clone())) == Some(bought.len());
    let rest = around.next.filter(|_| only_verb);
    let rest = rest.map(|next| tidy_after(line, next..around.clause.end));
    let named = n_han(line, &bought) >= MIN_WORDS && is_noun_start(line, bought.start);
    let verb = around.before.end - verb..around.before.end;
    named.then(|| {
        Indicator::of([verb, bought].into_iter().chain(rest).collect())
            .because("the verb that spends, and what was bought")
    })
}

/// 全县, 我市: says where, not what.
fn is_scope(line: &Line, range: &Range<usize>) -> bool {
    let mut start = range.start;
    while let Some(len) = line.rules.scopes.at_start(line.slice(start..range.end)) {
        start += len;
    }
    start >= range.end
}
