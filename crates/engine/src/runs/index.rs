//! Where the blocks of a run lie, which keys they hold, and what they must sum to.

use super::varint;

/// One line per block, in memory as long as the run is open.
#[derive(Debug, Default)]
pub(super) struct Index {
    blocks: Vec<BlockAt>,
    /// All separators, one behind the other.
    separators: Vec<u8>,
    /// Where the last block ends.
    end: u64,
}

/// A line of the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockAt {
    pub(super) start: u64,
    pub(super) len: usize,
    pub(super) sum: u64,
    /// Where its separator ends: not greater than any key of the block, greater than all before it.
    separator_end: usize,
}

impl Index {
    /// Of a file whose first block will start at `start`.
    pub(super) fn starting_at(start: u64) -> Index {
        Index {
            end: start,
            ..Index::default()
        }
    }

    pub(super) fn push(&mut self, separator: &[u8], len: usize, sum: u64) {
        self.separators.extend_from_slice(separator);
        self.blocks.push(BlockAt {
            start: self.end,
            len,
            sum,
            separator_end: self.separators.len(),
        });
        self.end += len as u64;
    }

    /// The number of the only block that may hold `key`.
    pub(super) fn block_of(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.blocks.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.separator(middle) <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.saturating_sub(1)
    }

    pub(super) fn get(&self, number: usize) -> Option<BlockAt> {
        self.blocks.get(number).copied()
    }

    pub(super) fn blocks(&self) -> &[BlockAt] {
        &self.blocks
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Its bytes in a file: for each block the separator, the length and the sum.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for (number, block) in self.blocks.iter().enumerate() {
            let separator = self.separator(number);
            varint::put(bytes, separator.len());
            bytes.extend_from_slice(separator);
            varint::put(bytes, block.len);
            bytes.extend_from_slice(&block.sum.to_le_bytes());
        }
    }

    /// The index that [`write`](Index::write) wrote as `bytes`, of a file whose first block starts
    /// at `start`.
    pub(super) fn read(mut bytes: &[u8], start: u64) -> Option<Index> {
        let mut index = Index::starting_at(start);
        while !bytes.is_empty() {
            let n_separator = varint::take(&mut bytes)?;
            let (separator, rest) = bytes.split_at_checked(n_separator)?;
            bytes = rest;
            let len = varint::take(&mut bytes)?;
            let (sum, rest) = bytes.split_first_chunk()?;
            bytes = rest;
            index.end.checked_add(len as u64)?;
            index.push(separator, len, u64::from_le_bytes(*sum));
        }
        Some(index)
    }

    fn separator(&self, number: usize) -> &[u8] {
        let start = match number {
            0 => 0,
            _ => self.blocks[number - 1].separator_end,
        };
        &self.separators[start..self.blocks[number].separator_end]
    }
}
