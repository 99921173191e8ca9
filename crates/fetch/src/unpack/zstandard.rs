use std::io::{self, BufRead};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::Given;
use crate::input::Input;

/// RFC 8878, 3.1.1, little-endian.
pub(super) const MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// RFC 8878, 3.1.2: `0x184D2A5?`, frames that hold no data of ours.
pub(super) fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The largest block of a frame, RFC 8878, 3.1.1.2.4: what one step can give.
const MAX_BLOCK: usize = 128 * 1024;

/// A decoder that has seen nothing asks for the shortest header that tells the length of the header.
const FIRST: usize = 5;

/// Unpacks one Zstandard frame after the other.
///
/// It is fed block by block, and unpacks into a buffer of its own. So of a damaged frame the same
/// blocks come out wherever reading began.
pub(super) struct Zstandard {
    decoder: Decoder<'static>,
    /// Bytes that make up the next step.
    wanted: usize,
    unpacked: Vec<u8>,
    /// What of `unpacked` was given.
    given: usize,
    /// How the frame ended, once it has.
    ended: Option<Result<(), &'static str>>,
}

impl Zstandard {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Zstandard {
            decoder: Decoder::new()?,
            wanted: FIRST,
            unpacked: Vec::new(),
            given: 0,
            ended: None,
        })
    }

    /// Makes ready for a frame that begins at the next byte.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.decoder.reinit()?;
        self.wanted = FIRST;
        self.unpacked.clear();
        self.given = 0;
        self.ended = None;
        Ok(())
    }

    /// Unpacks into `out`, which is not empty.
    pub(super) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> io::Result<Given> {
        while self.given == self.unpacked.len() && self.ended.is_none() {
            self.step(input)?;
        }
        let left = &self.unpacked[self.given..];
        let n = left.len().min(out.len());
        out[..n].copy_from_slice(&left[..n]);
        self.given += n;
        let is_empty = self.given == self.unpacked.len();
        Ok(match self.ended.filter(|_| is_empty) {
            None => Given::more(n),
            Some(Ok(())) => Given::end(n),
            Some(Err(why)) => Given::broken(n, why),
        })
    }

    fn step(&mut self, input: &mut Input) -> io::Result<()> {
        self.unpacked.resize(MAX_BLOCK, 0);
        self.given = 0;
        let packed = input.fill_buf()?;
        let packed = &packed[..packed.len().min(self.wanted)];
        let mut from = InBuffer::around(packed);
        let mut to = OutBuffer::around(self.unpacked.as_mut_slice());
        let hint = self.decoder.run(&mut from, &mut to);
        let (n_taken, n) = (from.pos(), to.pos());
        let is_stuck = n_taken == 0 && n == 0;
        let is_cut = packed.is_empty();
        self.unpacked.truncate(n);
        input.consume(n_taken);
        match hint {
            // What a step that failed has written is not known to be right.
            Err(_) => {
                self.unpacked.clear();
                self.ended = Some(Err("its zstd data is damaged"));
            }
            Ok(0) => self.ended = Some(Ok(())),
            Ok(_) if is_stuck && is_cut => self.ended = Some(Err("it ends inside a zstd frame")),
            Ok(_) if is_stuck => self.ended = Some(Err("its zstd data is damaged")),
            Ok(wanted) => self.wanted = wanted,
        }
        Ok(())
    }
}
