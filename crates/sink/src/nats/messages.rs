use std::collections::BTreeMap;

use bytes::Bytes;
use taosha_core::{Epoch, Error, Result, Table};

/// A row on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) subject: String,
    /// Names the row for ever: no other row has it. The id of its record would not do, since one has
    /// many rows, and a dead letter that dies once more has the same.
    pub(super) id: String,
    pub(super) headers: [(&'static str, String); 4],
    pub(super) body: Bytes,
}

/// The messages that `epoch` is sent in: dead letters that leave, then rows in order of the input.
pub(super) fn messages(epoch: &Epoch, selected: &[Table], prefix: &str) -> Result<Vec<Message>> {
    let mut counts: BTreeMap<(Table, &str), usize> = BTreeMap::new();
    let mut message = |table: Table, change: &'static str, body: String| {
        let count = counts.entry((table, change)).or_default();
        let (name, state, number) = (table.name(), &epoch.state, epoch.number);
        let id = format!("{state}-{number}-{name}-{change}-{count}");
        *count += 1;
        Message {
            subject: format!("{prefix}.{name}"),
            id,
            headers: [
                ("Taosha-Table", name.to_owned()),
                ("Taosha-Change", change.to_owned()),
                ("Taosha-Epoch", number.to_string()),
                ("Taosha-State", state.to_string()),
            ],
            body: body.into(),
        }
    };
    let mut messages = Vec::new();
    if selected.contains(&Table::Dead) {
        let ids = epoch.retried.iter();
        messages
            .extend(ids.map(|id| message(Table::Dead, "removed", format!("{{\"id\":\"{id}\"}}"))));
    }
    for row in epoch
        .rows
        .iter()
        .filter(|row| selected.contains(&row.table()))
    {
        let json = row.to_json();
        let json =
            json.map_err(|error| Error::defect("sink.json", "write a row").because(error))?;
        messages.push(message(row.table(), "added", json));
    }
    Ok(messages)
}
