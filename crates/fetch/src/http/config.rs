use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taosha_core::{ByteSize, Secret};

/// Options of `type = "http"`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Addresses to begin with.
    #[serde(default)]
    pub urls: Vec<String>,

    /// A file with further addresses, one a line, relative to the pipeline file; lines that begin with
    /// `#` are left out.
    #[serde(default)]
    pub list: Option<String>,

    /// Sitemaps and feeds (RSS, Atom) whose addresses are taken: those that match `follow`, or all when
    /// `follow` is empty.
    #[serde(default)]
    pub sitemaps: Vec<String>,

    /// Who answers for this crawl, an address of mail or of a page. It is part of the user agent, so
    /// that the operator of a site can complain.
    pub contact: String,

    /// The folder for the WARC files, relative to the pipeline file. What was fetched is kept there, one
    /// file per crawl, and never fetched twice.
    pub warc: String,

    /// Globs over whole addresses: links that match one are followed. None are followed when it is empty.
    #[serde(default)]
    pub follow: Vec<String>,

    /// Globs over whole addresses: what matches one becomes a record. What does not is read for its links
    /// only.
    #[serde(default = "everything")]
    pub pages: Vec<String>,

    /// Links between a page and the address the crawl began with, at most.
    #[serde(default = "default_depth")]
    pub depth: u32,

    /// Further hosts that may be asked, by name or as `*.example.org`. Those of `urls`, `list` and
    /// `sitemaps` are allowed anyhow.
    #[serde(default)]
    pub hosts: Vec<String>,

    /// Whether a page whose text goes on behind 下一页 becomes one record with all its parts.
    #[serde(default = "yes")]
    pub join: bool,

    /// Pages asked for in one crawl, at most; a calendar without end is stopped by it.
    #[serde(default = "default_max_pages")]
    pub max_pages: u64,

    /// Larger answers become dead letters, also when they only grow this large by unpacking or joining.
    #[serde(default = "default_max_bytes")]
    pub max_bytes: ByteSize,

    /// Requests under way at once, over all hosts.
    #[serde(default = "default_connections")]
    pub connections: usize,

    /// Requests under way at once to one host.
    #[serde(default = "default_per_host")]
    pub per_host: usize,

    /// Seconds between the starts of two requests to one host; a longer `Crawl-delay` in its robots.txt
    /// prevails.
    #[serde(default = "default_delay_secs")]
    pub delay_secs: f64,

    /// How often a request is repeated after a time-out, a broken connection, 429 or 5xx.
    #[serde(default = "default_retries")]
    pub retries: u32,

    /// Seconds before the first repetition; doubles every time, with some jitter. A `Retry-After` of the
    /// server prevails.
    #[serde(default = "default_retry_secs")]
    pub retry_secs: f64,

    /// Seconds that one request may take in all.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: f64,

    /// Seconds without a byte after which a request is given up.
    #[serde(default = "default_idle_secs")]
    pub idle_secs: f64,

    /// Redirects that are followed from one address.
    #[serde(default = "default_redirects")]
    pub redirects: u32,

    /// A proxy, such as `"http://proxy.example:3128"` or `"socks5h://127.0.0.1:1080"`.
    #[serde(default)]
    pub proxy: Option<Secret>,

    /// Hosts that may be asked although their addresses are private, such as `"127.0.0.1"`. All other
    /// private, loopback and link-local addresses are refused.
    #[serde(default)]
    pub allow_private: Vec<String>,
}

/// The part of the options that decides which pages a crawl has. A crawl that was begun under others is not
/// gone on with.
#[derive(Serialize)]
pub(crate) struct Shape<'a> {
    seeds: &'a [String],
    sitemaps: &'a [String],
    follow: &'a [String],
    pages: &'a [String],
    hosts: &'a [String],
    depth: u32,
    join: bool,
    max_pages: u64,
    max_bytes: u64,
    redirects: u32,
}

impl HttpConfig {
    /// Digest of what decides which pages a crawl of `seeds` has.
    pub(crate) fn shape(&self, seeds: &[String]) -> String {
        let shape = Shape {
            seeds,
            sitemaps: &self.sitemaps,
            follow: &self.follow,
            pages: &self.pages,
            hosts: &self.hosts,
            depth: self.depth,
            join: self.join,
            max_pages: self.max_pages,
            max_bytes: self.max_bytes.0,
            redirects: self.redirects,
        };
        let text = serde_json::to_vec(&shape).expect("strings and numbers can be written");
        taosha_core::Id::of("crawl", &[&text]).to_string()
    }
}

fn everything() -> Vec<String> {
    vec!["**".to_owned()]
}

fn yes() -> bool {
    true
}

/// Seed, year, list, page of the list, report: with room for one more.
fn default_depth() -> u32 {
    6
}

/// More than any bureau's site that was seen, and few enough that their addresses fit in memory many times.
fn default_max_pages() -> u64 {
    100_000
}

/// A report is kilobytes, a scanned annex may be tens of megabytes. Several are in memory at once.
fn default_max_bytes() -> ByteSize {
    ByteSize::mib(32)
}

fn default_connections() -> usize {
    8
}

/// What browsers of 1996 did, and what small servers still stand.
fn default_per_host() -> usize {
    1
}

fn default_delay_secs() -> f64 {
    1.0
}

fn default_retries() -> u32 {
    3
}

fn default_retry_secs() -> f64 {
    2.0
}

fn default_timeout_secs() -> f64 {
    120.0
}

fn default_idle_secs() -> f64 {
    30.0
}

/// RFC 9309 asks for five; fetch.spec.whatwg.org stops at twenty.
fn default_redirects() -> u32 {
    5
}
