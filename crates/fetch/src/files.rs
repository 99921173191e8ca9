use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use taosha_core::{
    Bytes, Error, Known, Next, NothingKnown, Origin, Position, Record, Result, Settings, Source,
    SourceSize, SourceType, async_trait,
};

use crate::blocking::blocking;
use crate::listing::{Found, Names, path_of};
use crate::paths::Paths;
use crate::version::version;
use crate::{FilesConfig, page};

/// One record per file, in the order of the paths.
///
/// The paths are listed when a run begins; files that come later are for the next one, unless the source
/// watches: then it lists the paths again and again, until the run is told to end. A file whose
/// size and time stamps are those it had when it was handled is not read again; one that has other
/// stamps is read, and skipped by the engine if its bytes are the same. A file that cannot be read
/// becomes a dead letter, and is asked for again by every run.
pub struct Files {
    id: Arc<str>,
    base: PathBuf,
    config: FilesConfig,
    paths: Paths,
    /// What is left; listed by `open`.
    found: VecDeque<Found>,
    known: Arc<dyn Known>,
    size: SourceSize,
    /// What was found by a source that watches, and the version it had.
    seen: BTreeMap<String, Option<String>>,
    now: fn() -> SystemTime,
}

impl SourceType for Files {
    const NAME: &'static str = "files";
    const ABOUT: &'static str = "pages from files and folders, plain or gzip";
    type Config = FilesConfig;

    fn build(config: FilesConfig, settings: &Settings) -> Result<Self> {
        let base = settings.base.clone();
        let names = Names::pages(&config.extensions);
        let allow_empty = config.allow_empty || config.watch;
        let paths = Paths::new(&config.paths, names, allow_empty, &base)?;
        if config.watch && !cfg!(unix) {
            let message = "watch for files: only on Unix a change can be told by the time stamps";
            return Err(Error::config("fetch.watch", message).for_option("watch"));
        }
        let (id, size) = (settings.id.clone(), SourceSize::default());
        Ok(Files {
            id,
            base,
            config,
            paths,
            found: VecDeque::new(),
            known: Arc::new(NothingKnown),
            size,
            seen: BTreeMap::new(),
            now,
        })
    }
}

#[async_trait]
impl Source for Files {
    /// Goes on behind the path of `resume`; what came to be before it is for the next run. A source that
    /// watches looks at all files again, since they do not come in the order of their paths.
    async fn open(&mut self, resume: Option<&Position>, known: Arc<dyn Known>) -> Result<()> {
        self.known = known;
        if self.config.watch {
            self.found = self.news().await?.into();
            return Ok(());
        }
        let mut found = self.list().await?;
        if let Some(Position(path)) = resume {
            found.retain(|found| found.uri.as_str() > &**path);
        }
        self.found = found.into();
        Ok(())
    }

    async fn next(&mut self) -> Result<Next> {
        while self.found.is_empty() && self.config.watch {
            tokio::time::sleep(Duration::from_secs(self.config.poll_secs)).await;
            self.found = self.news().await?.into();
        }
        let Some(found) = self.found.pop_front() else {
            return Ok(Next::End);
        };
        let position = Position(found.uri.as_str().into());
        if let Some(error) = found.trouble {
            return Ok(self.failed(&found.uri, position, error));
        }
        let known = self.known.version(&found.uri)?;
        let (path, max_bytes) = (found.path.clone(), self.config.max_bytes.0);
        let now = self.now;
        let page = blocking(move || {
            // Taken before the bytes are: what changes in between is seen by the next run.
            let metadata = path.metadata().ok();
            let version = metadata.and_then(|metadata| version(&metadata, now()));
            if version.is_some() && version == known {
                return Ok(None);
            }
            Ok(Some((page::read(&path, max_bytes)?, version)))
        });
        Ok(match page.await? {
            Ok(None) => Next::Unchanged(position),
            Ok(Some((raw, version))) => {
                let mut origin = Origin::new(self.id.clone(), found.uri, raw);
                origin.version = version;
                Next::Record(Record::new(origin, position))
            }
            Err(error) => self.failed(&found.uri, position, error),
        })
    }

    async fn again(&mut self, position: &Position) -> Result<Option<Record>> {
        let uri = position.0.to_string();
        let (path, max_bytes) = (path_of(&uri, &self.base), self.config.max_bytes.0);
        let raw = blocking(move || page::read(&path, max_bytes)).await?;
        let raw = raw.map_err(|error| error.context(format!("read `{uri}`")))?;
        let origin = Origin::new(self.id.clone(), uri, raw);
        Ok(Some(Record::new(origin, position.clone())))
    }

    fn size(&self) -> SourceSize {
        self.size
    }
}

impl Files {
    fn failed(&self, uri: &str, position: Position, error: Error) -> Next {
        Next::Failed {
            origin: Origin::new(self.id.clone(), uri, Bytes::new()),
            position,
            error: error.context(format!("read `{uri}`")),
        }
    }

    /// The files that are new or changed since they were last looked at. One that changed a moment ago
    /// may still be being written, and is left for the next time.
    async fn news(&mut self) -> Result<Vec<Found>> {
        let found = self.paths.list().await?;
        let now = self.now;
        let stamped = blocking(move || {
            let stamp = |found: Found| {
                let metadata = found.path.metadata().ok();
                let version = metadata.as_ref().map(|metadata| version(metadata, now()));
                (found, version)
            };
            found.into_iter().map(stamp).collect::<Vec<_>>()
        });
        let mut news = Vec::new();
        for (found, version) in stamped.await? {
            let is_settled = version != Some(None);
            let version = version.flatten();
            if !is_settled || self.seen.get(&found.uri) == Some(&version) {
                continue;
            }
            self.seen.insert(found.uri.clone(), version);
            news.push(found);
        }
        Ok(news)
    }

    async fn list(&mut self) -> Result<Vec<Found>> {
        let found = self.paths.list().await?;
        self.size = SourceSize {
            records: Some(found.len() as u64),
            bytes: Some(found.iter().map(|found| found.bytes).sum()),
        };
        Ok(found)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tells only whether a file must be read again, never what comes out"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(files: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for file in files {
                let path = folder.path().join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, file).unwrap();
            }
            Folder(folder)
        }

        /// The URIs that a source with these options gives, failures in brackets.
        async fn read(&self, options: &str) -> Result<Vec<String>> {
            let config: FilesConfig = toml::from_str(options).unwrap();
            let settings = Settings {
                id: "files".into(),
                base: self.0.path().into(),
                run: "test".into(),
                scratch: None,
            };
            let mut files = Files::build(config, &settings)?;
            files.open(None, Arc::new(NothingKnown)).await?;
            let mut uris = Vec::new();
            loop {
                match files.next().await? {
                    Next::Record(record) => uris.push(record.origin.uri.clone()),
                    Next::Failed { origin, error, .. } => {
                        uris.push(format!("[{} {}]", origin.uri, error.code()));
                    }
                    Next::Unchanged(_) => uris.push("unchanged".to_owned()),
                    Next::End => return Ok(uris),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_folder_gives_its_pages_in_order_and_nothing_else() {
        let folder = Folder::with(&[
            "p/b.htm",
            "p/a/1.html",
            "p/c.txt.gz",
            "p/x.png",
            "p/.a.html",
        ]);
        let uris = folder.read("paths = ['p']").await.unwrap();
        assert_eq!(uris, ["p/a/1.html", "p/b.htm", "p/c.txt.gz"]);
    }

    #[tokio::test]
    async fn a_file_matched_twice_is_read_once() {
        let folder = Folder::with(&["p/a.html", "p/b.page"]);
        let uris = folder
            .read("paths = ['p/*', './p/a.html', 'p']")
            .await
            .unwrap();
        assert_eq!(uris, ["p/a.html", "p/b.page"]);
    }

    #[tokio::test]
    async fn one_star_stays_in_its_folder() {
        let folder = Folder::with(&["p/a.html", "p/q/b.html"]);
        assert_eq!(
            folder.read("paths = ['p/*.html']").await.unwrap(),
            ["p/a.html"]
        );
        assert_eq!(
            folder.read("paths = ['p/**/*.html']").await.unwrap().len(),
            2
        );
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_source_that_watches_gives_files_as_they_come_and_change() {
        let folder = Folder::with(&["p/b.html"]);
        let settings = Settings {
            id: "files".into(),
            base: folder.0.path().into(),
            run: "test".into(),
            scratch: None,
        };
        let config = toml::from_str("paths = ['p']\nwatch = true\npoll_secs = 0").unwrap();
        let mut files = Files::build(config, &settings).unwrap();
        // Whatever changed, changed a while ago.
        files.now = || now() + Duration::from_secs(60);
        files.open(None, Arc::new(NothingKnown)).await.unwrap();
        let mut page = async || match files.next().await.unwrap() {
            Next::Record(record) => format!("{} {:?}", record.origin.uri, record.raw()),
            next => panic!("{next:?}"),
        };
        assert_eq!(page().await, "p/b.html b\"p/b.html\"");
        std::fs::write(folder.0.path().join("p/a.html"), "new").unwrap();
        assert_eq!(page().await, "p/a.html b\"new\"");
        std::fs::write(folder.0.path().join("p/b.html"), "other").unwrap();
        assert_eq!(page().await, "p/b.html b\"other\"");
        let waiting = tokio::time::timeout(Duration::from_millis(50), page());
        assert!(waiting.await.is_err(), "nothing is new");
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_file_that_is_being_written_is_left_for_later() {
        let folder = Folder::with(&["p/a.html"]);
        let uris = folder.read("paths = ['p']\nwatch = true\npoll_secs = 60");
        let waiting = tokio::time::timeout(Duration::from_millis(100), uris);
        assert!(waiting.await.is_err(), "it changed a moment ago");
    }

    #[tokio::test]
    async fn nothing_to_read_is_an_error_unless_it_is_expected() {
        let folder = Folder::with(&[]);
        let error = folder.read("paths = ['pages/*.html']").await.unwrap_err();
        assert_eq!(error.code(), "fetch.no_match");
        assert!(error.to_string().contains("pages/*.html"));
        assert!(
            folder
                .read("paths = ['pages/*.html']\nallow_empty = true")
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test]
    async fn a_named_path_that_is_missing_is_an_error_unless_it_is_expected() {
        let folder = Folder::with(&["a.html"]);
        let error = folder.read("paths = ['a.html', 'gone']").await.unwrap_err();
        assert_eq!(error.code(), "fetch.missing");
        let uris = folder
            .read("paths = ['a.html', 'gone']\nallow_empty = true")
            .await;
        assert_eq!(uris.unwrap(), ["a.html"]);
    }
}
