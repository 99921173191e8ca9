//! The parts of the tables: the files that tails become.
//!
//! The part of a divided table is a file per folder, written one after the other. They have the number
//! of their tail, so a reader that knows no numbers has them in order too.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::Table;

use super::manifest::{self, Piece};
use super::partition::{self, ParquetPartition, Picked};
use super::{names, part};
use crate::disk::Disk;
use crate::refused::Refused;

/// The parts of one sink.
pub(super) struct Parts {
    dir: PathBuf,
    partition: Vec<ParquetPartition>,
    disk: Arc<dyn Disk>,
}

impl Parts {
    pub(super) fn new(dir: PathBuf, partition: Vec<ParquetPartition>, disk: Arc<dyn Disk>) -> Self {
        Parts {
            dir,
            partition,
            disk,
        }
    }

    pub(super) fn is_divided(&self, table: Table) -> bool {
        !partition::of(table, &self.partition).is_empty()
    }

    /// Makes the first `bytes` of the tail at `tail` a part.
    pub(super) fn make(
        &self,
        table: Table,
        number: u64,
        tail: &Path,
        bytes: u64,
    ) -> Result<(), Refused> {
        let by = partition::of(table, &self.partition);
        if by.is_empty() {
            let file = File::open(tail).map_err(Refused::new("read", tail))?;
            let mut lines = BufReader::new(file.take(bytes));
            return self.make_file(table, "", number, &mut |line| lines.read_line(line));
        }
        let divided = partition::divide(tail, bytes, &by);
        let mut pieces = Vec::new();
        for (folder, places) in divided.map_err(Refused::new("read", tail))? {
            let path = names::parts(&self.dir, table).join(&folder);
            let made = self.disk.make_folder(&path);
            made.map_err(Refused::new("make folder", &path))?;
            let mut lines = Picked::new(tail, &places).map_err(Refused::new("read", tail))?;
            self.make_file(table, &folder, number, &mut |line| lines.read_line(line))?;
            let rows = Some(places.len() as u64);
            pieces.push(Piece { folder, rows });
        }
        // Once the list is safe the tail may go, and all files have their names before that.
        let path = names::pieces(&self.dir, table, number);
        let aside = names::unfinished_pieces(&self.dir);
        let listed = manifest::replace(&path, &aside, &pieces, &*self.disk);
        listed.map_err(Refused::new("write", &path))?;
        self.sync_folder(&names::tails(&self.dir))
    }

    fn make_file(
        &self,
        table: Table,
        folder: &str,
        number: u64,
        next_line: &mut dyn FnMut(&mut String) -> io::Result<usize>,
    ) -> Result<(), Refused> {
        let unfinished = names::unfinished(&self.dir, table);
        let written = part::write(table, next_line, &unfinished, &*self.disk);
        written.map_err(Refused::new("write", &unfinished))?;
        let part = names::part(&self.dir, table, folder, number);
        let renamed = self.disk.rename(&unfinished, &part);
        renamed.map_err(Refused::new("write", &part))?;
        self.sync_folder(&names::parts(&self.dir, table).join(folder))
    }

    /// The files of the part called `number`, which is there, in order.
    pub(super) fn pieces(&self, table: Table, number: u64) -> io::Result<Vec<Piece>> {
        if self.is_divided(table) {
            return manifest::load(&names::pieces(&self.dir, table, number));
        }
        Ok(vec![Piece {
            folder: String::new(),
            rows: None,
        }])
    }

    /// The files of parts that are there, whoever made them, and their numbers.
    pub(super) fn there(&self, table: Table) -> Result<Vec<(u64, PathBuf)>, Refused> {
        let folder = names::parts(&self.dir, table);
        names::parts_there(&folder).map_err(Refused::new("read folder", &folder))
    }

    /// The lists of pieces that are there.
    pub(super) fn lists_there(&self, table: Table) -> Result<Vec<u64>, Refused> {
        let there = names::pieces_there(&self.dir, table);
        there.map_err(Refused::new("read folder", &names::tails(&self.dir)))
    }

    /// Removes the file at `path`, and folders of ours that have nothing in them then.
    pub(super) fn remove(&self, table: Table, path: &Path) -> Result<(), Refused> {
        let removed = self.disk.remove(path);
        removed.map_err(Refused::new("remove", path))?;
        let top = names::parts(&self.dir, table);
        let folders = path.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != top && folder.starts_with(&top)) {
            // One with something in it stays, and an empty one that stays does no harm.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Removes the list of pieces of a part.
    pub(super) fn remove_list(&self, table: Table, number: u64) -> Result<(), Refused> {
        let path = names::pieces(&self.dir, table, number);
        let removed = self.disk.remove(&path);
        removed.map_err(Refused::new("remove", &path))
    }

    fn sync_folder(&self, folder: &Path) -> Result<(), Refused> {
        let synced = self.disk.sync_folder(folder);
        synced.map_err(Refused::new("write folder", folder))
    }
}
