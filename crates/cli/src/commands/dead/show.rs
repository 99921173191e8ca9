use std::path::Path;

use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;
use taosha_core::{Body, Row, Step};
use taosha_engine::{DeadRecord, Segment, Store};

use crate::Exit;
use crate::args::{Format, OutputArgs};
use crate::bytes_view::{charset, rows};
use crate::commands::runs::moment;
use crate::commands::why::steps;
use crate::paper::Paper;
use crate::terminal::Terminal;

/// Sixteen rows: what a screen holds beside the rest.
const SHOWN_BYTES: usize = 256;

/// Columns of the labels.
const ROOM: usize = 10;

/// A dead letter with what its epoch has of it.
pub(super) struct Kept {
    /// The page's bytes.
    pub(super) raw: Vec<u8>,
    /// What the letter was decoded as, if it came so far.
    charset: Option<String>,
    steps: Vec<Step>,
}

impl Kept {
    pub(super) fn of(letter: &DeadRecord, segment: &Segment) -> Result<Self> {
        let mut rows = segment.rows.values().flatten();
        let row = rows.find_map(|row| match row {
            Row::Dead(row) if row.id == letter.id => Some(row),
            _ => None,
        });
        let raw = row.map(|row| BASE64_STANDARD.decode(&row.raw)).transpose();
        let record = segment
            .letters
            .iter()
            .find(|kept| kept.id == letter.id)
            .and_then(|kept| kept.record.as_ref());
        let charset = record.and_then(|record| match &record.body {
            Body::Report(report) => Some(report.document().charset.clone()),
            Body::Raw => None,
        });
        let story = segment.stories.iter().find(|story| story.id == letter.id);
        Ok(Kept {
            raw: raw
                .context("read the bytes of the page")?
                .unwrap_or_default(),
            charset,
            steps: story.map(|story| story.steps.clone()).unwrap_or_default(),
        })
    }
}

/// `taosha dead show`
pub(super) fn show(
    store: &Store,
    letter: &DeadRecord,
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<Exit> {
    let body = Kept::of(letter, &store.segment(letter.epoch)?)?;
    let head = body.raw.get(..SHOWN_BYTES).unwrap_or(&body.raw);
    let encoding = charset(body.charset.as_deref(), head);
    if output.format == Format::Json {
        let mut shown = serde_json::to_value(letter)?;
        shown["charset"] = json!(body.charset);
        shown["steps"] = json!(body.steps);
        shown["raw_bytes"] = json!(body.raw.len());
        shown["raw"] = json!(BASE64_STANDARD.encode(&body.raw));
        terminal.out(&shown.to_string());
        return Ok(Exit::Ok);
    }
    let mut paper = Paper::new();
    paper.line(0, &format!("dead letter {}", letter.id));
    paper.gap();
    paper.entry(2, ROOM, "page", &letter.uri);
    let position = &*letter.position.0;
    if position != letter.uri {
        paper.entry(2, ROOM, "at", position);
    }
    paper.entry(2, ROOM, "source", &letter.source);
    let refused = match letter.stage == letter.source {
        true => format!(
            "source `{}` could not read it ({})",
            letter.stage, letter.code
        ),
        false => format!("stage `{}` refused it ({})", letter.stage, letter.code),
    };
    paper.entry(2, ROOM, "why", &refused);
    paper.entry(2, ROOM, "", &format!("failed to {}", letter.message));
    let tried = format!(
        "{}×, last {} in epoch {}",
        letter.attempts,
        moment(letter.at),
        letter.epoch
    );
    paper.entry(2, ROOM, "tried", &tried);
    if !body.steps.is_empty() {
        paper.gap();
        steps(&mut paper, &body.steps);
    }
    paper.gap();
    let mut out = paper.into_text();
    match body.raw.len() {
        0 => out.push_str("  no bytes of it are kept\n"),
        n => {
            let read_as = match &body.charset {
                Some(charset) => format!("read as {charset}"),
                None => format!("shown as {}, a guess", encoding.name()),
            };
            let which = if n > head.len() { "the first of " } else { "" };
            out.push_str(&format!("  {which}{n} bytes, {read_as}\n"));
            for row in rows(head, encoding).lines() {
                out.push_str(&format!("  {row}\n"));
            }
        }
    }
    out.push_str(&format!(
        "\n  `taosha dead retry FILE {}` tries it again\n",
        letter.id.to_string().chars().take(8).collect::<String>()
    ));
    terminal.out(&out);
    Ok(Exit::Ok)
}

/// What a file with these bytes is called behind its dot.
pub(super) fn extension(uri: &str, raw: &[u8]) -> String {
    /// Longer ones are no extensions but parts of a name.
    const LONGEST: usize = 5;
    /// As much as tells one format from another.
    const HEAD: usize = 1024;
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let given = Path::new(path).extension().and_then(|given| given.to_str());
    let is_plain = |given: &&str| {
        given.len() <= LONGEST && given.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    // A `.gz` was unpacked by its source.
    if let Some(given) = given.filter(is_plain).filter(|given| *given != "gz") {
        return given.to_ascii_lowercase();
    }
    let head = raw.get(..HEAD).unwrap_or(raw).to_ascii_lowercase();
    let holds = |mark: &[u8]| head.windows(mark.len()).any(|window| window == mark);
    let guess = match () {
        () if head.starts_with(b"%pdf") => "pdf",
        () if head.starts_with(b"pk\x03\x04") => "zip",
        () if holds(b"<html") || holds(b"<!doctype") || holds(b"<body") => "html",
        () if !head.is_empty() && !head.contains(&0) => "txt",
        () => "bin",
    };
    guess.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_after_its_uri_or_else_its_bytes() {
        assert_eq!(extension("a/b.HTML", b""), "html");
        assert_eq!(extension("http://x/y.asp?id=3.7", b""), "asp");
        assert_eq!(extension("a/page.txt.gz", b"<HTML>"), "html");
        assert_eq!(extension("http://x/report", b"%PDF-1.4"), "pdf");
        assert_eq!(extension("http://x/report", b"\0\x01"), "bin");
    }
}
