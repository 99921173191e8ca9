//! Runs the `taosha` command as a stranger would, and the cases that say what it prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// The command, as `src/bin/taosha-under-test.rs` builds it: a binary of this crate, so that Cargo
/// has built it anew before any test runs.
pub fn taosha() -> Command {
    binary("taosha-under-test")
}

/// A binary of this crate.
pub fn binary(name: &str) -> Command {
    // Tests lie in `target/PROFILE/deps`, binaries one folder up.
    let test = std::env::current_exe().unwrap_or_default();
    let folder = test.ancestors().nth(2).unwrap_or(Path::new("."));
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(folder.join(name));
    command.env_remove("TAOSHA_LOG").env("NO_COLOR", "1");
    command
}

/// What a command printed and how it ended, as one text.
pub fn shown(output: &Output) -> String {
    let code = output
        .status
        .code()
        .map_or("by a signal".to_owned(), |code| code.to_string());
    let text = |bytes| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    format!("exit {code}\n--- stdout\n{out}\n--- stderr\n{err}\n")
}

/// Compares `actual` with the file at `expected`, or writes it there when `TAOSHA_BLESS` is set.
///
/// # Panics
/// When they differ.
pub fn check_against(expected: &Path, actual: &str) {
    if std::env::var_os("TAOSHA_BLESS").is_some() {
        let folder = expected.parent().unwrap_or(Path::new("."));
        let written =
            std::fs::create_dir_all(folder).and_then(|()| std::fs::write(expected, actual));
        assert!(
            written.is_ok(),
            "`{}` cannot be written",
            expected.display()
        );
        return;
    }
    let known = std::fs::read_to_string(expected).unwrap_or_default();
    assert!(
        known == actual,
        "{} differs; run with TAOSHA_BLESS=1 and read the diff\n--- expected\n{known}\n--- actual\n{actual}",
        expected.display()
    );
}

/// The folders in `tests/cases/GROUP`, in order.
///
/// # Panics
/// When there is no such group, or it is empty.
pub fn cases(group: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/cases").join(group);
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "`{}` holds no cases", folder.display());
    cases
}
