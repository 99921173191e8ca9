//! What the order of the input may and may not decide.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

use serde_json::Value;
use taosha_core::{
    MemoryState, Output, PassageEdit, Record, Relation, Settings, StatefulStage, StatefulStageType,
};
use taosha_dedupe::{Dedupe, DedupeConfig, Keep};

const TEXT: &str = "云岭县卫生局2016年工作总结。全年接诊病人38214人次,下乡巡诊126次,建立健康档案9473份。\
    新购救护车3辆,改建乡镇卫生院11所,培训村医257人。免疫接种率达到98.4%,没有发生责任事故。\
    群众反映看病比从前方便,但偏远村组仍然缺医少药,设备老化的状况也没有根本改变。\
    明年要把巡诊制度坚持下去,争取再添置两台彩超,让老人不出村就能查体。\
    全科医生轮流下乡,慢性病随访登记造册,急救演练纳入考核;药品采购公开比价,处方点评按月通报,\
    医患纠纷调解室常年有人值守,志愿者为住院老人读报理发。";

/// What came out for each text: what it collapsed into, and the last step of its trail.
fn run(texts: &[&str]) -> (Vec<(Option<usize>, Value)>, usize) {
    run_with(DedupeConfig::default(), texts)
}

fn run_with(config: DedupeConfig, texts: &[&str]) -> (Vec<(Option<usize>, Value)>, usize) {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let stage = Dedupe::build(config, &settings).unwrap();
    let (mut state, mut out) = (MemoryState::default(), Output::new());
    let records: Vec<Record> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| Record::from_text(&format!("memory:{n}"), text))
        .collect();
    let ids: Vec<_> = records.iter().map(|record| record.id).collect();
    for record in records {
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, drops) = out.into_parts();
    let outcome = |emission: taosha_core::Emission| {
        let step = emission.record.trail.steps().last().unwrap().clone();
        let into = emission.record.collapse.as_ref();
        let into = into.map(|c| ids.iter().position(|id| *id == c.canonical_id).unwrap());
        (into, serde_json::to_value(&step.fields).unwrap())
    };
    (emissions.into_iter().map(outcome).collect(), drops.len())
}

#[test]
fn the_full_report_stays_after_its_fragment_and_takes_later_copies() {
    let fragment: String = TEXT.chars().take(140).collect();
    let texts = [&fragment, TEXT, &TEXT.replace("257", "xx"), &fragment];
    let (outcomes, _) = run(&texts);
    let into = |outcomes: &[(Option<usize>, Value)]| -> Vec<Option<usize>> {
        outcomes.iter().map(|(into, _)| *into).collect()
    };
    assert_eq!(into(&outcomes), [None, None, Some(1), Some(1)]);
    assert_eq!(outcomes[1].1["supersedes"].as_array().unwrap().len(), 1);

    let config = DedupeConfig {
        keep: Keep::First,
        ..DedupeConfig::default()
    };
    let (outcomes, _) = run_with(config, &texts);
    assert_eq!(into(&outcomes), [None, None, Some(1), Some(0)]);
    assert_eq!(outcomes[1].1.get("supersedes"), None);
    assert_eq!(outcomes[1].1["reason"], "says_more");
    assert!(outcomes[1].1["more_than"]["id"].is_string());
}

#[test]
fn a_page_of_many_reports_does_not_stand_for_one_of_them() {
    let other = |n: usize| {
        let turn = |c: char| char::from_u32(c as u32 + 7 * n as u32).unwrap_or(c);
        TEXT.chars().map(turn).collect::<String>()
    };
    let whole = format!("{TEXT}\n{}", (1..5).map(other).collect::<String>());
    let (outcomes, _) = run(&[TEXT, &whole]);
    assert_eq!(outcomes[1].0, None);
    assert_eq!(outcomes[1].1.get("supersedes"), None);
    let (outcomes, _) = run(&[TEXT, &format!("{TEXT}\n{}", other(1))]);
    assert_eq!(outcomes[1].1["supersedes"].as_array().unwrap().len(), 1);
}

#[test]
fn the_clean_report_stays_after_its_masked_copy() {
    let masked = TEXT
        .replace("云岭", "XX")
        .replace("2016", "20xx")
        .replace("9473", "xxxx");
    let (outcomes, _) = run(&[&masked, TEXT]);
    assert_eq!(
        (outcomes[1].0, &outcomes[1].1["reason"]),
        (None, &"says_more".into())
    );
    assert_eq!(run(&[TEXT, &masked]).0[1].0, Some(0));
}

#[test]
fn a_copy_that_shows_one_figure_more_supersedes_the_masked_one() {
    let masked = TEXT.replace("9473", "xxxx");
    let (outcomes, _) = run(&[&masked, TEXT, &masked]);
    assert_eq!(outcomes[1].0, None);
    assert!(outcomes[1].1["supersedes"].is_array(), "{}", outcomes[1].1);
    assert_eq!(outcomes[2].0, Some(1));
    // Each of these shows what the other one hides: the first stays.
    let other = TEXT.replace("257", "xx");
    assert_eq!(run(&[&masked, &other]).0[1].0, Some(0));
}

#[test]
fn a_copy_with_its_signs_supersedes_one_that_lost_them() {
    let bare = TEXT.replace([',', '。', ';', '、'], " ");
    let (outcomes, _) = run(&[&bare, TEXT, &bare]);
    assert_eq!(outcomes[1].0, None);
    assert_eq!(outcomes[1].1["preferred"], "signs");
    assert_eq!(outcomes[2].0, Some(1));
    assert_eq!(run(&[TEXT, &bare]).0[1].0, Some(0));
    let first = DedupeConfig {
        keep: Keep::First,
        ..DedupeConfig::default()
    };
    assert_eq!(run_with(first, &[&bare, TEXT]).0[1].0, Some(0));
}

#[test]
fn the_last_version_supersedes_its_draft() {
    let draft = format!("云岭县卫生局工作总结（征求意见稿）\n{TEXT}");
    let last = draft.replace("（征求意见稿）", "");
    let (outcomes, _) = run(&[&draft, &last, &draft]);
    assert_eq!(outcomes[1].0, None);
    assert!(outcomes[1].1["supersedes"].is_array(), "{}", outcomes[1].1);
    assert_eq!(outcomes[2].0, Some(1));
    let corrected = last.replace("257", "259");
    assert_eq!(run(&[&draft, &corrected]).0[1].0, None);
}

#[test]
fn a_masked_copy_that_fits_two_siblings_says_so() {
    let other = TEXT.replace("云岭", "青禾");
    let masked = TEXT.replace("云岭", "XX");
    let (outcomes, _) = run(&[TEXT, &other, &masked]);
    assert_eq!((outcomes[1].0, outcomes[2].0), (None, Some(0)));
    assert_eq!(outcomes[2].1["fits_as_well"].as_array().unwrap().len(), 1);
    // One of the two agrees in a figure the other does not have.
    let nearer = TEXT.replace("云岭", "青禾").replace("257", "2xx");
    let (outcomes, _) = run(&[
        TEXT,
        &other.replace("257", "311"),
        &nearer.replace("青禾", "XX"),
    ]);
    assert_eq!(outcomes[2].1.get("fits_as_well"), None);
}

#[test]
fn the_same_record_twice_is_dropped_and_not_its_own_copy() {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let stage = Dedupe::build(Default::default(), &settings).unwrap();
    let (mut state, mut out) = (MemoryState::default(), Output::new());
    for (uri, text) in [
        ("a", TEXT),
        ("a", TEXT),
        ("b", TEXT),
        ("b", TEXT),
        ("c", "。"),
        ("c", "。"),
    ] {
        let record = Record::from_text(uri, text);
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, drops) = out.into_parts();
    let n_copies = emissions
        .iter()
        .filter(|e| e.record.collapse.is_some())
        .count();
    assert_eq!((emissions.len(), n_copies, drops.len()), (3, 1, 3));
    assert!(drops.iter().all(|drop| drop.reason == "repeated"));
}

/// What came out for each text at its address, with `gov.cn` and then `edu.cn` preferred.
fn run_at(pages: &[(&str, &str)]) -> Vec<Record> {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    let config = DedupeConfig {
        prefer: ["gov.cn", "edu.cn"].map(str::to_owned).into(),
        ..DedupeConfig::default()
    };
    let stage = Dedupe::build(config, &settings).unwrap();
    let (mut state, mut out) = (MemoryState::default(), Output::new());
    for (uri, text) in pages {
        let record = Record::from_text(uri, text);
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, _) = out.into_parts();
    emissions.into_iter().map(|e| e.record).collect()
}

const OTHER: &str = "https://forum.example/";
const EDU: &str = "https://www.yunling.edu.cn/";
const GOV: &str = "https://www.yunling.gov.cn/";

/// That the later of two copies stands for the earlier one, which it can rebuild.
fn assert_supersedes(later: &Record, earlier: &Record, relation: Relation) {
    assert!(later.collapse.is_none());
    let report = later.report().unwrap();
    let [old] = &report.supersedes[..] else {
        panic!("{:?}", later.trail.steps().last());
    };
    assert_eq!((old.document_id, old.relation), (earlier.id, relation));
    assert_eq!(old.uri, earlier.origin.uri);
    let rebuilt = PassageEdit::apply_all(report.reading().text(), &old.edits);
    let text = earlier.report().unwrap().reading().text();
    assert_eq!(rebuilt.as_deref(), Some(text));
}

#[test]
fn an_equal_copy_from_a_better_host_supersedes_and_takes_later_copies() {
    let copy = TEXT.replace("根本改变", "根本改观");
    let traditional = TEXT.replace('县', "縣");
    for (text, relation) in [(&copy, Relation::Near), (&traditional, Relation::Exact)] {
        let finished = run_at(&[
            (OTHER, TEXT),
            (EDU, text),
            (GOV, TEXT),
            (OTHER, &copy),
            ("pages/www.gov.cn/a.html", TEXT),
        ]);
        assert_supersedes(&finished[1], &finished[0], relation);
        assert_supersedes(&finished[2], &finished[1], relation);
        for copy in &finished[3..] {
            let collapse = copy.collapse.as_ref().unwrap();
            assert_eq!(collapse.canonical_id, finished[2].id);
        }
        let fields = &finished[2].trail.steps().last().unwrap().fields;
        assert_eq!(serde_json::to_value(fields).unwrap()["preferred"], "gov.cn");
        // The words of the report it stands for are its own.
        assert!(finished[2].report().unwrap().passage_uses.is_empty());
    }
}

#[test]
fn a_short_report_from_a_better_host_takes_later_exact_copies() {
    let text = "青禾县今日开学。";
    let finished = run_at(&[(OTHER, text), (GOV, text), (EDU, text)]);
    assert_supersedes(&finished[1], &finished[0], Relation::Exact);
    let collapse = finished[2].collapse.as_ref().unwrap();
    assert_eq!(collapse.canonical_id, finished[1].id);
}

#[test]
fn a_copy_from_a_better_host_that_says_or_shows_less_is_a_copy() {
    let part: String = TEXT.chars().take(180).collect();
    let masked = TEXT.replace("9473", "xxxx");
    let without = TEXT.replace(
        "全科医生轮流下乡,慢性病随访登记造册,急救演练纳入考核;药品采购公开比价,处方点评按月通报,",
        "",
    );
    for text in [&part, &masked, &without] {
        let finished = run_at(&[(OTHER, TEXT), (GOV, text)]);
        let collapse = finished[1].collapse.as_ref();
        assert_eq!(
            collapse.map(|c| c.canonical_id),
            Some(finished[0].id),
            "{text}"
        );
    }
    // What shows more comes before the host.
    let finished = run_at(&[(GOV, &masked), (OTHER, TEXT), (EDU, &masked)]);
    assert_supersedes(&finished[1], &finished[0], Relation::Near);
    assert_eq!(
        finished[2].collapse.as_ref().unwrap().canonical_id,
        finished[1].id
    );
}
