//! Text of RTF, which many a `.doc` is in truth (RTF specification 1.9.1).
//!
//! Every character points at its own bytes: `\'c7\'e0`, `\u-26126?`. Hidden and deleted text,
//! headers, footers, pictures, tables of fonts and styles are left out.

use std::collections::BTreeMap;
use std::ops::Range;

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, SHIFT_JIS, WINDOWS_1252};
use taosha_core::{RawRange, Result};

use super::{Builder, Extracted, damaged};

const NAME: &str = "rtf";

pub(crate) fn is_rtf(raw: &[u8]) -> bool {
    let start = raw.iter().position(|byte| !byte.is_ascii_whitespace());
    start.is_some_and(|start| {
        raw.get(start..)
            .is_some_and(|rest| rest.starts_with(b"{\\rtf"))
    })
}

pub(crate) fn read(raw: &[u8]) -> Result<Extracted> {
    let mut walk = Walk::new(raw);
    while let Some(token) = walk.next() {
        walk.take(token)?;
    }
    walk.flush()?;
    Ok(walk.text.finish(NAME))
}

enum Token<'a> {
    Open,
    Close,
    /// `\par`, `\u-26126`
    Word(&'a str, Option<i32>),
    /// `\~`
    Sign(u8),
    /// `\'c7` or a plain byte.
    Byte(u8),
}

/// What holds in a group and ends with it.
#[derive(Clone, Copy)]
struct Group {
    is_left_out: bool,
    is_hidden: bool,
    font: Option<i32>,
    /// Bytes behind `\u` for programs that do not know it.
    n_fallback: usize,
    /// Nothing but `\*` and `{` so far: the next word names what the group holds.
    is_optional: bool,
}

struct Walk<'a> {
    raw: &'a [u8],
    at: usize,
    /// Where the token that is taken began.
    start: usize,
    text: Builder,
    group: Group,
    groups: Vec<Group>,
    in_fonts: bool,
    fonts: BTreeMap<i32, &'static Encoding>,
    encoding: &'static Encoding,
    /// Bytes that are not decoded yet, with their places: the second half of a character may be
    /// written as a plain letter.
    pending: Vec<(u8, Range<usize>)>,
    high_surrogate: Option<(u16, usize)>,
    n_skip: usize,
}

impl<'a> Walk<'a> {
    fn new(raw: &'a [u8]) -> Self {
        Walk {
            raw,
            at: 0,
            start: 0,
            text: Builder::default(),
            group: Group {
                is_left_out: false,
                is_hidden: false,
                font: None,
                n_fallback: 1,
                is_optional: false,
            },
            groups: Vec::new(),
            in_fonts: false,
            fonts: BTreeMap::new(),
            encoding: WINDOWS_1252,
            pending: Vec::new(),
            high_surrogate: None,
            n_skip: 0,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.raw.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.start = self.at;
            match self.byte()? {
                b'{' => return Some(Token::Open),
                b'}' => return Some(Token::Close),
                b'\r' | b'\n' => {}
                b'\\' => return self.control(),
                byte => return Some(Token::Byte(byte)),
            }
        }
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let first = self.byte()?;
        if first == b'\'' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (high, low) = (self.byte()?, self.byte()?);
            let value = digit(high)
                .zip(digit(low))
                .map(|(high, low)| high * 16 + low);
            return Some(Token::Byte(
                value
                    .and_then(|value| u8::try_from(value).ok())
                    .unwrap_or(b'?'),
            ));
        }
        if !first.is_ascii_alphabetic() {
            return Some(Token::Sign(first));
        }
        /// The specification allows 32 letters.
        const MAX_WORD: usize = 40;
        let rest = self.raw.get(self.at - 1..).unwrap_or_default();
        let n_letters = rest
            .iter()
            .take(MAX_WORD)
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        let word = std::str::from_utf8(rest.get(..n_letters)?).ok()?;
        let rest = rest.get(n_letters..)?;
        let n_sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest
            .get(n_sign..)?
            .iter()
            .take(MAX_WORD)
            .take_while(|byte| byte.is_ascii_digit());
        let n_number = match digits.count() {
            0 => 0,
            n => n + n_sign,
        };
        let number = std::str::from_utf8(rest.get(..n_number)?)
            .ok()?
            .parse()
            .ok();
        self.at += n_letters - 1 + n_number;
        if self.raw.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if word == "bin" {
            let n = number
                .and_then(|n: i32| usize::try_from(n).ok())
                .unwrap_or_default();
            self.at = self.at.saturating_add(n).min(self.raw.len());
        }
        Some(Token::Word(word, number))
    }

    fn is_shown(&self) -> bool {
        !self.group.is_left_out && !self.group.is_hidden
    }

    fn take(&mut self, token: Token) -> Result<()> {
        match token {
            Token::Open => {
                /// Deeper groups are of no program.
                const MAX_DEPTH: usize = 10_000;
                self.flush()?;
                if self.groups.len() >= MAX_DEPTH {
                    return Err(damaged(NAME, "its groups are nested too deep"));
                }
                self.groups.push(self.group);
                self.n_skip = 0;
            }
            Token::Close => {
                self.flush()?;
                let was_left_out = self.group.is_left_out;
                if let Some(group) = self.groups.pop() {
                    self.group = group;
                }
                self.in_fonts &= was_left_out && self.group.is_left_out;
                self.n_skip = 0;
            }
            Token::Byte(_) if self.n_skip > 0 => self.n_skip -= 1,
            Token::Byte(byte) => {
                if self.is_shown() {
                    self.pending.push((byte, self.start..self.at));
                }
            }
            Token::Sign(sign) => self.sign(sign)?,
            Token::Word(word, number) => self.word(word, number)?,
        }
        Ok(())
    }

    fn sign(&mut self, sign: u8) -> Result<()> {
        match sign {
            b'*' => self.group.is_optional = true,
            b'~' => self.push("\u{A0}")?,
            b'_' => self.push("-")?,
            b'\r' | b'\n' => self.push("\n")?,
            b'\\' | b'{' | b'}' if self.is_shown() => {
                self.pending.push((sign, self.start..self.at))
            }
            _ => {}
        }
        Ok(())
    }

    fn word(&mut self, word: &str, number: Option<i32>) -> Result<()> {
        let is_on = number != Some(0);
        if std::mem::take(&mut self.group.is_optional) && !matches!(word, "shptxt" | "shpinst") {
            self.group.is_left_out = true;
        }
        match word {
            "fonttbl" => (self.in_fonts, self.group.is_left_out) = (true, true),
            "colortbl" | "stylesheet" | "info" | "pict" | "object" | "header" | "headerl"
            | "headerr" | "headerf" | "footer" | "footerl" | "footerr" | "footerf" | "fldinst"
            | "annotation" | "themedata" | "datastore" | "listtable" | "listoverridetable"
            | "revtbl" | "rsidtbl" | "generator" | "xmlnstbl" | "nonshppict" => {
                self.flush()?;
                self.group.is_left_out = true;
            }
            "ansicpg" => self.encoding = number.and_then(code_page).unwrap_or(self.encoding),
            "f" => {
                self.flush()?;
                self.group.font = number;
            }
            "plain" => {
                self.flush()?;
                (self.group.font, self.group.is_hidden) = (None, false);
            }
            "fcharset" if self.in_fonts => {
                if let Some((font, encoding)) = self.group.font.zip(number.and_then(font_charset)) {
                    self.fonts.insert(font, encoding);
                }
            }
            "v" | "deleted" => {
                self.flush()?;
                self.group.is_hidden = is_on;
            }
            "uc" => {
                self.group.n_fallback = number.and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
            }
            "u" => self.utf16(number.unwrap_or_default())?,
            "par" | "line" | "sect" | "page" | "row" | "softline" => self.push("\n")?,
            "cell" | "nestcell" => self.push("\t")?,
            "tab" | "emspace" | "enspace" | "qmspace" => self.push(" ")?,
            "emdash" => self.push("—")?,
            "endash" => self.push("–")?,
            "lquote" => self.push("‘")?,
            "rquote" => self.push("’")?,
            "ldblquote" => self.push("“")?,
            "rdblquote" => self.push("”")?,
            "bullet" => self.push("•")?,
            _ => {}
        }
        Ok(())
    }

    /// A unit of UTF-16, written as a number of 16 bits with sign.
    fn utf16(&mut self, number: i32) -> Result<()> {
        let unit = number as u16;
        let start = self.start;
        self.n_skip = self.group.n_fallback;
        if !self.is_shown() {
            return Ok(());
        }
        self.flush()?;
        let high = self.high_surrogate.take();
        let (units, start) = match high {
            Some((high, start)) if (0xDC00..0xE000).contains(&unit) => (vec![high, unit], start),
            _ if (0xD800..0xDC00).contains(&unit) => {
                self.high_surrogate = Some((unit, start));
                return Ok(());
            }
            _ => (vec![unit], start),
        };
        self.text
            .push(&String::from_utf16_lossy(&units), start..self.at)
    }

    /// Text that a control word stands for.
    fn push(&mut self, piece: &str) -> Result<()> {
        self.flush()?;
        match self.is_shown() {
            true => self.text.push(piece, self.start..self.at),
            false => Ok(()),
        }
    }

    /// Decodes the bytes that wait, character by character.
    fn flush(&mut self) -> Result<()> {
        let font = self.group.font.and_then(|font| self.fonts.get(&font));
        let encoding = font.copied().unwrap_or(self.encoding);
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while let Some((first, place)) = rest.first() {
            let is_pair = *first >= 0x81 && encoding != WINDOWS_1252 && rest.len() > 1;
            let n = if is_pair { 2 } else { 1 };
            let (taken, left) = rest.split_at(n);
            let bytes: Vec<u8> = taken.iter().map(|(byte, _)| *byte).collect();
            let raw: RawRange = place.start..taken.last().map_or(place.end, |(_, place)| place.end);
            self.text
                .push(&encoding.decode_without_bom_handling(&bytes).0, raw)?;
            rest = left;
        }
        self.pending = pending;
        self.pending.clear();
        Ok(())
    }
}

fn code_page(number: i32) -> Option<&'static Encoding> {
    match number {
        936 | 54936 => Some(GB18030),
        950 => Some(BIG5),
        932 => Some(SHIFT_JIS),
        949 => Some(EUC_KR),
        1252 => Some(WINDOWS_1252),
        _ => None,
    }
}

/// `\fcharset` of a font.
fn font_charset(number: i32) -> Option<&'static Encoding> {
    match number {
        134 => Some(GB18030),
        136 => Some(BIG5),
        128 => Some(SHIFT_JIS),
        129 => Some(EUC_KR),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rtf: &str) -> (String, taosha_core::Edited) {
        let edited = read(rtf.as_bytes()).unwrap().edited;
        (edited.text().to_owned(), edited)
    }

    #[test]
    fn characters_point_at_their_own_bytes() {
        let rtf =
            r"{\rtf1\ansi\ansicpg936{\fonttbl{\f0 SimSun;}}\'c7\'e0\u31166?{\v hidden}\par A}";
        let (words, edited) = text(rtf);
        assert_eq!(words, "青禾\nA");
        assert_eq!(rtf.get(edited.raw_range(0..3)), Some(r"\'c7\'e0"));
        assert_eq!(rtf.get(edited.raw_range(3..6)), Some(r"\u31166"));
    }

    #[test]
    fn the_font_tells_the_charset() {
        let rtf = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset134 SimSun;}}\f1\'cf\'d8\f0 caf\'e9}";
        assert_eq!(text(rtf).0, "县café");
    }

    #[test]
    fn what_is_not_shown_is_left_out() {
        let rtf = r"{\rtf1\ansicpg936{\info{\title t}}{\header h}{\*\generator g;}{\field{\*\fldinst PAGE}{\fldrslt 3}}{\deleted x}\{a\}\line b}";
        assert_eq!(text(rtf).0, "3{a}\nb");
    }
}
