//! What decode makes of whole pages.

use proptest::prelude::*;
use taosha_core::{
    Bytes, Error, Kind, Origin, Output, Position, Record, Registry, Report, Script, SpanKind,
    Stage, rows,
};
use taosha_decode::{Decode, DecodeConfig};
use unicode_normalization::UnicodeNormalization;

fn record(raw: impl Into<Bytes>, content_type: Option<&str>) -> Record {
    let mut origin = Origin::new("test", "memory:page", raw.into());
    origin
        .headers
        .extend(content_type.map(|kind| ("content-type".to_owned(), kind.to_owned())));
    Record::new(origin, Position("page".into()))
}

/// The record that is passed on; a page that is dropped is refused here.
fn decode(raw: impl Into<Bytes>) -> Result<Record, Error> {
    let mut out = Output::new();
    Decode::new(&DecodeConfig::default())?.process(record(raw, None), &mut out)?;
    let emission = out.emissions().first();
    let emission = emission.ok_or_else(|| Error::malformed("test.dropped", "pass on the page"))?;
    Ok(emission.record.clone())
}

fn report(raw: impl Into<Bytes>) -> Report {
    let record = decode(raw).expect("the page is text");
    record.report().expect("it was decoded").clone()
}

/// Why a page is dropped; nothing when it is passed on.
fn dropped(raw: &str) -> Option<&'static str> {
    let mut out = Output::new();
    let decode = Decode::new(&DecodeConfig::default()).expect("the defaults are valid");
    let done = decode.process(record(raw.to_owned(), None), &mut out);
    done.expect("the page is text");
    assert_eq!(out.drops().len() + out.emissions().len(), 1);
    out.drops().first().map(|dropped| dropped.reason)
}

fn links(n: usize) -> String {
    let link = |n| format!("<li><a href=/{n}.html>云岭县第{n}小学工作总结</a> 2019-3-{n}</li>");
    (1..=n).map(link).collect()
}

#[test]
fn a_bare_list_of_links_is_dropped_and_a_text_under_a_menu_is_not() {
    let list = format!("<title>总结</title><ul>{}</ul><p>首页</p>", links(20));
    assert_eq!(dropped(&list), Some("list"));
    for text in [
        "<p>因设备检修，本周六停电一天，请各校做好准备。</p>",
        "<p>青禾县教育局坚持以人民为中心,全面贯彻党的教育方针,各项工作取得了新的进展。</p>",
        "<td>学校</td><td>招生计划为30人，实际招收28人</td>",
    ] {
        let page = format!("<title>通知</title><ul>{}</ul><div>{text}</div>", links(20));
        assert_eq!(dropped(&page), None, "{text}");
    }
    let row = |n| format!("<li><a>云岭县第{n}小学工作总结</a><span>2019-03-{n:02}</span></li>");
    let rows: String = (1..=20).map(row).collect();
    let pager = "<div>共 8 页 156 条 首页 上一页 1 2 3 下一页 尾页 转到第 <input> 页</div>";
    let index = format!("<title>总结</title><div>首页 &gt; 总结</div><ul>{rows}</ul>{pager}");
    assert_eq!(dropped(&index), Some("list"));
    let few: String = (1..=5).map(row).collect();
    for page in [
        format!("<h1>云岭县学校2019年总结</h1><p>全县学校的总结如下，请查阅。</p><ul>{rows}</ul>"),
        format!("<h1>云岭县2019年档案</h1><ul>{few}</ul>"),
        rows.replace("工作总结", "运动会 跳高张三"),
    ] {
        assert_eq!(dropped(&page), None, "{page}");
    }
    // A page that holds a file, and a text that is nothing but references.
    assert_eq!(
        dropped(&format!("<h1>总结</h1><p>附件如下</p>{}", links(3))),
        None
    );
}

#[test]
fn a_page_that_is_not_there_is_dropped_and_a_report_on_such_pages_is_not() {
    for page in [
        "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><hr>nginx</body></html>",
        "<html><head><title>青禾县人民政府</title></head><body><div><p>抱歉，您访问的页面不存在</p><a href=/>返回首页</a></div></body></html>",
    ] {
        assert_eq!(dropped(page), Some("error_page"), "{page}");
    }
    let report = "<html><head><title>云岭县2019年网站检查总结</title></head><body><p>一、检查情况</p>\
                  <p>全年抽查网站12个，其中2个网站页面不存在，已责成主办单位限期整改到位。</p></body></html>";
    assert_eq!(dropped(report), None);
    assert_eq!(dropped("<p>404医院工作总结</p><p>门诊病房404间</p>"), None);
}

const ARTICLE: &str = "青禾县教育局坚持以人民为中心,全面贯彻党的教育方针,各项工作取得了新的进展。";

fn site() -> String {
    let article = format!("<p>{ARTICLE}</p>").repeat(8);
    format!(
        "<html><head><meta charset=gbk><title>青禾县2019年教育工作总结_青禾范文网</title></head><body>\
         <div class=nav><a href=/>首页</a> <a href=/a>总结</a> <a href=/b>计划</a></div>\
         <div id=main><h1>青禾县2019年教育工作总结</h1><div class=info>发布时间:2019-12-30 来源:青禾县教育局</div>\
         <div class=content>{article}<p>在校学生12045人。</p></div>\
         <div class=pages><a href=x.html>上一页</a> <a href=x.html>[1]</a> [2]</div></div>\
         <ul class=related><li><a href=1>云岭县2018年工作总结</a><li><a href=2>临江市工作总结</a></ul>\
         <div class=footer>版权所有 青禾范文网</div></body></html>"
    )
}

#[test]
fn an_html_page_becomes_its_article() {
    let raw = encoding_rs::GBK.encode(&site()).0.into_owned();
    let report = report(raw.clone());
    let text = report.reading().text();
    assert!(text.contains("在校学生12045人。") && text.contains(ARTICLE));
    for site_text in ["首页", "上一页", "云岭县", "版权所有", "发布时间"] {
        assert!(!text.contains(site_text), "{site_text} is in {text}");
    }
    let document = report.document();
    assert_eq!(
        (document.charset.as_str(), document.script),
        ("gb18030", Script::Simplified)
    );
    assert_eq!(
        document.page.title.as_deref(),
        Some("青禾县2019年教育工作总结")
    );
    assert_eq!(document.page.publisher.as_deref(), Some("青禾县教育局"));
    assert_eq!(report.meta.published.as_deref(), Some("2019-12-30"));
    assert_eq!(document.page.links.previous.as_deref(), Some("x.html"));

    let at = document.text().find("12045").unwrap();
    let figure = document.span(at..at + 5, SpanKind::Evidence);
    assert_eq!(
        raw.get(document.raw_range(figure)),
        Some(b"12045".as_slice())
    );
}

#[test]
fn the_trail_tells_what_was_decided() {
    let record = decode(site()).unwrap();
    let decisions: Vec<_> = record.trail.steps().map(|step| &*step.decision).collect();
    assert_eq!(decisions, ["charset", "main_text", "chrome", "left_out"]);
}

#[test]
fn what_is_no_text_is_refused() {
    let code = |raw: &[u8]| decode(raw.to_vec()).unwrap_err().code().to_owned();
    assert_eq!(code(b""), "decode.empty");
    assert_eq!(code(b"\x89PNG\r\n\x1a\n0000"), "decode.not_text");
    assert_eq!(code(b"Rar!\x1A\x07\x01\x00"), "decode.not_text");
    assert_eq!(code(&[0; 100]), "decode.not_text");
    assert_eq!(code(b"  \n\n "), "decode.no_text");
    assert_eq!(
        code(b"<html><head><title>x</title></head><body><script>var a</script></body></html>"),
        "decode.no_text"
    );
}

#[test]
fn the_stage_is_registered_with_its_options() {
    let mut registry = Registry::new();
    taosha_decode::register(&mut registry);
    let entry = &registry.stages()["decode"];
    assert_eq!((entry.takes, entry.gives), (Kind::Raw, Kind::Report));
    let config = DecodeConfig {
        charset: Some("gb2313".to_owned()),
        ..DecodeConfig::default()
    };
    assert_eq!(Decode::new(&config).unwrap_err().code(), "decode.charset");
}

#[test]
fn options_switch_their_steps_off() {
    let page = "您现在的位置: 首页 > 总结\n青禾縣工作總結(jié)，領(lǐng)導(dǎo)小組共有教師120人。";
    let config = DecodeConfig {
        chrome: false,
        repair: false,
        ..DecodeConfig::default()
    };
    let mut out = Output::new();
    Decode::new(&config)
        .unwrap()
        .process(record(page, None), &mut out)
        .unwrap();
    assert_eq!(
        out.emissions()[0].record.report().unwrap().reading().text(),
        page
    );
    assert_eq!(
        report(page).reading().text(),
        "青禾縣工作總結，領導小組共有教師120人。"
    );
}

#[test]
fn a_hundred_thousand_nested_tags_are_read() {
    let page = format!(
        "{}{ARTICLE}{}",
        "<div class=a><b>".repeat(100_000),
        "</b></div>".repeat(100_000)
    );
    assert!(report(page).reading().text().contains(ARTICLE));
    let page = format!("{ARTICLE}<p>{}", "</i></table>".repeat(100_000));
    assert!(report(page).reading().text().contains(ARTICLE));
}

/// A step that looks back at all it has seen would take hours here, so this needs no clock.
const LONG: usize = 2 << 20;

#[test]
fn long_lines_of_anything_come_to_an_end() {
    let pieces = [
        ARTICLE,
        "獲獎?wù)撐?7篇",
        "xx",
        "?",
        "<",
        "&",
        "(",
        "_",
        "[",
        "…",
        "\u{301}",
        "锛",
        "<b>",
        "e\u{301}",
        "ÿ",
        "小编,",
        "1 ",
    ];
    for piece in pieces {
        let page = format!("{ARTICLE}{}", piece.repeat(LONG / piece.len()));
        // Some of these say nothing and are refused, which is an end as well.
        let _ = decode(page);
    }
}

fn linear_characters_come_from_their_bytes(
    raw: &[u8],
    report: &Report,
) -> Result<(), TestCaseError> {
    let document = report.document();
    let encoding = encoding_rs::Encoding::for_label(document.charset.as_bytes())
        .expect("charsets have WHATWG names");
    for (at, c) in document
        .text()
        .char_indices()
        .filter(|(_, c)| *c != '\u{FFFD}')
    {
        let range = at..at + c.len_utf8();
        if !document.map().is_linear(range.clone()) {
            continue;
        }
        let bytes = raw
            .get(document.map().raw_range(range))
            .expect("the map points into the page");
        let (again, _) = encoding.decode_without_bom_handling(bytes);
        // White space and references are put in for what stood there, also as single steps.
        if c.is_whitespace() || again.starts_with('&') {
            continue;
        }
        prop_assert_eq!(again.nfc().collect::<String>(), c.to_string());
    }
    Ok(())
}

fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<br>",
        "<td>",
        "<tr>",
        "<ol><li>",
        "</ol>",
        "<a href=x>",
        "</a>",
        "<div class='nav'>",
        "</div>",
        "<script>",
        "</script>",
        "&nbsp;",
        "&amp;nbsp;",
        "&#19968;",
        "<!--",
        "-->",
        "青禾县",
        "總結(jié)",
        "共有37所,",
        "。",
        "\r\n",
        "\n\n",
        "\u{3000}",
        "xx",
        "**縣",
        "?wù)",
        "上一页 [1] [2]",
        "小编",
        "[网-找文章]",
        "……此处隐藏43个字……",
        "€",
        "é",
        "\u{200B}",
        "<",
        ">",
        "\"",
        "&",
        ";",
        "１２",
        "\u{FEFF}",
        "e\u{301}",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn untouched_characters_are_read_again_from_their_bytes(page in fragments(), gbk in any::<bool>()) {
        let raw = match gbk {
            true => encoding_rs::GB18030.encode(&page).0.into_owned(),
            false => page.into_bytes(),
        };
        if let Ok(record) = decode(raw.clone()) {
            linear_characters_come_from_their_bytes(&raw, record.report().unwrap())?;
        }
    }

    #[test]
    fn cutting_a_page_anywhere_never_panics(page in fragments(), from in 0..2000usize, n in 0..2000usize) {
        let raw = encoding_rs::GB18030.encode(&page).0.into_owned();
        let from = from.min(raw.len());
        let end = (from + n).min(raw.len());
        let _ = decode(raw[from..end].to_vec());
        let page = page.into_bytes();
        let from = from.min(page.len());
        let _ = decode(page[from..(from + n).min(page.len())].to_vec());
    }

    #[test]
    fn random_bytes_never_panic(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(raw);
    }

    #[test]
    fn marks_and_repairs_lie_in_the_text(page in fragments()) {
        if let Ok(record) = decode(page.into_bytes()) {
            let report = record.report().unwrap();
            for mark in report.marks() {
                prop_assert!(!mark.span.is_empty());
                report.document().slice(mark.span);
            }
            for repair in &report.document().repairs {
                report.document().slice(repair.span);
            }
        }
    }

    #[test]
    fn a_decoded_page_can_be_written_and_read(page in fragments()) {
        let gbk = encoding_rs::GBK.encode(&page).0.into_owned();
        for raw in [page.into_bytes(), gbk] {
            let Ok(record) = decode(raw) else { continue };
            let json = serde_json::to_string(&record).unwrap();
            let again: Record = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(serde_json::to_string(&again).unwrap(), json);
            prop_assert_eq!(rows(&again, "run").unwrap(), rows(&record, "run").unwrap());
        }
    }
}
