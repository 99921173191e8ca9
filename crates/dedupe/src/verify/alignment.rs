//! Two forms laid side by side: what is equal, what stands in place of what, and what only one has.

use std::collections::{BTreeMap, HashSet};

use super::{Comparison, TITLE};
use crate::comparison::{Form, SLOT};
use crate::names;
use crate::period::{are_halves, is_digit_lost, is_period};
use crate::persons;
use crate::slot::{Agreement, agreement, year};

/// Differences up to this long on either side are stepped over without leaving the alignment: a
/// name, a watermark, a few words rewritten.
const MAX_GAP: usize = 12;
/// A clause in place of another, up to this long, is looked at for the name it begins with. Two
/// paragraphs that came to stand opposite each other are not.
const MAX_REPLACED: usize = 40;
/// Equal characters that end a gap. Three meet by chance too often, six lose the place between two
/// masks.
const RESUME: usize = 4;
/// Equal characters that start a run after a jump, where order gives no support.
const JUMP: usize = 12;
/// Stretches of equal characters below this are not trusted to stand opposite to each other, so
/// the values in them are not compared.
const MIN_STRETCH: usize = 8;
/// As [`MIN_STRETCH`] after a jump, which may have led to another place with the same phrase.
const MIN_JUMPED: usize = 24;
/// Exact runs below this are everyday phrases and no evidence of copying.
const LONG_RUN: usize = 16;
/// What follows a year.
const YEAR: u16 = '年' as u16;

/// The walk along the canonical form, with the place in the new one it stands opposite to.
pub(super) struct Alignment<'a> {
    pub(super) new: &'a Form,
    pub(super) canonical: &'a Form,
    /// Where each shingle of the canonical form stands first in the new one.
    pub(super) places: &'a [Option<u32>],
    pub(super) comparison: &'a mut Comparison,
    /// Words put in place of others, and how often: a name changed throughout.
    pub(super) replaced: BTreeMap<(Vec<u16>, Vec<u16>), usize>,
    pub(super) in_long_runs: usize,
    /// The characters of the new form that the canonical one has too, or something in their place.
    pub(super) known: Vec<bool>,
}

impl<'a> Alignment<'a> {
    pub(super) fn walk(&mut self) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (mut i, mut j) = (0, 0);
        let (mut aligned, mut least) = (true, MIN_STRETCH);
        // Where the alignment was left.
        let mut left = (0, 0);
        while j < canonical.len() {
            if aligned {
                let n = equal_length(&new[i..], &canonical[j..], usize::MAX);
                if n >= least {
                    self.stretch(i, j, n);
                }
                self.known[i..i + n].fill(true);
                (i, j) = (i + n, j + n);
                if let Some((di, dj)) = resume(&new[i..], &canonical[j..]) {
                    self.gap(i, di, j, dj);
                    (i, j, least) = (i + di, j + dj, MIN_STRETCH);
                    continue;
                }
                (aligned, left) = (false, (i, j));
            }
            // A shingle that stands elsewhere in the new form opens a stretch when more follows.
            if let Some(place) = self.places.get(j).copied().flatten() {
                let place = place as usize;
                if equal_length(&new[place..], &canonical[j..], JUMP) == JUMP {
                    self.replaced_stretch(left, (place, j));
                    (i, aligned, least) = (place, true, MIN_JUMPED);
                    continue;
                }
            }
            j += 1;
        }
        if !aligned {
            self.replaced_stretch(left, (new.len(), canonical.len()));
        }
        (self.comparison.n_surplus, self.comparison.longest_surplus) = self.surplus();
        let shorter = new.len().min(canonical.len()).max(1);
        self.comparison.overlap = self.in_long_runs.min(shorter) as f64 / shorter as f64;
    }

    /// Length of the different runs of the new form that are not known, and of the longest.
    fn surplus(&self) -> (usize, usize) {
        let mut runs = HashSet::new();
        let mut at = 0;
        for run in self.known.chunk_by(|one, other| one == other) {
            if run.first() == Some(&false) {
                runs.insert(&self.new.characters[at..at + run.len()]);
            }
            at += run.len();
        }
        let lengths = runs.iter().map(|run| run.len());
        (lengths.clone().sum(), lengths.max().unwrap_or(0))
    }

    /// Looks at `n` equal characters from `i` and `j` on.
    fn stretch(&mut self, i: usize, j: usize, n: usize) {
        let long = |run: usize| if run >= LONG_RUN { run } else { 0 };
        // A number beside a gap may be cut by it: 25[watermark]4, or the end of a page.
        let at_start = i == 0 && j == 0;
        let at_end = i + n == self.new.len() && j + n == self.canonical.len();
        let comparable = usize::from(!at_start)..if at_end { n } else { n - 1 };
        let mut run = 0;
        for k in 0..n {
            run += 1;
            let is_slot = self.new.characters[i + k] == SLOT;
            if is_slot && comparable.contains(&k) && !self.values_agree(i + k, j + k) {
                self.in_long_runs += long(run);
                run = 0;
            }
        }
        self.in_long_runs += long(run);
    }

    /// Compares the values of two slots that stand opposite to each other.
    fn values_agree(&mut self, i: usize, j: usize) -> bool {
        let (Some(new), Some(canonical)) = (self.new.slots.at(i), self.canonical.slots.at(j))
        else {
            return true;
        };
        let is_year = self.new.characters.get(i + 1) == Some(&YEAR);
        let years = is_year && year(new).is_some() && year(canonical).is_some();
        let is_period = is_period(&self.new.characters, i, TITLE);
        let agreement = agreement(new, canonical);
        if is_period {
            match agreement {
                Agreement::Same | Agreement::Weak => self.comparison.n_same_periods += 1,
                Agreement::Masked => {}
                Agreement::Different if is_digit_lost(new, canonical) => {
                    self.comparison.n_doubtful_periods += 1;
                }
                Agreement::Different => self.comparison.n_different_periods += 1,
            }
        }
        match agreement {
            Agreement::Same => {
                self.comparison.n_same += 1;
                self.comparison.n_same_years += usize::from(years);
            }
            Agreement::Weak => {}
            Agreement::Masked => {
                self.comparison.n_masked += 1;
                if !new.contains('*') {
                    self.reveal(j);
                }
            }
            Agreement::Different => {
                self.comparison.n_different_years += usize::from(years);
                let shown = format!("{canonical} / {new}");
                self.comparison.different(shown);
                return false;
            }
        }
        true
    }

    /// Notes that the new form says what the canonical one hides or lost at `j`.
    fn reveal(&mut self, j: usize) {
        self.comparison.n_revealed += 1;
        self.comparison.reveals_title |= j < TITLE;
    }

    /// Looks at `di` characters of the new form that stand for `dj` of the canonical one.
    fn gap(&mut self, i: usize, di: usize, j: usize, dj: usize) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (inserted, removed) = (&new[i..i + di], &canonical[j..j + dj]);
        self.known[i..i + di.min(dj)].fill(true);
        let is_open = !self.new.slots.is_masked(i, i + di);
        let was_hidden = match dj {
            0 => self.canonical.is_lost(j),
            _ => self.canonical.slots.is_masked(j, j + dj),
        };
        self.comparison.n_masked += usize::from(!is_open || was_hidden);
        if di > 0 && is_open && was_hidden {
            self.reveal(j);
        }
        if di == 0 || dj == 0 {
            return;
        }
        let rest = self.behind(i + di, j + dj);
        if inserted.contains(&SLOT) || removed.contains(&SLOT) {
            // A mask, or a number in other words: what stands behind it cannot be compared, but
            // 青1县 is not 云2县.
            if names::contradict_around_slots(inserted, removed, rest) {
                self.named_otherwise(i, di, j, dj, true);
            }
            return;
        }
        if are_halves(inserted, removed, rest) {
            self.comparison.n_different_periods += 1;
        }
        let before = &canonical[..j];
        let hidden = |form: &Form, at: usize| form.slots.at(at).is_some_and(|value| value == "*");
        let are_hidden = hidden(self.new, i + di) && hidden(self.canonical, j + dj);
        let contradicts = names::contradict(inserted, removed, rest)
            || persons::contradict(before, inserted, removed, rest)
            || (are_hidden && persons::contradict_before_mask(inserted, removed));
        self.named_otherwise(i, di, j, dj, contradicts);
    }

    /// Looks at the names in what stands between two aligned places and is too different to be
    /// stepped over.
    fn replaced_stretch(&mut self, (i, j): (usize, usize), (i_end, j_end): (usize, usize)) {
        let di = i_end.saturating_sub(i);
        let dj = j_end.saturating_sub(j);
        if di.min(dj) == 0 || di.max(dj) > MAX_REPLACED {
            return;
        }
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (inserted, removed) = (&new[i..i_end], &canonical[j..j_end]);
        let rest = self.behind(i_end, j_end);
        let before = &canonical[..j];
        if names::heads_contradict(inserted, removed)
            || persons::contradict(before, inserted, removed, rest)
        {
            self.named_otherwise(i, di, j, dj, true);
        }
    }

    /// What stands behind the places in both forms. Nothing where a line or sentence ends in one of them:
    /// the words behind belong to no name in front.
    fn behind(&self, i: usize, j: usize) -> &'a [u16] {
        match self.new.is_broken(i) || self.canonical.is_broken(j) {
            true => &[],
            false => &self.canonical.characters[j..],
        }
    }

    /// Notes that `di` characters stand for `dj` others, two names when it `contradicts`.
    fn named_otherwise(&mut self, i: usize, di: usize, j: usize, dj: usize, contradicts: bool) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (inserted, removed) = (&new[i..i + di], &canonical[j..j + dj]);
        let times = self
            .replaced
            .entry((removed.to_vec(), inserted.to_vec()))
            .or_default();
        *times += 1;
        // A slip of the pen is not repeated; one character may be a variant (唯, 惟).
        let throughout = *times > 1 && (contradicts || (di > 1 && dj > 1));
        let in_title = j < TITLE && !self.is_slip(i, di, j, dj);
        self.comparison.is_renamed |= contradicts && (throughout || in_title);
        if contradicts || throughout {
            let shown = format!("{} / {}", words(removed), words(inserted));
            self.comparison.different(shown);
        }
    }

    /// True when the name of one report stands somewhere in the other: it was mistyped once.
    fn is_slip(&self, i: usize, di: usize, j: usize, dj: usize) -> bool {
        // With a character on either side the window holds the name and its suffix.
        let window = |text: &[u16], at: usize, n: usize| {
            let range = at.saturating_sub(1)..(at + n + 1).min(text.len());
            text[range].to_vec()
        };
        let holds = |text: &[u16], name: &[u16]| text.windows(name.len()).any(|w| w == name);
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        holds(new, &window(canonical, j, dj)) || holds(canonical, &window(new, i, di))
    }
}

fn words(characters: &[u16]) -> String {
    characters
        .iter()
        .filter_map(|&c| char::from_u32(c.into()))
        .collect()
}

/// How many characters `one` and `other` begin with together, up to `most`.
fn equal_length(one: &[u16], other: &[u16], most: usize) -> usize {
    let pairs = one.iter().zip(other).take(most);
    pairs.take_while(|(a, b)| a == b).count()
}

/// The shortest step on both sides after which the two go on alike; equal steps first, as a name
/// stands for a name.
fn resume(new: &[u16], canonical: &[u16]) -> Option<(usize, usize)> {
    for longer in 1..=MAX_GAP {
        for shorter in (0..=longer).rev() {
            for (di, dj) in [(longer, shorter), (shorter, longer)] {
                let (Some(new), Some(canonical)) = (new.get(di..), canonical.get(dj..)) else {
                    continue;
                };
                if equal_length(new, canonical, RESUME) == RESUME {
                    return Some((di, dj));
                }
            }
        }
    }
    None
}
