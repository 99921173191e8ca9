use std::ops::Range;

use crate::cue::Cue;
use crate::line::{Line, is_han};

/// What those who plan, and times, end in: 河口小学计划投资, 下学期计划新增. Another word makes a name
/// with 计划: 专项计划录取.
const PLANNERS: &str =
    "县市区镇乡村省校局院园目部会期年月日我今明还另再也都将是学府委办队所站司均各处度间内末底初";

/// What opens a clause of results behind a year to come; 完成 does not.
const NOW: &[&str] = &["已", "现", "目前", "实际", "截至", "截止"];

/// The words of a line that make what follows a plan: 力争, 计划, 拟, 到2025年.
#[derive(Default)]
pub(crate) struct Plans(Vec<Range<usize>>);

impl Plans {
    /// `year` is the last that the report tells of.
    pub(crate) fn of(line: &Line, year: Option<u16>) -> Self {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while let Some(at) = line.next(from, Cue::PLAN) {
            let len = word_at(line, at);
            found.extend(len.map(|len| at..at + len));
            from = at + len.unwrap_or(1);
        }
        found.extend(year.into_iter().flat_map(|year| goals(line, year)));
        found.sort_by_key(|word| word.start);
        Plans(found)
    }

    /// The word that makes a plan of the figure at `at`: the last before it in its sentence, unless
    /// a clause between them tells of a result (计划投资5亿元,已完成3亿元).
    pub(crate) fn at(&self, line: &Line, at: usize) -> Option<Range<usize>> {
        let n = self.0.partition_point(|word| word.end <= at);
        let word = self.0.get(n.checked_sub(1)?)?;
        let mut clause = line.clause(word.start);
        while clause.end <= at {
            if matches!(line.before(clause.end), ';' | '。' | '!' | '\n') {
                return None;
            }
            clause = line.clause(clause.end);
            let head = line.trim(clause.clone()).start;
            let is_goal = matches!(line.char(word.start), '到' | '至');
            let is_result = match is_goal {
                true => NOW.iter().any(|now| line.has(head, now)),
                false => line.rules.results.at_start(line.from(head)).is_some(),
            };
            if is_result {
                return None;
            }
        }
        // 目标:城镇新增就业
        let colon = line.before(word.end) == ':';
        Some(word.start..word.end - usize::from(colon))
    }
}

impl Plans {
    /// Takes the words of planning out of `words`: they stand in front of the name of a plan, and
    /// not in that of a result (计划投资5亿元,已完成3亿元).
    pub(crate) fn cut_off(&self, words: &mut [Range<usize>]) {
        for range in words {
            let n = self.0.partition_point(|word| word.start < range.end);
            if let Some(word) = n.checked_sub(1).and_then(|n| self.0.get(n)) {
                range.start = range.start.max(word.end.min(range.end));
            }
        }
    }
}

/// The 到2025年 of a report that tells of `year`, which is earlier.
fn goals<'a>(line: &'a Line, year: u16) -> impl Iterator<Item = Range<usize>> + 'a {
    let later = line
        .periods
        .iter()
        .filter(move |period| period.period.year() > year);
    let until = |at: usize| matches!(line.before(at), '到' | '至') && !opens_range(line, at - 1);
    later
        .map(|period| period.range.clone())
        .filter(move |range| until(range.start))
        .map(|range| range.start - 1..range.end)
}

/// 2021至2025年: the 至 at `at` joins two years.
fn opens_range(line: &Line, at: usize) -> bool {
    let before = line.before(at);
    before.is_ascii_digit() || matches!(before, '年' | '月' | '日')
}

/// The length of the word of planning at `at`, when it is no part of another word: not 计划生育,
/// 模拟, 确保了.
fn word_at(line: &Line, at: usize) -> Option<usize> {
    let to_verb = || {
        if is_han(line.before(at)) && !PLANNERS.contains(line.before(at)) {
            return None;
        }
        let len = line.rules.plans_to.at_start(line.from(at))?;
        let rest = line.from(at + len);
        let verb = line
            .rules
            .verbs
            .at_start(rest.strip_prefix(&['总']).unwrap_or(rest))
            .or(line.rules.changes.at_start(rest));
        verb.map(|_| len)
    };
    let len = line.rules.plans.at_start(line.from(at)).or_else(to_verb)?;
    let begins = line.rules.no_plans.at_start(line.from(at)).is_some();
    let ends = line.rules.no_plans.at_end(line.until(at + len)).is_some();
    let done = line.char(at + len) == '了';
    (!begins && !ends && !done && !line.is_taken(at)).then_some(len)
}
