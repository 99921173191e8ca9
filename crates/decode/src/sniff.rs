//! What the bytes are: HTML, plain text, or nothing to read.

use std::sync::LazyLock;

use regex::Regex;

use crate::mojibake::latin1_byte;
use crate::tally::tally;

/// How the text is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Html,
    /// What a crawler stored after taking the tags out.
    Plain,
}

impl Format {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Plain => "plain",
        }
    }
}

/// The first bytes of files that are no text, with the word for the message.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG", "PNG"),
    (b"\xFF\xD8\xFF", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "zip, DOCX or XLSX"),
    (b"PK\x05\x06", "zip"),
    (b"\x1F\x8B", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xBC\xAF\x27\x1C", "7z"),
    (b"\xD0\xCF\x11\xE0", "old Office"),
    (b"{\\rtf", "RTF"),
    (b"\x7FELF", "program"),
    (b"SQLite format 3", "SQLite"),
    (b"RIFF", "RIFF"),
    (b"ID3", "MP3"),
    (b"OggS", "Ogg"),
    (b"FLV\x01", "FLV"),
    (b"MZ\x90\0", "program"),
    (b"BZh9", "bzip2"),
    (b"\xFD7zXZ\0", "xz"),
    (b"\x28\xB5\x2F\xFD", "zstd"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\x01\0", "icon"),
    (b"wOFF", "font"),
    (b"wOF2", "font"),
    (b"OTTO\0", "font"),
    (b"\0asm", "program"),
    (b"\xCA\xFE\xBA\xBE", "program"),
];

/// The name of a binary format that `raw` starts like.
pub(crate) fn binary(raw: &[u8]) -> Option<&'static str> {
    // Films begin with the length of their first box.
    let is_film = raw.get(4..8) == Some(b"ftyp") && raw.first() == Some(&0);
    MAGIC
        .iter()
        .find(|(magic, _)| raw.starts_with(magic))
        .map(|(_, name)| *name)
        .or(is_film.then_some("MP4"))
}

/// Text has no control characters; a page may have picked up a few. Random bytes are a tenth
/// controls in any charset, and half errors.
const MAX_CONTROL_SHARE: f64 = 0.02;
const MAX_ERROR_SHARE: f64 = 0.3;

/// In a snippet of a few words one broken byte is more than a share.
const A_FEW: usize = 3;

/// Tells text from bytes that only happened to be decoded.
pub(crate) fn is_text(text: &str) -> bool {
    let n_chars = text.chars().count();
    // Neither white space nor anything that shows: NUL to BS, SO to US, DEL.
    let is_control = |byte: u8| byte < 0x20 && !(b'\t'..=b'\r').contains(&byte) || byte == 0x7F;
    let mut n_controls = tally(text.as_bytes(), is_control);
    // U+0080 to U+009F are written C2 80 to C2 9F; U+0085 is a line break.
    n_controls += memchr::memchr_iter(0xC2, text.as_bytes())
        .filter(|&at| {
            let low = text.as_bytes().get(at + 1);
            low.is_some_and(|&low| low <= 0x9F && low != 0x85) && !is_misread(text, at)
        })
        .count();
    let n_errors = memchr::memmem::find_iter(text.as_bytes(), "\u{FFFD}").count();
    let most = |share: f64| (share * n_chars as f64).max(A_FEW as f64);
    let is_short_of = |n: usize, share: f64| n as f64 <= most(share) && n * 2 < n_chars.max(1);
    is_short_of(n_controls, MAX_CONTROL_SHARE) && is_short_of(n_errors, MAX_ERROR_SHARE)
}

/// True when the control at `at` is a part of a character whose UTF-8 was read as Latin-1 or as
/// windows-1252: `â` to `ï` and two of them, or `Â` or `Ã` and one. That is put right later.
fn is_misread(text: &str, at: usize) -> bool {
    let byte = |c: Option<char>| c.and_then(latin1_byte);
    let is_next = |byte: Option<u8>| matches!(byte, Some(0x80..=0xBF));
    let mut before = text.get(..at).unwrap_or_default().chars().rev();
    let last = byte(before.next());
    let behind = text.get(at..).and_then(|rest| rest.chars().nth(1));
    match last {
        Some(0xC2 | 0xC3) => true,
        Some(0xE2..=0xEF) => is_next(byte(behind)),
        last => is_next(last) && matches!(byte(before.next()), Some(0xE2..=0xEF)),
    }
}

/// Tags are looked for in this much of the page: a long licence comment may stand first.
const HEAD: usize = 64 * 1024;

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi) < (?: !doctype\s+html | /? (?: html | head | body | meta | title | div | p | br | table | tr | td
        | span | a | ul | ol | li | font | h[1-6] | script | style | center | section | article | img
        | strong | b ) (?: \s [^<>]* )? /? ) >",
    )
    .expect("a literal pattern compiles")
});

/// Two tags make a page: one alone may be talked about in a text.
const LEAST_TAGS: usize = 2;

/// HTML or plain text. The header is asked only where the text leaves doubt.
pub(crate) fn format(text: &str, content_type: Option<&str>) -> Format {
    let mut end = HEAD.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let n_tags = TAG
        .find_iter(text.get(..end).unwrap_or(text))
        .take(LEAST_TAGS)
        .count();
    let says_html = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    match n_tags {
        0 => Format::Plain,
        1 if !says_html => Format::Plain,
        _ => Format::Html,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_read_as_latin_1_is_text_and_other_controls_are_not() {
        let latin_1 = |text: &str| text.bytes().map(char::from).collect::<String>();
        assert!(is_text(&latin_1(
            "石门乡2012年水利工作总结，解决饮水问题。"
        )));
        let windows_1252 = |text: &str| -> String {
            let shown = |byte| {
                encoding_rs::WINDOWS_1252
                    .decode_without_bom_handling(&[byte])
                    .0
                    .into_owned()
            };
            text.bytes().map(shown).collect()
        };
        let page = "石门乡2012年水利工作总结，解决饮水问题。";
        assert!(is_text(&windows_1252(page)));
        assert!(is_text(&windows_1252(&windows_1252(page))));
        assert!(!is_text(&"\u{80}\u{9F}a\u{E5}\u{81}".repeat(20)));
        assert!(!is_text(&"\u{91}\u{83}b\u{92}".repeat(20)));
    }

    #[test]
    fn a_picture_is_not_text() {
        assert_eq!(binary(b"\x89PNG\r\n\x1a\n"), Some("PNG"));
        assert_eq!(binary(b"\0\0\0\x20ftypisom"), Some("MP4"));
        assert_eq!(binary("MZ的说明".as_bytes()), None);
        assert!(!is_text("\u{1}\u{2}\u{3}abc"));
        assert!(is_text("青禾县\n2019年\t工作总结"));
    }

    #[test]
    fn a_stored_text_is_plain_even_when_it_speaks_of_a_tag() {
        assert_eq!(format("网页里的<br>是换行", None), Format::Plain);
        assert_eq!(
            format("按照<标准>的要求,a<b", Some("text/html")),
            Format::Plain
        );
        assert_eq!(format("<p>一</p>", None), Format::Html);
        assert_eq!(
            format("一<br>二", Some("text/html; charset=gbk")),
            Format::Html
        );
    }
}
