use std::io::{self, BufRead};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::Given;
use crate::input::Input;

/// RFC 1952, 2.3.1: the identification bytes and the only method there is.
pub(super) const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Bits of the flag byte, RFC 1952, 2.3.1.
const HAS_CHECKSUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// A file name or a comment. Longer ones are garbage that looks like a member.
const MAX_NAME: usize = 4096;

/// Unpacks one gzip member after the other.
///
/// The decoder is driven by hand, so that of a damaged member everything before the damage comes out,
/// and the same bytes wherever reading began.
pub(super) struct Gzip {
    inflate: Decompress,
    crc: Crc,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Gzip {
            inflate: Decompress::new(false),
            crc: Crc::new(),
        }
    }

    /// Takes the header of a member that begins at the next byte; says what is wrong with it.
    pub(super) fn begin(&mut self, input: &mut Input) -> io::Result<Result<(), String>> {
        self.inflate.reset(false);
        self.crc.reset();
        let cut = || Ok(Err("it ends inside a gzip header".to_owned()));
        let head = input.peek(10)?;
        if head.len() < 10 {
            return cut();
        }
        let flags = head[3];
        if flags & RESERVED != 0 {
            return Ok(Err("its gzip header has unknown flags".to_owned()));
        }
        input.consume(10);
        if flags & HAS_EXTRA != 0 {
            let Some(&[low, high]) = input.peek(2)?.first_chunk() else {
                return cut();
            };
            let len = 2 + usize::from(u16::from_le_bytes([low, high]));
            if input.peek(len)?.len() < len {
                return cut();
            }
            input.consume(len);
        }
        for flag in [HAS_NAME, HAS_COMMENT] {
            if flags & flag == 0 {
                continue;
            }
            let name = input.peek(MAX_NAME)?;
            let Some(end) = name.iter().take(MAX_NAME).position(|byte| *byte == 0) else {
                return cut();
            };
            input.consume(end + 1);
        }
        if flags & HAS_CHECKSUM != 0 {
            input.peek(2)?;
            input.consume(2);
        }
        Ok(Ok(()))
    }

    /// Unpacks into `out`, which is not empty.
    pub(super) fn read(&mut self, input: &mut Input, out: &mut [u8]) -> io::Result<Given> {
        loop {
            let packed = input.fill_buf()?;
            let is_end = packed.is_empty();
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(packed, out, FlushDecompress::None);
            let n_taken = (self.inflate.total_in() - before.0) as usize;
            let n = (self.inflate.total_out() - before.1) as usize;
            input.consume(n_taken);
            self.crc.update(&out[..n]);
            return Ok(match status {
                Err(_) => Given::broken(n, "its gzip data is damaged"),
                Ok(Status::StreamEnd) => self.end(input, n)?,
                Ok(_) if n > 0 => Given::more(n),
                Ok(_) if is_end => Given::broken(0, "it ends inside a gzip member"),
                Ok(_) if n_taken == 0 => Given::broken(0, "its gzip data is damaged"),
                Ok(_) => continue,
            });
        }
    }

    /// Compares with the checksum and the length behind the member.
    fn end(&self, input: &mut Input, n: usize) -> io::Result<Given> {
        let Some(&[a, b, c, d, e, f, g, h]) = input.peek(8)?.first_chunk() else {
            return Ok(Given::broken(n, "it ends inside a gzip member"));
        };
        input.consume(8);
        let sum = u32::from_le_bytes([a, b, c, d]);
        let len = u32::from_le_bytes([e, f, g, h]);
        Ok(match (sum, len) == (self.crc.sum(), self.crc.amount()) {
            true => Given::end(n),
            false => Given::broken(n, "its gzip checksum does not fit"),
        })
    }
}
