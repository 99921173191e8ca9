use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use reqwest::Url;
use taosha_core::{Error, Result};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use super::HttpConfig;
use super::archive::KeptByUrl;
use super::client::{Client, Fetched, now};
use super::crawl::{Crawl, Step};
use super::crawl_file::{CrawlFile, trouble};
use super::entry::{Entry, Outcome};
use super::frontier::Task;
use super::pace::{Pace, backoff};

/// The part of a crawl that the network is asked for.
///
/// Answers go to the crawl's file, are synced, and only then told. It may be dropped while it waits, and asked
/// again.
pub(crate) struct Network {
    client: Client,
    file: CrawlFile,
    kept: KeptByUrl,
    pace: Pace,
    limits: Limits,
    under_way: JoinSet<(Task, Fetched)>,
    /// To be asked again, once their hosts are ready.
    again: VecDeque<Task>,
    attempts: HashMap<Url, u32>,
    /// Not in the file yet.
    unwritten: VecDeque<Fetched>,
    /// In the file, and not known to be on the disk.
    unsynced: Vec<(Entry, u64)>,
    syncing: Option<JoinHandle<std::io::Result<()>>>,
}

struct Limits {
    connections: usize,
    delay: Duration,
    retries: u32,
    retry: Duration,
}

impl Network {
    /// Asks by `client`, and writes to `file`.
    pub(crate) fn new(
        config: &HttpConfig,
        client: Client,
        file: CrawlFile,
        kept: KeptByUrl,
    ) -> Self {
        Network {
            client,
            file,
            kept,
            pace: Pace::new(config.per_host),
            limits: Limits {
                connections: config.connections,
                delay: Duration::from_secs_f64(config.delay_secs),
                retries: config.retries,
                retry: Duration::from_secs_f64(config.retry_secs),
            },
            under_way: JoinSet::new(),
            again: VecDeque::new(),
            attempts: HashMap::new(),
            unwritten: VecDeque::new(),
            unsynced: Vec::new(),
            syncing: None,
        }
    }

    /// Name of the file.
    pub(crate) fn file_name(&self) -> &str {
        self.file.name()
    }

    /// The next entries, with their places; they are on the disk. None when the crawl is over, and its file
    /// says so.
    pub(crate) async fn next(&mut self, crawl: &mut Crawl) -> Result<Vec<(Entry, u64)>> {
        loop {
            while let Some(fetched) = self.unwritten.front() {
                let at = self.file.append(&fetched.entry, &fetched.request)?;
                let fetched = self.unwritten.pop_front();
                self.unsynced
                    .extend(fetched.map(|fetched| (fetched.entry, at)));
            }
            if !self.unsynced.is_empty() {
                self.sync().await?;
                return Ok(std::mem::take(&mut self.unsynced));
            }
            self.begin_requests(crawl);
            if !self.unwritten.is_empty() {
                continue;
            }
            if self.under_way.is_empty() && self.again.is_empty() && crawl.is_over() {
                self.file.finish(&now())?;
                self.sync().await?;
                return Ok(Vec::new());
            }
            let next_ready = match self.under_way.len() < self.limits.connections {
                true => self.pace.next_ready(Instant::now()),
                false => None,
            };
            if self.under_way.is_empty() && next_ready.is_none() {
                return Err(Error::defect(
                    "fetch.frontier",
                    "go on with a crawl: something is left that nothing asks for",
                ));
            }
            tokio::select! {
                Some(done) = self.under_way.join_next() => self.take(done)?,
                () = reached(next_ready) => {}
            }
            while let Some(done) = self.under_way.try_join_next() {
                self.take(done)?;
            }
        }
    }

    /// Asks for as much as limits and hosts allow.
    fn begin_requests(&mut self, crawl: &mut Crawl) {
        let now_is = Instant::now();
        while self.under_way.len() < self.limits.connections {
            let ready = self
                .again
                .iter()
                .position(|task| self.pace.is_ready(task.host(), now_is));
            if let Some(task) = ready.and_then(|place| self.again.remove(place)) {
                self.begin(crawl, task, now_is);
                continue;
            }
            // What is asked again comes before the rest of its host.
            let (again, pace) = (&self.again, &self.pace);
            let is_ready = |host: &str| {
                pace.is_ready(host, now_is) && again.iter().all(|task| task.host() != host)
            };
            match crawl.next(is_ready) {
                None => return,
                Some(Step::Ask(task)) => self.begin(crawl, task, now_is),
                Some(Step::Refuse(task, error)) => {
                    let (code, message) = (error.code().to_owned(), error.to_string());
                    let outcome = Outcome::Failed { code, message };
                    let entry = Entry {
                        url: task.url.into(),
                        date: now(),
                        outcome,
                    };
                    self.unwritten.push_back(Fetched {
                        entry,
                        request: Vec::new(),
                        again: None,
                    });
                    return;
                }
            }
        }
    }

    fn begin(&mut self, crawl: &Crawl, task: Task, now_is: Instant) {
        let wanted = crawl.robots(&task.url).and_then(|robots| robots.delay());
        let delay = self.limits.delay.max(wanted.unwrap_or_default());
        self.pace.begin(task.host(), now_is, delay);
        debug!(uri = %task.url, "ask");
        let kept = self.kept.get(task.url.as_str()).cloned();
        let (client, url) = (self.client.clone(), task.url.clone());
        self.under_way
            .spawn(async move { (task, client.fetch(url, kept).await) });
    }

    /// Takes an answer, or asks again.
    fn take(&mut self, done: Result<(Task, Fetched), tokio::task::JoinError>) -> Result<()> {
        let (task, fetched) =
            done.map_err(|error| Error::defect("fetch.worker", "fetch a page").because(error))?;
        self.pace.end(task.host());
        let attempt = self.attempts.get(&task.url).copied().unwrap_or(0);
        if let Some(again) = fetched.again.filter(|_| attempt < self.limits.retries) {
            let pause = again
                .after
                .unwrap_or_else(|| backoff(self.limits.retry, attempt, chance()));
            debug!(uri = %task.url, attempt, pause_secs = pause.as_secs_f64(), "ask again later");
            self.pace.pause(task.host(), Instant::now() + pause);
            self.attempts.insert(task.url.clone(), attempt + 1);
            self.again.push_back(task);
            return Ok(());
        }
        self.attempts.remove(&task.url);
        self.unwritten.push_back(fetched);
        Ok(())
    }

    /// Waits until the disk has what was written.
    async fn sync(&mut self) -> Result<()> {
        if self.syncing.is_none() {
            let file = self.file.handle()?;
            self.syncing = Some(tokio::task::spawn_blocking(move || file.sync_data()));
        }
        let Some(syncing) = &mut self.syncing else {
            return Ok(());
        };
        let synced = syncing.await;
        self.syncing = None;
        let synced =
            synced.map_err(|error| Error::defect("fetch.worker", "sync a file").because(error))?;
        synced.map_err(|error| trouble("sync", self.file.path(), error))
    }
}

async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Between 0 and 1. It moves the moment of a request and nothing else.
fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(random >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
