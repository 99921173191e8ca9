//! Character references: `&nbsp;`, `&#19968;`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// The next reference in `text` from `at` on, as its range and what it stands for. What looks like
/// one and stands for nothing is passed over.
pub(crate) fn next(text: &str, mut at: usize) -> Option<(Range<usize>, Cow<'static, str>)> {
    loop {
        let start = at + memchr::memchr(b'&', text.as_bytes().get(at..)?)?;
        let reference = reference(text.get(start..)?);
        at = start + reference.len().max(1);
        if reference.is_empty() {
            continue;
        }
        let stands_for = resolve(reference);
        if stands_for != reference {
            return Some((start..at, stands_for));
        }
    }
}

/// What has the form of a reference at the start of `text`; nothing when nothing has.
fn reference(text: &str) -> &str {
    /// Digits of a number, and letters of the longest name.
    const MAX_DIGITS: usize = 8;
    const MAX_NAME: usize = 32;
    let bytes = text.as_bytes();
    let (start, most, is_part): (usize, usize, fn(&u8) -> bool) = match bytes.get(1..3) {
        Some([b'#', b'x' | b'X']) => (3, MAX_DIGITS, u8::is_ascii_hexdigit),
        Some([b'#', _]) => (2, MAX_DIGITS, u8::is_ascii_digit),
        Some([letter, _]) if letter.is_ascii_alphabetic() => {
            (1, MAX_NAME, u8::is_ascii_alphanumeric)
        }
        _ => return "",
    };
    let body = bytes.get(start..).unwrap_or_default();
    let n = body
        .iter()
        .take(most)
        .take_while(|byte| is_part(byte))
        .count();
    // A single letter is no name.
    if n == 0 || start == 1 && n == 1 {
        return "";
    }
    let end = start + n + usize::from(body.get(n) == Some(&b';'));
    text.get(..end).unwrap_or_default()
}

/// `text` with its references resolved.
pub(super) fn resolved(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let (mut resolved, mut at) = (String::new(), 0);
    let mut from = first;
    while let Some((range, stands_for)) = next(text, from) {
        resolved.push_str(text.get(at..range.start).unwrap_or_default());
        resolved.push_str(&stands_for);
        at = range.end;
        from = at;
    }
    resolved.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(resolved)
}

/// What `reference` stands for; itself when it stands for nothing.
fn resolve(reference: &str) -> Cow<'static, str> {
    // Nine tenths of all references; the rest is left to the tokenizer, which has the table.
    let common = match reference {
        "&nbsp;" => "\u{A0}",
        "&amp;" => "&",
        "&lt;" => "<",
        "&gt;" => ">",
        "&quot;" => "\"",
        "&ldquo;" => "“",
        "&rdquo;" => "”",
        "&lsquo;" => "‘",
        "&rsquo;" => "’",
        "&hellip;" => "…",
        "&mdash;" => "—",
        "&middot;" => "·",
        "&ensp;" => "\u{2002}",
        "&emsp;" => "\u{2003}",
        _ => "",
    };
    if !common.is_empty() {
        return common.into();
    }
    let mut value = String::new();
    let emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        if let CallbackEvent::String { value: text } = event {
            value.push_str(&String::from_utf8_lossy(text));
        }
        None::<Infallible>
    });
    let Ok(()) = Tokenizer::new_with_emitter(reference, emitter).finish();
    value.into()
}
