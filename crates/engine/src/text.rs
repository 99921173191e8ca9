use std::fmt;
use std::path::{Path, PathBuf};

/// The text of a pipeline file and the values that `--set` puts in place of its own.
///
/// The values are kept behind the file's text, each on a line of its own, so that one offset names
/// a place in either and a mistake in a `--set` is shown like any other.
#[derive(Clone, Debug)]
pub struct PipelineText {
    /// The file, as it was named.
    pub path: PathBuf,
    text: String,
    file_len: usize,
    overrides: Vec<Override>,
}

/// One `--set key=value`.
#[derive(Clone, Debug)]
pub struct Override {
    /// `run.workers`, or the id of a source, stage or sink and one of its options.
    pub key: String,
    /// Where its value stands in the text.
    pub value: std::ops::Range<usize>,
    /// Where the whole `key=value` stands in the text.
    pub whole: std::ops::Range<usize>,
}

/// Why there is no text.
#[derive(Debug)]
pub enum TextError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A `--set` is not of the form `key=value`.
    Override(String),
}

impl PipelineText {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is not UTF-8, or an override has no `=`.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self, TextError> {
        let text = std::fs::read_to_string(path).map_err(|error| TextError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        PipelineText::new(path, text, overrides)
    }

    /// The text of a file at `path`.
    ///
    /// # Errors
    /// When an override has no `=`.
    pub fn new(path: &Path, mut text: String, overrides: &[String]) -> Result<Self, TextError> {
        let file_len = text.len();
        let mut parsed = Vec::new();
        for line in overrides {
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| TextError::Override(line.clone()))?;
            text.push('\n');
            let start = text.len();
            text.push_str(line);
            let value_start = text.len() - value.len();
            parsed.push(Override {
                key: key.trim().to_owned(),
                value: value_start..text.len(),
                whole: start..text.len(),
            });
        }
        Ok(PipelineText {
            path: path.to_owned(),
            text,
            file_len,
            overrides: parsed,
        })
    }

    /// The file's own text.
    pub fn file(&self) -> &str {
        self.text.get(..self.file_len).unwrap_or_default()
    }

    /// The file's text with the overrides behind it; diagnostics point into it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The overrides, in order.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The folder that relative paths start from.
    pub fn base(&self) -> PathBuf {
        let parent = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new(".")).to_owned()
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextError::Unreadable { path, error } => {
                write!(f, "read the pipeline file `{}`: {error}", path.display())
            }
            TextError::Override(line) => {
                write!(f, "understand `--set {line}`: write `--set key=value`")
            }
        }
    }
}

impl std::error::Error for TextError {}
