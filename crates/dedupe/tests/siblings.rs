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
