use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use taosha_core::Registry;
use taosha_engine::RunRecord;

use crate::Exit;
use crate::args::{FileArgs, Format, OutputArgs};
use crate::paper::{Paper, columns};
use crate::terminal::Terminal;

/// `taosha runs FILE`
pub(crate) fn runs(
    args: &FileArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (_, held) = match super::plan_and_state(args, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let runs = held.store.runs()?;
    match output.format {
        Format::Text => {
            let runs: Vec<_> = runs.into_iter().collect();
            terminal.out(&text(&runs));
        }
        Format::Json => {
            for (number, run) in runs {
                let end = end(&run).to_owned();
                let mut line = serde_json::json!({ "number": number });
                if let (Some(line), serde_json::Value::Object(run)) =
                    (line.as_object_mut(), serde_json::to_value(&run)?)
                {
                    line.extend(run);
                    line.insert("end".to_owned(), end.into());
                }
                terminal.out(&line.to_string());
            }
        }
    }
    Ok(Exit::Ok)
}

/// How it ended. We hold the state, so no run goes on: one without an end was killed.
fn end(run: &RunRecord) -> &str {
    run.end.as_deref().unwrap_or("killed")
}

/// `2026-11-22 01:26:07`, where we are.
pub(super) fn moment(at: Timestamp) -> String {
    let zoned = at.to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Seconds are in `took`; here they would cost the columns that 80 leave.
fn began(at: Timestamp) -> String {
    let zoned = at.to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

fn took(run: &RunRecord) -> String {
    let Some(ended) = run.ended else {
        return "?".to_owned();
    };
    let took: SignedDuration = ended.duration_since(run.started);
    match took.as_secs() {
        0..60 => format!("{:.1} s", took.as_secs_f64()),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The columns `same` and `dropped`.
const SELDOM: [usize; 2] = [6, 9];

/// One row per run, the newest last, where the eye is.
fn text(runs: &[(u64, RunRecord)]) -> String {
    if runs.is_empty() {
        return "no runs yet".to_owned();
    }
    let titles = [
        "run", "", "began", "took", "ended", "read", "same", "out", "copies", "dropped", "dead",
    ];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    for (number, run) in runs {
        let counts = &run.counts;
        rows.push(vec![
            number.to_string(),
            run.kind.clone(),
            began(run.started),
            took(run),
            end(run).to_owned(),
            (counts.read + counts.retried).to_string(),
            counts.unchanged.to_string(),
            counts.written.to_string(),
            counts.n_collapsed().to_string(),
            counts.n_dropped().to_string(),
            counts.n_dead().to_string(),
        ]);
    }
    // What is 0 in every run only takes room.
    for column in SELDOM.into_iter().rev() {
        if rows.iter().skip(1).all(|row| row[column] == "0") {
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
    let table = columns(&rows);
    let mut lines = table.lines();
    let mut paper = Paper::new();
    let mut out = lines.next().unwrap_or_default().to_owned();
    out.push('\n');
    // What a run was configured with is said where it changes.
    let mut before = "";
    for (line, (_, run)) in lines.zip(runs) {
        if run.run != before {
            before = &run.run;
            out.push_str(&format!("{}, taosha {}\n", run.run, run.version));
        }
        out.push_str(line);
        out.push('\n');
        if let Some(message) = &run.message {
            paper.line(6, message);
            out.push_str(&std::mem::replace(&mut paper, Paper::new()).into_text());
        }
    }
    out
}
