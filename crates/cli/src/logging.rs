//! Turns tracing events into lines: flat JSON objects for programs, short text for people.
//!
//! Every line carries the fields of the spans around the event, so `run` and `stage` need not be
//! repeated where something is logged.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling;
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use crate::args::{Format, OutputArgs};
use crate::progress::Screen;
use crate::terminal::Terminal;

/// Keeps the log going; what is still in its queue is written when this is dropped.
pub(crate) struct LogGuard {
    _worker: Option<WorkerGuard>,
}

/// Starts logging as `args` say. Lines on the terminal are drawn above the progress on `screen`.
pub(crate) fn start(args: &OutputArgs, terminal: Terminal, screen: &Screen) -> Result<LogGuard> {
    let level = match &args.log_level {
        Some(level) => level.as_str(),
        None if args.log_file.is_none() && terminal.is_interactive => "warn",
        None => "info",
    };
    let filter = EnvFilter::try_new(level)
        .map_err(|error| anyhow!("understand log level `{level}`: {error}"))?;
    let (target, worker) = match &args.log_file {
        Some(path) => {
            let (writer, worker) = daily(path)?;
            (Target::File(writer), Some(worker))
        }
        None => (Target::Terminal(screen.clone()), None),
    };
    let lines = Lines {
        format: args.log_format,
        target,
    };
    Registry::default()
        .with(lines.with_filter(filter))
        .try_init()
        .context("start logging")?;
    Ok(LogGuard { _worker: worker })
}

/// A file that is begun anew each day. Nothing is thrown away when the disk is slow.
fn daily(path: &Path) -> Result<(NonBlocking, WorkerGuard)> {
    let name = path
        .file_name()
        .with_context(|| format!("log to `{}`", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let appender = rolling::Builder::new()
        .rotation(rolling::Rotation::DAILY)
        .filename_prefix(name.to_string_lossy())
        .build(if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        })
        .with_context(|| format!("log to `{}`", path.display()))?;
    Ok(NonBlockingBuilder::default().lossy(false).finish(appender))
}

enum Target {
    Terminal(Screen),
    File(NonBlocking),
}

struct Lines {
    format: Format,
    target: Target,
}

/// Fields of a span or event, by name, in the order in which they were recorded.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            if let Some(Fields(of_span)) = span.extensions().get::<Fields>() {
                fields.0.extend(of_span.clone());
            }
        }
        event.record(&mut fields);
        let line = match self.format {
            Format::Json => json_line(*event.metadata().level(), fields),
            Format::Text => text_line(*event.metadata().level(), fields),
        };
        match &self.target {
            Target::Terminal(screen) => screen.above(&line),
            Target::File(writer) => {
                let _ = writeln!(writer.clone(), "{line}");
            }
        }
    }
}

fn json_line(level: Level, Fields(mut fields): Fields) -> String {
    let mut line = Map::new();
    line.insert("time".to_owned(), now().into());
    line.insert("level".to_owned(), level.as_str().to_lowercase().into());
    for key in ["run", "stage", "record", "uri", "code", "message"] {
        if let Some(value) = fields.shift_remove(key) {
            line.insert(key.to_owned(), value);
        }
    }
    line.extend(fields);
    Value::Object(line).to_string()
}

/// `12:00:01 WARN decode: message (uri=pages/a.html code=decode.empty)`
fn text_line(level: Level, Fields(mut fields): Fields) -> String {
    let mut take = |key| match fields.shift_remove(key) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let (message, stage) = (take("message"), take("stage"));
    // The run is the same on every line, and ids are for programs.
    let _ = (take("run"), take("record"));
    let time = now();
    let clock = time.get(11..19).unwrap_or_default();
    let mut line = format!("{clock} {level:5} ");
    if !stage.is_empty() {
        let _ = write!(line, "{stage}: ");
    }
    line.push_str(&message);
    if !fields.is_empty() {
        let fields: Vec<String> = fields
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            })
            .collect();
        let _ = write!(line, " ({})", fields.join(" "));
    }
    // A message that quotes a page must not break the line or drive the terminal.
    line.replace(|c: char| c.is_control(), " ")
}

fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let fields = serde_json::json!({
            "uri": "pages/a.html", "stage": "decode", "code": "decode.empty",
            "message": "read `a`:\nempty", "run": "r@1", "bytes": 0,
        });
        Fields(fields.as_object().unwrap().clone())
    }

    #[test]
    fn a_json_line_is_flat_and_begins_with_the_agreed_fields() {
        let line: Map<String, Value> =
            serde_json::from_str(&json_line(Level::WARN, fields())).unwrap();
        let keys: Vec<_> = line.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "time", "level", "run", "stage", "uri", "code", "message", "bytes"
            ]
        );
        assert_eq!(line["level"], "warn");
    }

    #[test]
    fn a_text_line_is_one_line() {
        let line = text_line(Level::WARN, fields());
        assert!(!line.contains('\n'));
        let expected = "decode: read `a`: empty (uri=pages/a.html code=decode.empty bytes=0)";
        assert!(line.ends_with(expected), "{line}");
    }
}
