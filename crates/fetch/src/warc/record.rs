use memchr::memmem;

/// A header of a record is a few hundred bytes; crawlers that add fields of their own stay below this
/// as well. What is longer is garbage that begins like one.
pub(crate) const MAX_HEADER: usize = 64 * 1024;

/// How every record begins. Versions 1.0 and 1.1 are read alike.
pub(crate) const START: &[u8] = b"WARC/1.";

/// The named fields of a WARC record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// In the order of the file; names in lower case.
    fields: Vec<(String, String)>,
}

impl Header {
    /// Reads the header at the start of `bytes`; returns it and its length with the blank line.
    /// `None` when there is none that tells type and length.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Header, usize)> {
        let bytes = &bytes[..bytes.len().min(MAX_HEADER)];
        if !bytes.starts_with(START) {
            return None;
        }
        let end = end_of_head(bytes)?;
        // A header that was cut, with a whole one behind it, is not the header of what follows.
        let has_another = memmem::find_iter(&bytes[1..end], START).any(|at| {
            let version = &bytes[1 + at + START.len()..end];
            let n_digits = version.iter().take_while(|b| b.is_ascii_digit()).count();
            n_digits > 0 && version[n_digits..].starts_with(b"\r\n")
        });
        if has_another {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = text.lines();
        let version = lines.next()?.trim_end().strip_prefix("WARC/1.")?;
        if !version.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let header = Header {
            fields: fields(lines),
        };
        header.get("warc-type")?;
        header.length()?;
        Some((header, end))
    }

    /// The first field called `name` (lower case).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(key, _)| key == name);
        field.map(|(_, value)| value.as_str())
    }

    /// Bytes of the block behind the header.
    pub(crate) fn length(&self) -> Option<u64> {
        self.get("content-length")?.parse().ok()
    }

    /// `response`, `resource`, `conversion`, …
    pub(crate) fn kind(&self) -> &str {
        self.get("warc-type").unwrap_or_default()
    }

    /// What the record is about. WARC 1.0 was read by some as asking for angle brackets around it.
    pub(crate) fn target(&self) -> Option<&str> {
        let uri = self.get("warc-target-uri")?;
        let bare = uri.strip_prefix('<').and_then(|uri| uri.strip_suffix('>'));
        Some(bare.unwrap_or(uri))
    }
}

/// The length of a head that ends with a blank line, as in WARC and in HTTP; bare line feeds are taken
/// as well.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let crlf = memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    // Only as far as the end that is already known.
    let lf = memmem::find(&bytes[..crlf.unwrap_or(bytes.len())], b"\n\n").map(|at| at + 2);
    lf.or(crlf)
}

/// `Name: value` line by line; a line that begins with white space belongs to the one above.
pub(crate) fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = fields.last_mut()
        {
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_up_to_its_blank_line() {
        let bytes = b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: <http://a/>\r\n\
            X-Long: one\r\n  two\r\nContent-Length:  12\r\n\r\nblock";
        let (header, end) = Header::parse(bytes).unwrap();
        assert_eq!(&bytes[end..], b"block");
        assert_eq!(header.kind(), "response");
        assert_eq!(header.target(), Some("http://a/"));
        assert_eq!(header.get("x-long"), Some("one two"));
        assert_eq!(header.length(), Some(12));
    }

    #[test]
    fn a_header_that_was_cut_does_not_take_the_next_one() {
        let whole = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 4\r\n\r\n";
        for cut in 1..whole.len() - 2 {
            let bytes = [&whole[..cut], whole].concat();
            assert_eq!(Header::parse(&bytes), None, "{cut}");
        }
    }

    #[test]
    fn bare_line_feeds_are_taken() {
        let bytes = b"WARC/1.0\nWARC-Type: resource\nContent-Length: 4\n\nab\r\n\r\n";
        assert_eq!(Header::parse(bytes).unwrap().1, bytes.len() - 6);
    }

    #[test]
    fn what_tells_no_length_is_no_header() {
        for bytes in [
            &b"WARC/1.0\r\nWARC-Type: response\r\n\r\n"[..],
            b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -1\r\n\r\n",
            b"WARC/1.0\r\nContent-Length: 1\r\n\r\n",
            b"WARC/1.0 is a format\r\nWARC-Type: response\r\nContent-Length: 1\r\n\r\n",
            b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 1\r\n",
        ] {
            assert_eq!(Header::parse(bytes), None);
        }
    }
}
