use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use memchr::memchr2_iter;

use super::{gzip, zstandard};
use crate::input::{Input, KEPT};

/// Bytes looked at together.
const WINDOW: usize = 256 * 1024;

/// Bytes that are tried out where a member may begin. Three bytes of magic are met by chance once in
/// 16 MB; that so many bytes behind them can be unpacked as well is no chance.
const TRIED: usize = 4096;

/// Goes to the next place where a member begins, or to the end.
pub(super) fn next_member(input: &mut Input) -> io::Result<()> {
    loop {
        let window = input.peek(WINDOW)?;
        if window.is_empty() {
            return Ok(());
        }
        let is_last = window.len() < WINDOW;
        let n_searched = match is_last {
            true => window.len(),
            false => window.len() - TRIED,
        };
        let found = find(window, n_searched);
        input.consume(found.unwrap_or(n_searched));
        if found.is_some() {
            return Ok(());
        }
    }
}

/// Whether a member begins within the next [`KEPT`] bytes. Takes none of them.
pub(super) fn is_member_near(input: &mut Input) -> io::Result<bool> {
    let window = input.peek(KEPT)?;
    Ok(find(window, window.len()).is_some())
}

fn find(window: &[u8], n_searched: usize) -> Option<usize> {
    memchr2_iter(gzip::MAGIC[0], zstandard::MAGIC[0], &window[..n_searched]).find(|at| {
        let end = window.len().min(at + TRIED);
        is_member(&window[*at..end])
    })
}

fn is_member(bytes: &[u8]) -> bool {
    if bytes.starts_with(gzip::MAGIC) {
        let unpacked = GzDecoder::new(bytes).read(&mut [0; 64]);
        return unpacked.is_ok_and(|n| n > 0);
    }
    if bytes.starts_with(zstandard::MAGIC) {
        // A block comes out whole, so that of a long one nothing may be there yet.
        let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(bytes) else {
            return false;
        };
        return match decoder.single_frame().read(&mut [0; 64]) {
            Ok(n) => n > 0,
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
        };
    }
    false
}
