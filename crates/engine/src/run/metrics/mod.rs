//! The ledger as Prometheus reads it, while a run goes on.
//!
//! Nothing is counted here: a scrape looks at the [`Ledger`](crate::Ledger) and writes down what it
//! finds. hyper is named in this file only, prometheus-client in `exposition.rs` only.

mod exposition; // the ledger as text
mod format; // which of two dialects

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use taosha_core::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, info};

use self::exposition::Look;
use self::format::Dialect;
use super::{RunError, Shared};

/// Scrapes that are answered at the same time. One Prometheus sends one; a second and a person with
/// a browser fit as well, and who opens connections without end waits for the others.
const MAX_CONNECTIONS: usize = 8;

/// A scrape asks and is answered in milliseconds, so who takes longer is given up. It is also the
/// time for which somebody who sends nothing can hold one of the connections.
const CONNECTION_TIME: Duration = Duration::from_secs(5);

/// The least that hyper allows. Prometheus sends about 400 bytes.
const MAX_HEADER_BYTES: usize = 8192;

/// Pause after a connection could not be taken, as when files run out: trying at once would keep a
/// core busy.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// `GET /metrics` at the address in `run.metrics`.
pub(super) struct Endpoint(TcpListener);

impl Endpoint {
    /// Takes the port.
    ///
    /// # Errors
    /// When it is taken already, or is not ours to take.
    pub(super) async fn listen(address: SocketAddr) -> Result<Self, RunError> {
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Endpoint(listener)),
            Err(error) => {
                let message = format!("listen at `{address}`");
                let error = Error::config("engine.metrics", message).because(error);
                Err(RunError::of(&"run.metrics".into(), error))
            }
        }
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, shared: Arc<Shared>) {
        if let Ok(address) = self.0.local_addr() {
            info!(%address, "metrics are served");
        }
        let mut connections = JoinSet::new();
        loop {
            if connections.len() >= MAX_CONNECTIONS {
                connections.join_next().await;
            }
            while connections.try_join_next().is_some() {}
            match self.0.accept().await {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, shared.clone()))),
                Err(error) => {
                    debug!(%error, "a scrape could not be taken");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Answers one request.
async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let response = answer(&request, &shared);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(CONNECTION_TIME)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Who hangs up or says nonsense is not our trouble.
    let _ = timeout(CONNECTION_TIME, connection).await;
}

fn answer(request: &Request<Incoming>, shared: &Shared) -> Response<String> {
    let (mut response, found) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => {
            let accept = request.headers().get(ACCEPT);
            let dialect = Dialect::of(accept.and_then(|accept| accept.to_str().ok()));
            (Response::new(Look::at(shared).text(dialect)), Some(dialect))
        }
        _ => (Response::new("only GET /metrics\n".to_owned()), None),
    };
    if found.is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let content_type = found.map_or("text/plain; charset=utf-8", Dialect::content_type);
    let content_type = hyper::header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
