use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use taosha_core::{Bytes, Error, Result};

use super::crawl_file::trouble;
use super::entry::{Entry, Kept, Outcome, Place};
use crate::answer::Answer;
use crate::warc::record::{Header, fields};

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
        Record::parse(&Bytes::from(bytes))
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

/// A record of the file, taken apart.
struct Record {
    header: Header,
    block: Bytes,
}

enum Understood {
    Request,
    Written(Written),
    Unknown,
}

impl Record {
    fn parse(bytes: &Bytes) -> Option<Self> {
        let (header, start) = Header::parse(bytes)?;
        let len = usize::try_from(header.length()?).ok()?;
        bytes.get(start..start.checked_add(len)?)?;
        let block = bytes.slice(start..start + len);
        Some(Record { header, block })
    }

    /// A line of a block of `application/warc-fields`.
    fn line(&self, name: &str) -> Option<String> {
        let block = std::str::from_utf8(&self.block).ok()?;
        let line = fields(block.lines())
            .into_iter()
            .find(|(key, _)| key == name);
        line.map(|(_, value)| value)
    }

    fn understand(&self) -> Understood {
        if self.header.kind() == "request" {
            return Understood::Request;
        }
        self.written()
            .map_or(Understood::Unknown, Understood::Written)
    }

    fn written(&self) -> Option<Written> {
        let header = &self.header;
        let outcome = match header.kind() {
            "warcinfo" => {
                let shape = self.line("taosha-options")?;
                return Some(Written::Begun { shape });
            }
            "response" => Outcome::Answer(self.block.clone()),
            "revisit" => {
                let file = header.get("warc-refers-to-filename")?.to_owned();
                let offset = header.get("warc-refers-to-file-offset")?.parse().ok()?;
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
            url: header.target()?.to_owned(),
            date: header.get("warc-date")?.to_owned(),
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
    use std::fs;

    use super::super::crawl_file::{CrawlFile, names, next_name};
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
