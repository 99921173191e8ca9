mod compound; // 件(次), 元/平方米, 立方米每秒

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;

use crate::line::{Line, is_han};
use crate::words::{ByChar, begins_with};

/// The measure words, ready to be looked up behind a number.
pub(crate) struct Units {
    /// By first character, longest word first; `None` for words that only look like a unit.
    by_first: ByChar<Vec<Word>>,
    /// Signs that stand before the number, with their family.
    signs: Vec<(Vec<char>, usize)>,
    families: Vec<Family>,
}

/// A word and its family; words that only look like a unit have none.
struct Word {
    text: String,
    chars: Vec<char>,
    family: Option<usize>,
}

/// A measure word as it stands behind a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit<'a> {
    /// Its characters, without a scale before it: 元/生/年.
    pub(crate) range: Range<usize>,
    /// What values are brought to: 平方米 for 公顷.
    pub(crate) base: Cow<'a, str>,
    /// How many of `base` one is.
    pub(crate) factor: f64,
    pub(crate) family: usize,
}

/// What a unit measures.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// Things and people.
    Count,
    /// Money, room, weight.
    Amount,
    /// Parts of a whole.
    Rate,
    /// Percentage points, which are no percent.
    Points,
    /// Lengths of time.
    Time,
}

/// `rules/units.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitFile {
    #[serde(default)]
    pub(crate) unit: Vec<Family>,
    #[serde(default)]
    pub(crate) stop: Vec<Stop>,
}

/// Measure words that behave alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    pub(crate) words: Vec<String>,
    pub(crate) base: Option<String>,
    #[serde(default = "one")]
    pub(crate) factor: f64,
    pub(crate) kind: Measure,
    /// May stand behind a Chinese numeral.
    pub(crate) han: bool,
    /// 一 before it counts instead of being an article.
    #[serde(default)]
    pub(crate) one: bool,
    /// Behind several mask signs it more likely ends the name of an office.
    #[serde(default)]
    pub(crate) org_risk: bool,
    /// With a Chinese numeral it may begin the name of a place.
    #[serde(default)]
    pub(crate) place_risk: bool,
    /// Only a measure at the end of what is said: 16周岁人口 names a group.
    #[serde(default)]
    pub(crate) closing: bool,
    /// The ISO 4217 code of a currency.
    pub(crate) currency: Option<String>,
    /// What stands for the unit before the number: ¥.
    #[serde(default)]
    pub(crate) before: Vec<String>,
    #[serde(default)]
    pub(crate) follows: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<String>,
    pub(crate) no_match: Vec<String>,
}

/// Words that begin like a unit and are none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stop {
    pub(crate) words: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) matches: Vec<String>,
    pub(crate) no_match: Vec<String>,
}

fn one() -> f64 {
    1.0
}

impl Units {
    pub(crate) fn new(file: UnitFile) -> Self {
        let mut by_first = ByChar::<Vec<Word>>::default();
        let families = file.unit.iter().enumerate();
        let words = families.flat_map(|(i, family)| family.words.iter().map(move |w| (w, Some(i))));
        let stops = file
            .stop
            .iter()
            .flat_map(|stop| &stop.words)
            .map(|w| (w, None));
        for (text, family) in words.chain(stops) {
            let (text, chars) = (text.clone(), text.chars().collect::<Vec<_>>());
            if let Some(&first) = chars.first() {
                let words = by_first.entry(first).or_default();
                words.push(Word {
                    text,
                    chars,
                    family,
                });
            }
        }
        for words in by_first.values_mut() {
            words.sort_by_key(|word| usize::MAX - word.chars.len());
        }
        let signs = file.unit.iter().enumerate();
        let mut signs: Vec<(Vec<char>, usize)> = signs
            .flat_map(|(i, family)| {
                family
                    .before
                    .iter()
                    .map(move |sign| (sign.chars().collect(), i))
            })
            .collect();
        signs.sort_by_key(|(sign, _)| usize::MAX - sign.len());
        Units {
            by_first,
            signs,
            families: file.unit,
        }
    }

    /// True when a measure word stands at the head of `text`, whatever follows it.
    pub(crate) fn names(&self, text: &[char]) -> bool {
        self.word(text).is_some()
    }

    /// True when a word stands at the head of `text` that things, people, sums or time are
    /// measured in: not 成 or 折, which make a share of the number.
    pub(crate) fn counts(&self, text: &[char]) -> bool {
        self.word(text)
            .is_some_and(|(_, family)| family.kind != Measure::Rate)
    }

    /// The longest measure word at the head of `text` and its family.
    fn word(&self, text: &[char]) -> Option<(usize, &Family)> {
        let words = self.by_first.get(text.first()?)?;
        let word = words.iter().find(|word| begins_with(text, &word.chars))?;
        Some((word.chars.len(), self.families.get(word.family?)?))
    }

    /// The currency at the head of `text`: its length, its code, how many whole units one is.
    pub(crate) fn money(&self, text: &[char]) -> Option<(usize, String, f64)> {
        let (len, family) = self.word(text)?;
        let rest = text.get(len..).unwrap_or_default();
        let forbidden = |word: &String| {
            word.chars()
                .enumerate()
                .all(|(i, c)| rest.get(i) == Some(&c))
        };
        let word = family.follows.iter().any(forbidden);
        Some((
            len,
            family.currency.clone().filter(|_| !word)?,
            family.factor,
        ))
    }

    /// The sign of a currency at the tail of `text`: its length and code.
    pub(crate) fn sign(&self, text: &[char]) -> Option<(usize, String)> {
        let (len, family) = self.sign_family(text)?;
        Some((len, family.currency.clone()?))
    }

    /// The sign of a currency at the head of `text`, which people also set behind: 5$.
    pub(crate) fn sign_behind(&self, text: &[char]) -> Option<(usize, String)> {
        let mut signs = self
            .signs
            .iter()
            .filter(|(sign, _)| sign.iter().all(|c| !is_han(*c)));
        let (sign, family) = signs.find(|(sign, _)| text.starts_with(sign))?;
        Some((sign.len(), self.families.get(*family)?.currency.clone()?))
    }

    fn sign_family(&self, text: &[char]) -> Option<(usize, &Family)> {
        let (sign, family) = self.signs.iter().find(|(sign, _)| text.ends_with(sign))?;
        Some((sign.len(), self.families.get(*family)?))
    }

    /// The unit whose sign ends before `at`: ¥3000.
    pub(crate) fn read_before(&self, line: &Line, at: usize) -> Option<Unit<'_>> {
        let gap = usize::from(line.before(at) == ' ');
        let text = line.until(at - gap);
        let (sign, index) = self.signs.iter().find(|(sign, _)| text.ends_with(sign))?;
        let family = self.families.get(*index)?;
        Some(Unit {
            range: at - gap - sign.len()..at - gap,
            base: match &family.base {
                Some(base) => Cow::Borrowed(base),
                None => Cow::Owned(sign.iter().collect()),
            },
            factor: family.factor,
            family: *index,
        })
    }

    /// True when what stands behind 成 at the head of `text` makes it part of a word: 三成员.
    pub(crate) fn stops_tenths(&self, text: &[char]) -> bool {
        let Some((len, family)) = self.word(text) else {
            return true;
        };
        let rest = text.get(len..).unwrap_or_default();
        let follows = |word: &String| {
            word.chars()
                .enumerate()
                .all(|(i, c)| rest.get(i) == Some(&c))
        };
        family.follows.iter().any(follows)
    }

    pub(crate) fn family(&self, unit: &Unit) -> &Family {
        &self.families[unit.family]
    }

    /// The unit at `at`, with what it is counted per.
    pub(crate) fn read(&self, line: &Line, at: usize) -> Option<Unit<'_>> {
        let Found {
            word,
            family: index,
            end,
            times,
        } = self.find(line, at)?;
        let family = self.families.get(index)?;
        if times {
            return Some(Unit {
                range: at..end,
                base: Cow::Owned(format!("{}次", word.text)),
                factor: family.factor,
                family: index,
            });
        }
        let own_end = self.behind_other(line, end);
        let whole_end = self.per(line, own_end, family);
        let base = family.base.as_deref().unwrap_or(&word.text);
        let mut unit = Unit {
            range: at..whole_end,
            base: Cow::Borrowed(base),
            factor: family.factor,
            family: index,
        };
        if whole_end > own_end {
            unit.base.to_mut().extend(line.slice(own_end..whole_end));
        }
        Some(unit)
    }

    /// True when a unit stands at `at`.
    pub(crate) fn reads(&self, line: &Line, at: usize) -> bool {
        self.find(line, at).is_some()
    }

    /// Where the unit at `at` ends, with what it is counted per.
    pub(crate) fn end(&self, line: &Line, at: usize) -> Option<usize> {
        let found = self.find(line, at)?;
        let family = self.families.get(found.family)?;
        Some(match found.times {
            true => found.end,
            false => self.per(line, self.behind_other(line, found.end), family),
        })
    }

    /// The word of the unit at `at`. When what follows forbids a word (个学期 in 4个学期制班), a
    /// shorter one may still be meant.
    fn find(&self, line: &Line, at: usize) -> Option<Found<'_>> {
        let words = self.by_first.get(&line.char(at))?;
        let text = line.from(at);
        for word in words.iter().filter(|word| begins_with(text, &word.chars)) {
            let index = word.family?;
            let family = self.families.get(index)?;
            let end = at + word.chars.len();
            // 12km is twelve kilometres, 12kmx is nothing.
            let latin = word.chars.last().is_some_and(char::is_ascii_alphabetic);
            let runs_on = latin && line.char(end).is_ascii_alphanumeric();
            // 批次, 处次, 轮次: how often, whatever was counted.
            let times = word.chars.len() == 1
                && family.kind == Measure::Count
                && line.char(end) == '次'
                && !matches!(word.chars.first(), Some('名' | '位' | '层' | '次' | '个'))
                && !matches!(
                    line.char(end + 1),
                    '要' | '日' | '数' | '品' | '生' | '于' | '序'
                );
            if times {
                return Some(Found {
                    word,
                    family: index,
                    end: end + 1,
                    times,
                });
            }
            let forbidden = family.follows.iter().any(|word| line.has(end, word));
            if runs_on || forbidden || family.closing && is_han(line.char(end)) {
                continue;
            }
            return Some(Found {
                word,
                family: index,
                end,
                times,
            });
        }
        None
    }
}

/// A word of the lists where it stands in a line.
struct Found<'a> {
    word: &'a Word,
    family: usize,
    /// Where it ends, with the 次 behind it.
    end: usize,
    /// 批次: how often.
    times: bool,
}
