use std::collections::HashMap;

use taosha_core::{Id, PassageRow, PassageUseRow};

/// Which passages stand where, by the rows of `passages` and `passage_uses`.
#[derive(Default)]
pub(super) struct Phrases {
    passages: HashMap<Id, Seen>,
    pub(super) n_uses: u64,
}

/// A passage without its text, of which there may be many.
#[derive(Clone, Copy, Default)]
struct Seen {
    n_uses: u64,
    /// The report that used it last, so that it counts once.
    last: Option<Id>,
    n_reports: u64,
    /// The epoch that has its row; 0 when none is kept.
    epoch: u64,
}

/// Reports that carry a passage from which it is a set phrase: one that a site took from another is
/// in fewer. As docs/dedupe.md has it of `min_reports`.
pub(super) const SET_PHRASE: u64 = 5;

/// A passage with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) id: Id,
    pub(super) n_uses: u64,
    /// Reports that use it; the one it was seen in first has it as its own words.
    pub(super) n_reports: u64,
    pub(super) epoch: u64,
}

impl Phrases {
    pub(super) fn add(&mut self, row: &PassageRow, epoch: u64) {
        self.passages.entry(row.id).or_default().epoch = epoch;
    }

    pub(super) fn add_use(&mut self, row: &PassageUseRow) {
        let seen = self.passages.entry(row.passage_id).or_default();
        seen.n_uses += 1;
        self.n_uses += 1;
        // The uses of one report stand together.
        if seen.last != Some(row.document_id) {
            (seen.last, seen.n_reports) = (Some(row.document_id), seen.n_reports + 1);
        }
    }

    pub(super) fn n_passages(&self) -> u64 {
        self.passages.len() as u64
    }

    /// How many are set phrases, and their uses.
    pub(super) fn set_phrases(&self) -> (u64, u64) {
        // The report that has it as its own words counts as well.
        let is_set = |seen: &&Seen| seen.n_reports + 1 >= SET_PHRASE;
        let set = self.passages.values().filter(is_set);
        set.fold((0, 0), |(n, n_uses), seen| (n + 1, n_uses + seen.n_uses))
    }

    /// The `n` that are used most.
    pub(super) fn top(&self, n: usize) -> Vec<Phrase> {
        let phrases = self.passages.iter();
        let mut phrases: Vec<Phrase> = phrases
            .map(|(id, seen)| Phrase {
                id: *id,
                n_uses: seen.n_uses,
                n_reports: seen.n_reports,
                epoch: seen.epoch,
            })
            .collect();
        phrases.sort_by_key(|phrase| (std::cmp::Reverse(phrase.n_uses), phrase.id));
        phrases.truncate(n);
        phrases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_once_however_often_it_repeats_itself() {
        let id = |name: String| Id::of("test", &[name.as_bytes()]);
        let mut phrases = Phrases::default();
        let mut add = |passage: &str, report: u32| {
            phrases.add_use(&PassageUseRow {
                passage_id: id(passage.to_owned()),
                document_id: id(format!("report {report}")),
                start: 0,
                end: 1,
                similarity: 1.0,
                edits: Vec::new(),
            });
        };
        for report in [1, 1, 2, 3, 4] {
            add("set", report);
        }
        for report in [1, 1, 1, 2, 3] {
            add("copied", report);
        }
        assert_eq!(phrases.set_phrases(), (1, 5));
        let top = phrases.top(1);
        assert_eq!((top.len(), top[0].n_uses), (1, 5));
        assert_eq!((phrases.n_passages(), phrases.n_uses), (2, 10));
    }
}
