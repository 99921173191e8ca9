use std::io;

use memchr::memchr;
use taosha_core::Bytes;

use crate::place::Place;
use crate::window::Window;

/// Bytes of a line that is too long that are kept, to be looked at in the dead letter.
const KEPT_OF_LONG: usize = 64 * 1024;

/// The lines of a file, plain or packed.
pub(super) struct Lines {
    window: Window,
    /// Longer lines are skipped.
    max_line: usize,
    /// The number of the last line.
    number: u64,
}

/// What stands in a file of lines.
pub(super) enum Line {
    /// A line that is not blank, without its end.
    Whole { place: Place, bytes: Bytes },
    /// A line that was skipped for its length, with its first bytes.
    TooLong { place: Place, bytes: Bytes },
    /// A packed stretch that is damaged. It counts as a line.
    Damaged { place: Place, why: String },
}

/// Where a line ends.
enum End {
    At(usize),
    TooFar,
}

impl Lines {
    /// The lines of `window` behind the line `number`.
    pub(super) fn new(window: Window, max_line: usize, number: u64) -> Self {
        Lines {
            window,
            max_line,
            number,
        }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read. What it holds is never an error.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            self.number += 1;
            let is_end = self.window.peek(1)?.is_empty();
            let mut place = self.window.place(self.number);
            let here = self.window.offset();
            if let Some(damage) = self.window.damage(here) {
                (place.start, place.skip) = (damage.start, damage.skip);
                let why = damage.why;
                return Ok(Some(Line::Damaged { place, why }));
            }
            if is_end {
                return Ok(None);
            }
            let end = match self.end()? {
                End::At(end) => end,
                End::TooFar => {
                    let seen = self.window.seen();
                    let kept = Bytes::copy_from_slice(&seen[..seen.len().min(KEPT_OF_LONG)]);
                    self.skip_line()?;
                    return Ok(Some(Line::TooLong { place, bytes: kept }));
                }
            };
            let line = &self.window.seen()[..end];
            let mut text = line.trim_ascii();
            if self.number == 1 {
                text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
            }
            let bytes = Bytes::copy_from_slice(text);
            self.window.take(end);
            if !bytes.is_empty() {
                return Ok(Some(Line::Whole { place, bytes }));
            }
        }
    }

    /// How far the line reaches, its end included: to the line feed, the end of the file, or a damage.
    fn end(&mut self) -> io::Result<End> {
        let mut n_searched = 0;
        loop {
            let n_seen = self.window.peek(n_searched + 1)?.len();
            let n_sound = self.window.sound().unwrap_or(n_seen).min(n_seen);
            let seen = self.window.seen();
            if let Some(at) = memchr(b'\n', &seen[n_searched..n_sound]) {
                let end = n_searched + at + 1;
                return Ok(if end > self.max_line {
                    End::TooFar
                } else {
                    End::At(end)
                });
            }
            if n_sound > self.max_line {
                return Ok(End::TooFar);
            }
            if n_sound < n_seen || n_seen == n_searched {
                return Ok(End::At(n_sound));
            }
            n_searched = n_seen;
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let n_seen = self.window.peek(1)?.len();
            let n_sound = self.window.sound().unwrap_or(n_seen).min(n_seen);
            let end = memchr(b'\n', &self.window.seen()[..n_sound]);
            let n = end.map_or(n_sound, |end| end + 1);
            self.window.take(n);
            if end.is_some() || n == 0 {
                return Ok(());
            }
        }
    }
}
