//! Writes a run from entries in order, in one pass from front to back.

use std::path::Path;

use taosha_core::Error;

use crate::disk::{Disk, DiskFile};

use super::block::{BlockBuilder, n_common};
use super::damage::undone;
use super::filter::Filter;
use super::hash::{KeyHash, checksum};
use super::index::Index;
use super::manifest::{RunInfo, file_name};
use super::run::{MAGIC, Run};

/// Bytes gathered for one write: enough that the calls do not count, little beside the rest.
const GATHERED: usize = 256 * 1024;

/// Keys gathered for one walk through the filter: a megabyte of hashes, some of which share a page even in
/// filters of a hundred megabytes.
const GATHERED_KEYS: usize = 128 * 1024;

/// A run that is being written. Its memory is one gathered write and what the run keeps in memory
/// anyway.
pub(super) struct RunWriter {
    number: u64,
    name: String,
    file: Box<dyn DiskFile>,
    gathered: Vec<u8>,
    /// How much of the file is written, without what is gathered.
    n_written: u64,
    block: BlockBuilder,
    /// The separator of the block that is being built.
    separator: Vec<u8>,
    index: Index,
    filter: Filter,
    /// Keys that are not in the filter yet.
    keys: Vec<KeyHash>,
    n_entries: u64,
}

impl RunWriter {
    /// Begins the file of run `number`, in place of a file that a seal left which was never
    /// committed. At most `n_entries` may come.
    pub(super) fn create(
        disk: &dyn Disk,
        folder: &Path,
        number: u64,
        n_entries: u64,
    ) -> Result<RunWriter, Error> {
        let name = file_name(number);
        let file = disk
            .open(&folder.join(&name))
            .and_then(|file| file.set_len(0).map(|()| file))
            .map_err(|cause| undone(format_args!("make `{name}`"), cause))?;
        Ok(RunWriter {
            number,
            name,
            file,
            gathered: MAGIC.to_vec(),
            n_written: 0,
            block: BlockBuilder::default(),
            separator: Vec::new(),
            index: Index::starting_at(MAGIC.len() as u64),
            filter: Filter::for_keys(n_entries),
            keys: Vec::new(),
            n_entries: 0,
        })
    }

    /// Adds an entry; keys must ascend.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        if self.block.is_done_before(key, value) {
            self.end_block()?;
            let n_separator = n_common(self.block.last_key(), key) + 1;
            self.separator.clear();
            self.separator
                .extend_from_slice(&key[..n_separator.min(key.len())]);
        }
        self.block.push(key, value);
        self.keys.push(KeyHash::of(key));
        if self.keys.len() == GATHERED_KEYS {
            self.fill_filter();
        }
        self.n_entries += 1;
        Ok(())
    }

    /// Ends the file and makes its content safe; its name is safe when the folder is synced.
    pub(super) fn finish(mut self) -> Result<Run, Error> {
        self.end_block()?;
        self.fill_filter();
        self.filter.shrink_to(self.n_entries);
        let mut tail = (self.filter.n_blocks() as u64).to_le_bytes().to_vec();
        self.filter.write(&mut tail);
        self.index.write(&mut tail);
        self.write_gathered()?;
        let tail_at = self.n_written;
        self.gathered = tail;
        let tail_sum = checksum(&self.gathered);
        self.write_gathered()?;
        self.file
            .sync()
            .map_err(|cause| undone(format_args!("sync `{}`", self.name), cause))?;
        Ok(Run {
            info: RunInfo {
                number: self.number,
                n_entries: self.n_entries,
                n_bytes: self.n_written,
                tail_at,
                tail_sum,
            },
            name: self.name,
            file: self.file,
            filter: self.filter,
            index: self.index,
        })
    }

    fn fill_filter(&mut self) {
        self.filter.insert_all(&mut self.keys);
        self.keys.clear();
    }

    fn end_block(&mut self) -> Result<(), Error> {
        let bytes = self.block.bytes();
        self.index
            .push(&self.separator, bytes.len(), checksum(bytes));
        self.gathered.extend_from_slice(bytes);
        self.block.clear();
        if self.gathered.len() >= GATHERED {
            self.write_gathered()?;
        }
        Ok(())
    }

    fn write_gathered(&mut self) -> Result<(), Error> {
        self.file
            .write_at(self.n_written, &self.gathered)
            .map_err(|cause| undone(format_args!("write `{}`", self.name), cause))?;
        self.n_written += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }
}
