//! 阅读全文: the rest of this text, or one of a list of others?

use std::ops::Range;

use taosha_core::{Mark, Span, SpanKind};

/// The rule of `rules/chrome.toml` over such buttons.
pub(crate) const RULE: &str = "read_on";

/// A shorter line above the button is a signature, a date or the title of another text.
const LEAST_CHARS: usize = 25;

/// Marks the only one of the `buttons` as a cut, where it stands right behind the last words of the
/// text and these are no signature. All others are buttons of the site. `gone` tells of each of the
/// `lines` whether it is cut, `left_out` of the button whether it was before.
pub(crate) fn settle(
    text: &str,
    lines: &[Range<usize>],
    gone: &[bool],
    buttons: &[(usize, bool)],
    marks: &mut Vec<Mark>,
) {
    let is_prose = |nth: usize| {
        let words = lines.get(nth).and_then(|line| text.get(line.clone()));
        words.is_some_and(|words| words.chars().count() >= LEAST_CHARS)
    };
    let is_text = |nth: usize| gone.get(nth) == Some(&false) && is_prose(nth);
    let ends = |button: usize| {
        button.checked_sub(1).is_some_and(is_text) && !(button..lines.len()).any(is_text)
    };
    let end = match buttons {
        [(button, _)] if ends(*button) => Some(*button),
        _ => None,
    };
    for &(button, left_out) in buttons {
        let Some(line) = lines.get(button) else {
            continue;
        };
        let next = lines.get(button + 1).map_or(text.len(), |next| next.start);
        if end == Some(button) {
            let span = Span::new(text, line.start..next, SpanKind::Cut);
            marks.push(match left_out {
                true => Mark::note(span, RULE),
                false => Mark::cut(span, RULE),
            });
        } else if !left_out {
            let span = Span::new(text, line.start..next, SpanKind::Chrome);
            marks.push(Mark::cut(span, RULE));
        }
    }
}
