use std::collections::BTreeMap;
use std::sync::Arc;

use taosha_core::{Epoch, Error, Id, Result, Table};

use crate::tally::Tally;

/// An epoch as lines of JSON, by table.
pub(crate) struct Delivery {
    pub(crate) state: Arc<str>,
    pub(crate) number: u64,
    pub(crate) retried: Vec<Id>,
    /// Each with a line break at its end.
    pub(crate) lines: BTreeMap<Table, Vec<u8>>,
    /// What is counted of these rows.
    pub(crate) tally: Tally,
}

/// `epoch` as it is written to the tables of `selected`.
pub(crate) fn delivery(epoch: &Epoch, selected: &[Table]) -> Result<Delivery> {
    let mut lines: BTreeMap<Table, Vec<u8>> = BTreeMap::new();
    let mut tally = Tally::default();
    for row in &epoch.rows {
        if !selected.contains(&row.table()) {
            continue;
        }
        tally.add(row);
        let json = row.to_json();
        let json = json.map_err(|e| Error::defect("sink.json", "write a row").because(e))?;
        let lines = lines.entry(row.table()).or_default();
        lines.extend_from_slice(json.as_bytes());
        lines.push(b'\n');
    }
    Ok(Delivery {
        state: Arc::clone(&epoch.state),
        number: epoch.number,
        retried: epoch.retried.clone(),
        lines,
        tally,
    })
}
