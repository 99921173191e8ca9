//! Is a candidate a copy? Aligns two forms and looks at what differs.

use std::collections::{BTreeMap, HashSet};

use taosha_core::Relation;

use crate::comparison::{Form, SLOT};
use crate::config::DedupeConfig;
use crate::lists;
use crate::names;
use crate::period::{are_halves, is_digit_lost, is_period};
use crate::persons;
use crate::signature::{SHINGLE, Shingles};
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

/// Of the shorter form, the share that must stand in [`LONG_RUN`]s of the other. A copy masked
/// every ten words still has a third; two reports written from set phrases have less.
const MIN_OVERLAP: f64 = 0.35;
/// Of the values that can be compared, one in this many may differ: a site that rewrites the year
/// of the title, a mistyped digit. With fewer values than this none may.
const COMPARED_PER_CONFLICT: usize = 10;
/// Shared part of the shorter report from which it is a part of the longer one.
const MIN_CONTAINMENT: f64 = 0.85;
/// As [`MIN_CONTAINMENT`], of a report that resembles the whole enough to be near. A cut copy has 1,
/// less what a mask or a slip of the pen takes; a masked copy of some paragraphs stays near.
const PLAIN_PART: f64 = 0.95;
/// A part is at most this share of the whole; above, the two are near or nothing.
const MAX_PART: f64 = 0.9;
/// A report names its place in its first characters; another name there is another report.
const TITLE: usize = 24;
/// What follows a year.
const YEAR: u16 = '年' as u16;
/// Characters a copy may add to the original in one place: a line of site text.
const LONGEST_SURPLUS: usize = 40;
/// Characters it may add altogether: a line at the head, one at the foot, watermarks.
const SURPLUS: usize = 80;
/// As [`SURPLUS`] of a long report: one in this many characters.
const SURPLUS_ONE_IN: usize = 20;
/// Whatever the length of the report, more than this is a paragraph.
const MAX_SURPLUS: usize = 200;
/// Names and figures a copy may know that the original hides or lost. One or two are slips; the
/// name of the county stands in any report three times.
const REVEALED: usize = 2;
/// Below so many comparable figures, and without a name in the title, nothing tells two reports
/// from one template apart but their words.
const FEW_VALUES: usize = 3;
/// Least resemblance of two such reports: one sentence in ten may differ.
const NAMELESS_RESEMBLANCE: f64 = 0.8;
/// Differing values kept for the trail.
const MAX_SHOWN: usize = 4;

/// How a report compares with a canonical one.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Jaccard resemblance of the two whole forms: of their shingles, each as often as it stands.
    pub(crate) resemblance: f64,
    /// Share of the shingles of the shorter form.
    pub(crate) containment: f64,
    /// Share of the shorter form in long runs.
    pub(crate) overlap: f64,
    /// Values that are the same and tell something.
    pub(crate) n_same: usize,
    /// Pairs of values or names of which one is masked.
    pub(crate) n_masked: usize,
    /// Values and names that contradict each other.
    pub(crate) n_different: usize,
    /// Some of them, as `canonical / new`.
    pub(crate) differences: Vec<String>,
    /// Of the values above, those that are years.
    n_same_years: usize,
    n_different_years: usize,
    /// Of all values, those that say the month, quarter or number of the report.
    n_same_periods: usize,
    n_different_periods: usize,
    /// Periods that a lost digit may have changed: 11月, 1月.
    n_doubtful_periods: usize,
    /// A name stands in place of another more than once, or in the title.
    is_renamed: bool,
    /// Characters of the new form that stand nowhere in the canonical one; words added again and
    /// again, such as a watermark, once.
    pub(crate) n_surplus: usize,
    /// The longest of these in one place.
    longest_surplus: usize,
    /// Names and figures of the new form that the canonical one hides or lost.
    pub(crate) n_revealed: usize,
    /// One of them stands in the title: the place or the year the report is of.
    reveals_title: bool,
    /// The title of the new form holds a name that can be recognised.
    is_named: bool,
    /// Characters of the new form and the canonical one.
    lengths: (usize, usize),
}

impl Comparison {
    /// What the new report is to the canonical one, of what `config` asks for; `None` when both
    /// stand for themselves.
    pub(crate) fn relation(&self, config: &DedupeConfig) -> Option<Relation> {
        if self.are_siblings() || self.overlap < MIN_OVERLAP || self.says_more() {
            return None;
        }
        let is_near = config.near && self.is_near(config);
        let least = if is_near { PLAIN_PART } else { MIN_CONTAINMENT };
        if config.contained && self.is_part() && self.containment >= least {
            return Some(Relation::Contained);
        }
        is_near.then_some(Relation::Near)
    }

    /// True when so much of the canonical report is missing that the new one is no whole copy.
    fn is_part(&self) -> bool {
        let (new, canonical) = self.lengths;
        new as f64 <= canonical as f64 * MAX_PART
    }

    fn is_near(&self, config: &DedupeConfig) -> bool {
        let is_vague = !self.is_named && self.n_same + self.n_different < FEW_VALUES;
        let least = match is_vague {
            true => config.similarity.max(NAMELESS_RESEMBLANCE),
            false => config.similarity,
        };
        self.resemblance >= least
    }

    /// True when the new report would be a copy, did it not say more than the canonical one, which
    /// may be a fragment, damaged or masked.
    pub(crate) fn is_fuller(&self, config: &DedupeConfig) -> bool {
        let is_alike = self.is_near(config) || self.containment >= MIN_CONTAINMENT;
        is_alike && !self.are_siblings() && self.overlap >= MIN_OVERLAP && self.says_more()
    }

    /// True when collapsing the new report would hide something the canonical one does not say.
    fn says_more(&self) -> bool {
        let share = self.lengths.1 / SURPLUS_ONE_IN;
        self.longest_surplus > LONGEST_SURPLUS
            || self.n_surplus > share.clamp(SURPLUS, MAX_SURPLUS)
            || self.n_revealed > REVEALED
            || self.reveals_title
    }

    /// Ranks originals of one copy, 0 to 3. A masked copy fits all siblings of its original; the
    /// values and the runs left open tell which of them it was made from.
    pub(crate) fn score(&self) -> f64 {
        let compared = self.n_same + self.n_masked + self.n_different;
        let same = match compared {
            0 => 1.0,
            _ => self.n_same as f64 / compared as f64,
        };
        self.resemblance + same + self.overlap
    }

    /// True when the words agree and the figures or names do not: two reports from one template.
    pub(crate) fn are_siblings(&self) -> bool {
        let figures_differ =
            self.n_different * COMPARED_PER_CONFLICT > self.n_same + self.n_different;
        // Next year's report may repeat every other figure; a site that rewrites years leaves some.
        let years_differ = self.n_different_years > self.n_same_years;
        // A bulletin of the next month repeats the figures of the plan. A lost digit comes alone.
        let doubtful = match self.n_different > self.n_doubtful_periods {
            true => self.n_doubtful_periods,
            false => 0,
        };
        let n_periods = self.n_different_periods + doubtful;
        // 4月10日, 4月20日: of a date one half may be the same.
        let periods_differ = n_periods > 0 && n_periods >= self.n_same_periods;
        figures_differ || years_differ || periods_differ || self.is_renamed
    }

    fn different(&mut self, shown: String) {
        self.n_different += 1;
        if self.differences.len() < MAX_SHOWN {
            self.differences.push(shown);
        }
    }
}

/// Compares the form `new`, whose shingles are `shingles`, with `canonical`. Linear in the longer
/// of the two.
pub(crate) fn compare(new: &Form, shingles: &Shingles, canonical: &Form) -> Comparison {
    let meeting = shingles.meet(&canonical.characters);
    let (n_new, n_canonical) = (shingles.len(), meeting.places.len());
    let share = |of: usize| meeting.n_common as f64 / of.max(1) as f64;
    let mut comparison = Comparison {
        resemblance: share(n_new + n_canonical - meeting.n_common),
        containment: share(n_new.min(n_canonical)),
        is_named: names::is_named(new.characters.get(..TITLE).unwrap_or_default()),
        lengths: (new.len(), canonical.len()),
        ..Comparison::default()
    };
    let mut known = vec![false; new.len()];
    for (place, _) in meeting.shared.iter().enumerate().filter(|(_, is)| **is) {
        known[place..place + SHINGLE].fill(true);
    }
    let mut alignment = Alignment {
        new,
        canonical,
        places: &meeting.places,
        comparison: &mut comparison,
        replaced: BTreeMap::new(),
        in_long_runs: 0,
        known,
    };
    alignment.walk();
    for (n_members, shown) in lists::differences(new, canonical) {
        comparison.different(shown);
        comparison.n_different += n_members - 1;
    }
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
    /// The characters of the new form that the canonical one has too, or something in their place.
    known: Vec<bool>,
}

impl Alignment<'_> {
    fn walk(&mut self) {
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
        let rest = &canonical[j + dj..];
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
        let rest = &canonical[j_end..];
        let before = &canonical[..j];
        if names::heads_contradict(inserted, removed)
            || persons::contradict(before, inserted, removed, rest)
        {
            self.named_otherwise(i, di, j, dj, true);
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

/// Fewest characters of a form that can have near copies: below, the figures and names that tell
/// siblings apart are too few, and a single masked name halves the resemblance.
pub(crate) const MIN_NEAR: usize = SHINGLE * 16;

/// Most characters of a form that is compared with others: a page of millions of characters is a
/// dump of many, and holding two of them would break the memory budget.
pub(crate) const MAX_NEAR: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::windows;

    const TEXT: &str = "青禾县教育局全年投入资金286万元,新建校舍12所,改造危房47间,惠及学生3150人。\
        青禾县各学校把安全工作放在首位,每月开展隐患排查,整改问题95处。教师培训覆盖1280人次,\
        骨干教师送教下乡26次。全县适龄儿童入学率达到99.8%,控辍保学成果得到巩固。下一步将继续加大投入,\
        推动城乡学校结对帮扶,让更多孩子在家门口上好学。";

    fn compared(new: &str) -> Comparison {
        compared_with(new, TEXT)
    }

    fn compared_with(new: &str, canonical: &str) -> Comparison {
        let (new, canonical) = (Form::of(new), Form::of(canonical));
        let hashes: Vec<u64> = windows(&new.characters, SHINGLE).collect();
        compare(&new, &Shingles::of(&hashes), &canonical)
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
    fn a_copy_may_show_little_of_what_the_first_one_hides() {
        let config = DedupeConfig::default();
        let masked = TEXT.replace("95处", "xx处").replace("47间", "x间");
        let comparison = compared_with(TEXT, &masked);
        assert_eq!(comparison.relation(&config), Some(Relation::Near));

        for more in [
            masked.replace("3150", "xxxx"),
            TEXT.replacen("青禾", "XX", 1),
        ] {
            let comparison = compared_with(TEXT, &more);
            assert_eq!(comparison.relation(&config), None);
            assert!(comparison.is_fuller(&config));
        }
    }

    #[test]
    fn a_copy_that_has_what_the_first_one_lost_is_fuller() {
        for damaged in [
            TEXT.replace("校", "\u{FFFD}"),
            TEXT.replace("全县", "?县").replace("校", "?"),
        ] {
            let comparison = compared_with(TEXT, &damaged);
            assert!(
                comparison.is_fuller(&DedupeConfig::default()),
                "{comparison:?}"
            );
        }
    }

    #[test]
    fn a_fragment_repeated_ten_times_is_not_the_whole() {
        let items = |n: usize| -> String {
            let item =
                |n: usize| format!("第{n}项:检查企业{}家,整改到位,群众反映良好。", n * 13 + 5);
            (0..n).map(item).collect()
        };
        let whole = format!("{TEXT}{}", items(40));
        let comparison = compared_with(&whole, &format!("{TEXT}{}", items(4)));
        assert!(comparison.resemblance < 0.5, "{}", comparison.resemblance);
        assert!(comparison.is_fuller(&DedupeConfig::default()));
    }

    #[test]
    fn one_paragraph_more_is_more_and_a_watermark_is_not() {
        let config = DedupeConfig::default();
        let paragraph = "财务公开栏每季更新,食堂采购由家长代表轮流监督,账目张贴在校门口;图书角添置新书,\
            阅览室周末开放,乡村少年宫请来老艺人教剪纸和皮影,孩子们排练的节目登上了村里的戏台。";
        let longer = compared(&format!("{TEXT}{paragraph}"));
        assert!(longer.is_fuller(&config) && longer.relation(&config).is_none());
        let marked = compared(&TEXT.replace(",", "[万叶范文网]"));
        assert!(!marked.is_fuller(&config), "{marked:?}");
    }

    #[test]
    fn damaged_names_of_two_counties_make_siblings() {
        for (one, other) in [
            ("青0", "云1"),
            ("青l", "云l"),
            ("Q禾", "Y岭"),
            ("青0", "云岭"),
        ] {
            let (one, other) = (TEXT.replace("青禾", one), TEXT.replace("青禾", other));
            let comparison = compared_with(&other, &one);
            assert!(comparison.are_siblings(), "{one} {comparison:?}");
        }
        let damaged = compared(&TEXT.replace("青禾", "青0"));
        assert_eq!(
            damaged.relation(&DedupeConfig::default()),
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
