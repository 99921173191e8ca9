use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use taosha_core::Registry;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::{Instrument, error_span};

use super::run::{start_log, stop_on_signal, tell_failure};
use crate::Exit;
use crate::args::{Format, OutputArgs, ReplayArgs};
use crate::paper::counted;
use crate::progress::Screen;
use crate::terminal::Terminal;

/// `taosha replay FILE --sink ID`
pub(crate) fn replay(
    args: &ReplayArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, held) = match super::plan_and_state(&args.file, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let screen = Screen::new(terminal);
    if let Err(exit) = start_log(&plan.state, &screen, output, terminal) {
        return Ok(exit);
    }
    let bar = match terminal.is_interactive {
        true => ProgressBar::new(held.store.last_epoch()),
        false => ProgressBar::hidden(),
    };
    let style =
        "{prefix}  {human_pos:>8} of {human_len} epochs  {wide_bar:.cyan/dim}  {eta:>4} left";
    bar.set_style(ProgressStyle::with_template(style).context("draw progress")?);
    bar.set_prefix(args.sink.clone());

    let runtime = Runtime::new().context("start worker threads")?;
    let (stop, interrupt) = watch::channel(false);
    let span = error_span!("run", run = %plan.run_id);
    let replayed = runtime.block_on(async {
        tokio::spawn(stop_on_signal(stop));
        let watch = |delivered, _| bar.set_position(delivered);
        let replaying =
            taosha_engine::replay(plan, held.store.clone(), &args.sink, interrupt, watch);
        replaying.instrument(span.clone()).await
    });
    bar.finish_and_clear();
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(failure) => return Ok(span.in_scope(|| tell_failure(&failure, terminal))),
    };
    let seconds = replayed.elapsed.as_secs_f64();
    match output.format {
        Format::Text => terminal.out(&format!(
            "{}: {} of {}, {}, in {seconds:.2} s",
            args.sink,
            replayed.delivered,
            counted(replayed.last, "epoch"),
            counted(replayed.n_rows, "row")
        )),
        Format::Json => {
            let shown = json!({
                "sink": args.sink, "delivered": replayed.delivered, "last": replayed.last,
                "rows": replayed.n_rows, "elapsed_secs": seconds,
            });
            terminal.out(&shown.to_string());
        }
    }
    if replayed.delivered < replayed.last {
        terminal.error("taosha: interrupted; the next run delivers the other epochs");
        return Ok(Exit::Failed);
    }
    Ok(Exit::Ok)
}
