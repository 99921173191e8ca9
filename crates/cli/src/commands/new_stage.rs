use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use taosha_core::Registry;

use crate::Exit;
use crate::args::{Format, NewStageArgs, OutputArgs};
use crate::terminal::Terminal;

/// A file of the template. The template is a crate of the workspace, built and tested with it; what
/// is only right outside of the workspace has a name that ends in `.new`.
macro_rules! template {
    ($path:literal, $from:literal) => {
        ($path, include_str!(concat!("../../template/", $from)))
    };
}

const FILES: [(&str, &str); 11] = [
    template!(".gitignore", "gitignore.new"),
    template!("Cargo.toml", "Cargo.toml.new"),
    template!("README.md", "README.md"),
    template!("pages/note.txt", "pages/note.txt"),
    template!("pages/report.txt", "pages/report.txt"),
    template!("pipeline.toml", "pipeline.toml"),
    template!("src/config.rs", "src/config.rs"),
    template!("src/lib.rs", "src/lib.rs"),
    template!("src/main.rs", "main.rs.new"),
    template!("src/stage.rs", "src/stage.rs"),
    template!("tests/stage.rs", "tests/stage.rs"),
];

/// The crates of taosha that this binary was built from.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// `taosha new stage NAME`
pub(crate) fn new_stage(
    args: &NewStageArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    let usage = |message: String| {
        terminal.error(&format!("taosha: failed to make a stage: {message}"));
        Ok(Exit::Usage)
    };
    let name = args.name.as_str();
    if let Some(why) = refused(name, registry) {
        return usage(why);
    }
    let taosha = args.taosha.clone().unwrap_or_else(|| BUILT_FROM.into());
    let Some(taosha) = checkout(&taosha) else {
        let message = format!(
            "there is no source of taosha at `{}`; say where it lies with `--taosha FOLDER`",
            taosha.display()
        );
        return usage(message);
    };
    let folder = args.dir.clone().unwrap_or_else(|| name.into());
    if folder.exists() {
        let message = format!(
            "there is a `{}` already; choose another folder with `--dir FOLDER`",
            folder.display()
        );
        return usage(message);
    }
    write(&folder, name, &taosha)?;
    match output.format {
        Format::Text => terminal.out(&told(&folder)),
        Format::Json => {
            let files: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
            terminal.out(&json!({ "folder": folder, "files": files }).to_string());
        }
    }
    Ok(Exit::Ok)
}

/// Why a stage cannot be called `name`.
fn refused(name: &str, registry: &Registry) -> Option<String> {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if !name.split('-').all(is_word) {
        return Some(format!(
            "`{name}` is no name for it; take lower-case words with hyphens between them, such as \
             `mask-contacts`"
        ));
    }
    let is_known = registry.sources().contains_key(name)
        || registry.stages().contains_key(name)
        || registry.sinks().contains_key(name);
    // Crates of the same name as one they need do not build.
    let is_crate = ["taosha", "core", "std", "alloc", "test"].contains(&name)
        || KEYWORDS.contains(&name)
        || NEEDED.contains(&name);
    (is_known || is_crate).then(|| format!("`{name}` is taken; choose another name"))
}

const NEEDED: [&str; 3] = ["schemars", "serde", "serde-json"];

/// Words of Rust that no crate can be called.
const KEYWORDS: [&str; 40] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "pub", "ref",
    "return", "self", "static", "struct", "true", "use", "while",
];

/// The folder with our crates, as an absolute path.
fn checkout(folder: &Path) -> Option<PathBuf> {
    let has = |name: &str| {
        folder
            .join("crates")
            .join(name)
            .join("Cargo.toml")
            .is_file()
    };
    let found = folder.canonicalize().ok()?;
    (has("cli") && has("core")).then_some(found)
}

/// All files or none.
fn write(folder: &Path, name: &str, taosha: &Path) -> Result<()> {
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).with_context(|| format!("make `{}`", parent.display()))?;
    let made = tempfile::Builder::new()
        .prefix(".taosha-new-")
        .tempdir_in(parent)
        .with_context(|| format!("make a folder in `{}`", parent.display()))?;
    let whole = made.path().join("stage");
    for (path, text) in FILES {
        let path = whole.join(path);
        let within = path.parent().context("find the folder of a file")?;
        fs::create_dir_all(within).with_context(|| format!("make `{}`", within.display()))?;
        fs::write(&path, named(text, name, taosha))
            .with_context(|| format!("write `{}`", path.display()))?;
    }
    fs::rename(&whole, folder).with_context(|| format!("make `{}`", folder.display()))
}

/// `text` with the names of the template replaced.
fn named(text: &str, name: &str, taosha: &Path) -> String {
    let type_name: String = name.split('-').map(capitalized).collect();
    // The path stands in a TOML string.
    let taosha = taosha.display().to_string();
    let taosha = taosha.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace("my-stage", name)
        .replace("my_stage", &name.replace('-', "_"))
        .replace("MyStage", &type_name)
        .replace("@TAOSHA@", &taosha)
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

fn told(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "{folder} is a stage that drops short reports; make it yours\n\n  \
         src/stage.rs     what it does\n  \
         src/config.rs    what a user may choose\n  \
         tests/stage.rs   what must hold\n  \
         pipeline.toml    a pipeline that uses it, with two pages\n\n  \
         cd {folder}\n  \
         cargo test\n  \
         cargo run -- run pipeline.toml"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_do_for_a_crate_and_be_new() {
        let mut registry = Registry::new();
        crate::builtin::register(&mut registry);
        for good in ["a", "mask-contacts", "gb2312-only"] {
            assert_eq!(refused(good, &registry), None, "{good}");
        }
        for bad in [
            "", "Mask", "a_b", "-a", "a--b", "2a", "a/b", "脱敏", "decode", "jsonl", "fn", "serde",
        ] {
            assert!(refused(bad, &registry).is_some(), "{bad}");
        }
    }

    #[test]
    fn no_name_of_the_template_is_left() {
        for (path, text) in FILES {
            let text = named(text, "count-words", Path::new("/a\"b"));
            for left in [
                "my-stage",
                "my_stage",
                "MyStage",
                "@TAOSHA@",
                "workspace = true",
            ] {
                assert!(!text.contains(left), "{path}: {left}");
            }
        }
    }
}
