use taosha_core::Bytes;

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

/// An HTTP message, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Names in lower case, as received.
    pub(crate) headers: Vec<(String, String)>,
    /// Still packed as `Content-Encoding` says.
    pub(crate) body: Bytes,
}

impl Answer {
    /// Understands the message `block`; `None` when it is none.
    pub(crate) fn parse(block: &Bytes) -> Option<Self> {
        let end = block.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = text_of(block.get(..end)?);
        let mut lines = head.split("\r\n");
        let mut status_line = lines.next()?.splitn(3, ' ');
        status_line
            .next()
            .filter(|version| version.starts_with("HTTP/"))?;
        let status = status_line.next()?.parse().ok()?;
        let reason = status_line.next().unwrap_or_default().to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Some(Answer {
            status,
            reason,
            headers: lines.filter_map(header).collect(),
            body: block.slice(end + 4..),
        })
    }

    /// What to ask the server with later, when it answered 200 and said so.
    pub(crate) fn kept_at(&self, place: Place) -> Option<Kept> {
        let header = |name| self.header(name).map(str::to_owned);
        let (etag, last_modified) = (header("etag"), header("last-modified"));
        let can_ask = self.status == 200 && (etag.is_some() || last_modified.is_some());
        can_ask.then_some(Kept {
            place,
            etag,
            last_modified,
        })
    }

    /// The first header called `name` (lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(key, _)| key == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// Headers are ASCII; what is not is read as UTF-8, else byte by byte.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_understood_and_what_is_none_is_not() {
        let block = Bytes::from_static(
            b"HTTP/1.1 404 Not Found\r\nContent-Type:text/html\r\nX: \xe6\r\n\r\nbody\r\n\r\n",
        );
        let answer = Answer::parse(&block).unwrap();
        assert_eq!((answer.status, answer.reason.as_str()), (404, "Not Found"));
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert_eq!(answer.header("x"), Some("\u{e6}"));
        assert_eq!(answer.body, "body\r\n\r\n");
        for no in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "HTTP/1.1 x\r\n\r\n",
        ] {
            assert_eq!(Answer::parse(&Bytes::from(no)), None, "{no:?}");
        }
    }
}
