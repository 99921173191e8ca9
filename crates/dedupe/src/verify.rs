//! Is a candidate a copy? Aligns two forms and looks at what differs.

mod alignment;

use std::collections::BTreeMap;

use taosha_core::Relation;

use self::alignment::Alignment;
use crate::comparison::Form;
use crate::config::DedupeConfig;
use crate::lists;
use crate::names;
use crate::signature::{SHINGLE, Shingles};

/// Of the shorter form, the share that must stand in long runs of the other. A copy masked
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
    /// The title says that this is no last version: of the new form, and of the canonical one.
    are_drafts: (bool, bool),
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
        // What was changed in the end stands in the last version only.
        let is_corrected = self.are_drafts.0 != self.are_drafts.1 && self.n_different > 0;
        figures_differ || years_differ || periods_differ || self.is_renamed || is_corrected
    }

    /// True when the new report is the last version of a draft.
    pub(crate) fn is_final(&self) -> bool {
        self.are_drafts == (false, true)
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
        are_drafts: (is_draft(new), is_draft(canonical)),
        reveals_title: names_more(new, canonical),
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

fn is_draft(form: &Form) -> bool {
    form.title().is_some_and(names::is_draft)
}

/// True when the title of `new` names a place or school and the head of `canonical` none: 工作总结. A
/// collection of reports has a title of its own.
fn names_more(new: &Form, canonical: &Form) -> bool {
    let is_whole = new.len() as f64 > canonical.len() as f64 * MAX_PART;
    let head = || canonical.title().or(canonical.characters.get(..TITLE));
    is_whole
        && new.title().is_some_and(names::is_named)
        && head().is_some_and(|head| !names::is_named(head))
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

    /// With so many more figures that one which differs may be a slip.
    fn long_text() -> String {
        let item = |n: usize| {
            format!(
                "第{n}批改造厕所{}座,硬化道路{}米。",
                13 * n + 20,
                97 * n + 310
            )
        };
        let items: String = (1..=20).map(item).collect();
        format!("{TEXT}{items}")
    }

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
    fn words_in_place_of_others_are_no_names() {
        let config = DedupeConfig::default();
        let canonical = format!(
            "年度总结\n县教育局:\n{}全面落实乡村教师补助,落实市场监管责任。",
            long_text()
        );
        let new = canonical.replace("年度总结", "工作汇报");
        let new = new.replace("落实", "兑现");
        let comparison = compared_with(&new, &canonical);
        assert_eq!(
            comparison.relation(&config),
            Some(Relation::Near),
            "{comparison:?}"
        );
    }

    #[test]
    fn a_last_version_with_other_figures_is_no_copy_of_its_draft() {
        let config = DedupeConfig::default();
        let draft = format!("青禾县教育局工作报告（征求意见稿）\n{}", long_text());
        let last = draft.replace("（征求意见稿）", "");
        let comparison = compared_with(&last, &draft);
        assert_eq!(
            comparison.relation(&config),
            Some(Relation::Near),
            "{comparison:?}"
        );
        assert!(comparison.is_final());
        let corrected = last.replace("3150", "3158");
        assert!(compared_with(&corrected, &draft).are_siblings());
        let typo = draft.replace("3150", "3158");
        let comparison = compared_with(&typo, &draft);
        assert_eq!(comparison.relation(&config), Some(Relation::Near));
    }

    #[test]
    fn a_copy_whose_title_says_whose_it_is_is_fuller() {
        let named = format!("青禾县教育局2019年工作总结\n{TEXT}");
        let opening = "全县教育系统在县委领导下做了大量卓有成效的工作。";
        for title in ["工作总结\n", opening] {
            let bare = format!("{title}{TEXT}");
            let comparison = compared_with(&named, &bare);
            assert!(comparison.is_fuller(&DedupeConfig::default()), "{title}");
            let comparison = compared_with(&bare, &named);
            let relation = comparison.relation(&DedupeConfig::default());
            assert_eq!(relation, Some(Relation::Near), "{title}");
        }
    }

    #[test]
    fn digits_that_stand_apart_are_one_number() {
        let apart = TEXT.replace("3150", "3 1 5 0").replace("286", "2 8 6");
        let comparison = compared(&apart);
        assert_eq!((comparison.n_different, comparison.resemblance), (0, 1.0));
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
