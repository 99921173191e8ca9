//! Reports of one template that differ in a month or in names stay; copies with slips do not.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

use taosha_core::{MemoryState, Output, Record, Settings, StatefulStage, StatefulStageType};
use taosha_dedupe::{Dedupe, DedupeConfig};

/// True when the second of two texts is collapsed into the first.
fn collapses(first: &str, second: &str) -> bool {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let stage = Dedupe::build(DedupeConfig::default(), &settings).unwrap();
    let (mut state, mut out) = (MemoryState::default(), Output::new());
    for (uri, text) in [("memory:1", first), ("memory:2", second)] {
        let record = Record::from_text(uri, text);
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, _) = out.into_parts();
    emissions[1].record.collapse.is_some()
}

/// `text` with each of the words replaced.
fn with(text: &str, words: &[(&str, &str)]) -> String {
    let replace = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    words.iter().fold(text.to_owned(), replace)
}

const BULLETIN: &str = "溪口县乡村道路改造工程进度通报\n\
    截至2017年4月底,全县道路改造工程进度通报如下。\n\
    全县计划改造乡村道路86条,总里程412公里,桥梁37座,涵洞158道,计划投资3.14亿元,其中上级补助1.82亿元,\
    县级自筹9600万元,群众投劳折资3600万元。按类别分,水泥路54条、沥青路21条、砂石路11条。\n\
    施工单位24家,监理单位12家,投入机械680台,民工2350人。本期完成路基213公里。\n\
    下一步,各乡镇要抢抓晴好天气,加快施工进度,确保质量和安全。";

#[test]
fn bulletins_of_two_months_stay_though_nearly_all_figures_are_of_the_plan() {
    for words in [
        &[("4月底", "5月底"), ("213公里", "258公里")][..],
        &[("2017年4月底", "2017年5月底")],
    ] {
        let later = with(BULLETIN, words);
        assert!(!collapses(BULLETIN, &later), "{words:?}");
    }
    for (one, other) in [
        ("1-4月份", "1-5月份"),
        ("一季度", "二季度"),
        ("上半年", "下半年"),
        ("截至4月10日", "截至4月20日"),
    ] {
        let [one, other] = [one, other].map(|time| with(BULLETIN, &[("截至2017年4月底", time)]));
        assert!(!collapses(&one, &other), "{other}");
    }
    let [one, other] = ["(第三期)", "(第四期)"]
        .map(|number| with(BULLETIN, &[("进度通报\n", &format!("进度通报{number}\n"))]));
    assert!(!collapses(&one, &other));
}

#[test]
fn a_date_of_publishing_and_a_lost_digit_make_no_other_month() {
    let bulletin = with(BULLETIN, &[("4月底", "11月底")]);
    assert!(collapses(
        &bulletin,
        &with(&bulletin, &[("11月底", "1月底")])
    ));
    let [one, other] = ["2017年5月3日", "2017年6月21日"].map(|date| format!("{BULLETIN}\n{date}"));
    assert!(collapses(&one, &other));
    let masked = with(BULLETIN, &[("4月底", "X月底")]);
    assert!(collapses(BULLETIN, &masked));
}

const DUTY_REPORT: &str = "述职述廉报告\n\
    一年来,本人在局党组的领导下,坚持学习,勤奋工作,较好地履行了岗位职责。现将履职情况报告如下。\n\
    一、坚持学习,提高素养。积极参加中心组学习和干部网络学院的课程,写下读书笔记,不断充实自己。\n\
    二、履行职责,扎实工作。坚持深入一线调查研究,倾听群众呼声,帮助基层解决困难,完成了组织交办的各项任务。\n\
    三、廉洁自律,接受监督。管好自己,管好家人,没有利用职务谋取私利,没有违规违纪的行为。\n\
    四、存在的不足。学习不够系统,创新意识不强,今后将努力改进,把工作做得更好。\n\
    述职人:余清河";

#[test]
fn reports_of_two_persons_stay() {
    let other = with(DUTY_REPORT, &[("余清河", "祝雪松")]);
    assert!(!collapses(DUTY_REPORT, &other));
    let titled = |who: &str| format!("县水利局{who}{}", DUTY_REPORT.replace("余清河", ""));
    assert!(!collapses(
        &titled("副局长余清河"),
        &titled("总工程师祝雪松")
    ));
    // What a site writes below a report tells of the site, and a slip is no other person.
    for (one, other) in [("余清河", "余青河"), ("述职人:余清河", "编辑:祝雪松")] {
        let other = with(DUTY_REPORT, &[(one, other)]);
        assert!(collapses(DUTY_REPORT, &other), "{other}");
    }
}

const SCHOOL: &str = "图书阅读工作总结\n\
    丹枫小学把阅读当作学生成长的大事来抓,营造书香校园,扎实开展各项活动,现总结如下。\n\
    一是健全组织。成立以邹文澜校长为组长的领导小组,制定方案,明确分工,把责任落实到班级。\n\
    二是丰富活动。利用晨会、班会、黑板报、校园广播宣传读书的好处,举办朗诵比赛、读书节、图书漂流,评选阅读之星。\n\
    三是完善设施。添置书柜,更新图书,开放阅览室,每班设立图书角,方便学生随时借阅,由学生自己管理登记。\n\
    四是家校共读。印发倡议书,请家长陪孩子读书,让好习惯走进家庭。";

#[test]
fn reports_of_two_schools_stay_under_one_title() {
    for words in [
        &[("丹枫小学", "白桦中学"), ("邹文澜", "祁星海")][..],
        &[("丹枫小学", "白桦中学")],
        &[("邹文澜", "祁星海")],
    ] {
        assert!(!collapses(SCHOOL, &with(SCHOOL, words)), "{words:?}");
    }
    for words in [("添置", "购置"), ("邹文澜", "邹文兰"), ("读书节", "阅读节")] {
        // A copy with a slip in the name of its title is refused; in the text one slip is not.
        let text = SCHOOL.replacen(
            "图书阅读工作总结",
            "青少年图书阅读活动情况的工作总结报告\n现报送",
            1,
        );
        let other = with(&text, &[words]);
        let is_copy = collapses(&text, &other);
        assert!(is_copy || words.0 == "丹枫", "{words:?}");
    }
}

#[test]
fn notices_of_two_offenders_stay() {
    let notice = "临波市教育局处理通报\n关于教师邵某违规行为的处理通报\n各学校:\n\
        近日,市教育局接到群众来信并查实,东坡中学教师邵某在校外办班收费补课。上述行为违反了教师职业行为准则,\
        造成不良影响。经局党组研究,决定给予其记过处分,取消当年评优评先资格,扣发奖励性绩效工资。\n\
        各学校要引以为戒,加强师德教育,严格管理,切实规范教师从教行为,杜绝类似事件再次发生。";
    let other = with(
        notice,
        &[
            ("邵某", "温某"),
            ("东坡中学", "西河小学"),
            ("在校外办班收费补课", "体罚学生"),
        ],
    );
    assert!(!collapses(notice, &other));
    let other = with(
        notice,
        &[
            ("东坡中学", "西河小学"),
            ("邵某在校外办班收费补课", "邵某体罚学生并收受家长的礼品"),
        ],
    );
    assert!(!collapses(notice, &other));
}

const WINNERS: &str = "关于表扬朗诵比赛优胜选手的通报\n各学校:\n\
    由各学校推荐,经评委现场打分,决定对在全市朗诵比赛中成绩突出的下列选手予以表扬。\n\
    一等奖:郎小舟、柏青、辛月明;二等奖:童远、单雨、费一凡、屠晓。\n\
    希望受到表扬的选手珍惜荣誉,继续努力,在新的学期取得更好的成绩,其他同学要以他们为榜样,热爱朗诵,多读好书。\n\
    各学校要以比赛为契机,办好读书活动,让更多的学生走上讲台,展示风采,增强自信,传承优秀文化。";

#[test]
fn notices_with_other_names_in_their_lists_stay() {
    let other = with(
        WINNERS,
        &[
            ("郎小舟、柏青、辛月明", "阮飞、穆晴、聂小冬"),
            ("童远、单雨、费一凡、屠晓", "项一鸣、冉冬、景阳、佟乐"),
        ],
    );
    assert!(!collapses(WINNERS, &other));
    assert!(!collapses(
        WINNERS,
        &with(
            WINNERS,
            &[("童远、单雨、费一凡、屠晓", "项一鸣、冉冬、景阳、佟乐")]
        )
    ));
    for words in [
        &[("柏青", "白青"), ("费一凡", "费一帆")][..],
        &[("郎小舟、柏青、辛月明", "辛月明、郎小舟、柏青")],
        &[("郎小舟、柏青、辛月明", "郎某、柏某、辛某")],
        &[("、", ",")],
    ] {
        assert!(collapses(WINNERS, &with(WINNERS, words)), "{words:?}");
    }
}
