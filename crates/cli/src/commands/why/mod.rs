//! `taosha why`: what became of a page, from what its run has written down.

mod bytes; // the page, as it is now
mod shown; // for people
mod twin; // the report a copy is a copy of

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use taosha_core::{Id, Registry, Row};
use taosha_engine::{DeadRecord, EpochRecord, Plan, RunRecord, Store, Story};
use tokio::runtime;

use self::bytes::PageBytes;
use self::twin::Twin;
use super::told::{Told, id_of};
use crate::Exit;
use crate::args::{Format, OutputArgs, RecordArgs};
use crate::bytes_view::words;
use crate::terminal::Terminal;

pub(super) use self::shown::steps;

/// A page as one epoch tells of it.
struct Tale {
    number: u64,
    epoch: EpochRecord,
    run: Option<RunRecord>,
    page: Id,
    bytes: PageBytes,
    records: Vec<Told>,
}

/// `taosha why FILE URI|ID`
pub(crate) fn why(
    args: &RecordArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (mut plan, held) = match super::plan_and_state(&args.file, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let store = &held.store;
    let base = args.file.file.parent().unwrap_or(Path::new(""));
    let Some(wanted) = find(store, &args.what, base)? else {
        terminal.error(&format!(
            "taosha: no epoch tells of `{}`: write a page as in documents.uri (for files: relative to \
             the pipeline file, with `/`), or an id of 32 hex digits or at least its first four. A \
             page that no run has come to yet is in no epoch, nor is one that retention has let go",
            args.what
        ));
        return Ok(Exit::Failed);
    };
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start a thread that reads the page")?;
    let tales = runtime.block_on(tell(&mut plan, store, &wanted))?;
    let open = store.dead()?;
    for (n, tale) in tales.iter().enumerate() {
        match output.format {
            Format::Text => {
                if n > 0 {
                    terminal.out("");
                }
                terminal.out(&shown::tale(tale, store, &open)?);
            }
            Format::Json => {
                for record in &tale.records {
                    terminal.out(&as_json(tale, record, store, &open)?.to_string());
                }
            }
        }
    }
    Ok(Exit::Ok)
}

/// A page, or some of its reports.
struct Wanted {
    uri: String,
    /// `None` for all.
    id: Option<Id>,
}

/// What `what` means: a URI, the path of a file, or the start of an id.
fn find(store: &Store, what: &str, base: &Path) -> Result<Option<Wanted>> {
    let relative = relative(what, base);
    for uri in [Some(what.to_owned()), relative].into_iter().flatten() {
        let is_told = store.epochs_of(&uri)?.into_iter().next_back();
        let Some(number) = is_told else { continue };
        let segment = store.segment(number)?;
        if segment.stories.iter().any(|story| story.uri == uri) {
            return Ok(Some(Wanted { uri, id: None }));
        }
    }
    let is_hex = what.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hex || store.ids_from(what)?.is_empty() {
        return Ok(None);
    }
    let id = id_of(store, what)?;
    for number in store.epochs_of(&id.to_string())?.into_iter().rev() {
        let segment = store.segment(number)?;
        if let Some(story) = segment.stories.iter().find(|story| is_of(story, id)) {
            let uri = story.uri.clone();
            return Ok(Some(Wanted { uri, id: Some(id) }));
        }
    }
    Ok(None)
}

fn is_of(story: &Story, id: Id) -> bool {
    story.id == id || story.parent == Some(id)
}

/// How a source of files calls the file at `what`, seen from where the command was typed.
fn relative(what: &str, base: &Path) -> Option<String> {
    let path = Path::new(what).canonicalize().ok()?;
    let base = match base.as_os_str().is_empty() {
        true => Path::new("."),
        false => base,
    };
    let below = path.strip_prefix(base.canonicalize().ok()?).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Everything that is told of `wanted`, the newest first.
async fn tell(plan: &mut Plan, store: &Store, wanted: &Wanted) -> Result<Vec<Tale>> {
    let runs = store.runs()?;
    let epochs = store.epochs()?;
    let mut tales: Vec<Tale> = Vec::new();
    for number in store.epochs_of(&wanted.uri)?.into_iter().rev() {
        // Retention has let go of older ones.
        let Some(epoch) = epochs.get(&number) else {
            continue;
        };
        let segment = store.segment(number)?;
        let is_wanted =
            |story: &Story| story.uri == wanted.uri && wanted.id.is_none_or(|id| is_of(story, id));
        let mut pages: Vec<(Id, Vec<Told>)> = Vec::new();
        for told in Told::all(&segment, is_wanted) {
            let page = told.story.parent.unwrap_or(told.story.id);
            match pages.iter_mut().find(|(known, _)| *known == page) {
                Some((_, records)) => records.push(told),
                None => pages.push((page, vec![told])),
            }
        }
        for (page, records) in pages {
            let Some(first) = records.first() else {
                continue;
            };
            tales.push(Tale {
                number,
                epoch: epoch.clone(),
                run: runs.get(&epoch.run).cloned(),
                page,
                bytes: PageBytes::get(plan, &first.story, &first.rows).await,
                records,
            });
        }
    }
    Ok(tales)
}

/// The dead letter of `tale` that `story` tells of, if it was not tried again since.
fn open_letter<'a>(tale: &Tale, story: &Story, open: &'a [DeadRecord]) -> Option<&'a DeadRecord> {
    open.iter()
        .find(|letter| letter.id == story.id && letter.epoch == tale.number)
}

fn as_json(tale: &Tale, told: &Told, store: &Store, open: &[DeadRecord]) -> Result<Value> {
    let mut rows: Map<String, Value> = Map::new();
    let mut charset = "";
    for row in &told.rows {
        if let Row::Document(row) = row {
            charset = &row.charset;
        }
    }
    for row in &told.rows {
        let mut value: Value = serde_json::from_str(&row.to_json()?)?;
        if let (Row::Fact(fact), Some(raw)) = (row, tale.bytes.range(0, usize::MAX)) {
            let bytes = raw.get(fact.raw_start..fact.raw_end).unwrap_or_default();
            value["raw_words"] = words(bytes, charset).into();
        }
        let list = rows.entry(row.table().name()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(value);
        }
    }
    let twin = told.rows.iter().find_map(|row| match row {
        Row::Duplicate(row) => Some(Twin::of(store, row)),
        _ => None,
    });
    Ok(json!({
        "page": tale.page,
        "epoch": tale.number,
        "sealed_at": tale.epoch.sealed_at,
        "run": tale.run.as_ref().map(|run| &run.run),
        "page_now": tale.bytes.name(),
        "story": told.story,
        "dead": open_letter(tale, &told.story, open),
        "twin": twin.map(|twin| twin.as_json()),
        "rows": rows,
    }))
}
