use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, bail};
use taosha_engine::{DeadRecord, Job, Limits, NodeKind, Plan, Store};

use crate::Exit;
use crate::args::OutputArgs;
use crate::terminal::Terminal;

/// `taosha dead retry`
pub(super) fn retry(
    plan: Plan,
    store: &Arc<Store>,
    letters: Vec<DeadRecord>,
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<Exit> {
    if letters.is_empty() {
        terminal.error("taosha: no dead letters to retry");
        return Ok(Exit::Ok);
    }
    let nodes = plan.nodes.iter().filter(|node| node.kind != NodeKind::Sink);
    let known: Vec<&str> = nodes.map(|node| &*node.id).collect();
    let unknown: BTreeSet<&str> = letters
        .iter()
        .map(|letter| letter.stage.as_str())
        .filter(|stage| !known.contains(stage))
        .collect();
    if !unknown.is_empty() {
        let unknown: Vec<String> = unknown.iter().map(|stage| format!("`{stage}`")).collect();
        bail!(
            "retry: the file no longer has the {} that refused some of these letters, known here: {}; \
             give one its old `id` back, or choose others with `--stage`",
            unknown.join(", "),
            known.join(", ")
        );
    }
    let limits = Limits {
        job: Job::Dead(letters),
        ..Limits::default()
    };
    crate::commands::run::work(plan, store, limits, output, terminal)
}
