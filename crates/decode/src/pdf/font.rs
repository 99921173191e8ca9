//! What the codes of a font stand for, and how wide their glyphs are.
//!
//! A font says it in one of three ways: by a map of its own (`ToUnicode`), by the name of a charset
//! (`GBK-EUC-H`, used all over without the first in files of 2005), or by an encoding of 256 codes.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS, UTF_8, UTF_16BE};
use lopdf::{Dictionary, Document, Object};

use super::charmap::CharMap;
use super::{MAX_STREAM, Streams, get, get_dictionary, number};

#[derive(Debug)]
pub(crate) struct Font {
    codes: Codes,
    to_unicode: CharMap,
    widths: Widths,
}

/// How a string is cut into codes, and what they stand for unless the font has a map.
#[derive(Debug)]
enum Codes {
    /// One byte each.
    Single(Vec<Option<String>>),
    /// The bytes of a charset.
    Charset(&'static Encoding),
    /// Two bytes each unless the map says otherwise; numbers of glyphs, which only the font's own
    /// map explains.
    Glyphs(CharMap),
}

/// One code of a string.
pub(crate) struct Glyph {
    /// `None` when nothing tells.
    pub(crate) text: Option<String>,
    /// In widths of the font size.
    pub(crate) width: f64,
    /// Word spacing applies.
    pub(crate) is_space: bool,
}

impl Font {
    pub(crate) fn read(document: &Document, streams: &Streams, font: &Dictionary) -> Self {
        let plain = |object: &Object| streams.unpack(object.as_stream().ok()?);
        let to_unicode = get(document, font, b"ToUnicode")
            .and_then(&plain)
            .map(|bytes| CharMap::parse(&bytes));
        let descendant = get(document, font, b"DescendantFonts")
            .and_then(|list| list.as_array().ok()?.first())
            .and_then(|first| document.dereference(first).ok()?.1.as_dict().ok());
        let codes = match descendant {
            None => Codes::Single(single(document, font)),
            Some(_) => match get(document, font, b"Encoding") {
                Some(Object::Name(name)) => match charset(name) {
                    Some(encoding) => Codes::Charset(encoding),
                    None => Codes::Glyphs(CharMap::default()),
                },
                Some(embedded) => Codes::Glyphs(
                    plain(embedded)
                        .map(|bytes| CharMap::parse(&bytes))
                        .unwrap_or_default(),
                ),
                None => Codes::Glyphs(CharMap::default()),
            },
        };
        Font {
            widths: match descendant {
                Some(descendant) => Widths::of_composite(document, descendant),
                None => Widths::of_simple(document, font),
            },
            to_unicode: to_unicode.unwrap_or_default(),
            codes,
        }
    }

    /// The glyphs of a string.
    pub(crate) fn glyphs<'f>(&'f self, string: &'f [u8]) -> impl Iterator<Item = Glyph> + 'f {
        let mut rest = string;
        std::iter::from_fn(move || {
            let (&first, _) = rest.split_first()?;
            let len = self.code_len(first, rest).clamp(1, rest.len());
            let (code, behind) = rest.split_at(len);
            rest = behind;
            Some(self.glyph(code))
        })
    }

    fn code_len(&self, first: u8, rest: &[u8]) -> usize {
        match &self.codes {
            Codes::Single(_) => 1,
            Codes::Charset(encoding) if *encoding == UTF_16BE => match first {
                0xD8..=0xDB => 4,
                _ => 2,
            },
            Codes::Charset(encoding) if *encoding == UTF_8 => match first {
                0..=0x7F => 1,
                0x80..=0xDF => 2,
                0xE0..=0xEF => 3,
                _ => 4,
            },
            Codes::Charset(encoding) => match (first, rest.get(1)) {
                (0..=0x80 | 0xFF, _) => 1,
                (_, Some(b'0'..=b'9')) if *encoding == GB18030 => 4,
                (0xA1..=0xDF, _) if *encoding == SHIFT_JIS => 1,
                _ => 2,
            },
            Codes::Glyphs(map) => map
                .code_len(rest)
                .or_else(|| self.to_unicode.code_len(rest))
                .unwrap_or(2),
        }
    }

    fn glyph(&self, code: &[u8]) -> Glyph {
        let value = code
            .iter()
            .fold(0u32, |value, byte| value << 8 | u32::from(*byte));
        let told = self.to_unicode.get(value);
        let text = told.or_else(|| match &self.codes {
            Codes::Single(table) => table.get(value as usize)?.clone(),
            Codes::Charset(encoding) => {
                let (text, had_errors) = encoding.decode_without_bom_handling(code);
                (!had_errors).then(|| text.into_owned())
            }
            Codes::Glyphs(_) => None,
        });
        let width = match &self.codes {
            // The numbers that widths go by are not those of the charset.
            Codes::Charset(_) => match text.as_deref() {
                Some(text) if text.is_ascii() => 0.5,
                _ => 1.0,
            },
            _ => self.widths.get(value),
        };
        Glyph {
            is_space: code == b" ",
            text,
            width,
        }
    }
}

/// The charset behind a predefined map (ISO 32000-1, table 118).
fn charset(name: &[u8]) -> Option<&'static Encoding> {
    let name = std::str::from_utf8(name).ok()?;
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match name {
        _ if name.starts_with("Uni") && name.contains("UTF8") => Some(UTF_8),
        _ if name.starts_with("Uni") && (name.contains("UCS2") || name.contains("UTF16")) => {
            Some(UTF_16BE)
        }
        _ if starts(&["GBK", "GB-", "GBpc", "GBT"]) => Some(GB18030),
        _ if starts(&["B5", "ETen", "HKscs"]) => Some(BIG5),
        _ if name.contains("RKSJ") => Some(SHIFT_JIS),
        "EUC-H" | "EUC-V" => Some(EUC_JP),
        _ if starts(&["KSC"]) => Some(EUC_KR),
        _ => None,
    }
}

/// The characters of 256 codes. A font that names no encoding is taken for one of Windows.
fn single(document: &Document, font: &Dictionary) -> Vec<Option<String>> {
    let mut named = Dictionary::new();
    named.set("Type", Object::Name(b"Font".to_vec()));
    let windows = || Object::Name(b"WinAnsiEncoding".to_vec());
    let own = get(document, font, b"Encoding").filter(|own| !is_identity(own));
    named.set("Encoding", own.cloned().unwrap_or_else(windows));
    let encoding = named
        .get_font_encoding_with_limit(document, MAX_STREAM)
        .ok();
    let character = |byte: u8| {
        let text = encoding.as_ref()?.bytes_to_string(&[byte]).ok()?;
        (!text.is_empty()).then_some(text)
    };
    (0..=u8::MAX).map(character).collect()
}

/// Codes that are numbers of glyphs, which is for fonts of many glyphs.
fn is_identity(encoding: &Object) -> bool {
    matches!(encoding, Object::Name(name) if name.starts_with(b"Identity"))
}

/// Widths in thousandths of the font size.
#[derive(Debug, Default)]
struct Widths {
    /// First code, last code, width; in order.
    ranges: Vec<(u32, u32, f64)>,
    default: f64,
    scale: f64,
}

impl Widths {
    fn of_simple(document: &Document, font: &Dictionary) -> Self {
        let first = get(document, font, b"FirstChar")
            .and_then(number)
            .unwrap_or_default();
        let widths = get(document, font, b"Widths").and_then(|widths| widths.as_array().ok());
        let widths = widths
            .into_iter()
            .flatten()
            .take(256)
            .zip(first.max(0.0) as u32..);
        let range = |(width, code): (&Object, u32)| {
            let width = document.dereference(width).ok()?.1;
            Some((code, code, number(width)?))
        };
        // Only fonts drawn in the file itself have another scale.
        let matrix = get(document, font, b"FontMatrix")
            .and_then(|matrix| number(matrix.as_array().ok()?.first()?));
        Widths {
            ranges: widths.filter_map(range).collect(),
            default: 500.0,
            scale: matrix.unwrap_or(0.001),
        }
    }

    fn of_composite(document: &Document, font: &Dictionary) -> Self {
        let default = get(document, font, b"DW")
            .and_then(number)
            .unwrap_or(1000.0);
        let mut ranges = Vec::new();
        let listed = get(document, font, b"W").and_then(|list| list.as_array().ok());
        let mut waiting: Vec<u32> = Vec::new();
        for object in listed.into_iter().flatten() {
            match (
                document.dereference(object).map(|(_, object)| object),
                waiting.as_slice(),
            ) {
                (Ok(Object::Array(widths)), [first]) => {
                    let widths = widths.iter().filter_map(number).zip(*first..);
                    ranges.extend(widths.map(|(width, code)| (code, code, width)));
                    waiting.clear();
                }
                (Ok(object), [first, last]) => {
                    ranges.push((*first, *last, number(object).unwrap_or(default)));
                    waiting.clear();
                }
                (Ok(object), _) => waiting.push(number(object).unwrap_or_default().max(0.0) as u32),
                (Err(_), _) => {}
            }
        }
        ranges.sort_by_key(|(first, ..)| *first);
        Widths {
            ranges,
            default,
            scale: 0.001,
        }
    }

    fn get(&self, code: u32) -> f64 {
        let after = self.ranges.partition_point(|(first, ..)| *first <= code);
        let found = after
            .checked_sub(1)
            .and_then(|index| self.ranges.get(index));
        let width = found
            .filter(|(_, last, _)| code <= *last)
            .map_or(self.default, |(.., width)| *width);
        width * self.scale
    }
}

/// The fonts that `resources` name, by their name there.
pub(crate) fn named<'d>(
    document: &'d Document,
    resources: &'d Dictionary,
    name: &[u8],
) -> Option<&'d Dictionary> {
    let fonts = get_dictionary(document, resources, b"Font")?;
    get_dictionary(document, fonts, name)
}
