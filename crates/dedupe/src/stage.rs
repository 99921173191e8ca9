//! The order of the steps: fold and hash on any worker, look up and decide in order.

use std::path::PathBuf;

use serde_json::json;
use taosha_core::{
    Id, Keeps, Kind, Output, Record, Relation, Result, Settings, State, StatefulStage,
    StatefulStageType, Superseded,
};

use crate::comparison::{Form, Rules};
use crate::config::{DedupeConfig, Keep, Passages};
use crate::edits::edits;
use crate::hosts::Hosts;
use crate::index::{Canonical, Index, Page, Sketch};
use crate::keeps::keeps;
use crate::keys::Keys;
use crate::passages;
use crate::search::{Match, Search};
use crate::signature::{SHINGLE, Shingles, Signature, anchors, windows};
use crate::units::{Unit, units};
use crate::verify::{MAX_NEAR, MIN_NEAR, compare};

/// Collapses reports that are copies of an earlier one.
///
/// The first of a group stays, unless a fuller copy comes later and supersedes it (`keep`). A copy is
/// compared with reports that stayed, never with other copies: groups are stars, not chains.
pub struct Dedupe {
    pub(crate) config: DedupeConfig,
    pub(crate) rules: Rules,
    hosts: Hosts,
    /// The folders of `against`.
    against: Vec<PathBuf>,
}

/// What can be known of a report alone.
pub struct Prepared {
    pub(crate) form: Form,
    pub(crate) keys: Keys,
    /// `None` for texts that only have exact copies.
    pub(crate) hashes: Option<Hashes>,
    /// Paragraphs and sentences.
    units: Vec<Unit>,
}

pub(crate) struct Hashes {
    pub(crate) shingles: Shingles,
    pub(crate) signature: Signature,
}

/// A report that is so many times as long as an earlier one does not stand for it: pages in parts have
/// three or four, collections of reports more.
const MAX_FULLER: usize = 4;

/// The earlier reports that a new one stands for from now on.
#[derive(Default)]
struct Succession {
    /// By their numbers in the own state.
    old: Vec<(u32, Superseded)>,
    /// What decided between copies that say the same.
    better: Option<Better>,
}

/// What makes a copy better than one that says the same.
#[derive(Clone, Copy)]
enum Better {
    /// A preferred host, by its place in the list.
    Host(usize),
    /// The other one lost most of its commas and stops.
    Signs,
}

/// Signs that tell a text with its punctuation from one without, and how many times as many it has.
const LEAST_SIGNS: usize = 10;
const MANY_TIMES: usize = 4;

impl StatefulStageType for Dedupe {
    const NAME: &'static str = "dedupe";
    const ABOUT: &'static str = "collapses copies of a report into the one that stays";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &["repeated"];
    type Config = DedupeConfig;

    fn build(config: DedupeConfig, settings: &Settings) -> Result<Self> {
        config.check()?;
        let rules = Rules::of(&config.form);
        let hosts = Hosts::new(&config.prefer);
        let against = config.against.iter();
        let against = against.map(|folder| settings.resolve(folder)).collect();
        Ok(Dedupe {
            config,
            rules,
            hosts,
            against,
        })
    }
}

impl StatefulStage for Dedupe {
    type Prepared = Prepared;

    fn keeps(&self) -> Option<Keeps> {
        Some(keeps(&self.config))
    }

    fn reads(&self) -> &[PathBuf] {
        &self.against
    }

    fn check_other(&self, other: &dyn State) -> Result<()> {
        Index::check_other(other)
    }

    fn prepare(&self, record: &Record) -> Result<Prepared> {
        let text = record.report()?.reading().text();
        let form = Form::by(text, self.rules);
        let units = match self.config.passages {
            Passages::Exact | Passages::Near if form.len() <= MAX_NEAR => {
                units(text, &form, self.config.passage_chars)
            }
            _ => Vec::new(),
        };
        let hashes = self.hashes(&form);
        let anchors = match hashes.is_some() {
            true => anchors(&form.characters),
            false => Vec::new(),
        };
        let digest = Id::of("form", &[&form.bytes()]);
        Ok(Prepared {
            keys: Keys::new(
                digest,
                &anchors,
                form.len(),
                hashes.as_ref().map(|hashes| &hashes.signature),
            ),
            hashes,
            form,
            units,
        })
    }

    fn settle(
        &self,
        mut record: Record,
        prepared: Prepared,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let mut index = Index::open(state)?;
        if !index.is_new(record.id)? {
            out.drop(record, "repeated");
            return Ok(());
        }
        if prepared.form.len() == 0 {
            record
                .trail
                .add("kept", json!({ "reason": "nothing_to_compare" }));
            out.emit(record);
            return Ok(());
        }

        let keys = &prepared.keys;
        let exact = self.exact(&index, keys)?.map(|canonical| Match {
            canonical,
            relation: Relation::Exact,
            similarity: 1.0,
        });
        let mut better = None;
        if let Some(found) = &exact
            && !index.is_superseded(found.canonical)?
        {
            better = self.better(&record, found.canonical, &index)?;
            if better.is_none() {
                self.collapse(&mut record, &index, found, &[], 0)?;
                out.emit(record);
                return Ok(());
            }
        }

        let listed = index.listed(keys)?;
        let search = self.search(&index, &prepared, &listed)?;
        let succession = match (&exact, better) {
            (Some(found), Some(_)) => succeed_exactly(&record, found, better, &index)?,
            _ => self.succession(&record, &prepared, &index, &search)?,
        };
        if succession.old.is_empty() {
            let equals = |found| (found, Vec::new());
            if let Some((found, equals)) = search.best().or(exact.as_ref().map(equals)) {
                self.collapse(&mut record, &index, found, &equals, search.n_candidates)?;
                out.emit(record);
                return Ok(());
            }
        }
        let better = succession.better.map(|better| match better {
            Better::Host(rank) => self.hosts.name(rank).unwrap_or_default(),
            Better::Signs => "signs",
        });
        let mut stands_for = Vec::new();
        for (number, old) in succession.old {
            index.supersede(number)?;
            stands_for.push(number);
            record.report_mut()?.supersedes.push(old);
        }

        let units = (&prepared.form, &*prepared.units);
        let n_uses = passages::find(&mut record, units, &stands_for, &self.config, &mut index)?;
        self.note_kept(&mut record, &index, &search, better, n_uses)?;
        let sketch = Sketch {
            n_shingles: prepared
                .hashes
                .as_ref()
                .map_or(0, |h| h.shingles.n_distinct() as u32),
            signature: prepared.hashes.map(|hashes| hashes.signature),
        };
        let page = (
            record.id,
            &*record.origin.uri,
            record.report()?.reading().text(),
        );
        index.add(keys, listed, &sketch, page)?;
        out.emit(record);
        Ok(())
    }
}

impl Dedupe {
    fn hashes(&self, form: &Form) -> Option<Hashes> {
        let compares = self.config.near || self.config.contained;
        if !compares || !(MIN_NEAR..=MAX_NEAR).contains(&form.len()) {
            return None;
        }
        let shingles: Vec<u64> = windows(&form.characters, SHINGLE).collect();
        Some(Hashes {
            signature: Signature::of(shingles.iter().copied())?,
            shingles: Shingles::of(&shingles),
        })
    }

    fn exact(&self, index: &Index<'_>, keys: &Keys) -> Result<Option<Canonical>> {
        match self.config.exact {
            true => index.exact(keys),
            false => Ok(None),
        }
    }

    /// What makes `record` better than the earlier report, which says the same and can be superseded.
    fn better(
        &self,
        record: &Record,
        canonical: Canonical,
        index: &Index<'_>,
    ) -> Result<Option<Better>> {
        if self.config.keep == Keep::First || !index.is_own(canonical) {
            return Ok(None);
        }
        let old = index.page(canonical)?;
        if let Some(rank) = self.hosts.preferred(&record.origin.uri, &old.uri) {
            return Ok(Some(Better::Host(rank)));
        }
        let (old, new) = (
            n_signs(&old.text),
            n_signs(record.report()?.reading().text()),
        );
        let has_lost_them = new >= LEAST_SIGNS && old * MANY_TIMES < new;
        Ok(has_lost_them.then_some(Better::Signs))
    }

    /// The earlier reports that `record` stands for from now on: those it is fuller or clearer than, or
    /// as good as and from a better host, and that would be copies of it had they come later.
    fn succession(
        &self,
        record: &Record,
        prepared: &Prepared,
        index: &Index<'_>,
        search: &Search,
    ) -> Result<Succession> {
        let mut succession = Succession::default();
        if self.config.keep == Keep::First {
            return Ok(succession);
        }
        let best = search.best().map(|(found, _)| found);
        let old: Vec<Canonical> = match best {
            None => search.fuller_than.iter().map(|(old, _)| *old).collect(),
            // A copy is clearer than the very report it would be collapsed into, or stays a copy.
            Some(found) if search.clearer_than.contains(&found.canonical) => vec![found.canonical],
            Some(found) if found.relation == Relation::Near => {
                succession.better = self.better(record, found.canonical, index)?;
                succession
                    .better
                    .map(|_| found.canonical)
                    .into_iter()
                    .collect()
            }
            Some(_) => Vec::new(),
        };
        for canonical in old.into_iter().filter(|old| index.is_own(*old)) {
            let Page { id, uri, text } = index.page(canonical)?;
            let form = Form::by(&text, self.rules);
            let Some(hashes) = self.hashes(&form) else {
                continue;
            };
            let comparison = compare(&form, &hashes.shingles, &prepared.form);
            let Some(relation) = comparison.relation(&self.config) else {
                continue;
            };
            // A page of many reports is no fuller copy of one of them.
            if prepared.form.len() > MAX_FULLER * form.len() {
                continue;
            }
            if best.is_some() && comparison.n_revealed > 0 {
                continue;
            }
            let old = Superseded {
                document_id: id,
                uri,
                relation,
                similarity: comparison.resemblance,
                edits: edits(record.report()?.reading().text(), &text),
            };
            succession.old.push((canonical.number, old));
        }
        Ok(succession)
    }
}

fn n_signs(text: &str) -> usize {
    text.matches(['，', ',', '。', '；', ';', '、']).count()
}

/// The succession of a report with the same words and values as `found`, which is better.
fn succeed_exactly(
    record: &Record,
    found: &Match,
    better: Option<Better>,
    index: &Index<'_>,
) -> Result<Succession> {
    let Page { id, uri, text } = index.page(found.canonical)?;
    let old = Superseded {
        document_id: id,
        uri,
        relation: found.relation,
        similarity: found.similarity,
        edits: edits(record.report()?.reading().text(), &text),
    };
    let old = vec![(found.canonical.number, old)];
    Ok(Succession { old, better })
}
