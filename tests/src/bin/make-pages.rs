//! Writes `config/quickstart/pages/*` and the tables of its README from `tests/pages`.
//!
//! `cargo run -p taosha-tests --bin make-pages`
use std::error::Error;
use std::fs;

use taosha_tests::pages::{make_all, quickstart, recipes, with_tables};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = quickstart().join("pages");
    fs::create_dir_all(&folder)?;
    let pages = make_all()?;
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        let is_made = pages
            .iter()
            .any(|page| entry.file_name() == page.file.as_str());
        if !is_made {
            fs::remove_file(entry.path())?;
        }
    }
    for page in &pages {
        fs::write(folder.join(&page.file), &page.bytes)?;
    }

    let path = quickstart().join("README.md");
    let readme = fs::read_to_string(&path)?;
    fs::write(path, with_tables(&readme, &recipes()?))?;
    Ok(())
}
