use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use taosha_core::{Bytes, Error, Result};

/// The bytes of the page at `path`, unpacked when they are gzip, whatever the name says.
///
/// Reads at most `max_bytes` and one, before and after unpacking, so that a small file cannot
/// unpack into all memory.
pub(crate) fn read(path: &Path, max_bytes: u64) -> Result<Bytes> {
    let file = File::open(path).map_err(|error| failed("open", error))?;
    unpacked(read_at_most(file, max_bytes)?, max_bytes)
}

/// The page whose bytes are `packed`, unpacked when they are gzip.
pub(crate) fn unpacked(packed: Vec<u8>, max_bytes: u64) -> Result<Bytes> {
    // Crawlers also store what a server sent packed under the page's own name.
    if !packed.starts_with(GZIP_MAGIC) {
        return Ok(packed.into());
    }
    let page = read_at_most(MultiGzDecoder::new(packed.as_slice()), max_bytes);
    page.map(Bytes::from).map_err(|error| match error.code() {
        "fetch.unreadable" => Error::malformed("fetch.gzip", format!("unpack: {error}")),
        _ => error,
    })
}

/// RFC 1952, 2.3.1
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// All that `reader` gives.
pub(crate) fn read_at_most(reader: impl Read, max_bytes: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed("read", error))?;
    if bytes.len() as u64 > max_bytes {
        let message = format!("read a page of more than {max_bytes} bytes: raise `max_bytes`");
        return Err(Error::malformed("fetch.too_large", message));
    }
    Ok(bytes)
}

fn failed(doing: &str, error: std::io::Error) -> Error {
    Error::malformed("fetch.unreadable", doing).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_file(name: &str, bytes: &[u8], max_bytes: u64) -> Result<Bytes> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path, max_bytes)
    }

    #[test]
    fn what_is_packed_is_unpacked_whatever_its_name() {
        assert_eq!(
            read_file("a.html.gz", &packed(b"page"), 100).unwrap(),
            "page"
        );
        assert_eq!(read_file("a.html.gz", b"page", 100).unwrap(), "page");
    }

    #[test]
    fn a_gzip_bomb_is_stopped_at_the_ceiling() {
        let bomb = packed(&vec![b'a'; 1 << 20]);
        assert_eq!(
            read_file("a.gz", &bomb, 10_000).unwrap_err().code(),
            "fetch.too_large"
        );
    }

    #[test]
    fn a_cut_gz_file_is_malformed() {
        let bytes = packed(b"a page that was cut while it was written");
        let error = read_file("a.gz", &bytes[..bytes.len() - 9], 1000).unwrap_err();
        assert_eq!(error.code(), "fetch.gzip");
    }
}
