use std::collections::{BTreeMap, HashMap};

use taosha_core::{DuplicateRow, Id};

/// Which reports stand for which, by the rows of `duplicates`.
#[derive(Default)]
pub(super) struct Clusters {
    /// The report that stands for it, by report.
    canonical: HashMap<Id, Id>,
    /// How many rows there are of each relation.
    pub(super) relations: BTreeMap<String, u64>,
}

/// A report with its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    /// The report that stays.
    pub(super) root: Id,
    /// Reports in it, that one too.
    pub(super) n_reports: u64,
}

impl Clusters {
    /// Takes a row; once, though several ports may have it.
    pub(super) fn add(&mut self, row: &DuplicateRow) {
        let before = self.canonical.insert(row.document_id, row.canonical_id);
        if before.is_none() {
            *self.relations.entry(row.relation.to_string()).or_default() += 1;
        }
    }

    /// How many reports are copies.
    pub(super) fn n_copies(&self) -> u64 {
        self.canonical.len() as u64
    }

    /// The groups, the largest first.
    pub(super) fn groups(&self) -> Vec<Cluster> {
        let mut sizes: BTreeMap<Id, u64> = BTreeMap::new();
        for (copy, first) in &self.canonical {
            let root = self.root(*copy, *first);
            // A report that another state has, too, is its own copy there.
            let is_member = root != *copy;
            *sizes.entry(root).or_insert(1) += u64::from(is_member);
        }
        let mut groups: Vec<Cluster> = sizes
            .into_iter()
            .map(|(root, n_reports)| Cluster { root, n_reports })
            .collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.n_reports), group.root));
        groups
    }

    /// The report that stands for `copy` in the end: what it is a copy of may have been superseded.
    fn root(&self, copy: Id, first: Id) -> Id {
        let (mut at, mut next) = (copy, first);
        // Each step goes to a report that came later, so this ends; rows that were made by hand and
        // lead in a circle end it too.
        for _ in 0..self.canonical.len() {
            if next == at {
                break;
            }
            at = next;
            match self.canonical.get(&at) {
                Some(further) => next = *further,
                None => break,
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(copy: &str, canonical: &str) -> DuplicateRow {
        let id = |name: &str| Id::of("test", &[name.as_bytes()]);
        DuplicateRow {
            document_id: id(copy),
            uri: copy.to_owned(),
            canonical_id: id(canonical),
            relation: "near".into(),
            similarity: 1.0,
            edits: Vec::new(),
        }
    }

    #[test]
    fn copies_of_what_was_superseded_are_of_the_report_that_stays() {
        let mut clusters = Clusters::default();
        for (copy, canonical) in [("b", "a"), ("a", "full"), ("c", "full"), ("y", "x")] {
            clusters.add(&row(copy, canonical));
            clusters.add(&row(copy, canonical));
        }
        // The same page in another state.
        clusters.add(&row("z", "z"));
        let sizes: Vec<u64> = clusters.groups().iter().map(|g| g.n_reports).collect();
        assert_eq!(sizes, [4, 2, 1]);
        assert_eq!(clusters.groups()[0].root, row("", "full").canonical_id);
        assert_eq!((clusters.n_copies(), clusters.relations["near"]), (5, 5));
    }

    #[test]
    fn rows_that_lead_in_a_circle_are_counted_and_do_not_hang() {
        let mut clusters = Clusters::default();
        for (copy, canonical) in [("a", "b"), ("b", "c"), ("c", "a")] {
            clusters.add(&row(copy, canonical));
        }
        assert!(!clusters.groups().is_empty());
    }
}
