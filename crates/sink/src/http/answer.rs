use std::error::Error as StdError;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use taosha_core::Error;

/// A server that wants a longer pause is asked again after this one.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Characters of an answer that a message shows.
const SHOWN: usize = 300;

/// Why rows were not taken.
pub(super) struct Refusal {
    pub(super) error: Error,
    /// What the server wants to be waited.
    pub(super) after: Option<Duration>,
}

impl Refusal {
    /// The server `host` has answered `status`, which is no success.
    pub(super) fn of_status(host: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let mut said = shown(body);
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if matches!(status, 408 | 409 | 425 | 429) || status >= 500 {
            let after = header(RETRY_AFTER).and_then(|value| pause(value.trim(), Timestamp::now()));
            let message = format!("`{host}` answers {status}{said}");
            return Refusal {
                error: Error::unavailable("sink.write", message),
                after: after.map(|after| after.min(MAX_RETRY_AFTER)),
            };
        }
        let cure = match status {
            300..=399 => {
                let target = header(LOCATION).map(|target| format!(" to `{target}`"));
                said = target.unwrap_or_default();
                "redirects are not followed; write the address it leads to into `url`"
            }
            401 | 403 => "give it what it asks for in `headers`, from `[secrets]`",
            404 | 405 | 410 => "correct `url`",
            413 => "lower `batch_bytes` and `batch_rows`",
            415 => "it must take `application/x-ndjson`",
            _ => "see what the server has against it, then run again: the rows are kept",
        };
        let message = format!("`{host}` refuses them with {status}{said}; {cure}");
        Refusal {
            error: Error::config("sink.refused", message),
            after: None,
        }
    }

    /// No whole answer has come from `host`.
    pub(super) fn of_trouble(host: &str, error: &reqwest::Error) -> Self {
        let why = match (error.is_timeout(), innermost(error)) {
            (true, _) => "it took longer than `timeout_secs` allows".to_owned(),
            (false, why) => why,
        };
        let is_tls = causes(error)
            .iter()
            .any(|cause| cause.is::<rustls::Error>());
        let error = match (is_tls, error.is_connect()) {
            (true, _) => {
                let message =
                    format!("trust `{host}`: {why}; install the authority on this machine");
                Error::config("sink.tls", message)
            }
            (false, true) => Error::unavailable("sink.connect", format!("reach `{host}`: {why}")),
            (false, false) => {
                Error::unavailable("sink.write", format!("hear from `{host}`: {why}"))
            }
        };
        Refusal { error, after: None }
    }
}

/// Seconds, or a date.
fn pause(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(secs) = value.parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Duration::try_from(date.timestamp().duration_since(now)).ok()
}

/// The first words of an answer.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(SHOWN).collect();
    match text.is_empty() {
        true => text,
        false => format!(" (`{text}`)"),
    }
}

type Cause = dyn StdError + 'static;

/// `error` and its causes, without the addresses that reqwest's own message holds.
fn causes(error: &Cause) -> Vec<&Cause> {
    let mut causes = vec![error];
    let mut last = error;
    loop {
        // An I/O error hides the error it was made of.
        let io = last.downcast_ref::<std::io::Error>();
        let under = match io.and_then(std::io::Error::get_ref) {
            Some(inside) => Some(inside as &Cause),
            None => last.source(),
        };
        match under {
            Some(under) => causes.push(under),
            None => return causes,
        }
        last = causes.last().copied().unwrap_or(last);
    }
}

fn innermost(error: &reqwest::Error) -> String {
    let causes = causes(error);
    causes.last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use taosha_core::ErrorKind;

    fn refused(status: u16, body: &str) -> Error {
        Refusal::of_status("a.example", status, &HeaderMap::new(), body.as_bytes()).error
    }

    #[test]
    fn what_cannot_go_away_by_itself_is_told_with_its_cure() {
        for (status, cure) in [
            (400, "see what the server has against it"),
            (401, "`headers`"),
            (404, "correct `url`"),
            (413, "lower `batch_bytes`"),
            (302, "write the address"),
        ] {
            let error = refused(status, "no\n  thanks");
            assert_eq!(
                (error.kind(), error.code()),
                (ErrorKind::Config, "sink.refused")
            );
            assert!(error.to_string().contains(cure), "{error}");
        }
        assert!(
            refused(400, "no\n  thanks")
                .to_string()
                .contains("400 (`no thanks`)")
        );
        for status in [408, 409, 425, 429, 500, 503] {
            assert_eq!(
                refused(status, "").kind(),
                ErrorKind::Unavailable,
                "{status}"
            );
        }
    }

    #[test]
    fn a_server_may_tell_when_to_come_back() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(pause("7", now), Some(Duration::from_secs(7)));
        let date = pause("Sun, 22 Nov 2026 10:01:00 GMT", now);
        assert_eq!(date, Some(Duration::from_secs(60)));
        assert_eq!(pause("soon", now), None);
    }
}
