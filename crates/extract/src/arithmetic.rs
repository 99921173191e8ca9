use serde_json::{Value, json};
use taosha_core::{Fact, FactKind, Qualifier, simplify};

use crate::rules::Rules;

/// Whether figures that belong together agree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) rule: Rule,
    /// Places in the report's list of facts: the figure that is tested, then those it is tested by.
    pub(crate) facts: Vec<usize>,
    pub(crate) said: f64,
    pub(crate) worked_out: f64,
    pub(crate) consistent: bool,
}

/// How figures are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// 536人,比上年的474人增加62人
    Difference,
    /// 由474人增至536人,增长13.08%
    Growth,
    /// 共86人,其中男56人、女30人
    Sum,
}

/// A whole and its parts, as places in the report's list of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) whole: usize,
    pub(crate) parts: Vec<usize>,
    /// No part is left out, and none counts twice.
    pub(crate) complete: bool,
}

/// More contradictions of one report than these are not told one by one.
const MOST_TOLD: usize = 20;
/// Facts between a base and the value that is measured against it are seldom more.
const NEAR: usize = 8;
/// How far behind its figure, in bytes, a change may stand that names no base.
const REACH: usize = 240;

/// Tests all figures of a report that belong together.
pub(crate) fn check(rules: &Rules, facts: &[Fact], sums: &[Sum]) -> Vec<Check> {
    let mut checks = Vec::new();
    for (index, change) in facts.iter().enumerate() {
        if change.kind != FactKind::Change || !is_exact(change) {
            continue;
        }
        checks.extend(against_base(facts, index, change));
    }
    for index in 0..facts.len() {
        checks.extend(without_base(facts, index));
        checks.extend(by_halves(rules, facts, index));
    }
    for sum in sums {
        checks.extend(of_parts(rules, facts, sum));
    }
    checks.sort_by(|a, b| a.facts.cmp(&b.facts));
    checks.dedup_by(|a, b| a.facts == b.facts);
    checks
}

/// What the trail tells of them.
pub(crate) fn told(checks: &[Check]) -> Value {
    let wrong = checks.iter().filter(|check| !check.consistent);
    let told: Vec<Value> = wrong
        .clone()
        .take(MOST_TOLD)
        .map(|check| {
            json!({
                "rule": check.rule.name(),
                "facts": check.facts,
                "said": check.said,
                "worked_out": check.worked_out,
            })
        })
        .collect();
    let n_wrong = wrong.count();
    json!({"consistent": checks.len() - n_wrong, "contradictory": n_wrong, "contradictions": told})
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Rule::Difference => "difference",
            Rule::Growth => "growth",
            Rule::Sum => "sum",
        }
    }
}

/// Only what claims to be exact can be held to it.
fn is_exact(fact: &Fact) -> bool {
    fact.value_base.is_some() && fact.qualifier == Qualifier::Exact
}

/// Half of the last digit that is written, in the base unit.
fn slack(fact: &Fact) -> f64 {
    let decimals = fact.value_text.split('.').nth(1).map_or(0, str::len);
    let step = 10f64.powi(-(decimals.min(12) as i32));
    let factor = match (fact.value, fact.value_base) {
        (Some(value), Some(base)) if value != 0.0 => base / value,
        _ => 1.0,
    };
    // Whole numbers without a scale are counted, not rounded.
    let counted = decimals == 0 && factor == 1.0 && fact.kind != FactKind::Rate;
    if counted {
        0.0
    } else {
        step * factor.abs() / 2.0
    }
}

/// 减少, 下降: the change takes away.
fn falls(change: &Fact) -> bool {
    let name = simplify(change.indicator.as_deref().unwrap_or_default());
    let verbs = [
        "减", "减少", "降", "下降", "降低", "少", "低", "回落", "缩小",
    ];
    verbs.iter().any(|verb| name.ends_with(verb))
}

fn against_base(facts: &[Fact], index: usize, change: &Fact) -> Option<Check> {
    let base_at = change.base_fact?;
    let base = facts.get(base_at).filter(|base| is_exact(base))?;
    let of_base = |fact: &Fact| fact.base_fact == Some(base_at) && fact.kind != FactKind::Change;
    let near = base_at.saturating_sub(NEAR)..(base_at + NEAR).min(facts.len());
    let value_at = near.into_iter().find(|&at| {
        let fact = facts.get(at);
        fact.is_some_and(|fact| of_base(fact) && fact.unit_base == base.unit_base)
    })?;
    let value = facts.get(value_at).filter(|value| is_exact(value))?;
    let checked = test(value, base, change)?;
    Some(Check {
        facts: vec![index, value_at, base_at],
        ..checked
    })
}

fn test(value: &Fact, base: &Fact, change: &Fact) -> Option<Check> {
    let (new, old, said) = (value.value_base?, base.value_base?, change.value_base?);
    let said = if falls(change) { -said.abs() } else { said };
    let points =
        change.unit_base.as_deref() == Some("百分点") && value.unit_base.as_deref() == Some("%");
    let (rule, worked_out, slack) = if change.unit_base == value.unit_base
        && value.kind != FactKind::Rate
        || points
    {
        let slack = slack(value) + slack(base) + slack(change);
        (Rule::Difference, new - old, slack)
    } else if change.unit_base.as_deref() == Some("%") && value.kind != FactKind::Rate && old != 0.0
    {
        let spread = (slack(value) + slack(base)) / old.abs() * (1.0 + (new / old).abs()) * 100.0;
        let rounded = change.value_text.split('.').nth(1).map_or(0, str::len) as i32;
        (
            Rule::Growth,
            (new - old) / old * 100.0,
            spread + 10f64.powi(-rounded),
        )
    } else {
        return None;
    };
    Some(Check {
        rule,
        facts: Vec::new(),
        said,
        worked_out: crate::numeral::round(worked_out),
        consistent: (worked_out - said).abs() <= slack + 1e-9,
    })
}

/// 招生536人,比上年增加62人,增长13.08%: the base is not named, and follows from the other two.
fn without_base(facts: &[Fact], index: usize) -> Option<Check> {
    let [value, change, growth] = facts.get(index..index + 3)? else {
        return None;
    };
    let alone = |fact: &Fact| fact.base_fact.is_none() && is_exact(fact);
    let changes = change.kind == FactKind::Change && growth.kind == FactKind::Change;
    let near = growth.evidence.end() < value.evidence.start() + REACH;
    let units = change.unit_base == value.unit_base && growth.unit_base.as_deref() == Some("%");
    let same = [value, change, growth].into_iter().all(alone);
    if !(changes && near && units && same)
        || matches!(value.kind, FactKind::Change | FactKind::Rate)
        || falls(change) != falls(growth)
    {
        return None;
    }
    let by = change.value_base?;
    let mut base = value.clone();
    base.value_base = Some(value.value_base? - if falls(change) { -by } else { by });
    let checked = test(value, &base, growth)?;
    Some(Check {
        facts: vec![index + 2, index, index + 1],
        ..checked
    })
}

/// 共86人,男56人、女30人: two halves are the whole, also without 其中.
fn by_halves(rules: &Rules, facts: &[Fact], index: usize) -> Option<Check> {
    let [whole, first, second] = facts.get(index..index + 3)? else {
        return None;
    };
    let near = second.evidence.end() < whole.evidence.start() + REACH;
    let alike = |fact: &Fact| fact.kind == whole.kind && fact.unit_base == whole.unit_base;
    if !near || !alike(first) || !alike(second) || !are_halves(rules, whole, first, second) {
        return None;
    }
    let parts = vec![index + 1, index + 2];
    adds_up(facts, index, &parts)
}

/// True when two parts divide `whole` between them: 男 and 女, 城镇 and 乡村.
fn are_halves(rules: &Rules, whole: &Fact, first: &Fact, second: &Fact) -> bool {
    let name = |fact: &Fact| simplify(fact.indicator.as_deref().unwrap_or_default());
    let (whole, first, second) = (name(whole), name(first), name(second));
    let mut pairs = rules.halves.iter();
    pairs.any(|(a, b)| {
        let only = |name: &str, a: &str, b: &str| name.contains(a) && !name.contains(b);
        let either =
            only(&first, a, b) && only(&second, b, a) || only(&first, b, a) && only(&second, a, b);
        either && !whole.contains(a.as_str()) && !whole.contains(b.as_str())
    })
}

/// The parts of a whole. Parts that may overlap, or leave something out, can only agree with it.
fn of_parts(rules: &Rules, facts: &[Fact], sum: &Sum) -> Option<Check> {
    if sum.parts.len() < 2 {
        return None;
    }
    let checked = adds_up(facts, sum.whole, &sum.parts)?;
    let halves = match sum.parts.as_slice() {
        [first, second] => are_halves(
            rules,
            facts.get(sum.whole)?,
            facts.get(*first)?,
            facts.get(*second)?,
        ),
        _ => false,
    };
    (checked.consistent || sum.complete || halves).then_some(checked)
}

fn adds_up(facts: &[Fact], whole: usize, parts: &[usize]) -> Option<Check> {
    let total = facts.get(whole)?;
    let mut worked_out = 0.0;
    let mut most_off = slack(total);
    for part in parts {
        let part = facts.get(*part)?;
        let alike = part.kind == total.kind && part.unit_base == total.unit_base;
        if !alike || !is_exact(part) {
            return None;
        }
        worked_out += part.value_base?;
        most_off += slack(part);
    }
    let counted = matches!(total.kind, FactKind::Count | FactKind::Amount) && is_exact(total);
    let said = total.value_base.filter(|_| counted)?;
    let worked_out = crate::numeral::round(worked_out);
    Some(Check {
        rule: Rule::Sum,
        facts: std::iter::once(whole)
            .chain(parts.iter().copied())
            .collect(),
        said,
        worked_out,
        consistent: (said - worked_out).abs() <= most_off + 1e-9,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::checks_of_text;

    fn verdicts(text: &str) -> Vec<(Rule, bool)> {
        checks_of_text(text)
            .into_iter()
            .map(|check| (check.rule, check.consistent))
            .collect()
    }

    #[test]
    fn parts_that_add_up_are_told_and_a_list_must() {
        let parts = |last: u32| format!("学校85所,其中高中3所、初中15所、小学{last}所。");
        assert_eq!(verdicts(&parts(67)), [(Rule::Sum, true)]);
        // Nurseries may have been left out.
        assert_eq!(verdicts(&parts(60)), []);
        let list = |sum: u32| format!("维修小学47所、初中18所,共{sum}所。");
        assert_eq!(verdicts(&list(65)), [(Rule::Sum, true)]);
        assert_eq!(verdicts(&list(66)), [(Rule::Sum, false)]);
        assert_eq!(
            verdicts("零售总额46.7亿元,其中城镇32.1亿元,乡村14.6亿元。"),
            [(Rule::Sum, true)]
        );
        assert_eq!(
            verdicts("零售总额46.7亿元,其中城镇32.1亿元,乡村13.6亿元。"),
            [(Rule::Sum, false)]
        );
    }

    #[test]
    fn a_difference_that_does_not_add_up_is_told() {
        let text = |change: u32| format!("招生583人,比上年的512人增加{change}人。");
        assert_eq!(verdicts(&text(71)), [(Rule::Difference, true)]);
        assert_eq!(verdicts(&text(72)), [(Rule::Difference, false)]);
        assert_eq!(
            verdicts("毕业生480人,比上年的512人减少32人。"),
            [(Rule::Difference, true)]
        );
        assert_eq!(
            verdicts("合格率94.2%,比上年的90.1%提高4.1个百分点。"),
            [(Rule::Difference, true)]
        );
    }

    #[test]
    fn growth_is_worked_out_with_and_without_a_base() {
        assert_eq!(
            verdicts("招生583人,比上年的512人增加71人,增长13.87%。"),
            [(Rule::Difference, true), (Rule::Growth, true)]
        );
        assert_eq!(
            verdicts("招生583人,同比增加71人,增长13.87%。"),
            [(Rule::Growth, true)]
        );
        assert_eq!(
            verdicts("招生583人,同比增加71人,增长31.87%。"),
            [(Rule::Growth, false)]
        );
        assert_eq!(
            verdicts("收入3.6亿元,同比增加0.4亿元,增长12.5%。"),
            [(Rule::Growth, true)]
        );
    }

    #[test]
    fn men_and_women_are_everybody() {
        assert_eq!(
            verdicts("发展会员86人,男56人、女30人。"),
            [(Rule::Sum, true)]
        );
        assert_eq!(
            verdicts("发展会员86人,男56人、女31人。"),
            [(Rule::Sum, false)]
        );
    }

    #[test]
    fn what_is_masked_or_a_guess_is_not_tested() {
        for text in [
            "招生5x3人,比上年的512人增加71人。",
            "招生近580人,比上年的512人增加71人。",
            "教师86人,其中党员56人、骨干40人。",
        ] {
            assert_eq!(verdicts(text), [], "{text}");
        }
    }
}
