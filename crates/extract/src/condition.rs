use taosha_core::{FactKind, Qualifier};

use crate::figure::Figure;
use crate::line::Line;
use crate::phrase::is_noun_start;
use crate::unit::Measure;

/// What a limit is said of stands this near behind it: 500万元以上的工业投资项目32个.
const REACH: usize = 16;

/// Takes the figures out of `figures` that say which things are counted, or per how many: the 50万元 of
/// 单价50万元以上的设备12台, the 10万 of 每10万人. They stay in the name of what is counted.
pub(crate) fn take(line: &mut Line, figures: &mut Vec<Figure>) {
    let mut taken = Vec::new();
    for (index, figure) in figures.iter().enumerate() {
        let next = figures.get(index + 1);
        let why = match () {
            () if line.before(figure.whole.start) == '每' => "what something is counted per",
            () if is_limit(line, figure, next) => "a limit that says which are counted",
            () => continue,
        };
        taken.push((index, figure.whole.clone(), why));
    }
    for (index, range, why) in taken.into_iter().rev() {
        figures.remove(index);
        line.take(range, why);
    }
}

/// 投资500万元以上的项目32个, 3000吨以上泊位3个, 单笔超过50万元的贷款: a limit, and not how many there are.
fn is_limit(line: &Line, figure: &Figure, next: Option<&Figure>) -> bool {
    let limits = matches!(figure.qualifier, Qualifier::AtLeast | Qualifier::AtMost);
    let shares = matches!(figure.kind, FactKind::Rate | FactKind::Change);
    if !limits || shares || figure.unit.is_none() {
        return false;
    }
    let of = line.char(figure.whole.end) == '的';
    let behind = figure.whole.end + usize::from(of);
    // 惠及300户以上农户 counts what stands behind it.
    let counts = figure.measure == Some(Measure::Count);
    let words = line.rules.limited.at_end(line.until(figure.whole.start));
    if words.is_some() && (of || is_noun_start(line, behind)) {
        return true;
    }
    let closed_behind = line.slice(figure.number.end..figure.whole.end);
    let closes = |words: &[char]| {
        let rules = line.rules;
        let after = [&rules.at_least.after, &rules.at_most.after];
        after.iter().any(|list| list.at_end(words).is_some())
    };
    let behind_unit = closes(closed_behind);
    let Some(next) = next else {
        return false;
    };
    let noun = line.slice(behind..next.whole.start.max(behind));
    if noun.len() > REACH {
        return false;
    }
    // 56人以上大班额比例降至2.3%: a share of such.
    let is_share = next.kind == FactKind::Rate
        && ["比例", "占"].iter().any(|word| {
            noun.windows(word.chars().count())
                .any(|part| word.chars().eq(part.iter().copied()))
        });
    let counted = next.measure == Some(Measure::Count) && (of || !counts && behind_unit);
    if !counted && !(is_share && (of || behind_unit)) {
        return false;
    }
    let is_done = |at: usize| {
        line.rules
            .verbs
            .at_start(noun.get(at..).unwrap_or_default())
    };
    // 安排50万元以上资金购置图书300册: the sum is spent.
    let is_sum = (0..noun.len()).any(|at| is_done(at).is_some());
    let breaks = noun
        .iter()
        .any(|c| matches!(c, ',' | ';' | ':' | '。' | '、' | '\n'));
    !is_sum && !breaks
}
