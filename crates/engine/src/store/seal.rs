//! What an epoch is made of, and how it becomes true.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use taosha_core::{Id, Position, Result, Row};

use super::checkpoint::Commit;
use super::epoch_state::pairs;
use super::segment::{SegmentWriter, path_of};
use super::{DeadRecord, End, Entries, EpochRecord, Letter, Store, Story, lock, write_lock};
use crate::Counts;

/// Everything one epoch is made of.
#[derive(Default)]
pub(crate) struct Sealing {
    pub(crate) number: u64,
    /// Where the sources stand; empty at the end of a run.
    pub(crate) positions: BTreeMap<String, Position>,
    /// What the source list and the stages put into their states.
    pub(crate) entries: Vec<Arc<Entries>>,
    /// What the records became, by the port at which they came out.
    pub(crate) finished: BTreeMap<String, Vec<Arc<Finished>>>,
    /// Dead letters that went in again, from the outbox or from their source.
    pub(crate) retried: Vec<Id>,
    /// How many of them came from the outbox, and are not among the pages read.
    pub(crate) entered: u64,
    pub(crate) read: u64,
    pub(crate) read_bytes: u64,
    pub(crate) unchanged: u64,
}

/// A record at its end.
#[derive(Clone)]
pub(crate) struct Finished {
    pub(crate) story: Story,
    pub(crate) rows: Vec<Row>,
    /// For dead letters.
    pub(crate) letter: Option<Letter>,
}

/// A sealed epoch on its way to the sinks.
#[derive(Debug)]
pub(crate) struct SealedEpoch {
    pub(crate) number: u64,
    pub(crate) retried: Vec<Id>,
    pub(crate) rows: BTreeMap<String, Vec<Row>>,
}

impl Store {
    /// Makes an epoch true, and hands it back for the sinks.
    ///
    /// # Errors
    /// When the disk cannot be used; nothing is true then that was not before.
    pub(crate) fn seal(&self, mut sealing: Sealing) -> Result<(SealedEpoch, EpochRecord)> {
        let number = sealing.number;
        let died = self.dead_records(&mut sealing)?;
        let healed: Vec<Id> = sealing
            .retried
            .iter()
            .filter(|id| !died.iter().any(|dead| dead.id == **id))
            .copied()
            .collect();
        let counts = counts_of(&sealing);

        let told = self.where_entries(&sealing)?;
        let put = std::mem::take(&mut sealing.entries);
        let (bytes, digest) = self.write_segment(&sealing)?;
        let entries = put.iter().flat_map(|entries| pairs(entries));
        let manifest = lock(&self.runs).seal(pairs(&told).chain(entries))?;
        drop((told, put));

        let mut run = lock(&self.run);
        let epoch = EpochRecord {
            run: run.as_ref().map_or(0, |(number, _)| *number),
            sealed_at: Timestamp::now(),
            bytes,
            digest,
            counts,
        };
        let mut head = lock(&self.head).clone();
        head.epoch = number;
        head.positions = std::mem::take(&mut sealing.positions);
        head.manifest = manifest;
        if let Some((_, run)) = run.as_mut() {
            head.made_by.insert(run.run.clone());
            run.counts.add(&epoch.counts);
            run.epochs = Some((run.epochs.map_or(number, |(first, _)| first), number));
        }
        self.checkpoint.commit(&Commit {
            head: &head,
            epoch: Some((number, &epoch)),
            run: run.as_ref().map(|(number, run)| (*number, run)),
            dead: &died,
            healed: &healed,
        })?;
        *lock(&self.head) = head;
        let mut runs = lock(&self.runs);
        runs.committed();
        *write_lock(&self.sealed.0) = (number, runs.snapshot());

        let rows = sealing.finished.into_iter().map(|(port, finished)| {
            let finished = finished.into_iter().map(Arc::unwrap_or_clone);
            let rows = finished.flat_map(|finished| finished.rows);
            (port, rows.collect())
        });
        let sealed = SealedEpoch {
            number,
            retried: sealing.retried,
            rows: rows.collect(),
        };
        Ok((sealed, epoch))
    }

    /// The dead letters of an epoch; sets how often each was tried, and notes those that were dead
    /// before as retried, so that sinks replace their rows.
    fn dead_records(&self, sealing: &mut Sealing) -> Result<Vec<DeadRecord>> {
        let mut died: Vec<DeadRecord> = Vec::new();
        for finished in sealing.finished.values_mut().flatten() {
            if finished.letter.is_none() {
                continue;
            }
            let finished = Arc::make_mut(finished);
            let story = &finished.story;
            for row in &mut finished.rows {
                let Row::Dead(row) = row else { continue };
                if let Some(before) = self.checkpoint.dead_one(row.id)? {
                    row.attempts = before.attempts + 1;
                    if !sealing.retried.contains(&row.id) {
                        sealing.retried.push(row.id);
                    }
                }
                died.push(DeadRecord {
                    id: row.id,
                    uri: row.uri.clone(),
                    source: story.source.clone(),
                    position: story.position.clone(),
                    stage: row.stage.clone(),
                    code: row.code.clone(),
                    message: row.message.clone(),
                    attempts: row.attempts,
                    epoch: sealing.number,
                    at: Timestamp::now(),
                });
            }
        }
        Ok(died)
    }

    fn write_segment(&self, sealing: &Sealing) -> Result<(u64, String)> {
        let mut writer = SegmentWriter::new()?;
        for &id in &sealing.retried {
            writer.retried(id)?;
        }
        // A record may come out at several ports; its story is told once.
        let mut told = HashSet::new();
        for (port, finished) in &sealing.finished {
            writer.port(port)?;
            for finished in finished {
                let Finished {
                    story,
                    rows,
                    letter,
                } = &**finished;
                if told.insert((story.id, story.end.clone())) {
                    writer.story(story)?;
                    if let Some(letter) = letter {
                        writer.letter(letter)?;
                    }
                }
                for row in rows {
                    writer.row(row)?;
                }
            }
        }
        writer.place(&*self.disk, &path_of(&self.outbox(), sealing.number))
    }
}

fn counts_of(sealing: &Sealing) -> Counts {
    let mut counts = Counts {
        read: sealing.read,
        read_bytes: sealing.read_bytes,
        unchanged: sealing.unchanged,
        retried: sealing.entered,
        ..Counts::default()
    };
    let mut ended = 0;
    let mut told = HashSet::new();
    for finished in sealing.finished.values().flatten() {
        for row in &finished.rows {
            *counts.rows.entry(row.table()).or_default() += 1;
        }
        let Story { id, end, .. } = &finished.story;
        let ends_once = matches!(end, End::Dropped { .. } | End::Dead { .. });
        if ends_once && !told.insert((*id, end)) {
            continue;
        }
        ended += 1;
        match end {
            End::Written => counts.written += 1,
            End::Collapsed { relation, .. } => {
                *counts.collapsed.entry(relation.clone()).or_default() += 1;
            }
            End::Dropped { stage, reason } => {
                *counts
                    .dropped
                    .entry(format!("{stage}.{reason}"))
                    .or_default() += 1;
            }
            End::Dead { code, .. } => *counts.dead.entry(code.clone()).or_default() += 1,
        }
    }
    counts.split = u64::saturating_sub(ended, counts.read + counts.retried);
    counts
}
