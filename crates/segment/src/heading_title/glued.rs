//! Where a title ends that nothing separates from its sentence: 馆藏建设新购图书1.2万册,….
//!
//! One heading alone seldom tells, all of a style together do. Each place in front of the first
//! figure is weighed by the word that would begin the sentence (`begins.toml`), the word that would
//! end the title (`ends.toml`) and the title's length; then the titles that are plain speak for
//! places that would make a title like them, as long and with as many commas.

use super::{End, FIGURE, Stretch};
use crate::rules::{BEGINS, BOUND, ENDS, Found, STARTS};
use crate::{lines, number};

/// Titles are looked for among this many characters.
const LONGEST: usize = 32;

/// What a place needs to end a title, and what makes it an example for its siblings.
const ENOUGH: f32 = 2.0;
const PLAIN: f32 = 2.8;

/// Of the headings of one style, this share must hold a sentence, so that places are looked for at
/// all, and this share of those must have one, so that they are titles and not tasks.
const SHARE: f32 = 0.4;

/// A place where the title may end.
#[derive(Clone, Copy, Debug)]
struct Cut {
    at: usize,
    score: f32,
    n_chars: usize,
    n_commas: usize,
}

/// True where the headings of a report are glued to their sentences.
pub(super) fn are_glued(stretches: &[Stretch<'_>]) -> bool {
    let n_sentences = stretches.iter().filter(|s| s.holds_sentence()).count() as f32;
    // What ends at the next heading tells nothing: 一、主要工作(一)….
    let is_told = |s: &&Stretch<'_>| s.ended == End::Stop || s.holds_sentence();
    let n_told = stretches.iter().filter(is_told).count() as f32;
    n_sentences > 0.0
        && n_sentences >= SHARE * n_told
        && stretches
            .iter()
            .any(|s| s.is_open() && plain(&cuts(s)).is_some())
}

/// The best of `cuts` where it needs no siblings to tell.
fn plain(cuts: &[Cut]) -> Option<Cut> {
    best(cuts, |cut| cut.score).filter(|cut| cut.score >= PLAIN)
}

/// Where the title of each of `stretches`, headings of one style, ends, with `None` where it cannot
/// be told from its sentence. Nothing where they are tasks and not titles.
pub(super) fn ends(stretches: &[&Stretch<'_>]) -> Option<Vec<Option<usize>>> {
    let n_sentences = stretches.iter().filter(|s| s.holds_sentence()).count() as f32;
    let cuts: Vec<Vec<Cut>> = stretches
        .iter()
        .map(|stretch| match stretch.is_open() {
            true => cuts(stretch),
            false => Vec::new(),
        })
        .collect();
    let plain: Vec<Option<Cut>> = cuts.iter().map(|cuts| plain(cuts)).collect();
    let ends: Vec<Option<usize>> = cuts
        .iter()
        .enumerate()
        .map(|(i, cuts)| {
            let others = || {
                let others = plain.iter().enumerate().filter(move |&(j, _)| j != i);
                others.filter_map(|(_, cut)| cut.as_ref())
            };
            let score = |cut: &Cut| cut.score + likeness(cut, others());
            best(cuts, score).filter(|cut| score(cut) >= ENOUGH)
        })
        .map(|cut| cut.map(|cut| cut.at))
        .collect();
    let n_ends = ends.iter().flatten().count() as f32;
    (n_ends >= SHARE * n_sentences).then_some(ends)
}

/// The best of `cuts`, the first of equals.
fn best(cuts: &[Cut], score: impl Fn(&Cut) -> f32) -> Option<Cut> {
    let mut best: Option<Cut> = None;
    for cut in cuts {
        if best.is_none_or(|best| score(cut) > score(&best)) {
            best = Some(*cut);
        }
    }
    best
}

/// How much the title in front of `cut` looks like those of its siblings.
fn likeness<'a>(cut: &Cut, others: impl Iterator<Item = &'a Cut>) -> f32 {
    let (mut n, mut sum) = (0.0, 0.0);
    for other in others {
        n += 1.0;
        sum += match cut.n_chars.abs_diff(other.n_chars) {
            0 => 1.2,
            1 | 2 => 0.4,
            _ => 0.0,
        };
        sum += match cut.n_commas == other.n_commas {
            true => 0.3,
            false => -0.6,
        };
    }
    if n == 0.0 { 0.0 } else { sum / n }
}

/// The places in `stretch` where its title may end, the end of all its words among them.
fn cuts(stretch: &Stretch<'_>) -> Vec<Cut> {
    let words = stretch.words;
    let window = window(words);
    let signs = Signs::of(words);
    let is_whole = window == words.len() && !FIGURE.is_match(words);
    if is_whole && stretch.is_followed() {
        return Vec::new();
    }
    let mut cuts = Vec::new();
    let (mut n_commas, mut n_part, mut depth) = (0, 0, 0usize);
    let mut previous = ',';
    let head = words.get(..window).unwrap_or_default().char_indices();
    for (n_chars, (at, c)) in head.chain([(window, ' ')]).enumerate() {
        let whole = is_whole && at == window;
        if depth == 0 && n_part >= 2 && (whole || !binds(c)) && !binds(previous) {
            let gain = match whole {
                true => Some(WHOLE + signs.end(at)),
                false => signs.gain(words, at),
            };
            cuts.extend(gain.map(|gain| Cut {
                at,
                score: gain + length_gain(n_chars),
                n_chars,
                n_commas,
            }));
        }
        n_part += 1;
        match c {
            ',' | '，' => (n_commas, n_part) = (n_commas + 1, 0),
            '“' | '《' | '(' | '（' | '〈' => depth += 1,
            '”' | '》' | ')' | '）' | '〉' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = c;
    }
    cuts
}

/// The first clause of a sentence has as many characters.
const SHORTEST_CLAUSE: usize = 4;

/// What speaks for a place that a sign of the sentence ends.
const WHOLE: f32 = 1.5;
/// What a word speaks for the place in front of it that begins a sentence wherever it stands.
const BEGINS_HERE: f32 = 2.0;
/// What it speaks for a place that the same words stand in front of and behind: 推进结构调整|结构调整是….
const TAKEN_UP: f32 = 3.0;
/// What a verb speaks for it that may be part of a title as well.
const MAY_BEGIN: f32 = 1.0;

/// The words of both lists in what stands behind a number.
struct Signs {
    /// Start, end, gain.
    begins: Vec<(usize, usize, f32)>,
    ends: Vec<Found>,
}

impl Signs {
    fn of(words: &str) -> Self {
        let near = lines::prefix(words, LONGEST + 10);
        // 慰问金, 完成率: a noun that the verb is part of.
        let is_noun = |found: &Found| {
            let behind = near.get(found.end..).unwrap_or_default();
            behind.starts_with(['金', '品', '费', '站', '班', '员', '额', '率', '量', '证'])
        };
        let begins = BEGINS.all(near).filter(|found| !is_noun(found));
        let mut begins: Vec<(usize, usize, f32)> = begins
            .map(|found| (found.start, found.end, found.gain))
            .collect();
        let starts = STARTS.find_iter(near);
        begins.extend(starts.map(|found| (found.start(), found.end(), BEGINS_HERE)));
        // 粮食生产|粮食播种面积…: the sentence takes up the title's first word.
        let first = lines::prefix(words, 2);
        let again = near.match_indices(first).skip(1);
        begins.extend(again.map(|(at, _)| (at, at + first.len(), MAY_BEGIN)));
        begins.extend(taken_up(near).map(|(at, end)| (at, end, TAKEN_UP)));
        Signs {
            begins,
            ends: ENDS.all(near).collect(),
        }
    }

    fn begin(&self, at: usize) -> f32 {
        let here = self.begins.iter().filter(|&&(start, ..)| start == at);
        here.fold(0.0, |most, &(.., gain)| gain.max(most))
    }

    /// What speaks for the end of a title at `at`. A word behind one that begins a sentence belongs
    /// to that sentence: 认真|学习; one that may begin the sentence itself counts less: 平稳|检查.
    fn end(&self, at: usize) -> f32 {
        let gain = |word: &Found| {
            let mut begun = self.begins.iter().filter(|&&(begin, ..)| begin > 0);
            let is_of_sentence = begun.any(|&(start, end, gain)| {
                gain >= BEGINS_HERE && end == word.start
                    || gain >= MAY_BEGIN && start < word.start && end >= word.end
            });
            match is_of_sentence {
                true => 0.0,
                false if word.start > 0 && self.begin(word.start) >= BEGINS_HERE => 0.5 * word.gain,
                false => word.gain,
            }
        };
        let here = self.ends.iter().filter(|word| word.end == at);
        here.map(gain).fold(0.0, f32::max)
    }

    /// What speaks for a title that ends in `words` at `at`; nothing where none can.
    fn gain(&self, words: &str, at: usize) -> Option<f32> {
        let is_gap =
            words.get(at..)?.starts_with(number::is_space) && !super::is_around_figure(words, at);
        let begin = if is_gap { BEGINS_HERE } else { self.begin(at) };
        let end = self.end(at);
        let before = words.get(..at)?;
        // 规范资金|发放。, 加快项目|建设，确保…: what is left of the clause is no sentence.
        let clause = words.get(at..)?.split([',', '，', '、']).next()?;
        clause.chars().nth(SHORTEST_CLAUSE - 1)?;
        if begin + end == 0.0 || end == 0.0 && BOUND.find(before).is_some() {
            return None;
        }
        let mut gain = begin + end;
        // 新建学校|投入…: the words are a sentence from the start.
        if end == 0.0 && self.begin(0) >= BEGINS_HERE {
            gain -= 2.0;
        }
        // 安全生产|工作: the title goes on, but not behind 不足.
        let continues = self.ends.iter().filter(|word| word.start == at);
        let is_complete = self.ends.iter().any(|word| word.end == at && word.head);
        if begin < BEGINS_HERE && !is_complete {
            gain -= continues
                .map(|word| if word.head { 1.0 } else { 0.3 })
                .fold(0.0, f32::max);
        }
        // A verb has an object behind it, no verb: 基层|组织|完成, 困难职工|发放|慰问.
        let verb = |&&(start, _, gain): &&(usize, usize, f32)| start == at && gain >= MAY_BEGIN;
        let mut verbs = self.begins.iter().filter(verb);
        if verbs.any(|&(_, next, _)| self.begin(next) >= MAY_BEGIN) {
            gain -= 1.5;
        }
        let mut above = self.begins.iter().filter(|&&(start, ..)| start > 0);
        if end == 0.0 && above.any(|&(_, end, gain)| end == at && gain >= BEGINS_HERE) {
            gain -= 1.5;
        }
        // 基层|组织建设, 工作|完成情况
        let mut verbs = self.begins.iter().filter(verb);
        let noun = verbs.find_map(|&(_, next, _)| self.ends.iter().find(|word| word.start == next));
        gain -= noun.map_or(0.0, |noun| if noun.head { 1.5 } else { 0.7 });
        Some(gain)
    }
}

/// Where the last words of a title begin its sentence, and where these end there.
fn taken_up(near: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    /// Shorter words may stand twice for other reasons: 一步一步.
    const SHORTEST: usize = 3;
    const LONGEST: usize = 8;
    let again = |at: usize| {
        let (before, behind) = near.split_at_checked(at)?;
        let ends = behind.char_indices().map(|(end, c)| end + c.len_utf8());
        let ends = ends.take(LONGEST).skip(SHORTEST - 1);
        let end = ends.filter(|&end| {
            behind
                .get(..end)
                .is_some_and(|words| before.ends_with(words))
        });
        Some((at, at + end.last()?))
    };
    near.char_indices().filter_map(move |(at, _)| again(at))
}

/// Bytes of `words` in which the title ends: up to the first number that is no year.
fn window(words: &str) -> usize {
    let year = words
        .get(..4)
        .filter(|year| year.bytes().all(|b| b.is_ascii_digit()));
    let from = year.map_or(0, str::len);
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let mut chars = words.char_indices().enumerate();
    chars
        .find(|&(n, (at, c))| n >= LONGEST || at >= from && is_digit(c))
        .map_or(words.len(), |(_, (at, _))| at)
}

/// True for what neither ends a title nor begins a sentence.
fn binds(c: char) -> bool {
    ",，、.:：;；)）”》〉-—~和与及或暨的".contains(c)
}

fn length_gain(n_chars: usize) -> f32 {
    match n_chars {
        0..=2 => -0.4,
        3 => 0.2,
        4..=10 => 0.6,
        11..=16 => 0.4,
        17..=24 => -0.4,
        _ => -1.5,
    }
}
