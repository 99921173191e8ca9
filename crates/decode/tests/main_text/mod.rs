//! Pages of many kinds of sites around reports of ours, with what of each is the article, and the
//! score that compares the two.
//!
//! A file in `sites` is a page with holes. `⟦` and `⟧` stand around what is the article:
//!
//! - `{{title}}` is the title of the report, `{{teaser}}` the title of another one, `{{snippet}}`
//!   the first words of another one with a mark that there is more.
//! - `{{each <p>¶</p>}}` is all its paragraphs, each put in place of `¶`; `half1` and `half2` are the
//!   first and the second half of them, `first N` the first few, and `lines` cuts them where a
//!   printed line ends.
//! - `{{others N …}}` is paragraphs of other reports, `{{titles N …}}` titles, `{{links N}}` a row of
//!   links to other sites.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by tests and benches, each uses a part"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use taosha_core::{Bytes, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};

/// Sites nobody looked at while the scoring was written or changed; a third of all.
pub const HELD_BACK: [&str; 13] = [
    "phpcms",
    "discuz",
    "portal-163",
    "table-2003",
    "doc-pre",
    "disclosure-annual",
    "qa",
    "aspnet-form",
    "name-table",
    "blog-csdn",
    "newspaper",
    "div-soup",
    "speech-center",
];

/// A page and what of it is the article.
pub struct Sample {
    pub name: String,
    pub html: String,
    pub expected: String,
}

/// A report: its title and its paragraphs.
struct Report {
    title: String,
    paragraphs: Vec<String>,
}

/// Every site around `n_reports` reports, in order of the names.
pub fn samples(n_reports: usize) -> Vec<Sample> {
    let folder = folder();
    let reports = reports(&folder.join("../../tests/pages/reports"));
    let mut samples = Vec::new();
    for (nth, path) in files(&folder.join("tests/main_text/sites"))
        .iter()
        .enumerate()
    {
        let site = std::fs::read_to_string(path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        for round in 0..n_reports {
            let filled = Filler {
                reports: &reports,
                chosen: (nth * 7 + round * 11) % reports.len(),
                other: nth + round,
            }
            .fill(&site);
            samples.push(Sample {
                name: name.to_owned(),
                expected: article(&filled),
                html: filled.replace(['⟦', '⟧'], ""),
            });
            // A site without holes in its article is the same page every time.
            if !site.contains("{{each")
                && !site.contains("{{half")
                && !site.contains("{{first")
                && !site.contains("{{lines")
            {
                break;
            }
        }
    }
    samples
}

/// The folder of decode, also for the program in `benches/compare`.
fn folder() -> &'static Path {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = folder.ancestors();
    above
        .find(|folder| folder.join("tests/main_text").is_dir())
        .unwrap()
}

/// All reports, one after the other.
pub fn reports_in_one() -> String {
    let folder = folder();
    let whole = |report: &Report| format!("{}\n{}\n", report.title, report.paragraphs.join("\n"));
    let reports = reports(&folder.join("../../tests/pages/reports"));
    reports.iter().map(whole).collect()
}

/// A site as it was written, its holes unfilled.
pub fn site(name: &str) -> String {
    let folder = folder();
    let path = folder.join(format!("tests/main_text/sites/{name}.html"));
    std::fs::read_to_string(path)
        .unwrap()
        .replace(['⟦', '⟧'], "")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

fn reports(folder: &Path) -> Vec<Report> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let (title, body) = text.split_once("\n\n").unwrap();
        let lines = body.lines().filter(|line| !line.is_empty());
        Report {
            title: title.to_owned(),
            paragraphs: lines.map(str::to_owned).collect(),
        }
    };
    files(folder).iter().map(read).collect()
}

/// Characters of a printed line.
const LINE: usize = 38;

struct Filler<'a> {
    reports: &'a [Report],
    chosen: usize,
    /// The last one of the other reports that was used.
    other: usize,
}

impl Filler<'_> {
    fn fill(mut self, site: &str) -> String {
        let mut out = String::new();
        let mut rest = site;
        while let Some((before, hole)) = rest.split_once("{{") {
            let (hole, after) = hole.split_once("}}").unwrap();
            out.push_str(before);
            out.push_str(&self.hole(hole));
            rest = after;
        }
        out + rest
    }

    fn hole(&mut self, hole: &str) -> String {
        let (word, pattern) = hole.split_once(' ').unwrap_or((hole, ""));
        let report = &self.reports[self.chosen];
        let paragraphs = &report.paragraphs;
        let middle = paragraphs.len() / 2;
        let counted = || {
            let (n, pattern) = pattern.split_once(' ').unwrap_or((pattern, ""));
            (n.parse::<usize>().unwrap(), pattern)
        };
        match word {
            "title" => report.title.clone(),
            "teaser" => self.another().title.clone(),
            "snippet" => {
                let words: String = self.another().paragraphs[0].chars().take(60).collect();
                words + "……"
            }
            "each" => laid_out(paragraphs, pattern),
            "half1" => laid_out(&paragraphs[..middle], pattern),
            "half2" => laid_out(&paragraphs[middle..], pattern),
            "first" => {
                let (n, pattern) = counted();
                laid_out(&paragraphs[..n.min(paragraphs.len())], pattern)
            }
            "lines" => {
                let lines: Vec<String> = paragraphs.iter().flat_map(|text| lines(text)).collect();
                laid_out(&lines, pattern)
            }
            "others" => {
                let (n, pattern) = counted();
                let others: Vec<String> = (0..n)
                    .map(|_| self.another().paragraphs.last().unwrap().clone())
                    .collect();
                laid_out(&others, pattern)
            }
            "titles" => {
                let (n, pattern) = counted();
                let titles: Vec<String> = (0..n).map(|_| self.another().title.clone()).collect();
                laid_out(&titles, pattern)
            }
            "links" => {
                let (n, _) = counted();
                let link = |n: usize| {
                    format!(
                        "<a href=\"http://{n}.example/\">{}县教育信息网</a> ",
                        COUNTIES[n % COUNTIES.len()]
                    )
                };
                (0..n).map(link).collect()
            }
            other => panic!("a site has the unknown hole {other}"),
        }
    }

    fn another(&mut self) -> &Report {
        self.other = (self.other + 1) % self.reports.len();
        if self.other == self.chosen {
            self.other = (self.other + 1) % self.reports.len();
        }
        &self.reports[self.other]
    }
}

const COUNTIES: [&str; 7] = ["青禾", "云岭", "临江", "丹枫", "柳湾", "杏花", "石桥"];

fn laid_out(paragraphs: &[String], pattern: &str) -> String {
    let put = |text: &String| pattern.replace('¶', text);
    paragraphs.iter().map(put).collect()
}

fn lines(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(LINE).map(String::from_iter).collect()
}

/// The words between `⟦` and `⟧`, without tags.
fn article(page: &str) -> String {
    let mut article = String::new();
    for piece in page.split('⟦').skip(1) {
        let mut is_tag = false;
        for c in piece.split('⟧').next().unwrap().chars() {
            match c {
                '<' => is_tag = true,
                '>' if is_tag => {
                    is_tag = false;
                    article.push('\n');
                }
                c if !is_tag => article.push(c),
                _ => {}
            }
        }
    }
    article.replace("&nbsp;", " ").replace("\\n", "\n")
}

/// What decode reads on `page`; nothing when it refuses or drops it.
pub fn read(page: &[u8]) -> String {
    read_owned(page.to_vec())
}

/// The same without a copy of the page.
pub fn read_owned(page: Vec<u8>) -> String {
    let mut origin = Origin::new("test", "memory:page", Bytes::from(page));
    origin
        .headers
        .push(("content-type".to_owned(), "text/html".to_owned()));
    let record = Record::new(origin, Position("page".into()));
    let mut out = Output::new();
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    let is_read = decode.process(record, &mut out).is_ok();
    let emission = out.emissions().first().filter(|_| is_read);
    emission.map_or_else(String::new, |emission| {
        let report = emission.record.report().unwrap();
        report.reading().text().to_owned()
    })
}

/// Seconds this thread has spent on a processor.
pub fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = told.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

/// F1 of the shingles of four tokens, as opendatalab's and Scrapinghub's comparisons of article
/// extractors count them: each Han character is a token, and each run of other letters or digits.
pub fn f1(found: &str, expected: &str) -> f64 {
    // A page without an article of its own is dropped.
    if expected.is_empty() {
        return f64::from(u8::from(found.is_empty()));
    }
    let (found, expected) = (shingles(found), shingles(expected));
    let common: usize = expected
        .iter()
        .map(|(shingle, n)| (*n).min(*found.get(shingle).unwrap_or(&0)))
        .sum();
    let (n_found, n_expected): (usize, usize) = (found.values().sum(), expected.values().sum());
    2.0 * common as f64 / (n_found + n_expected).max(1) as f64
}

fn shingles(text: &str) -> HashMap<Vec<String>, usize> {
    let tokens = tokens(text);
    let size = tokens.len().clamp(1, 4);
    let mut shingles = HashMap::new();
    for shingle in tokens.windows(size) {
        *shingles.entry(shingle.to_vec()).or_default() += 1;
    }
    shingles
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let is_han = matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}');
        if is_han || !c.is_alphanumeric() {
            if !word.is_empty() {
                tokens.push(std::mem::take(&mut word));
            }
            if is_han {
                tokens.push(c.to_string());
            }
        } else {
            word.push(c);
        }
    }
    tokens.extend(Some(word).filter(|word| !word.is_empty()));
    tokens
}
