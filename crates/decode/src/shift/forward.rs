//! The mechanism forward: what a site makes of a stretch, to prove a repair by.

use super::evidence::Evidence;
use super::opening;
use super::pairs::{self, LEADS};

/// How the page was read after the damage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    /// What is shown for half a character.
    pub(super) orphan: char,
    /// A half takes the ASCII byte behind it along.
    pub(super) swallows: bool,
    /// Pairs set aside for users leave nothing.
    pub(super) drops: bool,
    /// Full-width signs are written as ASCII in the end.
    pub(super) narrow: bool,
}

/// A sound stretch and where it was torn; places count its bytes in GBK.
#[derive(Clone, Debug, Default)]
pub(super) struct Torn {
    /// With `□` for an ASCII byte that nobody knows any more.
    pub(super) text: Vec<char>,
    /// `(reading)`, and the place it was put.
    pub(super) inserted: Vec<(usize, String)>,
    /// The string was cut here.
    pub(super) cuts: Vec<usize>,
}

/// What a lost byte may have been: one that is never half of a pair, or one that may be.
const SWALLOWED: [u8; 2] = *b"0A";

/// How many bytes `c` has in GBK.
pub(super) fn width(c: char) -> usize {
    if c.is_ascii() || c == super::LOST {
        1
    } else {
        2
    }
}

impl Torn {
    /// True when the page shows `stretch` for this.
    pub(super) fn shows(&self, stretch: &str, reader: Reader) -> bool {
        // A page that was made narrow in parts may show both forms.
        let alike = |c: char| if reader.narrow { narrow(c) } else { c };
        SWALLOWED.iter().any(|&lost| {
            let shown = self.shown(reader, lost).unwrap_or_default();
            shown.chars().map(alike).eq(stretch.chars().map(alike))
        })
    }

    /// What the page shows; `None` when GBK does not have it.
    fn shown(&self, reader: Reader, lost: u8) -> Option<String> {
        let (bytes, cuts) = self.bytes(lost)?;
        let mut shown = String::new();
        let mut start = 0;
        for end in cuts.into_iter().chain([bytes.len()]) {
            read(bytes.get(start..end)?, reader, &mut shown);
            start = end;
        }
        Some(shown)
    }

    /// How many signs lie in `inside` that the site cuts at, across borders or not, and did not.
    pub(super) fn n_uncut(&self, inside: std::ops::Range<usize>) -> usize {
        let bytes = self.sound_bytes(SWALLOWED[0]).unwrap_or_default();
        let is_uncut = |place: &usize| {
            let pair = bytes.get(*place..*place + 2);
            pair.is_some_and(opening::is_cut_sign)
                && !self.cuts.contains(place)
                && !self.inserted.iter().any(|(at, _)| *at == *place + 1)
        };
        inside.filter(is_uncut).count()
    }

    /// True when the site, which is blind to borders, would have put every reading where the page
    /// has it, and none besides.
    ///
    /// `inside` leaves out the bytes in front of it, whose own readings are not part of the stretch.
    pub(super) fn is_annotated_as(
        &self,
        evidence: &Evidence,
        inside: std::ops::Range<usize>,
    ) -> bool {
        let Some(bytes) = self.sound_bytes(SWALLOWED[0]) else {
            return false;
        };
        let is_torn = |place: usize| self.inserted.iter().any(|(at, _)| *at == place);
        (inside.start.max(1)..inside.end.min(bytes.len())).all(|place| {
            let (Some(&a), Some(&b)) = (bytes.get(place - 1), bytes.get(place)) else {
                return true;
            };
            is_torn(place) || is_torn(place + 1) || !evidence.is_always_annotated(a, b)
        })
    }

    fn sound_bytes(&self, lost: u8) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.text.len() * 2);
        for &c in &self.text {
            match c {
                super::LOST => bytes.push(lost),
                c if c.is_ascii() => bytes.push(c as u8),
                c => bytes.extend(pairs::pair(c)?),
            }
        }
        Some(bytes)
    }

    /// The bytes with the readings in, and the cuts moved along.
    fn bytes(&self, lost: u8) -> Option<(Vec<u8>, Vec<usize>)> {
        let sound = self.sound_bytes(lost)?;
        let (mut bytes, mut cuts) = (Vec::with_capacity(sound.len() * 2), Vec::new());
        for place in 0..=sound.len() {
            for (_, reading) in self.inserted.iter().filter(|(at, _)| *at == place) {
                for c in reading.chars() {
                    match pairs::pair(c) {
                        Some(pair) => bytes.extend(pair),
                        None => bytes.push(u8::try_from(c).ok()?),
                    }
                }
            }
            if self.cuts.contains(&place) {
                cuts.push(bytes.len());
            }
            bytes.extend(sound.get(place));
        }
        Some((bytes, cuts))
    }
}

/// Reads one piece as a lenient reader does.
fn read(piece: &[u8], reader: Reader, shown: &mut String) {
    let mut at = 0;
    while let Some(&lead) = piece.get(at) {
        let trail = piece.get(at + 1).copied();
        let (c, length) = match (lead, trail) {
            (0x00..=0x7F, _) => (Some(char::from(lead)), 1),
            (0x80, _) => (Some('€'), 1),
            (0xFF, _) | (_, None) => (Some(reader.orphan), 1),
            (_, Some(trail)) if !is_trail(trail) => {
                let length = if reader.swallows { 2 } else { 1 };
                (Some(reader.orphan), length)
            }
            (_, Some(trail)) if pairs::is_user_defined(lead, trail) && reader.drops => (None, 2),
            (_, Some(trail)) => (pairs::any_character(lead, trail).or(Some(reader.orphan)), 2),
        };
        shown.extend(c.map(|c| if reader.narrow { narrow(c) } else { c }));
        at += length;
    }
}

fn is_trail(byte: u8) -> bool {
    byte == 0x80 || (0x40..=0x7E).contains(&byte) || LEADS.contains(&byte)
}

/// `c` as compatibility normalisation writes full-width signs.
fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: Reader = Reader {
        orphan: '?',
        swallows: true,
        drops: true,
        narrow: false,
    };

    #[test]
    fn a_reading_across_a_border_shows_what_pages_show() {
        let torn = Torn {
            text: "獎論文□47".chars().collect(),
            inserted: vec![(3, "(wù)".into())],
            cuts: Vec::new(),
        };
        assert_eq!(torn.shown(READER, b'0').unwrap(), "獎?wù)撐?47");
        let modern = Reader {
            orphan: '\u{FFFD}',
            swallows: false,
            ..READER
        };
        assert_eq!(
            torn.shown(modern, b'0').unwrap(),
            "獎\u{FFFD}(wù)撐\u{FFFD}047"
        );
    }

    #[test]
    fn a_cut_across_a_border_shows_what_pages_show() {
        let torn = Torn {
            text: "。“普九”迎接省復".chars().collect(),
            inserted: vec![(18, "(fù)".into())],
            cuts: vec![1],
        };
        assert_eq!(torn.shown(READER, b'0').unwrap(), "?！捌站拧庇邮?fù)");
        let narrow = Reader {
            narrow: true,
            ..READER
        };
        assert!(torn.shown(narrow, b'0').unwrap().starts_with("?!捌"));
    }
}
