//! Which markers of a page announce its reports: the chain of rising numbers in one style whose
//! members look most like the head of a report.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::marker::{Marker, MarkerStyle};
use crate::page::{Page, n_chars_up_to};
use crate::rules::{self, OPENINGS, UNITS};
use crate::{lines, title, unit};

/// A marker with less text than this before the next one is a line of a table of contents.
const MIN_BODY: usize = 60;

/// A line of more bytes (some 65 characters) is not a title alone.
const LONGEST_TITLE: usize = 200;

/// Mean score from which a chain of markers is believed. A bare 第N篇 at the start of a line with a
/// title behind it has 2.5, a 第N部分 that is a heading of one report at most 1.
const BELIEVED: f32 = 2.0;

/// The same for a marker that stands alone, which no sequence supports.
const BELIEVED_ALONE: f32 = 3.0;

/// How far back a chain looks for the marker before; strays between two markers are few.
const LOOK_BACK: usize = 12;

impl Page<'_> {
    /// The style, the score and the markers of the chain that is believed, if any is.
    pub(crate) fn best_chain<'m>(
        &self,
        markers: &'m [Marker],
    ) -> Option<(MarkerStyle, f32, Vec<&'m Marker>)> {
        let mut groups: BTreeMap<(MarkerStyle, &str), Vec<&Marker>> = BTreeMap::new();
        for marker in markers {
            groups
                .entry((marker.style, &marker.base))
                .or_default()
                .push(marker);
        }
        let mut best: Option<(MarkerStyle, f32, Vec<&Marker>)> = None;
        for ((style, _), group) in groups {
            let group = self.without_contents(self.of_units(style, group));
            let Some((score, chain)) = self.chain(&group) else {
                continue;
            };
            let mean = score / chain.len() as f32;
            let alone = chain.len() == 1;
            let may_be_alone = !matches!(
                style,
                MarkerStyle::Listed | MarkerStyle::Behind | MarkerStyle::Part
            );
            let is_announced = || chain.iter().all(|marker| self.is_announced(marker));
            let believed = match alone {
                true => may_be_alone && mean >= BELIEVED_ALONE || is_announced(),
                false => mean >= BELIEVED && !self.is_one_report(style, &chain),
            };
            if believed && best.as_ref().is_none_or(|(_, most, _)| score > *most) {
                best = Some((style, score, chain));
            }
        }
        best
    }

    /// True for the first report below the title of many: 工作总结 篇1 below 工作总结（精选12篇）.
    fn is_announced(&self, marker: &Marker) -> bool {
        /// The title of a page stands on one of so many lines above its first report.
        const N_LINES: usize = 12;
        static MANY: LazyLock<Regex> =
            LazyLock::new(|| rules::pattern(r"[0-9０-９一二三四五六七八九十]{1,3}[ ]?篇"));
        let key = title::key(self.words(marker.title.clone()));
        let mut above = self.words(0..marker.start).lines().rev().take(N_LINES);
        let tells = |line: &str| MANY.is_match(line) && title::key(line).starts_with(&key);
        marker.number == 1 && marker.style == MarkerStyle::Behind && above.any(tells)
    }

    /// Of numbers that reports share with the headings inside them, those with the name of a unit behind them, when
    /// these count from one: 三、今后打算 stands between 二、白马乡工作总结 and 三、石桥街道工作总结.
    fn of_units<'m>(&self, style: MarkerStyle, group: Vec<&'m Marker>) -> Vec<&'m Marker> {
        if style != MarkerStyle::Listed {
            return group;
        }
        let is_named = |marker: &&&Marker| self.names_unit(self.words(marker.title.clone()));
        let named: Vec<&Marker> = group.iter().filter(is_named).copied().collect();
        let counts = (1..).zip(&named).all(|(n, marker)| marker.number == n);
        match named.len() > 2 && counts {
            true => named,
            false => group,
        }
    }

    /// True when the markers number the halves of one report: 第一部分 2020年工作总结 and 第二部分
    /// 2021年工作计划, or 1、上半年工作总结 and 2、下半年工作计划. The reports of a list name their
    /// units, or have one title in common.
    fn is_one_report(&self, style: MarkerStyle, chain: &[&Marker]) -> bool {
        if !matches!(style, MarkerStyle::Part | MarkerStyle::Listed) {
            return false;
        }
        let title = |marker: &&Marker| self.words(marker.title.clone());
        let n_units = chain
            .iter()
            .filter(|marker| self.names_unit(title(marker)))
            .count();
        let first = chain.first().map_or("", title);
        let all_alike = chain
            .iter()
            .all(|marker| title::key(title(marker)) == title::key(first));
        5 * n_units < 3 * chain.len() && !all_alike
    }

    /// True for a title that says whose report it is.
    pub(crate) fn names_unit(&self, title: &str) -> bool {
        let title = title::bare(title);
        UNITS.is_match(title)
            || unit::whole_name(title).is_some()
            || unit::speaking_place(title).is_some()
    }

    /// Leaves out the lines of a table of contents: markers with no text of their own.
    fn without_contents<'m>(&self, group: Vec<&'m Marker>) -> Vec<&'m Marker> {
        let n = group.len();
        let has_body = |i: usize| {
            // A title glued to its text has no line of its own whose end could be told.
            let from = match group[i].title.len() > LONGEST_TITLE {
                true => group[i].range.end,
                false => group[i].title.end.max(group[i].range.end),
            };
            let to = group.get(i + 1).map_or(self.text.len(), |next| next.start);
            n_chars_up_to(self.words(from..to.max(from)), MIN_BODY) >= MIN_BODY
        };
        let bodies: Vec<bool> = (0..n).map(has_body).collect();
        let keep = |i: usize| {
            // The last line of a table of contents is followed by the first report.
            let ends_contents = i > 0
                && !bodies[i - 1]
                && group
                    .get(i + 1)
                    .is_some_and(|next| next.number <= group[i].number);
            (bodies[i] && !ends_contents) || i + 1 == n && !(i > 0 && !bodies[i - 1] && !bodies[i])
        };
        (0..n).filter(|&i| keep(i)).map(|i| group[i]).collect()
    }

    /// The chain of rising numbers with the highest score.
    fn chain<'m>(&self, group: &[&'m Marker]) -> Option<(f32, Vec<&'m Marker>)> {
        let mut best: Vec<(f32, Option<usize>)> = Vec::with_capacity(group.len());
        for (i, marker) in group.iter().enumerate() {
            let end = group.get(i + 1).map_or(self.text.len(), |next| next.start);
            let own = self.score(marker, end);
            let before = (i.saturating_sub(LOOK_BACK)..i)
                .filter_map(|j| Some((best.get(j)?.0 + self.link(group[j], marker), j)))
                .filter(|&(score, _)| score > 0.0)
                .max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            best.push(match before {
                Some((score, j)) => (own + score, Some(j)),
                None => (own, None),
            });
        }
        let last =
            (0..best.len()).max_by(|&a, &b| best[a].0.total_cmp(&best[b].0).then(b.cmp(&a)))?;
        let (score, mut chain, mut at) = (best[last].0, Vec::new(), Some(last));
        while let Some(i) = at {
            chain.push(group[i]);
            at = best[i].1;
        }
        chain.reverse();
        Some((score, chain))
    }

    fn link(&self, before: &Marker, after: &Marker) -> f32 {
        match (before.number, after.number) {
            (b, a) if a == b + 1 => 1.0,
            (b, a) if a > b && !self.cuts_in(before.start..after.start).is_empty() => 0.0,
            (b, a) if a > b => -0.7 * (a - b).min(4) as f32,
            (_, 1) => -2.0,
            // The site's slip.
            (b, a) if a == b => -1.5,
            _ => -4.0,
        }
    }

    /// What speaks for a marker whose report would end at `end`.
    fn score(&self, marker: &Marker, end: usize) -> f32 {
        let from = marker.head_from();
        let head = title::head(self.text, from, end);
        let body_from = head
            .title
            .as_ref()
            .map_or(from, |title| title.end)
            .max(marker.title.start)
            .max(marker.range.end);
        let body = self.words(body_from..end.max(body_from)).trim_start();
        let opens = OPENINGS.find(lines::prefix(body, 80)).is_some();
        let named = self.names_unit(self.words(marker.title.clone()))
            || head
                .title
                .as_ref()
                .is_some_and(|title| self.names_unit(self.words(title.clone())));
        let own = body_from..end.max(body_from);
        let restarts = match marker.style {
            // 1. under 三、下一步打算 is no outline of its own.
            MarkerStyle::Part | MarkerStyle::Listed if !named => self
                .sections_in(own)
                .first()
                .is_some_and(|first| first.1 == 1),
            _ => self.starts_anew(own),
        };
        let mut score = 0.0;
        score += if marker.line_start { 1.0 } else { -0.5 };
        score += if marker.declared.is_some() { 2.0 } else { 0.0 };
        score += if head.title.is_some() { 1.5 } else { -0.5 };
        score += if opens { 1.0 } else { 0.0 };
        score += if restarts { 1.0 } else { 0.0 };
        score
            + match marker.style {
                MarkerStyle::BracketedPiece => 0.5,
                MarkerStyle::Part | MarkerStyle::Listed if named => 0.0,
                MarkerStyle::Part | MarkerStyle::Listed if restarts => -1.5,
                MarkerStyle::Part | MarkerStyle::Listed => -3.5,
                _ => 0.0,
            }
    }
}
