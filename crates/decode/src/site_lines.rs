//! Site text by corpus evidence: a line that many pages of one site show around different texts.
//!
//! Reports in, the same reports out, with marks over lines that the pages before them had as well.
//! What a rule cannot know, a site tells by repeating itself: `青禾文档之家 让写作更轻松`. Only what
//! stands around the text counts, and nothing that reads like a part of a report, because reports
//! repeat each other too: their headings, their signatures, whole paragraphs.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use taosha_core::{
    Error, Form, Id, Kind, Mark, Output, Record, Report, Result, Settings, Span, SpanKind, State,
    StatefulStage, StatefulStageType,
};

use crate::line_like;

/// The options of `site_lines`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SiteLinesConfig {
    /// A line is site text from the page on that makes so many pages of its site with different
    /// texts, 2 to 1000.
    pub pages: usize,
}

impl Default for SiteLinesConfig {
    fn default() -> Self {
        SiteLinesConfig { pages: 10 }
    }
}

/// Marks the lines that a site repeats.
///
/// The first pages of a site keep theirs: nothing is known of a line before it was repeated, and
/// what was written is not written again.
#[derive(Debug)]
pub struct SiteLines {
    pages: usize,
}

/// What the state is asked about a page.
pub struct Prepared {
    lines: Vec<Line>,
    /// Tells this text from others of the site.
    body: [u8; BODY_BYTES],
}

/// A line that may be site text.
struct Line {
    /// Bytes of the reading, the line break behind it included.
    range: Range<usize>,
    /// Of the site and the comparison form of the line.
    key: Id,
}

/// So many bytes tell the texts of a site apart.
const BODY_BYTES: usize = 8;

/// So many lines before and behind the text are looked at; `decode` left few.
const EDGE_LINES: usize = 20;

/// The name of the mark and of the trail's decision.
const RULE: &str = "site_line";

const MOST_PAGES: usize = 1000;

impl SiteLines {
    /// Checks the options.
    ///
    /// # Errors
    /// [`Config`](taosha_core::ErrorKind::Config) when `pages` is out of range.
    pub fn new(config: &SiteLinesConfig) -> Result<Self> {
        let pages = config.pages;
        if !(2..=MOST_PAGES).contains(&pages) {
            let message = format!("know site text by {pages} pages: known are 2 to {MOST_PAGES}");
            return Err(Error::config("site_lines.pages", message).for_option("pages"));
        }
        Ok(SiteLines { pages })
    }
}

/// The lines of `report` that its site may repeat, and what its text is known by. `None` for a page
/// without text of its own, which tells nothing.
fn prepare(uri: &str, report: &Report) -> Option<Prepared> {
    let text = report.reading().text();
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            lines.push(start..start + line.len());
        }
        start += line.len();
    }
    let words = |line: &Range<usize>| text.get(line.clone()).unwrap_or_default().trim();
    let is_body = |line: &Range<usize>| line_like::is_prose(words(line));
    let first = lines.iter().position(is_body)?;
    let last = lines.iter().rposition(is_body)?;
    // The least and the greatest of the digests of its paragraphs: copies of a text with other edges
    // have the same, and one disclaimer that was taken for a paragraph does not make all texts one.
    let digest = |line: &Range<usize>| {
        let form = Form::of(words(line));
        let id = Id::of("site_lines.body", &[form.text().as_bytes()]);
        id.as_bytes().first_chunk::<{ BODY_BYTES / 2 }>().copied()
    };
    let paragraphs = lines.get(first..=last)?.iter();
    let digests = paragraphs.filter(|line| is_body(line)).filter_map(digest);
    let (least, greatest) = digests.fold(([u8::MAX; 4], [0; 4]), |(least, greatest), digest| {
        (digest.min(least), digest.max(greatest))
    });
    let mut body = [0; BODY_BYTES];
    for (to, from) in body.iter_mut().zip(least.into_iter().chain(greatest)) {
        *to = from;
    }

    let site = site(uri);
    let around = (0..first.min(EDGE_LINES)).chain(last + 1..lines.len().min(last + 1 + EDGE_LINES));
    // Between its paragraphs a page has headings; there a line has to speak of the site.
    let between = (first + 1..last).filter(|&at| {
        lines
            .get(at)
            .is_some_and(|line| line_like::speaks_of_site(words(line)))
    });
    let mut at: Vec<usize> = around.chain(between).collect();
    at.sort_unstable();
    let lines = at.into_iter().filter_map(|at| lines.get(at)).cloned();
    let lines = lines.filter(|line| line_like::may_be_site(words(line)));
    let line = |range: Range<usize>| {
        let form = Form::of(words(&range));
        let key = Id::of(
            "site_lines.line",
            &[site.as_bytes(), form.text().as_bytes()],
        );
        Line { range, key }
    };
    Some(Prepared {
        lines: lines.map(line).collect(),
        body,
    })
}

/// The site a page is from: the host of a URL without `www.`, the folder of a file.
fn site(uri: &str) -> String {
    let Some((_, rest)) = uri.split_once("://") else {
        let folder = uri.rsplit_once('/').map(|(folder, _)| folder);
        return folder.unwrap_or_default().to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let host = host.to_ascii_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

/// Notes that a page with the text `body` has the line of `key`; true when it is one of `pages`
/// such pages with different texts.
fn is_repeated(
    state: &mut dyn State,
    key: &Id,
    body: [u8; BODY_BYTES],
    pages: usize,
) -> Result<bool> {
    let mut bodies = state.get(key.as_bytes())?.unwrap_or_default();
    let (known, _) = bodies.as_chunks::<BODY_BYTES>();
    if known.len() >= pages {
        return Ok(true);
    }
    if known.contains(&body) {
        return Ok(false);
    }
    let is_last = known.len() + 1 >= pages;
    bodies.extend_from_slice(&body);
    state.put(key.as_bytes(), &bodies)?;
    Ok(is_last)
}

impl StatefulStage for SiteLines {
    type Prepared = Option<Prepared>;

    fn prepare(&self, record: &Record) -> Result<Self::Prepared> {
        Ok(prepare(&record.origin.uri, record.report()?))
    }

    fn settle(
        &self,
        mut record: Record,
        prepared: Self::Prepared,
        state: &mut dyn State,
        out: &mut Output,
    ) -> Result<()> {
        let mut repeated: Vec<Range<usize>> = Vec::new();
        if let Some(Prepared { lines, body }) = prepared {
            for line in lines {
                if is_repeated(state, &line.key, body, self.pages)? {
                    repeated.push(line.range);
                }
            }
        }
        if !repeated.is_empty() {
            record.note(RULE, json!(repeated.len()));
            let report = record.report_mut()?;
            let reading = report.reading();
            let span = |range| -> Span { reading.span(range, SpanKind::Chrome) };
            let marks: Vec<Mark> = repeated
                .into_iter()
                .map(|range| Mark::cut(span(range), RULE))
                .collect();
            report.mark(marks);
        }
        out.emit(record);
        Ok(())
    }
}

impl StatefulStageType for SiteLines {
    const NAME: &'static str = "site_lines";
    const ABOUT: &'static str =
        "marks lines that many pages of one site show around different texts";
    const TAKES: Kind = Kind::Report;
    const GIVES: Kind = Kind::Report;
    type Config = SiteLinesConfig;

    fn build(config: SiteLinesConfig, _settings: &Settings) -> Result<Self> {
        SiteLines::new(&config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_its_host_or_its_folder() {
        for (uri, known) in [
            ("https://www.Qinghe.example/a/b.html?x=/1", "qinghe.example"),
            (
                "http://user@docs.qinghe.example:8080",
                "docs.qinghe.example",
            ),
            ("pages/qinghe/a.html", "pages/qinghe"),
            ("a.html", ""),
        ] {
            assert_eq!(site(uri), known, "{uri}");
        }
    }
}
