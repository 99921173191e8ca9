use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use taosha_core::{Error, Id, Result};

use super::entry::{Entry, Kept, Outcome};

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
