//! Reads the log of a state folder back: files to lines, lines to those that are wanted, repeats
//! to a count, and what is left to text for people or to the lines as they were written.

mod line; // a line and what is asked of it
mod pretty; // a line as people read it
mod reader; // lines over all files, also while they grow
mod repeats; // the same thing again and again
mod view; // from lines to the screen

pub(crate) use line::{Level, Wanted};
pub(crate) use pretty::Pretty;
pub(crate) use reader::Reader;
pub(crate) use view::{Form, View};
