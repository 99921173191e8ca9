use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use taosha_core::Registry;
use taosha_engine::disk::RealDisk;
use taosha_engine::{Examination, Severity, StateLock, Store, examine};
use tokio::runtime::Runtime;

use crate::Exit;
use crate::args::{DoctorArgs, Format, OutputArgs};
use crate::held::{has_state, lock};
use crate::paper::{Paper, counted};
use crate::terminal::Terminal;

/// `taosha doctor FILE`
pub(crate) fn doctor(
    args: &DoctorArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, _) = match super::plan(&args.file, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    let locked = has_state(&plan.state, terminal).and_then(|()| lock(&plan.state, terminal));
    let _lock: StateLock = match locked {
        Ok(lock) => lock,
        Err(exit) => return Ok(exit),
    };
    let started = Instant::now();
    let examination = match Store::open(Arc::new(RealDisk), &plan.state) {
        // What cannot be opened is what the doctor is called for.
        Err(error) => Examination::from(error),
        Ok(store) => {
            let runtime = Runtime::new().context("start worker threads")?;
            let examining = examine(plan, Arc::new(store), args.repair);
            runtime.block_on(examining).context("examine the state")?
        }
    };
    let seconds = started.elapsed().as_secs_f64();
    match output.format {
        Format::Text => terminal.out(&text(&examination, seconds)),
        Format::Json => terminal.out(&as_json(&examination, seconds).to_string()),
    }
    match examination.is_broken() {
        true => Ok(Exit::Failed),
        false => Ok(Exit::Ok),
    }
}

fn text(examination: &Examination, seconds: f64) -> String {
    let mut paper = Paper::new();
    for finding in &examination.findings {
        let label = match (finding.repaired, finding.severity) {
            (true, _) => "mended",
            (false, Severity::Error) => "BROKEN",
            (false, Severity::Warning) => "notice",
        };
        paper.entry(0, 8, label, &format!("{}: {}", finding.place, finding.what));
        // Errors of sinks often name the cure themselves.
        if !finding.repaired && !finding.what.contains(&finding.cure) {
            paper.line(8, &format!("→ {}", finding.cure));
        }
    }
    paper.gap();
    let n_broken = examination
        .findings
        .iter()
        .filter(|finding| !finding.repaired && finding.severity == Severity::Error)
        .count();
    let verdict = match (n_broken, examination.findings.len()) {
        (0, 0) => "all is well".to_owned(),
        (0, _) => "nothing is lost".to_owned(),
        (1, _) => "1 thing is broken".to_owned(),
        (n, _) => format!("{n} things are broken"),
    };
    paper.line(
        0,
        &format!(
            "{verdict}: {}, {}, {:.1} KB checked in {seconds:.2} s",
            counted(examination.n_epochs, "epoch"),
            counted(examination.n_files, "file"),
            examination.n_bytes as f64 / 1e3
        ),
    );
    paper.into_text()
}

fn as_json(examination: &Examination, seconds: f64) -> Value {
    let findings = examination.findings.iter().map(|finding| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        json!({
            "place": finding.place, "what": finding.what, "severity": severity,
            "cure": finding.cure, "repaired": finding.repaired,
        })
    });
    json!({
        "well": !examination.is_broken(),
        "findings": findings.collect::<Vec<_>>(),
        "epochs": examination.n_epochs,
        "files": examination.n_files,
        "bytes": examination.n_bytes,
        "elapsed_secs": seconds,
    })
}
