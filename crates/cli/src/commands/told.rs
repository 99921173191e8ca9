//! What the outbox tells of a record: its story and its rows.

use anyhow::{Context, Result, bail};
use taosha_core::{Id, Row};
use taosha_engine::{Segment, Store, Story};

/// A record as an epoch tells of it.
pub(super) struct Told {
    pub(super) story: Story,
    /// As the sinks got them; with several ports, of the one with most to tell.
    pub(super) rows: Vec<Row>,
}

impl Told {
    /// What `segment` tells of every record that `is_wanted`, in its order.
    pub(super) fn all(segment: &Segment, is_wanted: impl Fn(&Story) -> bool) -> Vec<Told> {
        let stories = segment.stories.iter().filter(|story| is_wanted(story));
        let told = stories.map(|story| {
            let of_port = |rows: &Vec<Row>| -> Vec<Row> {
                let own = rows.iter().filter(|row| row.record_id() == story.id);
                own.cloned().collect()
            };
            let ports = segment.rows.values().map(of_port);
            Told {
                story: story.clone(),
                rows: ports.max_by_key(Vec::len).unwrap_or_default(),
            }
        });
        told.collect()
    }
}

/// The record or page whose id is `what` or begins with it.
pub(super) fn id_of(store: &Store, what: &str) -> Result<Id> {
    if let Ok(id) = Id::try_from(what.to_owned()) {
        return Ok(id);
    }
    match &store.ids_from(what).context("read the index")?[..] {
        [only] => Ok(*only),
        [] => bail!(
            "find the record `{what}`: no id begins so; write at least four of its digits, as in the \
             column `id`"
        ),
        several => bail!("find the record `{what}`: {}", ambiguous(several)),
    }
}

/// `3 ids begin so: 1234…, 1235…`
pub(super) fn ambiguous(ids: &[Id]) -> String {
    /// Enough to see what to add.
    const SHOWN: usize = 4;
    let shown: Vec<String> = ids.iter().take(SHOWN).map(Id::to_string).collect();
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    format!("{} ids begin so: {}{more}", ids.len(), shown.join(", "))
}

/// What is told of the record `id` last, `None` when nothing is.
pub(super) fn last_told(store: &Store, id: Id) -> Result<Option<Told>> {
    for number in store.epochs_of(&id.to_string())?.into_iter().rev() {
        let told = Told::all(&store.segment(number)?, |story| story.id == id);
        if let Some(told) = told.into_iter().next() {
            return Ok(Some(told));
        }
    }
    Ok(None)
}
