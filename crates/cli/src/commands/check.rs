use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};
use taosha_core::{Keeps, Registry};
use taosha_engine::{Diagnostic, NodeKind, PipelineText, Plan, Severity};

use crate::Exit;
use crate::args::{FileArgs, Format, OutputArgs};
use crate::terminal::Terminal;

/// `taosha check FILE`
pub(crate) fn check(
    args: &FileArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    if output.format == Format::Json {
        let (loaded, text) = match super::read(args, None, registry, terminal) {
            Ok(read) => read,
            Err(exit) => return Ok(exit),
        };
        terminal
            .out(&report(loaded.plan.as_ref(), &loaded.diagnostics, &text, registry).to_string());
        return Ok(if loaded.plan.is_some() {
            Exit::Ok
        } else {
            Exit::File
        });
    }
    match super::plan(args, registry, terminal) {
        Ok((plan, text)) => {
            terminal.out(&describe(&plan, &text, registry));
            Ok(Exit::Ok)
        }
        Err(exit) => Ok(exit),
    }
}

/// What the plan will do, for people.
fn describe(plan: &Plan, text: &PipelineText, registry: &Registry) -> String {
    let mut out = format!("{} is fine: {}\n\n", text.path.display(), plan.run_id);
    let width = plan
        .nodes
        .iter()
        .map(|node| node.id.chars().count())
        .max()
        .unwrap_or_default();
    for node in &plan.nodes {
        let kind = &*node.kind_name;
        let (word, about) = match node.kind {
            NodeKind::Source => (
                "source",
                registry.sources().get(kind).map(|entry| entry.about),
            ),
            NodeKind::Stage => (
                "stage",
                registry.stages().get(kind).map(|entry| entry.about),
            ),
            NodeKind::Sink => ("sink", registry.sinks().get(kind).map(|entry| entry.about)),
        };
        let _ = writeln!(
            out,
            "  {word:<7} {:<width$}  {}",
            node.id,
            about.unwrap_or_default()
        );
    }
    out.push('\n');
    for path in plan.guarantees(registry) {
        let _ = writeln!(
            out,
            "  {}: {}",
            path.path.join(" → "),
            path.guarantee.name()
        );
    }
    let _ = writeln!(out, "\n  state: {}", plan.state.display());
    for (id, keeps) in plan.keeps() {
        let part = |(what, bytes): &(&str, u64)| format!("{} {what}", kilo(*bytes));
        let parts: Vec<String> = keeps.bytes.iter().map(part).collect();
        let each = format!("{} for each {}", kilo(keeps.total()), keeps.each);
        let _ = writeln!(out, "    {id} keeps about {each}: {}", parts.join(", "));
        if let Some(most) = most(plan, &keeps) {
            let _ = writeln!(
                out,
                "    {id}: at most {} for what the sources have now",
                kilo(most)
            );
        }
        let _ = writeln!(out, "    measured on {}", keeps.measured);
    }
    for (id, folders) in plan.reads() {
        for folder in folders {
            let missing = match has_state(&folder) {
                true => "",
                false => ", where there is no state yet",
            };
            let _ = writeln!(out, "    {id} reads {}{missing}", folder.display());
        }
    }
    out
}

/// True when a pipeline has run with its state in `folder`.
fn has_state(folder: &Path) -> bool {
    folder.join("checkpoint.redb").exists()
}

/// Bytes, when everything the sources have becomes one of what is kept.
fn most(plan: &Plan, keeps: &Keeps) -> Option<u64> {
    plan.n_records()?.checked_mul(keeps.total())
}

/// `6.9 KB`, `12.3 GB`
fn kilo(bytes: u64) -> String {
    let units = ["KB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        (value, unit) = (value / 1e3, unit + 1);
    }
    format!("{value:.1} {}", units[unit])
}

/// The same, for programs.
fn report(
    plan: Option<&Plan>,
    diagnostics: &[Diagnostic],
    text: &PipelineText,
    registry: &Registry,
) -> Value {
    let place = |diagnostic: &Diagnostic| {
        let span = diagnostic.span.clone()?;
        let before = text.text().get(..span.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..)?.chars().count() + 1;
        Some(json!({ "line": before.matches('\n').count() + 1, "column": column }))
    };
    let problems: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            json!({
                "severity": match diagnostic.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                "message": diagnostic.message,
                "place": place(diagnostic),
                "label": diagnostic.label,
                "help": diagnostic.help,
            })
        })
        .collect();
    let paths = plan.map(|plan| {
        let paths = plan.guarantees(registry).into_iter().map(|path| {
            let ids: Vec<&str> = path.path.iter().map(|id| &**id).collect();
            json!({ "path": ids, "guarantee": path.guarantee.name() })
        });
        paths.collect::<Vec<_>>()
    });
    let keeps = plan.map(|plan| {
        let stages = plan.keeps().into_iter().map(|(id, keeps)| {
            let bytes: Map<String, Value> = (keeps.bytes.iter())
                .map(|(what, bytes)| ((*what).to_owned(), json!(bytes)))
                .collect();
            json!({
                "stage": &*id,
                "each": keeps.each,
                "bytes": bytes,
                "bytes_total": keeps.total(),
                "bytes_at_most": most(plan, &keeps),
                "measured": keeps.measured,
            })
        });
        stages.collect::<Vec<_>>()
    });
    let reads = plan.map(|plan| {
        let stages = plan.reads().into_iter().flat_map(|(id, folders)| {
            folders.into_iter().map(move |folder| {
                let is_there = has_state(&folder);
                let folder = folder.display().to_string();
                json!({ "stage": &*id, "folder": folder, "is_there": is_there })
            })
        });
        stages.collect::<Vec<_>>()
    });
    json!({
        "file": text.path.display().to_string(),
        "ok": plan.is_some(),
        "run": plan.map(|plan| plan.run_id.to_string()),
        "paths": paths,
        "keeps": keeps,
        "reads": reads,
        "problems": problems,
    })
}
