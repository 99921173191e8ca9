use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use taosha_core::Registry;
use taosha_engine::{Overlap, Plan, ScheduleOptions, StateLock};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::Exit;
use crate::schedule::ScheduleArgs;
use crate::schedule::clock::{Clock, LastRun, Tick, Why};
use crate::schedule::systemd::{Service, units};
use crate::signal::{Asked, Signals};
use crate::supervise::ask_to_stop;
use crate::terminal::Terminal;

/// How often a state is asked for that another process holds, when starts are queued.
const LOCK_EVERY: Duration = Duration::from_secs(5);

/// `taosha schedule FILE`
///
/// Every run is a child: one that is killed by a page or by hand takes no schedule with it, and a file
/// that was changed is read anew by the next one.
pub(crate) fn schedule(
    args: &ScheduleArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, text) = match super::plan(&args.file, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    let Some(options) = plan.schedule.clone() else {
        let message = format!(
            "taosha: `{}` has no `[schedule]`: add one with `cron = \"0 2 * * *\"`",
            text.path.display()
        );
        terminal.error(&message);
        return Ok(Exit::File);
    };
    if args.systemd {
        let binary = std::env::current_exe().context("find this program")?;
        let file = std::path::absolute(&args.file.file).context("find the pipeline file")?;
        let service = Service {
            name: &plan.name,
            binary: &binary,
            file: &file,
            set: &args.file.set,
            cron: &options.cron.0,
            zone: options.timezone.as_ref().map(|zone| &zone.0),
            overlap: options.overlap,
            missed: options.missed,
        };
        terminal.out(&units(&service)?);
        return Ok(Exit::Ok);
    }
    let runtime = Runtime::new().context("start a thread that watches the clock")?;
    runtime.block_on(async {
        let mut scheduler = Scheduler {
            args,
            registry,
            terminal,
            plan,
            options,
            signals: Signals::listen().context("listen to signals")?,
        };
        match args.once {
            true => Ok(scheduler.run_through().await?.unwrap_or(Exit::Ok)),
            false => scheduler.run_for_good().await,
        }
    })
}

struct Scheduler<'a> {
    args: &'a ScheduleArgs,
    registry: &'a Registry,
    terminal: Terminal,
    plan: Plan,
    options: ScheduleOptions,
    signals: Signals,
}

/// How a run of the schedule came to its end.
enum Ended {
    /// By itself.
    Run(Exit),
    /// At the border of an epoch, to go on with a changed file.
    Reloaded,
    /// Somebody asked the schedule to end.
    Stopped,
}

impl Scheduler<'_> {
    async fn run_for_good(&mut self) -> Result<Exit> {
        let mut clock = self.clock()?;
        loop {
            match clock.tell(Timestamp::now())? {
                Tick::Start(why) => {
                    self.say(&reason(why));
                    let Some(exit) = self.run_through().await? else {
                        return Ok(Exit::Ok);
                    };
                    // A start that was left out has been told.
                    if exit != Exit::Held {
                        self.say(&format!("the run ended with exit code {}", exit.code()));
                    }
                    clock.ended(Timestamp::now())?;
                }
                Tick::Sleep { next, sleep: nap } => {
                    let asked = tokio::select! {
                        () = sleep(nap) => continue,
                        asked = self.signals.next() => asked,
                    };
                    match asked {
                        Asked::Stop => return Ok(Exit::Ok),
                        Asked::Reload if self.reload() => clock = self.clock()?,
                        Asked::Reload => {
                            self.say(&format!("next run at {}", self.local(next)));
                        }
                    }
                }
            }
        }
    }

    /// Runs to the end, going on when the file was read anew meanwhile. `None` when somebody asked the
    /// schedule to end.
    async fn run_through(&mut self) -> Result<Option<Exit>> {
        loop {
            match self.run_once().await? {
                Ended::Run(exit) => return Ok(Some(exit)),
                Ended::Reloaded => {}
                Ended::Stopped => return Ok(None),
            }
        }
    }

    /// A clock that goes on after the last run in the state's history.
    fn clock(&self) -> Result<Clock> {
        let (options, last) = (&self.options, self.last_run());
        let now = Timestamp::now();
        let new = || {
            let cron = options.cron.0.clone();
            Clock::new(
                cron,
                self.zone(),
                options.overlap,
                options.missed,
                last,
                now,
            )
        };
        // Asking a clock moves it, so the one that only says when is another.
        if let Tick::Sleep { next, .. } = new()?.tell(now)? {
            self.say(&format!("next run at {}", self.local(next)));
        }
        new()
    }

    fn zone(&self) -> TimeZone {
        let zone = self.options.timezone.as_ref().map(|zone| zone.0.clone());
        zone.unwrap_or_else(TimeZone::system)
    }

    fn local(&self, time: Timestamp) -> String {
        time.to_zoned(self.zone())
            .strftime("%Y-%m-%d %H:%M %Z")
            .to_string()
    }

    /// The last run, unless another process holds the state: then that one is running now.
    fn last_run(&self) -> Option<LastRun> {
        let folder = &self.plan.state;
        if !folder.join("checkpoint.redb").exists() {
            return None;
        }
        let lock = StateLock::take(folder).ok()?;
        let disk = std::sync::Arc::new(taosha_engine::disk::RealDisk);
        let store = taosha_engine::Store::open(disk, folder).ok()?;
        let runs = store.runs().ok()?;
        let last = runs.into_values().rfind(|run| run.kind == "run")?;
        drop(lock);
        Some(LastRun {
            started: last.started,
            ended: last.ended,
        })
    }

    async fn run_once(&mut self) -> Result<Ended> {
        loop {
            let ended = self.run_child().await?;
            let Ended::Run(Exit::Held) = ended else {
                return Ok(ended);
            };
            if self.options.overlap == Overlap::Skip || self.args.once {
                self.say("another process holds the state; this start is left out");
                return Ok(ended);
            }
            tokio::select! {
                () = sleep(LOCK_EVERY) => {}
                asked = self.signals.next() => match asked {
                    Asked::Stop => return Ok(Ended::Stopped),
                    Asked::Reload => {
                        self.reload();
                    }
                },
            }
        }
    }

    async fn run_child(&mut self) -> Result<Ended> {
        let program = std::env::current_exe().context("find this program")?;
        let mut command = Command::new(program);
        command.arg("run").arg(&self.args.file.file);
        for set in &self.args.file.set {
            command.args(["--set", set]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .spawn()
            .context("start a run")?;
        let pid = child.id();
        let waiting = tokio::task::spawn_blocking(move || child.wait());
        let mut waiting = std::pin::pin!(waiting);
        let (mut is_stopping, mut is_reloading) = (false, false);
        loop {
            tokio::select! {
                status = &mut waiting => {
                    let status = status.context("wait for the run")??;
                    let exit = status.code().map_or(Exit::Failed, Exit::of_code);
                    if status.code().is_none() {
                        self.say(&format!("the run was killed: {status}"));
                    }
                    return Ok(match (is_stopping, is_reloading) {
                        (true, _) => Ended::Stopped,
                        (false, true) => Ended::Reloaded,
                        (false, false) => Ended::Run(exit),
                    });
                }
                asked = self.signals.next() => match asked {
                    // The second time the run does not finish its epoch either.
                    Asked::Stop => {
                        is_stopping = true;
                        ask_to_stop(pid);
                    }
                    Asked::Reload if !is_reloading && self.reload() => {
                        is_reloading = true;
                        ask_to_stop(pid);
                    }
                    Asked::Reload => {}
                },
            }
        }
    }

    /// Reads the file anew; one that is wrong changes nothing.
    fn reload(&mut self) -> bool {
        let Ok((plan, _)) = super::plan(&self.args.file, self.registry, self.terminal) else {
            self.say("the changed file is wrong; going on with the old one");
            return false;
        };
        let Some(options) = plan.schedule.clone() else {
            self.say("the changed file has no `[schedule]`; going on with the old one");
            return false;
        };
        (self.plan, self.options) = (plan, options);
        self.say("the file was read anew");
        true
    }

    fn say(&self, message: &str) {
        let time = self.local(Timestamp::now());
        self.terminal.error(&format!("{time} schedule: {message}"));
    }
}

fn reason(why: Why) -> String {
    match why {
        Why::Due { .. } => "starting a run".to_owned(),
        Why::Queued { .. } => "starting the run that was due while the last one went on".to_owned(),
        Why::Missed { n, .. } => format!("starting one run for {n} that were missed"),
    }
}
