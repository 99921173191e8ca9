//! Bytes of a file as they were before they were packed: gzip members and Zstandard frames one behind
//! the other, or neither.
//!
//! Crawls pack every record by itself, so that one can be found without unpacking all before it. So
//! each member is told as it begins, by its place in the file. A damaged one is told, and reading
//! goes on with the next.

mod gzip; // RFC 1952
mod search; // where does the next member begin?
mod zstandard; // RFC 8878

use std::io::{self, BufRead};

use self::gzip::Gzip;
use self::zstandard::Zstandard;
use crate::input::{Input, KEPT};

/// Unpacks an [`Input`], whatever it is packed with.
pub(crate) struct Unpack {
    input: Input,
    state: State,
    gzip: Gzip,
    /// Made when the first frame is met: its tables take a megabyte.
    zstandard: Option<Zstandard>,
    /// Whether a file that does not begin with a member is searched for one.
    is_packed: bool,
    /// Where reading began.
    first: u64,
    /// Where the member that is being unpacked begins.
    start: u64,
}

enum State {
    Between,
    Plain,
    Gzip,
    Zstandard,
    /// Behind a stretch that could not be unpacked.
    Broken(&'static str),
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many bytes of the buffer are filled.
    Bytes(usize),
    /// What follows was packed by itself, from this place in the input on.
    Member(u64),
    /// What follows was not packed and begins at this place in the input.
    Plain(u64),
    /// Something that began at `start` could not be unpacked to its end.
    Damage { start: u64, why: String },
    /// There is no more.
    End,
}

/// What a decoder has to give.
struct Given {
    n: usize,
    end: Option<Result<(), &'static str>>,
}

impl Given {
    fn more(n: usize) -> Self {
        Given { n, end: None }
    }

    fn end(n: usize) -> Self {
        let end = Some(Ok(()));
        Given { n, end }
    }

    fn broken(n: usize, why: &'static str) -> Self {
        let end = Some(Err(why));
        Given { n, end }
    }
}

impl Unpack {
    /// Unpacks `input` from where it stands. With `is_packed`, which a name such as `.gz` tells, a
    /// file that does not begin with a member is searched for the first one.
    pub(crate) fn new(input: Input, is_packed: bool) -> Self {
        Unpack {
            first: input.position(),
            start: input.position(),
            input,
            state: State::Between,
            gzip: Gzip::new(),
            zstandard: None,
            is_packed,
        }
    }

    /// How many bytes of the input were taken.
    pub(crate) fn n_packed(&self) -> u64 {
        self.input.position() - self.first
    }

    /// The next step; bytes come in `out`.
    ///
    /// # Errors
    /// When the file cannot be read. That it cannot be unpacked is a step.
    pub(crate) fn step(&mut self, out: &mut [u8]) -> io::Result<Step> {
        loop {
            let given = match self.state {
                State::Between => match self.between()? {
                    Some(step) => return Ok(step),
                    None => continue,
                },
                State::Broken(why) => return self.damaged(why.to_owned()),
                State::Plain => {
                    let bytes = self.input.fill_buf()?;
                    let n = bytes.len().min(out.len());
                    out[..n].copy_from_slice(&bytes[..n]);
                    self.input.consume(n);
                    if n == 0 {
                        return Ok(Step::End);
                    }
                    Given::more(n)
                }
                State::Gzip => self.gzip.read(&mut self.input, out)?,
                State::Zstandard => match &mut self.zstandard {
                    Some(zstandard) => zstandard.read(&mut self.input, out)?,
                    None => Given::end(0),
                },
            };
            match given.end {
                None => {}
                Some(Ok(())) => self.state = State::Between,
                Some(Err(why)) => self.state = State::Broken(why),
            }
            if given.n > 0 {
                return Ok(Step::Bytes(given.n));
            }
        }
    }

    /// Begins with what stands at the next byte.
    fn between(&mut self) -> io::Result<Option<Step>> {
        self.start = self.input.position();
        let head = self.input.peek(4)?;
        if head.is_empty() {
            return Ok(Some(Step::End));
        }
        if head.starts_with(gzip::MAGIC) {
            self.is_packed = true;
            if let Err(why) = self.gzip.begin(&mut self.input)? {
                return self.damaged(why).map(Some);
            }
            self.state = State::Gzip;
            return Ok(Some(Step::Member(self.start)));
        }
        if head.starts_with(zstandard::MAGIC) || zstandard::is_skippable(head) {
            self.is_packed = true;
            match &mut self.zstandard {
                Some(zstandard) => zstandard.begin()?,
                None => self.zstandard = Some(Zstandard::new()?),
            }
            self.state = State::Zstandard;
            return Ok(Some(Step::Member(self.start)));
        }
        if head[0] == 0 && self.is_packed {
            // Tapes and some tools fill up with zeros.
            let chunk = self.input.fill_buf()?;
            let n = chunk.iter().take_while(|byte| **byte == 0).count();
            self.input.consume(n);
            return Ok(None);
        }
        if !self.is_packed {
            self.state = State::Plain;
            return Ok(Some(Step::Plain(self.start)));
        }
        if self.start == 0 && !search::is_member_near(&mut self.input)? {
            // Only its name says that it is packed.
            self.state = State::Plain;
            return Ok(Some(Step::Plain(self.start)));
        }
        self.damaged("there is something that is not packed".to_owned())
            .map(Some)
    }

    /// Goes on with the next member behind the one that began at `start`.
    fn damaged(&mut self, why: String) -> io::Result<Step> {
        let start = self.start;
        let back = self.input.position().saturating_sub(KEPT as u64);
        self.input.go_to(back.max(start + 1))?;
        search::next_member(&mut self.input)?;
        self.state = State::Between;
        Ok(Step::Damage { start, why })
    }
}

#[cfg(test)]
mod tests;
