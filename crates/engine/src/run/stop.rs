use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::Stopped;

/// How a run that did not fail came to its end.
#[derive(Clone, Debug)]
pub enum Ending {
    /// The sources had no more.
    Done,
    /// As many pages were read as were asked for.
    Sampled,
    /// Somebody asked for it; the next run goes on from here.
    Interrupted,
    /// Too many pages were dead.
    Stopped(Stopped),
    /// Everything read is sealed, but a target was away for too long. The next run delivers first.
    Undelivered {
        /// The sink.
        sink: Arc<str>,
        /// What was tried, and how it failed.
        message: String,
    },
}

impl Ending {
    /// The word used in the history of runs.
    pub fn name(&self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Sampled => "sampled",
            Ending::Interrupted => "interrupted",
            Ending::Stopped(_) => "stopped",
            Ending::Undelivered { .. } => "undelivered",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Done => f.write_str("done"),
            Ending::Sampled => {
                f.write_str("stopped after the pages asked for; the next run goes on")
            }
            Ending::Interrupted => f.write_str("interrupted; the next run goes on from here"),
            Ending::Stopped(Stopped { dead, read, limit }) => write!(
                f,
                "stopped: {dead} of {read} pages are dead, the limit is {limit}; `taosha dead list` \
                 shows them"
            ),
            Ending::Undelivered { sink, message } => write!(
                f,
                "sealed but not delivered: `{sink}` failed to {message}; the next run delivers first"
            ),
        }
    }
}

/// Asks the sources to read no more. What is in flight then is still sealed and delivered.
pub(super) struct Stop(watch::Sender<Option<Ending>>);

impl Stop {
    pub(super) fn new() -> Self {
        Stop(watch::Sender::new(None))
    }

    /// The first reason is the one that is told. Only the end of a sample, which is no trouble, gives
    /// way to a target that is away.
    pub(super) fn ask(&self, why: Ending) {
        self.0.send_if_modified(|asked| {
            let is_first = asked.is_none();
            let is_worse =
                matches!(why, Ending::Undelivered { .. }) && matches!(asked, Some(Ending::Sampled));
            if is_first || is_worse {
                *asked = Some(why);
            }
            is_first
        });
    }

    pub(super) fn asked(&self) -> Option<Ending> {
        self.0.borrow().clone()
    }

    /// Waits until somebody asks.
    pub(super) async fn wait(&self) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`.
        let _ = asked.wait_for(Option::is_some).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undelivered() -> Ending {
        Ending::Undelivered {
            sink: "sink".into(),
            message: "reach the target".to_owned(),
        }
    }

    #[test]
    fn a_sample_that_was_not_delivered_is_not_told_as_done() {
        let stop = Stop::new();
        stop.ask(Ending::Sampled);
        stop.ask(undelivered());
        assert_eq!(stop.asked().unwrap().name(), "undelivered");
    }

    #[test]
    fn otherwise_the_first_reason_is_told() {
        let stop = Stop::new();
        stop.ask(Ending::Interrupted);
        stop.ask(undelivered());
        stop.ask(Ending::Sampled);
        assert_eq!(stop.asked().unwrap().name(), "interrupted");
    }
}
