//! What finds a report again: keys of the index that can be told from the report alone.

use taosha_core::Id;

use crate::signature::{Signature, spacing};

/// Bytes of an id or digest in a key. Two of a thousand million meet with a chance of one in a million.
const ID_BYTES: usize = 10;

/// Bytes of the hash of an anchor or unit in a key. What meets by chance is compared and refused, and at
/// a million reports one look-up in twenty thousand does.
const HASH_BYTES: usize = 5;

/// The keys of one report.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Of its comparison form.
    pub(crate) digest: [u8; 1 + ID_BYTES],
    /// Of the lists it is in, or might share with another.
    pub(crate) lists: Vec<ListKey>,
}

/// The key of the list of reports that have one anchor, or one band.
#[derive(Debug)]
pub(crate) struct ListKey {
    pub(crate) key: [u8; 1 + HASH_BYTES],
    /// False for anchors that are looked up and not written.
    pub(crate) is_indexed: bool,
}

impl Keys {
    /// The keys of a report of `n_characters` with these anchors and this signature.
    pub(crate) fn new(
        digest: Id,
        anchors: &[u64],
        n_characters: usize,
        signature: Option<&Signature>,
    ) -> Self {
        let spacing = spacing(n_characters);
        let anchors = anchors.iter().map(|anchor| ListKey {
            key: of_hash(b'a', *anchor),
            is_indexed: anchor % spacing == 0,
        });
        let bands = signature.into_iter().flat_map(Signature::bands);
        let bands = bands.map(|band| ListKey {
            key: of_hash(b'b', band),
            is_indexed: true,
        });
        Keys {
            digest: of_id(b'x', digest),
            lists: anchors.chain(bands).collect(),
        }
    }
}

/// Under which it is noted that a report with this id came by.
pub(crate) fn seen(id: Id) -> [u8; 1 + ID_BYTES] {
    of_id(b'i', id)
}

/// Under which the place of the unit with this hash stands.
pub(crate) fn unit(hash: u64) -> [u8; 1 + HASH_BYTES] {
    of_hash(b'p', hash)
}

/// Of the canonical report with this number.
pub(crate) fn numbered(letter: u8, canonical: u32) -> [u8; 5] {
    let [a, b, c, d] = canonical.to_be_bytes();
    [letter, a, b, c, d]
}

fn of_id<const N: usize>(letter: u8, id: Id) -> [u8; N] {
    of_bytes(letter, id.as_bytes())
}

/// The upper bytes: the lower ones of all anchors are zero.
fn of_hash<const N: usize>(letter: u8, hash: u64) -> [u8; N] {
    of_bytes(letter, &hash.to_be_bytes())
}

fn of_bytes<const N: usize>(letter: u8, bytes: &[u8]) -> [u8; N] {
    let mut key = [letter; N];
    for (byte, from) in key.iter_mut().skip(1).zip(bytes) {
        *byte = *from;
    }
    key
}
