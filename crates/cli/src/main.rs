//! The `taosha` command: the builder with nothing added.

use std::process::ExitCode;

fn main() -> ExitCode {
    taosha_cli::App::builtin().run()
}
