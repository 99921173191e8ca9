use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::json;
use taosha_engine::{DeadRecord, Store};

use super::show::{Kept, extension};
use crate::Exit;
use crate::args::{Format, OutputArgs};
use crate::paper::counted;
use crate::terminal::Terminal;

const INDEX: &str = "index.jsonl";

/// `taosha dead export`
pub(super) fn export(
    store: &Store,
    letters: &[DeadRecord],
    folder: &Path,
    output: &OutputArgs,
    terminal: Terminal,
) -> Result<Exit> {
    let doing = || format!("export to `{}`", folder.display());
    fs::create_dir_all(folder).with_context(doing)?;
    if folder.join(INDEX).exists() {
        bail!(
            "{}: it holds an `{INDEX}` already; choose another folder",
            doing()
        );
    }
    let mut index = String::new();
    let (mut n_files, mut n_bytes) = (0, 0);
    // They are in the order of their epochs; each is read once.
    for of_epoch in letters.chunk_by(|one, next| one.epoch == next.epoch) {
        let segment = store.segment(of_epoch[0].epoch)?;
        for letter in of_epoch {
            let kept = Kept::of(letter, &segment)?;
            let name = match kept.raw.is_empty() {
                true => None,
                false => Some(format!(
                    "{}.{}",
                    letter.id,
                    extension(&letter.uri, &kept.raw)
                )),
            };
            if let Some(name) = &name {
                write_new(&folder.join(name), &kept.raw)?;
                n_files += 1;
                n_bytes += kept.raw.len();
            }
            let mut line = json!({ "file": name, "bytes": kept.raw.len() });
            if let (Some(line), serde_json::Value::Object(letter)) =
                (line.as_object_mut(), serde_json::to_value(letter)?)
            {
                line.extend(letter);
            }
            index.push_str(&format!("{line}\n"));
        }
    }
    // Last, so that it is there when everything it names is.
    write_new(&folder.join(INDEX), index.as_bytes())?;
    match output.format {
        Format::Text => terminal.out(&format!(
            "{} in `{}`: {}, {n_bytes} bytes, and {INDEX}",
            counted(letters.len() as u64, "dead letter"),
            folder.display(),
            counted(n_files, "file")
        )),
        Format::Json => terminal.out(
            &json!({ "letters": letters.len(), "files": n_files, "bytes": n_bytes, "to": folder })
                .to_string(),
        ),
    }
    Ok(Exit::Ok)
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.with_context(|| format!("write `{}`", path.display()))
}
