//! Readings that a converter put behind characters: `總結(jié)`, `社會(huì )`, and on other sites without
//! tones, behind many characters and at times twice: `政(zheng)(zheng)府(fu)(fu)`.

use std::ops::Range;
use std::sync::LazyLock;

use pinyin::ToPinyinMulti;
use regex::Regex;
use taosha_core::simplify;
use unicode_normalization::UnicodeNormalization;

use crate::damage;

static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[(（]([a-zA-Zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿê]{1,7}) ?[)）]")
        .expect("a literal pattern compiles")
});

/// The converter annotates again and again; a person explains a reading once or twice. With fewer
/// annotations on the page than this they are left, unless the page has other damage.
const LEAST: usize = 3;

/// Without tones: 他(he) and 安(an) may be anything, but not so many of them on one page.
const LEAST_TONELESS: usize = 10;

/// Readings behind their characters, with their brackets.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    /// As the converter behind shifted GBK writes them.
    pub(crate) with_tone: Vec<Range<usize>>,
    pub(crate) toneless: Vec<Range<usize>>,
}

impl Readings {
    /// Those of `text` that a converter put there. `is_damaged` when it is known to have spoiled the page.
    pub(crate) fn converted(self, text: &str, is_damaged: bool) -> Vec<Range<usize>> {
        let put = |ranges: &[Range<usize>]| {
            let put = ranges.iter().filter(|range| !is_taught(range, text));
            put.count()
        };
        let mut found = Vec::new();
        if put(&self.toneless) >= LEAST_TONELESS {
            found = self.toneless;
        }
        let is_converted = is_damaged
            || put(&self.with_tone) + found.len() >= LEAST
            || !self.with_tone.is_empty() && !damage::find(text).is_empty();
        if is_converted {
            found.extend(self.with_tone);
        }
        found
    }
}

/// True for the reading of the first character of a quotation, which a person put there: “鱼(yú)”.
fn is_taught(reading: &Range<usize>, text: &str) -> bool {
    let before = text.get(..reading.start).unwrap_or_default();
    before
        .chars()
        .nth_back(1)
        .is_some_and(|c| matches!(c, '“' | '‘' | '「' | '"'))
}

/// The readings in `text`, which is NFC; also where a person may have put them.
pub(crate) fn readings(text: &str) -> Readings {
    let mut found = Readings::default();
    let mut last: Option<(usize, &str)> = None;
    for captures in BRACKETED.captures_iter(text) {
        let (Some(whole), Some(reading)) = (captures.get(0), captures.get(1)) else {
            continue;
        };
        let before = text
            .get(..whole.start())
            .and_then(|before| before.chars().next_back());
        let Some(c) = before else {
            continue;
        };
        let reading = reading.as_str();
        let is_again = last == Some((whole.start(), reading));
        if is_reading(c, reading) {
            found.with_tone.push(whole.range());
        } else if is_again || is_toneless_reading(c, reading) {
            found.toneless.push(whole.range());
        } else {
            continue;
        }
        last = Some((whole.end(), reading));
    }
    found
}

/// True for the letters readings are written in.
pub(crate) fn is_letter(c: char) -> bool {
    c.is_ascii_lowercase() || "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿê".contains(c)
}

/// True when `reading`, with its tone, is one of `c`.
pub(crate) fn is_reading(c: char, reading: &str) -> bool {
    let reading = reading.trim_end();
    is_read(c, |own| own == reading)
}

fn is_toneless_reading(c: char, reading: &str) -> bool {
    let is_alike = |own: &str| {
        let letters = own.nfd().filter(char::is_ascii_lowercase);
        // 绿 is written lu and lv.
        letters.eq(reading.chars().map(|c| if c == 'v' { 'u' } else { c }))
    };
    reading.is_ascii() && is_read(c, is_alike)
}

/// True when one of the readings of `c` is what is looked for.
fn is_read(c: char, is_wanted: impl Fn(&str) -> bool) -> bool {
    let reads = |c: char| {
        let readings = c.to_pinyin_multi();
        readings.is_some_and(|all| all.into_iter().any(|one| is_wanted(one.with_tone())))
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
        let mut found = readings(text).converted(text, false);
        found.sort_by_key(|range| range.start);
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
        assert_eq!(
            without("社會(huì )、機(jī)關(guān )與學(xué)校"),
            "社會、機關與學校"
        );
    }

    #[test]
    fn many_readings_without_tones_were_put_there() {
        let page = "全縣(xian)教育(yu)工(gong)(gong)作(zuo)(zuo)會(hui)議綠(lv)化校(xiao)園(yuan)(室(shi)內)完成(cheng)(一)";
        assert_eq!(without(page), "全縣教育工作會議綠化校園(室內)完成(一)");
        for honest in [
            "陕(shan)西和山(shan)西",
            "他(he)、她(she)、安(an)、德(de)",
            "智能(ai)设备(app)",
        ] {
            assert_eq!(without(honest), honest);
        }
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
