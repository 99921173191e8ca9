use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use taosha_core::{Relation, Row, SourceSize, Table};

use crate::{Ending, EpochRecord, Node, Plan};

/// Bounds between which the times of seals are counted. A seal compresses the rows and waits for the
/// disk: 0.3 to 1 s for 200 pages with 18 000 facts, in a debug build on a busy machine. Far less is
/// a small epoch, far more a disk to look at.
pub const SEAL_SECS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What is counted while a run goes on. Shared by all tasks; may be read at any time.
#[derive(Debug)]
pub struct Ledger {
    nodes: Vec<NodeLedger>,
    counts: Mutex<Counts>,
    total: Mutex<SourceSize>,
    seals: Mutex<Seals>,
}

/// What became of epochs so far.
#[derive(Clone, Debug, Default)]
pub struct Seals {
    /// How many were sealed in this run.
    pub n_sealed: u64,
    /// The last one, also of an earlier run; 0 before the first.
    pub last: u64,
    /// When it was sealed. Unknown when the outbox does not keep it any more.
    pub last_at: Option<Timestamp>,
    /// Bytes that all kept epochs take in the outbox.
    pub outbox_bytes: u64,
    /// Time spent sealing in this run.
    pub time: Duration,
    /// How many seals took at most as long as each of [`SEAL_SECS`] and longer than the one before;
    /// the last entry counts the rest.
    pub times: [u64; SEAL_SECS.len() + 1],
    /// The last epoch each sink holds, as far as this run delivered.
    pub delivered: BTreeMap<String, u64>,
}

/// Every record ends in one of these ways, once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pages the sources gave, with those that could not be read.
    pub read: u64,
    /// Their bytes.
    pub read_bytes: u64,
    /// Pages that an earlier run had handled, and that are the same still.
    pub unchanged: u64,
    /// Dead letters that were taken from the outbox and tried again.
    pub retried: u64,
    /// Records that came to be by cutting one into several, or by a branch.
    pub split: u64,
    /// Records that became rows of `documents`.
    pub written: u64,
    /// Copies, by their relation to the one that stays.
    pub collapsed: BTreeMap<String, u64>,
    /// Records that a stage dropped, as `stage.reason`.
    pub dropped: BTreeMap<String, u64>,
    /// Dead letters, by code.
    pub dead: BTreeMap<String, u64>,
    /// Rows by table.
    pub rows: BTreeMap<Table, u64>,
}

impl Counts {
    /// Dead letters of all codes.
    pub fn n_dead(&self) -> u64 {
        self.dead.values().sum()
    }

    /// Dropped records of all reasons.
    pub fn n_dropped(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Collapsed records of all relations.
    pub fn n_collapsed(&self) -> u64 {
        self.collapsed.values().sum()
    }

    /// in + split = written + collapsed + dropped + dead, where in are the pages read and the dead
    /// letters tried again.
    pub fn balance(&self) -> bool {
        let ended = self.written + self.n_collapsed() + self.n_dropped() + self.n_dead();
        self.read + self.retried + self.split == ended
    }

    /// Adds what is counted in `more`.
    pub(crate) fn add(&mut self, more: &Counts) {
        self.read += more.read;
        self.read_bytes += more.read_bytes;
        self.unchanged += more.unchanged;
        self.retried += more.retried;
        self.split += more.split;
        self.written += more.written;
        add_all(&mut self.collapsed, &more.collapsed);
        add_all(&mut self.dropped, &more.dropped);
        add_all(&mut self.dead, &more.dead);
        add_all(&mut self.rows, &more.rows);
    }
}

fn add_all<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *to.entry(key.clone()).or_default() += count;
    }
}

/// What one source, stage or sink has done so far.
#[derive(Debug)]
struct NodeLedger {
    node: Node,
    taken: AtomicU64,
    given: AtomicU64,
    busy_nanos: AtomicU64,
    retries: AtomicU64,
}

/// A look at one source, stage or sink.
#[derive(Clone, Debug)]
pub struct NodeCounts {
    /// Which.
    pub node: Node,
    /// Records (rows, for a sink) that came in.
    pub taken: u64,
    /// Records that went out by any port.
    pub given: u64,
    /// Time spent working, added up over all workers.
    pub busy: Duration,
    /// How often it was asked again because something was away.
    pub retries: u64,
}

/// What a run did.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The pipeline and its configuration.
    pub run_id: Arc<str>,
    /// The ledger.
    pub counts: Counts,
    /// One entry per node, in the order of the plan.
    pub nodes: Vec<NodeCounts>,
    /// From the first page to the last table.
    pub elapsed: Duration,
    /// How it ended.
    pub ending: Ending,
    /// True when the state holds pages that were handled by another configuration.
    pub has_others: bool,
}

impl Summary {
    pub(crate) fn of(run_id: &Arc<str>, ledger: &Ledger, since: Instant, ending: Ending) -> Self {
        Summary {
            run_id: run_id.clone(),
            counts: ledger.counts(),
            nodes: ledger.nodes(),
            elapsed: since.elapsed(),
            ending,
            has_others: false,
        }
    }
}

impl Ledger {
    /// An empty ledger for the nodes of `plan`.
    pub fn new(plan: &Plan) -> Self {
        Ledger::of_nodes(&plan.nodes)
    }

    /// An empty ledger for `nodes`.
    pub(crate) fn of_nodes(nodes: &[Node]) -> Self {
        let node = |node: &Node| NodeLedger {
            node: node.clone(),
            taken: AtomicU64::new(0),
            given: AtomicU64::new(0),
            busy_nanos: AtomicU64::new(0),
            retries: AtomicU64::new(0),
        };
        Ledger {
            nodes: nodes.iter().map(node).collect(),
            counts: Mutex::default(),
            total: Mutex::default(),
            seals: Mutex::default(),
        }
    }

    /// The counts as they are now.
    pub fn counts(&self) -> Counts {
        self.with(|counts| counts.clone())
    }

    /// Every node as it is now, in the order of the plan.
    pub fn nodes(&self) -> Vec<NodeCounts> {
        let counts = |ledger: &NodeLedger| NodeCounts {
            node: ledger.node.clone(),
            taken: ledger.taken.load(Relaxed),
            given: ledger.given.load(Relaxed),
            busy: Duration::from_nanos(ledger.busy_nanos.load(Relaxed)),
            retries: ledger.retries.load(Relaxed),
        };
        self.nodes.iter().map(counts).collect()
    }

    /// How much the sources hold, as far as they know.
    pub fn total(&self) -> SourceSize {
        *lock(&self.total)
    }

    /// The epochs as they are now.
    pub fn seals(&self) -> Seals {
        lock(&self.seals).clone()
    }

    /// Where a run begins: after `last`, with the `epochs` that the outbox keeps.
    pub(crate) fn begins(&self, last: u64, epochs: &BTreeMap<u64, EpochRecord>) {
        let mut seals = lock(&self.seals);
        seals.last = last;
        seals.last_at = epochs.get(&last).map(|epoch| epoch.sealed_at);
        seals.outbox_bytes = epochs.values().map(|epoch| epoch.bytes).sum();
    }

    pub(crate) fn sealed(&self, number: u64, epoch: &EpochRecord, time: Duration) {
        let mut seals = lock(&self.seals);
        seals.n_sealed += 1;
        seals.last = number;
        seals.last_at = Some(epoch.sealed_at);
        seals.outbox_bytes += epoch.bytes;
        seals.time += time;
        let is_within = |bound: &f64| time.as_secs_f64() <= *bound;
        let bucket = SEAL_SECS.iter().position(is_within);
        seals.times[bucket.unwrap_or(SEAL_SECS.len())] += 1;
    }

    /// Notes the last epoch that a sink holds.
    pub(crate) fn delivered(&self, sink: &str, number: u64) {
        lock(&self.seals).delivered.insert(sink.to_owned(), number);
    }

    pub(crate) fn set_total(&self, total: SourceSize) {
        *lock(&self.total) = total;
    }

    pub(crate) fn read(&self, bytes: usize) {
        self.with(|counts| {
            counts.read += 1;
            counts.read_bytes += bytes as u64;
        });
    }

    pub(crate) fn unchanged(&self) {
        self.with(|counts| counts.unchanged += 1);
    }

    pub(crate) fn retried(&self) {
        self.with(|counts| counts.retried += 1);
    }

    pub(crate) fn split(&self, more: usize) {
        self.with(|counts| counts.split += more as u64);
    }

    pub(crate) fn written(&self, rows: &[Row]) {
        self.with(|counts| {
            counts.written += 1;
            for row in rows {
                *counts.rows.entry(row.table()).or_default() += 1;
            }
        });
    }

    pub(crate) fn collapsed(&self, relation: Relation) {
        self.with(|counts| {
            *counts
                .collapsed
                .entry(relation.name().to_owned())
                .or_default() += 1;
            *counts.rows.entry(Table::Duplicates).or_default() += 1;
        });
    }

    pub(crate) fn dropped(&self, stage: &str, reason: &str) {
        self.with(|counts| {
            *counts
                .dropped
                .entry(format!("{stage}.{reason}"))
                .or_default() += 1;
        });
    }

    /// Counts a dead letter; returns dead and read pages so far.
    pub(crate) fn dead(&self, code: &str) -> (u64, u64) {
        self.with(|counts| {
            *counts.dead.entry(code.to_owned()).or_default() += 1;
            *counts.rows.entry(Table::Dead).or_default() += 1;
            (counts.n_dead(), counts.read)
        })
    }

    pub(crate) fn taken(&self, id: &str, n: usize) {
        if let Some(node) = self.node(id) {
            node.taken.fetch_add(n as u64, Relaxed);
        }
    }

    pub(crate) fn given(&self, id: &str, n: usize) {
        if let Some(node) = self.node(id) {
            node.given.fetch_add(n as u64, Relaxed);
        }
    }

    pub(crate) fn busy(&self, id: &str, time: Duration) {
        if let Some(node) = self.node(id) {
            let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            node.busy_nanos.fetch_add(nanos, Relaxed);
        }
    }

    pub(crate) fn asked_again(&self, id: &str) {
        if let Some(node) = self.node(id) {
            node.retries.fetch_add(1, Relaxed);
        }
    }

    fn node(&self, id: &str) -> Option<&NodeLedger> {
        self.nodes.iter().find(|ledger| *ledger.node.id == *id)
    }

    fn with<T>(&self, use_counts: impl FnOnce(&mut Counts) -> T) -> T {
        use_counts(&mut lock(&self.counts))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
