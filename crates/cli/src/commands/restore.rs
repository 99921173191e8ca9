use anyhow::{Context, Result, bail};
use serde_json::json;
use taosha_core::{Id, PassageEdit, Registry, Row};
use taosha_engine::{End, Store};

use super::told::{id_of, last_told};
use crate::Exit;
use crate::args::{Format, OutputArgs, RecordArgs};
use crate::terminal::Terminal;

/// `taosha restore FILE ID`
pub(crate) fn restore(
    args: &RecordArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (_, held) = match super::plan_and_state(&args.file, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let id = id_of(&held.store, &args.what)?;
    let text = text_of(&held.store, id).with_context(|| format!("restore `{id}`"))?;
    match output.format {
        Format::Text => terminal.exactly(&text),
        Format::Json => terminal.out(&json!({ "id": id, "text": text }).to_string()),
    }
    Ok(Exit::Ok)
}

/// The text of the report `id`; that of a copy is made from the report that stays.
pub(super) fn text_of(store: &Store, id: Id) -> Result<String> {
    let Some(told) = last_told(store, id)? else {
        bail!("no epoch tells of it; the id of a report is wanted, not that of a page");
    };
    for row in told.rows {
        match row {
            Row::Document(row) => return Ok(row.text),
            Row::Duplicate(row) => {
                let canonical = text_of(store, row.canonical_id).with_context(|| {
                    format!("read the report it is a copy of, `{}`", row.canonical_id)
                })?;
                let text = PassageEdit::apply_all(&canonical, &row.edits);
                return text
                    .context("its edits do not fit: this is a bug of ours, please report it");
            }
            _ => {}
        }
    }
    match told.story.end {
        End::Dropped { stage, reason } => bail!("stage `{stage}` dropped it ({reason})"),
        End::Dead { stage, code } => bail!("it is a dead letter of `{stage}` ({code})"),
        End::Written | End::Collapsed { .. } => bail!("it became no row"),
    }
}
