//! Character references: `&nbsp;`, `&#19968;`.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::LazyLock;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use regex::Regex;

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?")
        .expect("a literal pattern compiles")
});

/// The next reference in `text` from `at` on, as its range and what it stands for. What looks like
/// one and stands for nothing is passed over.
pub(crate) fn next(
    text: &str,
    mut at: usize,
) -> Option<(std::ops::Range<usize>, Cow<'static, str>)> {
    loop {
        let found = REFERENCE.find_at(text, at)?;
        let stands_for = resolve(found.as_str());
        if stands_for != found.as_str() {
            return Some((found.range(), stands_for));
        }
        at = found.end();
    }
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
