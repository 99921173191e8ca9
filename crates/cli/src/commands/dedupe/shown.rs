use serde_json::{Map, Value, json};
use taosha_dedupe::Remembered;

use super::phrases::SET_PHRASE;
use super::stats::{Group, Stats, Top};
use crate::paper::{Paper, columns, counted};

/// How clusters are grouped by size: the least size of each group.
const SIZES: [u64; 5] = [2, 3, 6, 11, 101];

pub(super) fn text(stats: &Stats) -> String {
    let mut paper = Paper::new();
    let (n_kept, n_epochs) = stats.epochs;
    if n_kept < n_epochs {
        let kept = format!("of the {} that are kept", counted(n_kept, "epoch"));
        paper.line(
            0,
            &format!("{kept} ({n_epochs} were sealed, see `run.outbox`):"),
        );
    }
    let copies = counted(stats.clusters.n_copies(), "row");
    let documents = counted(stats.n_documents, "row");
    paper.line(
        0,
        &format!("{documents} of documents, {copies} of duplicates"),
    );
    let relations = stats.clusters.relations.iter();
    let relations: Vec<String> = relations.map(|(name, n)| format!("{n} {name}")).collect();
    if !relations.is_empty() {
        paper.line(2, &relations.join(", "));
    }

    paper.gap();
    let sizes: Vec<String> = (sizes(stats).into_iter())
        .filter(|(_, n)| *n > 0)
        .map(|(size, n)| format!("{n} of {size}"))
        .collect();
    let clusters = counted(stats.groups.len() as u64, "cluster");
    let sizes = sizes.join(", ");
    let colon = if sizes.is_empty() { "" } else { ": " };
    paper.line(0, &format!("{clusters}{colon}{sizes}"));
    for group in &stats.largest {
        paper.entry(2, 6, &group.cluster.n_reports.to_string(), &name(group));
    }

    paper.gap();
    let phrases = &stats.phrases;
    let (n_set, n_set_uses) = phrases.set_phrases();
    let passages = counted(phrases.n_passages(), "passage");
    paper.line(
        0,
        &format!(
            "{passages} with {}; in {SET_PHRASE} reports or more, as set phrases are: {n_set} with {}",
            counted(phrases.n_uses, "use"),
            counted(n_set_uses, "use")
        ),
    );
    for top in &stats.top {
        paper.entry(2, 6, &top.phrase.n_uses.to_string(), &words(top));
    }

    let mut out = paper.into_text();
    for (id, remembered) in &stats.stages {
        out.push_str(&format!("\n{id} remembers {}\n", summary(remembered)));
        for line in kinds(remembered).lines() {
            out.push_str(&format!("  {line}\n"));
        }
    }
    let megabytes = stats.n_index_bytes as f64 / 1e6;
    out.push_str(&format!(
        "\nthe index on disk, with what is known of pages: {megabytes:.2} MB\n"
    ));
    out
}

fn name(group: &Group) -> String {
    let id = group.cluster.root;
    match (&group.title, &group.uri) {
        (Some(title), Some(uri)) => format!("{title}  {uri}  {id}"),
        (None, Some(uri)) => format!("{uri}  {id}"),
        _ => format!("{id}, of which no epoch tells that is kept here"),
    }
}

fn words(top: &Top) -> String {
    match (&top.start, top.chars) {
        (Some(start), Some(chars)) if start.chars().count() < chars => {
            format!("{start}… ({chars} characters)")
        }
        (Some(start), _) => start.clone(),
        (None, _) => format!("{}, whose epoch is not kept", top.phrase.id),
    }
}

/// How many clusters there are of each size.
fn sizes(stats: &Stats) -> Vec<(String, u64)> {
    let bound = |place: usize| SIZES.get(place).copied();
    let sizes = (0..SIZES.len()).filter_map(|place| {
        let (least, next) = (bound(place)?, bound(place + 1));
        let is_of = |n: u64| n >= least && next.is_none_or(|next| n < next);
        let n = stats.groups.iter().filter(|g| is_of(g.n_reports)).count();
        let name = match next {
            None => format!("{least} and more"),
            Some(next) if next == least + 1 => least.to_string(),
            Some(next) => format!("{least}–{}", next - 1),
        };
        Some((name, n as u64))
    });
    sizes.collect()
}

fn summary(remembered: &Remembered) -> String {
    let superseded = match remembered.n_superseded {
        0 => String::new(),
        n => format!(" ({n} superseded since)"),
    };
    format!(
        "{}: {} stayed{superseded}; {} paragraphs and sentences, {} of them passages",
        counted(remembered.n_seen, "report"),
        remembered.n_kept,
        remembered.n_units,
        remembered.n_passages
    )
}

/// What the kinds of keys take, in columns.
fn kinds(remembered: &Remembered) -> String {
    let titles = ["", "keys", "bytes", "for each that stayed"];
    let mut rows = vec![titles.map(str::to_owned).to_vec()];
    let each = |n_bytes: u64| n_bytes / remembered.n_kept.max(1);
    let mut total = (0, 0);
    for kind in &remembered.kinds {
        total = (total.0 + kind.n_keys, total.1 + kind.n_bytes);
        let numbers = [kind.n_keys, kind.n_bytes, each(kind.n_bytes)];
        let cells = numbers.map(|number| number.to_string());
        rows.push([vec![kind.name.to_owned()], cells.to_vec()].concat());
    }
    let numbers = [total.0, total.1, each(total.1)].map(|number| number.to_string());
    rows.push([vec!["all".to_owned()], numbers.to_vec()].concat());
    columns(&rows)
}

pub(super) fn json(stats: &Stats) -> Value {
    let sizes = sizes(stats).into_iter();
    let sizes: Map<String, Value> = sizes.map(|(size, n)| (size, json!(n))).collect();
    let largest = stats.largest.iter().map(|group| {
        json!({
            "id": group.cluster.root, "reports": group.cluster.n_reports,
            "uri": group.uri, "title": group.title,
        })
    });
    let top = stats.top.iter().map(|top| {
        json!({
            "id": top.phrase.id, "uses": top.phrase.n_uses, "reports": top.phrase.n_reports,
            "chars": top.chars, "start": top.start,
        })
    });
    let (n_set, n_set_uses) = stats.phrases.set_phrases();
    let stages = stats.stages.iter().map(|(id, remembered)| {
        let kinds = remembered.kinds.iter().map(|kind| {
            json!({
                "kind": kind.name, "keys": kind.n_keys, "bytes": kind.n_bytes,
                "bytes_each": kind.n_bytes / remembered.n_kept.max(1),
            })
        });
        json!({
            "stage": &**id,
            "seen": remembered.n_seen, "kept": remembered.n_kept,
            "superseded": remembered.n_superseded,
            "units": remembered.n_units, "passages": remembered.n_passages,
            "kinds": kinds.collect::<Vec<_>>(),
        })
    });
    let stages: Vec<Value> = stages.collect();
    json!({
        "epochs": { "kept": stats.epochs.0, "sealed": stats.epochs.1 },
        "documents": stats.n_documents,
        "duplicates": stats.clusters.n_copies(),
        "relations": stats.clusters.relations,
        "clusters": {
            "n": stats.groups.len(), "sizes": sizes,
            "largest": largest.collect::<Vec<_>>(),
        },
        "passages": {
            "n": stats.phrases.n_passages(), "uses": stats.phrases.n_uses,
            "set_phrases": n_set, "set_phrase_uses": n_set_uses,
            "top": top.collect::<Vec<_>>(),
        },
        "stages": stages,
        "index_bytes": stats.n_index_bytes,
    })
}
