use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::json;
use taosha_core::{Id, PassageEdit, Registry, Row};
use taosha_engine::{End, Plan, Store};

use super::told::{id_of, last_told};
use crate::Exit;
use crate::args::{Format, OutputArgs, RecordArgs};
use crate::held::look;
use crate::terminal::Terminal;

/// `taosha restore FILE ID`
pub(crate) fn restore(
    args: &RecordArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let (plan, held) = match super::plan_and_state(&args.file, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    let id = id_of(&held.store, &args.what)?;
    let mut others = Others::of(&plan, terminal);
    let text = text_of(&held.store, id, &mut others);
    if let Some(exit) = others.refused {
        return Ok(exit);
    }
    let text = text.with_context(|| format!("restore `{id}`"))?;
    match output.format {
        Format::Text => terminal.exactly(&text),
        Format::Json => terminal.out(&json!({ "id": id, "text": text }).to_string()),
    }
    Ok(Exit::Ok)
}

/// The text of the report `id`; that of a copy is made from the report that stays.
fn text_of(store: &Store, id: Id, others: &mut Others) -> Result<String> {
    let Some(told) = last_told(store, id)? else {
        let text = others.text_of(id)?;
        return text
            .context("no epoch tells of it; the id of a report is wanted, not that of a page");
    };
    for row in told.rows {
        match row {
            Row::Document(row) => return Ok(row.text),
            Row::Duplicate(row) => {
                let canonical = match row.canonical_id == id {
                    // The same page was read by both pipelines.
                    true => others
                        .text_of(id)
                        .and_then(|text| text.context("no epoch tells of it")),
                    false => text_of(store, row.canonical_id, others),
                };
                let canonical = canonical.with_context(|| {
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

/// The states of other pipelines that stages read, opened when a report is not found in the own one.
struct Others {
    folders: Vec<PathBuf>,
    terminal: Terminal,
    /// Why one of them could not be opened.
    refused: Option<Exit>,
}

impl Others {
    fn of(plan: &Plan, terminal: Terminal) -> Self {
        let folders = plan.reads().into_iter().flat_map(|(_, folders)| folders);
        Others {
            folders: folders.collect(),
            terminal,
            refused: None,
        }
    }

    /// The text of the report `id`, if one of them tells of it.
    fn text_of(&mut self, id: Id) -> Result<Option<String>> {
        // The reports that stand for others are written where they are remembered, and nowhere else.
        for folder in std::mem::take(&mut self.folders) {
            let held = match look(&folder, self.terminal) {
                Ok(held) => held,
                Err(exit) => {
                    self.refused = Some(exit);
                    bail!("open the state `{}`", folder.display());
                }
            };
            if last_told(&held.store, id)?.is_some() {
                return text_of(&held.store, id, self).map(Some);
            }
        }
        Ok(None)
    }
}
