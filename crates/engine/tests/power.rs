//! The power fails, the process is killed, the disk is full: nothing is lost, nothing is there twice.
//!
//! What a disk may do is in `toys/power.rs`. That these tests can fail was tried by taking one thing
//! out of the engine at a time:
//!
//! | without | found by |
//! |---|---|
//! | the sync of the outbox file, or of its folder | cuts: a sealed epoch is torn or not there |
//! | the sync of a run of the index, or of its folder | cuts: a run is torn or not there |
//! | syncs of the checkpoint | cuts: it is torn |
//! | durable commits of epochs | cuts and kills: targets are ahead of the state |
//! | making the checkpoint aside | cuts: it was begun and cannot be opened; rarely kills |
//! | syncs of the folders above the state | cuts: targets have tables of a state that is gone |
//! | files before the commit that names them | cuts and kills: a sealed epoch is not there |
//! | removing merged runs after the commit | cuts and kills: a run is not there |
//! | the epoch that says the sources are over | cuts and kills: other epochs |
//! | redb 4.5 (with 4.1) | cuts: it panics when the file was about to grow |
//! | writing outbox files aside | nothing: what the checkpoint does not name is never read |

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the toys are for other tests too"
)]
#[path = "toys/mod.rs"]
mod toys;

#[path = "toys/power.rs"]
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use power::{Held, Operation, PowerCut, Random, Safe};
use taosha_core::Result;
use taosha_engine::{Job, Ledger, Limits, PipelineText, RunError, Store, Summary};

const STATE: &str = "/var/state/numbers";

/// Each does all of [`WORK`], every part in up to three lives.
const N_SEEDS: u64 = 1000;

/// A run that takes longer stands still.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a run does, and with what numbers.
#[derive(Clone, Copy, Debug)]
struct Work {
    count: u64,
    refuse: &'static str,
    job: fn(&Store) -> Result<Job>,
}

/// One after the other: all numbers, then those that died, then more, of which what becomes depends
/// on what the stages remember of all before.
const WORK: [Work; 3] = [
    Work {
        count: 40,
        refuse: "4, 23, 31",
        job: |_| Ok(Job::Sources),
    },
    Work {
        count: 40,
        refuse: "",
        job: |store| store.dead().map(Job::Dead),
    },
    Work {
        count: 50,
        refuse: "",
        job: |_| Ok(Job::Sources),
    },
];

/// All that must not depend on what happened on the way.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// By sink.
    rows: BTreeMap<&'static str, Vec<(String, String)>>,
    dead: Vec<String>,
    /// Length, digest and counts of every epoch.
    epochs: BTreeMap<u64, String>,
    /// Which epochs tell of a page or record.
    why: BTreeMap<String, Vec<u64>>,
}

fn pipeline(machine: &str, work: Work, n_records: u64, workers: u64) -> String {
    let Work { count, refuse, .. } = work;
    format!(
        "[run]\nworkers = {workers}\nepoch = {{ records = {n_records}, every = '1h' }}\n\
         [[source]]\ntype = 'numbers'\ncount = {count}\nname = '{machine}'\n\
         [[stage]]\ntype = 'read'\nrefuse = [{refuse}]\n\
         [[stage]]\ntype = 'sort'\n[[stage]]\ntype = 'tally'\n\
         [[sink]]\nid = 'main'\ntype = 'safe'\nname = '{machine}/main'\n\
         [[sink]]\nid = 'aside'\ntype = 'safe'\nname = '{machine}/aside'\nfrom = 'sort.threes'\n"
    )
}

fn plan(file: &str) -> taosha_engine::Plan {
    let mut registry = toys::registry();
    registry.sink::<Safe>();
    let text = PipelineText::new("test.toml".as_ref(), file.to_owned(), &[]).unwrap();
    let loaded = taosha_engine::load(&text, &registry);
    loaded
        .plan
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

/// One life of a process.
async fn live(
    disk: &PowerCut,
    file: &str,
    job: fn(&Store) -> Result<Job>,
) -> Result<Summary, String> {
    let told = |error: taosha_core::Error| format!("{:?}: {error}", error.kind());
    let store = Store::open(Arc::new(disk.clone()), Path::new(STATE));
    let store = Arc::new(store.map_err(told)?);
    let plan = plan(file);
    let ledger = Arc::new(Ledger::new(&plan));
    let limits = Limits {
        job: job(&store).map_err(told)?,
        ..Limits::default()
    };
    let running = taosha_engine::run(plan, store.clone(), ledger, limits);
    let ended = tokio::time::timeout(PATIENCE, running).await;
    // The last thread that works on the state closes it; the process ends only then.
    while Arc::strong_count(&store) > 1 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(store);
    ended
        .expect("a run comes to its end")
        .map_err(|error| match &error {
            RunError::Failed { error: cause, .. } => format!("{:?}: {error}", cause.kind()),
            RunError::Held(_) | RunError::Unbalanced => error.to_string(),
        })
}

fn outcome(disk: &PowerCut, machine: &str) -> Outcome {
    let store = Store::open(Arc::new(disk.clone()), Path::new(STATE)).unwrap();
    let show = |held: Held| {
        let rows = held.rows.into_iter();
        rows.map(|(table, json)| (table.name().to_owned(), json))
            .collect()
    };
    let epochs = store.epochs().unwrap();
    assert!(epochs.keys().copied().eq(1..=store.last_epoch()));
    let mut why = BTreeMap::new();
    for &number in epochs.keys() {
        for story in store.segment(number).unwrap().stories {
            assert!(store.epochs_of(&story.uri).unwrap().contains(&number));
            for what in [story.id.to_string(), story.uri] {
                let told = store.epochs_of(&what).unwrap();
                why.insert(what, told);
            }
        }
    }
    let dead = store.dead().unwrap().into_iter().map(|dead| {
        format!(
            "{} {} {} {} {} {} {:?}",
            dead.id, dead.uri, dead.stage, dead.code, dead.attempts, dead.epoch, dead.position
        )
    });
    let epochs = epochs.into_iter().map(|(number, epoch)| {
        let shown = format!("{} {} {:?}", epoch.bytes, epoch.digest, epoch.counts);
        (number, shown)
    });
    Outcome {
        rows: ["main", "aside"]
            .into_iter()
            .map(|sink| (sink, show(Safe::held(&format!("{machine}/{sink}")))))
            .collect(),
        dead: dead.collect(),
        epochs: epochs.collect(),
        why,
    }
}

/// What undisturbed runs with epochs of `n_records` come to, after each; and how many operations each
/// takes.
async fn undisturbed(name: &str, n_records: u64) -> Vec<(Outcome, u64)> {
    let machine = format!("{name}-undisturbed{n_records}");
    let disk = PowerCut::new();
    Safe::plug_in(&machine, &disk);
    let mut outcomes = Vec::new();
    let mut before = 0;
    for work in WORK {
        let file = pipeline(&machine, work, n_records, 2);
        live(&disk, &file, work.job).await.unwrap();
        let n_operations = disk.n_operations() - before;
        outcomes.push((outcome(&disk, &machine), n_operations));
        before = disk.n_operations();
    }
    outcomes
}

/// How a life may end before its time.
#[derive(Clone, Copy, PartialEq)]
enum Death {
    /// Mostly cuts, some kills.
    OfPower,
    OfProcess,
}

/// Lets processes die at random in all the work, and compares what comes of it. Gives the operations
/// they died in.
async fn disturb(
    name: &str,
    seed: u64,
    death: Death,
    undisturbed: Arc<Vec<Vec<(Outcome, u64)>>>,
) -> Vec<Operation> {
    let mut random = Random(seed);
    let machine = format!("{name}{seed}");
    let n_records = random.below(7) + 1;
    let expected = &undisturbed[n_records as usize - 1];
    let mut disk = PowerCut::new();
    let mut deaths = Vec::new();
    for (work, (expected, n_operations)) in WORK.into_iter().zip(expected) {
        for lives_left in (0..=random.below(3)).rev() {
            Safe::plug_in(&machine, &disk);
            if lives_left > 0 {
                // Early deaths leave more to die of later; what opens a state comes first of all.
                let most = match random.below(8) {
                    0 => 8,
                    some => 1 + n_operations / some.div_ceil(2),
                };
                disk.die_after(random.below(most));
            }
            let file = pipeline(&machine, work, n_records, random.below(4) + 1);
            let ended = live(&disk, &file, work.job).await;
            let died_in = disk.died_in();
            if let (Err(error), None) = (&ended, died_in) {
                panic!("seed {seed}, deaths in {deaths:?}: a run that was not disturbed: {error}");
            }
            if let Err(error) = ended {
                assert!(!error.contains("panicked"), "seed {seed}: {error}");
            }
            let Some(operation) = died_in else {
                disk.live_on();
                break;
            };
            deaths.push(operation);
            disk = match death {
                Death::OfPower if random.below(4) > 0 => disk.after_cut(&mut random),
                _ => disk.after_kill(),
            };
        }
        let found = outcome(&disk, &machine);
        assert!(
            found == *expected,
            "seed {seed}, {work:?}, deaths in {deaths:?}: {}",
            difference(&found, expected)
        );
    }
    deaths
}

fn difference(found: &Outcome, expected: &Outcome) -> String {
    let (found, expected) = (format!("{found:#?}"), format!("{expected:#?}"));
    let mut lines = found.lines().zip(expected.lines());
    match lines.find(|(found, expected)| found != expected) {
        Some((found, expected)) => format!("`{found}` instead of `{expected}`"),
        None => format!("{} instead of {} bytes", found.len(), expected.len()),
    }
}

async fn disturb_all(name: &'static str, n_seeds: u64, death: Death) {
    let mut undisturbed_all = Vec::new();
    for n_records in 1..=7 {
        undisturbed_all.push(undisturbed(name, n_records).await);
    }
    let expected = Arc::new(undisturbed_all);
    let mut running = tokio::task::JoinSet::new();
    let mut counts: BTreeMap<Operation, u64> = BTreeMap::new();
    let mut seeds = 0..n_seeds;
    loop {
        while running.len() < 4
            && let Some(seed) = seeds.next()
        {
            running.spawn(disturb(name, seed, death, expected.clone()));
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        for operation in done.unwrap() {
            *counts.entry(operation).or_default() += 1;
        }
    }
    let hit: BTreeSet<Operation> = counts.keys().copied().collect();
    assert_eq!(hit, BTreeSet::from(Operation::ALL), "{counts:?}");
    assert!(counts.values().sum::<u64>() > 2 * n_seeds, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_power_cut_the_next_runs_come_to_the_same_tables() {
    disturb_all("cut", N_SEEDS, Death::OfPower).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_kill_the_next_runs_come_to_the_same_tables() {
    disturb_all("kill", N_SEEDS / 4, Death::OfProcess).await;
}

/// Places at which the disk is full, spread over all that a run writes.
const N_FULL: u64 = 150;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_with_the_name_of_a_file_and_the_next_one_goes_on() {
    let (machine, work, n_records) = ("full", WORK[0], 3);
    let file = pipeline(machine, work, n_records, 2);
    let disk = PowerCut::new();
    Safe::plug_in(machine, &PowerCut::new());
    live(&disk, &file, work.job).await.unwrap();
    let n_bytes = disk.n_written();
    let expected = outcome(&disk, machine);

    let places = (0..N_FULL).map(|place| (None, n_bytes * place / N_FULL));
    let files = ["outbox/", ".run", "checkpoint.redb"];
    let in_files = files.map(|part| (0..8).map(move |n_writes| (Some(part), n_writes)));
    let mut n_failed = 0;
    for (part, n) in places.chain(in_files.into_iter().flatten()) {
        // What the target holds lies on another disk.
        Safe::plug_in(machine, &PowerCut::new());
        let disk = PowerCut::new();
        match part {
            None => disk.fill(n),
            Some(part) => disk.fill_in(part, n),
        }
        let ended = live(&disk, &file, work.job).await;
        disk.free();
        if let Err(error) = ended {
            assert!(error.starts_with("Unavailable: "), "{error}");
            let names = part.map_or(vec!["outbox/", ".run", "checkpoint."], |part| vec![part]);
            let is_named = names.into_iter().any(|name| error.contains(name));
            assert!(is_named, "{part:?}: {error}");
            n_failed += 1;
        }
        live(&disk, &file, work.job).await.unwrap();
        let found = outcome(&disk, machine);
        assert!(found == expected, "{}", difference(&found, &expected));
    }
    // What redb tidies up when it is closed need not fit.
    assert!(n_failed > (N_FULL + 24) * 9 / 10, "{n_failed}");
}
