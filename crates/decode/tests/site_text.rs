//! Site text around reports goes, and what reports say stays.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

use taosha_core::{Bytes, Origin, Output, Position, Record, Report, SpanKind, Stage};
use taosha_decode::{Decode, DecodeConfig};

fn report(page: &str) -> Report {
    let origin = Origin::new("test", "memory:page", Bytes::from(page.to_owned()));
    let mut out = Output::new();
    let record = Record::new(origin, Position("page".into()));
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    decode.process(record, &mut out).unwrap();
    let emission = out.emissions().first().unwrap();
    emission.record.report().unwrap().clone()
}

fn read(page: &str) -> String {
    report(page).reading().text().to_owned()
}

const TITLE: &str = "青湖县教育局2017年工作总结";
const TEXT: &str = "2017年，在县委的正确领导下，教育工作取得新进展。\n\
    一、主要工作。全年开展活动12次，服务群众860人次，比上年增加一成，得到各方面的好评。\n\
    二、存在问题。人手不足，经费紧张。\n\
    三、下步打算。加强学习，改进作风，努力把全县的教育工作推上新的台阶。";

fn html(head: &str, above: &str, below: &str) -> String {
    let text: String = TEXT
        .lines()
        .map(|line| format!("<p>　　{line}</p>"))
        .collect();
    format!(
        "<html><head><title>{head}</title></head><body>{above}<div>{text}</div>{below}</body></html>"
    )
}

#[test]
fn a_tail_of_other_articles_goes_from_text_and_html() {
    for tail in [
        "【教育局工作总结】相关文章：\n1.教师工作总结\n2.班主任工作总结\n3.学校工作总结",
        "推荐阅读：\n教师年终总结\n班主任年终总结",
        "相关资源\n更多\n县中医院2020年工作总结.docx\n护理部2020年工作总结及2021年工作计划.doc",
        "猜你感兴趣：\n★ 教师年终总结\n★ 班主任年终总结",
        "下载文档\n文档格式：doc　文档大小：32KB\n本文已影响 2365 人",
        "亲，该文档总共3页，到这儿已超出免费预览范围，如果喜欢就下载吧！\n版权提示：本文档由用户提供并上传，收益归属内容提供方，若内容存在侵权，请进行举报或认领\n资源描述：",
        "顶一下\n(0)\n踩一下\n(0)\n------分隔线----------------------------",
    ] {
        assert_eq!(
            read(&format!("{TITLE}\n{TEXT}\n{tail}\n")),
            format!("{TITLE}\n{TEXT}"),
            "{tail}"
        );
        let below: String = tail.lines().map(|line| format!("<p>{line}</p>")).collect();
        let page = html(TITLE, &format!("<h1>{TITLE}</h1>"), &below);
        assert_eq!(read(&page), format!("{TITLE}\n{TEXT}"), "{tail}");
    }
}

#[test]
fn attachments_and_lists_of_papers_at_the_end_stay() {
    for tail in [
        "附件：\n1.2017年工作总结\n2.2018年工作计划\n3.年度自查报告",
        "四、印发文件。印发以下材料：\n1.消防应急预案\n2.防汛应急预案\n3.安全工作方案",
        "青湖县教育局\n2018年1月5日",
        "联系人：王某 电话：1234567",
        "(1)",
    ] {
        let page = format!("{TITLE}\n{TEXT}\n{tail}");
        assert_eq!(read(&page), page, "{tail}");
    }
}

#[test]
fn comments_below_a_text_go_with_their_box() {
    let below = "<div><h3>网友评论</h3><div><b>网友1</b><p>教育局的工作确实不错，我们村的学校今年终于修好了，点个赞。</p></div></div>";
    assert_eq!(read(&html(TITLE, "", below)), TEXT);
    let below =
        "<div><h3>网友留言办理</h3><p>全年共办理群众留言三百件，件件有回音，群众满意。</p></div>";
    assert!(read(&html(TITLE, "", below)).ends_with("群众满意。"));
}

#[test]
fn cards_of_the_index_go_and_figures_stay() {
    for card in [
        "索引号：QH014-0302 | 发布时间：2020-01-28 | 来源：县教育局 | 浏览量：87",
        "【信息来源：县教育局】【信息时间：2020-01-10 阅读次数：12】【字号 大 中 小】【我要打印】【关闭】",
    ] {
        assert_eq!(
            read(&format!("{TITLE}\n{card}\n{TEXT}")),
            format!("{TITLE}\n{TEXT}")
        );
    }
    let rows = "<table><tr><td>索引号</td><td>006/2020-1</td></tr><tr><td>公开范围</td><td>面向社会</td></tr></table>";
    assert_eq!(
        read(&html(TITLE, &format!("<h1>{TITLE}</h1>{rows}"), "")),
        format!("{TITLE}\n{TEXT}")
    );
    for line in [
        "主动公开信息：120条 依申请公开：3条 行政复议：0件",
        "时间：全天 地点：县城 参加人数：120人",
    ] {
        let page = format!("{TITLE}\n{line}\n{TEXT}");
        assert_eq!(read(&page), page);
    }
}

#[test]
fn announced_cuts_are_told() {
    for end in [
        "......（未完，全文共5820字，请下载后阅读）",
        "…………（全文略）",
        "【文章只显示部分内容，完整版请下载】",
        "剩余60%内容需登录后查看，会员可免费阅读全文",
        "剩余内容已隐藏，请登录后查看",
        "还剩3页未读，继续阅读",
        "以上为部分内容，获取完整版请关注公众号",
        "该文档总页数5页，当前只显示前2页",
        "此处隐藏部分内容，支付3元后可查看完整内容",
        "点击阅读全文>>",
    ] {
        let report = report(&format!("{TITLE}\n{TEXT}\n{end}"));
        assert_eq!(report.meta.complete, Some(false), "{end}");
        assert_eq!(
            report.reading().text().trim_end(),
            format!("{TITLE}\n{TEXT}"),
            "{end}"
        );
    }
    let link = "<div><a href=/vip>剩余60%内容需登录后查看，会员可免费阅读全文</a></div>";
    assert_eq!(report(&html(TITLE, "", link)).meta.complete, Some(false));
    for end in ["（略）", "二、其余内容由各股室负责。", "（未完工程12处）"] {
        let page = format!("{TITLE}\n{TEXT}\n{end}");
        let report = report(&page);
        assert_eq!(
            (report.meta.complete, report.reading().text()),
            (None, &*page)
        );
    }
}

#[test]
fn a_button_that_leads_to_other_texts_tells_no_cut() {
    let complete = |above: &str, below: &str| report(&html(TITLE, above, below)).meta.complete;
    let button = "<p><a href=/1>阅读全文>></a></p>";
    assert_eq!(complete("", button), Some(false));
    let teaser = format!("<div><p><a href=/2>校园安全工作会议召开</a></p>{button}</div>");
    for below in [
        teaser.repeat(3),
        teaser.clone(),
        format!("<p>青湖县教育局</p><p>2018年1月5日</p>{button}"),
        "<p>展开全文</p>".to_owned(),
    ] {
        assert_eq!(complete("", &below), None, "{below}");
    }
    assert_eq!(complete(&teaser, ""), None);
}

#[test]
fn controls_of_a_forum_around_a_title_go() {
    let above = format!("<h1><a>[转帖]</a> <span>{TITLE}</span> <a>[复制链接]</a></h1>");
    let report = report(&html(&format!("{TITLE} - 青湖论坛"), &above, ""));
    assert_eq!(report.document().page.title.as_deref(), Some(TITLE));
    assert_eq!(report.reading().text(), format!("{TITLE}\n{TEXT}"));
}

#[test]
fn lines_of_a_site_around_and_between_paragraphs_go() {
    let above = "<div><a>主页</a> | <a>学校简介</a> | <a>校务报告</a> | <a>联络我们</a></div>";
    assert_eq!(read(&html(TITLE, above, "")), TEXT);
    let by_line =
        "http://www.example.gov.cn/　发布日期：2018-1-5　来源：县教育局　作者：　阅读次数：152";
    let below =
        "<p>&lt;p style=&quot;text-indent:2em&quot;&gt;</p><p>打印时间：2019-3-1 10:11:12</p>";
    let report = report(&html(TITLE, &format!("<p>{by_line}</p>"), below));
    assert_eq!(report.reading().text(), TEXT);
    assert_eq!(report.meta.published.as_deref(), Some("2018-01-05"));
    let titled = format!("{TITLE}-青禾范文网");
    let page = html(&titled, "", "").replace("教育工作", "教育青禾范文网工作");
    assert_eq!(read(&page), TEXT);
}

#[test]
fn adverts_inside_paragraphs_go() {
    let page = format!(
        "{TITLE}\n2017年，狠抓各项措施落实，[莲山课件]取得了明显成效。\n一、造林。成活率达93%。更多总结尽在某某公文网www.gw.example\n\
         二、防火。签订责任状1860份。本篇文章来源于课件园 http://www.kj.example 原文链接\n思想汇报专题\n三、管理。采伐量386立方米。"
    );
    let whole = format!(
        "{TITLE}\n2017年，狠抓各项措施落实，取得了明显成效。\n一、造林。成活率达93%。\n二、防火。签订责任状1860份。\n三、管理。采伐量386立方米。"
    );
    assert_eq!(read(&page), whole);
}

#[test]
fn lines_of_a_page_wrapped_under_indents_are_joined() {
    let page = "大泉县文化馆2011年工作总结\n\n    2011年，县文化馆以贯彻落实党的十七届六中全会精神为主线，以\n满足人民群众精神文化需求为出发点和落脚点，积极开展群众文化活动，\n\
                圆满完成了全年的工作任务。\n    一、群众文化活动丰富多彩。全年组织大型文艺演出23场次，观众\n达8.6万人次；举办书画摄影展览7期，展出作品642件；送戏下乡54场\n，其中春节期间12场。\n\
                \u{20}   二、文艺创作成果丰硕。创作小品、歌舞等节目18个，其中小品《\n回家》获全省群众文艺汇演金奖，歌曲《泉水谣》获市“五个一工程”\n奖。\n";
    let expected = [
        "观众达8.6万人次",
        "以满足人民群众",
        "送戏下乡54场，其中",
        "小品《回家》",
        "工程”奖。",
    ];
    let in_html = format!("<html><body><p>大泉县</p><pre>{page}</pre></body></html>");
    let breaks = page
        .replace("    ", "&nbsp;&nbsp;&nbsp;&nbsp;")
        .replace('\n', "<br>\n");
    let with_breaks = format!("<html><body><div>{breaks}</div></body></html>");
    let full_width = page.replace("    ", "　　");
    for page in [page, &in_html, &with_breaks, &full_width] {
        let text = read(page);
        for words in expected {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(text.contains("\n二、文艺创作"), "{text}");
    }
}

#[test]
fn a_form_is_read_with_all_its_rows_and_its_heading() {
    let form = "<html><head><title>年度考核登记表</title></head><body><h2>新河县工作人员年度考核登记表</h2><p>（2020年度）</p>\
        <table border=1><tr><td>姓名</td><td>林芳</td><td>出生年月</td><td>1985.06</td></tr><tr><td>单位</td><td colspan=3>新河县城关小学</td></tr>\
        <tr><td>个人总结</td><td colspan=3><p>本学年我担任三年级语文教学兼班主任工作，认真履行职责。</p><p>一、师德方面。遵守教师职业道德规范，全年出满勤。</p></td></tr>\
        <tr><td>主管领导评语</td><td colspan=3>同意评为优秀等次。 2021年1月10日</td></tr></table></body></html>";
    let report = report(form);
    let text = report.reading().text();
    for words in [
        "新河县工作人员年度考核登记表",
        "林芳",
        "新河县城关小学",
        "全年出满勤",
        "优秀等次",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let title = report.document().page.title.as_deref();
    assert_eq!(title, Some("新河县工作人员年度考核登记表"));
    // A menu beside the text is none of it.
    let layout = format!(
        "<table><tr><td>栏目</td><td><a href=1>机构</a></td><td><a href=2>新闻</a></td></tr><tr><td>导航</td><td>{}</td></tr></table>",
        TEXT.lines()
            .map(|line| format!("<p>{line}</p>"))
            .collect::<String>()
    );
    assert_eq!(read(&layout), TEXT);
}

#[test]
fn the_title_above_the_container_stays() {
    for head in ["无标题文档", "青湖教育信息网--青湖县教育局2017年工作总结"]
    {
        let above = format!("<table><tr><td align=center>{TITLE}</td></tr></table>");
        let report = report(&html(head, &above, ""));
        assert_eq!(report.document().page.title.as_deref(), Some(TITLE));
        assert!(report.reading().text().starts_with(TITLE), "{head}");
    }
    let column = html("青湖教育信息网", "<h2>新闻中心栏目</h2>", "");
    assert_eq!(read(&column), TEXT);
}

#[test]
fn a_page_of_utf_8_read_as_latin_1_is_put_right() {
    let page = format!("{TITLE}\n{TEXT}");
    let misread: String = page.bytes().map(char::from).collect();
    assert_eq!(read(&misread), page);
}

#[test]
fn a_sign_for_lost_characters_is_no_mask() {
    // Two characters that lost bytes where UTF-8 was read as GBK.
    let sentence = "加强组织领导，健全保障机制，召开联席会议12次，开展专项督导检查，取得明显成效。";
    let (shown, _, _) = encoding_rs::GBK.decode(sentence.as_bytes());
    let page = format!("{TITLE}\n{TEXT}\n{shown}\n□□同志出席。");
    let report = report(&page);
    let masks = report
        .marks()
        .iter()
        .filter(|mark| mark.span.kind() == SpanKind::Mask);
    assert!(
        report.document().text().matches('□').count() > 2,
        "{}",
        report.document().text()
    );
    assert_eq!(masks.count(), 1);
}
