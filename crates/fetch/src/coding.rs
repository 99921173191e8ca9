use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use taosha_core::{Bytes, Error, Result};

/// Codings one over the other that are taken off, at most. RFC 9110 sets no limit; more than two is an attack.
const MAX_LAYERS: usize = 2;

const BROTLI_BUFFER: usize = 16 * 1024;

/// RFC 1952, 2.3.1
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
/// RFC 8878, 3.1.1
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The page in an answer: `body` without what `Content-Encoding` says was put around it.
///
/// Servers name a coding and send the plain page, and crawlers unpack it and keep the header; so bytes that
/// are not packed as the header says are taken as they are.
///
/// # Errors
/// `fetch.too_large` when a layer gives more than `max_bytes`, and `fetch.encoding` for what cannot be unpacked.
pub(crate) fn unpack(body: &Bytes, encoding: Option<&str>, max_bytes: u64) -> Result<Bytes> {
    let codings: Vec<String> = encoding
        .unwrap_or_default()
        .split(',')
        .map(|coding| coding.trim().to_lowercase())
        .filter(|coding| !matches!(coding.as_str(), "" | "identity" | "none" | "utf-8"))
        .collect();
    if codings.len() > MAX_LAYERS {
        let message = format!("unpack an answer in {} layers", codings.len());
        return Err(Error::malformed("fetch.encoding", message));
    }
    let mut page = body.clone();
    // The last one was put on last.
    for coding in codings.iter().rev() {
        page = without(page, coding, max_bytes)?;
    }
    Ok(page)
}

fn without(page: Bytes, coding: &str, max_bytes: u64) -> Result<Bytes> {
    let packed = &page[..];
    let read = match coding {
        _ if packed.is_empty() => return Ok(page),
        "gzip" | "x-gzip" if !packed.starts_with(GZIP_MAGIC) => return Ok(page),
        "zstd" if !packed.starts_with(ZSTD_MAGIC) => return Ok(page),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(packed), max_bytes),
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::with_buffer(packed);
            decoder.and_then(|decoder| read(decoder, max_bytes))
        }
        // RFC 9110 means zlib by this name; some servers send the bare stream.
        "deflate" => read(ZlibDecoder::new(packed), max_bytes)
            .or_else(|_| read(DeflateDecoder::new(packed), max_bytes)),
        "br" => read(Decompressor::new(packed, BROTLI_BUFFER), max_bytes),
        unknown => {
            let message = format!("unpack the page: its coding `{unknown}` is not known");
            return Err(Error::malformed("fetch.encoding", message));
        }
    };
    match read {
        Ok(Some(bytes)) => Ok(bytes.into()),
        Ok(None) => Err(too_large(max_bytes)),
        // What has no mark of its own was not packed when it reads as text.
        Err(_) if std::str::from_utf8(packed).is_ok() => Ok(page),
        Err(error) => {
            let message = format!("unpack the page, which is `{coding}`");
            Err(Error::malformed("fetch.encoding", message).because(error))
        }
    }
}

/// All that `reader` gives; `None` when that is more than `max_bytes`.
fn read(reader: impl Read, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let n = reader
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((n as u64 <= max_bytes).then_some(bytes))
}

/// The error of an answer of more than `max_bytes`.
pub(crate) fn too_large(max_bytes: u64) -> Error {
    let message = format!("take a page of more than {max_bytes} bytes: raise `max_bytes`");
    Error::malformed("fetch.too_large", message)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const PAGE: &[u8] = "<p>白塔县教育局</p>".as_bytes();

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
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

    fn unpacked(packed: Vec<u8>, coding: &str) -> Result<Bytes> {
        unpack(&packed.into(), Some(coding), 10_000)
    }

    #[test]
    fn every_packing_is_undone() {
        for (coding, packed) in [
            ("gzip", gzip(PAGE)),
            ("X-GZIP", gzip(PAGE)),
            ("deflate", zlib(PAGE)),
            ("deflate", bare(PAGE)),
            ("br", brotli(PAGE)),
            ("zstd", zstd::encode_all(PAGE, 1).unwrap()),
            ("gzip, gzip", gzip(&gzip(PAGE))),
            ("identity", PAGE.to_vec()),
        ] {
            assert_eq!(unpacked(packed, coding).unwrap(), PAGE, "{coding}");
        }
        assert_eq!(unpack(&PAGE.into(), None, 100).unwrap(), PAGE);
    }

    #[test]
    fn a_header_that_is_not_true_is_not_believed() {
        for coding in ["gzip", "br", "deflate", "zstd"] {
            assert_eq!(unpacked(PAGE.to_vec(), coding).unwrap(), PAGE, "{coding}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_at_the_ceiling_in_every_layer() {
        let bomb = gzip(&gzip(&vec![0; 1 << 20]));
        let code = |coding| {
            unpacked(bomb.clone(), coding)
                .unwrap_err()
                .code()
                .to_owned()
        };
        assert_eq!(code("gzip, gzip"), "fetch.too_large");
        assert_eq!(code("gzip, gzip, gzip"), "fetch.encoding");
    }

    #[test]
    fn a_cut_answer_and_an_unknown_coding_are_malformed() {
        let packed = gzip(PAGE);
        let cut = packed[..packed.len() - 9].to_vec();
        assert_eq!(unpacked(cut, "gzip").unwrap_err().code(), "fetch.encoding");
        let error = unpacked(PAGE.to_vec(), "compress").unwrap_err();
        assert_eq!(error.code(), "fetch.encoding");
        assert!(error.to_string().contains("`compress`"));
    }
}
