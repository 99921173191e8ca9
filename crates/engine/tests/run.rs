//! What the engine promises about any pipeline, on toy parts.

#![expect(clippy::unwrap_used, reason = "the toys are test code too")]

#[path = "toys/mod.rs"]
mod toys;

use std::sync::Arc;
use std::time::Duration;

use taosha_engine::disk::RealDisk;
use taosha_engine::{Ending, Job, Limits, Store};
use toys::{GIVEN, Memory, run, run_in};

/// A pipeline of numbers with `stages` between, ending in the memory sink `name`.
fn pipeline(name: &str, count: usize, options: &str, stages: &str) -> String {
    format!(
        "{options}\n[[source]]\ntype = 'numbers'\ncount = {count}\nname = '{name}'\n\
         {stages}\n[[sink]]\ntype = 'memory'\nname = '{name}'\n"
    )
}

const READ: &str = "[[stage]]\ntype = 'read'\n";

fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_keep_their_order_at_any_number_of_workers() {
    for workers in [1, 4, 16] {
        let name = format!("order{workers}");
        let run_table = format!("[run]\nworkers = {workers}");
        let stages = "[[stage]]\ntype = 'read'\nuneven = true\n[[stage]]\ntype = 'count'\n";
        run(&pipeline(&name, 60, &run_table, stages)).await.unwrap();
        assert_eq!(Memory::of(&name).shown(), numbers(0..10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_is_a_dead_letter_in_its_place() {
    let stages = "[[stage]]\ntype = 'read'\nrefuse = [1]\npanic = [3]\n";
    let summary = run(&pipeline("dead", 5, "", stages)).await.unwrap();
    let expected = [
        "0",
        "number:1 read.refused",
        "2",
        "number:3 read.panic",
        "4",
    ];
    assert_eq!(Memory::of("dead").shown(), expected);
    assert_eq!(summary.counts.n_dead(), 2);
    assert!(summary.counts.balance());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_swallows_a_record_is_a_defect() {
    let stages = "[[stage]]\ntype = 'read'\nswallow = [2]\n";
    let error = run(&pipeline("swallow", 5, "", stages)).await.unwrap_err();
    assert!(
        error.to_string().contains("neither emitted nor dropped"),
        "{error}"
    );
    assert!(!Memory::of("swallow").is_closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_drops_and_splits_are_all_in_the_ledger() {
    let stages = format!("{READ}[[stage]]\ntype = 'sort'\n");
    let branch = "[[sink]]\nid = 'aside'\ntype = 'memory'\nname = 'aside'\nfrom = 'sort.threes'\n";
    let summary = run(&(pipeline("main", 10, "", &stages) + branch))
        .await
        .unwrap();
    assert_eq!(Memory::of("main").shown(), ["1", "2", "4", "7", "7", "8"]);
    assert_eq!(Memory::of("aside").shown(), ["3", "6", "9"]);
    let counts = summary.counts;
    assert_eq!(
        (
            counts.read,
            counts.split,
            counts.written,
            counts.n_dropped()
        ),
        (10, 1, 9, 2)
    );
    assert!(counts.balance());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_by_a_port_nobody_reads_is_dropped_by_name() {
    let stages = format!("{READ}[[stage]]\ntype = 'sort'\n");
    let summary = run(&pipeline("unread", 10, "", &stages)).await.unwrap();
    assert_eq!(summary.counts.dropped["sort.unread_threes"], 3);
    assert!(summary.counts.balance());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_read_in_two_places_is_split() {
    let branch = "[[sink]]\nid = 'early'\ntype = 'memory'\nname = 'early'\nfrom = 'read'\n";
    let stages = format!("{READ}[[stage]]\ntype = 'count'\n");
    let summary = run(&(pipeline("late", 12, "", &stages) + branch))
        .await
        .unwrap();
    assert_eq!(Memory::of("early").shown(), numbers(0..12));
    assert_eq!(Memory::of("late").shown(), numbers(0..10));
    assert_eq!((summary.counts.split, summary.counts.written), (12, 22));
    assert!(summary.counts.balance());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_sink_slows_the_source() {
    let file = "[run]\nmemory = '1MiB'\n[run.epoch]\nrecords = 1\n[[source]]\ntype = 'numbers'\n\
                count = 500\nbytes = 20000\nname = 'slow'\n[[stage]]\ntype = 'read'\n\
                [[sink]]\ntype = 'memory'\nname = 'slow'\npause_ms = 20\n";
    let running = tokio::spawn(run_owned(file.to_owned()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (given, kept) = (GIVEN.lock().unwrap()["slow"], Memory::of("slow").rows.len());
    running.abort();
    // A page of 20 000 bytes weighs about 800 KiB, so one fills the budget and one more waits at the
    // door.
    assert!(
        given <= kept + 3,
        "{given} pages were read while {kept} were kept"
    );
    assert!(kept > 0);
}

async fn run_owned(file: String) {
    let _ = run(&file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_smaller_than_a_page_still_lets_it_through() {
    let options = "[run]\nmemory = '10KiB'\nepoch = { records = 1000, every = '1h' }";
    run(&pipeline("small", 40, options, READ)).await.unwrap();
    assert_eq!(Memory::of("small").shown(), numbers(0..40));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_dead_pages_stop_the_run() {
    let options = "[run]\nerrors = { stop_above = '10% of 20' }";
    let refuse: Vec<u64> = (0..100).filter(|n| n % 4 == 0).collect();
    let stages = format!("[[stage]]\ntype = 'read'\nrefuse = {refuse:?}\n");
    let summary = run(&pipeline("stop", 100_000, options, &stages))
        .await
        .unwrap();
    match summary.ending {
        Ending::Stopped(stopped) => assert!(stopped.read >= 20 && stopped.dead >= 3),
        other => panic!("{other:?}"),
    }
    // What was read is not lost: it is sealed and delivered.
    let n_read = usize::try_from(summary.counts.read).unwrap();
    assert!(n_read < 100_000);
    assert_eq!(Memory::of("stop").shown().len(), n_read);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_can_be_made_to_stop_the_run() {
    let options = "[run]\nerrors = { default = 'stop' }";
    let stages = "[[stage]]\ntype = 'read'\nrefuse = [3]\n";
    let error = run(&pipeline("strict", 10, options, stages))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("number:3"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_was_away_gets_the_same_epoch_again() {
    let file = pipeline("away", 3, "", READ) + "fails = 1\n";
    run(&file).await.unwrap();
    assert_eq!(Memory::of("away").shown(), numbers(0..3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_cannot_open_stops_the_run_before_anything_is_read() {
    let file = pipeline("shut", 3, "", READ) + "never_opens = true\n";
    let error = run(&file).await.unwrap_err();
    assert!(error.is_config());
    assert!(!GIVEN.lock().unwrap().contains_key("shut"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_ends_after_its_records() {
    run(&pipeline(
        "epoch",
        10,
        "[run]\nepoch = { records = 4 }",
        READ,
    ))
    .await
    .unwrap();
    assert_eq!(Memory::of("epoch").epochs, [4, 4, 2]);
    assert!(Memory::of("epoch").is_closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_ends_after_so_many_pages_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = pipeline("sample", 20, "", READ);
    let limits = Limits {
        sample: Some(7),
        ..Limits::default()
    };
    let summary = run_in(folder.path(), &file, limits).await.unwrap();
    assert_eq!((summary.counts.read, summary.counts.written), (7, 7));
    assert!(matches!(summary.ending, Ending::Sampled));
    assert_eq!(Memory::of("sample").shown(), numbers(0..7));
    let summary = run_in(folder.path(), &file, Limits::default())
        .await
        .unwrap();
    assert_eq!(summary.counts.read, 13);
    assert_eq!(Memory::of("sample").shown(), numbers(0..20));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_delivers_what_it_read_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = pipeline("interrupted", 3000, "", READ);
    let (stop, interrupt) = tokio::sync::watch::channel(false);
    let limits = Limits {
        interrupt: Some(interrupt),
        ..Limits::default()
    };
    let (path, text) = (folder.path().to_owned(), file.clone());
    let running = tokio::spawn(async move { run_in(&path, &text, limits).await });
    while GIVEN.lock().unwrap().get("interrupted").is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.send(true).unwrap();
    let summary = running.await.unwrap().unwrap();
    assert!(matches!(summary.ending, Ending::Interrupted | Ending::Done));
    let n_read = summary.counts.read;
    assert_eq!(Memory::of("interrupted").shown(), numbers(0..n_read));
    run_in(folder.path(), &file, Limits::default())
        .await
        .unwrap();
    assert_eq!(Memory::of("interrupted").shown(), numbers(0..3000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_skips_what_the_first_one_handled() {
    let folder = tempfile::tempdir().unwrap();
    run_in(
        folder.path(),
        &pipeline("again", 5, "", READ),
        Limits::default(),
    )
    .await
    .unwrap();
    let file = pipeline("again", 8, "", READ);
    let summary = run_in(folder.path(), &file, Limits::default())
        .await
        .unwrap();
    assert_eq!((summary.counts.unchanged, summary.counts.read), (5, 3));
    assert_eq!(Memory::of("again").shown(), numbers(0..8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_with_a_full_epoch_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let run_table = "[run]\nepoch = { records = 1, every = '1h' }";
    // The source ends before the epoch of its last page is sealed.
    let file = pipeline("full", 1, run_table, READ);
    for unchanged in [0, 1, 1] {
        let run = run_in(folder.path(), &file, Limits::default()).await;
        assert_eq!(run.unwrap().counts.unchanged, unchanged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stage_remembers_outlives_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let stages = format!("{READ}[[stage]]\ntype = 'count'\n");
    for count in [6, 20] {
        let file = pipeline(
            "remembers",
            count,
            "[run]\nepoch = { records = 4 }",
            &stages,
        );
        run_in(folder.path(), &file, Limits::default())
            .await
            .unwrap();
    }
    assert_eq!(Memory::of("remembers").shown(), numbers(0..10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_lost_its_tables_is_filled_from_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let file = |sink: &str| pipeline(sink, 9, "[run]\nepoch = { records = 4 }", READ);
    run_in(folder.path(), &file("lost"), Limits::default())
        .await
        .unwrap();
    let summary = run_in(folder.path(), &file("found"), Limits::default())
        .await
        .unwrap();
    assert_eq!(summary.counts.read, 0);
    assert_eq!(Memory::of("found").shown(), numbers(0..9));
    assert_eq!(Memory::of("found").epochs, [4, 4, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_letter_goes_on_where_it_died() {
    let folder = tempfile::tempdir().unwrap();
    let stages = |refuse: &str| {
        format!("[[stage]]\ntype = 'read'\nrefuse = [{refuse}]\n[[stage]]\ntype = 'sort'\n")
    };
    let file = |refuse| pipeline("retried", 5, "", &stages(refuse));
    run_in(folder.path(), &file("1, 4"), Limits::default())
        .await
        .unwrap();
    assert_eq!(
        Memory::of("retried").shown(),
        ["number:1 read.refused", "2", "number:4 read.refused"]
    );
    let dead = Store::open(Arc::new(RealDisk), folder.path())
        .unwrap()
        .dead()
        .unwrap();
    assert_eq!(dead.len(), 2);
    let limits = Limits {
        job: Job::Dead(dead),
        ..Limits::default()
    };
    let summary = run_in(folder.path(), &file("4"), limits).await.unwrap();
    assert_eq!((summary.counts.retried, summary.counts.written), (2, 1));
    assert!(summary.counts.balance());
    let shown = Memory::of("retried").shown();
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown.contains(&"1".to_owned()) && shown.contains(&"number:4 read.refused".to_owned()));
    let dead = Store::open(Arc::new(RealDisk), folder.path())
        .unwrap()
        .dead()
        .unwrap();
    assert_eq!((dead.len(), dead[0].attempts), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_leaves_no_trace_in_the_state() {
    let stages = format!("{READ}[[stage]]\ntype = 'count'\nrefuse = '2'\n");
    run(&pipeline("trace", 6, "", &stages)).await.unwrap();
    let expected = ["0", "1", "number:2 count.refused", "3", "4", "5"];
    assert_eq!(Memory::of("trace").shown(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_epochs_leave_the_outbox_when_every_sink_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let options = "[run]\nepoch = { records = 4 }\noutbox = { max_bytes = '1KiB' }";
    let stages = "[[stage]]\ntype = 'read'\nrefuse = [1]\n";
    let file = pipeline("pruned", 12, options, stages);
    run_in(folder.path(), &file, Limits::default())
        .await
        .unwrap();
    let store = Store::open(Arc::new(RealDisk), folder.path()).unwrap();
    // The first one holds a dead letter, the last one all there is room for.
    let kept: Vec<u64> = store.epochs().unwrap().into_keys().collect();
    assert!(kept.contains(&1) && kept.len() < 3, "{kept:?}");
    let n_files = std::fs::read_dir(folder.path().join("outbox"))
        .unwrap()
        .count();
    assert_eq!(n_files, kept.len());
    // A new sink cannot be filled any more, and nothing is read for it.
    let other = pipeline("unfilled", 12, options, stages);
    drop(store);
    let error = run_in(folder.path(), &other, Limits::default())
        .await
        .unwrap_err();
    assert!(
        error.is_config() && error.to_string().contains("--anew"),
        "{error}"
    );
}

/// The clock stands still but for waiting, so half a minute of patience takes no time.
#[tokio::test(start_paused = true)]
async fn what_a_sink_could_not_take_is_delivered_by_a_later_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = |sink: &str| pipeline("waits", 6, "[run]\nepoch = { records = 4 }", READ) + sink;
    for sink in ["fails = 100\n", "is_away = true\n"] {
        let summary = run_in(folder.path(), &file(sink), Limits::default())
            .await
            .unwrap();
        assert!(
            matches!(summary.ending, Ending::Undelivered { .. }),
            "{sink}"
        );
        assert!(summary.counts.balance());
    }
    assert!(Memory::of("waits").rows.is_empty());
    let summary = run_in(folder.path(), &file(""), Limits::default())
        .await
        .unwrap();
    assert!(matches!(summary.ending, Ending::Done));
    assert_eq!(Memory::of("waits").shown(), numbers(0..6));
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_away_before_anything_is_sealed_fails_the_run() {
    let file = pipeline("nobody", 3, "", READ) + "is_away = true\n";
    let error = run(&file).await.unwrap_err();
    assert!(!error.is_config());
    assert!(!GIVEN.lock().unwrap().contains_key("nobody"));
}
