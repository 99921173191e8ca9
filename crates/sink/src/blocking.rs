use std::sync::{Arc, Mutex, PoisonError};

use taosha_core::{Error, Result};

/// A target whose work blocks, such as files or an embedded database: done on a thread of its own.
///
/// A caller that stops waiting does not interrupt the work; the next one waits for its end.
pub(crate) struct Blocking<T>(Arc<Mutex<T>>);

impl<T: Send + 'static> Blocking<T> {
    pub(crate) fn new(target: T) -> Self {
        Blocking(Arc::new(Mutex::new(target)))
    }

    /// What `work` makes of the target.
    pub(crate) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let target = Arc::clone(&self.0);
        // A panic ends the run, so nobody works with what it left.
        let locked = move || work(&mut target.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(locked)
            .await
            .map_err(|error| Error::defect("sink.panicked", "write tables").because(error))?
    }
}
