//! Turns tracing events into lines: flat JSON objects for programs, short text for people.
//!
//! One event may go to several targets: the terminal or the file of `--log-file`, and the log in the
//! state folder. Every line carries the fields of the spans around the event, so `run` and `stage` need not be
//! repeated where something is logged.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{FilterExt, LevelFilter};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use crate::args::{Format, OutputArgs};
use crate::log_files::DailyLog;
use crate::progress::Screen;
use crate::terminal::Terminal;

/// The target of events that the terminal is told in other words, so that text for people does not
/// say them twice.
pub(crate) const TOLD: &str = "taosha::told";

/// Starts logging: as `args` say, and into `state_log`, which is as full as `info` at least.
///
/// Lines on the terminal are drawn above the progress on `screen`.
pub(crate) fn start(
    args: &OutputArgs,
    terminal: Terminal,
    screen: &Screen,
    state_log: DailyLog,
) -> Result<()> {
    let level = match &args.log_level {
        Some(level) => level.as_str(),
        None if args.log_file.is_none() && terminal.is_interactive => "warn",
        None => "info",
    };
    let filter = || {
        EnvFilter::try_new(level)
            .map_err(|error| anyhow!("understand log level `{level}`: {error}"))
    };
    let target = match &args.log_file {
        Some(path) => {
            let log = DailyLog::beside(path, Timestamp::now());
            Target::file(
                log.with_context(|| format!("log to `{}`", path.display()))?,
                screen,
            )
        }
        None => Target::Terminal(screen.clone()),
    };
    let asked = Lines {
        format: args.log_format,
        target,
    };
    let kept = Lines {
        format: Format::Json,
        target: Target::file(state_log, screen),
    };
    Registry::default()
        .with(asked.with_filter(filter()?))
        .with(kept.with_filter(LevelFilter::INFO.or(filter()?)))
        .try_init()
        .context("start logging")
}

enum Target {
    Terminal(Screen),
    File {
        log: Mutex<FileTarget>,
        /// Where to say that the file takes no more lines.
        screen: Screen,
    },
}

struct FileTarget {
    log: DailyLog,
    /// Said once: a full disk fails at every line.
    has_failed: bool,
}

impl Target {
    fn file(log: DailyLog, screen: &Screen) -> Self {
        Target::File {
            log: Mutex::new(FileTarget {
                log,
                has_failed: false,
            }),
            screen: screen.clone(),
        }
    }

    fn write(&self, line: &str, now: Timestamp) {
        match self {
            Target::Terminal(screen) => screen.above(line),
            Target::File { log, screen } => {
                let mut file = log.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(error) = file.log.write(line, now)
                    && !std::mem::replace(&mut file.has_failed, true)
                {
                    screen.above(&lost_line(&file.log, now, &error));
                }
            }
        }
    }
}

fn lost_line(log: &DailyLog, now: Timestamp, error: &io::Error) -> String {
    let path = log.path(now);
    format!("taosha: failed to log to `{}`: {error}", path.display())
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
            // Every target's layer notes the same; a second `insert` would panic.
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: LayerContext<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: LayerContext<'_, S>) {
        let metadata = event.metadata();
        let is_told = matches!(self.target, Target::Terminal(_)) && self.format == Format::Text;
        if is_told && metadata.target() == TOLD {
            return;
        }
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
        let now = Timestamp::now();
        let line = match self.format {
            Format::Json => json_line(now, *metadata.level(), fields),
            Format::Text => text_line(now, *metadata.level(), fields),
        };
        self.target.write(&line, now);
    }
}

fn json_line(now: Timestamp, level: Level, Fields(mut fields): Fields) -> String {
    let mut line = Map::new();
    line.insert("time".to_owned(), format!("{now:.3}").into());
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
fn text_line(now: Timestamp, level: Level, Fields(mut fields): Fields) -> String {
    let mut take = |key| {
        let value = fields.shift_remove(key);
        value.as_ref().map(plain).unwrap_or_default()
    };
    let (message, stage) = (take("message"), take("stage"));
    // The run is the same on every line, and ids are for programs.
    let _ = (take("run"), take("record"));
    let time = format!("{now:.3}");
    let clock = time.get(11..19).unwrap_or_default();
    let mut line = format!("{clock} {level:5} ");
    if !stage.is_empty() {
        let _ = write!(line, "{stage}: ");
    }
    line.push_str(&message);
    if !fields.is_empty() {
        let fields: Vec<String> = fields
            .iter()
            .map(|(key, value)| format!("{key}={}", plain(value)))
            .collect();
        let _ = write!(line, " ({})", fields.join(" "));
    }
    // A message that quotes a page must not break the line or drive the terminal.
    line.replace(|c: char| c.is_control(), " ")
}

/// A field as people read it: a string without its quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
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
            serde_json::from_str(&json_line(Timestamp::UNIX_EPOCH, Level::WARN, fields())).unwrap();
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
        let line = text_line(Timestamp::UNIX_EPOCH, Level::WARN, fields());
        assert!(!line.contains('\n'));
        let expected = "decode: read `a`: empty (uri=pages/a.html code=decode.empty bytes=0)";
        assert!(line.ends_with(expected), "{line}");
    }
}
