//! Which of two addresses is the better one: the hosts a user prefers, best first.

use taosha_core::{Error, Result};

/// The preferred hosts. A name takes its subdomains too: `gov.cn` is also `www.jy.gov.cn`.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(names: &[String]) -> Self {
        Hosts(names.iter().map(|name| name.to_lowercase()).collect())
    }

    /// The preferred host that `uri` is of, by its place in the list. Of an address that is a path, a
    /// folder may have the name of a host, as mirrors have it; the best one counts.
    pub(crate) fn rank(&self, uri: &str) -> Option<usize> {
        let names: Vec<String> = match host(uri) {
            Some(host) => vec![host.to_lowercase()],
            None => folders(uri).map(str::to_lowercase).collect(),
        };
        let is_of = |known: &String| names.iter().any(|name| is_within(name, known));
        self.0.iter().position(is_of)
    }

    /// The name at a place of the list.
    pub(crate) fn name(&self, rank: usize) -> Option<&str> {
        self.0.get(rank).map(String::as_str)
    }

    /// The place in the list of the host of `new`, when it is better than that of `old`.
    pub(crate) fn preferred(&self, new: &str, old: &str) -> Option<usize> {
        let rank = self.rank(new)?;
        let is_better = self.rank(old).is_none_or(|other| rank < other);
        is_better.then_some(rank)
    }
}

/// True when `name` is `host` or one of its subdomains.
fn is_within(name: &str, host: &str) -> bool {
    let rest = name.strip_suffix(host);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The host of a URL; `None` for a path.
fn host(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next()?;
    let name = match place.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => place.split(':').next()?,
    };
    // `file:///srv/mirror` has none.
    (!name.is_empty()).then(|| name.trim_end_matches('.'))
}

/// The folders of a path, without its last part, which is the file.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.rsplit_once(['/', '\\']).map_or("", |(above, _)| above);
    folders.split(['/', '\\']).filter(|name| !name.is_empty())
}

/// Refuses names that no address has, and those that another one in the list takes first.
pub(crate) fn check(names: &[String]) -> Result<()> {
    let refuse = |what: String| {
        let message = format!("set `prefer`: {what}");
        Err(Error::config("dedupe.prefer", message).for_option("prefer"))
    };
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    for (place, name) in names.iter().enumerate() {
        let is_odd = |c: char| c.is_whitespace() || "/\\:*@?#".contains(c);
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || name.contains(is_odd)
        {
            return refuse(format!(
                "`{name}` is not the name of a host; write it bare, such as `gov.cn`, which takes \
                 its subdomains too"
            ));
        }
        let before = names.iter().take(place);
        if let Some(first) = before.into_iter().find(|first| is_within(name, first)) {
            return refuse(format!(
                "`{name}` stands behind `{first}`, which takes it already; put it before, or take it out"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_host_takes_itself_and_its_subdomains() {
        let hosts = Hosts::new(&names(&["jy.qinghe.gov.cn", "Gov.cn", "镜像"]));
        for (uri, rank) in [
            ("https://jy.qinghe.gov.cn/a.html", Some(0)),
            ("http://user@WWW.JY.qinghe.gov.cn:8080?x", Some(0)),
            ("https://gov.cn", Some(1)),
            ("https://zfxxgk.gov.cn./a", Some(1)),
            ("https://notgov.cn/gov.cn/a.html", None),
            ("https://gov.cn.example/a.html", None),
            ("pages/www.gov.cn/a.html", Some(1)),
            ("file:///srv/镜像/a.html", Some(2)),
            ("dump.zip!镜像/gov.cn/a.html", Some(1)),
            ("pages/gov.cn", None),
            ("", None),
        ] {
            assert_eq!(hosts.rank(uri), rank, "{uri}");
        }
    }

    #[test]
    fn only_a_better_host_is_preferred() {
        let hosts = Hosts::new(&names(&["gov.cn", "edu.cn"]));
        let (gov, edu, other) = ("http://a.gov.cn/", "http://b.edu.cn/", "http://c.example/");
        assert_eq!(hosts.preferred(gov, edu), Some(0));
        assert_eq!(hosts.preferred(edu, other), Some(1));
        for (new, old) in [(gov, gov), (edu, gov), (other, edu), (other, other)] {
            assert_eq!(hosts.preferred(new, old), None, "{new} {old}");
        }
    }

    #[test]
    fn what_is_no_host_or_never_reached_is_refused() {
        check(&names(&["jy.gov.cn", "gov.cn", "archive"])).unwrap();
        for list in [
            &["https://gov.cn"][..],
            &["*.gov.cn"],
            &[".gov.cn"],
            &[""],
            &["gov.cn/jy"],
            &["gov.cn", "jy.gov.cn"],
            &["gov.cn", "GOV.cn"],
        ] {
            let error = check(&names(list)).unwrap_err();
            assert_eq!(error.code(), "dedupe.prefer", "{list:?}");
        }
    }
}
