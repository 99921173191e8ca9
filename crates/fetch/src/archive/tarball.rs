use std::io;

use memchr::memmem;
use tar::{EntryType, Header, PaxExtensions};

use super::name::decoded;
use crate::place::Place;
use crate::window::Window;

/// POSIX.1-2024, pax, "ustar Interchange Format".
const BLOCK: usize = 512;

/// Where in a header `ustar` stands, in both dialects of the last thirty years.
const MAGIC: (usize, &[u8]) = (257, b"ustar");

/// Long names and further attributes stand in members of their own, of a few hundred bytes.
const MAX_ATTRIBUTES: u64 = 1024 * 1024;

/// Bytes passed over at a time.
const STEP: usize = 64 * 1024;

/// A tar file, packed or not, read from its start to its end.
pub(super) struct Tarball {
    window: Window,
    /// The number of the last member.
    number: u64,
    /// Data of the last member that was not taken.
    left: u64,
}

/// What stands in a tar file.
pub(super) enum Piece {
    /// The header of a file; its data comes next.
    File {
        place: Place,
        name: String,
        n_bytes: u64,
    },
    /// Bytes that are no member.
    Lost { place: Place, why: String },
}

/// The data of a member.
pub(super) struct Data {
    pub(super) bytes: Vec<u8>,
    /// Why it is not all of it.
    pub(super) trouble: Option<String>,
}

impl Tarball {
    /// The members of `window` behind the one with `number`.
    pub(super) fn new(window: Window, number: u64) -> Self {
        Tarball {
            window,
            number,
            left: 0,
        }
    }

    /// The next file or damage; `None` at the end. Folders, links and the like are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece>> {
        self.pass_over()?;
        loop {
            self.number += 1;
            if self.window.peek(BLOCK)?.is_empty() && self.window.sound().is_none() {
                return Ok(None);
            }
            let place = self.window.place(self.number);
            if let Some(damage) = self.window.damage(self.window.offset()) {
                let place = Place {
                    start: damage.start,
                    skip: damage.skip,
                    ..place
                };
                let why = damage.why;
                return Ok(Some(Piece::Lost { place, why }));
            }
            let block = self.window.seen();
            let n_zeros = block
                .iter()
                .take(BLOCK)
                .take_while(|byte| **byte == 0)
                .count();
            if n_zeros == BLOCK.min(block.len()) {
                // The end, or the seam of two archives that were joined.
                self.window.take(n_zeros);
                self.number -= 1;
                continue;
            }
            match self.member()? {
                Ok(Some((name, n_bytes))) => {
                    self.left = padded(n_bytes);
                    return Ok(Some(Piece::File {
                        place,
                        name,
                        n_bytes,
                    }));
                }
                Ok(None) => {}
                Err(why) => {
                    self.find_header()?;
                    let why = why.to_owned();
                    return Ok(Some(Piece::Lost { place, why }));
                }
            }
        }
    }

    /// Takes the header of a member with the attributes in front of it; `None` when it is no file.
    fn member(&mut self) -> io::Result<Result<Option<(String, u64)>, &'static str>> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let block = self.window.peek(BLOCK)?;
            let Some(header) = block.get(..BLOCK).and_then(header) else {
                return Ok(Err("there is no header of a member"));
            };
            let Ok(n_bytes) = header.entry_size() else {
                self.window.take(1);
                return Ok(Err("a header tells no size"));
            };
            let kind = header.entry_type();
            let name = header.path_bytes().into_owned();
            let is_attribute = kind.is_gnu_longname()
                || kind.is_gnu_longlink()
                || kind.is_pax_local_extensions()
                || kind.is_pax_global_extensions();
            if is_attribute && n_bytes > MAX_ATTRIBUTES {
                self.window.take(1);
                return Ok(Err("the attributes of a member are too long"));
            }
            self.window.take(BLOCK);
            if is_attribute {
                let data = self.data(n_bytes)?;
                if data.trouble.is_some() {
                    return Ok(Err("it ends inside the attributes of a member"));
                }
                if kind.is_gnu_longname() {
                    let end = data.bytes.iter().position(|byte| *byte == 0);
                    let end = end.unwrap_or(data.bytes.len());
                    long_name = Some(data.bytes[..end].to_vec());
                }
                if kind.is_pax_local_extensions() {
                    for pair in PaxExtensions::new(&data.bytes).flatten() {
                        match pair.key_bytes() {
                            b"path" => long_name = Some(pair.value_bytes().to_vec()),
                            b"size" => long_size = pair.value().ok().and_then(|n| n.parse().ok()),
                            _ => {}
                        }
                    }
                }
                continue;
            }
            let n_bytes = long_size.unwrap_or(n_bytes);
            let is_file = matches!(kind, EntryType::Regular | EntryType::Continuous);
            if !is_file {
                let has_data = !(kind.is_dir() || kind.is_symlink() || kind.is_hard_link());
                self.left = if has_data { padded(n_bytes) } else { 0 };
                self.pass_over()?;
                return Ok(Ok(None));
            }
            let name = decoded(long_name.as_deref().unwrap_or(&name));
            return Ok(Ok(Some((name, n_bytes))));
        }
    }

    /// The data of the member whose header came last. The caller has looked at its length.
    pub(super) fn data(&mut self, n_bytes: u64) -> io::Result<Data> {
        self.left = 0;
        let len = usize::try_from(n_bytes).unwrap_or(usize::MAX);
        let n_there = self.window.peek(len)?.len().min(len);
        let n_sound = self.window.sound().unwrap_or(n_there).min(n_there);
        let bytes = self.window.seen()[..n_sound].to_vec();
        self.window.take(n_sound);
        if let Some(damage) = self.window.damage_before(self.window.offset()) {
            // Nobody can tell how much is missing.
            let trouble = Some(damage.why);
            self.find_header()?;
            return Ok(Data { bytes, trouble });
        }
        if n_sound < len {
            let trouble = Some(format!("it ends after {n_sound} of {len} bytes"));
            return Ok(Data { bytes, trouble });
        }
        self.left = padded(n_bytes) - n_bytes;
        self.pass_over()?;
        Ok(Data {
            bytes,
            trouble: None,
        })
    }

    /// Takes what is left of a member, as far as it is sound.
    fn pass_over(&mut self) -> io::Result<()> {
        while self.left > 0 {
            let n_there = self.window.peek(1)?.len();
            let n_sound = self.window.sound().unwrap_or(n_there).min(n_there);
            let n = n_sound.min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.window.take(n);
            self.left -= n as u64;
            if n == 0 {
                self.left = 0;
            }
        }
        Ok(())
    }

    /// Goes to the next place that is a header, or to the end.
    fn find_header(&mut self) -> io::Result<()> {
        loop {
            self.window.peek(STEP + BLOCK)?;
            let seen = self.window.seen();
            let found = memmem::find_iter(seen, MAGIC.1)
                .filter_map(|at| at.checked_sub(MAGIC.0))
                .find(|at| seen.get(*at..at + BLOCK).and_then(header).is_some());
            let is_last = seen.len() < STEP + BLOCK;
            let n = match found {
                Some(at) => at,
                None if is_last => seen.len(),
                None => seen.len() - BLOCK + 1,
            };
            self.window.take(n);
            while self.window.damage(self.window.offset()).is_some() {}
            if found.is_some() || is_last {
                return Ok(());
            }
        }
    }
}

/// The header that `block` is, if its checksum says so.
fn header(block: &[u8]) -> Option<&Header> {
    let header = Header::from_byte_slice(block);
    let told = header.cksum().ok()?;
    // The field of the checksum itself counts as spaces.
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let is_right = told == sum(&block[..148]) + 8 * 32 + sum(&block[156..]);
    is_right.then_some(header)
}

fn padded(n_bytes: u64) -> u64 {
    n_bytes.saturating_add(BLOCK as u64 - 1) / BLOCK as u64 * BLOCK as u64
}
