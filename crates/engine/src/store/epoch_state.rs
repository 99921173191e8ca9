use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

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
    /// What `current` held before the puts of the record at hand.
    before: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What it reads beside.
    others: Vec<OtherState>,
}

/// Values by key, with the stage's prefix.
pub(crate) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

impl EpochState {
    /// The state of the part called `owner`.
    pub(crate) fn new(owner: &str, sealed: Arc<Sealed>) -> Self {
        // Ids hold no zero byte, so no prefix starts another.
        let prefix = [owner.as_bytes(), b"\0"].concat();
        EpochState {
            prefix,
            sealed,
            cut: VecDeque::new(),
            current: Entries::new(),
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
        while let Some((key, before)) = self.before.pop() {
            match before {
                Some(value) => self.current.insert(key, value),
                None => self.current.remove(&key),
            };
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
}

impl State for EpochState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let key = self.key(key);
        let newer = std::iter::once(&self.current).chain(self.cut.iter().rev().map(|(_, e)| &**e));
        for entries in newer {
            if let Some(value) = entries.get(&key) {
                return Ok(Some(value.clone()));
            }
        }
        self.sealed.read().1.get(&key)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let key = self.key(key);
        let before = self.current.insert(key.clone(), value.to_vec());
        self.before.push((key, before));
        Ok(())
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let from = self.key(prefix);
        // Newer entries are few; they are laid over the sealed ones as those stream by.
        let mut newer: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
        let oldest_first = self.cut.iter().map(|(_, e)| &**e);
        for entries in oldest_first.chain(std::iter::once(&self.current)) {
            let range = entries.range(from.clone()..);
            let under = range.take_while(|(key, _)| key.starts_with(&from));
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
