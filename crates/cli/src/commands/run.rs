use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use taosha_core::Registry;
use taosha_engine::{Ledger, Limits, LockError, RunError, StateLock, Summary};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::{Instrument, error, error_span};

use crate::args::{Format, OutputArgs, RunArgs};
use crate::log_files::DailyLog;
use crate::progress::Screen;
use crate::signal::asked_to_stop;
use crate::terminal::Terminal;
use crate::{Exit, logging, summary};

/// How long workers may finish what they are at when a run has failed.
const GRACE: Duration = Duration::from_secs(2);

/// `taosha run FILE`
pub(crate) fn run(
    args: &RunArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, _) = match super::plan(&args.file, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    let plan = if args.no_sinks {
        plan.without_sinks()
    } else {
        plan
    };
    let _lock = match StateLock::take(&plan.state) {
        Ok(lock) => lock,
        Err(error) => {
            terminal.error(&format!("taosha: failed to {error}"));
            return Ok(match error {
                LockError::Held { .. } => Exit::Held,
                LockError::Io { .. } => Exit::File,
            });
        }
    };

    let screen = Screen::new(terminal);
    let state_log = match DailyLog::of_state(&plan.state, Timestamp::now()) {
        Ok(state_log) => state_log,
        Err(error) => {
            let folder = plan.state.join("logs");
            let message = format!("taosha: failed to log to `{}`: {error}", folder.display());
            terminal.error(&message);
            return Ok(Exit::File);
        }
    };
    if let Err(error) = logging::start(output, terminal, &screen, state_log) {
        terminal.error(&format!("taosha: failed to {error:#}"));
        return Ok(Exit::Usage);
    }
    let runtime = Runtime::new().context("start worker threads")?;
    let (stop, interrupt) = watch::channel(false);
    let limits = Limits {
        sample: args.sample,
        interrupt: Some(interrupt),
    };
    // An error span is kept at every log level, so that no line loses its run.
    let span = error_span!("run", run = %plan.run_id);
    let ended = runtime.block_on(async {
        tokio::spawn(stop_on_signal(stop));
        let ledger = Arc::new(Ledger::new(&plan));
        let running = taosha_engine::run(plan, ledger.clone(), limits);
        tokio::select! {
            ended = running.instrument(span.clone()) => ended,
            () = screen.watch(ledger) => unreachable!("watching ends with the run"),
        }
    });
    // A worker in the middle of a page cannot be stopped, but it holds nothing that matters.
    runtime.shutdown_timeout(GRACE);
    Ok(span.in_scope(|| report(ended, output, terminal)))
}

fn report(ended: Result<Summary, RunError>, output: &OutputArgs, terminal: Terminal) -> Exit {
    let failure = match ended {
        Ok(done) => {
            match output.format {
                Format::Text => terminal.out(&summary::text(&done)),
                Format::Json => terminal.out(&summary::json(&done).to_string()),
            }
            return Exit::Ok;
        }
        Err(failure) => failure,
    };
    let (code, exit) = match &failure {
        RunError::Failed { error, .. } if failure.is_config() => (error.code(), Exit::File),
        RunError::Failed { error, .. } => (error.code(), Exit::Failed),
        RunError::Stopped(_) => ("engine.stop_above", Exit::StoppedAbove),
        RunError::Interrupted => ("engine.interrupted", Exit::Failed),
        RunError::Unbalanced => ("engine.unbalanced", Exit::Failed),
    };
    error!(target: logging::TOLD, code, "{failure}");
    terminal.error(&format!("taosha: {failure}"));
    exit
}

/// Asks the run to stop on SIGINT or SIGTERM; a second signal does not wait.
async fn stop_on_signal(stop: watch::Sender<bool>) {
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
