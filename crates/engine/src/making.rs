//! What sinks are told of the pipeline that makes their rows.

use taosha_core::{Making, MakingPart};

use crate::PipelineText;
use crate::file::{Entry, PipelineFile};

/// The sources and stages of `file`, and what is written in it for the stages.
///
/// Values are the words of the file: where the options hold a secret, these have its name.
pub(crate) fn making(file: &PipelineFile<'_>, text: &PipelineText, run_id: &str) -> Making {
    let sources = file.sources.iter().map(|entry| part(entry, Vec::new()));
    let stages = (file.stages.iter()).map(|entry| part(entry, options(entry, text)));
    Making {
        pipeline: file.name.clone(),
        run: run_id.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        parts: sources.chain(stages).collect(),
    }
}

fn part(entry: &Entry<'_>, options: Vec<(String, String)>) -> MakingPart {
    MakingPart {
        id: entry.id.text.clone(),
        kind: entry.kind.text.clone(),
        options,
    }
}

fn options(entry: &Entry<'_>, text: &PipelineText) -> Vec<(String, String)> {
    let mut options = Vec::new();
    if let Some(from) = &entry.from {
        options.push(("from".to_owned(), format!("{:?}", from.text)));
    }
    for (key, value) in entry.options.get_ref() {
        let words = text.text().get(value.span()).unwrap_or_default();
        let words: Vec<&str> = words.split_whitespace().collect();
        options.push((key.get_ref().to_string(), words.join(" ")));
    }
    options
}
