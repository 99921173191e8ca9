//! Files of office programs: the words of DOCX, XLSX, DOC, XLS, RTF and PDF.
//!
//! In go the bytes of a file that is no page, out comes its text, a line for each paragraph and for
//! each row of a table, and a map. What a file packs or scatters cannot be shown byte by byte: such
//! text points at the whole member, stream or cell it was stored in. What lies open in the file
//! (pieces of a DOC, text of an RTF) points at its own bytes.

#[cfg(any(feature = "docx", feature = "xlsx"))]
mod archive; // members of a zip, with a ceiling
#[cfg(feature = "xlsx")]
mod cells; // numbers as a sheet shows them
#[cfg(any(feature = "doc", feature = "xlsx"))]
mod compound; // streams of a file of before 2007
#[cfg(feature = "doc")]
mod doc;
#[cfg(feature = "docx")]
mod docx;
#[cfg(feature = "docx")]
mod numbering; // 一、 that nobody typed
#[cfg(feature = "doc")]
mod rtf;
#[cfg(feature = "xlsx")]
mod xls;
#[cfg(feature = "xlsx")]
mod xlsx;
#[cfg(any(feature = "docx", feature = "xlsx"))]
mod xml; // events of a member

use std::ops::Range;

use taosha_core::{Edited, Error, Map, RawRange, Result};

/// The text of a file, before it is tidied.
pub(crate) struct Extracted {
    pub(crate) edited: Edited,
    /// What the document says its bytes were read as: `docx`, `pdf`.
    pub(crate) format: &'static str,
    /// Running heads and page numbers: ranges of the text, in order.
    pub(crate) running: Vec<Range<usize>>,
}

/// Longer texts are no report. It bounds what a small file can unpack to.
pub(crate) const MAX_TEXT: usize = 32 << 20;

/// The text of `raw` when it is a file that this program was built to read; `None` for all else.
#[allow(unused_variables, reason = "a program may be built without any format")]
pub(crate) fn read(raw: &[u8]) -> Option<Result<Extracted>> {
    #[cfg(feature = "pdf")]
    if crate::pdf::is_pdf(raw) {
        return Some(crate::pdf::read(raw));
    }
    #[cfg(any(feature = "docx", feature = "xlsx"))]
    if raw.starts_with(archive::MAGIC) {
        return read_archive(raw);
    }
    #[cfg(any(feature = "doc", feature = "xlsx"))]
    if raw.starts_with(compound::MAGIC) {
        return read_compound(raw);
    }
    #[cfg(feature = "doc")]
    if rtf::is_rtf(raw) {
        return Some(rtf::read(raw));
    }
    #[cfg(feature = "docx")]
    if docx::is_flat(raw) {
        return Some(docx::read_flat(raw));
    }
    None
}

#[cfg(any(feature = "docx", feature = "xlsx"))]
fn read_archive(raw: &[u8]) -> Option<Result<Extracted>> {
    let mut archive = match archive::Archive::open(raw) {
        Ok(archive) => archive,
        Err(error) => return Some(Err(error)),
    };
    #[cfg(feature = "docx")]
    if let Some(main) = docx::main_member(&mut archive) {
        return Some(docx::read(&mut archive, &main));
    }
    #[cfg(feature = "xlsx")]
    if archive.has(xlsx::WORKBOOK) {
        return Some(xlsx::read(&mut archive));
    }
    None
}

#[cfg(any(feature = "doc", feature = "xlsx"))]
fn read_compound(raw: &[u8]) -> Option<Result<Extracted>> {
    let file = match compound::Compound::open(raw) {
        Ok(file) => file,
        Err(error) => return Some(Err(error)),
    };
    if file.stream("EncryptedPackage").is_some() {
        return Some(Err(encrypted("DOCX or XLSX")));
    }
    #[cfg(feature = "doc")]
    if let Some(main) = file.stream("WordDocument") {
        return Some(doc::read(&file, main));
    }
    #[cfg(feature = "xlsx")]
    if let Some(book) = file.stream("Workbook").or_else(|| file.stream("Book")) {
        return Some(xls::read(book));
    }
    None
}

/// A text that grows piece by piece, each with the bytes it was made from.
#[derive(Default)]
pub(crate) struct Builder {
    text: String,
    map: Map,
}

impl Builder {
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Appends `piece`, made as a whole from `raw`.
    ///
    /// # Errors
    /// When the text becomes longer than any report.
    pub(crate) fn push(&mut self, piece: &str, raw: RawRange) -> Result<()> {
        if self.text.len() + piece.len() > MAX_TEXT {
            return Err(too_large());
        }
        self.text.push_str(piece);
        let (n_text, n_raw) = (piece.len(), raw.len());
        self.map.push(n_text, n_text.max(1), raw, n_raw);
        Ok(())
    }

    pub(crate) fn finish(self, format: &'static str) -> Extracted {
        Extracted {
            edited: Edited::new(self.text, self.map),
            format,
            running: Vec::new(),
        }
    }
}

pub(crate) fn damaged(format: &str, why: impl std::fmt::Display) -> Error {
    Error::malformed("decode.damaged", format!("read a {format} file: {why}"))
}

pub(crate) fn encrypted(format: &str) -> Error {
    let message = format!("read a {format} file: it asks for a password");
    Error::malformed("decode.encrypted", message)
}

pub(crate) fn too_large() -> Error {
    let message = "unpack a file: more comes out of it than any report holds";
    Error::malformed("decode.too_large", message)
}
