use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use taosha_core::{
    Bytes, Error, Known, Next, Origin, Position, Record, Result, Settings, Source, SourceType,
    async_trait,
};

use crate::blocking::blocking;
use crate::listing::{Found, Names, path_of};
use crate::paths::Paths;
use crate::place::Place;

/// A file that holds many pages, being read.
///
/// The order of its entries and their places depend on nothing but its bytes.
pub(crate) trait Volume: Send + Sized + 'static {
    /// The `type` of the source in the pipeline file.
    const NAME: &'static str;
    /// One line for people who choose.
    const ABOUT: &'static str;
    /// What a user may set.
    type Config: DeserializeOwned + JsonSchema + Send + Sync + 'static;

    /// Which files are meant.
    fn wanted(config: &Self::Config) -> Wanted<'_>;

    /// Looks whether the options can be.
    ///
    /// # Errors
    /// [`Config`](taosha_core::ErrorKind::Config) when they cannot.
    fn check(config: &Self::Config) -> Result<()> {
        let _ = config;
        Ok(())
    }

    /// Opens `file`, from an entry on that was read before if `at` is given. `None` when that entry
    /// is not there any more.
    ///
    /// # Errors
    /// When the file cannot be read as what it should be.
    fn open(file: VolumeFile, config: Arc<Self::Config>, at: Option<Place>)
    -> Result<Option<Self>>;

    /// The next entry.
    ///
    /// # Errors
    /// When the rest of the file cannot be read.
    fn next(&mut self) -> Result<Option<Entry>>;
}

/// Which files a source reads.
pub(crate) struct Wanted<'config> {
    pub(crate) paths: &'config [String],
    pub(crate) names: Names,
    pub(crate) allow_empty: bool,
}

/// The file that a [`Volume`] reads.
#[derive(Clone)]
pub(crate) struct VolumeFile {
    /// The id of the source.
    pub(crate) source: Arc<str>,
    /// What the file is called.
    pub(crate) uri: String,
    pub(crate) path: PathBuf,
}

/// A page in a file, or the place of one that cannot be had.
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) origin: Origin,
    pub(crate) error: Option<Error>,
}

/// One record per page in files that hold many.
///
/// Files are read in the order of their paths, each from its start to its end. A run that goes on
/// begins behind the entry that was sealed last. Entries that earlier runs handled are read again, and
/// skipped by the engine.
pub(crate) struct Volumes<V: Volume> {
    id: Arc<str>,
    base: PathBuf,
    config: Arc<V::Config>,
    paths: Paths,
    /// What is left, without `current`.
    found: VecDeque<Found>,
    current: Option<(String, V)>,
}

impl<V: Volume> SourceType for Volumes<V> {
    const NAME: &'static str = V::NAME;
    const ABOUT: &'static str = V::ABOUT;
    type Config = V::Config;

    fn build(config: V::Config, settings: &Settings) -> Result<Self> {
        let base = settings.base.clone();
        V::check(&config)?;
        let wanted = V::wanted(&config);
        let paths = Paths::new(wanted.paths, wanted.names, wanted.allow_empty, &base)?;
        Ok(Volumes {
            id: settings.id.clone(),
            base,
            config: Arc::new(config),
            paths,
            found: VecDeque::new(),
            current: None,
        })
    }
}

#[async_trait]
impl<V: Volume> Source for Volumes<V> {
    async fn open(&mut self, resume: Option<&Position>, _: Arc<dyn Known>) -> Result<()> {
        self.found = self.paths.list().await?.into();
        let Some((uri, place)) = resume.and_then(Place::of) else {
            return Ok(());
        };
        self.found.retain(|found| found.uri.as_str() >= uri);
        if self.found.front().is_none_or(|found| found.uri != uri) {
            return Ok(());
        }
        // Without its entry the file is another one by now, and is read from its start.
        let is_done = place.number == 0;
        if !is_done {
            let file = self.file(uri, path_of(uri, &self.base));
            let Ok(Some((entry, volume))) = entry_at::<V>(file, self.config.clone(), place).await?
            else {
                return Ok(());
            };
            if entry.place != place {
                return Ok(());
            }
            self.current = Some((uri.to_owned(), volume));
        }
        self.found.pop_front();
        Ok(())
    }

    async fn next(&mut self) -> Result<Next> {
        loop {
            if let Some((uri, mut volume)) = self.current.take() {
                let read = blocking(move || (volume.next(), volume));
                let (entry, volume) = read.await?;
                match entry {
                    Err(error) => return Ok(self.failed(&uri, error)),
                    Ok(None) => {}
                    Ok(Some(entry)) => {
                        let position = entry.place.position(&uri);
                        self.current = Some((uri, volume));
                        return Ok(entry.into_next(position));
                    }
                }
            }
            let Some(found) = self.found.pop_front() else {
                return Ok(Next::End);
            };
            if let Some(error) = found.trouble {
                return Ok(self.failed(&found.uri, error));
            }
            let (file, config) = (self.file(&found.uri, found.path), self.config.clone());
            match blocking(move || V::open(file, config, None)).await? {
                Ok(volume) => self.current = volume.map(|volume| (found.uri, volume)),
                Err(error) => return Ok(self.failed(&found.uri, error)),
            }
        }
    }

    async fn again(&mut self, position: &Position) -> Result<Option<Record>> {
        let Some((uri, place)) = Place::of(position) else {
            return Ok(None);
        };
        let place = match place.number {
            // The file as a whole could not be read: its first entry shows whether it can be now.
            0 => return Ok(None),
            _ => place,
        };
        let file = self.file(uri, path_of(uri, &self.base));
        let entry = entry_at::<V>(file, self.config.clone(), place).await?;
        let entry = entry.map_err(|error| error.context(format!("read `{uri}`")))?;
        match entry.filter(|(entry, _)| entry.place == place) {
            None => Ok(None),
            Some((entry, _)) => match entry.error {
                Some(error) => Err(error),
                None => Ok(Some(Record::new(entry.origin, position.clone()))),
            },
        }
    }
}

impl<V: Volume> Volumes<V> {
    fn file(&self, uri: &str, path: PathBuf) -> VolumeFile {
        VolumeFile {
            source: self.id.clone(),
            uri: uri.to_owned(),
            path,
        }
    }

    /// The rest of a file cannot be read.
    fn failed(&self, uri: &str, error: Error) -> Next {
        Next::Failed {
            origin: Origin::new(self.id.clone(), uri, Bytes::new()),
            position: Place::default().position(uri),
            error: error.context(format!("read `{uri}`")),
        }
    }
}

/// The entry at `place` of `file`, and the file, open behind it.
async fn entry_at<V: Volume>(
    file: VolumeFile,
    config: Arc<V::Config>,
    place: Place,
) -> Result<Result<Option<(Entry, V)>>> {
    blocking(move || {
        let Some(mut volume) = V::open(file, config, Some(place))? else {
            return Ok(None);
        };
        let entry = volume.next()?;
        Ok(entry.map(|entry| (entry, volume)))
    })
    .await
}

impl Entry {
    /// What a source gives.
    pub(crate) fn into_next(self, position: Position) -> Next {
        match self.error {
            None => Next::Record(Record::new(self.origin, position)),
            Some(error) => Next::Failed {
                origin: self.origin,
                position,
                error,
            },
        }
    }
}

/// The file cannot be read; `doing` is what was tried.
pub(crate) fn unreadable(doing: &str, error: std::io::Error) -> Error {
    Error::malformed("fetch.unreadable", doing).because(error)
}
