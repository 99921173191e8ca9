use std::sync::Arc;

use tokio::sync::watch;

/// Counts the epochs that are cut but not yet held by every sink.
#[derive(Clone)]
pub(super) struct InFlight(Arc<watch::Sender<u64>>);

/// One of them; counted until it is dropped.
pub(super) struct Flight(InFlight);

impl InFlight {
    pub(super) fn new() -> Self {
        InFlight(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn add(&self) -> Flight {
        self.0.send_modify(|n| *n += 1);
        Flight(self.clone())
    }

    pub(super) fn count(&self) -> u64 {
        *self.0.borrow()
    }

    /// Waits until there are at most `n`.
    pub(super) async fn at_most(&self, n: u64) {
        let mut count = self.0.subscribe();
        let _ = count.wait_for(|count| *count <= n).await;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.send_modify(|n| *n -= 1);
    }
}
