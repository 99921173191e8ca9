//! Which of the earlier reports is the original?

use taosha_core::{Relation, Result};

use crate::comparison::Form;
use crate::index::{Canonical, Index, Listed};
use crate::keys::Keys;
use crate::stage::{Dedupe, Hashes, Prepared};
use crate::verify::{Comparison, compare};

/// Candidates whose text is read and compared, best first. Reports from one template are all
/// candidates of each other; comparing one costs about as much as folding it.
const MAX_CANDIDATES: usize = 16;

/// Candidates whose sketch is read, those that share the most anchors: a sketch costs a
/// hundredth of a comparison, and in a large family of siblings the original is not always ahead.
const MAX_SKETCHES: usize = 128;

/// Score of a copy that ends the search: nothing later could be a clearly better original.
const GOOD_ENOUGH: f64 = 2.85;

/// Scores closer than this do not tell which of two originals a copy was made from.
const EQUAL: f64 = 0.01;

/// Other originals named in the trail; a large family would fill it.
const MAX_EQUALS: usize = 3;

/// Estimated containment below which a candidate is not compared: set phrases fill an anchor too, and a
/// copy of either kind is far above even when the estimate errs.
const LEAST_ESTIMATE: f64 = 0.4;

/// The earlier report that a new one is a copy of.
pub(crate) struct Match {
    pub(crate) canonical: Canonical,
    pub(crate) relation: Relation,
    pub(crate) similarity: f64,
}

/// What came of looking at the candidates.
#[derive(Default)]
pub(crate) struct Search {
    /// Every candidate the report could be a copy of, with its score.
    pub(crate) matches: Vec<(f64, Match)>,
    pub(crate) n_candidates: usize,
    pub(crate) best_similarity: f64,
    /// The most similar candidate that was refused for its figures or names.
    pub(crate) sibling: Option<(Canonical, Comparison)>,
    /// The candidates that the report says more than.
    pub(crate) fuller_than: Vec<(Canonical, Comparison)>,
    /// Candidates it is a near copy of, and shows something that they hide or lost, or is the last version of.
    pub(crate) clearer_than: Vec<Canonical>,
}

impl Search {
    /// The best of the matches, of equals the earliest, and the others that fit as well.
    pub(crate) fn best(&self) -> Option<(&Match, Vec<Canonical>)> {
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

impl Dedupe {
    /// Compares the report with the most promising of the earlier ones.
    pub(crate) fn search(
        &self,
        index: &Index<'_>,
        prepared: &Prepared,
        listed: &Listed,
    ) -> Result<Search> {
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
                let is_clearer = comparison.n_revealed > 0 || comparison.is_final();
                if relation == Relation::Near && is_clearer {
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
        let Some(signature) = &sketch.signature else {
            continue;
        };
        let resemblance = hashes.signature.resemblance(signature);
        let estimate = containment(
            resemblance,
            hashes.shingles.n_distinct(),
            sketch.n_shingles as usize,
        );
        if estimate >= LEAST_ESTIMATE && !index.is_superseded(canonical)? {
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
