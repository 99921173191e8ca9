//! Pages as other sites write them: what is the report's own stays, what is not goes.

use taosha_core::{Bytes, Error, Origin, Output, Position, Record, Report, Stage};
use taosha_decode::{Decode, DecodeConfig};

fn decode(raw: impl Into<Bytes>) -> Result<Report, Error> {
    let mut out = Output::new();
    let origin = Origin::new("test", "memory:page", raw.into());
    let record = Record::new(origin, Position("page".into()));
    Decode::new(&DecodeConfig::default())?.process(record, &mut out)?;
    let emission = out.emissions().first();
    let emission = emission.ok_or_else(|| Error::malformed("test.dropped", "pass on the page"))?;
    Ok(emission.record.report()?.clone())
}

fn reading(raw: impl Into<Bytes>) -> String {
    decode(raw)
        .expect("the page is text")
        .reading()
        .text()
        .to_owned()
}

const HEAD: &str = "<title>东屏区水利局2020年工作总结</title><h1>东屏区水利局2020年工作总结</h1>";

const BODY: [&str; 6] = [
    "2020年，区水利局紧紧围绕全区中心工作，真抓实干，较好地完成了各项目标任务。",
    "一、防汛抗旱",
    "全年组织巡查126次，整改隐患37处，转移群众1203人，实现安全度汛。",
    "二、工程建设",
    "完成水库除险加固9座，新建堤防12.6公里，完成投资1.8亿元，占年度计划的102%。",
    "三、河湖管理。清理河道垃圾320吨，拆除违建15处，水质达标率为96.5%。",
];

fn paragraphs(of: impl Fn(&str) -> String) -> String {
    BODY.iter()
        .map(|line| format!("<p>{}</p>", of(line)))
        .collect()
}

fn page(inside: &str) -> String {
    format!(
        "{HEAD}<div class=c>{}{inside}</div>",
        paragraphs(|line| line.to_owned())
    )
}

fn windows_1252(text: &str) -> String {
    let shown = |byte| {
        encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(&[byte])
            .0
            .into_owned()
    };
    text.bytes().map(shown).collect()
}

#[test]
fn a_whole_page_read_as_windows_1252_comes_back() {
    let text = reading(windows_1252(&page("")));
    for line in BODY {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn every_line_of_a_page_read_as_gbk_comes_back() {
    let gbk = |text: &str| {
        let (text, _) = encoding_rs::GBK.decode_without_bom_handling(text.as_bytes());
        text.into_owned()
    };
    let html = format!("{HEAD}{}", paragraphs(gbk));
    let text = reading(html);
    for line in BODY {
        let start: String = line.chars().take(4).collect();
        assert!(text.contains(&start), "{start} in {text}");
    }
}

#[test]
fn the_name_of_a_site_goes_with_all_its_words() {
    for advert in [
        "本文来自东屏文秘网(http://www.dpmm.example)转载请注明出处。",
        "【本文由东屏范文网搜集整理，版权归原作者所有，未经许可不得用于商业用途】",
        "（本文来源于东屏之家www.dongping.example，更多范文请百度搜索东屏之家）",
        "更多范文来自 w w w.d p f w.c om",
    ] {
        let html = format!(
            "{HEAD}<div class=c>{}<p>各项工作再上新台阶。{advert}</p></div>",
            paragraphs(str::to_owned)
        );
        assert!(
            reading(html.clone()).ends_with("各项工作再上新台阶。"),
            "{advert}: {}",
            reading(html)
        );
    }
}

#[test]
fn lines_of_the_site_between_paragraphs_go() {
    for line in [
        "找材料就上“东屏文秘网”",
        "[语音播报]",
        "您的浏览器版本过低，不支持video标签",
        "将本文的Word文档下载到电脑，方便收藏和打印",
        "[此帖子已经被管理员于2010-1-3 9:20:11编辑过]",
        "#p#分页标题#e#",
        "_ueditor_page_break_tag_",
        "[nextpage]",
        ".TRS_Editor{font-size:12pt}.TRS_Editor P{margin-top:0}",
        "function resize(o){ if(o.width>600){o.width=600;} }",
    ] {
        let html = format!(
            "{}<p>{line}</p>{}",
            page(""),
            paragraphs(|line| line.replace('全', "本"))
        );
        let html = html.replace("</div><p>", "<p>");
        let text = reading(html);
        assert!(text.contains("96.5%。\n2020年"), "{line} in {text}");
    }
}

#[test]
fn tags_of_a_forum_are_no_text() {
    let html = format!(
        "{HEAD}[b]{}[/b]<br>[size=3]{}[/size]<br>{}",
        BODY[1], BODY[2], BODY[4]
    );
    let text = reading(html);
    assert!(
        text.ends_with(&format!("{}\n{}\n{}", BODY[1], BODY[2], BODY[4])),
        "{text}"
    );
}

#[test]
fn title_speaker_and_meeting_stay_above_the_text() {
    let html = format!(
        "<title>东屏区人民检察院工作报告-东屏新闻网</title><div class=main><h1>东屏区人民检察院工作报告</h1>\
         <h2>——2021年1月6日在东屏区第八届人民代表大会第五次会议上</h2><p class=zz>东屏区人民检察院检察长　王某某</p>\
         <div class=ly>2021-01-09 10:20 来源：东屏日报</div><div class=text>{}</div></div>",
        paragraphs(str::to_owned)
    );
    let text = reading(html);
    assert!(text.contains("——2021年1月6日在东屏区第八届"), "{text}");
    assert!(text.contains("检察长 王某某"), "{text}");
    let html = format!(
        "<title>清风东屏</title><div class=bt><p>深化标本兼治 忠诚履职尽责</p><p>为东屏高质量发展提供坚强保障</p></div>\
         <div class=fbt>——东屏区纪委监委2021年工作报告</div><div class=i>时间：2022-01-19 来源：区纪委 打印</div><div class=nr>{}</div>",
        paragraphs(str::to_owned)
    );
    let text = reading(html);
    assert!(
        text.starts_with(
            "深化标本兼治 忠诚履职尽责\n为东屏高质量发展提供坚强保障\n——东屏区纪委监委"
        ),
        "{text}"
    );
}

#[test]
fn the_title_among_words_of_the_site_is_found() {
    let html = format!(
        "<title>东屏区人民政府 年度总结 东屏区水利局2020年工作总结及2021年计划要点</title><div class=bt>东屏区水利局2020年工作总结及2021年计划要点</div><div id=zoom>{}</div>",
        paragraphs(str::to_owned)
    );
    let report = decode(html).unwrap();
    assert_eq!(
        report.document().page.title.as_deref(),
        Some("东屏区水利局2020年工作总结及2021年计划要点")
    );
}

#[test]
fn pages_that_are_no_report_are_none() {
    for html in [
        "<title>404 - 找不到文件或目录。</title><h1>服务器错误</h1><h2>404 - 找不到文件或目录。</h2><p>您要查找的资源可能已被删除，已更改名称或者暂时不可用。</p>".to_owned(),
        format!("{HEAD}<div>发布日期：2021-01-04</div><p><a href=a.pdf>东屏区水利局2020年工作总结.pdf</a></p><div>打印 关闭</div>"),
    ] {
        assert!(decode(html.clone()).is_err(), "{html}");
    }
}

#[test]
fn days_of_other_kinds_are_of_the_page() {
    for (line, day) in [
        ("發布日期：109-01-15", "2020-01-15"),
        ("民國108年2月1日", "2019-02-01"),
        ("28/11/2019", "2019-11-28"),
        ("[2022-01-11] 校长室", "2022-01-11"),
    ] {
        let html = format!("{HEAD}<div>{line}</div>{}", paragraphs(str::to_owned));
        let report = decode(html).unwrap();
        assert_eq!(report.meta.published.as_deref(), Some(day), "{line}");
    }
}

#[test]
fn days_of_bylines_are_no_text() {
    for line in [
        "2022-1-5",
        "[ 2018-1-12 ]",
        "(2015-12-30 22:41:07)",
        "日期：[2016-01-04]",
        "2022-02-01 整理：东屏水利",
        "2023-01-05 19:30 发布于湖南",
    ] {
        let html = format!("{HEAD}<div>{line}</div>{}", paragraphs(str::to_owned));
        let text = reading(html);
        assert!(
            !text.contains("20") || text.contains("工作总结\n2020年，区水利局"),
            "{line} in {text}"
        );
    }
}

#[test]
fn the_wrapping_of_a_crawler_is_no_text() {
    for head in [
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
        "<div>您查询的关键词是：<b>水利</b>&nbsp;<b>总结</b>。如果打开速度慢，可以尝试<a href=1>快速版</a>；如果想保存快照，可以<a href=2>添加到搜藏</a>。<br>(百度和网页http://www.dp.example/1.htm的作者无关，不对其内容负责。百度快照谨为网络故障时之索引，不代表被搜索网站的即时页面。)</div>",
    ] {
        let text = reading(format!("{head}<html>{}", page("")));
        assert!(text.starts_with("东屏区水利局2020年"), "{text}");
    }
}

#[test]
fn comments_below_an_article_are_no_text() {
    let comment = |n| {
        format!(
            "<div class=c><span>网友{n}号 2021-01-12 08:10</span><p>写得很实在，数据详实，为水利局点赞！希望来年多修几座水库，多清几条河道。</p></div>"
        )
    };
    let comments: String = (1..4).map(comment).collect();
    let html = format!(
        "{}<div class=comments><h3>网友评论（3条）</h3>{comments}</div>",
        page("")
    );
    let text = reading(html);
    assert!(text.ends_with("96.5%。"), "{text}");
}

#[test]
fn what_only_looks_like_it_stays() {
    for line in [
        "开展“护水有我”活动（http://t.example/A6xyz），收到作品120件。",
        "示范“鱼(yú)”“石(shí)头”的读音，纠正方言读音12处。",
        "推进“互联网+”工程，[2020]12号文件下发后，全部整改到位。",
    ] {
        let text = reading(page(&format!("<p>{line}</p>")));
        assert!(text.ends_with(line), "{text}");
    }
}
