use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::config::Host;

/// A way to the server that is cut once, after so many bytes in one direction.
pub(super) struct Proxy {
    /// The server's address by this way.
    pub(super) url: String,
    counts: Arc<Counts>,
}

/// Which bytes are counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Towards {
    Server,
    Sink,
}

struct Counts {
    to_server: AtomicU64,
    to_sink: AtomicU64,
    /// Bytes until the cut; never when 0.
    left_to_server: AtomicU64,
    left_to_sink: AtomicU64,
}

impl Proxy {
    pub(super) async fn new(url: &str) -> Proxy {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let host = match &config.get_hosts()[0] {
            Host::Tcp(name) => name.clone(),
            Host::Unix(_) => "127.0.0.1".to_owned(),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap().port();
        let password = config.get_password().unwrap_or_default();
        let by_proxy = format!(
            "host=127.0.0.1 port={here} user='{}' dbname='{}' password='{}' sslmode=disable",
            config.get_user().unwrap(),
            config.get_dbname().unwrap(),
            String::from_utf8_lossy(password),
        );
        let counts = Arc::new(Counts {
            to_server: AtomicU64::new(0),
            to_sink: AtomicU64::new(0),
            left_to_server: AtomicU64::new(0),
            left_to_sink: AtomicU64::new(0),
        });
        let shared = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((sink, _)) = listener.accept().await {
                let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
                // Else each answer waits for the one before it to be confirmed.
                sink.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                tokio::spawn(carry(sink, server, Arc::clone(&shared)));
            }
        });
        Proxy {
            url: by_proxy,
            counts,
        }
    }

    /// Cuts once, after so many more bytes.
    pub(super) fn cut_after(&self, n_bytes: u64, towards: Towards) {
        match towards {
            Towards::Server => self.counts.left_to_server.store(n_bytes, SeqCst),
            Towards::Sink => self.counts.left_to_sink.store(n_bytes, SeqCst),
        }
    }

    /// Whether the cut has come.
    pub(super) fn is_cut(&self) -> bool {
        let Counts {
            left_to_server,
            left_to_sink,
            ..
        } = &*self.counts;
        left_to_server.load(SeqCst) == 0 && left_to_sink.load(SeqCst) == 0
    }

    /// Bytes that were carried so far.
    pub(super) fn carried(&self, towards: Towards) -> u64 {
        match towards {
            Towards::Server => self.counts.to_server.load(SeqCst),
            Towards::Sink => self.counts.to_sink.load(SeqCst),
        }
    }
}

/// Carries bytes until one side closes or the cut comes; then both sides see the connection end.
async fn carry(mut sink: TcpStream, mut server: TcpStream, counts: Arc<Counts>) {
    let (mut from_sink, mut from_server) = (vec![0; 1 << 14], vec![0; 1 << 14]);
    loop {
        let (bytes, to, total, left) = tokio::select! {
            read = sink.read(&mut from_sink) => match read {
                Ok(n @ 1..) => (&from_sink[..n], &mut server, &counts.to_server, &counts.left_to_server),
                _ => return,
            },
            read = server.read(&mut from_server) => match read {
                Ok(n @ 1..) => (&from_server[..n], &mut sink, &counts.to_sink, &counts.left_to_sink),
                _ => return,
            },
        };
        let until_cut = left.load(SeqCst);
        let n_bytes = bytes.len() as u64;
        if until_cut > 0 && until_cut <= n_bytes {
            left.store(0, SeqCst);
            let _ = to.write_all(&bytes[..until_cut as usize]).await;
            return;
        }
        if until_cut > 0 {
            left.store(until_cut - n_bytes, SeqCst);
        }
        total.fetch_add(n_bytes, SeqCst);
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
