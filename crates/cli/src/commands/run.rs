use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use taosha_core::Registry;
use taosha_engine::{Ending, Ledger, Limits, Plan, RunError, Store, Summary};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::{Instrument, error, error_span};

use crate::args::{Format, OutputArgs, RunArgs};
use crate::held::{hold, hold_anew};
use crate::log_files::DailyLog;
use crate::progress::Screen;
use crate::signal::asked_to_stop;
use crate::terminal::Terminal;
use crate::torture::{prepare, targets_folder};
use crate::{Exit, logging, summary, supervise};

/// How long workers may finish what they are at when a run has failed.
const GRACE: Duration = Duration::from_secs(2);

/// `taosha run FILE`
pub(crate) fn run(
    args: &RunArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let targets = args.scratch.as_deref().map(targets_folder);
    let planned = super::plan_with_targets(&args.file, targets, registry, terminal);
    let (mut plan, _) = match planned {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    if let Some(scratch) = &args.scratch {
        prepare(&mut plan, scratch);
    }
    // A trial has a state of its own, so that it reads all pages and leaves nothing behind.
    let scratch = match args.no_sinks {
        true => Some(tempfile::tempdir().context("make a folder for the trial")?),
        false => None,
    };
    if let Some(scratch) = &scratch {
        plan = plan.without_sinks();
        plan.state = scratch.path().to_owned();
    }
    let cautious = supervise::is_child();
    // A child goes on with what the one before it was told to forget.
    let begins_anew = args.anew && !cautious;
    let held = match begins_anew {
        true => hold_anew(&plan.state, terminal),
        false => hold(&plan.state, terminal),
    };
    let held = match held {
        Ok(held) => held,
        Err(exit) => return Ok(exit),
    };
    if !cautious && supervise::is_needed(&held.store)? {
        drop(held);
        return supervise::run(&plan.state, terminal);
    }
    let sample = match (&args.scratch, args.sample) {
        (Some(_), Some(total)) => Some(total.saturating_sub(held.store.n_handled()?)),
        (_, sample) => sample,
    };
    let limits = Limits {
        sample,
        cautious,
        ..Limits::default()
    };
    work(plan, &held.store, limits, output, terminal)
}

/// Does what `limits` say, under the eyes of whoever sits at the terminal.
pub(crate) fn work(
    plan: Plan,
    store: &Arc<Store>,
    limits: Limits,
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<Exit> {
    let screen = Screen::new(terminal);
    if let Err(exit) = start_log(&plan.state, &screen, output, terminal) {
        return Ok(exit);
    }
    let runtime = Runtime::new().context("start worker threads")?;
    let (stop, interrupt) = watch::channel(false);
    let limits = Limits {
        interrupt: Some(interrupt),
        ..limits
    };
    // An error span is kept at every log level, so that no line loses its run.
    let span = error_span!("run", run = %plan.run_id);
    let ended = runtime.block_on(async {
        tokio::spawn(stop_on_signal(stop));
        let ledger = Arc::new(Ledger::new(&plan));
        let running = taosha_engine::run(plan, store.clone(), ledger.clone(), limits);
        tokio::select! {
            ended = running.instrument(span.clone()) => ended,
            () = screen.watch(ledger) => unreachable!("watching ends with the run"),
        }
    });
    // A worker in the middle of a page cannot be stopped, but it holds nothing that matters.
    runtime.shutdown_timeout(GRACE);
    Ok(span.in_scope(|| report(ended, output, terminal)))
}

/// Begins to log, also to the state at `folder`; says why it cannot.
pub(super) fn start_log(
    folder: &Path,
    screen: &Screen,
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<(), Exit> {
    let state_log = DailyLog::of_state(folder, Timestamp::now()).map_err(|error| {
        let folder = folder.join("logs");
        let message = format!("taosha: failed to log to `{}`: {error}", folder.display());
        terminal.error(&message);
        Exit::File
    })?;
    logging::start(output, terminal, screen, state_log).map_err(|error| {
        terminal.error(&format!("taosha: failed to {error:#}"));
        Exit::Usage
    })
}

fn report(ended: Result<Summary, RunError>, output: &OutputArgs, terminal: Terminal) -> Exit {
    let summary = match ended {
        Ok(summary) => summary,
        Err(failure) => return tell_failure(&failure, terminal),
    };
    match output.format {
        Format::Text => terminal.out(&summary::text(&summary)),
        Format::Json => terminal.out(&summary::json(&summary).to_string()),
    }
    let ending = &summary.ending;
    let (code, exit) = match ending {
        Ending::Done | Ending::Sampled => return Exit::Ok,
        Ending::Interrupted => ("engine.interrupted", Exit::Failed),
        Ending::Stopped(_) => ("engine.stop_above", Exit::StoppedAbove),
        Ending::Undelivered { .. } => ("engine.undelivered", Exit::Undelivered),
    };
    tell(code, &ending.to_string(), terminal);
    exit
}

/// Says why a run failed.
pub(super) fn tell_failure(failure: &RunError, terminal: Terminal) -> Exit {
    let (code, exit) = match failure {
        RunError::Failed { error, .. } if failure.is_config() => (error.code(), Exit::File),
        RunError::Failed { error, .. } => (error.code(), Exit::Failed),
        RunError::Held(_) => ("engine.held", Exit::Held),
        RunError::Unbalanced => ("engine.unbalanced", Exit::Failed),
    };
    tell(code, &failure.to_string(), terminal);
    exit
}

fn tell(code: &str, message: &str, terminal: Terminal) {
    error!(target: logging::TOLD, code, "{message}");
    terminal.error(&format!("taosha: {message}"));
}

/// Asks the run to stop on SIGINT or SIGTERM; a second signal does not wait.
pub(super) async fn stop_on_signal(stop: watch::Sender<bool>) {
    for first in [true, false] {
        if asked_to_stop().await.is_err() {
            return;
        }
        if !first {
            std::process::exit(i32::from(Exit::Failed.code()));
        }
        let _ = stop.send(true);
    }
}
