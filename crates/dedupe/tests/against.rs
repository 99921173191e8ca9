//! Reports of another corpus as originals.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

use serde_json::Value;
use taosha_core::{
    ErrorKind, MemoryState, Output, PassageEdit, Record, Relation, Result, Settings, State,
    StatefulStage, StatefulStageType,
};
use taosha_dedupe::{Dedupe, DedupeConfig};

const TEXT: &str = "云岭县卫生局2016年工作总结。全年接诊病人38214人次,下乡巡诊126次,建立健康档案9473份。\
    新购救护车3辆,改建乡镇卫生院11所,培训村医257人。免疫接种率达到98.4%,没有发生责任事故。\
    群众反映看病比从前方便,但偏远村组仍然缺医少药,设备老化的状况也没有根本改变。\
    明年要把巡诊制度坚持下去,争取再添置两台彩超,让老人不出村就能查体。\
    全科医生轮流下乡,慢性病随访登记造册,急救演练纳入考核;药品采购公开比价,处方点评按月通报,\
    医患纠纷调解室常年有人值守,志愿者为住院老人读报理发。";

/// A state with others beside it, as the engine hands it over.
struct Beside<'a> {
    own: &'a mut MemoryState,
    others: &'a [&'a MemoryState],
}

impl State for Beside<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.own.get(key)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.own.put(key, value)
    }

    fn scan(&self, prefix: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) -> Result<()> {
        self.own.scan(prefix, each)
    }

    fn other(&self, index: usize) -> Option<&dyn State> {
        self.others.get(index).map(|&other| other as &dyn State)
    }
}

fn stage(against: &[&str]) -> Dedupe {
    let settings = Settings {
        id: "dedupe".into(),
        base: "/project".into(),
        run: "test".into(),
        scratch: None,
    };
    let config = DedupeConfig {
        against: against.iter().map(|&folder| folder.to_owned()).collect(),
        prefer: vec!["gov.cn".to_owned()],
        ..DedupeConfig::default()
    };
    Dedupe::build(config, &settings).unwrap()
}

fn run(own: &mut MemoryState, others: &[&MemoryState], pages: &[(&str, &str)]) -> Vec<Record> {
    let stage = stage(&["old/state", "older/state"]);
    let mut state = Beside { own, others };
    let mut out = Output::new();
    for (uri, text) in pages {
        let record = Record::from_text(uri, text);
        let prepared = stage.prepare(&record).unwrap();
        stage
            .settle(record, prepared, &mut state, &mut out)
            .unwrap();
    }
    let (emissions, drops) = out.into_parts();
    assert!(drops.is_empty());
    emissions.into_iter().map(|e| e.record).collect()
}

fn fields(record: &Record) -> Value {
    serde_json::to_value(&record.trail.steps().last().unwrap().fields).unwrap()
}

#[test]
fn copies_of_reports_of_another_corpus_collapse_into_those() {
    let (mut old, mut older, mut own) = Default::default();
    let originals = run(&mut old, &[], &[("old:a", TEXT)]);
    let others = run(&mut older, &[], &[("older:a", "青禾县今日开学。")]);
    let masked = TEXT.replace("9473", "xxxx");
    let part: String = TEXT.chars().take(180).collect();
    let before = (format!("{old:?}"), format!("{older:?}"));
    let pages = [
        ("new:exact", TEXT),
        ("https://new.gov.cn/exact", TEXT),
        ("new:near", &masked),
        ("new:part", &part),
        ("new:short", "青禾縣今日開學"),
        ("old:a", TEXT),
        ("new:own", "云岭县今日开渔。"),
        ("new:own copy", "云岭县今日开渔"),
    ];
    let finished = run(&mut own, &[&old, &older], &pages);
    for (record, relation) in finished.iter().zip([
        Relation::Exact,
        // Preferred or not: another corpus is never superseded.
        Relation::Exact,
        Relation::Near,
        Relation::Contained,
    ]) {
        let collapse = record.collapse.as_ref().unwrap();
        assert_eq!(
            (collapse.canonical_id, collapse.relation),
            (originals[0].id, relation)
        );
        let text = record.report().unwrap().reading().text();
        let rebuilt = PassageEdit::apply_all(TEXT, &collapse.edits);
        assert_eq!(rebuilt.as_deref(), Some(text));
        assert_eq!(fields(record)["against"], "old/state");
    }
    let short = finished[4].collapse.as_ref().unwrap();
    assert_eq!(short.canonical_id, others[0].id);
    assert_eq!(fields(&finished[4])["against"], "older/state");
    // The same page in both is no news: its copy has its own id.
    let same = finished[5].collapse.as_ref().unwrap();
    assert_eq!(
        (same.canonical_id, finished[5].id),
        (originals[0].id, originals[0].id)
    );
    // Own reports have own originals.
    assert!(finished[6].collapse.is_none());
    let own_copy = finished[7].collapse.as_ref().unwrap();
    assert_eq!(own_copy.canonical_id, finished[6].id);
    assert_eq!(fields(&finished[7]).get("against"), None);
    assert_eq!(before, (format!("{old:?}"), format!("{older:?}")));
}

#[test]
fn what_says_more_than_another_corpus_stays_and_supersedes_nothing_there() {
    let (mut old, mut own) = Default::default();
    let fragment: String = TEXT.chars().take(140).collect();
    let fragments = run(&mut old, &[], &[("old:fragment", &fragment)]);
    let pages = [("new:full", TEXT), ("new:part", &*fragment)];
    let finished = run(&mut own, &[&old], &pages);
    let full = &finished[0];
    assert!(full.collapse.is_none());
    assert!(full.report().unwrap().supersedes.is_empty());
    assert_eq!(fields(full)["more_than"]["against"], "old/state");
    // Passages are looked for in the own state only.
    assert!(full.report().unwrap().passage_uses.is_empty());
    let exact = finished[1].collapse.as_ref().unwrap();
    assert_eq!(exact.canonical_id, fragments[0].id);
}

#[test]
fn folders_are_relative_to_the_file_and_what_is_no_dedupe_is_refused() {
    let dedupe = stage(&["old/state", "/elsewhere"]);
    let reads = StatefulStage::reads(&dedupe);
    assert_eq!(
        reads,
        ["/project/old/state", "/elsewhere"].map(std::path::PathBuf::from)
    );

    let mut own = MemoryState::default();
    run(&mut own, &[], &[("a", TEXT)]);
    StatefulStage::check_other(&dedupe, &own).unwrap();
    let mut foreign = own.clone();
    foreign.put(b"n", &[1, 0, 0, 0, 0]).unwrap();
    let mut other = MemoryState::default();
    other.put(b"count", b"7").unwrap();
    for (state, what) in [(foreign, "its layout is 1"), (other, "no `dedupe`")] {
        let error = StatefulStage::check_other(&dedupe, &state).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn the_same_folder_twice_is_refused() {
    let config = |against: &[&str]| DedupeConfig {
        against: against.iter().map(|&folder| folder.to_owned()).collect(),
        ..DedupeConfig::default()
    };
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    for list in [&["a", "a"][..], &[""]] {
        let error = Dedupe::build(config(list), &settings).err().unwrap();
        assert_eq!(error.code(), "dedupe.against");
    }
}
