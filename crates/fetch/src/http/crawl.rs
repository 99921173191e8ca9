use std::collections::BTreeMap;

use reqwest::Url;
use taosha_core::{Bytes, Error};
use tracing::{debug, warn};

use super::HttpConfig;
use super::frontier::{Fate, Frontier, Part, Purpose, Task};
use super::join::{Piece, join};
use super::links::Links;
use super::parts::{is_part, next_part};
use super::robots::{PRODUCT, Robots};
use super::scope::{Scope, clean};
use super::sitemap::Sitemap;
use crate::answer::Answer;
use crate::coding::{too_large, unpack};

/// A crawl as a function of what its file says: which pages there are, and what is to be asked for next.
///
/// It changes by [`absorb`](Crawl::absorb) only, entry by entry in the order of the file. So a crawl that was
/// killed and is read again from its file is the one it was, whatever was under way.
pub(crate) struct Crawl {
    scope: Scope,
    limits: Limits,
    frontier: Frontier,
    /// By origin: scheme, host and port.
    sites: BTreeMap<String, Site>,
    /// By host: requests in a row without a proper answer.
    failures: BTreeMap<String, Failures>,
    /// Pages that were found so far.
    n_pages: u64,
    n_sitemaps: u64,
    /// Pages that sites forbid, and pages above `max_pages`.
    pub(crate) n_forbidden: u64,
    pub(crate) n_left_out: u64,
}

struct Limits {
    depth: u32,
    join: bool,
    max_pages: u64,
    max_bytes: u64,
    redirects: u32,
}

enum Site {
    /// Its robots.txt is on its way.
    Asked,
    Known(Robots),
    /// Its robots.txt cannot be had, which forbids everything: RFC 9309, 2.3.1.4. Why is told of every page.
    Away {
        code: String,
        message: String,
    },
}

#[derive(Default)]
struct Failures {
    in_a_row: u32,
    last: String,
}

/// A host that failed so often in a row is left alone for the rest of the crawl. Every one of these was
/// repeated before.
const HOST_PATIENCE: u32 = 8;

/// Parts of one page. A report of 200 parts is a trap.
const MAX_PARTS: usize = 200;

/// Sitemaps of one crawl, and how far they may name each other.
const MAX_SITEMAPS: u64 = 1000;
const MAX_SITEMAP_LEVELS: u32 = 3;

/// What a redirect of robots.txt may cost: RFC 9309, 2.3.1.2.
const ROBOTS_REDIRECTS: usize = 5;

/// An answer, as the crawl wants it.
pub(crate) struct Absorbed {
    pub(crate) url: Url,
    pub(crate) date: String,
    pub(crate) answer: Result<Answer, Error>,
    /// Where its entry stands.
    pub(crate) at: u64,
}

/// Something that is handed out.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) uri: String,
    /// The entries it is made of.
    pub(crate) parts: Vec<Made>,
    pub(crate) date: String,
    pub(crate) headers: Vec<(String, String)>,
    /// The page, or the pages of the parts as one.
    pub(crate) raw: Bytes,
    /// What of which part is in `raw`, in its order.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) error: Option<Error>,
}

/// One part of an item.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) at: u64,
    pub(crate) uri: String,
}

/// What a request is for, or why none is made.
pub(crate) enum Step {
    Ask(Task),
    /// Settled without asking.
    Refuse(Task, Error),
}

impl Crawl {
    /// A crawl that begins with `seeds` and `sitemaps`.
    pub(crate) fn new(scope: Scope, config: &HttpConfig, seeds: &[Url], sitemaps: &[Url]) -> Self {
        let mut crawl = Crawl {
            scope,
            limits: Limits {
                depth: config.depth,
                join: config.join,
                max_pages: config.max_pages,
                max_bytes: config.max_bytes.0,
                redirects: config.redirects,
            },
            frontier: Frontier::default(),
            sites: BTreeMap::new(),
            failures: BTreeMap::new(),
            n_pages: 0,
            n_sitemaps: 0,
            n_forbidden: 0,
            n_left_out: 0,
        };
        for url in sitemaps {
            crawl.add_sitemap(url.clone(), 0, true);
        }
        for url in seeds {
            crawl.add_page(url.clone(), 0, true);
        }
        crawl
    }

    /// What to do next, among hosts that are `ready`.
    pub(crate) fn next(&mut self, mut is_ready: impl FnMut(&str) -> bool) -> Option<Step> {
        let (sites, failures) = (&self.sites, &self.failures);
        let mut refusal = None;
        let n_forbidden = &mut self.n_forbidden;
        let task = self.frontier.next(|task| {
            if let Some(message) = host_away(failures, task) {
                refusal = Some(Error::malformed("fetch.host_away", message));
                return Fate::Ask;
            }
            if !matches!(task.purpose, Purpose::Robots(_)) {
                match sites.get(&origin(&task.url)) {
                    None | Some(Site::Asked) => return Fate::Wait,
                    Some(Site::Away { code, message }) => {
                        refusal = Some(Error::malformed(code.clone(), message.clone()));
                        return Fate::Ask;
                    }
                    Some(Site::Known(robots)) if !robots.allows(&task.url) => {
                        *n_forbidden += 1;
                        if !task.is_seed && task.parts.is_empty() {
                            debug!(uri = %task.url, "robots.txt forbids it");
                            return Fate::Drop;
                        }
                        let message =
                            "ask for it: the site's robots.txt forbids it; take it out of the file";
                        refusal = Some(Error::malformed("fetch.robots", message));
                        return Fate::Ask;
                    }
                    Some(Site::Known(_)) => {}
                }
            }
            match is_ready(task.host()) {
                true => Fate::Ask,
                false => Fate::Wait,
            }
        })?;
        Some(match refusal {
            Some(error) => Step::Refuse(task, error),
            None => Step::Ask(task),
        })
    }

    /// Whether everything has its answer.
    pub(crate) fn is_over(&self) -> bool {
        self.frontier.is_empty()
    }

    /// The rules of the site of `url`, as far as they are known.
    pub(crate) fn robots(&self, url: &Url) -> Option<&Robots> {
        match self.sites.get(&origin(url)) {
            Some(Site::Known(robots)) => Some(robots),
            _ => None,
        }
    }

    /// Takes notice of an entry; gives what comes of it.
    pub(crate) fn absorb(&mut self, absorbed: Absorbed) -> Option<Item> {
        let Some(task) = self.frontier.answered(&absorbed.url) else {
            warn!(uri = %absorbed.url, "the crawl's file has an answer that nothing asked for");
            return None;
        };
        self.count_failure(&task, &absorbed);
        let Absorbed {
            date, answer, at, ..
        } = absorbed;
        if let Purpose::Robots(site) = &task.purpose {
            let site = site.clone();
            self.absorb_robots(task, site, answer);
            return None;
        }
        let answer = answer.and_then(|answer| match answer.status {
            300..=399 if answer.header("location").is_some() => Ok(answer),
            200..=299 => Ok(answer),
            _ => Err(status_error(&answer)),
        });
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Some(failed(task, at, date, error)),
        };
        if answer.status >= 300 {
            return self
                .redirect(task, &answer)
                .map(|(task, error)| failed(task, at, date, error));
        }
        let page = match answer.page(self.limits.max_bytes) {
            Ok(page) => page,
            Err(error) => return Some(failed(task, at, date, error)),
        };
        if let Purpose::Sitemap(level) = task.purpose {
            let error = self.absorb_sitemap(&task.url, level, page, &answer).err();
            return error.map(|error| failed(task, at, date, error));
        }
        let headers = answer.headers;
        self.absorb_page(
            task,
            Part {
                url: Url::clone(&absorbed.url),
                at,
                date,
                headers,
                page,
            },
        )
    }

    fn absorb_page(&mut self, mut task: Task, part: Part) -> Option<Item> {
        let first = task
            .parts
            .first()
            .map_or(&part.url, |first| &first.url)
            .clone();
        let content_type = part.headers.iter().find(|(name, _)| name == "content-type");
        let content_type = content_type.map(|(_, value)| value.as_str());
        let links = Links::of(&part.url, &part.page, content_type);
        let is_record = self.scope.is_page(&first);
        let n_parts = u32::try_from(task.parts.len()).unwrap_or(u32::MAX) + 1;
        let next = (self.limits.join && is_record)
            .then(|| next_part(&first, &part.url, n_parts, &links))
            .flatten()
            .filter(|next| *next != part.url && task.parts.iter().all(|part| part.url != *next));
        let is_joined = next.is_some() || !task.parts.is_empty();
        for link in links.links {
            if link.follow && !(is_joined && is_part(&first, &link.url)) {
                self.add_link(link.url, task.depth + 1);
            }
        }
        let at = part.at;
        let date = part.date.clone();
        task.parts.push(part);
        let bytes: usize = task.parts.iter().map(|part| part.page.len()).sum();
        if bytes as u64 > self.limits.max_bytes {
            return Some(failed(task, at, date, too_large(self.limits.max_bytes)));
        }
        if let Some(next) = next {
            if task.parts.len() >= MAX_PARTS {
                let message =
                    format!("join a page of more than {MAX_PARTS} parts: set `join = false`");
                return Some(failed(
                    task,
                    at,
                    date,
                    Error::malformed("fetch.too_many_parts", message),
                ));
            }
            self.frontier.withdraw(&next);
            self.frontier.is_new(&next);
            task.url = next;
            task.via.clear();
            self.frontier.push_front(task);
            return None;
        }
        is_record.then(|| joined(task.parts))
    }

    fn absorb_sitemap(
        &mut self,
        url: &Url,
        level: u32,
        page: Bytes,
        answer: &Answer,
    ) -> Result<(), Error> {
        let is_packed = page.starts_with(&[0x1f, 0x8b]);
        let page = match is_packed {
            true => unpack(&page, Some("gzip"), self.limits.max_bytes)?,
            false => page,
        };
        let content_type = answer.header("content-type");
        let sitemap = Sitemap::read(url, &page, content_type.filter(|_| !is_packed));
        for url in sitemap.sitemaps {
            if level + 1 < MAX_SITEMAP_LEVELS && self.scope.has_host(&url) {
                self.add_sitemap(url, level + 1, false);
            }
        }
        for url in sitemap.pages {
            if self.scope.takes(&url) {
                self.add_page(url, 0, false);
            }
        }
        Ok(())
    }

    /// RFC 9309, 2.3.1: what cannot be found allows everything, what cannot be had forbids everything.
    fn absorb_robots(&mut self, task: Task, site: String, answer: Result<Answer, Error>) {
        let away = |code: &str, error: &Error| Site::Away {
            code: code.to_owned(),
            message: format!(
                "ask for it, as `{site}/robots.txt` cannot be had, which forbids the site until it can: {error}"
            ),
        };
        let known = match answer {
            Err(error) => away(error.code(), &error),
            Ok(answer) => match answer.status {
                200..=299 => {
                    let page = answer.page(self.limits.max_bytes);
                    Site::Known(Robots::parse(&page.unwrap_or_default(), PRODUCT))
                }
                300..=399 => {
                    let target = answer
                        .header("location")
                        .and_then(|to| clean(task.url.join(to).ok()?));
                    if let Some(target) = target.filter(|_| task.via.len() < ROBOTS_REDIRECTS) {
                        let mut via = task.via;
                        via.push(task.url);
                        let purpose = Purpose::Robots(site);
                        self.frontier.push_front(Task {
                            via,
                            ..Task::new(target, purpose)
                        });
                        return;
                    }
                    Site::Known(Robots::default())
                }
                429 => away("fetch.robots_away", &status_error(&answer)),
                400..=499 => Site::Known(Robots::default()),
                _ => away("fetch.robots_away", &status_error(&answer)),
            },
        };
        self.sites.insert(site, known);
    }

    /// Goes on to where `answer` leads, or says why not.
    fn redirect(&mut self, mut task: Task, answer: &Answer) -> Option<(Task, Error)> {
        let location = answer.header("location").unwrap_or_default();
        let Some(target) = task.url.join(location).ok().and_then(clean) else {
            let message = format!("follow a redirect to `{}`: no address", cut(location));
            return Some((task, Error::malformed("fetch.redirect", message)));
        };
        let wrong = |code: &'static str, why: String| {
            Error::malformed(
                code,
                format!("follow a redirect to `{}`: {why}", cut(target.as_str())),
            )
        };
        if target == task.url || task.via.contains(&target) {
            return Some((
                task,
                wrong("fetch.redirect_loop", "it leads back here".to_owned()),
            ));
        }
        if !self.scope.has_host(&target) {
            let host = target.host_str().unwrap_or_default();
            let why =
                format!("`{host}` is no host of this crawl; add it to `hosts` if it is meant");
            return Some((task, wrong("fetch.off_host", why)));
        }
        if task.via.len() as u64 >= u64::from(self.limits.redirects) {
            let why = format!(
                "it is one of more than {}; raise `redirects`",
                self.limits.redirects
            );
            return Some((task, wrong("fetch.redirects", why)));
        }
        let is_whole_page = task.purpose == Purpose::Page && task.parts.is_empty();
        if !self.frontier.is_new(&target) && is_whole_page {
            // It is, or will be, there under its own address.
            return None;
        }
        task.via.push(std::mem::replace(&mut task.url, target));
        self.ask_robots_of(&task.url.clone(), |frontier| frontier.push_front(task));
        None
    }

    fn add_link(&mut self, url: Url, depth: u32) {
        if depth <= self.limits.depth && self.scope.follows(&url) && !is_asset(&url) {
            self.add_page(url, depth, false);
        }
    }

    fn add_page(&mut self, url: Url, depth: u32, is_seed: bool) {
        if self.frontier.has_seen(&url) {
            return;
        }
        if self.n_pages >= self.limits.max_pages {
            self.n_left_out += 1;
            return;
        }
        self.n_pages += 1;
        self.frontier.is_new(&url);
        let task = Task {
            depth,
            is_seed,
            ..Task::new(url.clone(), Purpose::Page)
        };
        self.ask_robots_of(&url, |frontier| frontier.push_back(task));
    }

    fn add_sitemap(&mut self, url: Url, level: u32, is_seed: bool) {
        if self.n_sitemaps >= MAX_SITEMAPS || !self.frontier.is_new(&url) {
            return;
        }
        self.n_sitemaps += 1;
        let task = Task {
            is_seed,
            ..Task::new(url.clone(), Purpose::Sitemap(level))
        };
        self.ask_robots_of(&url, |frontier| frontier.push_back(task));
    }

    /// Adds what `push` does, behind a question for the rules of its site when they were not asked for.
    fn ask_robots_of(&mut self, url: &Url, push: impl FnOnce(&mut Frontier)) {
        push(&mut self.frontier);
        let site = origin(url);
        if self.sites.contains_key(&site) {
            return;
        }
        self.sites.insert(site.clone(), Site::Asked);
        if let Ok(robots) = url.join("/robots.txt") {
            self.frontier
                .push_front(Task::new(robots, Purpose::Robots(site)));
        }
    }

    fn count_failure(&mut self, task: &Task, absorbed: &Absorbed) {
        if matches!(self.sites.get(&origin(&task.url)), Some(Site::Away { .. })) {
            // It was not asked.
            return;
        }
        let why = match &absorbed.answer {
            Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                status_error(answer).to_string()
            }
            Err(error) if NETWORK.contains(&error.code()) => error.to_string(),
            Err(_) => return,
            Ok(_) => {
                self.failures.remove(task.host());
                return;
            }
        };
        let failures = self.failures.entry(task.host().to_owned()).or_default();
        failures.in_a_row += 1;
        failures.last = why;
        if failures.in_a_row == HOST_PATIENCE {
            warn!(
                host = task.host(),
                "left alone for the rest of the crawl: {}", failures.last
            );
        }
    }
}

/// Codes of failures that a host is to blame for.
const NETWORK: &[&str] = &[
    "fetch.dns",
    "fetch.unreachable",
    "fetch.tls",
    "fetch.timeout",
    "fetch.broken",
];

fn host_away(failures: &BTreeMap<String, Failures>, task: &Task) -> Option<String> {
    let failures = failures.get(task.host())?;
    (failures.in_a_row >= HOST_PATIENCE).then(|| {
        let (host, last) = (task.host(), &failures.last);
        format!("ask for it, as `{host}` failed {HOST_PATIENCE} times in a row; the next run asks again: {last}")
    })
}

/// A page of one part, or of several joined in their order.
pub(crate) fn joined(parts: Vec<Part>) -> Item {
    let made = |part: &Part| Made {
        at: part.at,
        uri: part.url.to_string(),
    };
    let made = parts.iter().map(made).collect();
    let (raw, pieces) = match parts.as_slice() {
        [one] => (one.page.clone(), Vec::new()),
        parts => join(&parts.iter().map(|part| &part.page[..]).collect::<Vec<_>>()),
    };
    let first = parts.into_iter().next();
    let (uri, date, headers) = first.map_or_else(Default::default, |part| {
        (part.url.into(), part.date, part.headers)
    });
    Item {
        uri,
        parts: made,
        date,
        headers,
        raw,
        pieces,
        error: None,
    }
}

/// A page that cannot be had, with the parts of it that could.
fn failed(task: Task, at: u64, date: String, error: Error) -> Item {
    let first = task.parts.first().map_or(&task.url, |part| &part.url);
    // The address that was asked for, not where it led: it is in the file or on a page.
    let uri = task
        .via
        .first()
        .filter(|_| task.parts.is_empty())
        .unwrap_or(first)
        .to_string();
    let error = match task.parts.is_empty() || task.parts.iter().any(|part| part.at == at) {
        true => error.context(format!("get `{}`", cut(&uri))),
        false => error.context(format!(
            "get part {} of `{}`",
            task.parts.len() + 1,
            cut(&uri)
        )),
    };
    let mut item = match task.parts.is_empty() {
        true => Item {
            uri,
            parts: Vec::new(),
            date,
            headers: Vec::new(),
            raw: Bytes::new(),
            pieces: Vec::new(),
            error: None,
        },
        false => joined(task.parts),
    };
    if item.parts.iter().all(|made| made.at != at) {
        item.parts.push(Made {
            at,
            uri: task.url.into(),
        });
    }
    Item {
        error: Some(error),
        ..item
    }
}

fn status_error(answer: &Answer) -> Error {
    let message = format!(
        "the server answers {} {}",
        answer.status,
        cut(&answer.reason)
    );
    let code = match answer.status {
        404 | 410 => "fetch.not_found",
        _ => "fetch.status",
    };
    Error::malformed(code, message)
}

/// Long addresses are shown by their start.
fn cut(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Scheme, host and port.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// What no stage reads, told by its name: not worth the request.
fn is_asset(url: &Url) -> bool {
    const ENDINGS: &[&str] = &[
        "apk", "avi", "bmp", "css", "exe", "flv", "gif", "gz", "ico", "iso", "jpeg", "jpg", "js",
        "json", "m4a", "mov", "mp3", "mp4", "png", "rar", "svg", "swf", "tar", "tif", "tiff",
        "ttf", "wav", "webm", "webp", "wmv", "woff", "woff2", "zip", "7z",
    ];
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let ending = file
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}
