//! Reads several runs as if they were one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use taosha_core::Error;

use super::cursor::Cursor;
use super::writer::RunWriter;

/// The entries of several runs in order; of equal keys the newest.
///
/// Its memory is one stretch per run, whatever their sizes.
pub(super) struct Merge {
    heads: BinaryHeap<Head>,
    /// The key that was returned last, whose older values are passed over.
    last: Option<Vec<u8>>,
}

/// A key and its value.
type Pair<'m> = (&'m [u8], &'m [u8]);

/// A cursor at the entry that comes next in its run. The greatest head is the one to return next.
struct Head {
    /// Of the key at hand: nearly always enough to compare two heads.
    first: u128,
    /// On the heap by itself, because heads are moved often.
    cursor: Box<Cursor>,
    /// Greater for newer runs.
    age: usize,
}

impl Merge {
    /// Of cursors that stand at an entry, those of the oldest run first.
    pub(super) fn of(cursors: impl IntoIterator<Item = Cursor>) -> Merge {
        let heads = cursors.into_iter().enumerate().map(|(age, cursor)| Head {
            first: first_bytes(cursor.key()),
            cursor: Box::new(cursor),
            age,
        });
        Merge {
            heads: heads.collect(),
            last: None,
        }
    }

    /// The next key and its newest value.
    pub(super) fn next(&mut self) -> Result<Option<Pair<'_>>, Error> {
        if let Some(last) = &self.last {
            while let Some(mut head) = self.heads.peek_mut() {
                if head.cursor.key() != last {
                    break;
                }
                match head.cursor.advance()? {
                    true => head.first = first_bytes(head.cursor.key()),
                    false => drop(PeekMut::pop(head)),
                }
            }
        }
        let Some(head) = self.heads.peek() else {
            return Ok(None);
        };
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(head.cursor.key());
        Ok(Some((head.cursor.key(), head.cursor.value())))
    }

    /// Writes everything, and `fresh`, which is in order, over it.
    pub(super) fn write_under(
        &mut self,
        fresh: &[(&[u8], &[u8])],
        writer: &mut RunWriter,
    ) -> Result<(), Error> {
        let mut fresh = fresh.iter().copied().peekable();
        while let Some((key, value)) = self.next()? {
            while let Some((key, value)) = fresh.next_if(|(fresh, _)| *fresh < key) {
                writer.push(key, value)?;
            }
            let is_replaced = fresh.peek().is_some_and(|(fresh, _)| *fresh == key);
            if !is_replaced {
                writer.push(key, value)?;
            }
        }
        fresh.try_for_each(|(key, value)| writer.push(key, value))
    }
}

/// Sixteen bytes of a key, which say its order where they differ, without another look at the key.
pub(super) fn first_bytes(key: &[u8]) -> u128 {
    let mut first = [0; 16];
    for (byte, from) in first.iter_mut().zip(key) {
        *byte = *from;
    }
    u128::from_be_bytes(first)
}

impl Ord for Head {
    fn cmp(&self, other: &Head) -> Ordering {
        let by_first = other.first.cmp(&self.first);
        let by_key = by_first.then_with(|| other.cursor.key().cmp(self.cursor.key()));
        by_key.then(self.age.cmp(&other.age))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Head) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Head) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}
