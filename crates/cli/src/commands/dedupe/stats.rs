use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use taosha_core::{Id, Row};
use taosha_dedupe::Remembered;
use taosha_engine::{NodeKind, Plan, Segment, Store};

use super::clusters::{Cluster, Clusters};
use super::phrases::{Phrase, Phrases};
use crate::commands::told::last_told;

/// Clusters and passages that are named one by one.
const SHOWN: usize = 10;

/// Characters of a passage that are shown.
const SHOWN_CHARS: usize = 60;

/// Everything `taosha dedupe stats` tells.
pub(super) struct Stats {
    /// Epochs whose file the outbox keeps, of how many.
    pub(super) epochs: (u64, u64),
    /// Reports that have a row of `documents`.
    pub(super) n_documents: u64,
    pub(super) clusters: Clusters,
    /// The largest first.
    pub(super) groups: Vec<Cluster>,
    pub(super) largest: Vec<Group>,
    pub(super) phrases: Phrases,
    pub(super) top: Vec<Top>,
    /// What each `dedupe` of the file remembers.
    pub(super) stages: Vec<(Arc<str>, Remembered)>,
    /// Bytes on disk of what all stages remember, and of what is known of pages.
    pub(super) n_index_bytes: u64,
}

/// A cluster by name.
pub(super) struct Group {
    pub(super) cluster: Cluster,
    /// `None` when no epoch that is kept tells of the report, as of one in another state.
    pub(super) uri: Option<String>,
    pub(super) title: Option<String>,
}

/// A passage with its first words.
pub(super) struct Top {
    pub(super) phrase: Phrase,
    /// `None` when its epoch is not kept any more.
    pub(super) start: Option<String>,
    pub(super) chars: Option<usize>,
}

impl Stats {
    pub(super) fn of(plan: &Plan, store: &Store) -> Result<Stats> {
        let is_ours = |kind: NodeKind, name: &str| kind == NodeKind::Stage && name == "dedupe";
        let ours = plan.nodes.iter();
        let ours = ours.filter(|node| is_ours(node.kind, &node.kind_name));
        let ids: Vec<Arc<str>> = ours.map(|node| node.id.clone()).collect();
        if ids.is_empty() {
            bail!("the file has no stage of the type `dedupe`");
        }
        let mut stages = Vec::new();
        for id in ids {
            let remembered = Remembered::of(&mut *store.remembered_by(&id));
            let remembered = remembered.with_context(|| format!("read what `{id}` remembers"))?;
            stages.push((id, remembered));
        }

        let numbers: Vec<u64> = store.epochs()?.into_keys().collect();
        let mut documents: HashSet<Id> = HashSet::new();
        let (mut clusters, mut phrases) = (Clusters::default(), Phrases::default());
        for &number in &numbers {
            let segment = store.segment(number)?;
            for row in segment.rows.values().flatten() {
                match row {
                    Row::Document(row) => drop(documents.insert(row.id)),
                    Row::Duplicate(row) => clusters.add(row),
                    _ => {}
                }
            }
            // Several ports may tell of the same report; the one with most passages tells of all.
            for row in fullest(&segment) {
                match row {
                    Row::Passage(row) => phrases.add(row, number),
                    Row::PassageUse(row) => phrases.add_use(row),
                    _ => {}
                }
            }
        }
        let groups = clusters.groups();
        let largest = groups
            .iter()
            .take(SHOWN)
            .map(|cluster| named(store, cluster));
        let top = phrases.top(SHOWN).into_iter();
        let top = top.map(|phrase| Top::of(store, phrase));
        Ok(Stats {
            epochs: (numbers.len() as u64, store.last_epoch()),
            n_documents: documents.len() as u64,
            largest: largest.collect::<Result<_>>()?,
            top: top.collect::<Result<_>>()?,
            clusters,
            groups,
            phrases,
            stages,
            n_index_bytes: store.index_size().1,
        })
    }
}

fn fullest(segment: &Segment) -> &[Row] {
    let n_uses = |rows: &&Vec<Row>| {
        let is_use = |row: &&Row| matches!(row, Row::PassageUse(_));
        rows.iter().filter(is_use).count()
    };
    let fullest = segment.rows.values().max_by_key(n_uses);
    fullest.map(Vec::as_slice).unwrap_or_default()
}

fn named(store: &Store, cluster: &Cluster) -> Result<Group> {
    let told = match last_told(store, cluster.root) {
        Ok(told) => told,
        // Its epoch went by retention.
        Err(_) if !is_kept(store, cluster.root)? => None,
        Err(error) => return Err(error),
    };
    let document = told.and_then(|told| {
        told.rows.into_iter().find_map(|row| match row {
            Row::Document(row) => Some(row),
            _ => None,
        })
    });
    let document = document.map(|row| (row.uri, row.title));
    let (uri, title) = document.map_or((None, None), |(uri, title)| (Some(uri), title));
    Ok(Group {
        cluster: *cluster,
        uri,
        title,
    })
}

/// True when every epoch that tells of the report is in the outbox.
fn is_kept(store: &Store, id: Id) -> Result<bool> {
    let kept = store.epochs()?;
    let told = store.epochs_of(&id.to_string())?;
    Ok(told.iter().all(|number| kept.contains_key(number)))
}

impl Top {
    fn of(store: &Store, phrase: Phrase) -> Result<Top> {
        let segment = match phrase.epoch {
            0 => Segment::default(),
            number => store.segment(number)?,
        };
        let row = segment.rows.values().flatten().find_map(|row| match row {
            Row::Passage(row) if row.id == phrase.id => Some(row),
            _ => None,
        });
        Ok(Top {
            phrase,
            start: row.map(|row| row.text.chars().take(SHOWN_CHARS).collect()),
            chars: row.map(|row| row.chars),
        })
    }
}
