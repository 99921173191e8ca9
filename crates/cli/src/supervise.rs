//! Finds a page that kills the process: a child handles one page at a time and writes each one down
//! before, and this process sees how it dies.
//!
//! Only a death that this process has seen is held against a page, so a machine that is switched off,
//! or somebody who kills everything, accuses none.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use taosha_engine::{Store, Suspect};
use tokio::runtime::Runtime;

use crate::Exit;
use crate::held::hold;
use crate::signal::{Asked, Signals};
use crate::terminal::Terminal;

/// Set for the child.
const CHILD: &str = "TAOSHA_SUPERVISED";

/// Runs in a row that died without sealing anything, after which the next one is watched. One may be
/// anything; of two it is likely that the third would end so too.
const DEATHS: usize = 2;

/// Deaths in a row that no page can be blamed for, after which watching is no use.
const MAX_UNEXPLAINED: usize = 3;

/// True in the child.
pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// True when the last runs died where they began.
pub(crate) fn is_needed(store: &Store) -> Result<bool> {
    let runs = store.runs()?;
    let handling = runs.values().rev().filter(|run| run.handles_pages());
    let died = handling.take_while(|run| run.ended.is_none() && run.epochs.is_none());
    Ok(died.take(DEATHS).count() == DEATHS)
}

/// In the child: ends with the parent, whatever ends that.
pub(crate) fn end_with_parent() {
    std::thread::spawn(|| {
        // The parent writes nothing; reading ends when its end of the pipe is closed.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(Exit::Failed.code()));
    });
}

/// Runs the same command in a child, again and again until it ends by itself. A page that is alone in
/// its hands when it dies is noted in the state at `folder`; the third time, the child leaves it out.
pub(crate) fn run(folder: &Path, terminal: Terminal) -> Result<Exit> {
    terminal.error(
        "taosha: the last runs died where they began; looking for the page that does it, one at a time",
    );
    let runtime = Runtime::new().context("start a thread that listens to signals")?;
    let mut n_unexplained = 0;
    loop {
        let (status, was_stopped) = runtime.block_on(watch_child())?;
        if let Some(code) = status.code() {
            return Ok(Exit::of_code(code));
        }
        if was_stopped {
            return Ok(Exit::Failed);
        }
        let held = match hold(folder, terminal) {
            Ok(held) => held,
            Err(exit) => return Ok(exit),
        };
        let how = how(status);
        match blame(&held.store, &how)? {
            Some(Suspect { uri, deaths, .. }) => {
                n_unexplained = 0;
                terminal.error(&format!(
                    "taosha: died by {how} with `{uri}` in its hands (death {deaths})"
                ));
            }
            None => {
                n_unexplained += 1;
                terminal.error(&format!("taosha: died by {how} with no page in its hands"));
            }
        }
        if n_unexplained == MAX_UNEXPLAINED {
            terminal.error("taosha: no page is to blame for that; nothing was lost");
            return Ok(Exit::Failed);
        }
    }
}

/// The page that was in the hands of the child that died.
fn blame(store: &Store, how: &str) -> Result<Option<Suspect>> {
    let Some((id, uri)) = store.in_hands()? else {
        return Ok(None);
    };
    // A page that is sealed was out of its hands when it died.
    if store.is_handled(id)? {
        return Ok(None);
    }
    Ok(Some(store.suspect(id, &uri, how)?))
}

/// Starts the child and waits for its end; passes on that somebody wants it to stop.
async fn watch_child() -> Result<(ExitStatus, bool)> {
    let mut child = spawn()?;
    // Held open until the child has ended.
    let stdin = child.stdin.take();
    let pid = child.id();
    let waiting = tokio::task::spawn_blocking(move || child.wait());
    let mut waiting = std::pin::pin!(waiting);
    let mut signals = Signals::listen().context("listen to signals")?;
    let mut was_stopped = false;
    loop {
        tokio::select! {
            status = &mut waiting => {
                drop(stdin);
                return Ok((status.context("wait for the child")??, was_stopped));
            }
            asked = signals.next() => if asked == Asked::Stop {
                was_stopped = true;
                ask_to_stop(pid);
            }
        }
    }
}

fn spawn() -> Result<Child> {
    let program = std::env::current_exe().context("find this program")?;
    Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .spawn()
        .context("start a child")
}

#[cfg(unix)]
pub(crate) fn ask_to_stop(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Elsewhere a console's Ctrl-C reaches the child by itself.
#[cfg(not(unix))]
pub(crate) fn ask_to_stop(_pid: u32) {}

#[cfg(unix)]
fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(signal) => format!("signal_{signal}"),
        None => "unknown".to_owned(),
    }
}

#[cfg(not(unix))]
fn how(_: ExitStatus) -> String {
    "unknown".to_owned()
}
