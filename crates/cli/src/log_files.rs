//! A log in files by day: written line by line, and found again in order.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A month of nights, so that "since when does this page fail?" has an answer. A run without
/// trouble logs a few kilobytes a day at `info`.
const MAX_STATE_LOGS: usize = 30;

/// A log that is begun anew each day, by the calendar of UTC.
///
/// Every line is given to the system when it is written and kept nowhere else, so the end of the
/// process, however it comes, takes no line with it.
pub(crate) struct DailyLog {
    name: DailyName,
    /// Older files than so many are removed.
    max_files: Option<usize>,
    open: Option<(Date, File)>,
}

/// How the files of one log are named: `PREFIX` `YYYY-MM-DD` `SUFFIX` in a folder.
#[derive(Clone, Debug)]
pub(crate) struct DailyName {
    folder: PathBuf,
    prefix: String,
    suffix: &'static str,
}

impl DailyLog {
    /// The log of the pipeline whose state is in `state`: `STATE/logs/taosha.YYYY-MM-DD.jsonl`.
    pub(crate) fn of_state(state: &Path, now: Timestamp) -> io::Result<Self> {
        let name = DailyName::of_state(state);
        DailyLog::open(name, Some(MAX_STATE_LOGS), now)
    }

    /// A log beside `path`: `PATH.YYYY-MM-DD`. Nothing is ever removed.
    pub(crate) fn beside(path: &Path, now: Timestamp) -> io::Result<Self> {
        let Some(file_name) = path.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not the name of a file",
            ));
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = DailyName {
            folder: folder.to_owned(),
            prefix: format!("{}.", file_name.to_string_lossy()),
            suffix: "",
        };
        DailyLog::open(name, None, now)
    }

    fn open(name: DailyName, max_files: Option<usize>, now: Timestamp) -> io::Result<Self> {
        std::fs::create_dir_all(&name.folder)?;
        let mut log = DailyLog {
            name,
            max_files,
            open: None,
        };
        log.file_of(day(now))?;
        Ok(log)
    }

    /// Where today's lines go.
    pub(crate) fn path(&self, now: Timestamp) -> PathBuf {
        self.name.path(day(now))
    }

    /// Writes `line`, which holds no line break, into the file of `now`.
    ///
    /// # Errors
    /// When it cannot be written. The next line is tried anew, and never joined to half a line.
    pub(crate) fn write(&mut self, line: &str, now: Timestamp) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        // One call, so that lines of two processes do not mix.
        let written = self.file_of(day(now))?.write_all(&bytes);
        if written.is_err() {
            self.open = None;
        }
        written
    }

    fn file_of(&mut self, today: Date) -> io::Result<&mut File> {
        let (_, file) = match self.open.take() {
            Some(open) if open.0 == today => self.open.insert(open),
            _ => {
                let file = open_to_append(&self.name.path(today))?;
                self.remove_old();
                self.open.insert((today, file))
            }
        };
        Ok(file)
    }

    /// A file that cannot be removed is no reason to stop logging; the next day tries again.
    fn remove_old(&self) {
        let (Some(max_files), Ok(files)) = (self.max_files, self.name.files()) else {
            return;
        };
        let n_old = files.len().saturating_sub(max_files);
        for (_, path) in files.iter().take(n_old) {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl DailyName {
    /// The log of the pipeline whose state is in `state`.
    pub(crate) fn of_state(state: &Path) -> Self {
        DailyName {
            folder: state.join("logs"),
            prefix: "taosha.".to_owned(),
            suffix: ".jsonl",
        }
    }

    /// The folder of all files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, day: Date) -> PathBuf {
        self.folder
            .join(format!("{}{day}{}", self.prefix, self.suffix))
    }

    /// The files that are there, the oldest first. What is named otherwise belongs to others.
    pub(crate) fn files(&self) -> io::Result<Vec<(Date, PathBuf)>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            let day = file_name
                .to_str()
                .and_then(|name| name.strip_prefix(&self.prefix))
                .and_then(|name| name.strip_suffix(self.suffix))
                .and_then(|day| day.parse::<Date>().ok());
            // `20261122` is a date too, but no name of ours.
            if let Some(day) = day.filter(|day| self.path(*day) == entry.path()) {
                files.push((day, entry.path()));
            }
        }
        files.sort();
        Ok(files)
    }
}

fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// Opens the file at `path` so that what is written begins on a line of its own, also after a
/// process that died in the middle of one.
fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).read(true).open(path)?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn names(state: &Path) -> Vec<String> {
        let files = DailyName::of_state(state).files().unwrap();
        let name =
            |(_, path): &(Date, PathBuf)| path.file_name().unwrap().to_str().map(str::to_owned);
        files.iter().filter_map(name).collect()
    }

    #[test]
    fn each_day_has_its_file() {
        let state = tempfile::tempdir().unwrap();
        let evening = at("2026-11-22T23:59:59Z");
        let mut log = DailyLog::of_state(state.path(), evening).unwrap();
        log.write("one", evening).unwrap();
        log.write("two", at("2026-11-23T00:00:00Z")).unwrap();
        assert_eq!(
            names(state.path()),
            ["taosha.2026-11-22.jsonl", "taosha.2026-11-23.jsonl"]
        );
        let second = std::fs::read_to_string(log.path(at("2026-11-23T12:00:00Z"))).unwrap();
        assert_eq!(second, "two\n");
    }

    #[test]
    fn the_oldest_files_make_room_and_files_of_others_stay() {
        let state = tempfile::tempdir().unwrap();
        let start = at("2026-01-01T12:00:00Z");
        let mut log = DailyLog::of_state(state.path(), start).unwrap();
        let others = [
            "taosha.notes.jsonl",
            "taosha.20250101.jsonl",
            "taosha.2025-01-01.jsonl.gz",
        ];
        for name in others {
            std::fs::write(state.path().join("logs").join(name), "mine").unwrap();
        }
        for day in 0..40 {
            let now = start + jiff::SignedDuration::from_hours(24 * day);
            log.write("line", now).unwrap();
        }
        let names = names(state.path());
        assert_eq!(names.len(), MAX_STATE_LOGS);
        assert_eq!(names[0], "taosha.2026-01-11.jsonl");
        assert!(
            others
                .iter()
                .all(|name| state.path().join("logs").join(name).exists())
        );
    }

    #[test]
    fn half_a_line_of_a_dead_process_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let now = at("2026-11-22T08:00:00Z");
        let path = folder.path().join("taosha.log");
        std::fs::write(
            folder.path().join("taosha.log.2026-11-22"),
            "{\"time\":\"20",
        )
        .unwrap();
        for line in ["one", "two"] {
            DailyLog::beside(&path, now)
                .unwrap()
                .write(line, now)
                .unwrap();
        }
        let written = std::fs::read_to_string(folder.path().join("taosha.log.2026-11-22"));
        assert_eq!(written.unwrap(), "{\"time\":\"20\none\ntwo\n");
    }
}
