use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::logging::plain;

/// One line of a log.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    bytes: Vec<u8>,
    /// `None` when the line is no JSON object: somebody else wrote it, or a process died over it.
    fields: Option<Map<String, Value>>,
}

impl LogLine {
    /// The line in `bytes`, which hold no line break.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let fields = serde_json::from_slice(&bytes).ok();
        LogLine { bytes, fields }
    }

    /// The line as it was written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its fields, in the order of the line.
    pub(crate) fn fields(&self) -> Option<&Map<String, Value>> {
        self.fields.as_ref()
    }

    /// A field as text, `None` when the line has no such field.
    pub(crate) fn field(&self, key: &str) -> Option<String> {
        self.fields.as_ref()?.get(key).map(plain)
    }

    /// Both lines say the same thing, if of different pages.
    pub(crate) fn is_like(&self, other: &LogLine) -> bool {
        const WHAT_IS_SAID: [&str; 5] = ["run", "level", "stage", "code", "message"];
        match (&self.fields, &other.fields) {
            (Some(one), Some(two)) => WHAT_IS_SAID
                .iter()
                .all(|key| one.get(*key) == two.get(*key)),
            (None, None) => self.bytes == other.bytes,
            _ => false,
        }
    }
}

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    /// Something failed
    Error,
    /// Something was left out or had to wait
    Warn,
    /// The story of a run
    Info,
    /// What happened to each page
    Debug,
    /// Everything
    Trace,
}

/// What is asked of a line; all of it must hold.
///
/// A line that is no JSON has no fields, so it is shown only when nothing is asked.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// This level or worse.
    pub(crate) level: Option<Level>,
    /// Fields and their values, as text.
    pub(crate) fields: Vec<(String, String)>,
}

impl Wanted {
    /// `line` is what was asked for.
    pub(crate) fn admits(&self, line: &LogLine) -> bool {
        if let Some(worst_left_out) = self.level {
            let level = line.field("level");
            let level = level.and_then(|level| Level::from_str(&level, true).ok());
            if level.is_none_or(|level| level > worst_left_out) {
                return false;
            }
        }
        let holds = |(key, value): &(String, String)| line.field(key).as_ref() == Some(value);
        self.fields.iter().all(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine::new(text.as_bytes().to_vec())
    }

    fn wanted(level: Option<Level>, fields: &[(&str, &str)]) -> Wanted {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Wanted {
            level,
            fields: fields.iter().map(owned).collect(),
        }
    }

    #[test]
    fn a_level_means_this_one_and_worse() {
        let wanted = wanted(Some(Level::Warn), &[]);
        assert!(wanted.admits(&line(r#"{"level":"warn"}"#)));
        assert!(wanted.admits(&line(r#"{"level":"error"}"#)));
        assert!(!wanted.admits(&line(r#"{"level":"info"}"#)));
        assert!(!wanted.admits(&line(r#"{"message":"no level"}"#)));
    }

    #[test]
    fn fields_are_compared_as_text_and_all_must_hold() {
        let line = line(r#"{"code":"decode.not_text","attempt":3}"#);
        assert!(wanted(None, &[("code", "decode.not_text"), ("attempt", "3")]).admits(&line));
        assert!(!wanted(None, &[("code", "decode.not_text"), ("attempt", "4")]).admits(&line));
        assert!(!wanted(None, &[("uri", "")]).admits(&line));
    }

    #[test]
    fn what_is_no_json_object_is_shown_when_nothing_is_asked() {
        for text in ["Killed", "[1]", "17", ""] {
            assert!(line(text).fields().is_none(), "{text}");
            assert!(Wanted::default().admits(&line(text)));
            assert!(!wanted(Some(Level::Trace), &[]).admits(&line(text)));
        }
    }

    #[test]
    fn lines_are_alike_when_only_the_page_differs() {
        let of = |code: &str, uri: &str| {
            let text = format!(r#"{{"level":"warn","code":"{code}","uri":"{uri}","message":"m"}}"#);
            line(&text)
        };
        assert!(of("a", "1").is_like(&of("a", "2")));
        assert!(!of("a", "1").is_like(&of("b", "1")));
        assert!(!of("a", "1").is_like(&line("m")));
    }
}
