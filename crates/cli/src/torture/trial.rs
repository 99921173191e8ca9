use std::path::{Path, PathBuf};

use taosha_engine::Plan;

use crate::supervise;

/// Where the sinks of a run write that is to leave the real targets alone.
pub(crate) fn targets_folder(scratch: &Path) -> PathBuf {
    scratch.join("targets")
}

/// In the run: keeps everything below `scratch`, and ends with the process that made it.
pub(crate) fn prepare(plan: &mut Plan, scratch: &Path) {
    plan.state = state(scratch);
    // The port may be that of a real run.
    plan.options.metrics = None;
    // Counted by each run for itself, so that a run that was started again would stop elsewhere.
    plan.options.errors.stop_above = None;
    if !supervise::is_child() {
        supervise::end_with_parent();
    }
}

pub(super) fn state(scratch: &Path) -> PathBuf {
    scratch.join("state")
}

/// What the last run there had to say.
pub(super) fn stderr(scratch: &Path) -> PathBuf {
    scratch.join("stderr.txt")
}
