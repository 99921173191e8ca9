//! What is repaired in texts that nobody spoiled: nothing.
//!
//! `TAOSHA_CLEAN=folder:folder cargo bench -p taosha-decode --bench clean -- [most]` decodes every file below the
//! folders, `most` of them at most, and shows each repair, each page that was not taken for UTF-8, and the bytes read.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench reports and stops"
)]
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

/// Longer files are tables and dumps, and would be all there is.
const MAX_FILE: u64 = 2 << 20;

/// As much of what stood there as is shown.
const SHOWN: usize = 60;

fn main() {
    let Some(folders) = std::env::var_os("TAOSHA_CLEAN") else {
        println!("SKIPPED: TAOSHA_CLEAN names no folders");
        return;
    };
    let most = std::env::args().skip(1).find_map(|a| a.parse().ok());
    let mut files = Vec::new();
    std::env::split_paths(&folders).for_each(|folder| collect(&folder, &mut files));
    files.sort();
    files.truncate(most.unwrap_or(usize::MAX));

    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    let (mut n_files, mut n_bytes) = (0u64, 0u64);
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for path in files {
        let Ok(raw) = fs::read(&path) else { continue };
        let n = raw.len() as u64;
        let origin = Origin::new("bench", "memory:clean", Bytes::from(raw));
        let mut out = Output::new();
        let record = Record::new(origin, Position("clean".into()));
        if decode.process(record, &mut out).is_err() {
            continue;
        }
        n_files += 1;
        n_bytes += n;
        for dropped in out.drops() {
            println!("{} is dropped as {}", path.display(), dropped.reason);
        }
        let Some(emission) = out.emissions().first() else {
            continue;
        };
        let report = emission.record.report().unwrap();
        let document = report.document();
        if document.charset != "utf-8" {
            println!("{} is in {}", path.display(), document.charset);
        }
        for repair in &document.repairs {
            *kinds.entry(repair.kind.to_string()).or_default() += 1;
            let before: String = repair.before.chars().take(SHOWN).collect();
            let after = document.text().get(repair.span.range()).unwrap_or_default();
            let after: String = after.chars().take(SHOWN).collect();
            println!(
                "{}: {} {before:?} -> {after:?}",
                path.display(),
                repair.kind
            );
        }
    }
    println!("\n{n_files} files, {n_bytes} bytes, repairs: {kinds:?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() && entry.metadata().is_ok_and(|data| data.len() <= MAX_FILE) {
            files.push(entry.path());
        }
    }
}
