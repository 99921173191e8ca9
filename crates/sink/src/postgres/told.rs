use std::error::Error as _;
use std::fmt::Write;
use std::io;
use std::sync::Arc;

use taosha_core::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::tls;
use crate::damage::damaged;

/// Turns what the server says into errors for the person who must act.
pub(super) struct Teller {
    /// The sink, for those who must repair its target.
    pub(super) id: Arc<str>,
    /// See [`Address::place`](super::address::Address::place).
    pub(super) place: String,
    pub(super) schema: String,
    pub(super) user: String,
}

impl Teller {
    /// A connection could not be made.
    pub(super) fn connecting(&self, error: &tokio_postgres::Error) -> Error {
        let doing = format!("connect to `{}`", self.place);
        if let Some(answer) = error.as_db_error() {
            let (code, why) = (answer.code(), said(answer));
            let is_login = code.code().starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME;
            if is_login || *code == SqlState::INSUFFICIENT_PRIVILEGE {
                let message = format!("{doing} as `{}`: {why}", self.user);
                return Error::config("sink.login", message).for_option("url");
            }
            // Its start, its end, too many connections: all of these pass.
            return Error::unavailable("sink.connect", format!("{doing}: {why}"));
        }
        match error.source() {
            Some(cause) if cause.is::<tls::Refused>() => {
                let message = format!(
                    "{doing}: {cause}; `ca` names the file of an authority of yours, and \
                     `tls = \"unverified\"` believes any server"
                );
                Error::config("sink.tls", message).for_option("tls")
            }
            Some(cause) if !cause.is::<io::Error>() => {
                // A server without TLS, a way to log in that we do not know, an address that lacks
                // something.
                let message = format!("{doing}: {}", chain(error));
                Error::config("sink.login", message).for_option("url")
            }
            _ => Error::unavailable("sink.connect", format!("{doing}: {}", chain(error))),
        }
    }

    /// A statement failed, or the connection under it.
    pub(super) fn writing(&self, error: &tokio_postgres::Error) -> Error {
        let Teller { place, schema, .. } = self;
        let doing = format!("write schema `{schema}` of `{place}`");
        let Some(answer) = error.as_db_error() else {
            return Error::unavailable("sink.write", format!("{doing}: {}", chain(error)));
        };
        let (code, why) = (answer.code(), said(answer));
        let message = format!("{doing}: {why}");
        if *code == SqlState::INSUFFICIENT_PRIVILEGE {
            let user = &self.user;
            let cure =
                format!("`GRANT CREATE, USAGE ON SCHEMA \"{schema}\" TO \"{user}\"` gives it");
            let message = match answer.message().contains("for schema") {
                true => format!("{message}; {cure}"),
                false => format!("{message}; the tables must belong to `{user}`"),
            };
            return Error::config("sink.rights", message);
        }
        if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
            return damaged(&self.id, message);
        }
        match code.code().get(..2).unwrap_or_default() {
            // A right to log in that was taken away meanwhile.
            "28" => Error::config("sink.login", message).for_option("url"),
            // Connections, resources, an operator, the system, and other transactions: these pass.
            "08" | "25" | "40" | "53" | "55" | "57" | "58" | "XX" => {
                Error::unavailable("sink.write", message)
            }
            // A constraint, trigger or type of the user's, or a limit of the server.
            _ => Error::config("sink.not_writable", message),
        }
    }
}

/// An answer of the server in one line.
fn said(answer: &DbError) -> String {
    let mut said = answer.message().to_owned();
    for more in [answer.detail(), answer.hint()].into_iter().flatten() {
        let _ = write!(said, " ({})", more.trim_end_matches('.'));
    }
    let _ = write!(said, " [{}]", answer.code().code());
    said
}

/// An error and what it came from.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(chain, ": {error}");
        cause = error.source();
    }
    chain
}
