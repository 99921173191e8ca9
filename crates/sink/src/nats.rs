//! Rows published to a stream of NATS JetStream.

mod messages; // an epoch -> messages
mod stream; // the server, as far as rows go there; knows async-nats

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    Epoch, Error, Guarantee, Holding, Result, Secret, Settings, Sink, SinkType, Table, async_trait,
};

use crate::selection::select;
use messages::messages;
use stream::Stream;

/// Options of `type = "nats"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatsConfig {
    /// The server, as `nats://user:password@host:port` or `tls://…`. Best `{ secret = "name" }`.
    pub url: Secret,

    /// The stream that keeps the rows. Made when it is missing, in files.
    #[serde(default = "default_name")]
    pub stream: String,

    /// Rows are published to `PREFIX.TABLE`.
    #[serde(default = "default_name")]
    pub prefix: String,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,

    /// For how many seconds a stream that is made remembers what it has, so that repeats are not
    /// kept. One that is there keeps its own.
    #[serde(default = "default_duplicates_secs")]
    pub duplicates_secs: u64,

    /// Rows under way at once.
    #[serde(default = "default_batch_rows")]
    pub batch_rows: usize,

    /// Seconds to wait for the server, to connect and to say that it has a row.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: f64,
}

fn default_name() -> String {
    "taosha".to_owned()
}

/// A day: a run that was killed in the evening is started again by the next morning.
fn default_duplicates_secs() -> u64 {
    24 * 60 * 60
}

fn default_batch_rows() -> usize {
    256
}

fn default_timeout_secs() -> f64 {
    10.0
}

/// Rows published to a stream, each under an id.
///
/// The server is not asked what it holds, so after a kill the engine goes by its own record, and an
/// epoch may be published once more, under the same ids. The stream keeps a row once as long as it
/// remembers the id.
///
/// In trials nothing is sent.
pub struct Nats {
    stream: Stream,
    prefix: String,
    selected: Vec<Table>,
    batch_rows: usize,
    is_trial: bool,
    /// The last epoch that was begun, and how many of its messages the server has: when the engine
    /// asks again, those are not sent again.
    begun: Option<(Arc<str>, u64, usize)>,
}

impl SinkType for Nats {
    const NAME: &'static str = "nats";
    const ABOUT: &'static str =
        "rows published to a stream of NATS JetStream, under ids that tell repeats";
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
    type Config = NatsConfig;

    fn build(config: NatsConfig, settings: &Settings) -> Result<Self> {
        let selected = select(config.tables.as_deref())?;
        let wrong = |option: &'static str, why: String| {
            Err(Error::config("sink.option", format!("publish rows: {why}")).for_option(option))
        };
        if config.batch_rows == 0 {
            return wrong("batch_rows", "`batch_rows` is 0".to_owned());
        }
        let is_plain = |name: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !name.is_empty() && name.chars().all(fits)
        };
        if !is_plain(&config.stream) {
            let why = format!(
                "`{}` is no name for a stream: use letters, digits, `-` and `_`",
                config.stream
            );
            return wrong("stream", why);
        }
        if !config.prefix.split('.').all(is_plain) {
            let why = format!(
                "`{}` is no subject: use words of letters, digits, `-` and `_`, with dots between",
                config.prefix
            );
            return wrong("prefix", why);
        }
        Ok(Nats {
            prefix: config.prefix.clone(),
            selected,
            batch_rows: config.batch_rows,
            is_trial: settings.scratch.is_some(),
            begun: None,
            stream: Stream::new(config)?,
        })
    }
}

#[async_trait]
impl Sink for Nats {
    async fn open(&mut self) -> Result<Holding> {
        self.begun = None;
        if !self.is_trial {
            self.stream.open().await?;
        }
        Ok(Holding::Unknown)
    }

    async fn clear(&mut self) -> Result<()> {
        if self.is_trial {
            return Ok(());
        }
        let message = "clear the tables: a stream may hold what others need, and remembers the ids of \
                       what it had; empty it with `nats stream rm`, then `taosha run FILE --anew` \
                       publishes everything under new ids";
        Err(Error::config("sink.cannot_clear", message))
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        if self.is_trial {
            return Ok(());
        }
        let mut n_taken = match &self.begun {
            Some((state, number, n_taken)) if *state == epoch.state && *number == epoch.number => {
                *n_taken
            }
            _ => 0,
        };
        let messages = messages(epoch, &self.selected, &self.prefix)?;
        for batch in messages
            .get(n_taken..)
            .unwrap_or_default()
            .chunks(self.batch_rows)
        {
            self.begun = Some((epoch.state.clone(), epoch.number, n_taken));
            let published = self.stream.publish(batch).await;
            published.map_err(|error| {
                error.context(format!("publish rows of epoch {}", epoch.number))
            })?;
            n_taken += batch.len();
        }
        self.begun = Some((epoch.state.clone(), epoch.number, n_taken));
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.stream.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
