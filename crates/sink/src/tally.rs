//! What is counted of the rows in a target, for its card.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use taosha_core::{PeriodBasis, Row, Table};

/// Counts of all rows that a target holds, kept in the record of what it holds.
///
/// A sum over rows: where epochs end does not show in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Rows by table.
    pub(crate) rows: BTreeMap<Table, u64>,
    /// Rows of `documents`, by the pipeline and configuration that made them.
    pub(crate) runs: BTreeMap<String, u64>,
    /// Dead letters, by code.
    pub(crate) dead: BTreeMap<String, u64>,
    pub(crate) reports: Reports,
    pub(crate) facts: Facts,
}

/// Rows of `documents` with a weakness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reports {
    /// Text is known to be missing.
    pub(crate) incomplete: u64,
    /// Nothing tells whether text is missing.
    pub(crate) perhaps_incomplete: u64,
    /// No period, or one in doubt.
    pub(crate) without_period: u64,
    /// At least one place is known to be broken.
    pub(crate) damaged: u64,
    /// Such places in all of them.
    pub(crate) damaged_places: u64,
    /// At least one name or number is masked.
    pub(crate) masked: u64,
}

/// Rows of `facts` with a weakness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The period is in doubt.
    pub(crate) doubtful_period: u64,
    /// Some of the number is masked.
    pub(crate) masked: u64,
    /// Some of the number is lost.
    pub(crate) damaged: u64,
}

impl Tally {
    /// Counts `row`.
    pub(crate) fn add(&mut self, row: &Row) {
        *self.rows.entry(row.table()).or_default() += 1;
        match row {
            Row::Document(row) => {
                *self.runs.entry(row.run.clone()).or_default() += 1;
                let reports = &mut self.reports;
                reports.incomplete += u64::from(row.complete == Some(false));
                reports.perhaps_incomplete += u64::from(row.complete.is_none());
                reports.without_period += u64::from(row.period.is_none());
                reports.damaged += u64::from(row.damage > 0);
                reports.damaged_places += row.damage as u64;
                reports.masked += u64::from(row.masks > 0);
            }
            Row::Fact(row) => {
                let is_doubtful = row.period_basis.as_deref() == Some(PeriodBasis::Doubtful.name());
                self.facts.doubtful_period += u64::from(is_doubtful);
                self.facts.masked += u64::from(row.masked);
                self.facts.damaged += u64::from(row.damaged);
            }
            Row::Dead(row) => *self.dead.entry(row.code.clone()).or_default() += 1,
            _ => {}
        }
    }

    /// Counts what `more` has counted.
    pub(crate) fn merge(&mut self, more: &Tally) {
        merge(&mut self.rows, &more.rows);
        merge(&mut self.runs, &more.runs);
        merge(&mut self.dead, &more.dead);
        let (reports, more_reports) = (&mut self.reports, &more.reports);
        reports.incomplete += more_reports.incomplete;
        reports.perhaps_incomplete += more_reports.perhaps_incomplete;
        reports.without_period += more_reports.without_period;
        reports.damaged += more_reports.damaged;
        reports.damaged_places += more_reports.damaged_places;
        reports.masked += more_reports.masked;
        self.facts.doubtful_period += more.facts.doubtful_period;
        self.facts.masked += more.facts.masked;
        self.facts.damaged += more.facts.damaged;
    }

    /// Dead letters have left; those that stay have these codes.
    pub(crate) fn keep_dead(&mut self, dead: BTreeMap<String, u64>) {
        match dead.values().sum() {
            0 => self.rows.remove(&Table::Dead),
            n_rows => self.rows.insert(Table::Dead, n_rows),
        };
        self.dead = dead;
    }

    /// Rows of `table`.
    pub(crate) fn n_rows(&self, table: Table) -> u64 {
        self.rows.get(&table).copied().unwrap_or(0)
    }
}

fn merge<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, n_rows) in more {
        *to.entry(key.clone()).or_default() += n_rows;
    }
}
