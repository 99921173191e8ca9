//! Text of PDF, as far as the file has a text layer (ISO 32000).
//!
//! `lopdf` reads objects, filters and permissions-only encryption; fonts, places and paragraphs
//! are ours. A PDF knows no paragraphs, only strings of codes at places of a page: fonts tell the
//! characters, places tell the lines, margins tell which lines go on. Text points at the content
//! stream that shows it.

mod charmap; // code -> characters, as files write it
mod content; // operators -> strings with places
mod font; // codes -> characters and widths
mod layout; // strings -> lines
mod paragraphs; // lines -> text, running heads set apart

use std::cell::Cell;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, Stream};
use taosha_core::{Error, Result};

use crate::office::{Extracted, damaged, encrypted, too_large};

const NAME: &str = "pdf";

/// A stream may unpack to this much: pages of text have a few hundred KB, pictures are not read.
const MAX_STREAM: usize = 16 << 20;

/// All streams together, each time they are read: many pages may name one stream.
const MAX_UNPACKED: usize = 256 << 20;

/// Some servers put a few bytes before the file.
const HEAD: usize = 1024;

fn start(raw: &[u8]) -> Option<usize> {
    let head = raw.get(..HEAD.min(raw.len()))?;
    // A page may speak of PDF; its bytes do not begin with rubbish.
    let is_text = head.starts_with(b"<")
        || std::str::from_utf8(head).is_ok_and(|head| head.contains('<') && !head.starts_with('%'));
    let at = head.windows(5).position(|bytes| bytes == b"%PDF-")?;
    (at == 0 || !is_text).then_some(at)
}

pub(crate) fn is_pdf(raw: &[u8]) -> bool {
    start(raw).is_some()
}

pub(crate) fn read(raw: &[u8]) -> Result<Extracted> {
    let start = start(raw).unwrap_or_default();
    let file = raw.get(start..).unwrap_or_default();
    let options = LoadOptions {
        max_decompressed_size: Some(MAX_STREAM),
        ..LoadOptions::default()
    };
    let document =
        Document::load_mem_with_options(file, options).map_err(|error| failed(&error))?;
    if document.is_encrypted() {
        return Err(encrypted("PDF"));
    }
    let streams = Streams::default();
    let mut reader = content::Reader::new(&document, &streams, start..raw.len());
    let mut pages = Vec::new();
    for page in document.page_iter() {
        pages.push(layout::lines(reader.page(page)?));
    }
    if streams.is_over.get() {
        return Err(too_large());
    }
    if pages.iter().all(Vec::is_empty) {
        let message = format!(
            "find words in a PDF of {} pages: it has no text layer",
            pages.len()
        );
        return Err(Error::malformed("decode.no_text", message));
    }
    paragraphs::write(&pages)
}

/// Unpacks streams up to a ceiling.
struct Streams {
    /// Bytes that may still come out.
    left: Cell<usize>,
    /// More would have come out.
    is_over: Cell<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Streams {
            left: Cell::new(MAX_UNPACKED),
            is_over: Cell::new(false),
        }
    }
}

impl Streams {
    /// What `stream` holds; `None` when it is broken, or holds too much.
    fn unpack(&self, stream: &Stream) -> Option<Vec<u8>> {
        let limit = MAX_STREAM.min(self.left.get());
        match stream.get_plain_content_with_limit(limit) {
            Ok(bytes) => {
                self.left.set(self.left.get().saturating_sub(bytes.len()));
                Some(bytes)
            }
            Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded {
                ..
            })) => {
                self.is_over.set(true);
                None
            }
            Err(_) => None,
        }
    }
}

fn failed(error: &lopdf::Error) -> Error {
    use lopdf::Error as E;
    match error {
        E::InvalidPassword | E::Decryption(_) => encrypted("PDF"),
        E::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => too_large(),
        error => damaged(NAME, error),
    }
}

/// What `dictionary` holds under `key`, references followed.
fn get<'d>(document: &'d Document, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    dictionary.get_deref(key, document).ok()
}

fn get_dictionary<'d>(
    document: &'d Document,
    dictionary: &'d Dictionary,
    key: &[u8],
) -> Option<&'d Dictionary> {
    match get(document, dictionary, key)? {
        Object::Dictionary(inner) => Some(inner),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// What a page or one of those above it holds under `key`.
fn inherited<'d>(document: &'d Document, page: ObjectId, key: &[u8]) -> Option<&'d Dictionary> {
    /// Page trees are flat; a ring ends here.
    const MAX_DEPTH: usize = 32;
    let mut node = document.get_dictionary(page).ok()?;
    for _ in 0..MAX_DEPTH {
        if let Some(found) = get_dictionary(document, node, key) {
            return Some(found);
        }
        node = get_dictionary(document, node, b"Parent")?;
    }
    None
}

fn number(object: &Object) -> Option<f64> {
    match object {
        Object::Integer(number) => Some(*number as f64),
        Object::Real(number) => Some(f64::from(*number)),
        _ => None,
    }
}
