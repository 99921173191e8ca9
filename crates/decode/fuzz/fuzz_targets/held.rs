//! What must hold for any document.

use encoding_rs::Encoding;
use taosha_core::{Bytes, Origin, Output, Position, Record, Report, Stage};
use taosha_decode::Decode;
use unicode_normalization::UnicodeNormalization;

/// The report of `raw`, where it is a text.
pub fn report(decode: &Decode, raw: &[u8], content_type: Option<&str>) -> Option<Report> {
    let mut origin = Origin::new("fuzz", "memory:page", Bytes::copy_from_slice(raw));
    let header = content_type.map(|kind| ("content-type".to_owned(), kind.to_owned()));
    origin.headers.extend(header);
    let mut out = Output::new();
    decode
        .process(Record::new(origin, Position("page".into())), &mut out)
        .ok()?;
    // A bare list of links and an error page are dropped.
    let emission = out.emissions().first()?;
    Some(emission.record.report().unwrap().clone())
}

pub fn spans_lie_on_borders(report: &Report, raw: &[u8]) {
    let document = report.document();
    for mark in report.marks() {
        assert!(document.text().get(mark.span.range()).is_some());
    }
    for repair in &document.repairs {
        assert!(document.text().get(repair.span.range()).is_some());
        assert!(raw.get(repair.raw.clone()).is_some());
    }
    report.reading();
}

/// Where the map says that a character was made from its own bytes, these make it again, in the
/// charset of the page or of an island.
pub fn characters_come_from_their_bytes(report: &Report, raw: &[u8]) {
    let document = report.document();
    // Files of office programs have a format there.
    let Some(page) = Encoding::for_label(document.charset.as_bytes()) else {
        return;
    };
    for (at, c) in document.text().char_indices() {
        let range = at..at + c.len_utf8();
        // White space, references, escapes in scripts and signs for what is lost stand for other bytes.
        if c == '\u{FFFD}' || c.is_whitespace() || !document.map().is_linear(range.clone()) {
            continue;
        }
        let bytes = raw.get(document.map().raw_range(range)).unwrap();
        if bytes.contains(&b'&') || bytes.starts_with(b"\\") {
            continue;
        }
        let is_again = |encoding: &'static Encoding| {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            text.nfc().eq([c])
        };
        let charsets = [page, encoding_rs::UTF_8, encoding_rs::GB18030];
        assert!(
            charsets.into_iter().any(is_again),
            "{c:?} from {bytes:?} in {}",
            document.charset
        );
    }
}
