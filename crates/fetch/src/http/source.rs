use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;
use serde_json::json;
use taosha_core::{
    Bytes, Error, Known, Next, NothingKnown, Origin, Position, Record, Result, Settings, Source,
    SourceType, async_trait,
};
use tracing::{info, warn};

use super::HttpConfig;
use super::archive::{Archive, KeptByUrl, Lock};
use super::client::{Client, now, user_agent};
use super::crawl::{Absorbed, Crawl, Item, joined};
use super::crawl_file::{CrawlFile, next_name};
use super::crawl_reader::{CrawlReader, MAX_RECORD, Written};
use super::entry::{Entry, Outcome, Place};
use super::frontier::Part;
use super::join::Piece;
use super::network::Network;
use super::scope::{Scope, address};

/// One record per page of the web.
///
/// Every answer is first in the WARC file of the crawl, synced, and only then taken notice of. The order of the
/// file is the order of the records. A run that follows one that did not come to its end reads that file, hands
/// out what lies behind the resume position, and goes on with asking where it stops.
pub struct Http {
    id: Arc<str>,
    setup: Setup,
    crawling: Option<Crawling>,
}

/// What is known before anything is read.
#[derive(Clone)]
struct Setup {
    base: PathBuf,
    config: HttpConfig,
    archive: Archive,
    /// Where the file says that the WARC files are, when this is a trial with a folder of its own.
    original: Option<Archive>,
    known: Arc<dyn Known>,
}

struct Crawling {
    /// Where the file of this crawl is, and those of earlier ones.
    archive: Archive,
    crawl: Crawl,
    phase: Phase,
    /// Found, and not handed out yet.
    ready: VecDeque<Item>,
    /// Name of the file that positions speak of.
    file: String,
    _lock: Lock,
}

enum Phase {
    /// Reads what is in the file. What stands up to `skip` was handed out.
    Read {
        reader: CrawlReader,
        skip: Option<u64>,
        then: Option<Box<Network>>,
    },
    /// Asks for the rest.
    Ask(Box<Network>),
    Over,
}

impl SourceType for Http {
    const NAME: &'static str = "http";
    const ABOUT: &'static str =
        "pages from the web: seeds, sitemaps, feeds and links, kept in WARC files";
    type Config = HttpConfig;

    fn build(config: HttpConfig, settings: &Settings) -> Result<Self> {
        user_agent(&config.contact)?;
        check_numbers(&config)?;
        let seeds = addresses(&config.urls, "urls")?;
        addresses(&config.sitemaps, "sitemaps")?;
        Scope::new(&config, &seeds)?;
        if config.urls.is_empty() && config.sitemaps.is_empty() && config.list.is_none() {
            let message = "crawl: nothing to begin with; set `urls`, `list` or `sitemaps`";
            return Err(Error::config("fetch.no_seeds", message));
        }
        let folder = settings.resolve_target(&config.warc);
        let original = settings.resolve(&config.warc);
        let is_trial = settings.scratch.is_some();
        let setup = Setup {
            base: settings.base.clone(),
            config,
            archive: Archive { folder },
            original: is_trial.then_some(Archive { folder: original }),
            known: Arc::new(NothingKnown),
        };
        Ok(Http {
            id: settings.id.clone(),
            setup,
            crawling: None,
        })
    }
}

#[async_trait]
impl Source for Http {
    async fn open(&mut self, resume: Option<&Position>, known: Arc<dyn Known>) -> Result<()> {
        self.crawling = None;
        self.setup.known = known;
        let resume = resume.and_then(parse);
        let resume = resume.and_then(|(file, offsets)| Some((file, *offsets.last()?)));
        let setup = self.setup.clone();
        let begun = tokio::task::spawn_blocking(move || setup.begin(resume)).await;
        let begun = begun
            .map_err(|error| Error::defect("fetch.worker", "read WARC files").because(error))?;
        self.crawling = Some(begun?);
        Ok(())
    }

    async fn next(&mut self) -> Result<Next> {
        let Some(crawling) = &mut self.crawling else {
            return Err(Error::defect(
                "fetch.not_open",
                "read a source that was not opened",
            ));
        };
        loop {
            if let Some(item) = crawling.ready.pop_front() {
                return handed_out(&self.id, &crawling.file, item, self.setup.known.as_ref());
            }
            match &mut crawling.phase {
                Phase::Over => return Ok(Next::End),
                Phase::Read { reader, skip, then } => match reader.next()? {
                    Written::Entry { entry, at } => {
                        let item = absorb(&crawling.archive, &mut crawling.crawl, entry, at)?;
                        let is_new = skip.is_none_or(|skip| at > skip);
                        crawling.ready.extend(item.filter(|_| is_new));
                    }
                    Written::Begun { .. } | Written::Finished => {}
                    Written::End { .. } => {
                        crawling.phase = then.take().map_or(Phase::Over, Phase::Ask);
                    }
                },
                Phase::Ask(network) => {
                    let entries = network.next(&mut crawling.crawl).await?;
                    if entries.is_empty() {
                        tell(&crawling.crawl, network.file_name());
                        crawling.phase = Phase::Over;
                    }
                    for (entry, at) in entries {
                        let item = absorb(&crawling.archive, &mut crawling.crawl, entry, at)?;
                        crawling.ready.extend(item);
                    }
                }
            }
        }
    }

    async fn again(&mut self, position: &Position) -> Result<Option<Record>> {
        let Some((file, offsets)) = parse(position) else {
            return Ok(None);
        };
        let archive = match &self.setup.original {
            Some(original) if !self.setup.archive.folder.join(&file).exists() => original,
            _ => &self.setup.archive,
        };
        let mut parts = Vec::new();
        for offset in offsets {
            let entry = archive.entry(&Place {
                file: file.clone(),
                offset,
            })?;
            let url = entry.url.clone();
            let context = |error: Error| error.context(format!("get `{url}`"));
            let (date, answer) = archive.answer(entry.clone())?;
            let answer = answer.map_err(context)?;
            if !(200..300).contains(&answer.status) {
                let message = format!(
                    "the server answered {}; every run asks again",
                    answer.status
                );
                return Err(context(Error::malformed("fetch.status", message)));
            }
            let page = answer.page(self.setup.config.max_bytes.0);
            let url = Url::parse(&entry.url).map_err(|_| {
                Error::defect("fetch.warc_folder", "understand an address of our own file")
            })?;
            let (headers, page) = (answer.headers, page.map_err(context)?);
            parts.push(Part {
                url,
                at: offset,
                date,
                headers,
                page,
            });
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let item = joined(parts);
        match handed_out(&self.id, &file, item, &NothingKnown)? {
            Next::Record(record) => Ok(Some(record)),
            _ => Ok(None),
        }
    }
}

impl Setup {
    /// Decides which file is gone on with, read once more, or begun.
    fn begin(mut self, resume: Option<(String, u64)>) -> Result<Crawling> {
        let seeds = self.seeds()?;
        let texts: Vec<String> = seeds.iter().map(Url::to_string).collect();
        let shape = self.config.shape(&texts);
        let lock = self.archive.lock()?;
        let mut is_trial = false;
        if let Some(original) = &self.original
            && let Some(name) = original.names()?.last()
            && let survey = original.survey(name)?
            && survey.is_finished
            && survey.shape.as_ref() == Some(&shape)
        {
            // A trial reads what was fetched, to its end; it neither fetches nor writes anything there.
            is_trial = true;
            self.archive = original.clone();
        }
        let names = self.archive.names()?;
        let crawl = self.crawl(&seeds)?;
        let Some((newest, before)) = names.split_last() else {
            return self.begin_anew(crawl, lock, next_name(None), KeptByUrl::default(), &shape);
        };
        let survey = self.archive.survey(newest)?;
        let skip = resume
            .filter(|(file, _)| file == newest)
            .map(|(_, offset)| offset);
        if let Some(skip) = skip.filter(|skip| *skip >= survey.whole) {
            let message = format!(
                "go on behind byte {skip} of `{}`: it is whole up to byte {} only; restore the file, or move it away \
                 to fetch its pages anew",
                self.archive.folder.join(newest).display(),
                survey.whole
            );
            return Err(Error::config("fetch.warc_damaged", message));
        }
        if survey.shape.is_none() {
            // Killed before it began.
            let kept = self.archive.kept(before, None)?;
            return self.begin_anew(crawl, lock, newest.clone(), kept, &shape);
        }
        let is_same = survey.shape.as_ref() == Some(&shape);
        let is_read_again = is_same
            && (is_trial
                || !survey.is_finished
                || skip.is_some()
                || self.has_news(&seeds, newest)?);
        if !is_read_again {
            if !survey.is_finished && !is_same {
                info!(file = newest, "the options changed, so a new crawl begins");
            }
            let kept = self.archive.kept(&names, Some(survey))?;
            return self.begin_anew(crawl, lock, next_name(Some(newest)), kept, &shape);
        }
        let then = match survey.is_finished {
            true => None,
            false => {
                if survey.is_torn {
                    info!(
                        file = newest,
                        bytes = survey.whole,
                        "an answer that was not whole is fetched again"
                    );
                }
                let kept = self.archive.kept(before, None)?;
                let file = CrawlFile::go_on(&self.archive.folder, newest, survey.whole)?;
                Some(Box::new(Network::new(
                    &self.config,
                    Client::new(&self.config)?,
                    file,
                    kept,
                )))
            }
        };
        let reader = CrawlReader::open(&self.archive.folder, newest, 0)?;
        Ok(Crawling {
            archive: self.archive.clone(),
            crawl,
            phase: Phase::Read { reader, skip, then },
            ready: VecDeque::new(),
            file: newest.clone(),
            _lock: lock,
        })
    }

    fn begin_anew(
        &self,
        crawl: Crawl,
        lock: Lock,
        name: String,
        kept: KeptByUrl,
        shape: &str,
    ) -> Result<Crawling> {
        let client = Client::new(&self.config)?;
        let file = CrawlFile::create(
            &self.archive.folder,
            &name,
            &now(),
            &self.config.contact,
            shape,
        )?;
        let network = Network::new(&self.config, client, file, kept);
        Ok(Crawling {
            archive: self.archive.clone(),
            crawl,
            phase: Phase::Ask(Box::new(network)),
            ready: VecDeque::new(),
            file: name,
            _lock: lock,
        })
    }

    /// Whether the crawl in `name`, which came to its end, has pages that no run handled: the run that made it
    /// was killed before they were sealed, or its state was thrown away.
    fn has_news(&self, seeds: &[Url], name: &str) -> Result<bool> {
        let mut crawl = self.crawl(seeds)?;
        let mut reader = CrawlReader::open(&self.archive.folder, name, 0)?;
        loop {
            match reader.next()? {
                Written::Entry { entry, at } => {
                    let item = absorb(&self.archive, &mut crawl, entry, at)?;
                    let Some(item) = item.filter(|item| item.error.is_none()) else {
                        continue;
                    };
                    let version = version(&item.raw);
                    if self.known.version(&item.uri)? != Some(version) {
                        return Ok(true);
                    }
                }
                Written::End { .. } => return Ok(false),
                Written::Begun { .. } | Written::Finished => {}
            }
        }
    }

    fn crawl(&self, seeds: &[Url]) -> Result<Crawl> {
        let sitemaps = addresses(&self.config.sitemaps, "sitemaps")?;
        let all: Vec<Url> = seeds.iter().chain(&sitemaps).cloned().collect();
        let scope = Scope::new(&self.config, &all)?;
        Ok(Crawl::new(scope, &self.config, seeds, &sitemaps))
    }

    /// The addresses of the file and of its list.
    fn seeds(&self) -> Result<Vec<Url>> {
        let mut seeds = addresses(&self.config.urls, "urls")?;
        let Some(list) = &self.config.list else {
            return Ok(seeds);
        };
        let path = self.base.join(list);
        let wrong = |message: String| Error::config("fetch.list", message).for_option("list");
        let text = std::fs::read_to_string(&path).map_err(|error| {
            wrong(format!("read the addresses in `{}`", path.display())).because(error)
        })?;
        for (n, line) in text.lines().enumerate() {
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let url = address(line).ok_or_else(|| {
                wrong(format!(
                    "read the addresses in `{}`: line {} is no address: `{line}`",
                    path.display(),
                    n + 1
                ))
            })?;
            seeds.push(url);
        }
        Ok(seeds)
    }
}

/// Lets the crawl take notice of an entry that is on the disk.
fn absorb(archive: &Archive, crawl: &mut Crawl, entry: Entry, at: u64) -> Result<Option<Item>> {
    let Ok(url) = Url::parse(&entry.url) else {
        return Err(Error::defect(
            "fetch.warc_folder",
            "understand an address of our own file",
        ));
    };
    let failed_at = matches!(entry.outcome, Outcome::Failed { .. }).then(|| entry.date.clone());
    let (date, answer) = archive.answer(entry)?;
    let date = failed_at.unwrap_or(date);
    Ok(crawl.absorb(Absorbed {
        url,
        date,
        answer,
        at,
    }))
}

/// What the engine gets for `item`, out of the file `file`.
fn handed_out(id: &Arc<str>, file: &str, item: Item, known: &dyn Known) -> Result<Next> {
    let offsets: Vec<String> = item.parts.iter().map(|part| part.at.to_string()).collect();
    let position = Position(format!("{file}!{}", offsets.join("+")).into());
    let mut origin = Origin::new(id.clone(), item.uri, item.raw);
    origin.fetched_at = Some(item.date);
    origin.headers = item.headers;
    if let Some(error) = item.error {
        return Ok(Next::Failed {
            origin,
            position,
            error,
        });
    }
    let version = origin.raw_digest.to_string();
    if known.version(&origin.uri)?.as_ref() == Some(&version) {
        return Ok(Next::Unchanged(position));
    }
    origin.version = Some(version);
    let mut record = Record::new(origin, position);
    if item.parts.len() > 1 {
        let mut end = 0;
        let piece = |piece: &Piece| {
            let start = end;
            end += piece.range.len();
            let uri = item.parts.get(piece.part).map(|part| &part.uri);
            let (from, to) = (piece.range.start, piece.range.end);
            json!({ "uri": uri, "from": from, "to": to, "start": start, "end": end })
        };
        let parts: Vec<_> = item.pieces.iter().map(piece).collect();
        record.note("joined", json!({ "parts": parts }));
    }
    Ok(Next::Record(record))
}

/// The digest of the bytes: an answer that the server says still holds has them from its WARC file.
fn version(raw: &Bytes) -> String {
    taosha_core::Id::of_raw(raw).to_string()
}

/// `crawl-000001.warc.gz!512+2048`: the file, and where the entries of the item begin.
fn parse(position: &Position) -> Option<(String, Vec<u64>)> {
    let (file, offsets) = position.0.split_once('!')?;
    let offsets = offsets
        .split('+')
        .map(|offset| offset.parse().ok())
        .collect::<Option<_>>()?;
    Some((file.to_owned(), offsets))
}

fn addresses(texts: &[String], option: &'static str) -> Result<Vec<Url>> {
    let has_password = |text: &str| {
        let url = Url::parse(text.trim());
        url.is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
    };
    let parse = |text: &String| {
        address(text)
            .filter(|_| !has_password(text))
            .ok_or_else(|| {
                let message = format!(
                    "understand the address `{text}`: write `https://HOST/PATH`, without a password"
                );
                Error::config("fetch.address", message).for_option(option)
            })
    };
    texts.iter().map(parse).collect()
}

fn check_numbers(config: &HttpConfig) -> Result<()> {
    let wrong = |option: &'static str, message: &str| {
        Err(Error::config(
            "fetch.option",
            format!("set up the crawl: `{option}` {message}"),
        )
        .for_option(option))
    };
    for (option, secs, min) in [
        ("delay_secs", config.delay_secs, 0.0),
        ("retry_secs", config.retry_secs, 0.0),
        ("timeout_secs", config.timeout_secs, 0.001),
        ("idle_secs", config.idle_secs, 0.001),
    ] {
        if !(min..=86_400.0).contains(&secs) {
            return wrong(option, "is a number of seconds, at most a day");
        }
    }
    if config.connections == 0 {
        return wrong("connections", "is 0, so nothing would be asked");
    }
    if config.per_host == 0 {
        return wrong("per_host", "is 0, so nothing would be asked");
    }
    if config.max_bytes.0 > MAX_RECORD / 2 {
        return wrong(
            "max_bytes",
            "is more than 512MiB, which no WARC reader likes",
        );
    }
    Ok(())
}

fn tell(crawl: &Crawl, file: &str) {
    info!(
        file,
        forbidden = crawl.n_forbidden,
        "the crawl came to its end"
    );
    if crawl.n_left_out > 0 {
        warn!(pages = crawl.n_left_out, "left out: `max_pages` is reached");
    }
}
