use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// When a host may be asked.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    per_host: usize,
    hosts: BTreeMap<String, Host>,
}

#[derive(Debug, Default)]
struct Host {
    under_way: usize,
    not_before: Option<Instant>,
}

impl Pace {
    /// At most `per_host` requests to one host at once.
    pub(crate) fn new(per_host: usize) -> Self {
        Pace {
            per_host,
            hosts: BTreeMap::new(),
        }
    }

    /// Whether `host` may be asked now.
    pub(crate) fn is_ready(&self, host: &str, now: Instant) -> bool {
        self.hosts.get(host).is_none_or(|host| {
            host.under_way < self.per_host && host.not_before.is_none_or(|time| time <= now)
        })
    }

    /// A request to `host` begins; the next one may begin after `delay`.
    pub(crate) fn begin(&mut self, host: &str, now: Instant, delay: Duration) {
        let host = self.hosts.entry(host.to_owned()).or_default();
        host.under_way += 1;
        host.not_before = host.not_before.max(Some(now + delay));
    }

    /// A request to `host` has ended.
    pub(crate) fn end(&mut self, host: &str) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.under_way = host.under_way.saturating_sub(1);
        }
    }

    /// Leaves `host` alone until `time`.
    pub(crate) fn pause(&mut self, host: &str, time: Instant) {
        let host = self.hosts.entry(host.to_owned()).or_default();
        host.not_before = host.not_before.max(Some(time));
    }

    /// When the next host that has to wait may be asked.
    pub(crate) fn next_ready(&self, now: Instant) -> Option<Instant> {
        let free = self
            .hosts
            .values()
            .filter(|host| host.under_way < self.per_host);
        free.filter_map(|host| host.not_before)
            .filter(|time| *time > now)
            .min()
    }
}

/// The pause before repetition number `attempt`, from 0: `first`, doubled every time, between half and all
/// of it as `chance` (0 to 1) has it, so that many crawlers do not come back at once.
pub(crate) fn backoff(first: Duration, attempt: u32, chance: f64) -> Duration {
    let whole = first.saturating_mul(1 << attempt.min(16)).min(MAX_BACKOFF);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// A server that restarts is back by then.
const MAX_BACKOFF: Duration = Duration::from_secs(120);

/// A server that wants a longer pause is asked again after this one, and else by the next run.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_host_is_asked_once_in_its_delay_and_not_while_it_is_paused() {
        let (mut pace, now) = (Pace::new(1), Instant::now());
        assert!(pace.is_ready("a", now));
        pace.begin("a", now, SECOND);
        assert!(!pace.is_ready("a", now + SECOND), "one at a time");
        assert_eq!(pace.next_ready(now), None, "its answer comes first");
        pace.end("a");
        assert!(
            !pace.is_ready("a", now) && pace.is_ready("a", now + SECOND) && pace.is_ready("b", now)
        );
        assert_eq!(pace.next_ready(now), Some(now + SECOND));
        pace.pause("a", now + 5 * SECOND);
        assert!(!pace.is_ready("a", now + 4 * SECOND) && pace.is_ready("a", now + 5 * SECOND));
    }

    #[test]
    fn pauses_double_up_to_a_ceiling() {
        assert_eq!(backoff(SECOND, 0, 1.0), SECOND);
        assert_eq!(backoff(SECOND, 3, 0.0), 4 * SECOND);
        assert_eq!(backoff(SECOND, 99, 1.0), MAX_BACKOFF);
    }
}
