//! A server that takes rows, remembers the keys it has handled, and has bad days.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What is done with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// It is not taken, and answered with this status and `Retry-After`.
    Status(u16, Option<&'static str>),
    /// The connection is closed in the middle of the request.
    Hangup,
    /// It is taken, and the connection is closed before the answer.
    TakenThenHangup,
    /// Nothing, for long.
    Silence,
}

/// One request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    /// For the next requests; behind them all are taken.
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
    /// In the order in which they came, each key once: headers and body.
    taken: Vec<(BTreeMap<String, String>, String)>,
    bodies: BTreeMap<String, String>,
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    /// Always there until it is dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Waiting for it is not allowed where tests wait for something else.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Server::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/rows", listener.local_addr().unwrap());
        let state: Arc<Mutex<State>> = Arc::default();
        let of_task = state.clone();
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let state = of_task.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, state.clone()));
                    let io = TokioIo::new(stream);
                    // A service that fails closes the connection.
                    let _ = http1::Builder::new().serve_connection(io, service).await;
                });
            }
        });
        Server {
            url,
            state,
            runtime: Some(runtime),
        }
    }

    /// What is done with the next requests.
    pub(crate) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.lock().unwrap().replies.extend(replies);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Headers and body of what was taken.
    pub(crate) fn taken(&self) -> Vec<(BTreeMap<String, String>, String)> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Rows by table, in the order in which they came, without those that have left.
    pub(crate) fn rows(&self) -> Vec<(String, String)> {
        let mut rows: Vec<(String, String)> = Vec::new();
        for (headers, body) in self.taken() {
            for line in body.lines() {
                match headers["taosha-change"].as_str() {
                    "removed" => {
                        let start = line.strip_suffix('}').unwrap();
                        rows.retain(|(table, row)| table != "dead" || !row.starts_with(start));
                    }
                    _ => rows.push((headers["taosha-table"].clone(), line.to_owned())),
                }
            }
        }
        rows
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<String>, Hung> {
    let headers: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    let reply = {
        let mut state = state.lock().unwrap();
        let at = Instant::now();
        let headers = headers.clone();
        state.asked.push(Asked { at, headers });
        state.replies.pop_front()
    };
    if let Some(Reply::Hangup) = reply {
        return Err(Hung);
    }
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // A client that was killed in the middle: nothing of it is taken.
        let frame = frame.map_err(|_| Hung)?;
        bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
    }
    let respond = |status: u16, after: Option<&str>| {
        let mut response = Response::builder().status(status);
        if let Some(after) = after {
            response = response.header("retry-after", after);
        }
        response.body("busy".to_owned()).unwrap()
    };
    match reply {
        Some(Reply::Status(status, after)) => return Ok(respond(status, after)),
        Some(Reply::Silence) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return Err(Hung);
        }
        _ => {}
    }
    {
        let mut state = state.lock().unwrap();
        let (key, body) = (
            headers["idempotency-key"].clone(),
            String::from_utf8(bytes).unwrap(),
        );
        match state.bodies.get(&key) {
            Some(known) if *known != body => return Ok(respond(422, None)),
            Some(_) => {}
            None => {
                state.bodies.insert(key, body.clone());
                state.taken.push((headers, body));
            }
        }
    }
    match reply {
        Some(Reply::TakenThenHangup) => Err(Hung),
        _ => Ok(respond(202, None)),
    }
}

/// Closes the connection.
#[derive(Debug)]
struct Hung;

impl std::fmt::Display for Hung {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up")
    }
}

impl std::error::Error for Hung {}

impl From<Infallible> for Hung {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
