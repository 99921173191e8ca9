//! What is said of a report that stays, and of one that does not.

use std::sync::Arc;

use serde_json::json;
use taosha_core::{Collapse, Id, Record, Result};

use crate::edits::edits;
use crate::index::{Canonical, Index};
use crate::search::{Match, Search};
use crate::stage::Dedupe;
use crate::verify::Comparison;

impl Dedupe {
    pub(crate) fn collapse(
        &self,
        record: &mut Record,
        index: &Index<'_>,
        found: &Match,
        equals: &[Canonical],
        n_candidates: usize,
    ) -> Result<()> {
        let canonical = index.page(found.canonical)?;
        let canonical_id = canonical.id;
        let collapse = Collapse {
            canonical_id,
            relation: found.relation,
            similarity: found.similarity,
            edits: edits(&canonical.text, record.report()?.reading().text()),
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
            let id = |&canonical: &Canonical| index.id(canonical);
            fields["fits_as_well"] = json!(equals.iter().map(id).collect::<Result<Vec<_>>>()?);
        }
        record.trail.add("collapsed", fields);
        record.collapse = Some(Arc::new(collapse));
        Ok(())
    }

    pub(crate) fn note_kept(
        &self,
        record: &mut Record,
        index: &Index<'_>,
        search: &Search,
        better: Option<&str>,
        n_uses: usize,
    ) -> Result<()> {
        let mut fields = json!({
            "candidates": search.n_candidates,
            "best_similarity": rounded(search.best_similarity),
        });
        if let Some((canonical, comparison)) = &search.sibling {
            fields["sibling"] = json!({
                "id": index.id(*canonical)?,
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
                "id": index.id(*canonical)?,
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
            if let Some(better) = better {
                fields["preferred"] = json!(better);
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

/// Three places are what a person reads; more would be noise in the trail.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
