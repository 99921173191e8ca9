//! A machine whose power fails: a [`Disk`] in memory that loses what was not synced, and a sink on it.
//!
//! # What a power cut may do
//! - To a file: everything since its last [`DiskFile::sync`] survives in any subset. A write is torn
//!   at the sectors of the file; that it made the file longer is a change of its own, so zeros may
//!   stand where the bytes were lost.
//! - To a folder: what was created, renamed and removed in it since its last [`Disk::sync_folder`]
//!   survives in any subset, in order. A rename happens wholly or not at all. A file or folder
//!   whose name is lost is gone with all it held, synced or not.
//!
//! # What a kill may do
//! Nothing to what was written; the operation at which the process dies is done in part. What was
//! not synced then is still not: a later power cut may take it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use taosha_core::{
    Epoch, Error, Guarantee, Holding, Result, Row, Settings, Sink, SinkType, Table, async_trait,
};
use taosha_engine::disk::{Disk, DiskFile};

/// What disks promise to write wholly or not at all.
const SECTOR: usize = 512;

/// What changes a disk, or makes a change safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    MakeFolder,
    Create,
    Write,
    SetLen,
    Sync,
    Rename,
    Remove,
    SyncFolder,
}

impl Operation {
    pub(crate) const ALL: [Operation; 8] = [
        Operation::MakeFolder,
        Operation::Create,
        Operation::Write,
        Operation::SetLen,
        Operation::Sync,
        Operation::Rename,
        Operation::Remove,
        Operation::SyncFolder,
    ];
}

/// The disk of one life of the machine. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct PowerCut(Arc<Mutex<Machine>>);

#[derive(Clone, Debug, Default)]
struct Machine {
    files: BTreeMap<u64, Content>,
    folders: BTreeMap<PathBuf, Folder>,
    n_operations: u64,
    /// The operation, counted from 0, that is not done any more.
    dies_at: Option<u64>,
    /// What it was.
    died_in: Option<Operation>,
    n_written: u64,
    /// Bytes that still fit, if the disk is small.
    space: Option<u64>,
    /// A part of a path, and how many writes there are to such files before there is no space.
    full_in: Option<(&'static str, u64)>,
}

/// A file, whatever it is called.
#[derive(Clone, Debug, Default)]
struct Content {
    safe: Vec<u8>,
    seen: Vec<u8>,
    /// What leads from `safe` to `seen`.
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
    /// Of a write behind the end.
    Grow(usize),
}

#[derive(Clone, Debug, Default)]
struct Folder {
    safe: BTreeMap<String, Entry>,
    seen: BTreeMap<String, Entry>,
    /// Names and what they mean from then on, those together that change together.
    pending: Vec<Vec<(String, Option<Entry>)>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    File(u64),
    Folder,
}

impl PowerCut {
    /// An empty disk.
    pub(crate) fn new() -> Self {
        let disk = PowerCut::default();
        disk.machine().folders.insert("/".into(), Folder::default());
        disk
    }

    /// The process dies at the operation that many from now; that one and all others fail.
    pub(crate) fn die_after(&self, n_operations: u64) {
        let mut machine = self.machine();
        machine.dies_at = Some(machine.n_operations + n_operations);
    }

    /// The process dies no more.
    pub(crate) fn live_on(&self) {
        self.machine().dies_at = None;
    }

    /// The operation at which the process died, if it did.
    pub(crate) fn died_in(&self) -> Option<Operation> {
        self.machine().died_in
    }

    /// How many operations there were.
    pub(crate) fn n_operations(&self) -> u64 {
        self.machine().n_operations
    }

    /// How many bytes were written.
    pub(crate) fn n_written(&self) -> u64 {
        self.machine().n_written
    }

    /// Only so many bytes more can be written.
    pub(crate) fn fill(&self, space: u64) {
        self.machine().space = Some(space);
    }

    /// The disk is full from the write on that comes after `n_writes` to files with `part` in
    /// their path.
    pub(crate) fn fill_in(&self, part: &'static str, n_writes: u64) {
        self.machine().full_in = Some((part, n_writes));
    }

    /// There is room again.
    pub(crate) fn free(&self) {
        let mut machine = self.machine();
        (machine.space, machine.full_in) = (None, None);
    }

    /// The disk as the next process finds it when the power failed.
    pub(crate) fn after_cut(&self, random: &mut Random) -> PowerCut {
        let machine = self.machine();
        let mut after = Machine::default();
        // Some cuts lose all they can, some hardly anything.
        let lost = [100, 50, random.below(100)][random.below(3) as usize];
        machine.survive("/".into(), &mut after, &mut |()| random.below(100) >= lost);
        PowerCut(Arc::new(Mutex::new(after)))
    }

    /// The disk as the next process finds it when only the process died.
    pub(crate) fn after_kill(&self) -> PowerCut {
        let mut after = self.machine().clone();
        (after.n_operations, after.dies_at, after.died_in) = (0, None, None);
        PowerCut(Arc::new(Mutex::new(after)))
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap()
    }
}

impl Machine {
    /// Copies what survives under `path`.
    fn survive(&self, path: PathBuf, after: &mut Machine, survives: &mut dyn FnMut(()) -> bool) {
        let folder = &self.folders[&path];
        let mut names = folder.safe.clone();
        for change in &folder.pending {
            if survives(()) {
                apply(&mut names, change);
            }
        }
        for (name, entry) in &names {
            match entry {
                Entry::Folder => self.survive(path.join(name), after, survives),
                Entry::File(file) => {
                    let content = self.files[file].surviving(survives);
                    after.files.insert(*file, content);
                }
            }
        }
        let folder = Folder {
            safe: names.clone(),
            seen: names,
            pending: Vec::new(),
        };
        after.folders.insert(path, folder);
    }

    /// Counts an operation; false when the process dies in it.
    fn begins(&mut self, operation: Operation) -> io::Result<bool> {
        self.lives()?;
        let dies = self.dies_at == Some(self.n_operations);
        self.n_operations += 1;
        if dies {
            self.died_in = Some(operation);
        }
        Ok(!dies)
    }

    fn lives(&self) -> io::Result<()> {
        match self.died_in {
            Some(_) => Err(dead()),
            None => Ok(()),
        }
    }

    /// Takes room for `n_bytes`; says for how many there is some.
    fn room(&mut self, n_bytes: usize) -> usize {
        let Some(space) = &mut self.space else {
            return n_bytes;
        };
        let fits = n_bytes.min(*space as usize);
        *space -= fits as u64;
        fits
    }

    fn is_full(&self) -> bool {
        self.space == Some(0)
    }

    fn folder(&mut self, path: &Path) -> io::Result<&mut Folder> {
        let folder = self.folders.get_mut(path);
        folder.ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn find(&mut self, path: &Path) -> io::Result<Option<u64>> {
        let (above, name) = split(path);
        match self.folder(&above)?.seen.get(&name) {
            None => Ok(None),
            Some(Entry::File(file)) => Ok(Some(*file)),
            Some(Entry::Folder) => Err(ErrorKind::IsADirectory.into()),
        }
    }

    fn change(&mut self, above: &Path, names: Vec<(String, Option<Entry>)>) -> io::Result<()> {
        let folder = self.folder(above)?;
        apply(&mut folder.seen, &names);
        folder.pending.push(names);
        Ok(())
    }
}

fn apply(names: &mut BTreeMap<String, Entry>, change: &[(String, Option<Entry>)]) {
    for (name, entry) in change {
        match entry {
            Some(entry) => names.insert(name.clone(), *entry),
            None => names.remove(name),
        };
    }
}

fn split(path: &Path) -> (PathBuf, String) {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    (path.parent().unwrap().to_owned(), name)
}

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.safe);
        }
    }

    fn surviving(&self, survives: &mut dyn FnMut(()) -> bool) -> Content {
        let mut safe = self.safe.clone();
        for change in &self.pending {
            let Change::Write(at, bytes) = change else {
                if survives(()) {
                    change.apply(&mut safe);
                }
                continue;
            };
            let (mut at, mut bytes) = (*at, &bytes[..]);
            while !bytes.is_empty() {
                let (sector, rest) = bytes.split_at(bytes.len().min(SECTOR - at % SECTOR));
                if survives(()) {
                    Change::Write(at, sector.to_vec()).apply(&mut safe);
                }
                (at, bytes) = (at + sector.len(), rest);
            }
        }
        Content {
            seen: safe.clone(),
            safe,
            pending: Vec::new(),
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Write(at, written) => {
                let end = at + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*at..end].copy_from_slice(written);
            }
            Change::SetLen(len) => bytes.resize(*len, 0),
            Change::Grow(len) => bytes.resize(bytes.len().max(*len), 0),
        }
    }
}

impl Disk for PowerCut {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.lives()?;
        let mut path = PathBuf::from("/");
        for part in folder.components() {
            let Component::Normal(name) = part else {
                continue;
            };
            let above = path.clone();
            path.push(name);
            let name = name.to_str().unwrap().to_owned();
            if machine.folder(&above)?.seen.contains_key(&name) {
                continue;
            }
            let lives = machine.begins(Operation::MakeFolder)?;
            machine.folders.insert(path.clone(), Folder::default());
            machine.change(&above, vec![(name, Some(Entry::Folder))])?;
            if !lives {
                return Err(dead());
            }
        }
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut machine = self.machine();
        machine.lives()?;
        let entries = machine.folder(folder)?.seen.iter();
        let files = entries.filter(|(_, entry)| matches!(entry, Entry::File(_)));
        Ok(files.map(|(name, _)| name.clone()).collect())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut machine = self.machine();
        machine.lives()?;
        if let Some(file) = machine.find(path)? {
            return Ok(Box::new(Handle(self.clone(), file, path.to_owned())));
        }
        if machine.is_full() {
            return Err(ErrorKind::StorageFull.into());
        }
        let lives = machine.begins(Operation::Create)?;
        let file = machine.files.keys().next_back().map_or(0, |last| last + 1);
        machine.files.insert(file, Content::default());
        let (above, name) = split(path);
        machine.change(&above, vec![(name, Some(Entry::File(file)))])?;
        match lives {
            true => Ok(Box::new(Handle(self.clone(), file, path.to_owned()))),
            false => Err(dead()),
        }
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut machine = self.machine();
        machine.lives()?;
        match machine.find(path)? {
            Some(file) => Ok(Box::new(Handle(self.clone(), file, path.to_owned()))),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    /// Within one folder, as all renames here are.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.lives()?;
        let file = machine.find(from)?.ok_or(ErrorKind::NotFound)?;
        let lives = machine.begins(Operation::Rename)?;
        let ((above, from), (other, to)) = (split(from), split(to));
        assert_eq!(above, other);
        machine.change(&above, vec![(from, None), (to, Some(Entry::File(file)))])?;
        lives.then_some(()).ok_or_else(dead)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        machine.lives()?;
        machine.find(path)?.ok_or(ErrorKind::NotFound)?;
        let lives = machine.begins(Operation::Remove)?;
        let (above, name) = split(path);
        machine.change(&above, vec![(name, None)])?;
        lives.then_some(()).ok_or_else(dead)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        if !machine.begins(Operation::SyncFolder)? {
            return Err(dead());
        }
        let folder = machine.folder(folder)?;
        folder.safe = folder.seen.clone();
        folder.pending.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct Handle(PowerCut, u64, PathBuf);

impl Handle {
    /// Does `work` on the file when the process lives.
    fn with<T>(&self, work: impl FnOnce(&Content) -> io::Result<T>) -> io::Result<T> {
        let machine = self.0.machine();
        machine.lives()?;
        work(&machine.files[&self.1])
    }
}

impl DiskFile for Handle {
    fn len(&self) -> io::Result<u64> {
        self.with(|content| Ok(content.seen.len() as u64))
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.with(|content| {
            let at = at as usize;
            let found = content.seen.get(at..at + bytes.len());
            bytes.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut machine = self.0.machine();
        let lives = machine.begins(Operation::Write)?;
        if let Some((part, left)) = &mut machine.full_in
            && self.2.to_string_lossy().contains(*part)
        {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => machine.space = Some(0),
            }
        }
        // Where a dying process stops is as good as random.
        let done = match lives {
            true => bytes.len(),
            false => bytes.len() * (machine.n_operations % 4) as usize / 3,
        };
        let fits = machine.room(done.min(bytes.len()));
        machine.n_written += fits as u64;
        let content = machine.files.get_mut(&self.1).unwrap();
        let end = at as usize + fits;
        if end > content.seen.len() {
            content.change(Change::Grow(end));
        }
        content.change(Change::Write(at as usize, bytes[..fits].to_vec()));
        match lives {
            false => Err(dead()),
            true if fits < bytes.len() => Err(ErrorKind::StorageFull.into()),
            true => Ok(()),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut machine = self.0.machine();
        let lives = machine.begins(Operation::SetLen)?;
        let is_full = machine.is_full();
        let content = machine.files.get_mut(&self.1).unwrap();
        if is_full && len as usize > content.seen.len() {
            return Err(ErrorKind::StorageFull.into());
        }
        content.change(Change::SetLen(len as usize));
        lives.then_some(()).ok_or_else(dead)
    }

    fn sync(&self) -> io::Result<()> {
        let mut machine = self.0.machine();
        if !machine.begins(Operation::Sync)? {
            return Err(dead());
        }
        machine.files.get_mut(&self.1).unwrap().sync();
        Ok(())
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Keeps its tables in one file of a [`PowerCut`], which it puts in place whole for every epoch: so
/// a power cut takes nothing from it that it holds, and a state that lost an epoch is found out.
pub(crate) struct Safe {
    name: String,
    held: Held,
}

#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Held {
    state: String,
    last: u64,
    /// Tables and rows as JSON, in order.
    pub(crate) rows: Vec<(Table, String)>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SafeConfig {
    name: String,
}

/// The disks, by the first part of the names of the sinks on them.
static DISKS: LazyLock<Mutex<BTreeMap<String, PowerCut>>> = LazyLock::new(Mutex::default);

impl Safe {
    /// Sinks called `machine/…` are on `disk` from now on.
    pub(crate) fn plug_in(machine: &str, disk: &PowerCut) {
        DISKS.lock().unwrap().insert(machine.into(), disk.clone());
    }

    /// What the sink called `name` holds.
    pub(crate) fn held(name: &str) -> Held {
        let (disk, path) = place_of(name);
        read(&disk, &path).unwrap().unwrap_or_default()
    }

    fn put(&self) -> io::Result<()> {
        let (disk, path) = place_of(&self.name);
        let aside = path.with_extension("aside");
        let file = disk.open(&aside)?;
        file.set_len(0)?;
        file.write_at(0, &serde_json::to_vec(&self.held)?)?;
        file.sync()?;
        disk.rename(&aside, &path)?;
        disk.sync_folder(path.parent().unwrap())
    }
}

fn place_of(name: &str) -> (PowerCut, PathBuf) {
    let (machine, file) = name.split_once('/').unwrap();
    let disk = DISKS.lock().unwrap()[machine].clone();
    (disk, Path::new("/").join(file))
}

fn read(disk: &PowerCut, path: &Path) -> io::Result<Option<Held>> {
    let file = match disk.read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut json = vec![0; file.len()? as usize];
    file.read_at(0, &mut json)?;
    Ok(Some(serde_json::from_slice(&json)?))
}

/// Not "unavailable", which the engine would try again for half a minute.
fn failed(error: io::Error) -> Error {
    Error::config("safe.disk", "use the disk of the sink").because(error)
}

impl SinkType for Safe {
    const NAME: &'static str = "safe";
    const ABOUT: &'static str = "rows on a disk without power";
    const GUARANTEE: Guarantee = Guarantee::ExactlyOnce;
    type Config = SafeConfig;

    fn build(options: SafeConfig, _: &Settings) -> Result<Self> {
        Ok(Safe {
            name: options.name,
            held: Held::default(),
        })
    }
}

#[async_trait]
impl Sink for Safe {
    async fn open(&mut self) -> Result<Holding> {
        let (disk, path) = place_of(&self.name);
        let Some(held) = read(&disk, &path).map_err(failed)? else {
            return Ok(Holding::Nothing);
        };
        self.held = held;
        let (state, last) = (self.held.state.clone(), self.held.last);
        Ok(Holding::Epochs { state, last })
    }

    async fn clear(&mut self) -> Result<()> {
        self.held = Held::default();
        self.put().map_err(failed)
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        assert_eq!(epoch.number, self.held.last + 1, "epochs have no gaps");
        let retried: BTreeSet<_> = epoch.retried.iter().map(ToString::to_string).collect();
        self.held.rows.retain(|(table, json)| {
            *table != Table::Dead || {
                let row = Row::from_json(*table, json).unwrap();
                !retried.contains(&row.record_id().to_string())
            }
        });
        for row in &epoch.rows {
            self.held.rows.push((row.table(), row.to_json().unwrap()));
        }
        (self.held.state, self.held.last) = (epoch.state.to_string(), epoch.number);
        self.put().map_err(failed)
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}
