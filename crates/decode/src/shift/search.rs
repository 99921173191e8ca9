//! From what is shown to what it may stand for.
//!
//! The bytes behind the opening are known, out of step by one: each pair shown is the second byte
//! of one character and the first of the next. So a path through the stretch knows the first byte
//! of the character to come, takes the second from the pair shown, and the rest of that pair is the
//! first byte of the one after. What is unknown is tried: the lost half at each end, and pairs that
//! readers dropped. Of all paths the likeliest ones are followed (a beam), until an ASCII byte or
//! another half shows that the text is back in step.

use std::sync::LazyLock;

use super::LOST;
use super::evidence::Evidence;
use super::forward::{Reader, Torn, width};
use super::language::{Judge, fold};
use super::opening::{self, Opening};
use super::pairs::{self, LEADS};
use crate::pinyin;

/// Paths that are followed. Twice as many gave back one place in two hundred more on held-out texts,
/// at twice the cost.
const BEAM: usize = 64;

/// Paths that are followed at first: one for each byte that may be lost.
const FIRST_BEAM: usize = 252;

/// Paths that try a dropped pair at one place, characters tried in front of it, and behind it.
const DROP_BEAM: usize = 32;
const DROP_FIRST: usize = 8;
const DROP_SECOND: usize = 48;
const DROP_TWICE: usize = 16;

/// Dropped pairs in one stretch.
const MAX_DROPS: u8 = 6;

/// Stretches are followed this far. Real ones end at a figure or a line end long before.
const MAX_SHOWN: usize = 160;

/// Characters that are tried where nothing of them is left but a dropped half, and between two
/// dropped pairs.
const N_COMMON: usize = 3000;
const N_DROPPABLE: usize = 500;

/// Paths that end at one place and are judged by all that is known.
const ENDS: usize = 96;

/// No lead byte is pending: the text is in step.
const IN_STEP: u8 = 0;

/// A way to read the stretch.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) torn: Torn,
    /// Shown characters that were taken.
    pub(super) end: usize,
    /// ln of how likely the text is so far.
    pub(super) score: f32,
    bytes: usize,
    before: [char; 2],
    pending: u8,
    n_drops: u8,
}

impl Path {
    fn push(&mut self, c: char, judge: &Judge) {
        let folded = fold(c);
        self.score += judge.follows(self.before, folded);
        self.before = [self.before[1], folded];
        self.bytes += width(c);
        self.torn.text.push(c);
    }
}

/// What surrounds the search.
pub(super) struct Search<'a> {
    pub(super) judge: &'a Judge,
    pub(super) evidence: &'a Evidence,
    pub(super) reader: Reader,
    /// From the opening to the end of the line, or so far as is followed.
    pub(super) shown: &'a [char],
    /// The sound characters in front of the opening, last one last.
    pub(super) left: &'a [char],
}

impl Search<'_> {
    /// All readings of the stretch that end, likeliest first so far as this is known here.
    pub(super) fn paths(&self) -> Vec<Path> {
        let Some((opening, start)) = opening::opening(self.shown) else {
            return Vec::new();
        };
        let mut waiting: Vec<Vec<Path>> = vec![Vec::new(); self.shown.len().min(MAX_SHOWN) + 1];
        if let Some(first) = waiting.get_mut(start) {
            *first = self.first_paths(&opening, start);
        }
        let mut ended = Vec::new();
        if let Opening::CutTwice(_) = opening {
            ended = waiting
                .get_mut(start)
                .map(std::mem::take)
                .unwrap_or_default();
        }
        for at in start..waiting.len() {
            let mut paths = waiting.get_mut(at).map(std::mem::take).unwrap_or_default();
            // Nothing yet speaks for one lost byte or another.
            keep_best(&mut paths, if at <= start + 1 { FIRST_BEAM } else { BEAM });
            if !paths.is_empty() {
                self.step(at, paths, &mut waiting, &mut ended);
            }
        }
        best_of_each_end(ended)
    }

    fn first_paths(&self, opening: &Opening, end: usize) -> Vec<Path> {
        let folded = |back: usize| {
            let at = self.left.len().checked_sub(back);
            at.and_then(|at| self.left.get(at))
                .map_or('\n', |c| fold(*c))
        };
        let path = |pending, cuts, inserted| Path {
            torn: Torn {
                text: Vec::new(),
                inserted,
                cuts,
            },
            end,
            score: 0.0,
            bytes: 0,
            before: [folded(2), folded(1)],
            pending,
            n_drops: 0,
        };
        match opening {
            Opening::Cut([trail, lead]) => {
                let lost = LEADS.filter_map(|lead| pairs::character(lead, *trail));
                let begin = |c| {
                    let mut path = path(*lead, vec![1], Vec::new());
                    path.push(c, self.judge);
                    path
                };
                lost.map(begin).collect()
            }
            Opening::CutTwice(trail) => {
                let lost = LEADS.filter_map(|lead| pairs::character(lead, *trail));
                let whole = |c| {
                    let mut path = path(IN_STEP, vec![1, 2], Vec::new());
                    path.push(c, self.judge);
                    path
                };
                lost.map(whole).collect()
            }
            Opening::Reading(reading) => {
                let Some([_, lead]) = self.left.last().and_then(|c| pairs::pair(*c)) else {
                    return Vec::new();
                };
                let torn = LEADS.filter(|&trail| reads(lead, trail, reading));
                torn.map(|pending| path(pending, Vec::new(), vec![(1, format!("({reading})"))]))
                    .collect()
            }
        }
    }

    /// Takes the character shown at `at` along on all `paths`.
    fn step(&self, at: usize, paths: Vec<Path>, waiting: &mut [Vec<Path>], ended: &mut Vec<Path>) {
        let Some(&c) = self.shown.get(at) else {
            return;
        };
        if let Some((reading, end)) = self.whole_reading(at) {
            // Readings behind what is shown were put there across the borders of what is meant.
            let moved = paths.into_iter().map(|mut path| {
                path.torn.inserted.push((path.bytes + 1, reading.clone()));
                path.end = end;
                path
            });
            if let Some(next) = waiting.get_mut(end) {
                next.extend(moved);
            }
            return;
        }
        if self.reader.drops {
            self.end_in_drop(&paths, ended);
        }
        if opening::is_orphan(c) && c == self.reader.orphan {
            self.half(at, &paths, ended);
            return;
        }
        if let Some(trail) = pairs::lone_trail(c) {
            for mut path in self.with_trail(&paths, trail, IN_STEP) {
                path.end = at + 1;
                ended.extend(self.behind_end(path));
            }
        }
        let wide = pairs::wide_pair(c).filter(|_| self.reader.narrow);
        let Some([trail, lead]) = pairs::pair(c).or(wide) else {
            return;
        };
        for mut path in self.with_trail(&paths, trail, lead) {
            path.end = at + 1;
            if LEADS.contains(&lead) {
                if let Some(next) = waiting.get_mut(at + 1) {
                    next.push(path);
                }
            } else if lead.is_ascii() {
                // An ASCII character of the text was taken for a trail byte.
                path.push(char::from(lead), self.judge);
                path.pending = IN_STEP;
                ended.push(path);
            }
        }
    }

    /// The last byte of a character and the letter behind it may be a pair that left no trace.
    fn end_in_drop(&self, paths: &[Path], ended: &mut Vec<Path>) {
        for path in paths.iter().take(DROP_BEAM) {
            let trails = 0xA1..=0xA7u8;
            for c in trails.filter_map(|trail| pairs::character(path.pending, trail)) {
                ended.push(self.longer(path, &[c, LOST], IN_STEP));
            }
        }
    }

    /// A whole annotation at `at` behind the pair shown in front of it, and where it ends.
    fn whole_reading(&self, at: usize) -> Option<(String, usize)> {
        let owner = *self.shown.get(at.checked_sub(1)?)?;
        let (reading, length) = self.bracketed(at)?;
        let is_own = pairs::pair(owner).is_some() && pinyin::is_reading(owner, &reading);
        is_own.then(|| (format!("({reading})"), at + length))
    }

    fn bracketed(&self, at: usize) -> Option<(String, usize)> {
        let rest = self.shown.get(at..)?;
        let is_open = rest.first() == Some(&'(');
        opening::torn_reading(rest).filter(|_| is_open)
    }

    /// `paths` with the character that `trail` completes, and all that a dropped pair in front of
    /// it allows; `lead` is pending then.
    fn with_trail(&self, paths: &[Path], trail: u8, lead: u8) -> Vec<Path> {
        let mut found = Vec::new();
        for path in paths {
            if let Some(c) = pairs::character(path.pending, trail) {
                found.push(self.longer(path, &[c], lead));
            }
        }
        if self.reader.drops {
            self.over_drops(paths, likely_behind(trail), lead, &mut found);
        }
        keep_best(&mut found, BEAM);
        found
    }

    fn longer(&self, path: &Path, characters: &[char], lead: u8) -> Path {
        let mut path = path.clone();
        for &c in characters {
            path.push(c, self.judge);
        }
        path.pending = lead;
        path.n_drops += characters.len().saturating_sub(1) as u8;
        path
    }

    /// Tries a pair that left no trace: the end of one character and the start of the next, which
    /// is one of those `second` gives.
    fn over_drops(&self, paths: &[Path], second: &[Common], lead: u8, found: &mut Vec<Path>) {
        // The end of a character, the start of the next, in every likely way.
        let mut first: Vec<Tried> = Vec::new();
        let allowed = paths.iter().enumerate().take(DROP_BEAM);
        for (index, path) in allowed.filter(|(_, path)| path.n_drops < MAX_DROPS) {
            let trails = (0xA1..=0xA7u8).chain(0xAA..=0xAF).chain(0xF8..=0xFE);
            let ends = trails.filter_map(|trail| pairs::character(path.pending, trail));
            let start = Tried {
                score: path.score,
                index,
                characters: Vec::new(),
            };
            let mut likely: Vec<Tried> = ends
                .map(|c| start.with(c, path.before, self.judge))
                .collect();
            likely.sort_by(Tried::by_score);
            first.extend(likely.into_iter().take(DROP_FIRST));
        }
        first.sort_by(Tried::by_score);
        let before = |tried: &Tried| paths.get(tried.index).map_or(['\n'; 2], |path| path.before);
        let over = |tried: &Tried, next: &[Common], n: usize| {
            let last = tried.characters.last().and_then(|c| pairs::pair(*c));
            let trail = last.map_or(0, |[_, trail]| trail);
            let fits = next
                .iter()
                .filter(|next| pairs::is_user_defined(trail, next.lead));
            let longer = fits.map(|next| tried.with(next.c, before(tried), self.judge));
            let mut longer: Vec<Tried> = longer.collect();
            longer.sort_by(Tried::by_score);
            longer.truncate(n);
            longer
        };
        // Two dropped pairs in a row leave nothing of the character between them.
        let mut twice: Vec<Tried> = first
            .iter()
            .take(DROP_TWICE)
            .flat_map(|tried| over(tried, &DROPPABLE, DROP_TWICE))
            .collect();
        twice.sort_by(Tried::by_score);
        twice.truncate(DROP_BEAM);
        let mut tried: Vec<Tried> = first
            .iter()
            .chain(&twice)
            .flat_map(|tried| over(tried, second, DROP_FIRST))
            .collect();
        tried.sort_by(Tried::by_score);
        for tried in tried.into_iter().take(BEAM) {
            if let Some(path) = paths.get(tried.index) {
                found.push(self.longer(path, &tried.characters, lead));
            }
        }
    }

    /// Another half at `at`: the text is back in step behind it.
    fn half(&self, at: usize, paths: &[Path], ended: &mut Vec<Path>) {
        let rest = self.shown.get(at + 1..).unwrap_or_default();
        if let Some((reading, length)) = opening::torn_reading(rest) {
            self.half_with_reading(at + 1 + length, &reading, paths, ended);
            return;
        }
        let is_cut = match rest {
            [] => true,
            [sign, ..] if opening::cut_sign(*sign).is_some() => true,
            [orphan, sign, ..] => opening::is_orphan(*orphan) && opening::cut_sign(*sign).is_some(),
            [_] => false,
        };
        let mut found = Vec::new();
        for path in paths {
            for c in LEADS.filter_map(|trail| pairs::character(path.pending, trail)) {
                found.push(self.longer(path, &[c], IN_STEP));
            }
        }
        if self.reader.drops {
            let best = paths.get(..3.min(paths.len())).unwrap_or_default();
            self.over_drops(best, &COMMON, IN_STEP, &mut found);
        }
        keep_best(&mut found, 2 * BEAM);
        for mut path in found {
            path.end = at + 1;
            if is_cut {
                path.torn.cuts.push(path.bytes);
            } else if self.reader.swallows {
                path.push(LOST, self.judge);
            }
            ended.push(path);
        }
    }

    /// The half of a character that is annotated: its reading tells which.
    fn half_with_reading(&self, end: usize, reading: &str, paths: &[Path], ended: &mut Vec<Path>) {
        let mut found = Vec::new();
        for path in paths {
            let trails = LEADS.filter(|&trail| reads(path.pending, trail, reading));
            for c in trails.filter_map(|trail| pairs::character(path.pending, trail)) {
                found.push(self.longer(path, &[c], IN_STEP));
            }
        }
        if self.reader.drops {
            let readers = self.evidence.annotated_as(reading);
            let mut readers: Vec<Common> = readers.into_iter().filter_map(Common::of).collect();
            if readers.is_empty() {
                let all = COMMON
                    .iter()
                    .filter(|common| pinyin::is_reading(common.c, reading));
                readers = all.copied().collect();
            }
            self.over_drops(paths, &readers, IN_STEP, &mut found);
        }
        for mut path in found {
            path.torn
                .inserted
                .push((path.bytes, format!("({reading})")));
            path.end = end;
            ended.push(path);
        }
    }

    /// A lone trail byte ended the stretch: the reading behind it, if there is one, is that of the
    /// character it completes.
    fn behind_end(&self, mut path: Path) -> Option<Path> {
        let Some((reading, length)) = self.bracketed(path.end) else {
            return Some(path);
        };
        let is_own = path
            .torn
            .text
            .last()
            .is_some_and(|c| pinyin::is_reading(*c, &reading));
        path.torn
            .inserted
            .push((path.bytes, format!("({reading})")));
        path.end += length;
        is_own.then_some(path)
    }
}

/// Characters that a path may go on with.
#[derive(Clone)]
struct Tried {
    score: f32,
    /// Which path.
    index: usize,
    characters: Vec<char>,
}

impl Tried {
    fn with(&self, c: char, before: [char; 2], judge: &Judge) -> Tried {
        let before = match self.characters.as_slice() {
            [] => before,
            [only] => [before[1], fold(*only)],
            [.., first, second] => [fold(*first), fold(*second)],
        };
        let mut characters = self.characters.clone();
        characters.push(c);
        let score = self.score + judge.follows(before, fold(c));
        Tried {
            score,
            index: self.index,
            characters,
        }
    }

    fn by_score(a: &Tried, b: &Tried) -> std::cmp::Ordering {
        b.score.total_cmp(&a.score)
    }
}

fn reads(lead: u8, trail: u8, reading: &str) -> bool {
    pairs::character(lead, trail).is_some_and(|c| pinyin::is_reading(c, reading))
}

/// Paths of different length cannot be compared yet, so the likeliest of each length stay.
fn best_of_each_end(mut paths: Vec<Path>) -> Vec<Path> {
    paths.sort_by(|a, b| a.end.cmp(&b.end).then(b.score.total_cmp(&a.score)));
    let (mut end, mut n) = (0, 0);
    paths.retain(|path| {
        n = if path.end == end { n + 1 } else { 1 };
        end = path.end;
        n <= ENDS
    });
    paths
}

fn keep_best(paths: &mut Vec<Path>, n: usize) {
    paths.sort_by(|a, b| b.score.total_cmp(&a.score));
    paths.truncate(n);
}

/// A character and its two bytes.
#[derive(Clone, Copy)]
struct Common {
    c: char,
    lead: u8,
    trail: u8,
}

impl Common {
    fn of(c: char) -> Option<Common> {
        let [lead, trail] = pairs::pair(c)?;
        Some(Common { c, lead, trail })
    }
}

/// The characters with this trail byte that prose has most, for what follows a dropped pair.
fn likely_behind(trail: u8) -> &'static [Common] {
    static BY_TRAIL: LazyLock<Vec<Vec<Common>>> = LazyLock::new(|| {
        let mut by_trail = vec![Vec::new(); 256];
        for common in by_weight() {
            if let Some(slot) = by_trail.get_mut(usize::from(common.trail))
                && slot.len() < DROP_SECOND
            {
                slot.push(common);
            }
        }
        by_trail
    });
    BY_TRAIL.get(usize::from(trail)).map_or(&[], Vec::as_slice)
}

/// Characters that may stand behind a dropped pair, most frequent first.
static COMMON: LazyLock<Vec<Common>> =
    LazyLock::new(|| by_weight().into_iter().take(N_COMMON).collect());

/// Characters whose last byte may be half of a dropped pair.
static DROPPABLE: LazyLock<Vec<Common>> = LazyLock::new(|| {
    let may_drop = |common: &Common| {
        let trail = common.trail;
        pairs::is_user_defined(trail, 0x81) || pairs::is_user_defined(trail, 0xA1)
    };
    by_weight()
        .into_iter()
        .filter(may_drop)
        .take(N_DROPPABLE)
        .collect()
});

/// All characters of GBK, most frequent first.
fn by_weight() -> Vec<Common> {
    let mut weighed = Vec::new();
    for lead in LEADS {
        let trails = (0x40..=0x7Eu8).chain(0x80..=0xFE);
        for c in trails.filter_map(|trail| pairs::character(lead, trail)) {
            weighed.extend(Common::of(c).map(|common| (super::language::weight(fold(c)), common)));
        }
    }
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.c.cmp(&b.1.c)));
    weighed.into_iter().map(|(_, common)| common).collect()
}
