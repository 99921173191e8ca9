//! The order of the steps: fold and hash on any worker, look up and decide in order.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use taosha_core::{
    Collapse, Id, Keeps, Kind, Output, Record, Relation, Result, Settings, State, StatefulStage,
    StatefulStageType, Superseded,
};

use crate::comparison::{Form, Rules};
use crate::config::{DedupeConfig, Keep, Passages};
use crate::edits::edits;
use crate::hosts::Hosts;
use crate::index::{Canonical, Index, Keys, Listed, Sketch};
use crate::keeps::keeps;
use crate::passages;
use crate::signature::{SHINGLE, Shingles, Signature, anchors, windows};
use crate::units::{Unit, units};
use crate::verify::{Comparison, MAX_NEAR, MIN_NEAR, compare};

/// Candidates whose text is read and compared, best first. Reports from one template are all
/// candidates of each other; comparing one costs about as much as folding it.
const MAX_CANDIDATES: usize = 16;

/// Candidates whose sketch is read, those that share the most bands and anchors: a sketch costs a
/// hundredth of a comparison, and in a large family of siblings the original is not always ahead.
const MAX_SKETCHES: usize = 128;

/// Score of a copy that ends the search: nothing later could be a clearly better original.
const GOOD_ENOUGH: f64 = 2.85;

/// Scores closer than this do not tell which of two originals a copy was made from.
const EQUAL: f64 = 0.01;

/// Other originals named in the trail; a large family would fill it.
const MAX_EQUALS: usize = 3;

/// Estimated containment below which a candidate is not compared: bands of five rows meet by
/// chance, and a copy of either kind is far above even when the estimate errs.
const LEAST_ESTIMATE: f64 = 0.4;

/// Collapses reports that are copies of an earlier one.
///
/// The first of a group stays, unless a fuller copy comes later and supersedes it (`keep`). A copy is
/// compared with reports that stayed, never with other copies: groups are stars, not chains.
pub struct Dedupe {
    config: DedupeConfig,
    rules: Rules,
    hosts: Hosts,
    /// The folders of `against`.
    against: Vec<PathBuf>,
}

/// What can be known of a report alone.
pub struct Prepared {
    form: Form,
    keys: Keys,
    /// `None` for texts that only have exact copies.
    hashes: Option<Hashes>,
    /// Paragraphs and sentences.
    units: Vec<Unit>,
}

struct Hashes {
    shingles: Shingles,
    signature: Signature,
}

/// The earlier report that a new one is a copy of.
struct Match {
    canonical: Canonical,
    relation: Relation,
    similarity: f64,
}

/// What came of looking at the candidates.
#[derive(Default)]
struct Search {
    /// Every candidate the report could be a copy of, with its score.
    matches: Vec<(f64, Match)>,
    n_candidates: usize,
    best_similarity: f64,
    /// The most similar candidate that was refused for its figures or names.
    sibling: Option<(Canonical, Comparison)>,
    /// The candidates that the report says more than.
    fuller_than: Vec<(Canonical, Comparison)>,
    /// Candidates it is a near copy of, and shows something that they hide or lost.
    clearer_than: Vec<Canonical>,
}

/// The earlier reports that a new one stands for from now on.
#[derive(Default)]
struct Succession {
    /// By their numbers in the own state.
    old: Vec<(u32, Superseded)>,
    /// The preferred host that decided, by its place in the list.
    host: Option<usize>,
}

impl Search {
    /// The best of the matches, of equals the earliest, and the others that fit as well.
    fn best(&self) -> Option<(&Match, Vec<Canonical>)> {
        let by_rank = |one: &&(f64, Match), other: &&(f64, Match)| {
            let earlier = other.1.canonical.cmp(&one.1.canonical);
            one.0.total_cmp(&other.0).then(earlier)
        };
        let (best, found) = self.matches.iter().max_by(by_rank)?;
        let equals = self
            .matches
            .iter()
            .filter(|(score, other)| other.canonical != found.canonical && best - score < EQUAL);
        let equals = equals.map(|(_, other)| other.canonical).take(MAX_EQUALS);
        Some((found, equals.collect()))
    }
}

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
        let anchors = match self.config.contained && hashes.is_some() {
            true => anchors(&form.characters),
            false => Vec::new(),
        };
        let signature = hashes.as_ref().map(|hashes| &hashes.signature);
        let digest = Id::of("form", &[&form.bytes()]);
        Ok(Prepared {
            keys: Keys::new(digest, signature, &anchors, form.len()),
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
        let mut host = None;
        if let Some(found) = &exact
            && !index.is_superseded(found.canonical)?
        {
            host = self.preferred(&record, found.canonical, &index)?;
            if host.is_none() {
                self.collapse(&mut record, &index, found, &[], 0)?;
                out.emit(record);
                return Ok(());
            }
        }

        let listed = index.listed(keys)?;
        let search = self.search(&index, &prepared, &listed)?;
        let succession = match (&exact, host) {
            (Some(found), Some(_)) => succeed_exactly(&record, found, host, &index)?,
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
        let host = succession.host.and_then(|rank| self.hosts.name(rank));
        let mut stands_for = Vec::new();
        for (number, old) in succession.old {
            index.supersede(number)?;
            stands_for.push(number);
            record.report_mut()?.supersedes.push(old);
        }

        let units = (&prepared.form, &*prepared.units);
        let n_uses = passages::find(&mut record, units, &stands_for, &self.config, &mut index)?;
        self.note_kept(&mut record, &index, &search, host, n_uses)?;
        let sketch = Sketch {
            id: record.id,
            n_characters: prepared.form.len() as u32,
            n_shingles: prepared
                .hashes
                .as_ref()
                .map_or(0, |h| h.shingles.n_distinct() as u32),
            signature: prepared.hashes.map(|hashes| hashes.signature),
        };
        let page = (&*record.origin.uri, record.report()?.reading().text());
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

    /// The preferred host that `record` comes from, when it is better than that of the earlier report,
    /// which can be superseded.
    fn preferred(
        &self,
        record: &Record,
        canonical: Canonical,
        index: &Index<'_>,
    ) -> Result<Option<usize>> {
        if self.config.prefer.is_empty() || !index.is_own(canonical) {
            return Ok(None);
        }
        let (old, _) = index.page(canonical)?;
        Ok(self.hosts.preferred(&record.origin.uri, &old))
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
                succession.host = self.preferred(record, found.canonical, index)?;
                succession
                    .host
                    .map(|_| found.canonical)
                    .into_iter()
                    .collect()
            }
            Some(_) => Vec::new(),
        };
        for canonical in old.into_iter().filter(|old| index.is_own(*old)) {
            let (uri, text) = index.page(canonical)?;
            let form = Form::by(&text, self.rules);
            let Some(hashes) = self.hashes(&form) else {
                continue;
            };
            let comparison = compare(&form, &hashes.shingles, &prepared.form);
            let Some(relation) = comparison.relation(&self.config) else {
                continue;
            };
            if best.is_some() && comparison.n_revealed > 0 {
                continue;
            }
            let old = Superseded {
                document_id: index.sketch(canonical)?.id,
                uri,
                relation,
                similarity: comparison.resemblance,
                edits: edits(record.report()?.reading().text(), &text),
            };
            succession.old.push((canonical.number, old));
        }
        Ok(succession)
    }

    /// Compares the report with the most promising of the earlier ones.
    fn search(&self, index: &Index<'_>, prepared: &Prepared, listed: &Listed) -> Result<Search> {
        let mut search = Search::default();
        let Some(hashes) = &prepared.hashes else {
            return Ok(search);
        };
        for canonical in candidates(index, hashes, &prepared.keys, listed)? {
            let form = Form::by(&index.text(canonical)?, self.rules);
            let comparison = compare(&prepared.form, &hashes.shingles, &form);
            search.n_candidates += 1;
            search.best_similarity = search.best_similarity.max(comparison.resemblance);
            if let Some(relation) = comparison.relation(&self.config) {
                let score = comparison.score();
                let similarity = comparison.resemblance;
                let found = Match {
                    canonical,
                    relation,
                    similarity,
                };
                search.matches.push((score, found));
                if relation == Relation::Near && comparison.n_revealed > 0 {
                    search.clearer_than.push(canonical);
                }
                if score >= GOOD_ENOUGH && comparison.n_masked == 0 {
                    break;
                }
                continue;
            }
            if comparison.is_fuller(&self.config) {
                search.fuller_than.push((canonical, comparison));
                continue;
            }
            let closer =
                |(_, other): &(Canonical, Comparison)| comparison.resemblance > other.resemblance;
            if comparison.are_siblings() && search.sibling.as_ref().is_none_or(closer) {
                search.sibling = Some((canonical, comparison));
            }
        }
        Ok(search)
    }

    fn collapse(
        &self,
        record: &mut Record,
        index: &Index<'_>,
        found: &Match,
        equals: &[Canonical],
        n_candidates: usize,
    ) -> Result<()> {
        let canonical_id = index.sketch(found.canonical)?.id;
        let canonical = index.text(found.canonical)?;
        let collapse = Collapse {
            canonical_id,
            relation: found.relation,
            similarity: found.similarity,
            edits: edits(&canonical, record.report()?.reading().text()),
        };
        let mut fields = json!({
            "canonical": canonical_id,
            "relation": found.relation.name(),
            "similarity": rounded(found.similarity),
            "candidates": n_candidates,
            "edits": collapse.edits.len(),
        });
        if let Some(folder) = self.folder(index, found.canonical) {
            fields["against"] = json!(folder);
        }
        if !equals.is_empty() {
            let id = |&canonical: &Canonical| index.sketch(canonical).map(|sketch| sketch.id);
            fields["fits_as_well"] = json!(equals.iter().map(id).collect::<Result<Vec<_>>>()?);
        }
        record.trail.add("collapsed", fields);
        record.collapse = Some(Arc::new(collapse));
        Ok(())
    }

    fn note_kept(
        &self,
        record: &mut Record,
        index: &Index<'_>,
        search: &Search,
        host: Option<&str>,
        n_uses: usize,
    ) -> Result<()> {
        let mut fields = json!({
            "candidates": search.n_candidates,
            "best_similarity": rounded(search.best_similarity),
        });
        if let Some((canonical, comparison)) = &search.sibling {
            fields["sibling"] = json!({
                "id": index.sketch(*canonical)?.id,
                "similarity": rounded(comparison.resemblance),
                "same": comparison.n_same,
                "different": comparison.n_different,
                "differences": comparison.differences,
            });
            if let Some(folder) = self.folder(index, *canonical) {
                fields["sibling"]["against"] = json!(folder);
            }
        }
        let by_resemblance = |one: &&(Canonical, Comparison), other: &&(Canonical, Comparison)| {
            one.1.resemblance.total_cmp(&other.1.resemblance)
        };
        if let Some((canonical, comparison)) = search.fuller_than.iter().max_by(by_resemblance) {
            fields["reason"] = json!("says_more");
            fields["more_than"] = json!({
                "id": index.sketch(*canonical)?.id,
                "similarity": rounded(comparison.resemblance),
                "characters": comparison.n_surplus,
                "revealed": comparison.n_revealed,
            });
            if let Some(folder) = self.folder(index, *canonical) {
                fields["more_than"]["against"] = json!(folder);
            }
        }
        let superseded = &record.report()?.supersedes;
        if !superseded.is_empty() {
            let ids: Vec<Id> = superseded.iter().map(|old| old.document_id).collect();
            fields["supersedes"] = json!(ids);
            if let Some(host) = host {
                fields["preferred"] = json!(host);
            }
        }
        if n_uses > 0 {
            fields["passages"] = json!(n_uses);
        }
        record.trail.add("kept", fields);
        Ok(())
    }

    /// The folder of `against` that has a report, if it is not the own state's.
    fn folder(&self, index: &Index<'_>, canonical: Canonical) -> Option<&str> {
        let is_other = !index.is_own(canonical);
        let folder = self.config.against.get(canonical.state);
        folder.filter(|_| is_other).map(String::as_str)
    }
}

/// The succession of a report with the same words and values as `found`, from a better host.
fn succeed_exactly(
    record: &Record,
    found: &Match,
    host: Option<usize>,
    index: &Index<'_>,
) -> Result<Succession> {
    let (uri, text) = index.page(found.canonical)?;
    let old = Superseded {
        document_id: index.sketch(found.canonical)?.id,
        uri,
        relation: found.relation,
        similarity: found.similarity,
        edits: edits(record.report()?.reading().text(), &text),
    };
    let old = vec![(found.canonical.number, old)];
    Ok(Succession { old, host })
}

/// The earlier reports worth comparing, the most promising first.
fn candidates(
    index: &Index<'_>,
    hashes: &Hashes,
    keys: &Keys,
    listed: &Listed,
) -> Result<Vec<Canonical>> {
    let mut sharing: Vec<(Canonical, usize)> = listed.shared(keys)?.into_iter().collect();
    sharing.sort_by_key(|&(canonical, n_shared)| (std::cmp::Reverse(n_shared), canonical));
    sharing.truncate(MAX_SKETCHES);
    let mut candidates = Vec::new();
    for (canonical, _) in sharing {
        let sketch = index.sketch(canonical)?;
        if index.is_superseded(canonical)? {
            continue;
        }
        let Some(signature) = &sketch.signature else {
            continue;
        };
        let resemblance = hashes.signature.resemblance(signature);
        let estimate = containment(
            resemblance,
            hashes.shingles.n_distinct(),
            sketch.n_shingles as usize,
        );
        if estimate >= LEAST_ESTIMATE {
            candidates.push((estimate, canonical));
        }
    }
    candidates.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    candidates.truncate(MAX_CANDIDATES);
    Ok(candidates.into_iter().map(|(_, number)| number).collect())
}

/// The share of the smaller of two sets that is in the larger, from their resemblance and sizes.
fn containment(resemblance: f64, one: usize, other: usize) -> f64 {
    let smaller = one.min(other).max(1) as f64;
    resemblance * (one + other) as f64 / ((1.0 + resemblance) * smaller)
}

/// Three places are what a person reads; more would be noise in the trail.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
