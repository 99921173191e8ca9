//! Rows of XLSX: a line for each row that is shown, a tab between its cells.
//!
//! Every sheet begins with its name, unless the program gave the name. Empty cells are left out.

use std::collections::BTreeMap;
use std::io::BufRead;

use taosha_core::{RawRange, Result};

use super::archive::Archive;
use super::cells::{self, Format};
use super::xml::{Node, Xml};
use super::{Builder, Extracted, MAX_TEXT, damaged, too_large};

const NAME: &str = "xlsx";

pub(crate) const WORKBOOK: &str = "xl/workbook.xml";

pub(crate) fn read(archive: &mut Archive) -> Result<Extracted> {
    let (sheets, from_1904) = sheets(archive)?;
    let targets = archive.relations("xl/_rels/workbook.xml.rels")?;
    let book = Book {
        strings: strings(archive)?,
        formats: formats(archive)?,
        from_1904,
    };
    let mut text = Builder::default();
    for sheet in sheets.iter().filter(|sheet| !sheet.is_hidden) {
        let Some(target) = targets.get(&sheet.id) else {
            continue;
        };
        let target = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        if let Some(member) = archive.member(&target)? {
            let mut xml = Xml::new(member.reader, NAME);
            book.rows(&mut xml, heading(&sheet.name), member.raw, &mut text)?;
        }
    }
    Ok(text.finish(NAME))
}

/// A sheet's name when somebody chose it.
pub(crate) fn heading(name: &str) -> Option<&str> {
    let is_made_up = ["Sheet", "工作表", "表"].iter().any(|word| {
        name.strip_prefix(word)
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    });
    (!is_made_up && !name.trim().is_empty()).then_some(name)
}

#[derive(Default)]
struct Sheet {
    name: String,
    id: String,
    is_hidden: bool,
}

/// The sheets in their order, and whether days count from 1904.
fn sheets(archive: &mut Archive) -> Result<(Vec<Sheet>, bool)> {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    let Some(member) = archive.member(WORKBOOK)? else {
        return Err(damaged(NAME, "it has no workbook"));
    };
    Xml::new(member.reader, NAME).read(|node| {
        let Node::Start(element) = node else {
            return Ok(());
        };
        match element.name() {
            "sheet" => sheets.push(Sheet {
                name: element.attribute("name").unwrap_or_default(),
                id: element.attribute("id").unwrap_or_default(),
                is_hidden: element
                    .attribute("state")
                    .is_some_and(|state| state != "visible"),
            }),
            "workbookPr" => {
                let value = element.attribute("date1904");
                from_1904 = matches!(value.as_deref(), Some("1" | "true"));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok((sheets, from_1904))
}

/// Strings that cells name by their number, one behind the other.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(index)?)
    }
}

fn strings(archive: &mut Archive) -> Result<Strings> {
    let mut strings = Strings::default();
    let Some(member) = archive.member("xl/sharedStrings.xml")? else {
        return Ok(strings);
    };
    // <rPh> holds readings over the words.
    let (mut in_text, mut in_reading) = (false, false);
    Xml::new(member.reader, NAME).read(|node| {
        match node {
            Node::Start(element) => match element.name() {
                "t" => in_text = true,
                "rPh" => in_reading = true,
                _ => {}
            },
            Node::Text(words) if in_text && !in_reading => strings.text.push_str(words),
            Node::Text(_) => {}
            Node::End("t") => in_text = false,
            Node::End("rPh") => in_reading = false,
            Node::End("si") => strings.ends.push(strings.text.len()),
            Node::End(_) => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

/// How cells of each style show numbers.
fn formats(archive: &mut Archive) -> Result<Vec<Format>> {
    let (mut codes, mut formats, mut in_cells) = (BTreeMap::new(), Vec::new(), false);
    let Some(member) = archive.member("xl/styles.xml")? else {
        return Ok(formats);
    };
    Xml::new(member.reader, NAME).read(|node| {
        match node {
            Node::Start(element) => match element.name() {
                "numFmt" => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    codes.insert(element.number("numFmtId"), cells::of_code(&code));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = element.number("numFmtId");
                    let own = codes.get(&id).copied();
                    formats.push(own.unwrap_or_else(|| cells::built_in(id.unwrap_or_default())));
                }
                _ => {}
            },
            Node::End("cellXfs") => in_cells = false,
            _ => {}
        }
        Ok(())
    })?;
    Ok(formats)
}

struct Book {
    strings: Strings,
    formats: Vec<Format>,
    from_1904: bool,
}

#[derive(Default)]
struct Cell {
    /// `s`, `str`, `inlineStr`, `b`, `e`; a number when "".
    kind: String,
    style: usize,
    value: String,
}

impl Book {
    fn rows<R: BufRead>(
        &self,
        xml: &mut Xml<R>,
        heading: Option<&str>,
        raw: RawRange,
        text: &mut Builder,
    ) -> Result<()> {
        let (mut line, mut cell) = (String::new(), Cell::default());
        let (mut in_value, mut is_hidden) = (false, false);
        let mut heading = heading;
        xml.read(|node| {
            match node {
                Node::Start(element) => match element.name() {
                    "row" => {
                        let hidden = element.attribute("hidden");
                        is_hidden = matches!(hidden.as_deref(), Some("1" | "true"));
                        line.clear();
                    }
                    "c" => {
                        cell.kind = element.attribute("t").unwrap_or_default();
                        cell.style = element.number("s").unwrap_or_default();
                        cell.value.clear();
                    }
                    "v" | "t" => in_value = true,
                    _ => {}
                },
                Node::Text(words) if in_value => cell.value.push_str(words),
                Node::Text(_) => {}
                Node::End("v" | "t") => in_value = false,
                Node::End("c") => append(&mut line, &self.shown(&cell))?,
                Node::End("row") if !line.is_empty() && !is_hidden => {
                    line.push('\n');
                    if let Some(heading) = heading.take() {
                        text.push(&format!("{heading}\n"), raw.clone())?;
                    }
                    text.push(&line, raw.clone())?;
                }
                Node::End(_) => {}
            }
            Ok(())
        })
    }

    fn shown(&self, cell: &Cell) -> String {
        let value = cell.value.trim();
        match cell.kind.as_str() {
            "s" => value
                .parse()
                .ok()
                .and_then(|index| self.strings.get(index))
                .unwrap_or_default()
                .to_owned(),
            "b" => if value == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            // #REF! and its like say nothing.
            "e" => String::new(),
            "" | "n" => match value.parse::<f64>() {
                Ok(number) => {
                    let format = self.formats.get(cell.style).copied().unwrap_or_default();
                    cells::shown(number, format, self.from_1904)
                }
                Err(_) => value.to_owned(),
            },
            _ => value.to_owned(),
        }
    }
}

/// Appends a cell to its row. Words that are broken inside a cell are put together again.
pub(crate) fn append(line: &mut String, shown: &str) -> Result<()> {
    let shown = shown.trim();
    if shown.is_empty() {
        return Ok(());
    }
    // Many cells may name one long string.
    if line.len() + shown.len() > MAX_TEXT {
        return Err(too_large());
    }
    if !line.is_empty() {
        line.push('\t');
    }
    for (index, piece) in shown
        .split(['\r', '\n'])
        .filter(|piece| !piece.is_empty())
        .enumerate()
    {
        if index > 0 {
            line.push(' ');
        }
        line.push_str(piece);
    }
    Ok(())
}
