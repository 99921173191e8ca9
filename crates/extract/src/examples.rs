//! Runs the examples that stand beside every entry of `rules/*.toml`.

use taosha_core::{FactKind, Qualifier, Record, simplify};

use crate::rules::{
    CURRENCIES, INDICATORS, IndicatorFile, NAMES, NameFile, NameRule, PHRASES, PhraseFile, Phrases,
    RULES, UNITS, read,
};
use crate::stage::facts_of_text;
use crate::unit::UnitFile;

fn units_in(text: &str) -> Vec<String> {
    let facts = facts_of_text(text);
    facts
        .into_iter()
        .filter_map(|fact| fact.unit)
        .map(|unit| simplify(&unit))
        .collect()
}

#[test]
fn every_unit_is_read_where_it_should_be_and_nowhere_else() {
    let mut file: UnitFile = read(UNITS);
    file.unit.extend(read::<UnitFile>(CURRENCIES).unit);
    for family in file.unit {
        let read_as_one = |text: &str| {
            let units = units_in(text);
            family.words.iter().any(|word| {
                units.iter().any(|unit| {
                    unit == word || unit.trim_start_matches(['百', '千', '万', '亿']) == word
                })
            })
        };
        assert!(
            !family.matches.is_empty() && !family.no_match.is_empty(),
            "{:?}",
            family.words
        );
        for text in &family.matches {
            assert!(
                read_as_one(text) || text.contains('％'),
                "{text}: {:?}",
                units_in(text)
            );
        }
        for text in &family.no_match {
            assert!(!read_as_one(text), "{text}: {:?}", units_in(text));
        }
        for word in &family.words {
            let text = format!("合计3{word}。");
            assert_eq!(units_in(&text), [word.as_str()], "{text}");
        }
    }
    for stop in file.stop {
        stop.matches
            .iter()
            .for_each(|text| assert_eq!(units_in(text), [""; 0], "{text}"));
        stop.no_match
            .iter()
            .for_each(|text| assert_eq!(units_in(text).len(), 1, "{text}"));
    }
}

/// True when some number of `text` says which things are meant.
fn limits(text: &str) -> bool {
    let read = crate::stage::built_in().explain(text);
    let mut why = read.iter().flat_map(|explained| &explained.why);
    why.any(|why| why.contains("limit") || why.contains("counted per"))
}

fn figures(text: &str) -> usize {
    let facts = facts_of_text(text).into_iter();
    facts
        .filter(|fact| !matches!(fact.kind, FactKind::Award | FactKind::Citation))
        .count()
}

#[test]
fn names_that_hold_numerals_count_nothing() {
    let file: NameFile = read(NAMES);
    let NameFile {
        name,
        site,
        genre,
        prefix,
        one_prefix,
        label,
        idiom,
        idiom_tail,
    } = file;
    for rule in idiom.into_iter().chain(idiom_tail) {
        let count = |text: &str| crate::numbers(text).len();
        rule.matches
            .iter()
            .for_each(|text| assert_eq!(count(text), 0, "{}: {text}", rule.why));
        rule.no_match
            .iter()
            .for_each(|text| assert_eq!(count(text), 1, "{}: {text}", rule.why));
    }
    let rules: Vec<NameRule> = [name, site, genre, prefix, one_prefix, label]
        .into_iter()
        .flatten()
        .collect();
    for rule in rules {
        assert!(!rule.words.is_empty(), "{}", rule.why);
        rule.matches
            .iter()
            .for_each(|text| assert_eq!(figures(text), 0, "{}: {text}", rule.why));
        rule.no_match
            .iter()
            .for_each(|text| assert_eq!(figures(text), 1, "{}: {text}", rule.why));
    }
}

#[test]
fn phrases_mean_what_their_examples_say() {
    let file: PhraseFile = read(PHRASES);
    let run = |phrases: &Phrases, holds: &dyn Fn(&str) -> bool| {
        phrases
            .matches
            .iter()
            .for_each(|text| assert!(holds(text), "{text}: {:?}", facts_of_text(text)));
        phrases
            .no_match
            .iter()
            .for_each(|text| assert!(!holds(text), "{text}: {:?}", facts_of_text(text)));
    };
    let qualified =
        |qualifier: Qualifier| move |text: &str| facts_of_text(text)[0].qualifier == qualifier;
    run(&file.approx, &qualified(Qualifier::Approx));
    run(&file.at_least, &qualified(Qualifier::AtLeast));
    run(&file.at_most, &qualified(Qualifier::AtMost));
    let kind =
        |kind: FactKind| move |text: &str| facts_of_text(text).iter().any(|fact| fact.kind == kind);
    run(&file.change, &kind(FactKind::Change));
    run(&file.award, &kind(FactKind::Award));
    run(&file.place, &|text| facts_of_text(text)[0].place.is_some());
    run(&file.organisation, &|text| {
        facts_of_text(text)[0].organisation.is_some()
    });
    let name = |text: &str| {
        facts_of_text(text)
            .first()
            .and_then(|fact| fact.indicator.clone())
            .unwrap_or_default()
    };
    // A limit is no fact of its own.
    run(&file.limit, &limits);
    // A link or lead is not in the name, though it stands in the sentence.
    run(&file.link, &|text| name(text) == "新生总数");
    run(&file.lead, &|text| {
        name(text) == "新生" && text.starts_with("其中")
    });
    run(&file.scope, &|text| {
        text.contains("全县") && !name(text).contains("全县")
    });
    run(&file.verb, &|text| name(text).starts_with("取缔"));
    run(&file.bare, &|text| {
        let second = facts_of_text(text).remove(1).indicator;
        second.is_some_and(|name| name.contains("校舍"))
    });
    run(&file.contest, &|text| !name(text).starts_with("参加"));
    let planned = |text: &str| {
        let record = crate::stage::run(Record::from_text("memory:a", text));
        let fields = record.trail.steps().last().unwrap().fields.clone();
        fields["planned"] == 1
    };
    run(&file.plan, &planned);
    run(&file.halves, &|text| {
        let record = crate::stage::run(Record::from_text("memory:a", text));
        let last = record.trail.steps().last().unwrap().clone();
        last.decision == "checked" && last.fields["consistent"] == 1
    });
    run(&file.undertaking, &|text| name(text).contains("校校通"));
    run(&file.no_topic, &|text| {
        !name(text).contains("领导") && !name(text).contains("骨干")
    });
    run(&file.after, &|text| name(text) == "校长");
    run(&file.spend, &|text| name(text).starts_with('花'));
}

#[test]
fn indicators_that_need_no_topic_have_none() {
    let file = crate::rule_file::RuleFile {
        indicator: read::<IndicatorFile>(INDICATORS).indicator,
        ..crate::rule_file::RuleFile::default()
    };
    if let Err(wrong) = crate::rule_file::check(&RULES, &file) {
        panic!("{}", wrong.message);
    }
}

#[test]
fn the_trail_counts_what_was_found() {
    let record = Record::from_text("memory:a", "新建小学3所,投入2xxxx元。");
    let record = crate::stage::run(record);
    let step = record.trail.steps().last().unwrap().clone();
    assert_eq!(step.decision, "extracted");
    assert_eq!(step.fields["facts"], 2);
    assert_eq!(step.fields["masked"], 1);
}
