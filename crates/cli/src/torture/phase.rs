use taosha_engine::Store;

/// What runs were at when they were killed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kills {
    /// Not yet reading: the state and the targets were being opened.
    pub(crate) starting: usize,
    /// Reading, and nothing of it was sealed.
    pub(crate) unsealed: usize,
    /// Sealing and delivering, with more to read.
    pub(crate) sealing: usize,
    /// All was done but the end of the process.
    pub(crate) ending: usize,
}

impl Kills {
    /// Of one round with so many kills and one run that ended by itself, as the state tells it.
    pub(super) fn of(store: &Store, n_kills: usize) -> taosha_core::Result<Kills> {
        let mut kills = Kills::default();
        let runs = store.runs()?;
        // The last one is the one that ended by itself.
        for run in runs.values().rev().skip(1) {
            match (run.ended, run.epochs) {
                (Some(_), _) => kills.ending += 1,
                (None, Some(_)) => kills.sealing += 1,
                (None, None) => kills.unsealed += 1,
            }
        }
        kills.starting = n_kills.saturating_sub(kills.n());
        Ok(kills)
    }

    pub(crate) fn n(&self) -> usize {
        self.starting + self.unsealed + self.sealing + self.ending
    }

    pub(crate) fn add(&mut self, other: &Kills) {
        self.starting += other.starting;
        self.unsealed += other.unsealed;
        self.sealing += other.sealing;
        self.ending += other.ending;
    }
}
