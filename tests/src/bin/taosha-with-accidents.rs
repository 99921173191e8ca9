//! `taosha` with a stage that has accidents.

use std::process::ExitCode;

fn main() -> ExitCode {
    taosha_cli::App::builtin()
        .with(taosha_tests::accident::register)
        .run()
}
