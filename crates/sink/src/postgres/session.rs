use std::time::Duration;

use taosha_core::{Error, Result};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Socket, tls::MakeTlsConnect};

use super::PostgresTls;
use super::address::Address;
use super::tls::Tls;
use super::told::Teller;

/// How long another transaction is waited for. Most end within it; the engine asks again after that,
/// and can be stopped between two tries.
const LOCK_TIMEOUT: &str = "10s";

/// A statement that takes longer waits for something that will not come. The largest one writes the
/// rows of one epoch, or takes all rows away.
const STATEMENT_TIMEOUT: &str = "10min";

/// Between two statements of a transaction there is only work of ours, some milliseconds. When this
/// process is stopped in the middle of one, the server must not keep its locks for ever.
const IDLE_TIMEOUT: &str = "60s";

/// How long a connection has to say why it ended, or to end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The oldest server that is still looked after by anyone, and the oldest that the statements were
/// written for.
const OLDEST: i32 = 120_000;

/// One connection.
pub(super) struct Session {
    pub(super) client: Client,
    /// Moves bytes until the client is dropped or the connection breaks.
    ended: JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Session {
    pub(super) async fn connect(address: &Address, teller: &Teller) -> Result<Self> {
        let session = match address.tls {
            PostgresTls::Off => Session::begin(address, tokio_postgres::NoTls).await,
            PostgresTls::Unverified => Session::begin(address, Tls::unverified()?).await,
            PostgresTls::Auto | PostgresTls::Verify => {
                Session::begin(address, Tls::verified(address.ca.as_deref())?).await
            }
        };
        let session = session.map_err(|error| teller.connecting(&error))?;
        let set = session.set_up(teller).await;
        match set {
            Ok(()) => Ok(session),
            Err(Trouble::Told(error)) => Err(error),
            Err(Trouble::Server(error)) => {
                let last_words = session.last_words().await;
                Err(teller.connecting(&last_words.unwrap_or(error)))
            }
        }
    }

    async fn begin<T>(address: &Address, tls: T) -> Result<Self, tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, connection) = address.config.connect(tls).await?;
        let ended = tokio::spawn(connection);
        Ok(Session { client, ended })
    }

    /// Looks at the server, and makes this connection one that neither waits for ever nor forgets
    /// what was committed.
    async fn set_up(&self, teller: &Teller) -> Result<(), Trouble> {
        let query = "SELECT current_setting('server_version_num')::integer,
            current_setting('server_encoding'),
            set_config('lock_timeout', $1, false),
            set_config('statement_timeout', $2, false),
            set_config('idle_in_transaction_session_timeout', $3, false),
            set_config('client_min_messages', 'error', false),
            CASE current_setting('synchronous_commit')
                WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END";
        let timeouts: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&LOCK_TIMEOUT, &STATEMENT_TIMEOUT, &IDLE_TIMEOUT];
        let row = self.client.query_one(query, &timeouts).await?;
        let (version, encoding): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
        let place = &teller.place;
        if version < OLDEST {
            let (version, oldest) = (version / 10_000, OLDEST / 10_000);
            let message = format!(
                "write `{place}`: it is PostgreSQL {version}, and {oldest} is the oldest that will do"
            );
            return Err(Trouble::Told(Error::config("sink.not_writable", message)));
        }
        if encoding != "UTF8" {
            let message = format!(
                "write `{place}`: the database keeps text as {encoding}, which has no place for all \
                 characters; `createdb -E UTF8 -T template0 NAME` makes one that has"
            );
            return Err(Trouble::Told(Error::config("sink.not_writable", message)));
        }
        Ok(())
    }

    /// What the connection ended of, if it did.
    pub(super) async fn last_words(self) -> Option<tokio_postgres::Error> {
        drop(self.client);
        let ended = timeout(LAST_WORDS, self.ended).await;
        ended.ok()?.ok()?.err()
    }

    /// Says goodbye to the server, and waits until that is on its way.
    pub(super) async fn close(self) {
        drop(self.client);
        // A server that does not answer is none of a finished run's business.
        let _ = timeout(LAST_WORDS, self.ended).await;
    }
}

/// Why a connection will not do.
enum Trouble {
    Server(tokio_postgres::Error),
    Told(Error),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Trouble::Server(error)
    }
}
