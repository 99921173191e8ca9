//! Where a shifted stretch may begin: half a character, and what only this mechanism puts behind it.

use crate::pinyin;

/// What stands for half a character, by reader.
const ORPHANS: [char; 3] = ['?', '\u{FFFD}', '□'];

/// The signs that sites cut at, full-width and as ASCII. 、 was seen once.
const CUT_SIGNS: [(char, char); 6] = [
    ('。', '。'),
    ('，', ','),
    ('；', ';'),
    ('！', '!'),
    ('？', '?'),
    ('、', '、'),
];

/// The longest reading has six letters: zhuāng.
const READING_CHARS: usize = 6;

/// What the first half of a character is followed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// The bytes of a sign that was cut in front of: `?！`.
    Cut([u8; 2]),
    /// The first byte of such a sign, cut off again by the next sign: 校。 is `??。`.
    CutTwice(u8),
    /// A reading that tore a character, whose bracket is gone: `?wù)`.
    Reading(String),
}

/// True when `c` may stand for half a character.
pub(super) fn is_orphan(c: char) -> bool {
    ORPHANS.contains(&c)
}

/// The sign that is cut at and shown as `c`, full-width.
pub(super) fn cut_sign(c: char) -> Option<char> {
    let sign = CUT_SIGNS
        .iter()
        .find(|(wide, narrow)| c == *wide || c == *narrow);
    sign.map(|(wide, _)| *wide)
}

/// True for the bytes of the five signs that sites are known to cut at.
pub(super) fn is_cut_sign(pair: &[u8]) -> bool {
    matches!(pair, [0xA1, 0xA3] | [0xA3, 0xAC | 0xBB | 0xA1 | 0xBF])
}

/// The opening at the start of `shown`, and how many characters of it are taken.
pub(super) fn opening(shown: &[char]) -> Option<(Opening, usize)> {
    let (first, rest) = shown.split_first()?;
    if !is_orphan(*first) {
        return None;
    }
    if let Some((reading, length)) = torn_reading(rest) {
        return Some((Opening::Reading(reading), 1 + length));
    }
    if let [orphan, sign, ..] = rest
        && is_orphan(*orphan)
        && let Some([first, _]) = cut_sign(*sign).and_then(super::pairs::pair)
    {
        // Between the two cuts lies what is left of a sign that overlaps the second one.
        let trail = if first == 0xA1 { 0xA3 } else { 0xA1 };
        return Some((Opening::CutTwice(trail), 2));
    }
    let sign = cut_sign(*rest.first()?)?;
    // A sign at the end of a line, or with a space behind it, ends something.
    let goes_on = rest
        .get(1)
        .is_some_and(|c| !c.is_whitespace() && !matches!(c, '”' | '’' | '"' | ')' | '）'));
    let pair = super::pairs::pair(sign)?;
    goes_on.then_some((Opening::Cut(pair), 2))
}

/// The reading at the start of `rest`, behind half a character: `wù)`, or `(wù)` where the half
/// left the bracket alone.
pub(super) fn torn_reading(rest: &[char]) -> Option<(String, usize)> {
    let start = usize::from(rest.first() == Some(&'('));
    let mut reading: String = rest
        .get(start..)?
        .iter()
        .take(READING_CHARS + 1)
        .take_while(|c| pinyin::is_letter(**c))
        .collect();
    let mut end = start + reading.chars().count();
    // Converters write tones; `?b)` is a formula.
    let is_one = !reading.is_ascii() && end <= start + READING_CHARS;
    // Some write a space behind the reading of some characters: `會(huì )`.
    if rest.get(end) == Some(&' ') {
        reading.push(' ');
        end += 1;
    }
    let is_closed = matches!(rest.get(end), Some(')' | '）'));
    (is_closed && is_one).then_some((reading, end + 1))
}

/// True when `rest` starts with an opening.
pub(super) fn starts_here(rest: &str) -> bool {
    rest.starts_with(ORPHANS) && opening(&head(rest)).is_some()
}

/// True when `rest` starts with a half that was cut off.
pub(super) fn is_cut(rest: &str) -> bool {
    matches!(
        opening(&head(rest)),
        Some((Opening::Cut(_) | Opening::CutTwice(_), _))
    )
}

/// True when `rest` starts with a half that left the bracket of a reading alone.
pub(super) fn keeps_ascii(rest: &str) -> bool {
    let head = head(rest);
    matches!(opening(&head), Some((Opening::Reading(_), _))) && head.get(1) == Some(&'(')
}

fn head(rest: &str) -> Vec<char> {
    rest.chars().take(READING_CHARS + 5).collect()
}

/// The openings of `text`, by byte.
pub(super) fn all(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices(ORPHANS)
        .map(|(at, _)| at)
        .filter(|&at| text.get(at..).is_some_and(starts_here))
}
