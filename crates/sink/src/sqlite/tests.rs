use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use rusqlite::Connection;
use taosha_core::{ErrorKind, Row};

use super::*;
use crate::sample::{epochs, expected, held};

fn sink(base: &Path, options: &str) -> Result<Sqlite> {
    let config: SqliteConfig = toml::from_str(options).unwrap();
    let settings = Settings {
        id: "db".into(),
        base: base.into(),
        run: "test".into(),
        scratch: None,
    };
    Sqlite::build(config, &settings)
}

async fn opened(base: &Path) -> (Sqlite, Holding) {
    let mut sink = sink(base, "path = 'reports.db'").unwrap();
    let holding = sink.open().await.unwrap();
    (sink, holding)
}

/// A file with these epochs, let go of; looked at from outside.
async fn filled(base: &Path, epochs: &[Epoch]) -> Connection {
    let (mut sink, _) = opened(base).await;
    for epoch in epochs {
        sink.deliver(epoch).await.unwrap();
    }
    sink.close().await.unwrap();
    Connection::open(base.join("reports.db")).unwrap()
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

/// A sink's file, without the thread of its own.
fn database(base: &Path) -> Database {
    Database::new(base.join("reports.db"), Table::ALL.to_vec(), "db".into())
}

fn rows(database: &mut Database) -> Vec<(Table, String)> {
    let mut rows = Vec::new();
    for table in Table::ALL {
        let (lines, _) = database.read(table, i64::MIN).unwrap();
        rows.extend(lines.into_iter().map(|line| (table, line)));
    }
    rows
}

/// How a disturbed run ended.
struct End {
    rows: Vec<(Table, String)>,
    n_interruptions: usize,
    /// Of these, kills that left a journal to take back what stood in the file.
    n_journals: usize,
}

/// Interrupts the next delivery after `left` of SQLite's own instructions. Before that, `copy` gets
/// the files of `folder` as they are then, which is what a kill would leave.
fn interrupt(database: &mut Database, left: u32, folder: &Path, copy: &Path) {
    let (folder, copy) = (folder.to_owned(), copy.to_owned());
    let interrupt = move || {
        for name in ["reports.db", "reports.db-journal"] {
            // There is no journal before the first write. What comes after the first interruption
            // is the taking back, of which a killed process does nothing.
            if folder.join(name).exists() && !copy.join(name).exists() {
                fs::copy(folder.join(name), copy.join(name)).unwrap();
            }
        }
        true
    };
    let left = left.try_into().unwrap();
    let connection = database.connection().unwrap();
    connection.progress_handler(left, Some(interrupt)).unwrap();
}

/// Delivers `epochs` to a file, interrupted after so many instructions each; at a kill another
/// process goes on with what it left.
fn disturbed(epochs: &[Epoch], interruptions: &[(u32, bool)]) -> End {
    let mut interruptions = interruptions.iter();
    let (mut n_interruptions, mut n_journals, mut delivered) = (0, 0, 0);
    let mut folder = tempfile::tempdir().unwrap();
    loop {
        let mut database = database(folder.path());
        let mut last = match database.open().unwrap() {
            Holding::Nothing => 0,
            Holding::Epochs { last, .. } => last as usize,
            other => panic!("{other:?} after {n_interruptions} interruptions"),
        };
        assert!((delivered..=delivered + 1).contains(&last));
        assert!(rows(&mut database) == expected(&epochs[..last]));
        // With the smallest cache, most of an epoch is in the file before its end.
        for (pragma, value) in [("cache_size", 1), ("synchronous", 0)] {
            let connection = database.connection().unwrap();
            connection.pragma_update(None, pragma, value).unwrap();
        }
        let copy = loop {
            let Some(epoch) = epochs.get(last) else {
                let query = "SELECT count(*) FROM pragma_foreign_key_check";
                let connection = database.connection().unwrap();
                assert_eq!(connection.query_row(query, [], |row| row.get(0)), Ok(0));
                return End {
                    rows: rows(&mut database),
                    n_interruptions,
                    n_journals,
                };
            };
            let (left, is_kill) = *interruptions.next().unwrap_or(&(0, false));
            let copy = tempfile::tempdir().unwrap();
            if left > 0 {
                interrupt(&mut database, left, folder.path(), copy.path());
            }
            let done = database.deliver(&delivery(epoch, &Table::ALL).unwrap());
            // There is none where taking back was interrupted as well.
            if let Some(connection) = database.connection() {
                connection
                    .progress_handler(0, None::<fn() -> bool>)
                    .unwrap();
            }
            if done.is_ok() {
                last += 1;
                continue;
            }
            assert_eq!(done.unwrap_err().kind(), ErrorKind::Unavailable);
            n_interruptions += 1;
            if is_kill {
                let journal = fs::metadata(copy.path().join("reports.db-journal"));
                n_journals += usize::from(journal.is_ok_and(|journal| journal.len() > 0));
                break copy;
            }
            assert!(rows(&mut database) == expected(&epochs[..last]));
        };
        delivered = last;
        folder = copy;
    }
}

#[test]
fn an_interruption_at_any_instant_leaves_no_trace() {
    let epochs = epochs(&[6, 5, 2]);
    let undisturbed = disturbed(&epochs, &[]);
    assert!(undisturbed.rows == expected(&epochs));
    let mut n_journals = 0;
    for is_kill in [true, false] {
        // SQLite counts the instructions of each statement by themselves, over all rows.
        let end = (1..24).chain((24..).step_by(23)).find(|&left| {
            let end = disturbed(&epochs, &[(left, is_kill), (0, false), (left, is_kill)]);
            assert!(end.rows == undisturbed.rows, "{is_kill} at {left}");
            n_journals += end.n_journals;
            end.n_interruptions == 0
        });
        assert!(end > Some(300), "{end:?}");
    }
    assert!(
        n_journals > 0,
        "no kill left a file that must be taken back"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn interruptions_one_after_the_other_leave_no_trace(
        sizes in prop::collection::vec(0..6_usize, 1..5),
        interruptions in prop::collection::vec((1..4_000_u32, any::<bool>()), 0..12),
    ) {
        let epochs = epochs(&sizes);
        prop_assert!(disturbed(&epochs, &interruptions).rows == expected(&epochs));
    }

    #[test]
    fn every_number_comes_back_with_every_bit(bits in any::<u64>(), small in -9_i32..9) {
        for number in [f64::from_bits(bits), f64::from(small)] {
            if number.is_finite() {
                let folder = tempfile::tempdir().unwrap();
                let mut epoch = epochs(&[1]).remove(0);
                for row in &mut epoch.rows {
                    if let Row::Fact(fact) = row {
                        fact.value = Some(number);
                    }
                }
                let mut database = database(folder.path());
                database.open().unwrap();
                database.deliver(&delivery(&epoch, &Table::ALL).unwrap()).unwrap();
                prop_assert!(rows(&mut database) == expected(&[epoch]), "{number:?}");
            }
        }
    }
}

#[tokio::test]
async fn rows_are_read_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[7, 4]);
    let file = filled(folder.path(), &epochs).await;
    for table in Table::ALL {
        let query = format!("SELECT count(*) FROM {}", table.name());
        let n_rows: i64 = file.query_row(&query, [], |row| row.get(0)).unwrap();
        assert!(n_rows > 0, "{}", table.name());
    }
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, holds(2));
    assert!(held(&mut sink).await == expected(&epochs));
}

#[tokio::test]
async fn a_table_is_read_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let mut epoch = epochs(&[3]).remove(0);
    for row in &mut epoch.rows {
        if let Row::Document(document) = row {
            document.text = "文".repeat(1 << 19);
        }
    }
    filled(folder.path(), std::slice::from_ref(&epoch)).await;
    let (mut sink, _) = opened(folder.path()).await;
    assert!(held(&mut sink).await == expected(&[epoch]));
}

#[tokio::test]
async fn every_column_stands_where_json_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[7]);
    let file = filled(folder.path(), &epochs).await;
    for row in &epochs[0].rows {
        let json: serde_json::Value = serde_json::from_str(&row.to_json().unwrap()).unwrap();
        let keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let query = format!("SELECT * FROM {}", row.table().name());
        assert!(file.prepare(&query).unwrap().column_names().eq(keys));
    }
}

#[tokio::test]
async fn values_have_the_types_that_sql_expects() {
    let folder = tempfile::tempdir().unwrap();
    let file = filled(folder.path(), &epochs(&[3])).await;
    let ask = |query: &str| -> String { file.query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        ask("SELECT group_concat(DISTINCT typeof(value)) FROM facts"),
        "real,null"
    );
    assert_eq!(
        ask("SELECT typeof(masked) || sum(masked) FROM facts"),
        "integer2"
    );
    assert_eq!(
        ask("SELECT typeof(raw) || hex(raw) FROM dead"),
        "blob00FF01"
    );
    assert_eq!(
        ask("SELECT id || json_type(repairs) FROM documents LIMIT 1").len(),
        32 + 5
    );
    let start = "SELECT sum(substr(text, start + 1, \"end\" - start) = evidence) || ''
        FROM facts JOIN documents ON documents.id = document_id";
    assert_eq!(ask(start), "6");
}

#[tokio::test]
async fn a_file_that_is_not_a_database_stops_the_run_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("reports.db"),
        "not a database".repeat(100),
    )
    .unwrap();
    let mut sink = sink(folder.path(), "path = 'reports.db'").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.option()),
        (ErrorKind::Config, Some("path"))
    );
    assert!(error.to_string().contains("reports.db"), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_stops_the_run_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out"), "a file").unwrap();
    for path in ["out/reports.db", "."] {
        let mut sink = sink(folder.path(), &format!("path = '{path}'")).unwrap();
        let error = sink.open().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "sink.not_writable")
        );
    }
}

#[tokio::test]
async fn tables_of_unknown_origin_are_left_alone_until_they_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let file = Connection::open(folder.path().join("reports.db")).unwrap();
    file.execute_batch("CREATE TABLE Facts (a); INSERT INTO Facts VALUES (1)")
        .unwrap();
    let (mut sink, holding) = opened(folder.path()).await;
    assert_eq!(holding, Holding::Foreign);
    let epochs = epochs(&[2]);
    let error = sink.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Defect);
    let a: i64 = file
        .query_row("SELECT a FROM facts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(a, 1);
    sink.clear().await.unwrap();
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
}

#[tokio::test]
async fn what_users_add_to_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[4, 4]);
    let file = filled(folder.path(), &epochs[..1]).await;
    file.execute_batch(
        "CREATE TABLE notes (dead_id TEXT REFERENCES dead (id) ON DELETE CASCADE);
        INSERT INTO notes SELECT id FROM dead;
        CREATE VIEW rates AS SELECT * FROM facts WHERE unit = '%';
        CREATE INDEX mine ON facts (place);
        ALTER TABLE documents ADD COLUMN note TEXT",
    )
    .unwrap();
    let count = |what: &str| -> i64 {
        let query = format!("SELECT count(*) FROM {what}");
        file.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    let (mut sink, _) = opened(folder.path()).await;
    sink.deliver(&epochs[1]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
    sink.clear().await.unwrap();
    assert_eq!(held(&mut sink).await, []);
    assert_eq!((count("notes"), count("rates")), (1, 0));
    assert_eq!(count("sqlite_schema WHERE name = 'mine'"), 1);
}

#[tokio::test]
async fn a_table_with_other_columns_names_the_cure_which_works() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[4]);
    let file = filled(folder.path(), &epochs).await;
    for damage in [
        "ALTER TABLE facts DROP COLUMN place",
        "DROP TABLE facts",
        "UPDATE taosha_epochs SET format = 2",
        "ALTER TABLE taosha_epochs DROP COLUMN format",
    ] {
        file.execute_batch(damage).unwrap();
        let mut sink = sink(folder.path(), "path = 'reports.db'").unwrap();
        let error = sink.open().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "sink.damaged")
        );
        assert!(
            error.to_string().contains("`taosha replay FILE --sink db`"),
            "{error}"
        );
        sink.clear().await.unwrap();
        sink.deliver(&epochs[0]).await.unwrap();
        assert!(held(&mut sink).await == expected(&epochs));
    }
}

#[tokio::test]
async fn other_tables_than_before_need_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let file = filled(folder.path(), &epochs(&[2])).await;
    let mut sink = sink(folder.path(), "path = 'reports.db'\ntables = ['facts']").unwrap();
    let error = sink.open().await.unwrap_err();
    assert_eq!(error.option(), Some("tables"));
    assert!(error.to_string().contains("replay"), "{error}");
    sink.clear().await.unwrap();
    let tables = "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'";
    let tables: String = file.query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, "facts,taosha_epochs");
}

#[tokio::test]
async fn an_epoch_that_does_not_follow_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[1, 1, 1]);
    filled(folder.path(), &epochs[..1]).await;
    let (mut sink, _) = opened(folder.path()).await;
    assert_eq!(
        sink.deliver(&epochs[2]).await.unwrap_err().code(),
        "sink.gap"
    );
    let mut other = epochs[1].clone();
    other.state = "state-b".into();
    assert_eq!(sink.deliver(&other).await.unwrap_err().code(), "sink.gap");
    sink.deliver(&epochs[0]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs[..1]));
}

#[tokio::test]
async fn a_second_writer_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[1, 1]);
    let (mut first, _) = opened(folder.path()).await;
    let (mut second, _) = opened(folder.path()).await;
    first.deliver(&epochs[0]).await.unwrap();
    let error = second.deliver(&epochs[0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("another sink"), "{error}");
    first.deliver(&epochs[1]).await.unwrap();
    assert!(held(&mut first).await == expected(&epochs));
}

#[test]
fn a_file_that_others_write_to_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[2]);
    let mut database = database(folder.path());
    database.open().unwrap();
    database
        .connection()
        .unwrap()
        .busy_timeout(Duration::ZERO)
        .unwrap();
    let delivery = delivery(&epochs[0], &Table::ALL).unwrap();
    let other = Connection::open(folder.path().join("reports.db")).unwrap();
    // The first holds up the beginning of a delivery, the second its commit.
    for lock in ["BEGIN IMMEDIATE", "BEGIN; SELECT count(*) FROM facts"] {
        other.execute_batch(lock).unwrap();
        let error = database.deliver(&delivery).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        other.execute_batch("COMMIT").unwrap();
    }
    database.deliver(&delivery).unwrap();
    assert!(rows(&mut database) == expected(&epochs));
}

/// Lets the file grow to `n_pages`, or as many as it has.
fn limit(database: &mut Database, n_pages: u32) {
    let connection = database.connection().unwrap();
    connection
        .pragma_update_and_check(None, "max_page_count", n_pages, |_| Ok(()))
        .unwrap();
}

#[test]
fn a_full_disk_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[20]);
    let mut database = database(folder.path());
    database.open().unwrap();
    limit(&mut database, 1);
    let delivery = delivery(&epochs[0], &Table::ALL).unwrap();
    let error = database.deliver(&delivery).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(rows(&mut database), []);
    limit(&mut database, 10_000);
    database.deliver(&delivery).unwrap();
    assert!(rows(&mut database) == expected(&epochs));
}

#[tokio::test]
async fn a_file_with_a_write_ahead_log_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let epochs = epochs(&[3, 3]);
    let file = filled(folder.path(), &epochs[..1]).await;
    file.pragma_update(None, "journal_mode", "WAL").unwrap();
    // A reader that does not let go holds up nothing.
    file.execute_batch("BEGIN; SELECT count(*) FROM facts")
        .unwrap();
    let (mut sink, _) = opened(folder.path()).await;
    sink.deliver(&epochs[1]).await.unwrap();
    assert!(held(&mut sink).await == expected(&epochs));
    let mode: String = file
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn nothing_but_the_file_is_left() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), &epochs(&[3])).await);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
