//! When a pipeline runs by itself: told by our own clock, or by systemd.
//!
//! Nothing here looks at the real clock, sleeps or writes: times come in as values, units go out as
//! text.

pub(crate) mod clock; // is it time?
pub(crate) mod systemd; // the same, as units of systemd

use clap::Args;

use crate::args::FileArgs;

/// What to do when it is time and the last run still goes on: `overlap` of `[schedule]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// Leave this one out.
    Skip,
    /// Start when the last one has ended.
    Queue,
}

/// What to do about starts that passed while nothing could run: `missed` of `[schedule]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// Make up for all of them with one run.
    Once,
    /// Wait for the next time.
    Skip,
}

/// `taosha schedule FILE`
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// Run nothing, but print the units by which systemd runs the pipeline instead
    #[arg(long)]
    pub(crate) systemd: bool,
}
