//! The folder of tables, and the steps by which an epoch gets there.
//!
//! An epoch is written behind the ends of the tails and synced; then the side file with the new ends
//! is put in place, which is the commit. A tail that is full is one before that which the side file
//! names, so it becomes a part: the part is written beside, synced and renamed, then the tail goes.
//! Whatever instant the process is killed at, a tail that is still there has yet to become a part,
//! and making it twice makes the same bytes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::{Error, Holding, Result, Table};

use super::partition::ParquetPartition;
use super::parts::Parts;
use super::side::{Grown, SideFile};
use super::{names, reading, tail};
use crate::card::Card;
use crate::damage::damaged;
use crate::disk::Disk;
use crate::lines::Delivery;
use crate::lock::lock;
use crate::refused::Refused;

/// The tables of one sink.
pub(super) struct Folder {
    dir: PathBuf,
    selected: Vec<Table>,
    partition: Vec<ParquetPartition>,
    parts: Parts,
    /// The sink, for those who must repair its target.
    id: Arc<str>,
    /// See [`ParquetConfig::part_bytes`](super::ParquetConfig::part_bytes).
    part_bytes: u64,
    disk: Arc<dyn Disk>,
    /// Held from open to close: two sinks in one folder would mix their rows.
    lock: Option<File>,
    /// None before open, and while the origin of the tables is unknown. As it stands in the folder,
    /// but perhaps not safe yet.
    side: Option<SideFile>,
    /// Whether nothing is in the folder that is not on record, and all full tails are parts.
    is_settled: bool,
    /// Whether the folders of divided tables were looked through. That takes long where they have
    /// many values, and none of what is done later leaves anything behind there.
    is_looked_through: bool,
}

/// A place in a table, for reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The number of the part, or of the tail behind the last one.
    part: u64,
    /// The file of a part, by its place among these.
    piece: usize,
    /// The group of a file, the byte of a tail.
    within: u64,
}

impl Place {
    pub(super) const START: Place = Place {
        part: 0,
        piece: 0,
        within: 0,
    };
}

impl Folder {
    pub(super) fn new(
        dir: PathBuf,
        selected: Vec<Table>,
        partition: Vec<ParquetPartition>,
        id: Arc<str>,
        part_bytes: u64,
        disk: Arc<dyn Disk>,
    ) -> Self {
        Folder {
            parts: Parts::new(dir.clone(), partition.clone(), disk.clone()),
            dir,
            selected,
            partition,
            id,
            part_bytes,
            disk,
            lock: None,
            side: None,
            is_settled: false,
            is_looked_through: false,
        }
    }

    /// See [`Sink::open`](taosha_core::Sink::open).
    pub(super) fn open(&mut self) -> Result<Holding> {
        self.side = None;
        self.lock()?;
        let Some(side) = SideFile::load(&self.dir, &self.id)? else {
            for &table in &self.selected {
                let is_there = self.parts.there(table).map_err(Refused::when_opening)?;
                if !is_there.is_empty() {
                    return Ok(Holding::Foreign);
                }
            }
            self.begin().map_err(Refused::when_opening)?;
            return Ok(Holding::Nothing);
        };
        self.check_selection(&side)?;
        self.check_tails(&side)?;
        let holding = match &side.state {
            None => Holding::Nothing,
            Some(state) => Holding::Epochs {
                state: state.clone(),
                last: side.epoch,
            },
        };
        self.hold(side).map_err(Refused::when_opening)?;
        self.check_parts()?;
        Ok(holding)
    }

    /// See [`Sink::clear`](taosha_core::Sink::clear). Also cures a folder that `open` found damaged.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.lock()?;
        let listed = SideFile::load(&self.dir, &self.id).ok().flatten();
        let listed = listed.into_iter().flat_map(|side| side.tables.into_keys());
        let unselected: Vec<Table> = listed
            .filter(|table| !self.selected.contains(table))
            .collect();
        self.begin().map_err(Refused::when_delivering)?;
        self.is_looked_through = false;
        for table in unselected {
            self.tidy(table, &Grown::default())
                .map_err(Refused::when_delivering)?;
        }
        Ok(())
    }

    /// See [`Sink::deliver`](taosha_core::Sink::deliver).
    pub(super) fn deliver(&mut self, delivery: &Delivery) -> Result<()> {
        let Some(side) = &self.side else {
            let message = "write tables that are not open, or not ours";
            return Err(Error::defect("sink.not_open", message));
        };
        let is_ours = side.state.as_deref().is_none_or(|s| *s == *delivery.state);
        let is_held = is_ours && side.epoch == delivery.number;
        if !is_held && (!is_ours || side.epoch + 1 != delivery.number) {
            let held = side.state.as_deref().unwrap_or("none");
            let message = format!(
                "write epoch {} of `{}` behind epoch {} of `{held}`",
                delivery.number, delivery.state, side.epoch
            );
            return Err(Error::defect("sink.gap", message));
        }
        self.settle().map_err(Refused::when_delivering)?;
        if is_held {
            return Ok(());
        }
        self.write(delivery).map_err(Refused::when_delivering)?;
        self.settle().map_err(Refused::when_delivering)
    }

    /// Lets go of the folder, when the rows that wait are in the last part of each table, and the
    /// card is up to date.
    pub(super) fn close(&mut self, card: &Card) -> Result<()> {
        self.show().map_err(Refused::when_delivering)?;
        if let Some(side) = &self.side {
            let files = |&table: &Table| match self.parts.is_divided(table) {
                true => format!("{}/**/*.parquet", table.name()),
                false => format!("{}/*.parquet", table.name()),
            };
            let files = self.selected.iter().map(|table| (*table, files(table)));
            let (files, tally) = (files.collect(), side.tally.as_ref());
            let put = card.put(&self.dir, &files, tally, &*self.disk);
            put.map_err(Refused::when_delivering)?;
        }
        self.side = None;
        self.lock = None;
        Ok(())
    }

    /// Lines of `table` at `place`, some at a time, and the next place, if there is more. What waits
    /// is read from the last part when it is there.
    pub(super) fn read(&self, table: Table, place: Place) -> Result<(Vec<String>, Option<Place>)> {
        let grown = self.side.as_ref().and_then(|side| side.tables.get(&table));
        let Some(grown) = grown else {
            return Ok((Vec::new(), None));
        };
        let last = last_part(table, grown);
        let is_shown = grown.shown == grown.rows && grown.rows > 0;
        if place.part < last || place.part == last && is_shown {
            let pieces = self.parts.pieces(table, place.part);
            let list = names::pieces(&self.dir, table, place.part);
            let pieces = pieces.map_err(Refused::new("read", &list));
            let pieces = pieces.map_err(Refused::when_delivering)?;
            let Some(piece) = pieces.get(place.piece) else {
                let next = Place {
                    part: place.part + 1,
                    ..Place::START
                };
                return Ok((Vec::new(), Some(next)));
            };
            let path = names::part(&self.dir, table, &piece.folder, place.part);
            let refused = Refused::new("read", &path);
            let group = reading::group(&path, place.within as usize);
            let group = group.map_err(|error| refused(error).when_delivering())?;
            let next = match &group {
                Some(_) => Place {
                    within: place.within + 1,
                    ..place
                },
                None => Place {
                    piece: place.piece + 1,
                    within: 0,
                    ..place
                },
            };
            return Ok((group.unwrap_or_default(), Some(next)));
        }
        if place.part > last || place.within >= grown.bytes {
            return Ok((Vec::new(), None));
        }
        let path = names::tail(&self.dir, table, grown.tail);
        let refused = Refused::new("read", &path);
        let read = tail::read(&path, place.within, grown.bytes);
        let (lines, within) = read.map_err(|error| refused(error).when_delivering())?;
        Ok((lines, Some(Place { within, ..place })))
    }

    fn lock(&mut self) -> Result<()> {
        if self.lock.is_none() {
            self.lock = Some(lock(&self.dir, &*self.disk)?);
        }
        Ok(())
    }

    fn check_selection(&self, side: &SideFile) -> Result<()> {
        if side.partition != self.partition {
            let dir = self.dir.display();
            let message = format!("write `{dir}`: `partition` has changed since it was filled");
            return Err(damaged(&self.id, message).for_option("partition"));
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

    fn check_tails(&self, side: &SideFile) -> Result<()> {
        for (&table, grown) in &side.tables {
            let path = names::tail(&self.dir, table, grown.tail);
            let len = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            if len < grown.bytes {
                let (path, bytes) = (path.display(), grown.bytes);
                let message = format!("read `{path}`: it has {len} bytes, {bytes} were written");
                return Err(damaged(&self.id, message));
            }
        }
        Ok(())
    }

    /// Parts are there and have our columns; how many rows they have is known of the last one.
    fn check_parts(&self) -> Result<()> {
        let Some(side) = &self.side else {
            return Ok(());
        };
        for (&table, grown) in &side.tables {
            let last = last_part(table, grown);
            for number in (0..last).chain((grown.shown > 0).then_some(last)) {
                let Ok(pieces) = self.parts.pieces(table, number) else {
                    let path = names::pieces(&self.dir, table, number);
                    return Err(self.changed(&path));
                };
                for piece in pieces {
                    let path = names::part(&self.dir, table, &piece.folder, number);
                    let shown = (number == last).then_some(grown.shown);
                    // The last part can be newer than the record of it, never older.
                    let is_known = number < last || grown.shown == grown.rows;
                    let rows = piece.rows.or(shown).filter(|_| is_known);
                    if !reading::is_whole(table, &path, rows) {
                        return Err(self.changed(&path));
                    }
                }
            }
        }
        Ok(())
    }

    fn changed(&self, path: &Path) -> Error {
        let path = path.display();
        let message = format!("read `{path}`: it is gone or somebody has changed it");
        damaged(&self.id, message)
    }

    /// Makes the folder one without rows. The side file comes first: were it to come last, rows that
    /// are gone already would be on record after a kill.
    fn begin(&mut self) -> Result<(), Refused> {
        self.side = None;
        let side = SideFile::empty(&self.selected, &self.partition);
        self.replace_side(&side)?;
        self.hold(side)
    }

    /// Makes the folders, and brings them to what is on record.
    fn hold(&mut self, side: SideFile) -> Result<(), Refused> {
        let folders = side
            .tables
            .keys()
            .map(|&table| names::parts(&self.dir, table));
        for folder in folders.chain([names::tails(&self.dir)]) {
            let made = self.disk.make_folder(&folder);
            made.map_err(Refused::new("make folder", &folder))?;
        }
        self.side = Some(side);
        self.is_settled = false;
        self.is_looked_through = false;
        self.settle()
    }

    /// Everything up to the commit; when it fails, the folder holds what it held.
    fn write(&mut self, delivery: &Delivery) -> Result<(), Refused> {
        let Some(side) = &self.side else {
            return Ok(());
        };
        self.is_settled = false;
        let (dir, disk) = (&self.dir, &*self.disk);
        let mut side = side.clone();
        side.state = Some(delivery.state.to_string());
        side.epoch = delivery.number;
        let mut tally = side.tally.take();
        let mut written = Vec::new();
        for (&table, grown) in &mut side.tables {
            let path = names::tail(dir, table, grown.tail);
            if table == Table::Dead && !delivery.retried.is_empty() && grown.bytes > 0 {
                let kept = tail::without(dir, grown, &delivery.retried, disk);
                let (path, file, codes) = kept.map_err(Refused::new("write", &path))?;
                written.push((path, file));
                if let Some(tally) = &mut tally {
                    tally.keep_dead(codes);
                }
            }
            let lines = delivery.lines.get(&table).map_or(&[][..], Vec::as_slice);
            let appended = tail::append(dir, table, grown, lines, self.part_bytes, disk);
            written.extend(appended.map_err(Refused::new("write", &path))?);
        }
        if let Some(tally) = &mut tally {
            tally.merge(&delivery.tally);
        }
        side.tally = tally;
        // All are written before the first is synced, so that the system can work on several.
        for (path, file) in &written {
            disk.sync(file).map_err(Refused::new("write", path))?;
        }
        // The names that the record will point to are safe first.
        sync_folder(disk, &names::tails(dir))?;
        self.replace_side(&side)?;
        self.side = Some(side);
        Ok(())
    }

    /// Makes the commit safe, makes parts of full tails, and takes away what is not on record.
    fn settle(&mut self) -> Result<(), Refused> {
        let Some(side) = self.side.clone().filter(|_| !self.is_settled) else {
            return Ok(());
        };
        sync_folder(&*self.disk, &self.dir)?;
        for (&table, grown) in &side.tables {
            self.tidy(table, grown)?;
        }
        self.is_settled = true;
        self.is_looked_through = true;
        Ok(())
    }

    /// As [`settle`](Self::settle), for one table.
    fn tidy(&self, table: Table, grown: &Grown) -> Result<(), Refused> {
        let tails = names::tails_there(&self.dir, table);
        for number in tails.map_err(Refused::new("read folder", &names::tails(&self.dir)))? {
            let path = names::tail(&self.dir, table, number);
            if number == grown.tail {
                let cut =
                    (self.disk.open(&path)).and_then(|file| self.disk.set_len(&file, grown.bytes));
                cut.map_err(Refused::new("write", &path))?;
                continue;
            }
            if number < grown.tail && table != Table::Dead {
                let bytes = fs::metadata(&path).map(|metadata| metadata.len());
                let bytes = bytes.map_err(Refused::new("read", &path))?;
                self.parts.make(table, number, &path, bytes)?;
            }
            let removed = self.disk.remove(&path);
            removed.map_err(Refused::new("remove", &path))?;
        }
        let last = last_part(table, grown);
        let has_gone = |number: u64| number > last || number == last && grown.shown == 0;
        if !(self.is_looked_through && self.parts.is_divided(table)) {
            for (number, path) in self.parts.there(table)? {
                if has_gone(number) {
                    self.parts.remove(table, &path)?;
                }
            }
            for number in self.parts.lists_there(table)? {
                if has_gone(number) {
                    self.parts.remove_list(table, number)?;
                }
            }
        }
        let unfinished = names::unfinished(&self.dir, table);
        for path in [unfinished, names::unfinished_pieces(&self.dir)] {
            let removed = self.disk.remove(&path);
            removed.map_err(Refused::new("remove", &path))?;
        }
        Ok(())
    }

    /// Makes the last part of every table one with all rows that wait.
    fn show(&mut self) -> Result<(), Refused> {
        self.settle()?;
        let Some(mut side) = self.side.clone() else {
            return Ok(());
        };
        for (&table, grown) in &mut side.tables {
            if grown.shown == grown.rows {
                continue;
            }
            let (number, path) = (
                last_part(table, grown),
                names::tail(&self.dir, table, grown.tail),
            );
            match grown.rows {
                // Dead letters that have all left; no other rows leave, and these are not divided.
                0 => {
                    let part = names::part(&self.dir, table, "", number);
                    self.parts.remove(table, &part)?;
                }
                _ => self.parts.make(table, number, &path, grown.bytes)?,
            }
            grown.shown = grown.rows;
        }
        if self.side.as_ref() != Some(&side) {
            self.replace_side(&side)?;
            sync_folder(&*self.disk, &self.dir)?;
            self.side = Some(side);
        }
        Ok(())
    }

    fn replace_side(&self, side: &SideFile) -> Result<(), Refused> {
        let replaced = side.replace(&self.dir, &*self.disk);
        replaced.map_err(Refused::new("write", &SideFile::path(&self.dir)))
    }
}

/// The number of the part that the rows which wait will be in. Dead letters have one part, whatever
/// the number of their tail.
fn last_part(table: Table, grown: &Grown) -> u64 {
    match table {
        Table::Dead => 0,
        _ => grown.tail,
    }
}

fn sync_folder(disk: &dyn Disk, folder: &Path) -> Result<(), Refused> {
    let synced = disk.sync_folder(folder);
    synced.map_err(Refused::new("write folder", folder))
}
