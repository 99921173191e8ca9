//! Which charset the bytes are in, and the text they make.

use encoding_rs::Encoding;
use serde_json::{Value, json};
use taosha_core::Edited;

use crate::likeness::{self, Likeness};
use crate::{islands, walk};

/// The text of a page, with how its charset was found.
pub(crate) struct Decoded {
    pub(crate) edited: Edited,
    /// The WHATWG name in lower case.
    pub(crate) charset: String,
    /// For the trail: what was said, what the bytes say, who won.
    pub(crate) evidence: Value,
}

/// What the page is said to be in, by whom.
#[derive(Default)]
struct Labels {
    bom: Option<&'static Encoding>,
    header: Option<&'static Encoding>,
    meta: Option<&'static Encoding>,
}

/// A mark at the start of the file is rarely wrong: wrong only when an editor put it on bytes of
/// another charset, and then the text is all errors and loses far more than this.
const BOM_BONUS: f64 = 0.3;

/// Decides between readings that look alike, and no more: pages that say gb2312 are UTF-8 by the
/// thousand.
const LABEL_BONUS: f64 = 0.05;

/// Below this the bytes are no Chinese in any reading we know, and the label is all there is.
/// Chinese read rightly scores above 0.6 even when every tenth byte is broken; the best wrong
/// reading of random bytes stays below 0.2.
const LEAST_LIKENESS: f64 = 0.3;

/// UTF-8 is hard to hit by accident: when this share of its multi-byte sequences is sound, the
/// rest is damage, whatever else scores.
const SOUND_UTF8: f64 = 0.8;

/// Every ASCII character is a NUL in UTF-16, and every page of reports has digits and line breaks;
/// fewer NULs in a page are damage.
const UTF16_NULS: f64 = 0.02;

/// In Western text letters with accents are few among plain ones.
const ACCENTS: f64 = 0.5;

/// Trial readings look at this much, starting with the first byte that is not ASCII.
const SAMPLE: usize = 128 * 1024;

/// Reads `raw`; `chosen` overrules all evidence.
pub(crate) fn decode(
    raw: &[u8],
    content_type: Option<&str>,
    chosen: Option<&'static Encoding>,
) -> Decoded {
    let labels = Labels {
        bom: Encoding::for_bom(raw).map(|(encoding, _)| encoding),
        header: content_type.and_then(charset_parameter),
        meta: meta_charset(raw),
    };
    let (encoding, won_by, scores) = match chosen {
        Some(encoding) => (encoding, "option", Vec::new()),
        None => choose(raw, &labels),
    };
    let (edited, n_islands) = match chosen {
        Some(_) => (walk::text(raw, encoding), 0),
        None => islands::text(raw, encoding),
    };
    let named = |label: Option<&'static Encoding>| label.map(name);
    let evidence = json!({
        "name": name(encoding),
        "bytes_in_other_charset": n_islands,
        "won_by": won_by,
        "bom": named(labels.bom),
        "header": named(labels.header),
        "meta": named(labels.meta),
        "scores": scores
            .iter()
            .map(|(encoding, score)| (name(encoding), json!((score * 1000.0).round() / 1000.0)))
            .collect::<serde_json::Map<_, _>>(),
    });
    Decoded {
        edited,
        charset: name(encoding),
        evidence,
    }
}

fn name(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

type Scores = Vec<(&'static Encoding, f64)>;

fn choose(raw: &[u8], labels: &Labels) -> (&'static Encoding, &'static str, Scores) {
    if let Some(encoding) = labels.bom
        && encoding != encoding_rs::UTF_8
    {
        return (encoding, "bom", Vec::new());
    }
    let valid_utf8 = std::str::from_utf8(raw).is_ok();
    let n_nul = raw.iter().take(SAMPLE).filter(|&&byte| byte == 0).count();
    let has_nul = n_nul as f64 > UTF16_NULS * raw.len().min(SAMPLE) as f64;
    if valid_utf8 && !has_nul {
        return (encoding_rs::UTF_8, "valid", Vec::new());
    }

    let first = raw.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    // Two bytes make a unit of UTF-16: the sample starts on an even one.
    let from = if has_nul { 0 } else { first / 2 * 2 };
    let sample = raw.get(from..).unwrap_or_default();
    let sample = sample.get(..SAMPLE).unwrap_or(sample);

    let utf8 = likeness::likeness(sample, encoding_rs::UTF_8);
    if utf8.sound_share() >= SOUND_UTF8 && !has_nul {
        return (
            encoding_rs::UTF_8,
            "bytes",
            vec![(encoding_rs::UTF_8, utf8.score())],
        );
    }

    let score = |encoding: &'static Encoding, likeness: Likeness| {
        let said = |label: Option<&'static Encoding>| label.is_some_and(|l| same(l, encoding));
        let bonus = |said: bool, bonus: f64| if said { bonus } else { 0.0 };
        likeness.score()
            + bonus(said(labels.bom), BOM_BONUS)
            + bonus(said(labels.header), LABEL_BONUS)
            + bonus(said(labels.meta), LABEL_BONUS)
    };
    let mut scores: Scores = vec![(encoding_rs::UTF_8, score(encoding_rs::UTF_8, utf8))];
    for encoding in [
        encoding_rs::GB18030,
        encoding_rs::BIG5,
        encoding_rs::UTF_16LE,
        encoding_rs::UTF_16BE,
    ] {
        let found = match encoding == encoding_rs::GB18030 {
            true => {
                let (text, _) = islands::text(sample, encoding);
                likeness::of_text(text.text(), encoding)
            }
            false => likeness::likeness(sample, encoding),
        };
        scores.push((encoding, score(encoding, found)));
    }
    let best = scores
        .iter()
        .copied()
        .reduce(|a, b| if b.1 > a.1 { b } else { a });
    let (encoding, value) = best.unwrap_or((encoding_rs::UTF_8, 0.0));
    let is_latin = is_latin(raw.get(..SAMPLE).unwrap_or(raw));
    if value >= LEAST_LIKENESS {
        // Of a page in two charsets the one with more of it has the name.
        let is_mostly_utf8 = encoding == encoding_rs::GB18030
            && islands::text(sample, encoding).1 * 2
                > sample.iter().filter(|b| !b.is_ascii()).count();
        if is_mostly_utf8 {
            return (encoding_rs::UTF_8, "bytes", scores);
        }
        return (encoding, "bytes", scores);
    }
    let says_western = |label: &'static Encoding| label.is_single_byte() && !is_latin;
    match (labels.header.or(labels.meta), has_nul) {
        (Some(label), _) if !same(label, encoding_rs::UTF_8) && !says_western(label) => {
            (canonical(label), "label", scores)
        }
        (_, true) => (encoding_rs::UTF_8, "fallback", scores),
        _ if is_latin => (encoding_rs::WINDOWS_1252, "fallback", scores),
        // Runs of high bytes are no Western text, however broken they are.
        _ => (encoding, "fallback", scores),
    }
}

/// True when the bytes read as a Western language: mostly plain letters, and no word of accents.
fn is_latin(sample: &[u8]) -> bool {
    let n_plain = sample
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let n_high = sample.iter().filter(|byte| !byte.is_ascii()).count();
    let in_runs: usize = sample
        .split(u8::is_ascii)
        .map(<[u8]>::len)
        .filter(|&len| len >= 4)
        .sum();
    (n_high as f64) < ACCENTS * n_plain as f64 && in_runs * 2 <= n_high
}

/// GBK is the part of GB18030 that people had before; one table reads both.
fn canonical(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == encoding_rs::GBK {
        encoding_rs::GB18030
    } else {
        encoding
    }
}

fn same(a: &'static Encoding, b: &'static Encoding) -> bool {
    canonical(a) == canonical(b)
}

/// The charset an option or header names.
pub(crate) fn for_label(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.trim().as_bytes()).map(canonical)
}

/// `charset=` of a Content-Type.
fn charset_parameter(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, value) = lower.split_once("charset=")?;
    let is_end = |c: char| c == ';' || c == '"' || c == '\'' || c.is_whitespace();
    for_label(value.trim_start_matches(['"', '\'']).split(is_end).next()?)
}

/// The charset of `<meta charset=…>` or `<?xml encoding=…?>`; browsers look at the first kilobyte,
/// but pages with long heads put it later.
fn meta_charset(raw: &[u8]) -> Option<&'static Encoding> {
    const HEAD: usize = 8 * 1024;
    let head = raw.get(..HEAD).unwrap_or(raw);
    let head: String = head
        .iter()
        .map(|&byte| (byte as char).to_ascii_lowercase())
        .collect();
    let xml = head
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"));
    let xml = xml.and_then(|(head, _)| head.split_once("encoding="));
    if let Some((_, value)) = xml {
        let label = value.trim_start_matches(['"', '\'']);
        return for_label(label.split(['"', '\'']).next()?);
    }
    let tags = head
        .split("<meta")
        .skip(1)
        .filter_map(|rest| rest.split('>').next());
    tags.filter_map(charset_parameter).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "青禾县教育局2019年工作总结。全县共有小学37所,在校学生12045人。";
    const TRADITIONAL: &str = "青禾縣教育局2019年工作總結。全縣共有小學37所，在校學生12045人。";

    fn read(raw: &[u8], header: Option<&str>) -> (String, String) {
        let decoded = decode(raw, header, None);
        (decoded.charset, decoded.edited.text().to_owned())
    }

    fn gbk(text: &str) -> Vec<u8> {
        encoding_rs::GBK.encode(text).0.into_owned()
    }

    #[test]
    fn a_gbk_page_without_meta_is_decoded() {
        assert_eq!(
            read(&gbk(TEXT), None),
            ("gb18030".to_owned(), TEXT.to_owned())
        );
    }

    #[test]
    fn a_big5_page_is_told_from_gbk() {
        let raw = encoding_rs::BIG5.encode(TRADITIONAL).0.into_owned();
        assert_eq!(
            read(&raw, None),
            ("big5".to_owned(), TRADITIONAL.to_owned())
        );
    }

    #[test]
    fn a_lying_label_is_overruled_by_the_bytes() {
        let header = Some("text/html; charset=gb2312");
        assert_eq!(read(TEXT.as_bytes(), header).0, "utf-8");
        let raw = [b"<meta charset=utf-8>".as_slice(), &gbk(TEXT)].concat();
        assert_eq!(read(&raw, Some("text/html; charset=UTF-8")).0, "gb18030");
    }

    #[test]
    fn utf_16_is_read_with_and_without_its_mark() {
        let raw: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&raw, None), ("utf-16le".to_owned(), TEXT.to_owned()));
        let raw = [vec![0xFF, 0xFE], raw].concat();
        assert_eq!(read(&raw, None), ("utf-16le".to_owned(), TEXT.to_owned()));
        let raw: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&raw, None), ("utf-16be".to_owned(), TEXT.to_owned()));
    }

    #[test]
    fn a_utf_8_page_with_a_few_broken_bytes_stays_utf_8() {
        let mut raw = TEXT.repeat(20).into_bytes();
        for at in [10, 500, 900] {
            raw[at] = 0xFF;
        }
        let (charset, text) = read(&raw, Some("text/html; charset=gbk"));
        assert_eq!(charset, "utf-8");
        assert!(text.contains('\u{FFFD}'));
    }

    #[test]
    fn a_gbk_page_with_broken_bytes_stays_gbk() {
        let mut raw = gbk(&TEXT.repeat(20));
        for at in (30..raw.len()).step_by(100) {
            raw[at] = 0xFF;
        }
        assert_eq!(read(&raw, None).0, "gb18030");
    }

    #[test]
    fn one_bad_byte_does_not_make_a_short_gbk_page_western() {
        let sound =
            gbk("青禾县环保局2019年工作总结\n2019年,青禾县环保局查处违法案件12件,罚款120万元。");
        for at in 0..sound.len() {
            if sound[at].is_ascii() {
                continue;
            }
            for byte in [0xFF, 0x80, 0x01, 0xC1, b'?'] {
                let mut raw = sound.clone();
                raw[at] = byte;
                for header in [
                    None,
                    Some("text/html; charset=utf-8"),
                    Some("text/html; charset=iso-8859-1"),
                ] {
                    let (charset, text) = read(&raw, header);
                    assert_eq!(charset, "gb18030", "{at} {byte:x} {header:?} {text}");
                    assert!(
                        text.contains("120万元") || text.contains("案件12件"),
                        "{at} {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn lines_in_another_charset_are_read_in_theirs() {
        let other = "二、备注\n本总结由云岭县教育局办公室整理印发。";
        let mixed = [TEXT.as_bytes(), b"\n", &gbk(other)].concat();
        assert_eq!(read(&mixed, None).1, format!("{TEXT}\n{other}"));
        let title = format!("<title>{TEXT}</title>\n");
        let mixed = [title.as_bytes(), &gbk(&other.repeat(9))].concat();
        let (charset, text) = read(&mixed, None);
        assert_eq!(
            (charset.as_str(), text),
            ("gb18030", title + &other.repeat(9))
        );
    }

    #[test]
    fn a_lone_nul_does_not_change_the_charset() {
        let mut raw = TEXT.as_bytes().to_vec();
        raw.insert(9, 0);
        assert_eq!(read(&raw, None).0, "utf-8");
    }

    #[test]
    fn a_western_page_falls_back_to_windows_1252() {
        let raw = encoding_rs::WINDOWS_1252
            .encode("Le café était déjà fermé à Orléans.")
            .0;
        assert_eq!(read(&raw, None).0, "windows-1252");
    }

    #[test]
    fn an_option_overrules_everything() {
        let decoded = decode(&gbk(TEXT), None, for_label("big5"));
        assert_eq!(decoded.charset, "big5");
    }
}
