//! What a site repeats becomes site text, what its reports repeat does not.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

use taosha_core::{
    Bytes, MemoryState, Origin, Output, Position, Record, Stage, State, StatefulStage,
};
use taosha_decode::{Decode, DecodeConfig, SiteLines, SiteLinesConfig};

/// Invented work, a different sentence for each number.
fn sentences(n: usize) -> String {
    let units = ["小学", "中学", "幼儿园", "卫生院", "供销社", "林场", "水库"];
    let deeds = [
        "整修校舍",
        "培训教师",
        "新购图书",
        "种植果树",
        "疏浚水渠",
        "走访农户",
    ];
    let unit = units.get(n % units.len()).unwrap();
    let deed = deeds.get(n % deeds.len()).unwrap();
    format!(
        "今年以来，云岭县第{n}{unit}坚持{deed}，全年投入资金{}万元，群众普遍满意。\n\
         在县委、县政府的正确领导下，在各部门的大力支持下，各项任务顺利完成。",
        n * 7 + 3
    )
}

struct Site {
    stage: SiteLines,
    state: MemoryState,
}

impl Site {
    fn new(pages: usize) -> Self {
        Site {
            stage: SiteLines::new(&SiteLinesConfig { pages }).unwrap(),
            state: MemoryState::default(),
        }
    }

    /// What is read of the page `text` at `uri`, and the bytes that were marked.
    fn read(&mut self, uri: &str, text: &str) -> (String, Vec<String>) {
        let origin = Origin::new("test", uri, Bytes::copy_from_slice(text.as_bytes()));
        let record = Record::new(origin, Position(uri.into()));
        let decode = Decode::new(&DecodeConfig::default()).unwrap();
        let mut decoded = Output::new();
        decode.process(record, &mut decoded).unwrap();
        let (mut emissions, _) = decoded.into_parts();
        let record = emissions.pop().unwrap().record;
        let prepared = self.stage.prepare(&record).unwrap();
        let mut out = Output::new();
        let state: &mut dyn State = &mut self.state;
        self.stage
            .settle(record, prepared, state, &mut out)
            .unwrap();
        let report = out.emissions()[0].record.report().unwrap();
        let marks = report
            .marks()
            .iter()
            .filter(|mark| mark.rule == "site_line");
        let shown = marks.map(|mark| {
            let raw = report.raw_range(mark.span);
            text.get(raw).unwrap().trim().to_owned()
        });
        (report.reading().text().to_owned(), shown.collect())
    }
}

const SLOGAN: &str = "青禾文库 让写作更轻松";
const ASIDE: &str = "好文章每天等着你";

fn page(n: usize) -> String {
    format!(
        "{SLOGAN}\n云岭县2019年工作总结\n一、基本情况\n{}\n云岭县办公室\n{ASIDE}\n",
        sentences(n)
    )
}

#[test]
fn a_line_is_site_text_from_the_page_on_that_makes_enough() {
    let mut site = Site::new(4);
    for n in 0..3 {
        let (text, marked) = site.read(&format!("https://a.example/{n}"), &page(n));
        assert!(text.contains(SLOGAN) && marked.is_empty(), "{n}: {text}");
    }
    for n in 3..6 {
        let (text, marked) = site.read(&format!("https://www.a.example/{n}"), &page(n));
        assert_eq!(marked, [SLOGAN, ASIDE], "{n}");
        assert!(text.starts_with("云岭县2019年工作总结\n一、基本情况\n今年"));
        assert!(text.ends_with("云岭县办公室"), "{text}");
    }
}

#[test]
fn one_text_under_many_addresses_is_one_page() {
    let mut site = Site::new(3);
    for n in 0..9 {
        let (_, marked) = site.read(&format!("https://a.example/{n}"), &page(1));
        assert!(marked.is_empty(), "{n}");
    }
}

#[test]
fn every_site_is_known_by_its_own_pages() {
    let mut site = Site::new(3);
    for n in 0..9 {
        let (_, marked) = site.read(&format!("https://s{n}.example/a"), &page(n));
        assert!(marked.is_empty(), "{n}");
    }
}

#[test]
fn what_reports_have_in_common_stays() {
    let mut site = Site::new(2);
    for n in 0..6 {
        let text = format!(
            "工作总结\n各乡镇人民政府：\n指导思想\n{}\n存在的问题\n{}\n特此报告\n云岭县林业局\n二〇一九年一月三日",
            sentences(n),
            sentences(n + 50)
        );
        let (read, marked) = site.read(&format!("pages/{n}.txt"), &text);
        assert!(marked.is_empty(), "{marked:?}");
        assert_eq!(read, text);
    }
}

#[test]
fn an_advert_between_paragraphs_has_to_speak_of_the_site() {
    let advert = "本站资料均来自网友上传，版权归原作者所有";
    let mut site = Site::new(2);
    for n in 0..4 {
        let text = format!(
            "{}\n{advert}\n民生实事\n{}",
            sentences(n),
            sentences(n + 50)
        );
        let (read, marked) = site.read(&format!("https://a.example/{n}"), &text);
        assert!(read.contains("民生实事"), "{read}");
        // The rules of `decode` may know it before the site has said it twice.
        assert!(n == 0 || !read.contains(advert), "{n} {marked:?} {read}");
    }
}

#[test]
fn a_page_without_text_is_left_alone() {
    let mut site = Site::new(2);
    for n in 0..4 {
        let (read, marked) = site.read(&format!("https://a.example/{n}"), SLOGAN);
        assert!(marked.is_empty() && read == SLOGAN);
    }
}

#[test]
fn the_number_of_pages_is_checked() {
    for pages in [0, 1, 1001] {
        assert!(
            SiteLines::new(&SiteLinesConfig { pages }).is_err(),
            "{pages}"
        );
    }
}
