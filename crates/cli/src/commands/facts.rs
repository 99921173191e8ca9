use anyhow::{Context, Result, bail};
use taosha_core::{Registry, Settings, StageType};
use taosha_engine::PipelineText;
use taosha_extract::{Explained, Extract, ExtractConfig};

use crate::Exit;
use crate::args::{FactsArgs, Format, OutputArgs};
use crate::terminal::Terminal;

/// `taosha facts FILE --explain TEXT`
pub(crate) fn facts(
    args: &FactsArgs,
    output: &OutputArgs,
    registry: &Registry,
    terminal: Terminal,
) -> Result<Exit> {
    // The whole file is checked first: what is wrong in it is said with place and caret.
    let (_, text) = match super::plan(&args.file, registry, terminal) {
        Ok(planned) => planned,
        Err(exit) => return Ok(exit),
    };
    let extract = stage(&text).context("find how facts are read")?;
    for explained in extract.explain(&args.explain) {
        match output.format {
            Format::Text => terminal.out(&told(&explained)),
            Format::Json => {
                let line = serde_json::to_string(&explained).context("write what was read")?;
                terminal.out(&line);
            }
        }
    }
    Ok(Exit::Ok)
}

/// The file's first stage of the type `extract`, with its options.
fn stage(text: &PipelineText) -> Result<Extract> {
    let file: toml::Table = text.file().parse().context("read the pipeline file")?;
    let stages = file.get("stage").and_then(toml::Value::as_array);
    let is_extract = |stage: &&toml::Value| {
        let kind = stage.get("type").and_then(toml::Value::as_str);
        kind == Some(Extract::NAME)
    };
    let found = stages.into_iter().flatten().find(is_extract);
    let Some(mut options) = found.and_then(toml::Value::as_table).cloned() else {
        bail!("the pipeline has no stage of the type `{}`", Extract::NAME);
    };
    options.remove("type");
    options.remove("from");
    let id = options.remove("id");
    let id = id.as_ref().and_then(toml::Value::as_str);
    let id = id.unwrap_or(Extract::NAME).to_owned();
    for set in text.overrides() {
        let option = set
            .key
            .strip_prefix(&id)
            .and_then(|key| key.strip_prefix('.'));
        let value = text
            .text()
            .get(set.value.clone())
            .unwrap_or_default()
            .trim();
        if let Some(option) = option {
            options.insert(option.to_owned(), value_of(value));
        }
    }
    let settings = Settings {
        id: id.into(),
        base: text.base(),
        run: "explain".into(),
        scratch: None,
    };
    let config: ExtractConfig = toml::Value::Table(options)
        .try_into()
        .context("read the options of the stage")?;
    Ok(Extract::build(config, &settings)?)
}

/// A value as `--set` takes it: TOML, or a word without quotation marks.
fn value_of(text: &str) -> toml::Value {
    let parsed: Option<toml::Table> = format!("value = {text}").parse().ok();
    let value = parsed.and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

/// For people: what it was read as, why, and the fact.
fn told(explained: &Explained) -> String {
    let place = format!("{}–{}", explained.start, explained.end);
    let mut lines = vec![format!(
        "{}  {place}  {}",
        explained.text, explained.read_as
    )];
    lines.extend(explained.why.iter().map(|why| format!("    {why}")));
    if let Some(fact) = &explained.fact {
        let fields = [
            "indicator",
            "value",
            "unit",
            "value_base",
            "unit_base",
            "qualifier",
            "period",
            "place",
            "organisation",
        ];
        let known = fields.iter().filter_map(|field| match fact.get(field)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(format!("{field} {text}")),
            value => Some(format!("{field} {value}")),
        });
        let known: Vec<String> = known.collect();
        lines.push(format!("    → {}", known.join(" · ")));
    }
    lines.join("\n")
}
