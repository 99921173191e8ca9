//! Pages in: every matching file, once, in the order of its path.
//!
//! A source only brings bytes. What they mean is for `decode` to find out.

mod config; // what a user may choose
mod files; // the source: one record per file
#[cfg(feature = "http")]
mod http; // the source: pages from the web, kept in WARC files
mod listing; // patterns -> paths, in order
mod page; // path -> bytes, with a ceiling
mod version; // has a file changed?

pub use config::FilesConfig;
pub use files::Files;
#[cfg(feature = "http")]
pub use http::{Http, HttpConfig};

use taosha_core::Registry;

/// Makes the sources of this crate known.
pub fn register(registry: &mut Registry) {
    registry.source::<Files>();
    #[cfg(feature = "http")]
    registry.source::<Http>();
}
