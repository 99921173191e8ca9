use std::sync::Arc;
use std::time::{Duration, Instant};

use taosha_core::{Epoch, Error, Sink};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use super::RunError;
use super::patience::Patience;
use super::sinks::blocking;
use crate::Plan;
use crate::plan::Input;
use crate::store::Store;

/// What a replay did.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The last epoch the target holds now.
    pub delivered: u64,
    /// The last sealed one. Larger when the replay was interrupted: the next run goes on behind it.
    pub last: u64,
    /// Rows delivered.
    pub n_rows: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// Clears the sink called `sink` and delivers every sealed epoch to it once more. `watch` is told how
/// many of how many it holds.
///
/// Nothing is cleared unless every epoch can be read. When `interrupt` turns true it ends behind the
/// epoch that is being delivered.
///
/// # Errors
/// When there is no such sink, epochs are no longer kept, or the target cannot be written.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn replay(
    plan: Plan,
    store: Arc<Store>,
    sink: &str,
    interrupt: watch::Receiver<bool>,
    watch: impl Fn(u64, u64),
) -> Result<Replayed, RunError> {
    let ids: Vec<String> = plan.sinks.iter().map(|sink| sink.id.to_string()).collect();
    let of_engine = |error| RunError::of(&"engine".into(), error);
    let Some(found) = plan.sinks.into_iter().find(|found| *found.id == *sink) else {
        let message = format!(
            "find the sink `{sink}`: the file has no such sink, known here: {}",
            ids.join(", ")
        );
        return Err(of_engine(Error::config("engine.sink", message)));
    };
    let port = match found.input {
        Input::Sources => String::new(),
        Input::Stage(index, None) => plan.stages[index].id.to_string(),
        Input::Stage(index, Some(port)) => format!("{}.{port}", plan.stages[index].id),
    };
    let last = store.last_epoch();
    let checked = blocking(&store, move |store| check_all(store, last)).await;
    checked.map_err(of_engine)?;

    let run_id = plan.run_id.clone();
    let begun = blocking(&store, move |store| store.begin_run(&run_id, "replay")).await;
    begun.map_err(of_engine)?;
    let target = Target {
        id: found.id,
        sink: found.sink,
        port,
        last,
    };
    let replayed = target.rebuild(&store, interrupt, watch).await;
    let (end, message) = match &replayed {
        Ok(replayed) if replayed.delivered < last => ("interrupted", None),
        Ok(_) => ("done", None),
        Err(error) => ("failed", Some(error.to_string())),
    };
    let noted = blocking(&store, move |store| store.end_run(end, message, None)).await;
    let replayed = replayed?;
    noted.map_err(of_engine)?;
    Ok(replayed)
}

/// Refuses when an epoch cannot be read: half a table is worse than an old one.
fn check_all(store: &Store, last: u64) -> Result<(), Error> {
    let kept = store.epochs()?;
    let missing: Vec<u64> = (1..=last)
        .filter(|number| !kept.contains_key(number))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "replay: the outbox no longer keeps {} of {last} epochs ({}); `taosha run FILE --anew` reads \
             all pages again instead",
            missing.len(),
            ranges(&missing)
        );
        return Err(Error::config("engine.forgotten", message));
    }
    (1..=last).try_for_each(|number| store.check_file(number))
}

/// `1–4, 7`
pub(crate) fn ranges(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let shown = runs.map(|run| match run {
        [only] => only.to_string(),
        run => format!("{}–{}", run[0], run[run.len() - 1]),
    });
    shown.collect::<Vec<_>>().join(", ")
}

struct Target {
    id: Arc<str>,
    sink: Box<dyn Sink>,
    port: String,
    last: u64,
}

impl Target {
    async fn rebuild(
        mut self,
        store: &Arc<Store>,
        interrupt: watch::Receiver<bool>,
        watch: impl Fn(u64, u64),
    ) -> Result<Replayed, RunError> {
        let id = self.id.clone();
        let failed = |error| RunError::of(&id, error);
        let started = Instant::now();
        let mut patience = Patience::new(&id, None);
        while let Err(error) = self.sink.open().await {
            // Clearing mends what is broken.
            if error.code() == "sink.damaged" {
                warn!(stage = %id, code = error.code(), "failed to {error}");
                break;
            }
            patience.wait(error).await.map_err(failed)?;
        }
        let mut patience = Patience::new(&id, None);
        while let Err(error) = self.sink.clear().await {
            patience.wait(error).await.map_err(failed)?;
        }
        self.note(store, 0).await.map_err(failed)?;
        info!(stage = %id, epochs = self.last, "cleared, delivering every sealed epoch");

        let (state, mut n_rows, mut delivered) = (store.name(), 0, 0);
        for number in 1..=self.last {
            if *interrupt.borrow() {
                break;
            }
            watch(delivered, self.last);
            let sealed = blocking(store, move |store| store.sealed_epoch(number)).await;
            let mut sealed = sealed.map_err(failed)?;
            let epoch = Epoch {
                state: state.as_str().into(),
                number,
                retried: sealed.retried,
                rows: sealed.rows.remove(&self.port).unwrap_or_default(),
            };
            let mut patience = Patience::new(&id, None);
            while let Err(error) = self.sink.deliver(&epoch).await {
                patience.wait(error).await.map_err(failed)?;
            }
            self.note(store, number).await.map_err(failed)?;
            delivered = number;
            n_rows += epoch.rows.len() as u64;
            debug!(stage = %id, epoch = number, rows = epoch.rows.len(), "delivered");
        }
        watch(delivered, self.last);
        let mut patience = Patience::new(&id, None);
        while let Err(error) = self.sink.close().await {
            patience.wait(error).await.map_err(failed)?;
        }
        Ok(Replayed {
            delivered,
            last: self.last,
            n_rows,
            elapsed: started.elapsed(),
        })
    }

    async fn note(&self, store: &Arc<Store>, number: u64) -> Result<(), Error> {
        let id = self.id.clone();
        blocking(store, move |store| store.set_delivered(&id, number)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_named_in_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), "1–3, 7, 9–10");
    }
}
