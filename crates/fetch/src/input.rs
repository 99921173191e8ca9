use std::fs::File;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes asked for at a time.
const CHUNK: usize = 64 * 1024;

/// What a pipe keeps of what was read. Behind a damaged stretch the reader goes back this far to look
/// for where the next sound one begins; a decoder notices damage within a few kilobytes.
pub(crate) const KEPT: usize = 1024 * 1024;

/// Bytes of a file or a pipe, counted, that can be looked at before they are taken.
///
/// A pipe can be gone back in as well, but only as far as the last [`KEPT`] bytes.
pub(crate) struct Input {
    from: From,
    buffer: Vec<u8>,
    /// The next byte in `buffer`.
    at: usize,
    /// Where in the input `buffer` begins.
    base: u64,
}

enum From {
    File(File),
    Pipe(Box<dyn Read + Send>),
}

impl Input {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Input::new(From::File(File::open(path)?)))
    }

    pub(crate) fn pipe(pipe: impl Read + Send + 'static) -> Self {
        Input::new(From::Pipe(Box::new(pipe)))
    }

    fn new(from: From) -> Self {
        let buffer = Vec::new();
        Input {
            from,
            buffer,
            at: 0,
            base: 0,
        }
    }

    /// Where the next byte stands.
    pub(crate) fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Goes to `position`, or as near to it as a pipe can go back.
    pub(crate) fn go_to(&mut self, position: u64) -> io::Result<()> {
        let inside = position.checked_sub(self.base);
        if let Some(at) = inside.filter(|at| *at <= self.buffer.len() as u64) {
            self.at = at as usize;
            return Ok(());
        }
        match &mut self.from {
            From::File(file) => {
                file.seek(SeekFrom::Start(position))?;
                self.buffer.clear();
                (self.at, self.base) = (0, position);
            }
            From::Pipe(_) => {
                self.at = 0;
                while self.position() < position && !self.fill_buf()?.is_empty() {
                    let n = self.fill_buf()?.len();
                    let left = usize::try_from(position - self.position()).unwrap_or(usize::MAX);
                    self.consume(n.min(left));
                }
            }
        }
        Ok(())
    }

    /// The next `n` bytes without taking them, or as many as there are; possibly more.
    pub(crate) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.buffer.len() - self.at < n {
            if self.read_on()? == 0 {
                break;
            }
        }
        Ok(&self.buffer[self.at..])
    }

    /// Appends a chunk to the buffer, and forgets what lies too far back.
    fn read_on(&mut self) -> io::Result<usize> {
        let kept = match self.from {
            From::File(_) => 0,
            From::Pipe(_) => KEPT,
        };
        // Moving bytes seldom: only when most of the buffer is to be forgotten.
        if self.at >= 2 * kept + CHUNK || (kept == 0 && self.at == self.buffer.len()) {
            let n_forgotten = self.at - kept;
            self.buffer.drain(..n_forgotten);
            self.base += n_forgotten as u64;
            self.at = kept;
        }
        let end = self.buffer.len();
        self.buffer.resize(end + CHUNK, 0);
        let read = loop {
            let read = match &mut self.from {
                From::File(file) => file.read(&mut self.buffer[end..]),
                From::Pipe(pipe) => pipe.read(&mut self.buffer[end..]),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(end + *read.as_ref().unwrap_or(&0));
        read
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let n = bytes.len().min(out.len());
        out[..n].copy_from_slice(&bytes[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, n: usize) {
        self.at = (self.at + n).min(self.buffer.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn a_file_is_gone_back_in_to_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let bytes = bytes(300_000);
        std::fs::write(&path, &bytes).unwrap();
        let mut input = Input::open(&path).unwrap();
        let mut all = Vec::new();
        input.read_to_end(&mut all).unwrap();
        assert!(all == bytes);
        input.go_to(7).unwrap();
        assert_eq!(input.peek(3).unwrap()[..3], bytes[7..10]);
        assert_eq!(input.position(), 7);
    }

    #[test]
    fn a_pipe_is_gone_back_in_as_far_as_it_is_kept() {
        let bytes = bytes(5 * KEPT);
        let mut input = Input::pipe(io::Cursor::new(bytes.clone()));
        io::copy(&mut input, &mut io::sink()).unwrap();
        let end = input.position();
        assert_eq!(end, bytes.len() as u64);
        let back = bytes.len() - KEPT;
        input.go_to(back as u64).unwrap();
        assert_eq!(input.position(), back as u64);
        assert_eq!(input.peek(5).unwrap()[..5], bytes[back..back + 5]);
        input.go_to(0).unwrap();
        assert!(input.position() > 0, "forgotten");
        assert!(input.buffer.len() < 4 * KEPT, "bounded");
        input.go_to(end - 1).unwrap();
        assert_eq!(input.peek(9).unwrap(), &bytes[bytes.len() - 1..]);
    }
}
