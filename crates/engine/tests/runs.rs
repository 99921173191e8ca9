//! The state on disk against a map in memory, through seals, merges, crashes and damage.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use proptest::prelude::*;
use taosha_core::{Error, ErrorKind};
use taosha_engine::Store;
use taosha_engine::disk::{Disk, DiskFile, RealDisk};
use taosha_engine::runs::{Runs, Snapshot};

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn open(folder: &Path, manifest: &[u8]) -> Result<Runs, Error> {
    Runs::open(Arc::new(RealDisk), folder, manifest)
}

fn entries(pairs: &[(&str, &str)]) -> Entries {
    let bytes = |text: &str| text.as_bytes().to_vec();
    pairs
        .iter()
        .map(|(key, value)| (bytes(key), bytes(value)))
        .collect()
}

fn pairs(entries: &Entries) -> impl Iterator<Item = (&[u8], &[u8])> {
    entries.iter().map(|(key, value)| (&key[..], &value[..]))
}

fn scanned(snapshot: &Snapshot, prefix: &[u8]) -> Result<Pairs, Error> {
    let mut found = Vec::new();
    snapshot.scan(prefix, &mut |key, value| {
        found.push((key.to_vec(), value.to_vec()))
    })?;
    Ok(found)
}

fn expected(model: &Entries, prefix: &[u8]) -> Pairs {
    let all = model.iter().filter(|(key, _)| key.starts_with(prefix));
    all.map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What may happen to a state.
#[derive(Clone, Debug)]
enum Event {
    Commit(Entries),
    /// A seal that is not committed, and the process lives on.
    Abandon(Entries),
    /// A seal that is not committed, because the process dies.
    Crash(Entries),
    Reopen,
}

/// Few short keys, so that seals replace each other's; some values larger than a block.
fn some_entries() -> impl Strategy<Value = Entries> {
    let key = prop::collection::vec(0..4_u8, 0..5);
    let value = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 3_000..9_000_usize).prop_map(|(byte, n)| vec![byte; n]),
    ];
    prop::collection::btree_map(key, value, 0..40)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => some_entries().prop_map(Event::Commit),
        1 => some_entries().prop_map(Event::Abandon),
        1 => some_entries().prop_map(Event::Crash),
        1 => Just(Event::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn runs_answer_like_a_map_whatever_happens(
        events in prop::collection::vec(event(), 1..40),
        strangers in prop::collection::vec(prop::collection::vec(0..5_u8, 0..6), 20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = open(folder.path(), b"").unwrap();
        let mut manifest = Vec::new();
        let mut model = Entries::new();
        for event in events {
            let (before, model_before) = (runs.snapshot(), model.clone());
            match event {
                Event::Commit(entries) => {
                    manifest = runs.seal(pairs(&entries)).unwrap();
                    runs.committed();
                    model.extend(entries);
                }
                Event::Abandon(entries) => drop(runs.seal(pairs(&entries)).unwrap()),
                Event::Crash(entries) => {
                    runs.seal(pairs(&entries)).unwrap();
                    runs = open(folder.path(), &manifest).unwrap();
                    prop_assert_eq!(files(folder.path()).len(), runs.n_runs());
                }
                Event::Reopen => {
                    runs = open(folder.path(), &manifest).unwrap();
                    prop_assert_eq!(files(folder.path()).len(), runs.n_runs());
                }
            }
            let now = runs.snapshot();
            for (snapshot, model) in [(&before, &model_before), (&now, &model)] {
                prop_assert_eq!(scanned(snapshot, b"").unwrap(), expected(model, b""));
                for key in model.keys().chain(&strangers) {
                    prop_assert_eq!(&snapshot.get(key).unwrap(), &model.get(key).cloned());
                }
                for prefix in strangers.iter().take(4) {
                    prop_assert_eq!(scanned(snapshot, prefix).unwrap(), expected(model, prefix));
                }
            }
            prop_assert!(runs.verify().is_empty());
            prop_assert!(runs.n_runs() < 16);
        }
    }
}

/// The disk of the machine, with room for so many bytes more.
#[derive(Debug)]
struct FullDisk {
    n_free: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct FullFile {
    file: Box<dyn DiskFile>,
    n_free: Arc<AtomicUsize>,
}

impl Disk for FullDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.make_folder(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(folder)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(FullFile {
            file: RealDisk.open(path)?,
            n_free: Arc::clone(&self.n_free),
        }))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.read(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.sync_folder(folder)
    }
}

impl DiskFile for FullFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_at(at, bytes)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let n_free = self.n_free.load(Ordering::Relaxed);
        let n_fitting = bytes.len().min(n_free);
        self.n_free.store(n_free - n_fitting, Ordering::Relaxed);
        self.file.write_at(at, &bytes[..n_fitting])?;
        match n_fitting == bytes.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}

#[test]
fn a_state_whose_making_was_cut_off_is_made_again() {
    for room in [0, 100, 400, 5_000, 20_000] {
        let folder = tempfile::tempdir().unwrap();
        let n_free = Arc::new(AtomicUsize::new(room));
        let cut_off = Store::open(Arc::new(FullDisk { n_free }), folder.path());
        assert!(room > 0 || cut_off.is_err());
        drop(cut_off);
        let made = Store::open(Arc::new(RealDisk), folder.path());
        made.unwrap_or_else(|error| panic!("{error} with room for {room} bytes"));
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was_and_the_next_seal_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let n_free = Arc::new(AtomicUsize::new(usize::MAX));
    let disk = FullDisk {
        n_free: Arc::clone(&n_free),
    };
    let mut runs = Runs::open(Arc::new(disk), folder.path(), b"").unwrap();
    let mut model = Entries::new();
    for seal in 0..10_u8 {
        let fresh: Entries = (0..50).map(|n| (vec![seal, n], vec![n; 200])).collect();
        for room in [0, 5, 3_000, 10_300] {
            n_free.store(room, Ordering::Relaxed);
            let error = runs.seal(pairs(&fresh)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            runs.committed();
            assert_eq!(
                scanned(&runs.snapshot(), b"").unwrap(),
                expected(&model, b"")
            );
            assert_eq!(files(folder.path()).len(), runs.n_runs());
        }
        n_free.store(usize::MAX, Ordering::Relaxed);
        runs.seal(pairs(&fresh)).unwrap();
        runs.committed();
        model.extend(fresh);
    }
    assert_eq!(
        scanned(&runs.snapshot(), b"").unwrap(),
        expected(&model, b"")
    );
}

/// Two runs of several blocks each, one of them with a value larger than a block.
fn two_runs(folder: &Path) -> (Vec<u8>, Entries) {
    let mut runs = open(folder, b"").unwrap();
    let key = |number: u32| format!("{:08x}", number.wrapping_mul(0x9e37_79b1)).into_bytes();
    let older = (0..2_000).map(|n| (key(n), vec![n as u8; 33])).collect();
    let newer: Entries = (1_990..2_010).map(|n| (key(n), vec![7; 500])).collect();
    let mut model: Entries = older;
    runs.seal(pairs(&model)).unwrap();
    runs.committed();
    model.extend(newer.clone());
    let manifest = runs.seal(pairs(&newer)).unwrap();
    runs.committed();
    assert_eq!(runs.n_runs(), 2);
    (manifest, model)
}

/// Opens, looks up and scans everything; true when some answer was an error that names `file`.
fn is_refused(folder: &Path, manifest: &[u8], model: &Entries, file: &str) -> bool {
    let mut n_errors = 0;
    let mut count = |error: Error| {
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Defect, "engine.state")
        );
        assert!(error.to_string().contains(file), "{error}");
        n_errors += 1;
    };
    match open(folder, manifest) {
        Err(error) => count(error),
        Ok(runs) => {
            let snapshot = runs.snapshot();
            for (key, value) in model.iter().step_by(17) {
                match snapshot.get(key) {
                    Ok(found) => assert_eq!(found.as_ref(), Some(value)),
                    Err(error) => count(error),
                }
            }
            match scanned(&snapshot, b"") {
                Ok(found) => assert_eq!(found, expected(model, b"")),
                Err(error) => count(error),
            }
            let wrong = runs.verify();
            assert!(wrong.iter().all(|(name, _)| name == file));
            wrong.into_iter().for_each(|(_, error)| count(error));
        }
    }
    n_errors > 0
}

#[test]
fn a_byte_changed_anywhere_is_an_error_and_never_another_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (manifest, model) = two_runs(folder.path());
    for file in files(folder.path()) {
        let path = folder.path().join(&file);
        let whole = fs::read(&path).unwrap();
        let at_the_edges = (0..24).chain(whole.len() - 400..whole.len());
        for at in at_the_edges.chain((24..whole.len() - 400).step_by(331)) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&path, damaged).unwrap();
            assert!(
                is_refused(folder.path(), &manifest, &model, &file),
                "byte {at} of {file}"
            );
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(open(folder.path(), &manifest).unwrap().verify().is_empty());
}

#[test]
fn a_file_that_is_cut_longer_exchanged_or_gone_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (manifest, model) = two_runs(folder.path());
    let [older, newer] = &files(folder.path())[..] else {
        panic!("not two files");
    };
    let path = folder.path().join(older);
    let whole = fs::read(&path).unwrap();
    let other = fs::read(folder.path().join(newer)).unwrap();
    let longer = [&whole[..], b"x"].concat();
    let zeros = vec![0; whole.len()];
    for damaged in [
        &whole[..0],
        &whole[..7],
        &whole[..whole.len() - 1],
        &longer,
        &zeros,
        &other,
    ] {
        fs::write(&path, damaged).unwrap();
        assert!(is_refused(folder.path(), &manifest, &model, older));
    }
    fs::remove_file(&path).unwrap();
    assert!(is_refused(folder.path(), &manifest, &model, older));
}

#[test]
fn a_merge_does_not_carry_damage_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    let mut failed = None;
    for n in 0..20_u8 {
        match runs.seal(pairs(&entries(&[("a", "1"), ("b", "2")]))) {
            Ok(_) => runs.committed(),
            Err(error) => {
                failed = Some((n, error));
                break;
            }
        }
        if n == 2 {
            let path = folder.path().join("00000002.run");
            let mut bytes = fs::read(&path).unwrap();
            bytes[9] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }
    let (n, error) = failed.unwrap();
    assert!(error.to_string().contains("`00000002.run` at 8"), "{error}");
    assert_eq!(runs.n_runs(), usize::from(n));
    assert_eq!(files(folder.path()).len(), usize::from(n));
}

#[test]
fn nothing_is_seen_of_a_seal_before_it_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    runs.seal(pairs(&entries(&[("a", "1")]))).unwrap();
    assert_eq!(runs.snapshot().get(b"a").unwrap(), None);
    runs.committed();
    assert_eq!(runs.snapshot().get(b"a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn a_manifest_whose_commit_was_in_doubt_can_still_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    let in_doubt = runs.seal(pairs(&entries(&[("a", "1")]))).unwrap();
    runs.seal(pairs(&entries(&[("a", "2")]))).unwrap();
    drop(runs);
    let runs = open(folder.path(), &in_doubt).unwrap();
    assert_eq!(runs.snapshot().get(b"a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn a_seal_without_entries_writes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    let manifest = runs.seal(pairs(&Entries::new())).unwrap();
    runs.committed();
    assert!(files(folder.path()).is_empty());
    assert_eq!(open(folder.path(), &manifest).unwrap().n_runs(), 0);
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    fs::write(folder.path().join("00000099.run"), "an orphan").unwrap();
    open(folder.path(), b"").unwrap();
    assert_eq!(files(folder.path()), ["notes.txt"]);
}

#[test]
fn a_snapshot_outlives_the_merge_of_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    runs.seal(pairs(&entries(&[("a", "0")]))).unwrap();
    runs.committed();
    let first = runs.snapshot();
    for n in 1..30 {
        runs.seal(pairs(&entries(&[("a", &n.to_string())])))
            .unwrap();
        runs.committed();
    }
    assert!(!files(folder.path()).contains(&"00000000.run".to_owned()));
    assert_eq!(first.get(b"a").unwrap(), Some(b"0".to_vec()));
    assert_eq!(runs.snapshot().get(b"a").unwrap(), Some(b"29".to_vec()));
}

#[test]
fn a_value_of_many_megabytes_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    let large: Vec<u8> = (0..9_000_000_u32).map(|n| (n / 7) as u8).collect();
    let mut model = entries(&[("a", "1"), ("c", "3"), ("", "")]);
    model.insert(b"b".to_vec(), large);
    runs.seal(pairs(&model)).unwrap();
    runs.committed();
    assert_eq!(
        scanned(&runs.snapshot(), b"").unwrap(),
        expected(&model, b"")
    );
    for (key, value) in &model {
        assert_eq!(runs.snapshot().get(key).unwrap().as_ref(), Some(value));
    }
}

#[test]
fn hundreds_of_seals_leave_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut runs = open(folder.path(), b"").unwrap();
    let mut model = Entries::new();
    for seal in 0..600_u32 {
        let fresh = (0..20_u32).map(|n| {
            let key = (seal * 20 + n).wrapping_mul(0x9e37_79b1).to_be_bytes();
            (key.to_vec(), vec![n as u8; 60])
        });
        let fresh: Entries = fresh.collect();
        model.extend(fresh.clone());
        runs.seal(pairs(&fresh)).unwrap();
        runs.committed();
        assert!(
            runs.n_runs() <= 14,
            "{} runs after {seal} seals",
            runs.n_runs()
        );
        assert_eq!(files(folder.path()).len(), runs.n_runs());
    }
    assert_eq!(
        scanned(&runs.snapshot(), b"").unwrap(),
        expected(&model, b"")
    );
}
