//! The pipeline file as tables: names checked, nothing built.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use crate::options::SecretPlace;
use crate::suggest::unknown;
use crate::{Diagnostic, PipelineText, RunOptions, ScheduleOptions};

/// What a pipeline file says.
pub(crate) struct PipelineFile<'t> {
    pub(crate) name: String,
    pub(crate) run: RunOptions,
    pub(crate) schedule: Option<ScheduleOptions>,
    pub(crate) sources: Vec<Entry<'t>>,
    pub(crate) stages: Vec<Entry<'t>>,
    pub(crate) sinks: Vec<Entry<'t>>,
    /// Where the key `require` stands.
    pub(crate) require_span: Option<Range<usize>>,
}

/// One `[[source]]`, `[[stage]]` or `[[sink]]`.
pub(crate) struct Entry<'t> {
    pub(crate) kind: Word,
    pub(crate) id: Word,
    /// `stage` or `stage.port`.
    pub(crate) from: Option<Word>,
    pub(crate) options: Spanned<DeTable<'t>>,
}

/// A string of the file and its place.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

const TABLES: [&str; 7] = [
    "name", "run", "schedule", "secrets", "source", "stage", "sink",
];

/// Reads the tables of `text`; whatever is wrong goes to `diagnostics`. `None` when it is no TOML.
pub(crate) fn parse<'t>(
    text: &'t PipelineText,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PipelineFile<'t>> {
    let (root, errors) = DeTable::parse_recoverable(text.file());
    if !errors.is_empty() {
        diagnostics.extend(
            errors
                .iter()
                .map(|e| Diagnostic::error(e.message(), e.span())),
        );
        return None;
    }
    let mut root = root.into_inner();
    apply_overrides(&mut root, text, diagnostics);
    check_keys(&root, &TABLES, "table", diagnostics);

    let require_span = root
        .get("run")
        .and_then(|run| run.get_ref().as_table())
        .and_then(|run| run.get("require"))
        .map(Spanned::span);
    let mut reader = Reader { root, diagnostics };
    let name = reader.name(text);
    let run = reader.table("run").unwrap_or_default();
    let schedule = reader.table("schedule");
    let secrets = reader.secrets();
    let (sources, stages, sinks) = (
        reader.entries("source"),
        reader.entries("stage"),
        reader.entries("sink"),
    );
    let mut file = PipelineFile {
        name,
        run,
        schedule,
        sources,
        stages,
        sinks,
        require_span,
    };
    for entry in file
        .sources
        .iter_mut()
        .chain(&mut file.stages)
        .chain(&mut file.sinks)
    {
        reveal(entry, &secrets, &text.base(), diagnostics);
    }
    Some(file)
}

struct Reader<'t, 'd> {
    root: DeTable<'t>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'t> Reader<'t, '_> {
    fn take(&mut self, key: &str) -> Option<Spanned<DeValue<'t>>> {
        self.root.remove(key)
    }

    /// The pipeline's name; by default that of the file.
    fn name(&mut self, text: &PipelineText) -> String {
        let stem = || {
            text.path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let Some(value) = self.take("name") else {
            return stem();
        };
        match word(&value) {
            Some(word) if is_name(&word.text) => word.text,
            _ => {
                let message = "`name` is not a name: letters, digits, `-`, `_` and `.`";
                self.diagnostics
                    .push(Diagnostic::error(message, value.span()));
                stem()
            }
        }
    }

    fn table<T: DeserializeOwned + schemars::JsonSchema>(&mut self, key: &str) -> Option<T> {
        let value = self.take(key)?;
        let span = value.span();
        let DeValue::Table(mut table) = value.into_inner() else {
            let message = format!("`{key}` is a table: write `[{key}]`");
            self.diagnostics.push(Diagnostic::error(message, span));
            return None;
        };
        let schema = schemars::schema_for!(T);
        remove_unknown(
            &mut table,
            &properties(schema.as_value()),
            "key",
            self.diagnostics,
        );
        read_all(table, span, self.diagnostics, |value| {
            T::deserialize(ValueDeserializer::from(value)).map_err(|error| Wrong {
                message: error.message().to_owned(),
                span: error.span(),
            })
        })
    }

    fn secrets(&mut self) -> BTreeMap<String, SecretPlace> {
        let Some(value) = self.take("secrets") else {
            return BTreeMap::new();
        };
        match BTreeMap::deserialize_spanned(value) {
            Ok(secrets) => secrets,
            Err(error) => {
                let help = "write `name = { env = \"VARIABLE\" }` or `{ file = \"path\" }`";
                let diagnostic = Diagnostic::error(error.message(), error.span()).help(help);
                self.diagnostics.push(diagnostic);
                BTreeMap::new()
            }
        }
    }

    fn entries(&mut self, key: &'static str) -> Vec<Entry<'t>> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let span = value.span();
        let DeValue::Array(array) = value.into_inner() else {
            let message = format!("`{key}` is a list of tables: write `[[{key}]]`");
            self.diagnostics.push(Diagnostic::error(message, span));
            return Vec::new();
        };
        array
            .into_iter()
            .filter_map(|value| self.entry(key, value))
            .collect()
    }

    fn entry(&mut self, key: &str, value: Spanned<DeValue<'t>>) -> Option<Entry<'t>> {
        let span = value.span();
        let DeValue::Table(mut table) = value.into_inner() else {
            let message = format!("`{key}` is a list of tables: write `[[{key}]]`");
            self.diagnostics.push(Diagnostic::error(message, span));
            return None;
        };
        let mut take = |name: &str| {
            let value = table.remove(name)?;
            let read = word(&value).filter(|word| name == "type" || is_reference(&word.text));
            if read.is_none() {
                let message = format!("`{name}` is not a name: letters, digits, `-`, `_` and `.`");
                self.diagnostics
                    .push(Diagnostic::error(message, value.span()));
            }
            read
        };
        let (kind, id, from) = (take("type"), take("id"), take("from"));
        let Some(kind) = kind else {
            let message = format!("this `[[{key}]]` has no `type`");
            self.diagnostics.push(Diagnostic::error(message, span));
            return None;
        };
        let id = id.unwrap_or_else(|| kind.clone());
        Some(Entry {
            kind,
            id,
            from,
            options: Spanned::new(span, table),
        })
    }
}

/// Deserialising a map of small values with their places kept.
trait DeserializeSpanned: DeserializeOwned {
    fn deserialize_spanned(value: Spanned<DeValue<'_>>) -> Result<Self, toml::de::Error> {
        Self::deserialize(ValueDeserializer::from(value))
    }
}

impl<T: DeserializeOwned> DeserializeSpanned for T {}

fn word(value: &Spanned<DeValue<'_>>) -> Option<Word> {
    let text = value.get_ref().as_str()?.to_owned();
    (!text.is_empty()).then(|| Word {
        text,
        span: value.span(),
    })
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(fits) && !text.starts_with('.')
}

/// An id, or an id and a port.
fn is_reference(text: &str) -> bool {
    is_name(text)
}

/// Reports keys of `table` that are not `known`.
fn check_keys(table: &DeTable<'_>, known: &[&str], what: &str, diagnostics: &mut Vec<Diagnostic>) {
    for key in table
        .keys()
        .filter(|key| !known.contains(&key.get_ref().as_ref()))
    {
        let (label, help) = unknown(key.get_ref(), known);
        let message = format!("unknown {what} `{}`", key.get_ref());
        diagnostics.push(
            Diagnostic::error(message, key.span())
                .label(label)
                .help(help),
        );
    }
}

/// Reports unknown keys and takes them out, so that what else is wrong shows in the same go.
pub(crate) fn remove_unknown(
    table: &mut DeTable<'_>,
    known: &[&str],
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    check_keys(table, known, what, diagnostics);
    let is_unknown = |key: &&Spanned<DeString<'_>>| !known.contains(&&**key.get_ref());
    let unknown: Vec<String> = table
        .keys()
        .filter(is_unknown)
        .map(|key| key.get_ref().to_string())
        .collect();
    for key in unknown {
        table.remove(key.as_str());
    }
}

/// Why a table cannot be read.
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) span: Option<Range<usize>>,
}

/// Reads `table` with `read`. When a value is wrong, it is reported and taken out, and what remains
/// is read again, so that all wrong values are seen in one go.
pub(crate) fn read_all<'t, T>(
    mut table: DeTable<'t>,
    span: Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
    read: impl Fn(Spanned<DeValue<'t>>) -> Result<T, Wrong>,
) -> Option<T> {
    let mut is_sound = true;
    loop {
        let value = Spanned::new(span.clone(), DeValue::Table(table.clone()));
        let wrong = match read(value) {
            Ok(read) => return is_sound.then_some(read),
            Err(wrong) => wrong,
        };
        let place = wrong.span.unwrap_or_else(|| span.clone());
        let holds_it = |(_, value): &(&Spanned<_>, &Spanned<DeValue<'t>>)| {
            value.span().start <= place.start && place.end <= value.span().end
        };
        let key = table
            .iter()
            .find(holds_it)
            .map(|(key, _)| key.get_ref().to_string());
        // What is missing now may be what was taken out before.
        if is_sound || key.is_some() {
            diagnostics.push(Diagnostic::error(wrong.message, place));
        }
        match key {
            Some(key) => drop(table.remove(key.as_str())),
            None => return None,
        }
        is_sound = false;
    }
}

/// The names of the properties in a JSON Schema of an object.
pub(crate) fn properties(schema: &serde_json::Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(|value| value.as_object());
    properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Puts the values of `--set` in place.
fn apply_overrides<'t>(
    root: &mut DeTable<'t>,
    text: &'t PipelineText,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for set in text.overrides() {
        let value = text.text().get(set.value.clone()).unwrap_or_default();
        let value = match DeValue::parse(value) {
            Ok(value) => shifted(value, set.value.start),
            // `--set jsonl.dir=out` should not need quotes within quotes.
            Err(_) => Spanned::new(set.value.clone(), DeValue::String(value.into())),
        };
        if let Err((message, help)) = put(root, set, value) {
            diagnostics.push(Diagnostic::error(message, set.whole.clone()).help(help));
        }
    }
}

/// Puts `value` where the key of `set` points; on failure what is wrong and the cure.
fn put<'t>(
    root: &mut DeTable<'t>,
    set: &crate::Override,
    value: Spanned<DeValue<'t>>,
) -> Result<(), (String, String)> {
    let mut parts: Vec<&str> = set.key.split('.').map(str::trim).collect();
    let name = parts.remove(0);
    let insert = |table: &mut DeTable<'t>, key: &str, value| {
        let key = Spanned::new(set.whole.start..set.value.start, key.to_owned().into());
        // A key compares by its name alone, so the old entry goes first to give up its place.
        table.remove(&key);
        table.insert(key, value);
    };
    if parts.is_empty() {
        insert(root, name, value);
        return Ok(());
    }
    if ["run", "schedule", "secrets"].contains(&name) && !root.contains_key(name) {
        let empty = Spanned::new(set.whole.clone(), DeValue::Table(DeTable::new()));
        insert(root, name, empty);
    }
    let mut ids = Vec::new();
    let mut target = None;
    for (key, entry) in root.iter_mut() {
        match entry.get_mut() {
            DeValue::Table(table) if key.get_ref() == name => target = Some(table),
            DeValue::Array(entries) if ["source", "stage", "sink"].contains(&&**key.get_ref()) => {
                for entry in entries.iter_mut() {
                    let DeValue::Table(table) = entry.get_mut() else {
                        continue;
                    };
                    let id = table.get("id").or(table.get("type"));
                    let id = id
                        .and_then(|id| id.get_ref().as_str())
                        .unwrap_or_default()
                        .to_owned();
                    if id == name {
                        target = Some(table);
                        break;
                    }
                    ids.push(id);
                }
            }
            _ => {}
        }
    }
    let Some(mut table) = target else {
        let ids: Vec<&str> = ids.iter().map(String::as_str).chain(["run"]).collect();
        let (label, help) = unknown(name, &ids);
        return Err((format!("nothing is called `{name}`: {label}"), help));
    };
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        if !table.contains_key(part) {
            let empty = Spanned::new(set.whole.clone(), DeValue::Table(DeTable::new()));
            insert(table, part, empty);
        }
        match table.get_mut(part).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => table = inner,
            _ => {
                let help = "name an option of a source, stage, sink or of `run`".to_owned();
                return Err((format!("`{part}` holds no further options"), help));
            }
        }
    }
    insert(table, last, value);
    Ok(())
}

/// `value` with its places moved by `by` bytes.
fn shifted(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = value.span().start + by..value.span().end + by;
    let value = match value.into_inner() {
        DeValue::Array(array) => {
            DeValue::Array(array.into_iter().map(|value| shifted(value, by)).collect())
        }
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    let span = key.span().start + by..key.span().end + by;
                    (Spanned::new(span, key.into_inner()), shifted(value, by))
                })
                .collect(),
        ),
        value => value,
    };
    Spanned::new(span, value)
}

/// Puts secrets in place of `{ secret = "name" }`, in options and in tables that are options.
fn reveal(
    entry: &mut Entry<'_>,
    secrets: &BTreeMap<String, SecretPlace>,
    base: &std::path::Path,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (_, value) in entry.options.get_mut().iter_mut() {
        reveal_value(value, secrets, base, diagnostics);
    }
}

fn reveal_value(
    value: &mut Spanned<DeValue<'_>>,
    secrets: &BTreeMap<String, SecretPlace>,
    base: &std::path::Path,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let whole = value.span();
    let DeValue::Table(table) = value.get_mut() else {
        return;
    };
    let Some(name) = table.get("secret").filter(|_| table.len() == 1) else {
        for (_, value) in table.iter_mut() {
            reveal_value(value, secrets, base, diagnostics);
        }
        return;
    };
    let span = name.span();
    let name = name.get_ref().as_str().unwrap_or_default();
    let secret = match secrets.get(name).map(|place| look_up(place, base)) {
        Some(Ok(secret)) => secret,
        Some(Err(why)) => {
            let message = format!("secret `{name}` cannot be had: {why}");
            diagnostics.push(Diagnostic::error(message, span));
            UNKNOWN_SECRET.to_owned()
        }
        None => {
            let known: Vec<&str> = secrets.keys().map(String::as_str).collect();
            let (label, help) = unknown(name, &known);
            let message = format!("`[secrets]` has no `{name}`");
            diagnostics.push(Diagnostic::error(message, span).label(label).help(help));
            UNKNOWN_SECRET.to_owned()
        }
    };
    *value = Spanned::new(whole, DeValue::String(secret.into()));
}

/// Stands for a secret that was already reported, so that it is not reported twice.
const UNKNOWN_SECRET: &str = "unknown-secret";

fn look_up(place: &SecretPlace, base: &std::path::Path) -> Result<String, String> {
    match place {
        SecretPlace::Env(name) => {
            std::env::var(name).map_err(|_| format!("the environment variable `{name}` is not set"))
        }
        SecretPlace::File(path) => {
            let path = base.join(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("read `{}`: {error}", path.display()))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
    }
}
