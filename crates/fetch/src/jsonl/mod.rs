//! JSON Lines: one page per line, as published corpora come.

mod config; // what a user may choose
mod lines; // a file -> its lines, with a ceiling
mod row; // a line -> the columns that are wanted
mod source; // lines -> pages

pub use config::JsonlConfig;
pub(crate) use source::JsonlFile;

#[cfg(test)]
mod tests;
