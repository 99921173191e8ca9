//! A stage that reads what the stage with its id remembers in the state of another pipeline.

#![expect(clippy::unwrap_used, reason = "the toys are test code too")]
#![expect(dead_code, reason = "other tests use more of the toys")]

#[path = "toys/mod.rs"]
mod toys;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use taosha_core::{
    Error, Kind, Output, Record, Result, Settings, State, StatefulStage, StatefulStageType,
};
use taosha_engine::disk::RealDisk;
use taosha_engine::{Ledger, Limits, PipelineText, RunError, StateLock, Store, Summary};
use toys::Memory;

/// Drops the numbers that it knows, its own and those of the folders it reads.
struct News(NewsConfig);

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct NewsConfig {
    against: Vec<PathBuf>,
    /// Refuses folders in which this number is not known.
    wants: Option<String>,
}

impl StatefulStageType for News {
    const NAME: &'static str = "news";
    const ABOUT: &'static str = "what is new";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    const DROPS: &'static [&'static str] = &["known"];
    type Config = NewsConfig;

    fn build(config: NewsConfig, _: &Settings) -> Result<Self> {
        Ok(News(config))
    }
}

impl StatefulStage for News {
    type Prepared = ();

    fn prepare(&self, _: &Record) -> Result<()> {
        Ok(())
    }

    fn reads(&self) -> &[PathBuf] {
        &self.0.against
    }

    fn check_other(&self, other: &dyn State) -> Result<()> {
        match &self.0.wants {
            Some(wants) if other.get(wants.as_bytes())?.is_none() => {
                Err(Error::config("news.wants", format!("find `{wants}`")))
            }
            _ => Ok(()),
        }
    }

    fn settle(
        &self,
        record: Record,
        (): (),
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let number = record.report()?.reading().text().to_owned();
        let mut is_known = state.get(number.as_bytes())?.is_some();
        for index in 0..self.0.against.len() {
            let other = state.other(index).unwrap();
            let mut n_scanned = 0;
            other.scan(b"", &mut |_, _| n_scanned += 1)?;
            assert!(n_scanned > 0);
            is_known |= other.get(number.as_bytes())?.is_some();
        }
        assert!(state.other(self.0.against.len()).is_none());
        state.put(number.as_bytes(), b"")?;
        match is_known {
            true => out.drop(record, "known"),
            false => out.emit(record),
        }
        Ok(())
    }
}

fn pipeline(name: &str, count: usize, stage: &str) -> String {
    format!(
        "[[source]]\ntype = 'numbers'\ncount = {count}\n[[stage]]\ntype = 'read'\n\
         [[stage]]\ntype = 'news'\n{stage}\n[[sink]]\ntype = 'memory'\nname = '{name}'\n"
    )
}

async fn run_in(folder: &Path, file: &str) -> std::result::Result<Summary, RunError> {
    let text = PipelineText::new("test.toml".as_ref(), file.to_owned(), &[]).unwrap();
    let mut registry = toys::registry();
    registry.stateful_stage::<News>();
    let plan = taosha_engine::load(&text, &registry).plan.unwrap();
    let ledger = Arc::new(Ledger::new(&plan));
    let store = Arc::new(Store::open(Arc::new(RealDisk), folder).unwrap());
    taosha_engine::run(plan, store, ledger, Limits::default()).await
}

/// Every file below `folder` but the lock.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        match entry.is_dir() {
            true => all.extend(bytes(&entry)),
            false if entry.ends_with("lock") => {}
            false => drop(all.insert(entry.clone(), fs::read(&entry).unwrap())),
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_sees_what_its_like_remembers_elsewhere_and_changes_nothing_there() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run_in(old.path(), &pipeline("old", 3, "")).await.unwrap();
    // What a killed process leaves stays, too.
    fs::write(old.path().join("index/99.run"), b"half").unwrap();
    fs::write(old.path().join("outbox/99.tmp"), b"half").unwrap();
    let before = bytes(old.path());
    let against = format!("against = ['{}']\nwants = '2'", old.path().display());
    run_in(new.path(), &pipeline("new", 6, &against))
        .await
        .unwrap();
    assert_eq!(Memory::of("new").shown(), ["3", "4", "5"]);
    assert!(before == bytes(old.path()));
    // It is let go of with the run.
    StateLock::take(old.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_ends_the_run_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new, empty, torn] = ["old", "new", "empty", "torn"].map(|n| folder.path().join(n));
    run_in(&old, &pipeline("refused", 3, "id = 'early'"))
        .await
        .unwrap();
    fs::create_dir(&empty).unwrap();
    fs::create_dir(&torn).unwrap();
    fs::write(torn.join("checkpoint.redb"), b"something else").unwrap();
    let named = "id = 'early'\nwants = '7'\n";
    for (folder, stage, what) in [
        (&empty, "", "there is none; name the state folder"),
        (&folder.path().join("gone"), "", "there is none"),
        (&torn, "", "no state of this version of taosha, or torn"),
        (&old, "", "only `early`; give this stage the `id`"),
        (&old, named, "find `7`"),
        (&new, "", "the state of this pipeline"),
    ] {
        let stage = format!("{stage}against = ['{}']", folder.display());
        let error = run_in(&new, &pipeline("refused", 3, &stage))
            .await
            .unwrap_err();
        assert!(error.is_config(), "{error}");
        let message = error.to_string();
        assert!(message.contains(what), "{message}");
        assert!(message.contains(&folder.display().to_string()), "{message}");
        let store = Store::open(Arc::new(RealDisk), &new).unwrap();
        assert!(store.runs().unwrap().is_empty());
    }
    assert!(!empty.join("lock").exists() && !folder.path().join("gone").exists());

    let held = StateLock::take(&old).unwrap();
    let stage = format!("id = 'early'\nagainst = ['{}']", old.display());
    let error = run_in(&new, &pipeline("refused", 3, &stage))
        .await
        .unwrap_err();
    assert!(matches!(error, RunError::Held(_)), "{error}");
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );
    drop(held);
}
