//! Which epoch tells of a record, and which ones of a page: two kinds of keys in the index, made
//! when an epoch is sealed, and made again by `taosha doctor --repair` if they are lost.

use taosha_core::{Id, Result};

use super::checkpoint::Commit;
use super::epoch_state::pairs;
use super::{Entries, OWN, Sealing, Segment, Store, Story, lock, write_lock};
use crate::runs::Snapshot;

/// Digits a shortened id must have; fewer would read much of the index to name too many.
const MIN_DIGITS: usize = 4;

impl Store {
    /// The keys of an epoch that is about to be sealed.
    pub(super) fn where_entries(&self, sealing: &Sealing) -> Result<Entries> {
        let (_, snapshot) = self.sealed.read();
        let mut entries = Entries::default();
        for finished in sealing.finished.values().flatten() {
            tell(&finished.story, sealing.number, &snapshot, &mut entries)?;
        }
        Ok(entries)
    }

    /// The epochs that tell of the page at `uri` or of the record with the id `what`, oldest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn epochs_of(&self, what: &str) -> Result<Vec<u64>> {
        let (_, snapshot) = self.sealed.read();
        let mut epochs = Vec::new();
        let id = Id::try_from(what.to_owned()).ok();
        for key in id.map(record_key).into_iter().chain([uri_key(what)]) {
            epochs.extend(numbers(&snapshot.get(&key)?.unwrap_or_default()));
        }
        epochs.sort_unstable();
        epochs.dedup();
        Ok(epochs)
    }

    /// The records and pages whose id begins with the hex digits `start`, in order; none when these
    /// are no hex digits or fewer than four.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn ids_from(&self, start: &str) -> Result<Vec<Id>> {
        let start = start.to_ascii_lowercase();
        let is_hex = start.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hex || start.len() < MIN_DIGITS {
            return Ok(Vec::new());
        }
        // Half a byte cannot be searched for; the last digit is compared below.
        let whole = start.as_bytes().chunks_exact(2);
        let bytes = whole.filter_map(|pair| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        });
        let prefix: Vec<u8> = OWN.iter().copied().chain(*b"i").chain(bytes).collect();
        let (_, snapshot) = self.sealed.read();
        let mut ids = Vec::new();
        snapshot.scan(&prefix, &mut |key, _| {
            let id = key.get(OWN.len() + 1..).and_then(|id| id.try_into().ok());
            let id = id.map(Id::from_bytes);
            ids.extend(id.filter(|id| id.to_string().starts_with(&start)));
        })?;
        Ok(ids)
    }

    /// Adds to `missing` the keys that should lead to epoch `number` and do not; says for how many
    /// of its stories.
    pub(crate) fn untold(
        &self,
        number: u64,
        segment: &Segment,
        missing: &mut Entries,
    ) -> Result<usize> {
        let (_, snapshot) = self.sealed.read();
        let is_told = |key: &[u8], by_last: bool| -> Result<bool> {
            let found = snapshot.get(key)?.unwrap_or_default();
            // Of a record that was retried, the last epoch tells.
            Ok(numbers(&found).any(|told| told == number || (by_last && told > number)))
        };
        let mut n_untold = 0;
        for story in &segment.stories {
            let mut told = is_told(&uri_key(&story.uri), false)?;
            for id in [Some(story.id), story.parent].into_iter().flatten() {
                told &= is_told(&record_key(id), true)?;
            }
            if !told {
                n_untold += 1;
                tell(story, number, &snapshot, missing)?;
            }
        }
        Ok(n_untold)
    }

    /// Puts keys that were lost back into the index.
    pub(crate) fn put_keys(&self, entries: &Entries) -> Result<()> {
        let manifest = lock(&self.runs).seal(pairs(entries))?;
        let mut head = lock(&self.head).clone();
        head.manifest = manifest;
        self.checkpoint.commit(&Commit {
            head: &head,
            epoch: None,
            run: None,
            dead: &[],
            healed: &[],
        })?;
        let mut runs = lock(&self.runs);
        runs.committed();
        *write_lock(&self.sealed.0) = (head.epoch, runs.snapshot());
        *lock(&self.head) = head;
        Ok(())
    }
}

/// Notes in `entries` that epoch `number` tells `story`.
fn tell(story: &Story, number: u64, snapshot: &Snapshot, entries: &mut Entries) -> Result<()> {
    // A page that was cut is found by its own id too.
    let ids = [Some(story.id), story.parent].into_iter().flatten();
    for key in ids.map(record_key).chain([uri_key(&story.uri)]) {
        let before = match entries.get(&key) {
            Some(before) => before.clone(),
            None => snapshot.get(&key)?.unwrap_or_default(),
        };
        let mut epochs: Vec<u64> = numbers(&before).chain([number]).collect();
        epochs.sort_unstable();
        epochs.dedup();
        entries.insert(key, epochs.into_iter().flat_map(u64::to_le_bytes).collect());
    }
    Ok(())
}

fn numbers(value: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let (numbers, _) = value.as_chunks::<8>();
    numbers.iter().map(|number| u64::from_le_bytes(*number))
}

fn record_key(id: Id) -> Vec<u8> {
    [OWN, b"i", id.as_bytes()].concat()
}

fn uri_key(uri: &str) -> Vec<u8> {
    [OWN, b"u", Id::of("uri", &[uri.as_bytes()]).as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taosha_core::Position;

    use super::*;
    use crate::disk::RealDisk;
    use crate::store::{End, Finished};

    fn told_of(uri: &str, page: &[u8]) -> Arc<Finished> {
        let story = Story {
            id: Id::of("report", &[page]),
            parent: Some(Id::of("page", &[page])),
            uri: uri.to_owned(),
            source: "files".to_owned(),
            position: Position(uri.into()),
            fetched_at: None,
            raw_digest: Id::of_raw(page),
            raw_bytes: page.len() as u64,
            end: End::Written,
            steps: Vec::new(),
        };
        Arc::new(Finished {
            story,
            rows: Vec::new(),
            letter: None,
        })
    }

    fn sealing(number: u64, finished: Arc<Finished>) -> Sealing {
        let mut sealing = Sealing {
            number,
            ..Sealing::default()
        };
        sealing.finished.insert("last".to_owned(), vec![finished]);
        sealing
    }

    #[test]
    fn a_page_is_found_by_its_uri_its_id_and_those_of_its_reports_also_after_the_keys_were_lost() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Store::open(Arc::new(RealDisk), folder.path()).unwrap();
        let store = open();
        store.seal(sealing(1, told_of("a.html", b"old"))).unwrap();
        store.seal(sealing(2, told_of("a.html", b"new"))).unwrap();
        let (page, report) = (Id::of("page", &[b"old"]), Id::of("report", &[b"new"]));
        let is_found = |store: &Store| {
            let of = |what: &str| store.epochs_of(what).unwrap();
            let start: String = report.to_string().chars().take(7).collect();
            of("a.html") == [1, 2]
                && of(&page.to_string()) == [1]
                && of(&report.to_string()) == [2]
                && store.ids_from(&start).unwrap() == [report]
        };
        assert!(is_found(&store));
        assert!(store.ids_from("a.html").unwrap().is_empty());

        let mut head = lock(&store.head).clone();
        head.manifest = Vec::new();
        let lost = Commit {
            head: &head,
            epoch: None,
            run: None,
            dead: &[],
            healed: &[],
        };
        store.checkpoint.commit(&lost).unwrap();
        drop(store);
        let store = open();
        assert!(!is_found(&store));
        let mut missing = Entries::default();
        for number in [1, 2] {
            let segment = store.segment(number).unwrap();
            assert_eq!(store.untold(number, &segment, &mut missing).unwrap(), 1);
        }
        store.put_keys(&missing).unwrap();
        assert!(is_found(&store));
        drop(store);
        assert!(is_found(&open()));
    }
}
