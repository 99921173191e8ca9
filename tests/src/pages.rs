//! The sample pages of `config/quickstart`: recipes and reports in, bytes out.
//!
//! `tests/pages/reports/*.txt` holds clean texts, `tests/pages/sites/*.html` what sites put around
//! them, and `tests/pages/recipes.toml` says which text goes to which site and what happens to it on
//! the way. A recipe also says what a right run makes of the page, and a test of the whole line may
//! read that with [`recipes`].
mod edit; // what sites do to the words
mod encode; // what they do to the bytes
mod readme; // the same for people
mod recipe; // what a recipe may say
mod site; // what they put around the words

pub use edit::{Edit, Text};
pub use encode::{Encoding, PNG, gunzip};
pub use readme::with_tables;
pub use recipe::{Content, Expectation, Fact, Outcome, Page, Part, Relation, recipes};

use std::path::PathBuf;

/// Why a page cannot be made: the recipe asks for something that is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of `tests/pages` is missing.
    #[error("read `{path}`: {source}")]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The recipes are not what they should be.
    #[error("parse `recipes.toml`: {0}")]
    Recipe(#[from] Box<toml::de::Error>),
    /// An edit did not find its words, or a charset lacks a character.
    #[error("make `{page}`: {message}")]
    Page {
        /// The file of the page.
        page: String,
        /// What is wrong with the recipe.
        message: String,
    },
}

/// The folder of recipes, reports and sites.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/pages"))
}

/// The folder the pages are committed in.
pub fn quickstart() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../config/quickstart"))
}

/// A made page.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its name in the folder.
    pub file: String,
    /// What a server would send.
    pub bytes: Vec<u8>,
    /// The clean words of its reports, after all edits and before any damage.
    pub texts: Vec<Text>,
}

/// Makes all pages, in the order of the recipes.
pub fn make_all() -> Result<Vec<Made>, Error> {
    let mut made: Vec<Made> = Vec::new();
    for page in recipes()? {
        let made_page = match &page.content {
            Content::CopyOf(file) => copy(&made, file, &page.file)?,
            _ => make(&page)?,
        };
        made.push(made_page);
    }
    Ok(made)
}

fn copy(made: &[Made], of: &str, file: &str) -> Result<Made, Error> {
    let original = made.iter().find(|page| page.file == of);
    let original = original.ok_or_else(|| failed(file, format!("no page `{of}` above it")))?;
    Ok(Made {
        file: file.to_owned(),
        ..original.clone()
    })
}

/// Makes one page that is not a copy.
pub fn make(page: &Page) -> Result<Made, Error> {
    let mut texts = Vec::new();
    let bytes = match &page.content {
        Content::Raw(bytes) => bytes.clone(),
        Content::CopyOf(of) => return Err(failed(&page.file, format!("is a copy of `{of}`"))),
        Content::Reports(parts) => {
            for (n, part) in parts.iter().enumerate() {
                let text = Text::read(&part.report)?;
                let text = edit::apply(text, &part.edits).map_err(|m| failed(&page.file, m))?;
                texts.push(text.with_heading(page.heading.as_deref(), n + 1));
            }
            let html = site::wrap(page, &texts)?;
            page.encoding
                .encode(&html)
                .map_err(|m| failed(&page.file, m))?
        }
    };
    let bytes = if page.gzip {
        encode::gzip(&bytes)
    } else {
        bytes
    };
    Ok(Made {
        file: page.file.clone(),
        bytes,
        texts,
    })
}

fn failed(page: &str, message: String) -> Error {
    Error::Page {
        page: page.to_owned(),
        message,
    }
}

fn read(path: PathBuf) -> Result<String, Error> {
    std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })
}
