//! GBK as pairs of bytes, forwards and backwards.

use std::sync::LazyLock;

use encoding_rs::GBK;

/// Leads and trails that a lenient reader takes for halves of a character.
pub(super) const LEADS: std::ops::RangeInclusive<u8> = 0x81..=0xFE;

/// The byte a lenient reader shows as `€`: a trail byte on its own.
const LONE_80: u8 = 0x80;

/// What each pair shows, by lead and trail; NUL where it shows nothing.
static CHARACTERS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut characters = vec!['\0'; 1 << 16];
    for lead in LEADS {
        for trail in (0x40..=0x7E).chain(0x80..=0xFE) {
            let pair = [lead, trail];
            let Some(text) = GBK.decode_without_bom_handling_and_without_replacement(&pair) else {
                continue;
            };
            let mut shown = text.chars();
            if let (Some(c), None) = (shown.next(), shown.next())
                && let Some(slot) = characters.get_mut(index(lead, trail))
            {
                *slot = c;
            }
        }
    }
    characters
});

fn index(lead: u8, trail: u8) -> usize {
    usize::from(u16::from_be_bytes([lead, trail]))
}

/// Where decoders map the pairs that are set aside for users.
pub(super) fn is_private(c: char) -> bool {
    ('\u{E000}'..='\u{F8FF}').contains(&c)
}

/// What a pair shows, be it a user's own character.
pub(super) fn any_character(lead: u8, trail: u8) -> Option<char> {
    let c = *CHARACTERS.get(index(lead, trail))?;
    (c != '\0').then_some(c)
}

/// The character of a pair; `None` where it names none, and for users' own characters.
pub(super) fn character(lead: u8, trail: u8) -> Option<char> {
    any_character(lead, trail).filter(|&c| !is_private(c))
}

/// The two bytes of `c`; also of a user's own character, which may be half of two others.
pub(super) fn pair(c: char) -> Option<[u8; 2]> {
    if c.is_ascii() {
        return None;
    }
    let mut buffer = [0; 4];
    let (bytes, _, is_missing) = GBK.encode(c.encode_utf8(&mut buffer));
    let &[lead, trail] = bytes.as_ref() else {
        return None;
    };
    (!is_missing).then_some([lead, trail])
}

/// The pair that compatibility normalisation shows as the ASCII sign `c`: `!` may stand for `！`, A3A1.
pub(super) fn wide_pair(c: char) -> Option<[u8; 2]> {
    match c {
        ' ' => Some([0xA1, 0xA1]),
        '!'..='~' => Some([0xA3, c as u8 | 0x80]),
        _ => None,
    }
}

/// The byte that stands alone as `c` and may be the second half of a pair.
pub(super) fn lone_trail(c: char) -> Option<u8> {
    match c {
        '@'..='~' => Some(c as u8),
        '€' => Some(LONE_80),
        _ => None,
    }
}

/// True for the characters and signs of GB 2312, which all but names are written in.
pub(super) fn is_everyday(c: char) -> bool {
    match pair(c) {
        Some([0xA1, 0xA1..=0xFE]) => true,
        Some([0xA3, 0xA1..=0xFE]) => !c.is_alphanumeric(),
        Some([0xB0..=0xF7, 0xA1..=0xFE]) => true,
        _ => false,
    }
}

/// The areas GBK sets aside for users, which readers drop or map to private use.
pub(super) fn is_user_defined(lead: u8, trail: u8) -> bool {
    match lead {
        0xAA..=0xAF | 0xF8..=0xFE => trail >= 0xA1,
        0xA1..=0xA7 => (0x40..=0xA0).contains(&trail) && trail != 0x7F,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_and_its_character_lead_to_each_other() {
        assert_eq!(character(0xD5, 0x93), Some('論'));
        assert_eq!(pair('論'), Some([0xD5, 0x93]));
        assert_eq!(pair('a'), None);
        assert_eq!(pair('\u{20BB7}'), None);
        assert_eq!(character(0xAA, 0xA1), None);
        assert_eq!(wide_pair('!'), pair('！'));
        assert_eq!(lone_trail('€'), Some(0x80));
        assert!(['县', '。', '，'].into_iter().all(is_everyday));
        assert!(!['譀', 'Ｒ', '▁', 'a'].into_iter().any(is_everyday));
    }
}
