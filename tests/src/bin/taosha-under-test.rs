//! `taosha` itself, as a binary of the crate that tests it.

use std::process::ExitCode;

fn main() -> ExitCode {
    taosha_cli::App::builtin().run()
}
