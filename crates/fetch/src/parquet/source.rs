use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parquet::file::metadata::ParquetMetaData;
use taosha_core::{Bytes, Error, Origin, Result};

use super::ParquetConfig;
use super::cells::Lost;
use super::footer::footer;
use super::group::{Group, Row};
use super::wanted::Wanted;
use crate::columns;
use crate::listing::Names;
use crate::place::Place;
use crate::volume::{self, Entry, Volume, VolumeFile, unreadable};

/// Bytes of a page that is too large that are kept, to be looked at in the dead letter.
const KEPT_OF_LARGE: usize = 64 * 1024;

/// The rows of a Parquet file.
///
/// It holds one packed stretch of each of at most three columns at a time, see `pages.rs`.
pub(crate) struct ParquetFile {
    volume: VolumeFile,
    config: Arc<ParquetConfig>,
    file: Arc<File>,
    footer: ParquetMetaData,
    wanted: Arc<Wanted>,
    /// The next row.
    at: At,
    /// The group of the next row, when it is open and has one left.
    group: Option<Group>,
}

/// A row: the one behind so many others.
#[derive(Clone, Copy, Debug, Default)]
struct At {
    group: usize,
    /// Rows of the group in front of it.
    within: u64,
    /// Rows of all groups in front of its group.
    before: u64,
}

impl Volume for ParquetFile {
    const NAME: &'static str = "parquet";
    const ABOUT: &'static str = "pages from rows of Parquet files";
    type Config = ParquetConfig;

    fn wanted(config: &ParquetConfig) -> volume::Wanted<'_> {
        volume::Wanted {
            paths: &config.paths,
            names: Names::ending(["parquet"]),
            allow_empty: config.allow_empty,
        }
    }

    fn check(config: &ParquetConfig) -> Result<()> {
        columns::check(config.page(), &config.uri, config.fetched_at.as_deref())
    }

    fn open(
        volume: VolumeFile,
        config: Arc<ParquetConfig>,
        at: Option<Place>,
    ) -> Result<Option<Self>> {
        let mut file = File::open(&volume.path).map_err(|error| unreadable("open", error))?;
        let understood = caught(|| {
            let footer = footer(&mut file)?;
            let schema = footer.file_metadata().schema_descr();
            let wanted = Wanted::of(schema, &config, &volume.uri)?;
            Ok((footer, wanted))
        });
        let (footer, wanted) = understood.unwrap_or_else(|| Err(nonsense()))?;
        let mut opened = ParquetFile {
            volume,
            config,
            file: Arc::new(file),
            footer,
            wanted: Arc::new(wanted),
            at: At::default(),
            group: None,
        };
        let is_there = at.is_none_or(|place| opened.go_to(place.number.saturating_sub(1)));
        Ok(is_there.then_some(opened))
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        while self.at.group < self.footer.num_row_groups() {
            if self.at.within < self.n_rows() {
                return Ok(Some(self.entry()));
            }
            self.group = None;
            self.at = At {
                group: self.at.group + 1,
                within: 0,
                before: self.at.before + self.n_rows(),
            };
        }
        Ok(None)
    }
}

impl ParquetFile {
    /// Goes behind the first `n_rows` rows; false when there are not more.
    fn go_to(&mut self, n_rows: u64) -> bool {
        while self.at.group < self.footer.num_row_groups() {
            let within = n_rows - self.at.before;
            if within < self.n_rows() {
                self.at.within = within;
                return true;
            }
            self.at.before += self.n_rows();
            self.at.group += 1;
        }
        false
    }

    /// Rows of the group of the next row.
    fn n_rows(&self) -> u64 {
        let group = self.footer.row_group(self.at.group);
        u64::try_from(group.num_rows()).unwrap_or(0)
    }

    fn place(&self) -> Place {
        let column = self
            .footer
            .row_group(self.at.group)
            .column(self.wanted.page);
        let start = column
            .dictionary_page_offset()
            .unwrap_or(column.data_page_offset());
        Place {
            number: self.at.before + self.at.within + 1,
            start: u64::try_from(start).unwrap_or(0),
            skip: self.at.within,
        }
    }

    /// The next row, or the rows that are lost there.
    fn entry(&mut self) -> Entry {
        let (place, at) = (self.place(), self.at);
        let n_left = self.n_rows() - at.within;
        let lost = match caught(|| self.row()) {
            Some(Ok(row)) => {
                self.at.within += 1;
                return self.page(place, row);
            }
            Some(Err(lost)) => lost,
            None => Lost {
                n_rows: None,
                why: nonsense(),
            },
        };
        let n_lost = lost.n_rows.unwrap_or(n_left).min(n_left);
        self.at.within += n_lost;
        if lost.n_rows.is_none() {
            self.group = None;
        }
        let rows = match n_lost {
            1 => format!("row {}", place.number),
            n => format!("rows {} to {}", place.number, place.number + n - 1),
        };
        let doing = format!(
            "read {rows} of `{}`, row group {}",
            self.volume.uri,
            at.group + 1
        );
        self.failed(place, Bytes::new(), lost.why.context(doing))
    }

    fn row(&mut self) -> Result<Row, Lost> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(Group::open(
                &self.file,
                self.footer.row_group(self.at.group),
                self.wanted.clone(),
                self.at.within,
                self.config.max_bytes.0,
            )?),
        };
        group.next()
    }

    fn page(&self, place: Place, row: Row) -> Entry {
        let max_bytes = self.config.max_bytes.0;
        let page = row.page(&self.wanted, self.config.page()).and_then(|page| {
            match page.len() as u64 > max_bytes {
                true => Err(columns::too_large(max_bytes)),
                false => Ok(page),
            }
        });
        match page {
            Ok(page) => {
                let uri = row.uri.unwrap_or_else(|| self.uri(place));
                let mut origin = Origin::new(self.volume.source.clone(), uri, page);
                origin.fetched_at = row.fetched_at;
                Entry {
                    place,
                    origin,
                    error: None,
                }
            }
            Err(error) => {
                let cell = row.page.unwrap_or_default();
                let kept = &cell[..cell.len().min(KEPT_OF_LARGE)];
                let error = error.context(format!("read `{}`", self.uri(place)));
                self.failed(place, Bytes::copy_from_slice(kept), error)
            }
        }
    }

    fn failed(&self, place: Place, raw: Bytes, error: Error) -> Entry {
        Entry {
            place,
            origin: Origin::new(self.volume.source.clone(), self.uri(place), raw),
            error: Some(error),
        }
    }

    fn uri(&self, place: Place) -> String {
        format!("{}#{}", self.volume.uri, place.number)
    }
}

/// What `read` gives; `None` when it panics. The crate `parquet` takes some of what a file says for
/// granted.
fn caught<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

fn nonsense() -> Error {
    let message =
        "understand what the file says about itself: it is damaged; fetch or write it again";
    Error::malformed("fetch.parquet", message)
}
