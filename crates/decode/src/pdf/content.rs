//! Content streams: runs of operators that show strings at places of a page.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use taosha_core::{RawRange, Result, without_radical};

use super::font::{self, Font};
use super::{Streams, get, get_dictionary, inherited, number};
use crate::office::too_large;

/// A string where it stands on the page, turned so that lines run to the right and follow one
/// another downwards, which is to smaller `y`.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) y: f64,
    /// Height of a character.
    pub(crate) size: f64,
    /// The content stream.
    pub(crate) raw: RawRange,
    /// The file says that it is no part of the text: a running head, a page number.
    pub(crate) is_artifact: bool,
}

/// Drawings may repeat drawings that repeat drawings; no report has so many operators.
const MAX_OPERATORS: usize = 20_000_000;

/// Drawings inside drawings.
const MAX_DEPTH: usize = 8;

/// States that wait for `Q`.
const MAX_STATES: usize = 512;

pub(crate) struct Reader<'d> {
    document: &'d Document,
    streams: &'d Streams,
    /// Where the document lies in the file.
    file: Range<usize>,
    /// By the address of their dictionary.
    fonts: BTreeMap<usize, Rc<Font>>,
    n_operators: usize,
    n_bytes: usize,
}

impl<'d> Reader<'d> {
    pub(crate) fn new(document: &'d Document, streams: &'d Streams, file: Range<usize>) -> Self {
        Reader {
            document,
            streams,
            file,
            fonts: BTreeMap::new(),
            n_operators: 0,
            n_bytes: 0,
        }
    }

    /// The strings of a page, in the order in which they are shown.
    ///
    /// # Errors
    /// When more comes out of the file than any report holds.
    pub(crate) fn page(&mut self, page: ObjectId) -> Result<Vec<Shown>> {
        let resources = inherited(self.document, page, b"Resources");
        let mut walk = Walk::new(resources);
        for id in self.document.get_page_contents(page) {
            if let Ok(Object::Stream(stream)) = self.document.get_object(id) {
                self.stream(stream, &mut walk, 0)?;
            }
        }
        Ok(walk.shown)
    }

    fn stream(&mut self, stream: &Stream, walk: &mut Walk<'d>, depth: usize) -> Result<()> {
        let Some(bytes) = self.streams.unpack(stream) else {
            return Ok(());
        };
        let start = self.file.start + stream.start_position.unwrap_or_default();
        let end = match stream.start_position {
            Some(_) => (start + stream.content.len()).min(self.file.end),
            // Only streams of a file have a place; nothing better is known than the whole.
            None => self.file.end,
        };
        walk.raw = start.min(end)..end;
        for operation in Content::decode_iter(&bytes).map_while(std::result::Result::ok) {
            self.n_operators += 1;
            if self.n_operators > MAX_OPERATORS || self.n_bytes > crate::office::MAX_TEXT {
                return Err(too_large());
            }
            match operation.operator.as_str() {
                "Tf" => self.set_font(&operation, walk),
                "Do" => self.draw(&operation, walk, depth)?,
                _ => {
                    let before = walk.shown.len();
                    walk.take(&operation);
                    let new = walk.shown.get(before..).unwrap_or_default();
                    self.n_bytes += new.iter().map(|shown| shown.text.len()).sum::<usize>();
                }
            }
        }
        Ok(())
    }

    fn set_font(&mut self, operation: &Operation, walk: &mut Walk<'d>) {
        let [Object::Name(name), size] = operation.operands.as_slice() else {
            return;
        };
        walk.state.size = number(size).unwrap_or(1.0);
        let Some(resources) = walk.resources else {
            return;
        };
        let found = font::named(self.document, resources, name);
        walk.state.font = found.map(|font| {
            let made = self.fonts.entry(std::ptr::from_ref(font) as usize);
            Rc::clone(
                made.or_insert_with(|| Rc::new(Font::read(self.document, self.streams, font))),
            )
        });
    }

    /// Text of a form; pictures have none.
    fn draw(&mut self, operation: &Operation, walk: &mut Walk<'d>, depth: usize) -> Result<()> {
        let Some(Object::Name(name)) = operation.operands.first() else {
            return Ok(());
        };
        let objects = walk
            .resources
            .and_then(|resources| get_dictionary(self.document, resources, b"XObject"));
        let Some(Object::Stream(form)) =
            objects.and_then(|objects| get(self.document, objects, name))
        else {
            return Ok(());
        };
        let is_form = form
            .dict
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|kind| kind == b"Form");
        if !is_form || depth >= MAX_DEPTH {
            return Ok(());
        }
        let own = get_dictionary(self.document, &form.dict, b"Resources");
        let outer = (walk.resources, walk.state.clone(), walk.raw.clone());
        let matrix =
            get(self.document, &form.dict, b"Matrix").and_then(|matrix| matrix.as_array().ok());
        if let Some(matrix) = matrix.and_then(|numbers| self::matrix(numbers)) {
            walk.state.place = product(matrix, walk.state.place);
        }
        walk.resources = own.or(walk.resources);
        let states = std::mem::take(&mut walk.states);
        self.stream(form, walk, depth + 1)?;
        walk.states = states;
        (walk.resources, walk.state, walk.raw) = outer;
        Ok(())
    }
}

type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `a`, then `b`.
fn product(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

fn matrix(operands: &[Object]) -> Option<Matrix> {
    let numbers: Vec<f64> = operands.iter().filter_map(number).collect();
    numbers.try_into().ok()
}

#[derive(Clone)]
struct State {
    place: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    between_characters: f64,
    between_words: f64,
    /// 1 unless characters are stretched.
    stretch: f64,
    leading: f64,
    rise: f64,
}

struct Walk<'d> {
    resources: Option<&'d Dictionary>,
    state: State,
    states: Vec<State>,
    /// Where the next string begins, and where its line did.
    at: Matrix,
    line: Matrix,
    /// For every open piece of marked content, whether it is an artifact.
    marked: Vec<bool>,
    n_artifacts: usize,
    raw: RawRange,
    shown: Vec<Shown>,
}

impl<'d> Walk<'d> {
    fn new(resources: Option<&'d Dictionary>) -> Self {
        Walk {
            resources,
            state: State {
                place: IDENTITY,
                font: None,
                size: 1.0,
                between_characters: 0.0,
                between_words: 0.0,
                stretch: 1.0,
                leading: 0.0,
                rise: 0.0,
            },
            states: Vec::new(),
            at: IDENTITY,
            line: IDENTITY,
            marked: Vec::new(),
            n_artifacts: 0,
            raw: 0..0,
            shown: Vec::new(),
        }
    }

    fn take(&mut self, operation: &Operation) {
        let operands = operation.operands.as_slice();
        let value = |index: usize| operands.get(index).and_then(number).unwrap_or_default();
        let state = &mut self.state;
        match operation.operator.as_str() {
            "q" if self.states.len() < MAX_STATES => self.states.push(self.state.clone()),
            "Q" => {
                if let Some(state) = self.states.pop() {
                    self.state = state;
                }
            }
            "cm" => {
                if let Some(matrix) = matrix(operands) {
                    state.place = product(matrix, state.place);
                }
            }
            "BT" => (self.at, self.line) = (IDENTITY, IDENTITY),
            "Tc" => state.between_characters = value(0),
            "Tw" => state.between_words = value(0),
            "Tz" => state.stretch = value(0) / 100.0,
            "TL" => state.leading = value(0),
            "Ts" => state.rise = value(0),
            "Td" => self.next_line(value(0), value(1)),
            "TD" => {
                state.leading = -value(1);
                self.next_line(value(0), value(1));
            }
            "Tm" => {
                if let Some(matrix) = matrix(operands) {
                    (self.at, self.line) = (matrix, matrix);
                }
            }
            "T*" => self.next_line(0.0, -self.state.leading),
            "Tj" => self.show_all(operands),
            "'" => {
                self.next_line(0.0, -self.state.leading);
                self.show_all(operands);
            }
            "\"" => {
                (state.between_words, state.between_characters) = (value(0), value(1));
                self.next_line(0.0, -self.state.leading);
                self.show_all(operands.get(2..).unwrap_or_default());
            }
            "TJ" => {
                if let Some(Object::Array(list)) = operands.first() {
                    self.show_all(list);
                }
            }
            "BMC" | "BDC" => {
                let is_artifact = operands
                    .first()
                    .is_some_and(|tag| tag.as_name().is_ok_and(|tag| tag == b"Artifact"));
                self.marked.push(is_artifact);
                self.n_artifacts += usize::from(is_artifact);
            }
            "EMC" => self.n_artifacts -= usize::from(self.marked.pop().unwrap_or_default()),
            _ => {}
        }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = product([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.at = self.line;
    }

    /// Shows strings, with the shifts between them.
    fn show_all(&mut self, list: &[Object]) {
        for object in list {
            match object {
                Object::String(string, _) => self.show(string),
                shift => {
                    let shift = number(shift).unwrap_or_default() / 1000.0;
                    self.advance(-shift * self.state.size * self.state.stretch);
                }
            }
        }
    }

    fn advance(&mut self, x: f64) {
        self.at = product([1.0, 0.0, 0.0, 1.0, x, 0.0], self.at);
    }

    fn show(&mut self, string: &[u8]) {
        let Some(font) = self.state.font.clone() else {
            return;
        };
        let start = self.place();
        let (mut text, mut width) = (String::new(), 0.0);
        let state = &self.state;
        for glyph in font.glyphs(string) {
            // Fonts give 工 and the radical ⼯ one glyph, and maps made from glyphs name the wrong one.
            let shown = glyph.text.as_deref().unwrap_or("\u{FFFD}");
            text.extend(shown.chars().map(without_radical));
            let space = if glyph.is_space {
                state.between_words
            } else {
                0.0
            };
            width += (glyph.width * state.size + state.between_characters + space) * state.stretch;
        }
        self.advance(width);
        let end = self.place();
        let (left, y) = turned(start);
        let (right, _) = turned([start[0], start[1], start[2], start[3], end[4], end[5]]);
        let size = self.state.size.abs() * start[2].hypot(start[3]);
        let is_somewhere = [left, right, y, size].iter().all(|value| value.is_finite());
        if !text.is_empty() && is_somewhere {
            self.shown.push(Shown {
                text,
                left: left.min(right),
                right: right.max(left),
                y,
                size,
                raw: self.raw.clone(),
                is_artifact: self.n_artifacts > 0,
            });
        }
    }

    fn place(&self) -> Matrix {
        let risen = product([1.0, 0.0, 0.0, 1.0, 0.0, self.state.rise], self.at);
        product(risen, self.state.place)
    }
}

/// Where a matrix puts its origin on a page that is turned so that its text runs to the right.
fn turned([a, b, _, _, x, y]: Matrix) -> (f64, f64) {
    match (a.abs() >= b.abs(), a >= 0.0, b >= 0.0) {
        (true, true, _) => (x, y),
        (true, false, _) => (-x, -y),
        (false, _, true) => (y, -x),
        (false, _, false) => (-y, x),
    }
}
