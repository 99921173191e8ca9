//! What the sound part of a page tells about its converter and its words.

use std::ops::Range;

use super::counts::{Counts, Table, key};
use super::{language, opening, pairs};
use crate::pinyin;

/// Words are learned from so much of a page; more would only cost memory.
const LEARNED_CHARS: usize = 300_000;

/// Sites were seen to cut at every third find; so many finds of that kind are believed in before
/// the page tells its own share.
const CUTS: (f32, f32) = (0.5, 1.0);

/// Behind a place that is broken nothing is learned, for so many characters.
const BROKEN_CHARS: usize = 40;

/// A character may stand without its reading once in so many times: where a reading was torn.
const BARE_SHARE: u32 = 12;

/// What a page tells.
pub(super) struct Evidence {
    /// How often a character has its reading behind it, and how often it has not.
    readings: Table<(u32, u32)>,
    /// The characters as they stand, not simplified.
    written: Counts,
    /// Signs across borders, where the site cut and where it did not.
    n_cut: f32,
    n_uncut: f32,
    /// Users' own characters are shown.
    pub(super) has_private: bool,
    /// Full-width signs are shown.
    pub(super) has_wide_signs: bool,
    /// A half leaves the ASCII byte behind it alone: `\u{FFFD}(wù)`.
    pub(super) keeps_ascii: bool,
}

impl Evidence {
    /// Reads `text`, in which `annotations` are the readings behind their characters; also gives
    /// its sound stretches, folded, for a [`Judge`](super::language::Judge) to learn from.
    pub(super) fn of(text: &str, annotations: &[Range<usize>]) -> (Evidence, Vec<Vec<char>>) {
        let mut evidence = Evidence {
            readings: Table::default(),
            written: Counts::default(),
            n_cut: 0.0,
            n_uncut: 0.0,
            has_private: false,
            has_wide_signs: false,
            keeps_ascii: false,
        };
        let mut sound = Vec::new();
        let mut stretch = Vec::new();
        let (mut annotations, mut broken) = (annotations.iter().peekable(), 0);
        let (mut n_chars, mut skip_to) = (0, 0);
        let mut last = None;
        for (at, c) in text.char_indices() {
            if at < skip_to {
                continue;
            }
            if n_chars > LEARNED_CHARS {
                break;
            }
            n_chars += 1;
            if let Some(annotation) = annotations.next_if(|next| next.start == at) {
                skip_to = annotation.end;
                if let Some(c) = last.filter(|_| broken == 0) {
                    let (with, bare) = evidence.readings.entry(key(&[c])).or_default();
                    (*with, *bare) = (*with + 1, bare.saturating_sub(1));
                }
                continue;
            }
            evidence.has_private |= pairs::is_private(c);
            evidence.has_wide_signs |= matches!(c, '，' | '：' | '；' | '（' | '！');
            let rest = text.get(at..).unwrap_or_default();
            let is_broken = opening::starts_here(rest);
            evidence.keeps_ascii |= is_broken && opening::keeps_ascii(rest);
            if is_broken {
                evidence.n_cut += f32::from(u8::from(opening::is_cut(rest)));
                broken = BROKEN_CHARS;
            } else if c == '\n' {
                broken = 0;
            }
            if broken > 0 || c == '\n' {
                broken = broken.saturating_sub(1);
                evidence.learn(&mut stretch, &mut sound);
                last = None;
                continue;
            }
            evidence.readings.entry(key(&[c])).or_default().1 += 1;
            stretch.push(c);
            evidence.n_uncut += f32::from(u8::from(last.is_some_and(|last| is_uncut(last, c))));
            last = Some(c);
        }
        evidence.learn(&mut stretch, &mut sound);
        (evidence, sound)
    }

    fn learn(&mut self, stretch: &mut Vec<char>, sound: &mut Vec<Vec<char>>) {
        if stretch.is_empty() {
            return;
        }
        self.written.add(stretch);
        let folded: Vec<char> = stretch
            .drain(..)
            .map(language::fold)
            .chain(['\n'])
            .collect();
        sound.push(folded);
    }

    /// ln of how likely the site leaves a sign uncut.
    pub(super) fn leaves_uncut(&self) -> f32 {
        let (cut, uncut) = (self.n_cut + CUTS.0, self.n_uncut + CUTS.1);
        (uncut / (cut + uncut)).ln()
    }

    /// True when the site would not leave these bytes without a reading behind them.
    pub(super) fn is_always_annotated(&self, lead: u8, trail: u8) -> bool {
        let Some(c) = pairs::character(lead, trail) else {
            return false;
        };
        let (with, bare) = self.readings.get(&key(&[c])).copied().unwrap_or_default();
        with > 0 && bare * BARE_SHARE <= with
    }

    /// The characters of the page that have `reading` behind them.
    pub(super) fn annotated_as(&self, reading: &str) -> Vec<char> {
        let annotated = self.readings.iter().filter(|(_, (with, _))| *with > 0);
        let characters = annotated.filter_map(|(key, _)| char::from_u32(*key as u32));
        let mut readers: Vec<char> = characters
            .filter(|c| pinyin::is_reading(*c, reading))
            .collect();
        readers.sort_unstable();
        readers
    }

    /// How often the page has `c`.
    pub(super) fn written(&self, c: char) -> f32 {
        self.written.of(&[c])
    }
}

/// True when the bytes of a sign lie across the border of two characters.
fn is_uncut(first: char, second: char) -> bool {
    let (Some([_, a]), Some([b, _])) = (pairs::pair(first), pairs::pair(second)) else {
        return false;
    };
    opening::is_cut_sign(&[a, b])
}
