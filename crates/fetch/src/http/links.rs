use std::borrow::Cow;
use std::sync::LazyLock;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use html5gum::{HtmlString, StartTag, Token, Tokenizer};
use regex::bytes::Regex;
use reqwest::Url;

use super::scope::clean;

/// The ways that lead on from a page, in the order in which they stand.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) links: Vec<Link>,
    /// What the script of a common content system says about the parts of this page:
    /// `createPageHTML(3, 0, "t2021", "html")`.
    pub(crate) turner: Option<Turner>,
}

/// One way.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) url: Url,
    /// The words of the link, without spaces and brackets.
    pub(crate) words: String,
    /// Whether a crawler may follow it.
    pub(crate) follow: bool,
}

/// `createPageHTML(count, current, "name", "ending")`
#[derive(Debug, PartialEq)]
pub(crate) struct Turner {
    pub(crate) count: u32,
    pub(crate) current: u32,
    pub(crate) name: String,
    pub(crate) ending: String,
}

/// Links of one page that are kept; no page for people has as many.
const MAX_LINKS: usize = 20_000;

/// Words of one link that are looked at: 下一页 and page numbers are short.
const MAX_WORDS: usize = 64;

impl Links {
    /// The links of the HTML page `bytes` at `url`. What is no HTML has none.
    pub(crate) fn of(url: &Url, bytes: &[u8], content_type: Option<&str>) -> Self {
        if !is_html(bytes, content_type) {
            return Links::default();
        }
        let encoding = encoding(bytes, content_type);
        let (text, ..) = encoding.decode(bytes);
        let mut reading = Reading {
            base: url.clone(),
            encoding,
            links: Vec::new(),
            open: None,
            may_follow: true,
        };
        for Ok(token) in Tokenizer::new(text.as_ref()) {
            match token {
                Token::StartTag(tag) => reading.start(&tag),
                Token::EndTag(tag) if tag.name.as_slice() == b"a" => reading.open = None,
                Token::String(words) => reading.words(&words),
                _ => {}
            }
            if reading.links.len() >= MAX_LINKS {
                break;
            }
        }
        for link in &mut reading.links {
            link.follow &= reading.may_follow;
        }
        Links {
            links: reading.links,
            turner: turner(text.as_bytes()),
        }
    }
}

struct Reading {
    base: Url,
    encoding: &'static Encoding,
    links: Vec<Link>,
    /// The link whose words are being read.
    open: Option<usize>,
    may_follow: bool,
}

impl Reading {
    fn start(&mut self, tag: &StartTag<()>) {
        let attribute = |name: &[u8]| {
            let value = tag.attributes.get(&HtmlString(name.to_vec()));
            value.map(|value| String::from_utf8_lossy(value).into_owned())
        };
        match tag.name.as_slice() {
            b"base" => {
                let base = attribute(b"href").and_then(|href| self.base.join(href.trim()).ok());
                self.base = base.unwrap_or_else(|| self.base.clone());
            }
            b"a" | b"area" => {
                self.open = None;
                let Some(href) = attribute(b"href") else {
                    return;
                };
                let rel = attribute(b"rel").unwrap_or_default().to_lowercase();
                let words = match rel.split_whitespace().any(|rel| rel == "next") {
                    true => "下一页".to_owned(),
                    false => attribute(b"title")
                        .map(|title| bare(&title))
                        .unwrap_or_default(),
                };
                let follow = !rel.split_whitespace().any(|rel| rel == "nofollow");
                self.add(&href, words, follow);
                self.open = self
                    .links
                    .len()
                    .checked_sub(1)
                    .filter(|_| tag.name.as_slice() == b"a");
            }
            b"link" if attribute(b"rel").is_some_and(|rel| rel.eq_ignore_ascii_case("next")) => {
                self.add(
                    &attribute(b"href").unwrap_or_default(),
                    "下一页".to_owned(),
                    true,
                );
            }
            b"frame" | b"iframe" => {
                self.add(&attribute(b"src").unwrap_or_default(), String::new(), true)
            }
            b"meta" => self.meta(
                attribute(b"name"),
                attribute(b"http-equiv"),
                attribute(b"content"),
            ),
            _ => {}
        }
    }

    fn meta(&mut self, name: Option<String>, equiv: Option<String>, content: Option<String>) {
        let content = content.unwrap_or_default();
        let lower = content.to_ascii_lowercase();
        let is = |what: &Option<String>, word: &str| {
            what.as_ref()
                .is_some_and(|it| it.eq_ignore_ascii_case(word))
        };
        if is(&name, "robots") && (lower.contains("nofollow") || lower.contains("none")) {
            self.may_follow = false;
        }
        // `0;url=/index.html` is how old sites redirect.
        if is(&equiv, "refresh")
            && let Some((before, _)) = lower.split_once("url=")
        {
            let target = content.get(before.len() + 4..).unwrap_or_default();
            self.add(target.trim_matches(['\'', '"', ' ']), String::new(), true);
        }
    }

    fn add(&mut self, href: &str, words: String, follow: bool) {
        let href = href.trim();
        if href.is_empty() || href.starts_with('#') {
            return;
        }
        // Browsers write a query in the charset of the page, and everything else in UTF-8.
        let encoding = self.encoding;
        let parsed = Url::options()
            .base_url(Some(&self.base))
            .encoding_override(Some(&|text| {
                Cow::Owned(encoding.encode(text).0.into_owned())
            }))
            .parse(href);
        if let Some(url) = parsed.ok().and_then(clean) {
            self.links.push(Link { url, words, follow });
        }
    }

    fn words(&mut self, words: &[u8]) {
        let Some(link) = self.open.and_then(|open| self.links.get_mut(open)) else {
            return;
        };
        if link.words.len() < MAX_WORDS {
            let words = words.get(..MAX_WORDS).unwrap_or(words);
            link.words.push_str(&bare(&String::from_utf8_lossy(words)));
        }
    }
}

/// `[ 2 ]` is 2.
fn bare(words: &str) -> String {
    let is_dress = |c: char| c.is_whitespace() || "[]【】<>《》»›>|".contains(c);
    words.chars().filter(|c| !is_dress(*c)).collect()
}

/// What is packed, a picture or a document has no links to read.
fn is_html(bytes: &[u8], content_type: Option<&str>) -> bool {
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();
    let says = kind.is_empty()
        || kind.contains("html")
        || kind.contains("text/plain")
        || kind.contains("octet-stream");
    let start = bytes.get(..4).unwrap_or_default();
    let is_other = start.starts_with(b"%PDF")
        || start.starts_with(b"PK\x03\x04")
        || start == b"\xd0\xcf\x11\xe0";
    says && !is_other
}

/// The text of `bytes` in the charset in which links are to be read. Whether it is the right one for
/// the whole page is for `decode` to find out: links are ASCII, with few exceptions.
pub(crate) fn text(bytes: &[u8], content_type: Option<&str>) -> String {
    encoding(bytes, content_type).decode(bytes).0.into_owned()
}

fn encoding(bytes: &[u8], content_type: Option<&str>) -> &'static Encoding {
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i-u)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:-]+)"#)
            .expect("it compiles in a test")
    });
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let labelled = |bytes: &[u8]| {
        let label = LABEL.captures(bytes)?.get(1)?;
        Encoding::for_label(label.as_bytes())
    };
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let label = labelled(content_type.unwrap_or_default().as_bytes()).or_else(|| labelled(head));
    // It is not UTF-8, and ASCII could be read, so it is not UTF-16.
    label
        .filter(|label| ![UTF_8, UTF_16LE, UTF_16BE].contains(label))
        .unwrap_or(GB18030)
}

/// Where browsers look for a charset.
const HEAD: usize = 1024;

fn turner(text: &[u8]) -> Option<Turner> {
    static CALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"createPageHTML\(\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*["']([^"'/]{1,200})["']\s*,\s*["'](\w{1,8})["']"#)
            .expect("it compiles in a test")
    });
    let call = CALL.captures(text)?;
    let part = |n| {
        Some(
            std::str::from_utf8(call.get(n)?.as_bytes())
                .ok()?
                .to_owned(),
        )
    };
    Some(Turner {
        count: part(1)?.parse().ok()?,
        current: part(2)?.parse().ok()?,
        name: part(3)?,
        ending: part(4)?,
    })
}

#[cfg(test)]
mod tests {
    use encoding_rs::GBK;

    use super::*;

    fn links(html: &str) -> Vec<(String, String)> {
        let url = "http://a.example/x/y.html".parse().unwrap();
        let links = Links::of(&url, html.as_bytes(), None).links;
        links
            .into_iter()
            .map(|link| (link.url.into(), link.words))
            .collect()
    }

    #[test]
    fn links_are_read_as_a_browser_reads_them() {
        let html = "<base href=/b/><a href='1.html'> [ <b>下一页</b> ] </a><A HREF=\"../2.html?a=1&amp;b=2#top\">2</A>\
            <!-- <a href=no.html> --><script>'<a href=no.html>'</script><a name=x><a href='#x'><a href='mailto:x'>\
            <iframe src=3.html></iframe><meta http-equiv=Refresh content='0; URL=4.html'>";
        let found = links(html);
        let expected = [
            ("http://a.example/b/1.html", "下一页"),
            ("http://a.example/2.html?a=1&b=2", "2"),
            ("http://a.example/b/3.html", ""),
            ("http://a.example/b/4.html", ""),
        ];
        // A tokenizer does not know that a script holds no tags.
        let found: Vec<_> = found
            .iter()
            .filter(|(url, _)| !url.contains("no.html"))
            .collect();
        let expected = expected.map(|(url, words)| (url.to_owned(), words.to_owned()));
        assert_eq!(found, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_gbk_page_has_its_queries_in_gbk_and_its_paths_in_utf_8() {
        let html = "<meta charset=gb2312><a href='/搜/?q=述职'>下一页</a>";
        let (bytes, ..) = GBK.encode(html);
        let url = "http://a.example/".parse().unwrap();
        let links = Links::of(&url, &bytes, Some("text/html")).links;
        assert_eq!(
            links[0].url.as_str(),
            "http://a.example/%E6%90%9C/?q=%CA%F6%D6%B0"
        );
        assert_eq!(links[0].words, "下一页");
    }

    #[test]
    fn a_page_may_ask_not_to_be_followed() {
        let url = "http://a.example/".parse().unwrap();
        let follow = |html: &str| Links::of(&url, html.as_bytes(), None).links[0].follow;
        assert!(follow("<a href=x>"));
        assert!(!follow("<a href=x rel='noopener nofollow'>"));
        assert!(!follow(
            "<meta name=robots content='noindex, NOFOLLOW'><a href=x>"
        ));
    }

    #[test]
    fn the_call_that_turns_pages_is_understood() {
        let script = "<script>createPageHTML(3, 0, \"t20210105_77\", 'html');</script>";
        let turner = turner(script.as_bytes()).unwrap();
        assert_eq!((turner.count, turner.current), (3, 0));
        assert_eq!(
            (turner.name.as_str(), turner.ending.as_str()),
            ("t20210105_77", "html")
        );
        assert_eq!(
            super::turner(b"createPageHTML(99999999, 0, 'a', 'b')"),
            None
        );
    }

    #[test]
    fn a_pdf_has_no_links() {
        let url = "http://a.example/a.pdf".parse().unwrap();
        assert!(Links::of(&url, b"%PDF <a href=x>", None).links.is_empty());
        assert!(
            Links::of(&url, b"<a href=x>", Some("image/svg+xml"))
                .links
                .is_empty()
        );
    }
}
