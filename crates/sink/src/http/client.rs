use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Proxy, Response, Url, redirect};
use taosha_core::{Epoch, Error, ErrorKind, Result};
use tokio::time::sleep;
use tracing::debug;

use super::HttpConfig;
use super::answer::Refusal;
use super::parts::Part;

/// A server that does not even greet within this time is away.
const CONNECT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read: enough for a message.
const READ: usize = 16 * 1024;

/// Pauses do not grow longer than this by themselves.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// Headers that say what a request carries.
const OURS: [&str; 8] = [
    "content-length",
    "content-type",
    "idempotency-key",
    "taosha-change",
    "taosha-epoch",
    "taosha-part",
    "taosha-state",
    "taosha-table",
];

/// Sends to one server. The only file that knows reqwest's client.
pub(super) struct Client {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    retries: u32,
    retry: Duration,
}

impl Client {
    pub(super) fn new(config: &HttpConfig) -> Result<Self> {
        // Fails when the program has chosen another provider, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(seconds(config.timeout_secs, "timeout_secs")?)
            .connect_timeout(CONNECT);
        if let Some(proxy) = &config.proxy {
            let proxy = Proxy::all(proxy.reveal()).map_err(|_| {
                let message =
                    "understand `proxy`: write `http://HOST:PORT` or `socks5h://HOST:PORT`";
                Error::config("sink.proxy", message).for_option("proxy")
            })?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| {
            let message = "make ready for HTTPS: the certificates of the system cannot be read; install `ca-certificates`";
            Error::config("sink.tls", message).because(error.without_url())
        })?;
        Ok(Client {
            client,
            url: address(config.url.reveal())?,
            headers: headers(config)?,
            retries: config.retries,
            retry: seconds(config.retry_secs, "retry_secs")?,
        })
    }

    /// Sends `part`, which is the one numbered `at.0` of `at.1`, until the server takes it, refuses it,
    /// or was asked often enough.
    pub(super) async fn send(&self, epoch: &Epoch, part: &Part, at: (usize, usize)) -> Result<()> {
        let host = self.url.host_str().unwrap_or_default();
        let mut attempt = 0;
        loop {
            let Err(refusal) = self.ask(host, epoch, part, at).await else {
                return Ok(());
            };
            if refusal.error.kind() != ErrorKind::Unavailable || attempt == self.retries {
                return Err(refusal.error);
            }
            let pause = backoff(self.retry, attempt, chance());
            let pause = refusal.after.unwrap_or(pause);
            let wait_secs = pause.as_secs_f64();
            debug!(
                attempt,
                wait_secs, "asked again: failed to {}", refusal.error
            );
            sleep(pause).await;
            attempt += 1;
        }
    }

    async fn ask(
        &self,
        host: &str,
        epoch: &Epoch,
        part: &Part,
        (number, of): (usize, usize),
    ) -> Result<(), Refusal> {
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header("Idempotency-Key", part.key(epoch))
            .header("Taosha-State", &*epoch.state)
            .header("Taosha-Epoch", epoch.number)
            .header("Taosha-Part", format!("{number}/{of}"))
            .header("Taosha-Table", part.table.name())
            .header("Taosha-Change", part.change.name())
            .body(part.body.clone());
        let sent = request.send().await;
        let response = sent.map_err(|error| Refusal::of_trouble(host, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = beginning(response).await;
        if status.is_success() {
            return Ok(());
        }
        Err(Refusal::of_status(host, status.as_u16(), &headers, &body))
    }
}

/// The first bytes of an answer. What breaks off behind the status is of no account.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > READ {
            break;
        }
    }
    body
}

fn address(url: &str) -> Result<Url> {
    let parsed = Url::parse(url).ok();
    let is_fine = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    parsed.filter(is_fine).ok_or_else(|| {
        let message = "understand `url`: write `https://HOST/PATH`";
        Error::config("sink.url", message).for_option("url")
    })
}

fn headers(config: &HttpConfig) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let agent = concat!("taosha/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    for (name, value) in &config.headers {
        let wrong = |why: &str| {
            let message = format!("send the header `{name}`: {why}");
            Error::config("sink.header", message).for_option("headers")
        };
        let name: HeaderName = name
            .parse()
            .map_err(|_| wrong("it is no name for a header"))?;
        if OURS.contains(&name.as_str()) {
            return Err(wrong("it is set by the sink"));
        }
        let value = HeaderValue::from_str(value.reveal());
        let mut value =
            value.map_err(|_| wrong("its value has characters that no header can have"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    headers.insert(CONTENT_TYPE, ndjson);
    Ok(headers)
}

fn seconds(seconds: f64, option: &'static str) -> Result<Duration> {
    let wrong = || {
        let message = format!("wait for `{option} = {seconds}`: it must be more than 0");
        Error::config("sink.option", message).for_option(option)
    };
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    match duration.is_zero() {
        true => Err(wrong()),
        false => Ok(duration),
    }
}

/// The pause before repetition number `attempt`, from 0: `first`, doubled every time, between half and
/// all of it as `chance` (0 to 1) has it, so that many writers do not come back at once.
fn backoff(first: Duration, attempt: u32, chance: f64) -> Duration {
    let whole = first.saturating_mul(1 << attempt.min(16)).min(MAX_BACKOFF);
    whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_ceiling() {
        let second = Duration::from_secs(1);
        assert_eq!(backoff(second, 0, 1.0), second);
        assert_eq!(backoff(second, 3, 0.0), 4 * second);
        assert_eq!(backoff(second, 99, 1.0), MAX_BACKOFF);
    }
}
