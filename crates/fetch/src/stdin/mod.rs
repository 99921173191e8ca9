//! Standard input: what another program pipes in.

mod config; // what a user may choose
mod source; // a pipe -> pages

pub use config::{StdinConfig, StdinFormat};
pub use source::Stdin;
