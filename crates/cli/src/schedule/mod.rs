//! When a pipeline runs by itself: told by our own clock, or by systemd.
//!
//! Nothing here looks at the real clock, sleeps or writes: times come in as values, units go out as
//! text.

pub(crate) mod clock; // is it time?
pub(crate) mod systemd; // the same, as units of systemd

use clap::Args;

use crate::args::FileArgs;

/// `taosha schedule FILE`
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,

    /// Run nothing, but print the units by which systemd runs the pipeline instead
    #[arg(long)]
    pub(crate) systemd: bool,

    /// Run once, now, and end as that run ends
    #[arg(long, conflicts_with = "systemd")]
    pub(crate) once: bool,
}
