use memchr::memchr;
use taosha_core::{Bytes, Result};

use crate::coding::{too_large, unpack};
use crate::warc::record::{end_of_head, fields};

/// An HTTP response, as a server sent it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Names in lower case, as received.
    pub(crate) headers: Vec<(String, String)>,
    /// As sent; see [`page`](Self::page).
    body: Bytes,
}

impl Answer {
    /// Reads head and body; `None` when `block` does not begin like a response. One that ends before its head
    /// does has no body.
    pub(crate) fn parse(block: &Bytes) -> Option<Self> {
        let end = end_of_head(block).unwrap_or(block.len());
        let head = text_of(block.get(..end)?);
        let mut lines = head.lines();
        let mut line = lines.next()?.strip_prefix("HTTP/")?.splitn(3, ' ');
        let status = line.nth(1)?.trim().parse().ok()?;
        let reason = line.next().unwrap_or_default().to_owned();
        Some(Answer {
            status,
            reason,
            headers: fields(lines),
            body: block.slice(end..),
        })
    }

    /// The first header called `name` (lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| key == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The media type that the server told, without its parameters, in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.header("content-type").map(media_type)
    }

    /// The bytes of the page: chunks joined, packing undone.
    ///
    /// Some crawlers undo either and leave the header as it was, so the header is believed only where
    /// the bytes agree.
    ///
    /// # Errors
    /// When it is larger than `max_bytes`, or cannot be unpacked.
    pub(crate) fn page(&self, max_bytes: u64) -> Result<Bytes> {
        let mut body = self.body.clone();
        let is_chunked = self
            .header("transfer-encoding")
            .is_some_and(|value| value.to_lowercase().contains("chunked"));
        if is_chunked && let Some(joined) = joined(&body) {
            body = joined.into();
        }
        let page = unpack(&body, self.header("content-encoding"), max_bytes)?;
        if page.len() as u64 > max_bytes {
            return Err(too_large(max_bytes));
        }
        Ok(page)
    }
}

/// Headers are ASCII; what is not is read as UTF-8, else byte by byte.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// `Text/HTML; charset=gbk` is `text/html`.
pub(crate) fn media_type(value: &str) -> String {
    let kind = value.split(';').next().unwrap_or_default();
    kind.trim().to_lowercase()
}

/// The data of a body in chunks (RFC 9112, 7.1); what is there of one that was cut. `None` when it
/// does not begin with a chunk.
fn joined(body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    let mut rest = body;
    while let Some(end) = memchr(b'\n', &rest[..rest.len().min(1024)]) {
        let size = std::str::from_utf8(&rest[..end]).ok();
        let size = size.and_then(|line| line.split(';').next()).map(str::trim);
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(size) = size else {
            return (!joined.is_empty()).then_some(joined);
        };
        rest = &rest[end + 1..];
        if size == 0 {
            return Some(joined);
        }
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        joined.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").unwrap_or(behind);
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    (!joined.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PAGE: &[u8] = "<p>白塔县教育局</p>".as_bytes();

    fn page(head: &str, body: &[u8]) -> Result<Bytes> {
        let block = [b"HTTP/1.1 200 OK\r\n", head.as_bytes(), b"\r\n\r\n", body].concat();
        Answer::parse(&block.into()).unwrap().page(10_000)
    }

    #[test]
    fn a_head_is_understood() {
        let block = Bytes::from_static(
            b"HTTP/1.1 404 Not Found\r\nContent-Type:Text/HTML; charset=gbk\r\nX: \xe6\r\n\r\nbody\r\n\r\n",
        );
        let answer = Answer::parse(&block).unwrap();
        assert_eq!((answer.status, answer.reason.as_str()), (404, "Not Found"));
        assert_eq!(answer.media_type().as_deref(), Some("text/html"));
        assert_eq!(answer.header("x"), Some("\u{e6}"));
        assert_eq!(answer.page(100).unwrap(), "body\r\n\r\n");
        assert_eq!(answer.page(7).unwrap_err().code(), "fetch.too_large");
        let bare = Answer::parse(&Bytes::from("HTTP/2 200")).unwrap();
        assert_eq!((bare.status, bare.reason.as_str()), (200, ""));
    }

    #[test]
    fn what_is_no_response_is_none() {
        for block in [
            "",
            "HTTP/1.1",
            "GET / HTTP/1.1\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
        ] {
            assert_eq!(Answer::parse(&Bytes::from(block)), None, "{block:?}");
        }
    }

    #[test]
    fn chunks_are_joined_and_then_unpacked() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        encoder.write_all(PAGE).unwrap();
        let packed = encoder.finish().unwrap();
        let (first, second) = packed.split_at(10);
        let chunk = |bytes: &[u8]| {
            let head = format!("{:X};name=value\r\n", bytes.len());
            [head.as_bytes(), bytes, b"\r\n"].concat()
        };
        let body = [chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat();
        let head = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip";
        assert_eq!(page(head, &body).unwrap(), PAGE);
        assert_eq!(
            page("Transfer-Encoding: chunked", PAGE).unwrap(),
            PAGE,
            "already joined"
        );
    }
}
