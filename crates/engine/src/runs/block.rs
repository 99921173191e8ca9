//! A few KiB of sorted entries: the unit that is read and checked.
//!
//! An entry is a head, the rest of its key behind what it shares with the key before it, and the value.
//! The head is one byte as a rule: three bits for the length of the rest, four for that of the value,
//! and one that tells that the key is as long as the one before, which says how much they share.
//! A length that does not fit has all its bits set and follows as a number; so does, with the
//! last bit clear, the length of what is shared.

use std::ops::Range;

use super::varint;

/// A page of the file system. Twice as large makes half the index, and hits that cost twice the
/// checksum; half as large no longer saves reading, because systems read whole pages.
const FULL: usize = 4096;

/// In a head: the key is as long as the one before.
const AS_LONG: u8 = 0x80;
/// In a head: a length of this or more follows it.
const LONG_REST: usize = 7;
/// As [`LONG_REST`], of a value.
const LONG_VALUE: usize = 15;

/// The bytes do not parse, though their checksum was right.
#[derive(Debug)]
pub(super) struct Unreadable;

/// A block that is being written.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    bytes: Vec<u8>,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    /// True when an entry of this size should begin a block: the last one is full, or the entry is
    /// so large that others would be read for nothing with it.
    pub(super) fn is_done_before(&self, key: &[u8], value: &[u8]) -> bool {
        let n_bytes = self.bytes.len() + key.len() + value.len();
        !self.bytes.is_empty() && n_bytes > FULL
    }

    /// The caller sees to it that keys ascend.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) {
        let shared = if self.bytes.is_empty() {
            0
        } else {
            n_common(&self.last_key, key)
        };
        let rest = &key[shared..];
        let is_as_long = !self.bytes.is_empty() && key.len() == self.last_key.len();
        let (n_rest, n_value) = (rest.len().min(LONG_REST), value.len().min(LONG_VALUE));
        let as_long = if is_as_long { AS_LONG } else { 0 };
        self.bytes.push(as_long | (n_value << 3 | n_rest) as u8);
        if !is_as_long {
            varint::put(&mut self.bytes, shared);
        }
        if n_rest == LONG_REST {
            varint::put(&mut self.bytes, rest.len());
        }
        if n_value == LONG_VALUE {
            varint::put(&mut self.bytes, value.len());
        }
        self.bytes.extend_from_slice(rest);
        self.bytes.extend_from_slice(value);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(rest);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that was pushed last, also into blocks before this one.
    pub(super) fn last_key(&self) -> &[u8] {
        &self.last_key
    }

    /// Begins the next block.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// One entry as it stands in a block.
struct Entry<'b> {
    shared: usize,
    rest: &'b [u8],
    value: &'b [u8],
}

impl<'b> Entry<'b> {
    /// The entry at the front of `bytes`, behind one whose key has `n_before` bytes.
    fn take(bytes: &mut &'b [u8], n_before: usize) -> Option<Entry<'b>> {
        let (&head, after) = bytes.split_first()?;
        *bytes = after;
        let told = match head & AS_LONG {
            0 => Some(varint::take(bytes)?),
            _ => None,
        };
        let n_rest = match usize::from(head & 7) {
            LONG_REST => varint::take(bytes)?,
            short => short,
        };
        let n_value = match usize::from(head >> 3 & 15) {
            LONG_VALUE => varint::take(bytes)?,
            short => short,
        };
        let shared = match told {
            Some(shared) => shared,
            None => n_before.checked_sub(n_rest)?,
        };
        let (rest, after) = bytes.split_at_checked(n_rest)?;
        let (value, after) = after.split_at_checked(n_value)?;
        *bytes = after;
        Some(Entry {
            shared,
            rest,
            value,
        })
    }
}

/// The place of the value under `key` in `block`.
///
/// No key is put together on the way. While all keys so far are smaller than `key`, it is enough to
/// know how much of `key` the last one began with: an entry that shares more with it is as much
/// smaller, one that shares less is larger, and only one that shares just that much is compared.
pub(super) fn find(block: &[u8], key: &[u8]) -> Result<Option<Range<usize>>, Unreadable> {
    let mut bytes = block;
    let mut key = key;
    let mut matched = 0;
    let mut n_before = 0;
    while !bytes.is_empty() {
        let entry = Entry::take(&mut bytes, n_before).ok_or(Unreadable)?;
        n_before = entry
            .shared
            .checked_add(entry.rest.len())
            .ok_or(Unreadable)?;
        if entry.shared > matched {
            continue;
        }
        if entry.shared < matched {
            return Ok(None);
        }
        let common = n_common(key, entry.rest);
        matched += common;
        key = &key[common..];
        match (key.first(), entry.rest.get(common)) {
            (None, None) => {
                let end = block.len() - bytes.len();
                return Ok(Some(end - entry.value.len()..end));
            }
            (Some(wanted), Some(found)) if found > wanted => return Ok(None),
            (None, Some(_)) => return Ok(None),
            (Some(_), _) => {}
        }
    }
    Ok(None)
}

/// Goes to the next entry of `bytes` at `at`: changes `key` from the one before to its own, and
/// returns the place of its value, whose end is the place of the entry after it.
pub(super) fn step(bytes: &[u8], at: usize, key: &mut Vec<u8>) -> Result<Range<usize>, Unreadable> {
    let mut rest = bytes.get(at..).ok_or(Unreadable)?;
    let entry = Entry::take(&mut rest, key.len()).ok_or(Unreadable)?;
    if entry.shared > key.len() {
        return Err(Unreadable);
    }
    key.truncate(entry.shared);
    key.extend_from_slice(entry.rest);
    let end = bytes.len() - rest.len();
    Ok(end - entry.value.len()..end)
}

/// How many bytes both begin with.
pub(super) fn n_common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_block_finds_the_keys_it_was_made_of_and_no_other(
            keys in prop::collection::btree_set(prop::collection::vec(0..3_u8, 0..6), 1..60),
            others in prop::collection::vec(prop::collection::vec(0..3_u8, 0..7), 60),
        ) {
            let mut block = BlockBuilder::default();
            for key in &keys {
                block.push(key, key);
            }
            let all: BTreeSet<_> = keys.iter().chain(&others).collect();
            for key in all {
                let found = find(block.bytes(), key).unwrap().map(|place| &block.bytes()[place]);
                prop_assert_eq!(found, keys.get(key).map(Vec::as_slice));
            }
        }

        #[test]
        fn bytes_that_are_no_block_do_no_harm(
            bytes in prop::collection::vec(any::<u8>(), 0..80),
            mut key in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            if let Ok(Some(place)) = find(&bytes, &key) {
                prop_assert!(place.end <= bytes.len());
            }
            if let Ok(place) = step(&bytes, 0, &mut key) {
                prop_assert!(place.end <= bytes.len());
            }
        }
    }
}
