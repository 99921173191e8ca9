//! Rows posted to a server.

mod answer; // what the server says, for the person who must act
mod client; // one request, and the pauses before it is made again
mod parts; // an epoch -> requests

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use taosha_core::{
    ByteSize, Epoch, Error, Guarantee, Holding, Result, Secret, Settings, Sink, SinkType, Table,
    async_trait,
};

use crate::selection::select;
use client::Client;
use parts::parts;

/// Options of `type = "http"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where rows are posted to. Best `{ secret = "name" }` when it holds a key.
    pub url: Secret,

    /// Headers of every request: `{ Authorization = { secret = "name" } }`.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,

    /// The tables to write. Default: all.
    #[serde(default)]
    pub tables: Option<Vec<String>>,

    /// Rows of one request. Change it only when everything is delivered, see the README.
    #[serde(default = "default_batch_rows")]
    pub batch_rows: usize,

    /// Bytes of one request; a row that is larger travels alone.
    #[serde(default = "default_batch_bytes")]
    pub batch_bytes: ByteSize,

    /// How often a request is repeated after a time-out, a broken connection, 408, 409, 425, 429 and
    /// 5xx.
    #[serde(default = "default_retries")]
    pub retries: u32,

    /// Seconds before the first repetition; doubles, with jitter. `Retry-After` prevails.
    #[serde(default = "default_retry_secs")]
    pub retry_secs: f64,

    /// Seconds that one request may take in all.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: f64,

    /// `http://HOST:PORT` or `socks5h://HOST:PORT`; may be a secret. The environment is not asked.
    #[serde(default)]
    pub proxy: Option<Secret>,
}

/// A report has some sixty rows in all tables, so an epoch of a thousand is a hundred requests.
fn default_batch_rows() -> usize {
    500
}

/// Many servers take no more than 10 MB, some no more than 6.
fn default_batch_bytes() -> ByteSize {
    ByteSize::mib(4)
}

/// The engine asks six times more after these.
fn default_retries() -> u32 {
    3
}

fn default_retry_secs() -> f64 {
    1.0
}

/// Behind most servers stands a proxy that gives up after a minute.
fn default_timeout_secs() -> f64 {
    60.0
}

/// Rows posted to a server as JSON Lines.
///
/// The server is not asked what it holds, so after a kill the engine goes by its own record, and an
/// epoch may be posted once more: in the same requests, under the same keys. A server that keeps the
/// keys it has handled has every row once.
///
/// In trials nothing is sent.
pub struct Http {
    client: Client,
    selected: Vec<Table>,
    batch_rows: usize,
    batch_bytes: usize,
    is_trial: bool,
    /// The last epoch that was begun, and how many of its parts the server has taken: when the
    /// engine asks again, those are not sent again.
    begun: Option<(Arc<str>, u64, usize)>,
}

impl SinkType for Http {
    const NAME: &'static str = "http";
    const ABOUT: &'static str =
        "rows posted to a server as JSON Lines, under keys that tell repeats";
    const GUARANTEE: Guarantee = Guarantee::AtLeastOnce;
    type Config = HttpConfig;

    fn build(config: HttpConfig, settings: &Settings) -> Result<Self> {
        let selected = select(config.tables.as_deref())?;
        if config.batch_rows == 0 {
            let error = Error::config("sink.batch", "send rows: `batch_rows` is 0");
            return Err(error.for_option("batch_rows"));
        }
        Ok(Http {
            client: Client::new(&config)?,
            selected,
            batch_rows: config.batch_rows,
            batch_bytes: usize::try_from(config.batch_bytes.0).unwrap_or(usize::MAX),
            is_trial: settings.scratch.is_some(),
            begun: None,
        })
    }
}

#[async_trait]
impl Sink for Http {
    /// Asks for nothing: a server that is away is noticed with the first rows.
    async fn open(&mut self) -> Result<Holding> {
        self.begun = None;
        Ok(Holding::Unknown)
    }

    async fn clear(&mut self) -> Result<()> {
        if self.is_trial {
            return Ok(());
        }
        let message = "clear the tables: a server that rows are posted to cannot be told so, and knows \
                       the keys of what it has; empty the tables there, then `taosha run FILE --anew` \
                       sends everything under new keys";
        Err(Error::config("sink.cannot_clear", message))
    }

    async fn deliver(&mut self, epoch: &Epoch) -> Result<()> {
        if self.is_trial {
            return Ok(());
        }
        let n_taken = match &self.begun {
            Some((state, number, n_taken)) if *state == epoch.state && *number == epoch.number => {
                *n_taken
            }
            _ => 0,
        };
        let parts = parts(epoch, &self.selected, self.batch_rows, self.batch_bytes)?;
        let n_parts = parts.len();
        for (at, part) in parts.into_iter().enumerate().skip(n_taken) {
            self.begun = Some((epoch.state.clone(), epoch.number, at));
            let sent = self.client.send(epoch, &part, (at + 1, n_parts)).await;
            sent.map_err(|error| error.context(part.told(epoch.number)))?;
            self.begun = Some((epoch.state.clone(), epoch.number, at + 1));
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
