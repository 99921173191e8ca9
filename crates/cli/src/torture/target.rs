use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use taosha_core::{Error, Guarantee, Registry, Sink, Table};
use taosha_engine::{NodeKind, PipelineText, Plan, load_with_targets};

use super::trial::targets_folder;

/// What the sinks of a pipeline have written below scratch folders.
pub(crate) struct Targets<'a> {
    pub(crate) text: &'a PipelineText,
    pub(crate) registry: &'a Registry,
}

/// What one sink has written.
pub(crate) struct Target {
    pub(crate) id: Arc<str>,
    pub(crate) guarantee: Guarantee,
    /// Why the sink cannot be read, if it cannot.
    pub(super) tables: Result<BTreeMap<Table, Rows>, Error>,
    /// A digest of every file, by its path below the sink's own folder. Hidden ones are left out:
    /// there sinks keep which epochs of which state they hold, and that differs by right.
    pub(super) files: BTreeMap<PathBuf, u64>,
}

/// The rows of a table, as digests.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) in_order: Vec<u64>,
    /// Rows of which neither the place nor the number of attempts is compared: dead letters of a
    /// source. Every run asks the source for them again, so they tell how many runs there were.
    pub(super) loose: Vec<u64>,
}

/// What a target was compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// The rows its sink reads back.
    Rows,
    /// The bytes of all its files that are not hidden.
    Files,
    /// It cannot be.
    Nothing,
}

/// A row that was asked for.
pub(super) struct Picked {
    pub(super) digest: u64,
    /// Among those in order.
    pub(super) place: Option<usize>,
    pub(super) row: String,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.in_order.len() + self.loose.len()
    }
}

impl Target {
    pub(crate) fn compared(&self) -> Compared {
        match &self.tables {
            Ok(_) => Compared::Rows,
            Err(_) if !self.files.is_empty() => Compared::Files,
            Err(_) => Compared::Nothing,
        }
    }

    /// How many rows each table has; tables without rows are left out.
    pub(crate) fn n_rows(&self) -> Vec<(Table, usize)> {
        let tables = self.tables.iter().flatten();
        let counts = tables.map(|(table, rows)| (*table, rows.len()));
        counts.filter(|(_, n_rows)| *n_rows > 0).collect()
    }

    /// True when rows stand in files of their own, which look the same to everybody who reads them.
    pub(crate) fn has_table_files(&self) -> bool {
        self.files.keys().any(|path| self.is_table_file(path))
    }

    /// True when the file at `path` is one of those, and must have the same bytes as any other run's.
    pub(super) fn is_table_file(&self, path: &Path) -> bool {
        let is_dead = path.file_name() == Some(OsStr::new("dead.jsonl"))
            || path.parent().and_then(Path::file_name) == Some(OsStr::new("dead"));
        let extension = path.extension().and_then(OsStr::to_str);
        self.guarantee == Guarantee::ExactlyOnce
            && matches!(extension, Some("jsonl" | "parquet"))
            && !(is_dead && self.has_loose(Table::Dead))
    }

    /// True when each run may change a row of `table`.
    fn has_loose(&self, table: Table) -> bool {
        let rows = self
            .tables
            .as_ref()
            .ok()
            .and_then(|tables| tables.get(&table));
        rows.is_some_and(|rows| !rows.loose.is_empty())
    }
}

impl Targets<'_> {
    /// What every sink has written below `scratch`, in the order of the file.
    pub(crate) async fn look(&self, scratch: &Path) -> Result<Vec<Target>> {
        let plan = self.plan(scratch)?;
        let guarantees = self.guarantees(&plan);
        let sources = sources(&plan);
        let mut targets = Vec::new();
        for ((id, mut sink), guarantee) in plan.into_sinks().into_iter().zip(guarantees) {
            // Before the sink is opened, which may mend what should not need it.
            let mut files = BTreeMap::new();
            let folder = targets_folder(scratch).join(&*id);
            digest_files(&folder, Path::new(""), &mut files)
                .with_context(|| format!("read the files of `{id}` in `{}`", folder.display()))?;
            let tables = read_tables(sink.as_mut(), &sources).await;
            targets.push(Target {
                id,
                guarantee,
                tables,
                files,
            });
        }
        Ok(targets)
    }

    /// The rows of `table` that `is_wanted` picks by their place and digest.
    pub(super) async fn pick(
        &self,
        scratch: &Path,
        id: &str,
        table: Table,
        mut is_wanted: impl FnMut(Option<usize>, u64) -> bool + Send,
    ) -> Result<Vec<Picked>> {
        let plan = self.plan(scratch)?;
        let sources = sources(&plan);
        let mut sinks = plan.into_sinks().into_iter();
        let (_, mut sink) = sinks
            .find(|(known, _)| **known == *id)
            .context("find the sink again")?;
        sink.open().await?;
        let (mut picked, mut n_in_order) = (Vec::new(), 0);
        let mut each = |row: &str| {
            let (digest, is_loose) = digest_row(table, row, &sources);
            let place = (!is_loose).then_some(n_in_order);
            n_in_order += usize::from(!is_loose);
            if is_wanted(place, digest) {
                let row = row.to_owned();
                picked.push(Picked { digest, place, row });
            }
        };
        sink.read(table, &mut each).await?;
        sink.close().await?;
        Ok(picked)
    }

    /// Takes away what sinks have made for `scratch` elsewhere than in it.
    pub(crate) async fn discard(&self, scratch: &Path) -> Result<()> {
        for (id, mut sink) in self.plan(scratch)?.into_sinks() {
            let discarded = sink.discard().await;
            discarded.with_context(|| format!("take away what `{id}` made for a trial"))?;
            sink.close().await?;
        }
        Ok(())
    }

    fn plan(&self, scratch: &Path) -> Result<Plan> {
        let loaded = load_with_targets(self.text, self.registry, Some(targets_folder(scratch)));
        match loaded.plan {
            Some(plan) => Ok(plan),
            None => bail!("plan the pipeline once more, as it was changed meanwhile"),
        }
    }

    fn guarantees(&self, plan: &Plan) -> Vec<Guarantee> {
        let sinks = plan.nodes.iter().filter(|node| node.kind == NodeKind::Sink);
        let known = sinks.map(|sink| self.registry.sinks().get(&*sink.kind_name));
        known
            .map(|known| known.map_or(Guarantee::AtLeastOnce, |known| known.guarantee))
            .collect()
    }
}

fn sources(plan: &Plan) -> Vec<Arc<str>> {
    let sources = plan
        .nodes
        .iter()
        .filter(|node| node.kind == NodeKind::Source);
    sources.map(|source| source.id.clone()).collect()
}

async fn read_tables(
    sink: &mut dyn Sink,
    sources: &[Arc<str>],
) -> Result<BTreeMap<Table, Rows>, Error> {
    sink.open().await?;
    let mut tables = BTreeMap::new();
    for table in Table::ALL {
        let mut rows = Rows::default();
        let mut each = |row: &str| match digest_row(table, row, sources) {
            (digest, true) => rows.loose.push(digest),
            (digest, false) => rows.in_order.push(digest),
        };
        sink.read(table, &mut each).await?;
        rows.loose.sort_unstable();
        tables.insert(table, rows);
    }
    sink.close().await?;
    Ok(tables)
}

/// A digest of `row`, and whether it is a dead letter of one of `sources`.
fn digest_row(table: Table, row: &str, sources: &[Arc<str>]) -> (u64, bool) {
    if table == Table::Dead
        && let Ok(Value::Object(mut dead)) = serde_json::from_str(row)
        && let Some(stage) = dead.get("stage").and_then(Value::as_str)
        && sources.iter().any(|source| **source == *stage)
    {
        dead.remove("attempts");
        return (digest(Value::Object(dead).to_string().as_bytes()), true);
    }
    (digest(row.as_bytes()), false)
}

/// Nobody makes rows that collide on purpose, and by chance it does not happen.
fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn digest_files(
    folder: &Path,
    below: &Path,
    digests: &mut BTreeMap<PathBuf, u64>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // A sink that writes no files makes no folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let (path, below) = (entry.path(), below.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            digest_files(&path, &below, digests)?;
        } else {
            digests.insert(below, digest_file(&path)?);
        }
    }
    Ok(())
}

fn digest_file(path: &Path) -> io::Result<u64> {
    const CHUNK_BYTES: usize = 1 << 16;
    let mut file = File::open(path)?;
    let (mut hasher, mut chunk) = (DefaultHasher::new(), vec![0; CHUNK_BYTES]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hasher.finish()),
            n_bytes => hasher.write(&chunk[..n_bytes]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_of_a_source_are_the_same_after_another_attempt() {
        let sources = ["files".into()];
        let row = |stage: &str, attempts: u32| {
            format!(r#"{{"id":"a","stage":"{stage}","attempts":{attempts}}}"#)
        };
        let digest = |row: &str| digest_row(Table::Dead, row, &sources);
        assert_eq!(digest(&row("files", 1)), digest(&row("files", 2)));
        assert!(digest(&row("files", 1)).1);
        assert_ne!(digest(&row("decode", 1)), digest(&row("decode", 2)));
        assert!(!digest(&row("decode", 1)).1);
    }
}
