//! Kills runs of a pipeline at random and looks whether that can be seen in what they wrote.
//!
//! One run is left in peace and shows what is right. Then come rounds: each begins with nothing, is
//! killed and started again until a run ends by itself, and must hold what the first run wrote. Runs
//! are processes of this very program, so the stages and sinks of a custom binary are in them; all
//! they write lies below one scratch folder.

mod chance; // when, and with how many workers
mod comparison; // are the targets the same?
mod phase; // what a run was at when it was killed
mod round; // one target, many runs
mod target; // what a target holds
mod trial; // the folder of a round
mod victim; // a run that can be killed

pub(crate) use chance::Chance;
pub(crate) use comparison::compare;
pub(crate) use phase::Kills;
pub(crate) use round::{Attempts, Outcome, Undisturbed, round, undisturbed};
pub(crate) use target::{Compared, Target, Targets};
pub(crate) use trial::{prepare, targets_folder};
