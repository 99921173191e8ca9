//! Reads everything a pipeline keeps and says what is not as it should be.

use std::collections::BTreeMap;
use std::sync::Arc;

use taosha_core::{Error, Holding, Result, Row, Table};

use crate::plan::PlannedSink;
use crate::run::{blocking, ranges};
use crate::store::{DeadRecord, Entries, EpochRecord, Segment, Store};
use crate::{Plan, Severity};

/// What an examination found.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// What is not as it should be, in the order in which it was looked at.
    pub findings: Vec<Finding>,
    /// Epochs whose file was read.
    pub n_epochs: u64,
    /// Files that were read.
    pub n_files: u64,
    /// Their bytes.
    pub n_bytes: u64,
}

/// Something that is not as it should be.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// The file, epoch or sink.
    pub place: String,
    /// An error loses something; a warning mends itself or can be derived.
    pub severity: Severity,
    /// What to do about it.
    pub cure: String,
    /// True when it was mended just now.
    pub repaired: bool,
}

impl Examination {
    /// True when something is lost and was not mended.
    pub fn is_broken(&self) -> bool {
        let is_open = |finding: &&Finding| !finding.repaired;
        self.findings
            .iter()
            .filter(is_open)
            .any(|finding| finding.severity == Severity::Error)
    }

    fn error(&mut self, place: impl Into<String>, what: impl Into<String>, cure: &str) {
        self.findings.push(Finding {
            what: what.into(),
            place: place.into(),
            severity: Severity::Error,
            cure: cure.to_owned(),
            repaired: false,
        });
    }

    fn warning(
        &mut self,
        place: impl Into<String>,
        what: impl Into<String>,
        cure: &str,
        repaired: bool,
    ) {
        self.findings.push(Finding {
            what: what.into(),
            place: place.into(),
            severity: Severity::Warning,
            cure: cure.to_owned(),
            repaired,
        });
    }
}

const REPAIR: &str = "`taosha doctor FILE --repair` makes it anew";
const BEGIN_ANEW: &str =
    "put the state folder back from a copy, or remove it and `taosha run FILE --anew`";

/// Examines the state in `store` and asks the sinks of `plan` what they hold. With `repair`, what can
/// be derived from the rest is made anew.
///
/// # Errors
/// When the disk cannot be used; what is torn is a [`Finding`].
///
/// # Panics
/// Outside a tokio runtime.
pub async fn examine(plan: Plan, store: Arc<Store>, repair: bool) -> Result<Examination> {
    if !repair {
        return look(plan, &store, false).await;
    }
    // In the history, so that whoever looks later knows; and its end makes what was noted durable.
    let run_id = plan.run_id.clone();
    blocking(&store, move |store| store.begin_run(&run_id, "repair")).await?;
    let looked = look(plan, &store, true).await;
    let (end, message) = match &looked {
        Ok(_) => ("done", None),
        Err(error) => ("failed", Some(error.to_string())),
    };
    blocking(&store, move |store| store.end_run(end, message, None)).await?;
    looked
}

async fn look(plan: Plan, store: &Arc<Store>, repair: bool) -> Result<Examination> {
    let mut examination = blocking(store, move |store| examine_files(store, repair)).await?;
    let mut lowest = store.last_epoch();
    for PlannedSink { id, sink, .. } in plan.sinks {
        let held = examine_sink(&id, sink, store, repair, &mut examination).await?;
        lowest = lowest.min(held.unwrap_or(lowest));
    }
    // Retention removes only what every sink holds.
    let kept = store.epochs()?;
    let undeliverable: Vec<u64> = (lowest + 1..=store.last_epoch())
        .filter(|number| !kept.contains_key(number))
        .collect();
    if !undeliverable.is_empty() {
        let what = format!("epochs {} are gone", ranges(&undeliverable));
        examination.error(
            "outbox",
            what,
            "a sink still needs them: `taosha run FILE --anew`",
        );
    }
    Ok(examination)
}

fn examine_files(store: &Store, repair: bool) -> Result<Examination> {
    let mut found = Examination::default();
    if store.n_orphans() > 0 {
        let what = format!("{} files of a killed process", store.n_orphans());
        found.warning("state folder", what, "removed, as every opening does", true);
    }
    for (file, error) in store.verify_index() {
        found.error(
            format!("index/{file}"),
            format!("failed to {error}"),
            BEGIN_ANEW,
        );
    }
    let (n_runs, n_run_bytes) = store.index_size();
    // The checkpoint was read to get here.
    found.n_files = n_runs as u64 + 1;
    found.n_bytes = n_run_bytes;

    let mut dead: BTreeMap<u64, Vec<DeadRecord>> = BTreeMap::new();
    for letter in store.dead()? {
        dead.entry(letter.epoch).or_default().push(letter);
    }
    let epochs = store.epochs()?;
    for (epoch, letters) in &dead {
        if !epochs.contains_key(epoch) {
            let what = format!(
                "{} open dead letters were in it, and it is gone",
                letters.len()
            );
            found.error(format!("epoch {epoch}"), what, BEGIN_ANEW);
        }
    }
    let mut untold = Entries::default();
    let mut n_untold = 0;
    for (&number, epoch) in &epochs {
        let place = format!("epoch {number}");
        if number > store.last_epoch() {
            let what = format!("it is behind the last one, {}", store.last_epoch());
            found.error(&place, what, BEGIN_ANEW);
        }
        found.n_epochs += 1;
        found.n_files += 1;
        found.n_bytes += epoch.bytes;
        let segment = match store.segment(number) {
            Ok(segment) => segment,
            Err(error) => {
                let cure = "put the file back from a copy; until then `why`, `restore`, `replay` and \
                            `dead retry` cannot tell of what was in it";
                found.error(&place, format!("failed to {error}"), cure);
                continue;
            }
        };
        compare_rows(&place, epoch, &segment, &mut found);
        for letter in dead.get(&number).into_iter().flatten() {
            if !segment.letters.iter().any(|kept| kept.id == letter.id) {
                let what = format!("dead letter {} is not in it", letter.id);
                found.error(&place, what, BEGIN_ANEW);
            }
        }
        match store.untold(number, &segment, &mut untold) {
            Ok(n) => n_untold += n,
            // The torn file of the index has been named above.
            Err(error) => found.error(&place, format!("failed to {error}"), BEGIN_ANEW),
        }
    }
    if n_untold > 0 {
        if repair {
            store.put_keys(&untold)?;
        }
        let what = format!("{n_untold} records are not found by their id or URI");
        found.warning("index", what, REPAIR, repair);
    }
    Ok(found)
}

/// The ledger says how many rows an epoch has; the file must have them.
fn compare_rows(place: &str, epoch: &EpochRecord, segment: &Segment, found: &mut Examination) {
    let mut rows: BTreeMap<Table, u64> = BTreeMap::new();
    for table in segment.rows.values().flatten().map(Row::table) {
        *rows.entry(table).or_default() += 1;
    }
    if rows != epoch.counts.rows {
        let shown = |rows: &BTreeMap<Table, u64>| {
            let shown = rows
                .iter()
                .map(|(table, n)| format!("{} {n}", table.name()));
            shown.collect::<Vec<_>>().join(", ")
        };
        let what = format!(
            "its rows are {}, the ledger says {}",
            shown(&rows),
            shown(&epoch.counts.rows)
        );
        found.error(place, what, "this is a bug of ours, please report it");
    }
}

/// Compares what a target holds with what is sealed and what is noted; gives the last epoch it holds.
async fn examine_sink(
    id: &str,
    mut sink: Box<dyn taosha_core::Sink>,
    store: &Arc<Store>,
    repair: bool,
    found: &mut Examination,
) -> Result<Option<u64>> {
    let place = format!("sink {id}");
    let rebuild = format!("`taosha replay FILE --sink {id}` builds the tables anew");
    let (head, noted) = (store.last_epoch(), store.delivered()?.get(id).copied());
    let holding = match sink.open().await {
        Ok(holding) => holding,
        Err(error) => {
            let cure = match error.code() {
                "sink.damaged" => rebuild.as_str(),
                _ => "see that the target can be reached and written",
            };
            found.error(&place, format!("failed to {error}"), cure);
            return Ok(None);
        }
    };
    let closed = sink.close().await;
    if let Err(error) = closed {
        found.error(&place, format!("failed to {error}"), &rebuild);
    }
    let held = match holding {
        Holding::Foreign => {
            found.error(&place, "its tables are not of taosha", &rebuild);
            return Ok(None);
        }
        Holding::Epochs { state, .. } if state != store.name() => {
            found.error(&place, "its tables are of another state folder", &rebuild);
            return Ok(None);
        }
        Holding::Epochs { last, .. } if last > head => {
            let what = format!("it holds epoch {last}, but the state ends at {head}");
            found.error(&place, what, &rebuild);
            return Ok(None);
        }
        Holding::Unknown => return Ok(Some(noted.unwrap_or(0))),
        Holding::Epochs { last, .. } => last,
        Holding::Nothing => 0,
    };
    if held < head {
        let what = format!("it holds {held} of {head} epochs");
        found.warning(&place, what, "the next run delivers the rest", false);
    }
    if noted.unwrap_or(0) != held {
        let what = format!("it holds epoch {held}, noted is {}", noted.unwrap_or(0));
        if repair {
            let id = id.to_owned();
            blocking(store, move |store| store.set_delivered(&id, held)).await?;
        }
        found.warning(&place, what, REPAIR, repair);
    }
    Ok(Some(held))
}

/// What a state that cannot even be opened is told as.
impl From<Error> for Examination {
    fn from(error: Error) -> Self {
        let mut examination = Examination::default();
        examination.error("state folder", format!("failed to {error}"), BEGIN_ANEW);
        examination
    }
}
