//! Numbers of lists that Word makes up when it shows a paragraph: 一、, （二）, 3.
//!
//! Reads `numbering.xml` and the numbers that styles carry (ECMA-376 part 1, 17.9), and counts.

use std::collections::BTreeMap;

use super::xml::Node;

/// How deep lists go in Word.
const LEVELS: usize = 9;

/// 第%1.%2.%3条 is long for a number; text without end would stand before every paragraph.
const MAX_LABEL: usize = 40;

/// What a paragraph says about its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParagraphNumber {
    pub(crate) list: Option<String>,
    pub(crate) level: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Numbering {
    /// The shapes of numbers, by their own id.
    shapes: BTreeMap<String, [Level; LEVELS]>,
    lists: BTreeMap<String, List>,
    styles: BTreeMap<String, Style>,
    /// How far each shape has counted; lists of one shape count on.
    counts: BTreeMap<String, [Option<u32>; LEVELS]>,
    /// What is open while a member is read.
    at: Place,
}

#[derive(Default)]
struct Place {
    shape: Option<String>,
    list: Option<String>,
    style: Option<String>,
    level: usize,
}

#[derive(Default)]
struct Level {
    start: Option<u32>,
    format: String,
    /// `第%1条`, `%1.%2`
    text: String,
    /// Shows the numbers of the levels above in digits: 1.1 below 第一章.
    is_legal: bool,
}

#[derive(Default)]
struct List {
    shape: String,
    /// Levels that begin anew with this list.
    restarts: BTreeMap<usize, u32>,
}

#[derive(Default)]
struct Style {
    number: ParagraphNumber,
    based_on: Option<String>,
}

impl Numbering {
    /// Takes the next node of `numbering.xml` or `styles.xml`.
    pub(crate) fn take(&mut self, node: &Node) {
        let element = match node {
            Node::Start(element) => element,
            Node::End("abstractNum") => return self.at.shape = None,
            Node::End("num") => return self.at.list = None,
            Node::End("style") => return self.at.style = None,
            _ => return,
        };
        let value = || element.attribute("val").unwrap_or_default();
        let at = &mut self.at;
        match element.name() {
            "abstractNum" => at.shape = element.attribute("abstractNumId"),
            "num" => at.list = element.attribute("numId"),
            "style" => at.style = element.attribute("styleId"),
            "lvl" | "lvlOverride" => {
                at.level = element.number("ilvl").unwrap_or_default().min(LEVELS - 1);
            }
            name => {
                if let Some(shape) = &at.shape {
                    let levels = self.shapes.entry(shape.clone()).or_default();
                    let Some(level) = levels.get_mut(at.level) else {
                        return;
                    };
                    match name {
                        "start" => level.start = value().parse().ok(),
                        "numFmt" => level.format = value(),
                        "lvlText" => level.text = value().chars().take(MAX_LABEL).collect(),
                        "isLgl" => level.is_legal = element.is_on(),
                        _ => {}
                    }
                } else if let Some(list) = &at.list {
                    let list = self.lists.entry(list.clone()).or_default();
                    match name {
                        "abstractNumId" => list.shape = value(),
                        "startOverride" => {
                            list.restarts.insert(at.level, value().parse().unwrap_or(1));
                        }
                        _ => {}
                    }
                } else if let Some(style) = &at.style {
                    let style = self.styles.entry(style.clone()).or_default();
                    match name {
                        "basedOn" => style.based_on = Some(value()),
                        "numId" => style.number.list = Some(value()),
                        "ilvl" => style.number.level = element.number("val"),
                        _ => {}
                    }
                }
            }
        }
    }

    /// The number that is shown before a paragraph; "" when there is none. Counts on.
    pub(crate) fn label(&mut self, own: &ParagraphNumber, style: Option<&str>) -> String {
        let styled = self.styled(style);
        let list = own.list.clone().or(styled.list);
        let level = own
            .level
            .or(styled.level)
            .unwrap_or_default()
            .min(LEVELS - 1);
        // List 0 takes the number of the style away.
        let Some(list) = list.and_then(|id| self.lists.get_mut(&id)) else {
            return String::new();
        };
        let Some(levels) = self.shapes.get(&list.shape) else {
            return String::new();
        };
        let counts = self.counts.entry(list.shape.clone()).or_default();
        let start = |level: usize| levels.get(level).and_then(|level| level.start).unwrap_or(1);
        for (at, count) in counts.iter_mut().enumerate() {
            match at {
                _ if at == level => {
                    *count = Some(match (list.restarts.remove(&at), *count) {
                        (Some(first), _) => first,
                        (None, Some(before)) => before.saturating_add(1),
                        (None, None) => start(at),
                    });
                }
                _ if at > level => *count = None,
                _ => {}
            }
        }
        let mut label = String::new();
        let mut signs = levels
            .get(level)
            .map(|level| level.text.chars())
            .into_iter()
            .flatten()
            .peekable();
        while let Some(sign) = signs.next() {
            let place = signs.peek().and_then(|digit| digit.to_digit(10));
            let Some(place) = place.filter(|place| sign == '%' && *place > 0) else {
                label.push(sign);
                continue;
            };
            signs.next();
            let at = place as usize - 1;
            let count = counts
                .get(at)
                .copied()
                .flatten()
                .unwrap_or_else(|| start(at));
            let is_legal = levels.get(level).is_some_and(|level| level.is_legal);
            let format = levels.get(at).map_or("", |level| level.format.as_str());
            let format = if is_legal { "decimal" } else { format };
            label.push_str(&number(count, format));
        }
        let is_bullet = levels
            .get(level)
            .is_some_and(|level| level.format == "bullet");
        if is_bullet || label.trim().is_empty() {
            return String::new();
        }
        if label.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            label.push(' ');
        }
        label
    }

    /// The number that `style` or one it is based on carries.
    fn styled(&self, style: Option<&str>) -> ParagraphNumber {
        /// Word allows chains of this length; a ring ends here.
        const MAX_CHAIN: usize = 11;
        let mut name = style;
        for _ in 0..MAX_CHAIN {
            let Some(style) = name.and_then(|name| self.styles.get(name)) else {
                break;
            };
            if style.number.list.is_some() {
                return style.number.clone();
            }
            name = style.based_on.as_deref();
        }
        ParagraphNumber::default()
    }
}

/// `count` in one of the formats of ECMA-376 part 1, 17.18.59; decimal in those unknown here.
fn number(count: u32, format: &str) -> String {
    let sign = |first: char, last: u32| match count {
        1.. if count <= last => char::from_u32(first as u32 + count - 1).map(String::from),
        _ => None,
    };
    let of = |signs: &str| {
        let at = count.checked_sub(1)? as usize;
        signs.chars().nth(at).map(String::from)
    };
    let written = match format {
        "none" => Some(String::new()),
        "decimalZero" => Some(format!("{count:02}")),
        "decimalFullWidth" | "decimalFullWidth2" => {
            let wide = |c: char| char::from_u32(c as u32 + 0xFEE0).unwrap_or(c);
            Some(count.to_string().chars().map(wide).collect())
        }
        "chineseCounting"
        | "chineseCountingThousand"
        | "japaneseCounting"
        | "taiwaneseCounting"
        | "taiwaneseCountingThousand"
        | "koreanCounting" => Some(han(count, "〇一二三四五六七八九", "十百千")),
        "chineseLegalSimplified" => Some(han(count, "零壹贰叁肆伍陆柒捌玖", "拾佰仟")),
        "ideographLegalTraditional" => Some(han(count, "零壹貳參肆伍陸柒捌玖", "拾佰仟")),
        "ideographDigital" | "taiwaneseDigital" => {
            let digit = |c: char| "〇一二三四五六七八九".chars().nth(c.to_digit(10)? as usize);
            Some(count.to_string().chars().filter_map(digit).collect())
        }
        "ideographTraditional" => of("甲乙丙丁戊己庚辛壬癸"),
        "ideographZodiac" => of("子丑寅卯辰巳午未申酉戌亥"),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => sign('①', 20),
        "decimalEnclosedParen" => sign('⑴', 20),
        "decimalEnclosedFullstop" => sign('⒈', 20),
        "ideographEnclosedCircle" => sign('㊀', 10),
        "upperLetter" => sign('A', 26),
        "lowerLetter" => sign('a', 26),
        "upperRoman" => Some(roman(count)),
        "lowerRoman" => Some(roman(count).to_lowercase()),
        _ => None,
    };
    written.unwrap_or_else(|| count.to_string())
}

/// 十二, 一百〇三
fn han(count: u32, digits: &str, tens: &str) -> String {
    let (digits, tens): (Vec<char>, Vec<char>) = (digits.chars().collect(), tens.chars().collect());
    if count == 0 || count > 9999 {
        return count.to_string();
    }
    let mut written = String::new();
    let mut skipped = false;
    for place in (0..4u32).rev() {
        let digit = count / 10u32.pow(place) % 10;
        if digit == 0 {
            skipped = !written.is_empty();
            continue;
        }
        if skipped {
            written.extend(digits.first());
            skipped = false;
        }
        let is_plain_ten = digit == 1 && place == 1 && written.is_empty() && count < 20;
        if !is_plain_ten {
            written.extend(digits.get(digit as usize));
        }
        if place > 0 {
            written.extend(tens.get(place as usize - 1));
        }
    }
    written
}

fn roman(count: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if count > 3999 {
        return count.to_string();
    }
    let (mut left, mut written) = (count, String::new());
    for (value, sign) in SIGNS {
        while left >= value {
            written.push_str(sign);
            left -= value;
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_word_shows_them() {
        let shown = |count, format| number(count, format);
        assert_eq!(shown(3, "chineseCountingThousand"), "三");
        assert_eq!(shown(10, "chineseCounting"), "十");
        assert_eq!(shown(12, "japaneseCounting"), "十二");
        assert_eq!(shown(20, "chineseCounting"), "二十");
        assert_eq!(shown(103, "chineseCounting"), "一百〇三");
        assert_eq!(shown(2, "chineseLegalSimplified"), "贰");
        assert_eq!(shown(3, "decimalEnclosedCircle"), "③");
        assert_eq!(shown(14, "lowerRoman"), "xiv");
        assert_eq!(shown(21, "decimalEnclosedCircle"), "21");
    }
}
