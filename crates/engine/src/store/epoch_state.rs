use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use taosha_core::{Result, State};

use super::{OtherState, Sealed};

/// What a stage remembers: what is sealed, and what it put since.
///
/// At a barrier the puts since the last one are [`cut`](Self::cut) off, to be sealed with the output
/// they belong to; they stay readable here until they are.
#[derive(Debug)]
pub(crate) struct EpochState {
    /// Keeps the keys of one stage apart from those of the others.
    prefix: Vec<u8>,
    sealed: Arc<Sealed>,
    /// Cut off but maybe not sealed yet, by epoch, oldest first.
    cut: VecDeque<(u64, Arc<Entries>)>,
    /// Since the last barrier.
    current: Entries,
    /// What the puts of the record at hand replaced: the place in `current` and the value. Nothing for
    /// those that came to its end.
    before: Vec<Option<(usize, Vec<u8>)>>,
    /// What it reads beside.
    others: Vec<OtherState>,
}

/// Values by key, with the stage's prefix, in the order of the first put. Most look-ups miss, which a
/// hash tells sooner than a tree.
pub(crate) type Entries = IndexMap<Vec<u8>, Vec<u8>, RandomState>;

/// Keys up to this length, prefix and all, are put together without asking for memory.
const SHORT_KEY: usize = 64;

/// Keys and values, to be sealed.
pub(super) fn pairs(entries: &Entries) -> impl Iterator<Item = (&[u8], &[u8])> {
    entries.iter().map(|(key, value)| (&key[..], &value[..]))
}

impl EpochState {
    /// The state of the part called `owner`.
    pub(crate) fn new(owner: &str, sealed: Arc<Sealed>) -> Self {
        // Ids hold no zero byte, so no prefix starts another.
        let prefix = [owner.as_bytes(), b"\0"].concat();
        EpochState {
            prefix,
            sealed,
            cut: VecDeque::new(),
            current: Entries::default(),
            before: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The same, beside what stages of other pipelines remember.
    pub(crate) fn beside(self, others: Vec<OtherState>) -> Self {
        EpochState { others, ..self }
    }

    /// The puts of the record at hand are to stay.
    pub(crate) fn keep(&mut self) {
        self.before.clear();
    }

    /// Takes back what was put since the last [`keep`](Self::keep): a record that is refused must
    /// leave no trace, or it would be taken for its own copy when it is tried again.
    pub(crate) fn take_back(&mut self) {
        while let Some(before) = self.before.pop() {
            let Some((place, value)) = before else {
                self.current.pop();
                continue;
            };
            if let Some((_, current)) = self.current.get_index_mut(place) {
                *current = value;
            }
        }
    }

    /// What is sealed.
    pub(crate) fn sealed(&self) -> &Arc<Sealed> {
        &self.sealed
    }

    /// True when something was put since the last barrier.
    pub(crate) fn has_news(&self) -> bool {
        !self.current.is_empty()
    }

    /// Takes what was put since the last barrier; it belongs to epoch `number`.
    pub(crate) fn cut(&mut self, number: u64) -> Arc<Entries> {
        self.keep();
        let entries = Arc::new(std::mem::take(&mut self.current));
        self.cut.push_back((number, entries.clone()));
        let last_sealed = self.sealed.read().0;
        while self
            .cut
            .front()
            .is_some_and(|(number, _)| *number <= last_sealed)
        {
            self.cut.pop_front();
        }
        entries
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        [&self.prefix, key].concat()
    }

    /// The newest value under `key`, which has its prefix.
    fn find(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let newer = std::iter::once(&self.current).chain(self.cut.iter().rev().map(|(_, e)| &**e));
        for entries in newer {
            if let Some(value) = entries.get(key) {
                return Ok(Some(value.clone()));
            }
        }
        self.sealed.read().1.get(key)
    }
}

impl State for EpochState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let n_prefix = self.prefix.len();
        let mut short = [0; SHORT_KEY];
        match short.get_mut(..n_prefix + key.len()) {
            Some(whole) => {
                let (prefix, own) = whole.split_at_mut(n_prefix);
                prefix.copy_from_slice(&self.prefix);
                own.copy_from_slice(key);
                self.find(whole)
            }
            None => self.find(&self.key(key)),
        }
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let key = self.key(key);
        let (place, before) = self.current.insert_full(key, value.to_vec());
        self.before.push(before.map(|before| (place, before)));
        Ok(())
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let from = self.key(prefix);
        // Newer entries are few; they are laid over the sealed ones as those stream by.
        let mut newer: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
        let oldest_first = self.cut.iter().map(|(_, e)| &**e);
        for entries in oldest_first.chain(std::iter::once(&self.current)) {
            let under = entries.iter().filter(|(key, _)| key.starts_with(&from));
            newer.extend(under.map(|(key, value)| (&key[..], &value[..])));
        }
        let mut newer = newer.into_iter().peekable();
        let own = self.prefix.len();
        self.sealed.read().1.scan(&from, &mut |key, value| {
            while let Some((newer_key, newer_value)) = newer.next_if(|(newer, _)| *newer < key) {
                each(&newer_key[own..], newer_value);
            }
            let value = newer
                .next_if(|(newer, _)| *newer == key)
                .map_or(value, |(_, value)| value);
            each(&key[own..], value);
        })?;
        for (key, value) in newer {
            each(&key[own..], value);
        }
        Ok(())
    }

    fn other(&self, index: usize) -> Option<&dyn State> {
        let other = self.others.get(index)?;
        Some(other)
    }
}
