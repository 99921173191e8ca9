//! The folder of tables, and the steps by which an epoch gets there.
//!
//! An epoch is written behind the ends of the tables and synced; then the side file with the new
//! ends is put in place, which is the commit; then the folder is synced. Whatever instant the
//! process is killed at, the side file tells which of the bytes count.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::{Error, Holding, Result, Table};

use super::dead;
use super::packing::JsonlCompress;
use super::side::SideFile;
use crate::card::Card;
use crate::damage::damaged;
use crate::disk::Disk;
use crate::lines::Delivery;
use crate::lock::lock;
use crate::refused::Refused;

/// The tables of one sink.
pub(super) struct Tables {
    dir: PathBuf,
    selected: Vec<Table>,
    compress: JsonlCompress,
    /// The sink, for those who must repair its target.
    id: Arc<str>,
    disk: Arc<dyn Disk>,
    /// Held from open to close: two sinks in one folder would mix their rows.
    lock: Option<File>,
    /// None before open, and while the origin of the tables is unknown.
    held: Option<Held>,
}

/// What the folder holds.
struct Held {
    /// As it stands in the folder, but perhaps not safe yet.
    side: SideFile,
    files: BTreeMap<Table, File>,
    /// Whether nothing is in the folder that is not on record. Never so while `side` says that the
    /// dead letters are beside their table.
    is_clean: bool,
    /// Whether `side` is safe and the dead letters have their name.
    is_settled: bool,
}

fn path(dir: &Path, table: Table, compress: JsonlCompress) -> PathBuf {
    dir.join(format!("{}.{}", table.name(), compress.ending()))
}

impl Tables {
    pub(super) fn new(
        dir: PathBuf,
        selected: Vec<Table>,
        compress: JsonlCompress,
        id: Arc<str>,
        disk: Arc<dyn Disk>,
    ) -> Self {
        Tables {
            dir,
            selected,
            compress,
            id,
            disk,
            lock: None,
            held: None,
        }
    }

    /// See [`Sink::open`](taosha_core::Sink::open).
    pub(super) fn open(&mut self) -> Result<Holding> {
        self.held = None;
        self.lock()?;
        let Some(mut side) = SideFile::load(&self.dir, &self.id)? else {
            if self.selected.iter().any(|&table| self.len(table) > 0) {
                return Ok(Holding::Foreign);
            }
            self.begin().map_err(Refused::when_opening)?;
            return Ok(Holding::Nothing);
        };
        let holding = match &side.state {
            None => Holding::Nothing,
            Some(state) => Holding::Epochs {
                state: state.clone(),
                last: side.epoch,
            },
        };
        self.check_selection(&side)?;
        self.finish_dead(&mut side).map_err(Refused::when_opening)?;
        self.check_lengths(&side)?;
        self.hold(side).map_err(Refused::when_opening)?;
        Ok(holding)
    }

    /// See [`Sink::clear`](taosha_core::Sink::clear). Also cures a folder that `open` found damaged.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.lock()?;
        let listed = SideFile::load(&self.dir, &self.id).ok().flatten();
        let listed = listed.into_iter().flat_map(|side| {
            let tables = side.tables.into_keys();
            tables.map(move |table| (table, side.compress))
        });
        for (table, compress) in listed {
            if compress == self.compress && self.selected.contains(&table) {
                continue;
            }
            let path = path(&self.dir, table, compress);
            let removed = self.disk.remove(&path);
            let removed = removed.map_err(Refused::new("remove", &path));
            removed.map_err(Refused::when_delivering)?;
        }
        self.begin().map_err(Refused::when_delivering)
    }

    /// See [`Sink::deliver`](taosha_core::Sink::deliver).
    pub(super) fn deliver(&mut self, delivery: &Delivery) -> Result<()> {
        let Some(held) = &self.held else {
            let message = "write tables that are not open, or not ours";
            return Err(Error::defect("sink.not_open", message));
        };
        let side = &held.side;
        let is_ours = side.state.as_deref().is_none_or(|s| *s == *delivery.state);
        if is_ours && side.epoch == delivery.number {
            return self.settle_again().map_err(Refused::when_delivering);
        }
        if !is_ours || side.epoch + 1 != delivery.number {
            let held = side.state.as_deref().unwrap_or("none");
            let message = format!(
                "write epoch {} of `{}` behind epoch {} of `{held}`",
                delivery.number, delivery.state, side.epoch
            );
            return Err(Error::defect("sink.gap", message));
        }
        self.settle_again().map_err(Refused::when_delivering)?;
        if let Err(refused) = self.write(delivery) {
            // What cannot be cut back now is cut back before the next try, or at the next open.
            let _ = self.cut_back();
            return Err(refused.when_delivering());
        }
        self.settle().map_err(Refused::when_delivering)
    }

    /// The lines of `table` from the place `at`, some at a time, and the place behind them.
    pub(super) fn read(&self, table: Table, at: u64) -> Result<(Vec<String>, u64)> {
        /// Bytes handed over at once: few enough to keep many tables in memory.
        const CHUNK_BYTES: u64 = 1 << 20;
        let end = (self.held.as_ref()).and_then(|held| held.side.tables.get(&table).copied());
        let (end, path) = (end.unwrap_or(0), self.path(table));
        if at >= end {
            return Ok((Vec::new(), at));
        }
        let read = || -> io::Result<(Vec<String>, u64)> {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(at))?;
            let packed = BufReader::new(file.take(end - at));
            self.compress.lines(packed, CHUNK_BYTES)
        };
        let refused = Refused::new("read", &path);
        let (lines, n_bytes) = read().map_err(|error| refused(error).when_delivering())?;
        Ok((lines, at + n_bytes))
    }

    fn path(&self, table: Table) -> PathBuf {
        path(&self.dir, table, self.compress)
    }

    /// Brings the card up to date.
    pub(super) fn show(&self, card: &Card) -> Result<()> {
        let Some(held) = &self.held else {
            return Ok(());
        };
        let name = |&table: &Table| format!("{}.{}", table.name(), self.compress.ending());
        let files = self.selected.iter().map(|table| (*table, name(table)));
        let put = card.put(
            &self.dir,
            &files.collect(),
            held.side.tally.as_ref(),
            &*self.disk,
        );
        put.map_err(Refused::when_delivering)
    }

    /// Lets go of the folder.
    pub(super) fn close(&mut self) {
        self.held = None;
        self.lock = None;
    }

    /// 0 when there is no such table.
    fn len(&self, table: Table) -> u64 {
        fs::metadata(self.path(table)).map_or(0, |metadata| metadata.len())
    }

    fn lock(&mut self) -> Result<()> {
        if self.lock.is_none() {
            self.lock = Some(lock(&self.dir, &*self.disk)?);
        }
        Ok(())
    }

    fn check_selection(&self, side: &SideFile) -> Result<()> {
        if side.compress != self.compress {
            let message = format!(
                "write `{}`: `compress` has changed, it was `{}`",
                self.dir.display(),
                side.compress.name()
            );
            return Err(damaged(&self.id, message).for_option("compress"));
        }
        if side.tables.keys().eq(self.selected.iter()) {
            return Ok(());
        }
        let listed: Vec<&str> = side.tables.keys().map(|table| table.name()).collect();
        let message = format!(
            "write `{}`: `tables` has changed, it was filled with `{}`",
            self.dir.display(),
            listed.join("`, `")
        );
        Err(damaged(&self.id, message).for_option("tables"))
    }

    fn check_lengths(&self, side: &SideFile) -> Result<()> {
        for (&table, &committed) in &side.tables {
            let (path, len) = (self.path(table), self.len(table));
            if len < committed {
                let has = match path.exists() {
                    true => format!("it has {len} bytes"),
                    false => "it is gone".to_owned(),
                };
                let message = format!("read `{}`: {has}, {committed} were written", path.display());
                return Err(damaged(&self.id, message));
            }
        }
        Ok(())
    }

    /// Makes the folder one without rows. The side file comes first: were it to come last, rows that
    /// are cut away already would be on record after a kill.
    fn begin(&mut self) -> Result<(), Refused> {
        self.held = None;
        let side = SideFile::empty(&self.selected, self.compress);
        self.replace_side(&side)?;
        self.sync_folder()?;
        self.hold(side)
    }

    /// Opens the tables and cuts away what is not on record.
    fn hold(&mut self, side: SideFile) -> Result<(), Refused> {
        let mut files = BTreeMap::new();
        for &table in side.tables.keys() {
            let path = self.path(table);
            let file = self
                .disk
                .open(&path)
                .map_err(Refused::new("write", &path))?;
            files.insert(table, file);
        }
        self.held = Some(Held {
            side,
            files,
            is_clean: false,
            is_settled: true,
        });
        self.cut_back()?;
        // The tables' names are safe before the first row is on record.
        self.sync_folder()?;
        self.begin_packed()
    }

    /// Puts an empty member into packed tables without one, since a file of no bytes is none that
    /// gzip and zstd can read.
    fn begin_packed(&mut self) -> Result<(), Refused> {
        let Some(held) = &mut self.held else {
            return Ok(());
        };
        let empty = self.compress.pack(&[]);
        let empty = empty.map_err(Refused::new("write", &self.dir))?;
        let mut side = held.side.clone();
        for (table, file) in &held.files {
            let Some(end) = side.tables.get_mut(table).filter(|end| **end == 0) else {
                continue;
            };
            if empty.is_empty() {
                continue;
            }
            held.is_clean = false;
            let written = self.disk.write_at(file, 0, &empty);
            let written = written.and_then(|()| self.disk.sync(file));
            let path = path(&self.dir, *table, self.compress);
            written.map_err(Refused::new("write", &path))?;
            *end = empty.len() as u64;
        }
        if side == held.side {
            return Ok(());
        }
        let replaced = side.replace(&self.dir, &*self.disk);
        replaced.map_err(Refused::new("write", &SideFile::path(&self.dir)))?;
        held.side = side;
        held.is_clean = true;
        self.sync_folder()
    }

    /// Everything up to the commit; when it fails, the folder holds what it held.
    fn write(&mut self, delivery: &Delivery) -> Result<(), Refused> {
        self.cut_back()?;
        let Some(held) = &mut self.held else {
            return Ok(());
        };
        held.is_clean = false;
        let (dir, compress, disk) = (&self.dir, self.compress, &*self.disk);
        let mut side = held.side.clone();
        side.state = Some(delivery.state.to_string());
        side.epoch = delivery.number;
        let mut tally = side.tally.take();
        let mut grown = Vec::new();
        for (&table, end) in &mut side.tables {
            let lines = delivery.lines.get(&table).map_or(&[][..], Vec::as_slice);
            let path = path(dir, table, compress);
            if table == Table::Dead && !delivery.retried.is_empty() && *end > 0 {
                let rewritten = dead::rewrite(dir, compress, *end, &delivery.retried, lines, disk);
                let kept;
                (*end, kept) = rewritten.map_err(Refused::new("write", &path))?;
                if let Some(tally) = &mut tally {
                    tally.keep_dead(kept);
                }
                side.dead_is_next = true;
            } else if !lines.is_empty() {
                let file = held.files.get(&table);
                let file = file.ok_or_else(|| io::ErrorKind::NotConnected.into());
                let file = file.map_err(Refused::new("write", &path))?;
                let packed = compress.pack(lines);
                let packed = packed.map_err(Refused::new("write", &path))?;
                let written = disk.write_at(file, *end, &packed);
                written.map_err(Refused::new("write", &path))?;
                *end += packed.len() as u64;
                grown.push((file, path));
            }
        }
        if let Some(tally) = &mut tally {
            tally.merge(&delivery.tally);
        }
        side.tally = tally;
        // All are written before the first is synced, so that the system can work on several.
        for (file, path) in grown {
            disk.sync(file).map_err(Refused::new("write", &path))?;
        }
        if side.dead_is_next {
            // The name that the record will point to is safe first.
            disk.sync_folder(dir)
                .map_err(Refused::new("write folder", dir))?;
        }
        side.replace(dir, disk)
            .map_err(Refused::new("write", &SideFile::path(dir)))?;
        held.side = side;
        held.is_settled = false;
        Ok(())
    }

    /// Makes the commit safe, and gives rewritten dead letters their name.
    fn settle(&mut self) -> Result<(), Refused> {
        self.sync_folder()?;
        let Some(mut held) = self.held.take() else {
            return Ok(());
        };
        // The table is open unless an earlier try came as far as closing it.
        let is_open = held.files.len() == held.side.tables.len();
        let finished = match held.side.dead_is_next || !is_open {
            true => self.replace_dead(&mut held),
            false => Ok(()),
        };
        held.is_settled = finished.is_ok();
        held.is_clean = finished.is_ok();
        self.held = Some(held);
        finished
    }

    /// A delivery that failed behind its commit is completed, not repeated. The record is written
    /// once more: a system that could not sync a folder may say that it did when asked again.
    fn settle_again(&mut self) -> Result<(), Refused> {
        match &self.held {
            Some(held) if !held.is_settled => self.replace_side(&held.side)?,
            _ => return Ok(()),
        }
        self.settle()
    }

    fn replace_dead(&self, held: &mut Held) -> Result<(), Refused> {
        // Closed first, since some systems do not replace files that are open.
        held.files.remove(&Table::Dead);
        self.finish_dead(&mut held.side)?;
        let path = self.path(Table::Dead);
        let file = self
            .disk
            .open(&path)
            .map_err(Refused::new("write", &path))?;
        held.files.insert(Table::Dead, file);
        Ok(())
    }

    /// Gives the rewritten dead letters their name, when the record says that they count; when they
    /// are not there, they have it already.
    fn finish_dead(&self, side: &mut SideFile) -> Result<(), Refused> {
        if !side.dead_is_next {
            return Ok(());
        }
        let (next, dead) = (dead::next(&self.dir), self.path(Table::Dead));
        if next.exists() {
            let renamed = self.disk.rename(&next, &dead);
            renamed.map_err(Refused::new("write", &dead))?;
        }
        // Were the record to forget them before the name is safe, a power cut could lose them.
        self.sync_folder()?;
        let finished = SideFile {
            dead_is_next: false,
            ..side.clone()
        };
        self.replace_side(&finished)?;
        *side = finished;
        self.sync_folder()
    }

    /// Takes away what is not on record.
    fn cut_back(&mut self) -> Result<(), Refused> {
        let Some(held) = &mut self.held else {
            return Ok(());
        };
        if held.is_clean {
            return Ok(());
        }
        for (table, file) in &held.files {
            let end = held.side.tables.get(table).copied().unwrap_or(0);
            let cut = self.disk.set_len(file, end);
            let path = path(&self.dir, *table, self.compress);
            cut.map_err(Refused::new("write", &path))?;
        }
        for aside in [dead::next(&self.dir), SideFile::aside(&self.dir)] {
            let removed = self.disk.remove(&aside);
            removed.map_err(Refused::new("remove", &aside))?;
        }
        held.is_clean = true;
        Ok(())
    }

    fn replace_side(&self, side: &SideFile) -> Result<(), Refused> {
        let replaced = side.replace(&self.dir, &*self.disk);
        replaced.map_err(Refused::new("write", &SideFile::path(&self.dir)))
    }

    fn sync_folder(&self) -> Result<(), Refused> {
        let synced = self.disk.sync_folder(&self.dir);
        synced.map_err(Refused::new("write folder", &self.dir))
    }
}
