use std::io::Read;

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use taosha_core::{Bytes, Error, Result};

/// What a request says it can unpack; [`unpack`] knows them all.
pub(crate) const ACCEPTED: &str = "gzip, deflate, br";

/// Codings one over the other that are taken off, at most. RFC 9110 sets no limit; more than two is an attack.
const MAX_LAYERS: usize = 2;

/// The page in an answer: `body` without what `Content-Encoding` says was put around it.
///
/// Every layer is stopped at `max_bytes`, while it unpacks.
pub(crate) fn unpack(body: &Bytes, encoding: Option<&str>, max_bytes: u64) -> Result<Bytes> {
    let codings: Vec<String> = encoding
        .unwrap_or_default()
        .split(',')
        .map(|coding| coding.trim().to_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MAX_LAYERS {
        let message = format!("unpack an answer in {} layers", codings.len());
        return Err(Error::malformed("fetch.encoding", message));
    }
    let mut page = body.clone();
    for coding in codings.iter().rev() {
        page = match coding.as_str() {
            // Some servers name a coding and send the plain page.
            "gzip" | "x-gzip" if !page.starts_with(&[0x1f, 0x8b]) => page,
            "gzip" | "x-gzip" => read_at_most(MultiGzDecoder::new(&page[..]), coding, max_bytes)?,
            // RFC 9110 means zlib; what some servers send is the bare stream.
            "deflate" if is_zlib(&page) => {
                read_at_most(ZlibDecoder::new(&page[..]), coding, max_bytes)?
            }
            "deflate" => read_at_most(DeflateDecoder::new(&page[..]), coding, max_bytes)?,
            "br" => read_at_most(
                Decompressor::new(&page[..], BROTLI_BUFFER),
                coding,
                max_bytes,
            )?,
            unknown => {
                let message = format!("unpack `{unknown}`, which was not asked for");
                return Err(Error::malformed("fetch.encoding", message));
            }
        };
    }
    Ok(page)
}

const BROTLI_BUFFER: usize = 16 * 1024;

/// RFC 1950, 2.2: deflate with a window of at most 32 KiB, and a check over both bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method, flags, ..] => {
            method & 0x0f == 8
                && method >> 4 <= 7
                && (u16::from(*method) * 256 + u16::from(*flags)) % 31 == 0
        }
        _ => false,
    }
}

fn read_at_most(reader: impl Read, coding: &str, max_bytes: u64) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let read = reader
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes);
    read.map_err(|error| {
        Error::malformed("fetch.encoding", format!("unpack `{coding}`")).because(error)
    })?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(max_bytes));
    }
    Ok(bytes.into())
}

/// The error of an answer of more than `max_bytes`.
pub(crate) fn too_large(max_bytes: u64) -> Error {
    let message = format!("take an answer of more than {max_bytes} bytes: raise `max_bytes`");
    Error::malformed("fetch.too_large", message)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn a_page_is_unpacked_as_its_header_says() {
        let page = Bytes::from("述职报告".repeat(100));
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&page).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(&page).unwrap();
        // RFC 7932, 9.2: a stored block of six bytes, then an empty last one.
        let brotli = Bytes::from_static(b"\x50\x00\x10taosha\x03");
        for (coding, packed) in [
            ("gzip", gzip(&page)),
            ("X-GZIP", gzip(&page)),
            ("deflate", zlib.finish().unwrap().into()),
            ("deflate", bare.finish().unwrap().into()),
            ("identity", page.clone()),
            ("gzip, gzip", gzip(&gzip(&page))),
            ("gzip", page.clone()),
        ] {
            assert_eq!(
                unpack(&packed, Some(coding), 10_000).unwrap(),
                page,
                "{coding}"
            );
        }
        assert_eq!(unpack(&brotli, Some("br"), 100).unwrap(), "taosha");
        assert_eq!(unpack(&page, None, 100).unwrap(), page);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_ceiling_in_every_layer() {
        let bomb = gzip(&gzip(&vec![0; 1 << 20]));
        let code = |coding, bytes: &Bytes| {
            unpack(bytes, Some(coding), 10_000)
                .unwrap_err()
                .code()
                .to_owned()
        };
        assert_eq!(code("gzip, gzip", &bomb), "fetch.too_large");
        assert_eq!(code("gzip, gzip, gzip", &bomb), "fetch.encoding");
    }

    #[test]
    fn a_cut_answer_and_an_unknown_coding_are_malformed() {
        let packed = gzip(b"a page that was cut on its way");
        let cut = packed.slice(..packed.len() - 9);
        assert_eq!(
            unpack(&cut, Some("gzip"), 1000).unwrap_err().code(),
            "fetch.encoding"
        );
        assert_eq!(
            unpack(&packed, Some("zstd"), 1000).unwrap_err().code(),
            "fetch.encoding"
        );
    }
}
