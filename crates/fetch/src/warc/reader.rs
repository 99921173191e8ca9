use std::io;
use std::path::Path;

use memchr::memmem;
use taosha_core::Bytes;

use super::record::{Header, MAX_HEADER, START};
use crate::input::Input;
use crate::listing::is_packed;
use crate::place::Place;
use crate::window::Window;

/// Line ends behind a block: two by the standard, and what sloppy writers add. More are read as well,
/// as a stretch between records.
const MAX_TAIL: usize = 64;

/// Bytes of a lost stretch that are kept, to be looked at in the dead letter.
const KEPT_OF_LOST: usize = 1024 * 1024;

/// Bytes searched at a time for the next record.
const STEP: usize = 64 * 1024;

/// Reads the records of a WARC file, plain or packed, whole or damaged.
///
/// A record must end where its `Content-Length` says and be followed by another one, or by the end.
/// Where that is not so, reading goes on with the next place that begins like a record, and what lies
/// before is told as lost.
pub(crate) struct Reader {
    window: Window,
    /// Longer blocks are not read.
    max_block: u64,
    /// The number of the last item.
    number: u64,
}

/// What stands in a WARC file.
#[derive(Debug)]
pub(crate) enum Item {
    /// A record that is whole.
    Record(Record),
    /// A record that was skipped for its length.
    TooLong {
        place: Place,
        header: Header,
        n_bytes: u64,
    },
    /// A stretch that cannot be read as a record.
    Lost(Lost),
}

/// One record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) place: Place,
    pub(crate) header: Header,
    pub(crate) block: Bytes,
}

/// A stretch that is lost.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) place: Place,
    /// Its length as unpacked; 0 when nothing could be unpacked.
    pub(crate) n_bytes: u64,
    /// Its first bytes.
    pub(crate) bytes: Bytes,
    pub(crate) why: String,
}

impl Item {
    /// Where the item begins.
    pub(crate) fn place(&self) -> Place {
        match self {
            Item::Record(record) => record.place,
            Item::TooLong { place, .. } => *place,
            Item::Lost(lost) => lost.place,
        }
    }
}

impl Reader {
    /// Reads the file at `path` from its start. Blocks of more than `max_block` bytes are skipped.
    pub(crate) fn open(path: &Path, max_block: u64) -> io::Result<Self> {
        let input = Input::open(path)?;
        Ok(Reader::new(input, is_packed(path), max_block))
    }

    /// Reads the file at `path` from an item on that was read before; `None` when it does not reach
    /// that far any more.
    pub(crate) fn open_at(path: &Path, max_block: u64, place: Place) -> io::Result<Option<Self>> {
        let input = Input::open(path)?;
        let (window, is_there) = Window::at(input, is_packed(path), place)?;
        let number = place.number.saturating_sub(1);
        Ok(is_there.then_some(Reader {
            window,
            max_block,
            number,
        }))
    }

    pub(crate) fn new(input: Input, is_packed: bool, max_block: u64) -> Self {
        Reader {
            window: Window::new(input, is_packed),
            max_block,
            number: 0,
        }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read. What it holds is never an error.
    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        self.number += 1;
        self.skip_line_ends()?;
        let place = self.window.place(self.number);
        let here = self.window.offset();
        if let Some(damage) = self.window.damage(here) {
            let place = Place {
                start: damage.start,
                skip: damage.skip,
                ..place
            };
            return Ok(Some(lost(place, 0, Vec::new(), damage.why)));
        }
        let bytes = self.window.peek(MAX_HEADER)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let Some((header, head)) = Header::parse(bytes) else {
            let why = match bytes.starts_with(START) {
                true => "a header is damaged",
                false => "there is something between two records",
            };
            return self.lose(place, 1, why.to_owned()).map(Some);
        };
        let length = header.length().unwrap_or_default();
        if length > self.max_block {
            return self.skip(place, header, head).map(Some);
        }
        let end = head + length as usize;
        let bytes = self.window.peek(end + MAX_TAIL)?;
        if bytes.len() < end {
            let n_there = bytes.len() - head;
            let why = format!("a record of {length} bytes ends after {n_there}");
            return self.lose(place, head, why).map(Some);
        }
        let tail = &bytes[end..];
        let n_ends = n_line_ends(tail);
        let follows = &tail[n_ends..];
        let is_followed = follows.is_empty() || follows.starts_with(START);
        if !is_followed && !tail.starts_with(b"\r\n\r\n") {
            let why = format!("a record does not end after the {length} bytes that it tells");
            return self.lose(place, head, why).map(Some);
        }
        let block = Bytes::copy_from_slice(&bytes[head..end]);
        let after = here + (end + n_ends) as u64;
        if let Some(damage) = self.window.damage_before(after) {
            while self.window.damage_before(after).is_some() {}
            let bytes = self.window.seen()[..end].to_vec();
            self.window.take(end + n_ends);
            return Ok(Some(lost(place, end as u64, bytes, damage.why)));
        }
        self.window.take(end + n_ends);
        Ok(Some(Item::Record(Record {
            place,
            header,
            block,
        })))
    }

    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.window.peek(1)?;
            let n = n_line_ends(bytes);
            if n == 0 {
                return Ok(());
            }
            self.window.take(n);
        }
    }

    /// Skips a record whose block is too long. Its length may be wrong, so that what begins like a
    /// record inside it is taken for the next one.
    fn skip(&mut self, place: Place, header: Header, head: usize) -> io::Result<Item> {
        let here = self.window.offset();
        self.window.take(head);
        let mut left = header.length().unwrap_or_default();
        while left > 0 {
            let (n, is_found) = self.seek(0, left, &mut Vec::new())?;
            left -= n;
            if is_found || n == 0 {
                break;
            }
        }
        let n_bytes = self.window.offset() - here;
        while self.window.damage(self.window.offset()).is_some() {}
        Ok(Item::TooLong {
            place,
            header,
            n_bytes,
        })
    }

    /// Goes to the next place that begins like a record, `from` bytes or more behind the next one.
    fn lose(&mut self, place: Place, from: usize, mut why: String) -> io::Result<Item> {
        let here = self.window.offset();
        let mut bytes = Vec::new();
        let mut from = from;
        loop {
            let (n, is_found) = self.seek(from, u64::MAX, &mut bytes)?;
            if is_found || n == 0 {
                break;
            }
            from = 0;
        }
        let n_bytes = self.window.offset() - here;
        while let Some(damage) = self.window.damage(self.window.offset()) {
            why = damage.why;
        }
        Ok(lost(place, n_bytes, bytes, why))
    }

    /// Takes bytes up to the next place that begins like a record, at most `limit` and no more than a
    /// step; adds the first ones to `kept`. Returns how many, and whether such a place is reached.
    fn seek(&mut self, from: usize, limit: u64, kept: &mut Vec<u8>) -> io::Result<(u64, bool)> {
        self.window.peek(from + STEP + MAX_HEADER)?;
        let window = self.window.seen();
        let is_last = window.len() < from + STEP + MAX_HEADER;
        let end = if is_last { window.len() } else { from + STEP };
        let end = end.min(usize::try_from(limit).unwrap_or(usize::MAX));
        let searched = window.len().min(end + START.len() - 1);
        let from = from.min(searched);
        let found = memmem::find_iter(&window[from..searched], START)
            .map(|at| from + at)
            .find(|at| Header::parse(&window[*at..]).is_some());
        let n = found.unwrap_or(end);
        let n_kept = n.min(KEPT_OF_LOST.saturating_sub(kept.len()));
        kept.extend_from_slice(&window[..n_kept]);
        self.window.take(n);
        Ok((n as u64, found.is_some()))
    }
}

fn lost(place: Place, n_bytes: u64, bytes: Vec<u8>, why: String) -> Item {
    Item::Lost(Lost {
        place,
        n_bytes,
        bytes: bytes.into(),
        why,
    })
}

fn n_line_ends(bytes: &[u8]) -> usize {
    let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    bytes.iter().take_while(is_end).count()
}
