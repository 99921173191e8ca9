use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::{Error, folder, read};

/// A report: its title and its paragraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What stands above it. In a compilation that is the heading of the compiler.
    pub title: String,
    /// The paragraphs, each on its line.
    pub body: String,
}

/// Something a site does to the words of a report.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Words replaced everywhere, title and body: redactions, watermarks, adverts, typing errors.
    Replace(String, String),
    /// Every year of the title and of the body becomes this one, as template sites do.
    Years(String, String),
    /// Only the text from the first words up to the second, which stay out: one page of several.
    Between(String, String),
    /// The text from the first words up to the second gives way to `……此处隐藏N个字……`.
    Hide(String, String),
    /// Signs in ASCII, and no quotes.
    AsciiSigns,
}

impl Text {
    /// Reads `reports/NAME.txt`: the title, an empty line, the paragraphs.
    pub fn read(name: &str) -> Result<Self, Error> {
        let text = read(folder().join("reports").join(format!("{name}.txt")))?;
        let (title, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        Ok(Text {
            title: title.to_owned(),
            body: body.trim_end().to_owned(),
        })
    }

    /// How many characters the report has, without line ends: what compilers declare.
    pub fn n_chars(&self) -> usize {
        let is_counted = |c: &char| !c.is_whitespace();
        let n = |text: &str| text.chars().filter(is_counted).count();
        n(&self.title) + n(&self.body)
    }

    /// The title and the body in one string.
    pub fn whole(&self) -> String {
        format!("{}\n{}", self.title, self.body)
    }

    /// The same under the compiler's heading, which says the title once more.
    ///
    /// `{n}` is the number of the report, `{title}` its title, `{chars}` its length.
    pub(super) fn with_heading(self, heading: Option<&str>, n: usize) -> Self {
        let Some(heading) = heading else {
            return self;
        };
        let heading = heading
            .replace("{n}", &n.to_string())
            .replace("{title}", &self.title)
            .replace("{chars}", &self.n_chars().to_string());
        Text {
            title: heading,
            body: self.whole(),
        }
    }
}

/// `text` after `edits`. An edit that finds nothing to do is an error in the recipe.
pub(super) fn apply(mut text: Text, edits: &[Edit]) -> Result<Text, String> {
    for edit in edits {
        let before = text.clone();
        text = one(text, edit)?;
        if text == before {
            return Err(format!("{edit:?} changes nothing"));
        }
    }
    Ok(text)
}

fn one(text: Text, edit: &Edit) -> Result<Text, String> {
    static YEAR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("20[0-9]{2}年").expect("a fixed pattern"));
    Ok(match edit {
        Edit::Replace(from, to) => Text {
            title: text.title.replace(from, to),
            body: text.body.replace(from, to),
        },
        Edit::Years(title, body) => Text {
            title: YEAR.replace_all(&text.title, title).into_owned(),
            body: YEAR.replace_all(&text.body, body).into_owned(),
        },
        Edit::Between(from, to) => {
            let (_, middle, _) = split(&text.body, from, to)?;
            Text {
                body: middle.to_owned(),
                ..text
            }
        }
        Edit::Hide(from, to) => {
            let (before, hidden, after) = split(&text.body, from, to)?;
            let n = hidden.chars().filter(|c| !c.is_whitespace()).count();
            Text {
                body: format!("{before}……此处隐藏{n}个字……{after}"),
                ..text
            }
        }
        Edit::AsciiSigns => Text {
            body: plain(&text.body),
            ..text
        },
    })
}

/// What stands before `from`, from there up to `to`, and after.
fn split<'a>(text: &'a str, from: &str, to: &str) -> Result<(&'a str, &'a str, &'a str), String> {
    let missing = |words: &str| format!("`{words}` is not in the report");
    let start = text.find(from).ok_or_else(|| missing(from))?;
    let (before, rest) = text.split_at(start);
    let end = rest.find(to).ok_or_else(|| missing(to))?;
    let (middle, after) = rest.split_at(end);
    Ok((before, middle, after))
}

/// Another typist: half-width signs, no quotes, a space behind numbers of headings.
fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '，' => Some(','),
            '；' => Some(';'),
            '：' => Some(':'),
            '（' => Some('('),
            '）' => Some(')'),
            '“' | '”' => None,
            _ => Some(c),
        })
        .collect()
}
