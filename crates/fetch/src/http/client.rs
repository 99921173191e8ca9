use std::error::Error as StdError;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HOST, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, RETRY_AFTER, TRANSFER_ENCODING, USER_AGENT,
};
use reqwest::{Proxy, Response, Url, redirect};
use taosha_core::{Bytes, Error, Result};

use super::HttpConfig;
use super::entry::{Entry, Kept, Outcome};
use super::guard::{Guard, PrivateAddress};
use super::pace::MAX_RETRY_AFTER;
use super::robots::PRODUCT;
use crate::coding::too_large;

/// Asks one server for one thing. The only file that knows reqwest's client.
#[derive(Clone)]
pub(crate) struct Client {
    client: reqwest::Client,
    guard: Guard,
    user_agent: HeaderValue,
    max_bytes: u64,
}

/// What came of asking.
pub(crate) struct Fetched {
    pub(crate) entry: Entry,
    /// The request as it was sent.
    pub(crate) request: Vec<u8>,
    /// Set when asking again may help.
    pub(crate) again: Option<Again>,
}

/// How to ask again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Again {
    /// What the server wants to be waited.
    pub(crate) after: Option<Duration>,
}

impl Client {
    /// A client with the limits of `config`.
    pub(crate) fn new(config: &HttpConfig) -> Result<Self> {
        // Fails when the program has chosen another provider, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let secs = |secs: f64| Duration::from_secs_f64(secs);
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(secs(config.timeout_secs))
            .connect_timeout(secs(config.idle_secs.min(config.timeout_secs)))
            .read_timeout(secs(config.idle_secs))
            .pool_max_idle_per_host(config.per_host);
        let mut allowed = config.allow_private.clone();
        if let Some(proxy) = &config.proxy {
            let wrong = || {
                let message =
                    "understand `proxy`: write `http://HOST:PORT` or `socks5h://HOST:PORT`";
                Error::config("fetch.proxy", message).for_option("proxy")
            };
            // The proxy itself may stand in the own network.
            let host = Url::parse(proxy.reveal())
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned));
            allowed.push(host.ok_or_else(wrong)?);
            builder = builder.proxy(Proxy::all(proxy.reveal()).map_err(|_| wrong())?);
        }
        let guard = Guard::new(config.allow_private.iter().cloned());
        let builder = builder.dns_resolver(Guard::new(allowed));
        let client = builder.build().map_err(|error| {
            let message = "make ready for HTTPS: the certificates of the system cannot be read; install `ca-certificates`";
            Error::config("fetch.tls", message).because(error.without_url())
        })?;
        Ok(Client {
            client,
            guard,
            user_agent: user_agent(&config.contact)?,
            max_bytes: config.max_bytes.0,
        })
    }

    /// Asks for `url`; when an earlier answer is `kept`, whether it still holds.
    pub(crate) async fn fetch(&self, url: Url, kept: Option<Kept>) -> Fetched {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"),
        );
        headers.insert(
            ACCEPT_LANGUAGE,
            HeaderValue::from_static("zh-CN,zh;q=0.9,*;q=0.5"),
        );
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        if let Some(kept) = &kept {
            let mut ask = |name: HeaderName, value: &Option<String>| {
                let value = value
                    .as_ref()
                    .and_then(|value| HeaderValue::from_str(value).ok());
                value.map(|value| headers.insert(name, value));
            };
            ask(IF_NONE_MATCH, &kept.etag);
            ask(IF_MODIFIED_SINCE, &kept.last_modified);
        }
        let request = message_of(&url, &headers);
        let date = now();
        let asked = match self.guard.check(&url) {
            Ok(()) => self.ask(&url, headers).await,
            Err(refused) => Err((private(&refused), None)),
        };
        let (outcome, again) = match asked {
            Ok((304, _, again)) if kept.is_some() => {
                let kept = kept.map(Outcome::Unchanged);
                (kept.expect("it was looked at"), again)
            }
            Ok((_, block, again)) => (Outcome::Answer(block), again),
            Err((error, again)) => {
                let (code, message) = (error.code().to_owned(), error.to_string());
                (Outcome::Failed { code, message }, again)
            }
        };
        Fetched {
            entry: Entry {
                url: url.into(),
                date,
                outcome,
            },
            request,
            again,
        }
    }

    /// The status and the whole message.
    async fn ask(
        &self,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<(u16, Bytes, Option<Again>), (Error, Option<Again>)> {
        let sent = self.client.get(url.clone()).headers(headers).send().await;
        let mut response = sent.map_err(|error| trouble(url, error))?;
        let status = response.status().as_u16();
        let again = again(status, response.headers());
        let mut block = head_of(&response);
        let head = block.len() as u64;
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| trouble(url, error))?
        {
            if block.len() as u64 - head + chunk.len() as u64 > self.max_bytes {
                return Err((too_large(self.max_bytes), None));
            }
            block.extend_from_slice(&chunk);
        }
        Ok((status, block.into(), again))
    }
}

/// What a request says it can unpack. `coding` knows these and more.
const ACCEPTED: &str = "gzip, deflate, br";

/// `taosha/0.1.0 (somebody@example.org)`
pub(crate) fn user_agent(contact: &str) -> Result<HeaderValue> {
    let is_way_to_write = contact.contains('@') || contact.starts_with("http");
    let is_plain = contact
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && !contact.contains(['(', ')']);
    let value = format!("{PRODUCT}/{} ({contact})", env!("CARGO_PKG_VERSION"));
    match HeaderValue::try_from(value) {
        Ok(value) if is_way_to_write && is_plain => Ok(value),
        _ => {
            let message = format!(
                "sign requests with the contact `{contact}`: write an address of mail or of a page, in ASCII"
            );
            Err(Error::config("fetch.contact", message).for_option("contact"))
        }
    }
}

/// The request as it goes over the line.
fn message_of(url: &Url, headers: &HeaderMap) -> Vec<u8> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let mut message = format!("GET {path} HTTP/1.1\r\n").into_bytes();
    let host = format!("{HOST}: {}{port}\r\n", url.host_str().unwrap_or_default());
    message.extend(host.into_bytes());
    write_headers(&mut message, headers);
    message
}

/// The status line and the headers, as received. The chunks of the body are undone, so the header that tells
/// of them is given the name that crawlers use for that.
fn head_of(response: &Response) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut message = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    let mut headers = response.headers().clone();
    if let Some(encoding) = headers.remove(TRANSFER_ENCODING) {
        headers.insert(
            HeaderName::from_static("x-crawler-transfer-encoding"),
            encoding,
        );
    }
    write_headers(&mut message, &headers);
    message
}

fn write_headers(message: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        message.extend_from_slice(name.as_str().as_bytes());
        message.extend_from_slice(b": ");
        message.extend_from_slice(value.as_bytes());
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"\r\n");
}

/// Whether the server may answer otherwise a little later.
fn again(status: u16, headers: &HeaderMap) -> Option<Again> {
    if !matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504) {
        return None;
    }
    let value = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let after = value.and_then(|value| retry_after(value.trim(), Timestamp::now()));
    Some(Again {
        after: after.map(|after| after.min(MAX_RETRY_AFTER)),
    })
}

/// Seconds, or a date.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(secs) = value.parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Duration::try_from(date.timestamp().duration_since(now)).ok()
}

/// What went wrong, where to look, and whether asking again may help.
fn trouble(url: &Url, error: reqwest::Error) -> (Error, Option<Again>) {
    let again = Some(Again { after: None });
    let host = url.host_str().unwrap_or_default();
    if let Some(refused) = cause::<PrivateAddress>(&error) {
        return (private(refused), None);
    }
    let of = |code: &'static str, message: String| Error::malformed(code, message);
    if error.is_timeout() {
        let message =
            "wait for the server: it took longer than `timeout_secs` or `idle_secs` allow"
                .to_owned();
        return (of("fetch.timeout", message), again);
    }
    if let Some(tls) = cause::<rustls::Error>(&error) {
        let message = format!(
            "trust `{host}`: {tls}; see whether a browser does, and whether it speaks TLS 1.2"
        );
        return (of("fetch.tls", message), None);
    }
    if is_dns(&error) {
        let message =
            format!("find `{host}`: there is no such host, or no name server; correct the address");
        return (of("fetch.dns", message), again);
    }
    if error.is_connect() {
        let port = url.port_or_known_default().unwrap_or_default();
        let message = format!("reach `{host}`, port {port}: {}", innermost(&error));
        return (of("fetch.unreachable", message), again);
    }
    (
        of(
            "fetch.broken",
            format!("read the answer: {}", innermost(&error)),
        ),
        again,
    )
}

fn private(refused: &PrivateAddress) -> Error {
    Error::malformed("fetch.private_address", format!("ask for it: {refused}"))
}

type Cause = dyn StdError + 'static;

/// `error` and its causes, without the addresses that reqwest's own message holds.
fn causes(error: &Cause) -> Vec<&Cause> {
    let mut causes = vec![error];
    let mut last = error;
    while let Some(under) = under(last) {
        causes.push(under);
        last = under;
    }
    causes
}

/// An I/O error hides the error it was made of.
fn under(error: &Cause) -> Option<&Cause> {
    let io = error.downcast_ref::<std::io::Error>();
    match io.and_then(std::io::Error::get_ref) {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}

fn cause<T: StdError + 'static>(error: &Cause) -> Option<&T> {
    causes(error)
        .into_iter()
        .find_map(|error| error.downcast_ref())
}

/// hyper-util has no type for it.
fn is_dns(error: &reqwest::Error) -> bool {
    causes(error)
        .iter()
        .any(|error| error.to_string() == "dns error")
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The time, for the column `fetched_at`: the one thing in a crawl's file that another crawl has otherwise.
pub(crate) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_way_to_write_to_somebody() {
        let agent = user_agent("crawl@corpus.example").unwrap();
        assert!(agent.to_str().unwrap().starts_with("taosha/"));
        for contact in ["", "nobody", "a@b\r\nx: y", "我@b.example", "a@b (c)"] {
            assert_eq!(
                user_agent(contact).unwrap_err().code(),
                "fetch.contact",
                "{contact:?}"
            );
        }
    }

    #[test]
    fn a_server_may_tell_when_to_come_back() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        let date = retry_after("Sun, 22 Nov 2026 10:01:00 GMT", now);
        assert_eq!(date, Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Sun, 22 Nov 2026 09:00:00 GMT", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
