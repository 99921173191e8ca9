//! WARC files: what crawlers write, ISO 28500.
//!
//! The file is read as if every part of it could be wrong, since crawls are cut off, copied halfway
//! and joined. What cannot be read is told, and never takes along what lies behind it.

mod config; // what a user may choose
pub(crate) mod reader; // the records of a file, and what is lost between them
pub(crate) mod record; // the header of a record
mod source; // records -> pages

pub use config::WarcConfig;
pub(crate) use source::WarcFile;

#[cfg(test)]
mod source_tests; // of the pages
#[cfg(test)]
mod tests; // of the reader
