use std::collections::{BTreeMap, HashSet, VecDeque};

use reqwest::Url;
use taosha_core::{Bytes, Id};

/// Something to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) url: Url,
    pub(crate) purpose: Purpose,
    /// Links between this and the address the crawl began with.
    pub(crate) depth: u32,
    /// Whether a person named it; then it is told when a site forbids it.
    pub(crate) is_seed: bool,
    /// The addresses that redirected here.
    pub(crate) via: Vec<Url>,
    /// The parts of the page that came before this one.
    pub(crate) parts: Vec<Part>,
}

/// What for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The rules of the site with this origin.
    Robots(String),
    /// Addresses; how many sitemaps led here.
    Sitemap(u32),
    Page,
}

/// A part of a page, unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) url: Url,
    /// Where its entry stands in the file of this crawl.
    pub(crate) at: u64,
    pub(crate) date: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) page: Bytes,
}

impl Task {
    pub(crate) fn new(url: Url, purpose: Purpose) -> Self {
        Task {
            url,
            purpose,
            depth: 0,
            is_seed: false,
            via: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The host that is asked.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

/// What is still to be asked for, by host, and what was ever to be.
#[derive(Default)]
pub(crate) struct Frontier {
    hosts: BTreeMap<String, Queue>,
    /// Digests of all addresses so far.
    seen: HashSet<Id>,
    /// The host that had its turn last.
    last: String,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Task>,
    /// Asked, and without an answer so far.
    asked: Vec<Task>,
}

/// What becomes of the task at the head of a queue.
pub(crate) enum Fate {
    /// It is asked for.
    Ask,
    /// It is left out.
    Drop,
    /// Nothing yet; the host has to wait.
    Wait,
}

impl Frontier {
    /// Whether `url` is new. It is not from now on.
    pub(crate) fn is_new(&mut self, url: &Url) -> bool {
        self.seen.insert(digest(url))
    }

    /// Whether `url` was seen.
    pub(crate) fn has_seen(&self, url: &Url) -> bool {
        self.seen.contains(&digest(url))
    }

    pub(crate) fn push_back(&mut self, task: Task) {
        self.queue(&task).waiting.push_back(task);
    }

    /// What belongs to something that was asked for comes first.
    pub(crate) fn push_front(&mut self, task: Task) {
        self.queue(&task).waiting.push_front(task);
    }

    /// Takes `url` out when it waits for its turn.
    pub(crate) fn withdraw(&mut self, url: &Url) {
        if let Some(queue) = self.hosts.get_mut(url.host_str().unwrap_or_default()) {
            let is_it = |task: &Task| task.purpose == Purpose::Page && task.url == *url;
            if let Some(place) = queue.waiting.iter().position(is_it) {
                queue.waiting.remove(place);
            }
        }
    }

    /// The next task, host by host in turn. `fate` judges the head of a queue.
    pub(crate) fn next(&mut self, mut fate: impl FnMut(&Task) -> Fate) -> Option<Task> {
        let behind = self
            .hosts
            .range(self.last.clone()..)
            .skip_while(|(host, _)| **host == self.last);
        let order: Vec<String> = behind
            .chain(self.hosts.range(..=self.last.clone()))
            .map(|(host, _)| host.clone())
            .collect();
        for host in order {
            let Some(queue) = self.hosts.get_mut(&host) else {
                continue;
            };
            while let Some(head) = queue.waiting.front() {
                match fate(head) {
                    Fate::Wait => break,
                    Fate::Drop => drop(queue.waiting.pop_front()),
                    Fate::Ask => {
                        let task = queue.waiting.pop_front()?;
                        queue.asked.push(task.clone());
                        self.last = host;
                        return Some(task);
                    }
                }
            }
        }
        None
    }

    /// The task that asked for `url`, which has its answer now.
    pub(crate) fn answered(&mut self, url: &Url) -> Option<Task> {
        let queue = self.hosts.get_mut(url.host_str().unwrap_or_default())?;
        if let Some(place) = queue.asked.iter().position(|task| task.url == *url) {
            return Some(queue.asked.swap_remove(place));
        }
        let place = queue.waiting.iter().position(|task| task.url == *url)?;
        queue.waiting.remove(place)
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        let mut queues = self.hosts.values();
        queues.all(|queue| queue.waiting.is_empty() && queue.asked.is_empty())
    }

    fn queue(&mut self, task: &Task) -> &mut Queue {
        self.hosts.entry(task.host().to_owned()).or_default()
    }
}

fn digest(url: &Url) -> Id {
    Id::of("url", &[url.as_str().as_bytes()])
}
