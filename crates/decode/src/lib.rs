//! Bytes in, text out: finds the charset and the words of a page, marks the site text around them.
//!
//! Decoding happens once. Every later stage points into this text, and every character of it
//! points back to the bytes it was made from. Site text, masks and damage are marks over the text,
//! so they can be shown and undone; only tags, white space and what was repaired are gone from it,
//! and each repair says what stood there.
//!
//! ```
//! use taosha_core::{Body, Bytes, Origin, Output, Position, Record, Stage};
//! use taosha_decode::{Decode, DecodeConfig};
//!
//! let page = "<p>您现在的位置: 首页 &gt; 总结</p><p>青禾县2019年共有小学37所。</p>";
//! let origin = Origin::new("test", "memory:a", Bytes::from_static(page.as_bytes()));
//! let mut out = Output::new();
//! Decode::new(&DecodeConfig::default())?.process(Record::new(origin, Position("a".into())), &mut out)?;
//! let report = out.emissions()[0].record.report()?;
//! assert_eq!(report.reading().text(), "青禾县2019年共有小学37所。");
//! # Ok::<(), taosha_core::Error>(())
//! ```

mod config; // what a user may choose
mod stage; // the order of the steps

// Bytes to text.
mod charset; // which charset?
mod islands; // lines in another charset than their page
mod labels; // what is the page said to be in?
mod likeness; // what does a reading cost?
mod resync; // back into step behind a broken byte
mod sniff; // HTML, plain text, or none?
mod tally; // how many bytes are such
mod walk; // the text and its map

// Files that are no pages.
#[allow(
    dead_code,
    reason = "what is shared between formats is not used by all of them alone"
)]
mod office; // DOCX, DOC, RTF, XLSX, XLS
#[cfg(feature = "pdf")]
mod pdf; // fonts and places to paragraphs

// Text to the words of the page.
mod anchored; // places that move along with edits
mod html; // tags to lines
mod mojibake; // ÖÐ¹ú
mod pinyin; // 總結(jié)
mod radicals; // ⼀ for 一
mod repair; // what can be put right
mod shift; // 獲獎?wù)撐?47篇 is 獲獎論文□47篇
mod tidy; // white space and Unicode forms

// What is found over it.
mod above_article; // title and speaker above the text
mod breaks_off; // text that just ends
mod chrome; // site text by rule
mod damage; // what stays broken
mod dates; // 民國108年, 28/11/2019
mod error_page; // 404
mod gate; // which rules can match
mod headings; // lines that look like one
mod indents; // how far in a line stood
mod lines; // false and lost line breaks
mod main_text; // the article among the blocks
mod markdown; // ## and ** in plain text
mod masks; // XX县
mod page; // title, date, source, page turners
mod page_pieces; // 1、 2、 where a library of files turned the page
mod piped; // cells between |
mod read_on; // a button to the rest, or to others?
mod related; // lists of other articles
mod rules; // the patterns in rules/*.toml
mod running_heads; // a line on top of every page
mod site_name; // the site's name inside words
mod summary; // first words, shown twice
mod title; // which words are the title
mod torn; // breaks inside a sentence
mod wrap; // lines filled up to a width

// What only many pages tell.
mod line_like; // a paragraph, a heading, the site's own words
mod site_lines; // lines that a site repeats

pub use config::DecodeConfig;
pub use site_lines::{SiteLines, SiteLinesConfig};
pub use stage::Decode;

/// Makes `decode` and `site_lines` known to a binary.
pub fn register(registry: &mut taosha_core::Registry) {
    registry.stage::<Decode>();
    registry.stateful_stage::<SiteLines>();
}
