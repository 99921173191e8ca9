//! How tables are packed: plain, or as gzip members or Zstandard frames one behind the other.
//!
//! Every delivery is a member of its own. So a table ends where a delivery ended, can be cut there,
//! and grows without what is in it being read; gzip and Zstandard both say that a file of several
//! members holds what these hold, one after the other.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What gzip itself takes for a fair exchange of time for size.
const GZIP_LEVEL: u32 = 6;

/// The same of zstd.
const ZSTD_LEVEL: i32 = 3;

/// How tables of JSON Lines are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonlCompress {
    /// Not at all: `TABLE.jsonl`.
    #[default]
    None,
    /// `TABLE.jsonl.gz`.
    Gzip,
    /// `TABLE.jsonl.zst`.
    Zstd,
}

impl JsonlCompress {
    /// The word used in the pipeline file.
    pub(super) fn name(self) -> &'static str {
        match self {
            JsonlCompress::None => "none",
            JsonlCompress::Gzip => "gzip",
            JsonlCompress::Zstd => "zstd",
        }
    }

    /// What tables packed so end in.
    pub(super) fn ending(self) -> &'static str {
        match self {
            JsonlCompress::None => "jsonl",
            JsonlCompress::Gzip => "jsonl.gz",
            JsonlCompress::Zstd => "jsonl.zst",
        }
    }

    /// For serde: what is left out of the record, which is as it was before tables were packed.
    pub(super) fn is_none(&self) -> bool {
        *self == JsonlCompress::None
    }

    /// `lines` as one member; that of no lines is no empty file, unless nothing is packed. The same
    /// lines give the same bytes.
    pub(super) fn pack(self, lines: &[u8]) -> io::Result<Cow<'_, [u8]>> {
        match self {
            JsonlCompress::None => Ok(lines.into()),
            JsonlCompress::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
                encoder.write_all(lines)?;
                Ok(encoder.finish()?.into())
            }
            JsonlCompress::Zstd => {
                let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                encoder.set_pledged_src_size(Some(lines.len() as u64))?;
                encoder.write_all(lines)?;
                Ok(encoder.finish()?.into())
            }
        }
    }

    /// What all members of `packed` hold.
    pub(super) fn unpack<'r>(self, packed: impl BufRead + 'r) -> io::Result<Box<dyn BufRead + 'r>> {
        Ok(match self {
            JsonlCompress::None => Box::new(packed),
            JsonlCompress::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(packed))),
            JsonlCompress::Zstd => Box::new(BufReader::new(zstd::Decoder::with_buffer(packed)?)),
        })
    }

    /// Some lines from the beginning of `packed`, and how many of its bytes they took: one member,
    /// or, where nothing is packed, the lines that begin in the first `n_bytes`. None at the end.
    pub(super) fn lines(
        self,
        packed: impl BufRead,
        n_bytes: u64,
    ) -> io::Result<(Vec<String>, u64)> {
        let mut packed = Counted { packed, taken: 0 };
        let mut lines = Vec::new();
        if packed.fill_buf()?.is_empty() {
            return Ok((lines, 0));
        }
        match self {
            JsonlCompress::None => {
                let mut line = String::new();
                while packed.taken < n_bytes && packed.read_line(&mut line)? > 0 {
                    line.truncate(line.trim_end_matches('\n').len());
                    lines.push(std::mem::take(&mut line));
                }
            }
            JsonlCompress::Gzip => all(BufReader::new(GzDecoder::new(&mut packed)), &mut lines)?,
            JsonlCompress::Zstd => {
                let frame = zstd::Decoder::with_buffer(&mut packed)?.single_frame();
                all(BufReader::new(frame), &mut lines)?;
            }
        }
        Ok((lines, packed.taken))
    }
}

/// Adds the lines of `member`, which is read to its end, so that its checksum is compared.
fn all(member: impl BufRead, lines: &mut Vec<String>) -> io::Result<()> {
    for line in member.lines() {
        lines.push(line?);
    }
    Ok(())
}

/// Counts the bytes that are taken. Decoders take no byte behind their member.
struct Counted<R> {
    packed: R,
    taken: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.packed.read(buffer)?;
        self.taken += n as u64;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.packed.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.taken += n as u64;
        self.packed.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKED: [JsonlCompress; 2] = [JsonlCompress::Gzip, JsonlCompress::Zstd];

    #[test]
    fn members_are_read_one_by_one_and_all_together() {
        for compress in PACKED {
            let members = ["{\"a\":1}\n{\"a\":2}\n", "", "{\"a\":\"青禾\"}\n"];
            let members: Vec<_> = members
                .iter()
                .map(|lines| compress.pack(lines.as_bytes()).unwrap())
                .collect();
            let file = members.concat();
            let mut at = 0;
            for (member, n_lines) in members.iter().zip([2, 0, 1]) {
                let (lines, taken) = compress.lines(&file[at..], 1).unwrap();
                assert_eq!((lines.len(), taken), (n_lines, member.len() as u64));
                at += taken as usize;
            }
            assert_eq!(compress.lines(&file[at..], 1).unwrap(), (Vec::new(), 0));
            let mut all = String::new();
            let mut unpacked = compress.unpack(file.as_slice()).unwrap();
            unpacked.read_to_string(&mut all).unwrap();
            assert_eq!(all, "{\"a\":1}\n{\"a\":2}\n{\"a\":\"青禾\"}\n");
        }
    }

    #[test]
    fn a_byte_that_was_changed_is_noticed() {
        for compress in PACKED {
            let mut member = compress.pack(b"{\"a\":1}\n").unwrap().into_owned();
            let last = member.len() - 5;
            member[last] ^= 1;
            assert!(
                compress.lines(member.as_slice(), 1).is_err(),
                "{compress:?}"
            );
        }
    }
}
