use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use taosha_core::ErrorKind;

use super::*;
use crate::disk::failing::FailingDisk;
use crate::sample::{epochs, expected, held};

const COMPRESS: [JsonlCompress; 3] = [
    JsonlCompress::None,
    JsonlCompress::Gzip,
    JsonlCompress::Zstd,
];

fn sink(base: &Path, options: &str) -> Result<Jsonl> {
    let config: JsonlConfig = toml::from_str(options).unwrap();
    let settings = Settings {
        id: "out".into(),
        base: base.into(),
        run: "test".into(),
        scratch: None,
    };
    Jsonl::build(config, &settings)
}

async fn opened(base: &Path) -> (Jsonl, Holding) {
    let mut sink = sink(base, "dir = 'out'").unwrap();
    let holding = sink.open().await.unwrap();
    (sink, holding)
}

/// A folder with these epochs, let go of.
async fn filled(base: &Path, epochs: &[Epoch]) {
    let (mut sink, _) = opened(base).await;
    for epoch in epochs {
        sink.deliver(epoch).await.unwrap();
    }
    sink.close().await.unwrap();
}

fn holds(last: u64) -> Holding {
    match last {
        0 => Holding::Nothing,
        last => Holding::Epochs {
            state: "state-a".to_owned(),
            last,
        },
    }
}

/// Every file below `folder` but the lock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name != ".taosha.lock" {
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// What `tables` hold, by table.
fn rows(tables: &Tables) -> Vec<(Table, String)> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        let mut at = 0;
        loop {
            let (lines, next) = tables.read(table, at).unwrap();
            rows.extend(lines.into_iter().map(|line| (table, line)));
            if next == at {
                break;
            }
            at = next;
        }
    }
    rows
}

fn tables(base: &Path, compress: JsonlCompress, disk: Arc<FailingDisk>) -> Tables {
    let dir = base.join("out");
    Tables::new(dir, Table::ALL.to_vec(), compress, "out".into(), disk)
}

/// Delivers `epochs` through a disk that fails as `failures` say: after so many steps each, and for
/// good, as when the process is killed, or once. Returns how many failures there were.
fn disturbed(
    base: &Path,
    compress: JsonlCompress,
    epochs: &[Epoch],
    failures: &[(usize, bool)],
) -> usize {
    let (mut n_failures, mut failures) = (0, failures.iter());
    let mut delivered = 0;
    loop {
        let disk = Arc::new(FailingDisk::default());
        let mut fail_next = || {
            let (left, for_good) = *failures.next().unwrap_or(&(usize::MAX, false));
            disk.fail_after(left, for_good);
            for_good
        };
        let mut is_killed_next = fail_next();
        let mut tables = self::tables(base, compress, disk.clone());
        let mut last = None;
        loop {
            let done = match last {
                None => tables.open().map(|holding| match holding {
                    Holding::Nothing => 0,
                    Holding::Epochs { last, .. } => last as usize,
                    other => panic!("{other:?} after {n_failures} failures"),
                }),
                Some(last) if last == epochs.len() => return n_failures,
                Some(last) => {
                    let delivery = delivery(&epochs[last], &Table::ALL).unwrap();
                    tables.deliver(&delivery).map(|()| last + 1)
                }
            };
            match done {
                Ok(number) => {
                    // A kill may come before or behind the commit.
                    assert!((delivered..=delivered + 1).contains(&number));
                    // Not `assert_eq`, which would print it all.
                    assert!(rows(&tables) == expected(&epochs[..number]));
                    delivered = number;
                    last = Some(number);
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
                    n_failures += 1;
                    if is_killed_next {
                        break;
                    }
                    is_killed_next = fail_next();
                }
            }
        }
    }
}

/// Lets the delivery fail at every step, for good and once.
fn failed_everywhere(compress: JsonlCompress) {
    let epochs = epochs(&[4, 5, 3, 0, 2]);
    let undisturbed = tempfile::tempdir().unwrap();
    let n_failures = disturbed(undisturbed.path(), compress, &epochs, &[]);
    assert_eq!(n_failures, 0);
    let undisturbed = files(&undisturbed.path().join("out"));
    for is_kill in [true, false] {
        let n_steps = (0..).find(|&left| {
            let folder = tempfile::tempdir().unwrap();
            let n_failures = disturbed(folder.path(), compress, &epochs, &[(left, is_kill)]);
            let files = files(&folder.path().join("out"));
            assert!(files == undisturbed, "{is_kill} at step {left}");
            n_failures == 0
        });
        assert!(n_steps > Some(100), "{n_steps:?} steps");
    }
}

#[test]
fn a_failure_at_any_step_leaves_no_trace() {
    failed_everywhere(JsonlCompress::None);
}

#[test]
fn nor_does_it_in_gzip() {
    failed_everywhere(JsonlCompress::Gzip);
}

#[test]
fn nor_does_it_in_zstd() {
    failed_everywhere(JsonlCompress::Zstd);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn failures_one_after_the_other_leave_no_trace(
        sizes in prop::collection::vec(0..6_usize, 1..5),
        failures in prop::collection::vec((0..40_usize, any::<bool>()), 0..12),
        compress in prop::sample::select(&COMPRESS[..]),
    ) {
        let epochs = epochs(&sizes);
        let (undisturbed, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        disturbed(undisturbed.path(), compress, &epochs, &[]);
        disturbed(folder.path(), compress, &epochs, &failures);
        let (folder, undisturbed) = (folder.path().join("out"), undisturbed.path().join("out"));
        prop_assert!(files(&folder) == files(&undisturbed));
    }
}

#[test]
fn a_clear_that_is_killed_at_any_step_can_be_repeated() {
    let epochs = epochs(&[4, 3]);
    let end = (0..).find(|&left| {
        let folder = tempfile::tempdir().unwrap();
        let compress = COMPRESS[left % 3];
        disturbed(folder.path(), compress, &epochs, &[]);
        let disk = Arc::new(FailingDisk::default());
        let mut tables = self::tables(folder.path(), compress, disk.clone());
        tables.open().unwrap();
        disk.fail_after(left, true);
        let is_killed = tables.clear().is_err();
        drop(tables);
        let mut tables = self::tables(folder.path(), compress, Arc::default());
        let last = match tables.open().unwrap() {
            Holding::Nothing => 0,
            holding => {
                assert_eq!(holding, holds(2));
                2
            }
        };
        assert!(rows(&tables) == expected(&epochs[..last]), "step {left}");
        tables.clear().unwrap();
        assert_eq!(rows(&tables), []);
        tables
            .deliver(&delivery(&epochs[0], &Table::ALL).unwrap())
            .unwrap();
        assert!(rows(&tables) == expected(&epochs[..1]));
        !is_killed
    });
    assert!(end > Some(10), "{end:?}");
}

#[test]
fn the_record_changes_when_the_rows_are_safe_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(FailingDisk::default());
    let dir = folder.path().join("out");
    let (selected, none) = (vec![Table::Dead], JsonlCompress::None);
    let mut tables = Tables::new(dir, selected, none, "out".into(), disk.clone());
    tables.open().unwrap();
    let epochs = epochs(&[3, 0]);
    disk.taken();
    tables
        .deliver(&delivery(&epochs[0], &[Table::Dead]).unwrap())
        .unwrap();
    let replace = [
        "open .taosha.json.next",
        "cut",
        "write",
        "sync",
        "rename to .taosha.json",
        "sync folder out",
    ];
    assert_eq!(disk.taken(), [&["write", "sync"][..], &replace].concat());
    tables
        .deliver(&delivery(&epochs[1], &[Table::Dead]).unwrap())
        .unwrap();
    let rewrite = [
        "open .dead.jsonl.next",
        "cut",
        "write",
        "sync",
        "sync folder out",
    ];
    let rename = ["rename to dead.jsonl", "sync folder out"];
    let steps = [
        &rewrite[..],
        &replace,
        &rename,
        &replace,
        &["open dead.jsonl"],
    ]
    .concat();
    assert_eq!(disk.taken(), steps);
}

#[tokio::test]
async fn all_tables_are_there_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, Holding::Nothing);
    for table in Table::ALL {
        let path = folder.path().join(format!("out/{}.jsonl", table.name()));
        assert_eq!(fs::read(path).unwrap(), b"");
    }
    assert_eq!(held(&mut sink).await, []);
}

#[tokio::test]
async fn rows_are_read_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[7, 4]);
    filled(folder.path(), &epochs).await;
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, holds(2));
    assert!(held(&mut sink).await == expected(&epochs));
}

#[tokio::test]
async fn the_bytes_do_not_depend_on_where_epochs_end() {
    let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut parts = epochs(&[5, 0]);
    let mut whole = parts.clone();
    let rows = whole[0].rows.split_off(9);
    parts.truncate(1);
    parts[0].retried.clear();
    whole[1].rows = rows;
    whole[1].retried.clear();
    filled(one.path(), &parts).await;
    filled(many.path(), &whole).await;
    let tables = |base: &Path| {
        let mut files = files(&base.join("out"));
        files.remove(".taosha.json");
        files
    };
    assert_eq!(tables(one.path()), tables(many.path()));
}

/// `packed` as somebody else unpacks it.
fn unpacked_by(program: &str, packed: &Path) -> Option<String> {
    let mut command = std::process::Command::new(program);
    let output = match command.arg("-dc").arg(packed).output() {
        Ok(output) => output,
        Err(_) => return None,
    };
    assert!(output.status.success(), "{program} of {packed:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn other_programs_read_packed_tables_also_when_they_are_empty() {
    let plain = tempfile::tempdir().unwrap();
    // The last one tries letters again, so `dead` is rewritten.
    let epochs = epochs(&[5, 0, 4, 2]);
    filled(plain.path(), &epochs).await;
    for (compress, ending, program) in [("gzip", "gz", "gzip"), ("zstd", "zst", "zstd")] {
        for n_epochs in [0, epochs.len()] {
            let folder = tempfile::tempdir().unwrap();
            let options = format!("dir = 'out'\ncompress = '{compress}'");
            for part in epochs[..n_epochs].chunks(2).chain([&[][..]]) {
                let mut sink = sink(folder.path(), &options).unwrap();
                sink.open().await.unwrap();
                for epoch in part {
                    sink.deliver(epoch).await.unwrap();
                }
                sink.close().await.unwrap();
            }
            for table in Table::ALL {
                let name = format!("out/{}.jsonl", table.name());
                let packed = folder.path().join(format!("{name}.{ending}"));
                let Some(unpacked) = unpacked_by(program, &packed) else {
                    println!("SKIPPED: there is no `{program}`");
                    continue;
                };
                let expected = match n_epochs {
                    0 => String::new(),
                    _ => fs::read_to_string(plain.path().join(name)).unwrap(),
                };
                assert!(unpacked == expected, "{compress} of {table:?}");
            }
            let mut sink = sink(folder.path(), &options).unwrap();
            sink.open().await.unwrap();
            assert!(held(&mut sink).await == expected(&epochs[..n_epochs]));
        }
    }
}

#[tokio::test]
async fn another_packing_than_before_needs_a_replay_which_leaves_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[2]);
    filled(folder.path(), &epochs).await;
    let mut sink = sink(folder.path(), "dir = 'out'\ncompress = 'zstd'").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.option(), Some("compress"));
    assert!(error.to_string().contains("replay"), "{error}");
    sink.clear().await.unwrap();
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
    let mut names = files(&folder.path().join("out")).into_keys();
    let is_known = |name: &str| [".taosha.json", "README.md"].contains(&name);
    assert!(names.all(|name| is_known(&name) || name.ends_with(".jsonl.zst")));
}

#[tokio::test]
async fn what_stands_behind_the_record_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[4]);
    filled(folder.path(), &epochs).await;
    let before = files(&folder.path().join("out"));
    for name in ["facts.jsonl", ".taosha.json.next", ".dead.jsonl.next"] {
        let path = folder.path().join("out").join(name);
        let mut bytes = fs::read(&path).unwrap_or_default();
        bytes.extend_from_slice(b"{\"half a row");
        fs::write(&path, bytes).unwrap();
    }
    opened(folder.path()).await;
    assert_eq!(files(&folder.path().join("out")), before);
}

#[tokio::test]
async fn a_table_that_lost_rows_names_the_cure_which_works() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[4]);
    filled(folder.path(), &epochs).await;
    let before = files(&folder.path().join("out"));
    let path = folder.path().join("out/facts.jsonl");
    let damages: [fn(&Path); 2] = [
        |path| fs::write(path, "{}\n").unwrap(),
        |path| fs::remove_file(path).unwrap(),
    ];
    for damage in damages {
        damage(&path);
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        let error = sink.open().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "sink.damaged")
        );
        let message = error.to_string();
        assert!(message.contains("facts.jsonl"), "{message}");
        assert!(
            message.contains("`taosha replay FILE --sink out`"),
            "{message}"
        );
        sink.clear().await.unwrap();
        sink.deliver(&epochs[0]).await.unwrap();
        assert_eq!(files(&folder.path().join("out")), before);
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_names_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), &epochs(&[1])).await;
    let path = folder.path().join("out/.taosha.json");
    let later = fs::read_to_string(&path)
        .unwrap()
        .replace("\"format\":1", "\"format\":2");
    for json in ["", "{}", &later] {
        fs::write(&path, json).unwrap();
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        let error = sink.open().await.unwrap_err();
        assert!(error.to_string().contains("replay"), "{error}");
    }
}

#[tokio::test]
async fn tables_of_unknown_origin_are_left_alone_until_they_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("facts.jsonl"), "{}\n").unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let before = files(&dir);
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, Holding::Foreign);
    let epochs = epochs(&[2]);
    let error = sink.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Defect);
    assert_eq!(files(&dir), before);
    sink.clear().await.unwrap();
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
    assert_eq!(fs::read(dir.join("notes.txt")).unwrap(), b"mine");
}

#[tokio::test]
async fn other_tables_than_before_need_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), &epochs(&[2])).await;
    let mut sink = sink(folder.path(), "dir = 'out'\ntables = ['facts']").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.option(), Some("tables"));
    assert!(error.to_string().contains("replay"), "{error}");
    sink.clear().await.unwrap();
    assert_eq!(
        files(&folder.path().join("out"))
            .into_keys()
            .collect::<Vec<_>>(),
        [".taosha.json", "README.md", "facts.jsonl"]
    );
}

#[tokio::test]
async fn an_epoch_that_does_not_follow_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[1, 1, 1]);
    filled(folder.path(), &epochs[..1]).await;
    let before = files(&folder.path().join("out"));
    let (mut sink, _) = opened(folder.path()).await;
    assert_eq!(
        sink.deliver(&epochs[2]).await.unwrap_err().code(),
        "sink.gap"
    );
    let mut other = epochs[1].clone();
    other.state = "state-b".into();
    assert_eq!(sink.deliver(&other).await.unwrap_err().code(), "sink.gap");
    sink.deliver(&epochs[0]).await.unwrap();
    assert_eq!(files(&folder.path().join("out")), before);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_stops_the_run_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out"), "a file").unwrap();
    let mut sink = sink(folder.path(), "dir = 'out/tables'").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("out/tables"), "{error}");
}

#[tokio::test]
async fn two_sinks_cannot_write_to_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _) = opened(folder.path()).await;
    let mut second = sink(folder.path(), "dir = 'out'").unwrap();
    for error in [second.open().await.err(), second.clear().await.err()] {
        let error = error.expect("the first one writes there");
        assert!(error.to_string().contains("another sink"), "{error}");
    }
    first.close().await.unwrap();
    second.open().await.unwrap();
}

#[tokio::test]
async fn a_trial_leaves_the_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config: JsonlConfig = toml::from_str("dir = 'out'").unwrap();
    let settings = Settings {
        id: "out".into(),
        base: folder.path().join("base"),
        run: "test".into(),
        scratch: Some(folder.path().join("scratch")),
    };
    Jsonl::build(config, &settings)
        .unwrap()
        .open()
        .await
        .unwrap();
    assert!(folder.path().join("scratch/out/facts.jsonl").exists());
    assert!(!folder.path().join("base").exists());
}

#[test]
fn an_unknown_table_lists_the_known_ones() {
    let result = sink(Path::new("."), "dir = 'out'\ntables = ['fact']");
    let error = result.err().expect("there is no table `fact`");
    assert!(error.to_string().contains("`facts`"), "{error}");
}
