use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use memchr::memchr;
use taosha_core::{Bytes, Error, Result};

use super::record::{end_of_head, fields};

/// A response as a server sent it, without what was for the way only.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// As sent; see [`page`](Self::page).
    body: Bytes,
}

impl Response {
    /// Reads head and body; `None` when `block` does not begin like a response.
    pub(crate) fn parse(block: &Bytes) -> Option<Response> {
        let end = end_of_head(block).unwrap_or(block.len());
        let head = String::from_utf8_lossy(&block[..end]);
        let mut lines = head.lines();
        let line = lines.next()?.strip_prefix("HTTP/")?;
        let status = line.split_whitespace().nth(1)?.parse().ok()?;
        let headers = fields(lines);
        Some(Response {
            status,
            headers,
            body: block.slice(end..),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
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
        let encodings = self.header("content-encoding").unwrap_or_default();
        // The last one was done last.
        for encoding in encodings.to_lowercase().rsplit(',') {
            body = unpacked(body, encoding.trim(), max_bytes)?;
        }
        if body.len() as u64 > max_bytes {
            return Err(too_large(max_bytes));
        }
        Ok(body)
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

/// RFC 1952, 2.3.1
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
/// RFC 8878, 3.1.1
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

fn unpacked(body: Bytes, encoding: &str, max_bytes: u64) -> Result<Bytes> {
    let packed = &body[..];
    let unpacked = match encoding {
        "" | "identity" | "none" | "utf-8" => return Ok(body),
        _ if packed.is_empty() => return Ok(body),
        "gzip" | "x-gzip" if packed.starts_with(GZIP_MAGIC) => {
            read(MultiGzDecoder::new(packed), max_bytes)
        }
        "zstd" if packed.starts_with(ZSTD_MAGIC) => {
            let decoder = zstd::stream::read::Decoder::with_buffer(packed);
            decoder.and_then(|decoder| read(decoder, max_bytes))
        }
        // Servers mean either by this name.
        "deflate" => read(ZlibDecoder::new(packed), max_bytes)
            .or_else(|_| read(DeflateDecoder::new(packed), max_bytes)),
        "br" => {
            let decoder = brotli_decompressor::Decompressor::new(packed, 4096);
            read(decoder, max_bytes)
        }
        "gzip" | "x-gzip" | "zstd" => return Ok(body),
        encoding => {
            let message = format!("unpack the page: its encoding `{encoding}` is not known");
            return Err(Error::malformed("fetch.encoding", message));
        }
    };
    match unpacked {
        Ok(Some(bytes)) => Ok(bytes.into()),
        Ok(None) => Err(too_large(max_bytes)),
        // What has no mark of its own was not packed when it reads as text.
        Err(_) if std::str::from_utf8(packed).is_ok() => Ok(body),
        Err(error) => {
            let message = format!("unpack the page, which is `{encoding}`");
            Err(Error::malformed("fetch.encoding", message).because(error))
        }
    }
}

/// All that `reader` gives; `None` when that is more than `max_bytes`.
fn read(reader: impl Read, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let n = reader.take(max_bytes + 1).read_to_end(&mut bytes)?;
    Ok((n as u64 <= max_bytes).then_some(bytes))
}

fn too_large(max_bytes: u64) -> Error {
    let message = format!("read a page of more than {max_bytes} bytes: raise `max_bytes`");
    Error::malformed("fetch.too_large", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const PAGE: &[u8] = "<p>白塔县教育局</p>".as_bytes();

    fn page(head: &str, body: &[u8]) -> Result<Bytes> {
        let block = [b"HTTP/1.1 200 OK\r\n", head.as_bytes(), b"\r\n\r\n", body].concat();
        Response::parse(&block.into()).unwrap().page(10_000)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A stream of one block that is not packed, RFC 7932, 9.2: window, length, the bytes, the end.
    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let len = bytes.len() as u32 - 1;
        // WBITS 16 (0), ISLAST 0, MNIBBLES 4 (00), MLEN - 1 in 16 bits, ISUNCOMPRESSED 1.
        let bits = (len << 4) | (1 << 20);
        let mut stream = bits.to_le_bytes()[..3].to_vec();
        stream.extend_from_slice(bytes);
        stream.push(3);
        stream
    }

    #[test]
    fn every_packing_is_undone() {
        for (encoding, packed) in [
            ("gzip", gzip(PAGE)),
            ("x-gzip", gzip(PAGE)),
            ("deflate", zlib(PAGE)),
            ("br", brotli(PAGE)),
            ("zstd", zstd::encode_all(PAGE, 1).unwrap()),
            ("gzip, gzip", gzip(&gzip(PAGE))),
        ] {
            let head = format!("Content-Encoding: {encoding}");
            assert_eq!(page(&head, &packed).unwrap(), PAGE, "{encoding}");
        }
    }

    #[test]
    fn a_header_that_is_not_true_any_more_is_not_believed() {
        for head in [
            "Content-Encoding: gzip",
            "Content-Encoding: br",
            "Content-Encoding: deflate",
            "Transfer-Encoding: chunked",
        ] {
            assert_eq!(page(head, PAGE).unwrap(), PAGE, "{head}");
        }
    }

    #[test]
    fn chunks_are_joined_and_then_unpacked() {
        let packed = gzip(PAGE);
        let (first, second) = packed.split_at(10);
        let chunk = |bytes: &[u8]| {
            let head = format!("{:X};name=value\r\n", bytes.len());
            [head.as_bytes(), bytes, b"\r\n"].concat()
        };
        let body = [chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat();
        let head = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip";
        assert_eq!(page(head, &body).unwrap(), PAGE);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_ceiling() {
        let bomb = gzip(&vec![b'a'; 1 << 20]);
        let error = page("Content-Encoding: gzip", &bomb).unwrap_err();
        assert_eq!(error.code(), "fetch.too_large");
    }

    #[test]
    fn what_is_cut_inside_its_packing_cannot_be_had() {
        let packed = gzip(PAGE);
        let error = page("Content-Encoding: gzip", &packed[..packed.len() - 3]).unwrap_err();
        assert_eq!(error.code(), "fetch.encoding");
        let error = page("Content-Encoding: compress", PAGE).unwrap_err();
        assert!(error.to_string().contains("`compress`"));
    }

    #[test]
    fn what_is_no_response_is_none() {
        for block in [
            "",
            "HTTP/1.1",
            "GET / HTTP/1.1\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
        ] {
            assert!(Response::parse(&Bytes::from_static(block.as_bytes())).is_none());
        }
    }
}
