//! Everything the stage remembers, in the engine's [`State`].
//!
//! Canonical reports are numbered from 0. Keys are one letter and what follows; numbers in keys are
//! big-endian, in values little-endian:
//!
//! | key | value |
//! |---|---|
//! | `n` | layout version (1 byte), number of canonical reports (4) |
//! | `x` digest (16) | number of the report with this exact form (4) |
//! | `b` band (1) rows (5) | numbers of the reports with these rows (4 each) |
//! | `a` anchor (8) | numbers of the reports with this anchor (4 each) |
//! | `s` number (4) | sketch: id (16), form length (4), different shingles (4), signature (128, or 0 for a report with exact copies only) |
//! | `i` id (16) | nothing: a report with this id came by |
//! | `t` number (4) | address of its page: length (2), UTF-8; text: length (4), LZ4 block |
//! | `u` number (4) | number of the later report that stands for this one (4); nothing if an older program wrote it |
//! | `p` hash (8) | where a paragraph or sentence was seen first: number (4), bytes `start` and `end` of the text (4 each), reports that carry it (1), 0 once it is a passage |
//!
//! Nothing is ever evicted: a forgotten report would let its copies back in.

use std::collections::BTreeMap;

use taosha_core::{Error, Id, Result, State};

use crate::signature::{BINS, Signature, spacing};

/// Written under `n`; a change of any key, value, fold or hash raises it, since forms and hashes
/// of stored reports must be those of new ones.
const LAYOUT: u8 = 3;

/// Reports listed under one band or anchor. Reports from one template share most bands; what comes
/// later than these is found by the bands it does not share.
const MAX_LISTED: usize = 64;

/// Bytes of an address that are kept; longer ones are cut, as they name nothing that anyone typed.
const LONGEST_URI: usize = 4096;

/// What is known of a canonical report without reading its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sketch {
    pub(crate) id: Id,
    pub(crate) n_characters: u32,
    pub(crate) n_shingles: u32,
    pub(crate) signature: Option<Signature>,
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
}

/// What finds a report again.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Digest of the comparison form.
    pub(crate) digest: Id,
    /// The keys of bands and anchors.
    pub(crate) lists: Vec<ListKey>,
}

/// The key of a list of reports.
#[derive(Debug)]
pub(crate) struct ListKey {
    key: Vec<u8>,
    /// False for anchors that are looked up and not written.
    is_indexed: bool,
}

impl Keys {
    /// The keys of a report of `n_characters` with this signature and these anchors.
    pub(crate) fn new(
        digest: Id,
        signature: Option<&Signature>,
        anchors: &[u64],
        n_characters: usize,
    ) -> Self {
        let bands = signature.into_iter().flat_map(Signature::bands).enumerate();
        let bands = bands.map(|(band, rows)| ListKey {
            key: [b"b", &[band as u8][..], rows].concat(),
            is_indexed: true,
        });
        let spacing = spacing(n_characters);
        let anchors = anchors.iter().map(|anchor| ListKey {
            key: [b"a", &anchor.to_be_bytes()[..]].concat(),
            is_indexed: anchor % spacing == 0,
        });
        let lists = bands.chain(anchors).collect();
        Keys { digest, lists }
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
                let message = format!("{}; start with an empty state folder", foreign(*version));
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
        let key = [b"i", &id.as_bytes()[..]].concat();
        let is_new = self.state.get(&key)?.is_none();
        if is_new {
            self.state.put(&key, b"")?;
        }
        Ok(is_new)
    }

    /// The report with the same words and values, the earliest that stands for itself, or else the
    /// earliest.
    pub(crate) fn exact(&self, keys: &Keys) -> Result<Option<Canonical>> {
        let key = digest_key(keys);
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
        let parts = value.split_first_chunk().and_then(|(id, rest)| {
            let (n_characters, rest) = rest.split_first_chunk()?;
            let (n_shingles, rest) = rest.split_first_chunk()?;
            let bins: Option<[u8; BINS]> = match rest {
                [] => None,
                bins => Some(bins.try_into().ok()?),
            };
            Some(Sketch {
                id: Id::from_bytes(*id),
                n_characters: u32::from_le_bytes(*n_characters),
                n_shingles: u32::from_le_bytes(*n_shingles),
                signature: bins.map(Signature),
            })
        });
        parts.ok_or_else(|| unreadable(&key))
    }

    /// The text of a canonical report.
    pub(crate) fn text(&self, canonical: Canonical) -> Result<String> {
        self.page(canonical).map(|(_, text)| text)
    }

    /// True when a later report stands for this one.
    pub(crate) fn is_superseded(&self, canonical: Canonical) -> Result<bool> {
        let state = self.state_of(canonical)?;
        Ok(state.get(&numbered(b'u', canonical.number))?.is_some())
    }

    /// Notes that the report which is added next stands for the own one with this number.
    pub(crate) fn supersede(&mut self, number: u32) -> Result<()> {
        let heir = self.n_canonical.to_le_bytes();
        self.state.put(&numbered(b'u', number), &heir)
    }

    /// The number of the later report that stands for the own one with this number, as far as it was noted.
    pub(crate) fn heir(&self, report: u32) -> Result<Option<u32>> {
        let key = numbered(b'u', report);
        let value = self.state.get(&key)?.filter(|value| !value.is_empty());
        value.map(|value| number(&key, &value)).transpose()
    }

    /// Where a canonical report came from, and its text.
    pub(crate) fn page(&self, canonical: Canonical) -> Result<(String, String)> {
        let key = numbered(b't', canonical.number);
        let value = self.state_of(canonical)?.get(&key)?;
        let value = value.ok_or_else(|| unreadable(&key))?;
        let (uri, value) = value
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(u16::from_le_bytes(*length).into()))
            .ok_or_else(|| unreadable(&key))?;
        let uri = String::from_utf8_lossy(uri).into_owned();
        let (length, block) = value.split_first_chunk().ok_or_else(|| unreadable(&key))?;
        let length = u32::from_le_bytes(*length) as usize;
        let bytes =
            lz4_flex::decompress(block, length).map_err(|error| unreadable(&key).because(error))?;
        let text = String::from_utf8(bytes).map_err(|error| unreadable(&key).because(error))?;
        Ok((uri, text))
    }

    /// Where the unit with the hash `key` was seen first.
    pub(crate) fn place(&self, key: u64) -> Result<Option<Place>> {
        let key = unit_key(key);
        let Some(value) = self.state.get(&key)? else {
            return Ok(None);
        };
        let parts = value.split_first_chunk().and_then(|(report, rest)| {
            let (start, rest) = rest.split_first_chunk()?;
            let (end, rest) = rest.split_first_chunk()?;
            let [n_reports] = rest else { return None };
            Some(Place {
                report: u32::from_le_bytes(*report),
                start: u32::from_le_bytes(*start),
                end: u32::from_le_bytes(*end),
                n_reports: *n_reports,
            })
        });
        parts.map(Some).ok_or_else(|| unreadable(&key))
    }

    pub(crate) fn set_place(&mut self, key: u64, place: Place) -> Result<()> {
        let numbers = [place.report, place.start, place.end].map(u32::to_le_bytes);
        let value = [numbers.as_flattened(), &[place.n_reports]].concat();
        self.state.put(&unit_key(key), &value)
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
        (uri, text): (&str, &str),
    ) -> Result<()> {
        let canonical = self.n_canonical;
        self.n_canonical = canonical.checked_add(1).ok_or_else(|| {
            Error::unavailable(
                "dedupe.full",
                "index the report: 4 billion are indexed already",
            )
        })?;
        let little = canonical.to_le_bytes();
        let head = [&[LAYOUT][..], &self.n_canonical.to_le_bytes()].concat();
        self.state.put(b"n", &head)?;
        // Later copies should find what stands for itself.
        let digest = digest_key(keys);
        let earlier = self.state.get(&digest)?;
        let earlier = earlier.map(|value| number(&digest, &value)).transpose()?;
        let is_known = match earlier {
            Some(earlier) => !self.is_superseded(self.own(earlier))?,
            None => false,
        };
        if !is_known {
            self.state.put(&digest, &little)?;
        }
        let indexed = keys
            .lists
            .iter()
            .zip(listed.0.into_iter().next_back().unwrap_or_default())
            .filter(|(list, _)| list.is_indexed);
        for (ListKey { key, .. }, mut list) in indexed {
            if list.len() < MAX_LISTED * 4 {
                list.extend_from_slice(&little);
                self.state.put(key, &list)?;
            }
        }
        let mut value = sketch.id.as_bytes().to_vec();
        value.extend_from_slice(&sketch.n_characters.to_le_bytes());
        value.extend_from_slice(&sketch.n_shingles.to_le_bytes());
        value.extend(sketch.signature.iter().flat_map(|signature| signature.0));
        self.state.put(&numbered(b's', canonical), &value)?;
        let uri = uri.as_bytes().get(..LONGEST_URI).unwrap_or(uri.as_bytes());
        let mut value = (uri.len() as u16).to_le_bytes().to_vec();
        value.extend_from_slice(uri);
        value.extend_from_slice(&(text.len() as u32).to_le_bytes());
        value.extend_from_slice(&lz4_flex::compress(text.as_bytes()));
        self.state.put(&numbered(b't', canonical), &value)
    }
}

impl Listed {
    /// The reports in the lists, with how many lists each is in.
    pub(crate) fn shared(&self, keys: &Keys) -> Result<BTreeMap<Canonical, usize>> {
        let mut shared = BTreeMap::new();
        for (state, lists) in self.0.iter().enumerate() {
            for (list, value) in keys.lists.iter().zip(lists) {
                for chunk in value.chunks(4) {
                    let number = number(&list.key, chunk)?;
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

fn digest_key(keys: &Keys) -> Vec<u8> {
    [b"x", &keys.digest.as_bytes()[..]].concat()
}

fn unit_key(hash: u64) -> Vec<u8> {
    [b"p", &hash.to_be_bytes()[..]].concat()
}

fn numbered(letter: u8, canonical: u32) -> [u8; 5] {
    let [a, b, c, d] = canonical.to_be_bytes();
    [letter, a, b, c, d]
}

fn number(key: &[u8], value: &[u8]) -> Result<u32> {
    let value = value.try_into().map_err(|_| unreadable(key))?;
    Ok(u32::from_le_bytes(value))
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
    use taosha_core::{ErrorKind, MemoryState};

    fn keys(name: &str) -> Keys {
        let digest = Id::of("form", &[name.as_bytes()]);
        let signature = Signature::of([1, 2, 3].into_iter());
        Keys::new(digest, signature.as_ref(), &[128, 129], 100)
    }

    fn add(state: &mut MemoryState, name: &str) {
        let mut index = Index::open(state).unwrap();
        let listed = index.listed(&keys(name)).unwrap();
        index
            .add(&keys(name), listed, &sketch(name), ("memory:a", "正文"))
            .unwrap();
    }

    fn sketch(name: &str) -> Sketch {
        Sketch {
            id: Id::of("test", &[name.as_bytes()]),
            n_characters: 10,
            n_shingles: 3,
            signature: Some(Signature([5; BINS])),
        }
    }

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
        let both = [0, 1].map(|number| (index.own(number), 26));
        assert_eq!(shared.unwrap(), BTreeMap::from(both));
        assert_eq!(index.sketch(index.own(1)).unwrap(), sketch("b"));
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
            torn.put(&key, &[9]).unwrap();
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
