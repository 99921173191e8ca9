use std::io;
use std::path::Path;

use taosha_core::Error;

/// A step that the system refused.
pub(crate) struct Refused {
    doing: String,
    error: io::Error,
}

impl Refused {
    pub(crate) fn new(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{doing} `{}`", path.display());
        move |error| Refused { doing, error }
    }

    /// While nothing was ever written, most refusals are here to stay.
    pub(crate) fn when_opening(self) -> Error {
        use io::ErrorKind::{Interrupted, QuotaExceeded, StorageFull, TimedOut, WouldBlock};
        match self.error.kind() {
            Interrupted | QuotaExceeded | StorageFull | TimedOut | WouldBlock => {
                self.when_delivering()
            }
            _ => Error::config("sink.not_writable", self.doing).because(self.error),
        }
    }

    pub(crate) fn when_delivering(self) -> Error {
        Error::unavailable("sink.write", self.doing).because(self.error)
    }
}
