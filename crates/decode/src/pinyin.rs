//! Readings that a converter put behind characters: `總結(jié)`.

use std::ops::Range;
use std::sync::LazyLock;

use pinyin::ToPinyinMulti;
use regex::Regex;
use taosha_core::simplify;

use crate::damage;

static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[(（]([a-zA-Zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿê]{1,7})[)）]")
        .expect("a literal pattern compiles")
});

/// The converter annotates again and again; a person explains a reading once or twice. With fewer
/// annotations on the page than this they are left, unless the page has other damage.
const LEAST: usize = 3;

/// True when so many readings were put there by a converter.
pub(crate) fn are_converted(readings: &[Range<usize>], text: &str) -> bool {
    let n_put = readings.iter().filter(|range| !is_taught(range, text));
    n_put.count() >= LEAST || !readings.is_empty() && !damage::find(text).is_empty()
}

/// True for the reading of the first character of a quotation, which a person put there: “鱼(yú)”.
fn is_taught(reading: &Range<usize>, text: &str) -> bool {
    let before = text.get(..reading.start).unwrap_or_default();
    before
        .chars()
        .nth_back(1)
        .is_some_and(|c| matches!(c, '“' | '‘' | '「' | '"'))
}

/// The readings in `text`, which is NFC, behind their characters and with their brackets; also
/// where a person may have put them.
pub(crate) fn readings(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for captures in BRACKETED.captures_iter(text) {
        let (Some(whole), Some(reading)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let before = text
            .get(..whole.start())
            .and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| is_reading(c, reading.as_str())) {
            found.push(whole.range());
        }
    }
    found
}

/// True for the letters readings are written in.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_lowercase() || "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿê".contains(c)
}

/// True when `reading`, with its tone, is one of `c`.
pub(crate) fn is_reading(c: char, reading: &str) -> bool {
    let reads = |c: char| {
        let readings = c.to_pinyin_multi();
        readings.is_some_and(|all| all.into_iter().any(|one| one.with_tone() == reading))
    };
    // The table has most traditional characters, the simplified ones are complete.
    reads(c)
        || simplify(&c.to_string())
            .chars()
            .next()
            .is_some_and(|simple| simple != c && reads(simple))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> String {
        let mut left = text.to_owned();
        let mut found = readings(text);
        if !are_converted(&found, text) {
            found.clear();
        }
        for range in found.into_iter().rev() {
            left.replace_range(range, "");
        }
        left
    }

    #[test]
    fn readings_are_found_behind_their_characters() {
        assert_eq!(
            without("總結(jié)報告,領(lǐng)導(dǎo)小組"),
            "總結報告,領導小組"
        );
        assert_eq!(
            without("绿（lǜ）化,重(chóng)新,重(zhòng)要"),
            "绿化,重新,重要"
        );
    }

    #[test]
    fn other_brackets_stay() {
        for text in [
            "工作(二)",
            "图(jpg)",
            "总结(xiàn)",
            "(jié)",
            "方案(a)",
            "A(jié)",
            "函数f(x)",
        ] {
            assert_eq!(without(text), text);
        }
    }

    #[test]
    fn a_reading_that_is_taught_stays() {
        for text in [
            "误读为重(chóng)新,应为重(zhòng)要",
            "總結(jié)",
            "示范“鱼(yú)”“石(shí)头”“龙(lóng)舟”的读音",
        ] {
            assert_eq!(without(text), text);
        }
        assert_eq!(
            without("總結(jié),全縣總?cè)丝?6.13萬人"),
            "總結,全縣總?cè)丝?6.13萬人"
        );
        assert_eq!(without("在埇(yǒng)桥村"), "在埇(yǒng)桥村");
    }
}
