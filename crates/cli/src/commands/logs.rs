use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use taosha_core::Registry;

use crate::Exit;
use crate::args::{Format, LogsArgs, OutputArgs};
use crate::log_files::DailyName;
use crate::logs::{Form, Pretty, Reader, View, Wanted};
use crate::signal::asked_to_stop;
use crate::terminal::Terminal;

/// How often files are looked at: a person takes it for at once, and it costs one listing.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is shown of the past when the future is asked for; as `tail -f` and `journalctl -f` do.
const LAST_WHEN_FOLLOWING: usize = 10;

/// `taosha logs FILE`
pub(crate) fn logs(
    args: &LogsArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, _) = match super::plan(&args.file, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    let mut fields = args.fields.clone();
    if let Some(stage) = &args.stage {
        let ids: Vec<&str> = plan.nodes.iter().map(|node| &*node.id).collect();
        // No error: the log may be older than the file.
        if !ids.contains(&stage.as_str()) {
            let path = args.file.file.display();
            let known = ids.join(", ");
            terminal.error(&format!(
                "taosha: `{path}` has no `{stage}`, known here: {known}"
            ));
        }
        fields.push(("stage".to_owned(), stage.clone()));
    }
    let wanted = Wanted {
        level: args.level,
        fields,
    };
    let form = if args.raw || output.format == Format::Json {
        Form::Raw
    } else {
        Form::Pretty(Pretty::new(TimeZone::system(), terminal.is_out_coloured))
    };
    let last = args.lines.or(args.follow.then_some(LAST_WHEN_FOLLOWING));
    let name = DailyName::of_state(&plan.state);
    let folder = name.folder().display().to_string();
    if name.files().is_ok_and(|files| files.is_empty()) {
        terminal.error(&format!("taosha: no log in `{folder}` yet"));
    }

    let reader = Reader::new(name);
    let view = View::new(wanted, form, last, terminal.lines());
    let shown = if args.follow {
        follow(reader, view)
    } else {
        show(reader, view)
    };
    match shown {
        // `taosha logs FILE | head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        shown => shown
            .with_context(|| format!("read the log in `{folder}`"))
            .map(|()| Exit::Ok),
    }
}

fn show(mut reader: Reader, mut view: View<impl io::Write>) -> io::Result<()> {
    let now = Instant::now();
    reader.read(|line| view.push(line, now))?;
    reader.end(|line| view.push(line, now))?;
    view.end()
}

/// Shows what is there and what comes, until a signal.
fn follow(mut reader: Reader, mut view: View<impl io::Write>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let stop = asked_to_stop();
        tokio::pin!(stop);
        loop {
            let now = Instant::now();
            reader.read(|line| view.push(line, now))?;
            view.catch_up()?;
            view.tick(now)?;
            tokio::select! {
                stopped = &mut stop => {
                    stopped?;
                    return view.end();
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    })
}
