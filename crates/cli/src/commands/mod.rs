mod check;
mod dead;
mod dedupe;
mod doctor;
mod facts;
mod graph;
mod logs;
mod new_stage;
mod replay;
mod restore;
mod run;
mod runs;
mod schedule;
mod schema;
mod told; // what the outbox tells of a record
mod torture;
mod why;

pub(crate) use check::check;
pub(crate) use dead::dead;
pub(crate) use dedupe::dedupe;
pub(crate) use doctor::doctor;
pub(crate) use facts::facts;
pub(crate) use graph::graph;
pub(crate) use logs::logs;
pub(crate) use new_stage::new_stage;
pub(crate) use replay::replay;
pub(crate) use restore::restore;
pub(crate) use run::run;
pub(crate) use runs::runs;
pub(crate) use schedule::schedule;
pub(crate) use schema::schema;
pub(crate) use torture::torture;
pub(crate) use why::why;

use std::path::PathBuf;

use taosha_core::Registry;
use taosha_engine::{
    Diagnostic, Loaded, PipelineText, Plan, Severity, TextError, load_with_targets,
};

use crate::Exit;
use crate::args::FileArgs;
use crate::held::{Held, look};
use crate::render::render;
use crate::terminal::Terminal;

/// Reads and plans the file that `args` name, printing what is wrong with it.
fn plan(
    args: &FileArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<(Plan, PipelineText), Exit> {
    plan_with_targets(args, None, registry, terminal)
}

/// As [`plan`], with the targets of sinks below `scratch`, if it is given.
fn plan_with_targets(
    args: &FileArgs,
    scratch: Option<PathBuf>,
    registry: &Registry,
    terminal: Terminal,
) -> Result<(Plan, PipelineText), Exit> {
    let (loaded, text) = read(args, scratch, registry, terminal)?;
    if !loaded.diagnostics.is_empty() {
        terminal.error(&render(&loaded.diagnostics, &text, terminal.is_coloured));
        terminal.error("");
    }
    match loaded.plan {
        Some(plan) => Ok((plan, text)),
        None => {
            terminal.error(&verdict(&loaded.diagnostics, &text));
            Err(Exit::File)
        }
    }
}

/// Plans the file that `args` name and takes hold of what its runs have kept.
fn plan_and_state(
    args: &FileArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<(Plan, Held), Exit> {
    let (plan, _) = plan(args, registry, terminal)?;
    let held = look(&plan.state, terminal)?;
    Ok((plan, held))
}

fn read(
    args: &FileArgs,
    scratch: Option<PathBuf>,
    registry: &Registry,
    terminal: Terminal,
) -> Result<(Loaded, PipelineText), Exit> {
    let text = PipelineText::read(&args.file, &args.set).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error}"));
        match error {
            TextError::Unreadable { .. } => Exit::File,
            TextError::Override(_) => Exit::Usage,
        }
    })?;
    Ok((load_with_targets(&text, registry, scratch), text))
}

fn verdict(diagnostics: &[Diagnostic], text: &PipelineText) -> String {
    let n = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let problems = if n == 1 {
        "1 problem".to_owned()
    } else {
        format!("{n} problems")
    };
    format!("{}: {problems}, nothing was run", text.path.display())
}
