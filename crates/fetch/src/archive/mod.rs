//! Archives: pages in zip and tar files, read where they lie. Nothing is written to the disk.

mod config; // what a user may choose
mod headless; // members of a zip file that has lost its directory
mod name; // the name of a member, as text
mod source; // members -> pages
mod tarball; // members of a tar file, one behind the other
mod zipped; // members of a zip file, by its directory

pub use config::ArchiveConfig;
pub(crate) use source::ArchiveFile;

#[cfg(test)]
mod tests;
