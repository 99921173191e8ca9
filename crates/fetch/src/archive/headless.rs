use std::io::{self, BufRead, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use memchr::memmem;
use taosha_core::{Bytes, Error, Result};

use super::name::decoded;
use super::zipped::encrypted;
use crate::input::Input;
use crate::page::{read_at_most, unpacked};
use crate::place::Place;

/// APPNOTE.TXT, 4.3.7 and 4.3.9.3.
const MEMBER: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
const HEADER: usize = 30;

/// Bits of the flags, APPNOTE.TXT, 4.4.4.
const IS_ENCRYPTED: u16 = 1;
const HAS_DESCRIPTOR: u16 = 8;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Bytes searched at a time.
const STEP: usize = 64 * 1024;

/// A zip file whose directory is lost, because it was cut off or never written: the members are found
/// by their own headers, one behind the other.
pub(super) struct Headless {
    input: Input,
    /// The number of the last member.
    number: u64,
}

/// A member, as its own header tells. Its data comes next.
pub(super) struct Header {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) is_folder: bool,
    flags: u16,
    method: u16,
    crc: u32,
    n_packed: u32,
}

impl Headless {
    /// The members of `input` behind the one with `number`.
    pub(super) fn new(input: Input, number: u64) -> Self {
        Headless { input, number }
    }

    /// The next header; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Header>> {
        loop {
            let seen = self.input.peek(STEP)?;
            let is_last = seen.len() < STEP;
            let Some(at) = memmem::find(seen, MEMBER) else {
                let n = match is_last {
                    true => seen.len(),
                    false => seen.len() - MEMBER.len() + 1,
                };
                self.input.consume(n);
                if is_last {
                    return Ok(None);
                }
                continue;
            };
            self.input.consume(at);
            let start = self.input.position();
            if let Some((header, len)) = self.header(start)? {
                self.input.consume(len);
                self.number += 1;
                return Ok(Some(header));
            }
            self.input.consume(1);
        }
    }

    /// The header at the next byte and its length; `None` when it is none.
    fn header(&mut self, start: u64) -> io::Result<Option<(Header, usize)>> {
        let bytes = self.input.peek(HEADER)?;
        let Some(fixed) = bytes.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let two = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let four = |at: usize| u32::from(two(at)) | u32::from(two(at + 2)) << 16;
        let (flags, method, crc, n_packed) = (two(6), two(8), four(14), four(18));
        let n_name = usize::from(two(26));
        let len = HEADER + n_name + usize::from(two(28));
        // Versions go up to 6.3; 99 is the highest method.
        if two(4) > 63 || method > 99 || n_name == 0 {
            return Ok(None);
        }
        let bytes = self.input.peek(len)?;
        let Some(name) = bytes
            .get(HEADER..HEADER + n_name)
            .filter(|_| bytes.len() >= len)
        else {
            return Ok(None);
        };
        let number = self.number + 1;
        let header = Header {
            place: Place {
                number,
                start,
                skip: 0,
            },
            is_folder: name.ends_with(b"/"),
            name: decoded(name),
            flags,
            method,
            crc,
            n_packed,
        };
        Ok(Some((header, len)))
    }

    /// Goes on behind the data of a member that is not read.
    pub(super) fn pass_over(&mut self, header: &Header) -> io::Result<()> {
        // Without its length, the next member is looked for in what is passed over.
        if header.flags & HAS_DESCRIPTOR == 0 {
            let end = self.input.position() + u64::from(header.n_packed);
            self.input.go_to(end)?;
        }
        Ok(())
    }

    /// The page that the member is. After an error, the next member is looked for in its data.
    pub(super) fn page(&mut self, header: &Header, max_bytes: u64) -> Result<Bytes> {
        let start = self.input.position();
        let page = self.data(header, max_bytes);
        if page.is_err() {
            let back = self.input.go_to(start);
            back.map_err(|error| Error::malformed("fetch.unreadable", "read").because(error))?;
        }
        unpacked(page?, max_bytes)
    }

    fn data(&mut self, header: &Header, max_bytes: u64) -> Result<Vec<u8>> {
        let damaged =
            |what: &str| Error::malformed("fetch.archive", format!("read the member: {what}"));
        if header.flags & IS_ENCRYPTED != 0 {
            return Err(encrypted());
        }
        let has_descriptor = header.flags & HAS_DESCRIPTOR != 0;
        let bytes = match header.method {
            STORED if !has_descriptor => {
                let n_packed = u64::from(header.n_packed);
                let bytes = read_at_most((&mut self.input).take(n_packed), max_bytes)?;
                if (bytes.len() as u64) < n_packed {
                    return Err(damaged("it is cut"));
                }
                bytes
            }
            DEFLATED => {
                let data = DeflateDecoder::new(&mut self.input);
                read_at_most(data, max_bytes).map_err(|error| match error.code() {
                    "fetch.too_large" => error,
                    _ => damaged("it is cut or damaged"),
                })?
            }
            method => {
                return Err(damaged(&format!(
                    "its packing, method {method}, is not known"
                )));
            }
        };
        let mut crc = header.crc;
        if has_descriptor {
            let behind = self.input.peek(8);
            let behind = behind.map_err(|_| damaged("it is cut"))?;
            let behind = behind.strip_prefix(DESCRIPTOR).unwrap_or(behind);
            let told = behind.first_chunk().ok_or_else(|| damaged("it is cut"))?;
            crc = u32::from_le_bytes(*told);
        }
        let mut sum = Crc::new();
        sum.update(&bytes);
        match sum.sum() == crc {
            true => Ok(bytes),
            false => Err(damaged("its checksum does not fit")),
        }
    }
}
