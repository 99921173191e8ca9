//! Crawls by the command, killed on the way: no page is lost, none comes twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use taosha_tests::command::{shown, taosha};

#[allow(
    dead_code,
    clippy::print_stderr,
    reason = "the tests of the crate use all of it"
)]
#[path = "../../crates/fetch/src/http/tests/site.rs"]
mod site;

use site::{Reply, Site};

const N_REPORTS: usize = 300;

const N_KILLS: usize = 50;

/// A page as content systems make it: menus around an article.
fn page(title: &str, article: &str, turner: &str) -> String {
    let menu: String = (0..12)
        .map(|n| format!("<li><a href=/menu/{n}.html>栏目{n}</a></li>"))
        .collect();
    format!(
        "<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}-丹枫县教育局</title></head><body>\
         <div class=nav><ul>{menu}</ul></div><div class=article><h1>{title}</h1><div class=TRS_Editor>{article}</div>\
         <div class=page>{turner}</div></div><div class=footer>版权所有 丹枫县教育局 备案号0000</div></body></html>"
    )
}

fn paragraphs(n: usize, part: &str) -> String {
    let line = |k: usize| {
        format!(
            "<p>{part}：在第{n}个村小的第{k}次走访中，我们同老师们一起查看了课桌、水井和操场，记下了需要修补的地方，\
             并同村里商定了完工的日子，请家长代表每月来看一次。</p>"
        )
    };
    (1..5).map(line).collect()
}

fn bureau() -> Site {
    let site = Site::start();
    let links: String = (0..N_REPORTS)
        .map(|n| format!("<li><a href=/gzzj/t{n}.html>报告{n}</a></li>"))
        .collect();
    site.html("/", &format!("<ul>{links}</ul>"));
    for n in 0..N_REPORTS {
        let title = format!("第{n}号述职报告");
        site.html(
            &format!("/gzzj/t{n}.html"),
            &page(&title, &paragraphs(n, "走访"), ""),
        );
    }
    let title = "第9号述职报告";
    for (part, words) in ["开头", "当中", "结尾"].iter().enumerate() {
        let name = if part == 0 {
            "t9.html".to_owned()
        } else {
            format!("t9_{part}.html")
        };
        let turner = format!("<script>createPageHTML(3, {part}, \"t9\", \"html\");</script>");
        site.html(
            &format!("/gzzj/{name}"),
            &page(title, &paragraphs(9, words), &turner),
        );
    }
    site.put("/gzzj/t5.html", Reply::Broken);
    site
}

fn pipeline(folder: &Path, site: &Site) -> PathBuf {
    let text = format!(
        "[run]\nepoch = {{ records = 7, every = '10s' }}\n[[source]]\ntype = 'http'\nurls = ['{}/']\n\
         contact = 'crawl@corpus.example'\nwarc = 'warc'\nfollow = ['**/gzzj/**']\npages = ['**/gzzj/**']\n\
         allow_private = ['127.0.0.1']\ndelay_secs = 0.0\nretries = 0\n\
         [[stage]]\ntype = 'decode'\n[[sink]]\ntype = 'jsonl'\ndir = 'out'\n",
        site.root
    );
    let file = folder.join("pipeline.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// Rows of `table`, by URI; none twice.
fn rows(folder: &Path, table: &str) -> BTreeMap<String, Value> {
    let text =
        std::fs::read_to_string(folder.join(format!("out/{table}.jsonl"))).unwrap_or_default();
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let before = rows.insert(row["uri"].as_str().unwrap().to_owned(), row);
        assert!(before.is_none(), "{before:?} is there twice");
    }
    rows
}

fn run(file: &Path) {
    let output = taosha().arg("run").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
}

#[test]
fn a_crawl_that_is_killed_again_and_again_ends_like_one_that_was_not() {
    let site = bureau();
    let undisturbed = tempfile::tempdir().unwrap();
    run(&pipeline(undisturbed.path(), &site));
    site.forget();

    let folder = tempfile::tempdir().unwrap();
    let file = pipeline(folder.path(), &site);
    let (mut n_kills, mut n_held) = (0, 0);
    loop {
        let before = site.asked().len();
        let mut child = taosha()
            .arg("run")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed a few requests later, and so at other moments of an epoch every time.
        let wanted = before + 3 + n_kills % 5;
        let deadline = Instant::now() + Duration::from_secs(60);
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            assert!(Instant::now() < deadline, "it hangs");
            if site.asked().len() >= wanted && n_kills < N_KILLS {
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        // The child of a run that looked for a page that kills ends a moment after it.
        if ended.is_some_and(|status| status.code() == Some(75)) && n_held < 200 {
            n_held += 1;
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        if let Some(status) = ended {
            assert!(status.success(), "{status}");
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        n_kills += 1;
    }
    assert_eq!(n_kills, N_KILLS);

    let text = |folder: &Path, table: &str, column: &str| -> BTreeMap<String, Value> {
        let rows = rows(folder, table).into_iter();
        rows.map(|(uri, row)| (uri, row[column].clone())).collect()
    };
    let documents = text(folder.path(), "documents", "text");
    assert_eq!(documents, text(undisturbed.path(), "documents", "text"));
    assert_eq!(documents.len(), N_REPORTS - 1, "all but the broken one");
    let dead = text(folder.path(), "dead", "code");
    assert_eq!(dead, text(undisturbed.path(), "dead", "code"));
    assert_eq!(dead.values().collect::<Vec<_>>(), ["fetch.broken"]);

    // The text that went on over three pages is one report.
    let joined = documents[&format!("{}/gzzj/t9.html", site.root)]
        .as_str()
        .unwrap();
    let places: Vec<_> = ["开头", "当中", "结尾"]
        .iter()
        .map(|part| joined.find(part))
        .collect();
    assert!(places.is_sorted() && places[0].is_some(), "{joined}");

    // One request is under way at a time, so a kill costs one at most.
    let n_asked = site.asked().len();
    assert!(n_asked <= N_REPORTS + 4 + n_kills, "{n_asked}");

    // A second run over the same site writes nothing new, and `--anew` asks for nothing.
    let before = std::fs::read(folder.path().join("out/documents.jsonl")).unwrap();
    run(&file);
    assert!(before == std::fs::read(folder.path().join("out/documents.jsonl")).unwrap());
    site.forget();
    let anew = taosha()
        .arg("run")
        .arg(&file)
        .arg("--anew")
        .output()
        .unwrap();
    assert!(anew.status.success(), "{}", shown(&anew));
    assert!(site.asked().is_empty(), "{:?}", site.asked());
    assert_eq!(text(folder.path(), "documents", "text"), documents);
}
