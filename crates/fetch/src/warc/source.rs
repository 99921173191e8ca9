use std::collections::BTreeMap;
use std::sync::Arc;

use taosha_core::{Bytes, Error, Origin, Result};
use tracing::info;

use super::WarcConfig;
use super::reader::{Item, Lost, Reader, Record};
use super::record::Header;
use crate::answer::{Answer, media_type};
use crate::input::Input;
use crate::listing::Names;
use crate::place::Place;
use crate::time_stamp::is_time_stamp;
use crate::volume::{Entry, Volume, VolumeFile, Wanted, unreadable};

/// A server sends its head with the page; this much is allowed beside `max_bytes`.
const HEAD: u64 = 64 * 1024;

/// The pages of a WARC file: `response`, `resource` and `conversion` records.
///
/// Requests, revisits, metadata, and what is of another type or status than wanted, are left out and
/// counted in the log.
pub(crate) struct WarcFile {
    file: VolumeFile,
    config: Arc<WarcConfig>,
    reader: Reader,
    n_left_out: BTreeMap<String, u64>,
}

impl Volume for WarcFile {
    const NAME: &'static str = "warc";
    const ABOUT: &'static str = "pages from crawls: WARC and WET files, plain, gzip or zstd";
    type Config = WarcConfig;

    fn wanted(config: &WarcConfig) -> Wanted<'_> {
        Wanted {
            paths: &config.paths,
            names: Names::packed(["warc", "wet"]),
            allow_empty: config.allow_empty,
        }
    }

    fn open(file: VolumeFile, config: Arc<WarcConfig>, at: Option<Place>) -> Result<Option<Self>> {
        let max_block = config.max_bytes.0.saturating_add(HEAD);
        let reader = match at {
            None => Reader::open(&file.path, max_block).map(Some),
            Some(place) => Reader::open_at(&file.path, max_block, place),
        };
        let reader = reader.map_err(|error| unreadable("open", error))?;
        Ok(reader.map(|reader| WarcFile::new(file, config, reader)))
    }

    fn next(&mut self) -> Result<Option<Entry>> {
        while let Some(item) = self.reader.next().map_err(|e| unreadable("read", e))? {
            let place = item.place();
            let found = match item {
                Item::Lost(lost) => Some(self.lost(lost)),
                Item::TooLong {
                    header, n_bytes, ..
                } => self.too_long(place, &header, n_bytes),
                Item::Record(record) => self.page(record),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        for (what, n) in &self.n_left_out {
            info!(file = self.file.uri, records = n, "left out: {what}");
        }
        Ok(None)
    }
}

impl WarcFile {
    /// The pages of `input`, which is a pipe.
    pub(crate) fn of(file: VolumeFile, config: Arc<WarcConfig>, input: Input) -> Self {
        let max_block = config.max_bytes.0.saturating_add(HEAD);
        WarcFile::new(file, config, Reader::new(input, false, max_block))
    }

    fn new(file: VolumeFile, config: Arc<WarcConfig>, reader: Reader) -> Self {
        WarcFile {
            file,
            config,
            reader,
            n_left_out: BTreeMap::new(),
        }
    }

    fn page(&mut self, record: Record) -> Option<Entry> {
        let header = &record.header;
        if let Err(why) = self.is_page(header) {
            return self.leave_out(why);
        }
        let (place, block) = (record.place, &record.block);
        let media = header.get("content-type").map(media_type);
        let told = header.get("warc-identified-payload-type").map(media_type);
        let is_response = media
            .as_deref()
            .is_some_and(|media| media == "application/http");
        if !is_response {
            if !self.is_wanted(media.as_deref().or(told.as_deref())) {
                return self.leave_out(format!(
                    "{} records of type {}",
                    header.kind(),
                    named(media)
                ));
            }
            let failed = self.too_large(block.len());
            return Some(self.found(place, header, Vec::new(), block.clone(), failed));
        }
        let Some(answer) = Answer::parse(block) else {
            let error = Error::malformed(
                "fetch.warc",
                "read the answer of the server: it has no status",
            );
            return Some(self.found(place, header, Vec::new(), block.clone(), Some(error)));
        };
        if !self.config.status.contains(&answer.status) {
            return self.leave_out(format!("status {}", answer.status));
        }
        let media = answer.media_type().or(told);
        if !self.is_wanted(media.as_deref()) {
            return self.leave_out(format!("type {}", named(media)));
        }
        Some(match answer.page(self.config.max_bytes.0) {
            Ok(page) => self.found(place, header, answer.headers, page, None),
            Err(error) => self.found(place, header, answer.headers, block.clone(), Some(error)),
        })
    }

    /// Why a record is no page, before one looks into it.
    fn is_page(&self, header: &Header) -> std::result::Result<(), String> {
        let kind = header.kind();
        if !matches!(kind, "response" | "resource" | "conversion") {
            return Err(format!("{kind} records"));
        }
        if header.get("warc-segment-number").is_some() {
            return Err("records in segments".to_owned());
        }
        match header.target() {
            Some(_) => Ok(()),
            None => Err(format!("{kind} records without a URI")),
        }
    }

    fn is_wanted(&self, media: Option<&str>) -> bool {
        // A server that tells no type mostly has HTML.
        let Some(media) = media.filter(|media| !media.is_empty()) else {
            return true;
        };
        self.config.types.iter().any(|wanted| {
            let wanted = wanted.to_lowercase();
            match wanted.strip_suffix('*') {
                Some(start) => media.starts_with(start),
                None => media == wanted,
            }
        })
    }

    fn leave_out(&mut self, what: String) -> Option<Entry> {
        *self.n_left_out.entry(what).or_default() += 1;
        None
    }

    fn too_large(&self, len: usize) -> Option<Error> {
        let max_bytes = self.config.max_bytes.0;
        (len as u64 > max_bytes).then(|| {
            let message = format!("read a page of {len} bytes: raise `max_bytes`");
            Error::malformed("fetch.too_large", message)
        })
    }

    fn too_long(&mut self, place: Place, header: &Header, n_bytes: u64) -> Option<Entry> {
        if let Err(why) = self.is_page(header) {
            return self.leave_out(why);
        }
        let media = header.get("content-type").map(media_type);
        let media = match media.as_deref() {
            Some("application/http") => header.get("warc-identified-payload-type").map(media_type),
            _ => media,
        };
        if !self.is_wanted(media.as_deref()) {
            return self.leave_out(format!("type {}", named(media)));
        }
        let message = format!("read a record of {n_bytes} bytes: raise `max_bytes`");
        let error = Error::malformed("fetch.too_large", message);
        Some(self.found(place, header, Vec::new(), Bytes::new(), Some(error)))
    }

    fn lost(&self, lost: Lost) -> Entry {
        let what = match lost.n_bytes {
            0 => "a packed record, of which nothing could be unpacked".to_owned(),
            n => format!("{n} bytes, as unpacked"),
        };
        let message = format!(
            "read `{}` at byte {}: {}; lost: {what}",
            self.file.uri, lost.place, lost.why
        );
        let name = self.named(lost.place);
        Entry {
            place: lost.place,
            origin: Origin::new(self.file.source.clone(), name, lost.bytes),
            error: Some(Error::malformed("fetch.warc", message)),
        }
    }

    /// The page that stands at `place`, or what failed there.
    fn found(
        &self,
        place: Place,
        header: &Header,
        headers: Vec<(String, String)>,
        raw: Bytes,
        error: Option<Error>,
    ) -> Entry {
        let target = header.target().unwrap_or_default();
        // A URI may be crawled twice and fail twice; each needs a name of its own.
        let uri = match error {
            None => target.to_owned(),
            Some(_) => self.named(place),
        };
        let mut origin = Origin::new(self.file.source.clone(), uri, raw);
        origin.headers = headers;
        if let Some(why) = header.get("warc-truncated") {
            let field = ("warc-truncated".to_owned(), why.to_owned());
            origin.headers.push(field);
        }
        let date = header.get("warc-date").filter(|date| is_time_stamp(date));
        origin.fetched_at = date.map(str::to_owned);
        let doing = format!("read `{target}` in `{}` at byte {place}", self.file.uri);
        Entry {
            place,
            origin,
            error: error.map(|error| error.context(doing)),
        }
    }

    fn named(&self, place: Place) -> String {
        format!("{}@{place}", self.file.uri)
    }
}

fn named(media: Option<String>) -> String {
    media.unwrap_or_else(|| "unknown".to_owned())
}
