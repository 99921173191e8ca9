//! Which columns of a corpus hold what; the same words for JSON Lines, Parquet and pipes.

use taosha_core::{Error, Result};

pub(crate) fn default_text() -> String {
    "text".to_owned()
}

pub(crate) fn default_uri() -> String {
    "url".to_owned()
}

/// Refuses columns that are to be two things at once; `page` is that of the page.
pub(crate) fn check(page: &str, uri: &str, fetched_at: Option<&str>) -> Result<()> {
    if page == uri || fetched_at.is_some_and(|name| name == uri || name == page) {
        let message = "read rows: two options name the same column";
        return Err(Error::config("fetch.columns", message));
    }
    Ok(())
}

/// What is said of a page that is larger than `max_bytes`.
pub(crate) fn too_large(max_bytes: u64) -> Error {
    let message = format!("read a page of more than {max_bytes} bytes: raise `max_bytes`");
    Error::malformed("fetch.too_large", message)
}
