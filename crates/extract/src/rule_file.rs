use std::path::{Path, PathBuf};

use serde::Deserialize;
use taosha_core::{Error, FactKind, Result, Settings, simplify};

use crate::rules::{IndicatorRule, NameRule, Rules, Written};
use crate::stage::facts_by;
use crate::unit::{Family, Stop};

/// A user's rules: any of the entries of `units.toml`, `names.toml` and `indicators.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleFile {
    pub(crate) unit: Vec<Family>,
    pub(crate) stop: Vec<Stop>,
    pub(crate) name: Vec<NameRule>,
    pub(crate) site: Vec<NameRule>,
    pub(crate) label: Vec<NameRule>,
    pub(crate) indicator: Vec<IndicatorRule>,
}

/// The built-in rules with those of the files at `paths`; a word that a file gives anew is the file's.
///
/// # Errors
/// `extract.rules` when a file cannot be read, holds something else, or an example of it does not hold.
pub(crate) fn load(paths: &[PathBuf], settings: &Settings) -> Result<Rules> {
    let mut written = Written::built_in();
    let mut texts = Vec::with_capacity(paths.len());
    for path in paths {
        let text = std::fs::read_to_string(settings.resolve(path)).map_err(|error| {
            refused(
                path,
                format!("{error}: write the path as seen from the pipeline file"),
            )
        })?;
        written.extend(parse(path, &text)?);
        texts.push((path, text));
    }
    let rules = Rules::new(written);
    for (path, text) in &texts {
        let file = parse(path, text)?;
        check(&rules, &file).map_err(|wrong| {
            let line = 1 + text
                .lines()
                .position(|line| line.contains(&wrong.example))
                .unwrap_or(0);
            refused(path, format!("line {line}: {}", wrong.message))
        })?;
    }
    Ok(rules)
}

fn parse(path: &Path, text: &str) -> Result<RuleFile> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + text.get(..at).unwrap_or_default().matches('\n').count();
        refused(path, format!("line {line}: {}", error.message()))
    })
}

fn refused(path: &Path, why: String) -> Error {
    let message = format!("read the rules `{}`: {why}", path.display());
    Error::config("extract.rules", message).for_option("rules")
}

/// An example that does not hold.
pub(crate) struct Wrong {
    pub(crate) example: String,
    pub(crate) message: String,
}

/// Runs the examples of `file` under `rules`, of which it is a part.
pub(crate) fn check(rules: &Rules, file: &RuleFile) -> Result<(), Wrong> {
    for family in &file.unit {
        let holds = |text: &str| reads_unit(rules, family, text);
        examples(
            &family.words,
            "a figure in this unit",
            &family.matches,
            &family.no_match,
            &holds,
        )?;
    }
    for stop in &file.stop {
        let holds = |text: &str| facts_by(rules, text).iter().all(|fact| fact.unit.is_none());
        examples(
            &stop.words,
            "no figure with a unit",
            &stop.matches,
            &stop.no_match,
            &holds,
        )?;
    }
    for rule in file.name.iter().chain(&file.site).chain(&file.label) {
        let holds = |text: &str| n_figures(rules, text) == 0;
        examples(
            &rule.words,
            "no figure",
            &rule.matches,
            &rule.no_match,
            &holds,
        )?;
    }
    for rule in &file.indicator {
        let holds = |text: &str| names(rules, rule, text);
        examples(
            &rule.words,
            "a last figure with this name",
            &rule.matches,
            &rule.no_match,
            &holds,
        )?;
    }
    Ok(())
}

fn examples(
    words: &[String],
    what: &str,
    matches: &[String],
    no_match: &[String],
    holds: &dyn Fn(&str) -> bool,
) -> Result<(), Wrong> {
    let entry = words.first().map_or("", String::as_str);
    if words.is_empty() || matches.is_empty() || no_match.is_empty() {
        let message = format!(
            "the entry `{entry}` needs `words`, and an example each in `match` and `no_match`"
        );
        let example = entry.to_owned();
        return Err(Wrong { example, message });
    }
    for (texts, wanted, says) in [
        (matches, true, "must give"),
        (no_match, false, "must not give"),
    ] {
        if let Some(text) = texts.iter().find(|text| holds(text) != wanted) {
            let message =
                format!("`{text}` {says} {what} (`{entry}`): correct the example or the entry");
            let example = text.clone();
            return Err(Wrong { example, message });
        }
    }
    Ok(())
}

fn reads_unit(rules: &Rules, family: &Family, text: &str) -> bool {
    let units = facts_by(rules, text)
        .into_iter()
        .filter_map(|fact| fact.unit);
    let mut units = units.map(|unit| simplify(&unit));
    units.any(|unit| {
        let bare = unit.trim_start_matches(['百', '千', '万', '亿']);
        let mut words = family.words.iter().chain(&family.before);
        words.any(|word| unit == *word || bare == word)
    })
}

fn n_figures(rules: &Rules, text: &str) -> usize {
    let facts = facts_by(rules, text).into_iter();
    facts
        .filter(|fact| !matches!(fact.kind, FactKind::Award | FactKind::Citation))
        .count()
}

fn names(rules: &Rules, rule: &IndicatorRule, text: &str) -> bool {
    let last = facts_by(rules, text).pop();
    let name = last
        .and_then(|fact| fact.indicator)
        .map(|name| simplify(&name));
    name.is_some_and(|name| rule.words.contains(&name))
}
