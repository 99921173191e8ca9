//! One file of sorted entries, written once.
//!
//! ```text
//! magic · blocks · tail: n_filter_blocks (u64) · filter · index
//! ```
//!
//! The sum of each block stands in the index, the sum of the tail in the manifest.

use std::path::Path;

use taosha_core::Error;

use crate::disk::{Disk, DiskFile};

use super::block::{self, Unreadable};
use super::damage::{damaged, unread};
use super::filter::Filter;
use super::hash::checksum;
use super::index::{BlockAt, Index};
use super::manifest::RunInfo;

/// What a run begins with, so that people and tools know it.
pub(super) const MAGIC: &[u8; 8] = b"taorun2\n";

/// A run that can be read. The file stays open, so it can be removed meanwhile.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) info: RunInfo,
    pub(super) name: String,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) filter: Filter,
    pub(super) index: Index,
}

impl Run {
    /// Opens the run that the manifest describes; reads its tail, and checks it.
    pub(super) fn open(disk: &dyn Disk, folder: &Path, info: RunInfo) -> Result<Run, Error> {
        let name = info.file_name();
        let file = disk
            .read(&folder.join(&name))
            .map_err(|cause| unread(&name, 0, cause))?;
        let (filter, index) = read_tail(&*file, &name, &info)?;
        let run = Run {
            info,
            name,
            file,
            filter,
            index,
        };
        run.check_magic()?;
        Ok(run)
    }

    /// The value under `key`, which passed the filter, by one read.
    pub(super) fn find(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let Some(at) = self.index.get(self.index.block_of(key)) else {
            return Ok(None);
        };
        let mut bytes = vec![0; at.len];
        self.read(at.start, &mut bytes)?;
        self.check(at, &bytes)?;
        let found = block::find(&bytes, key).map_err(|error| self.unreadable(at.start, error))?;
        Ok(found.map(|place| {
            bytes.truncate(place.end);
            bytes.drain(..place.start);
            bytes
        }))
    }

    /// Fills `bytes` from the place `at`.
    pub(super) fn read(&self, at: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let read = self.file.read_at(at, bytes);
        read.map_err(|cause| unread(&self.name, at, cause))
    }

    /// That `bytes` are those of the block.
    pub(super) fn check(&self, block: BlockAt, bytes: &[u8]) -> Result<(), Error> {
        if checksum(bytes) == block.sum {
            return Ok(());
        }
        let why = "the checksum of the block is wrong";
        Err(damaged(&self.name, block.start, why))
    }

    pub(super) fn unreadable(&self, at: u64, _: Unreadable) -> Error {
        damaged(&self.name, at, "the block has a right sum and no sense")
    }

    /// Reads all of the file again, and returns the first thing that is wrong and how many more are.
    pub(super) fn verify(&self) -> Option<Error> {
        let tail = read_tail(&*self.file, &self.name, &self.info).map(|_| ());
        let mut bytes = Vec::new();
        let mut check_block = |block: &BlockAt| {
            bytes.resize(block.len, 0);
            self.read(block.start, &mut bytes)?;
            self.check(*block, &bytes)
        };
        let blocks = self.index.blocks().iter().map(&mut check_block);
        let mut wrong = [self.check_magic(), tail]
            .into_iter()
            .chain(blocks)
            .filter_map(Result::err);
        let first = wrong.next()?;
        match wrong.count() {
            0 => Some(first),
            n_more => Some(first.context(format_args!("{n_more} more places, first"))),
        }
    }

    fn check_magic(&self) -> Result<(), Error> {
        let mut magic = [0; MAGIC.len()];
        self.read(0, &mut magic)?;
        match &magic == MAGIC {
            true => Ok(()),
            false => Err(damaged(&self.name, 0, "it does not begin like a run")),
        }
    }
}

/// Filter and index of the run in `file`.
fn read_tail(file: &dyn DiskFile, name: &str, info: &RunInfo) -> Result<(Filter, Index), Error> {
    let n_bytes = file.len().map_err(|cause| unread(name, 0, cause))?;
    if n_bytes != info.n_bytes {
        let why = format!("it has {n_bytes} bytes and should have {}", info.n_bytes);
        return Err(damaged(name, n_bytes, why));
    }
    let wrong = |why| damaged(name, info.tail_at, why);
    let n_tail = n_bytes
        .checked_sub(info.tail_at)
        .and_then(|n_tail| usize::try_from(n_tail).ok())
        .ok_or_else(|| wrong("the index would begin behind the end"))?;
    let mut bytes = vec![0; n_tail];
    file.read_at(info.tail_at, &mut bytes)
        .map_err(|cause| unread(name, info.tail_at, cause))?;
    if checksum(&bytes) != info.tail_sum {
        return Err(wrong("the checksum of the index is wrong"));
    }
    let senseless = || wrong("the index has a right sum and no sense");
    let (n_filter_blocks, mut rest) = bytes.split_first_chunk().ok_or_else(senseless)?;
    let n_filter_blocks = u64::from_le_bytes(*n_filter_blocks) as usize;
    let filter = Filter::take(&mut rest, n_filter_blocks).ok_or_else(senseless)?;
    let index = Index::read(rest, MAGIC.len() as u64)
        .filter(|index| index.end() == info.tail_at)
        .ok_or_else(senseless)?;
    Ok((filter, index))
}
