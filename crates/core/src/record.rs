use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    Collapse, Document, Edited, Error, Id, Map, Origin, Report, Result, Script, Span, Trail,
};

/// One item on its way through the pipeline. Cheap to clone: text and bytes are shared.
///
/// It can be written with serde and read again by a later run, as the one it was: the same rows, the
/// same raw ranges. What breaks a promise that stages rely on, such as a span that splits a
/// character or a map that points behind the page, is an error of reading. The format must be
/// self-describing, as JSON is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Record {
    /// Content address; the `id` of the row it becomes.
    pub id: Id,
    /// The page a report was cut from.
    pub parent: Option<Id>,
    /// Where in its source it stands.
    pub position: Position,
    /// Where it came from. Never lost.
    pub origin: Arc<Origin>,
    /// What it is by now.
    pub body: Body,
    /// Set when the record is a copy of another: it then passes every later stage untouched and
    /// is written as a row of `duplicates`.
    pub collapse: Option<Arc<Collapse>>,
    /// Every decision made about it.
    pub trail: Trail,
}

/// Where in its source a record stands, in the source's own terms, such as `a.zip!b.html`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub Arc<str>);

/// What a record is by now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Bytes as fetched; they are in [`Record::origin`].
    Raw,
    /// A report, or a whole page that has not been cut yet.
    Report(Box<Report>),
}

/// What a stage takes and gives; the plan checks that neighbours fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`Body::Raw`]
    Raw,
    /// [`Body::Report`]
    Report,
}

impl Kind {
    /// The word used in messages and graphs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Raw => "raw",
            Kind::Report => "report",
        }
    }
}

impl Record {
    /// A page as fetched. Its id is made of its URI and its bytes, so that the same bytes at two
    /// addresses stay two records.
    pub fn new(origin: Origin, position: Position) -> Self {
        let id = Id::of(
            "page",
            &[origin.uri.as_bytes(), origin.raw_digest.as_bytes()],
        );
        Record {
            id,
            parent: None,
            position,
            origin: Arc::new(origin),
            body: Body::Raw,
            collapse: None,
            trail: Trail::default(),
        }
    }

    /// A record whose page is the UTF-8 text `text`, already decoded. For tests of stages.
    pub fn from_text(uri: &str, text: &str) -> Self {
        let origin = Origin::new("test", uri, Bytes::copy_from_slice(text.as_bytes()));
        let edited = Edited::new(text.to_owned(), Map::identity(text.len()));
        let document = Document::new(edited, "utf-8", Script::Simplified);
        let mut record = Record::new(origin, Position(uri.into()));
        record.body = Body::Report(Box::new(Report::whole(Arc::new(document))));
        record
    }

    /// The bytes as fetched.
    pub fn raw(&self) -> &Bytes {
        &self.origin.raw
    }

    /// Which kind of record this is now.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::Raw => Kind::Raw,
            Body::Report(_) => Kind::Report,
        }
    }

    /// The report.
    ///
    /// # Errors
    /// A [`Defect`](crate::ErrorKind::Defect) when the record is not decoded yet: the plan should
    /// have refused the pipeline.
    pub fn report(&self) -> Result<&Report> {
        match &self.body {
            Body::Report(report) => Ok(report),
            Body::Raw => Err(self.not_a_report()),
        }
    }

    /// The report, to add findings to.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub fn report_mut(&mut self) -> Result<&mut Report> {
        match &mut self.body {
            Body::Report(report) => Ok(report),
            Body::Raw => Err(Error::defect(NOT_DECODED, NOT_DECODED_MESSAGE)),
        }
    }

    fn not_a_report(&self) -> Error {
        Error::defect(NOT_DECODED, NOT_DECODED_MESSAGE)
    }

    /// The part of this page under `span` as a record of its own, with the page's trail.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub fn child(&self, span: Span) -> Result<Record> {
        let report = self.report()?.part(span);
        let place = [span.start() as u64, span.end() as u64].map(u64::to_le_bytes);
        let mut child = self.clone();
        child.id = Id::of("report", &[self.id.as_bytes(), &place[0], &place[1]]);
        child.parent = Some(self.id);
        child.body = Body::Report(Box::new(report));
        Ok(child)
    }

    /// Adds a step to the trail.
    pub fn note(&mut self, decision: impl Into<Cow<'static, str>>, fields: serde_json::Value) {
        self.trail.add(decision, fields);
    }
}

/// A record as it is written, before anyone knows that its text was made from its bytes.
#[derive(Deserialize)]
struct Written {
    id: Id,
    parent: Option<Id>,
    position: Position,
    origin: Arc<Origin>,
    body: Body,
    collapse: Option<Arc<Collapse>>,
    trail: Trail,
}

impl TryFrom<Written> for Record {
    type Error = String;

    fn try_from(written: Written) -> std::result::Result<Self, String> {
        if let Body::Report(report) = &written.body {
            let (end, len) = (report.document().raw_end(), written.origin.raw.len());
            if end > len as u64 {
                return Err(format!("the text points at byte {end} of a page of {len}"));
            }
        }
        Ok(Record {
            id: written.id,
            parent: written.parent,
            position: written.position,
            origin: written.origin,
            body: written.body,
            collapse: written.collapse,
            trail: written.trail,
        })
    }
}

const NOT_DECODED: &str = "core.not_decoded";
const NOT_DECODED_MESSAGE: &str = "use a page as text before it was decoded";
