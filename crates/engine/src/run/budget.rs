use std::sync::Arc;

use taosha_core::ByteSize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that may be in flight in the whole graph.
///
/// A page is weighed once, when it enters, and gives its weight back when the last record made of
/// it is delivered or ended. Nothing in the middle waits for memory, so the graph cannot lock up.
pub(super) struct Budget {
    /// One permit per [`UNIT`] bytes.
    permits: Arc<Semaphore>,
    total: u32,
}

/// A page's share of the budget; given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Share {
    /// Held, not read: dropping it gives the permits back.
    _permits: Arc<OwnedSemaphorePermit>,
    /// In [`UNIT`]s.
    pub(super) weight: u32,
}

/// Permits count kibibytes, so that a budget of up to 4 TiB fits their number.
const UNIT: u64 = 1024;

/// What a page takes for each of its bytes while it is in flight: the bytes, the text, the reading,
/// the simplified copy in which a stage looks words up, sections and facts, and their rows as structs
/// and as JSON. Measured through all stages on 52 MB of reports on one line, one figure in every 47
/// bytes: a peak RSS of 41 bytes per byte, see docs/benchmarks.md. Thinner prose takes less.
const BYTES_PER_BYTE: u64 = 40;

/// What a page takes however small it is: records, spans, channel slots.
const BYTES_PER_PAGE: u64 = 16 * 1024;

impl Budget {
    pub(super) fn new(memory: ByteSize) -> Self {
        let total = (memory.0 / UNIT).clamp(1, Semaphore::MAX_PERMITS.min(1 << 31) as u64);
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        Budget {
            permits: Arc::new(Semaphore::new(total as usize)),
            total,
        }
    }

    /// Waits until there is room for a page of `bytes`. A page that outweighs the whole budget gets
    /// all of it and travels alone.
    pub(super) async fn take(&self, bytes: usize) -> Share {
        let weight = self.weight(bytes);
        let permits = self.permits.clone().acquire_many_owned(weight).await;
        let permits = permits.expect("the budget is never closed");
        Share {
            _permits: Arc::new(permits),
            weight,
        }
    }

    /// As [`take`](Self::take), when there is room now.
    pub(super) fn try_take(&self, bytes: usize) -> Option<Share> {
        let weight = self.weight(bytes);
        let permits = self.permits.clone().try_acquire_many_owned(weight).ok()?;
        Some(Share {
            _permits: Arc::new(permits),
            weight,
        })
    }

    fn weight(&self, bytes: usize) -> u32 {
        let weight = (bytes as u64 * BYTES_PER_BYTE + BYTES_PER_PAGE) / UNIT;
        u32::try_from(weight)
            .unwrap_or(u32::MAX)
            .clamp(1, self.total)
    }

    /// The weight at which an epoch is cut: one can be read while others are sealed and delivered.
    pub(super) fn epoch_weight(&self) -> u64 {
        u64::from(self.total) / 4
    }

    /// All of it.
    pub(super) fn total_bytes(&self) -> u64 {
        u64::from(self.total) * UNIT
    }

    /// Bytes of the budget that are taken.
    pub(super) fn taken_bytes(&self) -> u64 {
        let free = self.permits.available_permits() as u64;
        u64::from(self.total).saturating_sub(free) * UNIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_page_waits_until_the_one_before_is_done() {
        let budget = Budget::new(ByteSize::mib(1));
        let first = budget.take(60_000).await;
        assert!(budget.take(60_000).now_or_never().is_none());
        let clone = first.clone();
        drop(first);
        assert!(budget.take(60_000).now_or_never().is_none());
        drop(clone);
        assert!(budget.take(60_000).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_page_larger_than_the_budget_travels_alone() {
        let budget = Budget::new(ByteSize::mib(1));
        let share = budget.take(1 << 30).await;
        assert!(budget.take(1).now_or_never().is_none());
        drop(share);
        assert!(budget.take(1).now_or_never().is_some());
    }
}
