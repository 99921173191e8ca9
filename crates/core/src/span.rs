use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A half-open range of a [`Document`](crate::Document)'s text, with what it is.
///
/// Offsets count bytes of the text and always lie on character borders: a span is made from the
/// text it lies in and cannot split 淘 in half. Tables show the same range in Unicode scalar
/// values, see [`rows`](crate::rows).
///
/// A span that was read from JSON by itself is two numbers that nobody has checked; one that was
/// read as part of a [`Report`](crate::Report) lies in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    start: u32,
    end: u32,
    kind: SpanKind,
}

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpanKind {
    /// A whole report on its page.
    Report,
    /// Site text around or between the report: navigation, adverts, forms.
    Chrome,
    /// Site text in the middle of a sentence or word.
    Watermark,
    /// The site's own heading of a report in a compilation: `【第5篇】`, `第1篇 … 3250字`.
    Marker,
    /// Where the site says that text is left out: `……此处隐藏4314个字……`.
    Cut,
    /// The title of the report.
    Title,
    /// A heading of the outline.
    Heading,
    /// A node of the outline: its heading and the text up to the next one.
    Section,
    /// Whole sentences put together for search and language models.
    Chunk,
    /// A signature, a date, a list of attachments, a table; [`Mark::rule`] says which.
    Part,
    /// A sentence, or a line that has no stop.
    Sentence,
    /// A name or number hidden by a mask: `XX县`, `20xx年`, `____`.
    Mask,
    /// Text that is known to be broken, such as □ for a lost character.
    Damage,
    /// Text that was repaired.
    Repair,
    /// The words that prove a fact.
    Evidence,
    /// A passage that other reports share.
    Passage,
    /// Found by a stage that is not ours; [`Mark::rule`] says what it is.
    Other,
}

impl Span {
    /// The span over `range` of `text`.
    ///
    /// # Panics
    /// When `range` does not lie on character borders of `text`: the caller's arithmetic is wrong.
    pub fn new(text: &str, range: Range<usize>, kind: SpanKind) -> Self {
        assert!(
            text.get(range.clone()).is_some(),
            "span {range:?} is not on character borders of a text of {} bytes",
            text.len()
        );
        Span::unchecked(range, kind)
    }

    /// For ranges whose borders were taken from another span or from the map.
    pub(crate) fn unchecked(range: Range<usize>, kind: SpanKind) -> Self {
        let offset = |at: usize| u32::try_from(at).expect("decode refuses texts of 4 GiB");
        Span {
            start: offset(range.start),
            end: offset(range.end),
            kind,
        }
    }

    /// First byte of the span in the text.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// The byte after the span.
    pub fn end(&self) -> usize {
        self.end as usize
    }

    /// What the span is.
    pub fn kind(&self) -> SpanKind {
        self.kind
    }

    /// The span as a byte range, for slicing.
    pub fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.range().len()
    }

    /// True for a span that marks a place and holds no text.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// True when the two spans share at least one byte.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True when `other` lies wholly inside.
    pub fn contains(&self, other: &Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// Something found in the text: the span, the rule that found it, and how the place reads now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where.
    pub span: Span,
    /// The rule that found it, as `wordlist.entry` or a short noun: `breadcrumb`, `phone`.
    pub rule: Cow<'static, str>,
    /// What stands there when the report is read: `None` the text itself, `Some("")` nothing,
    /// `Some("***")` these characters instead. The document keeps the original either way.
    pub reads_as: Option<Cow<'static, str>>,
}

impl Mark {
    /// A finding that leaves the text as it stands.
    pub fn note(span: Span, rule: impl Into<Cow<'static, str>>) -> Self {
        Mark {
            span,
            rule: rule.into(),
            reads_as: None,
        }
    }

    /// A finding that takes the span out of what is read.
    pub fn cut(span: Span, rule: impl Into<Cow<'static, str>>) -> Self {
        Mark {
            span,
            rule: rule.into(),
            reads_as: Some("".into()),
        }
    }

    /// A finding that puts other characters in place of the span.
    pub fn replace(
        span: Span,
        rule: impl Into<Cow<'static, str>>,
        by: impl Into<Cow<'static, str>>,
    ) -> Self {
        Mark {
            span,
            rule: rule.into(),
            reads_as: Some(by.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "character borders")]
    fn a_span_cannot_split_a_character() {
        Span::new("淘沙", 0..2, SpanKind::Chrome);
    }

    #[test]
    fn touching_spans_do_not_overlap() {
        let span = |range| Span::new("abcdef", range, SpanKind::Chrome);
        assert!(!span(0..2).overlaps(&span(2..4)));
        assert!(span(0..3).overlaps(&span(2..4)));
        assert!(span(0..4).contains(&span(2..4)));
    }
}
