//! The `taosha` command, and the builder that custom binaries call.
//!
//! A binary with a stage of its own is one line; ours is the same without `with`:
//!
//! ```no_run
//! # mod my_stage { pub fn register(_: &mut taosha_core::Registry) {} }
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     taosha_cli::App::builtin().with(my_stage::register).run()
//! }
//! ```
//!
//! Only this crate prints, and only it chooses exit codes.

mod app; // the builder
mod args; // the command line
mod builtin; // the one list of built-in stages
mod bytes_view; // a page's own bytes
mod commands; // one file each
mod exit; // exit codes
mod held; // a pipeline's state, opened for one process
mod log_files; // a log, a file each day
mod logging; // tracing -> lines
mod logs; // lines -> the screen, for `taosha logs`
mod paper; // text at the width of the terminal
mod progress; // a line per stage
mod render; // problems of a pipeline file, with carets
mod schedule; // when a pipeline runs by itself
mod signal; // how a command is told to end
mod summary; // what a run did
mod supervise; // a process that watches another one run
mod terminal; // everything printed goes through here
mod torture; // runs that are killed, and what they leave

pub use app::App;
pub use exit::Exit;
