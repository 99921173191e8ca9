use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A run in a process group of its own, so that one signal ends it with all its children. Killed when
/// it is dropped.
pub(super) struct Victim {
    child: Child,
    started: Instant,
    /// A process that was waited for has given up its number.
    has_ended: bool,
}

/// How it ended.
pub(super) enum End {
    Killed,
    ByItself(ExitStatus),
}

/// How often it is asked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(2);

impl Victim {
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        // Its standard input stays open as long as this process lives, see `supervise`.
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        apart(&mut command);
        Ok(Victim {
            child: command.spawn()?,
            started: Instant::now(),
            has_ended: false,
        })
    }

    /// Waits for its end, and kills it at `instant` after its start.
    pub(super) async fn end(mut self, instant: Duration) -> io::Result<End> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                return Ok(End::ByItself(status));
            }
            let left = instant.saturating_sub(self.started.elapsed());
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
        }
        let status = self.kill()?;
        // It may have been quicker.
        Ok(match status.code() {
            Some(_) => End::ByItself(status),
            None => End::Killed,
        })
    }

    fn kill(&mut self) -> io::Result<ExitStatus> {
        kill_all(&mut self.child);
        let status = self.child.wait()?;
        self.has_ended = true;
        Ok(status)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = self.kill();
        }
    }
}

#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(unix)]
fn kill_all(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Elsewhere a child of the run sees the end of its standard input.
#[cfg(not(unix))]
fn apart(_: &mut Command) {}

#[cfg(not(unix))]
fn kill_all(child: &mut Child) {
    let _ = child.kill();
}
