//! Everything the stage remembers, in the engine's [`State`].
//!
//! Canonical reports are numbered from 0. Keys are one letter and what follows, with their bytes; numbers
//! in keys are big-endian, in values as short as they are (`packed.rs`):
//!
//! | key | value |
//! |---|---|
//! | `n` | layout version (1 byte), number of canonical reports |
//! | `x` digest (10) | number of the report with this exact form |
//! | `a` anchor (5) | numbers of the reports with this anchor, ascending: the first, then distances |
//! | `b` band (5) | the same for those with this band of the signature |
//! | `s` number (4) | sketch: different shingles, signature (64, or 0 for a report with exact copies only) |
//! | `i` id (10) | nothing: a report with this id came by |
//! | `t` number (4) | id (16); address of its page: length, UTF-8; text: length, LZ4 block |
//! | `u` number (4) | number of the later report that stands for this one |
//! | `p` hash (5) | where a paragraph or sentence was seen first: number, first byte in the text, number of bytes; how many reports carry it (1), 0 once it is a passage, nothing for the first |
//!
//! Nothing is ever evicted: a forgotten report would let its copies back in.

use std::collections::BTreeMap;

use taosha_core::{Error, Id, Result, State};

use crate::keys::{self, Keys, ListKey, numbered};
use crate::packed::{append, ascending, put_number, take_number};
use crate::signature::Signature;

/// Written under `n`; a change of any key, value, fold or hash raises it, since forms and hashes
/// of stored reports must be those of new ones.
const LAYOUT: u8 = 4;

/// Reports listed under one key. Reports from one template share most of their anchors; what comes later
/// than these is found by the anchors it does not share, and by its bands.
const MAX_LISTED: usize = 64;

/// Bytes of an address that are kept; longer ones are cut, as they name nothing that anyone typed.
const LONGEST_URI: usize = 4096;

/// What is known of a canonical report without reading its page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sketch {
    pub(crate) n_shingles: u32,
    pub(crate) signature: Option<Signature>,
}

/// A canonical report and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) id: Id,
    pub(crate) uri: String,
    pub(crate) text: String,
}

/// Where a paragraph or sentence was seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the report.
    pub(crate) report: u32,
    /// First byte in its text.
    pub(crate) start: u32,
    /// The byte after it.
    pub(crate) end: u32,
    /// How many reports carry it, or [`Place::WRITTEN`].
    pub(crate) n_reports: u8,
}

impl Place {
    /// In place of the count, once the passage was written.
    pub(crate) const WRITTEN: u8 = 0;

    /// The place that [`packed`](Place::packed) made `value` of.
    pub(crate) fn read(mut value: &[u8]) -> Option<Self> {
        let report = take_number(&mut value)?;
        let start = take_number(&mut value)?;
        let end = start.checked_add(take_number(&mut value)?)?;
        let n_reports = match value {
            [] => 1,
            [n_reports] => *n_reports,
            _ => return None,
        };
        Some(Place {
            report,
            start,
            end,
            n_reports,
        })
    }

    fn packed(self) -> Vec<u8> {
        let mut value = packed(self.report);
        put_number(&mut value, self.start);
        put_number(&mut value, self.end.saturating_sub(self.start));
        if self.n_reports != 1 {
            value.push(self.n_reports);
        }
        value
    }
}

/// A canonical report. Those of other states come before all of the own one, as they came earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Canonical {
    /// Which state has it: the others in their order, then the own one.
    pub(crate) state: usize,
    /// Its number there.
    pub(crate) number: u32,
}

/// The lists a report is or would be in, as they were before it: of each state.
pub(crate) struct Listed(Vec<Vec<Vec<u8>>>);

/// The canonical reports, as the own state holds them and those that are read beside it.
pub(crate) struct Index<'a> {
    state: &'a mut dyn State,
    n_canonical: u32,
    n_others: usize,
}

impl<'a> Index<'a> {
    pub(crate) fn open(state: &'a mut dyn State) -> Result<Self> {
        let n_canonical = match state.get(b"n")?.as_deref() {
            None => 0,
            Some([LAYOUT, rest @ ..]) => number(b"n", rest)?,
            Some([version, ..]) => {
                let message = format!(
                    "{}; `taosha run FILE --anew` reads all pages again",
                    foreign(*version)
                );
                return Err(Error::defect("dedupe.layout", message));
            }
            Some([]) => return Err(unreadable(b"n")),
        };
        let n_others = (0..)
            .take_while(|&index| state.other(index).is_some())
            .count();
        Ok(Index {
            state,
            n_canonical,
            n_others,
        })
    }

    /// That another state is one of a `dedupe` which this program can read.
    pub(crate) fn check_other(other: &dyn State) -> Result<()> {
        let message = match other.get(b"n")?.as_deref() {
            Some([LAYOUT, ..]) => return Ok(()),
            Some([version, ..]) => format!(
                "{}; run its pipeline with `--anew` by this program, or take the folder out of `against`",
                foreign(*version)
            ),
            _ => "its stage with this id keeps no reports, so it is no `dedupe`; give this stage the `id` \
                  that `dedupe` has there"
                .to_owned(),
        };
        Err(Error::config("dedupe.against", message).for_option("against"))
    }

    /// What holds the report.
    fn state_of(&self, canonical: Canonical) -> Result<&dyn State> {
        self.state_at(canonical.state)
    }

    fn state_at(&self, index: usize) -> Result<&dyn State> {
        if index == self.n_others {
            return Ok(&*self.state);
        }
        let other = self.state.other(index);
        other.ok_or_else(|| Error::defect("dedupe.state", "read a state that is not there"))
    }

    /// A report of the own state.
    pub(crate) fn own(&self, number: u32) -> Canonical {
        Canonical {
            state: self.n_others,
            number,
        }
    }

    /// True when it can be superseded: what other pipelines have is not ours to change.
    pub(crate) fn is_own(&self, canonical: Canonical) -> bool {
        canonical.state == self.n_others
    }

    /// True, once, for a report that was not seen before, whether it stayed or not.
    pub(crate) fn is_new(&mut self, id: Id) -> Result<bool> {
        let key = keys::seen(id);
        let is_new = self.state.get(&key)?.is_none();
        if is_new {
            self.state.put(&key, b"")?;
        }
        Ok(is_new)
    }

    /// The report with the same words and values, the earliest that stands for itself, or else the
    /// earliest.
    pub(crate) fn exact(&self, keys: &Keys) -> Result<Option<Canonical>> {
        let key = keys.digest;
        let mut superseded = None;
        for state in 0..=self.n_others {
            let Some(value) = self.state_at(state)?.get(&key)? else {
                continue;
            };
            let number = number(&key, &value)?;
            let canonical = Canonical { state, number };
            if !self.is_superseded(canonical)? {
                return Ok(Some(canonical));
            }
            superseded = superseded.or(Some(canonical));
        }
        Ok(superseded)
    }

    /// The lists under the keys of a report.
    pub(crate) fn listed(&self, keys: &Keys) -> Result<Listed> {
        let of_state = |index| {
            let state = self.state_at(index)?;
            let list = |list: &ListKey| Ok(state.get(&list.key)?.unwrap_or_default());
            keys.lists.iter().map(list).collect::<Result<Vec<_>>>()
        };
        let listed = (0..=self.n_others).map(of_state);
        listed.collect::<Result<_>>().map(Listed)
    }

    pub(crate) fn sketch(&self, canonical: Canonical) -> Result<Sketch> {
        let key = numbered(b's', canonical.number);
        let value = self.state_of(canonical)?.get(&key)?;
        let value = value.ok_or_else(|| unreadable(&key))?;
        let mut rest = &value[..];
        let n_shingles = take_number(&mut rest).ok_or_else(|| unreadable(&key))?;
        let signature = match rest {
            [] => None,
            bytes => Some(bytes.try_into().map_err(|_| unreadable(&key))?),
        };
        Ok(Sketch {
            n_shingles,
            signature: signature.map(Signature),
        })
    }

    /// True when a later report stands for this one.
    pub(crate) fn is_superseded(&self, canonical: Canonical) -> Result<bool> {
        let state = self.state_of(canonical)?;
        Ok(state.get(&numbered(b'u', canonical.number))?.is_some())
    }

    /// Notes that the report which is added next stands for the own one with this number.
    pub(crate) fn supersede(&mut self, number: u32) -> Result<()> {
        let heir = packed(self.n_canonical);
        self.state.put(&numbered(b'u', number), &heir)
    }

    /// The number of the later report that stands for the own one with this number.
    pub(crate) fn heir(&self, report: u32) -> Result<Option<u32>> {
        let key = numbered(b'u', report);
        let value = self.state.get(&key)?;
        value.map(|value| number(&key, &value)).transpose()
    }

    /// The id of a canonical report.
    pub(crate) fn id(&self, canonical: Canonical) -> Result<Id> {
        self.read_page(canonical, |id, _, _, _| Some(id))
    }

    /// The text of a canonical report.
    pub(crate) fn text(&self, canonical: Canonical) -> Result<String> {
        self.read_page(canonical, |_, _, length, block| {
            String::from_utf8(lz4_flex::decompress(block, length).ok()?).ok()
        })
    }

    /// A canonical report and where it came from.
    pub(crate) fn page(&self, canonical: Canonical) -> Result<Page> {
        self.read_page(canonical, |id, uri, length, block| {
            let text = lz4_flex::decompress(block, length).ok()?;
            Some(Page {
                id,
                uri: String::from_utf8_lossy(uri).into_owned(),
                text: String::from_utf8(text).ok()?,
            })
        })
    }

    /// The id of a canonical report, and the bytes of its text, of which little may be wanted.
    pub(crate) fn words(&self, canonical: Canonical) -> Result<(Id, Vec<u8>)> {
        self.read_page(canonical, |id, _, length, block| {
            Some((id, lz4_flex::decompress(block, length).ok()?))
        })
    }

    /// What `take` makes of id, address, length of the text, and its block.
    fn read_page<T>(
        &self,
        canonical: Canonical,
        take: impl FnOnce(Id, &[u8], usize, &[u8]) -> Option<T>,
    ) -> Result<T> {
        let key = numbered(b't', canonical.number);
        let value = self.state_of(canonical)?.get(&key)?.unwrap_or_default();
        let parts = value.split_first_chunk().and_then(|(id, mut rest)| {
            let length = take_number(&mut rest)?;
            let (uri, mut rest) = rest.split_at_checked(length as usize)?;
            let length = take_number(&mut rest)?;
            take(Id::from_bytes(*id), uri, length as usize, rest)
        });
        parts.ok_or_else(|| unreadable(&key))
    }

    /// Where the unit with the hash `key` was seen first.
    pub(crate) fn place(&self, key: u64) -> Result<Option<Place>> {
        let key = keys::unit(key);
        let Some(value) = self.state.get(&key)? else {
            return Ok(None);
        };
        let place = Place::read(&value);
        place.map(Some).ok_or_else(|| unreadable(&key))
    }

    pub(crate) fn set_place(&mut self, key: u64, place: Place) -> Result<()> {
        self.state.put(&keys::unit(key), &place.packed())
    }

    /// The number that the next report to stay will have.
    pub(crate) fn next(&self) -> u32 {
        self.n_canonical
    }

    /// Remembers a report that stays.
    pub(crate) fn add(
        &mut self,
        keys: &Keys,
        listed: Listed,
        sketch: &Sketch,
        (id, uri, text): (Id, &str, &str),
    ) -> Result<()> {
        let canonical = self.n_canonical;
        self.n_canonical = canonical.checked_add(1).ok_or_else(|| {
            Error::unavailable(
                "dedupe.full",
                "index the report: 4 billion are indexed already",
            )
        })?;
        let mut head = vec![LAYOUT];
        put_number(&mut head, self.n_canonical);
        self.state.put(b"n", &head)?;
        // Later copies should find what stands for itself.
        let earlier = self.state.get(&keys.digest)?;
        let earlier = earlier.map(|value| number(&keys.digest, &value));
        let is_known = match earlier.transpose()? {
            Some(earlier) => !self.is_superseded(self.own(earlier))?,
            None => false,
        };
        if !is_known {
            self.state.put(&keys.digest, &packed(canonical))?;
        }
        let own = listed.0.into_iter().next_back().unwrap_or_default();
        for (ListKey { key, is_indexed }, mut list) in keys.lists.iter().zip(own) {
            if !is_indexed {
                continue;
            }
            let numbers = ascending(&list).ok_or_else(|| unreadable(key))?;
            if numbers.len() < MAX_LISTED {
                append(&mut list, numbers.last().copied(), canonical);
                self.state.put(key, &list)?;
            }
        }
        let mut value = packed(sketch.n_shingles);
        value.extend(sketch.signature.iter().flat_map(|signature| signature.0));
        self.state.put(&numbered(b's', canonical), &value)?;
        let uri = uri.as_bytes().get(..LONGEST_URI).unwrap_or(uri.as_bytes());
        let mut value = id.as_bytes().to_vec();
        put_number(&mut value, uri.len() as u32);
        value.extend_from_slice(uri);
        put_number(&mut value, text.len() as u32);
        value.extend_from_slice(&lz4_flex::compress(text.as_bytes()));
        self.state.put(&numbered(b't', canonical), &value)
    }
}

impl Listed {
    /// The reports in the lists, with how many lists each is in.
    pub(crate) fn shared(&self, keys: &Keys) -> Result<BTreeMap<Canonical, usize>> {
        let mut shared = BTreeMap::new();
        for (state, lists) in self.0.iter().enumerate() {
            for (ListKey { key, .. }, list) in keys.lists.iter().zip(lists) {
                let numbers = ascending(list).ok_or_else(|| unreadable(key))?;
                for number in numbers {
                    *shared.entry(Canonical { state, number }).or_default() += 1;
                }
            }
        }
        Ok(shared)
    }
}

fn foreign(version: u8) -> String {
    format!("read the state: its layout is {version}, this program knows {LAYOUT}")
}

fn number(key: &[u8], mut value: &[u8]) -> Result<u32> {
    let number = take_number(&mut value).filter(|_| value.is_empty());
    number.ok_or_else(|| unreadable(key))
}

fn packed(number: u32) -> Vec<u8> {
    let mut value = Vec::with_capacity(8);
    put_number(&mut value, number);
    value
}

/// The text of a report does not reach to a place in it.
pub(crate) fn misplaced(place: Place) -> Error {
    unreadable(&numbered(b't', place.report))
}

fn unreadable(key: &[u8]) -> Error {
    let key = key.escape_ascii();
    Error::defect(
        "dedupe.state",
        format!("read the state: the value under `{key}` is missing or torn"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SIGNATURE_BYTES;
    use taosha_core::{ErrorKind, MemoryState};

    fn keys(name: &str) -> Keys {
        let digest = Id::of("form", &[name.as_bytes()]);
        Keys::new(digest, &[128 << 24, 129 << 24 | 1], 1000, None)
    }

    fn add(state: &mut MemoryState, name: &str) {
        let mut index = Index::open(state).unwrap();
        let listed = index.listed(&keys(name)).unwrap();
        index
            .add(&keys(name), listed, &SKETCH, (id(name), "memory:a", "正文"))
            .unwrap();
    }

    fn id(name: &str) -> Id {
        Id::of("test", &[name.as_bytes()])
    }

    const SKETCH: Sketch = Sketch {
        n_shingles: 300,
        signature: Some(Signature([5; SIGNATURE_BYTES])),
    };

    #[test]
    fn what_was_added_is_found_again() {
        let mut state = MemoryState::default();
        for name in ["a", "b"] {
            add(&mut state, name);
        }
        let index = Index::open(&mut state).unwrap();
        assert_eq!(index.exact(&keys("b")).unwrap(), Some(index.own(1)));
        assert_eq!(index.exact(&keys("c")).unwrap(), None);
        let shared = index.listed(&keys("c")).unwrap().shared(&keys("c"));
        let both = [0, 1].map(|number| (index.own(number), 1));
        assert_eq!(shared.unwrap(), BTreeMap::from(both));
        assert_eq!(index.sketch(index.own(1)).unwrap(), SKETCH);
        assert_eq!(index.id(index.own(1)).unwrap(), id("b"));
        assert_eq!(index.text(index.own(0)).unwrap(), "正文");
    }

    #[test]
    fn a_torn_value_is_a_defect_that_names_its_key() {
        let mut state = MemoryState::default();
        add(&mut state, "a");
        let mut all = Vec::new();
        state
            .scan(b"", &mut |key, _| all.push(key.to_vec()))
            .unwrap();
        for key in all {
            let mut torn = state.clone();
            torn.put(&key, &[0x89]).unwrap();
            let mut read = || -> Result<()> {
                let index = Index::open(&mut torn)?;
                index.exact(&keys("a"))?;
                index.listed(&keys("a"))?.shared(&keys("a"))?;
                index.sketch(index.own(0))?;
                index.text(index.own(0))?;
                Ok(())
            };
            let error = read().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Defect, "{error}");
        }
    }
}
