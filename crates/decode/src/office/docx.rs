//! Text of DOCX and of its forerunner in one XML file (WordprocessingML 2003).
//!
//! Paragraphs become lines and rows of tables lines with tabs. Numbers of lists are written out as
//! Word shows them. What was struck out under revision, hidden text, field codes, headers, footers
//! and comments are left out; footnotes and endnotes follow the text.

use std::io::BufRead;

use taosha_core::{RawRange, Result};

use super::archive::Archive;
use super::numbering::{Numbering, ParagraphNumber};
use super::xml::{Element, Node, Xml};
use super::{Builder, Extracted, damaged};

const NAME: &str = "docx";

/// Where the main text is unless the package says otherwise.
const MAIN: &str = "word/document.xml";

/// The member with the main text, when the archive is a DOCX.
pub(crate) fn main_member(archive: &mut Archive) -> Option<String> {
    if archive.has(MAIN) {
        return Some(MAIN.to_owned());
    }
    let relations = archive.relations("_rels/.rels").ok()?;
    let mut targets = relations
        .values()
        .map(|target| target.trim_start_matches('/'));
    let main = targets.find(|name| name.starts_with("word/") && archive.has(name))?;
    Some(main.to_owned())
}

pub(crate) fn read(archive: &mut Archive, main: &str) -> Result<Extracted> {
    let mut numbering = Numbering::default();
    for name in ["word/numbering.xml", "word/styles.xml"] {
        if let Some(member) = archive.member(name)? {
            Xml::new(member.reader, NAME).read(|node| {
                numbering.take(&node);
                Ok(())
            })?;
        }
    }
    let mut text = Builder::default();
    for name in [main, "word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(member) = archive.member(name)? {
            let mut xml = Xml::new(member.reader, NAME);
            story(&mut xml, &mut numbering, member.raw, &mut text)?;
        }
    }
    Ok(text.finish(NAME))
}

/// True for a document in one XML file, as Word 2003 saved it.
pub(crate) fn is_flat(raw: &[u8]) -> bool {
    /// The root element stands behind a declaration and a line for the program.
    const HEAD: usize = 2048;
    let head = raw.get(..HEAD.min(raw.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    head.trim_start_matches('\u{FEFF}').starts_with("<?xml")
        && (head.contains("<w:wordDocument") || head.contains("<pkg:package"))
}

pub(crate) fn read_flat(raw: &[u8]) -> Result<Extracted> {
    let mut text = Builder::default();
    let body = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    if std::str::from_utf8(body).is_err() {
        return Err(damaged(NAME, "its XML is not UTF-8"));
    }
    let mut numbering = Numbering::default();
    story(
        &mut Xml::new(body, NAME),
        &mut numbering,
        0..raw.len(),
        &mut text,
    )?;
    Ok(text.finish(NAME))
}

/// Writes the lines of one member.
fn story<R: BufRead>(
    xml: &mut Xml<R>,
    numbering: &mut Numbering,
    raw: RawRange,
    text: &mut Builder,
) -> Result<()> {
    let mut walk = Walk::default();
    xml.read(|node| {
        match node {
            Node::Start(element) => walk.open(&element),
            Node::End(name) => walk.close(name, numbering),
            Node::Text(words) => walk.words(words),
        }
        if walk.lines.len() > FLUSH {
            text.push(&walk.lines, raw.clone())?;
            walk.lines.clear();
        }
        Ok(())
    })?;
    walk.finish(numbering);
    text.push(&walk.lines, raw)
}

/// Lines are handed on in pieces of about this size, so that the ceiling is looked at now and then.
const FLUSH: usize = 64 << 10;

/// Elements whose text is not read: text that was struck out or moved away, the second copy of a
/// text box, the reading over a character, styles and pictures of a flat file.
fn is_left_out(name: &str) -> bool {
    // pPrChange and its like hold the format before a revision.
    name.ends_with("PrChange")
        || matches!(
            name,
            "del"
                | "moveFrom"
                | "Fallback"
                | "rt"
                | "hdr"
                | "ftr"
                | "binData"
                | "styles"
                | "DocumentProperties"
                | "delText"
        )
}

/// Tables inside tables: each level copies the text of those below once more.
const MAX_NESTED: usize = 8;

#[derive(Default)]
struct Walk {
    lines: String,
    /// Paragraphs that are open; a text box is a paragraph inside one.
    paragraphs: Vec<Paragraph>,
    /// Rows that are open; a cell may hold a table.
    rows: Vec<Row>,
    /// Rows that are open beyond [`MAX_NESTED`].
    n_deep: usize,
    /// Open elements inside one that is left out, itself counted.
    n_left_out: usize,
    in_text: bool,
    in_run: bool,
    is_hidden: bool,
}

#[derive(Default)]
struct Paragraph {
    words: String,
    style: Option<String>,
    number: ParagraphNumber,
}

#[derive(Default)]
struct Row {
    cells: Vec<String>,
    /// Paragraphs of the cell that is open.
    cell: Vec<String>,
}

impl Walk {
    fn open(&mut self, element: &Element) {
        let name = element.name();
        // The same in one file: an annotation of the type Word.Deletion.
        let is_deletion = || {
            element
                .attribute("type")
                .is_some_and(|kind| kind.ends_with("Deletion"))
        };
        let is_struck_out = || name == "annotation" && is_deletion();
        if self.n_left_out > 0 || is_left_out(name) || is_struck_out() {
            self.n_left_out += 1;
            return;
        }
        let paragraph = self.paragraphs.last_mut();
        match (name, paragraph) {
            ("p", _) => self.paragraphs.push(Paragraph::default()),
            ("tr", _) if self.rows.len() >= MAX_NESTED => self.n_deep += 1,
            ("tr", _) => self.rows.push(Row::default()),
            ("r", _) => (self.in_run, self.is_hidden) = (true, false),
            ("t", _) => self.in_text = true,
            ("vanish", _) if self.in_run => self.is_hidden = element.is_on(),
            ("pStyle", Some(paragraph)) => paragraph.style = element.attribute("val"),
            ("ilvl", Some(paragraph)) => paragraph.number.level = element.number("val"),
            ("numId", Some(paragraph)) => paragraph.number.list = element.attribute("val"),
            ("br" | "cr", Some(paragraph)) if self.in_run => paragraph.words.push('\n'),
            ("tab", Some(paragraph)) if self.in_run => paragraph.words.push(' '),
            ("noBreakHyphen", Some(paragraph)) => paragraph.words.push('-'),
            _ => {}
        }
    }

    fn words(&mut self, words: &str) {
        let is_shown = self.in_text && self.n_left_out == 0 && !self.is_hidden;
        if is_shown && let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.words.push_str(words);
        }
    }

    fn close(&mut self, name: &str, numbering: &mut Numbering) {
        if self.n_left_out > 0 {
            self.n_left_out -= 1;
            return;
        }
        match name {
            "t" => self.in_text = false,
            "r" => (self.in_run, self.is_hidden) = (false, false),
            "p" => self.end_paragraph(numbering),
            "tr" if self.n_deep > 0 => self.n_deep -= 1,
            "tc" if self.n_deep == 0 => self.end_cell(),
            "tr" => self.end_row(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self, numbering: &mut Numbering) {
        let Some(paragraph) = self.paragraphs.pop() else {
            return;
        };
        let label = numbering.label(&paragraph.number, paragraph.style.as_deref());
        let words = paragraph.words.trim();
        if !words.is_empty() {
            self.line(label + words);
        }
    }

    /// A line goes into the cell that is open, else into the text.
    fn line(&mut self, line: String) {
        match self.rows.last_mut() {
            Some(row) => row.cell.push(line),
            None => {
                self.lines.push_str(&line);
                self.lines.push('\n');
            }
        }
    }

    fn end_cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            let cell = cell(&row.cell);
            row.cell.clear();
            row.cells.push(cell);
        }
    }

    fn end_row(&mut self) {
        self.end_cell();
        let Some(row) = self.rows.pop() else { return };
        let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
        let line = cells.join("\t");
        if !line.trim().is_empty() {
            self.line(line.trim().to_owned());
        }
    }

    /// Ends what a file that breaks off has left open.
    fn finish(&mut self, numbering: &mut Numbering) {
        while !self.paragraphs.is_empty() {
            self.end_paragraph(numbering);
        }
        while !self.rows.is_empty() {
            self.end_row();
        }
    }
}

/// Cells of more characters hold text of their own: its paragraphs stay lines. The words of a
/// narrow cell are broken for want of room only.
const LONG_CELL: usize = 60;

/// The paragraphs of a cell as they stand in its row.
pub(crate) fn cell(paragraphs: &[String]) -> String {
    let n_chars: usize = paragraphs.iter().map(|words| words.chars().count()).sum();
    match n_chars > LONG_CELL {
        true => paragraphs.join("\n"),
        false => paragraphs.join(" ").replace('\n', " "),
    }
}
