mod check;
mod graph;
mod logs;
mod run;
mod schedule;
mod schema;

pub(crate) use check::check;
pub(crate) use graph::graph;
pub(crate) use logs::logs;
pub(crate) use run::run;
pub(crate) use schedule::schedule;
pub(crate) use schema::schema;

use taosha_core::Registry;
use taosha_engine::{Diagnostic, Loaded, PipelineText, Plan, Severity, TextError, load};

use crate::Exit;
use crate::args::FileArgs;
use crate::render::render;
use crate::terminal::Terminal;

/// Reads and plans the file that `args` name, printing what is wrong with it.
fn plan(
    args: &FileArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<(Plan, PipelineText), Exit> {
    let (loaded, text) = read(args, registry, terminal)?;
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

fn read(
    args: &FileArgs,
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
    Ok((load(&text, registry), text))
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
