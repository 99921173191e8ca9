use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use reqwest::Url;
use taosha_core::{Error, Result};

use super::HttpConfig;

/// Which addresses belong to the crawl.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    hosts: BTreeSet<String>,
    /// `*.example.org` without its star.
    suffixes: Vec<String>,
    follow: Option<GlobSet>,
    pages: GlobSet,
}

impl Scope {
    /// The scope of a crawl that begins with `seeds`.
    pub(crate) fn new(config: &HttpConfig, seeds: &[Url]) -> Result<Self> {
        let host = |url: &Url| url.host_str().map(str::to_owned);
        let mut hosts: BTreeSet<String> = seeds.iter().filter_map(host).collect();
        let mut suffixes = Vec::new();
        for name in &config.hosts {
            let name = name.to_lowercase();
            match name.strip_prefix('*') {
                Some(suffix) if suffix.starts_with('.') => suffixes.push(suffix.to_owned()),
                Some(_) => {
                    let message =
                        format!("understand the host `{name}`: write a name, or `*.example.org`");
                    return Err(Error::config("fetch.host", message).for_option("hosts"));
                }
                None => {
                    hosts.insert(name);
                }
            }
        }
        Ok(Scope {
            hosts,
            suffixes,
            follow: (!config.follow.is_empty())
                .then(|| globs(&config.follow, "follow"))
                .transpose()?,
            pages: globs(&config.pages, "pages")?,
        })
    }

    /// Whether the host of `url` may be asked.
    pub(crate) fn has_host(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.hosts.contains(host)
            || self
                .suffixes
                .iter()
                .any(|suffix| host.ends_with(suffix.as_str()))
    }

    /// Whether a link to `url` is followed.
    pub(crate) fn follows(&self, url: &Url) -> bool {
        let is_wanted = self
            .follow
            .as_ref()
            .is_some_and(|follow| follow.is_match(url.as_str()));
        is_wanted && self.has_host(url)
    }

    /// Whether `url` is taken when a sitemap names it.
    pub(crate) fn takes(&self, url: &Url) -> bool {
        self.has_host(url) && (self.follow.is_none() || self.follows(url))
    }

    /// Whether `url` becomes a record.
    pub(crate) fn is_page(&self, url: &Url) -> bool {
        self.pages.is_match(url.as_str())
    }
}

/// `address` in the one form in which it is compared; `None` when it is nothing to ask for.
pub(crate) fn address(address: &str) -> Option<Url> {
    let url = Url::parse(address.trim()).ok()?;
    clean(url)
}

/// `url` without what does not change the page: the fragment, and the session that servers in Java write
/// into the path, under which every page would be new for ever.
pub(crate) fn clean(mut url: Url) -> Option<Url> {
    if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > MAX_ADDRESS {
        return None;
    }
    url.host_str()?;
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        // A page does not hand out passwords; a seed with one is refused before.
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
    }
    let path = url.path();
    let lower = path.to_ascii_lowercase();
    if let Some((before, _)) = lower.split_once(";jsessionid=") {
        let path = path.get(..before.len()).unwrap_or(path).to_owned();
        url.set_path(&path);
    }
    Some(url)
}

/// Longer addresses are traps, or pictures.
const MAX_ADDRESS: usize = 2048;

fn globs(patterns: &[String], option: &'static str) -> Result<GlobSet> {
    let wrong = |pattern: &str, error: globset::Error| {
        let message = format!("understand the pattern `{pattern}`");
        Error::config("fetch.glob", message)
            .because(error)
            .for_option(option)
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|error| wrong(pattern, error))?);
    }
    set.build()
        .map_err(|error| wrong(&patterns.join(" "), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(options: &str) -> Scope {
        let options = format!("contact = 'a@b.example'\nwarc = 'w'\n{options}");
        let seeds = [address("https://www.danfeng.example/").unwrap()];
        Scope::new(&toml::from_str(&options).unwrap(), &seeds).unwrap()
    }

    #[test]
    fn links_are_followed_by_pattern_on_the_hosts_of_the_seeds() {
        let scope = scope("follow = ['**/gzzj/**']\nhosts = ['*.linjiang.example']");
        for (url, followed) in [
            ("https://www.danfeng.example/gzzj/a.html", true),
            ("https://www.danfeng.example/xx/gzzj/2021/a.html?x=1", true),
            ("http://zwgk.linjiang.example/gzzj/", true),
            ("https://linjiang.example/gzzj/a.html", false),
            ("https://evil-linjiang.example/gzzj/a.html", false),
            ("https://www.danfeng.example/news/a.html", false),
        ] {
            assert_eq!(scope.follows(&address(url).unwrap()), followed, "{url}");
        }
    }

    #[test]
    fn without_patterns_no_link_is_followed_and_every_address_of_a_sitemap_taken() {
        let scope = scope("");
        let url = address("https://www.danfeng.example/a.html").unwrap();
        assert!(!scope.follows(&url) && scope.takes(&url) && scope.is_page(&url));
        assert!(!scope.takes(&address("https://other.example/").unwrap()));
    }

    #[test]
    fn an_address_has_one_form() {
        let clean = |url| address(url).map(String::from);
        let same = "http://a.example/x.do?id=1";
        for url in [
            "HTTP://A.example:80/x.do?id=1#top",
            " http://a.example/y/../x.do;jsessionid=AB12?id=1 ",
            "http://me:secret@a.example/x.do;JSESSIONID=1?id=1",
        ] {
            assert_eq!(clean(url).as_deref(), Some(same), "{url}");
        }
        for url in [
            "javascript:go()",
            "mailto:a@b.example",
            "ftp://a.example/",
            "/x",
            "http://",
        ] {
            assert_eq!(clean(url), None, "{url}");
        }
    }
}
