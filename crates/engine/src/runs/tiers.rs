//! When runs are merged: a few of about the same size become one.

/// How many runs of one tier are too many. With more, a lookup asks more filters; with fewer, the
/// same entries are written again more often. Between 4 and 16 we measured no difference beyond the
/// noise, see docs/decisions/state-store.md; eight keeps both costs small.
const FAN: usize = 8;

/// Runs up to this size are all of the lowest tier; to merge them costs next to nothing.
const SMALL: u64 = 64 * 1024;

/// Which of the runs of these sizes, the oldest first, a new run of `fresh` bytes is merged with:
/// those from the returned place on. Their number when with none.
///
/// Only neighbours in age are merged, since of equal keys the newest counts. Afterwards no run is of
/// a higher tier than an older one, and fewer than [`FAN`] are of the same tier: so there are at
/// most seven for each eightfold growth of the state.
pub(super) fn merge_from(sizes: &[u64], fresh: u64) -> usize {
    let mut from = sizes.len();
    let mut merged = fresh;
    loop {
        let own = tier(merged);
        let is_lower = |size: &&u64| tier(**size) < own;
        let is_same = |size: &&u64| tier(**size) == own;
        let older = &sizes[..from];
        let n_lower = older.iter().rev().take_while(is_lower).count();
        let n_same = older[..from - n_lower]
            .iter()
            .rev()
            .take_while(is_same)
            .count();
        let n_due = match n_same + 1 >= FAN {
            true => n_lower + n_same,
            false => n_lower,
        };
        if n_due == 0 {
            return from;
        }
        from -= n_due;
        merged += sizes[from..from + n_due].iter().sum::<u64>();
    }
}

/// Grows by one whenever the size grows by the factor of [`FAN`].
fn tier(n_bytes: u64) -> u32 {
    (n_bytes / SMALL).max(1).ilog(FAN as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Adds runs of these sizes; returns those that remain, and all bytes that were written.
    fn after(fresh: impl IntoIterator<Item = u64>) -> (Vec<u64>, u64) {
        let mut sizes: Vec<u64> = Vec::new();
        let mut n_written = 0;
        for fresh in fresh {
            let from = merge_from(&sizes, fresh);
            let merged = sizes.drain(from..).sum::<u64>() + fresh;
            n_written += merged;
            sizes.push(merged);
        }
        (sizes, n_written)
    }

    #[test]
    fn ten_thousand_equal_seals_leave_few_runs_and_are_written_few_times() {
        let (sizes, n_written) = after([1 << 20; 10_000]);
        assert!(sizes.len() <= 5 * (FAN - 1), "{sizes:?}");
        assert!(n_written <= 6 * (10_000 << 20), "{n_written}");
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_runs_stay_few(
            powers in prop::collection::vec(0..26_u32, 0..400),
        ) {
            let (sizes, _) = after(powers.iter().map(|power| 1 << power));
            let n_tiers = tier(sizes.iter().sum()) as usize + 1;
            prop_assert!(sizes.len() < FAN * n_tiers, "{:?}", sizes);
            prop_assert!(sizes.is_sorted_by_key(|size| std::cmp::Reverse(tier(*size))));
        }
    }
}
