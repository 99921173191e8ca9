//! A page into the reports it holds.
//!
//! Sites number the reports of a page in one style, so candidates of one style are read together:
//! the chain of rising numbers whose members look most like the head of a report wins, and a lone
//! 第一篇 in prose earns too little to count. A report whose head was hidden is found by the gap in
//! the numbers around the place where text was left out, or by an outline that starts anew there.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use crate::lines;
use crate::marker::{self, Marker, MarkerStyle};
use crate::number;
use crate::page::{Page, n_chars_up_to};
use crate::rules::{self, CLOSINGS, OPENINGS};
use crate::title::{self, Head};

/// One report of a page. Offsets are into the page's reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    /// The site's number of the report.
    pub(crate) number: Option<u32>,
    /// The site's own heading: marker, declared length.
    pub(crate) markers: Vec<Range<usize>>,
    /// The site's copies of the title.
    pub(crate) copies: Vec<Range<usize>>,
    /// The site's trail and by-line around the title.
    pub(crate) bylines: Vec<Range<usize>>,
    pub(crate) title: Option<Range<usize>>,
    /// The number of characters the site gives for it.
    pub(crate) declared: Option<u32>,
    /// Text before its first words is known to be missing.
    pub(crate) headless: bool,
    /// Text behind its last words is known to be missing.
    pub(crate) tailless: bool,
}

/// What a page was cut into, and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Split {
    pub(crate) pieces: Vec<Piece>,
    /// The style of the markers, or how the reports were told apart without any.
    pub(crate) style: &'static str,
    pub(crate) evidence: Value,
}

/// Text in front of the first marker is a report of its own from this length on (with an outline);
/// introductions of sites are shorter and have none.
const MIN_UNMARKED: usize = 200;

/// As [`MIN_UNMARKED`], in front of a marker that is not the first.
const MIN_UNANNOUNCED: usize = 60;

/// The title of a page, not of a report: 工作总结范文三篇, 各单位总结汇编.
static COLLECTION: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(
        r"[0-9一二两三四五六七八九十]{1,3}[ ]?篇|大全|汇编|汇总|合集|集锦|范文|各(?:单位|部门|县|乡|镇|地|校|站所)",
    )
});

/// Cuts `text` (simplified) where the reports on it begin. `cuts` are the places where the site
/// says that text is left out, `headings` the lines that it shows as such.
pub(crate) fn split(text: &str, cuts: &[usize], headings: &[Range<usize>]) -> Split {
    let page = Page::new(text.trim_end(), cuts, headings);
    let markers = marker::find(page.text, &page.lines);
    let chain = page.best_chain(&markers);
    let series = page.series();
    let mut split = match (chain, &series) {
        (Some((style, score, chain)), None) => page.marked(style, score, &chain),
        (Some((style, score, chain)), Some((_, series))) if chain.len() >= series.len() => {
            page.marked(style, score, &chain)
        }
        (_, Some((score, series))) => page.marked(
            MarkerStyle::Series,
            *score,
            &series.iter().collect::<Vec<_>>(),
        ),
        (None, None) => page.unmarked(),
    };
    split.pieces.retain(|piece| !piece.range.is_empty());
    page.trailing_title(&mut split.pieces);
    split
}

/// The whole of `text` as one report.
pub(crate) fn whole(text: &str) -> Piece {
    piece_at(text, lines::trim(text, 0..text.len()))
}

fn piece_at(text: &str, range: Range<usize>) -> Piece {
    let Head {
        title,
        site,
        bylines,
    } = title::head(text, range.start, range.end);
    let title = title::letter_title(text, range.clone())
        .or_else(|| title::title_above_number(text, range.clone()))
        .or(title)
        .or_else(|| title::subtitled(text, range.clone()))
        .or_else(|| title::unit_above(text, range.clone()))
        .or_else(|| title::plain(text, range.clone()))
        .or_else(|| title::below_site_lines(text, range.clone()));
    // A series tag is no part of the report at all.
    let start = match site.first() {
        Some(tag)
            if tag.start == range.start
                && text
                    .get(tag.clone())
                    .is_some_and(|t| t.starts_with(['[', '【', '〔'])) =>
        {
            tag.end
        }
        _ => range.start,
    };
    Piece {
        range: start..range.end,
        copies: site
            .into_iter()
            .filter(|site| site.start >= start)
            .collect(),
        bylines: bylines
            .into_iter()
            .filter(|byline| byline.start >= start)
            .collect(),
        title,
        ..Piece::default()
    }
}

impl Page<'_> {
    fn marked(&self, style: MarkerStyle, score: f32, chain: &[&Marker]) -> Split {
        let mut pieces = Vec::new();
        let first = chain.first().map_or(0, |marker| marker.start);
        pieces.extend(self.before_first(first, chain.first().map_or(1, |marker| marker.number)));
        for (i, marker) in chain.iter().enumerate() {
            let next = chain.get(i + 1);
            let end = next.map_or(self.text.len(), |next| next.start);
            let others = self.others_in(marker.title.end.max(marker.range.end), end);
            let own_end = others.first().copied().unwrap_or(end);
            let next_number = next.map(|next| next.number).filter(|_| others.is_empty());
            let piece = self.marked_piece(marker, own_end);
            let split_at = self.hidden_head(&piece.range, marker.number, next_number);
            pieces.extend(self.cut_at(piece, split_at, next_number));
            pieces.extend(self.unmarked_pieces(&others, end));
        }
        let evidence = json!({
            "n_markers": chain.len(),
            "numbers": chain.iter().map(|marker| marker.number).take(40).collect::<Vec<_>>(),
            "mean_score": (10.0 * f64::from(score) / chain.len().max(1) as f64).round() / 10.0,
        });
        Split {
            pieces,
            style: style.name(),
            evidence,
        }
    }

    fn marked_piece(&self, marker: &Marker, end: usize) -> Piece {
        let mut copies = Vec::new();
        let mut bylines = Vec::new();
        let mut markers = vec![marker.range.clone()];
        markers.extend(marker.declared.iter().map(|(_, place)| place.clone()));
        let head_from = marker.head_from();
        // The words on the marker's line are a title even when no title word says so.
        let line = lines::trim(self.text, marker.title.clone());
        let words = self.words(line.clone());
        let below_from = marker
            .declared
            .as_ref()
            .map_or(marker.title.end, |(_, at)| at.end)
            .max(marker.range.end);
        let below = title::head(self.text, below_from, end);
        let is_line = title::is_title(words)
            || marker.declared.is_some() && !words.is_empty()
            || (2..=40).contains(&words.chars().take(41).count())
                && !words.contains(['。', ',', '，']);
        let title = if words.is_empty() || !is_line {
            let head = title::head(self.text, head_from, end);
            copies.extend(head.site);
            bylines.extend(head.bylines);
            head.title
        } else if let Some(own) = below
            .title
            .filter(|own| title::alike(self.words(own.clone()), words))
        {
            copies.push(line);
            copies.extend(below.site);
            bylines.extend(below.bylines);
            Some(own)
        } else {
            Some(line)
        };
        let end = match end == self.text.len() {
            true => lines::trim(self.text, marker.start..end).end,
            false => end,
        };
        Piece {
            range: marker.start..end,
            number: Some(marker.number),
            markers,
            copies,
            bylines,
            title,
            declared: marker.declared.as_ref().map(|(n_chars, _)| *n_chars),
            ..Piece::default()
        }
    }

    /// Where reports begin between `from` and `end` whose markers are lost, told by their titles.
    fn others_in(&self, from: usize, end: usize) -> Vec<usize> {
        let mut starts = vec![from];
        for line in self.lines_in(from..end) {
            let begun = starts.last().copied().unwrap_or(from);
            if self.opens_another(begun, line.clone()) {
                starts.push(line.start);
            }
        }
        starts.split_off(1)
    }

    /// Reports without markers, which begin at `starts`; the last one ends at `end`.
    fn unmarked_pieces(&self, starts: &[usize], end: usize) -> Vec<Piece> {
        let ends = starts.iter().skip(1).copied().chain([end]);
        let piece = |(&start, end)| piece_at(self.text, lines::trim(self.text, start..end));
        starts.iter().zip(ends).map(piece).collect()
    }

    /// The text in front of the first marker, where it is a report and not the site's introduction.
    fn before_first(&self, first: usize, first_number: u32) -> Option<Piece> {
        let range = lines::trim(self.text, 0..first);
        let text = self.words(range.clone());
        // The second report is announced, so what stands in front of it is the first.
        let least = match first_number {
            0 | 1 => MIN_UNMARKED,
            _ => MIN_UNANNOUNCED,
        };
        if n_chars_up_to(text, least) < least {
            return None;
        }
        let n_sections = self.sections_in(range.clone()).len();
        let n_stops = text.chars().filter(|&c| c == '。').take(4).count();
        let is_report = match first_number {
            1 => {
                n_sections >= 2
                    && title::head(self.text, range.start, range.end)
                        .title
                        .is_some()
            }
            _ => n_sections >= 1 || n_stops >= 2,
        };
        if !is_report {
            return None;
        }
        let mut piece = piece_at(self.text, range.start..first);
        // 工作总结范文大全 is the title of the page.
        if let Some(page_title) = piece
            .title
            .clone()
            .filter(|title| COLLECTION.is_match(self.words(title.clone())))
        {
            piece.title = None;
            piece.copies.push(page_title);
        }
        piece.number = first_number.checked_sub(1).filter(|&number| number > 0);
        piece.headless = piece.title.is_none();
        Some(piece)
    }

    /// Where, inside a report, the text of another one begins whose head was left out.
    fn hidden_head(&self, range: &Range<usize>, number: u32, next: Option<u32>) -> Option<usize> {
        let cuts = self.cuts_in(range.clone());
        let restart = cuts
            .iter()
            .copied()
            .find(|&cut| self.restarts_at(range, cut));
        match next {
            // All reports between the two numbers lie in what was left out, so that what follows
            // the gap is the end of the last of them.
            Some(next) if next > number + 1 => restart.or(cuts.last().copied()),
            Some(_) => None,
            None => restart,
        }
    }

    /// True when the outline starts anew behind `cut`.
    fn restarts_at(&self, range: &Range<usize>, cut: usize) -> bool {
        self.restarts(range.start..cut, cut..range.end)
    }

    fn cut_at(&self, piece: Piece, at: Option<usize>, next: Option<u32>) -> Vec<Piece> {
        let Some(at) = at else { return vec![piece] };
        let rest = Piece {
            range: at..piece.range.end,
            number: next.and_then(|next| next.checked_sub(1)),
            headless: true,
            ..Piece::default()
        };
        let mut first = piece;
        first.range.end = at;
        first.tailless = true;
        vec![first, rest]
    }

    /// A page without markers: one report, or several that follow each other under titles of their
    /// own, told by outlines that start anew.
    fn unmarked(&self) -> Split {
        let whole = lines::trim(self.text, 0..self.text.len());
        let mut starts = vec![whole.start];
        starts.extend(self.others_in(whole.start, whole.end));
        if let [first, second, ..] = starts.as_mut_slice() {
            *first = self.behind_page_head(*first..*second);
            // The title of the page above the first title of a report.
            let head = self.words(*first..*second);
            if self.is_shown(*second) && n_chars_up_to(head, MIN_UNANNOUNCED) < MIN_UNANNOUNCED {
                starts.remove(0);
            }
        }
        let ends = starts.iter().skip(1).copied().chain([whole.end]);
        let mut pieces = Vec::new();
        for (&start, end) in starts.iter().zip(ends) {
            let piece = piece_at(self.text, start..end);
            let cut = self.hidden_head(&piece.range, 1, None);
            pieces.extend(self.cut_at(piece, cut, None));
        }
        let style = match (starts.len(), pieces.len()) {
            (1, 1) => "single",
            (1, _) => "hidden_head",
            _ => "repeated_titles",
        };
        Split {
            pieces,
            style,
            evidence: json!({}),
        }
    }

    /// Where the first of several reports begins: behind the title of the page, and what the site says
    /// about it, when another title follows before any outline.
    fn behind_page_head(&self, first: Range<usize>) -> usize {
        /// 以下是为大家整理的工作总结,供大家参考。
        const LONGEST_HEAD: usize = 300;
        let outline = self
            .sections_in(first.clone())
            .first()
            .map_or(first.end, |&(at, _)| at);
        let is_own = |line: &&Range<usize>| {
            let between = self.words(first.start..line.start);
            line.start > first.start
                && n_chars_up_to(between, LONGEST_HEAD) < LONGEST_HEAD
                && title::is_title(self.words((*line).clone()))
        };
        let head = lines::line_start(self.text, first.start);
        // Not 总结, and below it its title once more.
        if !COLLECTION.is_match(self.words(head)) {
            return first.start;
        }
        let titles = self.lines_in(first.start..outline);
        titles
            .iter()
            .find(is_own)
            .map_or(first.start, |line| line.start)
    }

    /// Marks a last line that repeats the title of a report on the page: pages end with the name
    /// of the document that was shown.
    fn trailing_title(&self, pieces: &mut [Piece]) {
        let keys: Vec<String> = pieces
            .iter()
            .filter_map(|piece| piece.title.clone())
            .map(|title| title::key(self.words(title)))
            .collect();
        let Some(last) = pieces.last_mut() else {
            return;
        };
        let words = self.words(last.range.clone()).trim_end();
        let start = last.range.start + words.rfind(['\n', '\r']).map_or(words.len(), |at| at + 1);
        let line = lines::trim(self.text, start..last.range.start + words.len());
        let is_own = last
            .title
            .as_ref()
            .is_some_and(|title| title.end > line.start);
        let words = self.words(line.clone());
        if !is_own && title::is_title(words) && keys.contains(&title::key(words)) {
            last.copies.push(line);
        }
    }

    /// True when `line` is the title of another report than the one that began at `begun`.
    fn opens_another(&self, begun: usize, line: Range<usize>) -> bool {
        let words = self.words(line.clone());
        if line.start <= begun || !title::is_title(words) || words.contains([',', '，']) {
            return false;
        }
        if self.is_shown(line.start) {
            return true;
        }
        if number::scan(lines::prefix(words, 6))
            .first()
            .is_some_and(|number| number.start == 0)
        {
            return false;
        }
        // A letter comes first, and below its signature what it issues.
        if self.is_issued(begun..line.start, words) {
            return false;
        }
        let before = self.words(begun..line.start);
        let is_signed = CLOSINGS.find(tail(before)) == Some("date_line");
        let outline_restarts = self.restarts(begun..line.start, line.end..self.text.len());
        let body = self.words(line.end..self.text.len()).trim_start();
        let mut bodies = [body, behind_addressee(body)].into_iter();
        let opens = bodies.any(|body| OPENINGS.find(lines::prefix(body, 80)).is_some());
        let is_new_text = opens
            || title::head(self.text, line.end, self.text.len())
                .title
                .is_some();
        // A unit says at last whose report it is, and goes on to say how the year began.
        let is_named =
            opens && self.names_unit(words) && n_chars_up_to(before, MIN_UNMARKED) >= MIN_UNMARKED;
        (outline_restarts || is_signed) && is_new_text || is_named
    }
    /// True when the text of `letter` is a letter that issues the paper called `title`.
    fn is_issued(&self, letter: Range<usize>, title: &str) -> bool {
        /// 关于印发《…》的通知, whom to, two paragraphs, a signature.
        const LONGEST_LETTER: usize = 1500;
        if n_chars_up_to(self.words(letter.clone()), LONGEST_LETTER) >= LONGEST_LETTER {
            return false;
        }
        let letter = piece_at(self.text, letter).title.map(|at| self.words(at));
        let letter = letter.map(title::written).unwrap_or_default();
        title::inner(&letter).is_some_and(|inner| title::alike(inner, title))
    }
}

/// `body` without the line that names whom it is written to: 市减灾委：
fn behind_addressee(body: &str) -> &str {
    /// In bytes: 30 characters.
    const LONGEST: usize = 90;
    let line = lines::line_start(body, 0);
    let words = lines::slice(body, &line);
    match words.len() <= LONGEST && words.trim_end().ends_with([':', '：']) {
        true => body.get(line.end..).unwrap_or_default().trim_start(),
        false => body,
    }
}

/// The last line of `text` and what stands right before it.
fn tail(text: &str) -> &str {
    /// A date and the unit above it have fewer characters.
    const SIGNATURE: usize = 60;
    let start = text
        .char_indices()
        .rev()
        .nth(SIGNATURE)
        .map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}
