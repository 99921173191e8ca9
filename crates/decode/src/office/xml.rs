//! Events of XML as office programs write it: names without their prefix, text with its references
//! resolved, ends for empty elements.

use std::io::{BufRead, ErrorKind};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use taosha_core::Result;

use super::{damaged, too_large};

pub(crate) struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    /// For messages.
    format: &'static str,
}

/// What comes next.
pub(crate) enum Node<'x> {
    Start(Element<'x>),
    /// Local name.
    End(&'x str),
    Text(&'x str),
}

pub(crate) struct Element<'x>(BytesStart<'x>);

impl Element<'_> {
    /// Name without prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The attribute whose name without prefix is `name`.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.html_attributes();
        let attributes = attributes.with_checks(false).filter_map(Result::ok);
        let mut named =
            attributes.filter(|attribute| attribute.key.local_name().into_inner() == name);
        let value = named
            .next()?
            .normalized_value(XmlVersion::Implicit1_0)
            .ok()?;
        Some(value.into_owned())
    }

    /// `w:val` as a number.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// A switch such as `<w:vanish/>` or `<w:vanish w:val="0"/>`.
    pub(crate) fn is_on(&self) -> bool {
        let value = self.attribute("val");
        !matches!(value.as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(from: R, format: &'static str) -> Self {
        let mut reader = Reader::from_reader(from);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Xml {
            reader,
            buffer: Vec::new(),
            format,
        }
    }

    /// Hands every node to `take`, in order.
    ///
    /// # Errors
    /// When the member is broken or unpacks to too much, and those of `take`.
    pub(crate) fn read(&mut self, mut take: impl FnMut(Node<'_>) -> Result<()>) -> Result<()> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            match event.map_err(|error| failed(self.format, &error))? {
                Event::Start(start) => take(Node::Start(Element(start)))?,
                Event::End(end) => take(Node::End(end.local_name().into_inner()))?,
                Event::Text(text) => take(Node::Text(&text))?,
                Event::CData(text) => take(Node::Text(&text))?,
                Event::GeneralRef(reference) => {
                    let character = match &*reference {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => reference.resolve_char_ref().ok().flatten(),
                    };
                    if let Some(character) = character {
                        take(Node::Text(character.encode_utf8(&mut [0; 4])))?;
                    }
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

fn failed(format: &str, error: &quick_xml::Error) -> taosha_core::Error {
    match error {
        quick_xml::Error::Io(error) if error.kind() == ErrorKind::FileTooLarge => too_large(),
        error => damaged(format, error),
    }
}
