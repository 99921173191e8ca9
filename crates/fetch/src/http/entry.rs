use taosha_core::Bytes;

use crate::answer::Answer;

/// One answer of the network, or its absence, as it stands in the WARC file of a crawl.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// What was asked for.
    pub(crate) url: String,
    /// When, RFC 3339.
    pub(crate) date: String,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// An HTTP message, as received but for the chunks it came in.
    Answer(Bytes),
    /// The server said that nothing changed since this answer.
    Unchanged(Kept),
    /// No answer, or none that may be taken. `code` and `message` become a dead letter.
    Failed { code: String, message: String },
}

/// An answer that is kept, and what the server wants to be asked to know whether it still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

/// Where a record begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Name of the WARC file.
    pub(crate) file: String,
    /// Bytes of it before the record.
    pub(crate) offset: u64,
}

impl Kept {
    /// What to ask the server with later, when `answer` at `place` is a 200 that says so.
    pub(crate) fn of(answer: &Answer, place: Place) -> Option<Self> {
        let header = |name| answer.header(name).map(str::to_owned);
        let (etag, last_modified) = (header("etag"), header("last-modified"));
        let can_ask = answer.status == 200 && (etag.is_some() || last_modified.is_some());
        can_ask.then_some(Kept {
            place,
            etag,
            last_modified,
        })
    }
}
