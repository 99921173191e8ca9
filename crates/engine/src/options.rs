use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use taosha_core::{ByteSize, Guarantee};

/// The `[run]` table.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunOptions {
    /// The folder for what a run keeps, relative to the pipeline file. Default: `state/NAME`.
    pub state: Option<String>,
    /// Threads that stages run on: a number, or "auto" for one per core.
    pub workers: Workers,
    /// Bytes in flight in the whole graph. A source waits when they are used up.
    pub memory: ByteSize,
    /// How much becomes visible at once.
    pub epoch: EpochOptions,
    /// What happens to pages that cannot be handled.
    pub errors: ErrorOptions,
    /// The least that every path must promise; `check` fails if one is weaker.
    pub require: Option<Require>,
    /// How long sealed epochs are kept once every sink holds them.
    pub outbox: OutboxOptions,
    /// Where Prometheus finds metrics while a run goes on, such as "127.0.0.1:9464".
    pub metrics: Option<SocketAddr>,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            state: None,
            workers: Workers::Auto,
            memory: ByteSize::mib(1024),
            epoch: EpochOptions::default(),
            errors: ErrorOptions::default(),
            require: None,
            outbox: OutboxOptions::default(),
            metrics: None,
        }
    }
}

/// `workers`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// One per core.
    Auto,
    /// So many.
    Fixed(NonZeroUsize),
}

impl Workers {
    /// How many that is on this machine.
    pub fn count(self) -> usize {
        match self {
            Workers::Auto => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            Workers::Fixed(count) => count.get(),
        }
    }
}

/// `epoch = { records = 1000, every = "10s" }`
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EpochOptions {
    /// An epoch ends after so many records.
    pub records: u64,
    /// An epoch ends after this time, such as "10s" or "2m".
    pub every: Every,
}

impl Default for EpochOptions {
    fn default() -> Self {
        EpochOptions {
            records: 1000,
            every: Every(Duration::from_secs(10)),
        }
    }
}

/// `outbox = { keep = "90d", max_bytes = "16GiB" }`
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutboxOptions {
    /// Epochs older than this are removed, such as "90d". `taosha replay` and `taosha why` need them.
    pub keep: Every,
    /// The oldest epochs are removed while all take more than this.
    pub max_bytes: ByteSize,
}

impl Default for OutboxOptions {
    fn default() -> Self {
        OutboxOptions {
            keep: Every(Duration::from_secs(90 * 24 * 3600)),
            max_bytes: ByteSize::mib(16 * 1024),
        }
    }
}

/// `errors = { default = "dead_letter", stop_above = "5% of 500" }`
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ErrorOptions {
    /// What becomes of a page that cannot be handled.
    pub default: OnError,
    /// Stops the run when more than this share of the pages are dead, once so many have been read:
    /// "5% of 500".
    pub stop_above: Option<StopAbove>,
}

/// What becomes of a page that cannot be handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It is written to the table `dead`, and the run goes on.
    #[default]
    DeadLetter,
    /// The run stops.
    Stop,
}

/// `require`
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// Targets end as if the run had never been disturbed.
    ExactlyOnce,
    /// Nothing is lost, repeats are possible.
    AtLeastOnce,
}

impl Require {
    /// The guarantee it asks for.
    pub fn guarantee(self) -> Guarantee {
        match self {
            Require::ExactlyOnce => Guarantee::ExactlyOnce,
            Require::AtLeastOnce => Guarantee::AtLeastOnce,
        }
    }
}

/// The `[schedule]` table, used by `taosha schedule` only.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleOptions {
    /// When to run: minute, hour, day of month, month, day of week.
    pub cron: Cron,
    /// The time zone of `cron`, by its IANA name. Default: the machine's.
    #[serde(default)]
    pub timezone: Option<TimeZone>,
    /// What to do when it is time and the last run still goes on.
    #[serde(default)]
    pub overlap: Overlap,
    /// What to do about runs that were missed while the machine was off.
    #[serde(default)]
    pub missed: Missed,
}

/// What to do when it is time and the last run still goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Leave this one out.
    #[default]
    Skip,
    /// Start when the last one has ended.
    Queue,
}

/// What to do about runs that were missed while the machine was off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// Make up for all of them with one run.
    #[default]
    Once,
    /// Wait for the next time.
    Skip,
}

/// Where a secret is: `{ env = "TAOSHA_PG_URL" }` or `{ file = "/run/secrets/pg" }`.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum SecretPlace {
    /// In an environment variable.
    Env(String),
    /// In a file, without the line break at its end.
    File(String),
}

/// Gives a string type its reading, its schema and its messages.
macro_rules! read_from_text {
    ($type:ident, $name:literal, $examples:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "examples": $examples })
            }
        }
    };
}

/// A span of time as people write it: `10s`, `2m`, `1h 30m`, `90d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every(pub Duration);

read_from_text!(Every, "Every", ["10s", "2m"]);

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a time span: write `10s`, `2m` or `1h 30m`");
        let span: jiff::Span = text.parse().map_err(|_| wrong())?;
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let span = span.to_duration(days).map_err(|_| wrong())?;
        let duration = Duration::try_from(span).map_err(|_| wrong())?;
        if duration.is_zero() {
            Err(wrong())
        } else {
            Ok(Every(duration))
        }
    }
}

/// `5% of 500`: a share of dead pages, and how many pages must have been read before it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StopAbove {
    /// 0 to 1.
    pub share: f64,
    /// Pages.
    pub after: u64,
}

read_from_text!(StopAbove, "StopAbove", ["5% of 500"]);

impl FromStr for StopAbove {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (share, after) = text.split_once(" of ")?;
            let percent: f64 = share.trim().strip_suffix('%')?.trim().parse().ok()?;
            let after = after.trim().parse().ok()?;
            (0.0..=100.0).contains(&percent).then_some(StopAbove {
                share: percent / 100.0,
                after,
            })
        };
        read().ok_or_else(|| format!("`{text}` is not a limit: write `5% of 500`"))
    }
}

impl fmt::Display for StopAbove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}% of {}", self.share * 100.0, self.after)
    }
}

/// A cron line.
#[derive(Clone, Debug)]
pub struct Cron(pub croner::Cron);

read_from_text!(Cron, "Cron", ["0 2 * * *"]);

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cron = text
            .parse()
            .map_err(|e| format!("`{text}` is not a cron line: {e}"))?;
        Ok(Cron(cron))
    }
}

/// A time zone by its IANA name.
#[derive(Clone, Debug)]
pub struct TimeZone(pub jiff::tz::TimeZone);

read_from_text!(TimeZone, "TimeZone", ["Asia/Shanghai"]);

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let zone = jiff::tz::TimeZone::get(text).map_err(|_| {
            format!("`{text}` is not a time zone: write a name like `Asia/Shanghai`")
        })?;
        Ok(TimeZone(zone))
    }
}

impl<'de> Deserialize<'de> for Workers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WorkersVisitor;

        impl Visitor<'_> for WorkersVisitor {
            type Value = Workers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"auto\" or a number from 1")
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Workers, E> {
                let count = usize::try_from(count).ok().and_then(NonZeroUsize::new);
                count.map(Workers::Fixed).ok_or_else(|| {
                    E::invalid_value(de::Unexpected::Other("a number below 1"), &self)
                })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Workers, E> {
                match text {
                    "auto" => Ok(Workers::Auto),
                    text => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(WorkersVisitor)
    }
}

impl JsonSchema for Workers {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Workers".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "auto" }, { "type": "integer", "minimum": 1 }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_people_write_them() {
        assert_eq!(
            "5% of 500".parse(),
            Ok(StopAbove {
                share: 0.05,
                after: 500
            })
        );
        assert_eq!("10s".parse(), Ok(Every(Duration::from_secs(10))));
        for wrong in ["5 of 500", "5%", "120% of 3"] {
            assert!(wrong.parse::<StopAbove>().is_err(), "{wrong}");
        }
        for wrong in ["ten", "0s", "-3s"] {
            assert!(wrong.parse::<Every>().is_err(), "{wrong}");
        }
    }
}
