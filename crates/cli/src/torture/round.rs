use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::chance::{Chance, Draw};
use super::phase::Kills;
use super::trial;
use super::victim::{End, Victim};
use crate::Exit;
use crate::args::{FileArgs, TortureArgs};
use crate::held::hold;
use crate::terminal::Terminal;

/// Kills in one round, after which it may go on in peace. Runs that are killed early again and again
/// get nowhere, which is chance and no failure.
const MAX_KILLS: usize = 25;

/// How much later, for each kill in a round, the next one may come, as a share of the time within
/// which the first one comes. Runs that take up what others left are slower: two that died early are followed by one page
/// at a time. Without this, most kills on the sample pages fell before anything was sealed.
const STRETCH: f64 = 0.25;

/// How much longer than the undisturbed run one may take that nobody kills. It may have one worker,
/// small epochs and, while it looks for a page that kills, one page in an epoch.
const PATIENCE: u32 = 20;

/// The same for runs that end at once.
const MIN_PATIENCE: Duration = Duration::from_secs(60);

/// How long the state may be held by a process that was killed. One that waits for a busy disk ends
/// when the disk has answered; 10 s were not enough once in 115 kills, with six builds beside it.
const MAX_HELD: Duration = Duration::from_secs(120);

/// How long to wait before looking again.
const HELD_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a failed run's standard error that are shown.
const MAX_STDERR: usize = 4000;

/// The run that was left in peace.
pub(crate) struct Undisturbed {
    pub(crate) took: Duration,
    pub(crate) pages: u64,
    pub(crate) epochs: u64,
}

/// How runs in one folder came out.
pub(crate) enum Outcome<T> {
    Ended(T),
    /// What a run said that did not end well.
    Failed {
        how: String,
        exit: Exit,
        stderr: String,
    },
}

/// The runs of one command.
pub(crate) struct Attempts<'a> {
    pub(crate) args: &'a TortureArgs,
    pub(crate) terminal: Terminal,
}

/// Runs the pipeline as its file says.
pub(crate) async fn undisturbed(
    attempts: &Attempts<'_>,
    scratch: &Path,
) -> Result<Outcome<Undisturbed>> {
    fs::create_dir_all(scratch).context("make a scratch folder")?;
    let started = Instant::now();
    let victim = attempts.start(scratch, None)?;
    let end = victim.end(Duration::MAX).await;
    let took = started.elapsed();
    if let Some((how, exit)) = fault(&end.context("wait for a run")?) {
        return Ok(failed(scratch, how, exit));
    }
    let held = match hold(&trial::state(scratch), attempts.terminal) {
        Ok(held) => held,
        Err(exit) => return Ok(failed(scratch, "left a state that cannot be opened", exit)),
    };
    Ok(Outcome::Ended(Undisturbed {
        took,
        pages: held.store.n_handled()?,
        epochs: held.store.last_epoch(),
    }))
}

/// Kills runs in `scratch`, up to `max_kills` of them, until one ends by itself. `on_kill` is told of
/// each.
pub(crate) async fn round(
    attempts: &Attempts<'_>,
    scratch: &Path,
    undisturbed: &Undisturbed,
    max_kills: usize,
    chance: &mut Chance,
    mut on_kill: impl FnMut(),
) -> Result<Outcome<Kills>> {
    fs::create_dir_all(scratch).context("make a scratch folder")?;
    let patience = (undisturbed.took * PATIENCE).max(MIN_PATIENCE);
    let mut n_kills = 0;
    let mut held_since: Option<Instant> = None;
    loop {
        let whole = attempts.within(undisturbed);
        let whole = whole.mul_f64(1.0 + STRETCH * n_kills as f64);
        let draw = chance.draw(whole, undisturbed.pages);
        let is_spared = n_kills >= max_kills.min(MAX_KILLS);
        let instant = if is_spared { patience } else { draw.instant };
        let victim = attempts.start(scratch, Some(draw))?;
        let end = victim.end(instant).await.context("wait for a run")?;
        match &end {
            End::Killed if is_spared => {
                let how = format!("did not end in {} s", patience.as_secs());
                return Ok(failed(scratch, how, Exit::Failed));
            }
            End::Killed => {
                n_kills += 1;
                on_kill();
            }
            End::ByItself(status) if status.code() == Some(i32::from(Exit::Held.code())) => {
                let since = *held_since.get_or_insert_with(Instant::now);
                if since.elapsed() > MAX_HELD {
                    let how = "found its state held by a run that was killed";
                    return Ok(failed(scratch, how, Exit::Held));
                }
                tokio::time::sleep(HELD_PAUSE).await;
                continue;
            }
            End::ByItself(_) => match fault(&end) {
                Some((how, exit)) => return Ok(failed(scratch, how, exit)),
                None => break,
            },
        }
        held_since = None;
    }
    match hold(&trial::state(scratch), attempts.terminal) {
        Ok(held) => Ok(Outcome::Ended(Kills::of(&held.store, n_kills)?)),
        Err(exit) => Ok(failed(scratch, "left a state that cannot be opened", exit)),
    }
}

/// What is wrong with the end of a run that nobody killed.
fn fault(end: &End) -> Option<(String, Exit)> {
    match end {
        End::Killed => Some(("had to be killed".to_owned(), Exit::Failed)),
        End::ByItself(status) if status.success() => None,
        End::ByItself(status) => {
            let exit = status.code().map_or(Exit::Failed, Exit::of_code);
            Some((format!("ended with {status}"), exit))
        }
    }
}

fn failed<T>(scratch: &Path, how: impl Into<String>, exit: Exit) -> Outcome<T> {
    let stderr = fs::read(trial::stderr(scratch)).unwrap_or_default();
    let tail = stderr.len().saturating_sub(MAX_STDERR);
    Outcome::Failed {
        how: how.into(),
        exit,
        stderr: String::from_utf8_lossy(&stderr[tail..]).into_owned(),
    }
}

impl Attempts<'_> {
    /// Within what time the first run of a round is killed.
    fn within(&self, undisturbed: &Undisturbed) -> Duration {
        let within = self.args.within.map(Duration::try_from_secs_f64);
        within
            .and_then(Result::ok)
            .map_or(undisturbed.took, |within| within.min(undisturbed.took))
    }

    /// Starts a run in `scratch`, as the file says or as it was drawn.
    fn start(&self, scratch: &Path, draw: Option<Draw>) -> Result<Victim> {
        let TortureArgs { file, sample, .. } = self.args;
        let FileArgs { file, set } = file;
        let program = std::env::current_exe().context("find this program")?;
        let stderr = File::create(trial::stderr(scratch)).context("keep what a run says")?;
        let mut command = Command::new(program);
        command
            .arg("run")
            .arg(file)
            .arg("--scratch")
            .arg(absolute(scratch)?);
        command
            .arg("--sample")
            .arg(sample.to_string())
            .stderr(stderr);
        for set in set {
            command.arg("--set").arg(set);
        }
        if let Some(Draw {
            workers, records, ..
        }) = draw
        {
            command.arg("--set").arg(format!("run.workers={workers}"));
            command
                .arg("--set")
                .arg(format!("run.epoch.records={records}"));
        }
        Victim::start(command).context("start a run")
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).context("find the scratch folder")
}
