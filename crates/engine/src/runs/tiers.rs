//! When runs are merged: a few of about the same size become one.

/// How many runs of about one size are too many. With more, a lookup asks more filters; with fewer,
/// the same entries are written again more often (docs/decisions/state-store.md).
const FAN: usize = 4;

/// Runs up to this many times as large count as of one size. Sizes are held against each other and not
/// against fixed borders: seals that are about as large as a border would be told apart by it.
const ALIKE: u64 = 3;

/// Runs up to this size count as of this size; to merge them costs next to nothing.
const SMALL: u64 = 64 * 1024;

/// Which of the runs of these sizes, the oldest first, a new run of `fresh` bytes is merged with:
/// those from the returned place on. Their number when with none.
///
/// Only neighbours in age are merged, since of equal keys the newest counts. Those that are not much
/// larger than the new run are, once there are enough of them; what comes of it, may be enough
/// for the next size.
pub(super) fn merge_from(sizes: &[u64], fresh: u64) -> usize {
    let mut from = sizes.len();
    let mut merged = fresh;
    loop {
        let most = merged.max(SMALL) * ALIKE;
        let older = &sizes[..from];
        let n_alike = older.iter().rev().take_while(|size| **size <= most).count();
        if n_alike + 1 < FAN {
            return from;
        }
        from -= n_alike;
        merged += sizes[from..from + n_alike].iter().sum::<u64>();
    }
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
    fn ten_thousand_seals_leave_few_runs_and_are_written_few_times() {
        for spread in [0, 1 << 18, 1 << 20] {
            let size = |number: u64| (4 << 20) + number * 7919 % (2 * spread + 1) - spread;
            let (sizes, n_written) = after((0..10_000).map(size));
            assert!(sizes.len() <= 20, "{sizes:?}");
            assert!(n_written <= 6 * (40_000 << 20), "{n_written}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_runs_stay_few(
            powers in prop::collection::vec(0..26_u32, 0..400),
        ) {
            let (sizes, _) = after(powers.iter().map(|power| 1 << power));
            let total: u64 = sizes.iter().sum();
            let n_sizes = (total / SMALL).max(1).ilog(ALIKE) as usize + 2;
            prop_assert!(sizes.len() < FAN * n_sizes, "{:?}", sizes);
        }
    }
}
