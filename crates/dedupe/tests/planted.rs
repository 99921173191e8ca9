//! Precision and recall on a planted corpus; `cargo bench -p taosha-dedupe` runs the large one.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test reports and stops"
)]

mod corpus;

use corpus::planted::{self, Damage};
use corpus::score::{self, Score};
use taosha_core::{ErrorKind, Relation, Settings, StatefulStageType};
use taosha_dedupe::{Dedupe, DedupeConfig};

/// Reports of a corpus; a debug build takes some seconds for it.
const REPORTS: usize = 1500;

fn scored(config: DedupeConfig) -> std::collections::BTreeMap<&'static str, Score> {
    let corpus = planted::corpus(REPORTS, 11);
    let stage = score::stage(config);
    let finished = score::run(&stage, score::records(&corpus));
    let outcomes = score::outcomes(&corpus, &finished);
    score::scores(&corpus, &outcomes)
}

#[test]
fn copies_of_every_damage_are_found_and_siblings_stay() {
    let scores = scored(DedupeConfig::default());
    for damage in Damage::ALL {
        let score = &scores[damage.name()];
        assert!(
            score.fair_recall() >= 0.95,
            "{}: recall {}",
            damage.name(),
            score.fair_recall()
        );
    }
    for (group, least) in [("all", 0.95), ("core", 0.97)] {
        let f1 = scores[group].pairs.f1();
        assert!(f1 >= least, "{group}: F1 {f1}");
    }
    let parts = ["truncated", planted::IN_COMPILATION].map(|class| scores[class]);
    let n: usize = parts.iter().map(|score| score.n).sum();
    let contained: usize = parts.iter().map(|score| score.contained).sum();
    assert!(contained * 10 >= n * 9, "{contained} of {n} parts");
    for (_, class) in planted::FULL_LATER {
        let score = &scores[class];
        assert!(
            score.swallowed * 20 <= score.n,
            "{class}: {} swallowed",
            score.swallowed
        );
    }
    for sibling in planted::SIBLINGS.iter().chain(&["original"]) {
        let score = &scores[sibling];
        assert!(
            score.swallowed * 200 <= score.n,
            "{sibling}: {} swallowed",
            score.swallowed
        );
    }
}

#[test]
fn each_switch_does_what_it_says() {
    let off = DedupeConfig {
        exact: false,
        near: false,
        contained: false,
        ..DedupeConfig::default()
    };
    let exact = scored(DedupeConfig {
        exact: true,
        ..off.clone()
    });
    assert_eq!(
        (exact["traditional"].recall(), exact["masks"].recall()),
        (1.0, 0.0)
    );
    let near = scored(DedupeConfig {
        near: true,
        ..off.clone()
    });
    assert_eq!(
        (near["verbatim"].recall(), near["truncated"].recall() < 0.4),
        (1.0, true)
    );
    let contained = scored(DedupeConfig {
        contained: true,
        ..off
    });
    assert!(contained["truncated"].recall() > 0.95 && contained["masks"].recall() == 0.0);
}

#[test]
fn a_higher_similarity_keeps_more() {
    let strict = scored(DedupeConfig {
        similarity: 0.95,
        contained: false,
        ..DedupeConfig::default()
    });
    assert!(strict["dropped paragraphs"].recall() < 0.2);
    assert_eq!(strict["re-punctuated"].recall(), 1.0);
}

#[test]
fn relations_say_how_a_copy_differs() {
    let corpus = planted::corpus(200, 3);
    let finished = score::run(
        &score::stage(DedupeConfig::default()),
        score::records(&corpus),
    );
    for (planted, outcome) in corpus.iter().zip(score::outcomes(&corpus, &finished)) {
        let expected = match planted.class {
            "verbatim" | "one line" => Relation::Exact,
            "masks" | "typos" => Relation::Near,
            _ => continue,
        };
        assert_eq!(outcome.relation, Some(expected), "{}", planted.class);
    }
}

#[test]
fn the_same_input_gives_the_same_decisions() {
    let corpus = planted::corpus(200, 5);
    let stage = score::stage(DedupeConfig::default());
    let run = || score::run(&stage, score::records(&corpus));
    for (one, other) in run().iter().zip(&run()) {
        assert_eq!((one.id, &one.collapse), (other.id, &other.collapse));
    }
}

#[test]
fn a_similarity_out_of_range_is_refused() {
    let settings = Settings {
        id: "dedupe".into(),
        base: ".".into(),
        run: "test".into(),
        scratch: None,
    };
    for similarity in [0.0, 1.1, f64::NAN] {
        let config = DedupeConfig {
            similarity,
            ..DedupeConfig::default()
        };
        let error = Dedupe::build(config, &settings).err().unwrap();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Config, "dedupe.similarity")
        );
    }
}
