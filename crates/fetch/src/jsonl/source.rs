use std::sync::Arc;

use taosha_core::{Bytes, Error, Origin, Result};

use super::JsonlConfig;
use super::lines::{Line, Lines};
use super::row::Row;
use crate::columns;
use crate::input::Input;
use crate::listing::{Names, is_packed};
use crate::place::Place;
use crate::time_stamp::is_time_stamp;
use crate::volume::{Entry, Volume, VolumeFile, Wanted, unreadable};
use crate::window::Window;

/// Bytes of a line beside the page: other columns are short.
const BESIDE: u64 = 1024 * 1024;

/// The rows of a JSON Lines file.
pub(crate) struct JsonlFile {
    rows: Rows,
    lines: Lines,
}

impl Volume for JsonlFile {
    const NAME: &'static str = "jsonl";
    const ABOUT: &'static str = "pages from rows of JSON Lines, plain, gzip or zstd";
    type Config = JsonlConfig;

    fn wanted(config: &JsonlConfig) -> Wanted<'_> {
        Wanted {
            paths: &config.paths,
            names: Names::packed(["jsonl", "ndjson"]),
            allow_empty: config.allow_empty,
        }
    }

    fn check(config: &JsonlConfig) -> Result<()> {
        let page = config.raw.as_ref().unwrap_or(&config.text);
        columns::check(page, &config.uri, config.fetched_at.as_deref())
    }

    fn open(file: VolumeFile, config: Arc<JsonlConfig>, at: Option<Place>) -> Result<Option<Self>> {
        let failed = |error| unreadable("open", error);
        let input = Input::open(&file.path).map_err(failed)?;
        let is_packed = is_packed(&file.path);
        let window = match at {
            None => Some(Window::new(input, is_packed)),
            Some(place) => line_at(input, is_packed, place).map_err(failed)?,
        };
        let number = at.map_or(0, |place| place.number.saturating_sub(1));
        Ok(window.map(|window| JsonlFile::new(file, config, window, number)))
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        let line = self
            .lines
            .next()
            .map_err(|error| unreadable("read", error))?;
        Ok(line.map(|line| self.rows.entry(line)))
    }
}

impl JsonlFile {
    /// The rows of `input`, which is a pipe.
    pub(crate) fn of(file: VolumeFile, config: Arc<JsonlConfig>, input: Input) -> Self {
        JsonlFile::new(file, config, Window::new(input, false), 0)
    }

    fn new(file: VolumeFile, config: Arc<JsonlConfig>, window: Window, number: u64) -> Self {
        let rows = Rows {
            source: file.source,
            name: file.uri,
            config,
        };
        JsonlFile {
            lines: rows.lines(window, number),
            rows,
        }
    }
}

/// `input` from the line on that begins at `place`; `None` when neither a line nor a damage begins
/// there.
fn line_at(input: Input, is_packed: bool, place: Place) -> std::io::Result<Option<Window>> {
    let before = match place {
        Place { skip: 1.., .. } => Place {
            skip: place.skip - 1,
            ..place
        },
        Place { start: 1.., .. } if !is_packed => Place {
            start: place.start - 1,
            ..place
        },
        // The first line of the file or of a member.
        _ => {
            let (window, is_there) = Window::at(input, is_packed, place)?;
            return Ok(is_there.then_some(window));
        }
    };
    let (mut window, is_there) = Window::at(input, is_packed, before)?;
    let is_line = is_there && window.peek(1)?.first() == Some(&b'\n');
    window.take(1);
    window.peek(1)?;
    let is_damage = window.sound() == Some(0);
    Ok((is_line || is_damage).then_some(window))
}

/// How lines become pages.
struct Rows {
    /// The id of the source.
    source: Arc<str>,
    /// What the file is called.
    name: String,
    config: Arc<JsonlConfig>,
}

impl Rows {
    fn lines(&self, window: Window, number: u64) -> Lines {
        // Every character of the page may be escaped, which makes six bytes of three.
        let max_line = self
            .config
            .max_bytes
            .0
            .saturating_mul(2)
            .saturating_add(BESIDE);
        Lines::new(
            window,
            usize::try_from(max_line).unwrap_or(usize::MAX),
            number,
        )
    }

    fn entry(&self, line: Line) -> Entry {
        let (place, bytes, error) = match line {
            Line::Whole { place, bytes } => match self.page(place, &bytes) {
                Ok(origin) => {
                    return Entry {
                        place,
                        origin,
                        error: None,
                    };
                }
                Err(error) => (place, bytes, error),
            },
            Line::TooLong { place, bytes } => {
                (place, bytes, columns::too_large(self.config.max_bytes.0))
            }
            Line::Damaged { place, why } => {
                let message = format!("unpack what begins at byte {place}: {why}");
                (
                    place,
                    Bytes::new(),
                    Error::malformed("fetch.packed", message),
                )
            }
        };
        let uri = self.uri(place);
        let error = error.context(format!("read `{uri}`"));
        Entry {
            place,
            origin: Origin::new(self.source.clone(), uri, bytes),
            error: Some(error),
        }
    }

    fn page(&self, place: Place, line: &[u8]) -> Result<Origin> {
        let row = Row::parse(line, &self.config)?;
        if row.page.len() as u64 > self.config.max_bytes.0 {
            return Err(columns::too_large(self.config.max_bytes.0));
        }
        let uri = row.uri.unwrap_or_else(|| self.uri(place));
        let mut origin = Origin::new(self.source.clone(), uri, row.page.into());
        origin.fetched_at = row.fetched_at.filter(|time| is_time_stamp(time));
        Ok(origin)
    }

    fn uri(&self, place: Place) -> String {
        format!("{}#{}", self.name, place.number)
    }
}
