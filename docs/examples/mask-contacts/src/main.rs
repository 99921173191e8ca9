//! `taosha` with one more stage.

use std::process::ExitCode;

fn main() -> ExitCode {
    taosha_cli::App::builtin()
        .with(mask_contacts::register)
        .run()
}
