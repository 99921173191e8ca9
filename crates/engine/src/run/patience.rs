use std::sync::Arc;
use std::time::Duration;

use taosha_core::{Error, ErrorKind};
use tokio::time::sleep;
use tracing::warn;

use crate::Ledger;

/// Pauses before something that was away is asked again. A file server that restarts is back
/// within half a minute; what is away for longer needs a person, or the next scheduled run.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// Waits longer and longer while a source or sink says that something is away.
pub(super) struct Patience<'a> {
    id: &'a Arc<str>,
    /// Counts the waits, in a run.
    ledger: Option<&'a Ledger>,
    pauses: std::slice::Iter<'static, Duration>,
}

impl<'a> Patience<'a> {
    pub(super) fn new(id: &'a Arc<str>, ledger: Option<&'a Ledger>) -> Self {
        Patience {
            id,
            ledger,
            pauses: PAUSES.iter(),
        }
    }

    /// Waits before the next try, or gives the error back when trying again is no use.
    pub(super) async fn wait(&mut self, error: Error) -> Result<(), Error> {
        let pause = self
            .pauses
            .next()
            .filter(|_| error.kind() == ErrorKind::Unavailable);
        let Some(pause) = pause else {
            return Err(error);
        };
        let retry_secs = pause.as_secs_f64();
        warn!(stage = %self.id, code = error.code(), retry_secs, "failed to {error}");
        if let Some(ledger) = self.ledger {
            ledger.asked_again(self.id);
        }
        sleep(*pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Node, NodeKind};

    fn ledger() -> Ledger {
        Ledger::of_nodes(&[Node {
            id: "sink".into(),
            kind_name: "memory".to_owned(),
            kind: NodeKind::Sink,
            reads: Vec::new(),
        }])
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_away_is_asked_again_for_half_a_minute() {
        let (id, ledger): (Arc<str>, _) = ("sink".into(), ledger());
        let mut patience = Patience::new(&id, Some(&ledger));
        let started = tokio::time::Instant::now();
        let away = || Error::unavailable("sink.away", "reach the target");
        while patience.wait(away()).await.is_ok() {}
        assert!((30..40).contains(&started.elapsed().as_secs()));
        assert_eq!(ledger.nodes()[0].retries, PAUSES.len() as u64);
    }

    #[tokio::test]
    async fn what_is_wrong_is_not_asked_again() {
        let (id, ledger): (Arc<str>, _) = ("sink".into(), ledger());
        let error = Error::config("sink.dir", "write");
        assert!(Patience::new(&id, Some(&ledger)).wait(error).await.is_err());
        assert_eq!(ledger.nodes()[0].retries, 0);
    }
}
