use std::collections::VecDeque;
use std::io;

use crate::input::Input;
use crate::place::Place;
use crate::unpack::{Step, Unpack};

/// Bytes unpacked at a time.
const CHUNK: usize = 64 * 1024;

/// Text packs to a fifth, and lists of nothing to a hundredth. A thousand times as much is what gzip
/// makes of zeros; what is small may be anything.
const MAX_RATIO: u64 = 1000;
const FREE: u64 = 1024 * 1024 * 1024;

/// The unpacked bytes of a file, to be looked at before they are taken, each with its [`Place`].
///
/// It holds what was looked at and not taken, so whoever looks sets the bound.
pub(crate) struct Window {
    unpack: Unpack,
    bytes: Vec<u8>,
    /// The next byte in `bytes`.
    at: usize,
    /// How many bytes came before `bytes`.
    base: u64,
    /// Where members begin, among the bytes as unpacked and in the file. The first one is that of the
    /// next byte.
    members: VecDeque<Member>,
    damages: VecDeque<Damage>,
    is_over: bool,
}

struct Member {
    at: u64,
    start: u64,
    is_packed: bool,
}

/// A stretch of the file that gave nothing.
#[derive(Debug)]
pub(crate) struct Damage {
    /// So many bytes had been unpacked before.
    pub(crate) at: u64,
    /// From where in the file on.
    pub(crate) start: u64,
    /// Bytes that its member had given before.
    pub(crate) skip: u64,
    pub(crate) why: String,
}

impl Window {
    pub(crate) fn new(input: Input, is_packed: bool) -> Self {
        Window {
            unpack: Unpack::new(input, is_packed),
            bytes: Vec::new(),
            at: 0,
            base: 0,
            members: VecDeque::new(),
            damages: VecDeque::new(),
            is_over: false,
        }
    }

    /// Begins at `place`; false when the file does not reach that far.
    pub(crate) fn at(mut input: Input, is_packed: bool, place: Place) -> io::Result<(Self, bool)> {
        input.go_to(place.start)?;
        let mut window = Window::new(input, is_packed);
        let mut left = place.skip;
        while left > 0 {
            let n = window
                .peek(1)?
                .len()
                .min(usize::try_from(left).unwrap_or(usize::MAX));
            if n == 0 {
                break;
            }
            window.take(n);
            left -= n as u64;
        }
        Ok((window, left == 0))
    }

    /// The next `n` bytes, or as many as there are; possibly more. They are not taken.
    pub(crate) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.bytes.len() - self.at < n && !self.is_over {
            self.read_on()?;
        }
        Ok(&self.bytes[self.at..])
    }

    /// What was looked at and not taken.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Takes `n` of the bytes that were looked at.
    pub(crate) fn take(&mut self, n: usize) {
        self.at = (self.at + n).min(self.bytes.len());
        let offset = self.offset();
        while self
            .members
            .get(1)
            .is_some_and(|member| member.at <= offset)
        {
            self.members.pop_front();
        }
    }

    /// How many bytes were taken.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Where in the file the next byte stands.
    pub(crate) fn place(&self, number: u64) -> Place {
        let offset = self.offset();
        let mut members = self.members.iter().rev();
        let Some(member) = members.find(|member| member.at <= offset) else {
            return Place {
                number,
                ..Place::default()
            };
        };
        let inside = offset - member.at;
        let (start, skip) = match member.is_packed {
            true => (member.start, inside),
            false => (member.start + inside, 0),
        };
        Place {
            number,
            start,
            skip,
        }
    }

    /// The first damage that was met among the bytes up to `offset`, once.
    pub(crate) fn damage(&mut self, offset: u64) -> Option<Damage> {
        let is_met = self.damages.front()?.at <= offset;
        is_met.then(|| self.damages.pop_front()).flatten()
    }

    /// As [`damage`](Self::damage), without that of a member which only begins at `offset`.
    pub(crate) fn damage_before(&mut self, offset: u64) -> Option<Damage> {
        let damage = self.damages.front()?;
        let is_met = damage.at < offset || (damage.at == offset && damage.skip > 0);
        is_met.then(|| self.damages.pop_front()).flatten()
    }

    /// How many bytes come before the next damage that was seen.
    pub(crate) fn sound(&self) -> Option<usize> {
        let damage = self.damages.front()?;
        Some(damage.at.saturating_sub(self.offset()) as usize)
    }

    fn read_on(&mut self) -> io::Result<()> {
        // Moving bytes seldom: only when most of them are taken.
        if self.at > self.bytes.len() / 2 {
            self.bytes.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
        }
        let end = self.bytes.len();
        let at = self.base + end as u64;
        if is_bomb(at, self.unpack.n_packed()) {
            let message = format!("it unpacks to more than {MAX_RATIO} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.bytes.resize(end + CHUNK, 0);
        let step = self.unpack.step(&mut self.bytes[end..]);
        let n = match &step {
            Ok(Step::Bytes(n)) => *n,
            _ => 0,
        };
        self.bytes.truncate(end + n);
        let (start, is_packed) = match step? {
            Step::Bytes(_) => return Ok(()),
            Step::End => {
                self.is_over = true;
                return Ok(());
            }
            Step::Damage { start, why } => {
                let of_it = self.members.back().filter(|member| member.start == start);
                let skip = of_it.map_or(0, |member| at - member.at);
                self.damages.push_back(Damage {
                    at,
                    start,
                    skip,
                    why,
                });
                return Ok(());
            }
            Step::Member(start) => (start, true),
            Step::Plain(start) => (start, false),
        };
        // An empty member is as if it were not there.
        if self.members.back().is_some_and(|last| last.at == at) {
            self.members.pop_back();
        }
        self.members.push_back(Member {
            at,
            start,
            is_packed,
        });
        Ok(())
    }
}

fn is_bomb(n_unpacked: u64, n_packed: u64) -> bool {
    n_unpacked > FREE && n_unpacked / MAX_RATIO > n_packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_without_end_is_a_bomb() {
        assert!(!is_bomb(FREE, 10));
        assert!(!is_bomb(FREE + 1, FREE / 500));
        assert!(is_bomb(FREE + 1, FREE / 2000));
    }

    #[test]
    fn bytes_are_looked_at_before_they_are_taken() {
        let packed = zstd::encode_all([b'x'; 300_000].as_slice(), 1).unwrap();
        let input = Input::pipe(io::Cursor::new(packed));
        let mut window = Window::new(input, false);
        assert!(window.peek(200_000).unwrap().len() >= 200_000);
        window.take(100_000);
        assert_eq!(window.offset(), 100_000);
        let place = window.place(7);
        assert_eq!((place.number, place.start, place.skip), (7, 0, 100_000));
        assert_eq!(window.peek(usize::MAX).unwrap().len(), 200_000);
    }
}
