use std::borrow::Cow;
use std::fmt;

/// Shorthand for results with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in a form that tells the engine what to do.
///
/// Messages are lower case, carry no full stop, put values in backticks and finish the words
/// "failed to …". Each layer adds what it was doing, once, with [`Error::context`].
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    code: Cow<'static, str>,
    message: String,
    option: Option<&'static str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kind decides the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The pipeline file or its surroundings are wrong: stop before starting.
    Config,
    /// This record cannot be handled: it becomes a dead letter and the run goes on.
    Malformed,
    /// Something outside is away for now: wait and try again.
    Unavailable,
    /// A promise inside the program is broken: stop, it is our bug.
    Defect,
}

impl Error {
    /// The pipeline file asks for something that cannot be; ends the run before it starts.
    pub fn config(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config, code, message)
    }

    /// The record at hand cannot be handled. `code` is `stage.reason` and is what dead letters are
    /// grouped by.
    pub fn malformed(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Malformed, code, message)
    }

    /// A file, host or database is away; the engine waits and asks again.
    pub fn unavailable(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unavailable, code, message)
    }

    /// A bug of ours; the run stops.
    pub fn defect(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Defect, code, message)
    }

    fn new(
        kind: ErrorKind,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Error {
            kind,
            code: code.into(),
            message: message.into(),
            option: None,
            source: None,
        }
    }

    /// Keeps the error of another library as the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Names the option of the pipeline file that is to blame, so that the caret stands there.
    #[must_use]
    pub fn for_option(mut self, option: &'static str) -> Self {
        self.option = Some(option);
        self
    }

    /// Says what was being done: ``read `a.txt`: permission denied``.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// What the engine should do about it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The option of the pipeline file that is to blame.
    pub fn option(&self) -> Option<&'static str> {
        self.option
    }

    /// A stable name such as `decode.no_text`.
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self
            .source
            .as_ref()
            .map(|source| &**source as &dyn std::error::Error);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// The causes are part of the message, so `source` is left out: nobody prints them twice.
impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_from_what_was_done_to_why_it_failed() {
        let cause = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "permission denied");
        let error = Error::malformed("fetch.unreadable", "open the file")
            .because(cause)
            .context("read `seeds.txt`");
        assert_eq!(
            error.to_string(),
            "read `seeds.txt`: open the file: permission denied"
        );
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Malformed, "fetch.unreadable")
        );
    }
}
