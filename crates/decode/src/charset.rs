//! Which charset the bytes are in, and the text they make.
//!
//! Valid UTF-8 is UTF-8. Anything else is read on trial in every charset that could be meant, and
//! the reading that costs the fewest bits (see [`likeness`]) has it; what the page is said to be
//! in takes some bits off (see [`labels`](crate::labels)). So a label decides where the bytes leave
//! doubt, is overruled where they do not, and a few broken bytes weigh as much as a few bytes.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, ISO_2022_JP, KOI8_R, SHIFT_JIS, UTF_8, UTF_16BE,
    UTF_16LE, WINDOWS_1251, WINDOWS_1252,
};
use serde_json::{Value, json};
use taosha_core::Edited;

use crate::labels::{Labels, Source};
use crate::likeness::{self, Cost, Home};
use crate::{islands, resync, walk};

/// The text of a page, with how its charset was found.
pub(crate) struct Decoded {
    pub(crate) edited: Edited,
    /// The WHATWG name in lower case.
    pub(crate) charset: String,
    /// For the trail: what was said, what the bytes say, who won.
    pub(crate) evidence: Value,
}

/// Reads `raw`; `chosen` overrules all evidence.
pub(crate) fn decode(
    raw: &[u8],
    content_type: Option<&str>,
    chosen: Option<&'static Encoding>,
) -> Decoded {
    let labels = Labels::of(raw, content_type);
    let choice = match chosen {
        Some(encoding) => Choice::at_once(encoding, "option"),
        None => choose(raw, &labels),
    };
    let encoding = choice.encoding;
    let (edited, n_other) = match (choice.valid, chosen) {
        (Some(text), _) => (walk::valid(text), 0),
        (None, Some(_)) => (walk::text(raw, encoding), 0),
        (None, None) => islands::text(raw, encoding),
    };
    let mut evidence = json!({
        "name": name(encoding),
        "bytes_in_other_charset": n_other,
        "won_by": choice.won_by,
        "bits": choice
            .trials
            .iter()
            .map(|trial| (name(trial.encoding), json!(trial.bits)))
            .collect::<serde_json::Map<_, _>>(),
    });
    for (source, label) in labels.iter() {
        evidence[source.name()] = json!({ "name": name(label), "bits": source.bits() });
    }
    Decoded {
        edited,
        charset: name(encoding),
        evidence,
    }
}

fn name(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

struct Choice<'a> {
    encoding: &'static Encoding,
    won_by: &'static str,
    trials: Vec<Trial>,
    /// The whole page, when it is valid UTF-8.
    valid: Option<&'a str>,
}

impl Choice<'_> {
    fn at_once(encoding: &'static Encoding, won_by: &'static str) -> Self {
        Choice {
            encoding,
            won_by,
            trials: Vec::new(),
            valid: None,
        }
    }
}

/// A reading of the sample.
#[derive(Clone, Copy)]
struct Trial {
    encoding: &'static Encoding,
    cost: Cost,
    /// What the reading costs, less what is said for it.
    bits: i64,
}

/// What pages are written in when nobody says so, the likely first, with what each takes to be
/// believed: these pages are Chinese, and the others are links and strays.
const CANDIDATES: [(&Encoding, u64); 11] = [
    (GB18030, 0),
    (UTF_8, 0),
    (BIG5, 4),
    (UTF_16LE, 10),
    (UTF_16BE, 10),
    (WINDOWS_1252, 4),
    (EUC_KR, 20),
    (SHIFT_JIS, 20),
    (EUC_JP, 20),
    (WINDOWS_1251, 10),
    (KOI8_R, 10),
];

/// What a guess of the detector takes to be believed: a letter or two.
const GUESS: u64 = 10;

/// Bits of a character, on average, in a reading that needs no other: nothing but Chinese is as
/// cheap as that in a Chinese charset. Over so many characters that chance is out.
const PLAIN_CHINESE: f64 = 11.7;
const PLAIN_CHARS: u64 = 60;

/// Above this the bytes are no language in that reading. Chinese read rightly costs 10, and 14 when
/// every tenth byte is broken; what is wrong costs 16 and more.
const LANGUAGE: f64 = 15.0;

/// UTF-8 is hard to hit by accident: when this share of the bytes that are not ASCII stands in
/// sequences of three or more, the rest is damage or islands.
const SOUND_UTF8: f64 = 0.5;

/// Fewer sequences than three happen by accident: 五、年工 in GBK holds two.
const LEAST_LONG: usize = 9;

/// Two or three characters of GBK may be valid UTF-8 by accident, as pairs: so much of it has to
/// compete where a label says otherwise, with this advantage.
const FEW_PAIRS: usize = 12;
const VALID: i64 = 20;

/// Every ASCII character has a NUL in UTF-16, and other characters have bytes below 20; fewer of
/// these in a page are damage.
const UTF16_CONTROLS: f64 = 0.02;

fn choose<'a>(raw: &'a [u8], labels: &Labels) -> Choice<'a> {
    if let Some(encoding) = labels
        .get(Source::Bom)
        .filter(|&encoding| encoding != UTF_8)
    {
        return Choice::at_once(encoding, "bom");
    }
    let says = |encoding| labels.bits(encoding) > 0;
    if says(ISO_2022_JP) && raw.windows(2).any(|pair| pair == b"\x1B$") {
        return Choice::at_once(ISO_2022_JP, "label");
    }
    let sample = &*sample(raw);
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | 0x1B);
    let n_controls = sample.iter().filter(|&&byte| is_control(byte)).count();
    let may_be_utf16 = n_controls as f64 > UTF16_CONTROLS * sample.len() as f64;
    let sound = SoundUtf8::of(sample);
    let valid = match may_be_utf16 {
        true => None,
        false => std::str::from_utf8(raw).ok(),
    };
    let is_valid = valid.is_some();
    if !may_be_utf16 {
        let is_doubted = sound.n_high <= FEW_PAIRS && labels.iter().any(|(_, said)| said != UTF_8);
        if is_valid && (sound.n_long > 0 || sound.n_high == 0 || !is_doubted) {
            return Choice {
                valid,
                ..Choice::at_once(UTF_8, "valid")
            };
        }
        let is_long = sound.n_long >= LEAST_LONG;
        if is_long && sound.n_long as f64 > SOUND_UTF8 * sound.n_high as f64 {
            return Choice::at_once(UTF_8, "bytes");
        }
    }

    let mut trials: Vec<Trial> = Vec::new();
    for (encoding, doubt) in CANDIDATES {
        let mut trial = Trial::of(sample, encoding, labels, doubt);
        if encoding == UTF_8 && is_valid {
            trial.bits -= VALID;
        }
        trials.push(trial);
        if trial.is_plain_chinese() {
            break;
        }
    }
    let best = best(&trials);
    if Home::of(best.encoding) != Home::Alphabet && best.cost.per_char() < LANGUAGE {
        return won(best, trials);
    }
    others(sample, labels, may_be_utf16, trials)
}

/// The bytes are no Chinese: what else is said, and what a detector for all the Web's languages
/// says, are tried as well.
fn others(
    sample: &[u8],
    labels: &Labels,
    may_be_utf16: bool,
    mut trials: Vec<Trial>,
) -> Choice<'static> {
    let is_new = |trials: &[Trial], encoding| trials.iter().all(|trial| trial.encoding != encoding);
    for (_, encoding) in labels.iter() {
        if is_new(&trials, encoding) {
            trials.push(Trial::of(sample, encoding, labels, 0));
        }
    }
    let found = best(&trials);
    if labels.bits(found.encoding) == 0 && Home::of(found.encoding) == Home::Alphabet {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(sample, true);
        let guess = detector.guess(None, Utf8Detection::Deny);
        if guess.is_single_byte() && is_new(&trials, guess) {
            trials.push(Trial::of(sample, guess, labels, GUESS));
        }
    }
    let found = best(&trials);
    if found.cost.per_char() < LANGUAGE {
        return won(found, trials);
    }
    let label = labels.iter().map(|(_, encoding)| encoding).next();
    let (encoding, won_by) = match label {
        Some(label) if label != UTF_8 && !label.is_single_byte() => (label, "label"),
        _ if may_be_utf16 => (UTF_8, "fallback"),
        _ => (found.encoding, "fallback"),
    };
    Choice {
        encoding,
        won_by,
        trials,
        valid: None,
    }
}

fn best(trials: &[Trial]) -> Trial {
    let best = trials.iter().copied().min_by_key(|trial| trial.bits);
    best.expect("the list of candidates is not empty")
}

fn won(best: Trial, trials: Vec<Trial>) -> Choice<'static> {
    let cheapest = trials.iter().map(|trial| trial.cost.bits).min();
    let by_bytes = cheapest.is_none_or(|bits| best.cost.bits <= bits);
    Choice {
        encoding: best.encoding,
        won_by: if by_bytes { "bytes" } else { "label" },
        trials,
        valid: None,
    }
}

impl Trial {
    fn of(sample: &[u8], encoding: &'static Encoding, labels: &Labels, doubt: u64) -> Self {
        let cost = likeness::cost(&reading(sample, encoding), Home::of(encoding));
        let signed = |bits: u64| i64::try_from(bits).unwrap_or(i64::MAX);
        Trial {
            encoding,
            cost,
            bits: signed(cost.bits + doubt) - signed(labels.bits(encoding)),
        }
    }

    fn is_plain_chinese(&self) -> bool {
        Home::of(self.encoding) == Home::Chinese
            && self.cost.n_telling >= PLAIN_CHARS
            && self.cost.per_char() < PLAIN_CHINESE
    }
}

/// As the whole page would be read, with its damage and its islands.
fn reading<'a>(sample: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    let is_paired = Home::of(encoding) == Home::Chinese;
    let (text, has_errors) = encoding.decode_without_bom_handling(sample);
    // Most pages have neither, and then the text is that of the decoder.
    let is_plain = || {
        !has_errors
            && !resync::starts_inside(sample, encoding)
            && !walk::has_private_use(&text)
            && (encoding != GB18030 || !islands::has_any(sample, encoding))
    };
    match is_paired && !is_plain() {
        false => text,
        true if encoding == GB18030 => islands::text(sample, encoding).0.into_parts().0.into(),
        true => walk::text(sample, encoding).into_parts().0.into(),
    }
}

/// Pieces of this many bytes are looked at, spread over the page: the head of a page may be in
/// another charset than its body, and a sixth of a page tells as much as all of it.
const PIECE: usize = 4 * 1024;
const N_PIECES: usize = 4;

/// The bytes that trial readings look at.
fn sample(raw: &[u8]) -> Cow<'_, [u8]> {
    let first = raw.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    // Two bytes make a unit of UTF-16: a piece starts on an even one.
    let from = first / 2 * 2;
    let rest = raw.get(from..).unwrap_or_default();
    if rest.len() <= PIECE * N_PIECES {
        return rest.into();
    }
    let mut sample = Vec::with_capacity((PIECE + 2) * N_PIECES);
    for index in 0..N_PIECES {
        let at = (rest.len() - PIECE) / (N_PIECES - 1) * index / 2 * 2;
        sample.extend_from_slice(rest.get(at..at + PIECE).unwrap_or_default());
        // A piece may end in the middle of a pair; the next one must not go on with it.
        sample.extend_from_slice(b"\n\n");
    }
    sample.into()
}

/// How much of some bytes is UTF-8.
struct SoundUtf8 {
    /// Bytes of sequences of three or more.
    n_long: usize,
    /// Bytes that are not ASCII.
    n_high: usize,
}

impl SoundUtf8 {
    fn of(sample: &[u8]) -> Self {
        let (mut n_long, mut n_high) = (0, 0);
        for chunk in sample.utf8_chunks() {
            let valid = chunk.valid();
            n_high += valid.bytes().filter(|byte| !byte.is_ascii()).count() + chunk.invalid().len();
            n_long += valid
                .chars()
                .map(char::len_utf8)
                .filter(|&len| len >= 3)
                .sum::<usize>();
        }
        SoundUtf8 { n_long, n_high }
    }
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
        let decoded = decode(&gbk(TEXT), None, crate::labels::for_label("big5"));
        assert_eq!(decoded.charset, "big5");
    }
}
