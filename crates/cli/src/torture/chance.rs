use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread::available_parallelism;
use std::time::Duration;

/// What a run is started with, and when it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    /// When it is killed.
    pub(super) instant: Duration,
    pub(super) workers: u64,
    /// `run.epoch.records`
    pub(super) records: u64,
}

/// Everything that is random, from one seed. How far a run has come by a certain time is not in it,
/// so a seed repeats what is drawn, and not quite what happens.
pub(crate) struct Chance(u64);

/// Most epochs in a run. Each one waits for the disk several times, so that with one for every page
/// of a large sample nothing else would ever be hit.
const MAX_EPOCHS: u64 = 200;

/// How much longer than the undisturbed run a killed one may take: with fewer workers and smaller
/// epochs it is slower, and its end must be hit too.
const OVERTIME: f64 = 1.1;

/// The earliest kill: a process is not even loaded then.
const MIN_INSTANT: Duration = Duration::from_millis(1);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// A seed that nobody has chosen.
    pub(crate) fn new_seed() -> u64 {
        // Short enough to be typed again.
        RandomState::new().build_hasher().finish() >> 32
    }

    /// For a run that takes `whole` and reads `pages` when nobody kills it.
    pub(super) fn draw(&mut self, whole: Duration, pages: u64) -> Draw {
        let whole = whole.mul_f64(OVERTIME).max(2 * MIN_INSTANT);
        // Half of the kills fall anywhere in the run: most of its time is reading and working, and
        // delivery stands at its end. The other half fall early, each order of magnitude as often as
        // the next: starting up and taking up what the run before left are over in milliseconds, and
        // hold most of the code that must be right.
        let instant = if self.share() < 0.5 {
            whole.mul_f64(self.share())
        } else {
            let (least, most) = (MIN_INSTANT.as_secs_f64(), whole.as_secs_f64());
            Duration::from_secs_f64(self.between(least, most))
        };
        let n_cores = available_parallelism().map_or(1, |n| n.get() as u64);
        let least = (pages / MAX_EPOCHS).max(1);
        Draw {
            instant,
            workers: 1 + self.next() % (2 * n_cores),
            records: self.between(least as f64, (pages + 1) as f64) as u64,
        }
    }

    /// Every order of magnitude between the two is as likely as the next.
    fn between(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.share())
    }

    /// At least 0 and less than 1.
    fn share(&mut self) -> f64 {
        const BITS: u32 = f64::MANTISSA_DIGITS;
        (self.next() >> (u64::BITS - BITS)) as f64 / (1u64 << BITS) as f64
    }

    /// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>: ten lines are less than a dependency.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Duration = Duration::from_secs(10);

    #[test]
    fn a_seed_repeats_what_is_drawn() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            let draws = (0..20).map(|_| chance.draw(WHOLE, 100).instant);
            draws.collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn kills_fall_everywhere_and_a_good_part_of_them_early() {
        let mut chance = Chance::new(1);
        let draws: Vec<Draw> = (0..1000).map(|_| chance.draw(WHOLE, 1000)).collect();
        let within = |from: u64, to: u64| {
            let range = Duration::from_millis(from)..Duration::from_millis(to);
            draws
                .iter()
                .filter(|draw| range.contains(&draw.instant))
                .count()
        };
        for tenth in 0..11 {
            assert!(within(tenth * 1000, (tenth + 1) * 1000) > 20, "{tenth}");
        }
        for (from, to) in [(1, 10), (10, 100), (100, 1000)] {
            assert!(within(from, to) > 80, "{from} to {to} ms");
        }
        assert_eq!(within(1, 11_000) + within(0, 1), 1000);
    }

    #[test]
    fn epochs_are_never_empty_nor_too_many() {
        let mut chance = Chance::new(1);
        for pages in [0, 1, 21, 20_000] {
            for _ in 0..100 {
                let Draw {
                    records, workers, ..
                } = chance.draw(WHOLE, pages);
                assert!(records >= (pages / MAX_EPOCHS).max(1) && records <= pages + 1);
                assert!(workers >= 1);
            }
        }
    }
}
