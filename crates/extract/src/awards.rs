use taosha_core::FactKind;

use crate::cue::Cue;
use crate::line::Line;
use crate::names::Statement;
use crate::numeral;

/// An award with its level and the event it was given at.
const MAX_AWARD: usize = 36;

/// Finds what was won: 荣获市级先进集体称号.
pub(crate) fn find(line: &mut Line, found: &mut Vec<Statement>) {
    let mut from = 0;
    while let Some(at) = line.next(from, Cue::AWARD) {
        from = at + 1;
        let Some(verb) = line.rules.award_verbs.at_start(line.from(at)) else {
            continue;
        };
        let mut start = at + verb;
        while matches!(line.char(start), '了' | '得' | ' ' | ':') {
            start += 1;
        }
        let clause_end = line.clause(at).end;
        let list = line.from(start).iter().position(|&c| c == '、');
        // 国家级奖2项、省级奖8项 are counts of awards; a list gives its first.
        let end = clause_end.min(start + list.unwrap_or(MAX_AWARD).min(MAX_AWARD));
        from = at + verb;
        let named = |&at: &usize| {
            line.rules
                .award_nouns
                .at_end(line.slice(start..at))
                .is_some()
        };
        let Some(end) = (start + 2..=end).rev().find(named) else {
            continue;
        };
        // 获奖论文: the noun itself opens the object. 获得9个奖项 is a count.
        if line.char(start) == '奖'
            || numeral::begins(line, start)
            || line.slice(start..end).contains(&'(')
        {
            continue;
        }
        let closing = usize::from(matches!(line.char(end), '”' | '》' | '"'));
        found.push(Statement::new(FactKind::Award, start..end + closing));
        from = end;
    }
}
