//! What holds for every text, however broken.

use proptest::prelude::*;
use taosha_core::{Fact, Output, Record, Settings, Stage, StageType};
use taosha_extract::{Extract, ExtractConfig, amounts, days, numbers, percents};

fn extract() -> Extract {
    let settings = Settings {
        id: "extract".into(),
        base: ".".into(),
        run: "0".into(),
        scratch: None,
    };
    let config = ExtractConfig::default();
    Extract::build(config, &settings).expect("the default config is legal")
}

fn facts(text: &str) -> Vec<Fact> {
    let extract = extract();
    let mut out = Output::new();
    let record = Record::from_text("memory:case", text);
    extract
        .process(record, &mut out)
        .expect("a report is taken");
    let report = out.emissions()[0]
        .record
        .report()
        .expect("a report is given");
    report.facts.clone()
}

/// Pieces that rules look for, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "1",
        "2",
        "5",
        "0",
        "19",
        "2018",
        "12,500",
        ".",
        ",",
        "、",
        "-",
        "—",
        ":",
        "x",
        "X",
        "xxxx",
        "*",
        "□",
        "\u{fffd}",
        "?",
        "％",
        "%",
        "百分之",
        "个百分点",
        "万",
        "亿",
        "十",
        "三",
        "两",
        "廿",
        "〇",
        "第",
        "前",
        "年",
        "月",
        "日",
        "号",
        "名",
        "所",
        "人次",
        "元",
        "/生",
        "平方米",
        "分别为",
        "分之",
        "又",
        "点",
        "成",
        "折",
        "半",
        "打",
        "兆",
        "美元",
        "¥",
        "块",
        "初",
        "上个",
        "星期",
        "天",
        "\t",
        "/",
        "^",
        "负",
        "比",
        "由",
        "增加",
        "到",
        "达",
        "近",
        "多",
        "不少于",
        "以上",
        "《",
        "》",
        "“",
        "”",
        "(",
        ")",
        "〔",
        "〕",
        "[",
        "]",
        "率",
        "获",
        "一等奖",
        "小学",
        "青禾县",
        "投入",
        "。",
        "\n",
        " ",
        "\u{3000}",
        "中",
        "級",
        "e\u{301}",
        "😀",
        "A",
        "km",
        "http://",
        "@",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) {
    let found = facts(text);
    for fact in &found {
        assert!(text.get(fact.evidence.range()).is_some(), "{fact:?}");
        assert!(
            !(fact.masked || fact.damaged) || fact.value.is_none(),
            "{fact:?}"
        );
        assert!(
            fact.value.is_none() || fact.value.is_some_and(f64::is_finite),
            "{fact:?}"
        );
        assert!(
            fact.base_fact.is_none_or(|base| base < found.len()),
            "{fact:?}"
        );
        assert!(!fact.value_text.is_empty(), "{fact:?}");
    }
    assert_eq!(found, facts(text));
    let explained = extract().explain(text);
    let n_explained = explained.iter().filter(|e| e.fact.is_some()).count();
    assert_eq!(n_explained, found.len(), "{text:?}");
    check_reading(text);
}

/// What the reading functions find lies in the text, one behind the other.
fn check_reading(text: &str) {
    let in_order = |ranges: Vec<std::ops::Range<usize>>| {
        let mut at = 0;
        for range in ranges {
            assert!(range.start >= at && !range.is_empty(), "{text:?} {range:?}");
            assert!(text.get(range.clone()).is_some(), "{text:?} {range:?}");
            at = range.end;
        }
    };
    for quantities in [numbers(text), percents(text), amounts(text)] {
        assert!(
            quantities.iter().all(|quantity| quantity.value.is_finite()),
            "{text:?}"
        );
        in_order(
            quantities
                .into_iter()
                .map(|quantity| quantity.range)
                .collect(),
        );
    }
    in_order(days(text).into_iter().map(|day| day.range).collect());
}

proptest! {
    #[test]
    fn soup_of_what_rules_look_for_is_survived(text in soup()) {
        check(&text);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        check(&text);
    }
}

/// A step that looks back at all it has seen would take hours here, so this needs no clock.
const LONG: usize = 1_000_000;

#[test]
fn long_lines_of_anything_come_to_an_end() {
    for piece in [
        "新建小学3所,投入近360万元,学校的工作有了新的进展,",
        "x",
        "1",
        "《",
        "〔",
        "第",
        "三",
        "(",
        "獲",
        "1,",
        "比5人",
        "“",
        "1-",
        "20xx",
    ] {
        let text = piece.repeat(LONG / piece.len());
        facts(&text);
        check_reading(&text);
    }
}
