use std::sync::LazyLock;

use serde::Deserialize;

use crate::cue::{Cue, Cues};
use crate::place;
use crate::rule_file::RuleFile;
use crate::time;
use crate::unit::{UnitFile, Units};
use crate::words::Words;

/// The knowledge of this crate, read once from `rules/*.toml`.
///
/// The files are part of the program and checked by its tests, so that they can be read is certain
/// before a user sees them.
pub(crate) static RULES: LazyLock<Rules> = LazyLock::new(Rules::load);

/// The rules as they are written.
pub(crate) struct Written {
    units: UnitFile,
    names: NameFile,
    phrases: PhraseFile,
    indicators: IndicatorFile,
}

/// `rules/indicators.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorFile {
    pub(crate) indicator: Vec<IndicatorRule>,
}

/// Indicators that need no more words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorRule {
    pub(crate) words: Vec<String>,
    /// What a number behind one of them is measured in, when the page leaves it out.
    pub(crate) unit: Option<String>,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<String>,
    pub(crate) no_match: Vec<String>,
}

/// Word lists, ready to be looked up.
pub(crate) struct Rules {
    /// What the words of some of these lists begin with.
    pub(crate) cues: Cues,
    pub(crate) units: Units,
    /// Indicators that need no more words.
    pub(crate) indicators: Words,
    /// The units of those that have one.
    pub(crate) units_of: Vec<(String, String)>,
    /// Names that hold a numeral.
    pub(crate) names: Words,
    /// Words behind the numbers of the site.
    pub(crate) site: Words,
    /// How titles end.
    pub(crate) genres: Words,
    /// What makes a Chinese numeral behind it part of a word.
    pub(crate) prefixes: Words,
    /// The same for 一 alone.
    pub(crate) one_prefixes: Words,
    /// Words that begin with a numeral and hold no number: 四川.
    pub(crate) idioms: Words,
    /// What begins like an idiom and is none: 十分钟.
    pub(crate) no_idioms: Words,
    /// What makes a single Chinese digit behind it part of a word: 大陆.
    pub(crate) idiom_tails: Words,
    /// What makes a number without unit behind it a name.
    pub(crate) labels: Words,
    pub(crate) approx: Around,
    /// What ends like 约 or 近 and is a word of its own.
    pub(crate) no_approx: Words,
    pub(crate) at_least: Around,
    pub(crate) at_most: Around,
    /// 单价, 单笔: a limit behind it says which things are meant.
    pub(crate) limited: Words,
    pub(crate) links: Words,
    /// What ends like a link and is none: 行为.
    pub(crate) no_links: Words,
    /// What opens a clause that is no topic: 根据.
    pub(crate) no_topics: Words,
    /// 力争, 计划: what makes a plan of what follows.
    pub(crate) plans: Words,
    /// 计划: plans right before a verb only.
    pub(crate) plans_to: Words,
    /// What holds a word of planning and plans nothing: 计划生育.
    pub(crate) no_plans: Words,
    /// What opens a clause of results behind a plan.
    pub(crate) results: Words,
    /// Two halves of a whole: 男 and 女.
    pub(crate) halves: Vec<(String, String)>,
    /// Where a name behind its number ends: 进行.
    pub(crate) afters: Words,
    pub(crate) leads: Words,
    /// What begins like a lead and is none.
    pub(crate) no_leads: Words,
    pub(crate) scopes: Words,
    /// 投资, 面积: what kind of figure it is, and not of what.
    pub(crate) bare: Words,
    /// 参加, 参训: who takes part, and not in what.
    pub(crate) attending: Words,
    /// 竞赛, 评选: where prizes are won.
    pub(crate) contests: Words,
    /// 工程, 活动: what is done, whatever the verb before it.
    pub(crate) undertakings: Words,
    pub(crate) spending: Words,
    /// Verbs of money that comes back or is taken in.
    pub(crate) coming_back: Words,
    pub(crate) changes: Words,
    /// 到, 至: what makes the number behind a verb of change a level again.
    pub(crate) change_to: Words,
    /// 扩充, 调整: what leads from one level to another, and tells no change of its own.
    pub(crate) leading_on: Words,
    pub(crate) verbs: Words,
    pub(crate) award_verbs: Words,
    pub(crate) award_nouns: Words,
    pub(crate) places: Words,
    /// 推动, 承办: no place and no office begins so.
    pub(crate) no_places: Words,
    pub(crate) organisations: Words,
    /// Words that make an organisation any of its sort: 农村小学.
    pub(crate) generic: Words,
}

/// Words that qualify a number from before or behind.
pub(crate) struct Around {
    pub(crate) before: Words,
    pub(crate) after: Words,
}

/// `rules/names.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameFile {
    pub(crate) name: Vec<NameRule>,
    pub(crate) site: Vec<NameRule>,
    pub(crate) genre: Vec<NameRule>,
    pub(crate) prefix: Vec<NameRule>,
    pub(crate) one_prefix: Vec<NameRule>,
    pub(crate) label: Vec<NameRule>,
    pub(crate) idiom: Vec<NameRule>,
    pub(crate) idiom_tail: Vec<NameRule>,
}

/// Names of one sort.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameRule {
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file"))]
    pub(crate) why: String,
    pub(crate) words: Vec<String>,
    /// What begins like one of the words and is none.
    #[serde(default)]
    pub(crate) except: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<String>,
    pub(crate) no_match: Vec<String>,
}

/// `rules/phrases.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhraseFile {
    pub(crate) approx: Phrases,
    pub(crate) at_least: Phrases,
    pub(crate) at_most: Phrases,
    pub(crate) limit: Phrases,
    pub(crate) link: Phrases,
    pub(crate) no_topic: Phrases,
    pub(crate) after: Phrases,
    pub(crate) plan: Phrases,
    pub(crate) halves: Phrases,
    pub(crate) lead: Phrases,
    pub(crate) scope: Phrases,
    pub(crate) bare: Phrases,
    pub(crate) contest: Phrases,
    pub(crate) undertaking: Phrases,
    pub(crate) spend: Phrases,
    pub(crate) change: Phrases,
    pub(crate) verb: Phrases,
    pub(crate) award: Phrases,
    pub(crate) place: Phrases,
    pub(crate) organisation: Phrases,
}

/// Phrases of one sort; a sort uses some of the lists.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the examples are for the tests")
)]
pub(crate) struct Phrases {
    #[serde(default)]
    pub(crate) words: Vec<String>,
    #[serde(default)]
    pub(crate) before: Vec<String>,
    #[serde(default)]
    pub(crate) after: Vec<String>,
    #[serde(default)]
    pub(crate) to: Vec<String>,
    #[serde(default)]
    pub(crate) verbs: Vec<String>,
    #[serde(default)]
    pub(crate) nouns: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<String>,
    pub(crate) no_match: Vec<String>,
}

pub(crate) const UNITS: &str = include_str!("../rules/units.toml");
pub(crate) const CURRENCIES: &str = include_str!("../rules/currencies.toml");
pub(crate) const NAMES: &str = include_str!("../rules/names.toml");
pub(crate) const INDICATORS: &str = include_str!("../rules/indicators.toml");
pub(crate) const PHRASES: &str = include_str!("../rules/phrases.toml");

pub(crate) fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("rules are compiled in and read by the tests")
}

/// 城镇乡村: the first half of the characters, and the second.
fn halves(pair: &str) -> (String, String) {
    let n = pair.chars().count() / 2;
    (
        pair.chars().take(n).collect(),
        pair.chars().skip(n).collect(),
    )
}

impl Written {
    pub(crate) fn built_in() -> Self {
        let mut units: UnitFile = read(UNITS);
        units.unit.extend(read::<UnitFile>(CURRENCIES).unit);
        Written {
            units,
            names: read(NAMES),
            phrases: read(PHRASES),
            indicators: read(INDICATORS),
        }
    }

    /// Adds the entries of a user's file. A unit that is there already becomes the file's.
    pub(crate) fn extend(&mut self, file: RuleFile) {
        let anew: Vec<&String> = file.unit.iter().flat_map(|family| &family.words).collect();
        for family in &mut self.units.unit {
            family.words.retain(|word| !anew.contains(&word));
        }
        for stop in &mut self.units.stop {
            stop.words.retain(|word| !anew.contains(&word));
        }
        self.units.unit.extend(file.unit);
        self.units.stop.extend(file.stop);
        self.names.name.extend(file.name);
        self.names.site.extend(file.site);
        self.names.label.extend(file.label);
        self.indicators.indicator.extend(file.indicator);
    }
}

impl Rules {
    fn load() -> Self {
        Rules::new(Written::built_in())
    }

    pub(crate) fn new(written: Written) -> Self {
        let Written {
            units,
            names,
            phrases,
            indicators,
        } = written;
        let all = |rules: &[NameRule]| Words::new(rules.iter().flat_map(|rule| &rule.words));
        let around = |phrases: &Phrases| Around {
            before: Words::new(&phrases.before),
            after: Words::new(&phrases.after),
        };
        let (name, site) = (all(&names.name), all(&names.site));
        let award_verbs = Words::new(&phrases.award.verbs);
        let plans = Words::new(&phrases.plan.words);
        let plans_to = Words::new(&phrases.plan.verbs);
        let places = Words::new(&phrases.place.words);
        let organisations = Words::new(&phrases.organisation.words);
        let words = [
            (Cue::NAME, &name),
            (Cue::SITE, &site),
            (Cue::AWARD, &award_verbs),
            (Cue::PLAN, &plans),
            (Cue::PLAN, &plans_to),
            (Cue::PLACE, &places),
            (Cue::ORGANISATION, &organisations),
        ];
        let characters = [(Cue::TIME, time::FIRST), (Cue::NO_NAME, place::NO_NAME)];
        Rules {
            cues: Cues::new(&words, &characters),
            units: Units::new(units),
            indicators: Words::new(indicators.indicator.iter().flat_map(|rule| &rule.words)),
            units_of: units_of(&indicators.indicator),
            names: name,
            site,
            genres: all(&names.genre),
            prefixes: all(&names.prefix),
            one_prefixes: all(&names.one_prefix),
            labels: all(&names.label),
            idioms: all(&names.idiom),
            no_idioms: Words::new(names.idiom.iter().flat_map(|rule| &rule.except)),
            idiom_tails: all(&names.idiom_tail),
            approx: around(&phrases.approx),
            no_approx: Words::new(&phrases.approx.nouns),
            at_least: around(&phrases.at_least),
            at_most: around(&phrases.at_most),
            limited: Words::new(&phrases.limit.words),
            links: Words::new(&phrases.link.words),
            no_links: Words::new(phrases.link.nouns.iter().chain(&phrases.approx.nouns)),
            no_topics: Words::new(&phrases.no_topic.words),
            plans,
            plans_to,
            no_plans: Words::new(&phrases.plan.nouns),
            results: Words::new(&phrases.plan.after),
            halves: phrases
                .halves
                .words
                .iter()
                .map(|pair| halves(pair))
                .collect(),
            afters: Words::new(&phrases.after.words),
            leads: Words::new(&phrases.lead.words),
            no_leads: Words::new(&phrases.lead.nouns),
            scopes: Words::new(&phrases.scope.words),
            bare: Words::new(&phrases.bare.words),
            attending: Words::new(&phrases.bare.verbs),
            contests: Words::new(&phrases.contest.words),
            undertakings: Words::new(&phrases.undertaking.words),
            spending: Words::new(&phrases.spend.words),
            coming_back: Words::new(&phrases.spend.verbs),
            changes: Words::new(&phrases.change.words),
            change_to: Words::new(&phrases.change.to),
            leading_on: Words::new(&phrases.change.verbs),
            verbs: Words::new(&phrases.verb.words),
            award_verbs,
            award_nouns: Words::new(&phrases.award.nouns),
            places,
            no_places: Words::new(&phrases.place.verbs),
            organisations,
            generic: Words::new(&phrases.organisation.nouns),
        }
    }
}

/// Every word with a unit, and that unit; those of later files first.
fn units_of(rules: &[IndicatorRule]) -> Vec<(String, String)> {
    let with_unit = rules
        .iter()
        .rev()
        .filter_map(|rule| Some((&rule.words, rule.unit.as_ref()?)));
    with_unit
        .flat_map(|(words, unit)| words.iter().map(move |word| (word.clone(), unit.clone())))
        .collect()
}
