//! The dataset card: `README.md` beside the tables, with the head that Hugging Face reads.
//!
//! It says what a run knows: how many rows there are, what the columns mean, what made them and where
//! they are weak. It is a function of the rows and of the pipeline file, so a run that was killed and
//! started again leaves the same one.

use std::fmt::Write;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{Making, Table};

use crate::columns::{Holds, columns};
use crate::disk::{Disk, replace};
use crate::refused::Refused;
use crate::tally::Tally;

/// The line by which our own file is known. Whoever takes it out keeps the file as it is.
const MARKER: &str =
    "<!-- taosha writes this file anew after every run; without this line it is yours -->";

/// `card = { … }` of sinks with files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardConfig {
    /// What the dataset is called. Default: the pipeline's name.
    #[serde(default)]
    pub title: Option<String>,

    /// The licence under which the dataset is given away; Hugging Face knows names such as
    /// `cc-by-4.0`. Default: the card says that none was given.
    #[serde(default)]
    pub licence: Option<String>,

    /// Whether there is a card at all.
    #[serde(default = "yes")]
    pub write: bool,
}

fn yes() -> bool {
    true
}

impl Default for CardConfig {
    fn default() -> Self {
        CardConfig {
            title: None,
            licence: None,
            write: true,
        }
    }
}

/// A card of one sink.
#[derive(Clone, Debug, Default)]
pub(crate) struct Card {
    pub(crate) config: CardConfig,
    pub(crate) making: Making,
}

/// Tables, with the pattern of the files that each one is in.
pub(crate) type Files = Vec<(Table, String)>;

impl Card {
    /// Puts the card into `dir`, unless it is there as it should be, or a file of that name is not
    /// ours. `tally` is of all rows there; unknown in a folder that an older taosha began.
    pub(crate) fn put(
        &self,
        dir: &Path,
        files: &Files,
        tally: Option<&Tally>,
        disk: &dyn Disk,
    ) -> Result<(), Refused> {
        let path = dir.join("README.md");
        let text = self.text(files, tally);
        let is_due = self.config.write
            && match std::fs::read(&path) {
                Ok(there) => is_ours(&there) && there != text.as_bytes(),
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            };
        if !is_due {
            return Ok(());
        }
        let aside = dir.join(".README.md.next");
        let put = || {
            replace(&path, &aside, text.as_bytes(), disk)?;
            disk.sync_folder(dir)
        };
        put().map_err(Refused::new("write", &path))
    }

    fn text(&self, files: &Files, tally: Option<&Tally>) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.head(&mut text, files, tally);
        let _ = self.licence(&mut text);
        let _ = tables(&mut text, files, tally);
        let _ = self.made(&mut text, tally);
        let _ = weaknesses(&mut text, files, tally);
        let _ = meanings(&mut text, files);
        text
    }

    fn title(&self) -> &str {
        match &self.config.title {
            Some(title) => title,
            None if self.making.pipeline.is_empty() => "Reports",
            None => &self.making.pipeline,
        }
    }

    /// What Hugging Face reads. A table without rows is no part of it: `datasets` refuses files
    /// without rows, and patterns that no file has.
    fn head(&self, text: &mut String, files: &Files, tally: Option<&Tally>) -> std::fmt::Result {
        let licence = self.config.licence.as_deref().unwrap_or("unknown");
        writeln!(text, "---")?;
        writeln!(text, "pretty_name: {}", quoted(self.title()))?;
        writeln!(text, "license: {}", quoted(licence))?;
        writeln!(text, "language:\n- zh")?;
        let has_rows = |table| tally.is_none_or(|tally| tally.n_rows(table) > 0);
        let mut with_rows = files
            .iter()
            .filter(|(table, _)| has_rows(*table))
            .peekable();
        if with_rows.peek().is_some() {
            writeln!(text, "configs:")?;
        }
        for (table, files) in with_rows {
            writeln!(text, "- config_name: {}", table.name())?;
            writeln!(text, "  data_files: {}", quoted(files))?;
            if *table == Table::Documents {
                writeln!(text, "  default: true")?;
            }
        }
        writeln!(text, "---\n{MARKER}\n\n# {}\n", self.title())
    }

    fn licence(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "## Licence\n")?;
        match &self.config.licence {
            Some(licence) => writeln!(text, "{licence}\n"),
            None => writeln!(
                text,
                "None was given. `card = {{ licence = \"…\" }}` of the sink sets one.\n"
            ),
        }
    }

    fn made(&self, text: &mut String, tally: Option<&Tally>) -> std::fmt::Result {
        let Making {
            pipeline,
            run,
            version,
            parts,
        } = &self.making;
        writeln!(text, "## How it was made\n")?;
        if !run.is_empty() {
            writeln!(
                text,
                "By taosha {version} and the pipeline `{pipeline}`, which is `{run}` in the column `run`. \
                 Options that are not named have their defaults.\n"
            )?;
            writeln!(text, "| part | type | options |\n|---|---|---|")?;
        }
        for part in parts {
            let options = part.options.iter();
            let options = options.map(|(key, value)| format!("`{key} = {}`", cell(value)));
            let options = options.collect::<Vec<_>>().join(", ");
            writeln!(text, "| `{}` | `{}` | {options} |", part.id, part.kind)?;
        }
        let runs = tally.map(|tally| &tally.runs);
        if let Some(runs) = runs.filter(|runs| !runs.is_empty()) {
            writeln!(
                text,
                "\nReports by `run`, the pipeline and configuration that made them:\n"
            )?;
            for (run, n_reports) in runs {
                writeln!(text, "- `{run}`: {n_reports}")?;
            }
        }
        writeln!(text)
    }
}

/// True when a file is a card of ours.
fn is_ours(there: &[u8]) -> bool {
    let mut lines = there.split(|&byte| byte == b'\n');
    lines.any(|line| line.trim_ascii_end() == MARKER.as_bytes())
}

/// As YAML takes it; JSON is YAML.
fn quoted(words: &str) -> String {
    serde_json::Value::from(words).to_string()
}

/// `words` in a cell of a table, inside backticks.
fn cell(words: &str) -> String {
    words.replace('`', "'").replace('|', "\\|")
}

fn tables(text: &mut String, files: &Files, tally: Option<&Tally>) -> std::fmt::Result {
    writeln!(
        text,
        "## Tables\n\n| table | rows | a row is | files |\n|---|---|---|---|"
    )?;
    for (table, files) in files {
        let n_rows = match tally {
            Some(tally) => tally.n_rows(*table).to_string(),
            None => "not counted".to_owned(),
        };
        let (name, row) = (table.name(), table.row());
        writeln!(text, "| `{name}` | {n_rows} | {row} | `{files}` |")?;
    }
    writeln!(text)
}

/// What the rows themselves say against them.
fn weaknesses(text: &mut String, files: &Files, tally: Option<&Tally>) -> std::fmt::Result {
    writeln!(text, "## Known weaknesses\n")?;
    let Some(tally) = tally else {
        return writeln!(
            text,
            "Not counted: the folder was begun by an older taosha. `taosha replay` counts.\n"
        );
    };
    let has = |table: Table| files.iter().any(|(listed, _)| *listed == table);
    if has(Table::Documents) {
        let (n_reports, reports) = (tally.n_rows(Table::Documents), &tally.reports);
        writeln!(text, "Of {n_reports} reports (`documents`)\n")?;
        writeln!(
            text,
            "- {} are incomplete (`complete` is false), and of {} it is not known (null)",
            reports.incomplete, reports.perhaps_incomplete
        )?;
        writeln!(
            text,
            "- {} have no period, or title and text disagree about it (`period` is null)",
            reports.without_period
        )?;
        writeln!(
            text,
            "- {} are damaged, in {} places (`damage`)",
            reports.damaged, reports.damaged_places
        )?;
        writeln!(
            text,
            "- {} have names or numbers that are masked (`masks`)\n",
            reports.masked
        )?;
    }
    if has(Table::Facts) {
        let (n_facts, facts) = (tally.n_rows(Table::Facts), &tally.facts);
        writeln!(text, "Of {n_facts} facts (`facts`)\n")?;
        writeln!(
            text,
            "- {} are about a period that is in doubt (`period_basis` is `doubtful`)",
            facts.doubtful_period
        )?;
        writeln!(
            text,
            "- {} have a masked number and {} a damaged one, and so no `value`\n",
            facts.masked, facts.damaged
        )?;
    }
    if has(Table::Dead) {
        writeln!(
            text,
            "{} pages or reports could not be handled (`dead`){}\n",
            tally.n_rows(Table::Dead),
            if tally.dead.is_empty() {
                "."
            } else {
                ", by code:"
            }
        )?;
        for (code, n_letters) in &tally.dead {
            writeln!(text, "- `{code}`: {n_letters}")?;
        }
        if !tally.dead.is_empty() {
            writeln!(text)?;
        }
    }
    Ok(())
}

fn meanings(text: &mut String, files: &Files) -> std::fmt::Result {
    writeln!(
        text,
        "## Columns\n\nOffsets count Unicode scalar values of `documents.text`, from 0, the end not \
         included; `raw_…` offsets count bytes of the page. Null is unknown.\n"
    )?;
    for (table, _) in files {
        let meanings = table.meanings();
        writeln!(text, "### `{}`\n", table.name())?;
        writeln!(
            text,
            "| column | type | null | meaning |\n|---|---|---|---|"
        )?;
        for column in columns(*table) {
            let holds = match column.holds {
                Holds::Text => "string",
                Holds::Integer => "integer",
                Holds::Real => "number",
                Holds::Boolean => "boolean",
                Holds::Repairs => "list of repairs",
                Holds::Edits => "list of edits",
                Holds::Strings => "list of strings",
                Holds::Bytes => "bytes, base64 in JSON",
            };
            let null = if column.may_be_null { "yes" } else { "" };
            let meaning = meanings.get(column.name).map_or("", String::as_str);
            writeln!(text, "| `{}` | {holds} | {null} | {meaning} |", column.name)?;
        }
        writeln!(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
