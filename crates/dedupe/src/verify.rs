//! Is a candidate a copy? Aligns two forms and looks at what differs.

use std::collections::BTreeMap;

use taosha_core::Relation;

use crate::comparison::{Form, SLOT};
use crate::config::DedupeConfig;
use crate::names;
use crate::signature::{SHINGLE, Shingles};
use crate::slot::{Agreement, agreement, year};

/// Differences up to this long on either side are stepped over without leaving the alignment: a
/// name, a watermark, a few words rewritten.
const MAX_GAP: usize = 12;
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

/// Of the shorter form, the share that must stand in [`LONG_RUN`]s of the other. A copy masked
/// every ten words still has a third; two reports written from set phrases have less.
const MIN_OVERLAP: f64 = 0.35;
/// Of the values that can be compared, one in this many may differ: a site that rewrites the year
/// of the title, a mistyped digit. With fewer values than this none may.
const COMPARED_PER_CONFLICT: usize = 10;
/// Shared part of the shorter report from which it is a part of the longer one.
const MIN_CONTAINMENT: f64 = 0.85;
/// A part is at most this share of the whole; above, the two are near or nothing.
const MAX_PART: f64 = 0.9;
/// A report names its place in its first characters; another name there is another report.
const TITLE: usize = 24;
/// What follows a year.
const YEAR: u16 = '年' as u16;
/// Differing values kept for the trail.
const MAX_SHOWN: usize = 4;

/// How a report compares with a canonical one.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Exact Jaccard resemblance of the shingle sets.
    pub(crate) resemblance: f64,
    /// Share of the shingles of the smaller set.
    pub(crate) containment: f64,
    /// Share of the shorter form in long runs.
    pub(crate) overlap: f64,
    /// Values that are the same and tell something.
    pub(crate) n_same: usize,
    /// Pairs of values of which one is masked.
    pub(crate) n_masked: usize,
    /// Values and names that contradict each other.
    pub(crate) n_different: usize,
    /// Some of them, as `canonical / new`.
    pub(crate) differences: Vec<String>,
    /// Of the values above, those that are years.
    n_same_years: usize,
    n_different_years: usize,
    /// A name stands in place of another more than once, or in the title.
    is_renamed: bool,
    /// Characters of the new form and the canonical one.
    lengths: (usize, usize),
}

impl Comparison {
    /// What the new report is to the canonical one, of what `config` asks for; `None` when both
    /// stand for themselves.
    pub(crate) fn relation(&self, config: &DedupeConfig) -> Option<Relation> {
        if self.are_siblings() || self.overlap < MIN_OVERLAP {
            return None;
        }
        if config.near && self.resemblance >= config.similarity {
            return Some(Relation::Near);
        }
        // The other way round, the longer one says more and stays, and so does the shorter: it was
        // there first.
        let (new, canonical) = self.lengths;
        let is_part = new as f64 <= canonical as f64 * MAX_PART;
        let contained = config.contained && is_part && self.containment >= MIN_CONTAINMENT;
        contained.then_some(Relation::Contained)
    }

    /// Ranks originals of one copy, 0 to 2. A masked copy fits all siblings of its original; the
    /// values left open tell which of them it was made from.
    pub(crate) fn score(&self) -> f64 {
        let compared = self.n_same + self.n_masked + self.n_different;
        let same = match compared {
            0 => 1.0,
            _ => self.n_same as f64 / compared as f64,
        };
        self.resemblance + same
    }

    /// True when the words agree and the figures or names do not: two reports from one template.
    pub(crate) fn are_siblings(&self) -> bool {
        let figures_differ =
            self.n_different * COMPARED_PER_CONFLICT > self.n_same + self.n_different;
        // Next year's report may repeat every other figure; a site that rewrites years leaves some.
        let years_differ = self.n_different_years > self.n_same_years;
        figures_differ || years_differ || self.is_renamed
    }

    fn different(&mut self, shown: String) {
        self.n_different += 1;
        if self.differences.len() < MAX_SHOWN {
            self.differences.push(shown);
        }
    }
}

/// Compares the form `new`, whose shingles are `shingles`, with `canonical`, which has
/// `n_canonical` different shingles. Linear in the longer of the two.
pub(crate) fn compare(
    new: &Form,
    shingles: &Shingles,
    canonical: &Form,
    n_canonical: usize,
) -> Comparison {
    let (n_common, places) = shingles.meet(&canonical.characters);
    let n_new = shingles.len();
    let share = |of: usize| n_common as f64 / of.max(1) as f64;
    let mut comparison = Comparison {
        resemblance: share(n_new + n_canonical - n_common.min(n_canonical)),
        containment: share(n_new.min(n_canonical)),
        lengths: (new.len(), canonical.len()),
        ..Comparison::default()
    };
    let mut alignment = Alignment {
        new,
        canonical,
        places: &places,
        comparison: &mut comparison,
        replaced: BTreeMap::new(),
        in_long_runs: 0,
    };
    alignment.walk();
    comparison
}

/// The walk along the canonical form, with the place in the new one it stands opposite to.
struct Alignment<'a> {
    new: &'a Form,
    canonical: &'a Form,
    /// Where each shingle of the canonical form stands first in the new one.
    places: &'a [Option<u32>],
    comparison: &'a mut Comparison,
    /// Words put in place of others, and how often: a name changed throughout.
    replaced: BTreeMap<(Vec<u16>, Vec<u16>), usize>,
    in_long_runs: usize,
}

impl Alignment<'_> {
    fn walk(&mut self) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (mut i, mut j) = (0, 0);
        let (mut aligned, mut least) = (true, MIN_STRETCH);
        while j < canonical.len() {
            if aligned {
                let n = equal_length(&new[i..], &canonical[j..], usize::MAX);
                if n >= least {
                    self.stretch(i, j, n);
                }
                (i, j) = (i + n, j + n);
                if let Some((di, dj)) = resume(&new[i..], &canonical[j..]) {
                    self.gap(i, di, j, dj);
                    (i, j, least) = (i + di, j + dj, MIN_STRETCH);
                    continue;
                }
                aligned = false;
            }
            // A shingle that stands elsewhere in the new form opens a stretch when more follows.
            if let Some(place) = self.places.get(j).copied().flatten() {
                let place = place as usize;
                if equal_length(&new[place..], &canonical[j..], JUMP) == JUMP {
                    (i, aligned, least) = (place, true, MIN_JUMPED);
                    continue;
                }
            }
            j += 1;
        }
        let shorter = new.len().min(canonical.len()).max(1);
        self.comparison.overlap = self.in_long_runs.min(shorter) as f64 / shorter as f64;
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
        match agreement(new, canonical) {
            Agreement::Same => {
                self.comparison.n_same += 1;
                self.comparison.n_same_years += usize::from(years);
            }
            Agreement::Weak => {}
            Agreement::Masked => self.comparison.n_masked += 1,
            Agreement::Different => {
                self.comparison.n_different_years += usize::from(years);
                let shown = format!("{canonical} / {new}");
                self.comparison.different(shown);
                return false;
            }
        }
        true
    }

    /// Looks at `di` characters of the new form that stand for `dj` of the canonical one.
    fn gap(&mut self, i: usize, di: usize, j: usize, dj: usize) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (inserted, removed) = (&new[i..i + di], &canonical[j..j + dj]);
        // A mask, or a number in other words: the name or figure behind it cannot be compared.
        let hidden = inserted.contains(&SLOT) || removed.contains(&SLOT);
        if hidden || di == 0 || dj == 0 {
            return;
        }
        let contradicts = names::contradict(inserted, removed, &canonical[j + dj..]);
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

/// Fewest characters of a form that can have near copies: below, the figures and names that tell
/// siblings apart are too few, and a single masked name halves the resemblance.
pub(crate) const MIN_NEAR: usize = SHINGLE * 16;

/// Most characters of a form that is compared with others: a page of millions of characters is a
/// dump of many, and holding two of them would break the memory budget.
pub(crate) const MAX_NEAR: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "青禾县教育局全年投入资金286万元,新建校舍12所,改造危房47间,惠及学生3150人。\
        青禾县各学校把安全工作放在首位,每月开展隐患排查,整改问题95处。教师培训覆盖1280人次,\
        骨干教师送教下乡26次。全县适龄儿童入学率达到99.8%,控辍保学成果得到巩固。下一步将继续加大投入,\
        推动城乡学校结对帮扶,让更多孩子在家门口上好学。";

    fn compared(new: &str) -> Comparison {
        compared_with(new, TEXT)
    }

    fn compared_with(new: &str, canonical: &str) -> Comparison {
        let (new, canonical) = (Form::of(new), Form::of(canonical));
        let shingles = Shingles::of(&new.characters);
        let n_canonical = Shingles::of(&canonical.characters).len();
        compare(&new, &shingles, &canonical, n_canonical)
    }

    #[test]
    fn a_masked_copy_is_near() {
        let masked = TEXT
            .replace("青禾", "XX")
            .replace("286", "xx")
            .replace("47", "x");
        assert_eq!(
            compared(&masked).relation(&DedupeConfig::default()),
            Some(Relation::Near)
        );
    }

    #[test]
    fn a_copy_may_show_what_the_first_one_hides() {
        let masked = TEXT.replace("青禾", "XX").replace("286", "xx");
        let comparison = compared_with(TEXT, &masked);
        assert_eq!(
            comparison.relation(&DedupeConfig::default()),
            Some(Relation::Near)
        );
    }

    #[test]
    fn other_figures_make_a_sibling() {
        let sibling = TEXT
            .replace("286", "311")
            .replace("12所", "15所")
            .replace("3150", "4020");
        let comparison = compared(&sibling);
        assert_eq!(comparison.relation(&DedupeConfig::default()), None);
        assert_eq!(comparison.differences[0], "2860000 / 3110000");
    }

    #[test]
    fn another_county_makes_a_sibling() {
        let comparison = compared(&TEXT.replace("青禾", "云岭"));
        assert_eq!(comparison.relation(&DedupeConfig::default()), None);
        assert_eq!(comparison.differences[0], "青禾 / 云岭");
    }

    #[test]
    fn moved_sentences_and_slips_of_the_pen_stay_near() {
        let (head, tail) = TEXT.split_once('。').unwrap();
        let moved = format!("{tail}{head}。").replace("放在首位", "放再首位");
        let comparison = compared(&moved);
        assert_eq!(
            comparison.relation(&DedupeConfig::default()),
            Some(Relation::Near),
            "{comparison:?}"
        );
    }

    #[test]
    fn the_first_page_is_contained() {
        let page: String = TEXT.chars().take(90).collect();
        assert_eq!(
            compared(&page).relation(&DedupeConfig::default()),
            Some(Relation::Contained)
        );
        let more: String = ('\u{5000}'..'\u{5200}').collect();
        let longer = compared(&format!("{TEXT}{more}"));
        assert_eq!(longer.relation(&DedupeConfig::default()), None);
    }
}
