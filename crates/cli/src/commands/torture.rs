use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use taosha_core::Registry;
use tokio::runtime::Runtime;

use crate::Exit;
use crate::args::{Format, OutputArgs, TortureArgs};
use crate::signal::asked_to_stop;
use crate::terminal::Terminal;
use crate::torture::{
    Attempts, Chance, Compared, Kills, Outcome, Target, Targets, Undisturbed, compare, round,
    targets_folder, undisturbed,
};

/// What was found out.
struct Findings {
    seed: u64,
    undisturbed: Option<Undisturbed>,
    /// What the undisturbed run wrote.
    targets: Vec<Target>,
    n_rounds: usize,
    kills: Kills,
    n_repeats: usize,
    failure: Option<Failure>,
}

/// What ended the torture early.
struct Failure {
    /// What happened, in one line.
    what: String,
    /// All that is known of it.
    details: Vec<String>,
    exit: Exit,
}

/// `taosha torture FILE`
pub(crate) fn torture(
    args: &TortureArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let started = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix("taosha-torture-")
        .tempdir()
        .context("make a scratch folder")?;
    let scratch = Some(targets_folder(folder.path()));
    let (plan, text) = match super::plan_with_targets(&args.file, scratch, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    drop(plan);
    let targets = Targets {
        text: &text,
        registry,
    };
    let mut findings = Findings {
        seed: args.seed.unwrap_or_else(Chance::new_seed),
        undisturbed: None,
        targets: Vec::new(),
        n_rounds: 0,
        kills: Kills::default(),
        n_repeats: 0,
        failure: None,
    };
    let runtime = Runtime::new().context("start a thread that waits for runs")?;
    let was_stopped = runtime.block_on(async {
        tokio::select! {
            done = work(args, &targets, folder.path(), terminal, &mut findings) => {
                done.map(|()| false)
            }
            // Dropping the work kills the run that goes on.
            _ = asked_to_stop() => Ok(true),
        }
    })?;
    if was_stopped || !args.keep && findings.failure.is_none() {
        let last = format!("round-{}", findings.n_rounds);
        for scratch in ["undisturbed", last.as_str()] {
            let scratch = folder.path().join(scratch);
            let discarding = targets.discard(&scratch);
            if let Err(error) = runtime.block_on(discarding) {
                terminal.error(&format!("taosha: failed to {error:#}"));
            }
        }
    }
    if was_stopped {
        terminal.error(&format!(
            "taosha: interrupted after {} kills in {} rounds that hold what the undisturbed run \
             wrote; the scratch folder is removed",
            findings.kills.n(),
            findings.n_rounds.saturating_sub(1),
        ));
        return Ok(Exit::Failed);
    }
    let is_kept = args.keep || findings.failure.is_some();
    let kept = is_kept.then(|| folder.keep());
    let secs = started.elapsed().as_secs_f64();
    match output.format {
        Format::Text => terminal.out(&findings.text(kept.as_deref(), secs)),
        Format::Json => terminal.out(&findings.json(args, kept.as_deref(), secs).to_string()),
    }
    Ok(findings.exit())
}

async fn work(
    args: &TortureArgs,
    targets: &Targets<'_>,
    folder: &Path,
    terminal: Terminal,
    findings: &mut Findings,
) -> Result<()> {
    let attempts = Attempts { args, terminal };
    let peaceful = folder.join("undisturbed");
    let progress = Progress::new(args, findings.seed, terminal);
    let right = match undisturbed(&attempts, &peaceful).await? {
        Outcome::Ended(right) => right,
        Outcome::Failed { how, exit, stderr } => {
            let what = format!("the run that nobody killed {how}");
            findings.failure = Some(Failure {
                what,
                details: vec![stderr],
                exit,
            });
            return Ok(());
        }
    };
    findings.targets = targets.look(&peaceful).await?;
    let mut chance = Chance::new(findings.seed);
    while findings.kills.n() < args.kills {
        findings.n_rounds += 1;
        let n_round = findings.n_rounds;
        let scratch = folder.join(format!("round-{n_round}"));
        let max_kills = args.kills - findings.kills.n();
        let ended = round(&attempts, &scratch, &right, max_kills, &mut chance, || {
            progress.kill();
        });
        let kills = match ended.await? {
            Outcome::Ended(kills) => kills,
            Outcome::Failed { how, exit, stderr } => {
                let what = format!("a run of round {n_round} {how}");
                findings.failure = Some(Failure {
                    what,
                    details: vec![stderr],
                    exit,
                });
                break;
            }
        };
        findings.kills.add(&kills);
        let verdict = compare(targets, &peaceful, &findings.targets, &scratch).await?;
        findings.n_repeats += verdict.n_repeats;
        if !verdict.differences.is_empty() {
            let what = format!("round {n_round} differs after {} kills", kills.n());
            let details = verdict.differences;
            findings.failure = Some(Failure {
                what,
                details,
                exit: Exit::Failed,
            });
            break;
        }
        if !args.keep {
            targets.discard(&scratch).await?;
            fs::remove_dir_all(&scratch).context("remove a round that is over")?;
        }
    }
    findings.undisturbed = Some(right);
    Ok(())
}

/// A line with the kills, where there is a terminal.
struct Progress(ProgressBar);

impl Progress {
    fn new(args: &TortureArgs, seed: u64, terminal: Terminal) -> Self {
        let target = if terminal.is_interactive {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style = ProgressStyle::with_template(
            "torture  {pos} of {len} kills  {wide_bar:.cyan/dim}  {eta:>4} left  {msg}",
        );
        let style = style.expect("the template above is well formed");
        let bar = ProgressBar::with_draw_target(Some(args.kills as u64), target);
        bar.set_style(style);
        bar.set_message(format!("seed {seed}"));
        Progress(bar)
    }

    fn kill(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Findings {
    fn uncompared(&self) -> Vec<&str> {
        let targets = self.targets.iter();
        let uncompared = targets.filter(|target| target.compared() == Compared::Nothing);
        uncompared.map(|target| &*target.id).collect()
    }

    fn exit(&self) -> Exit {
        match &self.failure {
            Some(failure) => failure.exit,
            None if !self.uncompared().is_empty() => Exit::Failed,
            None => Exit::Ok,
        }
    }

    /// For people.
    fn text(&self, kept: Option<&Path>, secs: f64) -> String {
        let mut out = String::new();
        if let Some(right) = &self.undisturbed {
            let Undisturbed {
                took,
                pages,
                epochs,
            } = right;
            let took = took.as_secs_f64();
            let _ = writeln!(
                out,
                "undisturbed: {pages} pages, {}, {took:.1} s",
                counted(*epochs, "epoch")
            );
            let (
                n,
                Kills {
                    starting,
                    unsealed,
                    sealing,
                    ending,
                },
            ) = (self.kills.n(), self.kills);
            let _ = writeln!(
                out,
                "{n} kills in {}: {starting} while starting, {unsealed} before anything was \
                 sealed, {sealing} between seals, {ending} at the end; seed {}",
                counted(self.n_rounds as u64, "round"),
                self.seed
            );
        }
        for target in &self.targets {
            let how = match target.compared() {
                Compared::Rows if target.has_table_files() => {
                    "by its rows and the bytes of their files"
                }
                Compared::Rows => "by its rows",
                Compared::Files => "by the bytes of its files, as it cannot be read back",
                Compared::Nothing => {
                    "cannot be compared: it cannot be read back and has no files of its own"
                }
            };
            let (id, guarantee) = (&target.id, target.guarantee.name());
            let _ = writeln!(out, "\n  {id}  {guarantee}, {how}");
            for (table, n_rows) in target.n_rows() {
                let _ = writeln!(out, "    {:<12} {n_rows:>9} rows", table.name());
            }
        }
        if self.n_repeats > 0 {
            let n = self.n_repeats;
            let _ = writeln!(
                out,
                "\n{n} rows came twice, as sinks may do that are at-least-once"
            );
        }
        let uncompared = self.uncompared();
        let _ = match &self.failure {
            Some(Failure { what, details, .. }) => {
                writeln!(
                    out,
                    "\n{}\n\nFAIL in {secs:.1} s: {what}",
                    details.join("\n")
                )
            }
            None if !uncompared.is_empty() => {
                let ids = uncompared.join("`, `");
                writeln!(
                    out,
                    "\nNOT COMPARED in {secs:.1} s: `{ids}`; all else is the same"
                )
            }
            None => writeln!(out, "\nPASS in {secs:.1} s"),
        };
        if let Some(kept) = kept {
            let _ = writeln!(out, "kept: {}", kept.display());
        }
        out
    }

    /// The same, for programs.
    fn json(&self, args: &TortureArgs, kept: Option<&Path>, secs: f64) -> Value {
        let result = match &self.failure {
            Some(_) => "fail",
            None if !self.uncompared().is_empty() => "not_compared",
            None => "pass",
        };
        let sinks = self.targets.iter().map(|target| {
            let compared = match target.compared() {
                Compared::Rows => Some("rows"),
                Compared::Files => Some("files"),
                Compared::Nothing => None,
            };
            let n_rows = target.n_rows().into_iter();
            let rows: serde_json::Map<String, Value> = n_rows
                .map(|(table, n)| (table.name().to_owned(), n.into()))
                .collect();
            json!({
                "id": &*target.id,
                "guarantee": target.guarantee.name(),
                "compared": compared,
                "rows": rows,
            })
        });
        let right = self.undisturbed.as_ref();
        json!({
            "result": result,
            "file": args.file.file.display().to_string(),
            "seed": self.seed,
            "pages": right.map(|right| right.pages),
            "epochs": right.map(|right| right.epochs),
            "undisturbed_secs": right.map(|right| right.took.as_secs_f64()),
            "rounds": self.n_rounds,
            "kills": {
                "starting": self.kills.starting,
                "unsealed": self.kills.unsealed,
                "sealing": self.kills.sealing,
                "ending": self.kills.ending,
            },
            "sinks": sinks.collect::<Vec<_>>(),
            "repeats": self.n_repeats,
            "failure": self.failure.as_ref().map(|failure| &failure.what),
            "details": self.failure.as_ref().map(|failure| &failure.details),
            "kept": kept.map(|kept: &Path| PathBuf::from(kept).display().to_string()),
            "secs": secs,
        })
    }
}

fn counted(n: u64, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
