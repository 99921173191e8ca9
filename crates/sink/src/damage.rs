use taosha_core::Error;

/// The target of the sink `id` is not as its last delivery left it. `message` says what was being
/// read and what is wrong with it.
pub(crate) fn damaged(id: &str, message: impl std::fmt::Display) -> Error {
    let cure = format!("`taosha replay FILE --sink {id}` builds the tables anew");
    Error::config("sink.damaged", format!("{message}; {cure}"))
}
