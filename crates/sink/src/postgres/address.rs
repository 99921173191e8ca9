use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use taosha_core::{Error, Result, Secret};
use tokio_postgres::config::{Host, SslMode};

use super::PostgresTls;

/// How long one address is tried. A server that is up answers within a second, also from far away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that is silent for so long is asked whether it is still there, three times; without
/// this a server that lost its power would be waited for for hours.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Where the server is, and how one gets there.
pub(super) struct Address {
    pub(super) config: tokio_postgres::Config,
    /// Never `Auto`.
    pub(super) tls: PostgresTls,
    /// See [`PostgresConfig::ca`](super::PostgresConfig::ca).
    pub(super) ca: Option<PathBuf>,
    /// `host:port/database`, for messages: the address without user and password.
    pub(super) place: String,
}

impl Address {
    pub(super) fn new(
        url: &Secret,
        tls: PostgresTls,
        ca: Option<PathBuf>,
        id: &Arc<str>,
    ) -> Result<Self> {
        // What the parser says can quote the address, and with it the password.
        let mut config = tokio_postgres::Config::from_str(url.reveal()).map_err(|_| {
            let message = "read the address of the database: it must read \
                           `postgres://user:password@host:port/database`, with `%40` for an `@` and \
                           `%2F` for a `/` in the password";
            Error::config("sink.url", message).for_option("url")
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        if config.get_application_name().is_none() {
            config.application_name(format!("taosha {id}"));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        config.keepalives_idle(KEEPALIVE_IDLE);
        config.keepalives_interval(KEEPALIVE_INTERVAL);
        config.keepalives_retries(3);
        let tls = match tls {
            PostgresTls::Auto if config.get_ssl_mode() == SslMode::Disable => PostgresTls::Off,
            PostgresTls::Auto if is_here(&config) => PostgresTls::Off,
            PostgresTls::Auto => PostgresTls::Verify,
            chosen => chosen,
        };
        config.ssl_mode(match tls {
            PostgresTls::Off => SslMode::Disable,
            _ => SslMode::Require,
        });
        let place = place(&config);
        Ok(Address {
            config,
            tls,
            ca,
            place,
        })
    }
}

/// Whether the server is on this machine, so that nobody is between.
fn is_here(config: &tokio_postgres::Config) -> bool {
    let is_here = |host: &Host| match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(is_here)
        && config.get_hostaddrs().iter().all(|addr| addr.is_loopback())
}

fn place(config: &tokio_postgres::Config) -> String {
    let ports = config.get_ports();
    let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
    let shown = |(at, host): (usize, &Host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(at)),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    };
    let mut hosts: Vec<String> = config.get_hosts().iter().enumerate().map(shown).collect();
    if hosts.is_empty() {
        let addrs = config.get_hostaddrs().iter().enumerate();
        hosts = addrs
            .map(|(at, addr)| format!("{addr}:{}", port(at)))
            .collect();
    }
    let database = config.get_dbname().or(config.get_user());
    format!("{}/{}", hosts.join(","), database.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, tls: PostgresTls) -> Result<Address> {
        #[derive(serde::Deserialize)]
        struct Holder {
            url: Secret,
        }
        let holder: Holder = serde_json::from_value(serde_json::json!({ "url": url })).unwrap();
        Address::new(&holder.url, tls, None, &"pg".into())
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        let shown = |url| address(url, PostgresTls::Auto).unwrap().place;
        assert_eq!(
            shown("postgres://me:hidden@db.example:6543/reports"),
            "db.example:6543/reports"
        );
        assert_eq!(shown("host=/run/pg user=me password=hidden"), "/run/pg/me");
        assert_eq!(shown("postgres:///reports"), "localhost:5432/reports");
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_quoted() {
        for url in [
            "postgres://me:hidden@db.example:port/x",
            "hidden",
            "a=hidden",
        ] {
            let error = address(url, PostgresTls::Auto).err().unwrap();
            assert_eq!(error.option(), Some("url"));
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }

    #[test]
    fn only_a_server_on_this_machine_is_talked_to_in_the_clear() {
        for (url, tls) in [
            ("postgres://me@127.0.0.1/x", PostgresTls::Off),
            ("postgres://me@%2Frun%2Fpg/x", PostgresTls::Off),
            ("postgres://me@db.example/x", PostgresTls::Verify),
            ("postgres://me@localhost,db.example/x", PostgresTls::Verify),
            (
                "postgres://me@db.example/x?sslmode=prefer",
                PostgresTls::Verify,
            ),
            (
                "postgres://me@db.example/x?sslmode=disable",
                PostgresTls::Off,
            ),
        ] {
            assert_eq!(address(url, PostgresTls::Auto).unwrap().tls, tls, "{url}");
        }
        let forced = address("postgres://me@localhost/x", PostgresTls::Verify).unwrap();
        assert_eq!(forced.config.get_ssl_mode(), SslMode::Require);
    }
}
