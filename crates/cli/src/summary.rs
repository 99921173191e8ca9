use std::fmt::Write;

use serde_json::{Value, json};
use taosha_engine::{Ending, NodeKind, Summary};

/// What a run did, for people.
pub(crate) fn text(summary: &Summary) -> String {
    let counts = &summary.counts;
    let seconds = summary.elapsed.as_secs_f64();
    let megabytes = counts.read_bytes as f64 / 1e6;
    let mut out = String::new();
    let mut line = |label: &str, number: u64, note: String| {
        let row = format!("  {label:<20} {number:>9}   {note}");
        let _ = writeln!(out, "{}", row.trim_end());
    };
    let speed = match seconds {
        s if s > 0.0 => {
            format!(
                "{megabytes:.1} MB, {:.0} pages/s, {:.1} MB/s",
                counts.read as f64 / s,
                megabytes / s
            )
        }
        _ => format!("{megabytes:.1} MB"),
    };
    line("pages read", counts.read, speed);
    if counts.unchanged > 0 {
        let note = match summary.has_others {
            false => "handled before and unchanged",
            true => "handled before, some by another configuration: `--anew` reads all again",
        };
        line("pages skipped", counts.unchanged, note.to_owned());
    }
    if counts.retried > 0 {
        line("dead letters retried", counts.retried, String::new());
    }
    line("more by splitting", counts.split, String::new());
    line("reports written", counts.written, String::new());
    line(
        "copies collapsed",
        counts.n_collapsed(),
        listed(&counts.collapsed),
    );
    line("dropped", counts.n_dropped(), listed(&counts.dropped));
    line("dead letters", counts.n_dead(), listed(&counts.dead));

    let rows: Vec<String> = counts
        .rows
        .iter()
        .map(|(table, n)| format!("{} {n}", table.name()))
        .collect();
    let _ = writeln!(out, "\n  rows: {}", rows.join(" · "));
    let _ = writeln!(
        out,
        "  ledger: {} in + {} split = {} written + {} collapsed + {} dropped + {} dead\n",
        counts.read + counts.retried,
        counts.split,
        counts.written,
        counts.n_collapsed(),
        counts.n_dropped(),
        counts.n_dead()
    );

    let width = summary
        .nodes
        .iter()
        .map(|node| node.node.id.chars().count())
        .max();
    let width = width.unwrap_or_default().max(6);
    let _ = writeln!(
        out,
        "  {:<width$} {:>9} {:>9} {:>10}",
        "part", "in", "out", "work"
    );
    for node in &summary.nodes {
        let (taken, given) = match node.node.kind {
            NodeKind::Source => ("".to_owned(), node.given.to_string()),
            NodeKind::Stage => (node.taken.to_string(), node.given.to_string()),
            NodeKind::Sink => (node.taken.to_string(), "".to_owned()),
        };
        let busy = format!("{:.2} s", node.busy.as_secs_f64());
        let _ = writeln!(
            out,
            "  {:<width$} {taken:>9} {given:>9} {busy:>10}",
            node.node.id
        );
    }
    let ended = match &summary.ending {
        Ending::Done => "finished",
        Ending::Sampled => "stopped after its sample",
        Ending::Interrupted => "was interrupted",
        Ending::Stopped(_) | Ending::Undelivered { .. } => "was stopped",
    };
    format!("{} {ended} in {seconds:.2} s\n\n{out}", summary.run_id)
}

fn listed<K: std::fmt::Display>(counts: &std::collections::BTreeMap<K, u64>) -> String {
    let listed: Vec<String> = counts
        .iter()
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    listed.join(" · ")
}

/// What a run did, for programs.
pub(crate) fn json(summary: &Summary) -> Value {
    let counts = &summary.counts;
    let rows: serde_json::Map<String, Value> = counts
        .rows
        .iter()
        .map(|(table, n)| (table.name().to_owned(), (*n).into()))
        .collect();
    let nodes: Vec<Value> = summary
        .nodes
        .iter()
        .map(|node| {
            json!({
                "id": &*node.node.id, "type": node.node.kind_name, "in": node.taken,
                "out": node.given, "busy_secs": node.busy.as_secs_f64(),
            })
        })
        .collect();
    json!({
        "run": &*summary.run_id,
        "end": summary.ending.name(),
        "elapsed_secs": summary.elapsed.as_secs_f64(),
        "read": counts.read,
        "read_bytes": counts.read_bytes,
        "unchanged": counts.unchanged,
        "retried": counts.retried,
        "split": counts.split,
        "written": counts.written,
        "collapsed": counts.collapsed,
        "dropped": counts.dropped,
        "dead": counts.dead,
        "rows": rows,
        "nodes": nodes,
    })
}
