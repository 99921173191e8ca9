//! CMaps as files embed them: which bytes make a code, which characters a code stands for
//! (Adobe technical notes 5014 and 5411).
//!
//! Read without regard to what surrounds the lists, so that a damaged map keeps its sound entries.

use std::ops::RangeInclusive;

#[derive(Debug, Default)]
pub(crate) struct CharMap {
    /// Lowest and highest bytes of the codes.
    spaces: Vec<(Vec<u8>, Vec<u8>)>,
    /// In order of their first code.
    ranges: Vec<Mapped>,
}

#[derive(Debug)]
struct Mapped {
    codes: RangeInclusive<u32>,
    /// What the first code stands for, in UTF-16; the last unit counts on.
    units: Vec<u16>,
}

enum Token<'a> {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(&'a [u8]),
}

/// What the strings that come belong to.
#[derive(Clone, Copy, PartialEq)]
enum List {
    None,
    Spaces,
    Characters,
    Ranges,
}

impl CharMap {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut map = CharMap::default();
        let (mut list, mut waiting) = (List::None, Vec::<Vec<u8>>::new());
        // Inside [...] of a range: the code the next string is for.
        let mut next_code: Option<u32> = None;
        let mut tokens = Tokens { bytes, at: 0 };
        while let Some(token) = tokens.next() {
            match token {
                Token::Word(b"begincodespacerange") => list = List::Spaces,
                Token::Word(b"beginbfchar") => list = List::Characters,
                Token::Word(b"beginbfrange") => list = List::Ranges,
                Token::Word(word) if word.starts_with(b"end") => {
                    (list, next_code) = (List::None, None);
                    waiting.clear();
                }
                Token::Word(_) => {}
                Token::Open if list == List::Ranges => {
                    next_code = waiting.first().map(|code| value(code))
                }
                Token::Close if list == List::Ranges => {
                    next_code = None;
                    waiting.clear();
                }
                Token::Open | Token::Close => {}
                Token::Hex(string) => match (list, next_code) {
                    (List::None, _) => {}
                    (_, Some(code)) => {
                        map.add(code, code, &string);
                        next_code = code.checked_add(1);
                    }
                    _ => {
                        waiting.push(string);
                        map.take(list, &mut waiting);
                    }
                },
            }
        }
        map.ranges.sort_by_key(|mapped| *mapped.codes.start());
        map
    }

    /// Takes what waits once it is whole.
    fn take(&mut self, list: List, waiting: &mut Vec<Vec<u8>>) {
        match (list, waiting.as_slice()) {
            (List::Spaces, [low, high]) => {
                if low.len() == high.len() && (1..=4).contains(&low.len()) {
                    self.spaces.push((low.clone(), high.clone()));
                }
            }
            (List::Characters, [code, characters]) => {
                self.add(value(code), value(code), characters)
            }
            (List::Ranges, [first, last, characters]) => {
                self.add(value(first), value(last), characters)
            }
            _ => return,
        }
        waiting.clear();
    }

    fn add(&mut self, first: u32, last: u32, characters: &[u8]) {
        let units = characters.chunks(2).map(|unit| match unit {
            [high, low] => u16::from_be_bytes([*high, *low]),
            [low] => u16::from(*low),
            _ => 0,
        });
        let units: Vec<u16> = units.collect();
        if first <= last && !units.is_empty() {
            self.ranges.push(Mapped {
                codes: first..=last,
                units,
            });
        }
    }

    /// How many bytes the code at the start of `bytes` has; `None` when the map does not say.
    pub(crate) fn code_len(&self, bytes: &[u8]) -> Option<usize> {
        let fits = |(low, high): &&(Vec<u8>, Vec<u8>)| {
            let limits = low.iter().zip(high);
            bytes.len() >= low.len()
                && bytes
                    .iter()
                    .zip(limits)
                    .all(|(byte, (low, high))| (low..=high).contains(&byte))
        };
        self.spaces.iter().find(fits).map(|(low, _)| low.len())
    }

    /// The characters of `code`.
    pub(crate) fn get(&self, code: u32) -> Option<String> {
        let after = self
            .ranges
            .partition_point(|mapped| *mapped.codes.start() <= code);
        let mapped = self.ranges.get(after.checked_sub(1)?)?;
        if !mapped.codes.contains(&code) {
            return None;
        }
        let mut units = mapped.units.clone();
        let last = units.last_mut()?;
        *last = last.wrapping_add((code - mapped.codes.start()) as u16);
        let text = String::from_utf16_lossy(&units);
        // Codes that map to nothing or to U+FFFD tell nothing.
        let tells = text.chars().any(|c| c != '\0' && c != '\u{FFFD}');
        tells.then_some(text)
    }
}

fn value(code: &[u8]) -> u32 {
    code.iter()
        .take(4)
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'<' if self.bytes.get(self.at) == Some(&b'<') => self.at += 1,
                b'<' => return Some(Token::Hex(self.hex())),
                b'[' => return Some(Token::Open),
                b']' => return Some(Token::Close),
                b'%' => self.skip(|byte| byte != b'\n' && byte != b'\r'),
                b'(' => self.skip(|byte| byte != b')'),
                byte if is_word(byte) => {
                    let start = self.at - 1;
                    self.skip(is_word);
                    return Some(Token::Word(self.bytes.get(start..self.at)?));
                }
                _ => {}
            }
        }
    }

    fn skip(&mut self, goes_on: fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| goes_on(*byte)) {
            self.at += 1;
        }
    }

    fn hex(&mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match char::from(*byte).to_digit(16) {
                Some(digit) => digits.push(digit as u8),
                None if *byte == b'>' => break,
                None => {}
            }
        }
        digits
            .chunks(2)
            .map(|pair| pair.first().unwrap_or(&0) << 4 | pair.get(1).unwrap_or(&0))
            .collect()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_without_their_surroundings() {
        let map = CharMap::parse(
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n2 beginbfchar <0003> <0020>\n<0004><D840DC00> endbfchar\
              2 beginbfrange <0010> <0012> <4E00> <0020> <0021> [<9752> <79BE>] endbfrange",
        );
        assert_eq!(map.code_len(&[0, 3, 0]), Some(2));
        assert_eq!(map.get(3).as_deref(), Some(" "));
        assert_eq!(map.get(4).as_deref(), Some("\u{20000}"));
        assert_eq!(map.get(0x12).as_deref(), Some("\u{4E02}"));
        assert_eq!(map.get(0x20).as_deref(), Some("青"));
        assert_eq!(map.get(0x21).as_deref(), Some("禾"));
        assert_eq!(map.get(0x22), None);
    }
}
