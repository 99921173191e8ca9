//! Paragraphs and sentences that earlier reports have too.
//!
//! A report that stays is read unit by unit: its paragraphs, and the sentences of those that nobody
//! had before. What is new is remembered with its place; what is known, in words, becomes a use of a
//! passage once enough reports carry it. Reports that were written before are not written again, so
//! the first of them keeps the words, and `passages` repeats them.

use std::collections::{BTreeMap, HashSet};

use taosha_core::{Id, Passage, PassageUse, Record, Result, SpanKind};

use crate::comparison::{Form, Rules, SLOT};
use crate::config::{DedupeConfig, Passages};
use crate::edits::edits;
use crate::index::{Index, Place};
use crate::units::Unit;

/// Bytes of earlier reports kept at hand while one report is read: many take their paragraphs from
/// the same few. Beyond it they are read again.
const MAX_AT_HAND: usize = 16 << 20;

/// Bytes of earlier reports that are read for one report: some ten thousand of usual length. A page that
/// is put together from more is searched no further, so that nobody can make a run stand still.
const MAX_READ: usize = 128 << 20;

/// Reports of which each stands for the one before; longer rows are nobody's corpus, and are not
/// followed for every paragraph.
const MAX_HEIRS: usize = 32;

/// Finds the passages of `record`, the next report to stay, and remembers its other units. Those of
/// earlier reports that it `stands_for` are its own. Returns how many uses there are.
pub(crate) fn find(
    record: &mut Record,
    (form, units): (&Form, &[Unit]),
    stands_for: &[u32],
    config: &DedupeConfig,
    index: &mut Index<'_>,
) -> Result<usize> {
    let report = record.report()?;
    let mut finder = Finder {
        own: index.next(),
        stands_for,
        form,
        text: report.reading().text(),
        config,
        rules: Rules::of(&config.form),
        index,
        counted: HashSet::new(),
        texts: BTreeMap::new(),
        n_at_hand: 0,
        n_read: 0,
        passages: Vec::new(),
        uses: Vec::new(),
    };
    let mut at = 0;
    while let Some(paragraph) = units.get(at) {
        at += 1;
        let is_passage = finder.look_at(paragraph)?;
        let sentences = units
            .get(at..at + paragraph.n_sentences)
            .unwrap_or_default();
        at += paragraph.n_sentences;
        if !is_passage {
            for sentence in sentences {
                finder.look_at(sentence)?;
            }
        }
    }
    let Finder { passages, uses, .. } = finder;
    let reading = report.reading();
    let placed = uses.into_iter().filter_map(|found| {
        let span = reading.span(found.unit.text.clone(), SpanKind::Passage);
        // A mark at the very edge may stand for other words than the unit's; then nothing is cut.
        (reading.range(span) == found.unit.text).then_some(PassageUse {
            passage_id: found.passage_id,
            span,
            similarity: found.similarity,
            edits: found.edits,
        })
    });
    let placed: Vec<PassageUse> = placed.collect();
    let n_uses = placed.len();
    let report = record.report_mut()?;
    report.passages.extend(passages);
    report.passage_uses.extend(placed);
    Ok(n_uses)
}

struct Finder<'a, 'i> {
    own: u32,
    stands_for: &'a [u32],
    form: &'a Form,
    text: &'a str,
    config: &'a DedupeConfig,
    rules: Rules,
    index: &'a mut Index<'i>,
    /// Keys of this report that were counted; one report counts once.
    counted: HashSet<u64>,
    /// Texts of earlier reports, with their ids.
    texts: BTreeMap<u32, (Id, Vec<u8>)>,
    /// Bytes of `texts`, and of all that were read.
    n_at_hand: usize,
    n_read: usize,
    passages: Vec<Passage>,
    uses: Vec<Found<'a>>,
}

/// A use whose place is still one of the reading.
struct Found<'a> {
    unit: &'a Unit,
    passage_id: Id,
    similarity: f64,
    edits: Vec<taosha_core::PassageEdit>,
}

impl<'a> Finder<'a, '_> {
    /// True when the unit is a use of a passage, or a repetition inside this report.
    fn look_at(&mut self, unit: &'a Unit) -> Result<bool> {
        let Some(place) = self.index.place(unit.key)? else {
            self.index.set_place(unit.key, self.here(unit))?;
            return Ok(false);
        };
        if place.report == self.own {
            return Ok(true);
        }
        if place.n_reports != Place::WRITTEN && self.is_heir_of(place.report)? {
            // Otherwise nothing in the report that stays would be its own.
            let place = Place {
                n_reports: place.n_reports,
                ..self.here(unit)
            };
            self.index.set_place(unit.key, place)?;
            return Ok(false);
        }
        if self.n_read >= MAX_READ {
            return Ok(false);
        }
        let (first, words) = self.words(place)?;
        let there = Form::by(&words, self.rules);
        let here = self.form.characters.get(unit.form.clone());
        if here != Some(&*there.characters) {
            // Another unit with the same hash.
            return Ok(false);
        }
        let similarity = self.similarity(unit, &there);
        if self.config.passages == Passages::Exact && similarity < 1.0 {
            return Ok(false);
        }
        if place.n_reports != Place::WRITTEN {
            if !self.counted.insert(unit.key) {
                return Ok(false);
            }
            let n_reports = place.n_reports.saturating_add(1);
            let is_enough = n_reports >= self.config.min_reports;
            let n_reports = if is_enough { Place::WRITTEN } else { n_reports };
            self.index
                .set_place(unit.key, Place { n_reports, ..place })?;
            if !is_enough {
                return Ok(false);
            }
            self.passages.push(Passage {
                id: passage_id(&there),
                text: words.clone(),
                first_document_id: first,
            });
        }
        let own_words = self.text.get(unit.text.clone()).unwrap_or_default();
        self.uses.push(Found {
            unit,
            passage_id: passage_id(&there),
            similarity,
            edits: edits(&words, own_words),
        });
        Ok(true)
    }

    /// True when this report stands for an earlier one, or for one that stood for it.
    fn is_heir_of(&self, report: u32) -> Result<bool> {
        let mut report = report;
        for _ in 0..MAX_HEIRS {
            if self.stands_for.contains(&report) {
                return Ok(true);
            }
            match self.index.heir(report)? {
                Some(heir) => report = heir,
                None => break,
            }
        }
        Ok(false)
    }

    /// The place of a unit of this report that nobody had before.
    fn here(&self, unit: &Unit) -> Place {
        Place {
            report: self.own,
            start: unit.text.start as u32,
            end: unit.text.end as u32,
            n_reports: 1,
        }
    }

    /// The words at `place`, and the id of the report they stand in.
    fn words(&mut self, place: Place) -> Result<(Id, String)> {
        if !self.texts.contains_key(&place.report) {
            if self.n_at_hand >= MAX_AT_HAND {
                self.texts.clear();
                self.n_at_hand = 0;
            }
            let report = self.index.own(place.report);
            let (id, text) = self.index.words(report)?;
            self.n_at_hand += text.len();
            self.n_read += text.len();
            self.texts.insert(place.report, (id, text));
        }
        let range = place.start as usize..place.end as usize;
        let words = self.texts.get(&place.report).and_then(|(id, text)| {
            let words = std::str::from_utf8(text.get(range)?).ok()?;
            Some((*id, words.to_owned()))
        });
        words.ok_or_else(|| crate::index::misplaced(place))
    }

    /// The share of the characters of the form that are equal, a number or mask counting as one.
    fn similarity(&self, unit: &Unit, there: &Form) -> f64 {
        let slots = there.characters.iter().enumerate();
        let slots = slots.filter(|(_, c)| **c == SLOT).map(|(place, _)| place);
        let is_other =
            |place: &usize| self.form.slots.at(unit.form.start + place) != there.slots.at(*place);
        let n_other = slots.filter(is_other).count();
        1.0 - n_other as f64 / there.len().max(1) as f64
    }
}

fn passage_id(form: &Form) -> Id {
    let bytes: Vec<u8> = form
        .characters
        .iter()
        .flat_map(|c| c.to_le_bytes())
        .collect();
    Id::of("passage", &[&bytes])
}
