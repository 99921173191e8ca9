use std::ops::Range;

use crate::line::{Line, is_han};

/// A time that stands this near to the head of its clause opens it: 截至2019年.
const HEAD: usize = 2;
/// 与去年的1071起相比: how far behind its time the comparing word may stand.
const WITH_REACH: usize = 14;
/// 2008年建成的: how far behind the verb 的 may stand.
const ATTRIBUTE: usize = 6;
/// 3月8日上午: a clause says nothing but its day when so few characters stand behind it.
const DAY_ALONE: usize = 3;
/// Longest bracket, on either side of a time in it.
const MAX_BRACKET: usize = 30;
/// How far behind 上年结转 its sum may stand.
const MAX_CARRIED: usize = 16;

/// 比2019年的, 与2019年相比, 由2019年的120人: the period that ends at `end` is that of what is measured against.
pub(super) fn is_compared(line: &Line, end: usize) -> bool {
    let from = line
        .clause(end.saturating_sub(1))
        .start
        .max(end.saturating_sub(12));
    let words = line.slice(from..end);
    let is_behind = |words: &[char], before: &str| words.iter().any(|&c| before.contains(c));
    // 与上年同期相比, 与去年的71起相比
    let compares = |at: usize| line.has(at, "相比") || line.has(at, "相较");
    let reach = line.clause(end).end.min(end + WITH_REACH);
    let with = || is_behind(words, "与同和") && (end..reach).any(compares);
    is_behind(words, "比较") || with() || is_of_base(line, end)
}

/// 上年结余1.18亿元, 上年度审计反映的86个问题: what is left from then is of now, and so is what follows.
pub(super) fn is_carried(line: &Line, end: usize) -> bool {
    let end = end + usize::from(matches!(line.char(end), '度' | '末' | '底'));
    let words = [
        "结余", "结转", "结存", "滚存", "遗留", "审计", "转来", "转入", "未结", "旧存",
    ];
    matches!(line.before(end), '年' | '度' | '末' | '底')
        && words.iter().any(|word| line.has(end, word))
}

/// 由2019年的120人, 是2019年的1.3倍, 恢复到2019年末的92%: a time and its figure, behind a word that leads
/// from or to it.
fn is_of_base(line: &Line, end: usize) -> bool {
    let mut start = end;
    while line.before(start).is_ascii_digit()
        || "年月日上下半度季第一二三四末底去前".contains(line.before(start))
    {
        start -= 1;
    }
    let skipped = line
        .from(end)
        .iter()
        .take_while(|c| "末底同期".contains(**c));
    let behind = end + skipped.count();
    let figure = line.char(behind + 1);
    // 由2016年的142件增加到2021年的251件: the second time is that of its figure.
    let clause = line.clause(end.saturating_sub(1)).start;
    let is_end = matches!(line.before(start), '到' | '达' | '为')
        && line
            .slice(clause..start)
            .iter()
            .any(|c| matches!(c, '由' | '从'));
    // 由2015年3.2%提高到8%
    let is_glued = line.char(behind).is_ascii_digit() && "由从".contains(line.before(start));
    is_glued
        || line.char(behind) == '的'
            && (figure.is_ascii_digit() || figure == '-')
            && "由从是为到达".contains(line.before(start))
            && !is_end
}

/// 2008年前, 2022年12月31日前, 2008年建成的: they say which, or until when, and date no figure.
pub(super) fn is_modifier(line: &Line, end: usize) -> bool {
    let end = end + usize::from(matches!(line.char(end), '以' | '之' | '底' | '末'));
    if matches!(line.char(end), '前' | '后') && line.has(end, "前三") == line.has(end, "后三")
    {
        return true;
    }
    let made = matches!(line.char(end), '建' | '修' | '竣' | '出' | '毕' | '入');
    made && line
        .slice(end..(end + ATTRIBUTE).min(line.len()))
        .contains(&'的')
}

/// True when the time that ends at `end` stands at the head of its clause.
pub(super) fn opens(line: &Line, end: usize) -> bool {
    let clause = line.trim(line.clause(end.saturating_sub(1)));
    let period = line.periods.iter().find(|period| period.range.end == end);
    let end = period.map_or(end, |period| period.range.start.max(clause.start));
    let words: Range<usize> = clause.start..end;
    line.slice(words).iter().filter(|c| !is_of_time(c)).count() <= HEAD
}

/// 比上年增加, 占, 其中: a clause that goes on with what the one before spoke of.
pub(super) fn goes_on(line: &Line, clause: &Range<usize>) -> bool {
    let start = line.trim(clause.clone()).start;
    matches!(line.char(start), '比' | '较' | '占')
        || ["同比", "环比", "其中"]
            .iter()
            .any(|word| line.has(start, word))
        || line.rules.changes.at_start(line.from(start)).is_some()
}

/// 6月15日举行中考: the clause of the time that ends at `end` says more than the time, and what follows may have
/// been on another day.
pub(super) fn says_more(line: &Line, end: usize) -> bool {
    let clause = line.clause(end.saturating_sub(1));
    let words = line.slice(end..clause.end).iter();
    words.filter(|c| is_han(**c)).count() > DAY_ALONE
}

/// Behind the first digit of the sum of 上年结转1.18亿元: 调入资金 beside it is of now.
pub(super) fn behind_figure(line: &Line, end: usize) -> usize {
    let words = line.slice(end..(end + MAX_CARRIED).min(line.len())).iter();
    let n = words.take_while(|c| !c.is_ascii_digit() && !matches!(c, ',' | '、'));
    end + n.count() + 1
}

/// 中心小学(2019年扩建)现有学生500人: where the bracket closes that says more than the time that ends at `end`.
/// What is only a time holds outside, too: 汛期(5月1日至9月30日)降雨512毫米.
pub(super) fn bracket_end(line: &Line, end: usize) -> usize {
    let before = line.until(end).iter().rev().take(MAX_BRACKET);
    let opened = before.clone().position(|c| matches!(c, '(' | ')'));
    let Some(opened) = opened
        .map(|n| end - n - 1)
        .filter(|&at| line.char(at) == '(')
    else {
        return usize::MAX;
    };
    let behind = line.from(end).iter().take(MAX_BRACKET);
    let closed = behind.clone().position(|c| matches!(c, '(' | ')'));
    let Some(closed) = closed.map(|n| end + n).filter(|&at| line.char(at) == ')') else {
        return usize::MAX;
    };
    let says_more = !line.slice(opened + 1..closed).iter().all(is_of_time);
    if says_more { closed } else { usize::MAX }
}

/// What times are written in.
fn is_of_time(c: &char) -> bool {
    c.is_ascii_digit()
        || "年月日上下半度学季第一二三四五六十至到-今去本当明前号近来“”期间时".contains(*c)
}
