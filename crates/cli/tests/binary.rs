//! The binary `taosha` as it is installed. What its commands print is tested in `tests/`.

use std::path::Path;
use std::process::Command;

#[test]
fn the_pipeline_of_the_readme_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_taosha"))
        .args(["check", "config/quickstart.toml"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
