use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use taosha_core::{ErrorKind, Row};

use super::*;
use crate::disk::failing::FailingDisk;
use crate::sample::{epochs, expected, held};

/// Small enough for several parts of the sample's rows.
const PART_BYTES: u64 = 2_000;

fn sink(base: &Path, options: &str) -> Result<Parquet> {
    let config: ParquetConfig = toml::from_str(options).unwrap();
    let settings = Settings {
        id: "out".into(),
        base: base.into(),
        run: "test".into(),
        scratch: None,
    };
    Parquet::build(config, &settings)
}

async fn opened(base: &Path) -> (Parquet, Holding) {
    let options = format!("dir = 'out'\npart_bytes = '{PART_BYTES}'");
    let mut sink = sink(base, &options).unwrap();
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

/// Every part below `dir`, by its path; also what has no business there.
fn parts(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut parts = BTreeMap::new();
    for folder in fs::read_dir(dir).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let mut below = vec![folder.path()];
        while let Some(path) = below.pop() {
            if path.is_dir() {
                below.extend(
                    fs::read_dir(path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
                continue;
            }
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            parts.insert(name, fs::read(path).unwrap());
        }
    }
    parts
}

fn rows(folder: &Folder) -> Vec<(Table, String)> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        let mut place = Some(Place::START);
        while let Some(at) = place {
            let (lines, next) = folder.read(table, at).unwrap();
            rows.extend(lines.into_iter().map(|line| (table, line)));
            place = next;
        }
    }
    rows
}

/// Delivers `epochs` through a disk that fails as `failures` say: after so many steps each, and for
/// good, as when the process is killed, or once. Returns how many failures there were.
fn disturbed(
    base: &Path,
    partition: &[ParquetPartition],
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
        let dir = base.join("out");
        let mut folder = Folder::new(
            dir,
            Table::ALL.to_vec(),
            partition.to_vec(),
            "out".into(),
            PART_BYTES,
            disk.clone(),
        );
        let mut last = None;
        loop {
            let done = match last {
                None => folder.open().map(|holding| match holding {
                    Holding::Nothing => 0,
                    Holding::Epochs { last, .. } => last as usize,
                    other => panic!("{other:?} after {n_failures} failures"),
                }),
                Some(last) if last == epochs.len() => match folder.close(&Card::default()) {
                    Ok(()) => return n_failures,
                    Err(error) => Err(error),
                },
                Some(last) => {
                    let delivery = delivery(&epochs[last], &Table::ALL).unwrap();
                    folder.deliver(&delivery).map(|()| last + 1)
                }
            };
            match done {
                Ok(number) => {
                    // A kill may come before or behind the commit.
                    assert!((delivered..=delivered + 1).contains(&number));
                    // Not `assert_eq`, which would print it all.
                    let (mut rows, mut expected) = (rows(&folder), expected(&epochs[..number]));
                    if !partition.is_empty() {
                        rows.sort_unstable();
                        expected.sort_unstable();
                    }
                    assert!(rows == expected);
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

/// `epochs` with reports of several periods and facts about several places.
fn varied(mut epochs: Vec<Epoch>) -> Vec<Epoch> {
    let periods = [Some("2021"), None, Some("2018-01/2018-10")];
    let places = [
        Some("青禾县"),
        Some("云岭县"),
        None,
        Some("青禾县"),
        Some("a=b%"),
    ];
    let (mut n_documents, mut n_facts) = (0, 0);
    for row in epochs.iter_mut().flat_map(|epoch| &mut epoch.rows) {
        match row {
            Row::Document(document) => {
                document.period = periods[n_documents % 3].map(str::to_owned);
                n_documents += 1;
            }
            Row::Fact(fact) => {
                fact.period = periods[n_facts % 3].map(str::to_owned);
                fact.place = places[n_facts % 5].map(str::to_owned);
                n_facts += 1;
            }
            _ => {}
        }
    }
    epochs
}

const BOTH: [ParquetPartition; 2] = [ParquetPartition::Period, ParquetPartition::Place];

#[test]
fn a_failure_at_any_step_leaves_no_trace() {
    failed_everywhere(&[], "documents/part-00001.parquet");
}

#[test]
fn nor_does_it_in_divided_tables() {
    let name = "facts/period=2018-01%2F2018-10/place=青禾县/part-00001.parquet";
    failed_everywhere(&BOTH, name);
}

/// Lets the delivery fail at many steps, for good and once. Undisturbed, it makes the part `name`.
fn failed_everywhere(partition: &[ParquetPartition], name: &str) {
    let epochs = varied(epochs(&[4, 5, 3, 0, 2]));
    let undisturbed = tempfile::tempdir().unwrap();
    let n_failures = disturbed(undisturbed.path(), partition, &epochs, &[]);
    assert_eq!(n_failures, 0);
    let undisturbed = parts(&undisturbed.path().join("out"));
    assert!(undisturbed.contains_key(name), "{:?}", undisturbed.keys());
    for is_kill in [true, false] {
        // All steps take minutes; these meet every kind of step in one table or another.
        let step = if partition.is_empty() { 7 } else { 23 };
        let n_steps = (0..).step_by(step).find(|&left| {
            let folder = tempfile::tempdir().unwrap();
            let n_failures = disturbed(folder.path(), partition, &epochs, &[(left, is_kill)]);
            let parts = parts(&folder.path().join("out"));
            assert!(parts == undisturbed, "{is_kill} at step {left}");
            n_failures == 0
        });
        assert!(n_steps > Some(200), "{n_steps:?} steps");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn where_epochs_end_and_runs_are_killed_shows_in_no_byte(
        cuts in prop::collection::vec(1..6_usize, 1..5),
        failures in prop::collection::vec((0..300_usize, any::<bool>()), 0..6),
        n_columns in 0..=2_usize,
    ) {
        let partition = &BOTH[..n_columns];
        // No letters are tried again: those that are tell of epochs by right.
        let one = |sizes: &[usize]| {
            let mut rows = varied(epochs(&[12])).remove(0).rows.into_iter();
            let n_rows = rows.len();
            let total: usize = sizes.iter().sum();
            let mut epochs = Vec::new();
            for (&size, number) in sizes.iter().zip(1..) {
                let rows = rows.by_ref().take(n_rows * size / total + 1).collect();
                epochs.push(Epoch { state: "state-a".into(), number, retried: Vec::new(), rows });
            }
            epochs.last_mut().unwrap().rows.extend(rows);
            epochs
        };
        let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        disturbed(whole.path(), partition, &one(&[1]), &[]);
        disturbed(cut.path(), partition, &one(&cuts), &failures);
        prop_assert!(parts(&whole.path().join("out")) == parts(&cut.path().join("out")));
    }
}

#[tokio::test]
async fn rows_are_read_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut epochs = epochs(&[7, 4]);
    let numbers = [-0.0, f64::MIN_POSITIVE / 4.0, f64::MAX, 0.1 + 0.2];
    let facts = epochs[1].rows.iter_mut().filter_map(|row| match row {
        Row::Fact(fact) => Some(fact),
        _ => None,
    });
    for (fact, number) in facts.zip(numbers) {
        fact.value = Some(number);
    }
    filled(folder.path(), &epochs).await;
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, holds(2));
    assert!(held(&mut sink).await == expected(&epochs));
    // What is read is what stands in the parts, the last ones included.
    for table in Table::ALL {
        let name = format!("out/.taosha/{}-00000.jsonl", table.name());
        let _ = fs::write(folder.path().join(name), "");
    }
    assert!(held(&mut sink).await == expected(&epochs));
}

#[tokio::test]
async fn lists_come_back_with_what_is_missing_in_them() {
    use taosha_core::RepairRow;
    let folder = tempfile::tempdir().unwrap();
    let mut epoch = epochs(&[6]).remove(0);
    let repair = |before: Option<&str>| RepairRow {
        kind: "mask".to_owned(),
        start: 1,
        end: 2,
        raw_start: 3,
        raw_end: 4,
        before: before.map(str::to_owned),
    };
    let lists = [
        vec![repair(Some("县")), repair(None), repair(Some(""))],
        Vec::new(),
        vec![repair(None)],
    ];
    let documents = epoch.rows.iter_mut().filter_map(|row| match row {
        Row::Document(document) => Some(document),
        _ => None,
    });
    for (document, repairs) in documents.zip(lists) {
        document.repairs = repairs;
    }
    for row in &mut epoch.rows {
        if let Row::Chunk(chunk) = row {
            chunk.path = vec!["一、".to_owned(), String::new()];
        }
    }
    filled(folder.path(), std::slice::from_ref(&epoch)).await;
    let (mut sink, _) = opened(folder.path()).await;
    assert!(held(&mut sink).await == expected(&[epoch]));
}

#[tokio::test]
async fn the_next_run_goes_on_in_the_last_part() {
    let epochs = epochs(&[5, 4, 6]);
    let (at_once, in_three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(at_once.path(), &epochs).await;
    for epoch in &epochs {
        filled(in_three.path(), std::slice::from_ref(epoch)).await;
    }
    assert!(parts(&at_once.path().join("out")) == parts(&in_three.path().join("out")));
}

/// A folder with these epochs in tables divided by `partition`, let go of.
async fn divided(base: &Path, partition: &str, epochs: &[Epoch]) {
    let options = format!("dir = 'out'\npart_bytes = '{PART_BYTES}'\npartition = {partition}");
    for epoch in epochs {
        let mut sink = sink(base, &options).unwrap();
        sink.open().await.unwrap();
        sink.deliver(epoch).await.unwrap();
        sink.close().await.unwrap();
    }
}

#[tokio::test]
async fn every_row_stands_in_the_folder_of_its_values_and_only_tables_with_them_are_divided() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = varied(epochs(&[6, 5]));
    divided(folder.path(), "['place', 'period']", &epochs).await;
    let out = folder.path().join("out");
    let (mut n_facts, mut n_folders) = (0, 0);
    for name in parts(&out).keys().filter(|name| *name != "README.md") {
        let (table, below) = name.split_once('/').unwrap();
        let below = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let expected_depth = match table {
            "facts" => 2,
            "documents" => 1,
            _ => 0,
        };
        let depth = below.split('/').filter(|name| !name.is_empty()).count();
        assert_eq!(depth, expected_depth, "{name}");
        if table != "facts" {
            continue;
        }
        n_folders += 1;
        for line in reading::group(&out.join(name), 0).unwrap().unwrap() {
            let row: serde_json::Value = serde_json::from_str(&line).unwrap();
            let hive = |key: &str| match row[key].as_str() {
                Some(value) => value
                    .replace('%', "%25")
                    .replace('=', "%3D")
                    .replace('/', "%2F"),
                None => "__HIVE_DEFAULT_PARTITION__".to_owned(),
            };
            assert_eq!(
                below,
                format!("place={}/period={}", hive("place"), hive("period"))
            );
            n_facts += 1;
        }
    }
    let expected = expected(&epochs);
    assert_eq!(
        n_facts,
        expected
            .iter()
            .filter(|(table, _)| *table == Table::Facts)
            .count()
    );
    assert!(n_folders > 12, "{n_folders}");
}

#[tokio::test]
async fn a_file_that_is_gone_from_a_divided_table_names_the_cure_which_works() {
    let epochs = varied(epochs(&[9]));
    for damage in ["gone", "cut", "list"] {
        let folder = tempfile::tempdir().unwrap();
        divided(folder.path(), "['period', 'place']", &epochs).await;
        let out = folder.path().join("out");
        let part = out.join("facts/period=2021/place=青禾县/part-00000.parquet");
        match damage {
            "gone" => fs::remove_file(part).unwrap(),
            "cut" => fs::write(&part, &fs::read(&part).unwrap()[..300]).unwrap(),
            _ => fs::remove_file(out.join(".taosha/facts-00000.parts.json")).unwrap(),
        }
        // With another division than before, too.
        for partition in ["['period', 'place']", "['place']", "[]"] {
            let options = format!("dir = 'out'\npartition = {partition}");
            let mut sink = sink(folder.path(), &options).unwrap();
            let error = sink.open().await.unwrap_err();
            assert_eq!(error.code(), "sink.damaged", "{damage}: {error}");
        }
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        sink.clear().await.unwrap();
        assert!(parts(&out).into_keys().eq(["README.md"]));
        assert!(!out.join("facts/period=2021").exists());
        sink.deliver(&epochs[0]).await.unwrap();
        assert!(held(&mut sink).await == expected(&epochs));
    }
}

#[tokio::test]
async fn divided_parts_of_unknown_origin_are_left_alone_until_they_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder
        .path()
        .join("out/facts/period=2021/place=a/part-00003.parquet");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    fs::write(&part, "mine").unwrap();
    let mut sink = sink(folder.path(), "dir = 'out'\npartition = ['period']").unwrap();
    assert_eq!(sink.open().await.unwrap(), Holding::Foreign);
    assert!(part.exists());
    sink.clear().await.unwrap();
    assert!(!part.exists());
}

#[test]
fn a_column_that_is_named_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = "dir = 'out'\npartition = ['period', 'period']";
    let error = sink(folder.path(), options).err().unwrap();
    assert_eq!(error.option(), Some("partition"));
}

#[tokio::test]
async fn a_part_says_what_it_was_made_by() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), &epochs(&[2])).await;
    let part = folder.path().join("out/facts/part-00000.parquet");
    let reader = SerializedFileReader::new(fs::File::open(part).unwrap()).unwrap();
    let file = reader.metadata().file_metadata();
    let told = file.key_value_metadata().unwrap();
    let version = told.iter().find(|told| told.key == "taosha.version");
    let version = version.unwrap().value.as_deref();
    assert_eq!(version, Some(env!("CARGO_PKG_VERSION")));
    let created_by = file.created_by().unwrap();
    assert!(created_by.starts_with("taosha version "), "{created_by}");
}

#[tokio::test]
async fn parts_of_unknown_origin_are_left_alone_until_they_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("out/facts");
    fs::create_dir_all(&facts).unwrap();
    fs::write(facts.join("part-00007.parquet"), "mine").unwrap();
    fs::write(facts.join("notes.txt"), "mine").unwrap();
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, Holding::Foreign);
    let epochs = epochs(&[2]);
    let error = sink.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Defect);
    assert!(facts.join("part-00007.parquet").exists());
    sink.clear().await.unwrap();
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
    assert!(!facts.join("part-00007.parquet").exists());
    assert!(facts.join("notes.txt").exists());
}

#[tokio::test]
async fn a_folder_that_was_changed_names_the_cure_which_works() {
    let epochs = epochs(&[9]);
    for damage in ["gone", "cut", "tail", "format"] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), &epochs).await;
        let out = folder.path().join("out");
        let part = out.join("documents/part-00000.parquet");
        match damage {
            "gone" => fs::remove_file(part).unwrap(),
            "cut" => fs::write(&part, &fs::read(&part).unwrap()[..300]).unwrap(),
            "tail" => fs::write(out.join(".taosha/passages-00000.jsonl"), "").unwrap(),
            _ => fs::write(out.join(".taosha.json"), r#"{"format":1,"state":null}"#).unwrap(),
        }
        let mut sink = sink(folder.path(), "dir = 'out'").unwrap();
        let error = sink.open().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "sink.damaged"),
            "{damage}: {error}"
        );
        let cure = "`taosha replay FILE --sink out`";
        assert!(error.to_string().contains(cure), "{error}");
        sink.clear().await.unwrap();
        sink.deliver(&epochs[0]).await.unwrap();
        assert!(held(&mut sink).await == expected(&epochs));
    }
}

#[tokio::test]
async fn other_tables_than_before_need_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), &epochs(&[9])).await;
    let mut sink = sink(folder.path(), "dir = 'out'\ntables = ['facts']").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.option(), Some("tables"));
    assert!(error.to_string().contains("replay"), "{error}");
    sink.clear().await.unwrap();
    let left = parts(&folder.path().join("out"));
    assert!(left.into_keys().eq(["README.md"]));
}

#[tokio::test]
async fn two_sinks_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, _) = opened(folder.path()).await;
    let mut second = sink(folder.path(), "dir = 'out'").unwrap();
    let error = second.open().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.option()),
        (ErrorKind::Config, Some("dir"))
    );
}

#[test]
fn a_part_without_room_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = sink(folder.path(), "dir = 'out'\npart_bytes = '0'")
        .err()
        .unwrap();
    assert_eq!(error.option(), Some("part_bytes"));
}
