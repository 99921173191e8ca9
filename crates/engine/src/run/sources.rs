use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use taosha_core::{Error, Id, Known, Next, Origin, Position, Record, Source, SourceSize, State};
use tokio::sync::mpsc;
use tokio::time::{Instant as Clock, sleep_until};
use tracing::{Instrument, debug, error_span};

use super::budget::Share;
use super::channel::{Item, Outlet};
use super::patience::Patience;
use super::sealing::{Cut, Part};
use super::sinks::blocking;
use super::stages::bury;
use super::stop::Ending;
use super::{Ended, Job, Limits, RunError, Shared};
use crate::store::{DeadRecord, EpochState, Sealed, Store, Suspect};

/// Deaths after which a page is not tried again: once may be a machine that was switched off, twice
/// bad luck.
const MAX_DEATHS: u32 = 3;

/// Reads all sources, one after the other, so that the order of the pages is the same every time;
/// cuts what they give into epochs.
pub(super) async fn run(
    sources: Vec<(Arc<str>, Box<dyn Source>)>,
    outlet: Outlet,
    parts: mpsc::Sender<Part>,
    limits: Limits,
    store: Arc<Store>,
    shared: Arc<Shared>,
) -> Result<Ended, RunError> {
    let failed = |error| RunError::of(&"engine".into(), error);
    let mut entry = Entry {
        known: store.state_of(""),
        dead_items: dead_items(&store).map_err(failed)?,
        poison: poison(&store).map_err(failed)?,
        positions: store.positions(),
        cut_positions: store.positions(),
        epoch: Gathered::default(),
        number: store.last_epoch() + 1,
        outlet,
        parts,
        left: limits.sample.unwrap_or(u64::MAX),
        cautious: limits.cautious.then_some(shared.epoch.records),
        store,
        shared,
    };
    match limits.job {
        Job::Sources => entry.read_all(sources).await?,
        Job::Dead(letters) => entry.retry(letters, sources).await?,
    }
    if entry.has_news() {
        entry.cut().await;
    }
    Ok(Ended::Done)
}

/// The head of the graph: everything that goes in goes through it.
struct Entry {
    outlet: Outlet,
    parts: mpsc::Sender<Part>,
    /// Pages handled, and the versions of items, in the part of the state that is the engine's.
    known: EpochState,
    /// Items that a source could not read, by source and URI: asked for again by every run.
    dead_items: BTreeMap<(String, String), Id>,
    /// Pages that are never tried again.
    poison: BTreeMap<Id, Suspect>,
    positions: BTreeMap<String, Position>,
    /// Those of the last epoch that was cut. What the store holds lags behind it by as much as there
    /// is to seal.
    cut_positions: BTreeMap<String, Position>,
    /// The epoch that is being gathered.
    epoch: Gathered,
    number: u64,
    /// New pages that may still be read.
    left: u64,
    /// One page at a time, written down before it goes in; for so many pages.
    cautious: Option<u64>,
    store: Arc<Store>,
    shared: Arc<Shared>,
}

/// What went into the epoch so far.
#[derive(Default)]
struct Gathered {
    since: Option<Clock>,
    items: u64,
    weight: u64,
    retried: Vec<Id>,
    entered: u64,
    read: u64,
    read_bytes: u64,
    unchanged: u64,
}

impl Entry {
    async fn read_all(
        &mut self,
        sources: Vec<(Arc<str>, Box<dyn Source>)>,
    ) -> Result<(), RunError> {
        let is_only = sources.len() == 1;
        for (id, mut source) in sources {
            let span = error_span!("source", stage = %id);
            let is_over = self
                .read(&id, source.as_mut(), is_only)
                .instrument(span)
                .await
                .map_err(|error| RunError::of(&id, error))?;
            if !is_over {
                return Ok(());
            }
            // What is over is read from its start the next time.
            self.positions.remove(&*id);
        }
        self.positions.clear();
        Ok(())
    }

    /// Sends the pages of a source on; false when it was stopped before its end.
    async fn read(
        &mut self,
        id: &Arc<str>,
        source: &mut dyn Source,
        is_only: bool,
    ) -> Result<bool, Error> {
        let shared = self.shared.clone();
        let known = Arc::new(KnownVersions {
            source: id.clone(),
            sealed: self.known.sealed().clone(),
        });
        let resume = self.positions.get(&**id).cloned();
        let mut patience = Patience::new(id, Some(&shared.ledger));
        while let Err(error) = source.open(resume.as_ref(), known.clone()).await {
            patience.wait(error).await?;
        }
        loop {
            if shared.stop.asked().is_some() {
                return Ok(false);
            }
            if self.left == 0 {
                shared.stop.ask(Ending::Sampled);
                return Ok(false);
            }
            let started = Instant::now();
            let asked = async {
                let mut patience = Patience::new(id, Some(&shared.ledger));
                loop {
                    match source.next().await {
                        Ok(next) => return Ok(next),
                        Err(error) => patience.wait(error).await?,
                    }
                }
            };
            let Some(next) = self.unless_stopped(asked).await else {
                return Ok(false);
            };
            let next = next?;
            shared.ledger.busy(id, started.elapsed());
            if is_only {
                shared.ledger.set_total(at_most(source.size(), self.left));
            }
            match next {
                Next::End => return Ok(true),
                Next::Unchanged(position) => self.unchanged(id, position),
                Next::Record(record) => self.page(id, record).await?,
                Next::Failed {
                    origin,
                    position,
                    error,
                } => self.failed(id, origin, position, error).await?,
            }
            self.cut_if_full().await;
        }
    }

    /// Waits for `asked`, cutting the epoch when it has waited long enough. `None` when the run is to
    /// stop.
    async fn unless_stopped<T>(&mut self, asked: impl Future<Output = T>) -> Option<T> {
        let shared = self.shared.clone();
        let mut asked = std::pin::pin!(asked);
        loop {
            let deadline = self.epoch.since.map(|since| since + shared.epoch.every.0);
            tokio::select! {
                biased;
                () = shared.stop.wait() => return None,
                next = &mut asked => return Some(next),
                () = reached(deadline) => self.cut().await,
            }
        }
    }

    fn unchanged(&mut self, id: &str, position: Position) {
        self.epoch.unchanged += 1;
        self.shared.ledger.unchanged();
        self.positions.insert(id.to_owned(), position);
    }

    async fn page(&mut self, id: &Arc<str>, record: Record) -> Result<(), Error> {
        let page = [b"p", &record.id.as_bytes()[..]].concat();
        let version = record.origin.version.clone();
        let version_key = version_key(id, &record.origin.uri);
        let position = record.position.clone();
        let is_known = self.known.get(&page)?.is_some();
        if let Some(version) = version {
            let version = version.as_bytes();
            if self.known.get(&version_key)?.as_deref() != Some(version) {
                self.known.put(&version_key, version)?;
                self.epoch.items += u64::from(is_known);
            }
        }
        if is_known {
            self.unchanged(id, position);
            return Ok(());
        }
        let dead = (id.to_string(), record.origin.uri.clone());
        let asked_again = self.dead_items.remove(&dead);
        self.epoch.retried.extend(asked_again);

        let bytes = record.raw().len();
        let share = self.room(bytes).await;
        self.take(bytes, &share, asked_again.is_none());
        self.known.put(&page, b"")?;
        self.positions.insert(id.to_string(), position);
        self.shared.ledger.given(id, 1);
        debug!(record = %record.id, uri = %record.origin.uri, "read");
        if let Some(suspect) = self.poison.get(&record.id) {
            let message = format!(
                "handle the page: {} processes died with it in their hands, the last one by {}",
                suspect.deaths, suspect.how
            );
            let error = Error::malformed(format!("poison.{}", suspect.how), message);
            let dead = bury(id, &record, Some(&record), error, &self.shared)?;
            self.outlet
                .send(Item::Ended(dead, share), &self.shared)
                .await;
            return Ok(());
        }
        if self.cautious.is_some() {
            self.write_down(&record)?;
        }
        self.outlet
            .send(Item::Record(record, share), &self.shared)
            .await;
        self.careful().await;
        Ok(())
    }

    async fn failed(
        &mut self,
        id: &Arc<str>,
        origin: Origin,
        position: Position,
        error: Error,
    ) -> Result<(), Error> {
        let dead = (id.to_string(), origin.uri.clone());
        let asked_again = self.dead_items.remove(&dead);
        self.epoch.retried.extend(asked_again);
        let share = self.room(origin.raw.len()).await;
        self.take(origin.raw.len(), &share, asked_again.is_none());
        self.positions.insert(id.to_string(), position.clone());
        self.shared.ledger.given(id, 1);
        let record = Record::new(origin, position);
        let dead = bury(id, &record, None, error, &self.shared)?;
        self.outlet
            .send(Item::Ended(dead, share), &self.shared)
            .await;
        Ok(())
    }

    /// Puts dead letters back in where they died.
    async fn retry(
        &mut self,
        letters: Vec<DeadRecord>,
        sources: Vec<(Arc<str>, Box<dyn Source>)>,
    ) -> Result<(), RunError> {
        let mut sources: BTreeMap<Arc<str>, _> = sources.into_iter().collect();
        for dead in letters {
            if self.shared.stop.asked().is_some() {
                return Ok(());
            }
            let of_stage = |error| RunError::of(&dead.stage.as_str().into(), error);
            let (dead_id, wanted) = (dead.id, dead.clone());
            let letter = blocking(&self.store, move |store| store.letter(&wanted)).await;
            let letter = letter.map_err(of_stage)?;
            let item = match (letter.record, sources.get_mut(dead.stage.as_str())) {
                (_, Some(source)) => {
                    let again = source.again(&dead.position).await;
                    again.map(|record| record.map(|record| (record, None)))
                }
                (Some(record), None) => Ok(Some((record, Some(dead.stage.as_str().into())))),
                (None, None) => Ok(None),
            };
            self.epoch.retried.push(dead_id);
            self.epoch.entered += 1;
            self.epoch.items += 1;
            self.shared.ledger.retried();
            let failed = match item {
                Ok(Some((record, to))) => {
                    let share = self.room(record.raw().len()).await;
                    self.epoch.weight += u64::from(share.weight);
                    self.epoch.since.get_or_insert_with(Clock::now);
                    if to.is_none() {
                        let page = [b"p", &record.id.as_bytes()[..]].concat();
                        self.known.put(&page, b"").map_err(of_stage)?;
                    }
                    let item = match to {
                        Some(stage) => Item::Returning(stage, record, share),
                        None => Item::Record(record, share),
                    };
                    self.outlet.send(item, &self.shared).await;
                    None
                }
                Ok(None) => Some(Error::malformed(
                    dead.code.clone(),
                    "read the item again: its source cannot go back to it",
                )),
                Err(error) => Some(error),
            };
            if let Some(error) = failed {
                let origin = Origin::new(dead.source.as_str(), dead.uri.clone(), [][..].into());
                let mut record = Record::new(origin, dead.position.clone());
                record.id = dead_id;
                let share = self.room(0).await;
                let stage = dead.stage.as_str().into();
                let dead = bury(&stage, &record, None, error, &self.shared).map_err(of_stage)?;
                self.outlet
                    .send(Item::Ended(dead, share), &self.shared)
                    .await;
            }
            self.cut_if_full().await;
        }
        Ok(())
    }

    /// Waits until there is room for a page. When only this epoch could make room, it is cut.
    async fn room(&mut self, bytes: usize) -> Share {
        let shared = self.shared.clone();
        loop {
            if let Some(share) = shared.budget.try_take(bytes) {
                return share;
            }
            if shared.in_flight.count() == 0 {
                if self.epoch.items == 0 {
                    return shared.budget.take(bytes).await;
                }
                self.cut().await;
            }
            let older = shared.in_flight.count().saturating_sub(1);
            tokio::select! {
                share = shared.budget.take(bytes) => return share,
                () = shared.in_flight.at_most(older) => {}
            }
        }
    }

    fn take(&mut self, bytes: usize, share: &Share, is_new: bool) {
        self.shared.ledger.read(bytes);
        self.left = self.left.saturating_sub(u64::from(is_new));
        let epoch = &mut self.epoch;
        epoch.since.get_or_insert_with(Clock::now);
        epoch.items += 1;
        epoch.weight += u64::from(share.weight);
        epoch.read += 1;
        epoch.read_bytes += bytes as u64;
    }

    async fn cut_if_full(&mut self) {
        let (epoch, shared) = (&self.epoch, &self.shared);
        let is_late = epoch
            .since
            .is_some_and(|since| since.elapsed() >= shared.epoch.every.0);
        if epoch.items >= shared.epoch.records.max(1)
            || epoch.weight >= shared.budget.epoch_weight()
            || is_late
        {
            self.cut().await;
        }
    }

    /// False when an epoch would change nothing.
    fn has_news(&self) -> bool {
        let epoch = &self.epoch;
        epoch.items > 0
            || !epoch.retried.is_empty()
            || self.known.has_news()
            || self.positions != self.cut_positions
    }

    /// Ends the epoch: a barrier goes through the graph behind everything that belongs to it.
    async fn cut(&mut self) {
        let epoch = std::mem::take(&mut self.epoch);
        let number = self.number;
        self.number += 1;
        self.cut_positions.clone_from(&self.positions);
        let cut = Cut {
            number,
            positions: self.positions.clone(),
            entries: self.known.cut(number),
            retried: epoch.retried,
            entered: epoch.entered,
            read: epoch.read,
            read_bytes: epoch.read_bytes,
            unchanged: epoch.unchanged,
            flight: self.shared.in_flight.add(),
        };
        // When sealing is gone it has failed, and its own error ends the run.
        let _ = self.parts.send(Part::Cut(Box::new(cut))).await;
        self.outlet.send(Item::Barrier(number), &self.shared).await;
    }

    /// Writes down which page goes in alone, for whoever sees this process die.
    fn write_down(&self, record: &Record) -> Result<(), Error> {
        let note = json!({ "id": record.id, "uri": record.origin.uri }).to_string();
        self.store.write_journal(&note)
    }

    /// Waits until the page that went in is sealed and delivered.
    async fn careful(&mut self) {
        let Some(left) = self.cautious else { return };
        self.cut().await;
        self.shared.in_flight.at_most(0).await;
        self.cautious = left.checked_sub(1).filter(|left| *left > 0);
    }
}

/// What sources may ask about earlier runs.
struct KnownVersions {
    source: Arc<str>,
    sealed: Arc<Sealed>,
}

impl Known for KnownVersions {
    fn version(&self, uri: &str) -> Result<Option<String>, Error> {
        let state = EpochState::new("", self.sealed.clone());
        let version = state.get(&version_key(&self.source, uri))?;
        Ok(version.and_then(|version| String::from_utf8(version).ok()))
    }
}

fn version_key(source: &str, uri: &str) -> Vec<u8> {
    let id = Id::of("item", &[source.as_bytes(), uri.as_bytes()]);
    [b"v", &id.as_bytes()[..]].concat()
}

fn dead_items(store: &Store) -> Result<BTreeMap<(String, String), Id>, Error> {
    let dead = store.dead()?.into_iter();
    let of_sources = dead.filter(|dead| dead.stage == dead.source);
    Ok(of_sources
        .map(|dead| ((dead.source, dead.uri), dead.id))
        .collect())
}

fn poison(store: &Store) -> Result<BTreeMap<Id, Suspect>, Error> {
    let mut suspects = store.suspects()?;
    suspects.retain(|_, suspect| suspect.deaths >= MAX_DEATHS);
    Ok(suspects)
}

/// A sample reads only so much; its bytes are not known beforehand.
fn at_most(size: SourceSize, left: u64) -> SourceSize {
    match size.records {
        Some(records) if records > left && left < u64::MAX => SourceSize {
            records: Some(left),
            bytes: None,
        },
        _ => size,
    }
}

async fn reached(deadline: Option<Clock>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
