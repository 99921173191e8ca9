use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::Url;

use super::links::text;
use super::scope::clean;

/// What a sitemap or feed names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sitemap {
    /// Addresses of pages.
    pub(crate) pages: Vec<Url>,
    /// Addresses of further sitemaps.
    pub(crate) sitemaps: Vec<Url>,
}

/// sitemaps.org allows 50 000 in one file.
const MAX_ADDRESSES: usize = 50_000;

/// Elements inside each other. A feed has five.
const MAX_DEPTH: usize = 64;

impl Sitemap {
    /// The addresses in `bytes`, found at `url`: a sitemap, an index of sitemaps, a list of addresses one a
    /// line, RSS or Atom. What is broken ends it; what stands before that is taken.
    pub(crate) fn read(url: &Url, bytes: &[u8], content_type: Option<&str>) -> Self {
        let text = text(bytes, content_type);
        let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
        let mut found = Sitemap::default();
        if !text.starts_with('<') {
            found.pages.extend(
                text.lines()
                    .filter_map(|line| clean(Url::parse(line.trim()).ok()?)),
            );
            found.pages.truncate(MAX_ADDRESSES);
            return found;
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let mut path: Vec<String> = Vec::new();
        let mut words = String::new();
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    found.atom_link(url, &path, &name, &tag);
                    if path.len() >= MAX_DEPTH {
                        break;
                    }
                    path.push(name);
                    words.clear();
                }
                Event::Empty(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    found.atom_link(url, &path, &name, &tag);
                }
                Event::Text(part) => words.push_str(part.as_ref()),
                Event::CData(part) => words.push_str(part.as_ref()),
                Event::GeneralRef(reference) => words.push_str(match reference.as_ref() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                }),
                Event::End(_) => {
                    found.close(url, &path, &words);
                    path.pop();
                    words.clear();
                }
                Event::Eof => break,
                _ => {}
            }
            if found.pages.len() + found.sitemaps.len() >= MAX_ADDRESSES {
                break;
            }
        }
        found
    }

    /// `<loc>` of sitemaps and `<link>` of RSS.
    fn close(&mut self, base: &Url, path: &[String], words: &str) {
        let of = |url: &str| clean(base.join(url.trim()).ok()?);
        let end: Vec<&str> = path.iter().rev().take(2).map(String::as_str).collect();
        if words.trim().is_empty() {
            return;
        }
        match end.as_slice() {
            ["loc", "url"] => self.pages.extend(of(words)),
            ["loc", "sitemap"] => self.sitemaps.extend(of(words)),
            ["link", "item"] => self.pages.extend(of(words)),
            _ => {}
        }
    }

    /// `<link href="…"/>` in an `<entry>`; other relations than `alternate` lead elsewhere.
    fn atom_link(
        &mut self,
        base: &Url,
        path: &[String],
        name: &str,
        tag: &quick_xml::events::BytesStart<'_>,
    ) {
        if name != "link" || path.last().is_none_or(|parent| parent != "entry") {
            return;
        }
        let attribute = |key: &str| {
            let attribute = tag.try_get_attribute(key).ok()??;
            Some(attribute.value.replace("&amp;", "&"))
        };
        if attribute("rel").is_none_or(|rel| rel == "alternate")
            && let Some(href) = attribute("href")
        {
            self.pages
                .extend(base.join(href.trim()).ok().and_then(clean));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let url = "https://a.example/sitemap.xml".parse().unwrap();
        let found = Sitemap::read(&url, text.as_bytes(), None);
        let names = |urls: Vec<Url>| {
            urls.into_iter()
                .map(|url| url.path().to_owned() + url.query().unwrap_or_default())
                .collect()
        };
        (names(found.pages), names(found.sitemaps))
    }

    #[test]
    fn a_sitemap_and_an_index_of_sitemaps_are_read() {
        let (pages, sitemaps) = read(
            "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:i='x'>\
             <url><loc> https://a.example/1?a=1&amp;b=2 </loc><i:image><i:loc>https://a.example/no.png</i:loc></i:image></url>\
             <url><loc><![CDATA[https://a.example/2]]></loc></url></urlset>",
        );
        assert_eq!(pages, ["/1a=1&b=2", "/2"]);
        assert!(sitemaps.is_empty());
        let (pages, sitemaps) =
            read("<sitemapindex><sitemap><loc>/s1.xml.gz</loc></sitemap></sitemapindex>");
        assert_eq!((pages.len(), sitemaps), (0, vec!["/s1.xml.gz".to_owned()]));
    }

    #[test]
    fn feeds_and_plain_lists_are_read() {
        let rss = "<rss><channel><link>/home</link><item><title>x</title><link>/1</link></item></channel></rss>";
        assert_eq!(read(rss).0, ["/1"]);
        let atom = "<feed><link href='/home'/><entry><link rel='edit' href='/e'/><link href='/1'/></entry></feed>";
        assert_eq!(read(atom).0, ["/1"]);
        assert_eq!(
            read("\u{feff}https://a.example/1\n\nnothing\nhttps://a.example/2\n").0,
            ["/1", "/2"]
        );
    }

    #[test]
    fn what_stands_before_a_break_is_taken() {
        assert_eq!(
            read("<urlset><url><loc>/1</loc></url><url><loc>/2</lo").0,
            ["/1"]
        );
        assert!(read(&"<a>".repeat(100_000)).0.is_empty());
        assert!(
            read("<!DOCTYPE x [<!ENTITY a 'b'>]><urlset><url><loc>&a;</loc></url></urlset>")
                .0
                .is_empty()
        );
    }
}
