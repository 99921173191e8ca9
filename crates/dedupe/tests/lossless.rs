//! Every report of a corpus is rebuilt from the tables alone, to the letter.
#![allow(clippy::unwrap_used, reason = "a test reports and stops")]

mod corpus;

use std::collections::{BTreeMap, BTreeSet};

use corpus::{planted, score};
use proptest::prelude::*;
use taosha_core::{
    DocumentRow, DuplicateRow, Id, PassageEdit, PassageRow, PassageUseRow, Record, Row, rows,
};
use taosha_dedupe::{DedupeConfig, Keep, Passages};

/// The tables of a run.
#[derive(Default)]
struct Tables {
    documents: BTreeMap<Id, DocumentRow>,
    duplicates: BTreeMap<Id, DuplicateRow>,
    passages: BTreeMap<Id, PassageRow>,
    uses: BTreeMap<Id, Vec<PassageUseRow>>,
}

impl Tables {
    fn of(finished: &[Record]) -> Tables {
        let mut tables = Tables::default();
        for row in finished.iter().flat_map(|r| rows(r, "test").unwrap()) {
            match row {
                Row::Document(row) => {
                    assert!(tables.documents.insert(row.id, *row).is_none());
                }
                Row::Duplicate(row) => {
                    assert!(tables.duplicates.insert(row.document_id, row).is_none());
                }
                Row::Passage(row) => {
                    assert!(tables.passages.insert(row.id, row).is_none());
                }
                Row::PassageUse(row) => tables.uses.entry(row.document_id).or_default().push(row),
                _ => {}
            }
        }
        tables
    }

    /// What the report said, from its own text and passages, or from the report it is a copy of.
    fn text(&self, id: Id) -> String {
        let Some(document) = self.documents.get(&id) else {
            let duplicate = &self.duplicates[&id];
            let canonical = self.text(duplicate.canonical_id);
            return PassageEdit::apply_all(&canonical, &duplicate.edits).unwrap();
        };
        let mut own = document.own_text.chars();
        let (mut text, mut at) = (String::new(), 0);
        for one in self.uses.get(&id).into_iter().flatten() {
            text.extend(own.by_ref().take(one.start - at));
            let passage = &self.passages[&one.passage_id];
            text += &PassageEdit::apply_all(&passage.text, &one.edits).unwrap();
            at = one.end;
            assert_eq!(text.chars().count(), at);
        }
        text.extend(own);
        text
    }
}

fn check(n: usize, seed: u64, config: DedupeConfig) -> Tables {
    let corpus = planted::corpus(n, seed);
    let finished = score::run(&score::stage(config), score::records(&corpus));
    let tables = Tables::of(&finished);
    for (planted, record) in corpus.iter().zip(&finished) {
        assert_eq!(tables.text(record.id), planted.text.trim());
    }
    tables
}

#[test]
fn every_report_is_rebuilt_from_the_tables() {
    let tables = check(1000, 3, DedupeConfig::default());
    assert!(tables.passages.len() > 100 && tables.duplicates.len() > 200);
    let uses: usize = tables.uses.values().map(Vec::len).sum();
    assert!(uses > tables.passages.len());
    let superseded: BTreeSet<_> = tables.documents.keys().collect();
    let superseded = tables
        .duplicates
        .keys()
        .filter(|id| superseded.contains(id));
    assert!(superseded.count() > 0, "a document was superseded");
    for document in tables.documents.values() {
        assert_eq!(document.own_chars, document.own_text.chars().count());
    }
}

#[test]
fn a_document_that_was_superseded_is_rebuilt_from_the_fuller_one_too() {
    let tables = check(600, 5, DedupeConfig::default());
    for (id, duplicate) in &tables.duplicates {
        let Some(document) = tables.documents.get(id) else {
            continue;
        };
        let fuller = tables.text(duplicate.canonical_id);
        let rebuilt = PassageEdit::apply_all(&fuller, &duplicate.edits);
        assert_eq!(rebuilt.as_ref(), Some(&document.text));
    }
}

#[test]
fn switches_of_passages_and_keep_do_what_they_say() {
    let of = |passages, min_reports, keep| {
        let config = DedupeConfig {
            passages,
            min_reports,
            keep,
            ..DedupeConfig::default()
        };
        check(600, 5, config)
    };
    let off = of(Passages::Off, 2, Keep::First);
    assert!(off.passages.is_empty() && off.uses.is_empty());
    let is_in_both = |id: &&Id| off.documents.contains_key(*id);
    assert_eq!(off.duplicates.keys().filter(is_in_both).count(), 0);

    let exact = of(Passages::Exact, 2, Keep::Best);
    let mut uses = exact.uses.values().flatten();
    assert!(uses.all(|one| one.similarity == 1.0));

    let near = of(Passages::Near, 2, Keep::Best);
    let mut uses = near.uses.values().flatten();
    assert!(uses.any(|one| one.similarity < 1.0));
    let set_phrases = of(Passages::Near, 5, Keep::Best);
    let n_passages = [&exact, &near, &set_phrases].map(|tables| tables.passages.len());
    assert!(n_passages[0] < n_passages[1] && n_passages[2] * 4 < n_passages[1]);
    assert!(n_passages[2] > 0, "{n_passages:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn reports_of_any_seed_are_rebuilt(seed in any::<u64>(), n in 20..120usize) {
        check(n, seed, DedupeConfig::default());
    }

    /// Lines that come again in any order, with any signs between.
    #[test]
    fn texts_of_repeated_lines_are_rebuilt(
        reports in prop::collection::vec(prop::collection::vec((0..5usize, "[ 。”！1x\n]{0,3}"), 1..6), 1..6)
    ) {
        let lines = [
            "全县干部职工认真学习贯彻会议精神，新建校舍12所，各项工作再上新台阶",
            "“坚持把安全放在首位！”每月开展隐患排查，整改问题95处，没有发生责任事故。",
            "積極開展結對幫扶活動，(三)進一步健全長效機制，投入2.8萬元，群眾普遍滿意",
            "□□县20xx年财政收入增长9.8%，居民人均可支配收入增长××元，城乡面貌焕然一新",
            "短",
        ];
        let text = |parts: &Vec<(usize, String)>| -> String {
            parts.iter().map(|(line, signs)| format!("{}{signs}", lines[*line])).collect()
        };
        let texts: Vec<String> = reports.iter().map(text).collect();
        let records = texts.iter().enumerate();
        let records = records.map(|(n, text)| Record::from_text(&format!("memory:{n}"), text));
        let finished = score::run(&score::stage(DedupeConfig::default()), records.collect());
        let tables = Tables::of(&finished);
        for (text, record) in texts.iter().zip(&finished) {
            prop_assert_eq!(tables.text(record.id), text.trim());
        }
    }
}
