//! `taosha dead …`: pages and records that a stage or source refused.

mod export; // their bytes, for other tools
mod list;
mod retry; // once more, from where they died
mod show; // all about one

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use taosha_core::{Id, Registry};
use taosha_engine::{DeadRecord, Store};

use super::told::ambiguous;
use crate::Exit;
use crate::args::{DeadChoice, DeadCommand, OutputArgs};
use crate::terminal::Terminal;

/// `taosha dead list|show|retry|export`
pub(crate) fn dead(
    command: &DeadCommand,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let file = match command {
        DeadCommand::List(args) | DeadCommand::Retry(args) => &args.file,
        DeadCommand::Show(args) => &args.file,
        DeadCommand::Export(args) => &args.letters.file,
    };
    let (plan, held) = match super::plan_and_state(file, registry, terminal) {
        Ok(opened) => opened,
        Err(exit) => return Ok(exit),
    };
    match command {
        DeadCommand::List(args) => {
            let letters = chosen(&held.store, &args.choice)?;
            list::list(&letters, output, terminal)
        }
        DeadCommand::Show(args) => {
            let letter = one(&held.store, &args.what)?;
            show::show(&held.store, &letter, output, terminal)
        }
        DeadCommand::Retry(args) => {
            let letters = chosen(&held.store, &args.choice)?;
            retry::retry(plan, &held.store, letters, output, terminal)
        }
        DeadCommand::Export(args) => {
            let letters = chosen(&held.store, &args.letters.choice)?;
            export::export(&held.store, &letters, &args.to, output, terminal)
        }
    }
}

/// The open dead letters that `choice` speaks of, in the order in which they died.
fn chosen(store: &Store, choice: &DeadChoice) -> Result<Vec<DeadRecord>> {
    let mut letters = store.dead()?;
    letters.sort_by(|one, two| (one.epoch, &one.uri, one.id).cmp(&(two.epoch, &two.uri, two.id)));
    if !choice.ids.is_empty() {
        let wanted: Result<BTreeSet<Id>> = choice
            .ids
            .iter()
            .map(|start| id_of(&letters, start))
            .collect();
        let wanted = wanted?;
        letters.retain(|letter| wanted.contains(&letter.id));
    }
    letters.retain(|letter| {
        choice.code.as_ref().is_none_or(|code| *code == letter.code)
            && choice
                .stage
                .as_ref()
                .is_none_or(|stage| *stage == letter.stage)
    });
    Ok(letters)
}

fn one(store: &Store, start: &str) -> Result<DeadRecord> {
    let letters = store.dead()?;
    let id = id_of(&letters, start)?;
    match letters.into_iter().find(|letter| letter.id == id) {
        Some(letter) => Ok(letter),
        None => bail!("find dead letter `{start}`"),
    }
}

/// The letter whose id begins with `start`.
fn id_of(letters: &[DeadRecord], start: &str) -> Result<Id> {
    let start = start.to_ascii_lowercase();
    let ids = letters.iter().map(|letter| letter.id);
    let found: Vec<Id> = ids
        .filter(|id| id.to_string().starts_with(&start))
        .collect();
    match found[..] {
        [only] => Ok(only),
        [] => bail!(
            "find dead letter `{start}`: no open one has an id that begins so; `taosha why` tells what \
             became of a record"
        ),
        _ => bail!("find dead letter `{start}`: {}", ambiguous(&found)),
    }
}

/// `decode.empty 1 · decode.not_text 1`
fn by_code(letters: &[DeadRecord]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for letter in letters {
        *counts.entry(&letter.code).or_default() += 1;
    }
    let shown = counts.iter().map(|(code, n)| format!("{code} {n}"));
    shown.collect::<Vec<_>>().join(" · ")
}
