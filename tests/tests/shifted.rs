//! Shifted GBK, undone: texts that the tables of `decode` never saw go through the mechanism
//! forward, and `decode` has to give them back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use taosha_core::{Body, Origin, Output, Position, Record, Stage};
use taosha_decode::{Decode, DecodeConfig};
use taosha_tests::damage::{Cause, Cuts, Damage, Damaged, UserDefined, ascii_signs};

/// What came of the runs across borders of some damaged texts.
#[derive(Default)]
struct Tally {
    runs: usize,
    right: usize,
    /// Stretches that read otherwise than before the damage.
    wrong: Vec<String>,
}

/// A place of the damaged text and what was made of it.
struct Made {
    place: Range<usize>,
    becomes: String,
}

fn made(text: &str) -> Vec<Made> {
    let origin = Origin::new("test", "memory:shifted", text.to_owned().into());
    let mut out = Output::new();
    let decode = Decode::new(&DecodeConfig::default()).unwrap();
    decode
        .process(Record::new(origin, Position("shifted".into())), &mut out)
        .unwrap();
    let Body::Report(report) = &out.emissions()[0].record.body else {
        return Vec::new();
    };
    let document = report.document();
    let shifted = document.repairs.iter().filter(|r| r.kind == "shifted_gbk");
    shifted
        .map(|repair| Made {
            place: repair.raw.clone(),
            becomes: document.slice(repair.span).to_owned(),
        })
        .collect()
}

/// The answer for `place` of the damaged text; `None` when it splits a run.
fn answer(damaged: &Damaged, place: &Range<usize>) -> Option<String> {
    let mut answer = String::new();
    let (mut shown, mut meant) = (0, 0);
    let end = damaged.text.len()..damaged.answer.len();
    let ends = damaged
        .runs
        .iter()
        .map(|run| (run.text.clone(), run.answer.clone()));
    for (text, range) in ends.chain([(end.start..end.start, end.end..end.end)]) {
        let between = damaged.text.get(shown..text.start)?.char_indices();
        let same = damaged.answer.get(meant..range.start)?.chars();
        let inside = between
            .zip(same)
            .filter(|((at, _), _)| place.contains(&(shown + at)));
        answer.extend(inside.map(|(_, c)| c));
        if place.start <= text.start && text.end <= place.end {
            answer.push_str(damaged.answer.get(range.clone())?);
        } else if text.start < place.end && place.start < text.end {
            return None;
        }
        (shown, meant) = (text.end, range.end);
    }
    Some(answer)
}

impl Tally {
    fn add(&mut self, damaged: &Damaged) {
        let made = made(&damaged.text);
        let broken = damaged
            .runs
            .iter()
            .filter(|run| run.cause != Cause::Reading);
        let broken: Vec<Range<usize>> = broken.map(|run| run.text.clone()).collect();
        self.runs += broken.len();
        // Runs and repairs that touch are judged as one place.
        let mut places: Vec<Range<usize>> = broken.clone();
        places.extend(made.iter().map(|made| made.place.clone()));
        places.sort_by_key(|place| (place.start, place.end));
        places.dedup_by(|next, place| {
            let is_one = next.start < place.end;
            place.end = if is_one {
                place.end.max(next.end)
            } else {
                place.end
            };
            is_one
        });
        for place in places {
            let inside =
                |range: &Range<usize>| place.start <= range.start && range.end <= place.end;
            let here: Vec<&Made> = made.iter().filter(|made| inside(&made.place)).collect();
            if here.is_empty() {
                continue;
            }
            let (mut got, mut at) = (String::new(), place.start);
            for made in &here {
                got.push_str(damaged.text.get(at..made.place.start).unwrap());
                got.push_str(&made.becomes);
                at = made.place.end;
            }
            got.push_str(damaged.text.get(at..place.end).unwrap());
            let should = answer(damaged, &place);
            if should.as_deref().map(ascii_signs) == Some(ascii_signs(&got)) {
                self.right += broken.iter().filter(|run| inside(run)).count();
            } else {
                let shown = damaged.text.get(place).unwrap();
                self.wrong
                    .push(format!("{shown} became {got}, not {should:?}"));
            }
        }
    }
}

/// The reports the sample pages are made of: none of them is in the tables of `decode`.
fn reports() -> Vec<String> {
    texts("pages/reports")
}

/// Prose by the hands that wrote the prose of those tables, and left out of them.
fn held_out() -> Vec<String> {
    texts("pages/held-out")
        .iter()
        .flat_map(|text| pages(text))
        .collect()
}

/// Pages of the size of a report.
fn pages(text: &str) -> Vec<String> {
    const PAGE_CHARS: usize = 3000;
    let mut pages = vec![String::new()];
    for line in text.lines() {
        if let Some(page) = pages.last_mut() {
            page.push_str(line);
            page.push('\n');
            if page.chars().count() > PAGE_CHARS {
                pages.push(String::new());
            }
        }
    }
    pages
}

fn texts(folder: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The ways a site and a capture may go about it.
fn ways() -> Vec<Damage> {
    let share = |seed| Cuts::Share { percent: 33, seed };
    let damage = |cuts, ascii_signs, user_defined| Damage {
        cuts,
        ascii_signs,
        user_defined,
        ..Damage::default()
    };
    vec![
        damage(Cuts::Every, false, UserDefined::Dropped),
        damage(Cuts::Every, true, UserDefined::Dropped),
        damage(Cuts::Every, false, UserDefined::Kept),
        damage(share(1), false, UserDefined::Dropped),
        damage(share(2), true, UserDefined::Dropped),
        damage(share(3), false, UserDefined::Kept),
    ]
}

/// Every one of `texts` in all ways, held against what is asked, in percent.
#[allow(clippy::print_stderr, reason = "the figures are wanted")]
fn most_are_given_back(texts: &[String], least_right: usize, most_wrong: usize) {
    let mut tally = Tally::default();
    for damage in ways() {
        for text in texts {
            tally.add(&damage.apply(text));
        }
    }
    let (runs, right, wrong) = (tally.runs, tally.right, tally.wrong.len());
    eprintln!(
        "{right} of {runs} runs are right, {wrong} wrong: {:#?}",
        tally.wrong
    );
    assert!(runs > 100, "{runs} runs are too few to tell");
    assert!(right * 100 >= runs * least_right, "{right} of {runs}");
    assert!(
        wrong * 100 <= right * most_wrong,
        "{wrong} wrong, {right} right"
    );
}

// The bounds lie a little below and above what was measured.

#[test]
fn most_torn_places_of_reports_are_given_back() {
    most_are_given_back(&reports(), 85, 6);
}

#[test]
fn most_torn_places_of_held_out_prose_are_given_back() {
    most_are_given_back(&held_out(), 70, 9);
}

#[test]
fn a_clean_report_is_left_alone() {
    let clean = Damage {
        annotate: false,
        cuts: Cuts::None,
        ..Damage::default()
    };
    for report in reports() {
        assert!(made(&report).is_empty());
        assert!(made(&clean.apply(&report).text).is_empty());
        let annotated = Damage {
            cuts: Cuts::None,
            ..Damage::default()
        };
        let damaged = annotated.apply(&report);
        let torn = damaged.runs.iter().any(|run| run.cause == Cause::Border);
        assert!(torn || made(&damaged.text).is_empty());
    }
}
