//! Reads a run from some key on, in order.

use std::ops::Range;
use std::sync::Arc;

use taosha_core::Error;

use super::block;
use super::run::Run;

/// The most that is read at once, unless one block is larger. At this size the calls of a long read no longer count.
const STRETCH: usize = 128 * 1024;

/// A place in a run, at an entry once [`advance`](Cursor::advance) has returned true.
pub(super) struct Cursor {
    run: Arc<Run>,
    /// Some blocks, read together.
    stretch: Vec<u8>,
    /// Where `stretch` begins in the file.
    stretch_at: u64,
    /// How many bytes the next stretch should have. It doubles, so that a short look reads little.
    appetite: usize,
    next_block: usize,
    /// The block at hand, in `stretch`.
    block: Range<usize>,
    /// The next entry, in the block.
    at: usize,
    key: Vec<u8>,
    /// In `stretch`.
    value: Range<usize>,
}

impl Cursor {
    /// Before the first entry, to read all.
    pub(super) fn at_start(run: Arc<Run>) -> Cursor {
        Cursor {
            appetite: STRETCH,
            ..Cursor::before_block(run, 0)
        }
    }

    /// At the first entry whose key is not less than `key`; `None` when there is none.
    pub(super) fn at_key(run: Arc<Run>, key: &[u8]) -> Result<Option<Cursor>, Error> {
        let number = run.index.block_of(key);
        let mut cursor = Cursor::before_block(run, number);
        while cursor.advance()? {
            if cursor.key() >= key {
                return Ok(Some(cursor));
            }
        }
        Ok(None)
    }

    fn before_block(run: Arc<Run>, number: usize) -> Cursor {
        Cursor {
            run,
            stretch: Vec::new(),
            stretch_at: 0,
            appetite: 0,
            next_block: number,
            block: 0..0,
            at: 0,
            key: Vec::new(),
            value: 0..0,
        }
    }

    /// Goes to the next entry; false when there is none.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        while self.at == self.block.len() {
            if !self.open_block()? {
                return Ok(false);
            }
        }
        let bytes = &self.stretch[self.block.clone()];
        let value = block::step(bytes, self.at, &mut self.key).map_err(|error| {
            let at = self.stretch_at + self.block.start as u64;
            self.run.unreadable(at, error)
        })?;
        self.at = value.end;
        self.value = self.block.start + value.start..self.block.start + value.end;
        Ok(true)
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.stretch[self.value.clone()]
    }

    fn open_block(&mut self) -> Result<bool, Error> {
        let Some(block) = self.run.index.get(self.next_block) else {
            return Ok(false);
        };
        let stretch_end = self.stretch_at + self.stretch.len() as u64;
        if block.start >= stretch_end || self.stretch.is_empty() {
            self.read_stretch()?;
        }
        let start = (block.start - self.stretch_at) as usize;
        self.block = start..start + block.len;
        self.run.check(block, &self.stretch[self.block.clone()])?;
        self.next_block += 1;
        self.at = 0;
        self.key.clear();
        Ok(true)
    }

    /// Reads from the next block on, whole blocks, at least one.
    fn read_stretch(&mut self) -> Result<(), Error> {
        let blocks = &self.run.index.blocks()[self.next_block..];
        let mut n_bytes = 0;
        for block in blocks {
            if n_bytes > 0 && n_bytes + block.len > self.appetite {
                break;
            }
            n_bytes += block.len;
        }
        self.stretch_at = blocks.first().map_or(0, |block| block.start);
        self.stretch.resize(n_bytes, 0);
        self.appetite = (2 * n_bytes).clamp(self.appetite, STRETCH);
        self.run.read(self.stretch_at, &mut self.stretch)
    }
}
