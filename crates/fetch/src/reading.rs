//! What sources over files that hold many are tested with.

use std::path::Path;
use std::sync::Arc;

use taosha_core::{
    Bytes, Error, Next, NothingKnown, Position, Result, Settings, Source, SourceType,
};

use crate::volume::{Volume, Volumes};

/// A folder with files, and the sources that read it.
pub(crate) struct Reading(tempfile::TempDir);

/// What a source gave: a page, or what failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The URI; for a failure also the code, in brackets.
    pub(crate) shown: String,
    pub(crate) raw: Bytes,
    pub(crate) fetched_at: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    /// What failed.
    pub(crate) message: String,
    pub(crate) position: Position,
}

impl Reading {
    pub(crate) fn of(files: &[(&str, &[u8])]) -> Self {
        let reading = Reading(tempfile::tempdir().unwrap());
        for (name, bytes) in files {
            reading.write(name, bytes);
        }
        reading
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    fn build<V: Volume>(&self, options: &str) -> Result<Volumes<V>> {
        let config: V::Config = toml::from_str(options).unwrap();
        let settings = Settings {
            id: "source".into(),
            base: self.folder().into(),
            run: "test".into(),
            scratch: None,
        };
        Volumes::build(config, &settings)
    }

    /// The code for which options are refused.
    pub(crate) fn refused<V: Volume>(&self, options: &str) -> String {
        let error = self.build::<V>(options).err();
        error.map_or_else(String::new, |error| error.code().to_owned())
    }

    pub(crate) async fn all<V: Volume>(&self, options: &str) -> Vec<Given> {
        self.read::<V>(options, None).await
    }

    /// What comes when a run goes on behind `position`.
    pub(crate) async fn behind<V: Volume>(&self, options: &str, position: &Position) -> Vec<Given> {
        self.read::<V>(options, Some(position)).await
    }

    async fn read<V: Volume>(&self, options: &str, behind: Option<&Position>) -> Vec<Given> {
        let mut source = self.build::<V>(options).unwrap();
        source.open(behind, Arc::new(NothingKnown)).await.unwrap();
        let mut all = Vec::new();
        loop {
            all.push(match source.next().await.unwrap() {
                Next::End => return all,
                Next::Unchanged(position) => panic!("unchanged: {position:?}"),
                Next::Record(record) => Given {
                    shown: record.origin.uri.clone(),
                    raw: record.raw().clone(),
                    fetched_at: record.origin.fetched_at.clone(),
                    headers: record.origin.headers.clone(),
                    message: String::new(),
                    position: record.position,
                },
                Next::Failed {
                    origin,
                    position,
                    error,
                } => Given {
                    shown: format!("[{} {}]", origin.uri, error.code()),
                    raw: origin.raw,
                    fetched_at: origin.fetched_at,
                    headers: origin.headers,
                    message: error.to_string(),
                    position,
                },
            });
        }
    }

    /// A run that goes on behind any entry gives the rest, exactly.
    pub(crate) async fn resumes_everywhere<V: Volume>(&self, options: &str) {
        let all = self.all::<V>(options).await;
        for (n, given) in all.iter().enumerate() {
            let rest = self.behind::<V>(options, &given.position).await;
            assert_eq!(rest, all[n + 1..], "behind {:?}", given.position);
        }
    }

    /// Every page can be had once more; what failed fails again, for the same reason.
    pub(crate) async fn goes_back_everywhere<V: Volume>(&self, options: &str) {
        for given in self.all::<V>(options).await {
            let mut source = self.build::<V>(options).unwrap();
            let again: Result<_, Error> = source.again(&given.position).await;
            match again {
                Ok(None) => assert!(given.position.0.contains("#0@"), "{given:?}"),
                Ok(Some(record)) => {
                    assert_eq!(*record.raw(), given.raw);
                    assert_eq!(record.origin.uri, given.shown);
                    assert_eq!(record.position, given.position);
                }
                Err(error) => assert!(given.shown.contains(error.code()), "{error}"),
            }
        }
    }
}
