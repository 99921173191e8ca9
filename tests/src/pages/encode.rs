use std::io::{Read, Write};

use encoding_rs::{BIG5, GB18030, GBK};
use flate2::{Compression, GzBuilder, read::GzDecoder};
use serde::Deserialize;

use crate::damage::{Stream, annotate, annotations};

/// The charsets pages come in.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// What old sites call gb2312. A character it lacks becomes `&#13653;`, as editors write it.
    Gbk,
    /// GBK after the byte search of a site that inserts readings, and before any reader: nothing is
    /// lost yet, but a browser shows `�` where a character was torn.
    GbkAnnotated,
    /// With characters of four bytes.
    Gb18030,
    /// As it is.
    #[default]
    Utf8,
    /// With `EF BB BF` in front.
    Utf8Bom,
    /// With `FF FE` in front.
    Utf16leBom,
    /// Traditional characters only.
    Big5,
}

impl Encoding {
    /// The bytes of `text`, or the complaint that the charset lacks one of its characters.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        Ok(match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf8Bom => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Encoding::Utf16leBom => std::iter::once(0xFEFF)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect(),
            Encoding::Gbk => GBK.encode(text).0.into_owned(),
            Encoding::GbkAnnotated => {
                let stream = annotate(&Stream::of(text), annotations());
                stream.bytes().to_vec()
            }
            Encoding::Gb18030 => GB18030.encode(text).0.into_owned(),
            Encoding::Big5 => {
                // encoding_rs writes the Hong Kong additions too; a site of 2003 has A140 to F9D5.
                let lacks = |c: &char| {
                    let mut buffer = [0; 4];
                    let (bytes, _, has_unmappable) = BIG5.encode(c.encode_utf8(&mut buffer));
                    has_unmappable || bytes[0] > 0xF9
                };
                if let Some(c) = text.chars().find(lacks) {
                    return Err(format!("big5 has no `{c}`"));
                }
                BIG5.encode(text).0.into_owned()
            }
        })
    }
}

/// The head of a picture: what a broken link to a page often brings.
pub const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
\0\0\0\rIDATx\x9cc\xf8\xff\xff\xff\x7f\0\x09\xfb\x03\xfd\x05\x43E\xca\0\0\0\0IEND\xaeB`\x82";

/// `bytes` as a `.gz` file without name and time.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}

/// The content of a `.gz` file.
pub fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gbk_lacks_is_written_as_a_reference() {
        assert_eq!(Encoding::Gbk.encode("㙍").unwrap(), b"&#13901;");
        assert_eq!(
            Encoding::Gb18030.encode("㙍").unwrap(),
            [0x82, 0x30, 0xAB, 0x33]
        );
    }

    #[test]
    fn what_big5_lacks_is_refused() {
        assert!(Encoding::Big5.encode("总").is_err());
        assert!(Encoding::Big5.encode("牀").is_err());
        assert_eq!(Encoding::Big5.encode("總").unwrap(), [0xC1, 0x60]);
    }

    #[test]
    fn annotated_bytes_are_torn_but_whole() {
        let bytes = Encoding::GbkAnnotated.encode("獎論").unwrap();
        assert_eq!(
            bytes,
            [0xAA, 0x84, 0xD5, b'(', b'w', 0xA8, 0xB4, b')', 0x93]
        );
    }

    #[test]
    fn a_compressed_page_comes_back() {
        assert_eq!(gunzip(&gzip(b"<html>")).unwrap(), b"<html>");
    }
}
