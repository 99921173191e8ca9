use std::time::Duration;

use reqwest::Url;

/// The product token of this crawler: what `User-agent` lines of robots.txt call it.
pub(crate) const PRODUCT: &str = "taosha";

/// RFC 9309, 2.5, asks for at least 500 KiB; what comes later is not read.
const MAX_BYTES: usize = 512 * 1024;

/// A longer delay is taken for this one: at one page an hour a crawl would not end.
const MAX_DELAY: Duration = Duration::from_secs(120);

/// What a site asks of crawlers, after RFC 9309.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Robots {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    allow: bool,
    pattern: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Byte(u8),
    /// `*`: any bytes
    Any,
    /// `$` at the end of a pattern
    End,
}

impl Robots {
    /// The rules for `product` in the robots.txt `bytes`: those of all groups that name it, else those of
    /// the groups for `*`.
    pub(crate) fn parse(bytes: &[u8], product: &str) -> Self {
        let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let (mut ours, mut of_all) = (None::<Robots>, Robots::default());
        let mut group = Group::default();
        for line in text.split(['\r', '\n']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match key.trim().to_lowercase().as_str() {
                "user-agent" => group.name(value, product),
                key @ ("allow" | "disallow" | "crawl-delay") => {
                    group.has_rules = true;
                    if group.is_ours {
                        ours.get_or_insert_default().add(key, value);
                    }
                    if group.is_of_all {
                        of_all.add(key, value);
                    }
                }
                // RFC 9309, 2.2.4: other records end no group.
                _ => {}
            }
            if group.is_ours {
                ours.get_or_insert_default();
            }
        }
        ours.unwrap_or(of_all)
    }

    /// Whether `url` may be asked for. The longest rule decides; of equals, the one that allows.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        if url.path() == "/robots.txt" {
            return true;
        }
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let path: Vec<u8> = pieces(path.as_bytes())
            .into_iter()
            .map(|(byte, _)| byte)
            .collect();
        let matching = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path));
        let decisive = matching.max_by_key(|rule| (rule.pattern.len(), rule.allow));
        decisive.is_none_or(|rule| rule.allow)
    }

    /// The time the site wants between two requests.
    pub(crate) fn delay(&self) -> Option<Duration> {
        self.delay
    }

    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let secs = value.parse().ok().filter(|secs| *secs >= 0.0);
            let delay =
                secs.map(|secs: f64| Duration::from_secs_f64(secs.min(MAX_DELAY.as_secs_f64())));
            self.delay = self.delay.max(delay);
        } else if !value.is_empty() {
            let pattern = pattern(value);
            let allow = key == "allow";
            self.rules.push(Rule { allow, pattern });
        }
    }
}

/// The lines since the last `User-agent` that did not follow another one.
#[derive(Default)]
struct Group {
    is_ours: bool,
    is_of_all: bool,
    has_rules: bool,
}

impl Group {
    fn name(&mut self, value: &str, product: &str) {
        if self.has_rules {
            *self = Group::default();
        }
        // `taosha/1.0 (+http://…)` names the product `taosha`.
        let end = value.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_');
        let token = value.get(..end.unwrap_or(value.len())).unwrap_or_default();
        self.is_ours |= token.eq_ignore_ascii_case(product);
        self.is_of_all |= value.starts_with('*');
    }
}

fn pattern(value: &str) -> Vec<Piece> {
    let pieces = pieces(value.as_bytes());
    let last = pieces.len().saturating_sub(1);
    let special = |(index, (byte, was_escaped)): (usize, (u8, bool))| match byte {
        b'*' if !was_escaped => Piece::Any,
        b'$' if !was_escaped && index == last => Piece::End,
        byte => Piece::Byte(byte),
    };
    let mut pattern: Vec<Piece> = pieces.into_iter().enumerate().map(special).collect();
    pattern.dedup_by(|a, b| *a == Piece::Any && *b == Piece::Any);
    pattern
}

/// The bytes of a path as they are compared (RFC 9309, 2.2.2), and whether each was written `%XX`.
/// `%2F` in a path is no `/`, so it stays.
fn pieces(path: &[u8]) -> Vec<(u8, bool)> {
    let mut pieces = Vec::with_capacity(path.len());
    let mut rest = path;
    let mut in_query = false;
    while let [first, after @ ..] = rest {
        in_query |= *first == b'?';
        let hex = after
            .get(..2)
            .filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|byte| *first == b'%' && (*byte != b'/' || in_query)) {
            Some(byte) => {
                pieces.push((byte, true));
                rest = after.get(2..).unwrap_or_default();
            }
            None if *first == b'%' && hex == Some("2f") => {
                pieces.extend([(b'%', true), (b'2', true), (b'F', true)]);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                pieces.push((*first, false));
                rest = after;
            }
        }
    }
    pieces
}

/// Whether `path` begins as `pattern` says. Goes back to the last `*` only, so it takes at most the
/// product of both lengths.
fn matches(pattern: &[Piece], path: &[u8]) -> bool {
    let (mut at, mut pos) = (0, 0);
    let mut last_any = None;
    loop {
        let fits = match (pattern.get(at), path.get(pos)) {
            (None, _) => return true,
            (Some(Piece::End), None) => return true,
            (Some(Piece::Any), _) => {
                at += 1;
                last_any = Some((at, pos));
                continue;
            }
            (Some(Piece::Byte(wanted)), Some(byte)) => wanted == byte,
            (Some(_), None) => return false,
            (Some(Piece::End), Some(_)) => false,
        };
        match (fits, &mut last_any) {
            (true, _) => (at, pos) = (at + 1, pos + 1),
            (false, Some((after, from))) => {
                *from += 1;
                (at, pos) = (*after, *from);
            }
            (false, None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, product: &str, path: &str) -> bool {
        let url = format!("https://site.example{path}").parse().unwrap();
        Robots::parse(robots.as_bytes(), product).allows(&url)
    }

    /// RFC 9309, 5.1
    const SIMPLE: &str = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
        User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
        User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n";

    #[test]
    fn the_simple_example_of_the_rfc_is_read_as_it_explains() {
        for (product, path, allowed) in [
            ("anybot", "/example/page.html", false),
            ("anybot", "/a.gif", false),
            ("anybot", "/a.gif?x", true),
            ("anybot", "/publications/a.html", true),
            ("anybot", "/other", true),
            ("foobot", "/example/page.html", true),
            ("FooBot", "/example/allowed.gif", true),
            ("foobot", "/publications/", false),
            ("barbot", "/example/page.html", false),
            ("bazbot", "/example/page.html", false),
            ("bazbot", "/example/other.gif", true),
            ("quxbot", "/example/page.html", true),
            ("quxbot", "/a.gif", true),
        ] {
            assert_eq!(allows(SIMPLE, product, path), allowed, "{product} {path}");
        }
    }

    #[test]
    fn the_longest_match_of_the_rfc_wins() {
        let robots =
            "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
        assert!(allows(robots, "foobot", "/example/page/"));
        assert!(!allows(robots, "foobot", "/example/page/disallowed.gif"));
        let equal = "user-agent: *\ndisallow: /page\nallow: /page\n";
        assert!(allows(equal, "foobot", "/page"), "of equals, allow");
    }

    #[test]
    fn groups_of_one_name_are_one_group() {
        let robots = "user-agent: taosha/2.0\ndisallow: /a\n\nuser-agent: other\ndisallow: /c\n\n\
            user-agent: *\ndisallow: /\n\nuser-agent: Taosha\ndisallow: /b\n";
        for (path, allowed) in [("/a", false), ("/b", false), ("/c", true), ("/d", true)] {
            assert_eq!(allows(robots, "taosha", path), allowed, "{path}");
        }
    }

    /// RFC 9309, 2.2.2 and 2.2.3
    #[test]
    fn paths_are_compared_without_their_escapes() {
        for (rule, path, matches) in [
            ("/foo/bar?baz=quux", "/foo/bar?baz=quux", true),
            (
                "/foo/bar?baz=http://foo.bar",
                "/foo/bar?baz=http%3A%2F%2Ffoo.bar",
                true,
            ),
            ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84", true),
            ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", true),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz", true),
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-*.html",
                true,
            ),
            (
                "/path/file-with-a-%2A.html",
                "/path/file-with-a-b.html",
                false,
            ),
            ("/path/foo-%24", "/path/foo-$", true),
            ("/this/path/exactly$", "/this/path/exactly", true),
            ("/this/path/exactly$", "/this/path/exactly/not", false),
            ("/this/*/exactly", "/this/long/path/exactly/so", true),
            ("/a%2fb", "/a%2Fb", true),
            ("/a%2fb", "/a/b", false),
            ("/fish*.php", "/fishheads/catfish.php?parameters", true),
            ("/*.php$", "/windows.PHP", false),
            ("*b*a*$", "/bbbb", false),
        ] {
            let robots = format!("user-agent: *\ndisallow: {rule}\n");
            assert_eq!(allows(&robots, "x", path), !matches, "{rule} {path}");
        }
    }

    #[test]
    fn what_is_odd_is_read_kindly() {
        let robots = "\u{feff}Disallow: /before\r\nUSER-AGENT : * # all\rDisallow : /a # why\nsitemap: x\n\
            Crawl-delay: 2.5\nDisallow:\nDisallow /b\n";
        assert!(allows(robots, "x", "/before"), "a rule outside of groups");
        assert!(!allows(robots, "x", "/a"));
        assert!(allows(robots, "x", "/b"), "no colon, no rule");
        assert!(allows("user-agent: *\ndisallow: /", "x", "/robots.txt"));
        let delay = |text: &str| Robots::parse(text.as_bytes(), "x").delay();
        assert_eq!(delay(robots), Some(Duration::from_millis(2500)));
        assert_eq!(delay("user-agent: *\ncrawl-delay: 1e30"), Some(MAX_DELAY));
        assert_eq!(delay("user-agent: *\ncrawl-delay: NaN"), None);
        assert_eq!(Robots::parse(b"\xff<html>\x00", "x"), Robots::default());
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_both_lengths() {
        let robots = format!("user-agent: *\ndisallow: {}b\n", "*a".repeat(5_000));
        assert!(allows(&robots, "x", &"/a".repeat(10_000)));
    }
}
