//! Pages from the web. See the source [`Http`] for the promise, and `docs/decisions/warc-first.md` for why.

mod config; // what a user may choose
mod source; // the source: which file is gone on with; items to records

// What a crawl is: a function of its file.
mod crawl; // entry by entry: pages, failures, what to ask for next
mod frontier; // what is to be asked for, by host
mod join; // the parts of a text -> one page
mod links; // HTML -> ways that lead on
mod parts; // which link leads to the next part of a text
mod robots; // what a site asks of crawlers
mod scope; // which addresses belong to the crawl
mod sitemap; // sitemaps and feeds -> addresses

// The file.
mod archive; // the folder: what is kept from earlier crawls
mod crawl_file; // WARC, written
mod crawl_reader; // and read again
mod entry; // one answer

// The network.
mod client; // one request
mod guard; // which addresses are never asked
mod network; // many requests, as hosts allow
mod pace; // when a host may be asked

#[cfg(test)]
mod tests; // a site of our own, crawled

pub use config::HttpConfig;
pub use source::Http;
