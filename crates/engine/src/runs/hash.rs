//! The one file that knows the hash function: XXH3, for blocks and for the keys in filters.
//!
//! It is fixed for good, the same on all machines, and guards against accidents, not against people:
//! whoever can write to the state folder can also write the sums.

use xxhash_rust::xxh3::xxh3_64;

/// Tells bytes that were read from others.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Where a key belongs in every filter; computed once for all runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyHash(pub(super) u64);

impl KeyHash {
    pub(super) fn of(key: &[u8]) -> KeyHash {
        KeyHash(xxh3_64(key))
    }
}
