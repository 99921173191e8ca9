use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::line::LogLine;
use crate::log_files::DailyName;

/// Longer lines are cut. The longest of our own hold a message and a path, a few kilobytes; what is
/// longer is no line but a file that somebody put here, and must not fill the memory.
const MAX_LINE: usize = 1024 * 1024;

/// Reads the lines of a log over all its files, the oldest first, and on as they grow.
///
/// Holds no more than one line. A file is opened by its name at every [`read`](Reader::read), so
/// one that is truncated or put in place of another is read from its start.
pub(crate) struct Reader {
    name: DailyName,
    /// The file being read, and how far.
    at: Option<(PathBuf, u64)>,
    half: HalfLine,
}

/// A line whose end has not been written yet.
#[derive(Default)]
struct HalfLine {
    bytes: Vec<u8>,
    n_cut: u64,
}

impl Reader {
    pub(crate) fn new(name: DailyName) -> Self {
        Reader {
            name,
            at: None,
            half: HalfLine::default(),
        }
    }

    /// Gives `each` all lines that have come to their end since the last time.
    ///
    /// # Errors
    /// When a file cannot be read, or `each` fails.
    pub(crate) fn read(
        &mut self,
        mut each: impl FnMut(LogLine) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            // Listed first: when there is a newer file, the one before it is complete.
            let files = self.name.files()?;
            let mut paths = files.into_iter().map(|(_, path)| path);
            let Some((path, from)) = self.at.clone().or_else(|| Some((paths.next()?, 0))) else {
                return Ok(());
            };
            let from = self.read_file(&path, from, &mut each)?;
            let newer = paths.find(|other| *other > path);
            if newer.is_some() {
                // Nobody will end the last line of a file that is done with.
                self.end(&mut each)?;
            }
            match newer {
                Some(newer) => self.at = Some((newer, 0)),
                None => {
                    self.at = Some((path, from));
                    return Ok(());
                }
            }
        }
    }

    /// Gives `each` the half line at the end, if there is one.
    ///
    /// # Errors
    /// When `each` fails.
    pub(crate) fn end(
        &mut self,
        mut each: impl FnMut(LogLine) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.half.take() {
            Some(line) => each(line),
            None => Ok(()),
        }
    }

    /// Reads on in the file at `path`; says how far.
    fn read_file(
        &mut self,
        path: &Path,
        mut from: u64,
        each: &mut impl FnMut(LogLine) -> io::Result<()>,
    ) -> io::Result<u64> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.half = HalfLine::default();
                return Ok(0);
            }
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() < from {
            self.half = HalfLine::default();
            from = 0;
        }
        let mut reader = BufReader::new(file);
        reader.seek(SeekFrom::Start(from))?;
        loop {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(from);
            }
            let mut parts = buffer.splitn(2, |byte| *byte == b'\n');
            let part = parts.next().unwrap_or_default();
            let is_whole = parts.next().is_some();
            let n_read = part.len() + usize::from(is_whole);
            self.half.add(part);
            reader.consume(n_read);
            from += n_read as u64;
            if is_whole {
                each(self.half.take().unwrap_or_else(|| LogLine::new(Vec::new())))?;
            }
        }
    }
}

impl HalfLine {
    fn add(&mut self, part: &[u8]) {
        let room = MAX_LINE - self.bytes.len();
        let (kept, cut) = part.split_at(part.len().min(room));
        self.bytes.extend_from_slice(kept);
        self.n_cut += cut.len() as u64;
    }

    fn take(&mut self) -> Option<LogLine> {
        let HalfLine { mut bytes, n_cut } = std::mem::take(self);
        if n_cut > 0 {
            bytes.extend_from_slice(format!("… ({n_cut} bytes more)").as_bytes());
        }
        (!bytes.is_empty()).then(|| LogLine::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    struct Log {
        folder: tempfile::TempDir,
        reader: Reader,
    }

    impl Log {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("logs")).unwrap();
            let reader = Reader::new(DailyName::of_state(folder.path()));
            Log { folder, reader }
        }

        fn path(&self, day: &str) -> PathBuf {
            self.folder.path().join(format!("logs/taosha.{day}.jsonl"))
        }

        fn append(&self, day: &str, text: &str) {
            let mut options = fs::OpenOptions::new();
            let file = options.append(true).create(true).open(self.path(day));
            file.unwrap().write_all(text.as_bytes()).unwrap();
        }

        /// What has come since the last time.
        fn read(&mut self) -> Vec<String> {
            let mut lines = Vec::new();
            let text = |line: &LogLine| String::from_utf8(line.bytes().to_vec()).unwrap();
            let each = |line: LogLine| {
                lines.push(text(&line));
                Ok(())
            };
            self.reader.read(each).unwrap();
            lines
        }
    }

    #[test]
    fn files_are_read_in_the_order_of_their_days() {
        let mut log = Log::new();
        assert!(log.read().is_empty());
        log.append("2026-11-23", "c\n");
        log.append("2026-11-21", "a\n");
        log.append("2026-11-22", "b\n\n");
        assert_eq!(log.read(), ["a", "b", "", "c"]);
        assert!(log.read().is_empty());
    }

    #[test]
    fn a_line_is_given_when_its_end_is_there() {
        let mut log = Log::new();
        log.append("2026-11-22", "one\ntw");
        assert_eq!(log.read(), ["one"]);
        log.append("2026-11-22", "o");
        assert!(log.read().is_empty());
        log.append("2026-11-22", "\nthr");
        assert_eq!(log.read(), ["two"]);
    }

    #[test]
    fn half_a_line_is_given_up_when_the_next_day_begins() {
        let mut log = Log::new();
        log.append("2026-11-22", "one\nha");
        assert_eq!(log.read(), ["one"]);
        log.append("2026-11-22", "lf");
        log.append("2026-11-23", "two\n");
        assert_eq!(log.read(), ["half", "two"]);
    }

    #[test]
    fn a_truncated_file_is_read_from_its_start() {
        let mut log = Log::new();
        log.append("2026-11-22", "a long line\nhalf of an");
        assert_eq!(log.read(), ["a long line"]);
        fs::write(log.path("2026-11-22"), "new\n").unwrap();
        assert_eq!(log.read(), ["new"]);
    }

    #[test]
    fn a_removed_file_ends_nothing() {
        let mut log = Log::new();
        log.append("2026-11-22", "one\n");
        assert_eq!(log.read(), ["one"]);
        fs::remove_file(log.path("2026-11-22")).unwrap();
        assert!(log.read().is_empty());
        log.append("2026-11-22", "again\n");
        log.append("2026-11-23", "two\n");
        assert_eq!(log.read(), ["again", "two"]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut log = Log::new();
        log.append("2026-11-22", &"x".repeat(MAX_LINE + 100));
        assert!(log.read().is_empty());
        assert_eq!(log.reader.half.bytes.len(), MAX_LINE);
        log.append("2026-11-22", "xx\nnext\n");
        let lines = log.read();
        assert!(lines[0].ends_with("x… (102 bytes more)"));
        assert_eq!(lines[1], "next");
    }
}
