//! A small site on a port of this machine, with everything that real ones do to crawlers. All of it is invented.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A site that runs until the process ends.
pub(crate) struct Site {
    /// `http://127.0.0.1:PORT`
    pub(crate) root: String,
    shared: Arc<Shared>,
}

/// One request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// When.
    pub(crate) at: Instant,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// What was answered.
    pub(crate) status: u16,
}

/// What a page is.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// An answer with these headers.
    Page(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Half of an answer.
    Broken,
    /// Nothing, for long.
    Slow,
}

struct Shared {
    pages: Mutex<BTreeMap<String, Reply>>,
    asked: Mutex<Vec<Asked>>,
    /// Paths that answer 503 once, with `Retry-After: 0`.
    flaky: Mutex<Vec<String>>,
}

impl Site {
    /// A site without pages.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            pages: Mutex::default(),
            asked: Mutex::default(),
            flaky: Mutex::default(),
        });
        let of_thread = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = of_thread.clone();
                std::thread::spawn(move || answer(stream, &shared));
            }
        });
        Site { root, shared }
    }

    /// Puts a page at `path`, over the one that was there.
    pub(crate) fn put(&self, path: &str, reply: Reply) {
        self.shared
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), reply);
    }

    /// Puts an HTML page at `path`.
    pub(crate) fn html(&self, path: &str, html: &str) {
        let headers = vec![("content-type", "text/html".to_owned())];
        self.put(path, Reply::Page(200, headers, html.into()));
    }

    /// Lets `path` answer 503 the first time.
    pub(crate) fn flaky(&self, path: &str) {
        self.shared.flaky.lock().unwrap().push(path.to_owned());
    }

    /// Redirects from `path` to `target`.
    pub(crate) fn redirect(&self, path: &str, target: &str) {
        let headers = vec![("location", target.to_owned())];
        self.put(path, Reply::Page(302, headers, Vec::new()));
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Forgets what was asked for.
    pub(crate) fn forget(&self) {
        self.shared.asked.lock().unwrap().clear();
    }

    /// How often each path was asked for.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for asked in self.asked() {
            *counts.entry(asked.path).or_insert(0) += 1;
        }
        counts
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => request.extend_from_slice(&buffer[..n]),
            _ => return,
        }
        // A greeting in TLS.
        if request.starts_with(&[0x16]) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return;
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let mut lines = request.split("\r\n");
    let path = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut reply = shared.pages.lock().unwrap().get(&path).cloned();
    if let Some(Reply::Page(200, kept, _)) = &reply {
        let same = |asked: &str, name: &str| {
            let value = kept
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value);
            value.is_some() && headers.get(asked) == value
        };
        if same("if-none-match", "etag") || same("if-modified-since", "last-modified") {
            reply = Some(Reply::Page(304, Vec::new(), Vec::new()));
        }
    }
    let mut flaky = shared.flaky.lock().unwrap();
    if let Some(place) = flaky.iter().position(|flaky| *flaky == path) {
        flaky.remove(place);
        reply = Some(Reply::Page(
            503,
            vec![("retry-after", "0".to_owned())],
            Vec::new(),
        ));
    }
    drop(flaky);
    let reply = reply.unwrap_or_else(|| Reply::Page(404, Vec::new(), b"no such page".to_vec()));
    let status = match &reply {
        Reply::Page(status, ..) => *status,
        Reply::Broken | Reply::Slow => 0,
    };
    let asked = Asked {
        at: Instant::now(),
        path,
        headers,
        status,
    };
    shared.asked.lock().unwrap().push(asked);
    let bytes = match reply {
        Reply::Page(status, headers, body) => {
            let mut head = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            [head.into_bytes(), body].concat()
        }
        Reply::Broken => {
            b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\nhalf".to_vec()
        }
        Reply::Slow => {
            std::thread::sleep(Duration::from_secs(3));
            Vec::new()
        }
    };
    let _ = stream.write_all(&bytes);
    let _ = stream.shutdown(Shutdown::Both);
}
