//! Pages in: files, one by one, and files that hold many, each page once and always in the same order.
//!
//! A source only brings bytes. What they mean is for `decode` to find out.

mod blocking; // waiting for the disk holds nobody up
mod columns; // which columns of a corpus hold what
mod config; // what a user may choose of `files`
mod files; // the source: one record per file
#[cfg(feature = "http")]
mod http; // the source: pages from the web, kept in WARC files
mod listing; // patterns -> paths, in order
mod page; // path -> bytes, with a ceiling
mod paths; // the option `paths`
mod time_stamp; // is it a point in time?
mod version; // has a file changed?

// Answers of servers, asked for now or by a crawler.
mod answer; // an HTTP message -> the page
mod coding; // what `Content-Encoding` says, undone with a ceiling

// Files that hold many pages.
mod input; // bytes that can be looked at before they are taken
mod place; // where in a file an entry stands
mod unpack; // gzip and zstd, damaged or not
mod volume; // the source: one record per entry
mod window; // unpacked bytes, each with its place

mod archive; // a member per page
mod jsonl; // a row per page
#[cfg(feature = "parquet")]
mod parquet; // a row per page, by columns
mod stdin; // what is piped in
mod warc; // crawls

#[cfg(test)]
mod reading; // what sources are tested with

pub use archive::ArchiveConfig;
pub use config::FilesConfig;
pub use files::Files;
#[cfg(feature = "http")]
pub use http::{Http, HttpConfig};
pub use jsonl::JsonlConfig;
#[cfg(feature = "parquet")]
pub use parquet::ParquetConfig;
pub use stdin::{Stdin, StdinConfig, StdinFormat};
pub use warc::WarcConfig;

use taosha_core::Registry;

use crate::volume::Volumes;

/// Makes the sources of this crate known.
pub fn register(registry: &mut Registry) {
    registry.source::<Files>();
    registry.source::<Volumes<archive::ArchiveFile>>();
    registry.source::<Volumes<jsonl::JsonlFile>>();
    #[cfg(feature = "parquet")]
    registry.source::<Volumes<parquet::ParquetFile>>();
    registry.source::<Stdin>();
    registry.source::<Volumes<warc::WarcFile>>();
    #[cfg(feature = "http")]
    registry.source::<Http>();
}
