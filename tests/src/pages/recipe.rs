use serde::Deserialize;

use super::{Edit, Encoding, Error, PNG, folder, read};
use crate::damage::Damage;

/// One sample page: what it is made of, and what a right run makes of it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its name in the folder; the number in front is its place in the input.
    pub file: String,
    /// What is wrong with it, for people.
    pub story: String,
    /// A file of `sites/`, without its extension.
    pub site: String,
    /// The charset of the bytes.
    pub encoding: Encoding,
    /// The charset in the page's head; it may lie or be missing.
    pub declared: Option<String>,
    /// When the site says it put the page up.
    pub published: String,
    /// What the site calls the page, where that is not the title of its report.
    pub title: Option<String>,
    /// The line above each report of a compilation, with `{n}`, `{title}` and `{chars}`.
    pub heading: Option<String>,
    /// This page, how many there are, and their names with `{n}`.
    pub pagination: Option<(u32, u32, String)>,
    /// Converted to traditional characters.
    pub traditional: bool,
    /// Shifted GBK.
    pub damage: Option<Damage>,
    /// Compressed, so that the file ends in `.gz`.
    pub gzip: bool,
    /// What stands on it.
    pub content: Content,
    /// What a right run makes of it.
    pub expect: Expectation,
}

/// What stands on a page.
#[derive(Clone, Debug)]
pub enum Content {
    /// Reports, in this order.
    Reports(Vec<Part>),
    /// The bytes of another page, under another name.
    CopyOf(String),
    /// No page at all.
    Raw(Vec<u8>),
}

/// A report on a page, and what was done to its words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// A file of `reports/`, without its extension.
    pub report: String,
    /// In this order.
    #[serde(default)]
    pub edits: Vec<Edit>,
}

/// What a right run makes of a page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The reports found on it, in order.
    pub reports: Vec<Outcome>,
    /// The page is a dead letter, for this reason in words: stages name their own codes.
    pub dead: Option<String>,
    /// Facts that must come out; a sample, not all.
    pub facts: Vec<Fact>,
}

/// What becomes of a report.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its title.
    pub title: String,
    /// The time it reports on, as in the table `documents`; `None` where the page does not
    /// tell, or where the site rewrote it.
    pub period: Option<String>,
    /// False when the page shows that text is missing.
    #[serde(default = "yes")]
    pub complete: bool,
    /// It is collapsed onto report `n` (from 1) of the page `of`.
    pub duplicate: Option<Duplicate>,
}

/// Which report is kept in place of a collapsed one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {
    /// The page of the kept report.
    pub of: String,
    /// Its number there.
    #[serde(default = "first")]
    pub n: usize,
    /// How the two are related.
    pub relation: Relation,
}

/// The relations of the table `duplicates` that the samples show.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same words.
    Exact,
    /// Nearly the same words, and no figure that speaks against it.
    Near,
}

/// A fact that must come out, and the words that prove it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Words of the report, in simplified characters and as they were before any damage.
    pub evidence: String,
    /// The number as the report writes it; `None` for one that was masked or damaged.
    pub value: Option<f64>,
    /// The unit as the report writes it.
    pub unit: String,
    /// The number of the report on its page, from 1.
    #[serde(default = "first")]
    pub report: usize,
}

fn yes() -> bool {
    true
}

fn first() -> usize {
    1
}

/// The recipes of `tests/pages/recipes.toml`.
pub fn recipes() -> Result<Vec<Page>, Error> {
    let file: File = toml::from_str(&read(folder().join("recipes.toml"))?).map_err(Box::new)?;
    Ok(file.page.into_iter().map(Page::from).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    page: Vec<Recipe>,
}

/// A page as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipe {
    file: String,
    story: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    encoding: Encoding,
    declared: Option<String>,
    #[serde(default)]
    published: String,
    title: Option<String>,
    heading: Option<String>,
    pagination: Option<(u32, u32, String)>,
    #[serde(default)]
    traditional: bool,
    damage: Option<Damage>,
    #[serde(default)]
    gzip: bool,
    #[serde(default)]
    part: Vec<Part>,
    copy_of: Option<String>,
    raw: Option<Raw>,
    #[serde(default)]
    expect: Expectation,
}

/// Files that are no pages.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Raw {
    Png,
    Empty,
}

impl From<Recipe> for Page {
    fn from(recipe: Recipe) -> Self {
        let content = match (recipe.copy_of, recipe.raw) {
            (Some(of), _) => Content::CopyOf(of),
            (None, Some(Raw::Png)) => Content::Raw(PNG.to_vec()),
            (None, Some(Raw::Empty)) => Content::Raw(Vec::new()),
            (None, None) => Content::Reports(recipe.part),
        };
        Page {
            file: recipe.file,
            story: recipe.story,
            site: recipe.site,
            encoding: recipe.encoding,
            declared: recipe.declared,
            published: recipe.published,
            title: recipe.title,
            heading: recipe.heading,
            pagination: recipe.pagination,
            traditional: recipe.traditional,
            damage: recipe.damage,
            gzip: recipe.gzip,
            content,
            expect: recipe.expect,
        }
    }
}
