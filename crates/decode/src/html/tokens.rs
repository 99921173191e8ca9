//! Tags, comments and the text between them, as ranges of the source.
//!
//! This follows <https://html.spec.whatwg.org/multipage/parsing.html#tokenization>, with these
//! differences, all for pages that lost a piece: the text of a script ends at the first
//! `</script>`, also behind `<!--`; a title or text area that is never closed holds nothing; and a
//! tag that the page breaks off in gives no text. Nothing is copied, and every byte is passed once.

use std::ops::Range;

/// What stands at a place of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Text, its references unresolved.
    Text(Range<usize>),
    /// A start tag, which is in [`Tokens::tag`].
    Start(Range<usize>),
    /// An end tag, its name as the page writes it.
    End(&'a str, Range<usize>),
    /// A comment, a doctype or what is read as one.
    Comment(Range<usize>),
}

/// A start tag.
#[derive(Debug, Default)]
pub(super) struct Tag<'a> {
    /// As the page writes it.
    pub(super) name: &'a str,
    /// Names and values, references unresolved.
    attributes: Vec<(&'a str, &'a str)>,
}

/// A tag with more attributes is an attack, not markup.
const MAX_ATTRIBUTES: usize = 64;

/// Longer values are scripts and pictures put into the page.
const MAX_VALUE: usize = 2048;

impl<'a> Tag<'a> {
    /// The value of the first attribute called `name`; nothing for values of scripts.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(if value.len() <= MAX_VALUE { value } else { "" })
    }

    /// True when it says anything besides its name.
    pub(super) fn has_attributes(&self) -> bool {
        !self.attributes.is_empty()
    }
}

/// Elements whose content is text, whatever tags stand in it.
const RAW: [&str; 8] = [
    "script", "style", "title", "textarea", "xmp", "iframe", "noframes", "noembed",
];

/// Of these, the ones whose content is no text of the page; without an end they take its rest.
const N_CODE: usize = 2;

pub(super) struct Tokens<'a> {
    source: &'a str,
    at: usize,
    /// The element whose raw content comes next.
    raw: Option<usize>,
    /// No end tag of this raw element is left, so that it is searched for once.
    unclosed: [bool; RAW.len()],
    /// No `-->` is left.
    no_comment_end: bool,
    /// The start tag that was read last.
    pub(super) tag: Tag<'a>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Tokens {
            source,
            at: 0,
            raw: None,
            unclosed: [false; RAW.len()],
            no_comment_end: false,
            tag: Tag::default(),
        }
    }

    /// The next token, and nothing at the end of the page or in a tag it breaks off in.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        if let Some(raw) = self.raw.take()
            && let Some(content) = self.raw_content(raw)
        {
            return Some(content);
        }
        let start = self.at;
        let mut from = start;
        while let Some(open) = self.find(from, b'<') {
            let is_markup = match self.byte(open + 1) {
                None => false,
                Some(b'!' | b'?' | b'/') => true,
                Some(byte) => byte.is_ascii_alphabetic(),
            };
            if !is_markup {
                from = open + 1;
            } else if open > start {
                self.at = open;
                return Some(Token::Text(start..open));
            } else {
                return self.markup(open);
            }
        }
        self.at = self.source.len();
        (start < self.at).then_some(Token::Text(start..self.at))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    fn find(&self, from: usize, byte: u8) -> Option<usize> {
        let rest = self.source.as_bytes().get(from..)?;
        memchr::memchr(byte, rest).map(|at| from + at)
    }

    fn find_str(&self, from: usize, words: &str) -> Option<usize> {
        let rest = self.source.as_bytes().get(from..)?;
        memchr::memmem::find(rest, words.as_bytes()).map(|at| from + at)
    }

    fn markup(&mut self, open: usize) -> Option<Token<'a>> {
        match (self.byte(open + 1)?, self.byte(open + 2)) {
            (b'!', Some(b'-')) if self.byte(open + 3) == Some(b'-') => {
                Some(self.comment(open, open + 4))
            }
            (b'/', Some(letter)) if letter.is_ascii_alphabetic() => {
                let name = self.name(open + 2);
                self.attributes(open + 2 + name.len())?;
                Some(Token::End(name, open..self.at))
            }
            (b'/', None) => {
                self.at = self.source.len();
                Some(Token::Text(open..self.at))
            }
            (b'!' | b'?' | b'/', _) => {
                let end = self.find(open + 2, b'>');
                self.at = end.map_or(self.source.len(), |end| end + 1);
                Some(Token::Comment(open..self.at))
            }
            _ => {
                self.tag.name = self.name(open + 1);
                self.attributes(open + 1 + self.tag.name.len())?;
                let name = self.tag.name;
                self.raw = RAW.iter().position(|raw| raw.eq_ignore_ascii_case(name));
                Some(Token::Start(open..self.at))
            }
        }
    }

    fn comment(&mut self, open: usize, from: usize) -> Token<'a> {
        // <!--> and <!---> are comments of nothing.
        let rest = self.source.get(from..).unwrap_or_default();
        let end = match () {
            () if rest.starts_with('>') => Some(from + 1),
            () if rest.starts_with("->") => Some(from + 2),
            () => {
                let plain = match self.no_comment_end {
                    false => self.find_str(from, "-->").map(|at| at + 3),
                    true => None,
                };
                self.no_comment_end = plain.is_none();
                let until = plain.unwrap_or(self.source.len());
                let odd = self.source.get(from..until).and_then(|c| c.find("--!>"));
                odd.map(|at| from + at + 4).or(plain)
            }
        };
        self.at = end.unwrap_or(self.source.len());
        Token::Comment(open..self.at)
    }

    fn name(&self, from: usize) -> &'a str {
        let rest = self.source.get(from..).unwrap_or_default();
        let ends = |byte: u8| is_space(byte) || matches!(byte, b'/' | b'>');
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Reads attributes up to the end of the tag, and sets the place behind it. `None` when the page
    /// ends in the tag.
    fn attributes(&mut self, from: usize) -> Option<()> {
        let bytes = self.source.as_bytes();
        let until = |mut at: usize, ends: fn(u8) -> bool| {
            while bytes.get(at).is_some_and(|&byte| !ends(byte)) {
                at += 1;
            }
            at
        };
        self.tag.attributes.clear();
        let mut at = from;
        self.at = bytes.len();
        loop {
            at = until(at, |byte| byte != b'/' && !is_space(byte));
            if *bytes.get(at)? == b'>' {
                self.at = at + 1;
                return Some(());
            }
            // A `=` in front belongs to the name.
            let name_end = until(at + 1, |byte| {
                is_space(byte) || matches!(byte, b'/' | b'>' | b'=')
            });
            let name = at..name_end;
            at = until(name_end, |byte| !is_space(byte));
            let mut value = at..at;
            if bytes.get(at) == Some(&b'=') {
                at = until(at + 1, |byte| !is_space(byte));
                let quote = *bytes.get(at)?;
                if matches!(quote, b'"' | b'\'') {
                    let end = self.find(at + 1, quote)?;
                    value = at + 1..end;
                    at = end + 1;
                } else {
                    value.start = at;
                    while bytes.get(at).is_some_and(|&b| b != b'>' && !is_space(b)) {
                        at += 1;
                    }
                    value.end = at;
                }
            }
            if self.tag.attributes.len() < MAX_ATTRIBUTES
                && let (Some(name), Some(value)) = (self.source.get(name), self.source.get(value))
            {
                self.tag.attributes.push((name, value));
            }
        }
    }

    /// The text up to the end tag of a raw element, or nothing when there is none before it.
    fn raw_content(&mut self, raw: usize) -> Option<Token<'a>> {
        let start = self.at;
        let end = self.raw_end(raw).or_else(|| {
            self.unclosed[raw] = true;
            (raw < N_CODE).then_some(self.source.len())
        })?;
        self.at = end;
        (end > start).then_some(Token::Text(start..end))
    }

    fn raw_end(&self, raw: usize) -> Option<usize> {
        if self.unclosed[raw] {
            return None;
        }
        let name = RAW[raw];
        let mut from = self.at;
        loop {
            let open = self.find_str(from, "</")?;
            let behind = self.source.as_bytes().get(open + 2..)?;
            let found = behind.get(..name.len())?;
            let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>');
            if found.eq_ignore_ascii_case(name.as_bytes())
                && behind.get(name.len()).is_some_and(ends)
            {
                return Some(open);
            }
            from = open + 2;
        }
    }

    /// True when the start tag that was just read opens a raw element without an end: it is passed
    /// over.
    pub(super) fn is_unclosed(&mut self) -> bool {
        let Some(raw) = self.raw.filter(|raw| *raw >= N_CODE) else {
            return false;
        };
        if self.raw_end(raw).is_some() {
            return false;
        }
        self.unclosed[raw] = true;
        self.raw = None;
        true
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0C' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::convert::Infallible;

    use html5gum::Tokenizer;
    use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
    use proptest::prelude::*;

    /// What the tokenizer of the standard makes of `source`: names of tags with their attributes.
    fn expected(source: &str) -> Vec<String> {
        let told = RefCell::new(Vec::new());
        // The attributes of an end tag come before its name.
        let is_start = Cell::new(false);
        let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| {
            let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
            let mut told = told.borrow_mut();
            match event {
                CallbackEvent::OpenStartTag { name } => {
                    is_start.set(true);
                    told.push(format!("<{}", words(name)));
                }
                CallbackEvent::CloseStartTag { .. } => is_start.set(false),
                CallbackEvent::AttributeName { name } if is_start.get() => {
                    told.push(format!(" {}", words(name)));
                }
                CallbackEvent::AttributeValue { value } if is_start.get() => {
                    if let Some(last) = told.last_mut().filter(|_| !value.is_empty()) {
                        last.push('=');
                        last.push_str(&words(value));
                    }
                }
                CallbackEvent::EndTag { name } => told.push(format!("</{}", words(name))),
                _ => {}
            }
            None::<Infallible>
        });
        let Ok(()) = Tokenizer::new_with_emitter(source, emitter).finish();
        told.into_inner()
    }

    fn found(source: &str) -> Vec<String> {
        let mut tokens = Tokens::new(source);
        let mut told = Vec::new();
        while let Some(token) = tokens.next() {
            match token {
                Token::Start(_) => {
                    told.push(format!("<{}", tokens.tag.name.to_ascii_lowercase()));
                    told.extend(tokens.tag.attributes.iter().map(|(name, value)| {
                        let equals = if value.is_empty() { "" } else { "=" };
                        format!(" {name}{equals}{value}").to_ascii_lowercase()
                    }));
                }
                Token::End(name, _) => told.push(format!("</{}", name.to_ascii_lowercase())),
                Token::Text(_) | Token::Comment(_) => {}
            }
        }
        told
    }

    #[test]
    fn what_was_never_closed_takes_no_more_than_it_must() {
        assert_eq!(found("<title>甲<p>乙"), ["<title", "<p"]);
        assert_eq!(found("<p>甲<script>乙<p>"), ["<p", "<script"]);
        assert_eq!(found("<!-- 甲 --!><p>"), ["<p"]);
        assert_eq!(found("<!-- 甲 <p>"), Vec::<String>::new());
        assert_eq!(
            found("<script><!--<script></script><p>"),
            ["<script", "</script", "<p"]
        );
    }

    proptest! {
        #[test]
        fn tags_are_those_of_the_standard(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<", ">", "<p", "</p", "</", "/>", "/", " ", "=", "\"", "'", "a", "B=1", " c='2'", " d=\"3>\"", "\n",
                "<!--", "-->", "--!>", "<!", "<?", "-", "甲", "<br/>", "<A HREF=x>", "<b/c>", "<1", "!",
            ]), 0..24)
        ) {
            let source: String = pieces.concat();
            // The tokenizer tells of a tag when its name is read; ours, when all of it is. So all are
            // closed here.
            let whole = format!("{source}\"'>-->");
            let (found, expected) = (found(&whole), expected(&whole));
            prop_assert_eq!(&found[..], &expected[..found.len().min(expected.len())]);
        }

        #[test]
        fn tokens_touch_each_other(source in "[<>a-c/!\"'= 甲-]{0,60}") {
            let mut tokens = Tokens::new(&source);
            let mut at = 0;
            while let Some(token) = tokens.next() {
                let (Token::Text(range) | Token::Start(range) | Token::End(_, range) | Token::Comment(range)) = token;
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end > at && source.is_char_boundary(range.end));
                at = range.end;
            }
        }
    }
}
