//! Is a candidate a copy? Aligns two forms and looks at what differs.

use std::collections::BTreeMap;

use taosha_core::Relation;

use crate::comparison::{Form, SLOT};
use crate::names;
use crate::signature::{SHINGLE, Shingles};
use crate::slot::{Agreement, agreement};

/// Differences up to this long on either side are stepped over without leaving the alignment: a
/// name, a watermark, a few words rewritten.
const MAX_GAP: usize = 12;
/// Equal characters that end a gap. Three meet by chance too often, six lose the place between two
/// masks.
const RESUME: usize = 4;
/// Equal characters that start a run after a jump, where order gives no support.
const JUMP: usize = 12;
/// Exact runs below this are everyday phrases and no evidence of copying.
const LONG_RUN: usize = 16;

/// Of the shorter form, the share that must stand in [`LONG_RUN`]s of the other. A copy masked
/// every ten words still has a third; two reports written from set phrases have less.
const MIN_OVERLAP: f64 = 0.35;
/// Of the values that can be compared, one in this many may differ: a site that rewrites the year
/// of the title, a mistyped digit. With fewer values than this none may.
const COMPARED_PER_CONFLICT: usize = 16;
/// Shared part of the shorter report from which it is a part of the longer one.
const MIN_CONTAINMENT: f64 = 0.85;
/// A part is at most this share of the whole; above, the two are near or nothing.
const MAX_PART: f64 = 0.9;
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
    lengths: (usize, usize),
}

impl Comparison {
    /// What the new report is to the canonical one; `None` when both stand for themselves.
    pub(crate) fn relation(&self, similarity: f64) -> Option<Relation> {
        if self.are_siblings() || self.overlap < MIN_OVERLAP {
            return None;
        }
        if self.resemblance >= similarity {
            return Some(Relation::Near);
        }
        let (new, canonical) = self.lengths;
        let part = new.min(canonical) as f64 <= new.max(canonical) as f64 * MAX_PART;
        if self.containment < MIN_CONTAINMENT || !part {
            return None;
        }
        Some(match new < canonical {
            true => Relation::Contained,
            false => Relation::Contains,
        })
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
        self.n_different * COMPARED_PER_CONFLICT > self.n_same + self.n_different
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
        run: 0,
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
    run: usize,
}

impl Alignment<'_> {
    fn walk(&mut self) {
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (mut i, mut j) = (0, 0);
        let mut aligned = true;
        while j < canonical.len() {
            if aligned && i < new.len() && new[i] == canonical[j] {
                self.equal(i, j);
                (i, j) = (i + 1, j + 1);
                continue;
            }
            if aligned && let Some((di, dj)) = resume(&new[i.min(new.len())..], &canonical[j..]) {
                self.gap(i, di, j, dj);
                (i, j) = (i + di, j + dj);
                continue;
            }
            self.end_run();
            aligned = false;
            // A shingle that stands elsewhere in the new form opens a run when more follows it.
            if let Some(place) = self.places.get(j).copied().flatten() {
                let place = place as usize;
                if equal_length(&new[place..], &canonical[j..], JUMP) == JUMP {
                    (i, aligned) = (place, true);
                    continue;
                }
            }
            j += 1;
        }
        self.end_run();
        let shorter = new.len().min(canonical.len()).max(1);
        self.comparison.overlap = self.in_long_runs.min(shorter) as f64 / shorter as f64;
    }

    fn equal(&mut self, i: usize, j: usize) {
        self.run += 1;
        if self.new.characters[i] == SLOT {
            self.values(i, j);
        }
    }

    /// Compares the values of two slots that stand opposite to each other.
    fn values(&mut self, i: usize, j: usize) {
        let (Some(new), Some(canonical)) = (self.new.slots.at(i), self.canonical.slots.at(j))
        else {
            return;
        };
        match agreement(new, canonical) {
            Agreement::Same => self.comparison.n_same += 1,
            Agreement::Weak => {}
            Agreement::Masked => self.comparison.n_masked += 1,
            Agreement::Different => {
                let shown = format!("{canonical} / {new}");
                self.different(shown);
            }
        }
    }

    fn different(&mut self, shown: String) {
        self.comparison.n_different += 1;
        if self.comparison.differences.len() < MAX_SHOWN {
            self.comparison.differences.push(shown);
        }
        self.end_run();
    }

    fn gap(&mut self, i: usize, di: usize, j: usize, dj: usize) {
        self.end_run();
        let (new, canonical) = (&self.new.characters, &self.canonical.characters);
        let (inserted, removed) = (&new[i..i + di], &canonical[j..j + dj]);
        // A mask, or a number in other words: the name or figure behind it cannot be compared.
        if inserted.contains(&SLOT) || removed.contains(&SLOT) {
            return;
        }
        if di == 0 || dj == 0 {
            return;
        }
        let contradicts = names::contradict(inserted, removed, &canonical[j + dj..]);
        let times = self
            .replaced
            .entry((removed.to_vec(), inserted.to_vec()))
            .or_default();
        *times += 1;
        // A slip of the pen is not repeated; one character may be a variant (唯, 惟).
        let throughout = *times > 1 && di > 1 && dj > 1;
        if contradicts || throughout {
            let shown = format!("{} / {}", words(removed), words(inserted));
            self.different(shown);
        }
    }

    fn end_run(&mut self) {
        if self.run >= LONG_RUN {
            self.in_long_runs += self.run;
        }
        self.run = 0;
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
        let (new, canonical) = (Form::of(new), Form::of(TEXT));
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
        assert_eq!(compared(&masked).relation(0.6), Some(Relation::Near));
    }

    #[test]
    fn other_figures_make_a_sibling() {
        let sibling = TEXT
            .replace("286", "311")
            .replace("12所", "15所")
            .replace("3150", "4020");
        let comparison = compared(&sibling);
        assert_eq!(comparison.relation(0.6), None);
        assert_eq!(comparison.differences[0], "2860000 / 3110000");
    }

    #[test]
    fn another_county_makes_a_sibling() {
        let comparison = compared(&TEXT.replace("青禾", "云岭"));
        assert_eq!(comparison.relation(0.6), None);
        assert_eq!(comparison.differences[0], "青禾 / 云岭");
    }

    #[test]
    fn moved_sentences_and_slips_of_the_pen_stay_near() {
        let (head, tail) = TEXT.split_once('。').unwrap();
        let moved = format!("{tail}{head}。").replace("放在首位", "放再首位");
        let comparison = compared(&moved);
        assert_eq!(
            comparison.relation(0.6),
            Some(Relation::Near),
            "{comparison:?}"
        );
    }

    #[test]
    fn the_first_page_is_contained() {
        let page: String = TEXT.chars().take(90).collect();
        assert_eq!(compared(&page).relation(0.6), Some(Relation::Contained));
        assert_eq!(
            compared(&TEXT.repeat(1)).relation(0.6),
            Some(Relation::Near)
        );
    }
}
