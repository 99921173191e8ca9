//! Reports of other kinds than those the rules were written for, whole, with the outline that a
//! reader sees: `level number title`, and the closing lines.

use taosha_core::{Output, Record, Role, Settings, SpanKind, Stage, StageType};
use taosha_segment::{ChunkBy, ChunkConfig, Segment, SegmentConfig};

fn segmented(text: &str, chunk: Option<ChunkConfig>) -> Vec<Record> {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let config = SegmentConfig {
        chunk,
        ..SegmentConfig::default()
    };
    let segment = Segment::build(config, &settings).expect("the configuration builds");
    let mut out = Output::new();
    segment
        .process(Record::from_text("memory:page", text), &mut out)
        .expect("a page is segmented");
    let (emissions, _) = out.into_parts();
    emissions.into_iter().map(|e| e.record).collect()
}

/// The outline of the one report on the page, and the rules of its parts.
fn shown(text: &str) -> (Vec<String>, Vec<String>) {
    let records = segmented(text, None);
    assert_eq!(records.len(), 1, "one report");
    let report = records[0].report().expect("a report");
    let sections = report.sections.iter().filter(|section| section.level > 0);
    let outline = sections.map(|section| {
        let number = section.number.as_deref().unwrap_or("-");
        let title = section.title.as_deref().unwrap_or("-");
        format!("{} {number} {title}", section.level)
    });
    let parts = report
        .marks()
        .iter()
        .filter(|mark| mark.span.kind() == SpanKind::Part);
    (
        outline.collect(),
        parts.map(|mark| mark.rule.to_string()).collect(),
    )
}

const DISCLOSURE: &str = "望川县水利局2021年政府信息公开工作年度报告\n\
本报告根据《中华人民共和国政府信息公开条例》第五十条的规定编制。全文包括总体情况、主动公开政府信息情况等六个部分。\n\
一、总体情况\n\
(一)主动公开情况。2021年,我局通过门户网站公开信息126条。\n\
(二)依申请公开情况。全年收到申请3件,均按期答复。\n\
二、主动公开政府信息情况\n\
第二十条第(一)项\n信息内容\t本年制发件数\t本年废止件数\t现行有效件数\n规章\t0\t0\t0\n行政规范性文件\t2\t0\t5\n\
第二十条第(五)项\n信息内容\t本年处理决定数量\n行政许可\t34\n\
三、收到和处理政府信息公开申请情况\n\
本列数据的勾稽关系\t自然人\t法人\t总计\n一、本年新收政府信息公开申请数量\t2\t1\t3\n二、上年结转政府信息公开申请数量\t0\t0\t0\n三、本年度办理结果\t(一)予以公开\t2\t1\t3\n\
四、因政府信息公开工作被申请行政复议、提起行政诉讼情况\n无。\n\
五、存在的主要问题及改进情况\n\
一是公开不够及时;二是内容不够全面。下一步,我局将加强培训。\n\
六、其他需要报告的事项\n\
本年度未收取信息处理费。\n\n望川县水利局\n2022年1月18日\n";

#[test]
fn an_annual_disclosure_report_with_its_tables() {
    let (outline, parts) = shown(DISCLOSURE);
    let expected = [
        "1 一 总体情况",
        "2 一 主动公开情况",
        "2 二 依申请公开情况",
        "1 二 主动公开政府信息情况",
        "1 三 收到和处理政府信息公开申请情况",
        "1 四 因政府信息公开工作被申请行政复议、提起行政诉讼情况",
        "1 五 存在的主要问题及改进情况",
        "1 六 其他需要报告的事项",
    ];
    assert_eq!(outline, expected);
    assert_eq!(parts, ["table", "table", "table", "signature", "signed_on"]);
}

#[test]
fn a_letter_of_a_union_with_copies_and_keywords() {
    let text = "沅塘市总工会关于2020年工作情况的报告\n市委:\n现将2020年工作情况报告如下,请审阅。\n\
        一、维权服务\n一是健全机制。成立调解室12个。\n二是帮扶困难职工。发放慰问金48万元。\n三是开展法律援助。接待来访326人次。\n\
        二、自身建设\n首先,抓学习。全年集中学习24次。\n其次,抓作风。查摆问题9个。\n最后,抓队伍。新聘社会化工会工作者6名。\n\
        三、2021年打算\n1.深化产改;\n2.推进工会进万家;\n3.加强新就业形态劳动者建会。\n\
        附件:1.2020年经费收支表\n2.困难职工名单\n沅塘市总工会\n2020年12月20日\n主题词:工会 总结 报告\n抄送:省总工会,市人大、市政府、市政协办公室\n";
    let (outline, parts) = shown(text);
    let expected = [
        "1 一 维权服务",
        "2 一 健全机制",
        "2 二 帮扶困难职工",
        "2 三 开展法律援助",
        "1 二 自身建设",
        "2 首先 抓学习",
        "2 其次 抓作风",
        "2 最后 抓队伍",
        "1 三 2021年打算",
        "3 1 深化产改",
        "3 2 推进工会进万家",
        "3 3 加强新就业形态劳动者建会",
    ];
    assert_eq!(outline, expected);
    assert_eq!(
        parts,
        [
            "attachment",
            "attachment",
            "signature",
            "signed_on",
            "keywords",
            "copied_to"
        ]
    );
}

#[test]
fn a_plan_in_decimal_numbers() {
    let text = "石门坎镇中心卫生院2022年工作总结\n1 基本情况\n本院现有职工86人。\n\
        1.门诊工作\n1.1 规范诊疗\n全年门诊4.32万人次。\n1.2 控制费用\n1.2.1 药占比\n药占比31.5%,比上年下降2.1个百分点。\n1.2.2 耗材\n耗材占比8.4%。\n\
        2.公共卫生\n2.1 健康档案\n建档2.6万份。\n2.2 预防接种\n1.5万剂次,无差错。\n";
    let (outline, _) = shown(text);
    let expected = [
        "3 1 门诊工作",
        "4 1.1 规范诊疗",
        "4 1.2 控制费用",
        "5 1.2.1 药占比",
        "5 1.2.2 耗材",
        "3 2 公共卫生",
        "4 2.1 健康档案",
        "4 2.2 预防接种",
    ];
    assert_eq!(outline, expected);
}

#[test]
fn a_report_under_boxes() {
    let text = "翠屏山区公安分局半年工作总结\n今年以来,分局紧盯目标。\n【打击犯罪】\n破案63起。其中,命案1起。\n1.侦办电诈案件。抓获41人。\n2.开展专项行动。收缴管制刀具17把。\n【服务群众】\n办理证件1.2万件。\n【队伍管理】\n一、二级警长全员轮训。\n";
    let (outline, _) = shown(text);
    let expected = [
        "1 - 打击犯罪",
        "3 1 侦办电诈案件",
        "3 2 开展专项行动",
        "1 - 服务群众",
        "1 - 队伍管理",
    ];
    assert_eq!(outline, expected);
}

#[test]
fn a_street_office_report_with_chapters_and_gaps() {
    let text = "柳桥街道办事处2019年工作总结和2020年工作安排\n第一部分 2019年工作总结\n一、经济发展\n(一)招商引资。落地项目7个。\n(三)企业服务。走访企业120家。\n二、城市管理\n(1)市容整治。拆除违建3、5处。\n(2)垃圾分类。覆盖小区28个,占四分之三。\n第二部分 2020年工作安排\n一、继续抓好招商\n力争到位资金5亿元。\n二、继续抓好民生\n1、养老。\n2、托幼。\n附:柳桥街道2019年主要指标完成表\n";
    let (outline, parts) = shown(text);
    let expected = [
        "1 一 2019年工作总结",
        "1 一 经济发展",
        "2 一 招商引资",
        "2 三 企业服务",
        "1 二 城市管理",
        "4 1 市容整治",
        "4 2 垃圾分类",
        "1 二 2020年工作安排",
        "1 一 继续抓好招商",
        "1 二 继续抓好民生",
        "3 1 养老",
        "3 2 托幼",
    ];
    assert_eq!(outline, expected);
    assert_eq!(parts, ["attachment"]);
}

#[test]
fn the_closing_lines_are_a_section_of_their_own() {
    let records = segmented(DISCLOSURE, None);
    let report = records[0].report().expect("a report");
    let last = report.sections.last().expect("a section");
    assert_eq!((last.level, last.role), (0, Some(Role::Closing)));
    let words = report.document().slice(last.span);
    assert!(words.trim_start().starts_with("望川县水利局"), "{words}");
}

#[test]
fn chunks_hold_whole_sentences_under_their_headings() {
    for (max_chars, overlap) in [(60, 0), (60, 30), (200, 50), (5, 0)] {
        for by in [ChunkBy::Section, ChunkBy::Report] {
            let config = ChunkConfig {
                max_chars,
                overlap,
                by,
            };
            let records = segmented(DISCLOSURE, Some(config));
            let report = records[0].report().expect("a report");
            let (starts, ends): (Vec<_>, Vec<_>) = report
                .sentences
                .iter()
                .map(|sentence| (sentence.start(), sentence.end()))
                .unzip();
            assert!(!report.chunks.is_empty());
            let mut reached = 0;
            for chunk in &report.chunks {
                assert!(starts.contains(&chunk.span.start()));
                assert!(ends.contains(&chunk.span.end()) && chunk.span.end() > reached);
                reached = chunk.span.end();
                let section = &report.sections[chunk.section.expect("a section")];
                assert!(section.span.start() <= chunk.span.start());
                assert!(by == ChunkBy::Report || section.span.contains(&chunk.span));
                let n_sentences = starts
                    .iter()
                    .filter(|&&at| chunk.span.range().contains(&at))
                    .count();
                let n_chars: usize = report.document().slice(chunk.span).chars().count();
                assert!(n_chars <= max_chars + n_sentences || n_sentences == 1);
            }
            assert_eq!(Some(&reached), ends.last());
        }
    }
}

#[test]
fn an_overlap_as_long_as_a_chunk_is_refused() {
    let settings = Settings {
        id: "segment".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let config = SegmentConfig {
        chunk: Some(ChunkConfig {
            max_chars: 100,
            overlap: 100,
            by: ChunkBy::Section,
        }),
        ..SegmentConfig::default()
    };
    let error = Segment::build(config, &settings).expect_err("it is refused");
    assert_eq!(error.option(), Some("chunk"));
}
