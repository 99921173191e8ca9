use std::borrow::Cow;

use reqwest::Url;

use super::links::Links;

/// Which address holds the next part of the text that began at `first`, if `links`, those of its part at
/// `current`, say so. `n_parts` parts are there so far.
///
/// Two things must agree. The address is that of `first` with a number behind its name (`t77_1.html`,
/// `t77_2.html`) or in its query (`?page=2`); and a link with the words 下一页 or with the number leads there,
/// or the page's own script counts it. Lists turn pages in the same way, but every page of a list is a page of
/// its own.
pub(crate) fn next_part(first: &Url, current: &Url, n_parts: u32, links: &Links) -> Option<Url> {
    let name = Name::of(first)?;
    if name.is_list() {
        return None;
    }
    if let Some(turner) = &links.turner
        && turner.name == name.stem
        && turner.ending == name.ending
        && turner.current + 1 == n_parts
    {
        return (n_parts < turner.count)
            .then(|| name.with(&format!("{}_{n_parts}.{}", name.stem, name.ending)))?;
    }
    let number = number_of(&name, first, current);
    let expected = |found: u32| match number {
        None => found == 1 || found == 2,
        Some(number) => found == number + 1,
    };
    let human = (n_parts + 1).to_string();
    let leads_on = |words: &str| words == human || NEXT.contains(&words.to_lowercase().as_str());
    let link = links.links.iter().find(|link| {
        leads_on(&link.words) && number_of(&name, first, &link.url).is_some_and(expected)
    });
    link.map(|link| link.url.clone())
}

/// Whether `url` looks like a later part of the text that begins at `first`. Such links are not followed
/// by themselves.
pub(crate) fn is_part(first: &Url, url: &Url) -> bool {
    Name::of(first).is_some_and(|name| !name.is_list() && number_of(&name, first, url).is_some())
}

/// Words of links to the next part.
const NEXT: &[&str] = &[
    "下一页",
    "下一頁",
    "下页",
    "下頁",
    "后一页",
    "後一頁",
    "后页",
    "下一张",
    "next",
    "nextpage",
];

/// Names of lists, at the start of a file's name.
const LISTS: &[&str] = &[
    "index", "list", "default", "node", "col", "channel", "more", "search",
];

/// Names of the page number in a query.
const PAGE_KEYS: &[&str] = &[
    "page",
    "p",
    "pageno",
    "pagenum",
    "pageindex",
    "currentpage",
    "pn",
];

/// Digits of the number of a part. More are a date, or the number of another report.
const MAX_DIGITS: usize = 3;

/// `t77` and `html` of `/gzzj/t77.html`.
struct Name<'a> {
    url: &'a Url,
    stem: &'a str,
    ending: &'a str,
}

impl<'a> Name<'a> {
    fn of(url: &'a Url) -> Option<Self> {
        let file = url.path().rsplit('/').next()?;
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        Some(Name { url, stem, ending })
    }

    fn is_list(&self) -> bool {
        let stem = self.stem.to_ascii_lowercase();
        stem.is_empty() || LISTS.iter().any(|list| stem.starts_with(list))
    }

    fn with(&self, file: &str) -> Option<Url> {
        self.url.join(file).ok()
    }
}

/// The number by which `url` differs from `first`, whose name is `name`.
fn number_of(name: &Name<'_>, first: &Url, url: &Url) -> Option<u32> {
    if url.origin() != first.origin() {
        return None;
    }
    let number = |digits: &str| {
        let is_number =
            digits.len() <= MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number)
    };
    if url.path() == first.path() {
        let of_first: Vec<_> = first.query_pairs().collect();
        let is_key = |key: &str| PAGE_KEYS.contains(&key.to_ascii_lowercase().as_str());
        let is_same = |(key, value): &(Cow<'_, str>, Cow<'_, str>)| {
            !is_key(key) && of_first.iter().any(|(k, v)| k == key && v == value)
        };
        let (same, other): (Vec<_>, Vec<_>) = url.query_pairs().partition(is_same);
        let n_without = of_first.iter().filter(|(key, _)| !is_key(key)).count();
        return match other.as_slice() {
            [(key, value)] if is_key(key) && same.len() == n_without => number(value),
            _ => None,
        };
    }
    let folder = |url: &'_ Url| {
        url.path()
            .rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
    };
    if folder(url) != folder(first) || url.query() != first.query() {
        return None;
    }
    let other = Name::of(url)?;
    let digits = other
        .stem
        .strip_prefix(name.stem)?
        .strip_prefix(['_', '-'])?;
    number(digits).filter(|_| other.ending == name.ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        format!("http://a.example{path}").parse().unwrap()
    }

    fn next(first: &str, current: &str, n_parts: u32, html: &str) -> Option<String> {
        let links = Links::of(&url(current), html.as_bytes(), None);
        next_part(&url(first), &url(current), n_parts, &links)
            .map(|url| url.path().to_owned() + url.query().unwrap_or_default())
    }

    #[test]
    fn the_next_part_is_what_its_name_and_its_link_both_say() {
        let turner = "<a href=t77.html>1</a><a href=t77_2.html>[2]</a><a href=t77_3.html>3</a>";
        assert_eq!(
            next("/x/t77.html", "/x/t77.html", 1, turner).as_deref(),
            Some("/x/t77_2.html")
        );
        assert_eq!(
            next("/x/t77.html", "/x/t77_2.html", 2, turner).as_deref(),
            Some("/x/t77_3.html")
        );
        assert_eq!(next("/x/t77.html", "/x/t77_3.html", 3, turner), None);
        let words = "<a href='t77_1.html'>下一页</a>";
        assert_eq!(
            next("/x/t77.html", "/x/t77.html", 1, words).as_deref(),
            Some("/x/t77_1.html")
        );
        let query = "<a href='?id=7&page=2'>下页</a>";
        assert_eq!(
            next("/v.asp?id=7", "/v.asp?id=7", 1, query).as_deref(),
            Some("/v.aspid=7&page=2")
        );
    }

    #[test]
    fn a_script_that_counts_the_parts_is_believed() {
        let html =
            |current: u32| format!("<script>createPageHTML(3,{current},'t77','html')</script>");
        assert_eq!(
            next("/x/t77.html", "/x/t77.html", 1, &html(0)).as_deref(),
            Some("/x/t77_1.html")
        );
        assert_eq!(
            next("/x/t77.html", "/x/t77_1.html", 2, &html(1)).as_deref(),
            Some("/x/t77_2.html")
        );
        assert_eq!(next("/x/t77.html", "/x/t77_2.html", 3, &html(2)), None);
    }

    #[test]
    fn another_report_and_the_next_page_of_a_list_are_no_parts() {
        for (first, html) in [
            ("/x/t77.html", "<a href='t78.html'>下一页</a>"),
            ("/x/t77.html", "<a href='t77_20210105.html'>下一页</a>"),
            ("/x/t77.html", "<a href='t77_2.html'>相关报告</a>"),
            ("/x/t77.html", "<a href='/y/t77_2.html'>下一页</a>"),
            ("/x/t77.html", "<a href='t77_9.html'>下一页</a>"),
            (
                "/x/t77.html",
                "<a href='http://b.example/x/t77_2.html'>下一页</a>",
            ),
            ("/x/index.html", "<a href='index_1.html'>下一页</a>"),
            ("/x/", "<a href='_2.html'>下一页</a>"),
            ("/v.asp?id=7", "<a href='?id=8&page=2'>下一页</a>"),
        ] {
            assert_eq!(next(first, first, 1, html), None, "{html}");
        }
    }

    #[test]
    fn links_to_later_parts_are_known_as_such() {
        let first = url("/x/t77.html");
        assert!(is_part(&first, &url("/x/t77_3.html")) && is_part(&first, &url("/x/t77-3.html")));
        assert!(!is_part(&first, &first) && !is_part(&first, &url("/x/t78.html")));
        assert!(!is_part(&url("/x/index.html"), &url("/x/index_2.html")));
    }
}
