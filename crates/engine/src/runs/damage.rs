//! What is said when a file is not as it was written, or cannot be used now.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use taosha_core::Error;

const CODE: &str = "engine.state";

/// The bytes at `place` of `file` are not those that were written.
pub(super) fn damaged(file: &str, place: impl Display, why: impl Display) -> Error {
    Error::defect(CODE, format!("read `{file}` at {place}: {why}"))
}

/// A read from `place` of `file` went wrong. A file that is gone or too short is damage; anything
/// else may pass.
pub(super) fn unread(file: &str, place: impl Display, cause: io::Error) -> Error {
    let message = format!("read `{file}` at {place}");
    match cause.kind() {
        ErrorKind::NotFound | ErrorKind::UnexpectedEof => Error::defect(CODE, message),
        _ => Error::unavailable(CODE, message),
    }
    .because(cause)
}

/// The disk did not do `doing`, a full one for example.
pub(super) fn undone(doing: impl Display, cause: io::Error) -> Error {
    Error::unavailable(CODE, doing.to_string()).because(cause)
}
