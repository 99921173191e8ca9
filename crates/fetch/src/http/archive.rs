use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use taosha_core::{Error, Id, Result};

use super::crawl_file::{names, trouble};
use super::crawl_reader::{CrawlReader, Written};
use super::entry::{Entry, Kept, Outcome, Place};
use crate::answer::Answer;

/// The folder with the WARC files of all crawls.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    pub(crate) folder: PathBuf,
}

/// What the file of one crawl holds, as a whole.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Under which options it was begun; `None` when not even that was written.
    pub(crate) shape: Option<String>,
    pub(crate) is_finished: bool,
    /// Bytes of whole entries.
    pub(crate) whole: u64,
    /// Whether more bytes than these are there.
    pub(crate) is_torn: bool,
    kept: KeptByUrl,
}

/// Answers that can be asked for again with a condition, by digest of the address.
#[derive(Debug, Default)]
pub(crate) struct KeptByUrl(HashMap<Id, Kept>);

impl KeptByUrl {
    /// The answer that is kept for `url`.
    pub(crate) fn get(&self, url: &str) -> Option<&Kept> {
        self.0.get(&digest(url))
    }
}

/// Held while a run uses the folder.
pub(crate) struct Lock {
    _file: File,
}

impl Archive {
    /// Makes the folder, and keeps other runs out of it.
    pub(crate) fn lock(&self) -> Result<Lock> {
        fs::create_dir_all(&self.folder).map_err(|error| trouble("make", &self.folder, error))?;
        let path = self.folder.join(".lock");
        let open = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = open.map_err(|error| trouble("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "use `{}`: another run writes there; give each source a folder of its own as `warc`",
                    self.folder.display()
                );
                Err(Error::unavailable("fetch.warc_in_use", message))
            }
            Err(TryLockError::Error(error)) => Err(trouble("lock", &path, error)),
        }
    }

    /// Names of the crawls' files, oldest first.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        names(&self.folder)
    }

    /// Reads the file `name` from its start to its end.
    pub(crate) fn survey(&self, name: &str) -> Result<Survey> {
        let mut reader = CrawlReader::open(&self.folder, name, 0)?;
        let mut survey = Survey::default();
        loop {
            match reader.next()? {
                Written::Begun { shape } => survey.shape = Some(shape),
                Written::Entry { entry, at } => {
                    if let Some((url, kept)) = kept(name, entry, at) {
                        survey.kept.0.insert(url, kept);
                    }
                }
                Written::Finished => survey.is_finished = true,
                Written::End { torn } => {
                    survey.is_torn = torn;
                    survey.whole = reader.whole();
                    return Ok(survey);
                }
            }
        }
    }

    /// What `names` and before keep, back to the newest crawl that came to its end: every answer that still
    /// held then is named there. `newest` is what the last of the files is known to hold.
    pub(crate) fn kept(&self, names: &[String], newest: Option<Survey>) -> Result<KeptByUrl> {
        let mut kept = KeptByUrl::default();
        let mut newest = newest;
        for name in names.iter().rev() {
            let survey = match newest.take() {
                Some(survey) => survey,
                None => self.survey(name)?,
            };
            for (url, of_file) in survey.kept.0 {
                kept.0.entry(url).or_insert(of_file);
            }
            if survey.is_finished {
                break;
            }
        }
        // An answer in a file that was removed cannot be shown again.
        let all = self.names()?;
        kept.0.retain(|_, kept| all.contains(&kept.place.file));
        Ok(kept)
    }

    /// The entry at `place`.
    pub(crate) fn entry(&self, place: &Place) -> Result<Entry> {
        let mut reader = CrawlReader::open(&self.folder, &place.file, place.offset)?;
        match reader.next()? {
            Written::Entry { entry, .. } => Ok(entry),
            _ => Err(lost(&self.folder, place)),
        }
    }

    /// The answer that `entry` tells of, and when it was given.
    pub(crate) fn answer(&self, entry: Entry) -> Result<(String, Result<Answer, Error>)> {
        let (date, block, place) = match entry.outcome {
            Outcome::Failed { code, message } => {
                return Ok((entry.date, Err(Error::malformed(code, message))));
            }
            Outcome::Answer(block) => (entry.date, block, None),
            Outcome::Unchanged(kept) => {
                let original = self.entry(&kept.place)?;
                let Outcome::Answer(block) = original.outcome else {
                    return Err(lost(&self.folder, &kept.place));
                };
                (original.date, block, Some(kept.place))
            }
        };
        match (Answer::parse(&block), place) {
            (Some(answer), _) => Ok((date, Ok(answer))),
            (None, Some(place)) => Err(lost(&self.folder, &place)),
            (None, None) => Err(Error::defect(
                "fetch.warc_folder",
                "understand an answer of our own file",
            )),
        }
    }
}

fn kept(file: &str, entry: Entry, at: u64) -> Option<(Id, Kept)> {
    let kept = match entry.outcome {
        Outcome::Answer(block) => {
            let place = Place {
                file: file.to_owned(),
                offset: at,
            };
            Kept::of(&Answer::parse(&block)?, place)?
        }
        Outcome::Unchanged(kept) => kept,
        Outcome::Failed { .. } => return None,
    };
    Some((digest(&entry.url), kept))
}

fn digest(url: &str) -> Id {
    Id::of("url", &[url.as_bytes()])
}

fn lost(folder: &Path, place: &Place) -> Error {
    let message = format!(
        "find the answer at byte {} of `{}`: the file was changed; move the newest file of the folder away to fetch anew",
        place.offset,
        folder.join(&place.file).display()
    );
    Error::config("fetch.warc_damaged", message)
}
