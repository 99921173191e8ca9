use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::{Record, Result};

/// Turns one record into 0..n records, by looking at that record alone.
///
/// A stage thinks, it does not wait: `process` is a plain function that the engine runs on as many
/// workers as it likes, restoring the order afterwards. Every record that comes in must be emitted,
/// dropped with a reason, or refused with an error; the engine counts.
pub trait Stage: Send + Sync + 'static {
    /// Handles one record.
    ///
    /// # Errors
    /// [`Malformed`](crate::ErrorKind::Malformed) makes the record a dead letter, everything else
    /// stops the run.
    fn process(&self, record: Record, out: &mut Output) -> Result<()>;
}

/// A stage that remembers: what it decides about a record depends on records before it.
///
/// The costly part looks at one record and runs on all workers; the verdict is made in the order
/// of the input, one record at a time, so that the output does not depend on the number of workers.
pub trait StatefulStage: Send + Sync + 'static {
    /// What `prepare` hands to `settle`.
    type Prepared: Send + 'static;

    /// Looks at one record alone, on any worker.
    ///
    /// # Errors
    /// As [`Stage::process`].
    fn prepare(&self, record: &Record) -> Result<Self::Prepared>;

    /// Decides, in order. Whatever must be known for later records goes into `state`; the engine
    /// keeps it together with the output it belongs to.
    ///
    /// # Errors
    /// As [`Stage::process`].
    fn settle(
        &self,
        record: Record,
        prepared: Self::Prepared,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()>;

    /// What it will keep on disk, as far as that can be told before a run. Nothing is told by default.
    fn keeps(&self) -> Option<Keeps> {
        None
    }

    /// State folders of other pipelines in which it reads what the stage with its own id remembers
    /// there, through [`State::other`] in this order. The engine holds them for the run and writes
    /// nothing. None by default.
    fn reads(&self) -> &[PathBuf] {
        &[]
    }

    /// Looks at what is remembered in one of the folders it [`reads`](Self::reads), before a run.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when it cannot be used; the engine adds the folder.
    fn check_other(&self, other: &dyn State) -> Result<()> {
        let _ = other;
        Ok(())
    }
}

/// What a stage with state keeps on disk, for people who plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeps {
    /// Of what it keeps something, in the singular: `report that stays`.
    pub each: &'static str,
    /// Bytes for one of these, by what they are for: `index`, `text`.
    pub bytes: Vec<(&'static str, u64)>,
    /// On what this was measured, and where that is written.
    pub measured: &'static str,
}

impl Keeps {
    /// All bytes for one.
    pub fn total(&self) -> u64 {
        self.bytes.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// What a stage keeps between records: byte strings by byte string, private to the stage's id.
pub trait State: Send {
    /// The value under `key`.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Calls `each` with every key that starts with `prefix` and its value, in order of the keys.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()>;

    /// What the stage with this id remembers in the folder at `index` of those it
    /// [`reads`](StatefulStage::reads), as it was when the run began; `None` behind the last.
    fn other(&self, index: usize) -> Option<&dyn State> {
        let _ = index;
        None
    }
}

/// A [`State`] that lives as long as the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryState {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl State for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.values.get(key).cloned())
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.values.insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        self.values
            .range::<[u8], _>(from)
            .take_while(|(key, _)| key.starts_with(prefix))
            .for_each(|(key, value)| each(key, value));
        Ok(())
    }
}

/// What a stage says about a record.
#[derive(Debug, Default)]
pub struct Output {
    emissions: Vec<Emission>,
    drops: Vec<Drop>,
}

/// A record on its way out of a stage.
#[derive(Debug)]
pub struct Emission {
    /// The port it leaves by; `None` is the main one.
    pub port: Option<&'static str>,
    /// The record.
    pub record: Record,
}

/// A record that ends here, and why.
#[derive(Debug)]
pub struct Drop {
    /// One of the stage type's `DROPS`.
    pub reason: &'static str,
    /// The record.
    pub record: Record,
}

impl Output {
    /// An empty output.
    pub fn new() -> Self {
        Output::default()
    }

    /// Passes `record` on.
    pub fn emit(&mut self, record: Record) {
        self.emissions.push(Emission { port: None, record });
    }

    /// Passes `record` on by another port, one of the stage type's `PORTS`.
    pub fn emit_to(&mut self, port: &'static str, record: Record) {
        self.emissions.push(Emission {
            port: Some(port),
            record,
        });
    }

    /// Ends `record` here. `reason` is one of the stage type's `DROPS`.
    pub fn drop(&mut self, record: Record, reason: &'static str) {
        self.drops.push(Drop { reason, record });
    }

    /// What was passed on so far, in order.
    pub fn emissions(&self) -> &[Emission] {
        &self.emissions
    }

    /// What was dropped so far, in order.
    pub fn drops(&self) -> &[Drop] {
        &self.drops
    }

    /// Both, to hand on.
    pub fn into_parts(self) -> (Vec<Emission>, Vec<Drop>) {
        (self.emissions, self.drops)
    }
}

/// What the engine hands to a source, stage or sink when it is built.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its id in the pipeline file.
    pub id: Arc<str>,
    /// The folder that relative paths start from: the one the pipeline file is in.
    pub base: PathBuf,
    /// Names the pipeline and its configuration; the `run` column of tables.
    pub run: Arc<str>,
    /// A folder below which a sink makes its target, instead of where the file says: for trials
    /// that must leave the real targets alone. Each sink has one of its own. A sink whose target is
    /// no file makes one named after this folder, which [`Sink::discard`](crate::Sink::discard)
    /// takes away, or writes nothing.
    pub scratch: Option<PathBuf>,
}

impl Settings {
    /// `path` as seen from the pipeline file's folder.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }

    /// Where a sink writes what its options call `path`. Sinks with files use this and never
    /// [`resolve`](Self::resolve).
    pub fn resolve_target(&self, path: impl AsRef<Path>) -> PathBuf {
        let Some(scratch) = &self.scratch else {
            return self.resolve(path);
        };
        let parts = path.as_ref().components();
        let names = parts.map(|part| match part {
            Component::Normal(name) => Path::new(name),
            Component::ParentDir => Path::new("up"),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => Path::new(""),
        });
        names.fold(scratch.clone(), |folder, name| folder.join(name))
    }
}

/// What [`StatefulStage::prepare`] made, with its type forgotten on the way through the engine.
pub type Prepared = Box<dyn Any + Send>;

/// A [`StatefulStage`] with its `Prepared` type forgotten. Implemented for every one of them;
/// only the engine calls it.
pub trait ErasedStateful: Send + Sync + 'static {
    /// See [`StatefulStage::prepare`].
    ///
    /// # Errors
    /// As there.
    fn prepare(&self, record: &Record) -> Result<Prepared>;

    /// See [`StatefulStage::settle`].
    ///
    /// # Errors
    /// As there.
    fn settle(
        &self,
        record: Record,
        prepared: Prepared,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()>;

    /// See [`StatefulStage::keeps`].
    fn keeps(&self) -> Option<Keeps>;

    /// See [`StatefulStage::reads`].
    fn reads(&self) -> &[PathBuf];

    /// See [`StatefulStage::check_other`].
    ///
    /// # Errors
    /// As there.
    fn check_other(&self, other: &dyn State) -> Result<()>;
}

impl<S: StatefulStage> ErasedStateful for S {
    fn prepare(&self, record: &Record) -> Result<Prepared> {
        Ok(Box::new(StatefulStage::prepare(self, record)?))
    }

    fn settle(
        &self,
        record: Record,
        prepared: Prepared,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let prepared = prepared.downcast().map_err(|_| {
            let message = Cow::Borrowed("settle a record with another stage's preparation");
            crate::Error::defect("core.prepared", message)
        })?;
        StatefulStage::settle(self, record, *prepared, state, out)
    }

    fn keeps(&self) -> Option<Keeps> {
        StatefulStage::keeps(self)
    }

    fn reads(&self) -> &[PathBuf] {
        StatefulStage::reads(self)
    }

    fn check_other(&self, other: &dyn State) -> Result<()> {
        StatefulStage::check_other(self, other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_sees_the_keys_under_its_prefix_in_order() {
        let mut state = MemoryState::default();
        for key in ["b2", "a1", "b1", "c"] {
            state.put(key.as_bytes(), b"").unwrap();
        }
        let mut keys = Vec::new();
        state
            .scan(b"b", &mut |key, _| keys.push(key.to_vec()))
            .unwrap();
        assert_eq!(keys, [b"b1".to_vec(), b"b2".to_vec()]);
        assert_eq!(state.get(b"a1").unwrap(), Some(Vec::new()));
    }
}
