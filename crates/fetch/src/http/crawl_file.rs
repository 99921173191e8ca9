use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use taosha_core::{Bytes, Error, Id, Result};

use super::entry::{Answer, Entry, Kept, Outcome, Place};

/// What the folder holds: `crawl-000001.warc.gz` and so on, one file per crawl.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble("look into", folder, error)),
    };
    let mut names = Vec::new();
    for entry in read {
        let entry = entry.map_err(|error| trouble("look into", folder, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if number_of(&name).is_some() {
            names.push(name);
        }
    }
    names.sort_by_key(|name| number_of(name));
    Ok(names)
}

/// The name behind `last`.
pub(crate) fn next_name(last: Option<&str>) -> String {
    let number = last.and_then(number_of).unwrap_or(0) + 1;
    format!("crawl-{number:06}.warc.gz")
}

fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("crawl-")?.strip_suffix(".warc.gz")?;
    digits.parse().ok()
}

/// Appends to the WARC file of one crawl: a gzip member per record, so that each can be read alone.
///
/// What is appended is true once it was synced; see [`CrawlFile::handle`].
pub(crate) struct CrawlFile {
    name: String,
    path: PathBuf,
    file: File,
    /// Bytes of whole entries; what lies behind them is of a write that failed.
    len: u64,
}

impl CrawlFile {
    /// Begins the file `name` in `folder`. `shape` tells under which options.
    pub(crate) fn create(
        folder: &Path,
        name: &str,
        date: &str,
        contact: &str,
        shape: &str,
    ) -> Result<Self> {
        let path = folder.join(name);
        let wrong = |error| trouble("begin", &path, error);
        let file = File::create(&path).map_err(wrong)?;
        let name = name.to_owned();
        let mut crawl_file = CrawlFile {
            name,
            path: path.clone(),
            file,
            len: 0,
        };
        let body = format!(
            "software: taosha/{}\r\nformat: WARC File Format 1.1\r\nrobots: obey\r\noperator: {contact}\r\n\
             taosha-options: {shape}\r\n",
            env!("CARGO_PKG_VERSION")
        );
        let mut member = Member::new("warcinfo", "application/warc-fields", date);
        member.field("WARC-Filename", &crawl_file.name.clone());
        let member = member.pack(&crawl_file.name, 0, body.as_bytes());
        crawl_file.write(&member)?;
        crawl_file.file.sync_all().map_err(wrong)?;
        let folder = File::open(folder).and_then(|folder| folder.sync_all());
        folder.map_err(wrong)?;
        Ok(crawl_file)
    }

    /// Goes on with the file `name` behind its first `len` bytes; what else there is, is cut off.
    pub(crate) fn go_on(folder: &Path, name: &str, len: u64) -> Result<Self> {
        let path = folder.join(name);
        let wrong = |error| trouble("go on with", &path, error);
        let mut file = File::options().write(true).open(&path).map_err(wrong)?;
        file.set_len(len).map_err(wrong)?;
        file.seek(SeekFrom::End(0)).map_err(wrong)?;
        let name = name.to_owned();
        Ok(CrawlFile {
            name,
            path: path.clone(),
            file,
            len,
        })
    }

    /// Adds an entry and the request that led to it; gives the place of the answer.
    pub(crate) fn append(&mut self, entry: &Entry, request: &[u8]) -> Result<u64> {
        let url = &entry.url;
        let mut bytes = Vec::new();
        if !request.is_empty() {
            let mut member =
                Member::new("request", "application/http; msgtype=request", &entry.date);
            member.field("WARC-Target-URI", url);
            bytes = member.pack(&self.name, self.len, request);
        }
        let at = self.len + bytes.len() as u64;
        bytes.extend(match &entry.outcome {
            Outcome::Answer(block) => {
                let mut member = Member::new(
                    "response",
                    "application/http; msgtype=response",
                    &entry.date,
                );
                member.field("WARC-Target-URI", url);
                member.pack(&self.name, at, block)
            }
            Outcome::Unchanged(Kept {
                place,
                etag,
                last_modified,
            }) => {
                let mut member =
                    Member::new("revisit", "application/http; msgtype=response", &entry.date);
                member.field("WARC-Target-URI", url);
                member.field(
                    "WARC-Profile",
                    "http://netpreserve.org/warc/1.1/revisit/server-not-modified",
                );
                member.field("WARC-Refers-To-Target-URI", url);
                member.field("WARC-Refers-To-Filename", &place.file);
                member.field("WARC-Refers-To-File-Offset", &place.offset.to_string());
                let mut block = "HTTP/1.1 304 Not Modified\r\n".to_owned();
                for (name, value) in [("etag", etag), ("last-modified", last_modified)] {
                    let value = value.iter();
                    value.for_each(|value| block.push_str(&format!("{name}: {value}\r\n")));
                }
                block.push_str("\r\n");
                member.pack(&self.name, at, block.as_bytes())
            }
            Outcome::Failed { code, message } => {
                let mut member = Member::new("metadata", "application/warc-fields", &entry.date);
                member.field("WARC-Target-URI", url);
                let message = message.replace(['\r', '\n'], " ");
                let body = format!("fetch-failed: {code}\r\nfetch-message: {message}\r\n");
                member.pack(&self.name, at, body.as_bytes())
            }
        });
        self.write(&bytes)?;
        Ok(at)
    }

    /// Notes that the crawl came to its end.
    pub(crate) fn finish(&mut self, date: &str) -> Result<()> {
        let member = Member::new("metadata", "application/warc-fields", date);
        let member = member.pack(&self.name, self.len, b"crawl: finished\r\n");
        self.write(&member)
    }

    /// A second handle, to sync by without holding up what is done meanwhile.
    pub(crate) fn handle(&self) -> Result<File> {
        self.file
            .try_clone()
            .map_err(|error| trouble("open", &self.path, error))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All of `bytes` or nothing.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        if let Err(error) = written {
            // The disk is full, most likely. A torn record would be cut off by the next run anyhow.
            let undone = self
                .file
                .set_len(self.len)
                .and_then(|()| self.file.seek(SeekFrom::Start(self.len)));
            undone.map_err(|error| trouble("shorten", &self.path, error))?;
            return Err(trouble("write", &self.path, error));
        }
        self.len += bytes.len() as u64;
        Ok(())
    }
}

/// The error of a WARC file or folder that cannot be used now.
pub(crate) fn trouble(doing: &str, path: &Path, error: io::Error) -> Error {
    let message = format!("{doing} `{}`", path.display());
    Error::unavailable("fetch.warc_folder", message).because(error)
}

/// A WARC record that is being made.
struct Member {
    kind: &'static str,
    head: String,
}

impl Member {
    fn new(kind: &'static str, content_type: &str, date: &str) -> Self {
        let head = format!(
            "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Date: {date}\r\nContent-Type: {content_type}\r\n"
        );
        Member { kind, head }
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = write!(self.head, "{name}: {value}\r\n");
    }

    /// The record as a gzip member. Its id is made of its place, so that nothing in the file is chance.
    fn pack(mut self, file: &str, offset: u64, block: &[u8]) -> Vec<u8> {
        let id = Id::of(
            self.kind,
            &[file.as_bytes(), &offset.to_le_bytes(), self.head.as_bytes()],
        );
        self.field("WARC-Record-ID", &format!("<urn:uuid:{}>", uuid(id)));
        self.field("Content-Length", &block.len().to_string());
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let written = encoder
            .write_all(self.head.as_bytes())
            .and_then(|()| encoder.write_all(b"\r\n"))
            .and_then(|()| encoder.write_all(block))
            .and_then(|()| encoder.write_all(b"\r\n\r\n"))
            .and_then(|()| encoder.finish());
        written.expect("a vector takes every byte")
    }
}

/// RFC 9562, 5.8: a UUID of one's own making.
fn uuid(id: Id) -> String {
    let mut bytes = *id.as_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = Id::from_bytes(bytes).to_string();
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    [
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32),
    ]
    .join("-")
}

/// Reads the WARC file of a crawl from its start.
pub(crate) struct CrawlReader {
    path: PathBuf,
    reader: Counting,
    /// Bytes of whole entries read so far.
    whole: u64,
}

/// What stands in the file of a crawl.
#[derive(Debug)]
pub(crate) enum Written {
    /// The options under which it was begun.
    Begun { shape: String },
    /// An entry, and where its answer begins.
    Entry { entry: Entry, at: u64 },
    /// The crawl came to its end.
    Finished,
    /// Nothing more. What lies behind the whole entries is of a write that was cut short.
    End { torn: bool },
}

impl CrawlReader {
    /// Opens the file `name` in `folder`, to read what lies behind `offset`.
    pub(crate) fn open(folder: &Path, name: &str, offset: u64) -> Result<Self> {
        let path = folder.join(name);
        let wrong = |error| trouble("open", &path, error);
        let mut file = File::open(&path).map_err(wrong)?;
        file.seek(SeekFrom::Start(offset)).map_err(wrong)?;
        let reader = Counting {
            reader: BufReader::with_capacity(64 * 1024, file),
            offset,
        };
        Ok(CrawlReader {
            path: path.clone(),
            reader,
            whole: offset,
        })
    }

    /// Bytes of whole entries read so far.
    pub(crate) fn whole(&self) -> u64 {
        self.whole
    }

    /// The next thing.
    pub(crate) fn next(&mut self) -> Result<Written> {
        loop {
            let at = self.reader.offset;
            let record = match self.record() {
                Ok(Some(record)) => record,
                Ok(None) => {
                    return Ok(Written::End {
                        torn: at > self.whole,
                    });
                }
                Err(error) if is_torn(&error) => return Ok(Written::End { torn: true }),
                Err(error) => return Err(trouble("read", &self.path, error)),
            };
            let written = match record.understand() {
                Understood::Request => continue,
                Understood::Written(Written::Entry { entry, .. }) => Written::Entry { entry, at },
                Understood::Written(written) => written,
                Understood::Unknown => {
                    let message = format!(
                        "read `{}`: what stands at byte {at} was not written by taosha; move the file away",
                        self.path.display()
                    );
                    return Err(Error::config("fetch.warc_damaged", message));
                }
            };
            self.whole = self.reader.offset;
            return Ok(written);
        }
    }

    /// The record in the next gzip member.
    fn record(&mut self) -> io::Result<Option<Record>> {
        if self.reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let member = GzDecoder::new(&mut self.reader);
        member.take(MAX_RECORD + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_RECORD {
            let message = format!("a record of more than {MAX_RECORD} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "no WARC record");
        Record::parse(Bytes::from(bytes))
            .ok_or_else(damaged)
            .map(Some)
    }
}

/// A crawl writes none as large: `max_bytes` may be half of it.
pub(crate) const MAX_RECORD: u64 = 1 << 30;

/// Whether what is wrong may come of a write that was cut short: the file ends too early, or holds what the
/// disk had before.
fn is_torn(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
    )
}

struct Record {
    fields: Vec<(String, String)>,
    block: Bytes,
}

enum Understood {
    Request,
    Written(Written),
    Unknown,
}

impl Record {
    fn parse(bytes: Bytes) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = head.split("\r\n");
        lines
            .next()
            .filter(|version| version.starts_with("WARC/"))?;
        let field = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        let fields: Vec<_> = lines.filter_map(field).collect();
        let (_, len) = fields.iter().find(|(name, _)| name == "content-length")?;
        let len: usize = len.parse().ok()?;
        let start = end + 4;
        bytes.get(start..start.checked_add(len)?)?;
        Some(Record {
            block: bytes.slice(start..start + len),
            fields,
        })
    }

    fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(key, _)| key == name);
        field.map(|(_, value)| value.as_str())
    }

    /// A line of a block of `application/warc-fields`.
    fn line(&self, name: &str) -> Option<String> {
        let block = std::str::from_utf8(&self.block).ok()?;
        let mut lines = block.split("\r\n").filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }

    fn understand(&self) -> Understood {
        if self.field("warc-type") == Some("request") {
            return Understood::Request;
        }
        self.written()
            .map_or(Understood::Unknown, Understood::Written)
    }

    fn written(&self) -> Option<Written> {
        let outcome = match self.field("warc-type")? {
            "warcinfo" => {
                let shape = self.line("taosha-options")?;
                return Some(Written::Begun { shape });
            }
            "response" => Outcome::Answer(self.block.clone()),
            "revisit" => {
                let file = self.field("warc-refers-to-filename")?.to_owned();
                let offset = self.field("warc-refers-to-file-offset")?.parse().ok()?;
                let answer = Answer::parse(&self.block)?;
                Outcome::Unchanged(Kept {
                    place: Place { file, offset },
                    etag: answer.header("etag").map(str::to_owned),
                    last_modified: answer.header("last-modified").map(str::to_owned),
                })
            }
            "metadata" if self.line("crawl").is_some() => return Some(Written::Finished),
            "metadata" => Outcome::Failed {
                code: self.line("fetch-failed")?,
                message: self.line("fetch-message")?,
            },
            _ => return None,
        };
        let entry = Entry {
            url: self.field("warc-target-uri")?.to_owned(),
            date: self.field("warc-date")?.to_owned(),
            outcome,
        };
        Some(Written::Entry { entry, at: 0 })
    }
}

/// Counts what is read, to know where members begin.
struct Counting {
    reader: BufReader<File>,
    offset: u64,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.offset += n as u64;
        Ok(n)
    }
}

impl BufRead for Counting {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.reader.consume(n);
        self.offset += n as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "2026-11-22T10:00:00Z";

    fn entries() -> Vec<Entry> {
        let block = Bytes::from_static(b"HTTP/1.1 200 OK\r\netag: x\r\n\r\npage\x00\xff");
        let place = Place {
            file: next_name(None),
            offset: 77,
        };
        let kept = Kept {
            place,
            etag: Some("W/\"x\"".to_owned()),
            last_modified: None,
        };
        let failed = Outcome::Failed {
            code: "fetch.dns".to_owned(),
            message: "find `a`: no such host".to_owned(),
        };
        [Outcome::Answer(block), Outcome::Unchanged(kept), failed]
            .into_iter()
            .enumerate()
            .map(|(n, outcome)| Entry {
                url: format!("http://a.example/{n}?x=述"),
                date: DATE.to_owned(),
                outcome,
            })
            .collect()
    }

    fn written(folder: &Path) -> Vec<u64> {
        let mut file =
            CrawlFile::create(folder, &next_name(None), DATE, "a@b.example", "shape").unwrap();
        let places = entries()
            .iter()
            .map(|entry| file.append(entry, b"GET / HTTP/1.1\r\n\r\n").unwrap())
            .collect();
        file.finish(DATE).unwrap();
        places
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let places = written(folder.path());
        let names = names(folder.path()).unwrap();
        assert_eq!(names, ["crawl-000001.warc.gz"]);
        let mut reader = CrawlReader::open(folder.path(), &names[0], 0).unwrap();
        assert!(matches!(reader.next().unwrap(), Written::Begun { shape } if shape == "shape"));
        for (expected, place) in entries().into_iter().zip(&places) {
            let Written::Entry { entry, at } = reader.next().unwrap() else {
                panic!("an entry")
            };
            assert_eq!((entry, at), (expected, *place));
        }
        assert!(matches!(reader.next().unwrap(), Written::Finished));
        assert!(matches!(
            reader.next().unwrap(),
            Written::End { torn: false }
        ));
        let mut one = CrawlReader::open(folder.path(), &names[0], places[1]).unwrap();
        assert!(
            matches!(one.next().unwrap(), Written::Entry { entry, .. } if entry == entries()[1])
        );
    }

    #[test]
    fn a_file_cut_anywhere_is_gone_on_with_behind_its_last_whole_entry() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let name = next_name(None);
        let path = folder.path().join(&name);
        let whole = fs::read(&path).unwrap();
        let mut n_ends = std::collections::BTreeSet::new();
        // Records are longer than 7 bytes, so every state is met.
        for len in (0..whole.len()).step_by(7) {
            fs::write(&path, &whole[..len]).unwrap();
            let mut reader = CrawlReader::open(folder.path(), &name, 0).unwrap();
            let mut n = 0;
            let torn = loop {
                match reader.next().unwrap() {
                    Written::End { torn } => break torn,
                    _ => n += 1,
                }
            };
            assert_eq!(torn, reader.whole() < len as u64, "{len}");
            n_ends.insert((reader.whole(), n));
            let mut file = CrawlFile::go_on(folder.path(), &name, reader.whole()).unwrap();
            file.finish(DATE).unwrap();
            let mut reader = CrawlReader::open(folder.path(), &name, 0).unwrap();
            while !matches!(reader.next().unwrap(), Written::Finished) {}
            assert!(matches!(
                reader.next().unwrap(),
                Written::End { torn: false }
            ));
        }
        assert_eq!(
            n_ends.len(),
            5,
            "the start, behind the options, and behind each entry: {n_ends:?}"
        );
    }

    #[test]
    fn the_same_entries_give_the_same_bytes() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let bytes = folders.each_ref().map(|folder| {
            written(folder.path());
            fs::read(folder.path().join(next_name(None))).unwrap()
        });
        assert_eq!(bytes[0], bytes[1]);
    }
}
