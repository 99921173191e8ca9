//! `taosha dedupe …`: which reports and passages were collapsed, and what that costs.

mod clusters; // which reports stand for which
mod phrases; // which passages stand where
mod shown; // the result, for people and programs
mod stats; // all of it, from the outbox and the state

use anyhow::{Context, Result};
use taosha_core::Registry;

use crate::Exit;
use crate::args::{DedupeCommand, Format, OutputArgs};
use crate::terminal::Terminal;

use self::stats::Stats;

/// `taosha dedupe stats FILE`
pub(crate) fn dedupe(
    command: &DedupeCommand,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let DedupeCommand::Stats(args) = command;
    let (plan, held) = match super::plan_and_state(args, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let stats = Stats::of(&plan, &held.store).context("count copies")?;
    match output.format {
        Format::Text => terminal.out(&shown::text(&stats)),
        Format::Json => terminal.out(&shown::json(&stats).to_string()),
    }
    Ok(Exit::Ok)
}
