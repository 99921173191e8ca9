//! What the stage remembers, counted: for `taosha dedupe stats`.

use taosha_core::{Result, State};

use crate::index::{Index, Place};

/// What one `dedupe` remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Reports that came by, copies too.
    pub n_seen: u64,
    /// Reports that stayed, those that were superseded later too.
    pub n_kept: u64,
    /// Of these, those for which a fuller or preferred one stands.
    pub n_superseded: u64,
    /// Paragraphs and sentences that are known.
    pub n_units: u64,
    /// Of these, those that became passages.
    pub n_passages: u64,
    /// What this takes, the most first.
    pub kinds: Vec<KindOfKey>,
}

/// What the keys of one kind take, before the blocks of the state are packed and checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindOfKey {
    /// What they are for.
    pub name: &'static str,
    /// How many there are.
    pub n_keys: u64,
    /// Bytes of keys and values.
    pub n_bytes: u64,
}

/// Letters of keys as in `index.rs`, and what they are for.
const KINDS: [(u8, &str); 9] = [
    (b'a', "anchors"),
    (b'b', "bands"),
    (b'i', "ids"),
    (b'n', "head"),
    (b'p', "passages"),
    (b's', "sketches"),
    (b't', "texts"),
    (b'u', "superseded"),
    (b'x', "digests"),
];

impl Remembered {
    /// Counts what is in `state`; reads all of it.
    ///
    /// # Errors
    /// When the state cannot be read, or is of another version.
    pub fn of(state: &mut dyn State) -> Result<Self> {
        let n_kept = u64::from(Index::open(state)?.next());
        let mut counts = [(0, 0); KINDS.len()];
        let mut n_passages = 0;
        state.scan(b"", &mut |key, value| {
            let letter = key.first();
            let kind = KINDS.iter().position(|(known, _)| Some(known) == letter);
            if let Some((n_keys, n_bytes)) = kind.and_then(|kind| counts.get_mut(kind)) {
                *n_keys += 1;
                *n_bytes += (key.len() + value.len()) as u64;
            }
            let is_passage = letter == Some(&b'p')
                && Place::read(value).is_some_and(|place| place.n_reports == Place::WRITTEN);
            n_passages += u64::from(is_passage);
        })?;
        let kinds = KINDS.iter().zip(counts);
        let mut kinds: Vec<KindOfKey> = kinds
            .map(|((_, name), (n_keys, n_bytes))| KindOfKey {
                name,
                n_keys,
                n_bytes,
            })
            .collect();
        let n_keys = |name: &str| {
            let kind = kinds.iter().find(|kind| kind.name == name);
            kind.map_or(0, |kind| kind.n_keys)
        };
        let (n_seen, n_superseded) = (n_keys("ids"), n_keys("superseded"));
        let n_units = n_keys("passages");
        kinds.retain(|kind| kind.n_keys > 0);
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.n_bytes));
        Ok(Remembered {
            n_seen,
            n_kept,
            n_superseded,
            n_units,
            n_passages,
            kinds,
        })
    }
}
