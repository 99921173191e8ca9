mod site;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use encoding_rs::GBK;
use flate2::Compression;
use flate2::write::GzEncoder;
use taosha_core::{
    ErrorKind, Known, Next, NothingKnown, Position, Record, Result, Settings, Source, SourceType,
};

use self::site::{Reply, Site};
use super::{Http, HttpConfig};

/// What a run of the engine would have sealed.
#[derive(Default)]
struct Sealed {
    /// What was handed out, by URI: the bytes, or the code of a failure.
    items: Vec<(String, String)>,
    records: Vec<Record>,
    versions: Mutex<BTreeMap<String, String>>,
    position: Option<Position>,
    n_unchanged: usize,
}

struct KnownVersions(BTreeMap<String, String>);

impl Known for KnownVersions {
    fn version(&self, uri: &str) -> Result<Option<String>> {
        Ok(self.0.get(uri).cloned())
    }
}

fn source(folder: &Path, options: &str) -> Http {
    try_source(folder, options).unwrap()
}

fn try_source(folder: &Path, options: &str) -> Result<Http> {
    let defaults = "contact = 'crawl@corpus.example'\nwarc = 'warc'\nallow_private = ['127.0.0.1']\n\
        delay_secs = 0.0\nretry_secs = 0.01\nretries = 1\nidle_secs = 0.5\n";
    let mut config: toml::Table = toml::from_str(defaults).unwrap();
    config.extend(options.parse::<toml::Table>().unwrap());
    let config: HttpConfig = config.try_into().unwrap();
    let settings = Settings {
        id: "http".into(),
        base: folder.into(),
        run: "test".into(),
        scratch: None,
    };
    Http::build(config, &settings)
}

impl Sealed {
    /// Reads at most `n` items in epochs of `epoch`; what is not sealed then is forgotten, as by a kill. True
    /// when the source came to its end.
    async fn run(&mut self, folder: &Path, options: &str, n: usize, epoch: usize) -> bool {
        let mut source = source(folder, options);
        let known = KnownVersions(self.versions.lock().unwrap().clone());
        source
            .open(self.position.as_ref(), Arc::new(known))
            .await
            .unwrap();
        let mut gathered = Vec::new();
        for _ in 0..n {
            let next = source.next().await.unwrap();
            if matches!(next, Next::End) {
                self.seal(&mut gathered);
                self.position = None;
                return true;
            }
            gathered.push(next);
            if gathered.len() == epoch {
                self.seal(&mut gathered);
            }
        }
        false
    }

    fn seal(&mut self, gathered: &mut Vec<Next>) {
        for next in gathered.drain(..) {
            match next {
                Next::Record(record) => {
                    let uri = record.origin.uri.clone();
                    let version = record.origin.version.clone().unwrap();
                    self.versions.lock().unwrap().insert(uri.clone(), version);
                    self.items.push((uri, record.origin.raw_digest.to_string()));
                    self.position = Some(record.position.clone());
                    self.records.push(record);
                }
                Next::Failed {
                    origin,
                    position,
                    error,
                } => {
                    assert_eq!(error.kind(), ErrorKind::Malformed);
                    self.items.push((origin.uri, error.code().to_owned()));
                    self.position = Some(position);
                }
                Next::Unchanged(position) => {
                    self.n_unchanged += 1;
                    self.position = Some(position);
                }
                Next::End => {}
            }
        }
    }

    /// By path, sorted.
    fn paths(&self, site: &Site) -> Vec<(String, String)> {
        let path = |(uri, what): &(String, String)| {
            let path = uri.strip_prefix(&site.root).unwrap_or(uri);
            (path.to_owned(), what.clone())
        };
        let mut paths: Vec<_> = self.items.iter().map(path).collect();
        paths.sort();
        paths
    }

    fn codes(&self, site: &Site) -> Vec<(String, String)> {
        let mut paths = self.paths(site);
        paths.retain(|(_, what)| what.starts_with("fetch."));
        paths
    }
}

/// Everything there is, in one run.
async fn all(folder: &Path, options: &str) -> Sealed {
    let mut sealed = Sealed::default();
    assert!(sealed.run(folder, options, usize::MAX, 1).await);
    sealed
}

const N_LISTS: usize = 10;
const PER_LIST: usize = 20;

/// Lists that turn pages, 200 reports of them in two charsets, and what makes a crawler's life hard.
fn county() -> Site {
    let site = Site::start();
    site.put(
        "/robots.txt",
        Reply::Page(
            200,
            Vec::new(),
            b"User-agent: *\nDisallow: /gzzj/secret\nDisallow: /admin/\n".to_vec(),
        ),
    );
    site.html(
        "/",
        "<a href=list/gzzj/index.html>工作总结</a><a href=/admin/gzzj/>管理</a>",
    );
    for list in 0..N_LISTS {
        let name = |n: usize| match n {
            0 => "index.html".to_owned(),
            n => format!("index_{n}.html"),
        };
        let mut html = String::new();
        for report in 0..PER_LIST {
            html.push_str(&format!(
                "<a href=/gzzj/t{}.html>报告</a>",
                list * PER_LIST + report
            ));
        }
        if list + 1 < N_LISTS {
            html.push_str(&format!("<a href={}>下一页</a>", name(list + 1)));
        } else {
            html.push_str("<a href=/gzzj/odd.html>其他</a>");
        }
        site.html(&format!("/list/gzzj/{}", name(list)), &html);
    }
    for n in 0..N_LISTS * PER_LIST {
        site.put(&format!("/gzzj/t{n}.html"), report(n, "一切顺利"));
    }
    let page = |turner: &str| format!("<p>述职报告第{turner}部分</p>");
    site.html(
        "/gzzj/t7.html",
        &(page("一") + "<a href=t7_1.html>下一页</a><a href=t7_2.html>3</a>"),
    );
    site.html(
        "/gzzj/t7_1.html",
        &(page("二") + "<a href=t7_2.html>下一页</a>"),
    );
    site.html("/gzzj/t7_2.html", &page("三"));
    let odd = [
        "secret",
        "slow",
        "broken",
        "flaky",
        "gone",
        "moved",
        "again",
        "loop",
        "bomb",
        "home",
        "meta",
        "named",
        "endless-0",
    ];
    let links: String = odd
        .iter()
        .map(|name| format!("<a href={name}.html>x</a>"))
        .collect();
    site.html("/gzzj/odd.html", &links);
    site.put("/gzzj/slow.html", Reply::Slow);
    site.put("/gzzj/broken.html", Reply::Broken);
    site.html("/gzzj/flaky.html", "<p>又来了</p>");
    site.flaky("/gzzj/flaky.html");
    site.redirect("/gzzj/moved.html", "target.html");
    site.html("/gzzj/target.html", "<p>新址</p>");
    site.redirect("/gzzj/again.html", "/gzzj/t1.html");
    site.redirect("/gzzj/loop.html", "/gzzj/loop.html");
    site.redirect("/gzzj/home.html", "http://127.0.0.2/gzzj/");
    site.redirect("/gzzj/meta.html", "http://169.254.169.254/gzzj/");
    site.redirect("/gzzj/named.html", "http://localhost/gzzj/");
    let bomb = gzip(&vec![b' '; 4 << 20]);
    site.put(
        "/gzzj/bomb.html",
        Reply::Page(200, vec![("content-encoding", "gzip".to_owned())], bomb),
    );
    for n in 0..30 {
        site.html(
            &format!("/gzzj/endless-{n}.html"),
            &format!("<p>{n}</p><a href=endless-{}.html>明天</a>", n + 1),
        );
    }
    site
}

fn report(n: usize, words: &str) -> Reply {
    let html = format!(
        "<meta charset={}><p>第{n}号报告：{words}</p>",
        ["gbk", "utf-8"][n % 2]
    );
    let mut bytes = match n % 2 {
        0 => GBK.encode(&html).0.into_owned(),
        _ => html.into_bytes(),
    };
    let mut headers = vec![("content-type", "text/html".to_owned())];
    if n.is_multiple_of(5) {
        bytes = gzip(&bytes);
        headers.push(("content-encoding", "gzip".to_owned()));
    }
    match n % 3 {
        0 => headers.push(("etag", format!("\"{words}\""))),
        1 => headers.push(("last-modified", "Sun, 22 Nov 2026 10:00:00 GMT".to_owned())),
        _ => {}
    }
    Reply::Page(200, headers, bytes)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn options(site: &Site) -> String {
    format!(
        "urls = ['{}/']\nfollow = ['**/gzzj/**']\nmax_bytes = '1MiB'\ndepth = 15\nper_host = 4\nhosts = ['169.254.169.254', 'localhost']",
        site.root
    )
}

/// What a crawl of the county must give, by path.
fn expected() -> BTreeMap<String, Option<&'static str>> {
    let mut expected = BTreeMap::new();
    for n in 0..N_LISTS * PER_LIST {
        expected.insert(format!("/gzzj/t{n}.html"), None);
    }
    for n in 0..N_LISTS {
        let name = if n == 0 {
            "index".to_owned()
        } else {
            format!("index_{n}")
        };
        expected.insert(format!("/list/gzzj/{name}.html"), None);
    }
    for path in [
        "/",
        "/gzzj/odd.html",
        "/gzzj/flaky.html",
        "/gzzj/target.html",
    ] {
        expected.insert(path.to_owned(), None);
    }
    // The odd page lies 11 links behind the start, so 15 allow for four of these.
    for n in 0..4 {
        expected.insert(format!("/gzzj/endless-{n}.html"), None);
    }
    for (name, code) in [
        ("slow", "fetch.timeout"),
        ("broken", "fetch.broken"),
        ("gone", "fetch.not_found"),
        ("loop", "fetch.redirect_loop"),
        ("bomb", "fetch.too_large"),
        ("home", "fetch.off_host"),
        ("meta", "fetch.private_address"),
        ("named", "fetch.private_address"),
    ] {
        expected.insert(format!("/gzzj/{name}.html"), Some(code));
    }
    expected
}

fn check(sealed: &Sealed, site: &Site) {
    let paths = sealed.paths(site);
    let found: BTreeMap<String, Option<&str>> = paths
        .iter()
        .map(|(path, what)| {
            (
                path.clone(),
                Some(what.as_str()).filter(|what| what.starts_with("fetch.")),
            )
        })
        .collect();
    let expected: BTreeMap<String, Option<&str>> = expected();
    assert_eq!(found, expected);
    assert_eq!(paths.len(), expected.len(), "no page twice");
}

#[tokio::test]
async fn a_site_is_crawled_completely_and_politely() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let sealed = all(folder.path(), &options(&site)).await;
    check(&sealed, &site);
    let counts = site.counts();
    for (path, n) in &counts {
        let repeated =
            ["/gzzj/flaky.html", "/gzzj/slow.html", "/gzzj/broken.html"].contains(&path.as_str());
        assert_eq!(*n, if repeated { 2 } else { 1 }, "{path}");
    }
    assert!(!counts.contains_key("/gzzj/secret.html") && !counts.contains_key("/admin/gzzj/"));
    let asked = site.asked();
    assert_eq!(asked[0].path, "/robots.txt");
    let agent = &asked[0].headers["user-agent"];
    assert!(
        agent.starts_with("taosha/") && agent.ends_with("(crawl@corpus.example)"),
        "{agent}"
    );
}

#[tokio::test]
async fn the_parts_of_a_text_are_one_page_in_their_order() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let sealed = all(folder.path(), &options(&site)).await;
    let is_joined = |record: &&Record| record.origin.uri.ends_with("/t7.html");
    let record = sealed.records.iter().find(is_joined).unwrap();
    let text = String::from_utf8(record.raw().to_vec()).unwrap();
    let places = ["第一部分", "第二部分", "第三部分"].map(|part| text.find(part).unwrap());
    assert!(places.is_sorted());
    let step = record.trail.steps().next().unwrap();
    assert_eq!(step.decision, "joined");
    let parts = step.fields["parts"].as_array().unwrap();
    assert!(
        parts[1]["uri"]
            .as_str()
            .unwrap()
            .ends_with("/gzzj/t7_1.html")
    );
    assert_eq!(
        parts.last().unwrap()["end"].as_u64().unwrap(),
        text.len() as u64
    );

    let mut source = source(folder.path(), &options(&site));
    let again = source.again(&record.position).await.unwrap().unwrap();
    assert_eq!(
        (again.id, again.raw()),
        (record.id, record.raw()),
        "from the WARC file"
    );
}

#[tokio::test]
async fn killed_fifty_times_no_page_is_missing_and_none_comes_twice() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let undisturbed = all(tempfile::tempdir().unwrap().path(), &options(&site)).await;
    site.forget();
    site.flaky("/gzzj/flaky.html");
    let mut sealed = Sealed::default();
    let mut n_kills = 0;
    // Small steps first: 5 or 6 items a run, of which epochs of 4 seal as many as are whole.
    while !sealed
        .run(folder.path(), &options(&site), 5 + n_kills % 2, 4)
        .await
    {
        n_kills += 1;
        // A write that was under way, cut at some byte.
        let path = newest(folder.path());
        let torn = &gzip(b"WARC/1.1\r\nWARC-Type: response\r\n")[..n_kills % 30];
        std::fs::File::options()
            .append(true)
            .open(path)
            .unwrap()
            .write_all(torn)
            .unwrap();
    }
    assert!(n_kills >= 50, "{n_kills}");
    check(&sealed, &site);
    assert_eq!(sealed.paths(&site), undisturbed.paths(&site));
    for (path, n) in site.counts() {
        // What was under way at a kill, 4 requests at most, is asked for again; what is in the file never.
        assert!(n <= 2 + n_kills, "{path}: {n}");
    }
    let n_asked = site.asked().len();
    assert!(
        n_asked <= undisturbed.items.len() + 20 + 5 * n_kills,
        "{n_asked}"
    );
}

fn newest(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder.join("warc")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .max()
        .unwrap()
}

#[tokio::test]
async fn the_order_of_the_records_is_that_of_the_file() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let first = all(folder.path(), &options(&site)).await;
    site.forget();
    // A state that was thrown away: nothing is known, and nothing is asked for.
    let second = all(folder.path(), &options(&site)).await;
    assert_eq!(first.items, second.items);
    assert!(site.asked().is_empty(), "{:?}", site.asked());
}

#[tokio::test]
async fn a_second_run_fetches_only_what_changed() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let mut sealed = all(folder.path(), &options(&site)).await;
    sealed.items.clear();
    site.forget();
    for n in [30, 33] {
        site.put(&format!("/gzzj/t{n}.html"), report(n, "有所改变"));
    }
    assert!(
        sealed
            .run(folder.path(), &options(&site), usize::MAX, 10)
            .await
    );
    let pages: Vec<_> = sealed
        .paths(&site)
        .into_iter()
        .filter(|(_, what)| !what.starts_with("fetch."))
        .collect();
    let paths: Vec<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/gzzj/t30.html", "/gzzj/t33.html"]);
    let n_304 = site
        .asked()
        .iter()
        .filter(|asked| asked.status == 304)
        .count();
    // Two of three reports tell a version; one is cut in parts without any, two have changed.
    assert_eq!(
        n_304,
        (0..200)
            .filter(|n| n % 3 != 2 && ![7, 30, 33].contains(n))
            .count()
    );

    // A third run asks with what the first one got, by way of the second one's file.
    site.forget();
    sealed.items.clear();
    assert!(
        sealed
            .run(folder.path(), &options(&site), usize::MAX, 10)
            .await
    );
    assert!(
        sealed
            .items
            .iter()
            .all(|(_, what)| what.starts_with("fetch."))
    );
    assert_eq!(
        site.asked()
            .iter()
            .filter(|asked| asked.status == 304)
            .count(),
        n_304 + 2
    );
}

#[tokio::test]
async fn other_options_begin_a_new_crawl_and_lose_nothing() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let mut sealed = Sealed::default();
    assert!(!sealed.run(folder.path(), &options(&site), 100, 30).await);
    let more = options(&site).replace("depth = 15", "depth = 16");
    assert!(sealed.run(folder.path(), &more, usize::MAX, 30).await);
    let endless = sealed
        .items
        .iter()
        .filter(|(uri, _)| uri.contains("endless"))
        .count();
    assert_eq!(endless, 5);
    let mut uris: Vec<_> = sealed.items.iter().map(|(uri, _)| uri).collect();
    let n = uris.len();
    uris.sort();
    uris.dedup();
    assert_eq!((n, n), (uris.len(), expected().len() + 1));
}

#[tokio::test]
async fn requests_to_a_host_keep_their_distance() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    site.put(
        "/robots.txt",
        Reply::Page(
            200,
            Vec::new(),
            b"User-agent: taosha\nCrawl-delay: 0.1\n".to_vec(),
        ),
    );
    let urls: Vec<String> = (0..5)
        .map(|n| format!("'{}/{n}.html'", site.root))
        .collect();
    for n in 0..5 {
        site.html(&format!("/{n}.html"), "x");
    }
    let options = format!("urls = [{}]\nper_host = 4", urls.join(", "));
    all(folder.path(), &options).await;
    let asked = site.asked();
    for two in asked.windows(2).skip(1) {
        // A thread may notice a request late, so the next one seems early.
        let distance = two[1].at - two[0].at;
        assert!(distance > Duration::from_millis(50), "{distance:?}");
    }
    let whole = asked[5].at - asked[1].at;
    assert!(whole >= Duration::from_millis(390), "{whole:?}");
}

#[tokio::test]
async fn sitemaps_and_lists_name_pages_too() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let root = &site.root;
    let index =
        format!("<sitemapindex><sitemap><loc>{root}/pages.xml.gz</loc></sitemap></sitemapindex>");
    site.put("/sitemap.xml", Reply::Page(200, Vec::new(), index.into()));
    let pages = format!(
        "<urlset><url><loc>{root}/a</loc></url><url><loc>http://other.example/</loc></url></urlset>"
    );
    site.put(
        "/pages.xml.gz",
        Reply::Page(200, Vec::new(), gzip(pages.as_bytes())),
    );
    let feed = format!("<rss><channel><item><link>{root}/b</link></item></channel></rss>");
    site.put("/feed", Reply::Page(200, Vec::new(), feed.into()));
    for page in ["/a", "/b", "/c"] {
        site.html(page, "x");
    }
    std::fs::write(
        folder.path().join("seeds.txt"),
        format!("# seeds\n\n{root}/c\n{root}/gone.xml\n"),
    )
    .unwrap();
    let options = format!(
        "list = 'seeds.txt'\nsitemaps = ['{root}/sitemap.xml', '{root}/feed', '{root}/none.xml']"
    );
    let sealed = all(folder.path(), &options).await;
    let paths: Vec<_> = sealed
        .paths(&site)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(paths, ["/a", "/b", "/c", "/gone.xml", "/none.xml"]);
    assert_eq!(sealed.codes(&site).len(), 2);
}

/// The message of the one failure that a crawl of `url` ends in.
async fn failure(url: &str, options: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut source = source(folder.path(), &format!("urls = ['{url}']\n{options}"));
    source.open(None, Arc::new(NothingKnown)).await.unwrap();
    let Next::Failed { error, origin, .. } = source.next().await.unwrap() else {
        panic!("it is not there");
    };
    assert!(matches!(source.next().await.unwrap(), Next::End));
    assert_eq!(origin.uri, url);
    (error.code().to_owned(), error.to_string())
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_with_its_place_and_a_cure() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (code, message) = failure(&format!("http://{closed}/a"), "").await;
    assert_eq!(code, "fetch.unreachable");
    assert!(
        message.contains(&closed.port().to_string()) && message.contains("refused"),
        "{message}"
    );

    // A label of 64 letters is no name, so no name server is asked.
    let (code, message) = failure(&format!("http://{}.example/", "a".repeat(64)), "").await;
    assert_eq!(code, "fetch.dns");
    assert!(message.contains("there is no such host"), "{message}");

    let site = Site::start();
    let (_, message) = failure(&format!("{}/", site.root.replace("http:", "https:")), "").await;
    assert!(
        message.contains("trust `127.0.0.1`") && message.contains("TLS 1.2"),
        "{message}"
    );

    let (_, message) = failure(&format!("{}/", site.root), "allow_private = []").await;
    assert!(
        message.contains("add `127.0.0.1` to `allow_private`"),
        "{message}"
    );

    site.put(
        "/robots.txt",
        Reply::Page(200, Vec::new(), b"User-agent: *\nDisallow: /\n".to_vec()),
    );
    let (code, message) = failure(&format!("{}/x", site.root), "").await;
    assert_eq!(code, "fetch.robots");
    assert!(
        message.contains("/x`") && message.contains("forbids"),
        "{message}"
    );
}

#[tokio::test]
async fn a_host_that_fails_again_and_again_is_left_alone() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let urls: Vec<String> = (0..20).map(|n| format!("'{}/{n}'", site.root)).collect();
    for n in 0..20 {
        site.put(&format!("/{n}"), Reply::Page(500, Vec::new(), Vec::new()));
    }
    let sealed = all(
        folder.path(),
        &format!("urls = [{}]\nretries = 0", urls.join(", ")),
    )
    .await;
    let codes = sealed.codes(&site);
    let count = |code: &str| codes.iter().filter(|(_, it)| it == code).count();
    assert_eq!((count("fetch.status"), count("fetch.host_away")), (8, 12));
    assert_eq!(site.asked().len(), 9);
}

#[tokio::test]
async fn two_runs_do_not_write_to_one_folder() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let mut first = source(folder.path(), &options(&site));
    first.open(None, Arc::new(NothingKnown)).await.unwrap();
    let mut second = source(folder.path(), &options(&site));
    let error = second.open(None, Arc::new(NothingKnown)).await.unwrap_err();
    assert_eq!(error.code(), "fetch.warc_in_use");
    drop(first);
    second.open(None, Arc::new(NothingKnown)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_lost_what_was_handed_out_is_an_error() {
    let (site, folder) = (county(), tempfile::tempdir().unwrap());
    let mut sealed = Sealed::default();
    sealed.run(folder.path(), &options(&site), 20, 1).await;
    let file = std::fs::File::options()
        .write(true)
        .open(newest(folder.path()))
        .unwrap();
    file.set_len(1000).unwrap();
    let mut source = source(folder.path(), &options(&site));
    let error = source
        .open(sealed.position.as_ref(), Arc::new(NothingKnown))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.kind()),
        ("fetch.warc_damaged", ErrorKind::Config)
    );
    assert!(
        error.to_string().contains("crawl-000001.warc.gz"),
        "{error}"
    );
}

#[test]
fn options_that_cannot_be_are_told_before_anything_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let code = |options: &str| {
        try_source(folder.path(), options)
            .err()
            .map(|error| error.code().to_owned())
    };
    for (options, expected) in [
        ("", "fetch.no_seeds"),
        ("urls = ['gzzj/index.html']", "fetch.address"),
        (
            "urls = ['http://a.example']\ncontact = 'me'",
            "fetch.contact",
        ),
        ("urls = ['http://a.example']\nfollow = ['a{']", "fetch.glob"),
        ("urls = ['http://a.example']\nhosts = ['*x']", "fetch.host"),
        (
            "urls = ['http://a.example']\nconnections = 0",
            "fetch.option",
        ),
        (
            "urls = ['http://a.example']\ntimeout_secs = -1.0",
            "fetch.option",
        ),
        (
            "urls = ['http://a.example']\nmax_bytes = '4GiB'",
            "fetch.option",
        ),
    ] {
        assert_eq!(code(options).as_deref(), Some(expected), "{options}");
    }
    assert_eq!(code("urls = ['http://a.example']"), None);
}
