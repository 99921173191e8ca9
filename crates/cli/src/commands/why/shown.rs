//! The story of a page for people: what stands out first, the evidence below it.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Map, Value};
use taosha_core::{DocumentRow, DuplicateRow, FactRow, RepairRow, Row, Step};
use taosha_engine::{DeadRecord, End, Store};

use super::twin::Twin;
use super::{Tale, Told, open_letter};
use crate::bytes_view::{without_tags, words};
use crate::commands::runs::moment;
use crate::paper::{Paper, counted, width};

/// Columns of the labels.
const ROOM: usize = 11;

/// The decision of a stage that cuts text of the site, with ranges of bytes by rule.
const LEFT_OUT: &str = "left_out";

/// Characters of a cut: what it is, is seen from its beginning.
const MAX_SHOWN: usize = 60;

/// One epoch's story of a page.
pub(super) fn tale(tale: &Tale, store: &Store, open: &[DeadRecord]) -> Result<String> {
    let mut paper = Paper::new();
    let Some(first) = tale.records.first() else {
        return Ok(String::new());
    };
    let story = &first.story;
    paper.line(0, &story.uri);
    paper.gap();
    paper.entry(2, ROOM, "page", &tale.page.to_string());
    let run = tale
        .run
        .as_ref()
        .map_or("a run that is forgotten", |run| &run.run);
    let handled = format!(
        "{} by {run}, in epoch {}",
        moment(tale.epoch.sealed_at),
        tale.number
    );
    paper.entry(2, ROOM, "handled", &handled);
    let mut from = format!("source `{}`", story.source);
    if *story.position.0 != *story.uri {
        from.push_str(&format!(", at {}", story.position.0));
    }
    if let Some(fetched_at) = &story.fetched_at {
        from.push_str(&format!(", fetched {fetched_at}"));
    }
    paper.entry(2, ROOM, "from", &from);
    let bytes = format!("{}, {}", story.raw_bytes, tale.bytes.words());
    paper.entry(2, ROOM, "bytes", &bytes);
    paper.entry(2, ROOM, "became", &became(&tale.records));

    let n_common = n_common_steps(&tale.records);
    if n_common > 0 && tale.records.len() > 1 {
        paper.gap();
        let common = story.steps.get(..n_common).unwrap_or_default();
        steps(&mut paper, common);
        left_out(&mut paper, tale, common);
    }
    let skipped = if tale.records.len() > 1 { n_common } else { 0 };
    for told in &tale.records {
        paper.gap();
        record(&mut paper, tale, told, skipped, store, open);
    }
    Ok(paper.into_text())
}

/// `9 records: 5 in the output, 4 copies`
fn became(records: &[Told]) -> String {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for told in records {
        let end = match told.story.end {
            End::Written => "in the output",
            End::Collapsed { .. } => "a copy",
            End::Dropped { .. } => "dropped",
            End::Dead { .. } => "dead",
        };
        *ends.entry(end).or_default() += 1;
    }
    let ends: Vec<String> = ends.iter().map(|(end, n)| format!("{n} {end}")).collect();
    format!(
        "{}: {}",
        counted(records.len() as u64, "record"),
        ends.join(", ")
    )
}

/// How many steps all records share: those of the page before it was cut.
fn n_common_steps(records: &[Told]) -> usize {
    let shown = |step: &Step| {
        (
            step.stage.clone(),
            step.decision.clone(),
            step.fields.clone(),
        )
    };
    let Some((first, others)) = records.split_first() else {
        return 0;
    };
    let is_common = |(n, step): &(usize, &Step)| {
        let step = shown(step);
        others
            .iter()
            .all(|told| told.story.steps.get(*n).map(shown).as_ref() == Some(&step))
    };
    first
        .story
        .steps
        .iter()
        .enumerate()
        .take_while(is_common)
        .count()
}

fn record(
    paper: &mut Paper,
    tale: &Tale,
    told: &Told,
    n_skipped: usize,
    store: &Store,
    open: &[DeadRecord],
) {
    let story = &told.story;
    let what = if story.parent.is_some() {
        "report"
    } else {
        "record"
    };
    paper.line(2, &format!("── {what} {} ──", story.id));
    let mut document = None;
    for row in &told.rows {
        match row {
            Row::Document(row) => document = Some(&**row),
            Row::Duplicate(row) => copy(paper, row, &Twin::of(store, row)),
            _ => {}
        }
    }
    match &story.end {
        End::Written => paper.line(2, "in the output"),
        End::Collapsed { .. } => {}
        End::Dropped { stage, reason } => {
            let ended = format!("not in the output: stage `{stage}` dropped it ({reason})");
            paper.line(2, &ended);
        }
        End::Dead { stage, code } => dead(paper, told, stage, code, open_letter(tale, story, open)),
    }
    if let Some(document) = document {
        headline(paper, document);
    }
    let own = story.steps.get(n_skipped..).unwrap_or_default();
    if !own.is_empty() {
        paper.gap();
        steps(paper, own);
        left_out(paper, tale, own);
    }
    let Some(document) = document else { return };
    repairs(paper, tale, document);
    let facts: Vec<&FactRow> = told
        .rows
        .iter()
        .filter_map(|row| match row {
            Row::Fact(row) => Some(&**row),
            _ => None,
        })
        .collect();
    if facts.is_empty() {
        return;
    }
    paper.gap();
    paper.line(
        2,
        &format!(
            "{}, with the bytes that prove each",
            counted(facts.len() as u64, "fact")
        ),
    );
    for row in facts {
        fact(paper, tale, row, &document.charset);
    }
}

fn headline(paper: &mut Paper, row: &DocumentRow) {
    paper.line(4, row.title.as_deref().unwrap_or("(no title)"));
    let period = row.period.as_ref().map(|period| format!("on {period}"));
    let published = row
        .published
        .as_ref()
        .map(|date| format!("published {date}"));
    let complete = match row.complete {
        Some(true) => Some("complete".to_owned()),
        Some(false) => Some("incomplete".to_owned()),
        None => None,
    };
    let counted = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let parts = [
        row.publisher.clone(),
        period,
        published,
        Some(format!("{} characters", row.chars)),
        complete,
        counted(row.masks, "masked"),
        counted(row.damage, "damaged"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    paper.line(4, &parts.join(" · "));
}

fn copy(paper: &mut Paper, row: &DuplicateRow, twin: &Twin) {
    let ended = format!(
        "not in the output: a copy ({}, likeness {:.3}) of report {}",
        row.relation, row.similarity, row.canonical_id
    );
    paper.line(2, &ended);
    if let Some(title) = &twin.title {
        paper.line(4, title);
    }
    match &twin.uri {
        Some(uri) => paper.line(4, &format!("in {uri}")),
        None => paper.line(4, "the outbox no longer keeps it"),
    }
    if twin.differences.is_empty() {
        paper.line(2, "their texts are the same, character by character");
        return;
    }
    paper.gap();
    paper.line(
        2,
        &format!(
            "what differs, in {}",
            counted(twin.differences.len() as u64, "place")
        ),
    );
    for difference in &twin.differences {
        let place = format!("{}–{}", difference.start, difference.end);
        let there = difference.there.as_deref().unwrap_or("?");
        paper.entry(
            4,
            ROOM,
            &place,
            &format!("{} → {}", quoted(there), quoted(&difference.here)),
        );
    }
}

fn dead(paper: &mut Paper, told: &Told, stage: &str, code: &str, open: Option<&DeadRecord>) {
    let who = if stage == told.story.source {
        "source"
    } else {
        "stage"
    };
    paper.line(
        2,
        &format!("not in the output: {who} `{stage}` refused it ({code})"),
    );
    for row in &told.rows {
        if let Row::Dead(row) = row {
            paper.line(4, &format!("failed to {}", row.message));
        }
    }
    match open {
        Some(letter) => {
            let start: String = letter.id.to_string().chars().take(8).collect();
            paper.line(
                4,
                &format!(
                    "tried {}×; `taosha dead retry FILE {start}` tries it again",
                    letter.attempts
                ),
            );
        }
        None => paper.line(4, "it was tried again since"),
    }
}

/// Decisions, each with its figures, below the stage that made them.
pub(in crate::commands) fn steps(paper: &mut Paper, steps: &[Step]) {
    let steps = || steps.iter().filter(|step| step.decision != LEFT_OUT);
    let room = steps().map(|step| width(&said(&step.decision))).max();
    let room = room.unwrap_or(0) + 2;
    let mut stage = "";
    for step in steps() {
        if *step.stage != *stage {
            stage = &step.stage;
            paper.line(2, stage);
        }
        paper.entry(4, room, &said(&step.decision), &figures(&step.fields));
    }
}

/// What was cut as site text: ranges of bytes by rule, read where they stand.
fn left_out(paper: &mut Paper, tale: &Tale, steps: &[Step]) {
    let charset = steps.iter().find(|step| step.decision == "charset");
    let charset = charset.and_then(|step| step.fields.get("name")?.as_str());
    let mut cuts: Vec<(usize, usize, &str)> = Vec::new();
    for step in steps.iter().filter(|step| step.decision == LEFT_OUT) {
        for (rule, ranges) in &step.fields {
            let Ok(ranges) = serde_json::from_value::<Vec<(usize, usize)>>(ranges.clone()) else {
                continue;
            };
            cuts.extend(
                ranges
                    .into_iter()
                    .map(|(start, end)| (start, end, rule.as_str())),
            );
        }
    }
    if cuts.is_empty() {
        return;
    }
    cuts.sort_unstable();
    paper.gap();
    paper.line(2, "cut as text of the site");
    for (start, end, rule) in cuts {
        let bytes = tale.bytes.range(start, end).unwrap_or_default();
        let cut = without_tags(&words(bytes, charset.unwrap_or_default()));
        let mut shown: String = cut.chars().take(MAX_SHOWN).collect();
        if shown.len() < cut.len() {
            shown.push('…');
        }
        let shown = match shown.is_empty() {
            true => said(rule),
            false => format!("{}: {shown}", said(rule)),
        };
        paper.entry(4, ROOM, &format!("{start}–{end}"), &shown);
    }
}

/// `name gb18030 · won by bytes · scores (utf-8 -2.4 · gb18030 0.9)`; what is null or empty is left out.
fn figures(fields: &Map<String, Value>) -> String {
    let shown = fields.iter().filter_map(|(name, value)| {
        let value = match value {
            Value::Null => return None,
            Value::String(text) if text.is_empty() => return None,
            Value::Object(fields) if fields.is_empty() => return None,
            Value::Array(list) if list.is_empty() => return None,
            value => figure(value),
        };
        Some(format!("{} {value}", said(name)))
    });
    shown.collect::<Vec<_>>().join(" · ")
}

fn figure(value: &Value) -> String {
    match value {
        Value::Object(fields) => format!("({})", figures(fields)),
        Value::Array(list) => list.iter().map(figure).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

fn said(name: &str) -> String {
    name.replace('_', " ")
}

/// `“词”`; what is not there at all is said so.
fn quoted(text: &str) -> String {
    match text {
        "" => "nothing".to_owned(),
        text => format!("“{text}”"),
    }
}

fn repairs(paper: &mut Paper, tale: &Tale, document: &DocumentRow) {
    if document.repairs.is_empty() {
        return;
    }
    paper.gap();
    let n = counted(document.repairs.len() as u64, "place");
    paper.line(2, &format!("{n} not as the page has it"));
    let text: Vec<char> = document.text.chars().collect();
    for repair in &document.repairs {
        let RepairRow {
            kind,
            start,
            end,
            raw_start,
            raw_end,
            before,
        } = repair;
        let after: String = text.get(*start..*end).unwrap_or_default().iter().collect();
        let before = match before {
            Some(before) => quoted(before),
            None => "hidden on purpose".to_owned(),
        };
        let change = format!("{}: {before} → {}", said(kind), quoted(&after));
        paper.entry(4, ROOM, &format!("{raw_start}–{raw_end}"), &change);
        let bytes = tale.bytes.range(*raw_start, *raw_end);
        let bytes = bytes.map(|bytes| words(bytes, &document.charset));
        let says_more = |said: &String| !said.is_empty() && Some(said) != repair.before.as_ref();
        if let Some(said) = bytes.filter(|_| repair.before.is_some()).filter(says_more) {
            paper.entry(4, ROOM, "", &format!("in the page: {said}"));
        }
    }
}

fn fact(paper: &mut Paper, tale: &Tale, row: &FactRow, charset: &str) {
    let value = match (row.masked, row.damaged) {
        (true, _) => format!("{} (masked)", row.value_text),
        (_, true) => format!("{} (damaged)", row.value_text),
        _ => row.value_text.clone(),
    };
    let qualifier = Some(row.qualifier.replace('_', " ")).filter(|word| word != "exact");
    let period = row.period.as_ref().map(|period| match &row.period_basis {
        Some(basis) => format!("{period} ({basis})"),
        None => period.clone(),
    });
    let parts = [
        Some(said(&row.kind)),
        qualifier,
        period,
        row.place.clone(),
        row.organisation.clone(),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let indicator = row.indicator.as_deref().unwrap_or("(no indicator)");
    let unit = row.unit.as_deref().unwrap_or_default();
    // A value that was written out with its unit says it already.
    let unit = if value.ends_with(unit) { "" } else { unit };
    paper.line(
        4,
        &format!("{indicator} = {value}{unit} · {}", parts.join(" · ")),
    );
    let place = format!("{}–{}", row.raw_start, row.raw_end);
    match tale.bytes.range(row.raw_start, row.raw_end) {
        Some(bytes) => paper.entry(6, ROOM + 2, &place, &words(bytes, charset)),
        None => paper.entry(6, ROOM + 2, &place, &format!("({})", row.evidence)),
    }
}
