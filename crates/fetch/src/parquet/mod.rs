//! Parquet: one page per row, as published corpora come.

mod cells; // a column -> its cells, one after the other
mod config; // what a user may choose
mod footer; // a file -> what it says about itself
mod group; // a row group -> its rows
mod pages; // packed stretches of a column, with a ceiling
mod source; // rows -> pages
mod wanted; // which columns, and whether they can be that

pub use config::ParquetConfig;
pub(crate) use source::ParquetFile;

#[cfg(test)]
mod made; // files of rows
#[cfg(test)]
mod tests;
