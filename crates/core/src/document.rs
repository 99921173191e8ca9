use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Edited, Map, RawRange, Span, SpanKind};

/// Decoded text, immutable from here on, with its map back to the raw bytes.
///
/// The text still holds chrome and masks; they are [`Mark`](crate::Mark)s of the
/// [`Report`](crate::Report) over it, so they can be shown and undone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Document {
    text: String,
    map: Map,
    /// The charset the bytes were read as, by its WHATWG name in lower case: `utf-8`, `gb18030`.
    pub charset: String,
    /// The script the page is written in.
    pub script: Script,
    /// What the page says about itself, outside its text.
    pub page: PageMeta,
    /// Every place where the text differs from what the bytes say, in order of the text.
    pub repairs: Vec<Repair>,
}

/// Which of the two Chinese scripts a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// 简体
    Simplified,
    /// 繁體
    Traditional,
    /// Both in notable amounts, or characters common to both only.
    Mixed,
    /// Not Chinese.
    Other,
}

impl Script {
    /// The name used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Script::Simplified => "simplified",
            Script::Traditional => "traditional",
            Script::Mixed => "mixed",
            Script::Other => "other",
        }
    }
}

/// What a page says about itself in its head, by-lines and links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMeta {
    /// The page's title, without the site's name.
    pub title: Option<String>,
    /// Who put the page up, as the page has it.
    pub publisher: Option<String>,
    /// The date in the by-line, ISO 8601.
    pub published: Option<String>,
    /// Links to the other pages of the same article.
    pub links: Links,
}

/// Pagination found on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Target of 上一页.
    pub previous: Option<String>,
    /// Target of 下一页.
    pub next: Option<String>,
    /// Targets of `[1] [2] [3]`, in order, with the number shown.
    pub pages: Vec<(u32, String)>,
}

impl Links {
    /// True when the page says that it is one of several.
    pub fn is_paginated(&self) -> bool {
        self.previous.is_some() || self.next.is_some() || self.pages.len() > 1
    }
}

/// A place where the text differs from what the bytes say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// The repaired text; empty where something was taken out.
    pub span: Span,
    /// The rule, for instance `pinyin_annotation`.
    pub kind: Cow<'static, str>,
    /// What stood there.
    pub before: String,
    /// The bytes it stood in.
    pub raw: RawRange,
    /// How sure the rule is of what stands there now, from 0 to 1.
    #[serde(default = "certain")]
    pub confidence: f32,
}

/// Most rules leave no choice.
fn certain() -> f32 {
    1.0
}

impl Document {
    /// Freezes an edited text.
    pub fn new(edited: Edited, charset: impl Into<String>, script: Script) -> Self {
        let (text, map) = edited.into_parts();
        let (charset, page, repairs) = (charset.into(), PageMeta::default(), Vec::new());
        Document {
            text,
            map,
            charset,
            script,
            page,
            repairs,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The words under `span`.
    pub fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.range())
            .expect("a span lies on borders of the text it was made from")
    }

    /// A span over `range` of this text.
    ///
    /// # Panics
    /// When `range` does not lie on character borders.
    pub fn span(&self, range: std::ops::Range<usize>, kind: SpanKind) -> Span {
        Span::new(&self.text, range, kind)
    }

    /// The bytes of the fetched page that `span` was made from.
    pub fn raw_range(&self, span: Span) -> RawRange {
        self.map.raw_range(span.range())
    }

    /// The map itself, for tests of its promises.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The byte after the last one of the page that anything here points at.
    pub(crate) fn raw_end(&self) -> u64 {
        let repairs = self.repairs.iter().map(|repair| repair.raw.end as u64);
        repairs.chain([self.map.raw_end()]).max().unwrap_or(0)
    }

    /// Refuses a span, read from elsewhere, that is not on character borders of this text.
    pub(crate) fn check(&self, span: Span) -> Result<(), String> {
        if self.text.get(span.range()).is_some() {
            return Ok(());
        }
        Err(format!(
            "{span:?} is not on character borders of a text of {} bytes",
            self.text.len()
        ))
    }
}

/// A document as it is written, before anyone knows that its parts belong together.
#[derive(Deserialize)]
struct Written {
    text: String,
    map: Map,
    charset: String,
    script: Script,
    page: PageMeta,
    repairs: Vec<Repair>,
}

impl TryFrom<Written> for Document {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (text, map, repairs) = (written.text, written.map, written.repairs);
        if map.text_len() != text.len() {
            return Err(format!(
                "the map is for a text of {} bytes, the text has {}",
                map.text_len(),
                text.len()
            ));
        }
        let document = Document {
            text,
            map,
            charset: written.charset,
            script: written.script,
            page: written.page,
            repairs,
        };
        for repair in &document.repairs {
            document.check(repair.span)?;
            if repair.raw.start > repair.raw.end {
                return Err(format!("a repair has the raw bytes {:?}", repair.raw));
            }
        }
        Ok(document)
    }
}
